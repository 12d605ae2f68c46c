"""Flat indexes: all files on one page of links, or in one folder, whatever project they are of.

There are no pages of projects: each project's listing is picked out of the whole by file names, which must
parse. Of files in a folder the hashes are taken here, once as long as size and time of a file stay.
"""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path
from urllib.parse import quote

from detent import fsio
from detent.errors.fetch import IndexUnavailable
from detent.events import Report
from detent.index.client import Answer
from detent.index.listings import Fetched, KeptListing
from detent.index.page_entries import Entry
from detent.index.remote import USUAL, Manner, RemoteIndex, Transport
from detent.index.rows import Row
from detent.index.simple import Page, parse_page, read_entries
from detent.index.urls import shown
from detent.lock.filename import local_path
from detent.model.requirement import PackageName
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_HASHES = (b"hashes", 1)
_ACCEPT = "text/html, application/vnd.pypi.simple.v1+html;q=0.5, application/vnd.pypi.simple.v1+json;q=0.2"


class FlatPage(RemoteIndex):
    """A page of links, fetched once in a process."""

    def __init__(
        self,
        client: Transport,
        *,
        index_url: str,
        layout: Layout,
        scratch: Callable[[], Path],
        now: Callable[[], float],
        report: Report,
        manner: Manner = USUAL,
    ) -> None:
        super().__init__(
            client,
            index_url=index_url,
            layout=layout,
            scratch=scratch,
            now=now,
            report=report,
            manner=manner,
        )
        self._turn = threading.Lock()
        self._answer: Answer | None = None

    def _fetch_listing(self, name: PackageName, kept: KeptListing | None) -> Fetched:
        with self._turn:
            answer = self._answer
            if answer is None:
                answer = self._answer = self._client.fetch(
                    self._index_url,
                    headers={"Accept": _ACCEPT},
                    max_bytes=self._client.limits.page_bytes,
                    statuses=(404, 410),
                )
        if answer.status != 200:
            raise IndexUnavailable(
                shown(self._index_url),
                f"there is no page of links (HTTP {answer.status})"
                if answer.url.startswith("http")
                else "there is no such page",
                next_steps=("check the address of the page",),
            )
        page = parse_page(answer.body, answer.headers.get("content-type", ""), answer.url, name)
        stamp = hashlib.sha256(answer.body).hexdigest()
        return self._picked(name, kept, page, answer.headers, stamp)

    def _picked(
        self, name: PackageName, kept: KeptListing | None, page: Page, headers: Mapping[str, str], stamp: str
    ) -> Fetched:
        """Keep what the whole has of a project."""
        now = self._now()
        if not page.files:
            return self._missing(name, kept, headers)
        fresh = self._fresh_seconds(headers, now)
        if kept is not None and kept.stamp == stamp:
            renewed = kept._replace(fetched_at=now, fresh_seconds=fresh)
            self._keep(name, renewed)
            return Fetched(renewed, None)
        return self._listed(name, page, {}, now=now, fresh=fresh, stamp=stamp)


class FlatFolder(FlatPage):
    """A folder of files on this machine; looked into by every command."""

    def _fetch_listing(self, name: PackageName, kept: KeptListing | None) -> Fetched:
        folder = local_path(self._index_url) or ""
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 (names are all that is wanted)
        except OSError as error:
            raise IndexUnavailable(
                folder, "the folder cannot be read: " + (error.strerror or "").lower(), next_steps=()
            ) from error
        entries = (Entry(each, f"{self._index_url}{quote(each)}", {}) for each in names)
        page = read_entries(entries, self._index_url, name)
        hashes = _Hashes(folder, self._layout.index_facts(self._index_url))
        for files in page.files:
            files.rows[:] = [row for row in map(hashes.completed, files.rows) if row is not None]
        hashes.save()
        page = page._replace(files=[files for files in page.files if files.rows])
        stamp = hashlib.sha256(repr([files.rows for files in page.files]).encode()).hexdigest()
        return self._picked(name, kept, page, {"cache-control": "no-cache"}, stamp)

    def save(self) -> None:
        """Nothing is learned of a folder itself."""


class _Hashes:
    """The hashes of the files of a folder, remembered by size and time."""

    def __init__(self, folder: str, record: Path) -> None:
        self._folder = folder
        self._record = record
        found = read_record(record, *_HASHES)
        self._before = found if isinstance(found, dict) else {}
        self._now: dict[str, tuple[int, int, str]] = {}

    def completed(self, row: Row) -> Row | None:
        """Give a row with hash and size; ``None`` for what is no file."""
        name, where, _, _, uploaded, said = row
        path = os.path.join(self._folder, name)  # noqa: PTH118 (strings, as they were listed)
        try:
            facts = os.stat(path)  # noqa: PTH116
            if not stat.S_ISREG(facts.st_mode):
                return None
            kept = self._before.get(name)
            if kept is None or kept[:2] != (facts.st_size, facts.st_mtime_ns):
                with open(path, "rb") as file:  # noqa: PTH123
                    kept = (facts.st_size, facts.st_mtime_ns, file_digest(file, "sha256").hexdigest())
        except FileNotFoundError:
            return None  # a link that leads nowhere
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        self._now[name] = kept
        return name, where, kept[2], kept[0], uploaded, said

    def save(self) -> None:
        """Keep them for the next command."""
        if not self._now.items() <= self._before.items():
            write_record(self._record, *_HASHES, {**self._before, **self._now})
