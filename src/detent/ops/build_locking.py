"""What builds need, found when a lock is made: `lock-build-requirements`.

Of everything that has to be built somewhere, the source is opened for its `[build-system]`, and its back end
is asked for more where it can be asked on this machine. What they require is resolved for all that the lock
is for, as the lock itself is; what of that has to be built in turn comes first. Builds that require the same
share one answer. An answer of a back end counts until the source is another one or somebody asks for new
ones, so that a lock does not change with the machine it is made again on.
"""

from collections.abc import Callable, Iterator, Sequence
from time import process_time

from packaging.version import Version

from detent.errors import DetentError, Failures, Unsupported
from detent.errors.build import BuildCycle, BuildError, BuildRequirementsUnmet
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import ResolveError
from detent.events import Notice
from detent.lock.addresses import with_locked_addresses, with_written_paths
from detent.lock.assemble import assemble
from detent.lock.builds import Built, build_of, built_of, required_texts
from detent.lock.model import BuildLock, BuildPin, Lock, LockedBuild, LockedPackage
from detent.lock.nominal import without_mirrors
from detent.model import markers
from detent.model.adjustments import Adjustments
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.names import PackageName
from detent.model.requirement import InvalidRequirement, Origin, Requirement, parse_requirement
from detent.named import NamedTuple
from detent.ops.build_environment import in_words
from detent.ops.build_subjects import Subject, own_subjects, subjects_in
from detent.ops.gather import archive_of
from detent.ops.policy import build_policy_of
from detent.ops.question import Question
from detent.ops.upgrade import free_to_move, kept_of
from detent.ops.world import Ask, World, mirrors
from detent.project.indexes import without_user
from detent.python.interpreter import Interpreter
from detent.resolve.forks import resolve
from detent.resolve.preferences import NO_PREFERENCES, Preferences, preferences_from
from detent.resolve.question import SearchFailed


def with_builds(
    world: World,
    question: Question,
    lock: Lock,
    interpreter: Interpreter,
    error_of: Callable[[SearchFailed], ResolveError],
) -> Lock:
    """Give a lock with what its builds need.

    Raises :class:`BuildError`, :class:`FetchError`, and what reading sources raises.
    """
    locking = _Locking(world, question, lock, interpreter, error_of)
    for subject in locking.subjects():
        locking.settle(subject, ())
    return locking.finished()


class _Said(NamedTuple):
    """What a source says of its builds."""

    requires: tuple[str, ...]
    asked: tuple[str, ...] = ()


class _Answer(NamedTuple):
    """What some requirements come to."""

    pins: tuple[BuildPin, ...]
    lock: Lock
    """Of that alone."""


class _Locking:
    """All that is found on the way."""

    def __init__(
        self,
        world: World,
        question: Question,
        lock: Lock,
        interpreter: Interpreter,
        error_of: Callable[[SearchFailed], ResolveError],
    ) -> None:
        self._world = world
        self._question = question
        self._lock = lock
        self._interpreter = interpreter
        self._error_of = error_of
        self._found: dict[Built, tuple[_Said, _Answer]] = {}
        self._answers: dict[tuple[tuple[str, ...], Marker], _Answer] = {}
        self._pool: dict[Built, LockedPackage] = {}
        old, upgrade = question.old, question.upgrade
        is_kept = old is not None and kept_of(old, question.inputs, upgrade).versions
        self._old = old if is_kept else None
        self._asks_anew = upgrade.again

    # ---- what is built --------------------------------------------------------------------------

    def subjects(self) -> tuple[Subject, ...]:
        """Give what has to be built somewhere, each once: the project's own first."""
        found: dict[Built, Subject] = {}
        for subject in (*own_subjects(self._question.project), *self._in(self._lock)):
            if not self._world.settings.build_terms.shares(subject.choice.package.name):
                before = found.get(subject.built, subject)
                where = markers.or_(before.where, subject.where)
                found[subject.built] = before._replace(where=where)
        return tuple(found.values())

    def _in(self, lock: Lock) -> Iterator[Subject]:
        return subjects_in(lock, self._question.root, self._world.settings.build_policy)

    # ---- what it needs --------------------------------------------------------------------------

    def settle(self, subject: Subject, chain: tuple[PackageName, ...]) -> None:
        """Find what the build of something gets, and first what the builds of that get."""
        built = subject.built
        if built in self._found:
            return
        chain = (*chain, built[0])
        known = self._known(subject)
        if known is not None:
            self._take(subject, known, chain)
            return
        choice = subject.choice
        choice = choice._replace(build_with=self._as_installed(built[0]))
        is_file = bool(choice.artifact.filename)
        archive = archive_of(self._world, choice, self._question.root) if is_file else None
        with self._world.builder().opened(choice, archive, self._interpreter) as (system, ask):
            said = _Said(required_texts(system.requires))
            self._take(subject, said, chain)
            asked = self._asked(subject, said, ask)
        if asked:
            self._take(subject, said._replace(asked=asked), chain)

    def _take(self, subject: Subject, said: _Said, chain: tuple[PackageName, ...]) -> None:
        """Resolve what a build needs; :class:`BuildCycle` where that needs what is to be built."""
        answer = self._resolved(subject, said)
        for nested in self._in(answer.lock):
            name = nested.choice.package.name
            if name not in chain:
                self.settle(nested, chain)
            elif not nested.choice.package.wheels:
                raise BuildCycle(subject.title, (*chain[chain.index(name) :], name))
        for package in answer.lock.packages:
            self._keep(package)
        self._found[subject.built] = said, answer

    def _asked(self, subject: Subject, said: _Said, ask: Ask) -> tuple[str, ...]:
        """Ask the back end for more, if it can be asked here, beside what it asked for before."""
        before = self._before(subject.built)
        kept = before.asked if before is not None and before.requires == said.requires else ()
        target = self._interpreter.target
        if not markers.evaluate(subject.where, target.environment):
            return kept
        try:
            told = ask(self._so_far(), subject.kinds)
            wanted = required_texts(told)
        except (BuildError, InvalidRequirement) as error:
            reason = error.why if isinstance(error, BuildError) else str(error)
            self._world.report(
                Notice(
                    "warning",
                    f"the back end of `{subject.title}` cannot be asked here what its build needs beside"
                    f" `[build-system]`: {reason.partition(chr(10))[0]}",
                )
            )
            return kept
        return tuple(sorted({*wanted, *kept} - set(said.requires)))

    def _known(self, subject: Subject) -> _Said | None:
        """Give what the old lock says of a source that is still the same; a folder is looked at anew."""
        before = self._before(subject.built)
        if before is None or self._asks_anew or self._old is None:
            return None
        package = subject.choice.package
        for old in (*self._old.packages, *self._old.build_packages):
            if built_of(old) == subject.built and _is_same(old, package):
                return _Said(before.requires, before.asked)
        return None

    def _before(self, built: Built) -> LockedBuild | None:
        return None if self._old is None else build_of(BuildLock(self._old.builds), built)

    def _so_far(self) -> BuildLock:
        builds = tuple(
            LockedBuild((built,), said.requires, said.asked, answer.pins)
            for built, (said, answer) in self._found.items()
        )
        return BuildLock(builds, tuple(self._pool.values()))

    # ---- resolving ------------------------------------------------------------------------------

    def _resolved(self, subject: Subject, said: _Said) -> _Answer:
        besides = tuple(self._besides(subject.built[0]))
        texts = tuple(sorted({*said.requires, *said.asked, *besides}))
        key = texts, subject.where
        answer = self._answers.get(key)
        if answer is None:
            try:
                answer = self._resolve(subject, said, texts)
            except (ResolveError, PackageUnknown, Unsupported, Failures) as error:
                faults = error.failures if isinstance(error, Failures) else (error,)
                raise BuildRequirementsUnmet(
                    subject.title,
                    "\n".join(map(in_words, faults)),
                    next_steps=[step for fault in faults for step in fault.next_steps],
                ) from error
            self._answers[key] = answer
        return answer

    def _besides(self, name: PackageName) -> Iterator[str]:
        """Give what the project says that a build needs besides."""
        for extra in self._world.settings.build_terms.extra.get(name, ()):
            if not extra.matches_runtime:
                yield extra.text
                continue
            wanted = parse_requirement(extra.text)
            for package in self._lock.packages:
                if package.name == wanted.name and package.version:
                    where = markers.environment_only(markers.parse(package.marker))
                    where = markers.and_(wanted.marker, where)
                    yield str(wanted._replace(specifier=f"=={package.version}", marker=where))

    def _as_installed(self, name: PackageName) -> tuple[str, ...]:
        """Give what the build takes in the version that the lock has for this machine."""
        terms, here = self._world.settings.build_terms, self._interpreter.target.environment
        if name not in terms.extra:
            return ()
        versions = {
            package.name: package.version
            for package in self._lock.packages
            if markers.evaluate(markers.environment_only(markers.parse(package.marker)), here)
        }
        return terms.matched(name, versions)

    def _resolve(self, subject: Subject, said: _Said, texts: Sequence[str]) -> _Answer:
        world, question = self._world, self._question
        origin = Origin(f"build-system.{subject.title}")
        constraints = map(parse_requirement, world.settings.build_terms.constraints)
        inputs = Inputs(
            name=PackageName(""),
            requires_python=question.inputs.requires_python,
            dependencies=tuple(parse_requirement(text, origin) for text in texts),
            extras=(),
            groups=(),
            default_groups=(),
            index_url=question.inputs.index_url,
            adjustments=self._adjustments(subject.where, tuple(constraints)),
        )
        preferences = self._preferences(subject.built, said)
        try:
            lock = self._solved(inputs, preferences)
        except (SearchFailed, PackageUnknown, Failures) as error:
            if not world.releases.revalidate():
                raise self._explained(error) from None
            try:
                lock = self._solved(inputs, preferences)
            except SearchFailed as failure:
                raise self._error_of(failure) from None
        pins = tuple(BuildPin(package.name, package.version, package.marker) for package in lock.packages)
        return _Answer(pins, lock)

    def _explained(self, error: SearchFailed | DetentError) -> DetentError:
        return self._error_of(error) if isinstance(error, SearchFailed) else error

    def _adjustments(self, where: Marker, constraints: tuple[Requirement, ...]) -> Adjustments:
        own = self._question.inputs.adjustments
        whole = own._replace(conflicts=()).scope()
        here = markers.and_(whole, where)
        return Adjustments(
            constraints=constraints,
            environments=() if here == markers.ALWAYS else (here,),
            required_environments=own.required_environments,
        )

    def _solved(self, inputs: Inputs, preferences: Preferences) -> Lock:
        world = self._world
        answer = resolve(
            inputs,
            world.releases,
            clock=process_time,
            wall=world.clock,
            preferences=preferences,
            policy=build_policy_of(world.settings, world.releases.index_of),
            limits=world.limits,
            advice="never",
            report=world.report,
        )
        return assemble(inputs, answer, world.releases)

    def _preferences(self, built: Built, said: _Said) -> Preferences:
        """Prefer what the same requirements came to before, then whatever builds got before."""
        old = self._old
        if old is None:
            return NO_PREFERENCES
        alike = next((b for b in old.builds if (b.requires, b.asked) == said), None)
        before = alike or build_of(BuildLock(old.builds), built)
        pins = before.pins if before is not None else ()
        entries = [LockedPackage(pin.name, pin.version, pin.marker) for pin in pins]
        names = {pin.name for pin in pins}
        entries += [LockedPackage(p.name, p.version) for p in old.build_packages if p.name not in names]
        free = free_to_move(self._question.upgrade, self._question.inputs)
        return preferences_from(Lock("", tuple(entries)), upgrade=free)

    # ---- the lock -------------------------------------------------------------------------------

    def _keep(self, package: LockedPackage) -> None:
        """Put a version into the pool; what different parts of the environments can use of it adds up."""
        key = package.name, package.version
        before = self._pool.get(key, package)
        wheels = {wheel.filename: wheel for wheel in (*before.wheels, *package.wheels)}
        self._pool[key] = LockedPackage(
            package.name,
            package.version,
            index=package.index,
            sdist=package.sdist,
            wheels=tuple(wheels[name] for name in sorted(wheels)),
            direct=package.direct,
        )

    def finished(self) -> Lock:
        """Give the lock with all that was found; builds that get the same stand together."""
        shared: dict[tuple[object, ...], list[Built]] = {}
        builds: dict[tuple[object, ...], LockedBuild] = {}
        for built, (said, answer) in sorted(self._found.items()):
            key = (said, answer.pins)
            shared.setdefault(key, []).append(built)
            builds[key] = LockedBuild(tuple(shared[key]), said.requires, said.asked, answer.pins)
        used = {(pin.name, pin.version) for build in builds.values() for pin in build.pins}
        packages = [self._pool[key] for key in used]
        packages.sort(key=lambda package: (package.name, Version(package.version)))
        return self._lock._replace(
            builds=tuple(sorted(builds.values())), build_packages=self._addressed(packages)
        )

    def _addressed(self, packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
        """Give files the addresses they were locked with, as those of all packages."""
        indexes = self._world.settings.indexes
        written = {index.url: index.written for index in indexes if index.written}
        found = with_written_paths(Lock("", tuple(packages)), written)
        old, upgrade = self._question.old, self._question.upgrade
        before = Lock("", old.build_packages) if old is not None and not upgrade.anew else None
        found = without_mirrors(found, before, mirrors(self._world))
        declared = {without_user(index.url) for index in indexes if index.is_of_project}
        return with_locked_addresses(found, before, declared=declared).packages


def _is_same(old: LockedPackage, new: LockedPackage) -> bool:
    """Whether two entries have one source, which never changes: a file, or a commit."""
    if old.sdist is not None and new.sdist is not None:
        return bool(set(old.sdist.digests) & set(new.sdist.digests))
    is_commit = old.direct is not None and old.direct.kind == "vcs"
    return is_commit and old.direct == new.direct
