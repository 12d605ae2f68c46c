"""What file names of wheels and source distributions say: name, version, build number, tags.

Follows the binary distribution format and the source distribution format specifications. It stands here
because importing `packaging.tags` costs more than selecting from a lock does, and this is on the warm path;
`packaging.utils` is the judge in the tests. Nothing that is not a plain file name gets through.
"""

import re

from packaging.version import Version

from detent.named import NamedTuple

_WHEEL_PART = re.compile(r"[A-Za-z0-9_.+!]+")
_TAG_SET = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_BUILD = re.compile(r"([0-9]+)([A-Za-z0-9_.]*)")
_PLAIN_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,18})(?:\.(?:0|[1-9][0-9]{0,18}))*")
_PROJECT_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FILE_URL = re.compile(r"file:(?://(?:localhost)?)?(/[^/?#][^?#]*)(?:[?#].*)?", re.IGNORECASE)
_WEB_USER = re.compile(r"(?<=://)[^/?#]*@")
_PASSWORD = re.compile(r"(?<=://)([^/?#:@]*):[^/?#@]*@")
_SDIST_ENDINGS = (".tar.gz", ".zip")

Build = tuple[()] | tuple[int, str]
"""Empty, or the number and the rest of a build tag; compares as the specification asks."""


class WheelName(NamedTuple):
    """A wheel's file name, taken apart."""

    name: str
    """As written in the file name."""
    version: str
    """As written in the file name."""
    build: Build
    pythons: str
    abis: str
    platforms: str
    """Compressed tag sets, such as ``py2.py3``."""


def wheel_name(name: str, version: str) -> str:
    """Give the file name of a wheel for any environment (binary distribution format, "File name")."""
    return f"{name.replace('-', '_')}-{version.replace('-', '_')}-py3-none-any.whl"


def split_wheel(filename: str) -> WheelName:
    """Take a wheel's file name apart; :class:`ValueError` says what is wrong with it."""
    parts = filename.removesuffix(".whl").split("-")
    if not filename.endswith(".whl") or len(parts) not in {5, 6}:
        raise ValueError(f"`{filename}` is not a wheel's file name")
    name, version, *build_text, pythons, abis, platforms = parts
    if not (_WHEEL_PART.fullmatch(name) and _WHEEL_PART.fullmatch(version)) or "__" in name:
        raise ValueError(f"`{filename}` has no valid name and version")
    build: Build = ()
    if build_text:
        found = _BUILD.fullmatch(build_text[0])
        if not found:
            raise ValueError(f"`{filename}` has the invalid build number `{build_text[0]}`")
        build = (int(found[1]), found[2])
    if not (_TAG_SET.fullmatch(pythons) and _TAG_SET.fullmatch(abis) and _TAG_SET.fullmatch(platforms)):
        raise ValueError(f"`{filename}` has invalid tags")
    return WheelName(name, version, build, pythons, abis, platforms)


def split_sdist(filename: str) -> tuple[str, str]:
    """Take the name and version, as written, out of a source distribution's file name."""
    stem = next((filename.removesuffix(e) for e in _SDIST_ENDINGS if filename.endswith(e)), "")
    name, _, version = stem.rpartition("-")
    if not (_PROJECT_NAME.fullmatch(name) and _WHEEL_PART.fullmatch(version)):
        raise ValueError(f"`{filename}` is not a source distribution's file name")
    return name, version


def canonical_version(text: str) -> str:
    """Give the version as PEP 440 normalises it; :class:`ValueError` when it is none."""
    if _PLAIN_VERSION.fullmatch(text):
        return text
    try:
        return str(Version(text))
    except ValueError:  # no version, or a number too long to read
        raise ValueError(f"`{text}` is not a valid version") from None


def same_version(left: str, right: str) -> bool:
    """Whether two version texts mean one version (``1.0`` and ``1.0.0`` do)."""
    return left == right or Version(left) == Version(right)


def name_in_location(location: str) -> str:
    """Give the last component of a URL or path, percent-decoded for a URL."""
    if not is_url(location):
        return re.split(r"[/\\]", location)[-1]
    tail = re.split(r"[?#]", location, maxsplit=1)[0].rpartition("/")[2]
    return _decoded(tail, "replace")


def local_path(location: str) -> str | None:
    """Give the path that a location names; ``None`` for one on another machine."""
    if not is_url(location):
        return location
    found = _FILE_URL.fullmatch(location)
    return _decoded(found[1], "surrogateescape") if found is not None else None


def _decoded(text: str, errors: str) -> str:
    if "%" not in text:
        return text
    encoded = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes((int(m[1], 16),)), text.encode())
    return encoded.decode(errors=errors)


def is_url(location: str) -> bool:
    """Whether this is a URL; anything else is a path (one letter before a colon is a drive)."""
    return _SCHEME.match(location) is not None


def without_secrets(location: str) -> str:
    """Take user and password out of a URL; for `ssh` a bare user says who is asked, and stays."""
    if location.lower().removeprefix("git+").startswith(("http:", "https:")):
        return _WEB_USER.sub("", location)
    return _PASSWORD.sub(r"\1@", location)
