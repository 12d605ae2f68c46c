"""Pages of the simple repository API, from bytes to artifacts.

Follows PEP 503 (HTML), 592 (yanked), 629 (version), 658 and 714 (metadata files), 691 (JSON), 700 (size and
upload time). A page is refused as a whole only when it is no such page; one bad entry on a good page (a
foreign name, a version or a file name that does not parse, a link that is not http) is left out and counted.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from packaging.version import Version

from detent.errors import PageInvalid
from detent.index.page_entries import (
    Entry,
    NotAPage,
    Plain,
    announced,
    html_entries,
    joined,
    json_entries,
    plain_data,
)
from detent.index.urls import shown, without_credentials
from detent.model.candidate import SDIST_ENDINGS, Artifact, Digest
from detent.model.requirement import PackageName

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What to ask an index for: JSON first (PEP 691)."""


class Page(NamedTuple):
    """The files an index lists for one project."""

    files: tuple[tuple[Version, Artifact], ...]
    """In the order of the page, each file name once."""
    skipped: int
    """Entries that were left out because they are not valid files of this project."""


def parse_page(body: bytes, content_type: str, url: str, name: PackageName) -> Page:
    """Read one project's page; ``url`` is where it was found, after redirects."""
    kind, _, parameters = content_type.lower().partition(";")
    kind = kind.strip()
    entries: Iterable[Entry | Plain]
    try:
        if not kind:
            kind = "text/html" if body.lstrip()[:1] == b"<" else "application/json"
        if kind in {"application/vnd.pypi.simple.v1+json", "application/json"}:
            entries = json_entries(body)
        elif kind in {"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"}:
            charset = parameters.partition("charset=")[2].strip(" \"'") or "utf-8"
            entries = html_entries(_decoded(body, charset), url)
        else:
            raise NotAPage(f"it answered `{kind}`, which is no form of the simple repository API")
        return _collect(entries, url, name)
    except NotAPage as fault:
        raise PageInvalid(name, shown(url), str(fault)) from None


# ---- one entry, made an artifact -------------------------------------------------------------

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}")
_SEPARATORS = re.compile(r"[-_.]+")
_UNREADABLE_ENDINGS = (".tar.Z", ".tar.lz", ".tar.lzma", ".tar.zst", ".tbz", ".tbz2", ".txz")
_SOURCE_ENDINGS = (*SDIST_ENDINGS, *_UNREADABLE_ENDINGS)
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


def _collect(entries: Iterable[Entry | Plain], page_url: str, name: PackageName) -> Page:
    versions: dict[str, Version | None] = {}
    files: dict[str, tuple[Version, Artifact]] = {}
    skipped = 0
    for entry in entries:
        if isinstance(entry, Plain):
            pair = _plain_artifact(entry, name, versions)
        else:
            pair = _artifact(entry, page_url, name, versions)
        if pair is None:
            skipped += 1
        else:
            files.setdefault(pair[1].filename, pair)
    return Page(tuple(files.values()), skipped)


def _plain_artifact(
    anchor: Plain, name: PackageName, versions: dict[str, Version | None]
) -> tuple[Version, Artifact] | None:
    """Do what :func:`_artifact` does, where the form of the anchor has answered most of its questions."""
    version = _version_of(anchor.filename, name, versions)
    if version is None:
        return None
    data = plain_data(anchor.data)
    return version, Artifact(
        anchor.filename,
        anchor.folder + anchor.filename,
        (Digest("sha256", anchor.sha256),),
        None,
        _seconds(data.get("data-upload-time")),
        _python(data.get("data-requires-python")),
        data.get("data-yanked"),
        _metadata(announced(data)),
    )


def _artifact(
    entry: Entry, page_url: str, name: PackageName, versions: dict[str, Version | None]
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
    return version, Artifact(
        filename=filename,
        url=location,
        digests=_digests(entry.digests),
        size_bytes=entry.size if type(entry.size) is int and 0 <= entry.size < 2**63 else None,
        uploaded_at=_seconds(entry.uploaded),
        requires_python=_python(entry.requires_python),
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
    suffix = next((s for s in _SOURCE_ENDINGS if filename.endswith(s)), None)
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
        except ValueError:  # no version, or a number too long to read
            versions[text] = None
    return versions[text]


@lru_cache(maxsize=64)
def _normal(text: str) -> str:
    return _SEPARATORS.sub("-", text).lower()


def _location(page_url: str, url: str) -> str | None:
    location = joined(page_url, url).partition("#")[0]
    if not _ADDRESS.fullmatch(location) or not location.isprintable():
        return None
    return without_credentials(location) if "@" in location else location


_ADDRESS = re.compile(r"https?://(?:[^/?\s]*@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?]\S*)?")


def _python(found: object) -> str:
    text = found.strip() if isinstance(found, str) else ""
    return text if text.isprintable() else ""


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
