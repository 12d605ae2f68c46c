"""What a release demands, found the cheapest way there is.

The ladder: the metadata file an index announces (PEP 658, 714), held against its digest; one it serves
without announcing it; the METADATA member of the wheel by byte ranges; the whole wheel. Each rung answers for
the same file, so where one cannot, the next is asked. Only a few header fields of the core metadata are read.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from detent.errors import FileGone, MetadataInvalid
from detent.events import Detail, Report
from detent.index.client import Answer, Client
from detent.index.listings import identity
from detent.index.remote_zip import NotReadable, Ranges, Slice, ranges_of, wheel_metadata
from detent.index.sidecars import Sidecars
from detent.model.candidate import Artifact, Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.requirement import ExtraName, InvalidRequirement, PackageName, extra_name, package_name

_WHEELS_TRIED = 3
_GONE = frozenset({400, 401, 403, 404, 405, 410, 416, 501})
"""Answers that mean a metadata file is not there; object stores say 403 for what does not exist."""


class Found(NamedTuple):
    """What asking for one release's metadata came to."""

    source: str
    """Identity of the wheel that was read last."""
    metadata: Metadata | None
    reason: str
    """Why there is none."""
    without_sidecar: tuple[str, ...]
    """Identities of wheels that turned out to have no unannounced metadata file."""
    is_lasting: bool
    """False where a wheel could not be had at all, which may be mended by tomorrow."""


class Ladder:
    """Reads metadata of wheels; threads may share it."""

    def __init__(
        self, client: Client, sidecars: Sidecars, scratch: Callable[[], Path], report: Report
    ) -> None:
        self._client = client
        self._sidecars = sidecars
        self._scratch = scratch
        self._report = report

    def read(
        self, name: PackageName, version: str, wheels: Sequence[Artifact], without_sidecar: frozenset[str]
    ) -> Found:
        """Read what the release declares; a wheel that cannot tell is passed over for the next."""
        reasons: list[str] = []
        missing: list[str] = []
        source, is_lasting = "", True
        for wheel in sorted(wheels, key=_preference)[:_WHEELS_TRIED]:
            source = identity(wheel)
            try:
                found = self._announced(wheel) if wheel.metadata is not None else None
                if found is None and wheel.metadata is None and source not in without_sidecar:
                    found = self._unannounced(wheel, missing)
                if found is None:
                    found = self._from_wheel(name, wheel)
            except (MetadataInvalid, FileGone) as fault:
                reasons.append(fault.why)
                is_lasting = is_lasting and not isinstance(fault, FileGone)
                continue
            return Found(source, found._replace(version=version), "", tuple(missing), is_lasting=True)
        reason = reasons[0] if reasons else "it has no wheel"
        return Found(source, None, reason, tuple(missing), is_lasting=is_lasting)

    def _announced(self, wheel: Artifact) -> Metadata | None:
        for _ in range(1 + self._client.limits.hash_retries):
            answer = self._sidecar(wheel)
            if answer.status != 200:
                break
            if all(
                hashlib.new(d.algorithm, answer.body).hexdigest() == d.value for d in wheel.metadata or ()
            ):
                return self._parsed(answer.body, wheel)
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

    def _from_wheel(self, name: PackageName, wheel: Artifact) -> Metadata:
        bound = self._client.limits.metadata_bytes
        try:
            raw = wheel_metadata(self._remote(wheel), name, bound)
        except (_NoRanges, NotReadable) as fault:
            self._report(Detail(f"`{wheel.filename}` is fetched whole for its metadata: {fault}"))
            raw = self._from_download(name, wheel)
        return parse_metadata(raw, wheel.filename)

    def _remote(self, wheel: Artifact) -> Ranges:
        """Ranges of the wheel on the server; each must be of the same file."""
        validator: list[str] = []

        def ask(span: str, most: int) -> Answer:
            condition = validator[0] if validator else ""
            answer = self._client.fetch_range(wheel.url, span, max_bytes=most, condition=condition)
            if answer is None or (answer.status == 200 and validator):
                raise _NoRanges("the server sends no parts of files")
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


class _NoRanges(Exception):
    """The server does not give parts of this file."""


def _preference(wheel: Artifact) -> tuple[bool, bool, str]:
    """Which wheel speaks for the release: one with announced metadata, for any platform, then by name."""
    return (wheel.metadata is None, not wheel.filename.endswith("-none-any.whl"), wheel.filename)


# ---- core metadata ---------------------------------------------------------------------------

_SINGLE = frozenset({"name", "version", "requires-python"})
_SEVERAL = frozenset({"requires-dist", "provides-extra"})


def parse_metadata(raw: bytes, filename: str) -> Metadata:
    """Read the header of a METADATA file that belongs to the wheel ``filename``.

    Raises :class:`MetadataInvalid` when it is none, or of another project or version.
    """
    single, several = _header(raw)
    name, version = _identity(single, filename)
    try:
        extras = sorted({extra_name(text) for text in several["provides-extra"]})
    except ValueError as fault:
        raise MetadataInvalid(filename, f"it declares an extra whose name is not valid: {fault}") from fault
    base: list[Dependency] = []
    by_extra: dict[ExtraName, list[Dependency]] = {extra: [] for extra in extras}
    for text in several["requires-dist"]:
        try:
            rows = parse_dependency(text, extras)
        except InvalidRequirement as fault:
            raise MetadataInvalid(filename, f"`{text!a}` in it is not valid: {fault.reason}") from fault
        for extra, dependency in rows:
            (base if extra is None else by_extra[extra]).append(dependency)
    return Metadata(
        name=name,
        version=str(version),
        requires_python=single.get("requires-python", ""),
        base=tuple(base),
        extras=tuple((extra, tuple(by_extra[extra])) for extra in extras),
    )


def _header(raw: bytes) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The few fields that are wanted; the description after the first blank line is never looked at."""
    head = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {field: [] for field in _SEVERAL}
    # A line that begins with a blank goes on with the one before.
    text = head.decode("utf-8", "replace").replace("\n ", " ").replace("\n\t", " ")
    for line in text.split("\n"):
        field, colon, value = line.partition(":")
        field = field.lower()
        if not colon:
            continue
        if field in _SINGLE:
            single.setdefault(field, value.strip())
        elif field in _SEVERAL:
            several[field].append(value.strip())
    return single, several


def _identity(single: dict[str, str], filename: str) -> tuple[PackageName, Version]:
    parts = filename.split("-")
    try:
        name, version = package_name(single["name"]), Version(single["version"])
        wanted_name, wanted_version = package_name(parts[0]), Version(parts[1].replace("_", "-"))
    except KeyError as fault:
        raise MetadataInvalid(filename, f"it has no `{fault.args[0]}` field") from fault
    except (ValueError, InvalidVersion, IndexError) as fault:
        raise MetadataInvalid(filename, "its name or version is not valid") from fault
    if name != wanted_name or version != wanted_version:
        raise MetadataInvalid(filename, f"it is the metadata of `{name} {version}`")
    return name, version
