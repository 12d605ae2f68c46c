"""Why, and why not, as lines: foreign text made harmless, lists that are too long cut."""

from detent.cli.why_report import facts, lines, why_not_facts, why_not_lines
from detent.lock.diff import Change
from detent.lock.why import Reasons
from detent.model.requirement import Origin, package_name, parse_requirement
from detent.ops.why import WhyOutcome
from detent.ops.why_not import WhyNotOutcome
from detent.resolve.hindrance import Hindrance
from support.locks import entry, inputs, lock

LOW = package_name("low")


def test_bounds_of_many_are_named_in_part_and_paths_that_are_left_out_counted() -> None:
    names = [f"p{number:02}" for number in range(12)]
    made_from = inputs(names)
    made = lock(*(entry(name, needs=["low<2"]) for name in names), entry("low"), made_from=made_from)
    outcome = WhyOutcome(LOW, (), Reasons(made, made_from).of(LOW))

    told = list(lines(outcome))

    assert told[1] == "  demo -> p00 (v1.0) -> low<2"
    assert told[-3:] == [
        "  and 2 more paths; `--all` shows them",
        "  lower bound: none",
        "  upper bound: <2, of p00 v1.0, p01 v1.0, p02 v1.0 and 9 more",
    ]
    assert len(told) == 14


def test_what_nobody_asks_for_is_a_member_or_left_over() -> None:
    made_from = inputs([])
    reasons = Reasons(lock(entry("low"), made_from=made_from), made_from).of(LOW)

    assert "  a member of the workspace" in list(lines(WhyOutcome(LOW, (LOW,), reasons)))
    assert "  nothing asks for it any more" in list(lines(WhyOutcome(LOW, (), reasons)))
    assert facts(WhyOutcome(LOW, (), reasons))["name"] == "low"


def test_text_from_a_lock_cannot_drive_a_terminal() -> None:
    made_from = inputs(["low"])
    made = lock(entry("low", version="1\x1b[2J"), made_from=made_from)

    assert not any("\x1b" in line for line in lines(WhyOutcome(LOW, (), Reasons(made, made_from).of(LOW))))


def test_what_could_be_names_every_move_and_the_command() -> None:
    moves = (
        Change(package_name("a"), ("1",), ("2",)),
        Change(package_name("b"), (), ("1",)),
        Change(package_name("c"), ("1",), ()),
    )
    outcome = WhyNotOutcome(
        "possible", LOW, "==2", ("1",), version="2", moves=moves, command="detent lock -P low==2"
    )

    assert list(why_not_lines(outcome)) == [
        "low 2 can be locked (locked: 1)",
        "  with it a v1 -> v2",
        "  with it b v1 comes",
        "  with it c v1 goes",
        "  next: run `detent lock -P low==2`",
    ]
    assert why_not_facts(outcome)["next"] == ["run `detent lock -P low==2`"]


def test_what_is_in_the_way_stands_behind_the_argument() -> None:
    own = parse_requirement("web<2", Origin("project.dependencies", 7))
    hindrance = Hindrance(
        ("your project needs web<2", "web 1 needs low<2"), (own,), "", ("write it", "or not")
    )
    outcome = WhyNotOutcome("hindered", LOW, ">=2", (), version="3", hindrance=hindrance)

    assert list(why_not_lines(outcome)) == [
        "low>=2 cannot be locked (not in the lock)",
        "  your project needs web<2",
        "  web 1 needs low<2",
        "  in the way: `web<2` (pyproject.toml:7)",
        "  next: write it",
        "  next: or not",
    ]
    beside = outcome._replace(specifier="==3", locked=("1", "3"))
    assert next(why_not_lines(beside)) == "low 3 is locked, and cannot be everywhere (locked: 1, 3)"
    assert why_not_facts(outcome)["requirements"] == [
        {"requirement": "web<2", "table": "project.dependencies", "file": "pyproject.toml", "line": 7}
    ]


def test_the_other_answers_are_one_line() -> None:
    unlisted = WhyNotOutcome("unlisted", LOW, "==9", ("1",), newest="3")
    sourced = WhyNotOutcome("sourced", LOW, "", ("1",))
    there = WhyNotOutcome("locked", LOW, "==2", ("1", "2"), version="2")

    assert [list(why_not_lines(outcome)) for outcome in (unlisted, sourced, there)] == [
        ["low==9 is not on the index; the newest there is 3 (locked: 1)"],
        ["low comes from no index, so there is no other version of it"],
        ["low 2 is locked already, beside 1"],
    ]
