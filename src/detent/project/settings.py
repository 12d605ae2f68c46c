"""Every setting, where it may be set, and which of its values is in force.

Flags come before environment variables, those before the project, the user's file, the system's file and
the default; each value keeps where it came from, for messages. Pure: the caller brings the variables and
what the files say. Settings of a machine (where its cache is, which Python) are refused in a project's
own file: a checkout must not decide them for whoever works in it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar, get_args

from detent.errors import SettingInvalid, Unsupported
from detent.model.limits import Limits

LinkMode: TypeAlias = Literal["auto", "clone", "hardlink", "copy"]
T = TypeVar("T")

_PROJECT = "`[tool.detent]` of the project"
_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*", re.IGNORECASE)
_SECRET = re.compile(r"//[^/@\s]*@")


class Setting(NamedTuple, Generic[T]):
    """A value in force."""

    value: T
    origin: str
    """Who set it, ready for a message: ``the flag `--offline` ``, ``the default``."""


class Known(NamedTuple):
    """What can be set."""

    name: str
    """As files and messages spell it."""
    kind: str
    """``url``, ``path``, ``text``, ``link mode``, ``count`` or ``switch``."""
    flag: str
    variable: str
    help: str
    is_machine: bool = True
    """Whether a project's own file may not set it."""
    fallbacks: tuple[str, ...] = ()
    """Variables of other tools, asked when nothing of detent's sets it."""


KNOWN = (
    Known(
        "index-url",
        "url",
        "--default-index",
        "DETENT_DEFAULT_INDEX",
        "The package index: the root of its simple API.",
        is_machine=False,
        fallbacks=("PIP_INDEX_URL",),
    ),
    Known(
        "link-mode",
        "link mode",
        "--link-mode",
        "DETENT_LINK_MODE",
        "How files get from the cache into an environment: auto, clone, hardlink or copy.",
        is_machine=False,
    ),
    Known("cache-dir", "path", "--cache-dir", "DETENT_CACHE_DIR", "The folder of the cache."),
    Known("python", "text", "--python", "DETENT_PYTHON", "The Python to use: a version or a path."),
    Known(
        "project-environment",
        "path",
        "",
        "DETENT_PROJECT_ENVIRONMENT",
        "The project's environment, relative to the project.",
    ),
    Known(
        "concurrent-downloads",
        "count",
        "",
        "DETENT_CONCURRENT_DOWNLOADS",
        "How many files may be downloaded side by side.",
    ),
    Known("offline", "switch", "--offline", "DETENT_OFFLINE", "Never use the network."),
    Known(
        "certificates",
        "path",
        "",
        "SSL_CERT_FILE",
        "A file of certificates to trust in place of the system's.",
        fallbacks=("PIP_CERT", "REQUESTS_CA_BUNDLE"),
    ),
)
BY_NAME: Mapping[str, Known] = {known.name: known for known in KNOWN}

VARIABLES: tuple[tuple[str, str, str], ...] = tuple(
    (variable, known.name, known.help) for known in KNOWN for variable in (known.variable, *known.fallbacks)
)
"""Every variable that sets something: its name, the setting, and what that is."""


class ConfigFile(NamedTuple):
    """A `detent.toml` that was found."""

    display: str
    table: Mapping[str, object]


class Sources(NamedTuple):
    """Everything that can set something; what is not there is empty."""

    cache_home: Path
    """Where the cache goes by default on this platform."""
    flags: Mapping[str, object] = {}
    """By the setting's name; ``None`` for a flag that was not given."""
    variables: Mapping[str, str] = {}
    project: Mapping[str, object] = {}
    """The `[tool.detent]` table, as the manifest has checked it."""
    user: ConfigFile | None = None
    system: ConfigFile | None = None
    pip_index: Setting[str] | None = None
    """What pip's configuration files set (`pip_configuration.index_url`), the last one winning."""


class Settings(NamedTuple):
    """Every setting as it is in force."""

    index_url: Setting[str | None]
    """``None`` when nothing sets it; ask :meth:`index_root`."""
    cache_dir: Setting[Path]
    link_mode: Setting[LinkMode]
    python: Setting[str | None]
    project_environment: Setting[Path]
    concurrent_downloads: Setting[int]
    offline: Setting[bool]
    certificates: Setting[Path | None]

    @property
    def is_index_of_project(self) -> bool:
        """Whether the project itself names the index; any other is a mirror this machine happens to use."""
        return self.index_url.origin == _PROJECT

    def index_root(self, default_index: Callable[[], str]) -> Setting[str]:
        """The index in force; the default is dear to find, so it is asked for only when it counts."""
        if self.index_url.value is not None:
            return Setting(self.index_url.value, self.index_url.origin)
        return Setting(index_root(default_index()), "the default")


def settings(sources: Sources) -> Settings:
    """Decide every setting; raises :class:`SettingInvalid` for the first value that cannot be used."""
    return Settings(
        index_url=_decide("index-url", sources, None),
        cache_dir=_decide("cache-dir", sources, sources.cache_home),
        link_mode=_decide("link-mode", sources, "auto"),
        python=_decide("python", sources, None),
        project_environment=_decide("project-environment", sources, Path(".venv")),
        concurrent_downloads=_decide(
            "concurrent-downloads", sources, Limits._field_defaults["concurrent_downloads"]
        ),
        offline=_decide("offline", sources, False),
        certificates=_decide("certificates", sources, None),
    )


def _decide(name: str, sources: Sources, default: Any) -> Setting[Any]:
    known = BY_NAME[name]
    for value, origin in _candidates(known, sources):
        # An empty variable is one that is not set, as everywhere.
        if value is None or value == "":
            continue
        try:
            return Setting(_with_home(reading(known, value), sources.variables), origin)
        except ValueError as error:
            raise SettingInvalid(name, str(error), origin=origin) from error
    return Setting(default, "the default")


def _candidates(known: Known, sources: Sources) -> Iterator[tuple[object, str]]:
    """What is set, the strongest first."""
    yield sources.flags.get(known.name), f"the flag `{known.flag}`"
    yield sources.variables.get(known.variable), f"the variable `{known.variable}`"
    if not known.is_machine:
        if known.name == "index-url":
            yield project_index(sources.project), _PROJECT
        else:
            yield sources.project.get(known.name), _PROJECT
    for file in (sources.user, sources.system):
        if file is not None:
            yield file.table.get(known.name), f"`{file.display}`"
    for variable in known.fallbacks:
        yield sources.variables.get(variable), f"the variable `{variable}`"
    if known.name == "index-url" and sources.pip_index is not None:
        yield sources.pip_index


def project_index(table: Mapping[str, object]) -> object:
    """The index that a `[tool.detent]` table names: `index-url`, or its one `[[tool.detent.index]]`."""
    if "index-url" in table:
        return table["index-url"]
    match table.get("index"):
        case [{"url": url}]:
            return url
        case _:
            return None


def reading(known: Known, value: object) -> object:
    """The value of a setting as its type; ``ValueError`` in plain words when it is none."""
    match known.kind:
        case "switch":
            return _switch(value)
        case "count":
            return _count(value)
        case _:
            if not isinstance(value, str | Path) or not str(value):
                raise ValueError("its value must be a string that is not empty")
    text = str(value)
    match known.kind:
        case "url":
            return index_root(text)
        case "path":
            return Path(text)
        case "link mode":
            return _link_mode(text)
        case _:
            return text


def index_root(text: str) -> str:
    """An index URL in its one form, with a final slash; ``ValueError`` when it is no such URL."""
    text = text.strip()
    if _URL.fullmatch(text) is None:
        shown = redacted(text)
        if text.lower().startswith("file:"):
            raise Unsupported(
                f"the index `{shown}` is a folder", why="only `http://` and `https://` indexes are read"
            )
        raise ValueError(f"`{shown}` is not the URL of an index (`http://` or `https://`)")
    return text.rstrip("/") + "/"


def redacted(url: str) -> str:
    """A URL fit for a message: whoever it is for, the password is not."""
    return _SECRET.sub("//****@", url)


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise ValueError(f"`{value}` is neither `true` nor `false`")


def _count(value: object) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"`{value}` is not a whole number above zero")


def _link_mode(text: str) -> LinkMode:
    match text:
        case "auto" | "clone" | "hardlink" | "copy":
            return text
        case "directory":
            raise Unsupported(
                "the link mode `directory` is not there yet", next_steps=("use `auto` until then",)
            )
        case _:
            modes = ", ".join(f"`{mode}`" for mode in get_args(LinkMode))
            raise ValueError(f"`{text}` is none of {modes}")


def _with_home(value: object, variables: Mapping[str, str]) -> object:
    """A path that begins with `~` made whole, as a shell would have."""
    home = variables.get("HOME") or variables.get("USERPROFILE")
    if isinstance(value, Path) and value.parts[:1] == ("~",) and home:
        return Path(home, *value.parts[1:])
    return value
