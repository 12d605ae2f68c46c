from pathlib import Path

import pytest

from detent.install.places import places_of, protection
from support.environments import empty_environment


def test_a_lib64_that_is_a_link_counts_as_lib(tmp_path: Path) -> None:
    environment = empty_environment(tmp_path / "venv", "3.12.1")
    (tmp_path / "venv/lib64").symlink_to("lib")
    scheme = environment.interpreter.scheme._replace(platlib="lib64/python3.12/site-packages")
    environment = environment._replace(
        interpreter=environment.interpreter._replace(scheme=scheme),
        platlib=tmp_path / "venv" / scheme.platlib,
    )

    assert places_of(environment).libraries == ("lib/python3.12/site-packages",)


@pytest.mark.parametrize(
    "path",
    [
        "pyvenv.cfg", "PYVENV.CFG", ".gitignore", ".detent/installed", ".Detent/x", "bin/python", "bin/python3",
        "bin/python3.12", "bin/python3.13t", "bin/Python", "BIN/python", "bin/pythonw.exe", "bin/pypy3", "bin/activate",
        "bin/activate.fish", "bin/activate_this.py", "bin/deactivate", "../x", "a/../../x", "/etc/passwd", "a//b",
    ],
)  # fmt: skip
def test_what_belongs_to_the_environment_is_protected(tmp_path: Path, path: str) -> None:
    places = places_of(empty_environment(tmp_path / "venv"))

    assert protection(places, path)


@pytest.mark.parametrize(
    "path",
    [
        "bin/python-argcomplete-check",
        "bin/activate-global-python-argcomplete",
        "bin/tool",
        "share/pyvenv.cfg",
        "bin/pythonista",
    ],
)
def test_what_only_looks_alike_is_not(tmp_path: Path, path: str) -> None:
    places = places_of(empty_environment(tmp_path / "venv"))

    assert protection(places, path) == ""
