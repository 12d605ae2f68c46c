"""Look over this machine for what may make trouble, and say of each thing how it is.

Nothing here stops the rest: what cannot be read is a row of its own. Works outside of a project, beside a
pyproject.toml that is broken, and where the cache cannot be used; then a private folder stands in for it.
"""

import locale
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from detent import stamp
from detent.errors import DetentError, Failures, nearest
from detent.errors.store import StoreError
from detent.events import Report
from detent.index.git import find_git
from detent.index.programs import program_folders
from detent.model.limits import VARIABLES as LIMITS
from detent.model.sources import GitSource
from detent.named import NamedTuple
from detent.ops.active import environment_path
from detent.ops.discover import Project, project_above
from detent.ops.doctor_network import index_rows, proxy_rows, tls_rows
from detent.ops.doctor_places import Row, cache_rows, environment_rows, link_row
from detent.ops.python import sought
from detent.ops.shown_paths import display
from detent.ops.wiring import known_indexes, open_world
from detent.ops.world import World
from detent.project.indexes import IndexSetting
from detent.project.settings import VARIABLES as SETTINGS

_FEW_FILES = 256
_HINTS = {
    LIMITS["tries"]: "1",
    LIMITS["connect_seconds"]: "5",
    LIMITS["read_seconds"]: "10",
    LIMITS["stall_seconds"]: "10",
}
"""A look is no reason to wait long; what somebody set counts."""
_COUNTED = ("PIP_CONFIG_FILE", *(name for name, _, _ in SETTINGS))
_LOGIN_ENDS = ("_USERNAME", "_PASSWORD", "_ORIGIN")
_MOST_NAMES = 6


class Patient(NamedTuple):
    """What is looked at."""

    flags: Mapping[str, object]
    variables: Mapping[str, str]
    start: str | None
    """Where a project is looked for."""
    known: Collection[str]
    """The variables that flags read."""


def doctor(patient: Patient, report: Report) -> Iterator[Row]:
    """Look at everything, the machine first."""
    variables = patient.variables
    yield Row("detent", "ok", f"{stamp.VERSION} on Python {_own_version()} (`{sys.executable}`)")
    yield from _path_rows(variables)
    yield from _variable_rows(variables, patient.known)
    yield from _guarded("locale", _locale_rows)
    yield from _guarded("open files", _file_rows)
    project = None
    try:
        project = project_above(patient.start)
        told = f"`{display(project.manifest_path)}`" if project is not None else "there is none here"
        yield Row("project", "ok", told)
    except DetentError as error:
        yield from _rows_of("project", error)
    said: set[str] = set()
    with ExitStack() as closing:
        for opened, is_own in _worlds(patient, project, report):
            try:
                world = closing.enter_context(opened)
            except DetentError as error:
                if error.what not in said:
                    yield from _rows_of("cache" if isinstance(error, StoreError) else "settings", error)
                said.add(error.what)
                continue
            yield from _in_world(world, project, variables, is_own=is_own)
            return


def _worlds(
    patient: Patient, project: Project | None, report: Report
) -> Iterator[tuple[AbstractContextManager[World], bool]]:
    """Give ways to connect the parts, and whether it is as set: that first, then with less and less."""
    variables = {**_HINTS, **patient.variables}
    private = {**patient.flags, "no-cache": True}
    yield open_world(patient.flags, variables, report, project), True
    yield open_world(private, variables, report, project), False
    plain = {"no-cache": True, "no-config": True, "offline": patient.flags.get("offline")}
    own = {name: value for name, value in variables.items() if not name.startswith("DETENT_")}
    yield open_world(plain, {**own, **_HINTS}, report, None), False


def _in_world(
    world: World, project: Project | None, variables: Mapping[str, str], *, is_own: bool
) -> Iterator[Row]:
    if is_own:
        yield from _guarded("cache", lambda: cache_rows(world))
        place = environment_path(world, project) if project is not None else Path.cwd()
        yield from _guarded("links", lambda: (link_row(world, place),))
    yield from _guarded("python", lambda: _python_rows(world, project))
    yield from _guarded("git", lambda: _git_rows(project, variables))
    indexes: tuple[IndexSetting, ...] = ()
    try:
        indexes = known_indexes(world)
    except DetentError as error:
        yield from _rows_of("index", error)
    yield from _guarded("certificates", lambda: tls_rows(world, indexes, variables))
    yield from _guarded("proxy", lambda: proxy_rows(world, variables))
    yield from _guarded("index", lambda: index_rows(world, indexes))


def _guarded(name: str, look: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    try:
        yield from look()
    except DetentError as error:
        yield from _rows_of(name, error)
    except OSError as error:
        yield Row(name, "problem", "it could not be looked at", str(error))


def _rows_of(name: str, error: DetentError) -> Iterator[Row]:
    for fault in error.failures if isinstance(error, Failures) else (error,):
        yield Row(name, "problem", fault.what, fault.why, fault.next_steps)


# ---- this process ----------------------------------------------------------------------------


def _own_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _path_rows(variables: Mapping[str, str]) -> Iterator[Row]:
    """Say whether a shell would start this detent, or another one."""
    found = [
        path
        for folder in program_folders(variables)
        if os.access(path := os.path.join(folder, "detent"), os.X_OK) and os.path.isfile(path)  # noqa: PTH113, PTH118
    ]
    own = Path(sys.executable).parent / "detent"
    if not found:
        yield Row(
            "PATH",
            "note",
            "no `detent` is on it",
            next_steps=(f"add `{own.parent}` to it",) if own.exists() else (),
        )
    elif own.exists() and not os.path.samefile(found[0], own):  # noqa: PTH121
        text = f"`detent` is `{found[0]}`, and this one is `{own}`"
        yield Row(
            "PATH",
            "note",
            text,
            "each shell takes the first",
            (f"put `{own.parent}` first, or remove the other",),
        )
    else:
        yield Row("PATH", "ok", f"`detent` is `{found[0]}`")


def _variable_rows(variables: Mapping[str, str], known: Collection[str]) -> Iterator[Row]:
    """Name the variables that set something, and those that nobody reads; never what they say."""
    names = sorted(name for name, value in variables.items() if value)
    ours = {*known, *LIMITS.values(), *_COUNTED, "DETENT_CREDENTIALS_DIR"}
    own = [name for name in names if name.startswith("DETENT_")]
    read = [name for name in names if name in ours]
    logins = [name for name in own if name.startswith("DETENT_INDEX_") and name.endswith(_LOGIN_ENDS)]
    yield Row("variables", "ok", _listed(sorted({*read, *logins})) or "none is set")
    for name in own:
        if name not in ours and name not in logins:
            near = nearest(name, [each for each in ours if each.startswith("DETENT_")])
            step = (f"did you mean `{near}`?",) if near else (f"unset `{name}`",)
            yield Row("variables", "note", f"`{name}` is none that detent reads", next_steps=step)
    others = [
        name for name in names if name.startswith(("UV_", "PIP_", "POETRY_", "PDM_")) and name not in ours
    ]
    if others:
        yield Row("variables", "note", f"set for other tools, and not read: {_listed(others)}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def _locale_rows() -> Iterator[Row]:
    encoding = locale.getpreferredencoding(do_setlocale=False)
    before = locale.setlocale(locale.LC_CTYPE)
    steps = ("set `LC_ALL=C.UTF-8`",)
    try:
        name = locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        yield Row(
            "locale", "note", "the system does not have the one that the variables name", next_steps=steps
        )
        return
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    if "utf" not in encoding.lower():
        why = "names in other scripts cannot be shown"
        yield Row("locale", "note", f"text is {encoding}, not UTF-8", why, steps)
    else:
        yield Row("locale", "ok", name)


def _file_rows() -> Iterator[Row]:
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= most < _FEW_FILES:
        steps = ("raise the limit with `ulimit -n 4096`",)
        yield Row("open files", "problem", f"at most {most} may be open at once", next_steps=steps)
    else:
        yield Row("open files", "ok", "without a bound" if most < 0 else f"up to {most}")


# ---- Python and git --------------------------------------------------------------------------


def _python_rows(world: World, project: Project | None) -> Iterator[Row]:
    wanted = sought(world, project)
    root = environment_path(world, project) if project is not None else None
    if root is None:
        found = world.environments().find(wanted, report=world.report)
    else:
        found = world.environments().choose(root, wanted, report=world.report)
    asked = any(request.text for request in wanted.requests)
    how = f"asked for by {wanted.wanted_by}" if asked else "the first that fits"
    if Path(found.base_prefix).is_dir():
        yield Row("python", "ok", f"{found.description} (`{found.executable}`), {how}")
    else:
        why = f"its installation `{found.base_prefix}` is gone"
        yield Row("python", "problem", f"`{found.executable}` cannot work", why, ("install it again",))
    if root is not None:
        yield from environment_rows(world.environments().look(root, found))


def _git_rows(project: Project | None, variables: Mapping[str, str]) -> Iterator[Row]:
    rules = project.manifest.inputs("").all_sources() if project is not None else ()
    is_needed = any(isinstance(rule.source, GitSource) for rule in rules)
    try:
        program = find_git(variables, {str(project.root)} if project is not None else set())
    except DetentError as error:
        level = "problem" if is_needed else "note"
        yield Row("git", level, error.what, error.why, error.next_steps)
        return
    try:
        done = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield Row("git", "problem", f"`{program}` does not start", str(error), ("install git again",))
        return
    yield Row("git", "ok", f"{done.stdout.decode('utf-8', 'replace').strip()} (`{program}`)")
