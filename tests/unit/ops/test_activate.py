"""The line that activates an environment, as each shell reads it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from detent.cli.flags import ACTIVATED
from detent.errors import UsageError
from detent.ops.activate import SHELLS, line, shell_around

ODD = 'it\'s \\ a $HOME `x` "!" \n;&'


def test_the_flag_names_every_shell() -> None:
    assert ACTIVATED == SHELLS


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "ksh"])
def test_a_shell_reads_the_path_as_it_is(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not on this machine")
    folder = tmp_path / ODD
    folder.mkdir()
    (folder / "activate").write_text("HERE=yes\n", "utf-8")

    command = f"eval {quoted(line('sh', str(folder / 'activate')))}; echo $HERE"
    done = subprocess.run([program, "-c", command], capture_output=True, text=True, check=False, timeout=20)

    assert (done.stdout, done.stderr) == ("yes\n", "")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("fish", "source 'it\\'s \\\\'"),
        ("csh", "source 'it'\\''s \\'"),
        ("powershell", "& 'it''s \\'"),
        ("sh", ". 'it'\\''s \\'"),
    ],
)
def test_each_family_has_its_own_quotes(family: str, expected: str) -> None:
    assert line(family, "it's \\") == expected


def processes(folder: Path, *rows: tuple[int, str, int]) -> Path:
    for number, name, parent in rows:
        (folder / str(number)).mkdir()
        (folder / str(number) / "stat").write_text(f"{number} ({name}) S {parent} 1 1", "utf-8")
    return folder


def test_the_nearest_shell_above_is_meant(tmp_path: Path) -> None:
    found = processes(tmp_path, (9, "python", 8), (8, "wrapper (x) y", 7), (7, "fish", 1), (1, "bash", 0))

    assert shell_around(9, {"SHELL": "/bin/zsh"}, found) == "fish"


def test_a_login_shell_is_one_too(tmp_path: Path) -> None:
    assert shell_around(9, {}, processes(tmp_path, (9, "python", 8), (8, "-bash", 1))) == "bash"


def test_without_a_shell_above_the_variable_counts(tmp_path: Path) -> None:
    assert shell_around(9, {"SHELL": "/usr/bin/zsh"}, tmp_path) == "zsh"
    with pytest.raises(UsageError, match="which shell"):
        shell_around(9, {"SHELL": "/usr/bin/elvish"}, tmp_path)
