import pytest

from detent.model.marker_atoms import comparison, python_clause
from detent.model.marker_nodes import ALWAYS, NEVER, Marker, and_, between, disjoint, implies, not_, or_
from detent.model.specifiers import parse_clause


def holds(variable: str, operator: str, literal: str) -> Marker:
    return comparison(variable, operator, literal, flipped=False)


def flipped(literal: str, operator: str, variable: str) -> Marker:
    return comparison(variable, operator, literal, flipped=True)


@pytest.mark.parametrize(
    ("operator", "literal", "low", "high"),
    [
        (">=", "3.8", 3_008_000, None),
        (">", "3.8", 3_009_000, None),
        ("<", "3.8", 0, 3_008_000),
        ("<=", "3.8", 0, 3_009_000),
        ("==", "3.8", 3_008_000, 3_009_000),
        ("==", "3.*", 3_000_000, 4_000_000),
        ("~=", "3.8", 3_008_000, 4_000_000),
        ("===", "3.8", 3_008_000, 3_009_000),
        (">", "3.8.1", 3_009_000, None),
        ("<=", "3.8.1", 0, 3_009_000),
        ("<", "3.9.0", 0, 3_009_000),
        (">=", "3.9rc1", 3_009_000, None),
    ],
)
def test_minor_versions_are_ranges_of_pythons(
    operator: str, literal: str, low: int, high: int | None
) -> None:
    assert holds("python_version", operator, literal) == between(low, high)


@pytest.mark.parametrize(
    ("operator", "literal", "low", "high"),
    [
        (">=", "3.8.1", 3_008_001, None),
        (">", "3.8", 3_008_001, None),
        ("<=", "3.8", 0, 3_008_001),
        ("==", "3.8.1", 3_008_001, 3_008_002),
        ("==", "3.8.*", 3_008_000, 3_009_000),
        ("~=", "3.8.1", 3_008_001, 3_009_000),
        (">", "3.8.0rc1", 3_008_000, None),
        ("<=", "3.8.0rc1", 0, 3_008_000),
        (">=", "3.8.0.post1", 3_008_001, None),
        ("<", "3.8.0.5", 0, 3_008_001),
        (">=", "3.5000", 4_000_000, None),
    ],
)
def test_full_versions_are_ranges_of_pythons(operator: str, literal: str, low: int, high: int | None) -> None:
    assert holds("python_full_version", operator, literal) == between(low, high)


def test_no_released_python_equals_a_pre_release() -> None:
    assert holds("python_full_version", "==", "3.13.0rc1") == NEVER
    assert holds("python_full_version", "!=", "3.13.0rc1") == ALWAYS
    assert holds("python_version", "==", "3.8.1") == NEVER
    assert holds("python_full_version", ">=", "1!3.8") == NEVER


def test_a_version_that_is_none_is_compared_as_text_and_equals_no_python() -> None:
    assert holds("python_version", "==", "three") == NEVER
    assert holds("python_version", "!=", "three") == ALWAYS
    assert holds("python_version", ">=", "3.6.*") == NEVER


def test_python_in_a_list_is_asked_as_a_part_of_the_text() -> None:
    two = or_(holds("python_version", "==", "3.8"), holds("python_version", "==", "3.10"))

    assert holds("python_version", "in", "3.8, 3.10") == or_(two, holds("python_version", "==", "3.1"))
    assert holds("python_version", "not in", "3.8") == holds("python_version", "!=", "3.8")


def test_operands_may_change_sides() -> None:
    assert flipped("3.8", "<=", "python_version") == holds("python_version", ">=", "3.8")
    assert flipped("win32", "==", "sys_platform") == holds("sys_platform", "==", "win32")
    assert flipped("x", "!=", "extra") == not_(flipped("x", "in", "extras"))


def test_three_ways_to_ask_for_a_platform_are_one() -> None:
    windows = holds("sys_platform", "==", "win32")

    assert windows == holds("platform_system", "==", "Windows") == holds("os_name", "==", "nt")
    assert holds("os_name", "==", "posix") == not_(windows)
    assert implies(holds("platform_system", "==", "Linux"), holds("os_name", "==", "posix"))
    assert disjoint(holds("sys_platform", "==", "darwin"), holds("platform_system", "==", "Linux"))
    assert holds("implementation_name", "==", "pypy") == holds("platform_python_implementation", "==", "PyPy")


def test_a_platform_spelled_two_ways_is_not_taken_for_two() -> None:
    system, platform = holds("platform_system", "==", "FreeBSD"), holds("sys_platform", "==", "freebsd14")

    assert and_(system, platform) != NEVER
    assert disjoint(platform, holds("sys_platform", "==", "linux"))


def test_a_list_of_texts_is_the_words_in_it() -> None:
    both = or_(holds("sys_platform", "==", "linux"), holds("sys_platform", "==", "openbsd7"))

    assert holds("sys_platform", "in", "linux openbsd7") == both
    assert flipped("linux", "in", "sys_platform") == holds("sys_platform", "==", "linux")
    assert implies(holds("platform_machine", "==", "ppc64"), holds("platform_machine", "in", "ppc64le"))


def test_texts_have_no_order() -> None:
    assert holds("sys_platform", ">", "linux") == NEVER
    assert holds("sys_platform", ">=", "linux") == holds("sys_platform", "==", "linux")


def test_what_fits_on_no_axis_has_its_opposite() -> None:
    assert holds("platform_release", "<", "20") == not_(holds("platform_release", ">=", "20"))
    assert holds("platform_version", "not in", "a") == not_(holds("platform_version", "in", "a"))
    assert holds("platform_release", "~=", "5.1") == and_(
        holds("platform_release", ">=", "5.1"), holds("platform_release", "==", "5.*")
    )


def test_names_of_extras_are_normalised() -> None:
    assert holds("extra", "==", "Foo_Bar") == flipped("foo-bar", "in", "extras")
    assert flipped("A.b", "not in", "dependency_groups") == not_(flipped("a-b", "in", "dependency_groups"))
    assert flipped("x", "in", "extras") != flipped("x", "in", "dependency_groups")


@pytest.mark.parametrize(
    ("variable", "operator", "literal", "on_the_left", "reason"),
    [
        ("sys_platform", "~=", "linux", False, "`~=` compares versions, and `sys_platform` is not one"),
        ("python_version", "~=", "3", False, "at least two numbers"),
        ("python_version", "~=", "3.8", True, "`~=` needs its version on the right"),
        ("extras", "==", "x", False, "`extras` is a set of names; write `'x' in extras`"),
        ("extra", "<", "x", False, "write `extra == 'x'`"),
        ("platform_release", "~=", "5", False, "at least two numbers"),
    ],
)
def test_a_comparison_without_meaning_is_refused(
    variable: str, operator: str, literal: str, on_the_left: object, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        comparison(variable, operator, literal, flipped=bool(on_the_left))


def test_a_clause_is_read_as_full_versions() -> None:
    assert python_clause(parse_clause(">3.8")) == between(3_008_001, None)
    assert python_clause(parse_clause("===3.8.1")) == between(3_008_001, 3_008_002)
