"""Source distributions and folders made into wheels of the store, each once for each key.

Where a build runs is the matter of :mod:`detent.ops.build_environment`. What was built without isolation
from an archive or a repository is not found again: it depends on whatever was installed there.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import file_digest, sha256
from pathlib import Path

from detent import fsio
from detent.build.frontend import (
    BuildEnvironment,
    Job,
    Kind,
    build_editable,
    build_metadata,
    build_requires,
    build_wheel,
    check_built,
    owner_of,
)
from detent.build.repack import repacked
from detent.build.requirements_text import requirement_fields, with_requirements
from detent.build.system import BuildSystem, read_build_system
from detent.errors.build import BuildError, BuildFailed
from detent.errors.fetch import MetadataInvalid
from detent.errors.store import ArchiveUnsafe
from detent.events import Building, Built
from detent.index.metadata import parse_metadata, read_header
from detent.lock.builds import built_of, facts_of
from detent.lock.choice import Choice
from detent.lock.filename import local_path, wheel_name
from detent.lock.model import BuildLock, Direct, LockedPackage
from detent.lock.select import best_file, described
from detent.model.build_policy import DEFAULT_BUILD_POLICY
from detent.model.candidate import Artifact, Metadata
from detent.model.names import PackageName
from detent.model.repository import Tree
from detent.model.target import Target
from detent.ops.build_environment import Held, environment
from detent.ops.built import archive_key, choice_key, find_built, is_git, remember_built, tree_of
from detent.ops.crew import Crew
from detent.ops.declared import declared
from detent.ops.discover import Project
from detent.ops.local import (
    LocalTree,
    chosen_tree,
    folder_in,
    git_artifact,
    named_source,
    tree_choice,
    tree_of_git,
)
from detent.ops.unbuilt import with_unbuilt
from detent.ops.world import Ask, World
from detent.project.building import Facts
from detent.python.interpreter import Interpreter
from detent.store.cache import Scratch
from detent.store.entry import read_metadata
from detent.store.source import unpack_source
from detent.store.wheels import WheelEntry

_LOG_NAME = 99
"""How many characters of a package's name are enough in the name of a log."""


class Builds:
    """The builds of one command; satisfies `ops.world.Builder`.

    ``interpreter`` gives the Python that metadata is asked with; ``variables`` are the caller's; ``place`` is
    the environment of the project, where its metadata is asked for without isolation; ``locked`` gives what
    the project's lock says of builds, as it stands.
    """

    def __init__(
        self,
        world: Callable[[], World],
        interpreter: Callable[[], Interpreter],
        variables: Mapping[str, str],
        place: str,
        locked: Callable[[], BuildLock | None],
    ) -> None:
        self._world = world
        self._interpreter = interpreter
        self._variables = variables
        self._place = place
        self._locked = locked
        self._failed: dict[PackageName, dict[str, BuildError]] = {}
        self._crew = Crew(lambda: world().limits.concurrent_builds)

    # ---- metadata -----------------------------------------------------------------------------

    def metadata(
        self, name: PackageName, version: str, artifact: Artifact, archive: Path, *, below: str = ""
    ) -> Metadata:
        """Ask a source distribution what it demands, by building as much of it as that takes.

        An empty ``version`` takes what it says; ``below`` is a folder in it. Raises :class:`BuildError`.
        """
        failed = self._failed.setdefault(name, {})
        if version in failed:
            raise failed[version]
        subject = f"{name}=={version}" if version else f"{name} @ {artifact.url}"

        def source(scratch: Path) -> Path:
            unpacked = _unpacked(self._world(), archive, artifact.filename, scratch)
            return _inside(unpacked, below, subject) if below else unpacked

        said = self._said(name, version)
        key = archive_key(self._world(), artifact, self._interpreter(), subdirectory=below, said=said)
        try:
            return self._metadata(name, version, subject, key, source)
        except BuildError as error:
            failed[version] = error
            raise

    def metadata_of_git(self, name: PackageName, tree: Tree, below: str) -> Metadata:
        """Ask a folder of a repository what it demands; raises :class:`BuildError`."""
        world, subject = self._world(), f"{name} @ git+{tree.url}"
        made = git_artifact(tree, below)
        said = self._said(name, "")
        key = archive_key(world, made, self._interpreter(), subdirectory=below, said=said)
        return self._metadata(
            name, "", subject, key, lambda scratch: self._checkout(tree, "", below, subject, scratch)
        )

    def metadata_of_folder(self, name: PackageName, root: Path, *, is_editable: bool) -> Metadata:
        """Ask a folder what it demands; it is built as it is to be installed. Raises :class:`BuildError`."""
        interpreter, subject = self._interpreter(), f"{name} @ {root.as_uri()}"
        package = LockedPackage(name, "", direct=Direct("directory", str(root), editable=is_editable))
        choice = Choice(
            package,
            Artifact("", "", ()),
            False,
            build_in=self._shared(name),
            build_lock=self._lock_in_the_making(),
        )
        choice = tree_choice(self._world(), choice, root, interpreter)
        entry = find_built(self._world(), tree_of(choice), name=name, version="")
        if entry is None:
            entry = self.from_tree(choice, interpreter)
        return _parsed(read_metadata(entry), name, "", subject)

    def _metadata(
        self, name: PackageName, version: str, subject: str, key: str, source: Callable[[Path], Path]
    ) -> Metadata:
        world, interpreter = self._world(), self._interpreter()
        entry = find_built(world, key, name=name, version=version)
        if entry is not None:
            return _parsed(read_metadata(entry), name, version, subject)
        lock = self._lock_in_the_making()
        held = None if lock is None else Held(lock, (name, version))
        with (
            self._turn(name, subject, key),
            self._bench(name, subject, interpreter, build_in=self._shared(name), held=held) as bench,
        ):
            scratch, environment = bench
            job = self._job(subject, source(scratch), scratch, name)
            told = build_metadata(job, environment, limits=world.limits, report=world.report)
            if told.wheel is not None:
                entry = self._put(told.wheel, subject, name, version, interpreter.target)
                if not self._shared(name):
                    remember_built(world, key, entry)
        return _parsed(told.metadata, name, version, subject)

    def declared(self, project: Project) -> Metadata:
        """Read what the project's own back end says of it."""
        return declared(self._world(), project, self._lock_in_the_making())

    def _lock_in_the_making(self) -> BuildLock | None:
        """Give what the lock says so far: what is asked while it is made may be what it does not know yet."""
        lock = self._locked()
        return None if lock is None else lock._replace(is_strict=False)

    def _said(self, name: PackageName, version: str) -> Facts:
        """Give what is said of the build of a package that is asked for its metadata."""
        said = self._world().settings.build_terms.facts(name, build_in=self._shared(name))
        lock = None if self._shared(name) else self._locked()
        return said if lock is None else said + facts_of(lock, (name, version))

    # ---- what they need -----------------------------------------------------------------------

    @contextmanager
    def opened(
        self, choice: Choice, archive: Path | None, interpreter: Interpreter
    ) -> Iterator[tuple[BuildSystem, Ask]]:
        """Open the source of a choice: give its build system, and what asks its back end once for more."""
        world, package = self._world(), choice.package
        direct = package.direct
        subject = _subject(choice)
        with Scratch(world.layout) as scratch:
            if archive is not None:
                source = _unpacked(world, archive, choice.artifact.filename, scratch)
                below = direct.subdirectory if direct is not None else ""
                source = _inside(source, below, subject) if below else source
            elif is_git(choice):
                below = named_source(choice).subdirectory
                source = self._checkout(tree_of_git(choice), "", below, subject, scratch)
            else:
                source = Path(local_path(named_source(choice).location) or named_source(choice).location)

            def ask(lock: BuildLock, kinds: Sequence[Kind]) -> tuple[str, ...]:
                with environment(
                    world,
                    interpreter,
                    subject=subject,
                    name=package.name,
                    build_with=choice.build_with,
                    held=Held(lock, built_of(package)),
                    looking=self._crew.looking,
                ) as where:
                    job = self._job(subject, source, scratch, package.name)
                    return build_requires(job, where, kinds, report=world.report)

            yield read_build_system(source, display=f"{subject}/pyproject.toml"), ask

    # ---- wheels -------------------------------------------------------------------------------

    def side_by_side(self, builds: Sequence[Callable[[], WheelEntry]]) -> list[WheelEntry]:
        """Do several builds at once, as many as the limits allow; raises what the first that fails raises."""
        return self._crew.side_by_side(builds)

    def from_archive(self, choice: Choice, archive: Path, interpreter: Interpreter) -> WheelEntry:
        """Build a source distribution; one that was built before is not built again."""
        world = self._world()
        package, artifact = choice.package, choice.artifact
        below = package.direct.subdirectory if package.direct is not None else ""
        key = choice_key(world, choice, interpreter)
        subject = f"{package.name}=={package.version}".removesuffix("==")
        with self._whole_story(), self._turn(package.name, subject, key):
            entry = find_built(world, key, name=package.name, version=package.version)
            if entry is None:
                with self._bench_for(choice, subject, interpreter) as (scratch, environment):
                    source = _unpacked(world, archive, artifact.filename, scratch)
                    if below:
                        source = _inside(source, below, subject)
                    job = self._job(subject, source, scratch, package.name)
                    wheel = build_wheel(job, environment, report=world.report)
                    entry = self._put(wheel, subject, package.name, package.version, interpreter.target)
                if not choice.build_in:
                    remember_built(world, key, entry)
        return entry

    def from_tree(self, choice: Choice, interpreter: Interpreter) -> WheelEntry:
        """Build a folder; where only its requirements changed, the wheel it gave before is rewritten."""
        world = self._world()
        tree = chosen_tree(world, choice, interpreter)
        name, version = choice.package.name, choice.package.version
        subject = f"{name} @ {tree.root.as_uri()}"
        with self._whole_story(), self._turn(name, subject, tree.build):
            entry = find_built(world, tree.whole, name=name, version=version)
            if entry is None:
                base = find_built(world, tree.build, name=name, version=version)
                if base is not None:
                    base = world.wheels().check(base)
                if base is None:
                    base = self._build_tree(tree, choice, subject, interpreter)
                    remember_built(world, tree.build, base)
                    entry = base
                else:
                    entry = self._with_requirements(base, tree)
                remember_built(world, tree.whole, entry)
        return entry

    def from_git(self, choice: Choice, interpreter: Interpreter) -> WheelEntry:
        """Build what a choice names in a repository; one commit is built once."""
        world, package = self._world(), choice.package
        direct = named_source(choice)
        tree, below = tree_of_git(choice), direct.subdirectory
        key = choice_key(world, choice, interpreter)
        subject = f"{package.name} @ git+{direct.location}"
        with self._whole_story(), self._turn(package.name, subject, key):
            entry = find_built(world, key, name=package.name, version=package.version)
            if entry is None:
                with self._bench_for(choice, subject, interpreter) as (scratch, environment):
                    source = self._checkout(tree, direct.revision, below, subject, scratch)
                    job = self._job(subject, source, scratch, package.name)
                    wheel = build_wheel(job, environment, report=world.report)
                    entry = self._put(wheel, subject, package.name, package.version, interpreter.target)
                if not choice.build_in:
                    remember_built(world, key, entry)
        return entry

    def _checkout(self, tree: Tree, revision: str, below: str, subject: str, scratch: Path) -> Path:
        """Give a folder of a commit as a copy, for whoever builds writes there."""
        source = scratch / "source"
        self._world().repositories().copy(tree, source, revision=revision)
        return _inside(source, below, subject) if below else source

    def _build_tree(
        self, tree: LocalTree, choice: Choice, subject: str, interpreter: Interpreter
    ) -> WheelEntry:
        world, name = self._world(), choice.package.name
        with self._bench_for(choice, subject, interpreter) as (scratch, environment):
            job = self._job(subject, tree.root, scratch, name)
            make = build_editable if tree.is_editable else build_wheel
            wheel = make(job, environment, report=world.report)
            return self._put(wheel, subject, name, choice.package.version, interpreter.target)

    def _with_requirements(self, base: WheelEntry, tree: LocalTree) -> WheelEntry:
        fields = requirement_fields(*tree.requirements())
        metadata = with_requirements(
            read_metadata(base), requires_dist=fields.requires_dist, provides_extra=fields.provides_extra
        )
        data = repacked(base, metadata)
        wheels = self._world().wheels()
        return wheels.put(
            sha256(data).hexdigest(),
            data,
            filename=wheel_name(base.name, base.version),
            name=base.name,
            version=base.version,
        )

    def _put(self, wheel: Path, subject: str, name: PackageName, version: str, target: Target) -> WheelEntry:
        """Take a wheel that a back end made for this Python into the store."""
        check_built(wheel, subject=subject, name=name, version=version)
        made = Artifact(wheel.name, "", ())
        if best_file((made,), None, target, policy=DEFAULT_BUILD_POLICY, name=name) is None:
            raise BuildFailed(
                subject, f"its back end made `{wheel.name}`, which is not for {described(target)}"
            )
        try:
            with wheel.open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
            wheels = self._world().wheels()
            return wheels.put(digest, wheel, filename=wheel.name, name=name, version=owner_of(wheel.name)[1])
        except ArchiveUnsafe as error:
            reason = f"the wheel that its back end made was refused: {error.why}"
            raise BuildFailed(subject, reason) from error
        except OSError as error:
            raise fsio.file_trouble(error, wheel) from error

    def looking(self) -> AbstractContextManager[None]:
        """Wait for the turn to ask an index."""
        return self._crew.looking()

    # ---- where it is done -----------------------------------------------------------------------

    @contextmanager
    def _turn(self, name: PackageName, subject: str, key: str) -> Iterator[None]:
        """See that no build waits for itself, and that nobody else does the same one meanwhile."""
        with (
            self._crew.building(name, subject),
            self._crew.claimed(key) as is_waited_for,
            self._claim(key) if is_waited_for else nullcontext(),
        ):
            yield

    @contextmanager
    def _whole_story(self) -> Iterator[None]:
        """Show what failed on the way to a failure, where nobody waits who would tell it."""
        world = self._world()
        unbuilt = len(world.releases.unbuilt)
        try:
            yield
        except BuildError as error:
            if self._crew.chain():
                raise
            raise with_unbuilt(world, unbuilt, error) from None

    @contextmanager
    def _bench(
        self,
        name: PackageName,
        subject: str,
        interpreter: Interpreter,
        *,
        build_with: tuple[str, ...] = (),
        build_in: str = "",
        held: Held | None = None,
    ) -> Iterator[tuple[Path, BuildEnvironment]]:
        """Give a scratch folder and an environment for one build, and say when it begins and is done."""
        world = self._world()
        world.report(Building(subject))
        with (
            Scratch(world.layout) as scratch,
            environment(
                world,
                interpreter,
                subject=subject,
                name=name,
                build_with=build_with,
                build_in=build_in,
                held=held,
                looking=self._crew.looking,
            ) as environment_for_it,
        ):
            yield scratch, environment_for_it
        world.report(Built(subject))

    def _bench_for(
        self, choice: Choice, subject: str, interpreter: Interpreter
    ) -> AbstractContextManager[tuple[Path, BuildEnvironment]]:
        return self._bench(
            choice.package.name,
            subject,
            interpreter,
            build_with=choice.build_with,
            build_in=choice.build_in,
            held=None if choice.build_lock is None else Held(choice.build_lock, built_of(choice.package)),
        )

    def _shared(self, name: PackageName) -> str:
        """Give the environment in which a package is asked for its metadata; empty: one of its own."""
        return self._place if self._world().settings.build_terms.shares(name) else ""

    def _job(self, subject: str, source: Path, scratch: Path, name: PackageName) -> Job:
        world = self._world()
        job = job_for(world, subject, source, scratch, name=name, log_name=name, variables=self._variables)
        return job._replace(halt=self._crew.halt)

    def _claim(self, key: str) -> fsio.FileLock:
        world = self._world()
        return fsio.FileLock(
            world.layout.lock(f"build-{key}"),
            wait_seconds=world.limits.build_wait_seconds,
            notice_seconds=world.limits.lock_notice_seconds,
            report=world.report,
            fleeting=True,
        )


def _subject(choice: Choice) -> str:
    package, direct = choice.package, choice.package.direct
    if direct is None or direct.kind == "archive":
        return f"{package.name}=={package.version}".removesuffix("==")
    return f"{package.name} @ {'git+' if is_git(choice) else ''}{direct.location}"


def job_for(
    world: World,
    subject: str,
    source: Path,
    scratch: Path,
    *,
    name: PackageName,
    log_name: str,
    variables: Mapping[str, str],
) -> Job:
    """Describe one build of a package with its folders in ``scratch``, which are made."""
    out, tmp = scratch / "out", scratch / "tmp"
    try:
        out.mkdir()
        tmp.mkdir()
    except OSError as error:
        raise fsio.file_trouble(error, scratch) from error
    return Job(
        subject=subject,
        source=source,
        out=out,
        tmp=tmp,
        log=_log(world, f"{log_name[:_LOG_NAME]}-{os.urandom(4).hex()}"),
        config_settings={
            key: value if isinstance(value, str) else list(value)
            for key, value in world.settings.config_settings.items()
        },
        variables=variables,
        own_variables=world.settings.build_terms.of(name),
    )


def _log(world: World, key: str) -> Path:
    """Give where a build that fails leaves what it said; without a cache, where the system has such files."""
    if world.settings.no_cache.value:
        return Path(tempfile.gettempdir(), f"detent-{key}.log")
    return world.layout.log(key)


def _parsed(raw: bytes, name: PackageName, version: str, subject: str) -> Metadata:
    """Read what a build told; an empty ``version`` takes any."""
    its_version = version or read_header(raw).single.get("version", "")
    try:
        found = parse_metadata(raw, wheel_name(name, its_version))
    except MetadataInvalid as error:
        raise BuildFailed(subject, error.why) from error
    return found._replace(version=version or found.version, is_built=True)


def _unpacked(world: World, archive: Path, filename: str, scratch: Path) -> Path:
    folder = scratch / "source"
    try:
        folder.mkdir()
    except OSError as error:
        raise fsio.file_trouble(error, folder) from error
    return unpack_source(archive, filename, folder, limits=world.limits)


def _inside(root: Path, subdirectory: str, subject: str) -> Path:
    folder = folder_in(root, subdirectory)
    if folder is None:
        raise BuildFailed(subject, f"there is no folder `{subdirectory}` in its source")
    return folder
