"""`add` and `remove` as a user types them: the bytes of pyproject.toml, the lock, the environment."""

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

ODD = (
    '\ufeff# my project\r\n[project]\r\nname = "demo" # it\r\nversion = "1"\r\nrequires-python = ">=3.11"\r\n'
    'dependencies = [\r\n\t# letters\r\n\t"letters",   # kept\r\n]\r\n\r\n[dependency-groups]\r\ndev = []'
)


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.2.0", requires=["letters"], extras={"color": ["paint"]}),
        wheel("shout", "1.1.0", requires=["letters"]),
        wheel("letters", "2.1"),
        wheel("letters", "1.0"),
        wheel("paint", "0.3.1"),
    )
    sandbox.manifest()
    return sandbox


def dependencies(project: Sandbox) -> list[str]:
    lines = project.read("pyproject.toml").splitlines()
    return [line.strip().strip(",").strip('"') for line in lines if line.startswith("    ")]


def test_every_byte_of_an_odd_file_is_kept(project: Sandbox) -> None:
    path = project.root / "pyproject.toml"
    path.write_bytes(ODD.encode())

    done = project.detent("add", "Shout", "--no-sync").ok()
    added = path.read_bytes().decode()
    project.detent("remove", "SHOUT", "shout", "--no-sync").ok()

    assert "Added `shout>=1.2.0` to `project.dependencies`\nResolved 2 packages in " in done.err
    assert added == ODD.replace("# kept\r\n", '# kept\r\n\t"shout>=1.2.0",\r\n')
    assert path.read_bytes() == ODD.encode()


def test_several_at_once_with_bounds_extras_and_markers(project: Sandbox) -> None:
    project.write("more.txt", "# needed\nletters >=1 , <3 --hash=sha256:00\n-r nested.txt\n")
    project.write("nested.txt", 'paint==0.3.1 ; python_version >= "3.8"\n')

    done = project.detent("add", "shout[color]", "-r", "more.txt", "--bounds", "major").ok()

    assert dependencies(project) == [
        "letters>=1,<3",
        "paint==0.3.1; python_version >= '3.8'",
        "shout[color]>=1.2.0,<2",
    ]
    assert " + letters==2.1\n + paint==0.3.1\n + shout==1.2.0\n" in done.err
    assert "Added letters v2.1" not in done.err  # once is enough


def test_the_latest_version_and_the_usual_bounds(project: Sandbox) -> None:
    tail = '[dependency-groups]\ndev = ["shout<1.2"]\n\n[tool.detent]\nadd-bounds = "major"\n'
    project.manifest(tail=tail)
    project.detent("lock").ok()

    done = project.detent("add", "-d", "Shout@latest").ok()
    project.detent("add", "letters").ok()

    assert "Changed `shout<1.2` to `shout>=1.2.0,<2` in `dependency-groups.dev`" in done.err
    assert " + shout==1.2.0\n" in done.err
    assert dependencies(project) == ["letters>=2.1,<3"]


def test_an_entry_is_changed_in_place_and_keeps_its_bound(project: Sandbox) -> None:
    project.detent("add", "shout<1.2").ok()
    again = project.detent("add", "shout").ok()
    kept = dependencies(project)
    extra = project.detent("add", "shout[color]>=1.2", "--dry-run")
    raised = project.detent("add", "shout", "--bounds", "exact").ok()
    moved = project.detent("add", "shout>=1.2").ok()
    raw = project.detent("add", "--raw", "Letters > 1").ok()

    assert kept == ["shout<1.2"]
    assert "Added" not in again.err
    assert "Would change `shout<1.2` to `shout[color]>=1.2` in `project.dependencies`" in extra.err
    assert "Update shout v1.1.0 -> v1.2.0" in extra.err
    assert "Changed `shout<1.2` to `shout==1.1.0` in `project.dependencies`" in raised.err
    assert "Changed `shout==1.1.0` to `shout>=1.2` in" in moved.err
    assert " - shout==1.1.0\n + shout==1.2.0\n" in moved.err
    assert "Added `letters>1` to" in raw.err
    assert dependencies(project) == ["Letters > 1", "shout>=1.2"]


def test_groups_and_extras_are_installed_when_added_to(project: Sandbox) -> None:
    project.detent("add", "--group", "docs", "paint").ok()
    project.detent("add", "--optional", "loud", "shout").ok()
    project.detent("add", "--dev", "demo[loud]").ok()
    text = project.read("pyproject.toml")
    installed = project.installed()
    elsewhere = project.detent("remove", "paint")
    project.detent("remove", "--group", "docs", "paint").ok()
    nowhere = project.detent("remove", "paint")

    assert installed == {"letters": "2.1", "paint": "0.3.1", "shout": "1.2.0"}
    assert '[project.optional-dependencies]\nloud = [\n    "shout>=1.2.0",\n]\n' in text
    assert 'dev = [\n    "demo[loud]",\n]\n' in text
    assert elsewhere.code == 2
    assert "  why: it stands in `dependency-groups.docs`" in elsewhere.err
    assert " next: run `detent remove paint --group docs`" in elsewhere.err
    assert project.installed() == {"letters": "2.1", "shout": "1.2.0"}
    assert nowhere.code == 2
    assert "no list of `pyproject.toml` names it" in nowhere.err


def test_how_far_to_go(project: Sandbox) -> None:
    before = project.snapshot()
    project.detent("add", "shout", "--dry-run").ok()
    assert project.snapshot() == before

    locked = project.detent("add", "shout", "--locked")
    assert locked.code == 1
    assert "there is no lock" in locked.err
    frozen = project.detent("add", "shout", "--frozen").ok()
    assert frozen.err == "Added `shout` to `project.dependencies`\n"
    assert set(project.snapshot()) == {"pyproject.toml"}
    assert project.detent("add", "letters", "--no-sync").ok().err.startswith("Added `letters>=2.1` to")
    assert set(project.snapshot()) == {"pyproject.toml", "pylock.toml"}
    before = project.snapshot()
    locked = project.detent("add", "paint", "--locked")
    assert locked.code == 1
    assert "`pylock.toml` would have to change, and `--locked` was given [lock-would-change]" in locked.err
    assert project.snapshot() == before


def test_a_marker_that_holds_nowhere_is_told(project: Sandbox) -> None:
    done = project.detent("add", 'shout; python_version < "3"', "--no-sync").ok()

    assert "warning: `shout` is not locked: its marker holds nowhere the project can run\n" in done.err
    assert dependencies(project) == ["shout; python_version < '3'"]


def test_what_the_project_leaves_out_is_told_with_who_leaves_it_out(project: Sandbox) -> None:
    project.manifest(tail='[tool.detent]\nexclude-dependencies = ["shout"]\n')

    done = project.detent("add", "shout", "--no-sync").ok()

    assert (
        "warning: `shout` is not locked: `exclude-dependencies` in [tool.detent] leaves it out\n" in done.err
    )


def test_from_another_folder(project: Sandbox) -> None:
    project.detent("add", "--project", str(project.root), "--no-sync", "paint", cwd=project.cache).ok()
    project.detent("--directory", str(project.root), "add", "letters", "--no-sync", cwd=project.cache).ok()
    project.detent(
        "add", "--no-sync", "shout", cwd=project.cache, env={"DETENT_PROJECT": str(project.root)}
    ).ok()

    assert dependencies(project) == ["letters>=2.1", "paint>=0.3.1", "shout>=1.2.0"]
    assert project.detent("tree", "--depth", "1").ok().out.splitlines()[0] == "demo v0.1.0"
    assert project.detent("cache", "dir").ok().out == f"{project.cache}\n"
    cleaned = project.detent("cache", "clean").ok()
    assert cleaned.err.splitlines()[-1].startswith("Removed ")
    assert not (project.cache / "index-v1").exists()


def test_of_edits_at_one_time_each_is_in_the_file_or_failed(sandbox: Sandbox, index: IndexServer) -> None:
    names = "abcdef"
    publish(index, *(wheel(name) for name in names))
    sandbox.manifest()
    sandbox.detent("sync").ok()

    running = {name: sandbox.start("add", name) for name in names}
    codes = {name: process.wait(60) for name, process in running.items()}

    text = sandbox.read("pyproject.toml")
    assert (
        {name for name in names if f'"{name}>=1.0"' in text} == {n for n in names if codes[n] == 0} != set()
    )
    sandbox.detent("lock", "--check").ok()


@pytest.mark.parametrize(
    ("words", "both"),
    [
        (("letters==1.0", "letters==2.1"), "`letters==1.0` and `letters==2.1` cannot both be added"),
        (("letters>=1.0", "Letters<2"), "`letters>=1.0` and `letters<2` cannot both be added"),
        (("letters==1.0", "letters@latest"), "`letters==1.0` and `letters@latest` cannot both be added"),
        (("letters==1.0", "-r", "more.txt"), "`letters==1.0` and `letters==2.1` (more.txt:2) cannot both"),
    ],
)
def test_of_two_versions_of_one_package_none_is_taken_in_silence(
    project: Sandbox, words: tuple[str, ...], both: str
) -> None:
    project.write("more.txt", "paint\nletters==2.1\n")
    before = project.snapshot()

    done = project.detent("add", *words)

    assert (done.code, both in done.err) == (2, True), done.err
    assert project.snapshot() == before


def test_one_package_may_be_named_twice_where_that_means_one_thing(project: Sandbox) -> None:
    project.detent(
        "add",
        "letters>=1.0",
        "letters",
        "letters >= 1.0",
        "shout; sys_platform == 'win32'",
        "shout[color]>=1.1; sys_platform != 'win32'",
        "--no-sync",
    ).ok()

    assert dependencies(project) == [
        "letters>=1.0",
        "shout>=1.2.0; sys_platform == 'win32'",
        "shout[color]>=1.1; sys_platform != 'win32'",
    ]


def test_an_extra_that_does_not_exist_is_told_once_with_those_that_do(project: Sandbox) -> None:
    done = project.detent("add", "shout[colour]")

    assert (done.code, "the extras there are `color`" in done.err) == (2, True)
    assert done.err.count("colour") == 1
    project.manifest("shout[colour]")
    project.detent("lock").ok()
    said = project.detent("add", "paint", "--no-sync").ok().err
    assert said.count("`shout` 1.2.0 has no extra `colour`; it has `color`") == 1


def test_a_yanked_version_that_is_pinned_is_warned_of_once(project: Sandbox, index: IndexServer) -> None:
    index.yank("letters-1.0-py3-none-any.whl", "broken")
    project.manifest("letters==1.0")

    for words in (("lock",), ("add", "paint", "--no-sync"), ("sync",)):
        assert project.detent(*words).ok().err.count("was yanked") == 1, words
