"""Two packages that bring one file: shared, refused, or one allowed to overwrite the other's."""

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel
from support.whole import cache_faults

MODES = ("hardlink", "directory")


def package(name: str, common: str, version: str = "1.0") -> dict[str, object]:
    return {
        "name": name,
        "version": version,
        "files": {f"common/{name}.py": name, "common/__init__.py": "", "common/same.py": common},
        "data": {"scripts/tool": f"#!python\n# {common}\n"},
    }


@pytest.fixture(params=MODES)
def project(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox:
    sandbox.variables["DETENT_LINK_MODE"] = request.param
    return sandbox


def allowed(*names: str) -> str:
    return f"\n[tool.detent]\nallow-overwrite = [{', '.join(repr(name) for name in names)}]\n"


def common(project: Sandbox) -> str:
    path = next(project.root.glob(".venv/lib/python*/site-packages")) / "common/same.py"
    tool = project.root / ".venv/bin/tool"
    text = path.read_text()
    assert f"# {text}\n" in tool.read_text()
    return text


def check(project: Sandbox) -> None:
    """Nothing is to be done, nothing is damaged, and nothing is anywhere that nobody owns."""
    project.detent("sync", "--check", "--deep").ok()
    assert cache_faults(project.cache) == []


def test_the_same_bytes_are_shared_and_outlive_one_of_the_two(project: Sandbox, index: IndexServer) -> None:
    publish(index, *(wheel(**package(name, "we")) for name in ("one", "two")))  # type: ignore[arg-type]
    project.manifest("one", "two")
    project.detent("sync").ok()
    assert common(project) == "we"
    check(project)

    for gone, left in (("one", "two"), ("two", "one")):
        project.manifest("one", "two")
        project.detent("sync").ok()
        project.detent("remove", gone).ok()
        assert common(project) == "we", gone
        check(project)
        assert project.installed() == {left: "1.0"}
    project.detent("remove", "one").ok()
    library = next(project.root.glob(".venv/lib/python*/site-packages"))
    assert not (library / "common").exists()
    assert not (project.root / ".venv/bin/tool").exists()


def test_different_bytes_are_refused_with_both_names_and_the_setting(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel(**package("one", "me")), wheel(**package("two", "you")))  # type: ignore[arg-type]
    project.manifest("one")
    project.detent("sync").ok()

    refused = project.detent("add", "two")

    assert refused.code == 1
    assert "error: `one` and `two` both contain `" in refused.err
    assert 'or set `allow-overwrite = ["two"]` in [tool.detent], and its files are taken\n' in refused.err
    assert common(project) == "me"
    check(project)
    project.detent("add", "two", "--allow-overwrite", "two").ok()
    assert common(project) == "you"


def test_who_may_overwrite_wins_whatever_came_first(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel(**package("one", "me")), wheel(**package("two", "you")))  # type: ignore[arg-type]
    for names, winner, text in ((("one",), "two", "you"), (("two",), "one", "me"), ((), "two", "you")):
        project.manifest(*names, tail=allowed(winner))
        project.detent("sync").ok()
        project.manifest("one", "two", tail=allowed(winner))
        project.detent("sync").ok()
        assert common(project) == text, names
        check(project)
        # When the winner goes the other one has its own file again.
        project.detent("remove", winner).ok()
        assert common(project) == ("me" if winner == "two" else "you"), names
        check(project)


def test_a_permission_that_is_gone_is_noticed(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel(**package("one", "me")), wheel(**package("two", "you")))  # type: ignore[arg-type]
    project.manifest("one", "two", tail=allowed("two"))
    assert "allow-overwrite" not in project.detent("sync").ok().err
    assert "allow-overwrite" not in project.detent("sync", "--check").ok().err
    project.manifest("one", "two")

    for words in (["sync", "--check"], ["sync"], ["run", "true"], ["sync"]):
        assert (
            project.detent(*words)
            .ok()
            .err.startswith(
                "warning: `two` has files in the place of those of `one`, but `allow-overwrite` names it no more;"
                " a new environment would be refused\n"
            )
        ), words
    assert common(project) == "you"
    assert "[file-conflict]" in project.detent("sync", "--reinstall").err


def test_another_winner_and_another_version_settle_it_anew(project: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        wheel(**package("one", "me")),  # type: ignore[arg-type]
        wheel(**package("two", "you")),  # type: ignore[arg-type]
        wheel("two", "2.0"),
        wheel(**package("three", "they")),  # type: ignore[arg-type]
    )
    project.manifest("one", "two==1.0", "three", tail=allowed("two", "one"))
    project.detent("sync").ok()
    assert common(project) == "you"

    project.manifest("one", "two==1.0", "three", tail=allowed("one", "two"))
    project.detent("sync").ok()
    assert common(project) == "me"
    check(project)

    project.manifest("one", "two==1.0", "three", tail=allowed("two", "one"))
    project.detent("sync").ok()
    assert common(project) == "you"
    project.manifest("one", "two==2.0", "three", tail=allowed("two", "one"))
    project.detent("sync").ok()
    assert common(project) == "me"
    check(project)

    project.detent("remove", "one").ok()
    assert common(project) == "they"
    project.detent("undo").ok()
    assert common(project) == "me"
    check(project)


def test_a_launcher_gives_way_to_a_file(project: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        wheel("one", scripts={"tool": "one:main"}),
        wheel("two", data={"scripts/tool": "#!/bin/sh\necho two\n"}),
    )
    project.manifest("one", tail=allowed("two"))
    project.detent("sync").ok()
    tool = project.root / ".venv/bin/tool"
    project.detent("add", "two").ok()
    assert "echo two" in tool.read_text()
    check(project)
    project.detent("remove", "two").ok()
    assert "from one import main" in tool.read_text()
    check(project)
