"""Comments stay with what they speak of, and sections are cut out without a trace."""

import pytest

from detent.project.document import parse_document
from detent.project.importing.remarks import parts, without

TEXT = """\
# the file

# the first
[a]  # here
# about x
x = 1  # one

# about y
y = 2
# end of a

# ---- tools ----

# about b
[b]
z = [
    1,  # inside
]
[a.c]
"""


def cut(text: str, *doomed: str) -> str:
    paths = [tuple(name.split(".")) for name in doomed]
    return without(
        parse_document(text, "pyproject.toml"), lambda path: any(path[: len(p)] == p for p in paths)
    )


def test_every_comment_belongs_to_something() -> None:
    root, a, b, c = parts(parse_document(TEXT, "pyproject.toml"))

    assert (root.has_header, root.tail) == (False, ("# the file",))
    assert a.lead == ("# the first",)
    assert [(n.above, n.behind) for n in a.statements] == [(("# about x",), "# one"), (("# about y",), "")]
    assert a.tail == ("# end of a",)
    assert b.lead == ("# ---- tools ----", "# about b")
    assert c.lead == ()
    assert "".join(TEXT[part.start : part.end] for part in (root, a, b, c)) == TEXT


@pytest.mark.parametrize(
    ("doomed", "expected"),
    [
        (("a",), "# the file\n\n# ---- tools ----\n\n# about b\n[b]\nz = [\n    1,  # inside\n]\n"),
        (("a.x",), TEXT.replace("# about x\nx = 1  # one\n", "")),
        (("a.x", "a.y"), TEXT[: TEXT.index("# the first")] + TEXT[TEXT.index("# ---- tools") :]),
        (("b", "a.c"), TEXT[: TEXT.index("\n# ---- tools")]),
        (("nothing",), TEXT),
    ],
)
def test_what_is_cut_takes_its_comments_and_nothing_else(doomed: tuple[str, ...], expected: str) -> None:
    assert cut(TEXT, *doomed) == expected
    assert cut(TEXT.replace("\n", "\r\n"), *doomed) == expected.replace("\n", "\r\n")


def test_a_byte_order_mark_stays() -> None:
    assert cut("\ufeff[a]\nx = 1\n\n[b]\n", "a") == "\ufeff[b]\n"
    assert cut("\ufeff# about a\n[a]\nx = 1\n\n[b]\n", "b") == "\ufeff# about a\n[a]\nx = 1\n"


def test_a_text_that_is_all_cut_is_empty() -> None:
    assert cut("[a]\nx = 1\n", "a") == ""
    assert cut("a.x = 1\n[b]\n", "a") == "[b]\n"
