"""Which pins of two locks are preferred, by name and environment."""

from detent.lock.merged_pins import merge_pins, won
from detent.lock.model import Contest, Lock
from detent.model.requirement import package_name
from support.locks import entry, inputs, lock

OLD, NEW = "python_version < '3.12'", "python_version >= '3.12'"


def pins(merged: Lock) -> list[tuple[str, str, str]]:
    return [(package.name, package.version, package.marker) for package in merged.packages]


def of(*packages: tuple[str, str] | tuple[str, str, str], **options: str) -> Lock:
    rows = [entry(row[0], row[1], marker=row[2] if len(row) > 2 else "") for row in packages]
    return lock(*rows, made_from=inputs(options=options))


def test_who_changed_a_pin_wins_whichever_way_it_went() -> None:
    base = of(("a", "2.0"), ("b", "2.0"))
    assert pins(merge_pins(base, of(("a", "1.0"), ("b", "2.0")), of(("a", "2.0"), ("b", "3.0")))) == [
        ("a", "1.0", ""),
        ("b", "3.0", ""),
    ]


def test_of_two_changes_the_newer_version_is_preferred() -> None:
    base, older, newer = of(("a", "1.0")), of(("a", "1.9")), of(("a", "1.10"))
    for ours, theirs in ((older, newer), (newer, older)):
        for was in (base, None):
            assert pins(merge_pins(was, ours, theirs)) == [("a", "1.10", "")]


def test_what_one_side_added_or_removed_stays_to_be_preferred() -> None:
    base = of(("gone", "1.0"))
    assert pins(merge_pins(base, of(("a", "1.0")), of(("b", "1.0"), ("gone", "2.0")))) == [
        ("a", "1.0", ""),
        ("b", "1.0", ""),
        ("gone", "2.0", ""),
    ]


def test_each_environment_is_decided_by_itself() -> None:
    base = of(("a", "1.0", OLD), ("a", "2.0", NEW))
    ours = of(("a", "1.1", OLD), ("a", "2.0", NEW))
    theirs = of(("a", "1.0", OLD), ("a", "2.1", NEW))
    assert pins(merge_pins(base, ours, theirs)) == [("a", "1.1", OLD), ("a", "2.1", NEW)]


def test_a_pin_that_one_side_split_is_contested_in_a_part_alone() -> None:
    split = of(("a", "1.0", OLD), ("a", "3.0", NEW))
    assert pins(merge_pins(of(("a", "1.0")), split, of(("a", "2.0")))) == [
        ("a", "2.0", OLD),
        ("a", "3.0", NEW),
    ]


def test_versions_chosen_by_another_idea_are_not_mixed() -> None:
    base, ours = of(("a", "2.0"), ("b", "2.0")), of(("a", "1.0"), ("b", "1.0"), resolution="lowest")
    theirs = of(("a", "3.0"), ("b", "2.0"))
    assert merge_pins(base, ours, theirs) == ours
    assert merge_pins(base, theirs, ours) == ours


def test_what_was_chosen_is_held_against_both_sides() -> None:
    base = of(("a", "1.0"), ("b", "1.0"), ("c", "1.0"))
    ours = of(("a", "1.1"), ("b", "1.1"), ("c", "1.1"))
    theirs = of(("a", "1.2"), ("b", "1.0"), ("c", "1.2"), ("d", "1.0"))
    found = won(base, ours, theirs, of(("a", "1.2"), ("b", "1.1"), ("c", "1.3"), ("d", "1.0")))
    assert (found.ours, found.theirs) == (1, 2)
    assert found.contests == (
        Contest(package_name("a"), ("1.1",), ("1.2",), ("1.2",)),
        Contest(package_name("c"), ("1.1",), ("1.2",), ("1.3",)),
    )
    assert [contest.name for contest in won(None, ours, theirs, ours).contests] == ["a", "b", "c"]
