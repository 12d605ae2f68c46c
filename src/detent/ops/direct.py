"""Packages that come from repositories, URLs and paths: what each rule for one comes to, before the search.

Every rule of the project is looked at, then what the found packages say themselves: direct references in
their metadata, and the sources in the pyproject.toml of a folder or a repository, until nothing new comes.
The project has the last word: where a rule of its own holds for a name, no dependency's does. Two
dependencies that lead to different places for one name are refused. Nothing that came from elsewhere leads
into this machine: paths inside of a repository stay inside of it.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from detent.errors import DetentError, Failures, UsageError
from detent.errors.fetch import SourcesDiffer, SourceUnusable
from detent.errors.project import ManifestInvalid
from detent.events import Detail, Notice
from detent.index.pool import REPOSITORIES_AT_ONCE, Pool
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.candidate import Artifact, Dependency
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.reference_urls import InvalidReference
from detent.model.references import normalised_path, read_reference, rebased
from detent.model.requirement import PackageName
from detent.model.sources import (
    GitSource,
    IndexSource,
    PathSource,
    Source,
    SourceRule,
    UrlSource,
    WorkspaceSource,
)
from detent.named import NamedTuple
from detent.ops.beside import member_in
from detent.ops.discover import MANIFEST_NAME
from detent.ops.holding import Held, Holdings, called
from detent.ops.question import Question
from detent.ops.upgrade import free_to_move
from detent.ops.world import World
from detent.project.conflicts import Declared
from detent.project.document import parse_document
from detent.project.source_tables import read_sources
from detent.resolve.sourced import Sourced, referring, unsettled

_SHOWN = 12


class _Asked(NamedTuple):
    """A rule, and whose it is."""

    rule: SourceRule
    by: str = ""
    """The package that says so, as a person would name it; empty for the project."""
    commit: str = ""
    """The commit of that package, where it says that this one lies in its own repository."""


def settle_question(
    world: World, question: Question
) -> Callable[[Collection[PackageName]], tuple[Sourced, ...]]:
    """Give what finds out what every rule comes to that the lock asked for needs.

    A rule counts where the project asks for its package, or something from elsewhere does. Of the others it
    is only said that they are there; who finds that an index leads to one asks again. A commit and a hash of
    the old lock are kept but for packages that are free to move. What is given raises :class:`FetchError`,
    :class:`BuildError`, :class:`ArchiveUnsafe`, :class:`FileTrouble` and :class:`Failures`.
    """
    inputs, upgrade = question.inputs, question.upgrade
    is_all = upgrade.everything or upgrade.anew
    return _Settling(
        world,
        inputs,
        inputs.all_sources(),
        question.root,
        Holdings(world, question.root, question.texts),
        old=question.old,
        free=None if is_all else frozenset(free_to_move(upgrade, inputs)),
    ).run


def name_of(world: World, source: GitSource | UrlSource | PathSource, root: Path) -> PackageName:
    """Find out which package a source holds; raises as :func:`settle`."""
    return Holdings(world, root).name_of(source)


class _Settling:
    """What was found out of all rules so far."""

    def __init__(
        self,
        world: World,
        inputs: Inputs,
        rules: Collection[SourceRule],
        root: Path,
        holdings: Holdings,
        *,
        old: Lock | None,
        free: Collection[PackageName] | None,
    ) -> None:
        """``free`` may move; ``None``: all."""
        self._world = world
        self._inputs = inputs
        self._own = tuple(rules)
        self._root = root
        self._old = old
        self._free = free
        self._holdings = holdings
        self._was = _declared_before(old)
        self._asked: dict[PackageName, list[_Asked]] = {}
        self._held: dict[tuple[PackageName, Source], Held] = {}
        self._commits: dict[tuple[str, str, str], str] = {}

    def run(self, names: Collection[PackageName]) -> tuple[Sourced, ...]:
        """Go over the rules for these packages and all that the project asks for, and what they lead to."""
        found: list[tuple[int, Sourced]] = []
        faults: list[DetentError] = []
        wanted = {*names, *(root.requirement.name for root in self._inputs.roots())}
        wanted |= {member.name for member in self._inputs.members}
        waiting: list[_Asked] = []
        later: dict[PackageName, list[SourceRule]] = {}
        for rule in self._own:
            if rule.name in wanted or isinstance(rule.source, IndexSource):
                waiting.append(_Asked(rule))
            else:
                later.setdefault(rule.name, []).append(rule)
        self._asked = {}
        self._keep_commits()
        self._fetch_ahead([asked.rule for asked in waiting])
        for asked in waiting:  # grows while it is walked
            rule = asked.rule
            place = self._place(rule)
            if isinstance(rule.source, IndexSource):
                found.append((place, self._pinned(rule, rule.source.index)))
                continue
            try:
                if not self._is_new(asked):
                    continue
                held, source = self._look(rule, asked.commit)
                further = tuple(self._further(asked, source, held))
                metadata = referring(held.metadata, [other.rule for other in further])
                sourced = Sourced(
                    rule.name, rule.marker, metadata, held.artifacts, held.direct, where=rule.where
                )
                found.append((place, sourced))
                waiting += further
                for row in held.metadata.base:
                    waiting += map(_Asked, later.pop(row.name, ()))
            except DetentError as fault:
                faults.append(fault)
        if faults:
            raise faults[0] if len(faults) == 1 else Failures(faults)
        for rules in later.values():
            found += [(self._place(rule), unsettled(rule)) for rule in rules]
        found.sort(key=lambda each: each[0])
        return tuple(sourced for _, sourced in found)

    def _place(self, rule: SourceRule) -> int:
        """Give where a rule stands among those of the project; all others come after them."""
        return self._own.index(rule) if rule in self._own else len(self._own)

    def _pinned(self, rule: SourceRule, index: str) -> Sourced:
        try:
            self._world.releases.of_index(index)
        except UsageError as fault:
            raise ManifestInvalid(
                rule.where,
                f"`{rule.name}` is pinned to the index `{index}`, and there is none of that name",
                why=fault.why,
                next_steps=(f"declare it with `detent index add {index}=URL`, or correct the name",),
            ) from fault
        return Sourced(rule.name, rule.marker, index=index, where=rule.where)

    def _fetch_ahead(self, rules: Iterable[SourceRule]) -> None:
        """Fetch several repositories side by side; what goes wrong is told when it is looked at."""
        by_url: dict[str, list[tuple[SourceRule, GitSource]]] = {}
        for rule in rules:
            if isinstance(rule.source, GitSource) and (rule.name, rule.source) not in self._held:
                by_url.setdefault(rule.source.url, []).append((rule, rule.source))
        if len(by_url) < 2:
            return
        pool = Pool(REPOSITORIES_AT_ONCE)
        try:
            for job in [pool.submit(self._fetch, wanted) for wanted in by_url.values()]:
                with contextlib.suppress(DetentError):
                    job.result()
        finally:
            pool.close()

    def _fetch(self, wanted: Iterable[tuple[SourceRule, GitSource]]) -> None:
        for rule, source in wanted:
            self._holdings.fetch(rule, source, self._commit(rule, source))

    def _commit(self, rule: SourceRule, source: GitSource) -> str:
        """Give the commit that is kept; empty where it is to be asked for."""
        before = _commit_of(self._before(rule, source))
        return before or ("" if self._is_free(rule.name) else self._commits.get(_revision(source), ""))

    def _look(self, rule: SourceRule, commit: str) -> tuple[Held, Source]:
        source = rule.source
        if isinstance(source, WorkspaceSource):  # those of members stand there as folders
            raise SourceUnusable(rule.name, "the workspace", f"{rule.where}: it has no member of that name")
        key = (rule.name, source)
        if key not in self._held:
            before = self._before(rule, source)
            locked = _file_of(before) if before is not None else None
            if isinstance(source, GitSource) and not commit:
                commit = self._commit(rule, source)
            self._held[key] = held = self._holdings.of(
                rule._replace(source=source), commit=commit, locked=locked
            )
            if isinstance(source, GitSource):
                self._tell_moved(rule, source, held)
        return self._held[key], source

    # ---- what is kept ---------------------------------------------------------------------------

    def _keep_commits(self) -> None:
        """Note the commits that stay: what comes from the same revision later is of the same commit."""
        for rule in self._own:
            if isinstance(rule.source, GitSource):
                commit = _commit_of(self._before(rule, rule.source))
                if commit:
                    self._commits.setdefault(_revision(rule.source), commit)

    def _is_free(self, name: PackageName) -> bool:
        return self._free is None or name in self._free

    def _before(self, rule: SourceRule, source: Source) -> LockedPackage | None:
        """Give what the old lock has for the same source, unless it may move."""
        if self._is_free(rule.name):
            return None
        if rule in self._inputs.sources and self._was is not None and (rule.name, source) not in self._was:
            return None
        return next(self._locked(rule.name, source), None)

    def _locked(self, name: PackageName, source: Source) -> Iterator[LockedPackage]:
        for package in self._old.packages if self._old is not None else ():
            direct = package.direct
            if package.name != name or direct is None:
                continue
            match source:
                case GitSource() if direct.kind == "vcs":
                    if (direct.location, direct.revision) == (source.url, source.revision):
                        yield package
                case UrlSource() if direct.kind == "archive" and direct.location == source.url:
                    yield package
                case _:
                    pass

    def _tell_moved(self, rule: SourceRule, source: GitSource, held: Held) -> None:
        """Say that a tag is not where it was: nobody expects that of one."""
        now = held.direct.commit
        for package in self._locked(rule.name, source) if source.kind == "tag" else ():
            was = _commit_of(package)
            if was != now:
                words = (
                    f"the tag `{source.revision}` of `{source.url}` has moved, which `{rule.name}` comes from"
                )
                told = f"{words}: it was at `{was[:_SHOWN]}` and is at `{now[:_SHOWN]}`"
                self._world.report(Notice("warning", told))

    # ---- what one rule leads to -----------------------------------------------------------------

    def _is_new(self, asked: _Asked) -> bool:
        """Take note of a rule; raises :class:`SourcesDiffer` where another dependency says otherwise."""
        rule = asked.rule
        for other in self._asked.setdefault(rule.name, []):
            if other.rule.source == rule.source:
                if markers.implies(rule.marker, other.rule.marker):
                    return False
            elif not markers.disjoint(rule.marker, other.rule.marker):
                raise SourcesDiffer(rule.name, _sentence(other), _sentence(asked))
        self._asked[rule.name].append(asked)
        return True

    def _further(self, asked: _Asked, source: Source, held: Held) -> Iterator[_Asked]:
        """Give the rules that a found package brings along, where the project has none of its own."""
        by = f"`{asked.rule.name}` from `{called(asked.rule)}`"
        needs = (held.metadata.base, *(rows for _, rows in held.metadata.extras))
        dependencies = [row for rows in needs for row in rows if row.name != self._inputs.name]
        tables = tuple(self._tables(asked.rule, source, held))
        for dependency in dependencies:
            own_marker = markers.and_(asked.rule.marker, markers.parse(dependency.marker))
            rules = [rule for rule in tables if rule.name == dependency.name]
            if dependency.url and not rules:
                rules = [self._referred(asked, source, dependency)]
            for rule in rules:
                marker = markers.and_(markers.and_(rule.marker, own_marker), self._left(rule.name))
                if marker != markers.NEVER:
                    is_beside = isinstance(rule.source, GitSource) and _is_beside(rule.source, source)
                    yield _Asked(rule._replace(marker=marker), by, held.direct.commit if is_beside else "")

    def _left(self, name: PackageName) -> Marker:
        """Give where the project has no rule for a name."""
        left = markers.ALWAYS
        for rule in self._own:
            if rule.name == name:
                left = markers.and_(left, markers.not_(rule.marker))
        return left

    def _referred(self, asked: _Asked, source: Source, dependency: Dependency) -> SourceRule:
        """Read a direct reference of a found package."""
        what = f"the dependency `{dependency}` of `{asked.rule.name}`"
        try:
            found = read_reference(dependency.url)
        except InvalidReference as error:
            raise SourceUnusable(dependency.name, dependency.url, f"{what}: {error.reason}") from None
        return self._inside(SourceRule(dependency.name, found, markers.ALWAYS, what), source)

    def _tables(self, rule: SourceRule, source: Source, held: Held) -> Iterator[SourceRule]:
        """Read where a folder or repository says its dependencies come from."""
        if not held.manifest or isinstance(source, UrlSource):
            return
        display = f"{called(rule)}/{MANIFEST_NAME}"
        faults: list[DetentError] = []
        document = parse_document(held.manifest.decode("utf-8", "replace"), display)
        declared = Declared(held.metadata.name, (), (), (), has_all_extras=False)
        for found in read_sources(document, declared, faults).rules:
            if isinstance(found.source, IndexSource):
                told = (
                    f"{found.where}: the index of `{found.name}` is left out, for the project chooses indexes"
                )
                self._world.report(Detail(told))
                continue
            marker = _without_gates(found.marker)
            if marker != markers.NEVER:
                yield self._inside(found._replace(marker=marker), source)
        for fault in faults:
            self._world.report(Detail(f"{fault.what} ({fault.why})"))

    def _inside(self, rule: SourceRule, holder: Source) -> SourceRule:
        """Give a rule as it is meant where it stands: relative to its folder, inside of its repository."""
        found = rule.source
        if isinstance(found, WorkspaceSource):
            found = self._member_beside(rule, holder)
        match holder, found:
            case GitSource(), PathSource():
                found = self._in_repository(rule, holder, found)
            case PathSource(), PathSource():
                found = rebased(found, holder.path)
            case GitSource(), GitSource() if found.url.startswith("file:") and found.url != holder.url:
                raise SourceUnusable(rule.name, found.url, f"{rule.where} may not lead into this machine")
            case UrlSource(), _ if _is_of_this_machine(found):
                raise SourceUnusable(rule.name, called(rule), f"{rule.where} may not lead into this machine")
        return rule._replace(source=found)

    def _in_repository(self, rule: SourceRule, holder: GitSource, found: PathSource) -> GitSource:
        below = normalised_path(found.path, holder.subdirectory)
        if below.startswith(("/", "../")) or below == ".." or ":" in below[:3]:
            reason = f"{rule.where} may not lead out of its repository"
            raise SourceUnusable(rule.name, found.path, reason)
        return holder._replace(subdirectory="" if below == "." else below)

    def _member_beside(self, rule: SourceRule, holder: Source) -> PathSource:
        """Find the member of the workspace that a found package lies in."""
        top, folder = self._top_and_folder(rule, holder)
        for place in (folder, *folder.parents):
            if not place.is_relative_to(top):
                break
            member = member_in(place, rule.name)
            if member is not None:
                path = Path(*[".."] * len(folder.relative_to(place).parts), *member.relative_to(place).parts)
                return PathSource(path.as_posix())
        raise SourceUnusable(rule.name, "the workspace", f"{rule.where}: no member has that name")

    def _top_and_folder(self, rule: SourceRule, holder: Source) -> tuple[Path, Path]:
        match holder:
            case GitSource():
                commit = self._held_commit(holder)
                folder = self._holdings.folder_of_git(rule, holder, commit)
                return Path(*folder.parts[: len(folder.parts) - len(Path(holder.subdirectory).parts)]), folder
            case PathSource():
                folder = Path(normalised_path((self._root / holder.path).as_posix()))
                return Path(folder.anchor), folder
            case _:
                raise SourceUnusable(rule.name, "a workspace", f"{rule.where}: a single file has none")

    def _held_commit(self, holder: GitSource) -> str:
        return next(h.direct.commit for (_, source), h in self._held.items() if source == holder)


def _sentence(asked: _Asked) -> str:
    where = f" ({asked.rule.where})" if asked.rule.where else ""
    return f"{asked.by or 'the project'} says `{called(asked.rule)}`{where}"


def _revision(source: GitSource) -> tuple[str, str, str]:
    return source.url, source.revision, source.kind


def _is_beside(source: GitSource, holder: Source) -> bool:
    """Whether a source is of the same revision of the same repository."""
    return isinstance(holder, GitSource) and _revision(source) == _revision(holder)


def _commit_of(package: LockedPackage | None) -> str:
    return package.direct.commit if package is not None and package.direct is not None else ""


def _declared_before(old: Lock | None) -> frozenset[tuple[PackageName, Source]] | None:
    """Give the rules that the old lock was made from; ``None`` where nobody knows."""
    if old is None or old.inputs is None:
        return None
    try:
        rules = old.inputs.as_inputs(PackageName(""), "").sources
    except ValueError:
        return None
    return frozenset((rule.name, rule.source) for rule in rules)


def _file_of(package: LockedPackage) -> Artifact | None:
    return next(iter((*package.wheels, *((package.sdist,) if package.sdist is not None else ()))), None)


def _is_of_this_machine(source: Source) -> bool:
    return isinstance(source, PathSource) or (
        isinstance(source, GitSource) and source.url.startswith("file:")
    )


def _without_gates(marker: Marker) -> Marker:
    """Give where a rule of a dependency holds: its extras may be on, its groups never are."""
    extras, groups = markers.mentions(marker)
    if groups:
        return markers.NEVER
    return markers.with_extras(marker, frozenset(extras)) if extras else marker
