"""Whether wheels serve the environments a project names, where nothing can be built instead.

Those it requires are to be served as a whole; of those it is for at all (`environments`), a part is enough:
what can be installed nowhere there is not chosen. Asked only of versions without a source distribution that
may be built, and only when the project names environments: file names are decoded for nothing else. Each
version is looked at once, whatever environments are solved. Newer Pythons than the wheels name are not
counted against a version.
"""

from collections.abc import Mapping, Sequence

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.model.wheel_coverage import is_for_pypy, left_out, places, possible_places
from detent.resolve.catalogue import Unusable
from detent.resolve.choices import Choices
from detent.resolve.facts import slot_of
from detent.resolve.ports import Releases
from detent.resolve.solver import ROOT, Slot


class Coverage:
    """What versions leave out of the required environments, and whether they are of use at all."""

    def __init__(
        self,
        required: Sequence[Marker],
        releases: Releases,
        *,
        pythons: Marker,
        environments: Sequence[Marker] = (),
    ) -> None:
        """``pythons`` are those the project is for, ``environments`` what it is for alone, if it says so."""
        self._required = tuple(sorted(required, key=markers.sort_key))
        self._environments = tuple(sorted(environments, key=markers.sort_key))
        self._releases = releases
        self._pythons = pythons
        self._left_out: dict[tuple[PackageName, int], Marker] = {}
        self._possible: dict[tuple[PackageName, int], Marker] = {}

    def left_out(self, name: PackageName, number: int) -> Marker:
        """Give where a version is required to have a wheel and has none."""
        found = self._left_out.get((name, number))
        if found is None:
            found = self._left_out[name, number] = self._look(name, number)
        return found

    def is_of_no_use(self, name: PackageName, number: int, here: Marker) -> bool:
        """Say whether no wheel of a version can be installed anywhere here, in what the project is for."""
        if not self._environments:
            return False
        possible = self._possible.get((name, number))
        if possible is None:
            wheels = self._wheels(name, number)
            possible = possible_places(wheels) if wheels else markers.ALWAYS
            self._possible[name, number] = possible
        return markers.disjoint(possible, markers.environment_only(here))

    def _wheels(self, name: PackageName, number: int) -> list[str]:
        """Give the file names; none where an upload cutoff hides them, which is refused for itself."""
        files = self._releases.artifacts(name, number)
        kept = [file for file in files if file.yanked is None] or files
        return [file.filename for file in kept if file.is_wheel]

    def _look(self, name: PackageName, number: int) -> Marker:
        wheels = self._wheels(name, number) if self._required else []
        found = markers.NEVER
        if not wheels:
            return found
        for environment in self._required:
            served = places(wheels, within=self._pythons, pypy=is_for_pypy(environment))
            found = markers.or_(found, left_out(environment, served))
        return found

    def name_of(self, where: Marker) -> str:
        """Write the first required environment that has a part in this one."""
        return next(
            markers.render(environment)
            for environment in self._required
            if not markers.disjoint(environment, where)
        )

    def name_of_scope(self, here: Marker) -> str:
        """Write the environments the project is for, as far as they have a part in this one."""
        named = [each for each in self._environments if not markers.disjoint(each, here)]
        return markers.render(named[0]) if len(named) == 1 else "any of `environments`"


def reach(choices: Choices, decided: Mapping[Slot, int]) -> dict[Slot, Marker]:
    """Give where each slot of an answer is needed, which may be less than the environment."""
    found: dict[Slot, Marker] = {}
    waiting: dict[Slot, Marker] = {ROOT: choices.environment}
    while waiting:
        slot, where = waiting.popitem()
        demands = choices.live_demands(slot, decided.get(slot, 1))
        for demand in () if isinstance(demands, Unusable) else demands:
            here = markers.and_(where, demand.where)
            for other in (demand.name, *(slot_of(demand.name, extra) for extra in demand.extras)):
                before = found.get(other, markers.NEVER)
                now = markers.or_(before, here)
                if now != before:
                    found[other] = waiting[other] = now
    return found
