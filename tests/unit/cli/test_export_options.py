"""The options of `export`, and the command line its files name."""

import pytest

from detent.cli import export_options
from detent.cli.parse import parse
from detent.errors import UsageError
from detent.ops.export import ExportOptions
from detent.ops.selection import Chosen


def asked(line: str, **variables: str) -> ExportOptions:
    return export_options.export(parse(["export", *line.split()], variables).values, variables)


def test_without_flags_everything_is_written() -> None:
    assert asked("") == ExportOptions(command="detent export")


def test_flags_are_read() -> None:
    assert asked(
        "--format constraints.txt --only-group docs --prune a --prune b --no-emit-package c --frozen --no-header"
    ) == ExportOptions(
        chosen=Chosen(only_group=("docs",)),
        format="constraints.txt",
        pruned=("a", "b"),
        left_out=("c",),
        frozen=True,
    )


def test_the_header_names_what_shapes_the_file_alike_for_everybody() -> None:
    password = "https://ada:secret@index.example.com/simple/"

    text = asked(f"-q --no-hashes --default-index {password} -p 3.12 --locked -o a$b.txt --no-dev").command

    assert text == "detent export --output-file 'a$b.txt' --no-dev --no-hashes"
    assert text == asked("--no-dev --output-file=a$b.txt --no-hashes --offline --pre").command
    assert text == asked("-oa$b.txt --no-hashes", DETENT_NO_DEV="1", DETENT_LOCKED="1").command


def test_what_excludes_each_other() -> None:
    for line in ("--no-emit-project --only-emit-project", "--locked --frozen", "--only-dev --no-dev"):
        with pytest.raises(UsageError, match="cannot be used together"):
            asked(line)


def test_bills_of_materials_have_two_names_and_the_time_that_stands_in_for_the_clock() -> None:
    found = asked("--format cyclonedx --no-header", SOURCE_DATE_EPOCH="86400")

    assert found == ExportOptions(format="cyclonedx1.6", moment=86400)


@pytest.mark.parametrize("written", ["now", "-1", "1.5", "9" * 12, "\N{SUPERSCRIPT TWO}"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        asked("", SOURCE_DATE_EPOCH=written)
