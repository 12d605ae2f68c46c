"""What :mod:`detent.index.releases` asks of the network: pages made into records, metadata made into blobs.

Each question becomes a job beside others; a job knows nothing of the asker's state and hands back a value, so
nothing here needs a lock but the memory of metadata files. Listings are kept as soon as they arrive.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from detent.errors.fetch import MetadataInvalid
from detent.events import Detail, Report
from detent.index import provenance
from detent.index.client import Answer
from detent.index.grouping import group
from detent.index.ladder import Ladder, Server
from detent.index.listings import (
    FACTS,
    FILES,
    LISTING,
    MISSING,
    PUBLISHERS,
    Asked,
    Fetched,
    KeptListing,
    Told,
    encode_metadata,
    listing_record,
)
from detent.index.ports import Pending
from detent.index.retry import fresh_seconds, says_how_long
from detent.index.rows import encode_rows
from detent.index.sidecars import Sidecars
from detent.index.simple import ACCEPT, Page, parse_page
from detent.model.candidate import Artifact
from detent.model.requirement import PackageName
from detent.model.versions import columns, sets
from detent.named import NamedTuple
from detent.store.archives import Archives
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_P = ParamSpec("_P")
_T = TypeVar("_T")

DEFAULT_FRESH_SECONDS = 600.0
"""How long a page is believed where the index does not say."""


class Transport(Server, Protocol):
    """A server that answers beside what goes on."""

    def submit(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Pending[_T]:
        """Begin something."""

    def wait(self) -> None:
        """Wait until one more of these has ended."""


class Manner(NamedTuple):
    """How an index is to be asked, apart from where it is."""

    cache_control: str = ""
    """In place of what it says itself."""
    missing_codes: tuple[int, ...] = ()
    """Answers, besides 404 and 410, that mean that there is no such project."""
    keeps_missing: bool = False
    """Whether it is remembered that there is none, because another index is asked then."""
    takes_whole_wheels: bool = True
    """Whether a wheel is fetched whole where nothing less tells what it demands."""


USUAL = Manner()


class RemoteIndex:
    """One index, asked side by side."""

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
        """``index_url`` is free of credentials; ``scratch`` gives a private folder when one is needed."""
        self._client = client
        self._index_url = index_url
        self._layout = layout
        self._now = now
        self._report = report
        self._manner = manner
        fact = read_record(layout.index_facts(index_url), *FACTS)
        self._sidecars = Sidecars(fact, now)
        self._known_fact = self._sidecars.fact()
        self._ladder = Ladder(
            client,
            self._sidecars,
            Archives(layout),
            scratch,
            report,
            takes_whole_wheels=manner.takes_whole_wheels,
        )

    def listing(self, name: PackageName, kept: KeptListing | None) -> Pending[Fetched]:
        """Ask for a project's page; ``kept`` makes the question conditional."""
        return self._client.submit(self._fetch_listing, name, kept)

    def metadata(
        self, name: PackageName, version: str, files: tuple[Artifact, ...], without_sidecar: frozenset[str]
    ) -> Pending[Asked]:
        """Ask what a release declares."""
        return self._client.submit(self._read_metadata, name, version, files, without_sidecar)

    def text(self, name: PackageName, file: Artifact) -> Pending[bytes]:
        """Ask for the METADATA or PKG-INFO of a file."""
        return self._client.submit(self._ladder.text, name, file)

    def publishers(self, file: Artifact) -> Pending[tuple[str, ...]]:
        """Ask who published a file that has an address for that."""
        return self._client.submit(self._read_publishers, file)

    def wait(self) -> None:
        """Wait until one more question is answered."""
        self._client.wait()

    def save(self) -> None:
        """Keep what was learned of the index itself."""
        fact = self._sidecars.fact()
        if fact != self._known_fact:
            write_record(self._layout.index_facts(self._index_url), *FACTS, fact)
            self._known_fact = fact

    def _fetch_listing(self, name: PackageName, kept: KeptListing | None) -> Fetched:
        headers = {"Accept": ACCEPT}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept is not None and kept.last_modified:
            headers["If-Modified-Since"] = kept.last_modified
        answer = self._client.fetch(
            f"{self._index_url}{name}/",
            headers=headers,
            max_bytes=self._client.limits.page_bytes,
            statuses=(304, *self._absent) if len(headers) > 1 else self._absent,
        )
        if answer.status in self._absent:
            return self._missing(name, kept, answer.headers)
        now = self._now()
        fresh = self._fresh_seconds(answer.headers, now)
        stamp = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else ""
        if kept is not None and (answer.status == 304 or stamp == kept.stamp):
            renewed = kept._replace(
                fetched_at=now,
                fresh_seconds=fresh,
                etag=answer.headers.get("etag", kept.etag),
                last_modified=answer.headers.get("last-modified", kept.last_modified),
            )
            self._keep(name, renewed)
            return Fetched(renewed, None)
        return self._changed(name, answer, now, fresh, stamp)

    @property
    def _absent(self) -> tuple[int, ...]:
        return (404, 410, *self._manner.missing_codes)

    def _fresh_seconds(self, headers: Mapping[str, str], now: float) -> float:
        if self._manner.cache_control:
            headers = {"cache-control": self._manner.cache_control}
        return fresh_seconds(headers, default=DEFAULT_FRESH_SECONDS, now=now)

    def _missing(self, name: PackageName, kept: KeptListing | None, headers: Mapping[str, str]) -> Fetched:
        """That there is no such project is believed for this run only, unless the index says for longer."""
        now = self._now()
        fresh = self._fresh_seconds(headers, now)
        missing = KeptListing(now, fresh, "", "", MISSING, columns(()), sets(()), ())
        if says_how_long(headers) or self._manner.keeps_missing:
            self._keep(name, missing)
        elif kept is not None:
            self._keep(name, missing._replace(fresh_seconds=0.0))
        return Fetched(missing, {})

    def _changed(self, name: PackageName, answer: Answer, now: float, fresh: float, stamp: str) -> Fetched:
        page = parse_page(answer.body, answer.headers.get("content-type", ""), answer.url, name)
        for text in page.left_out(name):
            self._report(Detail(text))
        return self._listed(name, page, answer.headers, now=now, fresh=fresh, stamp=stamp)

    def _listed(
        self,
        name: PackageName,
        page: Page,
        headers: Mapping[str, str],
        *,
        now: float,
        fresh: float,
        stamp: str,
    ) -> Fetched:
        """Keep what a page lists."""
        project = group(page.files)
        listing = KeptListing(
            fetched_at=now,
            fresh_seconds=fresh,
            etag=headers.get("etag", ""),
            last_modified=headers.get("last-modified", ""),
            stamp=stamp,
            columns=columns(project.releases),
            sets=sets(project.releases),
            latest=project.latest,
        )
        blobs = {version: encode_rows(rows) for version, rows in project.rows.items()}
        # Files first: a listing without its files would have to be fetched again.
        write_record(self._layout.listing_files(self._index_url, name), *FILES, (stamp, blobs))
        self._keep(name, listing)
        return Fetched(listing, blobs)

    def _keep(self, name: PackageName, listing: KeptListing) -> None:
        write_record(self._layout.listing(self._index_url, name), *LISTING, listing_record(listing))

    def _read_publishers(self, file: Artifact) -> tuple[str, ...]:
        answer = self._client.fetch(
            file.provenance, headers={"Accept": provenance.ACCEPT}, max_bytes=provenance.MOST_BYTES
        )
        try:
            found = provenance.read_provenance(answer.body)
        except ValueError as fault:
            raise MetadataInvalid(file.filename, f"who published it: {fault}") from fault
        if file.sha256 is not None:
            write_record(self._layout.publishers(file.sha256), *PUBLISHERS, found)
        return found

    def _read_metadata(
        self, name: PackageName, version: str, files: tuple[Artifact, ...], without_sidecar: frozenset[str]
    ) -> Asked:
        found = self._ladder.read(name, version, files, without_sidecar)
        answer = found.reason if found.metadata is None else encode_metadata(found.metadata)
        return Asked(
            Told(found.source, answer),
            found.metadata,
            found.without_sidecar,
            found.is_lasting,
            found.buildable,
        )
