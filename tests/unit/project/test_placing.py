import pytest

from detent.errors.project import ManifestInvalid
from detent.project.document import Document, parse_document
from detent.project.placing import Table, array, created, deletions, layout, standing, tables

TEXT = """\
[project]
dependencies = []
[project.optional-dependencies]
Net_2 = [
  "a",
]
[dependency-groups]
dev = []
"""


def document(text: str) -> Document:
    return parse_document(text, "pyproject.toml")


def test_every_list_is_known_by_its_own_spelling() -> None:
    assert [table.label for table in tables(document(TEXT))] == [
        "project.dependencies",
        "project.optional-dependencies.Net_2",
        "dependency-groups.dev",
    ]


def test_a_list_is_found_under_its_normal_name() -> None:
    assert standing(document(TEXT), Table("extra", "net-2")) == Table("extra", "Net_2")
    assert standing(document(TEXT), Table("group", "net-2")) is None


def test_a_value_that_is_no_list_is_named_with_its_place() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        array(document("[dependency-groups]\ndev = 3\n"), Table("group", "dev"))

    assert caught.value.where == "pyproject.toml:2:1"
    assert "found a number" in caught.value.what


def test_new_lines_follow_the_indentation_of_lists_that_are_there() -> None:
    assert layout(document(TEXT)).step == "  "
    assert layout(document("[project]\n")).step == "    "
    assert layout(document("[tool.x]\ny = [\n 1,\n]\n")).step == "    "
    assert layout(document("[project]\r\n")).newline == "\r\n"


def test_comments_that_lead_to_the_next_table_stay_with_it() -> None:
    text = "[project]\nname = 'a'\n# about x\n[x]\n"

    made = created(document(text), Table("group", "dev"), '"b"')

    assert made.endswith("]\n# about x\n[x]\n")


def test_a_last_line_without_an_end_stays_without() -> None:
    text = "[project]\nname = 'a'"

    for table in (Table("project"), Table("group", "dev")):
        made = created(document(text), table, '"b"')
        assert made.startswith(text + "\n")
        assert made.endswith("\n]")


def test_some_deletion_is_what_stood_there_before() -> None:
    text = "[project]\nname = 'a'\n\n[x]\n"
    table = Table("group", "dev")

    made = document(created(document(text), table, '"b"'))

    assert text in set(deletions(made, table, array(made, table)[0]))
