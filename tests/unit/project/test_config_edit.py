"""One key of a file is set or taken out, and nothing else of it changes."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.errors import Unsupported
from detent.project.config_edit import OF_CONFIG_FILE, OF_PYPROJECT, with_value, without_value

PROJECT = '[project]\nname = "demo"\nversion = "1"\n'
NAME = "pyproject.toml"


def put(text: str, key: str, value: object, path: tuple[str, ...] = OF_PYPROJECT) -> str:
    return with_value(text, path, key, value, display=NAME)


def out(text: str, key: str, path: tuple[str, ...] = OF_PYPROJECT) -> str:
    return without_value(text, path, key, display=NAME)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[tool.detent]\nlink-mode = "copy"\n'),
        (PROJECT, f'{PROJECT}\n[tool.detent]\nlink-mode = "copy"\n'),
        (f"{PROJECT}[tool.detent]\n", f'{PROJECT}[tool.detent]\nlink-mode = "copy"\n'),
        (
            "[tool.detent]\nbuild = 'deny'  # never\n\n# mine\n[tool.other]\nx = 1\n",
            "[tool.detent]\nbuild = 'deny'  # never\nlink-mode = \"copy\"\n\n# mine\n[tool.other]\nx = 1\n",
        ),
        ("[tool]\ndetent.build = 'deny'\n", "[tool]\ndetent.build = 'deny'\ndetent.link-mode = \"copy\"\n"),
        ('tool.detent.build = "deny"\n', 'tool.detent.build = "deny"\ntool.detent.link-mode = "copy"\n'),
        (
            f"{PROJECT}\n# ours\n[[tool.detent.index]]\nurl = 'https://a.example/'\n",
            f"{PROJECT}\n[tool.detent]\nlink-mode = \"copy\"\n\n# ours\n[[tool.detent.index]]\nurl = 'https://a.example/'\n",
        ),
        (
            "[tool.detent]\nlink-mode = 'auto'   # here\nbuild = 'deny'",
            "[tool.detent]\nlink-mode = \"copy\"   # here\nbuild = 'deny'",
        ),
        ("[tool]\ndetent = { link-mode = 'auto' }\n", '[tool]\ndetent = { link-mode = "copy" }\n'),
        (
            "[tool.detent]\r\nbuild = 'deny'\r\n",
            "[tool.detent]\r\nbuild = 'deny'\r\nlink-mode = \"copy\"\r\n",
        ),
    ],
)
def test_a_setting_stands_where_a_person_would_write_it(text: str, expected: str) -> None:
    assert put(text, "link-mode", "copy") == expected
    assert put(expected, "link-mode", "copy") == expected


def test_a_file_of_its_own_has_no_table_around_settings() -> None:
    text = "# mine\n\n# the index\n[[index]]\nurl = 'https://a.example/'\n"

    made = put(text, "offline", True, OF_CONFIG_FILE)

    assert made == "# mine\n\noffline = true\n\n# the index\n[[index]]\nurl = 'https://a.example/'\n"
    assert put("", "offline", True, OF_CONFIG_FILE) == "offline = true\n"
    assert put("# mine", "offline", True, OF_CONFIG_FILE) == "# mine\noffline = true\n"
    assert out(made, "offline", OF_CONFIG_FILE) == text


def test_comments_in_a_list_stay_with_what_stays() -> None:
    text = '[tool.detent]\nno-build-package = [\n    "a",  # slow\n    "b",  # wrong\n]\n'

    assert put(text, "no-build-package", ["a", "c"]) == (
        '[tool.detent]\nno-build-package = [\n    "a",  # slow\n    "c",\n]\n'
    )
    with pytest.raises(Unsupported, match="not edited"):
        put(text, "no-build-package", ["c", "a"])


def test_a_long_list_goes_over_several_lines() -> None:
    names = [f"package-number-{number}" for number in range(8)]

    made = put(PROJECT, "no-build-package", names)

    assert '\nno-build-package = [\n    "package-number-0",\n' in made
    assert tomllib.loads(made)["tool"]["detent"]["no-build-package"] == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.detent]\nlink-mode = 'copy'  # here\nbuild = 'deny'\n", "[tool.detent]\nbuild = 'deny'\n"),
        (f'{PROJECT}\n[tool.detent]\nlink-mode = "copy"\n', PROJECT),
        (
            f'{PROJECT}\n[tool.detent]\nlink-mode = "copy"\n\n[tool.x]\ny = 1\n',
            f"{PROJECT}\n[tool.detent]\n\n[tool.x]\ny = 1\n",
        ),
        (PROJECT, PROJECT),
    ],
)
def test_a_setting_is_taken_out_with_its_line(text: str, expected: str) -> None:
    assert out(text, "link-mode") == expected


@pytest.mark.parametrize(
    "text",
    ["[tool]\ndetent = { link-mode = 'copy' }\n", "[tool.detent.config-settings]\na = 'b'\n"],
)
def test_what_stands_in_a_table_is_taken_out_by_hand(text: str) -> None:
    key = "link-mode" if "link-mode" in text else "config-settings"

    with pytest.raises(Unsupported) as caught:
        out(text, key)

    assert caught.value.next_steps == (f"take `{key}` out by hand",)


def test_an_inline_table_takes_no_new_key() -> None:
    with pytest.raises(Unsupported) as caught:
        put("[tool]\ndetent = { build = 'deny' }\n", "link-mode", "copy")

    assert caught.value.next_steps == ('write `link-mode = "copy"` into it by hand',)


LINES = st.lists(
    st.sampled_from(["", "# a comment", "build = 'deny'", "no-binary = true", 'default-groups = ["a"]  # x']),
    unique=True,
    max_size=5,
)


@given(
    above=st.sampled_from(["", PROJECT, f"{PROJECT}\n\n", "# only\n"]),
    lines=LINES,
    end=st.sampled_from(["", "\n"]),
)
def test_what_was_set_is_taken_out_to_the_byte(above: str, lines: list[str], end: str) -> None:
    text = above + "[tool.detent]\n" + "\n".join(lines) + end

    made = put(text, "link-mode", "copy")

    assert tomllib.loads(made)["tool"]["detent"].pop("link-mode") == "copy"
    if end and any("=" in line for line in lines):
        assert out(made, "link-mode") == text
    assert (
        tomllib.loads(out(made, "link-mode")).get("tool", {}).get("detent", {})
        == (tomllib.loads(text)["tool"]["detent"])
    )
