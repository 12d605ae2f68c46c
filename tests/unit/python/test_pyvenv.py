from pathlib import Path

from detent.python.pyvenv import base_of, lies_below, looks_like_interpreter, maker, parse_config, seeds_of
from support.interpreters import Machine, program


def test_the_configuration_is_read_as_keys_and_values() -> None:
    text = (
        '# made by hand\nHome = /usr/bin\n prompt = "a = b"\ninclude-system-site-packages = false\nnonsense\n'
    )

    assert parse_config(text) == {
        "home": "/usr/bin",
        "prompt": "a = b",
        "include-system-site-packages": "false",
    }


def test_what_lies_in_no_environment_is_its_own_base(tmp_path: Path) -> None:
    python = program(tmp_path / "bin/python3")

    assert base_of(str(python)) == str(python)


def test_an_environment_is_followed_to_its_base(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12")
    environment = machine.environment("project/.venv", base)

    assert base_of(str(environment / "bin/python")) == str(base)


def test_an_environment_of_an_environment_is_followed_to_the_end(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12")
    first = machine.environment("first", base)
    second = machine.environment("second", first / "bin/python")

    assert base_of(str(second / "bin/python")) == str(base)


def test_two_environments_that_name_each_other_have_no_base(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        program(tmp_path / name / "bin/python3")
        (tmp_path / name / "pyvenv.cfg").write_text(f"home = {tmp_path}/{other}/bin\n")

    assert base_of(str(tmp_path / "a/bin/python3")) is None


def test_a_link_to_the_program_of_an_environment_is_followed_too(tmp_path: Path) -> None:
    base = program(tmp_path / "opt/bin/python3.12")
    copied = program(tmp_path / "copied/bin/python")
    (tmp_path / "copied/pyvenv.cfg").write_text(f"home = {base.parent}\nversion = 3.12.1\n")
    link = tmp_path / "link"
    link.symlink_to(copied)

    assert base_of(str(link)) == str(base)


def test_an_environment_whose_base_is_gone_has_none(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12")
    environment = machine.environment("env", base)
    base.unlink()

    assert base_of(str(environment / "bin/python")) is None


def test_a_configuration_cannot_name_any_other_program(tmp_path: Path) -> None:
    tool = program(tmp_path / "usr/bin/shred")
    root = tmp_path / "env"
    program(root / "bin/python")
    (root / "pyvenv.cfg").write_text(f"home = relative/bin\nbase-executable = {tool}\nexecutable = {tool}\n")

    assert base_of(str(root / "bin/python")) is None


def test_names_of_interpreters_are_known() -> None:
    for name in ("python", "python3", "python3.12", "python3.13t", "pypy3.10", "Python", "/usr/bin/graalpy"):
        assert looks_like_interpreter(name)
    for name in ("python-config", "python3.12-gdb.py", "ipython", "pythonw3x", "sh"):
        assert not looks_like_interpreter(name)


def test_lying_below_compares_components_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "project/bin").mkdir(parents=True)
    (tmp_path / "project-2").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "project")

    assert lies_below(str(tmp_path / "alias/bin"), str(tmp_path / "project"))
    assert not lies_below(str(tmp_path / "project-2"), str(tmp_path / "project"))
    assert lies_below(str(tmp_path), "/")


def test_an_environment_names_the_program_that_made_it() -> None:
    assert maker({"home": "/usr/bin", "uv": "0.9"}) == "uv"
    assert maker({"home": "/usr/bin", "virtualenv": "21.0"}) == "virtualenv"
    assert maker({"home": "/usr/bin", "command": "python3 -m venv .venv"}) == "venv"


def test_pip_belongs_to_an_environment_that_came_with_it() -> None:
    theirs, ours = {"home": "/usr/bin"}, {"home": "/usr/bin", "detent": "1.0"}

    assert seeds_of(theirs, (3, 12)) == {"pip"}
    assert seeds_of(theirs, (3, 11)) == {"pip", "setuptools", "wheel"}
    assert seeds_of(ours, (3, 12)) == set()
    assert seeds_of({**ours, "seed": "true"}, (3, 12)) == {"pip"}
