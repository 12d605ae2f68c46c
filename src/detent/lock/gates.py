"""Extras and groups that are on: what a marker says once they are, and whether they may be on together."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from detent.lock.model import Lock
from detent.model import markers
from detent.model.adjustments import Exclusive
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, GroupName
from detent.named import NamedTuple

Extras: TypeAlias = Collection[ExtraName]
Groups: TypeAlias = Collection[GroupName]


class Clash(NamedTuple):
    """Extras and groups that are on although the project says that they exclude each other."""

    sides: tuple[str, ...]
    """Those that are on, such as ``extra `cpu` ``."""
    declared: tuple[str, ...]
    """All that exclude each other."""


def decided(marker: Marker, extras: Extras, groups: Groups) -> Marker:
    """Answer a marker's questions about extras and groups: these are on, all others off."""
    care = markers.ALWAYS
    asked_extras, asked_groups = markers.mentions(marker)
    for gate, is_on in (
        *((markers.in_extra(name), name in extras) for name in sorted(asked_extras)),
        *((markers.in_group(name), name in groups) for name in sorted(asked_groups)),
    ):
        care = markers.and_(care, gate if is_on else markers.not_(gate))
    return markers.NEVER if markers.disjoint(marker, care) else markers.restrict(marker, care)


def clash(
    lock: Lock, extras: Extras, groups: Groups, environment: Mapping[str, str] | None = None
) -> Clash | None:
    """Find what cannot be on together: in one environment, or (``None``) wherever it may be.

    A lock of another tool does not say what excludes what.
    """
    if lock.inputs is None or not lock.inputs.adjustments:
        return None
    for exclusive in lock.inputs.adjusting().conflicts:
        on = tuple(_on(exclusive, extras, groups, environment))
        if len(on) > 1:
            return Clash(on, exclusive.names)
    return None


def _on(
    exclusive: Exclusive, extras: Extras, groups: Groups, environment: Mapping[str, str] | None
) -> Iterator[str]:
    for name, side in zip(exclusive.names, exclusive.sides, strict=True):
        where = decided(side, extras, groups)
        if where == markers.ALWAYS or (environment is not None and markers.evaluate(where, environment)):
            yield name
