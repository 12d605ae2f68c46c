import os
from pathlib import Path

import pytest

from detent.errors import Bug
from detent.errors.install import NotAnEnvironment
from detent.errors.store import FileTrouble
from detent.python.environment import SCRATCH_PREFIX
from detent.python.template import (
    Entry,
    Template,
    is_plain,
    publish,
    read_template,
    stamp_out,
    toolkit,
    write_template,
)
from support.interpreters import names

ROOT, PROMPT = b"/rendered/here", b"the-prompt"


def template() -> Template:
    activate = b"VIRTUAL_ENV=/rendered/here\ncd /rendered/here # the-prompt\n"
    entries = (
        Entry("file", ".gitignore", 0o644, b"*\n", 0, 0),
        Entry("folder", "bin", 0o755, b"", 0, 0),
        Entry("file", "bin/activate", 0o644, activate, 2, 1),
        Entry("link", "bin/python", 0o777, b"/usr/bin/python3", 0, 0),
        Entry("file", "bin/tool", 0o755, b"#!/bin/sh\n", 0, 0),
        Entry("file", "pyvenv.cfg", 0o644, b"home = /usr/bin\nprompt = the-prompt\n", 0, 1),
    )
    return Template(ROOT, PROMPT, entries)


def made(root: Path, prompt: str = "demo") -> None:
    publish(stamp_out(template(), root, prompt), root)


def test_an_environment_is_stamped_out_with_its_own_path_and_prompt(tmp_path: Path) -> None:
    root = tmp_path / "project/.venv"

    made(root)

    assert (root / "bin/activate").read_text() == f"VIRTUAL_ENV={root}\ncd {root} # demo\n"
    assert "prompt = demo" in (root / "pyvenv.cfg").read_text()
    assert (root / "bin/python").readlink() == Path("/usr/bin/python3")
    assert os.access(root / "bin/tool", os.X_OK)
    assert not os.access(root / "bin/activate", os.X_OK)
    assert names(root.parent) == [".venv"]


def test_nothing_stands_at_the_place_before_the_environment_is_finished(tmp_path: Path) -> None:
    root = tmp_path / ".venv"

    finished = stamp_out(template(), root, "demo")

    assert not root.exists()
    assert (finished / "pyvenv.cfg").exists()


def test_an_empty_folder_at_the_place_gives_way(tmp_path: Path) -> None:
    root = tmp_path / ".venv"
    root.mkdir()

    made(root)

    assert (root / "pyvenv.cfg").exists()


def test_what_appeared_at_the_place_meanwhile_stays(tmp_path: Path) -> None:
    root = tmp_path / ".venv"
    finished = stamp_out(template(), root, "demo")
    root.mkdir()
    (root / "thesis.tex").touch()

    with pytest.raises(NotAnEnvironment):
        publish(finished, root)
    assert names(tmp_path) == [".venv"]
    assert names(root) == ["thesis.tex"]


def test_a_count_that_is_not_what_was_rendered_stops_everything(tmp_path: Path) -> None:
    wrong = [e._replace(roots=1) if e.path == "bin/activate" else e for e in template().entries]

    with pytest.raises(Bug):
        stamp_out(template()._replace(entries=tuple(wrong)), tmp_path / ".venv", "demo")
    assert names(tmp_path) == []


def test_a_file_operation_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    twice = (*template().entries, Entry("file", "pyvenv.cfg", 0o644, b"", 0, 0))

    with pytest.raises(FileTrouble) as caught:
        stamp_out(template()._replace(entries=twice), tmp_path / ".venv", "demo")
    assert str(tmp_path / ".venv") in caught.value.what
    assert names(tmp_path) == []


def test_leftovers_of_dead_processes_are_swept_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    dead = tmp_path / f"{SCRATCH_PREFIX}{gone}-aaaa"
    living = tmp_path / f"{SCRATCH_PREFIX}{os.getppid()}-bbbb"
    foreign = tmp_path / f"{SCRATCH_PREFIX}of-somebody"
    for folder in (dead, living, foreign):
        folder.mkdir()

    made(tmp_path / ".venv")

    assert names(tmp_path) == sorted([".venv", living.name, foreign.name])


@pytest.mark.parametrize(
    ("root", "prompt", "plain"),
    [
        ("/home/me/project/.venv", "demo", True),
        ("/home/me/a+b@c_d-e.f/.venv", "demo-2.0", True),
        ("/home/me/my project/.venv", "demo", False),
        ("/home/me/it's/.venv", "demo", False),
        ("/home/me/$(id)/.venv", "demo", False),
        ("/home/me/größe/.venv", "demo", False),
        ("/home/me/.venv\n", "demo", False),
        ("/home/me/.venv", "-demo", False),
        ("/home/me/.venv", "$(id)", False),
        ("/home/me/.venv", "", False),
    ],
)
def test_only_what_no_shell_quotes_is_plain(root: str, prompt: str, *, plain: bool) -> None:
    assert is_plain(root, prompt) is plain


def test_a_template_is_never_stamped_out_at_a_path_that_needs_quoting(tmp_path: Path) -> None:
    with pytest.raises(Bug):
        stamp_out(template(), tmp_path / "$(id)", "demo")


def test_a_template_survives_the_store(tmp_path: Path) -> None:
    path = tmp_path / "templates/one"

    write_template(path, template())

    assert read_template(path) == template()
    assert read_template(tmp_path / "templates/other") is None


def test_the_toolkit_is_named_by_where_it_lies() -> None:
    assert "virtualenv" in toolkit()
