"""What making an environment match takes of the outside; a :class:`~detent.ops.world.World` has it all."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from detent.events import Report
from detent.model.limits import Limits
from detent.python.standing import Standing
from detent.store.layout import Layout
from detent.store.shelf import Shelf

if TYPE_CHECKING:  # used where something is compiled, and made there
    from detent.store.bytecode import ByteCodeStore


class Means(Protocol):
    """What of a world making an environment match takes; so it need not have all of one."""

    @property
    def layout(self) -> Layout:
        """Where the store lies."""

    @property
    def limits(self) -> Limits:
        """The limits in force."""

    @property
    def report(self) -> Report:
        """Who hears of progress."""

    @property
    def wheels(self) -> Callable[[], Shelf]:
        """The wheels of the store."""

    @property
    def environments(self) -> Callable[[], Standing]:
        """What stands where, and is made there."""

    @property
    def bytecode(self) -> "Callable[[], ByteCodeStore]":
        """The byte code of the store."""

    def clock(self) -> float:
        """Seconds since some fixed moment."""
