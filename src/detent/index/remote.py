"""What :mod:`detent.index.releases` asks of the network: pages made into records, metadata made into blobs.

Each question becomes a job beside others; a job knows nothing of the asker's state and hands back a value, so
nothing here needs a lock but the memory of metadata files. Listings are kept as soon as they arrive.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from detent.events import Detail, Report
from detent.index.client import Answer, Client
from detent.index.grouping import group
from detent.index.ladder import Ladder
from detent.index.listings import (
    FACTS,
    FILES,
    LISTING,
    MISSING,
    Asked,
    Fetched,
    KeptListing,
    Told,
    encode_metadata,
    listing_record,
)
from detent.index.pool import Job
from detent.index.retry import fresh_seconds, says_how_long
from detent.index.rows import encode_rows
from detent.index.sidecars import Sidecars
from detent.index.simple import ACCEPT, parse_page
from detent.model.candidate import Artifact
from detent.model.requirement import PackageName
from detent.model.versions import columns, sets
from detent.store.archives import Archives
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

DEFAULT_FRESH_SECONDS = 600.0
"""How long a page is believed where the index does not say."""


class RemoteIndex:
    """One index, asked side by side."""

    def __init__(
        self,
        client: Client,
        *,
        index_url: str,
        layout: Layout,
        scratch: Callable[[], Path],
        now: Callable[[], float],
        report: Report,
    ) -> None:
        """``index_url`` is free of credentials; ``scratch`` gives a private folder when one is needed."""
        self._client = client
        self._index_url = index_url
        self._layout = layout
        self._now = now
        self._report = report
        fact = read_record(layout.index_facts(index_url), *FACTS)
        self._sidecars = Sidecars(fact, now)
        self._known_fact = self._sidecars.fact()
        self._ladder = Ladder(client, self._sidecars, Archives(layout), scratch, report)

    def listing(self, name: PackageName, kept: KeptListing | None) -> Job[Fetched]:
        """Ask for a project's page; ``kept`` makes the question conditional."""
        return self._client.submit(self._fetch_listing, name, kept)

    def metadata(
        self, name: PackageName, version: str, files: tuple[Artifact, ...], without_sidecar: frozenset[str]
    ) -> Job[Asked]:
        """Ask what a release declares."""
        return self._client.submit(self._read_metadata, name, version, files, without_sidecar)

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
            statuses=(404, 410, 304) if len(headers) > 1 else (404, 410),
        )
        now = self._now()
        fresh = fresh_seconds(answer.headers, default=DEFAULT_FRESH_SECONDS, now=now)
        if answer.status in {404, 410}:
            missing = KeptListing(now, fresh, "", "", MISSING, columns(()), sets(()), ())
            return self._missing(name, kept, answer, missing)
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

    def _missing(
        self, name: PackageName, kept: KeptListing | None, answer: Answer, missing: KeptListing
    ) -> Fetched:
        """That there is no such project is believed for this run only, unless the index says for longer."""
        if says_how_long(answer.headers):
            self._keep(name, missing)
        elif kept is not None:
            self._keep(name, missing._replace(fresh_seconds=0.0))
        return Fetched(missing, {})

    def _changed(self, name: PackageName, answer: Answer, now: float, fresh: float, stamp: str) -> Fetched:
        page = parse_page(answer.body, answer.headers.get("content-type", ""), answer.url, name)
        for text in page.left_out(name):
            self._report(Detail(text))
        project = group(page.files)
        listing = KeptListing(
            fetched_at=now,
            fresh_seconds=fresh,
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
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
