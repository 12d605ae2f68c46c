"""Where a build runs: an environment made for it and filled with what it requires, or the one installed into.

Its own one is made in the cache's scratch, filled with what the back end asks for (resolved for this
interpreter alone, on the same indexes; what has no wheel is built in turn), and removed when the build is
over. Where the project locks what builds need, it is filled with that, and with nothing else. Its files are
clones or copies: a back end may write into its environment, never into the store. The one that is installed
into is only looked at: what a build without isolation needs has to be there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from detent.build.frontend import BuildEnvironment
from detent.errors import DetentError, Failures, Unsupported
from detent.errors.build import BuildCycle, BuildError, BuildNotLocked, BuildRequirementsUnmet
from detent.errors.fetch import PackageUnknown
from detent.errors.lock import NoMatchingTarget
from detent.errors.resolve import ResolveError
from detent.events import Event, Prepared, Report, ignore
from detent.install.apply import apply, environment_lock
from detent.install.installed import read_installed
from detent.install.plan import Linking, plan
from detent.lock.builds import Built, build_of, entries_of, unmet
from detent.lock.choice import Choice, Selection
from detent.lock.model import LOCK_NAME, BuildLock, LockedBuild, LockedPackage
from detent.lock.select import best_file, described
from detent.model import markers
from detent.model.names import PackageName
from detent.model.requirement import InvalidRequirement, Requirement, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.ops.gather import gather
from detent.ops.policy import build_policy_of
from detent.ops.shown_paths import display
from detent.ops.unbuilt import tell_unbuilt
from detent.ops.world import Looking, World
from detent.project.building import Unmatched
from detent.python.environment import Environment
from detent.python.interpreter import Interpreter
from detent.resolve.throwaway import Pin, resolve_once
from detent.store.cache import Scratch

_CLONED = Linking("clone")
_ISOLATED = "or build it in an environment of its own: leave `no-build-isolation` out for it"
_STATED = "or, where this is asked for its metadata, state that in `dependency-metadata`"


class Held(NamedTuple):
    """What a build is held to."""

    lock: BuildLock
    built: Built


@contextmanager
def environment(
    world: World,
    interpreter: Interpreter,
    *,
    subject: str,
    name: PackageName,
    build_with: tuple[str, ...] = (),
    build_in: str = "",
    held: Held | None = None,
    looking: Looking = nullcontext,
) -> Iterator[BuildEnvironment]:
    """Give an environment for one build of a package: an empty one, removed afterwards, or ``build_in``.

    ``build_with`` is what it needs in the version that is installed beside it, ``held`` what a lock says of
    the build. ``looking`` is the turn that is waited for to look for versions of what the build needs.
    """
    try:
        besides = world.settings.build_terms.requirements(name, build_with)
    except Unmatched as error:
        raise BuildRequirementsUnmet(
            subject,
            f"`extra-build-dependencies` has `{error.name}` with `match-runtime`, and no version of it is"
            " known to be installed beside this",
            next_steps=(
                f"require `{error.name}` in the project, or take `match-runtime` out",
                _STATED,
            ),
        ) from None
    if build_in:
        yield _shared(world, Path(build_in), interpreter, subject, besides)
        return
    with Scratch(world.layout) as scratch:
        with looking():
            made = world.environments().make_apart(scratch / "environment", interpreter, prompt="build")
        yield _Isolated(world, made, subject, besides, held=held, looking=looking)


class _Isolated:
    """The environment of one build."""

    def __init__(
        self,
        world: World,
        made: Environment,
        subject: str,
        besides: Sequence[Requirement],
        *,
        held: Held | None,
        looking: Looking,
    ) -> None:
        self._world = world
        self._made = made
        self._subject = subject
        self._held = held
        self._looking = looking
        self._asked = [*besides]
        self._is_filled = False

    @property
    def python(self) -> Path:
        return self._made.python

    @property
    def scripts(self) -> Path:
        return self._made.scripts

    def install(self, requirements: Sequence[str], /) -> None:
        """Bring what is required, beside what was asked for before."""
        try:
            self._asked += [parse_requirement(text) for text in requirements]
            constraints = tuple(map(parse_requirement, self._world.settings.build_terms.constraints))
            if self._held is not None and self._has_locked(self._held, constraints):
                return
            provision(self._world, self._made, self._asked, constraints=constraints, looking=self._looking)
        except InvalidRequirement as error:
            raise BuildRequirementsUnmet(self._subject, str(error)) from error
        except (BuildCycle, BuildNotLocked):
            raise
        except (ResolveError, PackageUnknown, Unsupported, BuildError, Failures) as error:
            faults = error.failures if isinstance(error, Failures) else (error,)
            raise BuildRequirementsUnmet(
                self._subject,
                "\n".join(map(in_words, faults)),
                next_steps=[step for fault in faults for step in fault.next_steps],
            ) from error

    def _has_locked(self, held: Held, constraints: Sequence[Requirement]) -> bool:
        """Bring what the lock has for the build, if that is what it asks for; else say whether it has to be.

        Raises :class:`BuildNotLocked`.
        """
        world, interpreter = self._world, self._made.interpreter
        target = interpreter.target
        build = build_of(held.lock, held.built)
        entries = entries_of(held.lock, build, target) if build is not None else ()
        names = {entry.name for entry in entries}
        bounds = [bound for bound in constraints if bound.name in names]
        lacking = [*unmet((*self._asked, *bounds), entries, target)]
        if lacking:
            if held.lock.is_strict:
                raise BuildNotLocked(self._subject, _lacks(build, lacking), next_steps=_steps(build))
            return False
        if not self._is_filled:
            choices = tuple(_locked_choice(world, held, entry, interpreter) for entry in entries)
            _fill(world, self._made, Selection(target, choices), looking=self._looking)
            self._is_filled = True
        return True


def _lacks(build: LockedBuild | None, lacking: Sequence[Requirement]) -> str:
    named = " and ".join(f"`{_plain(each)}`" for each in lacking)
    if build is None:
        return f"`{LOCK_NAME}` says nothing of this build, which needs {named}"
    return f"`{LOCK_NAME}` has no {named} for it"


def _steps(build: LockedBuild | None) -> tuple[str, ...]:
    if build is None:
        return (
            "run `detent lock`",
            "or name this platform in `required-environments`, where others have a wheel, and lock again",
        )
    return (
        "run `detent lock --refresh`, which asks back ends anew",
        "or name it in `extra-build-dependencies`, where it is asked for on some machines only",
    )


def _locked_choice(world: World, held: Held, entry: LockedPackage, interpreter: Interpreter) -> Choice:
    """Give an entry with the file of it that fits; what may not be built is refused when it is brought."""
    policy = world.settings.build_policy.if_built_before()
    target = interpreter.target
    file = best_file(entry.wheels, entry.sdist, target, policy=policy, name=entry.name)
    if file is None:
        raise NoMatchingTarget(
            f"`{entry.name}=={entry.version}` has no file for {described(target)}",
            why="the lock has only wheels of it for others, and a build needs it",
        )
    return Choice(entry, file, True, build_lock=held.lock)


def _shared(
    world: World, root: Path, interpreter: Interpreter, subject: str, besides: Sequence[Requirement]
) -> "_Shared":
    """Look at the environment that a build without isolation goes on in."""
    made = world.environments().look(root, interpreter).environment
    if made is None:
        raise BuildRequirementsUnmet(
            subject,
            f"it is built without isolation, and there is no environment of {interpreter.description} at"
            f" `{display(root)}`",
            next_steps=("make the environment first, with what the build needs", _STATED, _ISOLATED),
        )
    return _Shared(made, subject, besides)


class _Shared:
    """The environment that is installed into, for a build without isolation: nothing is brought there."""

    def __init__(self, made: Environment, subject: str, besides: Sequence[Requirement]) -> None:
        self._made = made
        self._subject = subject
        self._besides = besides

    @property
    def python(self) -> Path:
        return self._made.python

    @property
    def scripts(self) -> Path:
        return self._made.scripts

    def install(self, requirements: Sequence[str], /) -> None:
        """See that all that is required is there; raises :class:`BuildRequirementsUnmet`."""
        try:
            asked = [*self._besides, *map(parse_requirement, requirements)]
        except InvalidRequirement as error:
            raise BuildRequirementsUnmet(self._subject, str(error)) from error
        found = read_installed(self._made)
        there = {each.name: each.version for each in found.foreign}
        there.update((each.name, each.version) for each in found.packages)
        environment = self._made.interpreter.target.environment
        unmet = [
            requirement
            for requirement in dict.fromkeys(asked)
            if markers.evaluate(requirement.marker, environment) and not _is_met(requirement, there)
        ]
        if unmet:
            named = " and ".join(f"`{_plain(each)}`" for each in unmet)
            where = f"`{display(self._made.root)}`"
            raise BuildRequirementsUnmet(
                self._subject,
                f"it is built without isolation, and {where} does not have {named}",
                next_steps=(
                    f"require {named} in the project, for example in a dependency group",
                    _STATED,
                    _ISOLATED,
                ),
            )


def _is_met(requirement: Requirement, there: Mapping[PackageName, str]) -> bool:
    version = there.get(requirement.name)
    if not version:
        return version is not None and not requirement.specifier
    return all(clause_contains(clause, version) for clause in parse_clauses(requirement.specifier))


def _plain(requirement: Requirement) -> str:
    return str(requirement._replace(marker=markers.ALWAYS))


def provision(
    world: World,
    made: Environment,
    requirements: Sequence[Requirement],
    *,
    constraints: Sequence[Requirement] = (),
    exact: bool = True,
    linking: Linking = _CLONED,
    looking: Looking = nullcontext,
) -> Selection:
    """Bring requirements and all they need into an environment of our own; what fits stays.

    Raises :class:`ResolveError`, :class:`PackageUnknown`, :class:`FetchError` and :class:`BuildError`.
    """
    interpreter = made.interpreter
    found = read_installed(made)
    with looking():
        unbuilt = len(world.releases.unbuilt)
        try:
            pins = resolve_once(
                requirements,
                world.releases,
                target=interpreter.target,
                policy=build_policy_of(world.settings, world.releases.index_of),
                constraints=constraints,
                installed={package.name: package.version for package in found.packages},
            )
        finally:
            world.releases.save()
        tell_unbuilt(world, unbuilt)
    selection = Selection(interpreter.target, _choices(requirements, pins))
    _fill(world, made, selection, exact=exact, linking=linking, looking=looking)
    return selection


def _fill(
    world: World,
    made: Environment,
    selection: Selection,
    *,
    exact: bool = True,
    linking: Linking = _CLONED,
    looking: Looking = nullcontext,
) -> None:
    """Bring a selection into an environment of our own; what is there already stays."""
    interpreter = made.interpreter
    world = world._replace(report=partial(_without_counts, world.report))
    todo = plan(selection, read_installed(made), exact=exact, linking=linking)
    entries = dict(gather(world, todo.wanted, Path(), interpreter, looking=looking).entries)
    with environment_lock(made, limits=world.limits):
        todo = plan(selection, read_installed(made), exact=exact, linking=linking)
        missing = [choice for choice in todo.wanted if choice.package.name not in entries]
        entries.update(gather(world, missing, Path(), interpreter, looking=looking).entries)
        apply(todo, made, entries, store=world.wheels(), linking=linking, report=ignore)


def _without_counts(report: Report, event: Event) -> None:
    """Report an event, unless it says that a package is ready: who counts, counts what was asked for."""
    if not isinstance(event, Prepared):
        report(event)


def _choices(requirements: Sequence[Requirement], pins: Iterable[Pin]) -> tuple[Choice, ...]:
    asked = {requirement.name for requirement in requirements}
    return tuple(
        Choice(
            LockedPackage(
                pin.name,
                pin.version,
                wheels=(pin.artifact,) if pin.artifact.is_wheel else (),
                sdist=None if pin.artifact.is_wheel else pin.artifact,
            ),
            pin.artifact,
            pin.name in asked,
        )
        for pin in pins
    )


def in_words(fault: DetentError) -> str:
    """Give what went wrong, and why, without how to go on."""
    if isinstance(fault, ResolveError) and fault.why:
        return fault.why
    return f"{fault.what}\n{fault.why}".rstrip()
