"""A source tree made into a wheel, an editable wheel, a source distribution or metadata by its own back end.

Follows PEP 517 and PEP 660, in an environment that somebody else provisions. A back end's answers are not
believed: what it says it made has to be there, under the name it gave, as a plain file of the right kind.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from detent.build.halt import Halt
from detent.build.hooks import HookFailed, HookMissing, Hooks, hook_variables
from detent.build.system import BuildSystem, read_build_system
from detent.errors.build import BuildFailed
from detent.errors.store import ArchiveUnsafe
from detent.events import BuildOutput, Report, ignore
from detent.fsio import file_trouble
from detent.lock.filename import canonical_version, same_version, split_sdist, split_wheel
from detent.model.limits import Limits
from detent.model.names import PackageName, package_name
from detent.named import NamedTuple
from detent.store.contents import WheelArchive
from detent.store.naming import shown

Kind: TypeAlias = Literal["wheel", "editable", "sdist"]
"""What can be made of a source."""

_LIMITS = Limits()
# The only hook that is missed: the others are mandatory, or there is another way.
_WITHOUT_EDITABLE = (
    "install it as an ordinary wheel with `--no-editable`",
    "or, if it need not be installed, set `package = false` in `[tool.detent]`",
    "or build it with a back end that has this hook (PEP 660)",
)


class BuildEnvironment(Protocol):
    """Where a back end runs."""

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""

    @property
    def scripts(self) -> Path:
        """The folder of its programs."""

    def install(self, requirements: Sequence[str], /) -> None:
        """Bring what is required; called first with `requires`, then with what a hook asks for besides."""


class Job(NamedTuple):
    """One tree to be built."""

    subject: str
    """``name==version``, or ``name @ URL`` for a folder: how messages name it."""
    source: Path
    out: Path
    """An existing folder for the result."""
    tmp: Path
    """An existing folder for all that is temporary; removed by whoever made it."""
    log: Path
    """Where all of the output goes when the build fails."""
    config_settings: Mapping[str, str | list[str]]
    """Given to every hook."""
    variables: Mapping[str, str]
    """The caller's environment variables."""
    own_variables: Mapping[str, str] = {}
    """Variables for this build, whatever the caller's are."""
    halt: Halt | None = None
    """What ends the build from another thread."""


class BuiltMetadata(NamedTuple):
    """What a build told of itself."""

    metadata: bytes
    """The METADATA file."""
    wheel: Path | None
    """The wheel, where it had to be built for that."""


def build_wheel(job: Job, environment: BuildEnvironment, *, report: Report = ignore) -> Path:
    """Build a wheel into ``job.out``; raises :class:`BuildFailed` and :class:`BuildSystemInvalid`."""
    with _open(job, environment, report) as build:
        build.install_more(build.hooks.get_requires_for_build_wheel)
        return build.wheel()


def build_editable(job: Job, environment: BuildEnvironment, *, report: Report = ignore) -> Path:
    """Build a wheel that leads to the source tree into ``job.out``; raises as :func:`build_wheel`."""
    with _open(job, environment, report) as build:
        build.install_more(build.hooks.get_requires_for_build_editable)
        return build.editable()


def build_sdist(job: Job, environment: BuildEnvironment, *, report: Report = ignore) -> Path:
    """Build a source distribution into ``job.out``; raises as :func:`build_wheel`."""
    with _open(job, environment, report) as build:
        build.install_more(build.hooks.get_requires_for_build_sdist)
        return build.sdist()


def build_metadata(
    job: Job, environment: BuildEnvironment, *, limits: Limits = _LIMITS, report: Report = ignore
) -> BuiltMetadata:
    """Ask for the METADATA a wheel would have, or build the wheel where the back end cannot tell otherwise.

    Raises as :func:`build_wheel`.
    """
    with _open(job, environment, report) as build:
        build.install_more(build.hooks.get_requires_for_build_wheel)
        with contextlib.suppress(HookMissing):
            return BuiltMetadata(build.metadata(limits), None)
        wheel = build.wheel()
        return BuiltMetadata(_metadata_of(wheel, limits), wheel)


def build_requires(
    job: Job, environment: BuildEnvironment, kinds: Sequence[Kind], *, report: Report = ignore
) -> tuple[str, ...]:
    """Ask what builds of these kinds need beside what `[build-system]` requires, and build nothing.

    Raises as :func:`build_wheel`.
    """
    with _open(job, environment, report) as build:
        hooks = {
            "wheel": build.hooks.get_requires_for_build_wheel,
            "editable": build.hooks.get_requires_for_build_editable,
            "sdist": build.hooks.get_requires_for_build_sdist,
        }
        return tuple(dict.fromkeys(text for kind in kinds for text in build.asked(hooks[kind])))


def owner_of(filename: str) -> tuple[PackageName, str]:
    """Give the project and the version, canonical, that a built file's name gives; :class:`ValueError`."""
    its_name, its_version = split_wheel(filename)[:2] if filename.endswith(".whl") else split_sdist(filename)
    return package_name(its_name), canonical_version(its_version)


def check_built(path: Path, *, subject: str, name: PackageName, version: str = "") -> None:
    """Raise :class:`BuildFailed` unless a built file is named for this project, and this version if given."""
    its_name, its_version = owner_of(path.name)
    if its_name != name or (version and not same_version(its_version, version)):
        wanted = f"`{name}` {version}" if version else f"`{name}`"
        raise BuildFailed(subject, f"its back end made `{path.name}`, which is not {wanted}")


class _Build:
    """A build that is going on; what goes wrong is a :class:`HookFailed`."""

    def __init__(self, job: Job, system: BuildSystem, environment: BuildEnvironment, report: Report) -> None:
        self._job = job
        self._environment = environment
        self._settings = dict(job.config_settings)
        self._backend = system.backend
        self.hooks = Hooks(
            system,
            job.source,
            environment.python,
            variables={
                **hook_variables(job.variables, scripts=environment.scripts, tmp=job.tmp),
                **job.own_variables,
            },
            tmp=job.tmp,
            halt=job.halt,
            report=report,
        )
        report(BuildOutput(job.subject, self.hooks.last_line))

    def install_more(self, ask: Callable[[Mapping[str, str | list[str]]], object]) -> None:
        """Install what a `get_requires_for_...` hook asks for."""
        answer = self.asked(ask)
        if answer:
            self._environment.install(answer)

    def asked(self, ask: Callable[[Mapping[str, str | list[str]]], object]) -> list[str]:
        """Give what a `get_requires_for_...` hook asks for."""
        answer = ask(self._settings)
        if not isinstance(answer, list) or not all(isinstance(item, str) for item in answer):
            raise HookFailed(
                f"its back end `{self._backend}` gave requirements that are not a list of strings"
            )
        return answer

    def wheel(self) -> Path:
        before = self._wheels()
        return self._made_wheel(self.hooks.build_wheel(str(self._job.out), self._settings), before)

    def editable(self) -> Path:
        before = self._wheels()
        return self._made_wheel(self.hooks.build_editable(str(self._job.out), self._settings), before)

    def sdist(self) -> Path:
        name = self.hooks.build_sdist(str(self._job.out), self._settings)
        path = self._made(name, ".tar.gz")
        _owner(path.name)
        return path

    def metadata(self, limits: Limits) -> bytes:
        """Give METADATA without building; :class:`HookMissing` where the back end cannot."""
        folder = Path(tempfile.mkdtemp(prefix="metadata-", dir=self._job.tmp))
        answer = self.hooks.prepare_metadata_for_build_wheel(
            str(folder), self._settings, _allow_fallback=False
        )
        name = _plain_name(answer, ".dist-info")
        found = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".dist-info"))
        if found != [name] or (folder / name).is_symlink():
            raise HookFailed(f"its back end did not make the one folder `{shown(name)}` it speaks of")
        path = folder / name / "METADATA"
        if not _is_plain_file(path):
            raise HookFailed(f"its back end made `{shown(name)}` without a file `METADATA`")
        with path.open("rb") as file:
            data = file.read(limits.metadata_bytes + 1)
        if len(data) > limits.metadata_bytes:
            raise HookFailed(f"its METADATA is larger than {limits.metadata_bytes} bytes")
        return data

    def _made_wheel(self, answer: object, before: set[str]) -> Path:
        path = self._made(answer, ".whl")
        _owner(path.name)
        others = self._wheels() - before - {path.name}
        if others:
            names = " and ".join(f"`{shown(name)}`" for name in sorted(others))
            raise HookFailed(f"its back end made {names} besides `{path.name}`")
        return path

    def _wheels(self) -> set[str]:
        return {entry.name for entry in os.scandir(self._job.out) if entry.name.endswith(".whl")}

    def _made(self, answer: object, ending: str) -> Path:
        path = self._job.out / _plain_name(answer, ending)
        if not _is_plain_file(path):
            raise HookFailed(f"its back end did not make the file `{shown(path.name)}` it speaks of")
        return path


@contextlib.contextmanager
def _open(job: Job, environment: BuildEnvironment, report: Report) -> Iterator[_Build]:
    """Begin a build; every :class:`HookFailed` becomes a :class:`BuildFailed` that knows its log.

    What the system refuses beside the hooks, such as room on the disk, is a :class:`FileTrouble`.
    """
    system = read_build_system(job.source, display=f"{job.subject}/pyproject.toml")
    environment.install(system.requires)
    try:
        build = _Build(job, system, environment, report)
        with contextlib.closing(build.hooks):
            try:
                yield build
            except HookFailed as failed:
                raise BuildFailed(
                    job.subject,
                    failed.reason,
                    output=build.hooks.last_lines(),
                    log=_keep_log(build.hooks, job.log),
                    next_steps=_WITHOUT_EDITABLE if isinstance(failed, HookMissing) else (),
                ) from failed
    except OSError as error:
        raise file_trouble(error, job.tmp) from error


def _keep_log(hooks: Hooks, log: Path) -> str:
    """Give the path of the log, or nothing where there is none: it must not hide why the build failed."""
    try:
        return str(log) if hooks.keep_output(log) else ""
    except OSError:
        return ""


def _plain_name(answer: object, ending: str) -> str:
    if not isinstance(answer, str):
        raise HookFailed(f"its back end gave no name of what it made, but {type(answer).__name__}")
    if "/" in answer or "\\" in answer or not answer.isprintable() or not answer.endswith(ending):
        raise HookFailed(
            f"its back end says that it made `{shown(answer)}`, which is no name ending in `{ending}`"
        )
    return answer


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _owner(filename: str) -> tuple[PackageName, str]:
    try:
        return owner_of(filename)
    except ValueError as error:
        raise HookFailed(f"its back end gave what it made a wrong name: {error}") from error


def _metadata_of(wheel: Path, limits: Limits) -> bytes:
    name, version = _owner(wheel.name)
    try:
        archive = WheelArchive(wheel.read_bytes(), wheel.name, name=name, version=version, limits=limits)
        (member,) = (m for m in archive.zip.members if m.name == f"{archive.dist_info}/METADATA")
        return archive.zip.read(member, limits.metadata_bytes)
    except ArchiveUnsafe as error:
        raise HookFailed(f"the wheel that its back end made was refused: {error.why}") from error
