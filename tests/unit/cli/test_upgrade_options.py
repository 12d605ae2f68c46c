"""Which of a list a person chooses, and the table of what could be newer."""

import pytest

from detent.cli.upgrade_options import narrowed, picked, with_newest
from detent.cli.upgrade_report import outdated_facts, outdated_table
from detent.errors import UsageError
from detent.lock.why import Asker
from detent.model.requirement import package_name
from detent.ops.outdated import Holder, Row, Waiting
from detent.ops.upgrading import UpgradeOptions


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("", ()),
        ("2\n", (2,)),
        ("3 1", (1, 3)),
        ("1-3, 2,4", (1, 2, 3, 4)),
        ("all", (1, 2, 3, 4)),
    ],
)
def test_numbers_ranges_and_all_are_understood(line: str, numbers: tuple[int, ...]) -> None:
    assert picked(line, 4) == numbers


@pytest.mark.parametrize("line", ["5", "0", "1-9", "x", "1-", "-1", "3-1", "99999999999999"])
def test_anything_else_chooses_nothing_and_says_so(line: str) -> None:
    with pytest.raises(UsageError, match="is none of the numbers"):
        picked(line, 4)


def test_the_version_that_was_named_counts_for_what_is_chosen() -> None:
    wanted = UpgradeOptions(names=("Tool==1.2.0", "web"), groups=("dev",))

    assert narrowed(wanted, ("low", "tool")) == UpgradeOptions(names=("Tool==1.2.0", "low"))


def test_what_may_move_is_asked_on_the_index() -> None:
    assert with_newest({"names": (), "group": ()})["upgrade"] is True
    assert with_newest({"names": ("a",), "group": ("dev",)})["upgrade"] is True
    assert with_newest({"names": ("a==1",), "group": ()})["upgrade_package"] == ("a==1",)


def test_a_column_for_what_waits_is_there_where_anything_does() -> None:
    own = Holder("low<2", Asker("demo", place="pyproject.toml:5"))
    held = (own, Holder(reason="needs Python >=3.13"), own)
    row = Row(package_name("low"), "https://i.example/", ("1.0", "1.1"), ("1.1",), "2.0", held, None)
    late = row._replace(holders=(), allowed=(), latest="", waiting=Waiting("3.0", "2030-01-01"))

    assert list(outdated_table([row])) == [
        "package  current   allowed  latest  held by",
        "low      1.0, 1.1  1.1      2.0     low<2 of demo (pyproject.toml:5); it needs Python >=3.13 and 1 more",
    ]
    assert list(outdated_table([late])) == [
        "package  current   allowed     latest  held by  waiting",
        "low      1.0, 1.1  not needed  -                3.0 until 2030-01-01",
    ]
    assert list(outdated_table([])) == []
    facts = outdated_facts([late])["packages"]
    assert isinstance(facts, list)
    assert facts[0]["waiting"] == {"version": "3.0", "until": "2030-01-01"}
