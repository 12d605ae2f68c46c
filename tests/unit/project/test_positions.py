from detent.project.positions import decoded, line_and_column, outline

TEXT = '''\
top = 1 # one

[project]
name = "me"  # [not.a.header]
'dotted' . "key" = [ "a" , # first
  'b', """c, "d" """ ]
inline = { x = [1, 2], "y z".w = '}' }
when = 1979-05-27 07:32:00

[[tool.many]]
a = []
[[tool.many]]
'''


def found(text: str, *path: str) -> str:
    statement = outline(text).find(path)
    assert statement is not None
    return text[statement.value.start : statement.value.end]


def test_every_value_is_found_with_its_exact_span() -> None:
    assert found(TEXT, "top") == "1"
    assert found(TEXT, "project", "name") == '"me"'
    assert found(TEXT, "project", "when") == "1979-05-27 07:32:00"
    assert found(TEXT, "project", "inline", "x") == "[1, 2]"
    assert found(TEXT, "project", "inline", "y z", "w") == "'}'"
    assert found(TEXT, "tool", "many", "a") == "[]"


def test_array_items_and_their_commas_are_told_apart_from_comments() -> None:
    statement = outline(TEXT).find(("project", "dotted", "key"))

    assert statement is not None
    items = statement.value.items
    assert [TEXT[i.value.start : i.value.end] for i in items] == ['"a"', "'b'", '"""c, "d" """']
    assert [None if i.comma is None else TEXT[i.comma] for i in items] == [",", ",", None]


def test_sections_come_in_file_order() -> None:
    sections = outline(TEXT).sections

    assert [s.path for s in sections] == [(), ("project",), ("tool", "many"), ("tool", "many")]
    assert [s.is_array for s in sections] == [False, False, True, True]
    assert TEXT[sections[1].start : sections[1].end] == "[project]"


def test_an_offset_falls_back_to_the_nearest_thing_above() -> None:
    plan = outline(TEXT)

    def place(*path: str | int) -> tuple[int, int] | None:
        offset = plan.offset(path)
        return None if offset is None else line_and_column(TEXT, offset)

    assert place("project", "dotted", "key", 1) == (6, 3)
    assert place("project", "dotted", "key", 9) == (5, 1)
    assert place("project", "missing") == (3, 1)
    assert place("tool") == (10, 1)
    assert place("nothing") is None


def test_an_offset_goes_through_the_items_of_arrays_and_the_tables_of_one_name() -> None:
    text = """\
[tool]
pairs = [[{ a = 1 }, { b = ["x",
  "y"] }]]
[[tool.many]]
name = "one"
[[tool.many]]
name = "two"
list = [
  "x",
]
"""
    plan = outline(text)

    def place(*path: str | int) -> tuple[int, int] | None:
        offset = plan.offset(path)
        return None if offset is None else line_and_column(text, offset)

    assert place("tool", "pairs", 0, 1) == (2, 22)
    assert place("tool", "pairs", 0, 1, "b") == (2, 24)
    assert place("tool", "pairs", 0, 1, "b", 1) == (3, 3)
    assert place("tool", "pairs", 0, 1, "c") == (2, 22)
    assert place("tool", "pairs", 3, 1) == (2, 1)
    assert place("tool", "many", 0) == (4, 1)
    assert place("tool", "many", 1) == (6, 1)
    assert place("tool", "many", 1, "name") == (7, 1)
    assert place("tool", "many", 1, "list", 0) == (9, 3)
    assert place("tool", "many", 1, "missing") == (6, 1)
    assert place("tool", "many", 2, "name") == (4, 1)


def test_quotes_right_before_a_closing_run_belong_to_the_string() -> None:
    text = 'a = \'\'\'x\'\'\'\'\'\nb = """y\\""""""\nc = 3\n'

    assert found(text, "a") == "'''x'''''"
    assert found(text, "c") == "3"


def test_windows_line_ends_and_a_byte_order_mark_do_not_shift_anything() -> None:
    text = "\ufeffa = 1\r\n[b]\r\nc = [\r\n  'x',\r\n]\r\n"
    plan = outline(text)

    assert line_and_column(text, plan.offset(("a",)) or 0) == (1, 1)
    assert line_and_column(text, plan.offset(("b", "c", 0)) or 0) == (4, 3)


def test_a_text_without_a_final_line_end_is_scanned_to_its_end() -> None:
    assert found("a = true", "a") == "true"
    assert outline("").sections[0].statements == ()


def test_literals_are_decoded_as_toml_means_them() -> None:
    assert decoded('"a"') == "a"
    assert decoded(r'"a\u0062"') == "ab"
    assert decoded("'''\na'''") == "a"
    assert decoded("''") == ""
