from pathlib import Path

import pytest

from detent.errors import Failures, UsageError
from detent.errors.project import SelfDependency
from detent.errors.usage import InvalidRequirementText, UnknownExtra
from detent.model.references import DirectSource
from detent.model.requirement import PackageName
from detent.model.sources import GitSource, PathSource, UrlSource
from detent.ops.discover import Project
from detent.ops.edit import AddOptions
from detent.ops.wishes import read_wishes
from detent.project.edit import Table
from detent.project.manifest import parse_manifest

MANIFEST = '[project]\nname = "demo"\nversion = "1"\n[project.optional-dependencies]\nall = []\n'
PROJECT = Project(
    Path("/p"), parse_manifest(MANIFEST, Path("/p/pyproject.toml"), display="pyproject.toml"), b"", None
)


def held(source: DirectSource) -> PackageName:
    """What every place holds."""
    return PackageName("widget")


def written(*texts: str, version: str = "", **options: object) -> list[str]:
    wishes = read_wishes(PROJECT, AddOptions(requirements=texts)._replace(**options), held).wanted  # type: ignore[arg-type]
    pins = {wish.requirement.name: version for wish in wishes} if version else {}
    return [wish.written(pins, "lower") for wish in wishes]


def test_a_requirement_is_written_in_its_givers_words() -> None:
    assert written("Rich", "IDNA >= 2 , != 3", "a(>=1,<2)", "a[Y,x] ; python_version<'3.9'") == [
        "rich",
        "idna>=2,!=3",
        "a>=1,<2",
        "a[x,y]; python_version<'3.9'",
    ]
    assert written("Rich >= 2", raw=True) == ["Rich >= 2"]


def test_flags_join_what_the_text_says() -> None:
    assert written('a[x]; os_name == "nt"', extras=("y",), marker='python_version > "3"') == [
        "a[x,y]; (os_name == 'nt') and (python_version > '3')"
    ]
    assert written("a", marker="os_name == 'nt'", raw=True) == ["a; os_name == 'nt'"]


def test_the_bound_stands_before_the_marker() -> None:
    assert written("a[x]; os_name == 'nt'", version="1.2") == ["a[x]>=1.2; os_name == 'nt'"]


def test_a_place_is_a_rule_and_a_plain_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = PROJECT._replace(root=tmp_path)
    (tmp_path / "libs" / "x").mkdir(parents=True)
    options = AddOptions(
        ("git+https://h.example/a.git@v1", "./libs/x[net] ; os_name == 'nt'", "b @ https://h.example/b.whl"),
        marker="python_version > '3'",
        extras=("more",),
        raw=False,
    )

    found = read_wishes(project, options, held).wanted

    assert [(wish.text, wish.source) for wish in found] == [
        ("widget[more]; python_version > '3'", GitSource("https://h.example/a.git", "v1", "rev")),
        ("widget[more,net]; (os_name == 'nt') and (python_version > '3')", PathSource("libs/x")),
        ("b[more]; python_version > '3'", UrlSource("https://h.example/b.whl")),
    ]
    assert [wish.text for wish in read_wishes(project, options._replace(raw=True), held).wanted] == [
        "widget[more] @ git+https://h.example/a.git@v1 ; python_version > '3'",
        "widget[more,net] @ file:./libs/x ; (os_name == 'nt') and (python_version > '3')",
        "b[more] @ https://h.example/b.whl ; python_version > '3'",
    ]


def test_two_places_of_one_name_cannot_both_be_added() -> None:
    with pytest.raises(UsageError, match="cannot both be added"):
        written("git+https://h.example/a.git", "git+https://h.example/b.git")


def test_nonsense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequirementText, match=r"`a b` is not a valid requirement"):
        written("a b")
    with pytest.raises(UsageError, match="`--marker` cannot be"):
        written("a", marker="python <")
    with pytest.raises(UsageError, match="`--extra` cannot be"):
        written("a", extras=("b c",))
    with pytest.raises(UsageError, match="nothing to add"):
        written()
    (tmp_path / "r.txt").write_text("ok\na b\n")
    with pytest.raises(InvalidRequirementText, match=r"r.txt:2\)"):
        written(files=(str(tmp_path / "r.txt"),))


def test_a_project_cannot_need_itself_but_may_name_its_extras() -> None:
    group = Table("group", "dev")
    assert written("DEMO[all]", table=group) == ["demo[all]"]
    for text, table in (("Demo", Table("project", "")), ("demo[all]", Table("project", "")), ("demo", group)):
        with pytest.raises(SelfDependency):
            written(text, table=table)
    with pytest.raises(UnknownExtra):
        written("demo[none]", table=group)
    assert PackageName("demo") == PROJECT.manifest.name


def test_the_latest_version_is_asked_for_whatever_the_file_says() -> None:
    (wish,) = read_wishes(
        PROJECT, AddOptions(requirements=('Rich[x] @ latest ; os_name == "nt"',)), held
    ).wanted

    assert wish.is_latest
    assert wish.opening == "rich[x]>=0; os_name == 'nt'"
    assert wish.written({PackageName("rich"): "14.1"}, "lower") == "rich[x]>=14.1; os_name == 'nt'"
    assert written("rich@latest", version="14.1") == ["rich>=14.1"]


@pytest.mark.parametrize("flag", ["raw", "frozen"])
def test_the_latest_version_is_not_known_without_locking(flag: str) -> None:
    with pytest.raises(UsageError, match=f"`rich@latest` and `--{flag}` cannot be used together"):
        read_wishes(PROJECT, AddOptions(("rich@latest",), raw=flag == "raw", frozen=flag == "frozen"), held)


def test_constraints_are_read_with_their_place_and_are_no_wishes(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("# why\nb < 2 ; sys_platform == 'win32'\n-r d.txt\n")
    (tmp_path / "d.txt").write_text("c==1 --hash=sha256:00\n")
    (tmp_path / "r.txt").write_text("a\n-c d.txt\n")

    found = read_wishes(
        PROJECT, AddOptions(files=(f"{tmp_path}/r.txt",), constraints=(f"{tmp_path}/c.txt",)), held
    )

    assert [wish.text for wish in found.wanted] == ["a"]
    assert [(str(each), each.origin and each.origin.table) for each in found.constraints] == [
        ("c==1", f"{tmp_path}/d.txt:1"),
        ("b<2; sys_platform == 'win32'", f"{tmp_path}/c.txt:2"),
        ("c==1", f"{tmp_path}/d.txt:1"),
    ]


def test_constraints_alone_are_nothing_to_add(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("b<2\n")

    with pytest.raises(UsageError, match="nothing to add"):
        read_wishes(PROJECT, AddOptions(constraints=(f"{tmp_path}/c.txt",)), held)


@pytest.mark.parametrize("text", ["b[x]<2", "b @ https://example.com/b.whl", "./b", "b b"])
def test_what_is_no_bound_is_no_constraint(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.txt").write_text(f"{text}\n")

    with pytest.raises(UsageError, match=r"c\.txt:1"):
        read_wishes(PROJECT, AddOptions(("a",), constraints=(f"{tmp_path}/c.txt",)), held)
    (tmp_path / "c.txt").write_text(f"{text}\n{text}\n")
    with pytest.raises(Failures):
        read_wishes(PROJECT, AddOptions(("a",), constraints=(f"{tmp_path}/c.txt",)), held)


def test_one_entry_has_one_specifier() -> None:
    for texts in (("a==1", "A==2"), ("a>=1", "a<2"), ("a@latest", "a==1")):
        with pytest.raises(UsageError, match="cannot both be added"):
            read_wishes(PROJECT, AddOptions(texts), held)
    assert written("a>=1", "a", "a >=1", "a==2; os_name == 'nt'", "a[x]") == [
        "a>=1",
        "a",
        "a>=1",
        "a==2; os_name == 'nt'",
        "a[x]",
    ]
