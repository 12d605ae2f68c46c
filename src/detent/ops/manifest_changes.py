"""What an edit does to the requirements of a project, as values; and where each of them stands on disk."""

from collections.abc import Iterator

from detent.model import markers
from detent.model.adjustments import Adjustments
from detent.model.requirement import Origin, Requirement
from detent.model.source_texts import source_texts
from detent.model.sources import SourceRule
from detent.named import NamedTuple
from detent.project.manifest import Manifest
from detent.project.source_tables import sources_path

_COMMAND_LINE = Origin("command line")


class ManifestChange(NamedTuple):
    """One entry of a list; ``before`` is empty for a new one, ``after`` for one that is gone."""

    table: str
    before: str
    after: str


def manifest_changes(old: Manifest, new: Manifest) -> tuple[ManifestChange, ...]:
    """Compare the lists of two manifests; an entry that became another of its name is one change."""
    was, now = dict.fromkeys(_entries(old)), dict.fromkeys(_entries(new))
    gone = [entry for entry in was if entry not in now]
    found = []
    for table, requirement in (entry for entry in now if entry not in was):
        before = next((e for e in gone if e[0] == table and e[1].name == requirement.name), None)
        if before is not None:
            gone.remove(before)
        found.append(ManifestChange(table, _text(before[1]) if before else "", _text(requirement)))
    found += (ManifestChange(table, _text(requirement), "") for table, requirement in gone)
    return (*found, *_source_changes(old, new))


def _sources(manifest: Manifest) -> Iterator[tuple[str, str]]:
    return ((name, f"{name} = {line}") for name, lines in source_texts(manifest.sources) for line in lines)


def _source_changes(old: Manifest, new: Manifest) -> Iterator[ManifestChange]:
    was, now = dict.fromkeys(_sources(old)), dict.fromkeys(_sources(new))
    gone = [row for row in was if row not in now]
    table = ".".join(sources_path(new.data))
    for name, line in (row for row in now if row not in was):
        before = next((row for row in gone if row[0] == name), None)
        if before is not None:
            gone.remove(before)
        yield ManifestChange(table, before[1] if before else "", line)
    yield from (ManifestChange(".".join(sources_path(old.data)), line, "") for _, line in gone)


def with_origins_on_disk(edited: Manifest, current: Manifest) -> Manifest:
    """The edited manifest, its entries placed where they stand in the file as it is.

    What is not in the file came from the command line: a message must not name a line that is not there.
    """
    lines = {
        (table, requirement): origin
        for requirement, origin in ((r, r.origin) for r in _requirements(current))
        for table, requirement in (_entry(requirement),)
    }

    def placed(needs: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(need._replace(origin=lines.get(_entry(need), _COMMAND_LINE)) for need in needs)

    return edited._replace(
        dependencies=placed(edited.dependencies),
        extras=tuple((name, placed(needs)) for name, needs in edited.extras),
        groups=tuple((name, placed(needs)) for name, needs in edited.groups),
        adjustments=_on_disk(edited.adjustments, current.adjustments),
        sources=tuple(_rule_on_disk(rule, current) for rule in edited.sources),
    )


def _rule_on_disk(rule: SourceRule, current: Manifest) -> SourceRule:
    standing = (each for each in current.sources if each._replace(where="") == rule._replace(where=""))
    found = next(standing, None)
    return rule._replace(where=found.where if found is not None else _COMMAND_LINE.table)


def _on_disk(edited: Adjustments, current: Adjustments) -> Adjustments:
    """An edit leaves `[tool.detent]` as it is: what is said there stands where it stood."""
    origins = {exclusive.names: exclusive.origin for exclusive in current.conflicts}
    conflicts = tuple(one._replace(origin=origins.get(one.names)) for one in edited.conflicts)
    return current._replace(conflicts=conflicts)


def _entries(manifest: Manifest) -> Iterator[tuple[str, Requirement]]:
    return map(_entry, _requirements(manifest))


def _requirements(manifest: Manifest) -> Iterator[Requirement]:
    yield from manifest.dependencies
    for _, needs in (*manifest.extras, *manifest.groups):
        yield from needs


def _entry(requirement: Requirement) -> tuple[str, Requirement]:
    table = requirement.origin.table if requirement.origin else ""
    return table, requirement._replace(origin=None)


def _text(requirement: Requirement) -> str:
    if requirement.marker != markers.NEVER:
        return str(requirement)
    return f"{requirement._replace(marker=markers.ALWAYS)}; (never)"
