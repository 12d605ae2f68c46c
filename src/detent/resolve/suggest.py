"""Edits of the project that lead to an answer, each tried before it is told.

The facts of an argument say what could be changed: a bound of the project's own, a setting that hides
versions, a Python to do without. Small edits come first, and those that make nobody's versions older. Every
one is tried by resolving again with it; what does not help is not told. Nothing is written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from detent.model import markers
from detent.model.adjustments import Exclusive
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName, Requirement
from detent.model.specifiers import parse_clauses
from detent.model.versions import newest
from detent.resolve.argument import Argument
from detent.resolve.choices import Choices
from detent.resolve.facts import Needs, Rejected, split_slot
from detent.resolve.obstacles import Kind, Obstacle
from detent.resolve.policy import Cause, Prerelease
from detent.resolve.question import Setup
from detent.resolve.rewriting import fitting, replaced, write
from detent.resolve.solver import ROOT
from detent.resolve.wording import python_text

MOST_TOLD = 3
MOST_TRIES = 6
_EXTRA, _GROUP = "project.optional-dependencies.", "dependency-groups."

Versions: TypeAlias = Mapping[PackageName, tuple[str, ...]]
"""What an answer came to: the versions of each package, oldest first."""


Again: TypeAlias = Callable[[Setup], Versions | None]
"""Resolves with another setup; ``None`` where there is no answer, or none soon enough."""


class _Edit(NamedTuple):
    cost: int
    """Smaller is tried first."""
    setup: Setup
    told: str | Callable[[Versions], str]
    """What to do, as an imperative; empty when there is no short way to say it."""
    settles: bool = False
    """Whether nothing else need be told when it works."""


def suggestions(argument: Argument, situation: Choices, setup: Setup, again: Again) -> tuple[str, ...]:
    """Give edits that work, the best first."""
    found: list[str] = []
    edits = sorted(_edits(argument, situation, setup), key=lambda edit: edit.cost)
    seen: list[Setup] = []
    for edit in edits:
        if len(found) == MOST_TOLD or len(seen) == MOST_TRIES:
            break
        if edit.setup in seen:
            continue
        seen.append(edit.setup)
        versions = again(edit.setup)
        if versions is None:
            continue
        text = edit.told if isinstance(edit.told, str) else edit.told(versions)
        if text and text not in found:
            found.append(text)
        if edit.settles:
            break  # two extras that differ on purpose are not to be made alike
    return tuple(f"or {text}" if number else text for number, text in enumerate(found))


def _edits(argument: Argument, situation: Choices, setup: Setup) -> Iterator[_Edit]:
    asked = {
        leaf.fact.demand.root.requirement: None
        for leaf in argument.leaves
        if isinstance(leaf.fact, Needs) and leaf.fact.slot == ROOT and leaf.fact.demand.root is not None
    }
    yield from _other_bounds((*asked, *_overriding(argument, setup, situation)), setup, situation)
    yield from _exclusions(tuple(asked), setup)
    yield from _other_pythons(argument, setup)
    if any(isinstance(leaf.fact, Rejected) for leaf in argument.leaves):
        yield from _without_coverage(argument, tuple(asked), setup)
    for name, obstacle in _lowest_pythons(argument.obstacles):
        yield from _without(name, obstacle, tuple(asked), situation, setup)


# ---- bounds ------------------------------------------------------------------------------------


def _other_bounds(asked: Sequence[Requirement], setup: Setup, situation: Choices) -> Iterator[_Edit]:
    """Loosen one of the project's lines; the line is written with what that comes to."""
    for requirement in asked:
        if requirement.specifier and requirement.origin is not None:
            yield _bound(requirement, setup, situation, extra_cost=0)


def _overriding(argument: Argument, setup: Setup, situation: Choices) -> Iterator[Requirement]:
    """Give the overrides that speak for releases in the argument."""
    found: dict[Requirement, None] = {}
    for leaf in argument.leaves:
        fact = leaf.fact
        if isinstance(fact, Needs) and fact.slot != ROOT:
            name = split_slot(fact.slot)[0]
            version = situation.catalogue.listing(name).release(newest(fact.values)).version
            overrides = setup.inputs.adjustments.overrides_for(fact.demand.name, name, version)
            found.update((override.requirement, None) for override in overrides)
    yield from found


def _bound(requirement: Requirement, setup: Setup, situation: Choices, *, extra_cost: int) -> _Edit:
    clauses = parse_clauses(requirement.specifier)
    is_upper = any(clause.operator in {"<", "<=", "==", "===", "~="} for clause in clauses)
    loose = requirement._replace(specifier="")

    def told(versions: Versions) -> str:
        found = versions.get(requirement.name, ())
        specifier = fitting(clauses, found, situation.catalogue.listing(requirement.name))
        return write(requirement._replace(specifier=specifier)) if found else ""

    cost = (10 if is_upper else 30) + extra_cost
    return _Edit(cost, setup._replace(inputs=replaced(setup.inputs, requirement, loose)), told)


# ---- extras and groups -------------------------------------------------------------------------


def _exclusions(asked: Sequence[Requirement], setup: Setup) -> Iterator[_Edit]:
    """Say of two extras or groups that they are never on together."""
    adjustments = setup.inputs.adjustments
    tables = dict.fromkeys(r.origin.table for r in asked if r.origin is not None)
    named = [(table, _named(table)) for table in tables]
    if any(not name for _, name in named) and len(asked) == 2:
        return  # one of them is always on
    sides = [(table, name, _side(table, setup.inputs)) for table, name in named if name]
    for number, (one, name, side) in enumerate(sides):
        for other, other_name, other_side in sides[number + 1 :]:
            if side == other_side or markers.implies(side, other_side) or markers.implies(other_side, side):
                continue
            exclusive = Exclusive((side, other_side), (name, other_name))
            conflicts = (*adjustments.conflicts, exclusive)
            inputs = setup.inputs._replace(adjustments=adjustments._replace(conflicts=conflicts))
            are_extras = one.startswith(_EXTRA) and other.startswith(_EXTRA)
            text = (
                f"declare that {name} and {other_name} are never on together: "
                f"`conflicts = [[{_entry(one)}, {_entry(other)}]]` in [tool.detent]"
            )
            cost = 5 if are_extras else 20
            yield _Edit(cost, setup._replace(inputs=inputs), text, settles=are_extras)


def _named(table: str) -> str:
    if table.startswith(_EXTRA):
        return f"extra `{table.removeprefix(_EXTRA)}`"
    return f"group `{table.removeprefix(_GROUP)}`" if table.startswith(_GROUP) else ""


def _entry(table: str) -> str:
    kind = "extra" if table.startswith(_EXTRA) else "group"
    return f'{{ {kind} = "{table.removeprefix(_EXTRA).removeprefix(_GROUP)}" }}'


def _side(table: str, inputs: Inputs) -> Marker:
    """Give where an extra or group is on: by itself, and brought in by another."""
    on = markers.NEVER
    for root in inputs.roots():
        if root.requirement.origin is not None and root.requirement.origin.table == table:
            extras, groups = markers.mentions(root.gate)
            for extra in extras:
                on = markers.or_(on, markers.in_extra(extra))
            for group in groups:
                on = markers.or_(on, markers.in_group(group))
    return on


# ---- Pythons -----------------------------------------------------------------------------------


def _other_pythons(argument: Argument, setup: Setup) -> Iterator[_Edit]:
    """Do without the Pythons where it cannot be."""
    pythons = markers.python_only(argument.where)
    every = markers.requires_python(setup.inputs.requires_python)
    rest = markers.and_(every, markers.not_(pythons))
    if rest == markers.NEVER:
        return
    if markers.lowest_python(pythons) <= markers.lowest_python(every):
        yield _from_python(python_text(rest), setup, cost=45)
    elif markers.newest_python(rest) <= markers.lowest_python(pythons):
        yield _below_python(python_text(pythons), setup)


def _from_python(lowest: str, setup: Setup, *, cost: int) -> _Edit:
    clauses = parse_clauses(setup.inputs.requires_python)
    kept = [str(c) for c in clauses if c.operator in {"<", "<=", "!="}]
    specifier = ",".join([f">={lowest}", *kept])
    inputs = setup.inputs._replace(requires_python=specifier)
    return _Edit(cost, setup._replace(inputs=inputs), f"raise `requires-python` to `{specifier}`")


def _below_python(first_without: str, setup: Setup) -> _Edit:
    clauses = parse_clauses(setup.inputs.requires_python)
    kept = [str(c) for c in clauses if c.operator not in {"<", "<="}]
    specifier = ",".join([*kept, f"<{first_without}"])
    inputs = setup.inputs._replace(requires_python=specifier)
    return _Edit(48, setup._replace(inputs=inputs), f"limit `requires-python` to `{specifier}`")


# ---- required environments ---------------------------------------------------------------------


def _without_coverage(argument: Argument, asked: Sequence[Requirement], setup: Setup) -> Iterator[_Edit]:
    """Do without files for a required environment: for one package there, or altogether."""
    adjustments = setup.inputs.adjustments
    for environment in adjustments.required_environments:
        if markers.disjoint(environment, argument.where):
            continue
        for requirement in asked:
            elsewhere = markers.and_(requirement.marker, markers.not_(environment))
            if requirement.origin is not None and elsewhere != markers.NEVER:
                there = requirement._replace(marker=elsewhere)
                inputs = replaced(setup.inputs, requirement, there)
                yield _Edit(42, setup._replace(inputs=inputs), write(there))
        rest = tuple(other for other in adjustments.required_environments if other != environment)
        inputs = setup.inputs._replace(adjustments=adjustments._replace(required_environments=rest))
        text = f"take `{markers.render(environment)}` out of `required-environments`"
        yield _Edit(44, setup._replace(inputs=inputs), text)


# ---- what hides versions -----------------------------------------------------------------------


def _without(
    name: PackageName,
    obstacle: Obstacle,
    asked: Sequence[Requirement],
    situation: Choices,
    setup: Setup,
) -> Iterator[_Edit]:
    """Take away one thing that hides versions of a package which would help."""
    policy, adjustments = setup.policy, setup.inputs.adjustments
    match obstacle.kind:
        case Kind.PYTHON | Kind.WHEELS:
            yield from _on_its_pythons(name, obstacle, asked, setup)
        case Kind.COMMAND_LINE:
            pins = {other: pin for other, pin in setup.preferences.pins.items() if other != name}
            free = setup._replace(preferences=setup.preferences._replace(pins=pins))
            text = f"do without `--upgrade-package {name}{situation.pin(name)}`"
            yield _Edit(0, free, text)
        case Cause.CONSTRAINT:
            for constraint in adjustments.constraints:
                if constraint.name == name and constraint.origin is not None:
                    yield _bound(constraint, setup, situation, extra_cost=5)
        case Cause.PRERELEASE:
            modes = {**policy.prerelease_packages, name: Prerelease.ALLOW}
            setting = f'`prerelease-package = {{ {name} = "allow" }}` in [tool.detent]'
            yield _Edit(
                50,
                setup._replace(policy=policy._replace(prerelease_packages=modes)),
                f"allow pre-releases of it: {setting}",
            )
        case Cause.TOO_NEW | Cause.UNDATED:
            packages = {**policy.cutoffs.packages, name: None}
            yield _Edit(
                55,
                setup._replace(policy=policy._replace(cutoffs=policy.cutoffs._replace(packages=packages))),
                f"let it through: `exclude-newer-package = {{ {name} = false }}` in [tool.detent]",
            )
        case Cause.FILES:
            way = situation.way_to_build(name)
            build = policy.build
            build = build._replace(allowed=build.allowed | {name}, forbidden=build.forbidden - {name})
            if way:
                yield _Edit(60, setup._replace(policy=policy._replace(build=build)), way)
        case _:
            return  # what was yanked is not to be had back


def _lowest_pythons(
    obstacles: Sequence[tuple[PackageName, Obstacle]],
) -> Iterator[tuple[PackageName, Obstacle]]:
    """Of the Pythons that versions of one package need take the lowest: any of the versions will do."""
    lowest: dict[PackageName, Obstacle] = {}
    for name, obstacle in obstacles:
        if obstacle.kind not in {Kind.PYTHON, Kind.WHEELS}:
            yield name, obstacle
        elif name not in lowest or _lowest(obstacle) < _lowest(lowest[name]):
            lowest[name] = obstacle
    yield from lowest.items()


def _lowest(obstacle: Obstacle) -> int:
    return markers.lowest_python(obstacle.pythons)


def _on_its_pythons(
    name: PackageName, obstacle: Obstacle, asked: Sequence[Requirement], setup: Setup
) -> Iterator[_Edit]:
    """Ask for a package, or for anything at all, where the versions run that are hidden."""
    lowest = _lowest(obstacle)
    every = markers.requires_python(setup.inputs.requires_python)
    if markers.disjoint(every, obstacle.pythons) and lowest >= markers.newest_python(every):
        return
    for requirement in asked:
        where = markers.and_(requirement.marker, obstacle.pythons)
        if requirement.name == name and requirement.origin is not None and where != markers.NEVER:
            there = requirement._replace(marker=where)
            inputs = replaced(setup.inputs, requirement, there)
            text = write(there)
            yield _Edit(40, setup._replace(inputs=inputs), text)
    if lowest:
        yield _from_python(python_text(obstacle.pythons), setup, cost=45)
