"""An empty environment as a value: rendered once, kept in the store, stamped out in a few milliseconds.

Rendering (:mod:`detent.python.rendering`, by virtualenv) happens at a path and with a prompt that occur
nowhere else; how often they stand in each file is counted then, and again here before they are replaced. That
is sound only for a path and a prompt of characters no shell quotes; others go through virtualenv itself. An
environment appears by one rename of a finished folder.
"""

# ruff: noqa: PTH102, PTH104, PTH116, PTH118, PTH120, PTH208, PTH211 (strings: this is a warm path)

import errno
import os
import re
from importlib.machinery import PathFinder
from pathlib import Path
from typing import cast

from detent import fsio
from detent.errors import Bug
from detent.errors.install import NotAnEnvironment
from detent.errors.store import FileTrouble
from detent.named import NamedTuple
from detent.python.environment import SCRATCH_PREFIX, scratch_beside
from detent.store.records import read_record, write_record

TEMPLATE_VERSION = 3

_KIND = b"template"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/@+-]+")
_PLAIN_PROMPT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_TAKEN = frozenset((errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR))


class Entry(NamedTuple):
    """One thing in an environment, in the order it is to be made."""

    kind: str
    """``folder``, ``file`` or ``link``."""
    path: str
    """Relative to the root, with ``/``."""
    mode: int
    content: bytes
    """Of a file; of a link, where it leads."""
    roots: int
    """How often the root's path occurs in ``content``."""
    prompts: int
    """How often the prompt does."""


class Template(NamedTuple):
    """An environment rendered at ``root`` with ``prompt``, to be stamped out elsewhere."""

    root: bytes
    prompt: bytes
    entries: tuple[Entry, ...]
    """None at all: this interpreter's environments cannot be stamped out."""


def is_plain(root: str, prompt: str) -> bool:
    """Say whether a template can stand in for virtualenv at this path and with this prompt."""
    return _PLAIN_PATH.fullmatch(root) is not None and _PLAIN_PROMPT.fullmatch(prompt) is not None


def toolkit() -> str:
    """Name the virtualenv that would render, without importing it: where it lies and its version file."""
    found = PathFinder.find_spec("virtualenv")
    if found is None or not found.origin:
        return ""
    version_file = os.path.join(os.path.dirname(found.origin), "version.py")
    try:
        status = os.stat(version_file)
    except OSError:
        return found.origin
    return f"{found.origin}\0{status.st_size}\0{status.st_mtime_ns}"


def read_template(path: Path) -> Template | None:
    """Read a template from the store; what does not fit is ``None``."""
    value = read_record(path, _KIND, TEMPLATE_VERSION)
    if value is None:
        return None
    root, prompt, entries = cast(
        "tuple[bytes, bytes, tuple[tuple[str, str, int, bytes, int, int], ...]]", value
    )
    return Template(root, prompt, tuple(Entry(*entry) for entry in entries))


def write_template(path: Path, template: Template) -> None:
    """Keep a template in the store."""
    entries = tuple(tuple(entry) for entry in template.entries)
    write_record(path, _KIND, TEMPLATE_VERSION, (template.root, template.prompt, entries))


def stamp_out(template: Template, root: Path, prompt: str) -> Path:
    """Make the environment of ``root`` in a folder beside it, ready for :func:`publish`.

    Raises :class:`FileTrouble`; nothing is left behind then.
    """
    place = os.fspath(root)
    if not (template.entries and is_plain(place, prompt)):
        raise Bug(f"a template cannot make an environment at `{place}`")
    scratch = scratch_beside(place)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        sweep(root.parent)
        try:
            os.mkdir(scratch, 0o755)
            for entry in template.entries:
                _make(
                    entry,
                    f"{scratch}/{entry.path}",
                    _filled(template, entry, os.fsencode(place), prompt.encode()),
                )
        except BaseException:
            fsio.remove_tree(Path(scratch))
            raise
    except OSError as error:
        raise fsio.file_trouble(error, root) from error
    return Path(scratch)


def publish(scratch: Path, root: Path) -> None:
    """Put a finished environment at its place, which is free (not there, or an empty folder), by one rename.

    Raises :class:`NotAnEnvironment` when something has appeared there meanwhile, and :class:`FileTrouble`;
    the finished one is removed then.
    """
    try:
        os.rename(scratch, root)
    except OSError as error:
        fsio.remove_tree(scratch)
        if error.errno in _TAKEN:
            raise NotAnEnvironment(str(root), "something appeared there while it was being made") from error
        raise fsio.file_trouble(error, root) from error


def _filled(template: Template, entry: Entry, place: bytes, prompt: bytes) -> bytes:
    content = entry.content
    if (content.count(template.root), content.count(template.prompt)) != (entry.roots, entry.prompts):
        raise Bug(f"the template of `{entry.path}` is not what was rendered")
    if entry.roots:
        content = content.replace(template.root, place)
    return content.replace(template.prompt, prompt) if entry.prompts else content


def _make(entry: Entry, path: str, content: bytes) -> None:
    match entry.kind:
        case "folder":
            os.mkdir(path, entry.mode)
        case "link":
            os.symlink(content, os.fsencode(path))
        case _:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, entry.mode)
            try:
                fsio.write_all(descriptor, content)
            finally:
                os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed in the middle have left beside the environment."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        owner = name.removeprefix(SCRATCH_PREFIX).partition("-")[0]
        if name.startswith(SCRATCH_PREFIX) and owner.isdigit() and not _is_alive(int(owner)):
            try:
                fsio.remove_tree(folder / name)
            except FileTrouble:
                continue  # somebody else's; it does no harm


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
