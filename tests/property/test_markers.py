"""The marker algebra, judged by packaging on any interpreters."""

from collections.abc import Set as AbstractSet

from hypothesis import assume, given, reject
from hypothesis import strategies as st
from packaging.markers import Marker as Judge
from packaging.markers import UndefinedComparison
from packaging.specifiers import SpecifierSet

from detent.model import markers
from detent.model.markers import ALWAYS, NEVER, Marker
from support.marker_words import (
    GATES,
    IMPLEMENTATIONS,
    LITERALS,
    MACHINES,
    PLATFORMS,
    PYTHONS,
    RELEASES,
    environment,
)

environments = st.builds(
    environment,
    st.sampled_from(PYTHONS),
    st.sampled_from([0, 0, 1, 2, 5, 10]),
    st.sampled_from(PLATFORMS),
    st.sampled_from(IMPLEMENTATIONS),
    st.sampled_from(RELEASES),
    st.sampled_from(MACHINES),
)
on_off = st.frozensets(st.sampled_from(["a", "b", "c-d"]))


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    variable = draw(st.sampled_from(["python_version", "python_full_version", *LITERALS]))
    operators = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    if variable in {"python_version", "python_full_version"}:
        operators.append("===")
    if variable in {"python_version", "python_full_version", "platform_release", "implementation_version"}:
        operators.append("~=")
    operator, literal = draw(st.sampled_from(operators)), draw(st.sampled_from(LITERALS[variable]))
    if operator != "~=" and draw(st.integers(0, 5)) == 0:
        return f"'{literal}' {operator} {variable}"
    return f'{variable} {operator} "{literal}"'


def combined(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.sampled_from(["{} and {}", "{} or {}", "({}) and {}", "{} or ({})", "({}) and ({})"])
    return st.recursive(atoms, lambda inner: st.builds(str.format, joined, inner, inner), max_leaves=5)


def is_meaningful(text: str) -> bool:
    try:
        markers.parse(text)
    except markers.InvalidMarker:
        return False
    return True


texts = combined(comparisons()).filter(is_meaningful)
gated = combined(comparisons() | st.sampled_from(GATES)).filter(is_meaningful)
# What a resolver cuts along; comparisons that some kernels answer neither way have no true opposite, and
# neither has a pre-release that stands before a Python.
closed = combined(
    comparisons().filter(
        lambda t: (
            not any(name in t for name in ("platform_release", "implementation_version"))
            and not t.endswith(("python_version", "python_full_version"))
        )
    )
    | st.sampled_from(GATES)
).filter(is_meaningful)


def judge(text: str, where: dict[str, str], extras: frozenset[str], groups: frozenset[str]) -> bool:
    if not text:
        return True
    world: dict[str, str | AbstractSet[str]] = {**where, "extras": extras, "dependency_groups": groups}
    try:
        return Judge(text).evaluate(world, context="lock_file")
    except UndefinedComparison:  # `===` with a text that could never be a version
        reject()


@given(gated, environments, on_off, on_off)
def test_a_marker_holds_where_packaging_says(
    text: str, where: dict[str, str], extras: frozenset[str], groups: frozenset[str]
) -> None:
    expected = judge(text, where, extras, groups)
    marker = markers.parse(text)

    assert markers.evaluate(marker, where, extras=extras, groups=groups) == expected
    if marker != NEVER:
        assert judge(markers.render(marker), where, extras, groups) == expected


@given(gated)
def test_the_canonical_text_reads_back_as_the_same_marker(text: str) -> None:
    marker = markers.parse(text)
    assume(marker != NEVER)

    assert markers.parse(markers.render(marker)) == marker


@given(closed, closed, environments, on_off, on_off)
def test_sets_are_combined_as_sets(
    left: str, right: str, where: dict[str, str], extras: frozenset[str], groups: frozenset[str]
) -> None:
    a, b = markers.parse(left), markers.parse(right)

    def holds(marker: Marker) -> bool:
        return markers.evaluate(marker, where, extras=extras, groups=groups)

    assert holds(markers.and_(a, b)) == (holds(a) and holds(b))
    assert holds(markers.or_(a, b)) == (holds(a) or holds(b))
    assert holds(markers.not_(a)) != holds(a)
    assert not (markers.disjoint(a, b) and holds(a) and holds(b))
    assert not (markers.implies(a, b) and holds(a) and not holds(b))
    assert markers.not_(markers.not_(a)) == a
    assert markers.or_(a, b) == markers.not_(markers.and_(markers.not_(a), markers.not_(b)))
    assert markers.and_(a, b) == markers.and_(b, a)
    assert markers.or_(a, markers.and_(a, b)) == a
    assert markers.implies(markers.and_(a, b), a)


@given(closed)
def test_a_set_and_its_opposite_share_nothing_and_miss_nothing(text: str) -> None:
    marker = markers.parse(text)

    assert markers.disjoint(marker, markers.not_(marker))
    assert markers.or_(marker, markers.not_(marker)) == ALWAYS
    if NEVER not in {marker, markers.not_(marker)}:
        assert markers.parse(markers.render(markers.not_(marker))) == markers.not_(marker)


@given(gated, gated)
def test_a_restricted_marker_is_the_same_where_one_cares(text: str, care_text: str) -> None:
    marker, care = markers.parse(text), markers.parse(care_text)

    simpler = markers.restrict(marker, care)

    assert markers.and_(simpler, care) == markers.and_(marker, care)
    if markers.implies(care, marker) and care != NEVER:
        assert simpler == ALWAYS
    if simpler not in {NEVER, ALWAYS}:
        assert markers.parse(markers.render(simpler)) == simpler


@given(gated, environments, on_off, on_off)
def test_fixed_extras_are_no_longer_asked_about(
    text: str, where: dict[str, str], extras: frozenset[str], groups: frozenset[str]
) -> None:
    marker = markers.parse(text)

    fixed = markers.with_extras(marker, extras)

    assert markers.mentions(fixed)[0] == frozenset()
    assert markers.evaluate(fixed, where, groups=groups) == markers.evaluate(
        marker, where, extras=extras, groups=groups
    )


@given(closed, environments)
def test_the_environments_of_a_marker_are_those_where_some_choice_makes_it_hold(
    text: str, where: dict[str, str]
) -> None:
    marker = markers.parse(text)
    subsets = [frozenset(s) for s in ((), ("a",), ("b",), ("c-d",), ("a", "b"), ("a", "c-d"), ("b", "c-d"))]
    subsets.append(frozenset(("a", "b", "c-d")))

    reachable = any(markers.evaluate(marker, where, extras=e, groups=g) for e in subsets for g in subsets)

    assert markers.evaluate(markers.environment_only(marker), where) == reachable
    assert markers.mentions(markers.environment_only(marker)) == (frozenset(), frozenset())


@given(closed, environments, on_off, on_off)
def test_the_pythons_of_a_marker_are_at_least_those_it_holds_on(
    text: str, where: dict[str, str], extras: frozenset[str], groups: frozenset[str]
) -> None:
    marker = markers.parse(text)
    pythons = markers.python_only(marker)

    if markers.evaluate(marker, where, extras=extras, groups=groups):
        assert markers.evaluate(pythons, where)
        major, minor, micro = map(int, where["python_full_version"].split("."))
        assert markers.lowest_python(marker) <= major * 1_000_000 + minor * 1000 + micro
    assert markers.implies(marker, pythons)
    assert markers.python_only(pythons) == pythons


clauses = st.builds(
    str.__add__,
    st.sampled_from([">=", "<", "<=", ">", "==", "!=", "~="]),
    st.sampled_from(["3.8", "3.9.1", "3.10", "3.11.0", "3.12.5", "2.7", "4.0"]),
) | st.sampled_from(["==3.*", "!=3.9.*", "==3.10.*", "!=3.0.*"])


@given(st.lists(clauses, max_size=4).map(",".join), environments)
def test_requires_python_holds_where_packaging_says(specifier: str, where: dict[str, str]) -> None:
    expected = SpecifierSet(specifier).contains(where["python_full_version"], prereleases=True)

    assert markers.evaluate(markers.requires_python(specifier), where) == expected
    assert markers.implies(markers.requires_python(specifier), markers.python_lower_bounds(specifier))
