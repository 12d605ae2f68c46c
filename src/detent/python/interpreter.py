"""What detent knows of an interpreter, and the record that makes it ask each one only once.

The interpreter itself is asked by :mod:`detent.python.probe`, which comes as a callable: starting a program
is no part of the warm path. A record answers for as long as the file behind the executable (path, size,
mtime, inode), the machine (kernel, C library) and the rules for tags (``packaging``) are the same.
"""

# ruff: noqa: PTH116 (strings: every sync asks)

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import packaging

from detent.errors.python import InterpreterBroken
from detent.model.target import Target
from detent.named import NamedTuple
from detent.python.pyvenv import lies_below
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

OLDEST = (3, 8)
"""The first Python environments are made for."""

_KIND = b"python"
_RECORD_VERSION = 2


class Scheme(NamedTuple):
    """Where things go in an environment of this interpreter, relative to its root, with ``/``."""

    purelib: str
    platlib: str
    scripts: str
    data: str
    """Empty: the root itself."""
    headers: str
    """The folder that holds one folder of headers per distribution."""


class Interpreter(NamedTuple):
    """One Python on this machine, never one that lies in an environment."""

    executable: str
    """Absolute, as it was found: links are kept, since they outlive an upgrade."""
    version: str
    """Full version, such as ``3.12.1``."""
    implementation: str
    """``cpython``, ``pypy``, ..."""
    base_prefix: str
    target: Target
    scheme: Scheme
    extension_suffix: str
    is_64bit: bool
    is_free_threaded: bool
    bytecode_kind: str = ""
    """Cache tag and magic number (``cpython-312-cb0d0d0a``): who has the same reads the same byte code.

    Empty where none is kept.
    """
    digest: str = ""
    """Stands for the probed file: another file, or the same one changed, has another digest."""

    @property
    def minor(self) -> tuple[int, int]:
        """The feature version, such as ``(3, 12)``."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def description(self) -> str:
        """Words for a message: ``CPython 3.12.1``."""
        return f"{_DISPLAY_NAMES.get(self.implementation, self.implementation)} {self.version}"


_DISPLAY_NAMES = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}

Probe: TypeAlias = Callable[[str], Interpreter]
"""Asks the interpreter at an absolute path about itself; raises :class:`InterpreterBroken`."""


class Interpreters:
    """The interpreters of this machine, each asked once and then remembered in the store.

    What lies below ``project`` may have come with a repository: it is not started unless it was asked for by
    path, once. The interpreter detent runs on (``own``) is running already. A project that holds the home
    folder is no repository, and nothing in it is held back.
    """

    def __init__(
        self, layout: Layout, probe: Probe, *, project: str = "", home: str = "", own: str = ""
    ) -> None:
        self._layout = layout
        self._probe = probe
        self._machine = _machine_facts()
        self._known: dict[str, Interpreter] = {}
        self._project = "" if not project or lies_below(home or os.sep, project) else project
        self._own = os.path.realpath(own) if own else ""

    def read(self, executable: str) -> Interpreter:
        """Give the facts of the interpreter at an absolute path outside any environment.

        Raises :class:`InterpreterBroken` when it is not there, does not answer, or is too old.
        """
        found = self._remembered(executable)
        if found is None:
            record, stamp, digest = self._place(executable)
            answer = self._probe(executable)
            if answer.executable != executable:
                return self.read(answer.executable)  # a script, which may start another one next time
            write_record(record, _KIND, _RECORD_VERSION, (stamp, _to_plain(answer)))
            found = self._known[executable] = answer._replace(executable=executable, digest=digest)
        if found.minor < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            reason = f"it is Python {found.version}; environments are made for {oldest} and newer"
            raise InterpreterBroken(executable, reason)
        return found

    def read_unasked(self, executable: str) -> Interpreter:
        """Do as :meth:`read` for a path nobody typed: one that may have come with the project is not started.

        Raises :class:`InterpreterBroken` for it.
        """
        is_foreign = self._project and lies_below(executable, self._project)
        if is_foreign and os.path.realpath(executable) != self._own and self._remembered(executable) is None:
            raise InterpreterBroken(executable, "it lies in the project and was not asked for by its path")
        return self.read(executable)

    def _remembered(self, executable: str) -> Interpreter | None:
        if executable not in self._known:
            record, stamp, digest = self._place(executable)
            value = read_record(record, _KIND, _RECORD_VERSION)
            if not (isinstance(value, tuple) and len(value) == 2 and value[0] == stamp):
                return None
            self._known[executable] = _from_plain(value[1])._replace(executable=executable, digest=digest)
        return self._known[executable]

    def _place(self, executable: str) -> tuple[Path, tuple[int, int, int], str]:
        """Give the record of the file behind an executable, what it must say, and the file's digest."""
        real = os.path.realpath(executable)
        try:
            status = os.stat(real)
        except OSError as error:
            raise InterpreterBroken(executable, f"it cannot be read: {error.strerror}") from error
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        identity = f"{real}\0{self._machine}"
        record = self._layout.interpreter(_digest(identity))
        return record, stamp, _digest(f"{identity}\0{stamp}")


def _digest(text: str) -> str:
    return fingerprint(text.encode("utf-8", "surrogateescape"))


def _machine_facts() -> str:
    """What an interpreter's answers depend on besides its own file."""
    facts = [sys.platform, packaging.__version__]
    if hasattr(os, "uname"):
        system = os.uname()
        facts += [system.sysname, system.release, system.version, system.machine]
    if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {}):
        facts.append(os.confstr("CS_GNU_LIBC_VERSION") or "")
    return "\0".join(facts)


def _to_plain(found: Interpreter) -> tuple[object, ...]:
    target = found.target
    plain_target = (target.version, dict(target.environment), tuple(target.tags))
    return (*found[:4], plain_target, tuple(found.scheme), *found[6:])


def _from_plain(value: Any) -> Interpreter:
    executable, version, implementation, base_prefix, target, scheme, *rest = value
    return Interpreter(
        executable, version, implementation, base_prefix, Target(*target), Scheme(*scheme), *rest
    )
