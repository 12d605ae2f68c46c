"""The lines a lock keeps of what a project says beside its requirements."""

import pytest

from detent.model import markers
from detent.model.adjustment_texts import (
    TABLES,
    UnreadableAdjustment,
    adjustment_texts,
    read_adjustment_texts,
    subject,
)
from detent.model.adjustments import (
    NO_ADJUSTMENTS,
    Adjustments,
    Exclusion,
    Exclusive,
    Override,
    StatedMetadata,
)
from detent.model.requirement import ExtraName, PackageName, parse_requirement

SAID = Adjustments(
    constraints=(parse_requirement("b<2; sys_platform == 'win32'"), parse_requirement("a<2")),
    overrides=(
        Override(parse_requirement("c==1")),
        Override(parse_requirement("d; python_version < '3' and python_version > '3'")),
        Override(parse_requirement("e>=2"), PackageName("p")),
        Override(parse_requirement("e>=3; platform_version == 'x: y'"), PackageName("p"), "1!2.0+cpu"),
    ),
    excludes=(PackageName("g"), PackageName("f")),
    scoped_excludes=(
        Exclusion(PackageName("p"), (PackageName("f"), PackageName("h"))),
        Exclusion(PackageName("p"), (PackageName("f"),), "1!2.0+cpu"),
        Exclusion(PackageName("p"), (), "3"),
    ),
    conflicts=(
        Exclusive((markers.in_extra("x"), markers.in_group("y")), ("extra `x`", "group `y`")),
        Exclusive(
            (
                markers.in_extra("x"),
                markers.parse("'z' in extras or ('all' in extras and platform_version == 'a | b')"),
            ),
            ("extra `x`", "extra `z`"),
        ),
    ),
    environments=(markers.parse("sys_platform == 'linux'"),),
    required_environments=(markers.parse("sys_platform == 'linux' and platform_machine == 'x86_64'"),),
    metadata=(
        StatedMetadata(PackageName("m")),
        StatedMetadata(
            PackageName("m"),
            "0.70",
            ">=3.8,<4",
            ("n>=1; platform_version == 'a | b'", "o; 'test' in extras"),
            (ExtraName("net"), ExtraName("test")),
        ),
    ),
)


def test_every_table_has_a_readable_line_for_each_thing() -> None:
    assert adjustment_texts(SAID) == (
        (
            "conflicts",
            (
                "extra x | extra z (('all' in extras and platform_version == 'a | b') or 'z' in extras)",
                "extra x | group y",
            ),
        ),
        ("constraint-dependencies", ("a<2", "b<2; sys_platform == 'win32'")),
        (
            "dependency-metadata",
            (
                "m",
                (
                    "m==0.70 | requires-python >=3.8,<4 | extra net | extra test"
                    " | n>=1; platform_version == 'a | b' | o; 'test' in extras"
                ),
            ),
        ),
        ("environments", ("sys_platform == 'linux'",)),
        ("exclude-dependencies", ("f", "g", "p: f, h", "p==1!2.0+cpu: f", "p==3:")),
        (
            "override-dependencies",
            (
                "c==1",
                "d; python_version < '0'",
                "p: e>=2",
                "p==1!2.0+cpu: e>=3; platform_version == 'x: y'",
            ),
        ),
        ("required-environments", ("sys_platform == 'linux' and platform_machine == 'x86_64'",)),
    )


def test_what_is_read_again_is_what_was_said() -> None:
    found = read_adjustment_texts(adjustment_texts(SAID))

    assert {*found.constraints} == {*SAID.constraints}
    assert found.overrides == SAID.overrides
    assert found.excludes == tuple(sorted(SAID.excludes))
    assert {*found.conflicts} == {*SAID.conflicts}
    assert found.scoped_excludes == SAID.scoped_excludes
    assert found[5:] == SAID[5:]


def test_where_nothing_is_said_there_are_no_lines() -> None:
    assert adjustment_texts(NO_ADJUSTMENTS) == ()
    assert adjustment_texts(Adjustments(constraints=(parse_requirement("a"),))) == (
        ("constraint-dependencies", ("a",)),
    )
    assert read_adjustment_texts(()) is NO_ADJUSTMENTS
    assert list(TABLES) == sorted(TABLES)


@pytest.mark.parametrize(
    "line", ["p: a,b", "p: a, ", "p:a", "p: -", "-: a", "p>1: a", ": a", "p==1: a, b==2"]
)
def test_an_exclusion_that_cannot_be_read_is_no_other(line: str) -> None:
    with pytest.raises(UnreadableAdjustment):
        read_adjustment_texts((("exclude-dependencies", ("a", line)),))


def test_a_line_that_says_nothing_is_named_by_its_place() -> None:
    with pytest.raises(UnreadableAdjustment) as caught:
        read_adjustment_texts((("constraint-dependencies", ("a", "=")),))

    assert caught.value.place == "constraint-dependencies[1]"
    assert caught.value.reason.startswith("cannot be read: `=` is not a valid requirement")


@pytest.mark.parametrize(
    ("table", "one", "other"),
    [
        ("constraint-dependencies", "a<2; sys_platform == 'win32'", "a"),
        ("override-dependencies", "p==1: a<2", "p==1: a"),
        ("exclude-dependencies", "p==1: a", "p==1:"),
        ("conflicts", "extra a | extra b", "extra a | extra b ('b' in extras or 'c' in extras)"),
        ("dependency-metadata", "a==1 | b", "a==1"),
    ],
)
def test_two_lines_of_one_subject_are_one_that_changed(table: str, one: str, other: str) -> None:
    assert subject(table, one) == subject(table, other)


@pytest.mark.parametrize(
    ("table", "one", "other"),
    [
        ("constraint-dependencies", "a<2", "b<2"),
        ("constraint-dependencies", "=", "=="),
        ("override-dependencies", "p==1: a<2", "p: a<2"),
        ("override-dependencies", "a<2", "p: a<2"),
        ("exclude-dependencies", "p: a", "p==1: a"),
        ("exclude-dependencies", "p: a", "p"),
        ("conflicts", "extra a | extra b", "extra a | group b"),
        ("dependency-metadata", "a==1 | b", "a==2 | b"),
        ("environments", "os_name == 'nt'", "os_name == 'posix'"),
    ],
)
def test_two_lines_of_different_subjects_are_two(table: str, one: str, other: str) -> None:
    assert subject(table, one) != subject(table, other)
