from pathlib import Path

import pytest

from detent.errors import FileTrouble, NotAnEnvironment, StoreBusy
from detent.events import Detail, Event
from detent.fsio import FileLock
from detent.model.limits import Limits
from detent.python.discovery import Places, Sought
from detent.python.environment import LOCK, Environment
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.provision import Environments
from detent.python.request import parse_request
from detent.python.template import Entry, Template
from detent.store.cache import open_store
from support.interpreters import Machine, names


class Workshop:
    """Renders and makes as virtualenv would, and counts."""

    def __init__(self, machine: Machine, **places: str) -> None:
        self.rendered: list[str] = []
        self.made: list[Path] = []
        self.template = Template(b"", b"", ())
        self.machine = machine
        self.places = Places(**places)
        self.broken = False

    def render(self, interpreter: Interpreter) -> Template:
        self.rendered.append(interpreter.version)
        base = interpreter.executable.encode()
        library = interpreter.scheme.purelib
        config = f"home = {Path(interpreter.executable).parent}\nversion = {interpreter.version}\n".encode()
        folders = ["bin", *(str(p) for p in reversed(Path(library, "x").parents) if str(p) != ".")]
        entries = [Entry("folder", name, 0o755, b"", 0, 0) for name in folders]
        entries += [Entry("link", "bin/python", 0o777, base, 0, 0)]
        entries += [Entry("file", "pyvenv.cfg", 0o644, config, 0, 0)]
        if self.broken:
            entries += entries[-1:]
        return Template(b"/nowhere", b"nobody", tuple(entries))

    def make(self, root: Path, interpreter: Interpreter, prompt: str) -> None:
        self.made.append(root)

    def environments(
        self, interpreters: Interpreters | None = None, lock_wait_seconds: float = 1
    ) -> Environments:
        return Environments(
            open_store(self.machine.root / "store"),
            interpreters or self.machine.interpreters(),
            self.places,
            render=self.render,
            make=self.make,
            limits=Limits(lock_wait_seconds=lock_wait_seconds),
        )


def sought(*requests: str, requires: str = "") -> Sought:
    return Sought(tuple(parse_request(text) for text in requests or ("",)), "`--python`", requires)


def test_the_interpreter_of_a_live_environment_is_kept_while_it_fits(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    older = machine.python("old/python3.11", "3.11.4")
    machine.python("bin/python3", "3.13.0")
    root = machine.environment("project/.venv", older, "3.11.4")
    environments = Workshop(machine, path=machine.path("bin")).environments()

    assert environments.choose(root, sought(requires=">=3.11")).version == "3.11.4"
    assert environments.choose(root, sought(requires=">=3.12")).version == "3.13.0"
    assert environments.choose(root, sought("3.13")).version == "3.13.0"


def test_choosing_does_not_mind_what_stands_at_the_place(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("bin/python3", "3.13.0")
    (tmp_path / ".venv").write_text("a file")
    environments = Workshop(machine, path=machine.path("bin")).environments()

    assert environments.choose(tmp_path / ".venv", sought()).version == "3.13.0"


def test_looking_says_what_would_be_done_and_changes_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("bin/python3.12", "3.12.1")
    other = machine.python("bin/python3.13", "3.13.0")
    root = machine.environment("project/.venv", base)
    broken = machine.environment("broken", base)
    (broken / "bin/python").unlink()
    interpreters = machine.interpreters()
    environments = Workshop(machine).environments(interpreters)

    kept = environments.look(root, interpreters.read(str(base)))
    replaced = environments.look(root, interpreters.read(str(other)))

    assert (kept.action, isinstance(kept.environment, Environment)) == ("kept", True)
    assert (replaced.action, replaced.environment) == ("replaced", None)
    assert replaced.reason == "it is one of CPython 3.12.1"
    assert environments.look(broken, interpreters.read(str(base))).action == "replaced"
    assert environments.look(tmp_path / "new", interpreters.read(str(base))).action == "created"
    assert (root / "pyvenv.cfg").exists()


def test_looking_refuses_a_place_that_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    (tmp_path / ".venv").write_text("a file")

    with pytest.raises(NotAnEnvironment):
        Workshop(machine).environments(interpreters).look(tmp_path / ".venv", base)


def test_a_template_is_rendered_once_for_all_environments_of_an_interpreter(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    workshop = Workshop(machine)
    roots = [tmp_path / "one/.venv", tmp_path / "two/.venv"]

    for root in roots:
        environments = workshop.environments(interpreters)
        made = environments.ensure(environments.look(root, base), base, prompt="demo")
        assert made.root == root
        assert environments.look(root, base).action == "kept"

    assert workshop.rendered == ["3.12.1"]
    assert workshop.made == []


def test_an_environment_of_another_python_is_replaced(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project/.venv", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    (root / "lib/python3.11/site-packages/old.py").touch()
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters)
    events: list[Event] = []

    environments.ensure(environments.look(root, newer), newer, prompt="demo", report=events.append)

    assert not (root / "lib/python3.11").exists()
    assert (root / "lib/python3.12/site-packages").is_dir()
    assert [p.name for p in root.parent.iterdir()] == [".venv"]
    assert events == [Detail(f"`{root}` is made again: it is one of CPython 3.11.4")]


def test_a_link_to_an_environment_that_is_replaced_is_not_followed(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    real = machine.environment("shared", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    root = tmp_path / "project/.venv"
    root.parent.mkdir()
    root.symlink_to(real)
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters)

    environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert not root.is_symlink()
    assert (root / "lib/python3.12").is_dir()
    assert (real / "lib/python3.11").is_dir()


def test_the_old_environment_stays_when_the_new_one_cannot_be_made(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project/.venv", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    workshop = Workshop(machine)
    workshop.broken = True
    environments = workshop.environments(interpreters)

    with pytest.raises(FileTrouble):
        environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert (root / "lib/python3.11").is_dir()
    assert [p.name for p in root.parent.iterdir()] == [".venv"]


def test_an_environment_that_has_come_meanwhile_is_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters)
    root = tmp_path / ".venv"
    seen_before = environments.look(root, base)
    environments.ensure(seen_before, base, prompt="demo")
    (root / "lib/python3.12/site-packages/installed.py").touch()

    environments.ensure(seen_before, base, prompt="demo")

    assert (root / "lib/python3.12/site-packages/installed.py").exists()


def test_an_environment_somebody_works_in_is_not_taken_away(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project/.venv", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters, 0.05)
    (root / ".detent").mkdir()

    with FileLock(root / LOCK, wait_seconds=1, notice_seconds=1), pytest.raises(StoreBusy):
        environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert (root / "lib/python3.11").is_dir()
    assert names(root.parent) == [".venv"]


def test_a_state_folder_that_is_a_link_has_no_lock_of_ours_behind_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project/.venv", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "lock").write_text("mine")
    (root / ".detent").symlink_to(victim)

    environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert (victim / "lock").read_text() == "mine"
    assert (root / "lib/python3.12").is_dir()


def test_a_folder_that_is_more_than_an_environment_stays_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    (root / "pyproject.toml").touch()
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    environments = Workshop(machine).environments(interpreters)
    before = names(tmp_path)

    with pytest.raises(NotAnEnvironment):
        environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert names(tmp_path) == before
    assert (root / "lib/python3.11").is_dir()


def test_a_path_that_needs_quoting_goes_through_virtualenv(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    workshop = Workshop(machine)
    environments = workshop.environments(interpreters)
    root = tmp_path / "my project/.venv"

    environments.ensure(environments.look(root, base), base, prompt="demo")

    assert workshop.made == [root]
    assert workshop.rendered == []
