"""The project's version: shown, set or raised; an edit of pyproject.toml with the lock and sync after it.

Files are written when everything is known to be right, and put back when a later step fails.
"""

from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.ops.discover import Project, decode, refuse_virtual
from detent.ops.edit import EditOutcome, finish_edit, lock_edited
from detent.ops.shown_paths import display
from detent.ops.stored_lock import read_lock, read_old_lock
from detent.ops.sync import SyncOptions
from detent.ops.upgrade import Upgrade
from detent.ops.world import World
from detent.project.bumping import Bump, bumped, checked_version, not_written, with_version


class VersionOptions(NamedTuple):
    """The version to set or the parts to raise, and how far to go; neither asks what it is."""

    value: str | None = None
    bumps: tuple[Bump, ...] = ()
    dry_run: bool = False
    no_sync: bool = False
    locked: bool = False
    frozen: bool = False

    @property
    def is_question(self) -> bool:
        """Whether nothing is to be changed."""
        return self.value is None and not self.bumps


class VersionOutcome(NamedTuple):
    """The version, and what changing it came to."""

    name: PackageName
    version: str
    before: str | None = None
    """``None`` when it was only asked for."""
    edit: EditOutcome | None = None
    """``None`` when nothing was written."""


def version_of(project: Project) -> VersionOutcome:
    """Give the version the project declares; raises :class:`ManifestInvalid` when it declares none."""
    refuse_virtual(project)
    manifest = project.current.manifest
    if manifest.version is None:
        raise not_written(manifest.text, display(project.current.manifest_path))
    return VersionOutcome(manifest.name, manifest.version)


def set_version(world: World, project: Project, options: VersionOptions) -> VersionOutcome:
    """Set or raise the version, then lock and sync.

    Raises :class:`UsageError` for what is no version or would not raise it, :class:`ManifestInvalid` for a
    version that is not written in the file, and whatever locking and syncing raise; the files are as they
    were then.
    """
    before = version_of(project).version
    after = bumped(before, options.bumps) if options.value is None else checked_version(options.value)
    part = project.current
    text = decode(part.manifest_bytes, part.manifest_path)
    edited = with_version(text, after, display=display(part.manifest_path))
    outcome = VersionOutcome(part.name, after, before)
    if options.dry_run:
        return outcome
    lock = None
    if not options.frozen:
        stored = read_lock(world.layout, project) if options.locked else read_old_lock(world, project)
        lock = lock_edited(world, project, edited, stored, locked=options.locked, upgrade=Upgrade())
    sync = None if options.no_sync else SyncOptions(exact=False, last="kept")
    return outcome._replace(
        edit=finish_edit(world, project, edited, lock, sync=sync, command=f"version {after}")
    )
