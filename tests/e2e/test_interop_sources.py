"""Our locks with packages from repositories, folders and files, installed by pip and uv, from loopback alone."""

import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.peers import Peers
from support.repositories import Repository
from support.wheels import wheel

DEAD_INDEX = "http://127.0.0.1:9/simple/"
EVERYTHING = {
    "deep": "1.5",
    "direct": "3.0",
    "local": "0.3",
    "plain": "1.0",
    "repository": "1.2",
    "vendored": "2.0",
}


@pytest.fixture
def peers(tmp_path: Path) -> Peers:
    return Peers(tmp_path / "home")


@pytest.fixture
def locked(sandbox: Sandbox, index: IndexServer, tmp_path: Path) -> Sandbox:
    """A project with one package from everywhere; one of them says itself where its dependency is."""
    publish(index, wheel("plain"), wheel("direct", "3.0"), *(wheel("deep", v) for v in ("1.0", "2.0")))
    repository = Repository(tmp_path / "repository")
    repository.commit({f"sub/{path}": text for path, text in tiny_tree("repository", "1.2").items()})
    beside = '[tool.uv.sources]\ndeep = {path = "../deep"}\n'
    write_tree(sandbox.root / "libs/local", tiny_tree("local", "0.3", requires=["deep>=1"], tables=beside))
    write_tree(sandbox.root / "libs/deep", tiny_tree("deep", "1.5"))
    made = wheel("vendored", "2.0")
    (sandbox.root / "vendor").mkdir()
    (sandbox.root / "vendor" / made.filename).write_bytes(made.data)
    sandbox.manifest(
        "plain",
        "repository",
        "local",
        "vendored",
        f"direct @ {index.origin}/files/direct/direct-3.0-py3-none-any.whl",
        tail=f"""
[tool.detent.sources]
repository = {{git = "{repository.url}", branch = "main", subdirectory = "sub"}}
local = {{path = "libs/local", editable = true}}
vendored = {{path = "vendor/{made.filename}"}}
""",
    )
    done = sandbox.detent("lock").ok()
    assert "so pip installs `pylock.toml` with `--no-require-hashes` only" in done.err
    return sandbox


def versions_in(environment: Path) -> dict[str, str]:
    found = (path.name.removesuffix(".dist-info") for path in environment.rglob("*.dist-info"))
    return {name.partition("-")[0]: name.partition("-")[2] for name in found}


def test_what_we_lock_we_install_and_find_whole(locked: Sandbox) -> None:
    locked.detent("lock", "--check").ok()
    locked.detent("sync").ok()

    assert locked.installed() == EVERYTHING
    assert "so pip installs" not in locked.detent("lock", "--upgrade").ok().err


def test_packaging_finds_it_valid_and_selects_the_same(locked: Sandbox) -> None:
    judge = Pylock.from_dict(tomllib.loads(locked.read("pylock.toml")))

    assert {str(package.name) for package, _ in judge.select()} == set(EVERYTHING)


def test_pip_installs_it(locked: Sandbox, peers: Peers) -> None:
    environment = peers.environment("pip")
    flags = ("--no-index", "--no-require-hashes", "-r", "pylock.toml")
    peers.pip("--python", str(environment), "install", *flags, cwd=locked.root)

    assert versions_in(environment) == EVERYTHING


@pytest.mark.parametrize("words", [("install", "-r", "pylock.toml"), ("sync", "pylock.toml")])
def test_uv_installs_it(locked: Sandbox, peers: Peers, words: tuple[str, ...]) -> None:
    environment = peers.environment("uv")
    flags = ("--python", str(environment), "--default-index", DEAD_INDEX)
    peers.uv("pip", words[0], *flags, *words[1:], cwd=locked.root)

    assert versions_in(environment) == EVERYTHING


def test_pip_installs_what_is_exported_without_hashes(locked: Sandbox, peers: Peers) -> None:
    locked.detent("export", "--no-hashes", "--no-emit-project", "-o", "requirements.txt").ok()
    environment = peers.environment("pip")
    flags = ("--no-index", "--find-links", "vendor", "-r", "requirements.txt", "--no-deps")
    lines = [line for line in locked.read("requirements.txt").splitlines() if line.startswith("plain")]
    assert lines == ["plain==1.0"]
    kept = locked.read("requirements.txt").replace("plain==1.0", "")
    locked.write("requirements.txt", kept)
    peers.pip("--python", str(environment), "install", *flags, cwd=locked.root)

    assert versions_in(environment) == {name: v for name, v in EVERYTHING.items() if name != "plain"}


def test_a_source_that_is_swapped_in_the_lock_is_found(locked: Sandbox) -> None:
    text = locked.read("pylock.toml")
    for old, new, entry in (
        ('vcs = {type = "git", url = "file://', 'vcs = {type = "git", url = "file:///evil', "repository 1.2"),
        ('directory = {path = "libs/local"', 'directory = {path = "libs/evil"', "local 0.3"),
        ('directory = {path = "libs/deep"', 'directory = {path = "libs/evil"', "deep 1.5"),
    ):
        assert text.count(old) == 1
        locked.write("pylock.toml", text.replace(old, new))

        done = locked.detent("lock", "--check")

        assert done.code == 1
        assert f"the entry `{entry}` comes from" in done.err


def test_a_package_that_has_a_source_is_added_without_a_bound(sandbox: Sandbox, index: IndexServer) -> None:
    write_tree(sandbox.root / "libs/local", tiny_tree("local", "0.3"))
    sandbox.manifest(tail='\n[tool.detent.sources]\nlocal = {path = "libs/local"}\n')

    sandbox.detent("add", "local").ok()

    assert '"local"' in sandbox.read("pyproject.toml")
    assert sandbox.installed() == {"local": "0.3"}
    assert not [request for request in index.requests if "/local" in str(request)]
