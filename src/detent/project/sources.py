"""Everything that can set something, and what it sets: flags, variables and files, the strongest first.

Flags come before environment variables, those before the project's file, the user's and the system's. Each
value keeps where it came from, for messages. Pure: the caller brings the variables and what the files say.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from detent.errors.project import SettingInvalid
from detent.project.known import BY_NAME, Known
from detent.project.values import IndexFault, located, reading

T = TypeVar("T")

OF_PYPROJECT = "`[tool.detent]` of the project"
OF_PROJECT_FILE = "`detent.toml` of the project"
"""What the two files of a project are called as an origin."""
OF_UV = "`[tool.uv]` of the project"
"""What another tool's table of a project is called."""
_DEFAULT = "the default"


class Setting(NamedTuple, Generic[T]):
    """A value in force."""

    value: T
    origin: str
    """Who set it, ready for a message: ``the flag `--offline` ``, ``the default``."""

    @property
    def is_default(self) -> bool:
        """Whether nobody set it."""
        return self.origin == _DEFAULT

    @property
    def is_of_person(self) -> bool:
        """Whether it was said for this command, by a flag or a variable, and stands in no file."""
        return self.origin.startswith(("the flag ", "the variable "))


class ConfigFile(NamedTuple):
    """What a file sets."""

    origin: str
    """Ready for a message."""
    table: Mapping[str, object]
    folder: str = "/"
    """Paths in it are relative to this one."""


class Sources(NamedTuple):
    """Everything that can set something; what is not there is empty."""

    cache_home: Path
    """Where the cache goes by default on this platform."""
    flags: Mapping[str, object] = {}
    """By the setting's name; ``None`` for a flag that was not given."""
    variables: Mapping[str, str] = {}
    project: ConfigFile | None = None
    """The `[tool.detent]` table, as the manifest has checked it, or the `detent.toml` in its place."""
    user: ConfigFile | None = None
    system: ConfigFile | None = None
    uv: ConfigFile | None = None
    """What `[tool.uv]` of the project says of indexes, where nothing of detent's in it does."""
    pip: Mapping[str, Setting[str]] = {}
    """What pip's configuration files set, by option; of several files the last one wins."""
    folder: str = "/"
    """Paths of flags and variables are relative to this one."""
    root: str = ""
    """The folder of the project; empty where there is none."""
    now: int = 0
    """Seconds since the epoch; ages are counted back from here."""


def decide(name: str, sources: Sources, default: Any) -> Setting[Any]:
    """Give the strongest value; raises :class:`SettingInvalid` when it cannot be used."""
    return next(every(name, sources), Setting(default, _DEFAULT))


def every(name: str, sources: Sources) -> Iterator[Setting[Any]]:
    """Give all that is set, the strongest first; raises :class:`SettingInvalid`."""
    known = BY_NAME[name]
    return read(known, candidates(known, sources), sources.variables)


def read(
    known: Known, found: Iterable[tuple[object, str]], variables: Mapping[str, str] = {}
) -> Iterator[Setting[Any]]:
    """Give what is set as its type; raises :class:`SettingInvalid`."""
    for value, origin in found:
        # An empty variable is one that is not set, as everywhere.
        if value is None or value == "":
            continue
        try:
            yield Setting(_with_home(reading(known, value), variables), origin)
        except ValueError as error:
            raise SettingInvalid(known.name, str(error), origin=origin) from error


def candidates(known: Known, sources: Sources) -> Iterator[tuple[object, str]]:
    """Give what is set, the strongest first, as it stands there."""
    yield from of_person(known, sources)
    for file in _files(known, sources):
        value = _default_index(file) if known.name == "index-url" else file.table.get(known.name)
        yield value, file.origin
    for variable in known.fallbacks:
        yield sources.variables.get(variable), f"the variable `{variable}`"
    if known.name in sources.pip:
        yield sources.pip[known.name]


def of_person(known: Known, sources: Sources) -> Iterator[tuple[object, str]]:
    """Give what somebody said for this command: by a flag or a variable."""
    flag, origin = sources.flags.get(known.name), f"the flag `{known.flag}`"
    if flag == "" and known.is_protection:
        # A script whose variable is empty shall not go on without what it asks for.
        raise SettingInvalid(known.name, "its value is empty", origin=origin)
    yield flag, origin
    if known.variable:
        yield sources.variables.get(known.variable), f"the variable `{known.variable}`"


def own_files(sources: Sources) -> Iterator[ConfigFile]:
    """Give the files of whoever works here, and not of a checkout."""
    for file in (sources.user, sources.system):
        if file is not None:
            yield file


def of_project(sources: Sources) -> Iterator[ConfigFile]:
    """Give what the project says: for detent, and of indexes for another tool."""
    for file in (sources.project, sources.uv):
        if file is not None:
            yield file


def named(what: str, origin: str) -> str:
    """Name a key with the file it stands in; a flag or variable names itself."""
    return origin if origin.startswith("the ") else f"{what} in {origin}"


def _files(known: Known, sources: Sources) -> Iterator[ConfigFile]:
    if known.place != "machine":
        yield from of_project(sources)
    yield from own_files(sources)


def _default_index(file: ConfigFile) -> object:
    """The default index that a file names: `index-url`, or the `[[index]]` that says so."""
    if "index-url" in file.table:
        return file.table["index-url"]
    entries = file.table.get("index")
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case {"default": True, "url": str(url)}:
                try:
                    return located(url, file.folder, is_flat=entry.get("format") == "flat").url
                except IndexFault as fault:
                    raise SettingInvalid("index", fault.reason, origin=file.origin) from fault
            case _:
                pass
    return None


def _with_home(value: object, variables: Mapping[str, str]) -> object:
    """A path that begins with `~` made whole, as a shell would have."""
    home = variables.get("HOME") or variables.get("USERPROFILE")
    if isinstance(value, Path) and value.parts[:1] == ("~",) and home:
        return Path(home, *value.parts[1:])
    return value
