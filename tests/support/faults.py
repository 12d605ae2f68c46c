"""Faults of the operating system: the k-th file operation that changes anything fails, or is the last one."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

OPERATIONS = (
    "link",
    "symlink",
    "rename",
    "replace",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
    "open",
    "write",
    "sendfile",
    "utime",
    "chmod",
    "fchmod",
    "ftruncate",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Fault:
    """Counts operations; at the one that is meant, does what it is told instead."""

    def __init__(self, at: int, happen: Callable[[], None], *, lasts: bool) -> None:
        self.count = 0
        self._at = at
        self._happen = happen
        self._lasts = lasts

    def step(self) -> None:
        self.count += 1
        if self.count == self._at or (self._lasts and self.count > self._at):
            self._happen()


@contextmanager
def fault_at(number: int, happen: Callable[[], None], *, lasts: bool = False) -> Iterator[Fault]:
    """Let something happen instead of the file operation with this number, counted from 1.

    With ``lasts`` also instead of every later one.
    """
    fault = Fault(number, happen, lasts=lasts)
    real = {name: getattr(os, name) for name in OPERATIONS}

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if name != "open" or arguments[1] & _WRITING:
                fault.step()
            return function(*arguments, **keywords)

        return call

    for name, function in real.items():
        setattr(os, name, counting(name, function))
    try:
        yield fault
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def failing(code: int) -> Callable[[], None]:
    """Give what raises the system's error of this number."""

    def fail() -> None:
        raise OSError(code, os.strerror(code))

    return fail


def dies_at(number: int, work: Callable[[], None]) -> bool:
    """Do the work in a child that dies, as if killed, at its file operation with this number.

    Says whether it came that far; a child that fails in any other way is an error of the test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test runner are no part of this
        child = os.fork()
    if not child:
        code = 70
        try:
            with fault_at(number, lambda: os._exit(9)):
                work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9
