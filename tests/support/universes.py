"""Random small worlds and a judge that knows nothing of the resolver: brute force, with packaging's own evaluation."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from detent.model.build_policy import BuildPolicy
from detent.model.requirement import package_name
from support.worlds import Published, files_of, release

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
Usable: TypeAlias = Callable[[str, str], bool]
"""Whether a version of a package has a file that may be used."""


class Universe(NamedTuple):
    """Packages, what a project asks of them, and what may be built."""

    packages: Packages
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    policy: BuildPolicy


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
    kinds = random.Random(f"files of {seed}")
    names = [f"p{i}" for i in range(packages)]

    def requirement(among: Sequence[str]) -> str:
        name = chance.choice(among)
        extra = "[x]" if with_markers and chance.random() < 0.15 else ""
        number = chance.randint(1, versions)
        bounds = (">=", ">=") if only_lower_bounds else ("", ">=", "<=", "==", "!=", "<=")
        bound = chance.choice(bounds)
        marker = f"; {chance.choice(MARKERS)}" if with_markers and chance.random() < 0.35 else ""
        return f"{name}{extra}{f'{bound}{number}.0' if bound else ''}{marker}"

    def published(name: str, version: str) -> Published:
        others = [other for other in names if other != name]
        requires = [requirement(others) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        if with_markers and chance.random() < 0.3:
            text, _, marker = requirement(others).partition("; ")
            requires.append(f"{text}; extra == 'x'" + (f" and {marker}" if marker else ""))
        has_bound = with_markers and chance.random() < 0.2
        python = chance.choice((">=3.12", ">=3.13")) if has_bound else ""
        files = _files(kinds, f"{name}-{version}", with_tags=with_markers)
        return release(requires, python=python, extras=["x"], files=files)

    world = {
        name: {f"{v}.0": published(name, f"{v}.0") for v in range(1, chance.randint(1, versions) + 1)}
        for name in names
    }
    roots = tuple(requirement(names) for _ in range(chance.choice((1, 2, 2, 3))))
    extras = {"e": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    groups = {"g": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    return Universe(world, roots, extras, groups, _policy(kinds, names))


def _files(chance: random.Random, stem: str, *, with_tags: bool) -> tuple[str, ...]:
    """Give the files of a release: mostly a pure wheel and an sdist, now and then less."""
    wheel, sdist = files_of(stem)
    kind = chance.random()
    if kind < 0.15:
        return (sdist,)
    if kind < 0.25:
        return (wheel,)
    if with_tags and kind < 0.4:
        tags = chance.choice(("cp312-cp312-win_amd64", "cp313-abi3-manylinux_2_17_x86_64", "cp313-none-any"))
        wheels = (f"{stem}-{tags}.whl",)
        return (*wheels, sdist) if kind < 0.33 else wheels
    return (wheel, sdist)


def _policy(chance: random.Random, names: Sequence[str]) -> BuildPolicy:
    """Give what may be built: mostly everything."""
    some = frozenset(map(package_name, chance.sample(names, 2)))
    return chance.choice(
        (
            BuildPolicy(),
            BuildPolicy(),
            BuildPolicy(allows=False, allowed=some),
            BuildPolicy(forbidden=some),
            BuildPolicy(without_wheels=some),
            BuildPolicy(allows=False, without_wheels=some),
        )
    )


def serves(made: Universe, environment: Environment) -> Usable:
    """Judge for a lock: the wheels of a version may be for any platform, but must begin at this Python or before."""
    minor = int(environment["python_version"].split(".")[1])

    def is_usable(name: str, version: str) -> bool:
        files = made.packages[name][version].files
        may_build = made.policy.may_build(package_name(name))
        if may_build and any(file.endswith(".tar.gz") for file in files):
            return True
        wheels = [file for file in files if file.endswith(".whl")]
        lowest = min((_lowest_minor(file) for file in wheels), default=minor + 1)
        return made.policy.may_use_wheels(package_name(name)) and lowest <= minor

    return is_usable


def _lowest_minor(filename: str) -> int:
    python = filename.split("-")[2]
    return int(python.removeprefix("cp3")) if python.startswith("cp3") else 0


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
    made: Universe,
    roots: Sequence[Wish],
    environment: Environment,
    held: Mapping[str, str] | None = None,
    *,
    is_usable: Usable | None = None,
) -> bool:
    """Try everything; ``held`` packages have that version or are not there.

    ``is_usable`` says whether the files of a version do; without it, as for a lock.
    """
    python = environment["python_full_version"]
    packages, fits = made.packages, is_usable or serves(made, environment)

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
                    and fits(wish.name, version)
                )
            if not matches(wish.specifier, chosen[wish.name]):
                return False
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in done:
                    done |= {(wish.name, extra)}
                    agenda = agenda + demands(packages, environment, wish.name, chosen[wish.name], extra)
        return True

    return extend({}, frozenset(), list(roots))
