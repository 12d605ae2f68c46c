"""Which hooks of the tiny back end were called in a sandbox, and that no build left scratch behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.cli import Sandbox


@contextmanager
def listed_calls(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Have builds leave a list of what was called; afterwards no scratch is left of any."""
    sandbox.variables["TINY_CALLS"] = str(_list_of(sandbox))
    yield sandbox
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


def calls(sandbox: Sandbox) -> list[str]:
    """The hooks called since this was asked last."""
    path = _list_of(sandbox)
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def _list_of(sandbox: Sandbox) -> Path:
    return sandbox.root.parent / "calls"
