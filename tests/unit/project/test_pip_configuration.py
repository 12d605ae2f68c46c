import pytest

from detent.project.pip_configuration import options

URL = "https://index.example/simple"


@pytest.mark.parametrize(
    "text",
    [
        f"[global]\nindex-url = {URL}\n",
        f"[global]\nindex_url: {URL}",
        f"[global]\r\nINDEX-URL={URL}\r\n",
        f"[global]\n--index-url =\n    {URL}\n",
        f"[install]\nindex-url = https://other.example\n[global]\ntimeout = 5\nindex-url = {URL}\n",
        f"[global]\n# index-url = https://other.example\n; no\nindex-url = {URL}\n\n[list]\nindex-url = x\n",
        f"\ufeff[global]\nindex-url = https://first.example\nindex-url = {URL}\n",
        f"[global]\nindex-url =\n# in between\n    {URL}\ntimeout = 5\n",
    ],
)
def test_the_index_of_every_command_is_read(text: str) -> None:
    assert options(text)["index-url"] == URL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index-url = https://index.example\n",
        "[install]\nindex-url = https://index.example\n",
        "[global]\nextra-index-url = https://index.example\n",
        "[global]\nindex-url =\n",
        "[global]\nindex-url =\ntimeout = 5\n",
        "[[[\nnonsense\n===\n",
    ],
)
def test_a_text_that_sets_none_gives_none(text: str) -> None:
    assert "index-url" not in options(text)


def test_further_indexes_and_links_are_read_as_one_text_each() -> None:
    text = "[global]\nextra-index-url =\n    https://a.example\n    https://b.example\nno_index = yes\nfind-links = x\n"

    assert options(text) == {
        "extra-index-url": "https://a.example https://b.example",
        "no-index": "yes",
        "find-links": "x",
    }
