"""What a lock is made from: the project's wishes as values, and the roots they come to.

Two inputs that differ only in order or spelling are equal once :meth:`Inputs.recorded` has written them
down; that record is what the lock keeps and what ``lock --check`` compares.
"""

from collections.abc import Collection, Iterator

from detent.model import markers
from detent.model.adjustment_texts import adjustment_texts, read_adjustment_texts
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.markers import Marker
from detent.model.members import Member
from detent.model.references import read_reference
from detent.model.requirement import ExtraName, GroupName, PackageName, Requirement, parse_requirement
from detent.model.source_texts import read_source_texts, sorted_rules, source_texts
from detent.model.sources import ProjectIndex, SourceRule, read_index
from detent.named import NamedTuple


class Root(NamedTuple):
    """A requirement of the project and when it counts."""

    requirement: Requirement
    gate: Marker
    """Which extras and groups bring it in, and-ed with the requirement's own marker."""


class Inputs(NamedTuple):
    """Everything of the project that decides a lock."""

    name: PackageName
    requires_python: str
    dependencies: tuple[Requirement, ...]
    extras: tuple[tuple[ExtraName, tuple[Requirement, ...]], ...]
    """`[project.optional-dependencies]`, sorted by name; each list in file order."""
    groups: tuple[tuple[GroupName, tuple[Requirement, ...]], ...]
    """`[dependency-groups]` with every include-group expanded (PEP 735), sorted by name."""
    default_groups: tuple[GroupName, ...]
    index_url: str
    """The simple API root, without credentials."""
    options: tuple[tuple[str, str], ...] = ()
    """Every non-default option that changes a lock, by its setting's name, sorted."""
    adjustments: Adjustments = NO_ADJUSTMENTS
    sources: tuple[SourceRule, ...] = ()
    """What `[tool.detent.sources]` says, sorted by name, then by the text of the marker."""
    indexes: tuple[ProjectIndex, ...] = ()
    """Those the project itself declares, in the order they are asked; no machine's."""
    members: tuple[Member, ...] = ()
    """Those of the workspace, sorted by name; what they need stands in `groups`."""

    def roots(self) -> tuple[Root, ...]:
        """Every requirement with its gate, as overrides and exclusions leave it.

        References to the project itself (`me[all]`) are followed.
        """
        by_extra = dict(self.extras)
        found: dict[Root, None] = {}

        def walk(requirements: tuple[Requirement, ...], gate: Marker, seen: frozenset[str]) -> None:
            for requirement in requirements:
                here = markers.and_(gate, requirement.marker)
                if here == markers.NEVER:
                    continue
                if requirement.name != self.name:
                    for wanted in self.adjustments.of_project(requirement):
                        where = markers.and_(gate, wanted.marker)
                        if where != markers.NEVER:
                            found[Root(wanted, where)] = None
                    continue
                for extra in requirement.extras:
                    if extra in by_extra and extra not in seen:
                        walk(by_extra[extra], here, seen | {extra})

        walk(self.dependencies, markers.ALWAYS, frozenset())
        for extra, requirements in self.extras:
            walk(requirements, markers.in_extra(extra), frozenset((extra,)))
        for group, requirements in self.groups:
            walk(requirements, markers.in_group(group), frozenset())
        return tuple(found)

    def all_sources(self) -> tuple[SourceRule, ...]:
        """Every rule that says where a package comes from: the declared ones, and one for each URL asked for.

        Where all that the project asks of a name is one URL, it holds for everybody; where not, a URL holds
        with the extras and groups that bring it in. Several rules of one name hold for what is never on
        together as little as the lock does, so that they exclude each other where `conflicts` says so.
        """
        if not self._has_references():
            return self._apart(self.sources)
        asked = dict[PackageName, dict[str, list[Root]]]()
        for root in self.roots():
            asked.setdefault(root.requirement.name, {}).setdefault(root.requirement.url, []).append(root)
        for override in self.adjustments.overrides:
            wanted = override.requirement
            if wanted.url and override.parent is None:
                gated = Root(wanted, wanted.marker)
                asked.setdefault(wanted.name, {}).setdefault(wanted.url, []).append(gated)
        found = list(self.sources)
        for name, by_url in asked.items():
            for url, roots in by_url.items():
                if url:
                    found.append(_rule(name, url, roots, is_alone=len(by_url) == 1))
        return self._apart(sorted_rules(found))

    def _apart(self, rules: tuple[SourceRule, ...]) -> tuple[SourceRule, ...]:
        """Leave out of rules beside each other what the lock is not for."""
        names = [rule.name for rule in rules]
        if len(set(names)) == len(names) or not self.adjustments.conflicts:
            return rules
        scope = self.adjustments.scope()
        return sorted_rules(
            rule._replace(marker=markers.and_(rule.marker, scope)) if names.count(rule.name) > 1 else rule
            for rule in rules
        )

    def without_sources(self, names: Collection[PackageName] | None) -> "Inputs":
        """Leave the rules of these packages aside; ``None``: of all."""
        kept = (rule for rule in self.sources if names is not None and rule.name not in names)
        return self._replace(sources=tuple(kept))

    def _has_references(self) -> bool:
        lists = (self.dependencies, *(needs for _, needs in (*self.extras, *self.groups)))
        return any(requirement.url for needs in lists for requirement in needs) or any(
            override.requirement.url for override in self.adjustments.overrides
        )

    def recorded(self) -> "RecordedInputs":
        """These inputs as the lock writes them down: canonical texts, sorted, each once."""
        return RecordedInputs(
            requires_python=self.requires_python,
            default_groups=tuple(sorted(self.default_groups)),
            dependencies=_texts(self.dependencies),
            extras=tuple((name, _texts(needs)) for name, needs in self.extras),
            groups=tuple((name, _texts(needs)) for name, needs in self.groups),
            options=self.options,
            adjustments=adjustment_texts(self.adjustments),
            sources=source_texts(self.sources),
            indexes=tuple((index.name, index.text()) for index in self.indexes),
            members=self.members,
        )


def _rule(name: PackageName, url: str, roots: list[Root], *, is_alone: bool) -> SourceRule:
    marker = markers.NEVER
    for root in roots:
        marker = markers.or_(marker, root.requirement.marker if is_alone else root.gate)
    origin = roots[0].requirement.origin
    where = f"{origin.file}:{origin.line}" if origin is not None and origin.line is not None else ""
    return SourceRule(name, read_reference(url), marker, where)


def _texts(requirements: tuple[Requirement, ...]) -> tuple[str, ...]:
    # What never holds (`python_version < '3' and python_version > '3'`) has no text, and asks for nothing.
    return tuple(sorted({str(r) for r in requirements if r.marker != markers.NEVER}))


class RecordedInputs(NamedTuple):
    """The `[tool.detent.inputs]` and `[tool.detent.options]` of a lock, beside its `requires-python`.

    An index that a machine sets is no part of it: it must not make a lock stale elsewhere.
    """

    requires_python: str = ""
    default_groups: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    extras: tuple[tuple[str, tuple[str, ...]], ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    adjustments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By the name of their table in `[tool.detent]`, sorted: canonical texts, sorted, each once."""
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By the name of the package, sorted: one inline TOML table for each rule, sorted."""
    indexes: tuple[tuple[str, str], ...] = ()
    """By name, in the order they are asked: the address as a TOML string, or an inline table."""
    members: tuple[Member, ...] = ()

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Every requirement: its kind of list (``extra``, ``group`` or none), the name of that, the text."""
        yield from (("", "", text) for text in self.dependencies)
        for kind, lists in (("extra", self.extras), ("group", self.groups)):
            yield from ((kind, name, text) for name, texts in lists for text in texts)

    def as_inputs(self, name: PackageName, index_url: str) -> Inputs:
        """Read the texts again; raises ``ValueError`` for one that cannot be read."""
        return Inputs(
            name=name,
            requires_python=self.requires_python,
            dependencies=_requirements(self.dependencies),
            extras=tuple((ExtraName(extra), _requirements(texts)) for extra, texts in self.extras),
            groups=tuple((GroupName(group), _requirements(texts)) for group, texts in self.groups),
            default_groups=tuple(map(GroupName, self.default_groups)),
            index_url=index_url,
            options=self.options,
            adjustments=self.adjusting(),
            sources=sorted_rules(read_source_texts(self.sources)),
            indexes=tuple(read_index(index, text) for index, text in self.indexes),
            members=self.members,
        )

    def adjusting(self) -> Adjustments:
        """Read the tables of `[tool.detent]` again; raises :class:`UnreadableAdjustment`."""
        return read_adjustment_texts(self.adjustments)


def _requirements(texts: tuple[str, ...]) -> tuple[Requirement, ...]:
    return tuple(map(parse_requirement, texts))
