"""The small programs in an environment's `bin`: launchers of entry points, and scripts that name `#!python`.

Follows the entry points and the binary distribution format specifications. A name or a value that could be
anything but a plain command and a plain object is refused.
"""

import os
import re
from functools import lru_cache

from detent.errors.install import UnsafePath

PYTHON_LINE = b"#!python"
"""How the first line of a script begins that is to start the environment's interpreter."""
_SHEBANG_BYTES = 127
"""What every kernel in use reads of the first line."""

_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
_VALUE = re.compile(r"\s*([\w.]+)\s*:\s*([\w.]+)\s*(?:\[[^\]]*\]\s*)?")


def launcher(python: str, value: str) -> bytes:
    """Give the program that calls an entry point; ``value`` has passed :func:`checked_entry_point`."""
    module, _, attribute = value.partition(":")
    imported = attribute.partition(".")[0]
    body = (
        "import sys\n"
        f"from {module} import {imported}\n"
        'if __name__ == "__main__":\n'
        f"    sys.exit({attribute}())\n"
    )
    return shebang(python) + body.encode()


@lru_cache(maxsize=2)
def shebang(python: str) -> bytes:
    """Give the first lines of a program for an interpreter at any path.

    The kernel cuts a long first line short and splits it at blanks: then `/bin/sh` starts the interpreter.
    That line is a shell command and, read by Python, a row of strings.
    """
    line = b"#!" + os.fsencode(python)
    if len(line) <= _SHEBANG_BYTES and not re.search(rb"[\s\\]", line) and _is_plain_text(python):
        return line + b"\n"
    if "\\" not in python and _is_plain_text(python):
        return f'#!/bin/sh\n\'exec\' {_quoted(python)} "$0" "$@"\n'.encode()
    # A path that is no Python string: the interpreter is the neighbour of the script itself.
    name = python.rpartition("/")[2]
    return (
        b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\''
        + os.fsencode(name)
        + b"' \"$0\" \"$@\"\n' '''\n"
    )


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\"'\"'") + "'"


def _is_plain_text(path: str) -> bool:
    return path.isprintable() and not any("\ud800" <= character <= "\udfff" for character in path)


def rewritten(content: bytes, python: str) -> bytes:
    """Put the environment's interpreter in place of a first line that starts with ``#!python``."""
    _, newline, rest = content.partition(b"\n")
    return shebang(python) + rest if newline else shebang(python)


def checked_entry_point(package: str, name: str, value: str) -> str:
    """Give ``module:attribute`` without blanks and extras; raises :class:`UnsafePath`."""
    if not _NAME.fullmatch(name):
        raise UnsafePath(package, name, "a script's name has only letters, digits, `.`, `_` and `-`")
    found = _VALUE.fullmatch(value)
    if found and all(part.isidentifier() for text in found.groups() for part in text.split(".")):
        return f"{found[1]}:{found[2]}"
    raise UnsafePath(package, name, f"`{value}` is not `module:object`")
