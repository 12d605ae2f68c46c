"""What a warm command imports: its time is that of its imports, so what it does not need stays away."""

import re
import shutil

import pytest

from detent import stamp
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

NEVER = (
    "asyncio",
    "concurrent.",
    "detent.build.frontend",
    "detent.build.hooks",
    "detent.cli.commands",
    "detent.cli.complaints",
    "detent.cli.help_pages",
    "detent.cli.progress",
    "detent.cli.project_facts",
    "detent.cli.run_report",
    "detent.cli.schemas",
    "detent.cli.timings",
    "detent.index.client",
    "detent.index.provenance",
    "detent.index.remote",
    "detent.lock.claims",
    "detent.lock.comparison",
    "detent.lock.conflicted",
    "detent.lock.coverage",
    "detent.lock.links",
    "detent.lock.merging",
    "detent.lock.views",
    "detent.ops.build_locking",
    "detent.ops.builds",
    "detent.ops.env_files",
    "detent.ops.merging",
    "detent.ops.promises",
    "detent.ops.tree",
    "detent.python.probe",
    "detent.python.rendering",
    "detent.resolve.explain",
    "detent.resolve.failure",
    "detent.resolve.suggest",
    "detent.resolve.throwaway",
    "distlib",
    "filelock",
    "http.client",
    "httpx",
    "json",
    "logging",
    "packaging.requirements",
    "packaging.tags",
    "platformdirs",
    "pyproject_hooks",
    "python_discovery",
    "resolvelib",
    "rich",
    "subprocess",
    "typer",
    "urllib.request",
    "virtualenv",
)
"""What fetches, builds, starts programs, draws, or says something else than these commands say."""
ENGINES = (
    *NEVER,
    "_hashlib",
    "detent.build.",
    "detent.install.",
    "detent.ops.run",
    "detent.ops.sync",
    "detent.ops.tasks",
    "detent.python.provision",
    "detent.store.wheels",
    "threading",
)
"""The same, and what installs: not for a lock from a warm cache."""
RUNNING = ("detent.ops.run", "detent.ops.stamped_run", "detent.ops.tasks", "detent.project.tasks")
"""Only for what runs something."""
READERS = (
    *NEVER,
    "_hashlib",
    "detent.cli.flags",
    "detent.cli.parse",
    "detent.index.",
    "detent.lock.pylock",
    "detent.lock.select",
    "detent.model.markers",
    "detent.ops.discover",
    "detent.ops.gather",
    "detent.ops.lock",
    "detent.ops.sync",
    "detent.project.",
    "detent.python.discovery",
    "detent.store.unpack",
    "detent.store.wheels",
    "packaging.version",
    "threading",
    "tomllib",
)
"""What reads words, projects and locks, and chooses: not where an earlier sync has settled all that."""


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
    if is_locked:
        # Else nothing is imported at all.
        shutil.rmtree(sandbox.cache / stamp.BUCKET, ignore_errors=True)
    else:
        (sandbox.root / "pylock.toml").unlink()

    modules = imported(sandbox, "lock")

    assert [module for module in modules if module.startswith(ENGINES)] == []
    assert "detent.ops.lock" in modules
    assert ("detent.resolve.solver" in modules) is not is_locked


@pytest.mark.parametrize("words", [["sync"], ["sync", "--frozen"], ["run", "true"]])
def test_a_warm_sync_starts_fetches_builds_and_resolves_nothing(
    sandbox: Sandbox, index: IndexServer, words: list[str]
) -> None:
    publish(index, wheel("a", requires=["b"]), wheel("b"))
    sandbox.manifest("a")
    sandbox.detent("sync").ok()
    shutil.rmtree(sandbox.root / ".venv")
    shutil.rmtree(sandbox.cache / "settled-v1")

    modules = imported(sandbox, *words)

    never = (*NEVER, "detent.resolve.solver", *(RUNNING if words[0] != "run" else ()))
    assert [module for module in modules if module.startswith(never)] == []
    assert "detent.install.apply" in modules


@pytest.mark.parametrize("words", [["sync"], ["sync", "--frozen"]])
def test_a_sync_that_was_settled_before_reads_no_project_and_no_lock(
    sandbox: Sandbox, index: IndexServer, words: list[str]
) -> None:
    publish(index, wheel("a", requires=["b"]), wheel("b"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    sandbox.detent(*words).ok()
    shutil.rmtree(sandbox.root / ".venv")

    modules = imported(sandbox, *words)

    assert [module for module in modules if module.startswith(READERS)] == []
    assert "detent.install.apply" in modules


@pytest.mark.parametrize("words", [["add", "c"], ["remove", "b"]])
def test_a_warm_edit_starts_fetches_and_builds_nothing(
    sandbox: Sandbox, index: IndexServer, words: list[str]
) -> None:
    publish(index, wheel("a"), wheel("b"), wheel("c"))
    sandbox.manifest("a", "b", "c")
    sandbox.detent("sync").ok()
    sandbox.manifest("a", "b")
    sandbox.detent("sync").ok()

    modules = imported(sandbox, *words)

    assert [module for module in modules if module.startswith((*NEVER, *RUNNING))] == []
    assert {"detent.resolve.solver", "detent.install.apply"} <= set(modules)


def test_the_version_is_said_without_the_command_line(sandbox: Sandbox) -> None:
    assert (
        sandbox.detent("--version").ok().out == sandbox.detent("-V").ok().out == f"detent {stamp.VERSION}\n"
    )
    assert {m for m in imported(sandbox, "-V") if m.startswith("detent.")} == {"detent.quick", "detent.stamp"}


def test_help_imports_no_complaint(sandbox: Sandbox) -> None:
    modules = imported(sandbox, "--help")

    assert "detent.cli.help_pages" in modules
    unneeded = ("detent.cli.complaints", "detent.cli.schemas", "detent.ops.")
    assert [module for module in modules if module.startswith(unneeded)] == []
