"""What is exported holds on every target exactly where selecting from the lock takes it."""

import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Environment
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.tags import parse_tag

from detent.errors import DetentError
from detent.lock.assemble import assemble
from detent.lock.excerpt import excerpt
from detent.lock.export import render_constraints, render_pylock, render_requirements
from detent.lock.model import Lock, LockedPackage
from detent.lock.select import Wanted, select
from detent.model.requirement import ExtraName, GroupName, PackageName, package_name
from detent.model.target import Target
from detent.resolve.policy import Policy
from support.locks import entry, foreign, inputs, lock, target
from support.resolving import resolve
from support.universes import Universe, environments, universe
from support.worlds import project, ticking, world

DEMO = package_name("demo")
TARGETS = [
    target(f"3.{minor}.1", platform=platform) for minor in range(8, 14) for platform in ("linux", "win32")
]
EXTRAS = [ExtraName("net"), ExtraName("cli")]
GROUPS = [GroupName("dev"), GroupName("docs")]
ATOMS = [
    "python_version < '3.11'",
    "python_version >= '3.9'",
    "python_full_version >= '3.10.1'",
    "sys_platform == 'win32'",
    "'net' in extras",
    "'cli' not in extras",
    "'dev' in dependency_groups",
    "'docs' not in dependency_groups",
]
MARKERS = st.lists(
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3).map(" and ".join), max_size=3
).map(lambda parts: " or ".join(f"({part})" for part in parts))
WANTED = st.builds(
    Wanted,
    st.frozensets(st.sampled_from(EXTRAS)),
    st.frozensets(st.sampled_from(GROUPS)),
    base=st.just(True),
)


def held(text: str, where: Target) -> list[tuple[str, str]]:
    """Name and version of each line whose marker holds, as pip would read the file."""
    found = []
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix(" \\"))
            if requirement.marker is None or requirement.marker.evaluate(dict(where.environment)):
                (version,) = requirement.specifier
                assert version.operator == "=="
                found.append((requirement.name, version.version))
    return sorted(found)


def selected(some: Lock, where: Target, wanted: Wanted) -> list[tuple[str, str]] | None:
    try:
        choices = select(some, where, wanted).choices
    except DetentError:
        return None  # nothing can be installed there, and so nothing is to be compared
    return sorted((choice.package.name, choice.package.version) for choice in choices)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    entries: list[LockedPackage] = [
        entry(name, version, marker=draw(MARKERS))
        for name, version in (("a", "1.0"), ("b", "1.0"), ("b", "2.0"), ("c", "3.0"))
        if draw(st.booleans())
    ]
    if draw(st.booleans()):
        return foreign(*entries, requires_python=">=3.8")
    made_from = inputs(
        extras=dict.fromkeys(EXTRAS, ()), groups=dict.fromkeys(GROUPS, ()), requires_python=">=3.8"
    )
    return lock(*entries, made_from=made_from)


@settings(max_examples=200, deadline=None)
@given(locks(), WANTED)
def test_every_target_from_3_8_to_3_13_gets_what_it_would_select(some: Lock, wanted: Wanted) -> None:
    taken = excerpt(some, DEMO, wanted)
    texts = (render_requirements(taken), render_constraints(taken))

    for where in TARGETS:
        expected = selected(some, where, wanted)
        if expected is not None:
            assert [held(text, where) for text in texts] == [expected, expected]


@settings(max_examples=100, deadline=None)
@given(locks(), WANTED)
def test_a_flat_pylock_selects_the_same_without_extras_and_groups(some: Lock, wanted: Wanted) -> None:
    text = render_pylock(some, excerpt(some, DEMO, wanted), command="detent export")
    judge = Pylock.from_dict(tomllib.loads(text))

    for where in TARGETS:
        expected = selected(some, where, wanted)
        if expected is not None:
            assert sorted(judged(judge, where)) == expected
    assert "extras" not in text
    assert "dependency_groups" not in text


def judged(judge: Pylock, where: Target) -> Iterator[tuple[str, str]]:
    for package, _ in judge.select(
        environment=cast("Environment", where.environment),
        tags=[tag for text in where.tags for tag in parse_tag(text)],
    ):
        yield package.name, str(package.version)


def made_lock(made: Universe) -> Lock | None:
    releases = world(made.packages)
    wishes = project(made.dependencies, extras=made.extras, groups=made.groups, python=">=3.11")
    try:
        solved = resolve(wishes, releases, clock=ticking(), policy=Policy(build=made.build))
    except DetentError:
        return None
    return assemble(wishes, solved, releases)


def every_wish(made: Universe) -> Iterator[Wanted]:
    extras = [frozenset[ExtraName](), *(frozenset((ExtraName(e),)) for e in made.extras)]
    groups = [frozenset[GroupName](), *(frozenset((GroupName(g),)) for g in made.groups)]
    for some, others in itertools.product(extras, groups):
        yield Wanted(some, others)
    yield from (Wanted(groups=some, base=False) for some in groups if some)


def test_resolved_locks_are_exported_as_they_are_selected() -> None:
    compared = 0
    for seed in range(8000, 8080):
        made = universe(seed)
        some = made_lock(made)
        if some is None:
            continue
        for wanted, here in itertools.product(every_wish(made), environments()):
            where = Target(here["python_full_version"], here, ("py3-none-any",))
            expected = selected(some, where, wanted)
            if expected is not None:
                compared += 1
                taken = excerpt(some, package_name("project"), wanted)

                assert held(render_requirements(taken), where) == expected, f"seed {seed}, {wanted}"
    assert compared > 100


def test_pruning_leaves_what_is_reached_without_the_pruned() -> None:
    pruned_more = 0
    for seed in range(9000, 9060):
        some = made_lock(universe(seed, with_markers=False))
        if some is None:
            continue
        assert some.inputs is not None
        requires = {package.name: package.requires for package in some.packages}
        for gone in requires:
            kept = reached(some.inputs.dependencies, requires, without=gone)
            taken = excerpt(some, package_name("project"), Wanted(), pruned=frozenset((gone,)))
            pruned_more += len(requires) - len(kept) > 1

            assert {one.package.name for one in taken} == kept, f"seed {seed}"
    assert pruned_more > 10


def reached(roots: Iterable[str], requires: Mapping[PackageName, Iterable[str]], *, without: str) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = package_name(Requirement(waiting.pop()).name)
        if name != without and name not in found:
            found.add(name)
            waiting += requires[name]
    return found
