"""Edits of the project that lead to an answer, each tried before it is told.

The facts of an argument say what could be changed: a bound of the project's own, a setting that hides
versions, a Python to do without. Small edits come first, and those that make nobody's versions older. Every
one is tried by resolving again with it; what does not help is not told. Nothing is written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from detent.model import markers
from detent.model.cutoffs import NO_CUTOFFS, Cutoffs
from detent.model.requirement import PackageName, Requirement
from detent.model.specifiers import parse_clauses
from detent.model.versions import newest
from detent.named import NamedTuple
from detent.resolve.argument import Argument
from detent.resolve.choices import Choices
from detent.resolve.exclusions import Exclusion, exclusions
from detent.resolve.facts import Needs, Rejected, split_slot
from detent.resolve.obstacles import Kind, Obstacle
from detent.resolve.policy import Cause, Prerelease
from detent.resolve.question import Setup
from detent.resolve.rewriting import fitting, replaced, write
from detent.resolve.solver import ROOT
from detent.resolve.wording import python_text

MOST_TOLD = 3
MOST_TRIES = 8
_MOST_ROUNDS = 4
"""Of finding more extras and groups that clash."""

Versions: TypeAlias = Mapping[PackageName, tuple[str, ...]]
"""What an answer came to: the versions of each package, oldest first."""


Trouble: TypeAlias = Callable[[], Argument | None]
"""Says why a try came to no answer; ``None`` where it was not soon enough to know."""

Again: TypeAlias = Callable[[Setup], Versions | Trouble]
"""Resolves with another setup."""


class _Edit(NamedTuple):
    cost: int
    """Smaller is tried first."""
    setup: Setup
    told: str | Callable[[Versions], str]
    """What to do, as an imperative; empty when there is no short way to say it."""
    settles: bool = False
    """Whether nothing else need be told when it works."""
    otherwise: Callable[[Trouble, Again], str] | None = None
    """What to do where this alone was not enough; empty when that is not known."""


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
        answer = again(edit.setup)
        if not isinstance(answer, Mapping):
            text = edit.otherwise(answer, again) if edit.otherwise is not None else ""
        else:
            text = edit.told if isinstance(edit.told, str) else edit.told(answer)
        if not text:
            continue
        if text not in found:
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
    yield from _exclusions(argument, setup, situation)
    yield from _other_pythons(argument, setup)
    if any(isinstance(leaf.fact, Rejected) for leaf in argument.leaves):
        yield from _without_coverage(argument, tuple(asked), setup)
        for leaf in argument.leaves:
            name = split_slot(leaf.fact.slot)[0]
            if (
                isinstance(leaf.fact, Rejected)
                and situation.catalogue.listing(name).sdists & leaf.fact.values
            ):
                yield from _with_build(name, situation, setup)
    for name, obstacle in _lowest_pythons(argument.obstacles):
        if obstacle.kind is Cause.YANKED:
            yield from _pinned(name, obstacle, argument, situation, setup)
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


def _exclusions(argument: Argument, setup: Setup, situation: Choices) -> Iterator[_Edit]:
    """Say of extras or groups that they are never on together; where two are not enough, of more."""
    catalogue = situation.catalogue
    for exclusion in exclusions(argument, setup.inputs, catalogue):
        settles = exclusion.are_extras

        def otherwise(trouble: Trouble, again: Again, *, first: Exclusion = exclusion) -> str:
            known = first
            for _ in range(_MOST_ROUNDS):
                other = trouble()
                grown = known.grown(other, catalogue) if other is not None else None
                if grown is None:
                    return ""
                answer = again(setup._replace(inputs=grown.declared))
                if isinstance(answer, Mapping):
                    return grown.told
                known, trouble = grown, answer
            return ""

        edited = setup._replace(inputs=exclusion.declared)
        yield _Edit(5 if settles else 20, edited, exclusion.told, settles=settles, otherwise=otherwise)


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
            told = _in_table("prerelease-package", f'{name} = "allow"', has_some=policy.prerelease_packages)
            yield _Edit(
                50,
                setup._replace(policy=policy._replace(prerelease_packages=modes)),
                f"allow pre-releases of it: {told} in [tool.detent]",
            )
        case Cause.TOO_NEW | Cause.UNDATED:
            packages = {**policy.cutoffs.packages, name: None}
            yield _Edit(
                55,
                setup._replace(policy=policy._replace(cutoffs=policy.cutoffs._replace(packages=packages))),
                f"let it through: {_exception(name, policy.cutoffs)}",
            )
        case Cause.FILES:
            yield from _with_build(name, situation, setup)
        case _:
            return


def _exception(name: PackageName, cutoffs: Cutoffs) -> str:
    """Say how one package gets past the bound: in the file that sets it, where it is the project's."""
    origin = cutoffs.origin(name)
    told = _in_table("exclude-newer-package", f"{name} = false", has_some=cutoffs.packages)
    if origin == NO_CUTOFFS.set_by or "`[tool.detent]` of the project" in origin:
        return f"{told} in [tool.detent]"
    if origin.endswith("`detent.toml` of the project"):
        return f"{told} in detent.toml"
    return f"pass `--exclude-newer-package {name}=false`"  # what a person set, no project loosens


def _in_table(table: str, entry: str, *, has_some: Mapping[PackageName, object]) -> str:
    return f"write `{entry}` into `{table}`" if has_some else f"`{table} = {{ {entry} }}`"


def _with_build(name: PackageName, situation: Choices, setup: Setup) -> Iterator[_Edit]:
    """Let a package be built that may not be."""
    way, build = situation.way_to_build(name), setup.policy.build
    build = build._replace(allowed=build.allowed | {name}, forbidden=build.forbidden - {name})
    if way:
        yield _Edit(60, setup._replace(policy=setup.policy._replace(build=build)), way)


def _pinned(
    name: PackageName, obstacle: Obstacle, argument: Argument, situation: Choices, setup: Setup
) -> Iterator[_Edit]:
    """Pin what was yanked where nothing else is left: in the project's own line, or beside others'."""
    own: Requirement | None = None
    listing = situation.catalogue.listing(name)
    wanted, left = obstacle.mask, situation.domain(name) & ~1
    for leaf in argument.leaves:
        if isinstance(leaf.fact, Needs) and leaf.fact.demand.name == name:
            matching = situation.catalogue.matching(leaf.fact.demand)
            wanted, left = wanted & matching or wanted, left & matching
            root = leaf.fact.demand.root
            if root is not None and root.requirement.origin is not None:
                own = root.requirement
    if left:
        return
    pin = f"=={listing.release(newest(wanted & listing.stable or wanted)).version}"
    inputs = setup.inputs
    if own is not None:
        pinned = own._replace(specifier=pin)
        edited = setup._replace(inputs=replaced(inputs, own, pinned))
        yield _Edit(52, edited, f"{write(pinned)}, although it was yanked")
        return
    constraints = inputs.adjustments.constraints
    adjustments = inputs.adjustments._replace(constraints=(*constraints, Requirement(name, specifier=pin)))
    edit = f'`constraint-dependencies = ["{name}{pin}"]` in [tool.detent]'
    if constraints:
        edit = f'add `"{name}{pin}"` to `constraint-dependencies` in [tool.detent]'
    edited = setup._replace(inputs=inputs._replace(adjustments=adjustments))
    yield _Edit(52, edited, f"pin `{name}`, although it was yanked: {edit}")


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
