"""Random small worlds and a judge that knows nothing of the resolver: brute force, with packaging's own evaluation."""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from support.worlds import Published, release

PYTHONS = ("3.11.4", "3.12.0", "3.13.2")
PLATFORMS = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"))
MARKERS = (
    "python_version < '3.12'",
    "python_version >= '3.12'",
    "python_version >= '3.13'",
    "sys_platform == 'win32'",
    "sys_platform != 'win32'",
)

Packages = dict[str, dict[str, Published]]
Environment = Mapping[str, str]


class Universe(NamedTuple):
    """Packages and what a project asks of them."""

    packages: Packages
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]


def universe(
    seed: int,
    *,
    with_markers: bool = True,
    packages: int = 5,
    versions: int = 3,
    only_lower_bounds: bool = False,
) -> Universe:
    """Make a world from a seed; the same one every time."""
    chance = random.Random(seed)
    names = [f"p{i}" for i in range(packages)]

    def requirement(among: Sequence[str]) -> str:
        name = chance.choice(among)
        extra = "[x]" if with_markers and chance.random() < 0.15 else ""
        number = chance.randint(1, versions)
        bounds = (">=", ">=") if only_lower_bounds else ("", ">=", "<=", "==", "!=", "<=")
        bound = chance.choice(bounds)
        marker = f"; {chance.choice(MARKERS)}" if with_markers and chance.random() < 0.35 else ""
        return f"{name}{extra}{f'{bound}{number}.0' if bound else ''}{marker}"

    def published(name: str) -> Published:
        others = [other for other in names if other != name]
        requires = [requirement(others) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        if with_markers and chance.random() < 0.3:
            text, _, marker = requirement(others).partition("; ")
            requires.append(f"{text}; extra == 'x'" + (f" and {marker}" if marker else ""))
        has_bound = with_markers and chance.random() < 0.2
        return release(
            requires, python=chance.choice((">=3.12", ">=3.13")) if has_bound else "", extras=["x"]
        )

    world = {
        name: {f"{v}.0": published(name) for v in range(1, chance.randint(1, versions) + 1)} for name in names
    }
    roots = tuple(requirement(names) for _ in range(chance.choice((1, 2, 2, 3))))
    extras = {"e": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    groups = {"g": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    return Universe(world, roots, extras, groups)


def environments() -> Iterator[Environment]:
    for python in PYTHONS:
        for platform, system, os_name in PLATFORMS:
            yield {
                "python_version": ".".join(python.split(".")[:2]),
                "python_full_version": python,
                "sys_platform": platform,
                "platform_system": system,
                "os_name": os_name,
                "platform_machine": "x86_64",
                "implementation_name": "cpython",
                "implementation_version": python,
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_version": "",
            }


class Wish(NamedTuple):
    """One requirement as it stands in one environment."""

    name: str
    extras: tuple[str, ...]
    specifier: str


@cache
def parsed(text: str) -> Requirement:
    return Requirement(text)


@cache
def matches(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)


def wishes(texts: Sequence[str], environment: Environment, extra: str = "") -> list[Wish]:
    """Give the requirements that hold; with an extra, those that it brings in beyond the others."""
    found = []
    for text in texts:
        requirement = parsed(text)
        in_base = requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})
        holds = in_base if not extra else not in_base and _holds_with(requirement, environment, extra)
        if holds:
            found.append(
                Wish(requirement.name, tuple(sorted(requirement.extras)), str(requirement.specifier))
            )
    return found


def _holds_with(requirement: Requirement, environment: Environment, extra: str) -> bool:
    return requirement.marker is not None and requirement.marker.evaluate({**environment, "extra": extra})


def demands(
    packages: Packages, environment: Environment, name: str, version: str, extra: str = ""
) -> list[Wish]:
    return wishes(packages[name][version].requires, environment, extra)


def is_solvable(
    packages: Packages, roots: Sequence[Wish], environment: Environment, held: Mapping[str, str] | None = None
) -> bool:
    """Try everything; ``held`` packages have that version or are not there."""
    python = environment["python_full_version"]

    def extend(chosen: dict[str, str], done: frozenset[tuple[str, str]], agenda: list[Wish]) -> bool:
        while agenda:
            wish, agenda = agenda[0], agenda[1:]
            if wish.name not in chosen:
                return any(
                    extend({**chosen, wish.name: version}, done, [wish, *agenda])
                    for version, published in packages.get(wish.name, {}).items()
                    if (held or {}).get(wish.name, version) == version
                    and matches(wish.specifier, version)
                    and matches(published.python, python)
                )
            if not matches(wish.specifier, chosen[wish.name]):
                return False
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in done:
                    done |= {(wish.name, extra)}
                    agenda = agenda + demands(packages, environment, wish.name, chosen[wish.name], extra)
        return True

    return extend({}, frozenset(), list(roots))
