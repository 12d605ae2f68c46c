from pathlib import Path

from detent.cli.cache_report import fault_lines, repair_lines
from detent.ops.cache import CacheCheck
from detent.store.verify import Fault, Verdict

NOWHERE = Path("/nowhere")


def wrong_modes(subject: str, number: int) -> tuple[Fault, ...]:
    return tuple(Fault(subject, f"file-{n:02}", "mode", NOWHERE, NOWHERE, mode=0o644) for n in range(number))


def test_of_a_package_with_many_wrong_files_some_are_named_the_damaged_ones_first() -> None:
    damaged = Fault("`a` 1.0", "z", "changed", NOWHERE, NOWHERE)

    lines = list(
        fault_lines(Verdict(faults=(*wrong_modes("`a` 1.0", 12), damaged, *wrong_modes("`b` 1.0", 1))))
    )

    assert lines[:2] == ["`a` 1.0: `z` is damaged", "`a` 1.0: `file-00` has another mode than 0644"]
    assert lines[9:] == [
        "`a` 1.0: `file-08` has another mode than 0644",
        "`a` 1.0: 3 more files",
        "`b` 1.0: `file-00` has another mode than 0644",
    ]


def test_files_that_were_put_right_are_other_ones_only_beside_what_was_removed() -> None:
    verdict = Verdict(faults=wrong_modes("`a` 1.0", 2))

    assert list(repair_lines(CacheCheck(verdict, (), 0), repairs=True)) == ["Put right 2 files"]
    assert "Put right 2 other files" in repair_lines(CacheCheck(verdict, ("`b` 1.0",), 0), repairs=True)
