"""The laws of workspaces: a member in the lock of all asks for what it asks for alone, and gets it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.errors.resolve import ResolveError
from detent.lock.assemble import assemble
from detent.lock.closure import closure_faults
from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs, Root
from detent.model.members import Member
from detent.model.names import ExtraName, GroupName, package_name
from detent.project.members import Asking, together
from detent.resolve.sourced import Sources
from support.brute_force import Selection, matches, parsed
from support.dimensions import policy_of
from support.locking import entries_in
from support.resolving import resolve
from support.universes import Environment, Universe, grid, universe
from support.worlds import project, ticking, world

REQUIREMENTS = ["p0", "p1[x]>=2", "p2<3; python_version < '3.12'", "a[x]", "a[y]; sys_platform == 'linux'"]
LISTS = st.lists(st.sampled_from(REQUIREMENTS), max_size=3)


def asking(inputs: Inputs) -> Asking:
    extras = tuple(extra for extra, _ in inputs.extras)
    groups = tuple(group for group, _ in inputs.groups)
    member = Member(
        inputs.name, f"packages/{inputs.name}", inputs.requires_python, extras=extras, groups=groups
    )
    return Asking(member, inputs)


@given(LISTS, LISTS, LISTS, LISTS)
def test_a_member_asks_for_the_same_as_alone(
    base: list[str], one: list[str], other: list[str], group: list[str]
) -> None:
    alone = project(base, extras={"x": one, "y": other}, groups={"g": group}, name="a")
    found = asking(alone)

    whole = together(project(["p3"], name="root"), [found])

    member = found.member
    gates = {
        markers.ALWAYS: markers.in_group(member.base),
        markers.in_extra("x"): markers.in_group(member.of_extra(ExtraName("x"))),
        markers.in_extra("y"): markers.in_group(member.of_extra(ExtraName("y"))),
        markers.in_group("g"): markers.in_group(member.of_group(GroupName("g"))),
    }
    wanted: set[tuple[object, markers.Marker]] = set()
    for root in alone.roots():
        gate = next(g for g in reversed(gates) if markers.implies(root.gate, g))
        inside = markers.restrict(root.gate, gate)
        wanted.add((_bare(root), markers.and_(gates[gate], inside)))
    assert {(_bare(root), root.gate) for root in whole.roots() if root.requirement.name != "p3"} == wanted


def _bare(root: Root) -> object:
    return root.requirement._replace(origin=None, marker=markers.ALWAYS)


def lock_of(made: Universe, inputs: Inputs) -> Lock | None:
    releases = world(made.packages)
    try:
        solved = resolve(inputs, releases, clock=ticking(), advice="never", policy=policy_of(made))
    except ResolveError:
        return None
    return assemble(inputs, solved, Sources(releases, (), inputs.adjustments))


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_what_a_member_needs_is_met_in_the_lock_of_all(first: int) -> None:
    locked = 0
    for seed in range(first, first + 20):
        made, other = universe(seed, mild=True), universe(seed + 1000, mild=True)
        wishes = {"a": other.dependencies, "b": universe(seed + 2000, mild=True).dependencies}
        members = [asking(project(texts, name=name)) for name, texts in wishes.items()]
        inputs = together(project(made.dependencies, name="root"), members)
        lock = lock_of(made, inputs)
        if lock is None:
            continue
        locked += 1
        assert closure_faults(inputs, lock) == ()
        for name, texts in wishes.items():
            for here in grid(made):
                _see_met(lock, name, texts, here)
    assert locked > 5


def _see_met(lock: Lock, name: str, texts: tuple[str, ...], here: Environment) -> None:
    chosen = entries_in(lock, here, Selection(groups=frozenset((name,))))
    waiting = [(text, "") for text in texts]
    seen = set(waiting)
    while waiting:
        text, extra = waiting.pop()
        requirement = parsed(text)
        if requirement.marker is not None and not requirement.marker.evaluate({**here, "extra": extra}):
            continue
        package = chosen[package_name(requirement.name)]
        assert matches(str(requirement.specifier), package.known_version), (name, text, package)
        lines: dict[str, tuple[str, ...]] = {"": package.requires, **dict(package.extras)}
        more = [(line, each) for each in ("", *requirement.extras) for line in lines.get(each, ())]
        waiting += [row for row in more if row not in seen]
        seen.update(more)
