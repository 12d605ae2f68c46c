"""What is said of builds, joined from several files, and what of it goes into a key."""

from detent.model.names import PackageName
from detent.project.building import (
    BuildTerms,
    ExtraRequirement,
    joined,
    read_bounds,
    read_extra,
    read_variables,
    with_constraints,
)

A, B = PackageName("a"), PackageName("b")


def test_requirements_add_up_and_of_a_variable_the_nearer_counts() -> None:
    found = joined(
        [("x<2",), ("x<3", "y")],
        [{A: (ExtraRequirement("z"),)}, {A: (ExtraRequirement("z"), ExtraRequirement("w"))}],
        [{A: {"J": "near"}}, {A: {"J": "far", "K": "far"}}],
        {},
    )

    assert found.constraints == ("x<2", "x<3", "y")
    assert found.extra == {A: (ExtraRequirement("w"), ExtraRequirement("z"))}
    assert found.variables == {A: {"J": "near", "K": "far"}}


def test_nothing_said_adds_nothing_to_a_key() -> None:
    said = BuildTerms()._replace(variables={A: {"J": "1"}})

    assert BuildTerms().facts(A) == said.facts(B) == ()
    assert said.facts(A)


def test_everything_said_tells_builds_apart() -> None:
    extra = {A: (ExtraRequirement("x", matches_runtime=True),)}
    facts = [
        BuildTerms().facts(A),
        BuildTerms()._replace(constraints=("x<2",)).facts(A),
        BuildTerms()._replace(extra=extra).facts(A),
        BuildTerms()._replace(extra=extra).facts(A, ("x==1",)),
        BuildTerms()._replace(variables={A: {"J": "1"}}).facts(A),
        BuildTerms().facts(A, build_in="/here"),
        BuildTerms().facts(A, build_in="/there"),
        BuildTerms()._replace(variables={A: {"J": "1"}}).facts(A, build_in="/here"),
        BuildTerms()._replace(extra=extra).facts(A, ("x==1",), build_in="/here"),
    ]

    assert len(set(map(repr, facts))) == len(facts)


def test_texts_are_in_their_one_form() -> None:
    assert read_bounds(["X  >= 1,<2", "y; python_version < '0'"]) == ("x>=1,<2",)
    assert read_extra({"A": ["Z", {"requirement": "W", "match-runtime": True}]}) == {
        A: (ExtraRequirement("z"), ExtraRequirement("w", matches_runtime=True))
    }
    assert read_variables({"A": {"J": ""}}) == {A: {"J": ""}}
    assert with_constraints(BuildTerms(), ["Y", "X"]).constraints == ("x", "y")


def test_what_is_to_match_takes_its_extras_and_markers_along() -> None:
    extra = read_extra({"a": [{"requirement": "x[e]; os_name == 'nt'", "match-runtime": True}, "y"]})
    terms = BuildTerms()._replace(extra=extra)

    assert terms.matched(A, {PackageName("x"): "1.0"}) == ("x[e]==1.0; sys_platform == 'win32'",)
    assert terms.matched(A, {PackageName("x"): ""}) == terms.matched(A, {}) == terms.matched(B, {}) == ()
