"""Extras and groups that might be declared never to be on together, because they contradict each other.

An argument names two of them that cannot both be met. More that bound the same packages and have no version
in common are added at once, as no two of those can be on together either; what else clashes is found in the
argument against the project with the first ones declared. Nothing is tried here.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from detent.model import markers
from detent.model.adjustments import Exclusive
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName, Requirement
from detent.named import NamedTuple
from detent.resolve.argument import Argument
from detent.resolve.catalogue import Catalogue
from detent.resolve.facts import Needs
from detent.resolve.solver import ROOT

_EXTRA, _GROUP = "project.optional-dependencies.", "dependency-groups."


class Exclusion(NamedTuple):
    """Lists of tables of the project, each an extra or a group; no two of a list are to be on together."""

    lists: tuple[tuple[str, ...], ...]
    inputs: Inputs
    """The project as it is, without them."""

    @property
    def are_extras(self) -> bool:
        """Whether there are no groups among them."""
        return all(table.startswith(_EXTRA) for tables in self.lists for table in tables)

    @property
    def declared(self) -> Inputs:
        """The project with them."""
        adjustments = self.inputs.adjustments
        more = tuple(
            Exclusive(tuple(_side(table, self.inputs) for table in tables), tuple(map(_named, tables)))
            for tables in self.lists
        )
        return self.inputs._replace(
            adjustments=adjustments._replace(conflicts=(*adjustments.conflicts, *more))
        )

    @property
    def told(self) -> str:
        """What to declare, as an imperative."""
        texts = ", ".join(f"[{', '.join(map(_entry, tables))}]" for tables in self.lists)
        if self.inputs.adjustments.conflicts:
            edit = f"add `{texts}` to `conflicts` in [tool.detent]"
        else:
            edit = f"`conflicts = [{texts}]` in [tool.detent]"
        if len(self.lists) > 1:
            return f"declare which extras and groups are never on together: {edit}"
        *first, last = map(_named, self.lists[0])
        return f"declare that {', '.join(first)} and {last} are never on together: {edit}"

    def grown(self, argument: Argument, catalogue: Catalogue) -> "Exclusion | None":
        """Add what clashes in another argument; ``None`` where that is nothing new."""
        for more in exclusions(argument, self.inputs, catalogue):
            lists = _joined((*self.lists, *more.lists), _tables(self.inputs))
            if lists != self.lists:
                return self._replace(lists=lists)
        return None


def exclusions(argument: Argument, inputs: Inputs, catalogue: Catalogue) -> Iterator[Exclusion]:
    """Give what might be declared exclusive, for each two extras or groups an argument is about."""
    asked = [
        leaf.fact.demand.root.requirement
        for leaf in argument.leaves
        if isinstance(leaf.fact, Needs) and leaf.fact.slot == ROOT and leaf.fact.demand.root is not None
    ]
    tables = list(dict.fromkeys(r.origin.table for r in asked if r.origin is not None))
    if any(not _named(table) for table in tables) and len(set(asked)) == 2:
        return  # one of them is always on
    for pair in combinations((table for table in tables if _named(table)), 2):
        if _may_be_apart(*pair, inputs):
            names = {requirement.name for requirement in asked if _table(requirement) in pair}
            yield Exclusion((_with_alike(pair, names, inputs, catalogue),), inputs)


def _with_alike(
    pair: tuple[str, str], names: Iterable[PackageName], inputs: Inputs, catalogue: Catalogue
) -> tuple[str, ...]:
    """Add the extras and groups that clash with these two, and with each other, over the same packages."""
    wishes: dict[str, list[Requirement]] = {}
    for root in inputs.roots():
        if root.requirement.name in names and _named(_table(root.requirement)):
            wishes.setdefault(_table(root.requirement), []).append(root.requirement)
    found = list(pair)
    for table, requirements in wishes.items():
        if table not in found and all(
            _clash(requirements, wishes.get(other, ()), catalogue) and _may_be_apart(table, other, inputs)
            for other in found
        ):
            found.append(table)
    return tuple(table for table in _tables(inputs) if table in found)


def _clash(some: Sequence[Requirement], others: Sequence[Requirement], catalogue: Catalogue) -> bool:
    """Say whether two of these have no version in common where both count."""
    for one in some:
        for other in others:
            if one.name == other.name and not markers.disjoint(one.marker, other.marker):
                listing = catalogue.listing(one.name)
                if not listing.mask(one.specifier) & listing.mask(other.specifier):
                    return True
    return False


def _joined(lists: Sequence[Sequence[str]], tables: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Put lists of these tables together as far as that says no more than they do."""
    pairs = {frozenset(pair) for each in lists for pair in combinations(each, 2)}
    found: list[tuple[str, ...]] = []
    for one, other in combinations(tables, 2):
        if {one, other} not in pairs or any({one, other} <= set(each) for each in found):
            continue
        whole = [one, other]
        for table in tables:
            if table not in whole and all({table, member} in pairs for member in whole):
                whole.append(table)
        found.append(tuple(sorted(whole, key=tables.index)))
    return tuple(found)


def _may_be_apart(one: str, other: str, inputs: Inputs) -> bool:
    """Say whether neither brings the other in."""
    side, other_side = _side(one, inputs), _side(other, inputs)
    return not (markers.implies(side, other_side) or markers.implies(other_side, side))


def _tables(inputs: Inputs) -> tuple[str, ...]:
    """Give the parts of the project that ask for anything, in order."""
    return tuple(dict.fromkeys(_table(root.requirement) for root in inputs.roots()))


def _side(table: str, inputs: Inputs) -> Marker:
    """Give where an extra or group is on: by itself, and brought in by another."""
    on = markers.NEVER
    for root in inputs.roots():
        if _table(root.requirement) == table:
            extras, groups = markers.mentions(root.gate)
            for extra in extras:
                on = markers.or_(on, markers.in_extra(extra))
            for group in groups:
                on = markers.or_(on, markers.in_group(group))
    return on


def _table(requirement: Requirement) -> str:
    return requirement.origin.table if requirement.origin is not None else ""


def _named(table: str) -> str:
    if table.startswith(_EXTRA):
        return f"extra `{table.removeprefix(_EXTRA)}`"
    return f"group `{table.removeprefix(_GROUP)}`" if table.startswith(_GROUP) else ""


def _entry(table: str) -> str:
    kind = "extra" if table.startswith(_EXTRA) else "group"
    return f'{{ {kind} = "{table.removeprefix(_EXTRA).removeprefix(_GROUP)}" }}'
