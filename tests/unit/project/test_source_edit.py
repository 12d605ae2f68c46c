"""Rules of sources into and out of pyproject.toml."""

import pytest

from detent.errors import Unsupported
from detent.model.names import package_name
from detent.model.sources import GitSource, IndexSource, PathSource, Source
from detent.project.source_edit import add_source, remove_source, remove_unasked

WIDGET = package_name("widget")
GIT = GitSource("https://h.example/x.git", "v1", "tag")
LINE = 'widget = { git = "https://h.example/x.git", tag = "v1" }'
PROJECT = '[project]\nname = "a"\n'


def added(text: str, source: Source = GIT, *, marker: str = "") -> str:
    return add_source(text, WIDGET, source, marker=marker)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[tool.detent.sources]\n{LINE}\n"),
        (PROJECT, f"{PROJECT}\n[tool.detent.sources]\n{LINE}\n"),
        (PROJECT.removesuffix("\n"), f"{PROJECT}\n[tool.detent.sources]\n{LINE}"),
        (PROJECT.replace("\n", "\r\n"), f"{PROJECT}\n[tool.detent.sources]\n{LINE}\n".replace("\n", "\r\n")),
        (
            f"{PROJECT}[tool.detent]\npackage = false # c\n\n[tool.other]\n",
            f"{PROJECT}[tool.detent]\npackage = false # c\n\n[tool.detent.sources]\n{LINE}\n\n[tool.other]\n",
        ),
        (
            '[tool.detent.sources]\na = {path = "a"} # c\nz = {path = "z"}\n',
            (
                '[tool.detent.sources]\na = {path = "a"} # c\n'
                'widget = {git = "https://h.example/x.git", tag = "v1"}\nz = {path = "z"}\n'
            ),
        ),
        (
            '[tool.detent.sources]\n  z = { path = "z" }\n  a = { path = "a" }\n\n[b]\n',
            f'[tool.detent.sources]\n  z = {{ path = "z" }}\n  a = {{ path = "a" }}\n  {LINE}\n\n[b]\n',
        ),
        ("[tool.detent]\nsources = {}\n", f"[tool.detent]\nsources = {{ {LINE} }}\n"),
        (
            '[tool.detent]\nsources = { a = { path = "a" } } # c\n',
            f'[tool.detent]\nsources = {{ a = {{ path = "a" }}, {LINE} }} # c\n',
        ),
        ('[tool.detent]\nsources.a.path = "a"\n', f'[tool.detent]\nsources.a.path = "a"\nsources.{LINE}\n'),
        ('[tool.uv.sources]\na = { path = "a" }\n', f'[tool.uv.sources]\na = {{ path = "a" }}\n{LINE}\n'),
        (
            '[tool.detent.sources.a]\npath = "a"\n',
            f'[tool.detent.sources.a]\npath = "a"\n\n[tool.detent.sources]\n{LINE}\n',
        ),
    ],
)
def test_a_rule_is_written_in_the_manner_of_the_file_and_taken_out_again(before: str, after: str) -> None:
    assert added(before) == after
    assert remove_source(after, "Widget") == before


def test_a_rule_for_the_same_places_is_replaced_and_one_that_says_so_already_is_left() -> None:
    text = '[tool.detent.sources]\nWidget = { path = "x" } # c\n'

    assert (
        added(text) == '[tool.detent.sources]\nWidget = { git = "https://h.example/x.git", tag = "v1" } # c\n'
    )
    same = '[tool.detent.sources.widget]\ntag="v1" # c\ngit = "git+https://H.example/x.git/"\n'
    assert added(same) == same
    with pytest.raises(Unsupported, match=r"pyproject.toml:1:1`: `tool.detent.sources.widget` is written in"):
        added(same, PathSource("x"))
    inline = '[tool.detent.sources]\nwidget = {tag="v1",git="https://${T}@H.example/x.git/",}\n'.replace(
        ",}", "}"
    )
    assert added(inline) == inline


def test_how_a_folder_is_installed_stays_unless_it_is_said() -> None:
    text = '[tool.detent.sources]\nwidget = { path = "x", editable = true }\n'

    assert added(text, PathSource("x")) == text
    assert added(text, PathSource("x", editable=False)) == text.replace("true", "false")
    assert added(text, PathSource("y")) == text.replace('"x", editable = true', '"y"')


def test_a_rule_for_other_places_joins_the_one_that_is_there() -> None:
    one = added('[tool.detent.sources]\nwidget = { path = "x" } # c\n', marker="os_name == 'nt'")

    assert one == (
        '[tool.detent.sources]\nwidget = [\n    { path = "x" },\n'
        '    { git = "https://h.example/x.git", tag = "v1", marker = "os_name == \'nt\'" },\n] # c\n'
    )
    assert added(one, marker="os_name == 'nt'") == one
    changed = added(one, PathSource("y"), marker="os_name == 'nt'")
    assert changed == one.replace('git = "https://h.example/x.git", tag = "v1"', 'path = "y"')
    more = added(changed, IndexSource("z"), marker="os_name == 'posix'")
    assert more == changed.replace("\n] #", '\n    { index = "z", marker = "os_name == \'posix\'" },\n] #')
    assert remove_source(more, "widget") == "[tool.detent.sources]\n"


def test_the_names_of_variables_for_logging_in_are_written() -> None:
    found = add_source("", WIDGET, GIT, user="${TOKEN}")

    assert '"https://${TOKEN}@h.example/x.git"' in found
    assert add_source(found, WIDGET, GIT, user="${TOKEN}") == found


def test_every_form_of_a_rule_is_taken_out() -> None:
    for text, left in (
        ('[tool.detent.sources.widget] # c\npath = "x"\n\n[b]\n', "[b]\n"),
        ('[[tool.detent.sources.widget]]\npath = "x"\n[[tool.detent.sources.widget]]\npath = "y"\n', ""),
        (
            '[tool.detent]\nsources.widget.path = "x"\nsources.widget.editable = true\nb = 1\n',
            "[tool.detent]\nb = 1\n",
        ),
        (
            '[tool.detent.sources]\nwidget = [\n  { path = "x" }, # c\n] # d\nb = { path = "b" }\n',
            '[tool.detent.sources]\nb = { path = "b" }\n',
        ),
        (
            '[tool.detent]\nsources = { widget = { path = "x" }, b = { path = "b" } }\n',
            '[tool.detent]\nsources = { b = { path = "b" } }\n',
        ),
        ("[tool.detent.sources] # c\nwidget = {path = 'x'}\n", "[tool.detent.sources] # c\n"),
        (PROJECT, PROJECT),
    ):
        assert remove_source(text, "widget") == left


def test_a_rule_goes_when_nothing_asks_for_the_package_any_more() -> None:
    sources = f'\n[tool.detent.sources]\n{LINE}\nb = {{ path = "b" }}\n'
    asked = f'{PROJECT}dependencies = ["Widget>=1", "b"]\n[dependency-groups]\ndev = []\n{sources}'

    assert remove_unasked(asked, ("widget", "b")) == asked
    unasked = asked.replace('"Widget>=1", ', "")
    assert remove_unasked(unasked, ("widget", "b")) == unasked.replace(f"{LINE}\n", "")
    grouped = unasked.replace("dev = []", 'dev = ["widget"]')
    assert remove_unasked(grouped, ("widget",)) == grouped


def test_what_cannot_be_written_safely_is_left_to_its_writer() -> None:
    with pytest.raises(Unsupported) as caught:
        added("[tool]\ndetent = { package = false }\n")

    assert caught.value.next_steps == (f"write `{LINE}` by hand",)
