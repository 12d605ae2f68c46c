"""Run detent as `support.cli` does, in a copy of this process: nothing is imported anew, so it takes milliseconds."""

import os
import sys
from collections.abc import Callable, Mapping

from detent import quick
from detent.cli import app
from support.cli import Sandbox
from support.syscalls import Ended, run

_BUG = 70


def command(project: Sandbox, *words: str, env: Mapping[str, str] | None = None) -> Callable[[], int]:
    """Give what runs `detent` with these words, from its entry point to its end; for a child alone."""

    def work() -> int:
        _enter(project, env)
        sys.argv[1:] = words
        quick.main()
        return _BUG  # it ends the process

    return work


def returning(project: Sandbox, *words: str) -> Callable[[], int]:
    """Give the same for who wants to go on in the child afterwards."""

    def work() -> int:
        _enter(project, None)
        return app.main(words)

    return work


def detent(
    project: Sandbox, *words: str, env: Mapping[str, str] | None = None, most_seconds: float = 20
) -> Ended:
    """Run `detent` and wait for its end; one that lasts for too long is killed."""
    return run(command(project, *words, env=env), most_seconds=most_seconds)


def _enter(project: Sandbox, env: Mapping[str, str] | None) -> None:
    os.environ.clear()
    os.environ.update(project.variables)
    os.environ.update(env or {})
    os.chdir(project.root)
