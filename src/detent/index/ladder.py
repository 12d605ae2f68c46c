"""What a release demands, found the cheapest way there is.

The ladder: the metadata file an index announces (PEP 658, 714), held against its digest; the METADATA member
of the wheel by byte ranges; a metadata file that nobody announced; the whole wheel. Each rung answers for
the same file, so where one cannot, the next is asked. A release without a wheel is asked by its source
distribution, fetched whole and kept: what it says of itself where that can be trusted; else only a build can
tell, which is not done here.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from detent.errors.fetch import FileGone, MetadataInvalid
from detent.errors.store import ArchiveUnsafe
from detent.events import Detail, Report
from detent.index.client import Answer
from detent.index.download import Downloaded
from detent.index.grouping import speaking
from detent.index.listings import Buildable, identity
from detent.index.metadata import parse_metadata
from detent.index.remote_zip import NotReadable, Ranges, Slice, ranges_of, wheel_metadata
from detent.index.sdists import MEMBERS, PKG_INFO, static_metadata
from detent.index.sidecars import Sidecars
from detent.model.candidate import SDIST_ENDINGS, Artifact, Metadata
from detent.model.limits import Limits
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.store.archives import Archives
from detent.store.source import read_source_member

_WHEELS_TRIED = 3
_NO_PARTS = "the server sends no parts of files"
_GONE = frozenset({400, 401, 403, 404, 405, 410, 416, 501})
"""Answers that mean a metadata file is not there; object stores say 403 for what does not exist."""


class Server(Protocol):
    """What gives pages and files: over the network, or from a folder."""

    limits: Limits

    def fetch(
        self, url: str, *, headers: Mapping[str, str], max_bytes: int, statuses: Collection[int] = ()
    ) -> Answer:
        """Read a whole answer; ``statuses`` besides 200 are answers too."""

    def fetch_range(self, url: str, span: str, *, max_bytes: int, condition: str = "") -> Answer | None:
        """Read a part of a file; ``None`` where there are no parts."""

    def download(self, artifact: Artifact, package: str, dest_folder: Path) -> Downloaded:
        """Bring a file and hold it against its digests and size."""


class Found(NamedTuple):
    """What asking for one release's metadata came to."""

    source: str
    """Identity of the file that was read last."""
    metadata: Metadata | None
    reason: str
    """Why there is none."""
    without_sidecar: tuple[str, ...] = ()
    """Identities of wheels that turned out to have no unannounced metadata file."""
    is_lasting: bool = True
    """False where a file could not be had or was refused, which may be otherwise tomorrow."""
    buildable: Buildable | None = None
    """What has to be built to know."""


class Ladder:
    """Reads metadata of releases; threads may share it."""

    def __init__(
        self,
        client: Server,
        sidecars: Sidecars,
        archives: Archives,
        scratch: Callable[[], Path],
        report: Report,
        *,
        takes_whole_wheels: bool = True,
    ) -> None:
        self._client = client
        self._takes_whole_wheels = takes_whole_wheels
        self._sidecars = sidecars
        self._archives = archives
        self._scratch = scratch
        self._report = report
        self._has_ranges = True
        """Until the server has shown otherwise."""

    def read(
        self, name: PackageName, version: str, files: Sequence[Artifact], without_sidecar: frozenset[str]
    ) -> Found:
        """Read what the release declares; where it has wheels, they alone speak."""
        asked = speaking(files)
        if asked[0].is_wheel:
            return self._of_wheels(name, version, asked, without_sidecar)
        return self._of_sdist(name, version, min(asked, key=_sdist_preference))

    def text(self, name: PackageName, file: Artifact) -> bytes:
        """Give the METADATA of a wheel or the PKG-INFO of a source distribution; empty where it has none.

        Raises :class:`FileGone`, :class:`ArchiveUnsafe` and :class:`MetadataInvalid`.
        """
        if file.is_wheel:
            announced = self._announced_text(file) if file.metadata is not None else None
            return self._wheel_text(name, file) if announced is None else announced
        if not file.filename.endswith(SDIST_ENDINGS):
            return b""
        archive = self._archive(name, file)
        members = read_source_member(archive, file.filename, (PKG_INFO,), limits=self._client.limits)
        return members.get(PKG_INFO, b"")

    # ---- source distributions -------------------------------------------------------------------

    def _of_sdist(self, name: PackageName, version: str, sdist: Artifact) -> Found:
        source, what = identity(sdist), f"its source distribution `{sdist.filename}`"
        if not sdist.filename.endswith(SDIST_ENDINGS):
            return Found(source, None, f"{what} is packed in a way that is not supported", is_lasting=False)
        try:
            archive = self._archive(name, sdist)
            members = read_source_member(archive, sdist.filename, MEMBERS, limits=self._client.limits)
            found = static_metadata(sdist.filename, members)
        except FileGone as fault:
            return Found(source, None, f"{what} cannot be had: {fault.why}", is_lasting=False)
        except ArchiveUnsafe as fault:  # limits can be raised
            return Found(source, None, f"{what} was refused: {fault.why}", is_lasting=False)
        except MetadataInvalid as fault:
            return Found(source, None, f"the metadata of {what} cannot be used: {fault.why}")
        if found is None:
            return Found(source, None, "", buildable=Buildable(sdist, archive))
        return Found(source, found._replace(version=version), "")

    def _archive(self, name: PackageName, sdist: Artifact) -> Path:
        """Give the file itself, from the store if it is there; raises what a download raises."""
        digest = sdist.sha256
        if digest is None:
            return self._fetched(name, sdist)
        known = self._archives.get(digest)
        if known is None:
            with self._archives.claim(digest, self._client.limits, self._report):
                known = self._archives.get(digest) or self._fetched(name, sdist)
        return known

    def _fetched(self, name: PackageName, sdist: Artifact) -> Path:
        arrived = self._client.download(sdist, name, self._scratch())
        try:
            return self._archives.put(arrived.sha256, arrived.source)
        finally:
            if arrived.path is not None:
                arrived.path.unlink(missing_ok=True)

    # ---- wheels ---------------------------------------------------------------------------------

    def _of_wheels(
        self, name: PackageName, version: str, wheels: Sequence[Artifact], without_sidecar: frozenset[str]
    ) -> Found:
        """Ask one wheel after another until one can tell."""
        reasons: list[str] = []
        missing: list[str] = []
        source, is_lasting = "", True
        for wheel in sorted(wheels, key=_preference)[:_WHEELS_TRIED]:
            source = identity(wheel)
            try:
                found = self._announced(wheel) if wheel.metadata is not None else None
                if found is None:
                    found = self._from_wheel(name, wheel, without_sidecar, missing)
            except (MetadataInvalid, FileGone) as fault:
                reasons.append(fault.why)
                is_lasting = is_lasting and not isinstance(fault, FileGone)
                continue
            except _NotFetched:
                reasons.append("only the whole of the wheel could tell")
                is_lasting = False
                continue
            return Found(source, found._replace(version=version), "", tuple(missing))
        return Found(source, None, reasons[0], tuple(missing), is_lasting)

    def _announced(self, wheel: Artifact) -> Metadata | None:
        raw = self._announced_text(wheel)
        return None if raw is None else self._parsed(raw, wheel)

    def _announced_text(self, wheel: Artifact) -> bytes | None:
        for _ in range(1 + self._client.limits.hash_retries):
            answer = self._sidecar(wheel)
            if answer.status != 200:
                break
            if all(
                hashlib.new(d.algorithm, answer.body).hexdigest() == d.value for d in wheel.metadata or ()
            ):
                return answer.body
        self._report(
            Detail(f"the announced metadata of `{wheel.filename}` is missing or not what was announced")
        )
        return None

    def _unannounced(self, wheel: Artifact, missing: list[str]) -> Metadata | None:
        if not self._sidecars.worth_asking():
            return None
        answer = self._sidecar(wheel)
        found = self._parsed(answer.body, wheel) if answer.status == 200 else None
        self._sidecars.learn(is_there=found is not None)
        if found is None:
            missing.append(identity(wheel))
        return found

    def _sidecar(self, wheel: Artifact) -> Answer:
        path, question, query = wheel.url.partition("?")
        return self._client.fetch(
            f"{path}.metadata{question}{query}",
            headers={"Accept": "*/*"},
            max_bytes=self._client.limits.metadata_bytes,
            statuses=_GONE,
        )

    def _parsed(self, raw: bytes, wheel: Artifact) -> Metadata | None:
        """A metadata file's contents; ``None`` sends the question on to the wheel itself."""
        try:
            return parse_metadata(raw, wheel.filename)
        except MetadataInvalid as fault:
            self._report(Detail(f"the metadata file of `{wheel.filename}` was not used: {fault.why}"))
            return None

    def _from_wheel(
        self, name: PackageName, wheel: Artifact, without_sidecar: frozenset[str], missing: list[str]
    ) -> Metadata:
        bound = self._client.limits.metadata_bytes
        try:
            if not self._has_ranges:
                raise _NoRanges(_NO_PARTS)
            raw = wheel_metadata(self._remote(wheel), name, bound)
        except (_NoRanges, NotReadable) as fault:
            if wheel.metadata is None and identity(wheel) not in without_sidecar:
                found = self._unannounced(wheel, missing)
                if found is not None:
                    return found
            if not self._takes_whole_wheels:
                raise _NotFetched from fault
            self._report(Detail(f"`{wheel.filename}` is fetched whole for its metadata: {fault}"))
            raw = self._from_download(name, wheel)
        return parse_metadata(raw, wheel.filename)

    def _wheel_text(self, name: PackageName, wheel: Artifact) -> bytes:
        """Read METADATA by ranges, else whoever has a file of it beside the wheel, else out of the whole."""
        try:
            if not self._has_ranges:
                raise _NoRanges(_NO_PARTS)
            return wheel_metadata(self._remote(wheel), name, self._client.limits.metadata_bytes)
        except (_NoRanges, NotReadable) as fault:
            if wheel.metadata is None and self._sidecars.worth_asking():
                answer = self._sidecar(wheel)
                is_there = answer.status == 200 and self._parsed(answer.body, wheel) is not None
                self._sidecars.learn(is_there=is_there)
                if is_there:
                    return answer.body
            self._report(Detail(f"`{wheel.filename}` is fetched whole for its metadata: {fault}"))
            return self._from_download(name, wheel)

    def _remote(self, wheel: Artifact) -> Ranges:
        """Ranges of the wheel on the server; each must be of the same file."""
        validator: list[str] = []

        def ask(span: str, most: int) -> Answer:
            condition = validator[0] if validator else ""
            answer = self._client.fetch_range(wheel.url, span, max_bytes=most, condition=condition)
            if answer is None or (answer.status == 200 and validator):
                self._has_ranges = False
                raise _NoRanges(_NO_PARTS)
            tag = answer.headers.get("etag", "")
            validator[:] = [tag if tag.startswith('"') else ""]
            return answer

        def tail(count: int) -> Slice:
            answer = ask(f"-{count}", count)
            if answer.status == 200:
                return Slice(answer.body, len(answer.body))
            total = answer.headers.get("content-range", "").rpartition("/")[2].strip()
            if not total.isdecimal() or int(total) < len(answer.body):
                raise _NoRanges("the server does not say how long the file is")
            return Slice(answer.body, int(total))

        def span(first: int, last: int) -> bytes:
            return ask(f"{first}-{last - 1}", last - first).body

        return Ranges(tail, span)

    def _from_download(self, name: PackageName, wheel: Artifact) -> bytes:
        arrived = self._client.download(wheel, name, self._scratch())
        bound = self._client.limits.metadata_bytes
        try:
            if arrived.data is not None:
                return wheel_metadata(ranges_of(arrived.data), name, bound)
            with arrived.path.open("rb") as file:  # type: ignore[union-attr]  # one of the two is there

                def span(first: int, last: int) -> bytes:
                    file.seek(first)
                    return file.read(last - first)

                def tail(count: int) -> Slice:
                    return Slice(
                        span(max(0, arrived.size_bytes - count), arrived.size_bytes), arrived.size_bytes
                    )

                return wheel_metadata(Ranges(tail, span), name, bound)
        except NotReadable as fault:
            raise MetadataInvalid(wheel.filename, str(fault)) from fault
        finally:
            if arrived.path is not None:
                arrived.path.unlink(missing_ok=True)


class _NotFetched(Exception):
    """Only a download of the whole wheel could tell, and there is to be none."""


class _NoRanges(Exception):
    """The server does not give parts of this file."""


def _preference(wheel: Artifact) -> tuple[bool, bool, str]:
    """Which wheel speaks for the release: one with announced metadata, for any platform, then by name."""
    return (wheel.metadata is None, not wheel.filename.endswith("-none-any.whl"), wheel.filename)


def _sdist_preference(sdist: Artifact) -> tuple[bool, int, str]:
    """Which source distribution speaks for the release: one that was not yanked, of the best form."""
    endings = (*SDIST_ENDINGS, "")
    ending = next(place for place, ending in enumerate(endings) if sdist.filename.endswith(ending))
    return (sdist.yanked is not None, ending, sdist.filename)
