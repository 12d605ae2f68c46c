"""The scripts are asked by the shells themselves; of one that is not on this machine only the text is looked at."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from detent.cli.commands import BY_NAME, COMMANDS
from detent.cli.completion import script
from detent.cli.flags import SHELLS

PATH = os.environ["PATH"]
CASES = [
    ("detent sy", {"sync"}),
    ("detent -q sy", {"sync"}),
    ("detent --project x sy", {"sync"}),
    ("detent cache ", {"dir", "size", "list", "prune", "verify", "clean"}),
    ("detent cache cl", {"clean"}),
    ("detent config ", {"list", "get", "set", "unset", "explain", "schema"}),
    ("detent add --rege", set()),
    ("detent lock --dry", {"--dry-run"}),
    ("detent --dire", {"--directory"}),
    ("detent sync --link-mode ", {"auto", "clone", "hardlink", "copy", "directory"}),
    ("detent sync --link-mode c", {"clone", "copy"}),
    ("detent --color ", {"auto", "always", "never"}),
    ("detent completion ", set(SHELLS)),
    ("detent help comp", {"completion"}),
    ("detent add --group x --raw", {"--raw"}),
    ("detent add -r fi", {"file.txt"}),
    ("detent --directory fo", {"folder/"}),
    ("detent run tool fi", {"file.txt"}),
    ("detent run tool --link-mode fi", {"file.txt"}),
    ("detent tree --package ", set()),
]


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={"PATH": PATH, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file.txt").touch()
    (tmp_path / "folder").mkdir()
    return tmp_path


def available(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not on this machine")


@available("bash")
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash_completes(line: str, wanted: set[str], folder: Path) -> None:
    (folder / "script").write_text(script("bash"), "utf-8")
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    ask = (
        f"source ./script; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _detent; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )

    found = set(run(["bash", "--norc", "-c", ask], folder).split())

    assert found == {word.rstrip("/") for word in wanted}


@available("bash")
def test_bash_completes_a_value_behind_an_equals_sign(folder: Path) -> None:
    (folder / "script").write_text(script("bash"), "utf-8")
    for words, place in ((["--color", "="], 2), (["--color", "=", "a"], 3), (["-q", "--color", "=", "n"], 4)):
        ask = (
            f"source ./script; COMP_WORDS=(detent {shlex.join(words)}); COMP_CWORD={place}; _detent; "
            'echo "${COMPREPLY[*]}"'
        )
        wanted = {"": "auto always never", "a": "auto always", "n": "never"}
        found = run(["bash", "--norc", "-c", ask], folder).strip()
        assert found == wanted["" if words[-1] == "=" else words[-1]]


@available("fish")
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_fish_completes(line: str, wanted: set[str], folder: Path) -> None:
    (folder / "script").write_text(script("fish"), "utf-8")
    ask = f"source script; complete -C {shlex.quote(line)}"

    found = {row.split("\t")[0] for row in run(["fish", "--no-config", "-c", ask], folder).splitlines()}

    assert found == wanted


@available("zsh")
def test_zsh_understands_its_script(folder: Path) -> None:
    (folder / "script").write_text(script("zsh"), "utf-8")

    assert run(["zsh", "-n", "script"], folder) == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command_and_flag_and_says_what_made_it(shell: str) -> None:
    text = script(shell)

    assert f"made by `detent completion {shell}`" in text
    assert "@" not in text.replace("$@", "").replace("@{", "").replace("@(", "")
    for command in COMMANDS:
        assert command.name.rpartition(" ")[2] in text
        for flag in command.flags:
            for spelling in flag.spellings:
                long_of_fish = f"-l {spelling[2:]}" if spelling.startswith("--") else f"-s {spelling[1:]}"
                assert (long_of_fish if shell == "fish" else spelling) in text


def test_uv_calls_it_otherwise() -> None:
    assert BY_NAME["generate-shell-completion"] is BY_NAME["completion"]
