"""Find the project a command is about, and read its own files.

The nearest pyproject.toml with a `[project]` table, walking up, is the project; the lock, the environment and
`.python-version` stand beside it. Where a pyproject.toml above (or that one itself) has a workspace that it
is a member of, they stand there, and the root of the workspace is what is read.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from detent import fsio
from detent.errors import DetentError, Failures, UsageError, did_you_mean
from detent.errors.project import ManifestInvalid, ManifestMissing, ProjectUnmanaged
from detent.model.inputs import Inputs
from detent.model.members import Member
from detent.model.names import GroupName, PackageName, normalise
from detent.named import NamedTuple
from detent.ops.shown_paths import display
from detent.ops.workspace import member_folders
from detent.project.known import BY_NAME
from detent.project.manifest import Manifest, declares_project, parse_manifest
from detent.project.members import Asking, narrowest, together
from detent.project.workspace_table import WorkspaceTable, read_workspace

MANIFEST_NAME = "pyproject.toml"
LOCK_NAME = "pylock.toml"
PIN_NAME = ".python-version"


class PythonPin(NamedTuple):
    """The contents of a `.python-version` file, and where it stands (as a person would write it)."""

    text: str
    display: str


class Part(NamedTuple):
    """A member of a workspace on disk."""

    root: Path
    folder: str
    """The same, relative to the root of the workspace."""
    manifest: Manifest
    manifest_bytes: bytes

    @property
    def name(self) -> PackageName:
        """What it is called."""
        return self.manifest.name

    @property
    def manifest_path(self) -> Path:
        """Where its pyproject.toml stands."""
        return self.root / MANIFEST_NAME

    @property
    def manifest_name(self) -> str:
        """The same, relative to the root of the workspace."""
        return f"{self.folder}/{MANIFEST_NAME}"

    def member(self) -> Member:
        """Give what a lock knows of it."""
        manifest = self.manifest
        return Member(
            manifest.name,
            self.folder,
            manifest.requires_python,
            manifest.is_package,
            tuple(extra for extra, _ in manifest.extras),
            tuple(group for group, _ in manifest.groups),
            manifest.default_groups,
        )

    def as_project(self) -> "Project":
        """Give it as a project of its own."""
        return Project(self.root, self.manifest, self.manifest_bytes, None)


class Workspace(NamedTuple):
    """The members that share a lock and an environment with the project at the root."""

    parts: tuple[Part, ...]
    """Sorted by name."""
    here: PackageName | None = None
    """The member that the command is about; ``None``: the root."""
    registered: str | None = None
    """The text of the root's manifest with members that a command adds; ``None`` where it adds none."""

    def part(self, name: str) -> Part | None:
        """Give the member of this name."""
        return next((part for part in self.parts if part.name == name), None)


class Project(NamedTuple):
    """A project on disk. Texts are kept as they were read, so that they can be put back.

    Of a workspace it is the root, wherever in it a command stands.
    """

    root: Path
    manifest: Manifest
    manifest_bytes: bytes
    python_pin: PythonPin | None
    workspace: Workspace | None = None

    @property
    def title(self) -> str:
        """Its name, or that of its folder where it has none."""
        return self.manifest.name or self.root.name

    @property
    def requires_python(self) -> str:
        """The Pythons that everything that shares the environment allows, canonical."""
        if self.workspace is None:
            return self.manifest.requires_python
        said = ((part.manifest.requires_python, part.manifest_name) for part in self.workspace.parts)
        return narrowest(((self.manifest.requires_python, MANIFEST_NAME), *said))

    @property
    def current(self) -> Part:
        """What the command is about: a member, or the root itself."""
        workspace = self.workspace
        found = workspace.part(workspace.here) if workspace is not None and workspace.here else None
        return found or Part(self.root, "", self.manifest, self.manifest_bytes)

    def parts(self) -> tuple[Part, ...]:
        """Give the root, whatever it is, and every member."""
        root = Part(self.root, "", self.manifest, self.manifest_bytes)
        return (root, *(self.workspace.parts if self.workspace is not None else ()))

    def packages(self) -> tuple[Part, ...]:
        """Give everything of the workspace that has a name, sorted; without a workspace, the project."""
        parts = self.workspace.parts if self.workspace is not None else ()
        root = Part(self.root, "", self.manifest, self.manifest_bytes)
        own = (root,) if self.manifest.name else ()
        return tuple(sorted((*own, *parts), key=lambda part: part.name))

    def manifests(self) -> tuple[Manifest, ...]:
        """Give every manifest that its lock is made from."""
        parts = self.workspace.parts if self.workspace is not None else ()
        return self.manifest, *(part.manifest for part in parts)

    def texts(self) -> dict[str, bytes]:
        """Give the manifest of every member by its folder, as it is meant and maybe not yet written."""
        parts = self.workspace.parts if self.workspace is not None else ()
        return {part.folder: part.manifest_bytes for part in parts}

    def with_current(self, manifest: Manifest, content: bytes) -> "Project":
        """Put another manifest in the place of the one that the command is about."""
        workspace = self.workspace
        if workspace is None or not workspace.here:
            return self._replace(manifest=manifest, manifest_bytes=content)
        parts = tuple(
            part._replace(manifest=manifest, manifest_bytes=content) if part.name == workspace.here else part
            for part in workspace.parts
        )
        return self._replace(workspace=workspace._replace(parts=parts))

    def as_root(self) -> "Project":
        """Give it with the command about the root of its workspace."""
        return self._replace(workspace=self.workspace and self.workspace._replace(here=None))

    def group_in_lock(self, text: str) -> str:
        """Give the name a group has in the lock; what is no group of the package here stays as it is."""
        part, name = self.current, GroupName(normalise(text))
        is_of_member = bool(part.folder) and any(name == group for group, _ in part.manifest.groups)
        return part.member().of_group(name) if is_of_member else text

    def parsed(self, text: str) -> Manifest:
        """Read another text for what the command is about; raises :class:`ManifestInvalid`."""
        part = self.current
        members = () if part.folder or self.workspace is None else [p.member() for p in self.workspace.parts]
        path = part.manifest_path
        return parse_manifest(text, path, display=display(path), base=part.folder, members=members)

    def inputs(self, index_url: str) -> Inputs:
        """Give what its lock is made from, as far as the files say it.

        Raises :class:`ManifestInvalid` for members that cannot be together.
        """
        inputs = self.manifest.inputs(index_url)
        if self.workspace is None:
            return inputs
        parts = self.workspace.parts
        return together(inputs, [Asking(part.member(), part.manifest.inputs(index_url)) for part in parts])

    @property
    def manifest_path(self) -> Path:
        """Where the pyproject.toml stands."""
        return self.root / MANIFEST_NAME

    @property
    def lock_path(self) -> Path:
        """Where the lock stands, or will."""
        return self.root / LOCK_NAME


def find_project(start: str | None) -> Project:
    """Find the project at or above `start` (a folder or a pyproject.toml; default: the current folder).

    Raises :class:`UsageError` for a `start` that does not exist, :class:`ManifestMissing` when there is no
    project and :class:`ManifestInvalid` when there is one that cannot be used.
    """
    folder = starting_folder(start)
    candidates = [folder / MANIFEST_NAME for folder in (folder, *folder.parents)]
    existing = [path for path in candidates if path.is_file()]
    if not existing:
        raise ManifestMissing(str(folder))
    chosen = next((place for place, path in enumerate(existing) if declares_project(_text(path))), 0)
    return _with_workspace(existing[chosen], existing[chosen:])


def project_above(start: str | None) -> Project | None:
    """Find the project at or above `start` for a command that can do without one.

    Raises :class:`UsageError` for a `start` that does not exist, :class:`ManifestInvalid` for a project that
    cannot be used.
    """
    folder = starting_folder(start)
    paths = (folder / MANIFEST_NAME for folder in (folder, *folder.parents))
    existing = [path for path in paths if path.is_file()]
    found = next((place for place, path in enumerate(existing) if declares_project(_text(path))), None)
    return None if found is None else _with_workspace(existing[found], existing[found:])


def read_project(root: Path) -> Project:
    """Read the project whose pyproject.toml stands in this folder, whatever workspace it may be in."""
    path = root / MANIFEST_NAME
    content = _bytes(path)
    manifest = parse_manifest(decode(content, path), path, display=display(path))
    return Project(root, manifest, content, read_pin(root))


def about(project: Project, name: str) -> Project:
    """Give the project with the command about this member, or about the root; raises :class:`UsageError`."""
    wanted = normalise(name)
    workspace = project.workspace
    if wanted == project.manifest.name:
        return project.as_root()
    if workspace is None or workspace.part(wanted) is None:
        raise no_member(project, name)
    return project._replace(workspace=workspace._replace(here=PackageName(wanted)))


def refuse_virtual(project: Project) -> None:
    """Raise :class:`UsageError` where what a command is about is the root of a workspace and no project."""
    if not project.current.name:
        raise UsageError(
            "the root of the workspace is no project",
            why=f"`{display(project.manifest_path)}` has no `[project]` table",
            next_steps=("name a member with `--package`",),
        )


def no_member(project: Project, name: str) -> UsageError:
    """Say that nothing of the workspace has this name."""
    parts = project.workspace.parts if project.workspace is not None else ()
    names = [*((project.manifest.name,) if project.manifest.name else ()), *(part.name for part in parts)]
    shown = ", ".join(f"`{known}`" for known in names)
    return UsageError(
        f"there is no package `{name}` in the workspace" if parts else f"`{name}` is not this project",
        why=f"its packages are {shown}" if parts else f"this is {shown}, and there is no workspace",
        next_steps=(
            *did_you_mean(name, names),
            "see `detent workspace list`"
            if parts
            else 'make it a workspace: `members = ["packages/*"]` in `[tool.detent.workspace]`',
        ),
    )


# ---- workspaces ------------------------------------------------------------------------------


def _with_workspace(nearest: Path, existing: Sequence[Path]) -> Project:
    """Read the root of the workspace that a project is in, or the project; ``existing`` begins with it."""
    for path in existing:
        text = _text(path)
        if "workspace" not in text:
            continue
        try:
            table = read_workspace(text, display(path))
        except ManifestInvalid:
            if path == nearest:
                raise
            continue  # the file of another project: what is wrong there is for who works there
        if table is None:
            continue
        folders = member_folders(path.parent, table)
        here = "" if path == nearest else _folder_of(nearest.parent, path.parent, folders)
        if here is not None:
            return _workspace(path.parent, table, folders, here)
    return read_project(nearest.parent)


def _folder_of(folder: Path, root: Path, folders: Sequence[str]) -> str | None:
    """Give which of the members lies in a folder; ``None`` for a folder of none."""
    real = os.path.realpath(folder)
    return next((each for each in folders if os.path.realpath(root / each) == real), None)


def _workspace(root: Path, table: WorkspaceTable, folders: Sequence[str], here: str) -> Project:
    faults: list[DetentError] = []
    parts: dict[PackageName, Part] = {}
    for folder in folders:
        try:
            part = read_part(root, folder)
        except ProjectUnmanaged:
            continue
        except DetentError as fault:
            faults.append(fault)
            continue
        other = parts.setdefault(part.name, part)
        if other is not part:
            faults.append(_same_name(part.name, other.manifest_name, part.manifest_name))
    if faults:
        raise faults[0] if len(faults) == 1 else Failures(faults)
    found = tuple(parts[name] for name in sorted(parts))
    path = root / MANIFEST_NAME
    content = _bytes(path)
    members = [part.member() for part in found]
    manifest = parse_manifest(decode(content, path), path, display=display(path), members=members)
    if manifest.name in parts:
        raise _same_name(manifest.name, MANIFEST_NAME, parts[manifest.name].manifest_name)
    warnings = (text for part in found for text in (*part.manifest.warnings, *_ignored(part)))
    manifest = manifest._replace(
        warnings=(*manifest.warnings, *warnings),
        notes=(
            *((table.note,) if table.note else ()),
            *manifest.notes,
            *(text for part in found for text in part.manifest.notes),
        ),
    )
    standing = next((part.name for part in found if part.folder == here), None)
    return Project(root, manifest, content, read_pin(root), Workspace(found, standing))


def read_part(root: Path, folder: str) -> Part:
    """Read a member; raises :class:`ManifestInvalid`, also for one that has a workspace of its own."""
    path = root / folder / MANIFEST_NAME
    content = _bytes(path)
    text = decode(content, path)
    if read_workspace(text, display(path)) is not None:
        raise ManifestInvalid(
            display(path),
            "a member of a workspace has a workspace of its own",
            why=f"`{display(root / MANIFEST_NAME)}` has this folder as a member",
            next_steps=("take one of the two tables out, or name the folder in `exclude` of the other",),
        )
    return Part(
        root / folder, folder, parse_manifest(text, path, display=display(path), base=folder), content
    )


def _same_name(name: PackageName, one: str, other: str) -> ManifestInvalid:
    return ManifestInvalid(
        other,
        f"two packages of the workspace are called `{name}`",
        why=f"the other one is `{one}`",
        next_steps=("give one of them another name",),
    )


OF_MEMBERS = frozenset(("sources", "tasks", "package", "default-groups", "managed", "required-version"))
"""What a member may set for itself."""


def _ignored(part: Part) -> Iterator[str]:
    keys = [key for key in part.manifest.settings if key in BY_NAME and key not in OF_MEMBERS]
    if keys:
        shown = ", ".join(f"`{key}`" for key in keys)
        yield (
            f"`{part.manifest_name}` sets {shown} in [tool.detent], "
            "which counts at the root of the workspace alone"
        )


def decode(content: bytes, path: Path) -> str:
    """Decode a pyproject.toml; raises :class:`ManifestInvalid` when it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestInvalid(
            f"{display(path)}:{line}", "not UTF-8 text", why=f"byte {error.start} cannot be decoded"
        ) from error


def starting_folder(start: str | None) -> Path:
    """Give the folder the search for a project starts in; raises :class:`UsageError` when there is none."""
    if start is None:
        return Path.cwd()
    path = Path(os.path.abspath(start))  # noqa: PTH100 -- resolve() would follow links the user wrote
    if path.is_dir():
        return path
    if path.is_file() and path.name == MANIFEST_NAME:
        return path.parent
    raise UsageError(
        f"the project `{start}` does not exist",
        why="it is neither a folder nor a `pyproject.toml`",
        next_steps=("name the folder of a project with `--project`",),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise fsio.file_trouble(error, path) from error


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def read_pin(root: Path) -> PythonPin | None:
    """Read the `.python-version` in this folder; `None` when there is none."""
    path = root / PIN_NAME
    try:
        return PythonPin(path.read_text("utf-8"), display(path))
    except (FileNotFoundError, IsADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"`{display(path)}` cannot be read",
            why=str(error),
            next_steps=("make it a text with one Python version on each line",),
        ) from error
