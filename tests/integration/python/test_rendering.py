import json
import os
import shutil
import subprocess
import sys
import venv
from functools import partial
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.python.discovery import Places, Sought, find_interpreter, places
from detent.python.environment import BrokenEnvironment, Environment, Style, read_environment
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.probe import probe_interpreter
from detent.python.provision import Environments
from detent.python.rendering import make_environment, render_template
from detent.store.cache import open_store
from support.interpreters import base_python, machine_pythons, names

SHELLS = ["activate", "activate.fish", "activate.csh", "activate.nu", "activate.ps1"]


class World:
    """Real interpreters, real virtualenv, a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.layout = open_store(folder / "store")
        probe = partial(probe_interpreter, variables=os.environ, timeout_seconds=30)
        self.interpreters = Interpreters(self.layout, probe)
        self.environments = Environments(
            self.layout,
            self.interpreters,
            places(os.environ, own=base_python()),
            render=partial(render_template, layout=self.layout, variables=os.environ),
            make=partial(make_environment, layout=self.layout, variables=os.environ),
        )

    def make(self, root: Path, executable: str, prompt: str = "demo") -> Environment:
        interpreter = self.interpreter(executable)
        return self.environments.ensure(self.environments.look(root, interpreter), interpreter, prompt=prompt)

    def interpreter(self, executable: str) -> Interpreter:
        return self.interpreters.read(executable)


def said_by(environment: Environment) -> dict[str, object]:
    script = (
        "import json, site, sys, sysconfig; print(json.dumps({'prefix': sys.prefix, 'base': sys.base_prefix, "
        "'version': sys.version.split()[0], 'purelib': sysconfig.get_path('purelib'), 'path': sys.path, "
        "'platlib': sysconfig.get_path('platlib'), 'scripts': sysconfig.get_path('scripts'), "
        "'sites': site.getsitepackages(), 'executable': sys.executable}))"
    )
    done = subprocess.run(
        [str(environment.python), "-I", "-c", script], capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def tree(root: Path) -> dict[str, str]:
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder, name)
            key = path.relative_to(root).as_posix()
            if path.is_symlink():
                found[key] = f"-> {path.readlink()}"
            elif path.is_file():
                mode = "x" if os.access(path, os.X_OK) else "-"
                found[key] = f"{mode} {path.read_text().replace(str(root), '<root>')}"
            else:
                found[key] = "folder"
    return found


@pytest.mark.parametrize("executable", machine_pythons())
def test_an_environment_works_for_each_interpreter_of_the_machine(tmp_path: Path, executable: str) -> None:
    world = World(tmp_path)
    root = tmp_path / "project/.venv"

    environment = world.make(root, executable)

    answer = said_by(environment)
    assert answer["prefix"] == str(root)
    assert answer["base"] == environment.interpreter.base_prefix
    assert answer["version"] == environment.interpreter.version
    assert answer["purelib"] == str(environment.site_packages)
    assert answer["platlib"] == str(environment.platlib)
    assert answer["scripts"] == str(environment.scripts)
    assert answer["sites"] == [str(environment.site_packages)]
    assert answer["executable"] == str(environment.python)
    assert (root / "bin/python").is_symlink()
    assert [p.name for p in environment.site_packages.glob("*.dist-info")] == []
    assert world.environments.look(root, environment.interpreter).action == "kept"


@pytest.mark.parametrize("executable", machine_pythons())
def test_a_template_gives_what_virtualenv_itself_makes_at_that_path(tmp_path: Path, executable: str) -> None:
    world = World(tmp_path)
    interpreter = world.interpreter(executable)
    root = tmp_path / "project/.venv"
    world.make(root, executable)
    stamped = tree(root)
    shutil.rmtree(root)

    make_environment(root, interpreter, Style("demo"), layout=world.layout, variables=os.environ)

    assert stamped == tree(root)


def test_the_configuration_says_what_readers_look_for(tmp_path: Path) -> None:
    root = tmp_path / "project/.venv"
    environment = World(tmp_path).make(root, base_python())

    lines = dict(line.split(" = ", 1) for line in (root / "pyvenv.cfg").read_text().splitlines())

    assert lines["home"] == str(Path(base_python()).parent)
    assert lines["include-system-site-packages"] == "false"
    assert lines["version_info"].startswith(environment.interpreter.version)
    assert lines["prompt"].strip('"') == "demo"
    assert "command" not in lines
    assert "*" in (root / ".gitignore").read_text().splitlines()


def test_activation_scripts_name_the_environment_and_its_prompt(tmp_path: Path) -> None:
    root = tmp_path / "project/.venv"
    World(tmp_path).make(root, base_python(), "my-demo")

    for name in SHELLS:
        text = (root / "bin" / name).read_text()
        assert "my-demo" in text, name
        assert "detent-prompt" not in text
        assert "/tmp/" not in text.replace(str(tmp_path), ""), name
    done = subprocess.run(
        [
            "sh",
            "-c",
            ". project/.venv/bin/activate; echo $VIRTUAL_ENV; echo $VIRTUAL_ENV_PROMPT; command -v python",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(root), "my-demo", str(root / "bin/python")]


@pytest.mark.parametrize(
    "name", ["my project", "it's", 'a"b', "$(touch ran)", "größe", "a;b&c", "back\\slash"]
)
def test_an_environment_works_at_an_odd_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / name / ".venv"

    environment = World(tmp_path).make(root, base_python())

    assert said_by(environment)["prefix"] == str(root)
    done = subprocess.run(
        ["sh", "-c", '. "$0/bin/activate"; printf %s "$VIRTUAL_ENV"', str(root)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == str(root)
    assert not (tmp_path / "ran").exists()


def test_no_environment_is_made_where_path_would_be_cut(tmp_path: Path) -> None:
    root = tmp_path / "a:b/.venv"

    with pytest.raises(NotAnEnvironment) as caught:
        World(tmp_path).make(root, base_python())
    assert "`:`" in caught.value.why
    assert not any("away" in step for step in caught.value.next_steps)
    assert not root.exists()


def test_what_is_configured_for_virtualenv_takes_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "virtualenv.ini"
    config.write_text("[virtualenv]\nsystem-site-packages = true\nprompt = other\n")
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(config))
    monkeypatch.setenv("VIRTUALENV_SYSTEM_SITE_PACKAGES", "1")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pyproject.toml").touch()
    root = tmp_path / "project/an environment"

    World(tmp_path).make(root, base_python())

    text = (root / "pyvenv.cfg").read_text()
    assert "include-system-site-packages = false" in text
    assert "other" not in text
    assert names(tmp_path / "project") == ["an environment", "pyproject.toml"]


def test_virtualenv_says_nothing_on_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)

    world.make(tmp_path / "plain/.venv", base_python())
    world.make(tmp_path / "a $b/.venv", base_python())

    assert capfd.readouterr() == ("", "")


def test_the_store_keeps_nothing_of_rendering_but_the_template(tmp_path: Path) -> None:
    world = World(tmp_path)

    world.make(tmp_path / "project/.venv", base_python())

    assert len(list((tmp_path / "store/templates-v1").iterdir())) == 1
    assert [p.name for p in world.layout.tmp.iterdir() if not p.name.startswith(".")] == []


def test_the_interpreters_own_packages_are_let_in_when_that_is_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    interpreter = world.interpreter(base_python())

    made = world.environments.create(
        tmp_path / ".venv", interpreter, Style("demo", system_site_packages=True)
    )

    assert "include-system-site-packages = true" in (tmp_path / ".venv/pyvenv.cfg").read_text()
    assert said_by(made)["prefix"] == str(tmp_path / ".venv")
    assert world.environments.look(tmp_path / ".venv", interpreter).action == "kept"


def test_a_prompt_that_needs_quoting_is_shown_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path)

    world.environments.create(tmp_path / ".venv", world.interpreter(base_python()), Style("it's $mine"))

    done = subprocess.run(
        ["sh", "-c", '. .venv/bin/activate; printf %s "$VIRTUAL_ENV_PROMPT"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "it's $mine"


@pytest.mark.parametrize("state", ["folder", "live", "broken", "unfinished"])
def test_an_environment_is_put_into_a_folder_that_keeps_its_own(tmp_path: Path, state: str) -> None:
    world = World(tmp_path)
    root = tmp_path / ".venv"
    if state == "folder":
        root.mkdir()
    else:
        world.make(root, base_python())
    if state == "broken":
        (root / "bin/python").unlink()
        (root / "bin/python").symlink_to("/no/such/python3")
    if state == "unfinished":
        (root / ".detent/unfinished").touch()
    (root / "mine").write_text("mine")
    (root / ".gitignore").write_text("mine\n")

    made = world.environments.create(
        root, world.interpreter(base_python()), Style("demo", keeps_contents=True)
    )

    assert said_by(made)["prefix"] == str(root)
    assert [(root / name).read_text() for name in ("mine", ".gitignore")] == ["mine", "mine\n"]
    assert isinstance(read_environment(root, world.interpreters), Environment)


def test_what_could_not_be_filled_keeps_what_it_had(tmp_path: Path) -> None:
    world = World(tmp_path)
    root = tmp_path / "a:b"
    root.mkdir()
    (root / "mine").touch()

    with pytest.raises(NotAnEnvironment):
        world.environments.create(root, world.interpreter(base_python()), Style("demo", keeps_contents=True))

    assert names(root) == ["mine"]


def test_an_environment_made_by_venv_is_adopted(tmp_path: Path) -> None:
    world = World(tmp_path)
    root = tmp_path / ".venv"
    venv.create(root, symlinks=True, with_pip=False)

    found = read_environment(root, world.interpreters)

    assert isinstance(found, Environment)
    assert os.path.realpath(found.interpreter.executable) == os.path.realpath(base_python())
    assert not found.is_ours


def test_an_environment_that_was_broken_off_is_made_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    root = tmp_path / "project/.venv"
    world.make(root, base_python())
    (root / "bin/python").unlink()

    assert isinstance(read_environment(root, world.interpreters), BrokenEnvironment)
    assert said_by(world.make(root, base_python()))["prefix"] == str(root)


def test_code_that_lies_in_an_environment_is_not_run_to_find_its_interpreter(tmp_path: Path) -> None:
    world = World(tmp_path)
    environment = world.make(tmp_path / ".venv", base_python())
    (environment.site_packages / "evil.pth").write_text(f"import os; open({str(tmp_path / 'ran')!r}, 'w')\n")
    fresh = World(tmp_path / "fresh")

    found = find_interpreter(
        Sought(), interpreters=fresh.interpreters, places=Places(path=str(environment.scripts))
    )

    assert os.path.realpath(found.executable) == os.path.realpath(base_python())
    assert isinstance(read_environment(environment.root, fresh.interpreters), Environment)
    assert not (tmp_path / "ran").exists()


def test_looking_and_stamping_out_load_nothing_heavy() -> None:
    heavy = {"subprocess", "json", "virtualenv", "logging", "tempfile", "shutil", "tomllib", "packaging.tags"}
    script = "import sys; import detent.python.provision; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert heavy.isdisjoint(done.stdout.split())
