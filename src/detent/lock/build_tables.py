"""What builds get, as a lock writes it down: `[[tool.detent.builds]]` and `[[tool.detent.build-packages]]`.

They stand after the packages, apart from them: nobody installs what a build needs, so another installer must
not see it, and whether a lock is fresh is answered before they are read. Each version stands there once,
however many builds get it.
"""

from collections.abc import Sequence

from detent.lock.entry import entry_lines, read_entry
from detent.lock.filename import canonical_version
from detent.lock.model import BuildPin, LockedBuild, LockedPackage
from detent.lock.tables import Fault, Table, need, tables, text, texts
from detent.lock.toml import array
from detent.model import markers
from detent.model.names import PackageName
from detent.model.requirement import InvalidRequirement, package_name, parse_requirement
from detent.model.toml_text import quoted

_BUILDS, _PACKAGES = "builds", "build-packages"


# ---- reading ---------------------------------------------------------------------------------


def read_build_packages(own: Table) -> tuple[LockedPackage, ...]:
    """Read what builds get; raises :class:`Fault`."""
    found = []
    for number, row in enumerate(tables(own, _PACKAGES)):
        place = f"{_PACKAGES}[{number}]"
        try:
            package = read_entry(row)
        except Fault as fault:
            raise fault.below(place) from None
        if not (package.version and (package.wheels or package.sdist)):
            raise Fault(place, "must have a version and a file")
        found.append(package)
    return tuple(found)


def read_builds(own: Table, packages: Sequence[LockedPackage]) -> tuple[LockedBuild, ...]:
    """Read which build gets what of these; raises :class:`Fault`."""
    known = {(package.name, package.version) for package in packages}
    found = []
    for number, row in enumerate(tables(own, _BUILDS)):
        try:
            found.append(_build(row, known))
        except Fault as fault:
            raise fault.below(f"{_BUILDS}[{number}]") from None
    return tuple(found)


def _build(row: Table, known: set[tuple[PackageName, str]]) -> LockedBuild:
    pins = []
    for number, pin in enumerate(tables(row, "with")):
        place = f"with[{number}]"
        try:
            name, version = _named(pin)
            marker = text(pin, "marker")
            markers.parse(marker)
        except Fault as fault:
            raise fault.below(place) from None
        except ValueError as error:
            raise Fault(f"{place}.marker", f"is not a valid marker: {error}") from None
        if (name, version) not in known:
            raise Fault(place, f"is none of `{_PACKAGES}`: `{name}` {version}")
        pins.append(BuildPin(name, version, marker))
    members = tuple(_named(member) for member in tables(row, "packages"))
    return LockedBuild(members, _requirements(row, "requires"), _requirements(row, "asked"), tuple(pins))


def _named(row: Table) -> tuple[PackageName, str]:
    version = text(row, "version")
    try:
        return package_name(need(row, "name", str)), canonical_version(version) if version else ""
    except Fault:
        raise
    except ValueError as error:
        raise Fault("name", f"is not valid: {error}") from None


def _requirements(row: Table, key: str) -> tuple[str, ...]:
    found = texts(row, key)
    for number, line in enumerate(found):
        try:
            parse_requirement(line)
        except InvalidRequirement as error:
            raise Fault(f"{key}[{number}]", f"cannot be read: {error}") from None
    return found


# ---- writing ---------------------------------------------------------------------------------


def build_lines(builds: Sequence[LockedBuild], packages: Sequence[LockedPackage]) -> list[str]:
    """Write both tables; nothing where there are none."""
    lines = []
    for build in builds:
        lines += ["", f"[[tool.detent.{_BUILDS}]]"]
        lines += array("packages", (_row(name, version) for name, version in build.members))
        lines += array("requires", map(quoted, build.requires))
        if build.asked:
            lines += array("asked", map(quoted, build.asked))
        lines += array("with", (_row(*pin) for pin in build.pins))
    for package in packages:
        lines += ["", *entry_lines(package, f"tool.detent.{_PACKAGES}")]
    return lines


def _row(name: str, version: str, marker: str = "") -> str:
    facts = {"name": name, "version": version, "marker": marker}
    return f"{{{', '.join(f'{key} = {quoted(value)}' for key, value in facts.items() if value)}}}"
