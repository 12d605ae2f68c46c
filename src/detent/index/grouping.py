"""The files of a project, put together as releases: what a release says is what its files say together.

Light to import, since a warm lock under an upload cutoff puts some releases together anew from fewer files
(:mod:`detent.index.cutoff`). Works on rows (:mod:`detent.index.rows`), for there are many. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, cast

from packaging.version import Version

from detent.index.rows import FILENAME, SAID, UPLOADED, Row, Said, seconds_of, uploaded_at
from detent.lock.filename import WheelName, split_wheel
from detent.model.candidate import SDIST_ENDINGS, Artifact
from detent.model.versions import Release, VersionKey, version_key
from detent.model.wheel_tags import pythons_of_wheels
from detent.named import NamedTuple

ANY_TIME: Final = 2**62
"""In place of the last upload where the index says it of some files of a release only."""

BEST_ENDINGS: Final = (".whl", ".tar.gz", ".zip")
_DASHES_WITHOUT_BUILD = 4
"""In a wheel's file name: name, version and three sets of tags."""


_filename: Callable[[Row], str] = itemgetter(FILENAME)
_said: Callable[[Row], Said] = itemgetter(SAID)


class Files(NamedTuple):
    """The files of one version as file names spell it."""

    text: str
    """The version, normalised."""
    version: Version
    rows: list[Row]
    """In the order of the page; one name may stand there twice."""
    has_odd: bool
    """Whether one is neither a wheel nor of the forms of source distributions that a lock may name."""


class Project(NamedTuple):
    """A page, put in order: the same for any order of its entries."""

    releases: tuple[Release, ...]
    """Oldest first."""
    rows: Mapping[str, Sequence[Row]]
    """By the version text of the release, each sorted by file name."""
    latest: tuple[int | None, ...]
    """The last upload of each release, see :class:`Uploads`."""


def group(found: Iterable[Files]) -> Project:
    """Put the files of a page together as releases, oldest first."""
    by_key: dict[VersionKey, list[Files]] = {}
    for files in found:
        by_key.setdefault(version_key(files.version), []).append(files)
    releases: list[Release] = []
    by_version: dict[str, Sequence[Row]] = {}
    latest: list[int | None] = []
    for key in sorted(by_key):
        spelled = by_key[key]
        # 1.0 and 1.0.0 are one version; the text is that of the first file by name, on every machine.
        text = (min(spelled, key=_first_name) if len(spelled) > 1 else spelled[0]).text
        found_rows = (
            spelled[0].rows if len(spelled) == 1 else [row for files in spelled for row in files.rows]
        )
        rows = sorted(found_rows, key=_filename)
        if len(set(map(_filename, rows))) < len(rows):  # of two of one name the first counts
            rows = list({row[FILENAME]: row for row in reversed(rows)}.values())[::-1]
        if any(files.has_odd for files in spelled):
            rows = _of_best_form(rows)
        first, last = uploads(rows)
        releases.append(release_of(text, key, rows, first))
        latest.append(last)
        by_version[text] = rows
    return Project(tuple(releases), by_version, tuple(latest))


def _first_name(files: Files) -> str:
    return min(map(_filename, files.rows))


def _of_best_form(rows: list[Row]) -> list[Row]:
    """Leave out what is less usable than the best of them."""
    best = min(_form(row[FILENAME]) for row in rows)
    return [row for row in rows if _form(row[FILENAME]) == best]


def _form(filename: str) -> int:
    """Say how usable the form of a file is.

    0: wheels and what a lock may name as a source distribution (PEP 625, 751); 1: what can be unpacked;
    2: the rest, kept where there is nothing else, so that it can be said why the release cannot be used.
    """
    if filename.endswith(BEST_ENDINGS):
        return 0
    return 1 if filename.endswith(SDIST_ENDINGS) else 2


def release_of(version: str, key: VersionKey, rows: Sequence[Row], uploaded_at: int | None) -> Release:
    """Say of a release what its files, sorted by name, say together; the first was uploaded then."""
    wheels = [row for row in rows if row[FILENAME].endswith(".whl")]
    if len(set(map(id, map(_said, rows)))) == 1:  # most often one and the same object
        requires_python, yanked, *_ = rows[0][SAID]
        is_yanked, kept = yanked is not None, wheels
    else:
        # The wheels speak before the source distribution.
        requires_python = next((row[SAID][0] for row in (*wheels, *rows) if row[SAID][0]), "")
        is_yanked = all(row[SAID][1] is not None for row in rows)
        # Yanked wheels are only looked at where there are no others.
        kept = [row for row in wheels if row[SAID][1] is None] or wheels
    return Release(
        version=version,
        key=key,
        requires_python=requires_python,
        has_wheel=bool(wheels),
        has_sdist=len(wheels) < len(rows),
        yanked=is_yanked,
        uploaded_at=uploaded_at,
        wheel_pythons=pythons_of_wheels(map(_filename, kept)),
    )


class Uploads(NamedTuple):
    """When the files of a release came, in seconds since the epoch."""

    first: int | None
    """``None`` where the index says it of no file."""
    last: int | None
    """Later than any moment where it says it of some files only."""


def uploads(rows: Iterable[Row]) -> Uploads:
    """Tell the first and the last upload of a release."""
    times = {row[UPLOADED] for row in rows}
    if times == {None}:
        return Uploads(None, None)
    if set(map(type, times)) == {str}:
        # In the usual form they sort as they are, and only two of many have to be read.
        texts = cast("set[str]", times)
        first, last = seconds_of(min(texts)), seconds_of(max(texts))
        if first is not None and last is not None:
            return Uploads(first, last)
    moments = set(map(uploaded_at, times))
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments):
        return Uploads(min(known, default=None), ANY_TIME if known else None)
    return Uploads(min(known), max(known))


def speaking(files: Sequence[Artifact]) -> Sequence[Artifact]:
    """The files of a release that may tell its metadata: its wheels, where it has some.

    Of them those that are installed: no yanked one beside others, nor one with a higher build beside it.
    """
    wheels = [file for file in files if file.is_wheel]
    kept = [file for file in wheels if file.yanked is None] or wheels
    if any(file.filename.count("-") > _DASHES_WITHOUT_BUILD for file in kept):
        kept = _latest_builds(kept)
    return kept or files


def _latest_builds(wheels: Sequence[Artifact]) -> list[Artifact]:
    """Leave out each wheel that another of the same tags, with a higher build number, stands in for."""
    names = [_wheel_name(wheel.filename) for wheel in wheels]
    return [
        wheel
        for wheel, mine in zip(wheels, names, strict=True)
        if mine is None
        or not any(other and other.build > mine.build and _share_tags(mine, other) for other in names)
    ]


def _wheel_name(filename: str) -> WheelName | None:
    try:
        return split_wheel(filename)
    except ValueError:  # listed with tags that nothing fits
        return None


def _share_tags(one: WheelName, other: WheelName) -> bool:
    """Whether some tag is of both: an environment that takes the one for it could take the other."""
    return all(
        not set(mine.lower().split(".")).isdisjoint(theirs.lower().split("."))
        for mine, theirs in zip(one[-3:], other[-3:], strict=True)
    )
