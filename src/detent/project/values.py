"""From what files, flags and variables say to the value of a setting, or to the reason why it is none.

One function for all of them: a variable is read as a file is. Pure.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias, TypeVar

from detent.model.cutoffs import Cutoff, parse_cutoff
from detent.model.names import PackageName, package_name
from detent.model.specifiers import canonical_specifier
from detent.named import NamedTuple
from detent.project.building import read_bounds, read_cache_keys, read_extra, read_variables
from detent.project.known import SAME_MODE, Known

T = TypeVar("T")

ConfigSettings: TypeAlias = Mapping[str, str | tuple[str, ...]]

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off"))
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*", re.IGNORECASE)
_PAGE_URL = r"https?://[^\s/?#]+[^\s#]*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:"
_SECRET = re.compile(r"//[^/@\s]*@")


def reading(known: Known, value: object) -> object:
    """The value of a setting as its type; ``ValueError`` in plain words when it is none."""
    match known.kind:
        case "switch":
            return _switch(value)
        case "count":
            return _count(value)
        case "size":
            return _size(value)
        case "age":
            return _age(value)
        case "names":
            return _names(value)
        case "hosts":
            return _hosts(value)
        case "licenses":
            return _licenses(value)
        case "options":
            return _options(value)
        case "indexes" | "links":
            return value  # read together with all others (`project.indexes`)
        case "mirrors":
            return _mirrors(value)
        case "strategy":
            return _strategy(value)
        case "bounds":
            return read_bounds(value)
        case "extra-requirements":
            return read_extra(value)
        case "variables":
            return read_variables(value)
        case "cache-keys":
            return read_cache_keys(value)
        case "cutoff":
            return _cutoff(value)
        case "cutoffs":
            return _by_package(value, "NAME=WHEN", _cutoff)
        case "modes":
            return _by_package(value, "NAME=MODE", lambda mode: _choice(known, mode))
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


class IndexFault(ValueError):
    """What is said of an index cannot be used: which of its keys, and why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"`{key}`: {reason}" if key else reason)
        self.key = key
        self.reason = reason


def index_root(text: str) -> str:
    """An index URL in its one form, with a final slash; ``ValueError`` when it is no such URL."""
    return located(text, "/").url


class Located(NamedTuple):
    """Where an index lies."""

    url: str
    """In its one form; `file:` for a folder or page of this machine."""
    written: str = ""
    """The path, where it was written as a relative one."""


def located(text: str, folder: str, *, is_flat: bool = False, key: str = "") -> Located:
    """Read the address of an index, or a path relative to ``folder``; raises :class:`IndexFault`."""
    text = text.strip()
    if re.fullmatch(_PAGE_URL, text, re.IGNORECASE) if is_flat else _URL.fullmatch(text):
        return Located(text if is_flat else text.rstrip("/") + "/")
    if text.lower().startswith("file:"):
        path = text[5:].removeprefix("//").removeprefix("localhost")
        if not path.startswith("/"):
            raise IndexFault(key, f"`{text}` is no `file:///` address of a folder")
        return Located(_file_url(f"file://{path}", is_flat=is_flat))
    is_path = is_flat or text.startswith(("/", "./", "../"))
    if not text or not is_path or "\0" in text or re.match(_SCHEME, text):
        raise IndexFault(
            key,
            f"`{redacted(text)}` is not the URL of an index (`http://` or `https://`)"
            " nor a path such as `./packages`",
        )
    path = posixpath.normpath(text)
    url = PurePosixPath(posixpath.normpath(posixpath.join(folder, path))).as_uri()
    return Located(_file_url(url, is_flat=is_flat), "" if text.startswith("/") else path)


def _file_url(url: str, *, is_flat: bool) -> str:
    is_page = is_flat and url.lower().endswith((".html", ".htm"))
    return url if is_page else url.rstrip("/") + "/"


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


def _size(value: object) -> int | None:
    """Bytes; ``None`` for no bound."""
    if _is_unlimited(value):
        return None
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:([kmgt])(i?)b?|b)?", text, re.ASCII | re.IGNORECASE)
    if found is None:
        raise ValueError(f'`{value}` is no size such as `"20 GiB"` or `"500 MB"`, and not `"unlimited"`')
    number, letter, binary = found.groups()
    # As everywhere: 1 GB is 10**9 bytes, 1 GiB 2**30, and a bare G the latter.
    base = 1000 if not binary and text[-1] in "bB" else 1024
    return int(float(number) * base ** (" kmgt".index(letter.lower()) if letter else 0))


def _age(value: object) -> int | None:
    """Seconds; ``None`` for no bound."""
    if _is_unlimited(value):
        return None
    reason = f'`{value}` is no span of time such as `"90 days"`, and not `"unlimited"`'
    try:
        found = parse_cutoff(value) if isinstance(value, str) else None
    except ValueError as error:
        raise ValueError(reason) from error
    if found is None or found.age_seconds is None:
        raise ValueError(reason)
    return found.age_seconds or None


def _is_unlimited(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return value == 0
    return isinstance(value, str) and value.strip() in {"0", "unlimited"}


def _choice(known: Known, text: object) -> str:
    if isinstance(text, str) and text in known.choices:
        return SAME_MODE.get(text, text)
    raise ValueError(f"`{text}` is none of {', '.join(f'`{choice}`' for choice in known.choices)}")


def _names(value: object) -> tuple[PackageName, ...]:
    """Names of packages; a variable has them in one text."""
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ValueError("its value must be a list of names of packages")
    return tuple(dict.fromkeys(package_name(item) for item in items))


def _hosts(value: object) -> tuple[str, ...]:
    """Hosts, each alone: no address, no pattern. A variable has them in one text."""
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ValueError("its value must be a list of hosts")
    for item in items:
        if re.fullmatch(_HOST, item) is None:
            raise ValueError(f"`{redacted(item)}` is no host such as `localhost` or `localhost:8443`")
    return tuple(dict.fromkeys(item.lower() for item in items))


def _licenses(value: object) -> tuple[str, ...]:
    """Licences by their identifiers; whether SPDX has them is asked where they count (`ops.licenses`)."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("its value must be a list of SPDX identifiers, such as `MIT`")
    found = tuple(word.strip() for item in value for word in item.split(","))
    if not all(found):
        raise ValueError("an empty text is no licence")
    return tuple(dict.fromkeys(found))


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


def _cutoff(value: object) -> Cutoff | None:
    """A bound on upload times; `false` is none."""
    if value is False or value == "false":
        return None
    if not isinstance(value, str):
        raise ValueError('its value must be a string such as `"7 days"` or `"2024-05-01"`, or `false`')  # noqa: TRY004
    return parse_cutoff(value)


def _by_package(value: object, form: str, read: Callable[[object], T]) -> Mapping[PackageName, T]:
    """A table by names of packages, or the words of flags."""
    if isinstance(value, tuple):
        return {package_name(name): read(text) for name, text in (_word(word, form) for word in value)}
    if not isinstance(value, dict):
        raise ValueError("its value must be a table by names of packages")  # noqa: TRY004
    found: dict[PackageName, T] = {}
    for name, item in value.items():
        try:
            if package_name(name) in found:
                raise ValueError("the package stands here twice")
            found[package_name(name)] = read(item)
        except ValueError as error:
            raise ValueError(f"`{name}`: {error}") from error
    return found


def _mirrors(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(url, str) for url in value.values()):
        raise ValueError("its value must be a table of URLs by names or URLs of indexes")
    return {key: located(url, "/").url for key, url in value.items()}


def _strategy(value: object) -> str:
    if value == "first-index":
        return "first-index"
    raise ValueError(
        f"`{value}` is not `first-index`, the one there is: with any other, somebody's package on a later"
        " index could take the place of one of the same name on an earlier one; to take a package from a"
        ' certain index, pin it: `name = { index = "..." }` in `[tool.detent.sources]`'
    )


def _word(word: str, form: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not equals:
        raise ValueError(f"`{word}` is not written as `{form}`")
    return name.strip(), text.strip()
