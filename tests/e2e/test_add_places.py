"""`add`, `remove` and `lock` with packages that come from repositories, URLs and paths."""

from base64 import b64encode
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel

LIBRARY = """\
[project]
name = "My.Lib"
version = "1.5"
dependencies = ["letters"]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("letters", "2.1"), wheel("my-lib", "9.0"), wheel("paint", "0.3.1"))
    sandbox.manifest()
    sandbox.write("libs/my-lib/pyproject.toml", LIBRARY)
    return sandbox


def sources(project: Sandbox) -> list[str]:
    _, _, table = project.read("pyproject.toml").partition("[tool.detent.sources]\n")
    return table.splitlines()


def test_a_folder_is_added_from_where_one_stands_and_taken_out_without_a_trace(project: Sandbox) -> None:
    before = project.read("pyproject.toml")

    done = project.detent("add", "--no-sync", "./my-lib", cwd=project.root / "libs").ok()

    assert "Added `my-lib` to `project.dependencies`\n" in done.err
    assert 'Added `my-lib = {path = "libs/my-lib"}` to `tool.detent.sources`\n' in done.err
    assert sources(project) == ['my-lib = { path = "libs/my-lib" }']
    lock = project.read("pylock.toml")
    assert '[tool.detent.inputs.sources]\nmy-lib = {path = "libs/my-lib"}\n' in lock
    assert 'directory = {path = "libs/my-lib"}' in lock
    assert 'name = "letters"\nversion = "2.1"' in lock
    project.detent("lock", "--check").ok()
    project.detent("add", "--no-sync", "libs/my-lib").ok()
    assert project.read("pylock.toml") == lock

    done = project.detent("remove", "--no-sync", "my_lib").ok()
    assert 'Removed `my-lib = {path = "libs/my-lib"}` from `tool.detent.sources`\n' in done.err
    assert project.read("pyproject.toml") == before


def test_a_folder_can_be_linked_to_and_that_can_be_changed(project: Sandbox) -> None:
    project.detent("add", "--no-sync", "-e", "./libs/my-lib").ok()
    assert sources(project) == ['my-lib = { path = "libs/my-lib", editable = true }']
    project.detent("lock", "--check").ok()

    path = project.root / "pyproject.toml"
    path.write_text(path.read_text().replace("editable = true", "editable = false"))
    stale = project.detent("lock", "--check")

    assert stale.code == 1
    assert (
        'the source of `my-lib` is `{path = "libs/my-lib", editable = false}` and was '
        '`{path = "libs/my-lib", editable = true}`'
    ) in stale.err


def test_a_repository_is_added_at_a_tag_and_with_a_marker(project: Sandbox, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    commit = repository.commit({"pyproject.toml": LIBRARY}, tag="v1")

    project.detent(
        "add",
        "--no-sync",
        "--dev",
        f"git+file://{repository.folder}",
        "--tag",
        "v1",
        "-m",
        "sys_platform == 'linux'",
    ).ok()

    assert "\"my-lib; sys_platform == 'linux'\"" in project.read("pyproject.toml")
    rule = f'git = "file://{repository.folder}", tag = "v1", marker = "sys_platform == \'linux\'"'
    assert sources(project) == [f"my-lib = {{ {rule} }}"]
    assert f'commit-id = "{commit}"' in project.read("pylock.toml")


def test_a_wheel_says_its_name_itself_by_url_and_by_path(project: Sandbox, index: IndexServer) -> None:
    url = f"{index.origin}/files/paint/paint-0.3.1-py3-none-any.whl"
    made = wheel("brush", "1.0")
    (project.root / made.filename).write_bytes(made.data)

    project.detent("add", "--no-sync", url, f"./{made.filename}").ok()

    assert sources(project) == [f'brush = {{ path = "{made.filename}" }}', f'paint = {{ url = "{url}" }}']


def test_a_reference_can_stand_in_the_requirement_itself(project: Sandbox) -> None:
    project.detent("add", "--no-sync", "./libs/my-lib").ok()

    done = project.detent("add", "--no-sync", "--raw", "./libs/my-lib").ok()

    assert "Changed `my-lib` to `my-lib @ file:./libs/my-lib` in `project.dependencies`" in done.err
    assert '"my-lib @ file:./libs/my-lib",' in project.read("pyproject.toml")
    assert sources(project) == []
    assert 'directory = {path = "libs/my-lib"}' in project.read("pylock.toml")
    project.detent("lock", "--check").ok()


def test_a_place_that_cannot_be_used_changes_nothing(project: Sandbox, tmp_path: Path) -> None:
    before = project.snapshot()

    for words in (
        ("./libs/none",),
        ("./libs",),
        (f"git+file://{tmp_path}/none.git",),
        ("other @ file:./libs/my-lib",),
        ("./libs/my-lib", "--tag", "v1"),
        ("git+https://me:SECRET@h.example/x.git",),
    ):
        done = project.detent("add", *words)
        assert done.code != 0
        assert "Traceback" not in done.err
        assert "SECRET" not in done.err + done.out
        assert project.snapshot() == before


def test_sources_can_be_left_aside(project: Sandbox) -> None:
    project.detent("add", "--no-sync", "./libs/my-lib").ok()
    with_sources = project.read("pylock.toml")

    done = project.detent("lock", env={"DETENT_NO_SOURCES": "1"}).ok()

    lock = project.read("pylock.toml")
    assert "the option `no-sources` is `true` and was not set" in done.err
    assert 'no-sources = "true"' in lock
    assert 'name = "my-lib"\nversion = "9.0"' in lock
    project.detent("lock", "--check", "--no-sources").ok()
    assert project.detent("lock", "--check").code == 1
    project.detent("lock", "--no-sources-package", "my-lib").ok()
    assert 'no-sources-package = "my-lib"' in project.read("pylock.toml")
    project.detent("lock").ok()
    assert project.read("pylock.toml") == with_sources


def test_sources_of_uv_are_read_and_it_is_said_and_they_are_changed_there(project: Sandbox) -> None:
    project.manifest("my-lib", tail='\n[tool.uv.sources]\nmy-lib = { path = "libs/my-lib" }\n')

    done = project.detent("lock").ok()
    project.detent("add", "--no-sync", "-e", "./libs/my-lib").ok()

    assert "note: `[tool.uv.sources]` in pyproject.toml says where packages come from" in done.err
    assert project.read("pyproject.toml").endswith('my-lib = { path = "libs/my-lib", editable = true }\n')
    assert "tool.detent" not in project.read("pyproject.toml")


def test_a_source_that_nothing_asks_for_is_named(project: Sandbox) -> None:
    project.manifest("paint", tail='\n[tool.detent.sources]\nmy-lib = { path = "libs/my-lib" }\n')

    done = project.detent("lock").ok()

    assert "warning: the source of `my-lib` (pyproject.toml:8) is not used: nothing asks for it" in done.err


def test_extras_that_exclude_each_other_take_one_package_from_different_places(project: Sandbox) -> None:
    project.write("other/pyproject.toml", LIBRARY.replace("1.5", "2.5"))
    project.manifest(
        "my-lib",
        tail="""
[project.optional-dependencies]
one = []
two = []
[tool.detent]
conflicts = [[{ extra = "one" }, { extra = "two" }]]
[tool.detent.sources]
my-lib = [
    { path = "libs/my-lib", extra = "one" },
    { path = "other", extra = "two" },
]
""",
    )

    project.detent("lock").ok()

    lock = project.read("pylock.toml")
    assert "marker = \"'one' in extras\"\n" in lock.partition('directory = {path = "libs/my-lib"}')[0]
    for place in ('{path = "libs/my-lib"}', '{path = "other"}', '"my_lib-9.0-py3-none-any.whl"'):
        assert place in lock
    project.detent("lock", "--check").ok()
    project.write(
        "pyproject.toml", project.read("pyproject.toml").replace("conflicts = ", "conflicts = [] # ")
    )
    done = project.detent("lock")
    assert done.code == 2
    assert "error: `pyproject.toml:15`: `my-lib` comes from two sources at once" in done.err
    assert "the other one stands at `pyproject.toml:14`" in done.err


def test_a_url_can_name_the_variables_of_its_user_and_password(project: Sandbox, index: IndexServer) -> None:
    place = f"{index.origin.removeprefix('http://')}/files/paint/paint-0.3.1-py3-none-any.whl"
    project.manifest(f"paint @ http://${{WHO}}:${{WORD}}@{place}")

    project.detent("lock", env={"WHO": "me", "WORD": "hush/hush"}).ok()

    told = {request.headers.get("authorization") for request in index.requests if "/files/" in request.path}
    assert told == {f"Basic {b64encode(b'me:hush/hush').decode()}"}
    lock = project.read("pylock.toml")
    assert f'"paint @ http://{place}"' in lock
    assert "hush" not in lock
    assert "WORD" not in lock
