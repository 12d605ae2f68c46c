"""examples/monorepo from end to end: every kind of source at once, with its own servers, on loopback alone."""

import base64
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from support.backends import HATCHLING, repacked_installed
from support.cli import SOURCE, Done, Sandbox, publish, run
from support.index_server import IndexServer, serve
from support.peers import Peers
from support.wheels import Wheel, wheel

EXAMPLE = Path(__file__).parents[2] / "examples/monorepo"
PLACE = "http://127.0.0.1:8642"
"""Where the files of the example say that its servers are."""
SECRET = "low-tide"
LOGIN = {"DETENT_INDEX_HARBOUR_USERNAME": "ada", "DETENT_INDEX_HARBOUR_PASSWORD": SECRET}
WRONG = {**LOGIN, "DETENT_INDEX_HARBOUR_PASSWORD": "neap-tide"}
MEMBERS = ("board", "board-classic", "watch", "wind")
BY_ALL = {"fastmean", "knots", "wind"}
NEEDS = {
    "harbour": BY_ALL | {"watch"},
    "wind": BY_ALL,
    "watch": BY_ALL | {"watch"},
    "board": BY_ALL | {"board", "rich"},
    "board-classic": BY_ALL | {"board-classic", "rich"},
}
"""What is installed for the root and for each member."""
SAYS = {
    "watch": "The wind blows at 12.1 knots\n",
    "board": "Wind: 12.1 knots  (rich 15)\n",
    "board-classic": "Wind 12  (rich 14)\n",
}

COMPILER = shlex.split(sysconfig.get_config_var("LDSHARED") or "cc")[0]
pytestmark = pytest.mark.skipif(
    not (shutil.which(COMPILER) and Path(sysconfig.get_path("include"), "Python.h").is_file()),
    reason="an extension in C is compiled",
)


def public_packages() -> tuple[Wheel, ...]:
    """What the example takes from the default index: rich, new and old, and the back end of everything."""
    shows = "import builtins, re\n\ndef print(text):\n    builtins.print(re.sub(r'\\[/?bold\\]', '', text))\n"
    return (
        *(wheel("rich", version, files={"rich/__init__.py": shows}) for version in ("14.3.4", "15.0.0")),
        *map(repacked_installed, HATCHLING),
    )


class Team(NamedTuple):
    """The servers, and what the first machine has made with them. Nobody changes any of it."""

    url: str
    """Where `serve.py` serves."""
    log: Path
    """What was asked of it."""
    public: IndexServer
    """The default index."""
    project: Path
    """The example, with its lock."""
    cache: Path
    """With all that the root needs built."""

    def machine(self, folder: Path, cache: Path | None) -> Sandbox:
        """Make another machine that has the project, its lock and a copy of this cache."""
        folder.mkdir(exist_ok=True)
        machine = Sandbox.make(folder, self.public.url, cache)
        shutil.copytree(self.project, machine.root, dirs_exist_ok=True)
        machine.variables.update(LOGIN)
        return machine

    def asked(self, text: str) -> int:
        """How many requests to `serve.py` held this."""
        return self.log.read_text().count(text)


@contextmanager
def served(folder: Path, variables: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Run the script of the example; give its address and the file it logs to."""
    log = folder / "served"
    with (
        log.open("w") as file,
        subprocess.Popen(
            [sys.executable, str(EXAMPLE / "serve.py"), "0"],
            env={**variables, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.match(r"serving (http://127\.0\.0\.1:\d+)/ ", process.stdout.readline())
            assert found, log.read_text()
            yield found[1], log
        finally:
            process.terminate()


def copy_of_example(to: Path, url: str) -> None:
    """Copy what of the example is a project, with the address in place of the one written there."""
    left_out = shutil.ignore_patterns("__pycache__", "outside", "serve.py", "README.md", "expected.txt")
    shutil.copytree(EXAMPLE, to, ignore=left_out, dirs_exist_ok=True)
    path = to / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace(PLACE, url), "utf-8")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, primed_cache: Path) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    with serve() as index:
        publish(index, *public_packages())
        first = Sandbox.make(folder, index.url, primed_cache)
        first.variables.update(LOGIN)
        with served(folder, first.variables) as (url, log):
            copy_of_example(first.root, url)
            first.detent("sync").ok()
            shutil.rmtree(first.root / ".venv")
            yield Team(url, log, index, first.root, first.cache)


@pytest.fixture
def machine(team: Team, tmp_path: Path) -> Sandbox:
    """A machine that has built most of it before, in another folder."""
    return team.machine(tmp_path / "machine", team.cache)


def wrapped(program: str, folder: Path) -> tuple[Path, Path]:
    """Write a program that notes each call and then is the real one; give it and its notes."""
    real = shutil.which(program)
    assert real
    folder.mkdir(exist_ok=True)
    made, notes = folder / Path(program).name, folder / f"{Path(program).name}.calls"
    made.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(notes))}\nexec {shlex.quote(real)} "$@"\n')
    made.chmod(0o755)
    return made, notes


def names(machine: Sandbox) -> set[str]:
    return set(machine.installed())


def texts_below(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


# ---- as the README says ------------------------------------------------------------------------


def commands() -> list[str]:
    """Give the lines of the README that are for detent, their remarks left out."""
    lines = (EXAMPLE / "README.md").read_text("utf-8").splitlines()
    told = [line.partition("#")[0].strip() for line in lines if line.startswith("    ")]
    return [line for line in told if re.search(r"(^|\| )detent ", line)]


def followed(machine: Sandbox, url: str) -> dict[str, Done]:
    """Do what the README says, word for word, in a shell that has detent on its path."""
    return {line: machine.shell("-c", line.replace(PLACE, url), timeout=300).ok() for line in commands()}


def check_followed(machine: Sandbox, done: dict[str, Done]) -> None:
    assert len(done) == 8
    assert not [line for line, each in done.items() if "warning" in each.err]
    assert done["detent run watch"].out == SAYS["watch"] == (EXAMPLE / "expected.txt").read_text()
    for name in ("board", "board-classic"):
        assert done[f"detent run --package {name} {name}"].out == SAYS[name]
    both = done["detent sync --package watch --package board"].err
    assert " - board-classic==1.0.0" in both
    assert " + rich==15." in both
    assert names(machine) == NEEDS["harbour"]
    assert "fastmean v1.0.0" in done["detent tree --package board"].out
    assert not any(SECRET in text for each in done.values() for text in (each.out, each.err))


def test_the_example_does_what_its_readme_says(team: Team, sandbox: Sandbox) -> None:
    copy_of_example(sandbox.root, team.url)
    sandbox.variables["DETENT_DEFAULT_INDEX"] = team.public.url

    check_followed(sandbox, followed(sandbox, team.url))


@pytest.mark.live
def test_the_example_works_with_the_real_packages(tmp_path: Path) -> None:
    made = Sandbox.make(tmp_path, "")
    variables = {**os.environ, "PYTHONPATH": str(SOURCE), "HOME": str(tmp_path / "home")}
    machine = Sandbox(root=made.root, cache=made.cache, index_url="", variables=variables)
    variables["DETENT_CACHE_DIR"] = str(machine.cache)
    with served(tmp_path, variables) as (url, _):
        copy_of_example(machine.root, url)

        check_followed(machine, followed(machine, url))


# ---- the lock, and what is installed from it ---------------------------------------------------


def test_the_lock_holds_every_member_and_where_everything_comes_from(team: Team) -> None:
    lock = tomllib.loads((team.project / "pylock.toml").read_text())
    packages = {package["name"]: package for package in lock["packages"]}

    assert set(lock["dependency-groups"]) == set(MEMBERS)
    assert set(lock["tool"]["detent"]["inputs"]["members"]) == set(MEMBERS)
    assert packages["fastmean"]["index"] == f"{team.url}/simple/"
    assert packages["fastmean"]["sdist"]["url"].startswith(f"{team.url}/simple/fastmean/")
    assert packages["knots"]["vcs"]["url"] == f"{team.url}/knots.git"
    assert re.fullmatch("[0-9a-f]{40}", packages["knots"]["vcs"]["commit-id"])
    assert packages["wind"]["directory"] == {"path": "packages/wind", "editable": True}
    assert sorted(
        (package["version"], package["marker"]) for package in lock["packages"] if package["name"] == "rich"
    ) == [
        ("14.3.4", "'board-classic' in dependency_groups"),
        ("15.0.0", "'board' in dependency_groups"),
    ]


def test_the_root_and_each_member_are_installed_with_what_they_need(machine: Sandbox, team: Team) -> None:
    for name, needs in NEEDS.items():
        machine.detent("sync", "--locked", "--package", name).ok()
        assert names(machine) == needs, name
        assert machine.python("-c", "import fastmean; print(fastmean.mean([1, 2]))").ok().out == "1.5\n"
        if name in SAYS:
            assert machine.detent("run", "--package", name, name).ok().out == SAYS[name]

    for folder in ("packages/wind", "packages/board/src"):
        machine.detent("sync", cwd=machine.root / folder).ok()
        assert names(machine) == NEEDS[Path(folder).parts[1]]
    assert machine.read("pylock.toml") == (team.project / "pylock.toml").read_text()


def test_all_but_one_of_those_that_exclude_each_other_are_installed(machine: Sandbox) -> None:
    both = machine.detent("sync", "--all-packages")
    assert both.code == 2
    assert "`board` and `board-classic` cannot be on together [exclusive-extras]" in both.err
    assert "next: name all but one of them with `--package`" in both.err
    assert machine.installed() == {}

    for name, version in (("board", "15.0.0"), ("board-classic", "14.3.4")):
        flags = [word for each in ("harbour", "watch", "wind", name) for word in ("--package", each)]
        machine.detent("sync", *flags).ok()
        assert names(machine) == NEEDS["harbour"] | NEEDS[name]
        assert machine.installed()["rich"] == version


def test_the_check_sees_the_root_and_every_member(machine: Sandbox) -> None:
    machine.detent("lock", "--check", "--offline").ok()
    for name in (".", *(f"packages/{member}" for member in MEMBERS)):
        path = f"{name}/pyproject.toml"
        before = machine.read(path)
        machine.write(path, before.replace("dependencies = [", 'dependencies = ["new-here", ', 1))

        done = machine.detent("lock", "--check", "--offline")

        assert done.code == 1, path
        assert "new-here" in done.err
        machine.write(path, before)
    machine.detent("lock", "--check", "--offline").ok()


def test_a_member_is_left_out_as_the_project_is(machine: Sandbox) -> None:
    machine.detent("sync", "--package", "board", "--no-install-project").ok()
    assert names(machine) == NEEDS["board"] - {"board"}
    machine.detent("sync", "--package", "board", "--no-install-workspace").ok()
    assert names(machine) == NEEDS["board"] - {"board", "wind"}
    machine.detent("sync", "--package", "board", "--package", "watch", "--no-install-local").ok()
    assert names(machine) == {"fastmean", "knots", "rich"}


def test_a_member_that_others_need_is_edited_and_its_lock_fits(machine: Sandbox) -> None:
    before = machine.snapshot()

    machine.detent("add", "--package", "wind", "pluggy", "--no-sync").ok()
    (wind,) = (p for p in tomllib.loads(machine.read("pylock.toml"))["packages"] if p["name"] == "wind")
    assert {"name": "pluggy"} in wind["dependencies"]
    machine.detent("lock", "--check").ok()
    machine.detent("remove", "--package", "wind", "pluggy", "--no-sync").ok()
    machine.detent("lock", "--check").ok()

    assert machine.snapshot() == before


def test_a_second_machine_with_another_default_index_writes_the_same_lock(team: Team, tmp_path: Path) -> None:
    locked = (team.project / "pylock.toml").read_text()
    with serve() as mirror:
        publish(mirror, *public_packages())
        machine = team.machine(tmp_path / "second", None)
        machine.variables["DETENT_DEFAULT_INDEX"] = mirror.url
        before = team.public.count()
        for words in (("lock", "--check"), ("lock",), ("lock", "--upgrade"), ("sync", "--package", "board")):
            machine.detent(*words).ok()
            assert machine.read("pylock.toml") == locked, words

        assert names(machine) == NEEDS["board"]
        assert mirror.count("/files/rich/") > 0
        assert team.public.count() == before


# ---- logins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("lock", "--upgrade"), ("sync", "--frozen")], ids=" ".join)
def test_a_wrong_password_is_one_clear_error(team: Team, tmp_path: Path, words: Sequence[str]) -> None:
    machine = team.machine(tmp_path / "machine", None)

    done = machine.detent(*words, env=WRONG)

    assert done.code == 1
    assert done.err.count("error:") == 1
    assert f"{team.url}/simple/" in done.err
    assert "access was refused (HTTP 401)" in done.err
    assert "[index-unavailable]" in done.err
    assert "detent auth" in done.err
    assert machine.read("pylock.toml") == (team.project / "pylock.toml").read_text()
    assert not (machine.root / ".venv").exists() or machine.installed() == {}
    for text in (done.err, done.out, *(data.decode("latin-1") for _, data in texts_below(machine.cache))):
        assert "neap-tide" not in text


def test_nobody_is_asked_for_anything_without_a_login(team: Team, tmp_path: Path) -> None:
    machine = team.machine(tmp_path / "machine", None)
    for name in LOGIN:
        del machine.variables[name]
    asked = team.asked("/simple/")

    done = machine.detent("lock", "--upgrade")

    assert done.code == 1
    assert done.err.count("error:") == 1
    assert f"`{team.url}/simple/`" in done.err
    assert "there are no credentials" in done.err
    assert f"run `detent auth login {team.url}`" in done.err
    assert team.asked("/simple/") == asked


def test_the_password_is_nowhere(team: Team, tmp_path: Path) -> None:
    machine = team.machine(tmp_path / "machine", None)
    said = [
        machine.detent(*words, "-vv")
        for words in (
            ("lock", "--upgrade"),
            ("sync", "--package", "watch"),
            ("sync", "--package", "board"),
            ("export", "--emit-index-url", "--package", "watch"),
            ("export", "--format", "pylock.toml"),
            ("tree",),
            ("undo",),
            ("sync", "--package", "fastmean"),
        )
    ]

    assert [done.code for done in said] == [0] * (len(said) - 1) + [2]
    forms = {SECRET, SECRET.replace("-", "%2D"), base64.b64encode(f"ada:{SECRET}".encode()).decode()}
    assert [
        path
        for path, data in texts_below(machine.root, machine.cache, tmp_path / "machine/home")
        if any(form.encode() in data or form in str(path) for form in forms)
    ] == []
    assert not any(form in text for done in said for text in (done.out, done.err) for form in forms)
    assert not team.asked(SECRET)


# ---- once for each content ---------------------------------------------------------------------


def test_eight_processes_build_fetch_and_clone_once(team: Team, primed_cache: Path, tmp_path: Path) -> None:
    compiler, compiled = wrapped(COMPILER, tmp_path / "bin")
    _, called = wrapped("git", tmp_path / "bin")
    first = team.machine(tmp_path / "0", primed_cache)
    machines = [first, *(team.machine(tmp_path / str(number), None) for number in range(1, 8))]
    packs, sdists = team.asked("POST /knots.git/"), team.asked("GET /simple/fastmean/fastmean-1.0.0.tar.gz")
    for machine in machines:
        machine.variables.update(
            DETENT_CACHE_DIR=str(first.cache),
            PATH=f"{tmp_path / 'bin'}{os.pathsep}{machine.variables['PATH']}",
            CC=str(compiler),
        )
        (machine.root / "pylock.toml").unlink()

    running = [(machine, machine.start("sync", listen=True)) for machine in machines]
    for machine, process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        assert names(machine) == NEEDS["harbour"]
        assert machine.read("pylock.toml") == first.read("pylock.toml")

    calls = called.read_text().splitlines()
    assert len(compiled.read_text().splitlines()) == 1
    assert sum(" fetch " in f" {call} " for call in calls) == 1
    assert sum(" clone " in f" {call} " for call in calls) == 1
    assert team.asked("GET /simple/fastmean/fastmean-1.0.0.tar.gz") - sdists == 1
    assert team.asked("POST /knots.git/") - packs >= 1


# ---- other installers --------------------------------------------------------------------------


@pytest.fixture
def peers(team: Team, tmp_path: Path) -> Peers:
    """Both tools; they find the login where their users keep it."""
    home = tmp_path / "peers"
    home.mkdir()
    (home / ".netrc").write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    (home / ".netrc").chmod(0o600)
    return Peers(home)


def distributions(environment: Path) -> set[str]:
    found = environment.glob("lib/python*/site-packages/*.dist-info")
    return {path.name.partition("-")[0].replace("_", "-") for path in found}


@pytest.mark.parametrize("name", ["harbour", "board-classic"])
def test_pip_installs_the_root_and_a_member_from_the_lock(machine: Sandbox, peers: Peers, name: str) -> None:
    environment = peers.environment(name)
    words = ["--index-url", machine.index_url, "--no-require-hashes", "-r", "pylock.toml"]
    groups = [] if name == "harbour" else ["--group", f"pylock.toml:{name}"]
    peers.pip("--python", str(environment), "install", *words, *groups, cwd=machine.root)

    check_installed(environment, machine, name)


@pytest.mark.parametrize("name", ["harbour", "board"])
def test_uv_installs_the_root_and_a_member_from_the_lock(machine: Sandbox, peers: Peers, name: str) -> None:
    environment = peers.environment(name)
    words = ["--python", str(environment), "--default-index", machine.index_url, "-r", "pylock.toml"]
    groups = [] if name == "harbour" else ["--group", name]
    peers.uv("pip", "install", *words, *groups, cwd=machine.root)

    check_installed(environment, machine, name)


def check_installed(environment: Path, machine: Sandbox, name: str) -> None:
    """What the root needs is there, and what the member needs; itself only where something else needs it."""
    needed = NEEDS[name] - ({name} - NEEDS["harbour"])
    assert distributions(environment) == needed | NEEDS["harbour"]
    said = run([str(environment / "bin/watch")], cwd=machine.root, env={})
    assert said.ok().out == SAYS["watch"]
