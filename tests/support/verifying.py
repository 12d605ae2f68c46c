"""A locked project beside an index on loopback, verified in this process: fast enough to change every letter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detent.errors import DetentError
from detent.events import Event
from detent.ops.discover import find_project
from detent.ops.lock import LockOptions, lock
from detent.ops.verify import Verified, verify
from detent.ops.wiring import open_world
from detent.ops.world import World
from support.index_server import IndexServer
from support.sdists import sdist
from support.wheels import wheel

_USUAL = LockOptions()
MANIFEST = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["a[fast]>=1", "c"]

[project.optional-dependencies]
net = ["b"]

[dependency-groups]
dev = ["e; sys_platform == 'win32'"]

[tool.detent]
constraint-dependencies = ["b<9"]
exclude-newer = "2025-01-01"
"""


def fill(index: IndexServer) -> None:
    """List a small world: extras, markers, two versions of one package, a source distribution."""
    for made in (
        wheel(
            "a", "1.0", requires=["b>=1 ; python_version < '3.14'", "c"], extras={"fast": ["d>=1"], "no": []}
        ),
        wheel("b", "1.0"),
        wheel("c", "1.0"),
        wheel("c", "2.0", requires_python=">=3.12"),
        wheel("d", "1.0", tag="cp311-cp311-manylinux_2_17_x86_64"),
        wheel("e", "1.0"),
    ):
        index.add(made.filename, made.data)
    source = sdist("d", "1.0")
    index.add(source.filename, source.data)


class Tampered:
    """A project whose lock is right at first."""

    def __init__(
        self, folder: Path, index: IndexServer, *, declares: bool = True, manifest: str = MANIFEST
    ) -> None:
        """``declares`` off: the index is the default one of the machine, and the project names none."""
        self.root = folder / "project"
        self.root.mkdir(parents=True, exist_ok=True)
        own = f'\n[[tool.detent.index]]\nname = "ours"\nurl = "{index.url}"\ndefault = true\n'
        (self.root / "pyproject.toml").write_text(manifest + (own if declares else ""), "utf-8")
        self._variables = {
            "HOME": str(folder),
            "PIP_CONFIG_FILE": "/dev/null",
            "DETENT_CACHE_DIR": str(folder / "cache"),
            **({} if declares else {"DETENT_DEFAULT_INDEX": index.url}),
        }
        self.said: list[Event] = []
        self.lock()
        self.text = self.path.read_text("utf-8")

    def goes_by(self, index: IndexServer) -> None:
        """Make another index the default one of the machine."""
        self._variables["DETENT_DEFAULT_INDEX"] = index.url

    @property
    def path(self) -> Path:
        """Where the lock stands."""
        return self.root / "pylock.toml"

    @contextmanager
    def world(self, **flags: object) -> Iterator[World]:
        """Open the world of a command, with these flags."""
        project = find_project(str(self.root))
        spelled = {name.replace("_", "-"): value for name, value in flags.items()}
        with open_world(spelled, self._variables, self.said.append, project) as world:
            yield world

    def lock(self, options: LockOptions = _USUAL, **flags: object) -> None:
        """Run `lock`."""
        with self.world(**flags) as world:
            lock(world, find_project(str(self.root)), options)

    def verify(self, text: str | None = None, *, against: str = "", **flags: object) -> Verified:
        """Run `verify`, of another text of the lock where one is given."""
        if text is not None:
            self.path.write_text(text, "utf-8")
        with self.world(refresh=True, only_reads=True, **flags) as world:
            return verify(world, find_project(str(self.root)), against, self._variables)

    def said_of(self, text: str) -> list[str]:
        """Give what is wrong with a text of the lock: what reading refuses, or the findings as a person sees them."""
        try:
            found = self.verify(text)
        except DetentError as error:
            return [error.code]
        return [f"{f.name} {f.field} {f.file} {f.locked} {f.told} {f.text}" for f in found.findings]


def other_letter(character: str) -> str:
    """Give a letter or digit that is another, and as good in a name, a number or a hash."""
    letters = "0123456789" if character.isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return letters[(letters.find(character.lower()) + 1) % len(letters)]


def letters_of(text: str) -> Iterator[int]:
    """Give where the letters and digits of a text are."""
    return (found.start() for found in re.finditer("[A-Za-z0-9]", text))
