"""Bounds moved up in the style they are written in."""

import tomllib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from detent.model.requirement import Requirement
from detent.model.specifiers import Clause, clause_spans, parse_clauses
from detent.project.placing import Table
from detent.project.raising import loosened, raised, with_bounds


@pytest.mark.parametrize(
    ("before", "version", "after"),
    [
        (">=1.2,<2", "3.4.5", ">=3.4,<4"),
        (">=1.2, <2", "1.9.1", ">=1.9, <2"),
        (">= 1.2.3 , < 2.0", "2.1", ">= 2.1.0 , < 3.0"),
        ("(>=1,<1.5)", "1.7.2", "(>=1,<1.8)"),
        ("<0.29", "0.30.1", "<0.31"),
        ("~=1.4", "2.3.1", "~=2.3"),
        ("~=1.4.2", "2.3", "~=2.3.0"),
        ("==1.2.3", "2.0", "==2.0"),
        ("==1.*", "2.3", "==2.*"),
        ("===1.2", "2.3", "===2.3"),
        ("===one", "2.3", "===one"),
        ("==3.*", "2.3", "==3.*"),
        ("==3.1", "2.3", "==3.1"),
        ("==1.2+cpu", "2.0+cpu", "==2.0+cpu"),
        ("<=1.9", "2.3.1", "<=2.3.1"),
        (">1", "2.0", ">1"),
        ("!=1.5,>=1", "2.0", "!=1.5,>=2"),
        (">=1", "1.9.2", ">=1"),
        (">=1.10", "1.9", ">=1.10"),
        (">=2.0", "3.0rc1", ">=3.0rc1"),
        (">=2.0b1", "2.0.3", ">=2.0"),
        ("<2.0a0", "2.5", "<3.0a0"),
        (">=1,<2", "1!1.0", ">=1!1,<1!2"),
        ("==1.2.3", "1.2.3", "==1.2.3"),
        (">=1.2.0", "1.2", ">=1.2.0"),
        ("", "2", ""),
    ],
)
def test_every_kind_of_bound_keeps_its_shape(before: str, version: str, after: str) -> None:
    assert raised(before, [version]) == after


@pytest.mark.parametrize(
    ("before", "versions", "after"),
    [
        (">=1,<2", ["2.5", "1.8"], ">=1,<3"),
        (">=1.1,<2", ["2.5", "3.1"], ">=2.5,<4"),
        ("==1.*", ["1.9", "2.1"], "==1.*"),
        ("~=1.4", ["1.8", "2.1"], "~=1.4"),
        (">=1", [], ">=1"),
    ],
)
def test_several_versions_are_all_let_in_or_nothing_is_moved(
    before: str, versions: Sequence[str], after: str
) -> None:
    assert raised(before, versions) == after


numbers = some.lists(some.integers(0, 12), min_size=1, max_size=4)
finals = numbers.map(lambda parts: ".".join(map(str, parts)))
versions = some.tuples(finals, some.sampled_from(["", "", "", "a1", "rc2", ".post1", ".dev3"])).map("".join)


@some.composite
def clauses(draw: some.DrawFn) -> str:
    operator = draw(some.sampled_from([">=", ">", "<", "<=", "==", "~=", "!=", "==*"]))
    version = draw(versions)
    if operator == "~=" and len(Version(version).release) < 2:
        version = f"{draw(some.integers(0, 5))}.{version}"
    if operator == "==*":
        return f"=={draw(finals)}.*"
    return operator + draw(some.sampled_from(["", " "])) + version


specifiers = some.lists(clauses(), min_size=1, max_size=3).map(", ".join)


def floor(specifier: str) -> tuple[object, ...]:
    """The key below which nothing is allowed."""
    lower = [c for c in parse_clauses(specifier) if c.operator in {">=", ">", "==", "~="}]
    return max((clause_spans(clause)[0][0] for clause in lower), default=())


@given(specifiers, some.lists(versions, min_size=1, max_size=3))
def test_what_was_moved_lets_the_versions_in_and_nothing_older_than_before(
    specifier: str, wanted: list[str]
) -> None:
    after = raised(specifier, wanted)

    if after != specifier:
        allowed = SpecifierSet(after, prereleases=True)
        assert all(Version(version) in allowed for version in wanted)
    assert floor(after) >= floor(specifier)
    assert [c.operator for c in parsed(after)] == [c.operator for c in parsed(specifier)]
    assert raised(after, wanted) == after


def parsed(specifier: str) -> list[Clause]:
    return [parse_clauses(part)[0] for part in specifier.split(",")]


@given(specifiers, finals)
def test_what_is_loosened_allows_all_releases_that_were_allowed_and_has_no_end(
    specifier: str, version: str
) -> None:
    loose = loosened(specifier)
    allowed = SpecifierSet(loose, prereleases=True)

    assert not any(clause.operator in {"<", "<=", "==", "~="} for clause in parse_clauses(loose))
    assert Version("99!1") in allowed
    if Version(version) in SpecifierSet(specifier, prereleases=True):
        assert Version(version) in allowed


TEXT = """\
[project]
name = "demo"
version = "1"
dependencies = [
    "a >=1.2, <2 ; python_version > '3'",  # keep
    'b[x,y]~=1.4',
    "c",
    "d @ https://example.com/d.whl",
    "\\u0065>=1; sys_platform == \\"linux\\"",
]
optional-dependencies = { net = ["a==1.5"] }

[dependency-groups]
dev = [{include-group = "test"}, "b>=1"]
test = ["a<=1.9"]
"""


def test_only_the_bounds_of_what_is_wanted_change_in_the_text() -> None:
    asked: list[tuple[str, str]] = []

    def bounds(table: Table, requirement: Requirement, written: str) -> str:
        asked.append((table.label, str(requirement.name)))
        return raised(written, {"a": ("2.3.1",), "b": ("1.9",), "e": ("3",)}.get(requirement.name, ()))

    after, moved = with_bounds(TEXT, bounds)

    assert after == (
        TEXT.replace(">=1.2, <2 ;", ">=2.3, <3 ;")
        .replace("~=1.4", "~=1.9")
        .replace('"\\u0065>=1; sys_platform == \\"linux\\""', "\"e>=3; sys_platform == 'linux'\"")
        .replace("a==1.5", "a==2.3.1")
        .replace("a<=1.9", "a<=2.3.1")
    )
    assert tomllib.loads(after)["dependency-groups"]["dev"] == [{"include-group": "test"}, "b>=1"]
    assert [(m.table, m.line, m.before, m.after) for m in moved][:2] == [
        (
            "project.dependencies",
            5,
            "a >=1.2, <2 ; python_version > '3'",
            "a >=2.3, <3 ; python_version > '3'",
        ),
        ("project.dependencies", 6, "b[x,y]~=1.4", "b[x,y]~=1.9"),
    ]
    assert ("project.dependencies", "c") not in asked
    assert with_bounds(TEXT, lambda _table, _requirement, written: written) == (TEXT, ())


def test_line_endings_and_a_byte_order_mark_stay() -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n")
    after, moved = with_bounds(
        text, lambda _, need, written: raised(written, ("9",) if need.name == "b" else ())
    )

    assert after == text.replace("~=1.4", "~=9.0").replace("b>=1", "b>=9")
    assert len(moved) == 2
