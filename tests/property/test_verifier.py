"""Finished locks of random projects, as texts: packaging alone finds everything that is needed, and nothing else."""

import json
import tomllib
from collections.abc import Sequence

import pytest
from packaging.version import Version

from support.dimensions import wide
from support.locking import bytes_of
from support.rounds import seeds
from support.universes import PROJECT, Universe, grid
from support.verifier import interpreters, verify

DIMENSIONS = ("siblings", "constraints", "overrides", "excludes", "conflicts", "environments")


def listed(texts: Sequence[str]) -> str:
    return json.dumps(list(texts))


def manifest_of(made: Universe) -> str:
    """Write the project of a world down."""
    said = made.said
    lines = ["[project]", f'name = "{PROJECT}"', f"dependencies = {listed(made.dependencies)}"]
    lines += [
        "[project.optional-dependencies]",
        *(f"{name} = {listed(texts)}" for name, texts in made.extras.items()),
    ]
    lines += ["[dependency-groups]", *(f"{name} = {listed(texts)}" for name, texts in made.groups.items())]
    sides = [[dict([side.split()]) for side in exclusive] for exclusive in said.conflicts]
    conflicts = [
        ", ".join(f'{{{kind} = "{name}"}}' for side in e for kind, name in side.items()) for e in sides
    ]
    lines += [
        "[tool.detent]",
        f"constraint-dependencies = {listed(said.constraints)}",
        f"override-dependencies = {listed([other.text for other in said.overrides if not other.parent])}",
        f"exclude-dependencies = {listed(said.excludes)}",
        f"conflicts = [{', '.join(f'[{exclusive}]' for exclusive in conflicts)}]",
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("dimension", ["", *DIMENSIONS])
def test_in_every_environment_of_a_lock_all_is_met_and_nothing_superfluous(dimension: str) -> None:
    verified = evaluations = 0
    for seed in seeds(180, 12):
        made = wide(seed, dimension)
        text = bytes_of(made)
        if text:
            found = verify(text, manifest_of(made), grid(made))
            verified += 1
            evaluations += found.evaluations

            assert found.faults == (), f"wide({seed}, {dimension!r})"
    assert verified > 1
    assert evaluations > 20


MANIFEST = """\
[project]
name = "demo"
dependencies = ["a>=1", "b; python_version < '3.12'"]

[project.optional-dependencies]
cpu = ["c==1.0"]
gpu = ["c==2.0"]

[tool.detent]
conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
"""
HEAD = """\
lock-version = "1.0"
requires-python = ">=3.11"
extras = ["cpu", "gpu"]
created-by = "detent"
"""


def entry(name: str, version: str = "1.0", *, marker: str = "", requires: Sequence[str] = ()) -> str:
    where = f"marker = {json.dumps(marker)}\n" if marker else ""
    filename = f"{name}-{version}-py3-none-any.whl"
    wheel = f'{{name = "{filename}", url = "https://files.example.com/{filename}", hashes = {{sha256 = "{"0" * 64}"}}}}'
    record = f"[packages.tool.detent]\nrequires = {listed(requires)}\n"
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{where}wheels = [{wheel}]\n{record}'


A = entry("a", requires=["d"])
B = entry("b", marker="python_version < '3.12'")
C = entry("c", marker="'cpu' in extras") + entry("c", "2.0", marker="'gpu' in extras")
D = entry("d")


def test_a_lock_that_is_right_has_no_faults() -> None:
    found = verify(HEAD + A + B + C + D, MANIFEST)

    assert found.faults == ()
    places = [here for here in interpreters() if Version(here["python_full_version"]) >= Version("3.11")]
    assert found.environments == 3 * len(places)


@pytest.mark.parametrize(
    ("entries", "kind", "words"),
    [
        (A + B + C, "unmet", "a[] needs `d`"),
        (A + C + D, "unmet", "the project needs `b"),
        (A + entry("b") + C + D, "superfluous", "nothing needs `b` on 3.12.0"),
        (A + B + C + D + entry("e"), "superfluous", "nothing needs `e`"),
        (entry("a", "0.9") + B + C + D, "unmet", "the project needs `a>=1`"),
        (A + B + C + D + entry("d", "2.0"), "doubled", "`d` is there twice"),
        (A + B + entry("c", marker="'cpu' in extras") + D, "unmet", "the project needs `c==2.0`"),
    ],
)
def test_what_is_wrong_with_a_lock_is_told(entries: str, kind: str, words: str) -> None:
    found = verify(HEAD + entries, MANIFEST)

    assert any(words in fault for fault in getattr(found, kind))


def test_the_manifest_of_a_world_is_toml() -> None:
    for seed in range(10):
        tomllib.loads(manifest_of(wide(seed, *DIMENSIONS)))
