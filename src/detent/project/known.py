"""What can be set, as one table: every setting, its type, and where it may stand.

Checking a file, deciding a setting, the reference and the schema for editors are all made from these rows, so
a setting cannot mean two things. A *protection* keeps something away: a slip in its name is an error.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from detent.errors import Unsupported
from detent.model.names import PackageName, package_name
from detent.model.specifiers import canonical_specifier

LinkMode: TypeAlias = Literal["auto", "clone", "hardlink", "copy"]
Place: TypeAlias = Literal["machine", "anywhere", "pyproject"]
"""Only in files of whoever works here, in any file, or only in a pyproject.toml."""

ConfigSettings: TypeAlias = Mapping[str, str | tuple[str, ...]]
Kind: TypeAlias = Literal[
    "url", "path", "text", "choice", "count", "switch", "names", "options", "specifier", "groups", "indexes"
]

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off"))
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*", re.IGNORECASE)
_SECRET = re.compile(r"//[^/@\s]*@")


class Known(NamedTuple):
    """What can be set."""

    name: str
    """As files and messages spell it."""
    kind: Kind
    help: str
    """A sentence, with its period."""
    place: Place
    example: str
    """As TOML writes it."""
    default: str = ""
    """In words or as TOML writes it; empty where there is none."""
    flag: str = ""
    variable: str = ""
    fallbacks: tuple[str, ...] = ()
    """Variables of other tools, asked when nothing of detent's sets it."""
    choices: tuple[str, ...] = ()
    is_protection: bool = False
    """Whether a slip in it could turn off what keeps something from happening."""


KNOWN = (
    Known(
        "index-url",
        "url",
        "The package index: the root of its simple API.",
        "anywhere",
        '"https://index.example.com/simple/"',
        flag="--default-index",
        variable="DETENT_DEFAULT_INDEX",
        fallbacks=("PIP_INDEX_URL",),
        default="what pip is configured to use, else the public index",
        is_protection=True,
    ),
    Known(
        "index",
        "indexes",
        "The package index as a table, in the spelling of other tools: the same as `index-url`.",
        "anywhere",
        '[{ url = "https://index.example.com/simple/" }]',
        is_protection=True,
    ),
    Known(
        "build",
        "choice",
        "Whether source distributions may be built, which runs code of theirs. The project itself"
        " is always built.",
        "anywhere",
        '"deny"',
        flag="--no-build",
        variable="DETENT_NO_BUILD",
        default='"allow"',
        choices=("allow", "deny"),
        is_protection=True,
    ),
    Known(
        "allow-build",
        "names",
        'Packages whose source distributions may be built all the same where `build = "deny"`.',
        "anywhere",
        '["docopt"]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "no-build-package",
        "names",
        "Packages whose source distributions are never built.",
        "anywhere",
        '["numpy"]',
        flag="--no-build-package",
        variable="DETENT_NO_BUILD_PACKAGE",
        default="[]",
        is_protection=True,
    ),
    Known(
        "no-binary",
        "switch",
        "Install nothing from wheels of the index; build everything.",
        "anywhere",
        "true",
        flag="--no-binary",
        variable="DETENT_NO_BINARY",
        default="false",
        is_protection=True,
    ),
    Known(
        "no-binary-package",
        "names",
        "Packages that are built, and not installed from wheels of the index.",
        "anywhere",
        '["lxml"]',
        flag="--no-binary-package",
        variable="DETENT_NO_BINARY_PACKAGE",
        default="[]",
        is_protection=True,
    ),
    Known(
        "config-settings",
        "options",
        "What is passed on to the back ends of builds (PEP 517): a string, or a list of them, by key.",
        "anywhere",
        '{ editable_mode = "strict" }',
        flag="--config-setting",
        default="{}",
    ),
    Known(
        "link-mode",
        "choice",
        "How files get from the cache into an environment.",
        "anywhere",
        '"copy"',
        flag="--link-mode",
        variable="DETENT_LINK_MODE",
        default='"auto"',
        choices=get_args(LinkMode),
    ),
    Known(
        "compile-bytecode",
        "switch",
        "Compile what is installed at once, not when it is first imported.",
        "anywhere",
        "true",
        flag="--compile-bytecode",
        variable="DETENT_COMPILE_BYTECODE",
        default="false",
    ),
    Known(
        "add-bounds",
        "choice",
        "The bound that `detent add` writes.",
        "anywhere",
        '"major"',
        default='"lower"',
        choices=("lower", "major", "minor", "exact"),
    ),
    Known(
        "required-version",
        "specifier",
        "The releases of detent that may be used here; any other one stops.",
        "anywhere",
        '">=0.1"',
        is_protection=True,
    ),
    Known(
        "default-groups",
        "groups",
        'The dependency groups that are installed when nothing is said: a list, or `"all"`.',
        "pyproject",
        '["dev", "docs"]',
        default='["dev"], where there is such a group',
    ),
    Known(
        "package",
        "switch",
        "Whether the project itself is built and installed.",
        "pyproject",
        "false",
        default="true, where there is a `[build-system]`",
    ),
    Known(
        "managed",
        "switch",
        "Whether detent looks after the project at all; where it does not, its commands say so.",
        "pyproject",
        "false",
        default="true",
    ),
    Known(
        "cache-dir",
        "path",
        "The folder of the cache.",
        "machine",
        '"/var/cache/detent"',
        flag="--cache-dir",
        variable="DETENT_CACHE_DIR",
        default="`detent` in the user's cache folder",
    ),
    Known(
        "no-cache",
        "switch",
        "Use a private folder in place of the cache, and remove it when the command ends.",
        "machine",
        "true",
        flag="--no-cache",
        variable="DETENT_NO_CACHE",
        default="false",
    ),
    Known(
        "python",
        "text",
        "The Python to use: a version, a range or a path.",
        "machine",
        '"3.12"',
        flag="--python",
        variable="DETENT_PYTHON",
        default="`.python-version`, else the newest that fits",
    ),
    Known(
        "project-environment",
        "path",
        "The project's environment, relative to the project.",
        "machine",
        '".venv-linux"',
        variable="DETENT_PROJECT_ENVIRONMENT",
        default='".venv"',
    ),
    Known(
        "concurrent-downloads",
        "count",
        "How many files may be downloaded side by side.",
        "machine",
        "4",
        variable="DETENT_CONCURRENT_DOWNLOADS",
        default="16",
    ),
    Known(
        "offline",
        "switch",
        "Never use the network.",
        "machine",
        "true",
        flag="--offline",
        variable="DETENT_OFFLINE",
        default="false",
    ),
    Known(
        "certificates",
        "path",
        "A file of certificates to trust in place of the system's.",
        "machine",
        '"/etc/ssl/certs/example.pem"',
        variable="SSL_CERT_FILE",
        fallbacks=("PIP_CERT", "REQUESTS_CA_BUNDLE"),
        default="what the system trusts",
        is_protection=True,
    ),
)
BY_NAME: Mapping[str, Known] = {known.name: known for known in KNOWN}

OF_OTHER_TOOLS: Mapping[str, str] = {
    "no-build": 'write `build = "deny"`',
    "only-binary": 'write `build = "deny"`',
    "exclude-newer": "",
    "exclude-newer-package": "",
    "min-release-age": "",
    "require-hashes": "",
    "verify-cache": "",
    "index-strategy": "",
    "extra-index-url": "",
    "no-index": "",
    "keyring-provider": "",
    "no-sources": "",
    "sources": "",
    "workspace": "",
    "constraint-dependencies": "",
}
"""Protections by names that this release does not know: leaving one out in silence would turn it off. With
what to write in its place, where there is something."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant; ``None`` when none is near."""
    found = min(names, key=lambda name: (_distance(word, name), name), default=None)
    # A third of the letters wrong is still a slip of the fingers; more is another word.
    return found if found is not None and _distance(word, found) * 3 <= len(found) else None


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with the next to make one the other."""
    above: list[int] = []
    last: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        above, last, row = last, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


# ---- values ----------------------------------------------------------------------------------


def reading(known: Known, value: object) -> object:
    """The value of a setting as its type; ``ValueError`` in plain words when it is none."""
    match known.kind:
        case "switch":
            return _switch(value)
        case "count":
            return _count(value)
        case "names":
            return _names(value)
        case "options":
            return _options(value)
        case _:
            if not isinstance(value, str | Path) or not str(value):
                raise ValueError("its value must be a string that is not empty")
            return _reading_text(known, str(value))


def _reading_text(known: Known, text: str) -> object:
    match known.kind:
        case "url":
            return index_root(text)
        case "path":
            return Path(text)
        case "choice":
            return _choice(known, text)
        case "specifier":
            return canonical_specifier(text)
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


def _choice(known: Known, text: str) -> str:
    if text in known.choices:
        return text
    if known.name == "link-mode" and text == "directory":
        raise Unsupported("the link mode `directory` is not there yet", next_steps=("use `auto` until then",))
    raise ValueError(f"`{text}` is none of {', '.join(f'`{choice}`' for choice in known.choices)}")


def _names(value: object) -> tuple[PackageName, ...]:
    """Names of packages; a variable has them in one text."""
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ValueError("its value must be a list of names of packages")
    return tuple(dict.fromkeys(package_name(item) for item in items))


def _options(value: object) -> ConfigSettings:
    """A table of strings and lists of strings, or the words `KEY=VALUE` of flags."""
    if isinstance(value, tuple):
        return _options_of_words(value)
    if not isinstance(value, dict):
        raise ValueError("its value must be a table")  # noqa: TRY004 -- one kind of error for every kind
    found: dict[str, str | tuple[str, ...]] = {}
    for key, item in value.items():
        if isinstance(item, list) and all(isinstance(text, str) for text in item):
            found[key] = tuple(item)
        elif isinstance(item, str):
            found[key] = item
        else:
            raise ValueError(f"`{key}` must be a string or a list of strings")
    return found


def _options_of_words(words: Iterable[str]) -> ConfigSettings:
    found: dict[str, str | tuple[str, ...]] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not key or not equals:
            raise ValueError(f"`{word}` is not written as `KEY=VALUE`")
        before = found.get(key)
        if before is None:
            found[key] = text
        else:
            found[key] = (*((before,) if isinstance(before, str) else before), text)
    return found
