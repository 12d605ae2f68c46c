"""What constraints, overrides, exclusions and conflicts make of requirements."""

from collections.abc import Mapping, Sequence

from detent.model import markers
from detent.model.adjustment_texts import read_adjustment_texts
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.candidate import Dependency
from detent.model.requirement import PackageName, parse_requirement
from support.locks import inputs


def saying(tables: Mapping[str, Sequence[str]]) -> Adjustments:
    return read_adjustment_texts(tuple((table, tuple(lines)) for table, lines in tables.items()))


def dependency(text: str) -> Dependency:
    requirement = parse_requirement(text)
    return Dependency(
        requirement.name,
        requirement.extras,
        requirement.specifier,
        markers.render(requirement.marker),
        requirement.url,
    )


def adjusted(adjustments: Adjustments, *texts: str, parent: str = "p", version: str = "1.0") -> list[str]:
    found = adjustments.adjusted([dependency(text) for text in texts], PackageName(parent), version)
    return list(map(str, found))


def roots(tables: Mapping[str, Sequence[str]], *texts: str) -> list[str]:
    project = inputs(texts, extras={"net": ["a>=7", "b"]}, adjustments=tables)
    return [f"{root.requirement} where {markers.render(root.gate)}" for root in project.roots()]


def test_where_nothing_is_said_nothing_changes() -> None:
    assert adjusted(NO_ADJUSTMENTS, "a>=1", "b; os_name == 'nt'") == ["a>=1", "b; sys_platform == 'win32'"]
    assert NO_ADJUSTMENTS.scope() == markers.ALWAYS


def test_an_override_replaces_versions_and_marker_and_keeps_the_extras_of_both() -> None:
    some = saying({"override-dependencies": ["a[y]==2; sys_platform == 'linux'"]})

    assert adjusted(some, "a[x]>=9; python_version < '3.9'", "b") == [
        "a[x,y]==2; sys_platform == 'linux'",
        "b",
    ]


def test_several_overrides_of_one_package_all_count() -> None:
    some = saying({"override-dependencies": ["a<2; sys_platform == 'linux'", "a>1"]})

    assert adjusted(some, "a", "a>=7") == ["a<2; sys_platform == 'linux'", "a>1"]


def test_an_override_that_never_holds_drops_the_requirement() -> None:
    some = saying({"override-dependencies": ["a; python_version < '3' and python_version > '3'"]})

    assert adjusted(some, "a", "b") == ["b"]
    assert roots({"override-dependencies": ["a; python_version < '0'"]}, "a", "b") == [
        "b where ",
        "b where 'net' in extras",
    ]


def test_the_closest_override_counts() -> None:
    some = saying({"override-dependencies": ["a==1", "p: a==2", "p==1.0: a==3", "q==1.0: a==4"]})

    assert adjusted(some, "a") == ["a==3"]
    assert adjusted(some, "a", version="2.0") == ["a==2"]
    assert adjusted(some, "a", parent="q") == ["a==4"]
    assert adjusted(some, "a", parent="q", version="2.0") == ["a==1"]
    assert adjusted(some, "a", parent="r") == ["a==1"]


def test_what_is_excluded_is_asked_for_by_nobody() -> None:
    some = {"exclude-dependencies": ["a"], "override-dependencies": ["a==1"]}

    assert adjusted(saying(some), "a>=1", "b") == ["b"]
    assert roots(some, "a", "b") == ["b where ", "b where 'net' in extras"]


def test_what_is_excluded_for_one_parent_only_that_parent_does_without() -> None:
    some = {"exclude-dependencies": ["p: a, b", "q==1.0: c"]}

    assert adjusted(saying(some), "a>=1", "b", "c") == ["c"]
    assert adjusted(saying(some), "a>=1", "b", "c", parent="q") == ["a>=1", "b"]
    assert adjusted(saying(some), "c", parent="q", version="2.0") == ["c"]
    assert roots(some, "a", "b") == [
        "a where ",
        "b where ",
        "a>=7 where 'net' in extras",
        "b where 'net' in extras",
    ]


def test_an_exclusion_for_one_version_stands_in_for_that_for_all() -> None:
    some = saying({"exclude-dependencies": ["c", "p: a", "p==1.0: b", "p==2.0:"]})

    assert adjusted(some, "a", "b", "c") == ["a"]
    assert adjusted(some, "a", "b", "c", version="2.0") == ["a", "b"]
    assert adjusted(some, "a", "b", "c", version="3.0") == ["b"]


def test_an_exclusion_for_one_parent_comes_before_every_override() -> None:
    some = saying(
        {"exclude-dependencies": ["p: a"], "override-dependencies": ["a==1", "p: a==2", "p==1.0: a==3"]}
    )

    assert adjusted(some, "a", "b") == ["b"]
    assert adjusted(some, "a", parent="q") == ["a==1"]


def test_the_projects_own_requirements_are_overridden_behind_their_gates() -> None:
    some = {
        "override-dependencies": ["a==1; sys_platform == 'linux'", "a==2; sys_platform == 'win32'", "p: b==9"]
    }

    assert roots(some, "a[x]>=5; python_version < '3.12'", "demo[net]; sys_platform == 'linux'") == [
        "a[x]==1; sys_platform == 'linux' where sys_platform == 'linux'",
        "a[x]==2; sys_platform == 'win32' where sys_platform == 'win32'",
        "a==1; sys_platform == 'linux' where sys_platform == 'linux'",
        "b where sys_platform == 'linux'",
        "a==1; sys_platform == 'linux' where 'net' in extras and sys_platform == 'linux'",
        "a==2; sys_platform == 'win32' where 'net' in extras and sys_platform == 'win32'",
        "b where 'net' in extras",
    ]


def test_a_lock_is_for_its_environments_without_two_exclusive_extras() -> None:
    some = saying(
        {
            "environments": ["sys_platform == 'linux'", "sys_platform == 'win32'"],
            "conflicts": ["extra a | extra b | group c"],
        }
    )

    allowed = markers.parse(
        "(sys_platform == 'linux' or sys_platform == 'win32') and not_a_b and not_c".replace(
            "not_a_b", "('a' not in extras or 'b' not in extras)"
        ).replace(
            "not_c",
            "('c' not in dependency_groups or ('a' not in extras and 'b' not in extras))",
        )
    )
    assert some.scope() == allowed
