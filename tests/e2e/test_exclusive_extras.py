"""A lock with exclusive extras and environments, through every command and through pip, uv and packaging."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Pylock, PylockSelectError

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.peers import Peers, contents
from support.wheels import wheel

DEAD_INDEX = "http://127.0.0.1:9/simple/"
PROJECT = f"""\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["torch", "elsewhere; sys_platform == 'plan9'"]

[project.optional-dependencies]
cpu = ["torch<2"]
gpu = ["torch<3", "driver"]

[tool.detent]
environments = ["sys_platform == '{sys.platform}'", "sys_platform == 'aix'"]
conflicts = [[{{extra = "cpu"}}, {{extra = "gpu"}}]]
"""


@pytest.fixture
def locked(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, *(wheel("torch", version) for version in ("1.0", "2.0", "3.0")), wheel("driver"))
    sandbox.write("pyproject.toml", PROJECT)
    sandbox.detent("lock").ok()
    return sandbox


def judge(sandbox: Sandbox) -> Pylock:
    return Pylock.from_dict(tomllib.loads(sandbox.read("pylock.toml")))


def test_packaging_takes_the_lock_and_selects_for_each_extra(locked: Sandbox) -> None:
    pylock = judge(locked)

    for extras, expected in (
        ([], {"torch-3.0-py3-none-any.whl"}),
        (["cpu"], {"torch-1.0-py3-none-any.whl"}),
        (["gpu"], {"torch-2.0-py3-none-any.whl", "driver-1.0-py3-none-any.whl"}),
    ):
        assert {file.filename for _, file in pylock.select(extras=extras)} == expected  # type: ignore[union-attr]
    with pytest.raises(PylockSelectError):
        list(pylock.select(extras=["cpu", "gpu"]))


def test_pip_and_uv_install_what_we_install(locked: Sandbox, tmp_path: Path) -> None:
    peers = Peers(tmp_path / "home")
    ours = {}
    for extra in ("cpu", "gpu"):
        locked.detent("sync", "--extra", extra).ok()
        ours[extra] = contents(locked.root / ".venv")

        by_pip, by_uv = peers.environment(f"pip-{extra}"), peers.environment(f"uv-{extra}")
        pip = ["--python", str(by_pip), "install", "--no-index", "-r", f"pylock.toml[{extra}]"]
        peers.pip(*pip, cwd=locked.root)
        uv = ["pip", "sync", "--python", str(by_uv), "--default-index", DEAD_INDEX, "pylock.toml"]
        peers.uv(*uv, "--extra", extra, cwd=locked.root)
        assert contents(by_pip) == contents(by_uv) == ours[extra], extra
    assert ours["cpu"] != ours["gpu"]


def test_the_lock_is_the_answer_and_whole(locked: Sandbox) -> None:
    before = locked.read("pylock.toml")

    locked.detent("lock", "--check").ok()
    locked.detent("lock").ok()

    assert locked.read("pylock.toml") == before
    assert f"sys_platform == '{sys.platform}'" in before
    assert "elsewhere" not in before.partition("[[packages]]")[2]


def test_an_export_has_the_versions_of_its_extra(locked: Sandbox) -> None:
    for flags, version in (([], "3.0"), (["--extra", "cpu"], "1.0"), (["--extra", "gpu"], "2.0")):
        text = locked.detent("export", "--no-hashes", *flags).ok().out

        assert f"torch=={version}" in text
        assert text.count("torch==") == 1


def test_the_coverage_of_a_lock_is_drawn_after_it_was_made_or_checked(locked: Sandbox) -> None:
    drawn = "2 packages with wheels for every target\n"

    assert locked.detent("lock", "--coverage").ok().out == drawn
    assert locked.detent("lock", "--check", "--coverage").ok().out == drawn
