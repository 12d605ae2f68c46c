"""What a folder's `cache-keys` say to look at, as rows for a key; nothing else of it is looked at then.

A file that is named counts by its contents, those of a pattern by size and time. A pattern is matched below
the folder it begins with, and only in folders that belong to the project: not in those of version control
and tools, nor in environments and caches.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from detent.build.inputs import contents
from detent.build.revision import revision
from detent.build.trees import tree
from detent.project.building import CacheKey

_GLOB = re.compile(r"[*?\[{]")
_PIECE = re.compile(r"\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)


def rows(root: Path, keys: Iterable[CacheKey], variables: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Give what is there of each key, in their order."""
    for key in keys:
        match key.kind:
            case "file":
                yield ("files", key.text)
                yield from _files(root, key.text)
            case "dir":
                yield ("dir", key.text, str((root / key.text).is_dir()))
            case "env":
                value = variables.get(key.text)
                yield ("env", key.text, *(() if value is None else (value,)))
            case "git":
                found = revision(root, commit=key.text == "commit", tags=key.text == "tags")
                yield ("git", key.text, found or "")


def plain_files(keys: Iterable[CacheKey]) -> tuple[str, ...] | None:
    """Give the files that keys name one by one; ``None`` where there is anything else among them."""
    keys = tuple(keys)
    if all(key.kind == "file" and not _GLOB.search(key.text) for key in keys):
        return tuple(key.text for key in keys)
    return None


def _files(root: Path, pattern: str) -> Iterator[tuple[str, ...]]:
    if not _GLOB.search(pattern):
        content = contents(root / pattern)
        is_there = os.path.exists(root / pattern)  # noqa: PTH110 (whatever the path is)
        yield ("file", pattern, sha256(content).hexdigest() if content else str(is_there))
        return
    parts = pattern.split("/")
    depth = next(number for number, part in enumerate(parts) if _GLOB.search(part))
    folder, rest = "/".join(parts[:depth]), re.compile(_expression("/".join(parts[depth:])), re.DOTALL)
    for path, facts in tree(Path(os.path.normpath(root / folder)), is_whole=True):
        if rest.fullmatch(path):
            yield ("file", path, facts)


def _expression(pattern: str) -> str:
    """Give a pattern as a regular expression: `*` and `?` stay in one folder, `**` does not."""
    return "".join(_translated(piece) for piece in _PIECE.findall(pattern))


def _translated(piece: str) -> str:
    match piece:
        case "**/":
            return "(?:.*/)?"
        case "/**":
            return "/.*"
        case "**":
            return ".*"
        case "?":
            return "[^/]"
        case _ if piece.startswith("*"):
            return "[^/]*"
        case _ if piece.startswith("{") and len(piece) > 1:
            return f"(?:{'|'.join(map(_expression, piece[1:-1].split(',')))})"
        case _ if piece.startswith("[") and len(piece) > 2:
            negated = piece[1] in "!^"
            inner = piece[1 + negated : -1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            try:
                re.compile(f"[{inner}]")
            except re.error:
                return re.escape(piece)
            return f"(?!/)[{'^' if negated else ''}{inner}]"
        case _:
            return re.escape(piece)
