"""Laws of sources: what is written of one is read back, in a URL, in a line, in a table of pyproject.toml."""

import tomllib
from string import printable

from hypothesis import given, settings
from hypothesis import strategies as st

from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.names import package_name
from detent.model.reference_urls import InvalidReference
from detent.model.references import read_reference, reference_text
from detent.model.source_texts import read_source, read_source_texts, source_text, source_texts, source_values
from detent.model.sources import GitSource, PathSource, Source, SourceRule, UrlSource
from detent.model.toml_text import inline_table, read_inline_table
from detent.project.source_edit import add_source, remove_source
from support.sources import git_sources, path_sources, source_rules, sources, url_sources

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(git_sources() | url_sources() | path_sources())
def test_a_url_gives_its_source_again(source: GitSource | UrlSource | PathSource) -> None:
    found = read_reference(reference_text(source))

    match source:
        case GitSource():
            assert found == source._replace(kind="rev" if source.revision else "")
        case PathSource():
            assert found == PathSource(source.path)
        case _:
            assert found == source
    assert reference_text(found) == reference_text(source)


@settings(deadline=None)
@given(sources())
def test_a_table_gives_its_source_again(source: Source) -> None:
    assert read_source(source_values(source)) == source


@settings(deadline=None)
@given(source_rules())
def test_the_line_of_a_rule_is_a_table_of_toml(rule: SourceRule) -> None:
    line = source_text(rule)

    assert tomllib.loads(f"x = {line}")["x"] == read_inline_table(line)


@settings(deadline=None)
@given(st.lists(source_rules(), max_size=4))
def test_lines_give_the_rules_again_whatever_their_order(rules: list[SourceRule]) -> None:
    lines = source_texts(rules)

    assert source_texts(reversed(rules)) == lines
    assert source_texts(read_source_texts(lines)) == lines
    assert {(r.name, r.source, r.marker) for r in read_source_texts(lines)} == {
        (r.name, r.source, r.marker) for r in rules
    }


@settings(deadline=None)
@given(st.lists(source_rules(), max_size=3))
def test_recorded_inputs_give_the_rules_again(rules: list[SourceRule]) -> None:
    inputs = Inputs(package_name("me"), "", (), (), (), (), "", sources=tuple(rules))

    again = inputs.recorded().as_inputs(package_name("me"), "")
    assert again.recorded() == inputs.recorded()


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b-c"]), TEXTS | st.booleans()))
def test_any_strings_and_switches_are_read_back(values: dict[str, str | bool]) -> None:
    text = inline_table(values)

    assert read_inline_table(text) == values
    assert tomllib.loads(f"x = {text}")["x"] == values


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["git+", "https://", "ssh://", "file:", "//", "git@", "${A}", "@", "#", ":", "-", "..", "/x.whl"]
        )
        | st.text(printable, max_size=3),
        max_size=8,
    ).map("".join)
)
def test_what_is_accepted_is_said_in_one_form_and_hands_git_no_option(text: str) -> None:
    try:
        source = read_reference(text)
    except InvalidReference:
        return
    assert read_reference(reference_text(source)) == source
    said = [value for value in source if isinstance(value, str)]
    assert not any(each.startswith("-") for each in said)
    assert "${" not in "".join(said)


HEADS = ["", '[project]\nname = "a"\n', "[tool.detent]\npackage = false\n", "a = 1\n[tool.other]\nb = 2"]
TABLES = [
    "",
    '[tool.detent.sources]\na = {path = "a"} # c\nz = { path = "z" }\n',
    '[tool.detent.sources]\nz = { path = "z" }\na = { path = "a" }\n\n\n# the end\n',
    '[tool.detent.sources.z]\npath = "z"\n\n[tool.last]\n',
    '[tool.uv.sources]\nz.path = "z"',
]


@settings(deadline=None)
@given(st.sampled_from(HEADS), st.sampled_from(TABLES), st.sampled_from(["\n", "\r\n"]), source_rules())
def test_taking_out_gives_the_text_from_before(head: str, table: str, newline: str, rule: SourceRule) -> None:
    if head.endswith("2") and table:
        head += "\n"
    text = (head + table).replace("\n", newline)
    name = package_name("widget")

    written = add_source(text, name, rule.source, marker=markers.render(rule.marker), user="${TOKEN}")

    assert (
        add_source(written, name, rule.source, marker=markers.render(rule.marker), user="${TOKEN}") == written
    )
    assert remove_source(written, "Widget") == text
