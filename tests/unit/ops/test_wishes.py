from pathlib import Path

import pytest

from detent.errors import (
    Failures,
    InvalidRequirementText,
    SelfDependency,
    UnknownExtra,
    Unsupported,
    UsageError,
)
from detent.model.requirement import PackageName
from detent.ops.discover import Project
from detent.ops.edit import AddOptions
from detent.ops.wishes import read_wishes
from detent.project.edit import Table
from detent.project.manifest import parse_manifest

MANIFEST = '[project]\nname = "demo"\nversion = "1"\n[project.optional-dependencies]\nall = []\n'
PROJECT = Project(
    Path("/p"), parse_manifest(MANIFEST, Path("/p/pyproject.toml"), display="pyproject.toml"), b"", None
)


def written(*texts: str, version: str = "", **options: object) -> list[str]:
    wishes = read_wishes(PROJECT, AddOptions(requirements=texts)._replace(**options)).wanted  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    "text",
    [
        "./a",
        "../a",
        "/a",
        "~/a",
        "file:///a",
        "git+https://example.com/a",
        "a.whl",
        "a.tar.gz",
        "a @ https://me:SECRET@example.com/a",
    ],
)
def test_places_are_not_supported_yet(text: str) -> None:
    with pytest.raises(Unsupported, match="is a path, a URL or a repository") as refused:
        written(text)
    assert "SECRET" not in refused.value.what


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
    (wish,) = read_wishes(PROJECT, AddOptions(requirements=('Rich[x] @ latest ; os_name == "nt"',))).wanted

    assert wish.is_latest
    assert wish.opening == "rich[x]>=0; os_name == 'nt'"
    assert wish.written({PackageName("rich"): "14.1"}, "lower") == "rich[x]>=14.1; os_name == 'nt'"
    assert written("rich@latest", version="14.1") == ["rich>=14.1"]


@pytest.mark.parametrize("flag", ["raw", "frozen"])
def test_the_latest_version_is_not_known_without_locking(flag: str) -> None:
    with pytest.raises(UsageError, match=f"`rich@latest` and `--{flag}` cannot be used together"):
        read_wishes(PROJECT, AddOptions(("rich@latest",), raw=flag == "raw", frozen=flag == "frozen"))


def test_constraints_are_read_with_their_place_and_are_no_wishes(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("# why\nb < 2 ; sys_platform == 'win32'\n-r d.txt\n")
    (tmp_path / "d.txt").write_text("c==1 --hash=sha256:00\n")
    (tmp_path / "r.txt").write_text("a\n-c d.txt\n")

    found = read_wishes(PROJECT, AddOptions(files=(f"{tmp_path}/r.txt",), constraints=(f"{tmp_path}/c.txt",)))

    assert [wish.text for wish in found.wanted] == ["a"]
    assert [(str(each), each.origin and each.origin.table) for each in found.constraints] == [
        ("c==1", f"{tmp_path}/d.txt:1"),
        ("b<2; sys_platform == 'win32'", f"{tmp_path}/c.txt:2"),
        ("c==1", f"{tmp_path}/d.txt:1"),
    ]


def test_constraints_alone_are_nothing_to_add(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("b<2\n")

    with pytest.raises(UsageError, match="nothing to add"):
        read_wishes(PROJECT, AddOptions(constraints=(f"{tmp_path}/c.txt",)))


@pytest.mark.parametrize("text", ["b[x]<2", "b @ https://example.com/b.whl", "./b", "b b"])
def test_what_is_no_bound_is_no_constraint(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.txt").write_text(f"{text}\n")

    with pytest.raises(UsageError, match=r"c\.txt:1"):
        read_wishes(PROJECT, AddOptions(("a",), constraints=(f"{tmp_path}/c.txt",)))
    (tmp_path / "c.txt").write_text(f"{text}\n{text}\n")
    with pytest.raises(Failures):
        read_wishes(PROJECT, AddOptions(("a",), constraints=(f"{tmp_path}/c.txt",)))


def test_one_entry_has_one_specifier() -> None:
    for texts in (("a==1", "A==2"), ("a>=1", "a<2"), ("a@latest", "a==1")):
        with pytest.raises(UsageError, match="cannot both be added"):
            read_wishes(PROJECT, AddOptions(texts))
    assert written("a>=1", "a", "a >=1", "a==2; os_name == 'nt'", "a[x]") == [
        "a>=1",
        "a",
        "a>=1",
        "a==2; os_name == 'nt'",
        "a[x]",
    ]
