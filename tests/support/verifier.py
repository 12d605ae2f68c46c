"""Is a finished lock right? Its text and the project's manifest, read with `packaging` alone.

For each of many interpreters and selections: what the markers choose is walked from the project's requirements
over those the lock has on record. Whatever a requirement does not find is unmet, whatever the walk does not come
by is superfluous, and `packaging.pylock` must choose the same. Nothing of detent is asked.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import product
from typing import Any, NamedTuple, TypeAlias, cast

from packaging.markers import Environment as Variables
from packaging.markers import Marker
from packaging.pylock import Package, Pylock, PylockSelectError
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename

Table: TypeAlias = Mapping[str, Any]
Environment: TypeAlias = Mapping[str, str]

PYTHONS = (
    *("3.8.18", "3.9.0", "3.9.19", "3.10.0", "3.10.14", "3.11.0", "3.11.4", "3.11.9"),
    *("3.12.0", "3.12.8", "3.13.0", "3.13.3", "3.14.0", "3.14.2", "3.15.0", "3.17.1"),
)
PLATFORMS = (
    ("linux", "Linux", "posix", "x86_64"),
    ("linux", "Linux", "posix", "aarch64"),
    ("linux", "Linux", "posix", "riscv64"),
    ("darwin", "Darwin", "posix", "arm64"),
    ("darwin", "Darwin", "posix", "x86_64"),
    ("win32", "Windows", "nt", "AMD64"),
    ("win32", "Windows", "nt", "ARM64"),
    ("emscripten", "Emscripten", "posix", "wasm32"),
    ("freebsd14", "FreeBSD", "posix", "amd64"),
)
IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"))


class Selection(NamedTuple):
    """Which extras and groups are on."""

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


class Findings(NamedTuple):
    """What was seen."""

    environments: int = 0
    """Interpreters the lock is for, each with every selection."""
    evaluations: int = 0
    """Requirements looked at."""
    unmet: tuple[str, ...] = ()
    superfluous: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    """Names chosen twice."""
    disagreements: tuple[str, ...] = ()
    """Where `packaging.pylock` chooses something else, or refuses."""

    @property
    def faults(self) -> tuple[str, ...]:
        return (*self.unmet, *self.superfluous, *self.doubled, *self.disagreements)


def interpreters() -> Iterator[Environment]:
    """Give the grid: Pythons, platforms and machines, implementations."""
    for python, (platform, system, os_name, machine), (name, label) in product(
        PYTHONS, PLATFORMS, IMPLEMENTATIONS
    ):
        yield {
            "python_version": ".".join(python.split(".")[:2]),
            "python_full_version": python,
            "implementation_version": python,
            "sys_platform": platform,
            "platform_system": system,
            "os_name": os_name,
            "platform_machine": machine,
            "implementation_name": name,
            "platform_python_implementation": label,
            "platform_release": "6.1.0",
            "platform_version": "1",
        }


def verify(lock: str, manifest: str, grid: Collection[Environment] = ()) -> Findings:
    """Look at a lock in every environment of a grid, and with every selection worth a look."""
    project = _Project(tomllib.loads(manifest))
    locked = _Locked(tomllib.loads(lock))
    found: dict[str, list[str]] = {"unmet": [], "superfluous": [], "doubled": [], "disagreements": []}
    count = evaluations = 0
    for here in grid or tuple(interpreters()):
        if not locked.is_for(here):
            continue
        view = _View(project, locked, here)
        for selection in project.selections():
            count += 1
            view.look(selection, found)
        evaluations += view.evaluations
    return Findings(count, evaluations, **{kind: tuple(texts) for kind, texts in found.items()})


@cache
def _requirement(text: str) -> Requirement:
    return Requirement(text)


@cache
def _is_in(version: str, specifier: SpecifierSet) -> bool:
    return specifier.contains(version, prereleases=True)


class _Project:
    """What the manifest asks for."""

    def __init__(self, document: Table) -> None:
        project, own = document.get("project", {}), document.get("tool", {}).get("detent", {})
        self.name = canonicalize_name(project["name"])
        self.dependencies: Sequence[str] = project.get("dependencies", ())
        extras = project.get("optional-dependencies", {})
        self.extras: dict[str, Sequence[str]] = {canonicalize_name(n): texts for n, texts in extras.items()}
        groups = document.get("dependency-groups", {})
        self._groups: dict[str, Sequence[Any]] = {canonicalize_name(n): rows for n, rows in groups.items()}
        self.groups: dict[str, Sequence[str]] = {n: tuple(self._included(n)) for n in self._groups}
        self.constraints = [_requirement(text) for text in own.get("constraint-dependencies", ())]
        self._excludes = {
            canonicalize_name(name) for name in own.get("exclude-dependencies", ()) if isinstance(name, str)
        }
        self._overrides = [
            _requirement(t) for t in own.get("override-dependencies", ()) if isinstance(t, str)
        ]
        self._conflicts = [
            {(kind, canonicalize_name(name)) for side in sides for kind, name in side.items()}
            for sides in own.get("conflicts", ())
        ]

    def _included(self, group: str) -> Iterator[str]:
        for row in self._groups[canonicalize_name(group)]:
            if isinstance(row, str):
                yield row
            else:
                yield from self._included(row["include-group"])

    def selections(self) -> tuple[Selection, ...]:
        """Give nothing, each extra and group alone, and with each as much more as may be on with it."""
        names = [*(("extra", name) for name in self.extras), *(("group", name) for name in self.groups)]
        found: dict[Selection, None] = {Selection(): None}
        for one in names:
            widest: list[tuple[str, str]] = []
            for other in (one, *names):
                if other not in widest and self._may_be_on([*widest, other]):
                    widest.append(other)
            if self._may_be_on([one]):
                found[_selection([one])] = None
                found[_selection(widest)] = None
        return tuple(found)

    def _may_be_on(self, chosen: Sequence[tuple[str, str]]) -> bool:
        on = set(chosen)
        for kind, name in chosen:
            on |= {
                ("extra", inner)
                for inner in self._brought_in((self.extras if kind == "extra" else self.groups)[name])
            }
            on |= {("group", inner) for inner in self._included_names(name)} if kind == "group" else set()
        return all(len(on & sides) < 2 for sides in self._conflicts)

    def _included_names(self, group: str) -> Iterator[str]:
        for row in self._groups[group]:
            if not isinstance(row, str):
                yield (inner := canonicalize_name(row["include-group"]))
                yield from self._included_names(inner)

    def _brought_in(self, texts: Sequence[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(texts)
        while waiting:
            requirement = _requirement(waiting.pop())
            for extra in requirement.extras if canonicalize_name(requirement.name) == self.name else ():
                if (name := canonicalize_name(extra)) not in found and name in self.extras:
                    found.add(name)
                    waiting += self.extras[name]
        return found

    def wanted(self, selection: Selection, view: "_View") -> Iterator[Requirement]:
        """Give the requirements that hold in a view, as overrides and exclusions leave them."""
        waiting = list(self.dependencies)
        waiting += [text for name in selection.extras for text in self.extras[name]]
        waiting += [text for name in selection.groups for text in self.groups[name]]
        seen: set[str] = set()
        while waiting:
            requirement = _requirement(waiting.pop())
            name = canonicalize_name(requirement.name)
            if name == self.name:
                for extra in map(canonicalize_name, requirement.extras):
                    if view.holds(requirement.marker) and extra not in seen and extra in self.extras:
                        seen.add(extra)
                        waiting += self.extras[extra]
            elif name not in self._excludes:
                instead = [other for other in self._overrides if canonicalize_name(other.name) == name]
                for effective in instead or [requirement]:
                    if view.holds(effective.marker):
                        wanted = Requirement(str(effective))
                        wanted.extras = requirement.extras | effective.extras
                        yield wanted


def _selection(chosen: Sequence[tuple[str, str]]) -> Selection:
    return Selection(
        frozenset(name for kind, name in chosen if kind == "extra"),
        frozenset(name for kind, name in chosen if kind == "group"),
    )


class _Locked:
    """What the lock says."""

    def __init__(self, document: Table) -> None:
        self.pylock = Pylock.from_dict(document)
        tags = {tag for package in self.pylock.packages for tag in _tags(package)}
        self.tags = sorted(tags, key=str)
        own = [row.get("tool", {}).get("detent", {}) for row in document.get("packages", ())]
        self.needs: list[Mapping[str, Sequence[str]]] = [
            {"": row.get("requires", ()), **row.get("extras", {})} for row in own
        ]

    def is_for(self, here: Environment) -> bool:
        pythons, environments = self.pylock.requires_python, self.pylock.environments
        if pythons is not None and not pythons.contains(here["python_full_version"], prereleases=True):
            return False
        return not environments or any(marker.evaluate(dict(here)) for marker in environments)


def _tags(package: Package) -> Iterator[Tag]:
    for wheel in package.wheels or ():
        yield from parse_wheel_filename(wheel.filename)[3]


class _View:
    """One environment."""

    def __init__(self, project: _Project, locked: _Locked, here: Environment) -> None:
        self._project = project
        self._locked = locked
        self._here = dict(here)
        self._known: dict[str, bool] = {}
        self.evaluations = 0

    def holds(self, marker: Marker | None) -> bool:
        if marker is None:
            return True
        text = str(marker)
        if text not in self._known:
            self._known[text] = marker.evaluate(self._here)
        return self._known[text]

    def look(self, selection: Selection, found: Mapping[str, list[str]]) -> None:
        """Walk from the project's requirements, and write down what is wrong."""
        where = f"on {self._here['python_full_version']} {self._here['sys_platform']} {self._here['platform_machine']}"
        where += f" {self._here['implementation_name']} with {sorted(selection.extras | selection.groups)}"
        chosen = self._chosen(selection, where, found["doubled"])
        done: set[tuple[str, str]] = set()
        waiting = [(requirement, "the project") for requirement in self._project.wanted(selection, self)]
        while waiting:
            requirement, owner = waiting.pop()
            self.evaluations += 1
            name = canonicalize_name(requirement.name)
            if name == self._project.name or not self.holds(requirement.marker):
                continue
            place = chosen.get(name)
            if place is None or not self._is_met(requirement, place):
                found["unmet"].append(f"{owner} needs `{requirement}`, not met {where}")
                continue
            for extra in ("", *map(canonicalize_name, requirement.extras)):
                if (name, extra) not in done:
                    done.add((name, extra))
                    texts = self._locked.needs[place].get(extra, ())
                    waiting += [(_requirement(text), f"{name}[{extra}]") for text in texts]
        for constraint in self._project.constraints:
            place = chosen.get(canonicalize_name(constraint.name))
            if place is not None and self.holds(constraint.marker) and not self._is_met(constraint, place):
                found["unmet"].append(f"the constraint `{constraint}` is not met {where}")
        idle = set(chosen) - {name for name, _ in done}
        found["superfluous"] += [f"nothing needs `{name}` {where}" for name in sorted(idle)]
        self._compare(selection, set(chosen), where, found["disagreements"])

    def _is_met(self, requirement: Requirement, place: int) -> bool:
        version = self._locked.pylock.packages[place].version
        return requirement.url is not None or version is None or _is_in(str(version), requirement.specifier)

    def _chosen(self, selection: Selection, where: str, doubled: list[str]) -> dict[str, int]:
        variables: dict[str, str | AbstractSet[str]] = {
            **self._here,
            "extras": selection.extras,
            "dependency_groups": selection.groups,
        }
        chosen: dict[str, int] = {}
        for place, package in enumerate(self._locked.pylock.packages):
            marker = package.marker
            if marker is None or marker.evaluate(variables, context="lock_file"):
                if package.name in chosen:
                    doubled.append(f"`{package.name}` is there twice {where}")
                chosen[package.name] = place
        return chosen

    def _compare(self, selection: Selection, chosen: set[str], where: str, disagreements: list[str]) -> None:
        """See what `packaging.pylock` selects where every wheel fits: files are another question."""
        try:
            selected = {
                str(package.name)
                for package, _ in self._locked.pylock.select(
                    environment=cast("Variables", self._here),
                    tags=self._locked.tags,
                    extras=selection.extras,
                    dependency_groups=selection.groups,
                )
            }
        except PylockSelectError as error:
            disagreements.append(f"packaging refuses: {error} {where}")
            return
        if selected != chosen:
            disagreements.append(f"packaging selects other packages: {sorted(selected ^ chosen)} {where}")
