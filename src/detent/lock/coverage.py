"""What there is to install of each locked package, by platform: a wheel, a source distribution, or nothing.

Asked of the environments the project requires, or of the usual platforms where it requires none, for the
lowest and the newest Python the lock is for. It only tells what the lock has: whether a source distribution
may be built, and would build, is not known here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from detent.lock.graph import scope
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.adjustments import NO_ADJUSTMENTS
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.model.wheel_coverage import is_for_pypy, left_out, places
from detent.named import NamedTuple


class Supply(Enum):
    """What a lock has for one package on one target."""

    WHEEL = "wheel"
    SDIST = "sdist"
    NOTHING = "nothing"


class Target(NamedTuple):
    """A platform and a Python."""

    platform: str
    """As it is called in the table."""
    python: str
    """``3.12``; empty where the lock and its wheels name no Python at all."""
    where: Marker
    musl: bool = False


class Row(NamedTuple):
    """One entry of the lock on one target."""

    name: PackageName
    version: str
    target: Target
    supply: Supply


_LINUX, _MACOS = "sys_platform == 'linux'", "sys_platform == 'darwin'"
_USUAL = (
    ("linux x86_64", f"{_LINUX} and platform_machine == 'x86_64'", False),
    ("linux aarch64", f"{_LINUX} and platform_machine == 'aarch64'", False),
    ("linux x86_64 musl", f"{_LINUX} and platform_machine == 'x86_64'", True),
    ("macos arm64", f"{_MACOS} and platform_machine == 'arm64'", False),
    ("macos x86_64", f"{_MACOS} and platform_machine == 'x86_64'", False),
    ("windows AMD64", "sys_platform == 'win32' and platform_machine == 'AMD64'", False),
)
_CPYTHON = re.compile(r"cp3([0-9]{1,3})")
_GAP = "  "


def coverage(lock: Lock) -> tuple[Row, ...]:
    """Say of every entry what it has for each target on which it is needed, in the lock's order."""
    return supplies(lock.packages, targets(lock))


def supplies(packages: Iterable[LockedPackage], where: Sequence[Target]) -> tuple[Row, ...]:
    """Say of these entries what each has for each of these targets on which it is needed."""
    return tuple(row for package in packages for row in _rows(package, where))


def draw(rows: Sequence[Row]) -> str:
    """Draw a table of the packages that lack a wheel somewhere; the others are counted."""
    by_package: dict[tuple[PackageName, str], list[Row]] = {}
    for row in rows:
        by_package.setdefault((row.name, row.version), []).append(row)
    lacking = {
        package: found
        for package, found in by_package.items()
        if any(row.supply is not Supply.WHEEL for row in found)
    }
    whole = len({name for name, _ in by_package} - {name for name, _ in lacking})
    counted = f"{whole} package{'s' if whole != 1 else ''} with wheels for every target"
    if not lacking:
        return f"{counted}\n"
    platforms = list(dict.fromkeys(row.target.platform for row in rows))
    table = [("package", "version", *platforms)]
    for (name, version), found in lacking.items():
        cells = (_cell([row for row in found if row.target.platform == platform]) for platform in platforms)
        table.append((name, version, *cells))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_GAP.join(map(str.ljust, line, widths)).rstrip() for line in table]
    if whole:
        lines.append(f"and {counted}")
    return "\n".join(lines) + "\n"


def _cell(rows: Sequence[Row]) -> str:
    supplies = list(dict.fromkeys(row.supply for row in rows))
    if len(supplies) < 2:
        return supplies[0].value if supplies else "-"
    return ", ".join(f"{row.supply.value} ({row.target.python})" for row in rows)


def targets(lock: Lock) -> tuple[Target, ...]:
    """Give the platforms and Pythons that are asked about."""
    return tuple(_targets(lock))


def _targets(lock: Lock) -> Iterator[Target]:
    here = markers.environment_only(scope(lock))
    declared = NO_ADJUSTMENTS if lock.inputs is None else lock.inputs.adjusting()
    usual = [(label, markers.parse(text), musl) for label, text, musl in _USUAL]
    usual = [target for target in usual if not markers.disjoint(target[1], here)]
    # A lock can be for platforms alone that are not usual.
    named = declared.required_environments or (() if usual else declared.environments)
    for label, platform, musl in [(markers.render(where), where, False) for where in named] or usual:
        for python in _pythons(lock, markers.and_(here, platform)):
            where = markers.and_(platform, markers.requires_python(f"=={python}.*" if python else ""))
            if not markers.disjoint(where, here):
                yield Target(label, python, where, musl)


def _pythons(lock: Lock, here: Marker) -> list[str]:
    """Give the lowest and the newest minor version; without an upper bound, the newest that has a wheel."""
    if here == markers.NEVER:
        return []
    lowest = markers.lowest_python(here) // 1000
    end = markers.newest_python(here)
    has_end = end < markers.NO_PYTHON and end % 1_000_000
    newest = max(lowest, (end - 1) // 1000 if has_end else _newest_with_wheel(lock))
    return [f"{n // 1000}.{n % 1000}" if n else "" for n in sorted({lowest or newest, newest})]


def _newest_with_wheel(lock: Lock) -> int:
    tags = (wheel.filename.split("-")[-3] for package in lock.packages for wheel in package.wheels)
    found = (_CPYTHON.fullmatch(tag) for some in tags for tag in some.lower().split("."))
    return max((3000 + int(minor[1]) for minor in found if minor), default=0)


def _rows(package: LockedPackage, targets: Sequence[Target]) -> Iterator[Row]:
    needed = markers.environment_only(markers.parse(package.marker))
    files = [wheel.filename for wheel in package.wheels]
    served: dict[tuple[bool, bool], Marker] = {}
    for target in targets:
        if markers.disjoint(target.where, needed):
            continue
        kind = is_for_pypy(target.where), target.musl
        if kind not in served:
            served[kind] = places(files, pypy=kind[0], musl=kind[1])
        if markers.disjoint(left_out(target.where, served[kind]), needed):
            supply = Supply.WHEEL
        else:
            has_source = package.sdist is not None or (package.direct is not None and not files)
            supply = Supply.SDIST if has_source else Supply.NOTHING
        yield Row(package.name, package.known_version, target, supply)
