"""Asking `detent` and seeing who answers: the stamp, before anything is imported, or the command itself."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from detent import stamp
from support.cli import Sandbox

_IMPORT = re.compile(r"^import time:.*\n", re.MULTILINE)
_TIME = re.compile(r"\b\d[\d.]*(ms|s)\b")
_LONGEST = 6
"""How often a command is asked before it is said that it never answers at once."""


class Asked(NamedTuple):
    """What came of a command."""

    is_at_once: bool
    """Whether the command line was not even imported."""
    code: int
    out: str
    said: str
    """What was said on stderr, with `TIME` for every time."""


def ask(
    sandbox: Sandbox, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Asked:
    """Run a command and see who answers it."""
    done = sandbox.detent(*words, env={"PYTHONPROFILEIMPORTTIME": "1", **(env or {})}, cwd=cwd)
    modules = set(re.findall(r"^import time:.*\| +(\S+)$", done.err, re.MULTILINE))
    assert "detent.quick" in modules
    said = _TIME.sub("TIME", _IMPORT.sub("", done.err))
    return Asked("detent.cli.frame" not in modules, done.code, done.out, said)


def settle(
    sandbox: Sandbox, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Asked:
    """Ask until it is answered at once: what has just changed is looked at again."""
    asked = ask(sandbox, *words, env=env, cwd=cwd)
    for _ in range(_LONGEST):
        if asked.is_at_once:
            break
        asked = ask(sandbox, *words, env=env, cwd=cwd)
    assert asked.is_at_once, asked
    return asked


def outlast_a_tick() -> None:
    """Wait until what was just written is older than a tick of the clock: no change of it can hide."""
    time.sleep(1.5 * stamp._TICK_NS / 10**9)


def is_at_once(sandbox: Sandbox, *words: str, env: Mapping[str, str] | None = None) -> bool:
    """Whether a command is answered without the command line."""
    return ask(sandbox, *words, env=env).is_at_once


def stamp_of(sandbox: Sandbox, folder: Path | None = None) -> Path:
    """Where the stamp of a working folder lies."""
    facts = (folder or sandbox.root).stat()
    return sandbox.cache / stamp.BUCKET / f"{facts.st_dev:x}-{facts.st_ino:x}"
