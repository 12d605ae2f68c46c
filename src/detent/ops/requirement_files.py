"""Read a requirements file for `add -r`: its requirements, with the place each came from.

Options that change where packages come from are refused by name rather than dropped in silence; hashes are
dropped, because the lock has its own.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from detent import fsio
from detent.errors import Unsupported, UsageError

_COMMENT = re.compile(r"(^|\s)#.*$")
_HASHES = re.compile(r"\s--hash[= ]\S+")


def read_requirements(name: str) -> list[tuple[str, str]]:
    """Give (requirement text, `FILE:LINE`) of each requirement, nested files included.

    Raises :class:`UsageError` for a file that is missing or includes itself, :class:`Unsupported` for an
    option.
    """
    return list(_read(Path(name), ()))


def _read(path: Path, parents: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    if path in parents:
        raise UsageError(f"the requirements file `{path}` includes itself")
    for number, line in _lines(path):
        where = f"{path}:{number}"
        if not line.startswith("-"):
            yield _HASHES.sub("", line).strip(), where
            continue
        option, _, value = line.replace("=", " ", 1).partition(" ")
        if option in {"-r", "--requirement"} and value.strip():
            yield from _read(path.parent / value.strip(), (*parents, path))
        else:
            raise Unsupported(
                f"`{where}`: the option `{option}` is not supported in a requirements file",
                why="only requirements and `-r` are read; the index is a setting of the project",
                next_steps=("take the line out, or add the requirements by name",),
            )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Logical lines: comments gone, continuation lines joined, numbered by their first."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"there is no requirements file `{path}`") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the requirements file `{path}` is not UTF-8 text") from error
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    parts: list[str] = []
    first = 1
    for number, raw in enumerate(text.splitlines(), 1):
        if not parts:
            first = number
        if raw.rstrip().endswith("\\"):
            parts.append(raw.rstrip()[:-1])
            continue
        line = _COMMENT.sub("", " ".join((*parts, raw))).strip()
        parts.clear()
        if line:
            yield first, line
