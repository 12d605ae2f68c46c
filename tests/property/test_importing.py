"""Poetry's constraints as specifiers: poetry-core is the judge, version by version."""

import warnings

from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.markers import Marker as PackagingMarker
from packaging.specifiers import SpecifierSet
from poetry.core.constraints.version import Version as PoetryVersion
from poetry.core.constraints.version import parse_constraint

from detent.model import markers
from detent.project.importing.constraints import (
    InvalidConstraint,
    python_marker,
    python_specifier,
    specifier,
)

NUMBERS = st.integers(0, 4)
RELEASES = st.lists(NUMBERS, min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers)))
VERSIONS = st.builds("{}{}".format, RELEASES, st.sampled_from(("", "", "", "a1", "rc2", ".post1", ".dev3")))
PLAIN = st.builds("{}{}".format, RELEASES, st.sampled_from(("", ".post1")))
SHORT = st.lists(NUMBERS, min_size=1, max_size=3).map(lambda numbers: ".".join(map(str, numbers)))
SINGLES = st.one_of(
    st.builds("{}{}".format, st.sampled_from(("^", "~", "", "=", "==", ">=", "<=", "<", "!=")), VERSIONS),
    st.builds("{}{}.*".format, st.sampled_from(("", "==", "!=")), SHORT),
    st.just("*"),
)
RANGES = st.one_of(
    st.builds("{}{}".format, st.sampled_from(("^", "~")), SHORT),
    st.builds("{}.*".format, SHORT),
    st.builds(">={},<{}".format, SHORT, SHORT),
)


def allows(specifier_text: str, version: str) -> bool:
    return SpecifierSet(specifier_text, prereleases=True).contains(version)


def poetry_allows(constraint: str, version: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_constraint(constraint).allows(PoetryVersion.parse(version))


@given(SINGLES, VERSIONS)
def test_one_comparison_allows_what_it_allows_in_poetry(constraint: str, version: str) -> None:
    found = specifier(constraint)

    assert found.is_exact
    assert allows(found.text, version) == poetry_allows(constraint, version)


@given(st.lists(SINGLES, min_size=2, max_size=3), st.sampled_from((",", ", ", " , ")), VERSIONS)
def test_several_comparisons_allow_what_all_of_them_allow(parts: list[str], comma: str, version: str) -> None:
    # Part by part: what poetry-core makes of `^0,!=0` lets `0.post1` fall.
    expected = all(poetry_allows(part, version) for part in parts)

    assert allows(specifier(comma.join(parts)).text, version) == expected


@given(st.lists(RANGES, min_size=2, max_size=3), PLAIN)
def test_a_union_allows_at_least_what_its_parts_allow(parts: list[str], version: str) -> None:
    constraint = " || ".join(parts)

    if poetry_allows(constraint, version):
        assert allows(specifier(constraint).text, version)


@given(st.lists(RANGES, min_size=2, max_size=3), PLAIN)
def test_a_union_said_to_be_exact_allows_no_release_more(parts: list[str], version: str) -> None:
    constraint = " || ".join(parts)
    found = specifier(constraint)
    assume(found.is_exact)

    assert allows(found.text, version) == poetry_allows(constraint, version)


MINORS = st.sampled_from(("2.7", "3.0", "3.5", "3.8", "3.9", "3.11", "3.12", "4.0"))
PYTHONS = st.sampled_from(
    ("2.7.18", "3.0.1", "3.5.2", "3.6.0", "3.8.0", "3.8.10", "3.9.1", "3.11.4", "3.12.0", "3.13.1")
)
PYTHON_PARTS = st.one_of(
    st.builds("{}{}".format, st.sampled_from(("^", "~", ">=", "<")), MINORS),
    st.builds("{}.*".format, MINORS),
    st.builds(">={},<{}".format, MINORS, MINORS),
)


@given(st.lists(PYTHON_PARTS, min_size=1, max_size=3), PYTHONS)
def test_a_constraint_on_python_holds_as_marker_and_as_specifier(parts: list[str], python: str) -> None:
    constraint = " || ".join(parts)
    expected = poetry_allows(constraint, python)
    marker, found = python_marker(constraint), python_specifier(constraint)
    environment = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}

    if marker in {markers.ALWAYS, markers.NEVER}:
        assert (marker == markers.ALWAYS) == expected
    else:
        assert PackagingMarker(markers.render(marker)).evaluate(environment) == expected
    assert allows(found.text, python) == expected or (not found.is_exact and not expected)


@given(st.text(alphabet="^~*.,| <>=!0123456789abrcx", max_size=12))
def test_any_text_is_read_or_refused(constraint: str) -> None:
    try:
        found = specifier(constraint)
    except InvalidConstraint:
        return
    SpecifierSet(found.text)
