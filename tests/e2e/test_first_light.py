"""The main path, from nothing to a running program, as a user types it."""

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

SHOUT = {"shout/__init__.py": "def main():\n    print('HELLO')\n"}


def publish_shout(index: IndexServer) -> None:
    publish(
        index,
        wheel("shout", "1.2.0", requires=["letters>=2"], files=SHOUT, scripts={"shout": "shout:main"}),
        wheel("letters", "2.1", files={"letters.py": "A = 'a'\n"}),
        wheel("letters", "1.0", files={"letters.py": "A = 'old'\n"}),
    )


def test_init_add_run_from_an_empty_folder(sandbox: Sandbox, index: IndexServer) -> None:
    publish_shout(index)

    sandbox.detent("init", "--no-package", "--vcs", "none", "--name", "demo").ok()
    added = sandbox.detent("add", "shout").ok()
    ran = sandbox.detent("run", "shout").ok()

    assert '"shout>=1.2.0"' in sandbox.read("pyproject.toml")
    assert " + letters==2.1\n + shout==1.2.0\n" in added.err
    assert ran.out == "HELLO\n"
    assert ran.err == ""
    assert sandbox.installed() == {"letters": "2.1", "shout": "1.2.0"}


def test_everything_again_changes_nothing(sandbox: Sandbox, index: IndexServer) -> None:
    publish_shout(index)
    sandbox.manifest("shout")
    sandbox.detent("sync").ok()
    before = sandbox.snapshot()
    requests = len(index.requests)

    synced = sandbox.detent("sync").ok()
    sandbox.detent("lock").ok()
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("sync", "--check").ok()
    sandbox.detent("run", "true").ok()

    assert "Checked 2 packages" in synced.err
    assert sandbox.snapshot() == before
    assert len(index.requests) == requests


def test_removing_gives_back_the_same_bytes(sandbox: Sandbox, index: IndexServer) -> None:
    publish_shout(index)
    sandbox.manifest("letters>=1")
    sandbox.detent("sync").ok()
    before = sandbox.snapshot()

    sandbox.detent("add", "shout").ok()
    removed = sandbox.detent("remove", "shout").ok()

    assert " - shout==1.2.0\n" in removed.err
    assert {k: v for k, v in sandbox.snapshot().items() if ".venv/.detent" not in k} == {
        k: v for k, v in before.items() if ".venv/.detent" not in k
    }
