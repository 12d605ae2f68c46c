"""Build a project for others: a source distribution, and the wheel made from it.

The wheel comes from the unpacked source distribution unless a tree's own wheel is asked for, so that what is
published can be built by whoever has only that. Nothing appears in the output folder before all is built.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from detent import fsio
from detent.build.frontend import BuildEnvironment, Job, build_sdist, build_wheel, check_built, owner_of
from detent.errors import UsageError
from detent.errors.project import ManifestMissing
from detent.events import Step
from detent.lock.filename import split_sdist
from detent.model.names import PackageName, normalise
from detent.named import NamedTuple
from detent.ops import builds
from detent.ops.active import environment_path
from detent.ops.build_environment import Held, environment
from detent.ops.discover import (
    MANIFEST_NAME,
    Project,
    about,
    find_project,
    refuse_virtual,
    starting_folder,
)
from detent.ops.python import interpreter_for
from detent.ops.shown_paths import display
from detent.ops.stored_lock import locked_builds
from detent.ops.world import World
from detent.project.manifest import declares_project
from detent.python.interpreter import Interpreter
from detent.store.cache import Scratch
from detent.store.source import unpack_source

_MADE = (".whl", ".tar.gz")


class BuildOptions(NamedTuple):
    """What to build, and where to."""

    sdist: bool = False
    wheel: bool = False
    """With neither: the source distribution, and the wheel from it. With both: each from the tree."""
    out_dir: str | None = None
    clear: bool = False


class Source(NamedTuple):
    """What is built: a folder, or a source distribution."""

    path: Path
    """Absolute."""
    name: str
    """As messages give it: the project's, else the folder's."""
    version: str
    """As its file name says; empty for a folder."""
    project: Project | None
    """Of a folder with a `[project]` table; its workspace where it is in one, with the command about it."""
    dist: Path | None = None
    """Where what is made of it goes; ``None``: beside it."""

    @property
    def is_archive(self) -> bool:
        """Whether it is a source distribution."""
        return bool(self.version)

    @property
    def subject(self) -> str:
        """How messages about builds name it."""
        return f"{self.name}=={self.version}" if self.is_archive else f"{self.name} @ {self.path.as_uri()}"


def find_sources(
    given: str | None, start: str | None, package: str | None, *, all_packages: bool
) -> tuple[Source, ...]:
    """Find what is to be built, of a workspace one package or all; what is made of these goes to its root.

    Raises as :func:`find_source`.
    """
    if package is None and not all_packages:
        return (find_source(given, start),)
    project = find_project(given if given is not None else start)
    parts = project.packages() if package is None else (about(project, package).current,)
    found = tuple(
        Source(part.root, part.manifest.raw_name, "", about(project, part.name), project.root / "dist")
        for part in parts
        if part.manifest.is_package or package is not None
    )
    if not found:
        raise UsageError(
            "nothing of the workspace is a package",
            why="no member has a `[build-system]`",
            next_steps=("add a `[build-system]` table to what is to be built",),
        )
    return found


def find_source(given: str | None, start: str | None) -> Source:
    """Find what is to be built: ``given``, else the nearest project at or above ``start``.

    Raises :class:`ManifestMissing` or :class:`UsageError` where there is none, and the faults of its
    pyproject.toml.
    """
    if given is None:
        folder = starting_folder(start)
        found = next((place for place in (folder, *folder.parents) if _can_be_built(place)), None)
        if found is None:
            raise ManifestMissing(str(folder))
        return _folder(found)
    path = Path(os.path.abspath(given))  # noqa: PTH100 -- links the user wrote stay as they are
    if path.is_file():
        try:
            split_sdist(path.name)
            name, version = owner_of(path.name)
        except ValueError:
            raise UsageError(
                f"`{given}` cannot be built",
                why="it is neither a folder nor a source distribution (`.tar.gz`)",
                next_steps=("name the folder of a project",),
            ) from None
        return Source(path, name, version, None)
    if not path.is_dir():
        raise UsageError(
            f"the source `{given}` does not exist",
            next_steps=("name a folder or a source distribution that is there",),
        )
    return _folder(path)


def build(
    world: World, source: Source, options: BuildOptions, variables: Mapping[str, str]
) -> tuple[Path, ...]:
    """Build what is asked for; gives the files in the output folder, in the order they were made.

    Raises :class:`BuildError`, and :class:`UsageError` for what cannot be made of a source distribution.
    """
    if source.is_archive and options.sdist:
        raise UsageError(
            f"`{display(source.path)}` is a source distribution already",
            why="`--sdist` builds one from a folder",
            next_steps=("leave `--sdist` out",),
        )
    out_dir = _out_dir(source, options)
    place = source.path / ".venv" if source.project is None else environment_path(world, source.project)
    interpreter = interpreter_for(world, source.project, place)
    with Scratch(world.layout) as scratch:
        bench = _Bench(world, source, options, variables, interpreter, scratch, place)
        made = bench.everything()
        return _publish(made, out_dir, clear=options.clear, keep=source.path)


class _Bench(NamedTuple):
    """All that the builds of one run share."""

    world: World
    source: Source
    options: BuildOptions
    variables: Mapping[str, str]
    interpreter: Interpreter
    scratch: Path
    place: Path
    """The project's environment, for builds without isolation."""

    def everything(self) -> tuple[Path, ...]:
        """Build in order; each result lies in a folder of its own in the scratch."""
        if self.source.is_archive:
            return (self.wheel_from(self.source.path),)
        if not self.options.sdist and not self.options.wheel:
            sdist = self.sdist()
            return sdist, self.wheel_from(sdist)
        return (
            *((self.sdist(),) if self.options.sdist else ()),
            *((self.wheel(),) if self.options.wheel else ()),
        )

    def sdist(self) -> Path:
        self.world.report(Step("Building source distribution..."))
        job = self.job("sdist", self.source.subject, self.source.path)
        with self.where(job) as where:
            return self.checked(build_sdist(job, where, report=self.world.report))

    def wheel(self) -> Path:
        self.world.report(Step("Building wheel..."))
        job = self.job("wheel", self.source.subject, self.source.path)
        with self.where(job) as where:
            return self.checked(build_wheel(job, where, report=self.world.report))

    def wheel_from(self, sdist: Path) -> Path:
        self.world.report(Step("Building wheel from source distribution..."))
        name, version = owner_of(sdist.name)
        tree = self.scratch / "tree"
        tree.mkdir()
        top = unpack_source(sdist, sdist.name, tree, limits=self.world.limits)
        job = self.job("wheel", f"{name}=={version}", top)
        with self.where(job) as where:
            wheel = build_wheel(job, where, report=self.world.report)
        check_built(wheel, subject=job.subject, name=name, version=version)
        return wheel

    def job(self, kind: str, subject: str, source: Path) -> Job:
        """Describe one build, in a folder of its own in the scratch."""
        folder = self.scratch / kind
        folder.mkdir()
        log_name = re.sub("[^a-z0-9-]+", "-", normalise(self.source.name)[:99])
        return builds.job_for(
            self.world,
            subject,
            source,
            folder,
            name=self.name,
            log_name=f"{kind}-{log_name}",
            variables=self.variables,
        )

    def where(self, job: Job) -> AbstractContextManager[BuildEnvironment]:
        """Make the environment of one build."""
        shares = self.world.settings.build_terms.shares(self.name)
        return environment(
            self.world,
            self.interpreter,
            subject=job.subject,
            name=self.name,
            build_in=str(self.place) if shares else "",
            held=self.held,
        )

    @property
    def held(self) -> Held | None:
        """What the lock of the project says of its build, where it is to say that."""
        project, settings = self.source.project, self.world.settings
        if project is None or not settings.choosing.locks_builds:
            return None
        lock = locked_builds(self.world.layout, project)
        return None if lock is None else Held(lock, (self.name, ""))

    @property
    def name(self) -> PackageName:
        """The package that is built, by its own name or its folder's."""
        return PackageName(normalise(self.source.name))

    def checked(self, made: Path) -> Path:
        """See that what was made is of the project that was to be built."""
        if self.source.project is not None:
            manifest = self.source.project.current.manifest
            name, version = PackageName(manifest.name), manifest.version or ""
            check_built(made, subject=self.source.subject, name=name, version=version)
        return made


def _folder(path: Path) -> Source:
    if not _has_project(path):
        return Source(path, path.name, "", None)
    project = find_project(str(path))
    refuse_virtual(project)
    return Source(path, project.current.manifest.raw_name, "", project)


def _has_project(folder: Path) -> bool:
    path = folder / MANIFEST_NAME
    try:
        return declares_project(path.read_text("utf-8", "replace"))
    except (FileNotFoundError, IsADirectoryError):
        return False
    except OSError as error:
        raise fsio.file_trouble(error, path) from error


def _can_be_built(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (MANIFEST_NAME, "setup.py", "setup.cfg"))


def _out_dir(source: Source, options: BuildOptions) -> Path:
    if options.out_dir is not None:
        return Path(os.path.abspath(options.out_dir))  # noqa: PTH100 -- as above
    if source.dist is not None:
        return source.dist
    return source.path.parent if source.is_archive else source.path / "dist"


def _publish(made: Sequence[Path], out_dir: Path, *, clear: bool, keep: Path) -> tuple[Path, ...]:
    """Put everything into the output folder, each file by one rename, and last what is to go."""
    try:
        if not out_dir.exists():
            out_dir.mkdir(parents=True)
            fsio.write_atomic(out_dir / ".gitignore", b"*\n")
        for path in made:
            fsio.write_atomic(out_dir / path.name, path.read_bytes())
        if clear:
            names = {path.name for path in made}
            owners = {_owner(path) for path in made}
            for path in sorted(out_dir.iterdir()):
                is_ours = path.name.endswith(_MADE) and path.is_file() and _owner(path) in owners
                if is_ours and path.name not in names and path != keep:
                    path.unlink()
    except OSError as error:
        raise fsio.file_trouble(error, out_dir) from error
    return tuple(out_dir / path.name for path in made)


def _owner(path: Path) -> PackageName | None:
    """Give the project a file is a build of; none for one that only looks like a build."""
    try:
        return owner_of(path.name)[0]
    except ValueError:
        return None
