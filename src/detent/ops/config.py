"""The settings as a person asks for them: what is in force and who set it; one set, one taken out.

Asking reads what every command reads and writes nothing. An edit touches one file and one key of it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from detent.errors import UsageError, did_you_mean
from detent.events import Report
from detent.index.proxies import proxies_of
from detent.named import NamedTuple
from detent.ops.configured import CONFIG_NAME
from detent.ops.discover import OF_MEMBERS, Part, Project, decode
from detent.ops.setting_files import rewrite, setting_file
from detent.ops.shown_paths import display
from detent.ops.wiring import configuration_files, read_sources
from detent.ops.world import World
from detent.project.config_edit import with_value, without_value
from detent.project.config_words import value_of
from detent.project.document import Document, parse_document
from detent.project.indexes import without_user
from detent.project.known import BY_NAME, ELSEWHERE, KNOWN, OF_OTHER_TOOLS, Known
from detent.project.origins import Told, in_force, told, without_secrets
from detent.project.sources import OF_PROJECT_FILE, OF_PYPROJECT, OF_UV, ConfigFile, Sources


class Spot(NamedTuple):
    """One source that sets something."""

    told: Told
    where: str
    """File, line and column; empty for a flag or a variable."""


class InForce(NamedTuple):
    """A setting, and all that is said of it."""

    known: Known
    value: object
    """As TOML would write it, without passwords; ``None``: nobody sets it, and the default takes words."""
    spots: tuple[Spot, ...]
    """The strongest first."""

    @property
    def is_default(self) -> bool:
        """Whether nobody set it."""
        return not any(spot.told.role in {"counts", "joins"} for spot in self.spots)

    @property
    def origin(self) -> str:
        """Who set it."""
        found = (spot.told.origin for spot in self.spots if spot.told.role in {"counts", "joins"})
        return " and ".join(dict.fromkeys(found)) or "the default"


class Edited(NamedTuple):
    """What came of an edit."""

    path: str
    key: str
    value: object
    """``None``: it was taken out."""
    is_changed: bool


def setting_of(key: str) -> Known:
    """Give the setting of a name; raises :class:`UsageError` with what was probably meant."""
    name = key.removeprefix("tool.detent.")
    known = BY_NAME.get(name)
    if known is not None:
        return known
    what = f"there is no setting `{key}`"
    if name in OF_OTHER_TOOLS or name in ELSEWHERE:
        step = OF_OTHER_TOOLS.get(name) or ELSEWHERE.get(name) or "see `detent config list --all`"
        raise UsageError(what, why="it is one of other tools", next_steps=(step,))
    by_variable = next((k.name for k in KNOWN if name and name in (k.variable, *k.fallbacks)), "")
    near = (
        (f"did you mean `{by_variable}`?",) if by_variable else did_you_mean(name.replace("_", "-"), BY_NAME)
    )
    raise UsageError(what, next_steps=(*near, "see `detent config list --all`"))


class Settled:
    """Everything that sets something, for one command; raises what reading it raises."""

    def __init__(
        self,
        flags: Mapping[str, object],
        variables: Mapping[str, str],
        project: Project | None,
        report: Report,
    ) -> None:
        self._sources = read_sources(flags, variables, project, report)
        self._project = project
        root = project.root if project is not None else Path.cwd()
        self._files = {
            f"`{display(Path(path))}`": path for path in configuration_files(flags, variables, root)
        }
        self._reads_project = not flags.get("no-config")
        self._document = cache(_document)

    def every(self) -> Iterator[InForce]:
        """Give every setting there is, in the order of the reference."""
        return map(self.of, KNOWN)

    def of(self, known: Known) -> InForce:
        """Give one setting; raises :class:`SettingInvalid` for a value that cannot be used."""
        sources = self._sources_of(known)
        rows = told(known, sources)
        value = in_force(rows)
        if value is None:
            value = without_secrets(known, _default(known, sources))
        return InForce(known, value, tuple(Spot(row, self._where(known, row.origin)) for row in rows))

    def _sources_of(self, known: Known) -> Sources:
        """What says something of the project itself stands in its pyproject.toml alone."""
        if self._project is None or not (known.place == "pyproject" or known.name in OF_MEMBERS):
            return self._sources
        if not self._reads_project and known.place != "pyproject":
            return self._sources
        part = _part(self._project, known)
        file = ConfigFile(OF_PYPROJECT, part.manifest.settings, str(part.root))
        if known.name not in file.table and self._sources.project is not None and known.place != "pyproject":
            return self._sources
        return self._sources._replace(project=file)

    def _where(self, known: Known, origin: str) -> str:
        if self._project is not None and origin in {OF_PYPROJECT, OF_UV}:
            path = _part(self._project, known).manifest_path
            tool = "uv" if origin == OF_UV else "detent"
            return self._document(path).where("tool", tool, _key_at(known, self._document(path), tool))
        if self._project is not None and origin == OF_PROJECT_FILE:
            document = self._document(self._project.root / CONFIG_NAME)
            return document.where(_key_at(known, document, ""))
        if origin in self._files:
            document = self._document(Path(self._files[origin]))
            return document.where(_key_at(known, document, ""))
        return ""


def _part(project: Project, known: Known) -> Part:
    """Give what the key is looked for in: of a workspace a member says few things for itself."""
    current = project.current
    is_own = known.name in OF_MEMBERS and known.name in current.manifest.settings
    return current if is_own else project.as_root().current


def _document(path: Path) -> Document:
    return parse_document(decode(path.read_bytes(), path), display(path))


def _key_at(known: Known, document: Document, tool: str) -> str:
    """The default index may stand there as one of the indexes."""
    table: object = document.data
    for name in ("tool", tool) if tool else ():
        table = table.get(name) if isinstance(table, dict) else None
    is_index = known.name == "index-url" and isinstance(table, dict) and known.name not in table
    return "index" if is_index else known.name


def _default(known: Known, sources: Sources) -> object:
    """Give the default where it is a value; ``None`` where it takes words."""
    if known.name == "cache-dir":
        return str(sources.cache_home)
    try:
        return tomllib.loads(f"value = {known.default.strip('`')}")["value"]
    except tomllib.TOMLDecodeError:
        return None


# ---- editing ---------------------------------------------------------------------------------


def set_value(
    world: World,
    project: Project | None,
    user_file: Path,
    key: str,
    words: tuple[str, ...],
    *,
    is_of_user: bool,
) -> Edited:
    """Set something in a file.

    Raises :class:`UsageError`, :class:`Unsupported`, :class:`SettingInvalid` and what would be wrong with the
    file then.
    """
    known = setting_of(key)
    value = value_of(known, words)
    _refuse_misplaced(known, words, is_of_user=is_of_user)
    _refuse_password(known, words, is_of_user=is_of_user)
    if known.name == "proxy":  # else every command after this one would fail
        proxies_of({}, chosen=words[0], chosen_by="`detent config set`")
    return _edited(world, project, user_file, known, value, is_of_user=is_of_user)


def unset_value(
    world: World, project: Project | None, user_file: Path, key: str, *, is_of_user: bool
) -> Edited:
    """Take something out of a file; raises :class:`Unsupported` where that is for a person to do."""
    return _edited(world, project, user_file, setting_of(key), None, is_of_user=is_of_user)


def _edited(
    world: World, project: Project | None, user_file: Path, known: Known, value: object, *, is_of_user: bool
) -> Edited:
    file = setting_file(project, user_file, is_of_user=is_of_user, key=known.name)

    def edit(text: str, path: tuple[str, ...], shown: str) -> str:
        if value is None:
            return without_value(text, path, known.name, display=shown)
        return with_value(text, path, known.name, value, display=shown)

    verb = "unset" if value is None else "set"
    done = rewrite(world, file, edit, command=f"config {verb} {known.name}")
    return Edited(done.path, known.name, without_secrets(known, value), done.is_changed)


def _refuse_misplaced(known: Known, words: tuple[str, ...], *, is_of_user: bool) -> None:
    said = " ".join(
        (known.name, *("'" + word + "'" if " " in word else without_user(word) for word in words))
    )
    if known.place == "machine" and not is_of_user:
        raise UsageError(
            f"`{known.name}` is a setting of a machine and has no place in a project",
            why="whoever checks the project out decides it for themselves",
            next_steps=(f"run `detent config set --user {said}`",),
        )
    if known.place == "pyproject" and is_of_user:
        raise UsageError(
            f"`{known.name}` says something of a project and has no place in your own `detent.toml`",
            next_steps=(f"run `detent config set {said}` in the project",),
        )


def _refuse_password(known: Known, words: tuple[str, ...], *, is_of_user: bool) -> None:
    if not is_of_user and any(without_user(word) != word for word in words):
        raise UsageError(
            f"`{known.name}` would have a password in it, and a project is read by many",
            next_steps=(
                "take it out, and run `detent auth login`",
                f"or run `detent config set --user {known.name}`, for your own configuration",
            ),
        )
