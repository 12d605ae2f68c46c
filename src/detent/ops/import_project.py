"""Make another tool's project one of detent: its pyproject.toml is rewritten, its locked versions are kept.

All is decided in memory; pyproject.toml and lock are written together when both are right. Files of the other
tool are read and stay. The environment is not touched.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from packaging.version import Version

from detent import fsio
from detent.errors import DetentError, Failures, Unsupported
from detent.errors.project import ManifestChanged
from detent.events import Notice, Report, Step
from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, Project, read_pin
from detent.ops.history import Remembered, changed
from detent.ops.import_sources import Asked, Import, read_import
from detent.ops.lock import LockOutcome, lock_change, lock_project, project_inputs, write_lock
from detent.ops.policy import policy_of
from detent.ops.restoring import Restoring, one_at_a_time
from detent.ops.shown_paths import display
from detent.ops.stored_lock import read_old_lock
from detent.ops.upgrade import Upgrade
from detent.ops.world import World
from detent.project.importing.assembly import with_python
from detent.project.importing.conversion import Direct
from detent.project.manifest import Manifest, parse_manifest
from detent.project.values import redacted
from detent.resolve.policy import rules_for
from detent.resolve.preferences import Preferences

Open = Callable[[Project], AbstractContextManager[World]]


class Moved(NamedTuple):
    """A locked version that is not in the new lock."""

    name: PackageName
    version: str
    now: tuple[str, ...]
    """The versions there are instead, oldest first; empty for none."""
    reason: str


class ImportOutcome(NamedTuple):
    """What an import came to."""

    source: Import
    text: str
    """The pyproject.toml as it is now, or would be."""
    requirements: int
    """How many were written into pyproject.toml; 0 where it stayed as it was."""
    lock: LockOutcome | None
    """``None`` in a dry run, and where there was nothing to import."""
    moved: tuple[Moved, ...] = ()


def import_project(asked: Asked, open_world: Open, report: Report, *, dry_run: bool = False) -> ImportOutcome:
    """Convert, lock with the versions that were locked, write both files.

    Raises :class:`UsageError`, :class:`ManifestInvalid`, :class:`Unsupported` for what cannot be kept, and
    whatever locking raises; the files are as they were then.
    """
    source = read_import(asked)
    if source.is_done:
        return ImportOutcome(source, source.conversion.text, 0, None)
    has_more = source.is_changed or source.locked is not None
    if has_more:
        report(Step(f"Importing from {source.tool}: {', '.join(f'`{name}`' for name in source.taken)}"))
    for note in filter(None, (source.passed_over, *source.conversion.notes)):
        report(Notice("note", note))
    if dry_run:
        for direct in source.conversion.direct:
            report(Notice("warning", _direct(direct).what))
    else:
        _refuse_direct(source.conversion.direct)
    if dry_run and source.conversion.direct:
        # It will not be written as it is, and the URLs in it may have passwords.
        return ImportOutcome(source, redacted(source.conversion.text), 0, None)
    if not has_more:
        return ImportOutcome(source, source.conversion.text, 0, None)
    project = _project(source, source.conversion.text)
    with open_world(project) as world:
        project = _with_python(world, source, project)
        count = _count(project.manifest) if source.is_changed else 0
        if dry_run:
            return ImportOutcome(source, project.manifest.text, count, None)
        return _lock(world, source, project)


def _lock(world: World, source: Import, project: Project) -> ImportOutcome:
    versions = source.locked.versions if source.locked is not None else {}
    inputs = project_inputs(world, project)
    before = read_old_lock(world, project)
    # The lock of a tool counts for more than one made without it; requirements only add to what is there.
    kept = before if source.tool == "requirements" else None
    outcome = lock_project(world, project, inputs, Upgrade(), before=kept, imported=versions)
    moved = _moved(world, versions, outcome.lock, inputs)  # before all is written: it may ask the index
    with (
        one_at_a_time(world, project.manifest_path),
        Remembered(world.layout, project.root, "import") as remembered,
        Restoring(world.report) as restoring,
    ):
        _refuse_if_changed(source, project)
        remembered.files(
            *changed(MANIFEST_NAME, source.before, project.manifest_bytes),
            *lock_change(project, outcome),
        )
        _write_manifest(restoring, source, project)
        restoring.remember(project.lock_path, before.text if before is not None else None, outcome.text)
        write_lock(world, project, outcome)
    return ImportOutcome(
        source,
        project.manifest.text,
        _count(project.manifest) if source.is_changed else 0,
        outcome,
        moved,
    )


def _refuse_if_changed(source: Import, project: Project) -> None:
    path = project.manifest_path
    try:
        current = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    if current != source.before:
        raise ManifestChanged(display(path))


def _write_manifest(restoring: Restoring, source: Import, project: Project) -> None:
    path = project.manifest_path
    restoring.remember(path, source.before, project.manifest_bytes)
    if project.manifest_bytes != source.before:
        fsio.write_atomic(path, project.manifest_bytes, durable=True)


def _project(source: Import, text: str) -> Project:
    """Read the new text; a fault in it is named by its place there."""
    path = source.root / MANIFEST_NAME
    shown = display(path) if not source.is_changed else f"{display(path)} (as imported)"
    manifest = parse_manifest(text, path, display=shown)
    return Project(source.root, manifest, text.encode(), read_pin(source.root))


def _with_python(world: World, source: Import, project: Project) -> Project:
    """Write down the oldest Python of a project that never said: the one in use."""
    if project.manifest.requires_python or not source.is_changed:
        return project
    version = world.interpreter(project).version
    bound = ">=" + ".".join(version.split(".")[:2])
    world.report(
        Notice("note", f'nothing says which Python is needed; `requires-python = "{bound}"` was written')
    )
    return _project(source, with_python(project.manifest.text, bound, display=MANIFEST_NAME))


def _refuse_direct(direct: tuple[Direct, ...]) -> None:
    """What is not on an index is not taken over, and must not be left out in silence."""
    failures: list[DetentError] = list(map(_direct, direct))
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise Failures(failures)


def _direct(direct: Direct) -> Unsupported:
    return Unsupported(
        f"`{direct.where}`: `{direct.name}` comes from {redacted(direct.source)}, "
        "and an import takes over packages from an index alone",
        next_steps=("take it out, import, and add it again with `detent add`",),
    )


def _count(manifest: Manifest) -> int:
    lists = (manifest.dependencies, *(needs for _, needs in (*manifest.extras, *manifest.groups)))
    return sum(map(len, lists))


# ---- what could not be kept ------------------------------------------------------------------


def _moved(
    world: World, versions: Mapping[PackageName, tuple[str, ...]], lock: Lock, inputs: Inputs
) -> tuple[Moved, ...]:
    """Give each version that is not in the new lock, with the reason."""
    now: dict[PackageName, list[str]] = {}
    for package in lock.packages:
        now.setdefault(package.name, []).append(package.version)
    return tuple(
        Moved(name, version, tuple(now.get(name, ())), _reason(world, name, version, lock, inputs))
        for name, locked in versions.items()
        for version in locked
        if Version(version) not in map(Version, now.get(name, ()))  # `1.0` was kept as `1.0.0`
    )


def _reason(world: World, name: PackageName, version: str, lock: Lock, inputs: Inputs) -> str:
    if all(package.name != name for package in lock.packages):
        return "nothing needs it"
    listing = world.releases.listing(name)
    number = listing.number(version)
    if number is None:
        return "the index does not have it"
    policy = policy_of(world.settings, world.releases.index_of)
    rules = rules_for(policy, inputs.roots(), Preferences(), inputs.adjustments)
    hidden = next((h.reason for h in rules.allowed(listing).hidden if h.mask >> number & 1), "")
    if hidden and hidden != "was yanked":
        return f"it {hidden}"
    asker = _asker(name, version, lock, inputs)
    if asker:
        return asker
    python = listing.release(number).requires_python
    wanted = markers.requires_python(inputs.requires_python)
    if not markers.implies(wanted, markers.python_lower_bounds(python)):
        return f"it needs Python {python}, and the project is for {inputs.requires_python}"
    return "another version goes with everything else"


def _asker(name: PackageName, version: str, lock: Lock, inputs: Inputs) -> str:
    """Name a requirement that leaves this version out."""
    for root in inputs.roots():
        if root.requirement.name == name and not _lets_in(root.requirement.specifier, version):
            return f"`{root.requirement}` is asked for"
    for constraint in inputs.adjustments.constraints:
        if constraint.name == name and not _lets_in(constraint.specifier, version):
            return f"the constraint `{constraint}` leaves it out"
    for package in lock.packages:
        for text in (*package.requires, *(each for _, needs in package.extras for each in needs)):
            requirement = parse_requirement(text)
            if requirement.name == name and not _lets_in(requirement.specifier, version):
                return f"`{package.name}` {package.version} asks for `{name}{requirement.specifier}`"
    return ""


def _lets_in(specifier: str, version: str) -> bool:
    return all(clause_contains(clause, version) for clause in parse_clauses(specifier))
