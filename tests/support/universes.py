"""Random small worlds, made of texts: what is published, what a project asks for, and what it says beside that.

A world is made from a seed, the same one every time. By itself it has extras, groups, markers and releases of all
kinds of files; `support.dimensions` brings in what a project may say beside that.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from packaging.requirements import Requirement

from detent.model.build_policy import BuildPolicy
from detent.model.requirement import package_name
from support.worlds import Published, files_of, release

PROJECT = "project"
PYTHONS = ("3.11.4", "3.12.0", "3.13.2")
PLATFORMS = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"))
MARKERS = (
    "python_version < '3.12'",
    "python_version >= '3.12'",
    "python_version >= '3.13'",
    "sys_platform == 'win32'",
    "sys_platform != 'win32'",
)
HARSH = ("", ">=", "<=", "==", "!=", "<=")
MILD = ("", "", "", ">=", "<=", "!=")

Packages = dict[str, dict[str, Published]]
Environment = Mapping[str, str]


class Replacement(NamedTuple):
    """A requirement that takes the place of others on its package."""

    text: str
    parent: str = ""
    """Whose requirements are replaced; empty: everybody's."""
    version: str = ""


class Told(NamedTuple):
    """What a release demands, by the project's own word."""

    name: str
    version: str
    """Empty for every version."""
    requires: tuple[str, ...]
    python: str = ""


class Said(NamedTuple):
    """What a project says beside its requirements."""

    constraints: tuple[str, ...] = ()
    overrides: tuple[Replacement, ...] = ()
    excludes: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()
    """Each written `extra NAME` or `group NAME`."""
    environments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    metadata: tuple[Told, ...] = ()
    prerelease: str = "if-necessary"
    prerelease_packages: Mapping[str, str] = MappingProxyType({})
    order: str = "highest"
    fork_strategy: str = "requires-python"
    cutoff: str = ""
    """The day from which on uploads do not count; empty for none."""
    cutoff_packages: Mapping[str, str] = MappingProxyType({})

    def prerelease_of(self, name: str) -> str:
        return self.prerelease_packages.get(name, self.prerelease)

    def cutoff_of(self, name: str) -> str:
        return self.cutoff_packages.get(name, self.cutoff)


class Universe(NamedTuple):
    """Packages, what a project asks of them, what may be built, and what else it says."""

    packages: Packages
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    """Sorted by name, as the groups."""
    groups: Mapping[str, tuple[str, ...]]
    build: BuildPolicy
    said: Said = Said()

    def told(self, name: str, version: str) -> Told | None:
        """Give what the project says a release demands; what it says of the one version comes first."""
        found = [told for told in self.said.metadata if told.name == name and told.version in {"", version}]
        return max(found, key=lambda told: bool(told.version), default=None)


def universe(
    seed: int,
    *,
    with_markers: bool = True,
    packages: int = 5,
    versions: int = 3,
    only_lower_bounds: bool = False,
    mild: bool = False,
) -> Universe:
    """Make a world from a seed; the same one every time. Most mild ones have an answer, most others none."""
    chance = random.Random(seed)
    kinds = random.Random(f"files of {seed}")
    names = [f"p{i}" for i in range(packages)]

    def requirement(among: Sequence[str]) -> str:
        name = chance.choice(among)
        extra = "[x]" if with_markers and chance.random() < 0.15 else ""
        number = chance.randint(1, versions)
        bounds = MILD if mild else HARSH
        number = min(number, chance.randint(1, versions)) if mild else number
        bound = ">=" if only_lower_bounds else chance.choice(bounds)
        marker = f"; {chance.choice(MARKERS)}" if with_markers and chance.random() < 0.35 else ""
        return f"{name}{extra}{f'{bound}{number}.0' if bound else ''}{marker}"

    def published(name: str, version: str) -> Published:
        others = [other for other in names if other != name]
        requires = [requirement(others) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        if with_markers and chance.random() < 0.3:
            requires.append(gated(requirement(others), "x"))
        has_bound = with_markers and chance.random() < 0.2
        python = chance.choice((">=3.12", ">=3.13")) if has_bound else ""
        files = _files(kinds, f"{name}-{version}", with_tags=with_markers)
        return release(requires, python=python, extras=["x"], files=files)

    world = {
        name: {f"{v}.0": published(name, f"{v}.0") for v in range(1, most + 1)}
        for name in names
        for most in (versions if mild else chance.randint(1, versions),)
    }
    roots = tuple(requirement(names) for _ in range(chance.choice((1, 2, 2, 3))))
    extras = {"e": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    groups = {"g": (requirement(names),)} if with_markers and chance.random() < 0.4 else {}
    build = BuildPolicy() if mild and kinds.random() < 0.7 else _policy(kinds, names)
    return Universe(world, roots, extras, groups, build)


def gated(text: str, extra: str) -> str:
    """Write a requirement as one that an extra brings in."""
    what, _, marker = text.partition("; ")
    return f"{what}; extra == '{extra}'" + (f" and {marker}" if marker else "")


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


def environments(*, machines: bool = False) -> Iterator[Environment]:
    """Give concrete environments, one at least for every answer the markers of a world can give."""
    for python in PYTHONS:
        for platform, system, os_name in PLATFORMS:
            for machine in ("x86_64", "aarch64", "AMD64") if machines else ("x86_64",):
                yield {
                    "python_version": ".".join(python.split(".")[:2]),
                    "python_full_version": python,
                    "sys_platform": platform,
                    "platform_system": system,
                    "os_name": os_name,
                    "platform_machine": machine,
                    "implementation_name": "cpython",
                    "implementation_version": python,
                    "platform_python_implementation": "CPython",
                    "platform_release": "",
                    "platform_version": "",
                }


def grid(made: Universe) -> tuple[Environment, ...]:
    """Give the environments a lock of this world is for."""
    texts = made.said.environments
    found = environments(machines=bool(made.said.required))
    markers = [Requirement(f"p; {text}").marker for text in texts]
    return tuple(
        here
        for here in found
        if not markers or any(m is not None and m.evaluate(dict(here)) for m in markers)
    )


def in_one_environment(made: Universe, here: Environment) -> Universe:
    """Give the world as this environment alone sees it, with no marker left."""

    def seen(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(text for line in texts for text in _without_marker(line, here))

    return made._replace(
        packages={
            name: {
                version: published._replace(requires=seen(published.requires), python="")
                for version, published in versions.items()
                if not published.python or published.python.removeprefix(">=") <= here["python_version"]
            }
            for name, versions in made.packages.items()
        },
        dependencies=seen(made.dependencies),
        extras={name: seen(texts) for name, texts in made.extras.items()},
        groups={name: seen(texts) for name, texts in made.groups.items()},
    )


def _without_marker(text: str, here: Environment) -> Iterator[str]:
    requirement = Requirement(text)
    marker = requirement.marker
    extra = str(marker or "").partition('extra == "')[2].partition('"')[0]
    if marker is None or marker.evaluate({**here, "extra": extra}):
        requirement.marker = None
        yield gated(str(requirement), extra) if extra else str(requirement)
