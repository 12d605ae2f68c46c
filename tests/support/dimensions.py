"""What makes a random world wider: settings, adjustments and rarer requirements, one dimension each.

A dimension has a chance of its own, so that it leaves the rest of the world as it was: `wide(7, "yanked")` is
`universe(7)` with some releases yanked.
"""

import random
from collections.abc import Sequence
from typing import Any

from detent.model.cutoffs import Cutoff, Cutoffs
from detent.model.inputs import Inputs
from detent.model.requirement import package_name
from detent.resolve.policy import ForkStrategy, Order, Policy, Prerelease
from support.universes import MARKERS, PROJECT, Packages, Replacement, Told, Universe, gated, universe
from support.worlds import Published, files_of, project, release, seconds

ENVIRONMENTS = (
    ("sys_platform == 'linux'",),
    ("python_version >= '3.12'",),
    ("sys_platform == 'win32' and python_version < '3.13'", "sys_platform != 'win32'"),
    ("python_version < '3.12'", "python_version >= '3.13' and sys_platform != 'win32'"),
)
REQUIRED = (
    "sys_platform == 'linux' and platform_machine == 'x86_64'",
    "sys_platform == 'win32' and platform_machine == 'AMD64'",
)
CUTOFF = "2024-06-01"
DIMENSIONS = (
    "siblings",
    "recursive extras",
    "prereleases",
    "order",
    "cutoffs",
    "yanked",
    "constraints",
    "overrides",
    "excludes",
    "conflicts",
    "environments",
    "required environments",
    "stated metadata",
    "fewest",
)


def wide(seed: int, *dimensions: str, with_markers: bool = True) -> Universe:
    """Make a world from a seed, and more of it; the same one every time. Three of four are mild."""
    made = universe(seed, with_markers=with_markers, mild=seed % 4 != 0)
    for dimension in DIMENSIONS:
        if dimension in dimensions:
            chance = random.Random(f"{dimension} of {seed}")
            more = _More(chance, sorted(made.packages), with_markers=with_markers)
            made = getattr(more, f"add_{dimension.replace(' ', '_')}")(made)
    return made


def inputs_of(made: Universe) -> Inputs:
    """Give the project of a world as the resolver takes it."""
    said = made.said
    words: dict[str, Any] = {
        "constraints": said.constraints,
        "overrides": [_override(other) for other in said.overrides],
        "excludes": said.excludes,
        "conflicts": said.conflicts,
        "environments": said.environments,
        "required-environments": said.required,
        "metadata": [
            {
                "name": told.name,
                **({"version": told.version} if told.version else {}),
                "requires-python": told.python,
                "requires-dist": told.requires,
                "provides-extra": ("x", "y", "all"),
            }
            for told in said.metadata
        ],
    }
    return project(
        made.dependencies,
        extras=made.extras,
        groups=made.groups,
        python=">=3.11",
        name=PROJECT,
        adjustments={key: value for key, value in words.items() if value},
    )


def _override(other: Replacement) -> Any:
    if not other.parent:
        return other.text
    parent = {"name": other.parent, **({"version": other.version} if other.version else {})}
    return {"package": parent, "dependencies": [other.text]}


def policy_of(made: Universe) -> Policy:
    """Give the settings of a world as the resolver takes them."""
    said = made.said
    return Policy(
        prerelease=Prerelease(said.prerelease),
        build=made.build,
        prerelease_packages={
            package_name(name): Prerelease(mode) for name, mode in said.prerelease_packages.items()
        },
        order=Order(said.order),
        fork_strategy=ForkStrategy(said.fork_strategy),
        cutoffs=Cutoffs(
            everybody=_cutoff(said.cutoff),
            packages={package_name(name): _cutoff(day) for name, day in said.cutoff_packages.items()},
        ),
    )


def _cutoff(day: str) -> Cutoff | None:
    return Cutoff(day, seconds(day)) if day else None


class _More:
    """What a dimension adds to a world; with a chance of its own, so that it changes nothing else."""

    def __init__(self, chance: random.Random, names: Sequence[str], *, with_markers: bool) -> None:
        self._chance = chance
        self._names = names
        self._with_markers = with_markers

    def _requirement(self, name: str = "", *, is_marked: float = 0.35, bounds: Sequence[str] = ()) -> str:
        chance = self._chance
        bound = chance.choice(bounds or ("", ">=", "<=", "==", "!="))
        number = chance.randint(1, 3)
        marker = f"; {chance.choice(MARKERS)}" if self._with_markers and chance.random() < is_marked else ""
        what = f"{bound}{number}.0" if bound else ""
        return f"{name or chance.choice(self._names)}{what}{marker}"

    def add_siblings(self, made: Universe) -> Universe:
        """Two entries of one name under opposite markers, for the project and for some releases."""
        packages = {
            name: {
                version: published._replace(
                    requires=published.requires + self._pair([n for n in self._names if n != name])
                )
                if self._chance.random() < 0.25
                else published
                for version, published in versions.items()
            }
            for name, versions in made.packages.items()
        }
        pair = self._pair(self._names) if self._chance.random() < 0.7 else ()
        return made._replace(packages=packages, dependencies=made.dependencies + pair)

    def _pair(self, names: Sequence[str]) -> tuple[str, ...]:
        name = self._chance.choice(names)
        here, there = self._chance.choice(((MARKERS[0], MARKERS[1]), (MARKERS[3], MARKERS[4])))
        first, second = (self._requirement(name, is_marked=0) for _ in range(2))
        return (f"{first}; {here}", f"{second}; {there}")

    def add_recursive_extras(self, made: Universe) -> Universe:
        """An extra that is made of others of its own package, and who asks for it."""
        chance = self._chance

        def asking(text: str) -> str:
            return text.replace("[x]", chance.choice(("[x]", "[y]", "[x,y]", "[all]")))

        def wider(name: str, published: Published) -> Published:
            requires = [*map(asking, published.requires), gated(f"{name}[x,y]", "all")]
            other = chance.choice([other for other in self._names if other != name])
            requires.append(gated(f"{name}[x]" if chance.random() < 0.5 else self._requirement(other), "y"))
            return published._replace(requires=tuple(requires), extras=("x", "y", "all"))

        packages = {
            name: {version: wider(name, published) for version, published in versions.items()}
            for name, versions in made.packages.items()
        }
        name = chance.choice(self._names)
        return made._replace(
            packages=packages,
            dependencies=(*map(asking, made.dependencies), f"{name}[all]"),
            extras={key: tuple(map(asking, texts)) for key, texts in made.extras.items()},
            groups={key: tuple(map(asking, texts)) for key, texts in made.groups.items()},
        )

    def add_prereleases(self, made: Universe) -> Universe:
        """Versions that are none yet, requirements that name one, and what the project says of them."""
        chance = self._chance
        packages: Packages = {}
        for name, versions in made.packages.items():
            packages[name] = {}
            for version, published in versions.items():
                early = f"{version}{chance.choice(('rc1', 'a1'))}"
                kind = chance.random()
                if kind < 0.5:
                    packages[name][early] = _renamed(published, name, version, early)
                if kind > 0.3:
                    packages[name][version] = published
        modes = ("if-necessary", "explicit", "disallow", "allow")
        mode = chance.choice(modes)
        single = {chance.choice(self._names): chance.choice(modes)} if chance.random() < 0.3 else {}

        def naming(text: str) -> str:
            found = chance.random() < 0.3 and any(bound in text for bound in (">=", "==", "<="))
            return text.replace(".0", ".0rc1", 1) if found else text

        return made._replace(
            packages=packages,
            dependencies=tuple(map(naming, made.dependencies)),
            said=made.said._replace(prerelease=mode, prerelease_packages=single),
        )

    def add_order(self, made: Universe) -> Universe:
        """The oldest of everything, or of what the project itself asks for."""
        order = self._chance.choice(("lowest", "lowest-direct"))
        return made._replace(said=made.said._replace(order=order))

    def add_cutoffs(self, made: Universe) -> Universe:
        """Releases of too late or of no known moment."""
        chance = self._chance
        packages = {
            name: {
                version: published._replace(
                    uploaded=chance.choice(("2024-01-01", "2024-01-01", "2024-05-31", CUTOFF, ""))
                )
                for version, published in versions.items()
            }
            for name, versions in made.packages.items()
        }
        single = (
            {chance.choice(self._names): chance.choice(("", "2024-03-01", "2024-06-02"))}
            if chance.random() < 0.5
            else {}
        )
        said = made.said._replace(cutoff=chance.choice((CUTOFF, CUTOFF, "")), cutoff_packages=single)
        return made._replace(packages=packages, said=said)

    def add_yanked(self, made: Universe) -> Universe:
        """Releases that were yanked."""
        packages = {
            name: {
                version: published._replace(yanked=self._chance.random() < 0.25)
                for version, published in versions.items()
            }
            for name, versions in made.packages.items()
        }
        return made._replace(packages=packages)

    def add_constraints(self, made: Universe) -> Universe:
        """Bounds on packages whoever asks for them."""
        count = self._chance.choice((1, 1, 2, 3))
        bounds = ("<=", "<=", "!=", ">=", "==")
        texts = tuple(self._requirement(is_marked=0.4, bounds=bounds) for _ in range(count))
        return made._replace(said=made.said._replace(constraints=texts))

    def add_overrides(self, made: Universe) -> Universe:
        """Requirements in place of others: of everybody's, or of one parent's."""
        chance = self._chance
        found = []
        for _ in range(chance.choice((1, 1, 2))):
            name = chance.choice(self._names)
            text = self._requirement(name, is_marked=0.4)
            parent = chance.choice([other for other in self._names if other != name])
            version = chance.choice(list(made.packages[parent])) if chance.random() < 0.5 else ""
            scoped = chance.random() < 0.45
            if chance.random() < 0.2:
                text = text.replace(name, f"{name}[x]", 1)
            found.append(Replacement(text, parent if scoped else "", version if scoped else ""))
        if chance.random() < 0.2:
            name = chance.choice(self._names)
            found += [Replacement(text) for text in self._pair([name])] if self._with_markers else []
        return made._replace(said=made.said._replace(overrides=tuple(found)))

    def add_excludes(self, made: Universe) -> Universe:
        """A package nobody gets."""
        return made._replace(said=made.said._replace(excludes=(self._chance.choice(self._names),)))

    def add_conflicts(self, made: Universe) -> Universe:
        """Extras and groups of which no two are ever on together, and that mostly could not be."""
        chance = self._chance
        packages = {**made.packages, "q": {}}
        for version in ("1.0", "2.0", "3.0"):
            requires = [self._requirement(is_marked=0.2)] if chance.random() < 0.5 else []
            packages["q"][version] = release(requires, extras=["x"], files=files_of(f"q-{version}"))
        texts = [f"q=={number}.0" for number in range(1, 4)]
        chance.shuffle(texts)
        more = [self._requirement(is_marked=0.2) for _ in range(3)]
        extras = {**made.extras, "cpu": (texts[0],), "gpu": (texts[1], more[0])}
        groups = dict(made.groups)
        sides = ["extra cpu", "extra gpu"]
        kind = chance.random()
        if kind < 0.3:
            groups["old"] = (texts[2], more[1])
            sides.append("group old")
        conflicts = [tuple(sides)]
        if kind > 0.8:
            extras["fast"] = (f"{PROJECT}[gpu]", more[1])
        if kind > 0.6 and "e" in extras:
            conflicts.append(("extra cpu", "extra e"))
        return made._replace(
            packages=packages,
            extras=dict(sorted(extras.items())),
            groups=dict(sorted(groups.items())),
            said=made.said._replace(conflicts=tuple(conflicts)),
        )

    def add_environments(self, made: Universe) -> Universe:
        """A lock for some environments only."""
        return made._replace(said=made.said._replace(environments=self._chance.choice(ENVIRONMENTS)))

    def add_required_environments(self, made: Universe) -> Universe:
        """Environments for which a file must be there, and more releases without one."""
        chance = self._chance
        required = chance.choice((REQUIRED[:1], REQUIRED[1:], REQUIRED))
        packages = {
            name: {
                version: published._replace(files=_wheels(chance, f"{name}-{version}"))
                if chance.random() < 0.4
                else published
                for version, published in versions.items()
            }
            for name, versions in made.packages.items()
        }
        return made._replace(packages=packages, said=made.said._replace(required=required))

    def add_fewest(self, made: Universe) -> Universe:
        """The fewest versions rather than the newest."""
        return made._replace(said=made.said._replace(fork_strategy="fewest"))

    def add_stated_metadata(self, made: Universe) -> Universe:
        """Releases that demand what the project says they do."""
        chance = self._chance
        found = []
        for name in chance.sample(list(self._names), chance.choice((1, 2))):
            others = [other for other in self._names if other != name]
            requires = [self._requirement(chance.choice(others)) for _ in range(chance.choice((0, 1, 2)))]
            if chance.random() < 0.4:
                requires.append(gated(self._requirement(chance.choice(others)), "x"))
            version = chance.choice(list(made.packages[name])) if chance.random() < 0.6 else ""
            python = ">=3.12" if chance.random() < 0.2 else ""
            found.append(Told(name, version, tuple(requires), python))
        return made._replace(said=made.said._replace(metadata=tuple(found)))


def _renamed(published: Published, name: str, version: str, other: str) -> Published:
    files = tuple(file.replace(f"{name}-{version}", f"{name}-{other}") for file in published.files)
    return published._replace(files=files)


def _wheels(chance: random.Random, stem: str) -> tuple[str, ...]:
    """Give wheels that serve some platforms."""
    tags = (
        "py3-none-win_amd64",
        "py3-none-manylinux_2_17_x86_64",
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp312-abi3-win_amd64",
        "py3-none-manylinux_2_17_aarch64",
    )
    return tuple(f"{stem}-{tag}.whl" for tag in sorted(chance.sample(tags, chance.choice((1, 2)))))
