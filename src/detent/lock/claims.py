"""What a lock claims of an entry, held against what an index says of it: the truth is the index's.

A claim that the index contradicts is a finding. One that it does not speak of is not confirmed, which is
never taken for right. Nothing is asked here; who asks, and where, is not decided here either.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Literal, TypeAlias

from detent.lock.addresses import beginnings, prevailing
from detent.lock.declared import files_of, is_nominal
from detent.lock.filename import split_sdist
from detent.lock.model import LockedPackage
from detent.lock.tables import EPOCH
from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.markers import Marker
from detent.model.names import ExtraName
from detent.model.requirement import package_name
from detent.named import NamedTuple

Level: TypeAlias = Literal["error", "warning", "note"]


class Finding(NamedTuple):
    """One thing that is not as the index, or the project, says."""

    name: str
    """Of the entry; empty for the lock as a whole."""
    version: str
    field: str
    """What of it: ``url``, ``sha256``, ``index``, ``requires`` and the like."""
    file: str
    """The file it is about; empty for the entry itself."""
    locked: str
    """What the lock says; empty for nothing."""
    told: str
    """What the index says; empty for nothing."""
    text: str = ""
    """The whole of it in words, where two values side by side do not say it."""
    level: Level = "error"


class Unconfirmed(NamedTuple):
    """A claim of the lock that nobody could speak of."""

    name: str
    version: str
    field: str
    file: str
    reason: str


class Compared(NamedTuple):
    """What comparing came to."""

    findings: tuple[Finding, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()


class Told(NamedTuple):
    """What an index says of one release."""

    files: tuple[Artifact, ...]
    """Every one of them."""
    requires_python: tuple[str, ...] = ()
    """Of the release, and of its metadata."""
    requires: tuple[str, ...] | None = None
    """As a lock writes them, sorted; ``None`` where nobody knows, or nobody asked."""
    extras: Mapping[ExtraName, tuple[str, ...]] | None = None
    """Of every extra it declares."""
    is_built: bool = False
    """Whether a build told its requirements."""
    unknown: str = ""
    """Why nobody knows its requirements."""
    says_addresses: bool = True
    """Off where another index is asked in its place: its addresses are not those of a lock."""
    late_from: int | None = None
    """Uploads of this moment and later do not count here."""


class Notes:
    """What was found so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unconfirmed: list[Unconfirmed] = []

    def find(
        self,
        package: LockedPackage,
        field: str,
        locked: str,
        told: str,
        text: str = "",
        *,
        file: str = "",
        level: Level = "error",
    ) -> None:
        """Note what is not so."""
        version = package.known_version
        self.findings.append(Finding(package.name, version, field, file, locked, told, text, level))

    def doubt(self, package: LockedPackage, field: str, reason: str, *, file: str = "") -> None:
        """Note what nobody can tell."""
        self.unconfirmed.append(Unconfirmed(package.name, package.known_version, field, file, reason))

    def add(self, other: Compared) -> None:
        """Note what comparing came to."""
        self.findings += other.findings
        self.unconfirmed += other.unconfirmed


def compare(
    package: LockedPackage, told: Told, scope: Marker, in_range: WheelRange, *, is_own: bool = True
) -> Compared:
    """Hold an entry against its release; ``scope`` is where the lock is for, and ``in_range`` its wheels.

    ``is_own`` off: another tool wrote the lock, which says less, and leaves out files by rules of its own.
    """
    reading = _Reading(package)
    there = {file.filename: file for file in told.files}
    for file in files_of(package):
        its = there.get(file.filename)
        if its is None:
            reading.no_such_file(file, told.files)
        else:
            reading.file(file, its, told, is_own=is_own)
    reading.yanked(there)
    reading.pythons(told.requires_python, scope)
    if is_own:
        reading.lacking(told, in_range)
        reading.requirements(told)
    return Compared(tuple(reading.notes.findings), tuple(reading.notes.unconfirmed))


class _Reading:
    """One entry, and what was found of it so far."""

    def __init__(self, package: LockedPackage) -> None:
        self._package = package
        self.notes = Notes()
        self.find = partial(self.notes.find, package)
        self.doubt = partial(self.notes.doubt, package)

    # ---- files ------------------------------------------------------------------------------

    def no_such_file(self, file: Artifact, there: Iterable[Artifact]) -> None:
        digests = set(file.digests)
        other = next((its.filename for its in there if digests & set(its.digests)), "")
        told = f"the index has no file `{file.filename}` of this release"
        if other:
            told += f"; it has these bytes as `{other}`"
        self.find("file", file.filename, other, file=file.filename, text=told)

    def file(self, file: Artifact, its: Artifact, told: Told, *, is_own: bool) -> None:
        name = file.filename
        is_there = told.says_addresses and _place(file.url) == _place(its.url)
        if is_nominal(self._package, file) and not is_there:
            self.doubt("url", "it was seen on a mirror alone, so the lock names its index", file=name)
        elif told.says_addresses and not is_there:
            self.find("url", file.url, its.url, file=name)
        self._hashes(file, its)
        moments = (_moment(file.uploaded_at), _moment(its.uploaded_at))
        sizes = (_number(file.size_bytes), _number(its.size_bytes))
        for field, (locked, said) in (("size", sizes), ("upload-time", moments)):
            if locked and not said:
                self.doubt(field, "the index does not say it", file=name)
            elif said and not locked:
                # It proves less than it could, and nothing false.
                if is_own:
                    self.find(field, "", said, file=name, level="warning")
            elif locked != said:
                self.find(field, locked, said, file=name)
        if told.late_from is not None and (its.uploaded_at is None or its.uploaded_at >= told.late_from):
            when = f"was uploaded on {moments[1]}" if moments[1] else "has no upload time on the index"
            words = f"`{name}` {when}, and `exclude-newer` takes nothing from {_moment(told.late_from)} on"
            self.find("upload-time", moments[0], moments[1], file=name, text=words)

    def _hashes(self, file: Artifact, its: Artifact) -> None:
        said = dict(its.digests)
        is_proved = False
        for algorithm, value in file.digests:
            if algorithm not in said:
                continue
            if said[algorithm] != value:
                self.find(algorithm, value, said[algorithm], file=file.filename)
            is_proved = is_proved or algorithm in STRONG_HASHES
        if not is_proved:
            given = ", ".join(sorted(said)) or "none at all"
            self.doubt("hashes", f"the index gives no hash to compare ({given})", file=file.filename)

    def yanked(self, there: Mapping[str, Artifact]) -> None:
        files = [there[file.filename] for file in files_of(self._package) if file.filename in there]
        gone = [file for file in files if file.yanked is not None]
        if gone and len(gone) == len(files) and len({file.yanked for file in gone}) == 1:
            self._yanked("it", gone[0].yanked)
            return
        for file in gone:
            self._yanked(f"`{file.filename}`", file.yanked, file=file.filename)

    def _yanked(self, what: str, reason: str | None, *, file: str = "") -> None:
        why = f": {reason}" if reason else ""
        self.find("yanked", "", reason or "", file=file, text=f"{what} was yanked{why}", level="warning")

    # ---- the release ------------------------------------------------------------------------

    def pythons(self, specifiers: Iterable[str], scope: Marker) -> None:
        here = markers.and_(markers.parse(self._package.marker), scope)
        for specifier in dict.fromkeys(specifiers):
            runs = markers.python_lower_bounds(specifier)
            wrong = markers.and_(here, markers.not_(runs))
            if wrong != markers.NEVER:
                where = markers.render(markers.python_only(wrong)) or "any Python"
                words = f"it needs Python {specifier}, and the lock has it where {where}"
                self.find("requires-python", where, specifier, text=words)

    def lacking(self, told: Told, in_range: WheelRange) -> None:
        """Name what a lock that is made now would have besides."""
        locked = {file.filename for file in self._package.wheels}
        may_be = [its for its in told.files if _may_be_locked(its, told.late_from)]
        missing = [
            its
            for its in in_range.useful([its for its in may_be if its.is_wheel])
            if its.filename not in locked
        ]
        if self._package.sdist is None:
            sdists = [its for its in may_be if self._is_sdist(its.filename)]
            missing += sdists[:1]
        newest = max((file.uploaded_at or 0 for file in files_of(self._package)), default=0)
        later = [its for its in missing if newest and (its.uploaded_at or 0) > newest]
        before = [its for its in missing if its not in later]
        self._lacks(before, "", "warning")
        self._lacks(later, " since it was locked", "note")

    def _is_sdist(self, filename: str) -> bool:
        """Whether a lock may name this file as the source distribution of the release."""
        try:
            return package_name(split_sdist(filename)[0]) == self._package.name
        except ValueError:
            return False

    def _lacks(self, files: Sequence[Artifact], since: str, level: Level) -> None:
        if files:
            names = [file.filename for file in files]
            words = f"the index has {', '.join(f'`{name}`' for name in names)}{since}, and the lock does not"
            self.find("files", "", ", ".join(names), text=words, level=level)

    def requirements(self, told: Told) -> None:
        package = self._package
        if told.requires is None or told.extras is None:
            self.doubt("requires", told.unknown)
            return
        self._lines("requires", package.requires, told.requires)
        for extra, lines in package.extras:
            if extra in told.extras:
                self._lines(f"extras.{extra}", lines, told.extras[extra])
            else:
                words = f"the lock has its extra `{extra}`, and it declares none of that name"
                self.find(f"extras.{extra}", extra, "", text=words)
        if package.is_built != told.is_built:
            sources = ("its own files", "a build")
            says = f"the lock says that its requirements are from {sources[package.is_built]}"
            self.find(
                "metadata",
                "built" if package.is_built else "",
                "built" if told.is_built else "",
                text=f"{says}, and they are from {sources[told.is_built]}",
                level="warning",
            )

    def _lines(self, field: str, locked: Sequence[str], told: Sequence[str]) -> None:
        more, less = sorted(set(locked) - set(told)), sorted(set(told) - set(locked))
        for line in more:
            name = _subject(line)
            alike = [other for other in less if _subject(other) == name]
            if len(alike) == 1:
                less.remove(alike[0])
            self.find(field, line, alike[0] if len(alike) == 1 else "")
        for line in less:
            self.find(field, "", line)


def _may_be_locked(file: Artifact, late_from: int | None) -> bool:
    """Whether a new lock would have this wheel: not a yanked one, nor a late one, nor one without a hash."""
    if late_from is not None and (file.uploaded_at is None or file.uploaded_at >= late_from):
        return False
    return file.yanked is None and any(digest.algorithm in STRONG_HASHES for digest in file.digests)


def _place(url: str) -> str:
    return url.partition("#")[0]


def _number(size: int | None) -> str:
    return "" if size is None else str(size)


def _moment(seconds: int | None) -> str:
    return "" if seconds is None else f"{(EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}Z"


def _subject(line: str) -> str:
    """Give what a requirement is of: its name, which canonical lines begin with."""
    return next((line[:at] for at, c in enumerate(line) if not (c.isalnum() or c in "-_.")), line)


# ---- addresses of one index as another lays them out -----------------------------------------


class Pair(NamedTuple):
    """A file where the lock has it, and where an index that is asked in place of its own has it."""

    package: LockedPackage
    filename: str
    locked: str
    told: str


def odd_addresses(pairs: Sequence[Pair]) -> Compared:
    """Find the files that are not where most files of their index are, as seen from another one.

    What another index says cannot confirm an address. But the two are most often laid out alike from some
    part of their addresses on, and then a file that is elsewhere stands out.
    """
    findings: list[Finding] = []
    unconfirmed: list[Unconfirmed] = []
    by_index: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_index.setdefault(pair.package.index, []).append(pair)
    for alike in by_index.values():
        ways = [beginnings(pair.told, pair.locked) for pair in alike]
        way = prevailing(ways)
        for pair, its in zip(alike, ways, strict=True):
            name, version = pair.package.name, pair.package.known_version
            if way is None or its == way:
                reason = "another index was asked in its place"
                unconfirmed.append(Unconfirmed(name, version, "url", pair.filename, reason))
                continue
            here, there = way
            its_place = f"{there}{pair.told[len(here) :]}" if pair.told.startswith(here) else ""
            words = f"`{pair.filename}` is at `{pair.locked}` in the lock, " + (
                f"and by all others it would be at `{its_place}`" if its_place else "unlike all others"
            )
            findings.append(Finding(name, version, "url", pair.filename, pair.locked, its_place, words))
    return Compared(tuple(findings), tuple(unconfirmed))
