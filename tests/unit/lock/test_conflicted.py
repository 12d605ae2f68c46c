"""Texts with conflict markers in them, taken apart."""

import pytest

from detent.errors.lock import LockConflicted
from detent.lock.conflicted import read_side, take_apart
from detent.lock.pylock import parse_lock, render_lock
from support.locks import entry, inputs, lock

MERGE = "top\n<<<<<<< HEAD\nmine\n=======\nyours\n>>>>>>> side\nend\n"
DIFF3 = "top\n<<<<<<< HEAD\nmine\n||||||| 1a2b3c\nwas\n=======\nyours\n>>>>>>> side\nend\n"


def sides(text: str) -> tuple[str, str | None, str]:
    """Ours, base and theirs."""
    found = take_apart(text)
    return found.ours, found.base, found.theirs


def test_the_lines_around_a_conflict_are_of_every_side() -> None:
    assert sides(MERGE) == ("top\nmine\nend\n", None, "top\nyours\nend\n")
    assert sides(DIFF3) == ("top\nmine\nend\n", "top\nwas\nend\n", "top\nyours\nend\n")
    found = take_apart(DIFF3)
    assert (found.our_label, found.their_label) == ("HEAD", "side")


def test_a_text_without_a_conflict_is_every_side() -> None:
    assert sides("one\ntwo\n") == ("one\ntwo\n",) * 3


def test_of_several_conflicts_each_has_its_say() -> None:
    assert sides(DIFF3 + DIFF3) == (
        "top\nmine\nend\n" * 2,
        "top\nwas\nend\n" * 2,
        "top\nyours\nend\n" * 2,
    )
    assert sides(DIFF3 + MERGE)[1] is None


def test_ends_of_lines_stay_and_a_byte_order_mark_goes() -> None:
    assert sides("\ufeff" + DIFF3.replace("\n", "\r\n"))[0] == "top\r\nmine\r\nend\r\n"


@pytest.mark.parametrize("length", [7, 8, 15])
def test_markers_may_be_longer(length: int) -> None:
    text = DIFF3
    for sign in "<|=>":
        text = text.replace(sign * 7, sign * length)
    assert sides(text) == sides(DIFF3)


@pytest.mark.parametrize("part", ["", "mine\n", "=======\n"])
def test_a_side_may_be_empty(part: str) -> None:
    ours = part if part == "mine\n" else ""
    middle = f"{ours}=======\n"
    assert sides(f"a\n<<<<<<< x\n{middle}>>>>>>> y\nb\n") == (f"a\n{ours}b\n", None, "a\nb\n")


def test_a_base_that_was_in_conflict_itself_is_taken_apart_too() -> None:
    """As git writes them where two branches were merged with each other both ways."""
    nested = "<<<<<<<<< one\nleft\n||||||||| two\nroot\n=========\nright\n>>>>>>>>> three\n"
    text = DIFF3.replace("was\n", nested)
    assert sides(text) == ("top\nmine\nend\n", "top\nroot\nend\n", "top\nyours\nend\n")
    assert sides(text.replace("||||||||| two\nroot\n", ""))[1] is None


def test_a_conflict_that_was_committed_in_one_side_gives_the_outermost_sides() -> None:
    inner = "<<<<<<< HEAD\ninner mine\n=======\ninner yours\n>>>>>>> other\n"
    assert sides(MERGE.replace("mine\n", inner, 1))[0] == "top\ninner mine\nend\n"
    assert sides(MERGE.replace("yours\n", inner))[2] == "top\ninner yours\nend\n"


@pytest.mark.parametrize("missing", ["<<<<<<< HEAD\n", "=======\n", ">>>>>>> side\n"])
def test_markers_that_somebody_took_out_are_no_reason_to_fail(missing: str) -> None:
    ours, base, theirs = sides(MERGE.replace(missing, ""))
    assert "<" not in ours + theirs + (base or "")
    assert ours.startswith("top\n")


JJ = """\
top
<<<<<<< conflict 1 of 1
%%%%%%% diff from base to side #1
\\\\\\\\\\\\\\ to: side
 same
-was
+mine
+++++++ side #2
same
yours
>>>>>>> conflict 1 of 1 ends
end
"""


def test_conflicts_of_jj_are_known_in_both_of_its_forms() -> None:
    expected = ("top\nsame\nmine\nend\n", "top\nsame\nwas\nend\n", "top\nsame\nyours\nend\n")
    assert sides(JJ) == expected
    snapshots = (
        "top\n<<<<<<< conflict\n+++++++ side #1\nsame\nmine\n------- base\nsame\nwas\n"
        "+++++++ side #2\nsame\nyours\n>>>>>>> ends\nend\n"
    )
    assert sides(snapshots) == expected


WHOLE = render_lock(lock(entry("a", "1.0"), entry("b", "1.0"), made_from=inputs(["a", "b"])))


def test_a_side_that_is_a_lock_is_read_as_one() -> None:
    assert read_side(WHOLE) == parse_lock(WHOLE, "")


def test_of_a_side_that_is_none_the_entries_that_can_be_read_are() -> None:
    cut = WHOLE.replace('name = "a"\n', 'name = "a\n')
    found = read_side(cut)
    assert [package.name for package in found.packages] == ["b"]
    assert found.inputs == parse_lock(WHOLE, "").inputs


def test_of_a_side_that_has_no_head_the_entries_are_read() -> None:
    found = read_side(WHOLE[WHOLE.index("[[packages]]") :])
    assert [package.name for package in found.packages] == ["a", "b"]


def test_of_what_is_no_lock_at_all_nothing_is_read() -> None:
    assert read_side("= nonsense [").packages == ()


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", ">>>>>>> x", "=======", "||||||| base", "<<<<<<<<<< y"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_lock_with_a_marker_in_it_is_refused_by_file_and_line(marker: str, end: str) -> None:
    lines = WHOLE.splitlines()
    text = end.join((*lines[:3], marker, *lines[3:], ""))
    with pytest.raises(LockConflicted) as caught:
        parse_lock(text, "sub/pylock.toml")
    assert "`sub/pylock.toml:4`" in caught.value.what
    assert caught.value.exit_code == 2
