"""Builds that leave what is installed where they run, and a project that reads what they left."""

import json
import tomllib
from pathlib import Path
from typing import Any

from support.backends import Sdist, tiny_tree, write_tree
from support.cli import Sandbox
from support.index_server import IndexServer

SEES = """
def _seen(*names):
    import importlib.metadata as installed
    found = {each.name: each.version for each in installed.distributions()}
    with open(os.environ["SEEN"], "a", encoding="utf-8") as file:
        print(json.dumps([found, {key: os.environ.get(key) for key in ("JOBS", "CFLAGS")}]), file=file)

_wheel, _editable, _sdist = build_wheel, build_editable, build_sdist

def build_wheel(*a):
    _seen()
    return _wheel(*a)

def build_editable(*a):
    _seen()
    return _editable(*a)

def build_sdist(*a):
    _seen()
    return _sdist(*a)
"""
"""Each build leaves what is installed where it runs, and some variables."""


class SeenBuilds:
    """A project, and what its builds saw."""

    def __init__(self, sandbox: Sandbox, index: IndexServer) -> None:
        self.sandbox = sandbox
        self.index = index
        self._seen = sandbox.root.parent / "seen"
        sandbox.variables["SEEN"] = str(self._seen)

    def sources(self, *made: Sdist) -> None:
        for each in made:
            self.index.add(each.filename, each.data)

    def tree(self, folder: Path | None = None, *, name: str = "demo", tables: str = "", **files: str) -> None:
        root = self.sandbox.root if folder is None else folder
        write_tree(root, {**tiny_tree(name, "1.0", more=SEES, tables=tables), **files})

    def seen(self) -> list[tuple[dict[str, str], dict[str, str | None]]]:
        """What the builds saw since this was asked last: packages by version, and variables."""
        lines = self._seen.read_text("utf-8").splitlines() if self._seen.exists() else []
        self._seen.unlink(missing_ok=True)
        return [tuple(json.loads(line)) for line in lines]

    def packages(self) -> list[dict[str, str]]:
        return [packages for packages, _ in self.seen()]

    def lock(self, *words: str) -> dict[str, Any]:
        """Lock, and give what the lock says."""
        self.sandbox.detent("lock", *words).ok()
        return tomllib.loads(self.sandbox.read("pylock.toml"))

    def sync(self, *words: str) -> str:
        return self.sandbox.detent("sync", *words).ok().err
