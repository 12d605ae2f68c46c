"""Which value of every setting is in force, and who set it.

Flags come before environment variables, those before the project's file, the user's, the system's and the
default; lists of names are joined, the nearer first. Each value keeps where it came from, for messages. Pure:
the caller brings the variables and what the files say. What the user's or the system's file denies, a
project's file does not allow: a checkout may be stricter than its user, never laxer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from detent.errors import SettingInvalid
from detent.model.build_policy import BuildPolicy
from detent.model.limits import Limits
from detent.model.names import PackageName, package_name
from detent.project.bounds import Bounds
from detent.project.known import BY_NAME, KNOWN, ConfigSettings, Known, LinkMode, index_root, reading

T = TypeVar("T")

OF_PYPROJECT = "`[tool.detent]` of the project"
OF_PROJECT_FILE = "`detent.toml` of the project"
"""What the two files of a project are called as an origin."""

VARIABLES: tuple[tuple[str, str, str], ...] = tuple(
    (variable, known.name, known.help)
    for known in KNOWN
    for variable in (known.variable, *known.fallbacks)
    if variable
)
"""Every variable that sets something: its name, the setting, and what that is."""


class Setting(NamedTuple, Generic[T]):
    """A value in force."""

    value: T
    origin: str
    """Who set it, ready for a message: ``the flag `--offline` ``, ``the default``."""


class ConfigFile(NamedTuple):
    """What a file sets."""

    origin: str
    """Ready for a message."""
    table: Mapping[str, object]


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
    pip_index: Setting[str] | None = None
    """What pip's configuration files set (`pip_configuration.index_url`), the last one winning."""


class Settings(NamedTuple):
    """Every setting as it is in force."""

    index_url: Setting[str | None]
    """``None`` when nothing sets it; ask :meth:`index_root`."""
    cache_dir: Setting[Path]
    no_cache: Setting[bool]
    link_mode: Setting[LinkMode]
    python: Setting[str | None]
    project_environment: Setting[Path]
    concurrent_downloads: Setting[int]
    offline: Setting[bool]
    certificates: Setting[Path | None]
    compile_bytecode: Setting[bool]
    add_bounds: Setting[Bounds]
    build_policy: BuildPolicy
    """What `build`, `allow-build`, `no-build-package`, `no-binary` and `no-binary-package` come to."""
    config_settings: ConfigSettings
    refresh: frozenset[PackageName] | None
    """Whose listings are asked for again however fresh they are; ``None``: everybody's."""
    warnings: tuple[str, ...]
    """Sentences for what is set and changes nothing."""

    @property
    def is_index_of_project(self) -> bool:
        """Whether the project itself names the index; any other is a mirror this machine happens to use."""
        return self.index_url.origin in {OF_PYPROJECT, OF_PROJECT_FILE}

    def index_root(self, default_index: Callable[[], str]) -> Setting[str]:
        """The index in force; the default is dear to find, so it is asked for only when it counts."""
        if self.index_url.value is not None:
            return Setting(self.index_url.value, self.index_url.origin)
        return Setting(index_root(default_index()), "the default")


def settings(sources: Sources) -> Settings:
    """Decide every setting; raises :class:`SettingInvalid` for the first value that cannot be used."""
    build_policy, warnings = _build_policy(sources)
    return Settings(
        index_url=_decide("index-url", sources, None),
        cache_dir=_decide("cache-dir", sources, sources.cache_home),
        no_cache=_decide("no-cache", sources, False),
        link_mode=_decide("link-mode", sources, "auto"),
        python=_decide("python", sources, None),
        project_environment=_decide("project-environment", sources, Path(".venv")),
        concurrent_downloads=_decide(
            "concurrent-downloads", sources, Limits._field_defaults["concurrent_downloads"]
        ),
        offline=_decide("offline", sources, False),
        certificates=_decide("certificates", sources, None),
        compile_bytecode=_decide("compile-bytecode", sources, False),
        add_bounds=_decide("add-bounds", sources, "lower"),
        build_policy=build_policy,
        config_settings=_config_settings(sources),
        refresh=_refresh(sources.flags),
        warnings=warnings,
    )


# ---- one value -------------------------------------------------------------------------------


def _decide(name: str, sources: Sources, default: Any) -> Setting[Any]:
    known = BY_NAME[name]
    return next(_read(known, _candidates(known, sources), sources.variables), Setting(default, "the default"))


def _read(
    known: Known, candidates: Iterable[tuple[object, str]], variables: Mapping[str, str]
) -> Iterator[Setting[Any]]:
    """Give what is set as its type, the strongest first."""
    for value, origin in candidates:
        # An empty variable is one that is not set, as everywhere.
        if value is None or value == "":
            continue
        try:
            yield Setting(_with_home(reading(known, value), variables), origin)
        except ValueError as error:
            raise SettingInvalid(known.name, str(error), origin=origin) from error


def _candidates(known: Known, sources: Sources) -> Iterator[tuple[object, str]]:
    """What is set, the strongest first."""
    yield sources.flags.get(known.name), f"the flag `{known.flag}`"
    if known.variable:
        yield sources.variables.get(known.variable), f"the variable `{known.variable}`"
    yield from _of_files(known, sources)
    for variable in known.fallbacks:
        yield sources.variables.get(variable), f"the variable `{variable}`"
    if known.name == "index-url" and sources.pip_index is not None:
        yield sources.pip_index


def _of_files(known: Known, sources: Sources) -> Iterator[tuple[object, str]]:
    for file in _files(known, sources):
        value = _index(file.table) if known.name == "index-url" else file.table.get(known.name)
        yield value, file.origin


def _files(known: Known, sources: Sources) -> Iterator[ConfigFile]:
    if known.place != "machine" and sources.project is not None:
        yield sources.project
    yield from _own_files(sources)


def _own_files(sources: Sources) -> Iterator[ConfigFile]:
    """Files of whoever works here, and not of a checkout."""
    for file in (sources.user, sources.system):
        if file is not None:
            yield file


def _index(table: Mapping[str, object]) -> object:
    """The index that a file names: `index-url`, or its one `[[index]]`."""
    if "index-url" in table:
        return table["index-url"]
    match table.get("index"):
        case [{"url": url}]:
            return url
        case _:
            return None


def _with_home(value: object, variables: Mapping[str, str]) -> object:
    """A path that begins with `~` made whole, as a shell would have."""
    home = variables.get("HOME") or variables.get("USERPROFILE")
    if isinstance(value, Path) and value.parts[:1] == ("~",) and home:
        return Path(home, *value.parts[1:])
    return value


# ---- values made of several ------------------------------------------------------------------


def _build_policy(sources: Sources) -> tuple[BuildPolicy, tuple[str, ...]]:
    denied_by, allowed, excepted_in, warnings = _denial(sources)
    never = _names("no-build-package", sources)
    forbidden = frozenset(name for setting in never for name in setting.value)
    origins = (*((denied_by,) if denied_by else ()), *(_of("`no-build-package`", s.origin) for s in never))
    no_binary: Setting[bool] = _decide("no-binary", sources, False)
    without_wheels = _names("no-binary-package", sources)
    return (
        BuildPolicy(
            allows=not denied_by,
            allowed=allowed,
            forbidden=forbidden,
            forbidden_by=" and ".join(dict.fromkeys(origins)) or BuildPolicy._field_defaults["forbidden_by"],
            excepted_in=excepted_in,
            without_wheels=frozenset(name for setting in without_wheels for name in setting.value),
            is_without_any_wheels=no_binary.value,
        ),
        warnings,
    )


def _denial(sources: Sources) -> tuple[str, frozenset[PackageName], str, tuple[str, ...]]:
    """Say who denies builds (empty: nobody), who is excepted, where that stands, and what was set in vain."""
    person = _of_person(sources)
    if person is not None:
        # Whoever types it means all of them, or none.
        return ("" if person.value == "allow" else person.origin), frozenset(), "", ()
    build, allow = BY_NAME["build"], BY_NAME["allow-build"]
    own = next(_read(build, ((f.table.get("build"), f.origin) for f in _own_files(sources)), {}), None)
    project = _only(build, sources.project)
    of_own = [setting for file in _own_files(sources) if (setting := _only(allow, file))]
    of_project = _only(allow, sources.project)
    exceptions = [*of_own, *([of_project] if of_project else [])]
    if own is not None and own.value == "deny":
        denied_by, in_vain = _of('`build = "deny"`', own.origin), _in_vain(of_project, own.origin)
        return denied_by, _joined(of_own), own.origin, in_vain
    if project is not None and project.value == "deny":
        return _of('`build = "deny"`', project.origin), _joined(exceptions), project.origin, ()
    return (
        "",
        frozenset(),
        "",
        tuple(
            f'`allow-build` in {setting.origin} changes nothing: only `build = "deny"` forbids builds'
            for setting in exceptions
        ),
    )


def _in_vain(exceptions: Setting[Any] | None, denied_by: str) -> tuple[str, ...]:
    if exceptions is None:
        return ()
    denied = f"{denied_by} denies builds, and a project cannot loosen that"
    return (f"`allow-build` in {exceptions.origin} changes nothing: {denied}",)


def _of_person(sources: Sources) -> Setting[str] | None:
    """What the flag or the variable says: they are switches that deny."""
    known = BY_NAME["build"]
    flag = sources.flags.get("build")
    if isinstance(flag, bool):
        return Setting("deny" if flag else "allow", f"the flag `{known.flag if flag else '--build'}`")
    text = sources.variables.get(known.variable)
    origin = f"the variable `{known.variable}`"
    switch = known._replace(kind="switch")
    if next(_read(switch, ((text, origin),), {}), Setting(False, "")).value:
        return Setting("deny", origin)
    return None


def _only(known: Known, file: ConfigFile | None) -> Setting[Any] | None:
    if file is None:
        return None
    return next(_read(known, ((file.table.get(known.name), file.origin),), {}), None)


def _names(name: str, sources: Sources) -> tuple[Setting[tuple[PackageName, ...]], ...]:
    """Every list that is set; together they are in force."""
    known = BY_NAME[name]
    return tuple(s for s in _read(known, _candidates(known, sources), {}) if s.value)


def _joined(lists: Iterable[Setting[tuple[PackageName, ...]]]) -> frozenset[PackageName]:
    return frozenset(name for setting in lists for name in setting.value)


def _of(what: str, origin: str) -> str:
    """Name a key with the file it stands in; a flag or variable names itself."""
    return origin if origin.startswith("the ") else f"{what} in {origin}"


def _config_settings(sources: Sources) -> ConfigSettings:
    """Every key once; the nearer file, or the flag, wins."""
    known = BY_NAME["config-settings"]
    found: dict[str, str | tuple[str, ...]] = {}
    for setting in _read(known, _candidates(known, sources), {}):
        for key, value in setting.value.items():
            found.setdefault(key, value)
    return found


def _refresh(flags: Mapping[str, object]) -> frozenset[PackageName] | None:
    if flags.get("refresh"):
        return None
    names = flags.get("refresh-package")
    try:
        return frozenset(package_name(str(name)) for name in (names if isinstance(names, tuple) else ()))
    except ValueError as error:
        raise SettingInvalid("refresh-package", str(error), origin="the flag `--refresh-package`") from error
