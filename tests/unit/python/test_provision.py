import errno
import os
import shutil
from pathlib import Path

import pytest

from detent.errors.install import EnvironmentExists, NotAnEnvironment
from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Detail, Event
from detent.fsio import FileLock
from detent.model.limits import Limits
from detent.python.discovery import Places, Sought
from detent.python.environment import LOCK, Environment, Style
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
        self.styles: list[Style] = []
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

    def make(self, root: Path, interpreter: Interpreter, style: Style) -> None:
        self.made.append(root)
        self.styles.append(style)

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


@pytest.mark.parametrize("refusal", [errno.EBUSY, errno.EACCES])
@pytest.mark.parametrize("state", ["nothing", "another Python"])
def test_a_folder_that_has_to_stay_is_emptied_and_filled_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int, state: str
) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    root = machine.environment("project/.venv", machine.python("bin/python3.11", "3.11.4"), "3.11.4")
    if state == "nothing":
        shutil.rmtree(root)
        root.mkdir()
    before = root.stat().st_ino
    rename = os.rename

    def rename_others(source: str, target: str) -> None:
        if root in (Path(source), Path(target)):
            raise OSError(refusal, "as for a volume")
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_others)
    newer = interpreters.read(str(machine.python("bin/python3.12", "3.12.1")))
    workshop = Workshop(machine)
    environments = workshop.environments(interpreters)

    environments.ensure(environments.look(root, newer), newer, prompt="demo")

    assert workshop.made == [root]
    assert (root.stat().st_ino, list(root.iterdir())) == (before, [])
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


# ---- making one because somebody asked ------------------------------------------------------


def test_one_that_is_asked_for_is_made_where_nothing_stands(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    environments = Workshop(machine).environments(interpreters)
    (tmp_path / "empty").mkdir()

    for name in ("new", "empty"):
        made = environments.create(tmp_path / name, base, Style("demo"))
        assert made.root == tmp_path / name
        assert (tmp_path / name / "pyvenv.cfg").exists()


@pytest.mark.parametrize("state", ["live", "broken", "linked"])
def test_one_that_stands_is_cleared_only_when_that_is_said(tmp_path: Path, state: str) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = machine.python("bin/python3.12", "3.12.1")
    root = machine.environment("real", base)
    (root / "mine").touch()
    if state == "broken":
        (root / "bin/python").unlink()
    if state == "linked":
        (tmp_path / "link").symlink_to(root)
    asked = tmp_path / "link" if state == "linked" else root
    environments = Workshop(machine).environments(interpreters)
    interpreter = interpreters.read(str(base))
    begun: list[str] = []

    with pytest.raises(EnvironmentExists):
        environments.create(asked, interpreter, Style("demo"), begun=lambda: begun.append("too early"))
    assert ((root / "mine").exists(), begun) == (True, [])
    environments.create(asked, interpreter, Style("demo"), clear=True, begun=lambda: begun.append("begun"))

    assert begun == ["begun"]
    assert not (asked / "mine").exists()
    assert (root / "mine").exists() == (state == "linked")


@pytest.mark.parametrize("what", ["folder", "file", "dangling", "project"])
def test_what_is_no_environment_or_more_than_one_is_never_cleared(tmp_path: Path, what: str) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = machine.python("bin/python3.12", "3.12.1")
    root = tmp_path / "place"
    if what == "folder":
        root.mkdir()
        (root / "mine").touch()
    elif what == "file":
        root.touch()
    elif what == "dangling":
        root.symlink_to("nowhere")
    else:
        machine.environment("place", base)
        (root / ".git").mkdir()
    environments = Workshop(machine).environments(interpreters)
    begun: list[str] = []

    with pytest.raises(NotAnEnvironment):
        environments.create(
            root, interpreters.read(str(base)), Style("demo"), clear=True, begun=lambda: begun.append("")
        )

    assert begun == []
    assert root.is_symlink() or root.exists()


def test_what_has_things_in_it_is_filled_only_by_virtualenv_and_keeps_them(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    workshop = Workshop(machine)
    environments = workshop.environments(interpreters)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").touch()
    style = Style("demo", keeps_contents=True)

    environments.create(tmp_path / "full", base, style)
    environments.create(tmp_path / "new", base, style)

    assert workshop.made == [tmp_path / "full", tmp_path / "new"]
    assert (tmp_path / "full/mine").exists()


@pytest.mark.parametrize("what", ["file", "project", "bin elsewhere", "state elsewhere"])
def test_what_must_not_be_filled_is_refused(tmp_path: Path, what: str) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    workshop = Workshop(machine)
    root = tmp_path / "place"
    if what == "file":
        root.touch()
    else:
        root.mkdir()
        if what == "project":
            (root / "pyproject.toml").touch()
        else:
            (root / {"bin elsewhere": "bin", "state elsewhere": ".detent"}[what]).symlink_to(tmp_path)

    with pytest.raises(NotAnEnvironment):
        workshop.environments(interpreters).create(root, base, Style("demo", keeps_contents=True))

    assert workshop.made == []


def test_the_interpreters_own_packages_come_from_no_template(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    interpreters = machine.interpreters()
    base = interpreters.read(str(machine.python("bin/python3")))
    workshop = Workshop(machine)
    style = Style("demo", system_site_packages=True)

    workshop.environments(interpreters).create(tmp_path / ".venv", base, style)

    assert (workshop.styles, workshop.rendered) == ([style], [])


def test_who_asks_for_a_new_environment_gets_the_first_python_not_that_of_the_old_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("bin/python3", "3.13.0")

    found = Workshop(machine, path=machine.path("bin")).environments().find(sought(requires=">=3.11"))

    assert found.version == "3.13.0"
