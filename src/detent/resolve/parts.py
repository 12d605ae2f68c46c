"""The environments that wait to be solved: where they begin, how one is split, which comes next.

All of them together are what the lock is for: the Pythons of the project, its `environments`, and never two
of the extras and groups it declares to be exclusive. Those alone may divide environments; for all other
extras and groups everything a project declares is solved together.
"""

from collections.abc import Sequence
from typing import TypeAlias

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.named import NamedTuple

Order: TypeAlias = tuple[int, tuple[int, int, str]]


class Part(NamedTuple):
    """An environment to solve."""

    environment: Marker
    fresh: frozenset[PackageName] = frozenset()
    """Packages that do not keep to the versions other environments came to: they are why there is a split."""


def whole_range(inputs: Inputs) -> Marker:
    """Give everything a lock of this project is for; raises :class:`ManifestInvalid` when that is nothing."""
    pythons = markers.requires_python(inputs.requires_python)
    scope = inputs.adjustments.scope()
    for environment in inputs.adjustments.environments:
        # Asked when the manifest is read, too, but there the Pythons may not be known yet.
        if markers.disjoint(environment, pythons):
            raise ManifestInvalid(
                "pyproject.toml",
                f"`{markers.render(environment)}` in `tool.detent.environments` holds on no Python allowed",
                why=f"`requires-python` is `{inputs.requires_python}`",
                next_steps=("take it out of `environments`, or widen `requires-python`",),
            )
    return markers.and_(pythons, scope)


class Parts:
    """The work list; what comes out does not depend on the order of what went in."""

    def __init__(self, whole: Marker, seeds: Sequence[Marker]) -> None:
        """Begin with the seeds within range, and whatever they leave of it."""
        self._gates = gates_of(whole)
        self._waiting: list[Part] = []
        rest = whole
        for seed in seeds:
            environment = markers.and_(markers.gated_as(seed, whole), rest)
            if environment != markers.NEVER:
                self._waiting.append(Part(environment))
                rest = markers.and_(rest, markers.not_(environment))
        if rest != markers.NEVER:
            self._waiting.append(Part(rest))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def waiting(self) -> tuple[Part, ...]:
        """Give the environments left to solve, the next one first."""
        self._sort()
        return tuple(self._waiting)

    def take(self) -> Part:
        """Take the next environment off the list."""
        self._sort()
        return self._waiting.pop(0)

    def split(self, part: Part, where: Marker, about: PackageName | None) -> Part:
        """Put back the two halves of an environment and give the one where the marker does not hold."""
        fresh = part.fresh if about is None else part.fresh | {about}
        inside = markers.and_(part.environment, where)
        outside = Part(markers.and_(part.environment, markers.not_(where)), fresh)
        self._waiting += [Part(inside, fresh), outside]
        return outside

    def _sort(self) -> None:
        self._waiting.sort(key=lambda part: place_of(part.environment, self._gates))


def gates_of(*environments: Marker) -> tuple[Marker, ...]:
    """Give the extras and groups that environments ask about, each as where it is on."""
    mentioned = [markers.mentions(environment) for environment in environments]
    extras = {extra for extras, _ in mentioned for extra in extras}
    groups = {group for _, groups in mentioned for group in groups}
    return (*map(markers.in_extra, sorted(extras)), *map(markers.in_group, sorted(groups)))


def place_of(environment: Marker, gates: Sequence[Marker]) -> Order:
    """Order by what most have in common, which is none of these gates; then the newest Python first."""
    on = sum(markers.implies(environment, gate) for gate in gates)
    return on, markers.sort_key(environment)
