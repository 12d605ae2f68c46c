"""Where builds are forbidden, no code of a source distribution runs: not to lock it, nor to install it."""

import pytest

from support.backends import sdist_of, tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

DENIED = '\n[tool.detent]\nbuild = "deny"\n'


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project whose only dependency leaves a mark when a hook is called, as it must be to lock it."""
    mark = sandbox.root.parent / "mark"
    files = tiny_tree("a", more=f"open({str(mark)!r}, 'w').close()")
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        "dependencies =", 'dynamic = ["optional-dependencies"]\ndependencies ='
    )
    index.add(*sdist_of("a", "1.0", files))
    sandbox.manifest("a")
    return sandbox


def has_run(project: Sandbox) -> bool:
    mark = project.root.parent / "mark"
    found = mark.exists()
    mark.unlink(missing_ok=True)
    return found


@pytest.mark.parametrize(("flag", "tail"), [("--no-build", ""), ("-q", DENIED)])
def test_a_forbidden_build_never_begins(project: Sandbox, flag: str, tail: str) -> None:
    project.manifest("a", tail=tail)

    done = project.detent("lock", flag)

    assert done.code == 1
    assert "forbids building" in done.err
    assert not has_run(project)

    project.manifest("a")
    project.detent("lock").ok()
    assert has_run(project)

    project.manifest("a", tail=tail)
    done = project.detent("sync", flag)

    assert done.code == 1
    assert "[build-forbidden]" in done.err
    assert not has_run(project)
    assert project.installed() == {}


def test_a_package_that_is_excepted_is_built_and_no_other(project: Sandbox, index: IndexServer) -> None:
    index.add(*tiny_sdist("b", more="raise SystemExit('built')"))
    project.manifest("a", "b", tail=DENIED + 'allow-build = ["a"]\n')

    done = project.detent("lock")

    assert done.code == 1
    assert "b 1.0 has only source distributions" in done.err

    project.manifest("a", tail=DENIED + 'allow-build = ["a"]\n')
    project.detent("sync").ok()
    assert has_run(project)
    assert project.installed() == {"a": "1.0"}


def test_a_lock_cannot_bring_in_a_folder_that_the_project_never_named(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a"))
    sandbox.manifest("a", tail=DENIED)
    sandbox.detent("lock").ok()
    mark = sandbox.root.parent / "mark"
    write_tree(sandbox.root / "evil", tiny_tree("a", more=f"open({str(mark)!r}, 'w').close()"))
    head, _, _ = sandbox.read("pylock.toml").partition("[[packages]]")
    sandbox.write("pylock.toml", f'{head}[[packages]]\nname = "a"\ndirectory = {{ path = "evil" }}\n')

    done = sandbox.detent("sync", "--locked")

    assert done.code == 1
    assert "the entry `a` comes from `evil`, and no requirement names that" in done.err
    sandbox.detent("sync").ok()
    assert sandbox.installed() == {"a": "1.0"}
    assert not mark.exists()


def test_under_a_ban_a_frozen_lock_builds_no_folder_but_the_project(
    sandbox: Sandbox, index: IndexServer
) -> None:
    mark = sandbox.root.parent / "mark"
    write_tree(sandbox.root, tiny_tree("demo"))
    write_tree(sandbox.root / "evil", tiny_tree("a", more=f"open({str(mark)!r}, 'w').close()"))
    entry = '[[packages]]\nname = "a"\ndirectory = { path = "evil" }\n'
    sandbox.write("pylock.toml", f'lock-version = "1.0"\ncreated-by = "other"\n\n{entry}')

    refused = sandbox.detent("sync", "--frozen", "--no-build")

    assert refused.code == 1
    assert "`a` would have to be built, which the flag `--no-build` forbids" in refused.err
    assert not mark.exists()
