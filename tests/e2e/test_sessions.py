"""The sessions in README.md and the tutorial, run line for line: what they show is what one sees."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.example_packages import session_packages
from support.index_server import IndexServer

ROOT = Path(__file__).parents[2]
NOT_OURS = ("pip install .", "sh examples/quickstart.sh", "sh tests/run.sh")
AT_THE_END = "# at the end of pyproject.toml\n"
CHANGING = (
    (re.compile(r"in [0-9.]+(ms|s)$", re.MULTILINE), "in TIME"),
    (re.compile(r"^Using .*$", re.MULTILINE), "Using an interpreter"),
    (re.compile(r"file://\S*/"), "file:///somewhere/"),
    (re.compile(r"\(\d+ files\)"), "(FILES)"),
)


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Give the language and text of each block of code."""
    text = (ROOT / page).read_text("utf-8")
    yield from re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def steps(session: str) -> Iterator[tuple[str, str]]:
    """Give each command of a session and what it says."""
    _, *parts = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)
    return zip(parts[::2], parts[1::2], strict=True)


def steady(text: str) -> str:
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


PAGES = ("README.md", "docs/tutorial/first-project.md", "docs/tutorial/first-library.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_session_goes_as_it_is_shown(page: str, sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, *session_packages())
    sandbox.variables.update(PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    folder = sandbox.root
    shown, seen = [], []

    for language, text in blocks(page):
        if language == "toml" and text.startswith(AT_THE_END):
            with (folder / "pyproject.toml").open("a", encoding="utf-8") as manifest:
                manifest.write(text)
        if language == "python":
            file = folder / text.partition("\n")[0].removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        if language != "console":
            continue
        for command, says in steps(text):
            if command in NOT_OURS:
                continue
            if command.startswith("cd "):
                folder /= command.removeprefix("cd ")
                continue
            done = sandbox.shell("-c", f"{{ {command}\n}} 2>&1", cwd=folder)
            shown.append(f"$ {command}\n{steady(says)}")
            seen.append(f"$ {command}\n{steady(done.out)}")

    assert "".join(seen) == "".join(shown)
    assert len(seen) > 5
