"""What stands in the way of a version that somebody wants, told from the search that was held to it.

The proof that it cannot be is cut down as for any search without an answer. What is left of the project's
own lines is the smallest set that is in the way: without any one of them the proof falls.
"""

from collections.abc import Iterator

from detent.model import markers
from detent.model.requirement import Requirement
from detent.named import NamedTuple
from detent.resolve.argument import Argument
from detent.resolve.explain import explain
from detent.resolve.facts import Needs, split_slot
from detent.resolve.failure import Tries, argument_of
from detent.resolve.obstacles import Kind, Obstacle
from detent.resolve.policy import Cause
from detent.resolve.question import SearchFailed
from detent.resolve.solver import ROOT, NoAnswer
from detent.resolve.suggest import suggestions

LOCKED = "what is locked"
"""The origin of bounds that keep other packages from going back; they are part of the question."""


class Hindrance(NamedTuple):
    """Why a version cannot be."""

    lines: tuple[str, ...]
    """The argument, as sentences without a final period."""
    own: tuple[Requirement, ...]
    """The project's own requirements, constraints and overrides in the way, in file order."""
    where: str
    """The environment it is about, as a marker; empty for all."""
    steps: tuple[str, ...]
    """Edits that were tried, and free it."""
    holds_locked: bool = False
    """Whether older versions of other packages than those of the lock might do."""


def hindrance_of(failure: SearchFailed, cause: NoAnswer) -> Hindrance:
    """Explain a search that was held to versions of a package, be it by a pin or by a line of no file."""
    asked, situation = failure.asked, failure.situation
    argument = argument_of(failure, cause)
    # What the question itself holds to is no reason, and giving it up no answer.
    obstacles = tuple(each for each in argument.obstacles if not _is_of_question(each[1]))
    argument = argument._replace(obstacles=obstacles)
    own = tuple(dict.fromkeys(_own(argument, failure)))
    steps: tuple[str, ...] = ()
    if asked.advice == "always":
        steps = suggestions(argument, situation, asked.setup, Tries(asked, situation))
    where = markers.restrict(argument.where, asked.whole)
    return Hindrance(
        explain(argument, situation, asked.setup.inputs),
        tuple(sorted(own, key=_place)),
        "" if where == markers.ALWAYS else markers.render(where),
        steps,
        holds_locked=_is_held(argument, failure),
    )


def _is_of_question(obstacle: Obstacle) -> bool:
    is_floor = obstacle.kind is Cause.CONSTRAINT and obstacle.reason.endswith(f"({LOCKED})")
    return is_floor or obstacle.kind is Kind.COMMAND_LINE


def _is_held(argument: Argument, failure: SearchFailed) -> bool:
    """Say whether what other packages need is in the way, and some of them may not go back."""
    constraints = failure.asked.setup.inputs.adjustments.constraints
    floors = {each.name for each in constraints if each.origin is not None and each.origin.table == LOCKED}
    return any(split_slot(leaf.fact.slot)[0] in floors for leaf in argument.leaves)


def _own(argument: Argument, failure: SearchFailed) -> Iterator[Requirement]:
    adjustments = failure.asked.setup.inputs.adjustments
    for leaf in argument.leaves:
        if not isinstance(leaf.fact, Needs):
            continue
        demand = leaf.fact.demand
        if leaf.fact.slot == ROOT and demand.root is not None:
            requirement = demand.root.requirement
            if requirement.origin is not None:  # the line that holds to the version has none
                yield requirement
        elif leaf.fact.slot != ROOT:
            yield from (
                override.requirement
                for override in adjustments.overrides
                if override.requirement.name == demand.name
                and override.requirement.specifier == demand.specifier
            )
    bounded = {name for name, obstacle in argument.obstacles if obstacle.kind is Cause.CONSTRAINT}
    yield from (
        each
        for each in adjustments.constraints
        if each.name in bounded and (each.origin is None or each.origin.table != LOCKED)
    )


def _place(requirement: Requirement) -> tuple[str, int]:
    origin = requirement.origin
    return (origin.file, origin.line or 0) if origin is not None else ("", 0)
