"""A file that sets something, rewritten: the project's pyproject.toml or detent.toml, or the user's own.

The new text is read as every command would read it before it takes the place of the old one, in one step.
A file of the user's that is made here is for their eyes alone, since passwords may come to stand in it.
"""

from collections.abc import Callable
from pathlib import Path

from detent import fsio
from detent.errors.project import ManifestMissing
from detent.named import NamedTuple
from detent.ops.configured import CONFIG_NAME
from detent.ops.discover import MANIFEST_NAME, OF_MEMBERS, Project, decode
from detent.ops.history import Remembered, changed
from detent.ops.restoring import one_at_a_time
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.project.config_edit import OF_CONFIG_FILE, OF_PYPROJECT
from detent.project.configuration import read_config_file
from detent.project.document import parse_document
from detent.project.known import BY_NAME


class SettingFile(NamedTuple):
    """A file that sets something."""

    path: Path
    project: Project | None = None
    """Of a pyproject.toml: whose it is. ``None``: it is a detent.toml."""
    is_of_user: bool = False

    @property
    def table(self) -> tuple[str, ...]:
        """Where settings stand in it."""
        return OF_CONFIG_FILE if self.project is None else OF_PYPROJECT


class Rewritten(NamedTuple):
    """What became of it."""

    path: str
    """As messages show it."""
    is_changed: bool


Edit = Callable[[str, tuple[str, ...], str], str]
"""Gives another text of a text, the table of its settings, and its name for messages."""


def setting_file(project: Project | None, user_file: Path, *, is_of_user: bool, key: str = "") -> SettingFile:
    """Give the file a setting is to stand in; raises :class:`ManifestMissing` outside of a project."""
    if is_of_user:
        return SettingFile(user_file, is_of_user=True)
    if project is None:
        raise ManifestMissing(str(Path.cwd()))
    if key in OF_MEMBERS:
        return SettingFile(project.current.manifest_path, project)
    own = project.root / CONFIG_NAME
    is_of_manifest = key in BY_NAME and BY_NAME[key].place == "pyproject"
    if own.is_file() and not is_of_manifest:
        return SettingFile(own)
    return SettingFile(project.manifest_path, project.as_root())


def rewrite(world: World, file: SettingFile, edit: Edit, *, command: str) -> Rewritten:
    """Edit a file; raises what is wrong with the text that would come of it, and nothing is written then."""
    path, project = file.path, file.project
    with one_at_a_time(world, path):
        try:
            before = path.read_bytes()
        except FileNotFoundError:
            before = b""
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        shown = display(path)
        text = edit(decode(before, path), file.table, shown)
        after = text.encode()
        if after == before:
            return Rewritten(shown, is_changed=False)
        if project is None:
            read_config_file(parse_document(text, shown), is_of_project=not file.is_of_user)
            _written(file, after)
            return Rewritten(shown, is_changed=True)
        project.parsed(text)
        folder = project.current.folder
        name = f"{folder}/{MANIFEST_NAME}" if folder else MANIFEST_NAME
        with Remembered(world.layout, project.root, command) as remembered:
            remembered.files(*changed(name, before, after))
            fsio.write_atomic(path, after, durable=True)
        return Rewritten(shown, is_changed=True)


def _written(file: SettingFile, content: bytes) -> None:
    folder = file.path.parent
    try:
        if file.is_of_user:
            fsio.make_private_folder(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fsio.file_trouble(error, folder) from error
    fsio.write_atomic(file.path, content, mode=0o600 if file.is_of_user else 0o644, durable=True)
