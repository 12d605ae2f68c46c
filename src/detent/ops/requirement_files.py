"""Read requirements files: for `add -r` the requirements of one, for `import` the texts of all it reads.

Where requirements are added, options that change where packages come from are refused by name rather than
dropped in silence; hashes are dropped, because the lock has its own.
"""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from detent import fsio
from detent.errors import Unsupported, UsageError
from detent.project.importing.requirement_lines import lines
from detent.project.importing.requirements import Texts, read_files

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_requirements(name: str) -> list[tuple[str, str]]:
    """Give (requirement text, `FILE:LINE`) of each requirement, nested files included.

    Raises :class:`UsageError` for a file that is missing or includes itself, :class:`Unsupported` for an
    option.
    """
    return list(_read(Path(name), ()))


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


def _read(path: Path, parents: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    if path in parents:
        raise UsageError(f"the requirements file `{path}` includes itself")
    for line in lines(_text(path, str(path))):
        where = f"{path}:{line.number}"
        if not line.option:
            yield line.text, where
        elif line.option in {"-r", "--requirement"} and line.value:
            yield from _read(path.parent / line.value, (*parents, path))
        else:
            raise Unsupported(
                f"`{where}`: the option `{line.option}` is not supported in a requirements file",
                why="only requirements and `-r` are read; the index is a setting of the project",
                next_steps=("take the line out, or add the requirements by name",),
            )


def _text(path: Path, shown: str) -> str:
    """Read a file, in the encoding its first bytes tell (PowerShell writes UTF-16)."""
    try:
        content = path.read_bytes()
        encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
        return content.decode(encoding)
    except FileNotFoundError as error:
        raise UsageError(f"there is no requirements file `{shown}`") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the requirements file `{shown}` is not UTF-8 text") from error
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
