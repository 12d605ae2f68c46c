"""The judge of the resolver: tries everything, on small worlds, with packaging's own evaluation of texts.

It knows nothing of solvers, masks, forks or locks. A :class:`Judge` stands in one concrete environment and says
which versions count there, in which order they are better, what they demand, and whether all of it can be had
together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from detent.model.requirement import package_name
from support.universes import PROJECT, Environment, Replacement, Universe, grid

Usable: TypeAlias = Callable[[str, str], bool]
"""Whether a version of a package has a file that may be used."""
Pins: TypeAlias = dict[str, str]


class Wish(NamedTuple):
    """One requirement as it stands in one environment."""

    name: str
    extras: tuple[str, ...]
    specifier: str


class Selection(NamedTuple):
    """Which extras and groups of the project are on."""

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@cache
def parsed(text: str) -> Requirement:
    return Requirement(text)


@cache
def matches(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)


@cache
def _age(version: str) -> Version:
    return Version(version)


# ---- selections --------------------------------------------------------------------------------


def selections(made: Universe) -> tuple[Selection, ...]:
    """Give every selection in which no two exclusive extras or groups are on, by itself or by another."""
    names = [("extra", name) for name in made.extras] + [("group", name) for name in made.groups]
    found = []
    for count in range(len(names) + 1):
        for chosen in combinations(names, count):
            on = {f"{kind} {name}" for kind, name in chosen}
            on |= {f"extra {inner}" for kind, name in chosen for inner in brought_in(made, kind, name)}
            if all(len(on & set(exclusive)) < 2 for exclusive in made.said.conflicts):
                found.append(
                    Selection(
                        frozenset(name for kind, name in chosen if kind == "extra"),
                        frozenset(name for kind, name in chosen if kind == "group"),
                    )
                )
    return tuple(found)


def brought_in(made: Universe, kind: str, name: str) -> set[str]:
    """Give the extras of the project that an extra or a group of it turns on by naming the project."""
    found: set[str] = set()
    waiting = list((made.extras if kind == "extra" else made.groups)[name])
    while waiting:
        requirement = parsed(waiting.pop())
        for extra in requirement.extras if requirement.name == PROJECT else ():
            if extra not in found:
                found.add(extra)
                waiting += made.extras[extra]
    return found


def largest(found: Sequence[Selection]) -> tuple[Selection, ...]:
    """Leave out what is part of another selection."""
    return tuple(
        one
        for one in found
        if not any(
            one != other and one.extras <= other.extras and one.groups <= other.groups for other in found
        )
    )


# ---- the judge ---------------------------------------------------------------------------------


class Judge:
    """What counts in one environment. ``is_usable`` judges the files; without it, as for a lock."""

    def __init__(self, made: Universe, here: Environment, *, is_usable: Usable | None = None) -> None:
        self.made = made
        self.here = here
        self._said = made.said
        self.is_usable = is_usable or served(made, here)
        self._versions: dict[str, tuple[str, ...]] = {}
        self._demands: dict[tuple[str, str, str], tuple[Wish, ...]] = {}
        own = [
            *made.dependencies,
            *(t for texts in (*made.extras.values(), *made.groups.values()) for t in texts),
        ]
        self.direct = frozenset(
            wish.name
            for text in own
            for wish in self._replaced(parsed(text), PROJECT, "", even_elsewhere=True)
        )
        said = [requirement for text in own for requirement in self._effective(parsed(text), PROJECT, "")]
        said += [parsed(text) for text in (*self._said.constraints, *(o.text for o in self._said.overrides))]
        clauses = [(requirement.name, clause) for requirement in said for clause in requirement.specifier]
        self._pinned = {(name, clause.version) for name, clause in clauses if clause.operator == "=="}
        self._names_prerelease = {
            name for name, clause in clauses if clause.operator != "!=" and _age(clause.version).is_prerelease
        }

    # ---- what is asked for -------------------------------------------------------------------

    def wishes(self, selection: Selection = Selection()) -> list[Wish]:  # noqa: B008
        """Give the project's own requirements that hold here, in file order."""
        made = self.made
        texts = list(made.dependencies)
        texts += [text for name in made.extras if name in selection.extras for text in made.extras[name]]
        texts += [text for name in made.groups if name in selection.groups for text in made.groups[name]]
        return list(self._wishes_of_project(texts, frozenset()))

    def everything(self) -> list[Wish]:
        """Give the requirements of the project with every extra and group on."""
        return self.wishes(Selection(frozenset(self.made.extras), frozenset(self.made.groups)))

    def _wishes_of_project(self, texts: Sequence[str], seen: frozenset[str]) -> Iterator[Wish]:
        for text in texts:
            requirement = parsed(text)
            if requirement.name != PROJECT:
                yield from self._replaced(requirement, PROJECT, "")
                continue
            for extra in sorted(requirement.extras):
                if extra not in seen:
                    yield from self._wishes_of_project(self.made.extras[extra], seen | {extra})

    def demands(self, name: str, version: str, extra: str = "") -> tuple[Wish, ...]:
        """Give what a version needs; with an extra, what that one brings in beyond."""
        key = (name, version, extra)
        known = self._demands.get(key)
        if known is None:
            found: list[Wish] = []
            for text in self._requires(name, version):
                requirement = parsed(text)
                gate = _gate(requirement)
                if gate == extra and requirement.name != PROJECT:
                    found += self._replaced(requirement, name, version)
            known = self._demands[key] = tuple(found)
        return known

    def _requires(self, name: str, version: str) -> tuple[str, ...]:
        told = self.made.told(name, version)
        return told.requires if told is not None else self.made.packages[name][version].requires

    def _replaced(
        self, requirement: Requirement, parent: str, version: str, *, even_elsewhere: bool = False
    ) -> Iterator[Wish]:
        gate = _gate(requirement)
        for effective in self._effective(requirement, parent, version):
            marker = effective.marker
            if even_elsewhere or marker is None or marker.evaluate({**self.here, "extra": gate}):
                extras = tuple(sorted({*requirement.extras, *effective.extras}))
                yield Wish(effective.name, extras, str(effective.specifier))

    def _effective(self, requirement: Requirement, parent: str, version: str) -> list[Requirement]:
        """Give what stands in the place of a requirement: itself, overrides, or nothing."""
        name = requirement.name
        if name in self._said.excludes:
            return []
        found = [other for other in self._said.overrides if parsed(other.text).name == name]
        scoped = [other for other in found if _is_for(other, parent, version)]
        chosen = scoped or [other for other in found if not other.parent]
        return [parsed(other.text) for other in chosen] or [requirement]

    # ---- what there is -----------------------------------------------------------------------

    def versions(self, name: str) -> tuple[str, ...]:
        """Give the versions that count here, the best first."""
        known = self._versions.get(name)
        if known is None:
            found = [version for version in self.made.packages.get(name, {}) if self.counts(name, version)]
            known = self._versions[name] = tuple(self._best_first(name, found))
        return known

    def counts(self, name: str, version: str) -> bool:
        """Say whether a version may be chosen here at all."""
        published = self.made.packages[name][version]
        python = self.here["python_full_version"]
        told = self.made.told(name, version)
        needed = (told.python if told is not None else "") or published.python
        if not matches(needed, python):
            return False
        if published.yanked and (name, version) not in self._pinned:
            return False
        if _age(version).is_prerelease and not self._takes_prereleases(name):
            return False
        cutoff = self._said.cutoff_of(name)
        if cutoff and (not published.uploaded or published.uploaded >= cutoff):
            return False
        bounds = (parsed(text) for text in self._said.constraints if parsed(text).name == name)
        for bound in bounds:
            if (bound.marker is None or bound.marker.evaluate(dict(self.here))) and not matches(
                str(bound.specifier), version
            ):
                return False
        return self.is_usable(name, version)

    def _takes_prereleases(self, name: str) -> bool:
        mode = self._said.prerelease_of(name)
        return mode in {"allow", "if-necessary"} or (mode == "explicit" and name in self._names_prerelease)

    def _best_first(self, name: str, found: Sequence[str]) -> list[str]:
        lowest = self._said.order == "lowest" or (self._said.order == "lowest-direct" and name in self.direct)
        ordered = sorted(found, key=_age, reverse=not lowest)
        if self._said.prerelease_of(name) == "allow":
            return ordered
        return sorted(ordered, key=lambda version: _age(version).is_prerelease)

    # ---- what goes together ------------------------------------------------------------------

    def is_solvable(self, roots: Sequence[Wish], held: Mapping[str, str] | None = None) -> bool:
        """Try everything; ``held`` packages have that version or are not there."""
        return self._extend({}, frozenset(), list(roots), held or {})

    def _extend(
        self, chosen: Pins, done: frozenset[tuple[str, str]], agenda: list[Wish], held: Mapping[str, str]
    ) -> bool:
        while agenda:
            wish, agenda = agenda[0], agenda[1:]
            if wish.name not in chosen:
                return any(
                    self._extend({**chosen, wish.name: version}, done, [wish, *agenda], held)
                    for version in self.versions(wish.name)
                    if held.get(wish.name, version) == version and matches(wish.specifier, version)
                )
            if not matches(wish.specifier, chosen[wish.name]):
                return False
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in done:
                    done |= {(wish.name, extra)}
                    agenda = [*agenda, *self.demands(wish.name, chosen[wish.name], extra)]
        return True

    def best(self, roots: Sequence[Wish]) -> Pins | None:
        """Give each root, in order, the best version that those before it leave it; ``None`` for no answer."""
        held: Pins = {}
        for wish in roots:
            if wish.name not in held:
                for version in self.versions(wish.name):
                    if self.is_solvable(roots, {**held, wish.name: version}):
                        held[wish.name] = version
                        break
                else:
                    return None
        return held

    def reached(self, roots: Sequence[Wish], chosen: Mapping[str, str]) -> set[tuple[str, str]]:
        """Walk from the roots over what was chosen, asserting that it counts and meets each requirement."""
        done: set[tuple[str, str]] = set()
        agenda = list(roots)
        while agenda:
            wish = agenda.pop()
            assert wish.name in chosen, f"{wish} is missing"
            version = chosen[wish.name]
            assert matches(wish.specifier, version), f"{wish} is not met by {version}"
            assert version in self.versions(wish.name), f"{wish.name} {version} does not count"
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in done:
                    done.add((wish.name, extra))
                    agenda += self.demands(wish.name, version, extra)
        return done


def _is_for(replacement: Replacement, parent: str, version: str) -> bool:
    return replacement.parent == parent and replacement.version in {"", version}


def _gate(requirement: Requirement) -> str:
    """Give the extra that brings a requirement in; worlds write it once, as `extra == 'x'`."""
    text = str(requirement.marker or "")
    _, found, rest = text.partition('extra == "')
    return rest.partition('"')[0] if found else ""


# ---- files -------------------------------------------------------------------------------------


def served(made: Universe, here: Environment) -> Usable:
    """Judge for a lock: wheels may be for any platform, but must begin at this Python or before.

    One of them must serve a Python the project is for, and where the project requires this environment, one
    must fit it in full.
    """
    minor = _minor(here)
    minors = {_minor(other) for other in grid(made)}
    is_required = any(parsed(f"p; {text}").marker.evaluate(dict(here)) for text in made.said.required)  # type: ignore[union-attr]
    tags = _tags(here)

    def is_usable(name: str, version: str) -> bool:
        files = made.packages[name][version].files
        if made.build.may_build(package_name(name)) and any(file.endswith(".tar.gz") for file in files):
            return True
        wheels = [file for file in files if file.endswith(".whl") and _serves(file, minors)]
        if not made.build.may_use_wheels(package_name(name)) or not wheels:
            return False
        if is_required:
            return any(not tags.isdisjoint(parse_wheel_filename(file)[3]) for file in wheels)
        return min(map(_lowest_minor, wheels)) <= minor

    return is_usable


def _minor(here: Environment) -> int:
    return int(here["python_version"].split(".")[1])


def _serves(filename: str, minors: set[int]) -> bool:
    """Say whether a wheel is for one of these Pythons; a stable ABI is for all newer ones, too."""
    lowest = _lowest_minor(filename)
    is_for_newer = lowest == 0 or "abi3" in filename
    return max(minors) >= lowest if is_for_newer else lowest in minors


def _lowest_minor(filename: str) -> int:
    python = filename.split("-")[2]
    return int(python.removeprefix("cp3")) if python.startswith("cp3") else 0


def _tags(here: Environment) -> frozenset[Tag]:
    """Give the tags a CPython takes in this environment, and those it would take had it been known to the release.

    A newer Python than the wheels name is not counted against a version.
    """
    minor = _minor(here)
    machine = here["platform_machine"].lower()
    platform = {"linux": f"manylinux_2_17_{machine}", "win32": f"win_{machine}"}[here["sys_platform"]]
    found = {Tag("py3", "none", "any"), Tag("py3", "none", platform)}
    for older in (f"cp3{number}" for number in range(2, minor + 1)):
        found |= {Tag(older, older, platform), Tag(older, "abi3", platform), Tag(older, "none", "any")}
    return frozenset(found)
