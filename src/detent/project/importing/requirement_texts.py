"""Requirements files and those they read, and which of them say what is wanted and which only pin it."""

import posixpath
from collections.abc import Iterator, Mapping

from detent.errors import Unsupported
from detent.named import NamedTuple
from detent.project.importing.requirement_lines import Line, lines

FILES = {"-r": "-r", "--requirement": "-r", "-c": "-c", "--constraint": "-c"}
"""Options that read another file."""


class Given(NamedTuple):
    """A requirements file to import."""

    path: str
    """As its text is found by; folders parted by `/`."""
    group: str = ""
    """Where its requirements go; empty: to the project's dependencies."""


class Texts(NamedTuple):
    """The requirements files and those they read, by path."""

    by_path: Mapping[str, str]

    def lines(self, path: str) -> tuple[Line, ...]:
        """Give the lines of a file."""
        return lines(self.by_path[path])

    def wanted(self, path: str) -> tuple[str, ...]:
        """Give the files that say what is wanted, where this one only pins it; else this one itself."""
        beside = path.removesuffix(".txt") + ".in"
        if path.endswith(".txt") and beside in self.by_path:
            return (beside,)
        origins = self._origins(path)
        return origins if origins and all(origin in self.by_path for origin in origins) else (path,)

    def pinning(self, path: str) -> tuple[str, ...]:
        """Give the files that pin what this one asks for."""
        beside = path.removesuffix(".in") + ".txt"
        return (beside,) if path.endswith(".in") and beside in self.by_path else ()

    def _origins(self, path: str) -> tuple[str, ...]:
        found = {
            posixpath.normpath(reason.removeprefix("-r").strip())
            for line in self.lines(path)
            for reason in reasons(line)
            if reason.startswith("-r ")
        }
        return tuple(sorted(found - {path}))


def read_files(path: str, text: str) -> Iterator[tuple[str, bool]]:
    """Give every file a requirements file reads, and whether it must be there."""
    for line in lines(text):
        if line.option in FILES:
            if "://" in line.value:
                raise Unsupported(f"`{path}:{line.number}`: `{line.value}` is not on this disk")
            yield beside(path, line.value), True
        for reason in reasons(line):
            if reason.startswith("-r "):
                yield posixpath.normpath(reason.removeprefix("-r").strip()), False
    for suffix, other in ((".in", ".txt"), (".txt", ".in")):
        if path.endswith(suffix):
            yield path.removesuffix(suffix) + other, False


def reasons(line: Line) -> tuple[str, ...]:
    """Give who asked for a line of a compiled file; nothing for a line that does not say."""
    words = " , ".join(line.reasons)
    if not words.startswith("via"):
        return ()
    return tuple(filter(None, (word.strip() for word in words.removeprefix("via").split(","))))


def beside(path: str, value: str) -> str:
    """Give the path of a file that another one names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
