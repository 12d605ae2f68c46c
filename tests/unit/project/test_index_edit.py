import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.errors import Unsupported, UsageError
from detent.project.index_edit import OF_CONFIG_FILE, OF_PYPROJECT, add_index, remove_index

OURS = {"name": "ours", "url": "https://ours.example/"}
HEAD = '[project]\nname = "me"\n'
TWO = """
# The first.
[[tool.detent.index]]
name = "one" # here
url = "https://one.example/"

[tool.detent.index.cache-control]
api = "no-cache"

# The second.
[[tool.detent.index]]
url = "https://two.example/"

# Of somebody else.
[tool.other]
a = 1
"""


def added(text: str, *, is_first: bool = False, **more: object) -> str:
    return add_index(text, OF_PYPROJECT, {**OURS, **more}, is_first=is_first, display="pyproject.toml")


def removed(text: str, word: str = "ours") -> str:
    return remove_index(text, OF_PYPROJECT, word, display="pyproject.toml")


def test_the_last_index_stands_behind_the_others_and_the_first_before_them() -> None:
    last, first = added(HEAD + TWO), added(HEAD + TWO, is_first=True)

    assert last.startswith(HEAD + TWO[: TWO.index("# Of somebody")])
    assert last.endswith(TWO[TWO.index("# Of somebody") :])
    assert first.startswith(HEAD + '\n[[tool.detent.index]]\nname = "ours"\n')
    assert first.endswith(TWO)


@pytest.mark.parametrize("is_first", [True, False])
@given(
    st.sampled_from(
        [HEAD, HEAD + TWO, (HEAD + TWO).replace("\n", "\r\n"), TWO[1:], f"{HEAD}\n# Only this.\n"]
    ),
)
def test_adding_and_removing_gives_back_every_byte(is_first: bool, text: str) -> None:  # noqa: FBT001
    assert removed(added(text, is_first=is_first)) == text


def test_an_index_is_removed_by_its_name_or_its_url_with_all_below_it() -> None:
    assert "cache-control" not in removed(TWO, "one")
    assert tomllib.loads(removed(TWO, "https://two.example"))["tool"]["detent"]["index"][0]["name"] == "one"
    assert "# Of somebody else.\n[tool.other]" in removed(TWO, "https://two.example")


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(UsageError, match="there is an index `ours` already"):
        added(added(HEAD))
    with pytest.raises(UsageError, match="there is a default index already"):
        add_index(
            added(HEAD, default=True),
            OF_PYPROJECT,
            {"url": "https://x.example", "default": True},
            is_first=False,
            display="p",
        )
    with pytest.raises(UsageError, match="there is no index `x`"):
        removed(HEAD, "x")
    with pytest.raises(Unsupported, match="written as one list"):
        added(HEAD + '[tool.detent]\nindex = [{ url = "https://x.example/" }]\n')


def test_a_configuration_file_has_its_tables_at_the_top() -> None:
    text = add_index("", OF_CONFIG_FILE, OURS, is_first=False, display="detent.toml")

    assert text == '[[index]]\nname = "ours"\nurl = "https://ours.example/"\n'
    assert remove_index(text, OF_CONFIG_FILE, "ours", display="detent.toml") == ""
