"""A whole pylock.toml (PEP 751), text to values and back.

Reading takes any valid file whoever wrote it and refuses what is not one, naming file, line, entry and key.
Writing is deterministic: equal locks give equal bytes, laid out as docs/reference/lock.md says, so that
two branches that touch different packages touch different lines. `[tool.detent]` stands before the
packages: whether a lock is fresh is answered from its first lines alone.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from packaging.version import Version

from detent.errors.lock import LockConflicted, LockInvalid
from detent.lock.build_tables import build_lines, read_build_packages, read_builds
from detent.lock.edges import source_order
from detent.lock.entry import entry_lines, read_entry
from detent.lock.members import member_lines, read_members
from detent.lock.model import SCHEMA, Lock, LockedPackage
from detent.lock.tables import Fault, Table, need, subtable, tables, text, texts
from detent.lock.toml import array, inline_array
from detent.model import markers
from detent.model.adjustment_texts import TABLES, UnreadableAdjustment
from detent.model.inputs import RecordedInputs
from detent.model.requirement import extra_name, group_name, package_name
from detent.model.source_texts import read_row, source_texts
from detent.model.toml_text import inline_table, key, quoted

Name = TypeVar("Name", bound=str)

_FIRST_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*packages[ \t]*\]\]", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7,}|={7,}|>{7,}|\|{7,})(?:[ \t\r]|$)", re.MULTILINE)
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_SHOWN_FAULTS = 10
_LOCK_VERSION = re.compile(r"([0-9]+)(?:\.[0-9]+)*")


# ---- reading ---------------------------------------------------------------------------------


def parse_lock(source: str, display: str) -> Lock:
    """Read a lock; ``display`` is what the file is called in errors."""
    document = _load(source, display)
    lock = _head(document, display)
    packages = _packages(document, source, display)
    own = document.get("tool", {}).get("detent", {})
    if "builds" not in own:
        return lock._replace(packages=packages)
    try:
        pool = read_build_packages(own)
        return lock._replace(packages=packages, build_packages=pool, builds=read_builds(own, pool))
    except Fault as fault:
        raise LockInvalid(display, str(fault.below("tool.detent"))) from None


def parse_header(source: str, display: str) -> Lock:
    """Read everything but the packages, from the lines before the first of them.

    Falls back to the whole text where those lines do not say it all, as in a file some formatter rearranged.
    """
    first = _FIRST_ENTRY.search(source)
    if first is None or source.find("\n[tool.detent", first.start()) >= 0:
        return _head(_load(source, display), display)
    try:
        return _head(tomllib.loads(source[: first.start()].removeprefix("\ufeff")), display)
    except (ValueError, RecursionError):
        return _head(_load(source, display), display)


def _load(source: str, display: str) -> Table:
    try:
        return tomllib.loads(source.removeprefix("\ufeff"))
    except RecursionError:
        raise LockInvalid(display, "its arrays or tables are nested too deeply") from None
    except ValueError as error:
        conflict = _CONFLICT.search(source)
        if conflict:
            line = source.count("\n", 0, conflict.start()) + 1
            raise LockConflicted(f"{display}:{line}") from None
        found = _PLACE.search(str(error))
        where = f"{display}:{found[1]}:{found[2]}" if found else display
        raise LockInvalid(where, f"it is not valid TOML: {error}") from None


def _head(document: Table, display: str) -> Lock:
    try:
        _check_version(document, display)
        own = subtable(document, "tool", "detent")
        if own is not None:
            _check_schema(own, display)
        requires_python = text(document, "requires-python")
        _check_python(requires_python)
        return Lock(
            requires_python=requires_python,
            packages=(),
            environments=_marker_texts(document, "environments"),
            extras=_names(document, "extras", extra_name),
            groups=_names(document, "dependency-groups", group_name),
            default_groups=_names(document, "default-groups", group_name),
            created_by=need(document, "created-by", str),
            forks=_marker_texts(own, "forks") if own else (),
            inputs=_inputs(own, requires_python) if own else None,
        )
    except Fault as fault:
        raise LockInvalid(display, str(fault)) from None


def _check_version(document: Table, display: str) -> None:
    version = need(document, "lock-version", str)
    found = _LOCK_VERSION.fullmatch(version)
    if not found:
        raise Fault("lock-version", f"is not a version: `{version}`")
    if found[1] != "1":
        raise LockInvalid(
            display,
            f"it has the lock version {version}, and this release of detent reads 1.x",
            next_steps=("upgrade detent, or make it anew with `detent lock --regenerate`",),
        )


def _check_schema(own: Table, display: str) -> None:
    schema = need(own, "schema", int)
    if schema > SCHEMA:
        raise LockInvalid(
            display,
            f"its `[tool.detent]` has schema {schema}, and this release of detent knows up to {SCHEMA}",
            next_steps=("upgrade detent to the release that wrote the lock, or a later one",),
        )
    if schema < 1:
        raise Fault("tool.detent.schema", f"is not a schema: {schema}")


def _inputs(own: Table, requires_python: str) -> RecordedInputs | None:
    inputs = subtable(own, "inputs")
    if inputs is None:
        return None
    options = subtable(own, "options") or {}
    extras = subtable(inputs, "extras") or {}
    groups = subtable(inputs, "groups") or {}
    adjustments = tuple((name, lines) for name in TABLES if (lines := texts(inputs, name)))
    recorded = RecordedInputs(
        requires_python=requires_python,
        default_groups=texts(inputs, "default-groups"),
        dependencies=texts(inputs, "dependencies"),
        extras=tuple(sorted((name, texts(extras, name)) for name in extras)),
        groups=tuple(sorted((name, texts(groups, name)) for name in groups)),
        options=tuple(sorted((name, need(options, name, str)) for name in options)),
        adjustments=adjustments,
        sources=_sources(subtable(inputs, "sources") or {}),
        indexes=_indexes(subtable(inputs, "indexes") or {}),
        members=read_members(inputs),
    )
    try:
        recorded.adjusting()
    except UnreadableAdjustment as error:
        raise Fault(f"tool.detent.inputs.{error.place}", error.reason) from None
    return recorded


def _indexes(table: Table) -> tuple[tuple[str, str], ...]:
    """Read the indexes of the project, in the order they stand there: an address, or an inline table."""
    found = []
    for name, value in table.items():
        place = f"tool.detent.inputs.indexes.{name}"
        if isinstance(value, str):
            found.append((name, quoted(value)))
        elif isinstance(value, dict) and all(isinstance(each, str | bool) for each in value.values()):
            found.append((name, inline_table(value)))
        else:
            raise Fault(place, "must be a string or a table of strings and switches")
    return tuple(found)


def _sources(table: Table) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read the rules of each package: one inline table, or an array of them."""
    rules = []
    for name, value in table.items():
        rows = value if isinstance(value, list) else [value]
        for number, row in enumerate(rows):
            place = f"tool.detent.inputs.sources.{name}" + (f"[{number}]" if rows is value else "")
            if not isinstance(row, dict):
                raise Fault(place, "must be a table")
            try:
                rules.append(read_row(package_name(name), row))
            except ValueError as error:
                raise Fault(place, f"cannot be read: {error}") from None
    return source_texts(rules)


def _names(document: Table, name: str, normalise: Callable[[str], Name]) -> tuple[Name, ...]:
    try:
        return tuple(map(normalise, texts(document, name)))
    except Fault:
        raise
    except ValueError as error:
        raise Fault(name, f"is not valid: {error}") from None


def _marker_texts(table: Table, name: str) -> tuple[str, ...]:
    values = texts(table, name)
    for number, value in enumerate(values):
        _check_marker(value, f"{name}[{number}]")
    return values


def _check_marker(marker: str, place: str) -> None:
    try:
        markers.parse(marker)
    except ValueError as error:
        raise Fault(place, f"is not a valid marker: {error}") from None


def _packages(document: Table, source: str, display: str) -> tuple[LockedPackage, ...]:
    try:
        rows = tables(document, "packages")
        if "packages" not in document:
            raise Fault("packages", "is missing")
    except Fault as fault:
        raise LockInvalid(display, str(fault)) from None
    packages = []
    faults = []
    for number, row in enumerate(rows):
        try:
            package = read_entry(row)
            _check_marker(package.marker, "marker")
            _check_python(package.requires_python)
        except Fault as fault:
            faults.append((number, fault))
        else:
            packages.append(package)
    if faults:
        raise _invalid_entries(rows, faults, source, display)
    entries_by_name = Counter(package.name for package in packages)

    def order(package: LockedPackage) -> tuple[str, Version | None, tuple[str, ...]]:
        if entries_by_name[package.name] == 1:
            return package.name, None, ()
        return package.name, Version(package.known_version or "0"), source_order(package)

    return tuple(sorted(packages, key=order))


def _check_python(specifier: str) -> None:
    if not specifier:
        return
    try:
        markers.requires_python(specifier)
    except ValueError as error:
        raise Fault("requires-python", f"is not valid: {error}") from None


def _invalid_entries(
    rows: Sequence[Table], faults: Sequence[tuple[int, Fault]], source: str, display: str
) -> LockInvalid:
    """Say every entry's first fault, each with its line where the entries stand as `[[packages]]`."""
    starts = [source.count("\n", 0, match.start()) + 1 for match in _FIRST_ENTRY.finditer(source)]
    if len(starts) != len(rows):
        starts = []
    sentences = []
    for number, fault in faults[:_SHOWN_FAULTS]:
        name, version = rows[number].get("name"), rows[number].get("version")
        entry = f"number {number + 1}"
        if isinstance(name, str):
            entry = f"`{name}` {version}" if isinstance(version, str) else f"`{name}`"
        line = f" (line {starts[number]})" if starts else ""
        sentences.append(f"entry {entry}{line}: {fault}")
    if len(faults) > _SHOWN_FAULTS:
        sentences.append(f"and {len(faults) - _SHOWN_FAULTS} more entries")
    where = f"{display}:{starts[faults[0][0]]}" if starts else display
    return LockInvalid(where, "\n".join(sentences))


# ---- writing ---------------------------------------------------------------------------------


def render_lock(lock: Lock) -> str:
    """Write a lock, sorted as its values are."""
    lines = ['lock-version = "1.0"']
    if lock.environments:
        lines += array("environments", map(quoted, lock.environments))
    if lock.requires_python:
        lines.append(f"requires-python = {quoted(lock.requires_python)}")
    if lock.extras:
        lines.append(inline_array("extras", lock.extras))
    if lock.groups:
        lines.append(inline_array("dependency-groups", lock.groups))
    lines.append(f"created-by = {quoted(lock.created_by)}")
    if not lock.packages:
        lines.append("packages = []")
    if lock.inputs is not None:
        lines += _own_lines(lock.inputs, lock.forks)
    for package in lock.packages:
        lines.append("")
        lines += entry_lines(package)
    lines += build_lines(lock.builds, lock.build_packages)
    return "\n".join(lines) + "\n"


def _own_lines(inputs: RecordedInputs, forks: Sequence[str]) -> list[str]:
    lines = ["", "[tool.detent]", f"schema = {SCHEMA}"]
    if forks:
        lines += array("forks", map(quoted, forks))
    if inputs.options:
        lines += ["", "[tool.detent.options]"]
        lines += [f"{key(name)} = {quoted(value)}" for name, value in inputs.options]
    lines += ["", "[tool.detent.inputs]"]
    if inputs.default_groups:
        lines.append(inline_array("default-groups", inputs.default_groups))
    lines += array("dependencies", map(quoted, inputs.dependencies))
    for name, texts_of_table in inputs.adjustments:
        lines += array(name, map(quoted, texts_of_table))
    for name, lists in (("extras", inputs.extras), ("groups", inputs.groups)):
        if lists:
            lines += ["", f"[tool.detent.inputs.{name}]"]
            for member, requirements in lists:
                lines += array(key(member), map(quoted, requirements))
    if inputs.sources:
        lines += ["", "[tool.detent.inputs.sources]"]
        for name, rules in inputs.sources:
            lines += [f"{key(name)} = {rules[0]}"] if len(rules) == 1 else array(key(name), rules)
    if inputs.indexes:
        lines += ["", "[tool.detent.inputs.indexes]"]
        lines += [f"{key(name)} = {text}" for name, text in inputs.indexes]
    return lines + member_lines(inputs.members)
