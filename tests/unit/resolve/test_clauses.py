"""One environment as the solver sees it: versions, best picks, demands, and when to split."""

from collections.abc import Sequence

import pytest

from detent.events import ignore
from detent.model import markers
from detent.model.requirement import extra_name, package_name
from detent.resolve.catalogue import Catalogue, Demand
from detent.resolve.clauses import PythonSplit, Situation, Split
from detent.resolve.facts import Needs, Rejected, SameVersion
from detent.resolve.policy import DEFAULT_POLICY, rules_for
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from detent.resolve.solver import Clause
from support.worlds import World, project, release, world

A, B = package_name("a"), package_name("b")


def situation(
    releases: World,
    *,
    environment: str = "python_version >= '3.10'",
    preferences: Preferences = NO_PREFERENCES,
    earlier: dict[str, Sequence[int]] | None = None,
) -> Situation:
    return Situation(
        Catalogue(releases, project=package_name("project")),
        (),
        markers.parse(environment),
        rules=rules_for(DEFAULT_POLICY, project(["a", "b"]).roots(), preferences),
        preferences=preferences,
        earlier={package_name(name): numbers for name, numbers in (earlier or {}).items()},
        report=ignore,
    )


def told(clauses: Sequence[Clause]) -> list[tuple[tuple[str, int], ...]]:
    return [clause.terms for clause in clauses]


def test_the_domain_has_what_runs_somewhere_and_absence() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(python=">=3.12"), "3.0": release(python=">=3.14")}})

    assert situation(releases, environment="python_version < '3.14'").domain("a") == 0b0111
    assert situation(releases, environment="python_version < '3.12'").domain("a[x]") == 0b0011


def test_the_locked_version_is_best_then_an_earlier_pick_then_the_newest() -> None:
    releases = world({"a": ["1.0", "2.0", "3.0", "4.0"]})
    locked = Preferences({A: (("2.0", markers.ALWAYS),)})

    assert situation(releases, preferences=locked, earlier={"a": [3]}).best(A, 0b11111) == 2
    assert situation(releases, preferences=locked, earlier={"a": [3]}).best(A, 0b11011) == 3
    assert situation(releases, earlier={"a": [3]}).best(A, 0b11111) == 3
    assert situation(releases).best(A, 0b11111) == 4
    assert situation(releases).best(A, 0b00001) == 0


def test_of_several_locked_versions_those_of_this_environment_count_newest_first() -> None:
    releases = world({"a": ["1.0", "2.0", "3.0", "4.0"]})
    locked = Preferences(
        {
            A: (
                ("1.0", markers.parse("python_version < '3.12'")),
                ("2.0", markers.parse("python_version < '3.12'")),
                ("3.0", markers.parse("python_version >= '3.12'")),
            )
        }
    )

    assert (
        situation(releases, environment="python_version < '3.12'", preferences=locked).best(A, 0b11111) == 2
    )


def test_a_stable_version_is_better_than_a_newer_prerelease() -> None:
    releases = world({"a": ["1.0", "2.0b1"]})

    assert situation(releases).best(A, 0b111) == 1
    assert situation(releases).best(A, 0b101) == 2


def test_a_version_for_some_pythons_splits_the_environment() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(python=">=3.12")}})

    with pytest.raises(PythonSplit, match=r"^a 2.0 needs Python >=3.12$") as split:
        situation(releases).choose("a", 0b110, {})

    assert split.value.marker == markers.parse("python_version >= '3.12'")


def test_an_earlier_pick_for_some_pythons_is_no_reason_to_split() -> None:
    releases = world({"a": {"1.0": release(python=">=3.12"), "2.0": []}})

    assert situation(releases, earlier={"a": [1]}).choose("a", 0b110, {}) == 2


def test_an_earlier_pick_that_comes_first_anyway_is_a_reason_to_split() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(python=">=3.12")}})

    with pytest.raises(PythonSplit):
        situation(releases, earlier={"a": [2, 1]}).choose("a", 0b110, {})
    with pytest.raises(PythonSplit):
        situation(releases, earlier={"a": [1, 2]}).choose("a", 0b110, {})
    assert situation(releases, earlier={"a": [1]}).choose("a", 0b110, {}) == 1


def test_an_extra_takes_the_version_of_its_package() -> None:
    releases = world({"a": ["1.0", "2.0"]})

    assert situation(releases).choose("a[x]", 0b110, {"a": 1}) == 1
    assert situation(releases).choose("a[x]", 0b100, {"a": 1}) == 2


def test_a_requirement_is_a_clause_on_the_package_and_on_each_extra() -> None:
    releases = world({"a": {"1.0": ["b[x,y]>=2"]}, "b": ["1.0", "2.0"]})

    clauses = list(situation(releases).clauses("a", 1))

    assert told(clauses) == [
        (("a", 0b10), ("b", 0b011)),
        (("a", 0b10), ("b[x]", 0b011)),
        (("a", 0b10), ("b[y]", 0b011)),
    ]
    assert {clause.fact for clause in clauses} == {
        Needs("a", 0b10, Demand(B, (extra_name("x"), extra_name("y")), ">=2", markers.ALWAYS))
    }


def test_a_requirement_nothing_meets_refuses_the_version_alone() -> None:
    releases = world({"a": {"1.0": ["b>=9"]}, "b": ["1.0"]})

    assert told(list(situation(releases).clauses("a", 1))) == [(("a", 0b10),)]


def test_an_extra_and_its_package_hold_each_other_to_one_version() -> None:
    releases = world({"a": {"1.0": ["b; extra == 'x'"], "2.0": []}, "b": ["1.0"]})

    clauses = list(situation(releases).clauses("a[x]", 1))

    assert told(clauses) == [
        (("a[x]", 0b010), ("a", 0b101)),
        (("a", 0b010), ("a[x]", 0b100)),
        (("a[x]", 0b010), ("b", 0b01)),
    ]
    assert clauses[0].fact == SameVersion("a[x]", 0b10)


def test_a_version_that_needs_another_version_of_itself_is_refused() -> None:
    releases = world({"a": {"1.0": ["a>=2"], "2.0": ["a>=1"]}})

    assert told(list(situation(releases).clauses("a", 1))) == [(("a", 0b010),)]
    assert told(list(situation(releases).clauses("a", 2))) == []


def test_requirements_that_never_hold_here_demand_nothing() -> None:
    releases = world({"a": {"1.0": ["gone; python_version < '3.9'"]}})

    assert list(situation(releases).clauses("a", 1)) == []
    assert releases.listings_asked == [A]


def test_metadata_that_contradicts_the_index_about_python_is_believed() -> None:
    releases = world(
        {"a": {"1.0": release(metadata_python=">=3.12"), "2.0": release(metadata_python=">=3.99")}}
    )
    here = situation(releases, environment="python_version >= '3.10' and python_version < '3.14'")

    with pytest.raises(PythonSplit):
        list(here.clauses("a", 1))
    assert [clause.fact for clause in here.clauses("a", 2)] == [Rejected("a", 0b100, "needs Python >=3.99")]


def test_siblings_split_only_where_their_best_picks_differ() -> None:
    alike = world({"a": {"1.0": ["b>=1; os_name == 'nt'", "b>=2; os_name != 'nt'"]}, "b": ["1.0", "2.0"]})
    unlike = world({"a": {"1.0": ["b<2; os_name == 'nt'", "b; os_name != 'nt'"]}, "b": ["1.0", "2.0"]})

    assert len(list(situation(alike).clauses("a", 1))) == 2
    with pytest.raises(Split) as split:
        list(situation(unlike).clauses("a", 1))
    assert split.value.marker == markers.parse("os_name == 'nt'")


def test_siblings_that_the_locked_version_serves_do_not_split() -> None:
    releases = world({"a": {"1.0": ["b<3; os_name == 'nt'", "b; os_name != 'nt'"]}, "b": ["2.0", "3.0"]})
    locked = Preferences({B: (("2.0", markers.ALWAYS),)})

    assert len(list(situation(releases, preferences=locked).clauses("a", 1))) == 2


def test_siblings_that_hold_everywhere_are_simply_both_demanded() -> None:
    releases = world({"a": {"1.0": ["b<3", "b>=1"]}, "b": ["1.0", "2.0", "3.0"]})

    assert told(list(situation(releases).clauses("a", 1))) == [
        (("a", 0b10), ("b", 0b1001)),
        (("a", 0b10), ("b", 0b0001)),
    ]


def test_a_refusal_by_a_requirement_of_a_part_splits_and_one_of_the_whole_does_not() -> None:
    releases = world({"a": {"1.0": ["b<1; os_name == 'nt'", "b>=1"]}, "b": ["1.0"]})
    here = situation(releases)
    part = Demand(B, (), "<1", markers.parse("os_name == 'nt'"))
    whole = Demand(B, (), ">=1", markers.parse("python_version >= '3.8'"))

    here.refused("a", 1, Clause((), Needs("a", 0b10, whole)))
    with pytest.raises(Split):
        here.refused("a", 1, Clause((), Needs("a", 0b10, part)))


def test_a_refusal_covers_the_next_versions_whose_metadata_is_on_its_way() -> None:
    versions = {f"1.{n}": ["b>=9"] for n in range(9)}
    releases = world({"a": {"0.1": [], "0.2": ["b>=8"], **versions}, "b": ["1.0"]})
    here = situation(releases)
    for number in (11, 10, 9):
        here.choose("a", (1 << number + 1) - 2, {})

    assert told(list(here.clauses("a", 9))) == [(("a", 0b001111111000),), (("a", 0b000000000100),)]
    assert told(list(here.clauses("a", 1))) == []


def test_a_refusal_in_a_part_of_the_environment_covers_no_other_version() -> None:
    versions = {f"1.{n}": ["b>=9; os_name == 'nt'"] for n in range(4)}
    here = situation(world({"a": versions, "b": ["1.0"]}))
    for number in (4, 3, 2):
        here.choose("a", (1 << number + 1) - 2, {})

    assert told(list(here.clauses("a", 2))) == [(("a", 0b00100),)]


def test_a_refused_extra_takes_its_versions_from_the_package() -> None:
    releases = world({"a": {"1.0": [], "2.0": ["b>=9; extra == 'x'"]}, "b": ["1.0"]})

    assert told(list(situation(releases).clauses("a[x]", 2))) == [
        (("a[x]", 0b100),),
        (("a[x]", 0b010), ("a", 0b101)),
    ]
