"""What two locks were made from, merged: each list by what its lines are about, never line by line.

What one side changed is taken; what both changed in different ways stays ours, and is named.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from detent.model.adjustment_texts import TABLES, subject
from detent.model.inputs import RecordedInputs
from detent.model.members import Member
from detent.model.requirement import parse_requirement
from detent.named import NamedTuple

Value = TypeVar("Value")
Key = TypeVar("Key", bound=Hashable)


class MergedInputs(NamedTuple):
    """The merged inputs, and what both sides changed."""

    inputs: RecordedInputs
    contested: tuple[str, ...]
    """Such as ``what [project.dependencies] says of `idna` ``."""


def three_way(base: Value, ours: Value, theirs: Value) -> tuple[Value, bool]:
    """Take what changed; ours, and that it is contested, where both did in different ways."""
    if theirs in (ours, base):
        return ours, False
    if ours == base:
        return theirs, False
    return ours, True


def merge_inputs(base: RecordedInputs | None, ours: RecordedInputs, theirs: RecordedInputs) -> MergedInputs:
    """Merge all that is recorded; without a base everything that differs was changed by both."""
    merging = _Merging()
    was = base if base is not None else RecordedInputs()
    merged = RecordedInputs(
        requires_python=merging.value(
            was.requires_python, ours.requires_python, theirs.requires_python, "`requires-python`"
        ),
        default_groups=merging.texts(
            was.default_groups, ours.default_groups, theirs.default_groups, str, "the default groups"
        ),
        dependencies=merging.texts(
            was.dependencies, ours.dependencies, theirs.dependencies, _name, "[project.dependencies]"
        ),
        extras=merging.tables(was.extras, ours.extras, theirs.extras, "the extra"),
        groups=merging.tables(was.groups, ours.groups, theirs.groups, "the group"),
        options=merging.rows(was.options, ours.options, theirs.options, "the option"),
        adjustments=merging.adjustments(was.adjustments, ours.adjustments, theirs.adjustments),
        sources=merging.rows(was.sources, ours.sources, theirs.sources, "the source of"),
        indexes=merging.value(was.indexes, ours.indexes, theirs.indexes, "the indexes of the project"),
        members=tuple(
            member
            for _, member in merging.rows(
                _members(was.members), _members(ours.members), _members(theirs.members), "the member"
            )
        ),
    )
    return MergedInputs(merged, tuple(merging.contested))


class _Merging:
    def __init__(self) -> None:
        self.contested: list[str] = []

    def value(self, base: Value, ours: Value, theirs: Value, what: str) -> Value:
        value, is_contested = three_way(base, ours, theirs)
        if is_contested:
            self.contested.append(what)
        return value

    def rows(
        self,
        base: Sequence[tuple[str, Value]],
        ours: Sequence[tuple[str, Value]],
        theirs: Sequence[tuple[str, Value]],
        what: str,
    ) -> tuple[tuple[str, Value], ...]:
        """Merge values by their names."""
        merged = self._by_key(dict(base), dict(ours), dict(theirs), lambda name: f"{what} `{name}`")
        return tuple(sorted(merged.items(), key=lambda row: row[0]))

    def texts(
        self,
        base: Sequence[str],
        ours: Sequence[str],
        theirs: Sequence[str],
        about: Callable[[str], str],
        where: str,
    ) -> tuple[str, ...]:
        """Merge lines; those of one subject are one thing."""
        was, our, their = (_grouped(side, about) for side in (base, ours, theirs))
        merged = self._by_key(was, our, their, lambda name: f"what {where} says of `{name}`")
        return tuple(sorted(line for lines in merged.values() for line in lines))

    def tables(
        self,
        base: Sequence[tuple[str, tuple[str, ...]]],
        ours: Sequence[tuple[str, tuple[str, ...]]],
        theirs: Sequence[tuple[str, tuple[str, ...]]],
        what: str,
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Merge named lists of requirements; one that is taken away while it changes is contested."""
        was, our, their = dict(base), dict(ours), dict(theirs)
        merged = {}
        for name in sorted({*our, *their}):
            if name in our and name in their:
                where = f"{what} `{name}`"
                merged[name] = self.texts(was.get(name, ()), our[name], their[name], _name, where)
                continue
            kept = our.get(name, their.get(name, ()))
            if name not in was or was[name] != kept:
                merged[name] = kept
            if name in was and was[name] != kept:
                self.contested.append(f"{what} `{name}`")
        return tuple(merged.items())

    def adjustments(
        self,
        base: Sequence[tuple[str, tuple[str, ...]]],
        ours: Sequence[tuple[str, tuple[str, ...]]],
        theirs: Sequence[tuple[str, tuple[str, ...]]],
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Merge the tables of `[tool.detent]`."""
        was, our, their = dict(base), dict(ours), dict(theirs)
        merged = []
        for table in TABLES:

            def about(line: str, table: str = table) -> str:
                return subject(table, line)

            where = f"[tool.detent] {table}"
            lines = self.texts(was.get(table, ()), our.get(table, ()), their.get(table, ()), about, where)
            if lines:
                merged.append((table, lines))
        return tuple(merged)

    def _by_key(
        self,
        base: Mapping[str, Value],
        ours: Mapping[str, Value],
        theirs: Mapping[str, Value],
        what: Callable[[str], str],
    ) -> dict[str, Value]:
        merged = {}
        for name in sorted({*ours, *theirs}):
            value = self.value(base.get(name), ours.get(name), theirs.get(name), what(name))
            if value is not None:
                merged[name] = value
        return merged


def _members(members: Iterable[Member]) -> tuple[tuple[str, Member], ...]:
    return tuple((member.name, member) for member in members)


def _grouped(texts: Iterable[str], about: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name = about(text)
        found[name] = (*found.get(name, ()), text)
    return found


def _name(text: str) -> str:
    try:
        return parse_requirement(text).name
    except ValueError:
        return text  # a hand-edited line is about itself
