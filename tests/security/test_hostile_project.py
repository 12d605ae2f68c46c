"""A repository from a stranger: its lock, and a `.venv` that came with it, are foreign data."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.install.apply import recover
from detent.install.manifest import render_manifest
from support.cli import Done, Sandbox, publish
from support.environments import Installation
from support.index_server import IndexServer
from support.wheels import Wheel, wheel

GOOD = wheel("good", "1.0")
EVIL = wheel("evil", "1.0")


def lock_of(made: Wheel, location: str, digest: str, *, size: int | None = None) -> str:
    """A lock of one wheel that says what a stranger likes; the digest as ``sha256:...``."""
    name, version = made.filename.split("-")[:2]
    place = "url" if "://" in location else "path"
    facts = f'{place} = "{location}"' + (f", size = {size}" if size is not None else "")
    algorithm, _, value = digest.partition(":")
    return (
        'lock-version = "1.0"\ncreated-by = "a stranger"\n\n[[packages]]\n'
        f'name = "{name}"\nversion = "{version}"\n'
        f'wheels = [{{name = "{made.filename}", {facts}, hashes = {{{algorithm} = "{value}"}}}}]\n'
    )


def digest_of(made: Wheel, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, made.data).hexdigest()}"


def sync(project: Sandbox, lock: str) -> Done:
    project.write("pylock.toml", lock)
    return project.detent("sync", "--frozen")


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, GOOD, EVIL)
    sandbox.manifest("good")
    return sandbox


def test_a_hash_that_leads_to_another_package_of_the_cache_is_refused(
    project: Sandbox, index: IndexServer
) -> None:
    evil_url = index.url.replace("/simple/", f"/files/{EVIL.filename}")
    sync(project, lock_of(EVIL, evil_url, digest_of(EVIL))).ok()

    exchanged = lock_of(GOOD, "https://files.example.com/" + GOOD.filename, digest_of(EVIL))
    done = sync(project, exchanged)

    assert done.code == 1
    assert f"`{GOOD.filename}` was refused" in done.err
    assert "the wheel with its hash is of `evil` 1.0, not `good` 1.0" in done.err
    assert project.installed() == {"evil": "1.0"}


def test_every_hash_a_lock_may_stand_on_is_checked(project: Sandbox, index: IndexServer) -> None:
    url = index.url.replace("/simple/", f"/files/{GOOD.filename}")
    for algorithm in ("sha512", "sha3_256", "blake2b", "blake2s"):
        done = sync(project, lock_of(GOOD, url, digest_of(EVIL, algorithm)))

        assert (done.code, "is not the file that was locked" in done.err) == (1, True), algorithm
        assert project.installed() == {}
        sync(project, lock_of(GOOD, url, digest_of(GOOD, algorithm))).ok()
        assert project.installed() == {"good": "1.0"}
        shutil.rmtree(project.root / ".venv")


def test_a_wheel_named_by_path_is_checked_like_any_other(project: Sandbox) -> None:
    (project.root / GOOD.filename).write_bytes(GOOD.data)
    (project.root / EVIL.filename).symlink_to("/dev/zero")
    zeros = lock_of(EVIL, EVIL.filename, digest_of(EVIL))
    for lock, words in (
        (lock_of(GOOD, GOOD.filename, digest_of(EVIL)), "is not the file that was locked"),
        (lock_of(GOOD, GOOD.filename, digest_of(GOOD), size=7), "expected 7 bytes"),
        (lock_of(GOOD, "gone/" + GOOD.filename, digest_of(GOOD)), "it does not exist"),
        (zeros, "it is not a file"),
    ):
        done = sync(project, lock)
        assert (done.code, words in done.err) == (1, True), done.err
        assert project.installed() == {}

    sync(project, lock_of(GOOD, GOOD.filename, digest_of(GOOD), size=len(GOOD.data))).ok()
    assert project.installed() == {"good": "1.0"}


def test_the_state_of_an_environment_cannot_have_programs_written_elsewhere(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", scripts={"tool": "a:x"}), wheel("b"))
    victim = tmp_path / "victim"
    victim.mkdir()
    stolen = (("../victim/profile", "os:system"),)
    hostile = [package._replace(launchers=stolen) for package in world.found().packages]

    (tmp_path / "venv/.detent/installed").write_bytes(render_manifest(hostile))
    world.sync(wheel("b"))
    (tmp_path / "venv/.detent/installed").write_bytes(render_manifest(hostile))
    (tmp_path / "venv/.detent/journal").write_bytes(render_manifest((), {hostile[0].name}))
    world.sync(wheel("b"))

    assert list(victim.iterdir()) == []


def test_nothing_is_put_right_behind_a_link(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", scripts={"tool": "a:x"}), wheel("b", scripts={"tool": "b:x"}))
    (tmp_path / "venv/.detent/journal").write_bytes(render_manifest((), {world.found().packages[0].name}))
    victim = tmp_path / "victim"
    world.scripts.rename(victim)
    world.scripts.symlink_to(victim)
    before = {path.name: os.lstat(path).st_ino for path in victim.iterdir()}

    with pytest.raises(NotAnEnvironment):
        recover(world.environment)

    assert {path.name: os.lstat(path).st_ino for path in victim.iterdir()} == before


def test_a_checkout_cannot_have_its_own_program_started(project: Sandbox) -> None:
    checkout, mark = project.root.parent, project.root.parent / "mark"
    (checkout / ".git").mkdir()
    evil = checkout / "tools/python3"
    evil.parent.mkdir()
    evil.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    evil.chmod(0o755)
    project.write(".venv/pyvenv.cfg", f"home = {evil.parent}\nversion = 3.11.7\n")
    (project.root / ".venv/bin").mkdir()
    (project.root / ".venv/bin/python").symlink_to("/bin/sh")

    done = project.detent("sync", env={"HOME": "/nowhere"}).ok()

    assert "Replacing virtual environment at: .venv" in done.err
    assert not mark.exists()


def test_a_careless_umask_opens_nothing_to_others(project: Sandbox) -> None:
    cache = project.root.parent / "new-cache"
    before = os.umask(0)
    try:
        project.detent("sync", env={"DETENT_CACHE_DIR": str(cache)}).ok()
    finally:
        os.umask(before)

    assert cache.stat().st_mode & 0o777 == 0o700
    paths = [path for path in project.root.rglob("*") if not path.is_symlink()]
    assert [path for path in paths if path.stat().st_mode & 0o022] == []


@pytest.mark.parametrize(
    "requirement",
    [
        "--index-url=https://example.com/simple/",
        "-r requirements.txt",
        "-e .",
        "g\u043e\u043ed",  # two letters of another alphabet
        "good\u200b",
        "\u202edoog",
        "../good",
        "good>=1\\u0000",
        "good; __import__('os').system('x')",
        "good @ javascript:alert(1)",
        "good @ ext::sh -c x",
        "good[../../x]",
    ],
)
def test_a_requirement_is_no_option_no_path_and_no_look_alike(
    project: Sandbox, index: IndexServer, requirement: str
) -> None:
    project.write(
        "pyproject.toml",
        f'[project]\nname = "demo"\nversion = "1"\ndependencies = ["{requirement}"]\n',
    )

    done = project.detent("lock")

    assert done.code == 2, done.err
    assert "error: `pyproject.toml:4:17`" in done.err
    assert done.err.replace("\n", "").isprintable()
    assert index.requests == []


@pytest.mark.parametrize(
    "setting",
    [
        'cache-dir = "."',
        'index-mirror = {default = "https://example.com/simple/"}',
        'keyring-provider = "subprocess"',
        'allow-insecure-host = ["example.com"]',
        'verify-cache = "never"',
    ],
)
def test_a_checkout_does_not_set_up_the_machine_it_is_opened_on(
    project: Sandbox, index: IndexServer, setting: str
) -> None:
    project.manifest("good", tail=f"\n[tool.detent]\n{setting}\n")

    done = project.detent("sync")

    assert done.code == 2, done.err
    assert setting.partition(" ")[0] in done.err
    assert index.requests == []
    assert not (project.root / ".venv").exists()


def test_a_checkout_does_not_read_the_variables_of_who_opens_it(project: Sandbox, index: IndexServer) -> None:
    url = index.url.replace("/simple/", "/${SECRET}/simple/")
    project.manifest("good", tail=f'\n[[tool.detent.index]]\nname = "theirs"\nurl = "{url}"\n')

    done = project.detent("lock", env={"SECRET": "hunter2"})

    assert "hunter2" not in done.err
    assert index.requests
    assert index.count("hunter2") == 0
    assert not [
        path for path in project.cache.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()
    ]


def test_patterns_of_a_workspace_hold_nobody_up(project: Sandbox) -> None:
    members = "**/" * 20 + "a"
    table = f'\n[tool.detent.workspace]\nmembers = ["{members}"]\nexclude = ["{"**/" * 30}b"]\n'
    project.manifest("good", tail=table)
    project.write("a/" * 40 + "pyproject.toml", '[project]\nname = "deep"\nversion = "1"\n')

    project.detent("lock").ok()

    assert "deep" in project.read("pylock.toml")


LINE = "\\n--index-url https://example.com/simple/ #"
"""As TOML writes it: a line of its own where it is written out as it is."""


@pytest.mark.parametrize(
    "entry",
    [
        f'version = "1.0"\nmarker = "os_name != \'{LINE}\'"\nwheels = [WHEEL]',
        f'archive = {{url = "https://example.com/a-1.0.tar.gz{LINE}", hashes = {{sha256 = "{"0" * 64}"}}}}',
        f'archive = {{path = "a-1.0.tar.gz{LINE}/a-1.0.tar.gz", hashes = {{sha256 = "{"0" * 64}"}}}}',
        f'vcs = {{type = "git", url = "https://example.com/a{LINE}", commit-id = "84b3"}}',
        f'vcs = {{type = "git", url = "https://example.com/a", commit-id = "84b3{LINE}"}}',
        'vcs = {type = "git", url = "https://example.com/a", commit-id = "84b3", subdirectory = "a\\u001b[2J"}',
        f'vcs = {{type = "git", url = "https://example.com/a", commit-id = "84b3", requested-revision = "{LINE}"}}',
        f'directory = {{path = "./a{LINE}"}}',
        f'version = "1.0{LINE}"\nwheels = [WHEEL]',
    ],
)
def test_no_text_of_a_lock_begins_a_line_of_its_own(project: Sandbox, entry: str) -> None:
    made = wheel("a", "1.0")
    fact = f'{{url = "https://example.com/{made.filename}", hashes = {{sha256 = "{made.sha256}"}}}}'
    body = entry.replace("WHEEL", fact)
    project.write(
        "pylock.toml", f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n{body}\n'
    )

    for words in (("tree",), ("export",), ("sync", "--dry-run")):
        done = project.detent(*words, "--frozen")

        assert done.code == 2, done.out
        assert "[lock-invalid]" in done.err
        assert done.out == ""
        assert not [line for line in done.err.split("\n") if line.startswith("--index-url")]
