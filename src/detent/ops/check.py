"""Check whether the project is in order, as far as that can be seen without the network and without a change.

Each check stands for itself where it can; one that another has made pointless says so. What is wrong is told
in the words that the command would have used that stumbles over it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from detent.errors import DetentError, Failures
from detent.named import NamedTuple
from detent.ops.check_metadata import Finding, metadata_findings, pin_findings
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.lock import check_lock, project_inputs
from detent.ops.shown_paths import display
from detent.ops.stored_lock import read_lock
from detent.ops.sync import SyncOptions, sync
from detent.ops.tasks import tasks_of
from detent.ops.world import World

Opened = Callable[[Project], AbstractContextManager[World]]


class Checked(NamedTuple):
    """One thing that was looked at."""

    name: str
    told: str
    """What is right with it, or why nobody looked."""
    findings: tuple[Finding, ...] = ()
    exit_code: int = 0
    is_skipped: bool = False


def check(find: Callable[[], Project], opened: Opened) -> Iterator[Checked]:
    """Look at everything; what is wrong is a finding and is not raised."""
    try:
        project = find()
    except DetentError as error:
        yield _failed("project", error)
        return
    yield Checked("project", f"`{display(project.manifest_path)}` is valid{_members(project)}")
    yield _gathered("metadata", "names, files and modules are there", _metadata(project))
    yield _tasks(project)
    yield _pin(project)
    try:
        with opened(project) as world:
            lock = _lock(world, project)
            yield lock
            yield _environment(world, project, is_lock_right=not lock.findings)
    except DetentError as error:  # before there was a world
        yield _failed("settings", error)


def _members(project: Project) -> str:
    count = len(project.workspace.parts) if project.workspace is not None else 0
    return f", and {count} member{'s' if count > 1 else ''} of its workspace" if count else ""


def _metadata(project: Project) -> Iterator[Finding]:
    for part in project.packages():
        yield from metadata_findings(part)


def _tasks(project: Project) -> Checked:
    findings: list[Finding] = []
    count = 0
    groups = {group for manifest in project.manifests() for group, _ in manifest.groups}
    extras = {extra for manifest in project.manifests() for extra, _ in manifest.extras}
    try:
        found = tasks_of(project)
    except DetentError as error:
        return _failed("tasks", error)
    for place in found:
        for task in place.tasks.values():
            count += 1
            asked = (("group", task.groups, groups), ("extra", task.extras, extras))
            for kind, names, known in asked:
                findings += [
                    Finding(
                        f"the task `{task.name}` asks for the {kind} `{name}`, which does not exist",
                        next_steps=(f"take it out of the task, or write the {kind}",),
                    )
                    for name in names
                    if name not in known
                ]
            folder = Path(place.root, task.at(str(place.root)).folder)
            if not folder.is_dir():
                findings.append(
                    Finding(
                        f"the folder `{display(folder)}` of the task `{task.name}` does not exist",
                        next_steps=("name one that is there as `cwd`",),
                    )
                )
    told = f"{count} task{'' if count == 1 else 's'} can be read" if count else "there are none"
    return _gathered("tasks", told, findings)


def _pin(project: Project) -> Checked:
    pin = project.python_pin
    if pin is None:
        return Checked("python", "there is no `.python-version`")
    try:
        findings = tuple(pin_findings(pin, project.requires_python))
    except DetentError as error:
        return _failed("python", error)
    return _gathered("python", f"`{pin.display}` fits `requires-python`", findings)


def _lock(world: World, project: Project) -> Checked:
    try:
        stored = check_lock(world, project, project_inputs(world, project), flag="detent check")
    except DetentError as error:
        return _failed("lock", error)
    count = len(stored.lock.packages)
    return Checked("lock", f"`{LOCK_NAME}` is up to date ({count} package{'' if count == 1 else 's'})")


def _environment(world: World, project: Project, *, is_lock_right: bool) -> Checked:
    try:
        if not is_lock_right and read_lock(world.layout, project) is None:
            return Checked("environment", f"there is no `{LOCK_NAME}` to hold it against", is_skipped=True)
        outcome = sync(world, project, SyncOptions(check=True, frozen=True, last="kept"))
    except DetentError as error:
        if not is_lock_right:
            told = f"it cannot be held against a `{LOCK_NAME}` that is not right"
            return Checked("environment", told, is_skipped=True)
        return _failed("environment", error)
    where = display(outcome.environment)
    if outcome.is_in_step:
        return Checked("environment", f"`{where}` is what `{LOCK_NAME}` says")
    changes = outcome.plan.changes()
    wanted = (
        ("to install", changes.installed),
        ("to take out", changes.removed),
        ("to install again", changes.reinstalled),
    )
    told = ", ".join(f"{len(names)} {what}" for what, names in wanted if names)
    what = {
        "created": f"there is no environment at `{where}`",
        "replaced": f"the environment `{where}` has to be made again",
        "kept": f"the environment `{where}` is not what `{LOCK_NAME}` says",
    }[outcome.environment_action]
    finding = Finding(
        what, f"packages: {told}" if told else "", ("run `detent sync`",), "environment-outdated"
    )
    return Checked("environment", "", (finding,), exit_code=1)


def _gathered(name: str, told: str, findings: Iterable[Finding]) -> Checked:
    found = tuple(findings)
    return Checked(name, "" if found else told, found, exit_code=1 if found else 0)


def _failed(name: str, error: DetentError) -> Checked:
    faults = error.failures if isinstance(error, Failures) else (error,)
    findings = tuple(Finding(fault.what, fault.why, fault.next_steps, fault.code) for fault in faults)
    return Checked(name, "", findings, exit_code=error.exit_code)
