"""Read requirements files: for `add` what they ask for and bound, for `import` the texts of all they read.

Where requirements are added, options that change where packages come from are refused by name rather than
dropped in silence; hashes are dropped, because the lock has its own.
"""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from detent import fsio
from detent.errors import Unsupported, UsageError
from detent.named import NamedTuple
from detent.project.importing.requirement_lines import lines
from detent.project.importing.requirement_texts import Texts, read_files

_NESTED = frozenset(("-r", "--requirement", "-c", "--constraint"))
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Listed(NamedTuple):
    """One line of a requirements file."""

    text: str
    where: str
    """`FILE:LINE`."""
    is_constraint: bool = False
    """Whether it only bounds a package that something else asks for."""


def read_requirements(name: str, *, is_constraint: bool = False) -> list[Listed]:
    """Give each requirement and constraint, nested files included.

    Everything a file of constraints lists is one, and so is what another file reads with `-c`. Raises
    :class:`UsageError` for a file that is missing or includes itself, :class:`Unsupported` for an option.
    """
    return list(_read(Path(name), (), is_constraint=is_constraint))


def read_texts(root: Path, paths: Iterable[str]) -> Texts:
    """Read requirements files, and every file they read or were made from, by path relative to a folder.

    Raises :class:`UsageError` for a file that is missing, or that was to be one and is a folder.
    """
    found: dict[str, str] = {}
    waiting = [(path, True) for path in paths]
    while waiting:
        path, must_exist = waiting.pop()
        if path in found or not (must_exist or (root / path).is_file()):
            continue
        found[path] = _text(root / path, path)
        waiting += read_files(path, found[path])
    return Texts(found)


def _read(path: Path, parents: tuple[Path, ...], *, is_constraint: bool) -> Iterator[Listed]:
    if path in parents:
        raise UsageError(
            f"the requirements file `{path}` includes itself", next_steps=("take the line that does so out",)
        )
    for line in lines(_text(path, str(path))):
        where = f"{path}:{line.number}"
        if not line.option:
            yield Listed(line.text, where, is_constraint)
        elif line.option in _NESTED and line.value:
            bounds = is_constraint or line.option in {"-c", "--constraint"}
            yield from _read(path.parent / line.value, (*parents, path), is_constraint=bounds)
        else:
            raise Unsupported(
                f"`{where}`: the option `{line.option}` is not supported in a requirements file",
                why="only requirements, `-r` and `-c` are read; the index is a setting of the project",
                next_steps=("take the line out, or add the requirements by name",),
            )


def _text(path: Path, shown: str) -> str:
    """Read a file, in the encoding its first bytes tell (PowerShell writes UTF-16)."""
    try:
        content = path.read_bytes()
        encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
        return content.decode(encoding)
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no requirements file `{shown}`", next_steps=("name a file that is there",)
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the requirements file `{shown}` is not UTF-8 text", next_steps=("save it as UTF-8",)
        ) from error
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
