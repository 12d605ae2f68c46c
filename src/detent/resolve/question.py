"""What the resolver is asked, for whoever has to explain that there is no answer or to ask it again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from detent.model.inputs import Inputs
from detent.model.limits import Limits
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.resolve.budget import Budget
from detent.resolve.choices import Choices
from detent.resolve.clauses import Situation
from detent.resolve.policy import Policy
from detent.resolve.ports import Releases
from detent.resolve.preferences import Preferences
from detent.resolve.solver import NoAnswer, OutOfTime, Solver

Advice: TypeAlias = Literal["never", "when late", "always"]
"""When edits are tried out for whoever gets no answer: never for a try itself; only where asking once more
would take as long again; or always."""


View: TypeAlias = Callable[[Releases], Releases]
"""Leaves an index as somebody else is to see it."""


class Setup(NamedTuple):
    """What the answer depends on beside the index."""

    inputs: Inputs
    policy: Policy
    preferences: Preferences


class Asked(NamedTuple):
    """One question, and the means to ask others."""

    setup: Setup
    limits: Limits
    advice: Advice
    budget: Budget
    everywhere: Marker
    """All that is to be solved."""
    elsewhere: Callable[[Marker], Situation]
    """Looks at a part of it."""
    whole: Marker
    """All that the lock is for, which is more where a source holds in a part only."""
    again: Callable[[Setup, Limits, View], Sequence[Mapping[PackageName, str]]]
    """Asks something else and gives the versions chosen, for each environment."""


class SearchFailed(Exception):
    """The search of one environment ended without an answer."""

    def __init__(self, cause: NoAnswer | OutOfTime, situation: Choices, solver: Solver) -> None:
        super().__init__("no answer")
        self.cause = cause
        self.situation = situation
        self.solver = solver
        self.asked: Asked
        """Set where the whole question is known, before anybody else sees this."""
