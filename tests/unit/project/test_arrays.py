import pytest

from detent.project.arrays import Layout, with_item, without_item
from detent.project.positions import Value, outline

UNIX = Layout(newline="\n", outer="", step="    ")


def array(text: str) -> Value:
    statement = outline(text).find(("a",))
    assert statement is not None
    return statement.value


def offers(inside: str, index: int, layout: Layout = UNIX) -> list[str]:
    text = f"a = {inside}"
    return [t.removeprefix("a = ") for t in with_item(text, array(text), index, '"n"', layout)]


def left(inside: str, index: int) -> str:
    text = f"a = {inside}"
    return without_item(text, array(text), index).removeprefix("a = ")


def test_an_empty_list_is_offered_as_a_block_first_and_on_one_line_next() -> None:
    assert offers("[]", 0) == ['[\n    "n",\n]', '["n"]']


def test_a_list_in_an_inline_table_is_never_offered_new_lines() -> None:
    assert offers("[]", 0, UNIX._replace(inline=True)) == ['["n"]']


def test_a_block_follows_the_indentation_of_its_statement() -> None:
    layout = Layout(newline="\r\n", outer="  ", step="\t")

    assert offers("[]", 0, layout)[0] == '[\r\n  \t"n",\r\n  ]'


def test_the_end_of_a_list_without_a_last_comma_gets_one_in_between() -> None:
    assert offers('[\n  "a" # why\n]', 1)[0] == '[\n  "a", # why\n  "n"\n]'


def test_a_comma_on_a_line_of_its_own_is_no_place_for_comments_to_get_lost() -> None:
    assert all("# why" in text for text in offers('[\n  "a"\n  , # why\n]', 1))


@pytest.mark.parametrize(
    ("inside", "index", "expected"),
    [
        ('["a" , # one\n "n", "b"]', 1, '["a" , # one\n "b"]'),
        ('["a", "n", # one\n "b"]', 1, '["a", # one\n "b"]'),
        ('["n" # one\n , "b"]', 0, '[ # one\n  "b"]'),
        ('["a", # one\n "n" # two\n , ]', 1, '["a", # one\n  # two\n  ]'),
        ('["n" # one\n ]', 0, "[ # one\n ]"),
        ('["n" # one\n , ]', 0, "[ # one\n  ]"),
        ('["a", # one\n "n", ]', 1, '["a", # one\n  ]'),
        ('["n", # one\n "b"]', 0, '[ # one\n "b"]'),
    ],
)
def test_comments_beside_an_entry_on_a_shared_line_stay(inside: str, index: int, expected: str) -> None:
    assert left(inside, index) == expected
    outline(f"a = {expected}")


def test_an_entry_of_several_lines_goes_whole() -> None:
    assert left("[\n  '''\nn''', # why\n  'b',\n]", 0) == "[\n  'b',\n]"
