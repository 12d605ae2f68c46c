import pytest

from detent.cli.render import count, error_lines, show, size
from detent.errors import DetentError, UsageError


def test_nothing_foreign_drives_the_terminal() -> None:
    assert show("a\x1b[31m\r\u202eb\x9b") == "a\\x1b[31m\\r\\u202eb\\x9b"
    assert show("go\u200bod\ufeff\xad\U000e0041") == "go\\u200bod\\ufeff\\xad\\U000e0041"
    assert show("é漢字\n\tx") == "é漢字\n\tx"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1.0KiB"), (1_258_291, "1.2MiB"), (5 * 2**30, "5.0GiB")],
)
def test_sizes_read_as_people_say_them(number: int, text: str) -> None:
    assert size(number) == text


def test_one_is_singular() -> None:
    assert [count(n, "package") for n in (0, 1, 2)] == ["0 packages", "1 package", "2 packages"]


def test_an_error_has_a_line_per_fact() -> None:
    error = UsageError("it\x1b failed", why="one\ntwo", next_steps=("do this", "or that"))

    assert ["".join(line) for line in error_lines(error)] == [
        "error: it\\x1b failed [usage]",
        "  why: one",
        "       two",
        " next: do this",
        "       or that",
    ]
    assert list(error_lines(DetentError("short"))) == [("error:", " short [error]")]
