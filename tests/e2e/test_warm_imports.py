"""What a warm command imports: its time is that of its imports, so what it does not need stays away."""

import re

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

ENGINES = (
    "_hashlib",
    "detent.build.",
    "detent.index.client",
    "detent.index.remote",
    "detent.install.",
    "detent.ops.builds",
    "detent.ops.sync",
    "detent.python.provision",
    "detent.resolve.explain",
    "detent.resolve.failure",
    "detent.resolve.suggest",
    "detent.store.wheels",
    "http.client",
    "json",
    "subprocess",
    "threading",
    "virtualenv",
)
"""What fetches, builds, installs or finds words for a failure: not for a lock from a warm cache."""


def imported(sandbox: Sandbox, *words: str) -> list[str]:
    """Give the modules that a command imports."""
    done = sandbox.detent(*words, env={"PYTHONPROFILEIMPORTTIME": "1"}).ok()
    return re.findall(r"^import time:.*\| +(\S+)$", done.err, re.MULTILINE)


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_warm_lock_imports_no_engine_but_the_resolver(
    sandbox: Sandbox, index: IndexServer, *, is_locked: bool
) -> None:
    publish(index, wheel("a", requires=["b"]), wheel("b"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    if not is_locked:
        (sandbox.root / "pylock.toml").unlink()

    modules = imported(sandbox, "lock")

    assert [module for module in modules if module.startswith(ENGINES)] == []
    assert ("detent.resolve.solver" in modules) is not is_locked
