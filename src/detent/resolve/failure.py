"""What a person is told when a search ends without an answer: why, and what would help.

Whatever is advised has been tried by resolving again, within a few seconds; the one thing told untried is the
bound that a search which took too long may be cut short with, and then the words say so. Whoever gets an
answer never imports this.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from packaging.version import Version

from detent.errors import DetentError
from detent.errors.resolve import Conflict, TooDeep
from detent.model import markers
from detent.model.build_policy import BuildPolicy
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName, Requirement
from detent.model.versions import newest
from detent.resolve.argument import Argument, argue
from detent.resolve.catalogue import Catalogue
from detent.resolve.choices import Choices
from detent.resolve.explain import explain
from detent.resolve.facts import split_slot
from detent.resolve.ports import Releases
from detent.resolve.question import Asked, SearchFailed, Setup
from detent.resolve.solver import NoAnswer, OutOfTime
from detent.resolve.suggest import Trouble, Versions, suggestions

_SECONDS_OF_A_TRY = 5.0
_SECONDS_OF_ALL_TRIES = 15.0
_MOST_NEW_VERSIONS = 100
"""Of one package, whose metadata a try may read for the first time."""


def error_of(failure: SearchFailed) -> Conflict | TooDeep:
    """Make the error to raise."""
    asked = failure.asked
    tries = Tries(asked, failure.situation)
    match failure.cause:
        case NoAnswer():
            return _conflict(failure, failure.cause, asked, tries)
        case OutOfTime():
            return _too_deep(failure, failure.cause, asked, tries)


class Tries:
    """Resolves again: a few seconds for each try, and not many in all."""

    def __init__(self, asked: Asked, situation: Choices) -> None:
        self._asked = asked
        self._situation = situation
        self._end = asked.budget.now() + min(_SECONDS_OF_ALL_TRIES, asked.budget.left())

    def __call__(self, setup: Setup) -> Versions | Trouble:
        """Resolve with another setup; what it came to, or what says why it came to nothing."""
        seconds = min(_SECONDS_OF_A_TRY, self._end - self._asked.budget.now())
        if seconds <= 0:
            return _unknown
        limits = self._asked.limits._replace(search_seconds=seconds, max_seconds=seconds)
        before = self._asked.setup.policy.build

        def within_bounds(releases: Releases) -> Releases:
            return _Bounded(releases, self._situation.catalogue, before)

        try:
            answer = self._asked.again(setup, limits, within_bounds)
        except SearchFailed as failure:
            return partial(_trouble, failure)
        except (DetentError, _TooMuchToRead):
            return _unknown  # none without a build or a download that fails
        versions: dict[PackageName, set[str]] = {}
        for pins in answer:
            for name, version in pins.items():
                versions.setdefault(name, set()).add(version)
        return {name: tuple(sorted(found, key=Version)) for name, found in versions.items()}


def _unknown() -> None:
    """Nothing is known of why there was no answer."""


def _trouble(failure: SearchFailed) -> Argument | None:
    cause = failure.cause
    return argument_of(failure, cause) if isinstance(cause, NoAnswer) else None


def argument_of(failure: SearchFailed, cause: NoAnswer) -> Argument:
    """Cut the proof that there is no answer down to what it rests on."""
    return argue(
        cause.proof,
        failure.situation,
        everywhere=failure.asked.everywhere,
        elsewhere=failure.asked.elsewhere,
        order=failure.solver.met,
    )


class _TooMuchToRead(Exception):
    """A try would have to fetch the metadata of too many versions, to build one, or to see hidden files."""


class _Bounded:
    """An index of which a try may not fetch hundreds of versions of one package, nor have anything built.

    Of what must not be built as things are, and may be with the edit that is tried, nothing is known then:
    it is taken to need nothing more.
    """

    def __init__(self, releases: Releases, catalogue: Catalogue, build: BuildPolicy) -> None:
        self.index_url = releases.index_url
        self._releases = releases
        self._catalogue = catalogue
        self._build = build
        self._left: dict[PackageName, int] = {}
        self.listing = releases.listing
        self.unreadable = releases.unreadable
        self.origin = releases.origin
        self.first = releases.first

    def of_index(self, index: str) -> Releases:
        return _Bounded(self._releases.of_index(index), self._catalogue, self._build)

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        files = self._releases.artifacts(name, number)
        if not files:  # a cutoff that the try does without still hides them
            raise _TooMuchToRead
        return files

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        if not self._would_build((name, number)):
            self._count((name, number))
            return self._releases.metadata(name, number)
        if self._build.may_build(name):
            raise _TooMuchToRead
        return Metadata(name, self.listing(name).release(number).version, "", (), ())

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        self._releases.expect(listings, [key for key in metadata if self._is_within(key)])

    def _would_build(self, key: tuple[PackageName, int]) -> bool:
        name, number = key
        return not self._catalogue.has_read(*key) and not self.listing(name).wheels >> number & 1

    def _is_within(self, key: tuple[PackageName, int]) -> bool:
        if self._would_build(key):
            return False
        return self._left.get(key[0], 1) > 0 or self._catalogue.has_read(*key)

    def _count(self, key: tuple[PackageName, int]) -> None:
        if not self._catalogue.has_read(*key):
            left = self._left[key[0]] = self._left.get(key[0], _MOST_NEW_VERSIONS) - 1
            if left < 0:
                raise _TooMuchToRead


def _conflict(failure: SearchFailed, cause: NoAnswer, asked: Asked, tries: Tries) -> Conflict:
    situation = failure.situation
    argument = argument_of(failure, cause)
    where = markers.restrict(argument.where, asked.whole)
    steps: tuple[str, ...] = ()
    if asked.advice == "always":
        steps = suggestions(argument, situation, asked.setup, tries)
    return Conflict(
        explain(argument, situation, asked.setup.inputs),
        environment="" if where == markers.ALWAYS else markers.render(where),
        next_steps=steps,
    )


def _too_deep(failure: SearchFailed, cause: OutOfTime, asked: Asked, tries: Tries) -> TooDeep:
    first, second = (split_slot(slot)[0] for slot in (cause.first, cause.second))
    setup, effort = asked.setup, asked.budget.spent()
    bounds = [] if asked.advice == "never" else list(dict.fromkeys(_bounds(failure, cause)))
    for bound in bounds:
        bounded = setup.inputs._replace(dependencies=(*setup.inputs.dependencies, bound))
        if isinstance(tries(setup._replace(inputs=bounded)), Mapping):
            return TooDeep(effort, first, second, bound=str(bound), is_tried=True)
    return TooDeep(effort, first, second, bound=str(bounds[0]) if bounds else "")


def _bounds(failure: SearchFailed, cause: OutOfTime) -> Iterator[Requirement]:
    """Give lower bounds that would have kept the search from much of what it went through, the best first."""
    for slot in (cause.first, cause.second):
        name = split_slot(slot)[0]
        listing = failure.situation.catalogue.listing(name)
        there = failure.situation.domain(name) & failure.situation.allowed(name).first & ~1
        oldest = (there & -there).bit_length() - 1
        for number in (failure.solver.most_agreed(name, there), newest(there)):
            if number > oldest:
                yield Requirement(name, specifier=f">={listing.release(number).version}")
