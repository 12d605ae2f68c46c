"""Pages of the simple repository API, from bytes to rows (:mod:`detent.index.rows`).

Follows PEP 503 (HTML), 592 (yanked), 629 (version), 658 and 714 (metadata files), 691 (JSON), 700 (size and
upload time). A page is refused as a whole only when it is no such page; one bad entry on a good page (a
foreign name, a version or a file name that does not parse, a link that is not http) is left out and counted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from packaging.version import Version

from detent.errors.fetch import PageInvalid
from detent.index.grouping import BEST_ENDINGS, Files
from detent.index.page_entries import (
    Entry,
    NotAPage,
    announced,
    html_entries,
    joined,
    json_entries,
    json_files,
)
from detent.index.rows import USUAL_TIME, Pairs, Row, Said, seconds_of, where_of
from detent.index.urls import shown, without_credentials
from detent.index.usual_pages import (
    Anchor,
    UsualFile,
    data_attributes,
    entry_of,
    usual_anchors,
    usual_files,
)
from detent.model.candidate import SDIST_ENDINGS
from detent.model.requirement import PackageName
from detent.named import NamedTuple

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What to ask an index for: JSON first (PEP 691)."""


class Page(NamedTuple):
    """The files an index lists for one project."""

    files: Sequence[Files]
    skipped: int
    """Entries that were left out because they are no valid files of this project."""
    legacy: Sequence[str]
    """Those of them that are files of this project, of a version that PEP 440 does not know."""

    def left_out(self, name: PackageName) -> Iterator[str]:
        """Say what was left out."""
        others = self.skipped - len(self.legacy)
        if others:
            yield f"{others} files on the index page of `{name}` are neither wheels nor sdists of it"
        if self.legacy:
            yield (
                f"{len(self.legacy)} files of `{name}` are left out, for their versions are not valid,"
                f" such as `{self.legacy[-1]}`"
            )


def parse_page(body: bytes, content_type: str, url: str, name: PackageName) -> Page:
    """Read one project's page; ``url`` is where it was found, after redirects."""
    kind, _, parameters = content_type.lower().partition(";")
    kind = kind.strip()
    reading = _Reading(url, name)
    try:
        if not kind:
            kind = "text/html" if body.lstrip()[:1] == b"<" else "application/json"
        if kind in {"application/vnd.pypi.simple.v1+json", "application/json"}:
            files = json_files(body)
            usual = usual_files(files, url)
            reading.take_files(usual)
            reading.take(() if usual else json_entries(files))
        elif kind in {"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"}:
            charset = parameters.partition("charset=")[2].strip(" \"'") or "utf-8"
            anchors, rest = usual_anchors(_decoded(body, charset))
            reading.take_anchors(anchors)
            reading.take(html_entries(rest, url))
        else:
            raise NotAPage(f"it answered `{kind}`, which is no form of the simple repository API")
    except NotAPage as fault:
        raise PageInvalid(name, shown(url), str(fault)) from None
    return reading.page()


def read_entries(entries: Iterable[Entry], url: str, name: PackageName) -> Page:
    """Read files that were found otherwise than on a page: in the folder at ``url``."""
    reading = _Reading(url, name)
    reading.take(entries)
    return reading.page()


# ---- one entry, made a row -------------------------------------------------------------------

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}")
_SEPARATORS = re.compile(r"[-_.]+")
_UNREADABLE_ENDINGS = (".tar.Z", ".tar.lz", ".tar.lzma", ".tar.zst", ".tbz", ".tbz2", ".txz")
_SOURCE_ENDINGS = (*SDIST_ENDINGS, *_UNREADABLE_ENDINGS)
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")
_PLAIN_VERSION = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*")
"""A version that is normalised as it stands."""
_TIME = re.compile(USUAL_TIME)
_LONGEST_ADDRESS = 2000


class _Reading:
    """What was read of one page so far."""

    def __init__(self, url: str, name: PackageName) -> None:
        self._url = url
        self._name = name
        self._rows: dict[str, list[Row]] = {}
        """By the version as file names spell it."""
        self._versions: dict[str, Version | None] = {}
        self._spellings: dict[str, bool] = {}
        """Which first parts of file names are the project's name."""
        self._said: dict[object, Said] = {}
        self._rows_by_head: dict[str, list[Row]] = {}
        """By what stands before the tags of wheels: name and version."""
        self._odd: set[str] = set()
        """Versions with a file of another form than the best."""
        self._skipped = 0
        self._legacy: list[str] = []

    def page(self) -> Page:
        files = []
        for text, rows in self._rows.items():
            version = cast("Version", self._versions[text])
            normal = text if _PLAIN_VERSION.fullmatch(text) else str(version)
            files.append(Files(normal, version, rows, text in self._odd))
        return Page(files, self._skipped, self._legacy)

    def take_anchors(self, anchors: Iterable[Anchor]) -> None:
        """Do what :meth:`take` does, where the form of an anchor has answered most of its questions."""
        said = self._said
        for anchor in anchors:
            url, sha256, data, uploaded, more = anchor
            folder, _, filename = url.rpartition("/")
            if "%" in filename or len(filename) > 255:
                self.take((entry_of(anchor),))
                continue
            rows = self._rows_for(filename)
            if rows is not None:
                attributes = data + more
                what = said.get(attributes)
                if what is None:
                    what = said[attributes] = _said_by(data_attributes(attributes))
                rows.append((filename, folder, sha256, None, uploaded or None, what))

    def take_files(self, files: Iterable[UsualFile]) -> None:
        """Do what :meth:`take` does, where most of its questions are answered."""
        said = self._said
        for filename, url, sha256, size, uploaded, requires_python, yanked, metadata, provenance in files:
            rows = self._rows_for(filename)
            if rows is not None:
                key = (requires_python, yanked, metadata, provenance)
                what = said.get(key)
                if what is None:
                    digest = (("sha256", metadata),) if isinstance(metadata, str) else metadata
                    pairs = digest if isinstance(digest, tuple) else _metadata(digest)
                    python, is_yanked = _python(requires_python), _yanked(yanked or None)
                    what = said[key] = (python, is_yanked, pairs, _provenance(provenance))
                rows.append((filename, url[: -len(filename) - 1], sha256, size, uploaded, what))

    def take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            filename, url = entry.filename, entry.url
            if (
                not isinstance(filename, str)
                or not isinstance(url, str)
                or not _SAFE_NAME.fullmatch(filename)
            ):
                self._skipped += 1
                continue
            version = self._version_of(filename)
            if version is None:
                continue
            location = _location(self._url, url)
            if location is None:
                self._skipped += 1
                continue
            row: Row = (
                filename,
                where_of(location, filename),
                _digests(entry.digests),
                entry.size if type(entry.size) is int and 0 <= entry.size < 2**63 else None,
                _uploaded(entry.uploaded),
                (
                    _python(entry.requires_python),
                    _yanked(entry.yanked),
                    _metadata(entry.metadata),
                    _provenance(entry.provenance),
                ),
            )
            self._rows.setdefault(version, []).append(row)

    def _rows_for(self, filename: str) -> list[Row] | None:
        """Give where the row of a file belongs; ``None`` and taken note of if it is left out."""
        head = ""
        if filename.count("-") == 4 and filename.endswith(".whl") and "--" not in filename:
            head = filename[: filename.find("-", filename.find("-") + 1)]
            rows = self._rows_by_head.get(head)
            if rows is not None and filename[-5] != "-":
                return rows
        version = self._version_of(filename)
        if version is None:
            return None
        rows = self._rows.setdefault(version, [])
        if head:
            self._rows_by_head[head] = rows
        return rows

    def _version_of(self, filename: str) -> str | None:
        """The version a file name states, as it spells it; ``None`` and taken note of if it is left out."""
        text = self._wheel_version(filename) if filename.endswith(".whl") else self._sdist_version(filename)
        if text is not None and self._versions[text] is not None:
            if not filename.endswith(BEST_ENDINGS):
                self._odd.add(text)
            return text
        self._skipped += 1
        if text is not None:
            self._legacy.append(filename)
        return None

    def _wheel_version(self, filename: str) -> str | None:
        parts = filename[:-4].split("-")
        if len(parts) == 6:
            if not parts[2][:1].isdigit():
                return None
        elif len(parts) != 5:
            return None
        if not all(parts) or not self._is_name(parts[0]):
            return None
        self._parse(parts[1])
        return parts[1]

    def _sdist_version(self, filename: str) -> str | None:
        if not filename.endswith(_SOURCE_ENDINGS):
            return None
        suffix = next(suffix for suffix in _SOURCE_ENDINGS if filename.endswith(suffix))
        # Old names hold dashes in both halves; only the project's own name says where the version begins.
        stem = filename[: -len(suffix)]
        dash, text = stem.find("-"), None
        while dash > 0:
            if self._is_name(stem[:dash]):
                text = stem[dash + 1 :]
                if self._parse(text):
                    break
            dash = stem.find("-", dash + 1)
        return text

    def _is_name(self, text: str) -> bool:
        known = self._spellings.get(text)
        if known is None:
            known = self._spellings[text] = _SEPARATORS.sub("-", text).lower() == self._name
        return known

    def _parse(self, text: str) -> Version | None:
        if text not in self._versions:
            try:
                self._versions[text] = Version(text.replace("_", "-"))
            except ValueError:  # no version, or a number too long to read
                self._versions[text] = None
        return self._versions[text]


def _said_by(data: dict[str, str]) -> Said:
    return (
        _python(data.get("data-requires-python")),
        data.get("data-yanked"),
        _metadata(announced(data)),
        _provenance(data.get("data-provenance")),
    )


def _location(page_url: str, url: str) -> str | None:
    location = joined(page_url, url).partition("#")[0]
    if page_url.startswith("file:") and location.startswith("file:///") and location.isprintable():
        return location  # what lies on this machine may lead to what does
    if not _ADDRESS.fullmatch(location) or not location.isprintable():
        return None
    return without_credentials(location) if "@" in location else location


_ADDRESS = re.compile(r"https?://(?:[^/?\s]*@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?]\S*)?")


def _python(found: object) -> str:
    text = found.strip() if isinstance(found, str) else ""
    return text if text.isprintable() else ""


def _provenance(found: object) -> str:
    """Give an address of who published a file; what is none, or absurdly long, is as if it were not there."""
    if not isinstance(found, str) or len(found) > _LONGEST_ADDRESS or not found.isprintable():
        return ""
    return found if _ADDRESS.fullmatch(found) and "@" not in found else ""


def _digests(found: object) -> str | Pairs:
    pairs = _pairs(found)
    return pairs[0][1] if len(pairs) == 1 and pairs[0][0] == "sha256" else pairs


def _pairs(found: object) -> Pairs:
    if not isinstance(found, dict):
        return ()
    pairs = []
    for algorithm, value in found.items():
        if not isinstance(algorithm, str) or not isinstance(value, str):
            continue
        algorithm, value = algorithm.lower(), value.lower()  # noqa: PLW2901  (the one spelling from here on)
        if _HEX_LENGTHS.get(algorithm) == len(value) and _HEX.fullmatch(value):
            pairs.append((algorithm, value))
    return tuple(sorted(pairs))


def _metadata(found: object) -> Pairs | None:
    if isinstance(found, dict):
        return _pairs(found)
    return () if found is True else None


def _yanked(found: object) -> str | None:
    if isinstance(found, str):
        return found
    return "" if found is True else None


def _uploaded(found: object) -> str | int | None:
    if not isinstance(found, str):
        return None
    return found if _TIME.fullmatch(found) else seconds_of(found)


def _decoded(body: bytes, charset: str) -> str:
    """As UTF-8 unless the page says Latin-1; no other codec of a server's choosing is let loose on it."""
    latin = charset in {"iso-8859-1", "latin-1", "windows-1252"}
    return body.decode("latin-1" if latin else "utf-8", "replace")
