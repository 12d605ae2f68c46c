"""Pages of the simple repository API, from bytes to artifacts and releases.

Follows PEP 503 (HTML), 592 (yanked), 629 (version), 658 and 714 (metadata files), 691 (JSON), 700 (size and
upload time). A page is refused as a whole only when it is no such page; one bad entry on a good page (a
foreign name, a version or a file name that does not parse, a link that is not http) is left out and counted.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

from packaging.version import InvalidVersion, Version

from detent.errors import PageInvalid
from detent.index.urls import shown, without_credentials
from detent.model.candidate import Artifact, Digest
from detent.model.requirement import PackageName
from detent.model.versions import Release, version_key
from detent.model.wheel_tags import pythons_of_wheels

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What to ask an index for: JSON first (PEP 691)."""


class Page(NamedTuple):
    """The files an index lists for one project."""

    files: tuple[tuple[Version, Artifact], ...]
    """In the order of the page, each file name once."""
    skipped: int
    """Entries that were left out because they are not valid files of this project."""


class Project(NamedTuple):
    """A page, put in order: the same for any order of its entries."""

    releases: tuple[Release, ...]
    """Oldest first."""
    artifacts: Mapping[str, tuple[Artifact, ...]]
    """By the version text of the release, each sorted by file name."""


def parse_page(body: bytes, content_type: str, url: str, name: PackageName) -> Page:
    """Read one project's page; ``url`` is where it was found, after redirects."""
    kind, _, parameters = content_type.lower().partition(";")
    kind = kind.strip()
    try:
        if not kind:
            kind = "text/html" if body.lstrip()[:1] == b"<" else "application/json"
        if kind in {"application/vnd.pypi.simple.v1+json", "application/json"}:
            entries = _json_entries(body)
        elif kind in {"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"}:
            charset = parameters.partition("charset=")[2].strip(" \"'") or "utf-8"
            entries = _html_entries(_decoded(body, charset), url)
        else:
            raise _NotAPage(f"it answered `{kind}`, which is no form of the simple repository API")
        return _collect(entries, url, name)
    except _NotAPage as fault:
        raise PageInvalid(name, shown(url), str(fault)) from None


def group(page: Page) -> Project:
    """Put the files of a page together as releases, oldest first."""
    by_key: dict[tuple[Any, ...], list[tuple[Version, Artifact]]] = {}
    for version, artifact in page.files:
        by_key.setdefault(version_key(version), []).append((version, artifact))
    releases: list[Release] = []
    artifacts: dict[str, tuple[Artifact, ...]] = {}
    for key in sorted(by_key):
        # 1.0 and 1.0.0 are one version; the text is that of the first file by name, on every machine.
        found = sorted(by_key[key], key=lambda pair: pair[1].filename)
        files = tuple(artifact for _, artifact in found)
        text = str(found[0][0])
        artifacts[text] = files
        uploads = [f.uploaded_at for f in files if f.uploaded_at is not None]
        releases.append(
            Release(
                version=text,
                key=key,
                requires_python=_requires_python(files),
                has_wheel=any(f.is_wheel for f in files),
                has_sdist=any(not f.is_wheel for f in files),
                yanked=all(f.yanked is not None for f in files),
                uploaded_at=min(uploads) if uploads else None,
                wheel_pythons=_wheel_pythons(files),
            )
        )
    return Project(tuple(releases), artifacts)


def _requires_python(files: tuple[Artifact, ...]) -> str:
    """What the release asks of Python: its wheels speak before its source distribution."""
    told = sorted((not f.is_wheel, f.filename, f.requires_python) for f in files if f.requires_python)
    return told[0][2] if told else ""


def _wheel_pythons(files: tuple[Artifact, ...]) -> str:
    """Which Pythons its wheels are for; yanked ones count only where there are no others."""
    wheels = [f for f in files if f.is_wheel]
    kept = [f for f in wheels if f.yanked is None]
    return pythons_of_wheels(f.filename for f in kept or wheels)


class _NotAPage(Exception):
    """The body as a whole cannot be used; the text says why."""


class _Entry(NamedTuple):
    """One link of a page, as found, nothing believed yet."""

    filename: object
    url: object
    digests: object
    size: object = None
    uploaded: object = None
    requires_python: object = None
    yanked: object = None
    metadata: object = None


# ---- JSON (PEP 691, 700) ---------------------------------------------------------------------


def _json_entries(body: bytes) -> Iterator[_Entry]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise _NotAPage("it is not valid JSON") from fault
    if not isinstance(document, dict):
        raise _NotAPage("it is not a JSON object")
    meta = document.get("meta")
    _check_version(meta.get("api-version") if isinstance(meta, dict) else None)
    files = document.get("files")
    if not isinstance(files, list):
        raise _NotAPage("it has no list of files")
    for file in files:
        if not isinstance(file, dict):
            yield _Entry(None, None, None)
            continue
        yield _Entry(
            filename=file.get("filename"),
            url=file.get("url"),
            digests=file.get("hashes"),
            size=file.get("size"),
            uploaded=file.get("upload-time"),
            requires_python=file.get("requires-python"),
            yanked=file.get("yanked") or None,  # PEP 691: an empty text counts as false here
            metadata=file.get("core-metadata", file.get("dist-info-metadata")),
        )


def _check_version(version: object) -> None:
    """Refuse a major version this reader does not know (PEP 629)."""
    if version is None:
        return
    if str(version).partition(".")[0].strip() != "1":
        raise _NotAPage(
            f"it follows version {_short(version)} of the simple repository API; 1.x is understood"
        )


# ---- HTML (PEP 503, 592, 629, 658) -----------------------------------------------------------

# No page can make the scan quadratic: the repetitions are possessive and bounded, and a tag that never ends
# is matched too (then left out), so that its text is not looked at again. What a comment hides is no link.
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <(a|base|meta)(?=[\s/>]) ((?:[^>"']{1,65536}+ | "[^"]{0,65536}+" | '[^']{0,65536}+')*+) (>?)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?""")


def _html_entries(text: str, url: str) -> Iterator[_Entry]:
    based = False
    for found in _TAG.finditer(text):
        tag = found[1]
        if tag is None or not found[3]:
            continue
        attributes = _attributes(found[2])
        tag = tag.lower()
        if tag == "a":
            href = attributes.get("href")
            if href:
                yield _html_entry(_joined(url, href.strip()), attributes)
        elif tag == "base":
            if not based and attributes.get("href"):
                url, based = _joined(url, attributes["href"].strip()), True
        elif attributes.get("name", "").lower() == "pypi:repository-version":
            _check_version(attributes.get("content"))


def _attributes(text: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare
        attributes.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return attributes


def _html_entry(link: str, attributes: dict[str, str]) -> _Entry:
    location, _, fragment = link.partition("#")
    return _Entry(
        # The text of the anchor should say the same; the address is what will be fetched.
        filename=unquote(location.partition("?")[0].rpartition("/")[2]),
        url=location,
        digests=_pairs(fragment),
        uploaded=attributes.get("data-upload-time"),
        requires_python=attributes.get("data-requires-python"),
        yanked=attributes.get("data-yanked"),
        metadata=_announced(attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))),
    )


def _pairs(fragment: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fragment.split("&"))
    return {algorithm: value for algorithm, equals, value in pairs if equals}


def _announced(text: str | None) -> object:
    if text is None or text.strip().lower() == "false":
        return None
    return _pairs(text) or True


# ---- one entry, made an artifact -------------------------------------------------------------

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}")
_SEPARATORS = re.compile(r"[-_.]+")
_SDIST_SUFFIXES = (".tar.gz", ".zip")
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


def _collect(entries: Iterable[_Entry], page_url: str, name: PackageName) -> Page:
    versions: dict[str, Version | None] = {}
    files: dict[str, tuple[Version, Artifact]] = {}
    skipped = 0
    for entry in entries:
        pair = _artifact(entry, page_url, name, versions)
        if pair is None:
            skipped += 1
        else:
            files.setdefault(pair[1].filename, pair)
    return Page(tuple(files.values()), skipped)


def _artifact(
    entry: _Entry, page_url: str, name: PackageName, versions: dict[str, Version | None]
) -> tuple[Version, Artifact] | None:
    filename, url = entry.filename, entry.url
    if not isinstance(filename, str) or not isinstance(url, str) or not _SAFE_NAME.fullmatch(filename):
        return None
    version = _version_of(filename, name, versions)
    if version is None:
        return None
    location = _location(page_url, url)
    if location is None:
        return None
    requires_python = entry.requires_python.strip() if isinstance(entry.requires_python, str) else ""
    return version, Artifact(
        filename=filename,
        url=location,
        digests=_digests(entry.digests),
        size_bytes=entry.size if type(entry.size) is int and 0 <= entry.size < 2**63 else None,
        uploaded_at=_seconds(entry.uploaded),
        requires_python=requires_python if requires_python.isprintable() else "",
        yanked=_yanked(entry.yanked),
        metadata=_metadata(entry.metadata),
    )


def _version_of(filename: str, name: PackageName, versions: dict[str, Version | None]) -> Version | None:
    """The version a file name states; ``None`` unless it is a wheel or sdist of this very project."""
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        if len(parts) not in {5, 6} or not all(parts) or _normal(parts[0]) != name:
            return None
        if len(parts) == 6 and not parts[2][0].isdigit():
            return None
        return _parsed(parts[1], versions)
    suffix = next((s for s in _SDIST_SUFFIXES if filename.endswith(s)), None)
    if suffix is None:
        return None
    # Old names hold dashes in both halves; only the project's own name says where the version begins.
    stem = filename[: -len(suffix)]
    dash = stem.find("-")
    while dash > 0:
        if _normal(stem[:dash]) == name:
            version = _parsed(stem[dash + 1 :], versions)
            if version is not None:
                return version
        dash = stem.find("-", dash + 1)
    return None


def _parsed(text: str, versions: dict[str, Version | None]) -> Version | None:
    if text not in versions:
        try:
            versions[text] = Version(text.replace("_", "-"))
        except InvalidVersion:
            versions[text] = None
    return versions[text]


@lru_cache(maxsize=64)
def _normal(text: str) -> str:
    return _SEPARATORS.sub("-", text).lower()


def _location(page_url: str, url: str) -> str | None:
    location = _joined(page_url, url).partition("#")[0]
    if not _ADDRESS.fullmatch(location) or not location.isprintable():
        return None
    return without_credentials(location) if "@" in location else location


_HTTP = ("https://", "http://")
_ADDRESS = re.compile(r"https?://(?:[^/?\s]*@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?]\S*)?")


def _joined(base: str, link: str) -> str:
    """An address as seen from a page; empty when it is none. Joining is slow, and most links are whole."""
    if link.startswith(_HTTP):
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def _digests(found: object) -> tuple[Digest, ...]:
    if not isinstance(found, dict):
        return ()
    digests = []
    for algorithm, value in found.items():
        if not isinstance(algorithm, str) or not isinstance(value, str):
            continue
        algorithm, value = algorithm.lower(), value.lower()  # noqa: PLW2901  (the one spelling from here on)
        if _HEX_LENGTHS.get(algorithm) == len(value) and _HEX.fullmatch(value):
            digests.append(Digest(algorithm, value))
    return tuple(sorted(digests))


def _metadata(found: object) -> tuple[Digest, ...] | None:
    if isinstance(found, dict):
        return _digests(found)
    return () if found is True else None


def _yanked(found: object) -> str | None:
    if isinstance(found, str):
        return found
    return "" if found is True else None


def _seconds(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        return None


def _decoded(body: bytes, charset: str) -> str:
    """As UTF-8 unless the page says Latin-1; no other codec of a server's choosing is let loose on it."""
    latin = charset in {"iso-8859-1", "latin-1", "windows-1252"}
    return body.decode("latin-1" if latin else "utf-8", "replace")


def _short(value: object) -> str:
    text = str(value)[:20]
    return text if text.isprintable() else repr(text)
