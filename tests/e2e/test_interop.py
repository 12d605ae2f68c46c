"""Our locks installed by pip and uv, and theirs by us: the same files every time, from loopback alone."""

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Pylock
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.peers import Peers, contents
from support.wheels import Wheel, wheel

MINOR = ".".join(map(str, sys.version_info[:2]))
NATIVE = str(next(iter(sys_tags())))
DEAD_INDEX = "http://127.0.0.1:9/simple/"

PROJECT = f"""\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "shout",
    "plat",
    "forked<2; python_version <= '{MINOR}'",
    "forked>=2; python_version > '{MINOR}'",
    "elsewhere; sys_platform == 'win32'",
]

[project.optional-dependencies]
net = ["netlib[fast]>=1"]
cli = ["letters<2; sys_platform == 'win32'", "colours"]
all = ["demo[net,cli]"]

[dependency-groups]
dev = ["checker", {{include-group = "typing"}}]
typing = ["stubs"]
docs = ["writer"]
"""


def which(tag: str, build: str = "") -> Wheel:
    said = {"plat/__init__.py": f"TAG = {tag + build!r}\n"}
    return wheel("plat", "1.0", tag=tag, build=build, files=said, root_is_purelib="any" in tag)


def fill(index: IndexServer) -> None:
    """An index with a file for everyone, and some for others only."""
    publish(
        index,
        wheel("shout", "1.2", requires=["letters>=1"], scripts={"shout": "shout:main"}),
        *(wheel("letters", version) for version in ("1.0", "2.0")),
        *(
            which(tag)
            for tag in (NATIVE, "py3-none-any", "cp311-cp311-win_amd64", "cp312-abi3-macosx_11_0_arm64")
        ),
        wheel("forked", "1.5", requires=["old-helper"]),
        wheel("forked", "2.5", requires_python=">=3.11"),
        wheel("old-helper"),
        wheel("elsewhere", tag="py3-none-win_amd64"),
        wheel("netlib", "1.1", extras={"fast": ["speedup; implementation_name == 'cpython'", "letters"]}),
        wheel("speedup"),
        wheel("colours", data={"scripts/paint": "#!python\nprint('red')\n", "data/share/colours.txt": "red"}),
        wheel(
            "checker",
            requires=["stubs", "elsewhere; sys_platform == 'win32'"],
            gui_scripts={"check": "checker:run"},
        ),
        wheel("stubs"),
        wheel("writer", requires=["letters"]),
    )


BASE = {"shout", "letters", "plat", "forked", "old-helper"}
DEV = {"checker", "stubs"}
ALL = {"netlib", "speedup", "colours"}


@pytest.fixture
def peers(tmp_path: Path) -> Peers:
    return Peers(tmp_path / "home")


@pytest.fixture
def locked(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    fill(index)
    sandbox.write("pyproject.toml", PROJECT)
    sandbox.detent("lock").ok()
    return sandbox


def synced(sandbox: Sandbox, *flags: str) -> dict[str, bytes]:
    """What our own sync makes of the lock."""
    sandbox.detent("sync", *flags).ok()
    return contents(sandbox.root / ".venv")


def by_packaging(sandbox: Sandbox, **wanted: list[str]) -> dict[str, str]:
    """Name and file of what the judge selects."""
    judge = Pylock.from_dict(tomllib.loads(sandbox.read("pylock.toml")))
    chosen = judge.select(extras=wanted.get("extras", []), dependency_groups=wanted.get("groups", []))
    return {str(package.name): str(file.filename) for package, file in chosen}  # type: ignore[union-attr]


def names(files: dict[str, bytes]) -> set[str]:
    found = (re.fullmatch(r"([^/]+)-[^-/]+\.dist-info/METADATA", path) for path in files)
    return {canonicalize_name(match[1]) for match in found if match}


def test_pip_installs_our_lock_as_we_do(locked: Sandbox, peers: Peers) -> None:
    plain = synced(locked, "--no-dev")
    with_dev = synced(locked)
    with_extra = synced(locked, "--no-dev", "--extra", "all")
    assert names(plain) == BASE
    assert names(with_dev) == BASE | DEV
    assert names(with_extra) == BASE | ALL
    assert f"TAG = {NATIVE!r}\n".encode() == plain["plat/__init__.py"]

    for name, words, expected in (
        ("plain", ("-r", "pylock.toml"), plain),
        ("dev", ("-r", "pylock.toml", "--group", "pylock.toml:dev"), with_dev),
        ("all", ("-r", "pylock.toml[all]"), with_extra),
    ):
        environment = peers.environment(name)
        peers.pip("--python", str(environment), "install", "--no-index", *words, cwd=locked.root)
        assert contents(environment) == expected, name


def test_uv_installs_our_lock_as_we_do(locked: Sandbox, peers: Peers) -> None:
    for name, ours, theirs in (
        ("plain", ["--no-dev"], []),
        ("dev", [], ["--group", "dev"]),
        ("net", ["--no-dev", "--extra", "net"], ["--extra", "net"]),
        ("all", ["--all-groups", "--all-extras"], ["--extra", "all", "--group", "dev", "--group", "docs"]),
    ):
        environment = peers.environment(name)
        words = ["pip", "sync", "--python", str(environment), "--default-index", DEAD_INDEX, "pylock.toml"]
        peers.uv(*words, *theirs, cwd=locked.root)
        assert contents(environment) == synced(locked, *ours), name


def test_packaging_finds_our_lock_valid_and_selects_what_we_install(locked: Sandbox) -> None:
    lock = tomllib.loads(locked.read("pylock.toml"))
    assert lock["extras"] == ["all", "cli", "net"]
    assert lock["dependency-groups"] == ["dev", "docs", "typing"]
    assert "default-groups" not in lock
    assert [p["version"] for p in lock["packages"] if p["name"] == "forked"] == ["1.5", "2.5"]

    for flags, wanted in (
        (["--no-dev"], {}),
        ([], {"groups": ["dev"]}),
        (["--extra", "cli", "--group", "docs"], {"extras": ["cli"], "groups": ["dev", "docs"]}),
        (
            ["--all-extras", "--all-groups"],
            {"extras": ["all", "cli", "net"], "groups": ["dev", "docs", "typing"]},
        ),
    ):
        chosen = by_packaging(locked, **wanted)
        assert names(synced(locked, *flags)) == set(chosen)
        assert chosen["plat"] == f"plat-1.0-{NATIVE}.whl"


def test_we_install_what_uv_exports(sandbox: Sandbox, index: IndexServer, peers: Peers) -> None:
    fill(index)
    sandbox.write("pyproject.toml", f"{PROJECT}\n[tool.uv]\npackage = false\n")
    peers.uv("lock", "--default-index", index.url, "--python", sys.executable, cwd=sandbox.root)
    export = [
        "export",
        "--frozen",
        "--python",
        sys.executable,
        "--format",
        "pylock.toml",
        "-o",
        "pylock.toml",
    ]

    for name, flags in (("plain", ["--no-dev"]), ("everything", ["--all-groups", "--all-extras"])):
        peers.uv(*export, *flags, cwd=sandbox.root)
        environment = peers.environment(name)
        peers.uv("pip", "sync", "--python", str(environment), "pylock.toml", cwd=sandbox.root)
        assert contents(environment) == synced(sandbox, "--frozen"), name
        assert names(contents(environment)) == set(by_packaging(sandbox))


def test_we_install_what_uv_compiles_for_every_platform(
    sandbox: Sandbox, index: IndexServer, peers: Peers
) -> None:
    fill(index)
    sandbox.manifest()
    sandbox.write("wishes.in", "plat\nshout\nnetlib[fast]\nelsewhere; sys_platform == 'win32'\n")
    words = ["pip", "compile", "wishes.in", "--universal", "--default-index", index.url, "-o", "pylock.toml"]
    peers.uv(*words, "--python", sys.executable, cwd=sandbox.root)

    assert names(synced(sandbox, "--frozen")) == {"plat", "shout", "letters", "netlib", "speedup"}


def test_we_install_what_pip_locks(sandbox: Sandbox, index: IndexServer, peers: Peers) -> None:
    fill(index)
    sandbox.manifest()
    wishes = ["shout", "plat", "netlib[fast]", "forked<2"]
    peers.pip("lock", "--index-url", index.url, "-o", "pylock.toml", *wishes, cwd=sandbox.root)

    ours = synced(sandbox, "--frozen")

    environment = peers.environment("pip")
    peers.pip("--python", str(environment), "install", "--no-index", "-r", "pylock.toml", cwd=sandbox.root)
    assert ours == contents(environment)
    assert names(ours) == BASE | {"netlib", "speedup"}


def test_we_install_what_pdm_exports(sandbox: Sandbox, index: IndexServer, peers: Peers) -> None:
    """Base dependencies are a group that is on by default."""
    fill(index)

    def entry(filename: str, marker: str) -> str:
        file = index.files[filename]
        return (
            f'[[packages]]\nname = "{file.project}"\nversion = "{filename.split("-")[1]}"\nrequires-python = ">=3.8"\n'
            f'sdist = {{name = "{file.project}-{filename.split("-")[1]}.tar.gz", url = "{index.origin}/files/none.tar.gz", '
            f'hashes = {{sha256 = "{"0" * 64}"}}}}\n'
            f'wheels = [\n    {{name = "{filename}", url = "{index.origin}/files/{file.project}/{filename}", '
            f"hashes = {json.dumps(file.digests).replace(':', ' =')}}},\n]\nmarker = {json.dumps(marker)}\n\n"
            f"[packages.tool.pdm]\ndependencies = []\n\n"
        )

    sandbox.manifest()
    sandbox.write(
        "pylock.toml",
        'lock-version = "1.0"\nrequires-python = ">=3.8"\nenvironments = [\n    "python_version >= \\"3.8\\"",\n]\n'
        'extras = ["cli"]\ndependency-groups = ["default", "dev"]\ndefault-groups = ["default"]\ncreated-by = "pdm"\n\n'
        + entry(
            "letters-2.0-py3-none-any.whl", '"default" in dependency_groups or "dev" in dependency_groups'
        )
        + entry("shout-1.2-py3-none-any.whl", '"default" in dependency_groups')
        + entry("stubs-1.0-py3-none-any.whl", '"dev" in dependency_groups')
        + entry("colours-1.0-py3-none-any.whl", '"cli" in extras')
        + '[tool.pdm]\nhashes = {sha256 = "00"}\nstrategy = ["inherit_metadata"]\n\n[[tool.pdm.targets]]\nrequires_python = ">=3.8"\n',
    )

    for flags, wanted in (
        ([], {"groups": ["default"]}),
        (["--group", "dev"], {"groups": ["default", "dev"]}),
        (["--extra", "cli"], {"groups": ["default"], "extras": ["cli"]}),
        (["--no-default-groups", "--group", "dev"], {"groups": ["dev"]}),
    ):
        assert names(synced(sandbox, "--frozen", *flags)) == set(by_packaging(sandbox, **wanted)), flags
    environment = peers.environment("pip")
    peers.pip("--python", str(environment), "install", "--no-index", "-r", "pylock.toml", cwd=sandbox.root)
    assert contents(environment) == synced(sandbox, "--frozen")


def test_we_install_direct_files_as_pip_and_uv_lock_them(
    sandbox: Sandbox, index: IndexServer, peers: Peers
) -> None:
    """A wheel by its URL, and one by its path: both are `archive` entries, and say where they are from."""
    fill(index)
    sandbox.manifest()
    local = index.files["letters-2.0-py3-none-any.whl"]
    (sandbox.root / "vendor").mkdir()
    (sandbox.root / "vendor" / local.filename).write_bytes(local.data)
    by_url = f"{index.origin}/files/stubs/stubs-1.0-py3-none-any.whl"
    wishes = f"stubs @ {by_url}\n./vendor/{local.filename}\n"
    sandbox.write("wishes.in", wishes)
    dead = ("--index-url", DEAD_INDEX)
    compiled = [
        "pip",
        "compile",
        "wishes.in",
        "--no-deps",
        "--default-index",
        DEAD_INDEX,
        "-o",
        "pylock.toml",
    ]

    for name in ("pip", "uv"):
        if name == "pip":
            peers.pip("lock", *dead, "--no-deps", "-o", "pylock.toml", "-r", "wishes.in", cwd=sandbox.root)
        else:
            peers.uv(*compiled, "--python", sys.executable, cwd=sandbox.root)
        sandbox.detent("sync", "--frozen").ok()

        assert sandbox.installed() == {"letters": "2.0", "stubs": "1.0"}
        found = {
            p.parent.name.partition("-")[0]: json.loads(p.read_text())
            for p in sandbox.root.rglob("direct_url.json")
        }
        assert set(found) == {"letters", "stubs"}
        assert found["stubs"]["url"] == by_url
        assert found["letters"]["url"] == (sandbox.root / "vendor" / local.filename).as_uri()
        assert found["stubs"]["archive_info"]["hashes"] == index.files["stubs-1.0-py3-none-any.whl"].digests
        shutil.rmtree(sandbox.root / ".venv")
