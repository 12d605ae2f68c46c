import os
import zlib
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.install.manifest import (
    Manifest,
    drop_journal,
    finish_journal,
    has_left_behind,
    make_state_folder,
    parse_manifest,
    read_journal,
    read_manifest,
    render_manifest,
    replace_file,
    sweep_state_folder,
    write_journal,
)
from detent.install.plan import Installed
from detent.model.requirement import PackageName

A = Installed(
    name=PackageName("a"),
    version="1.0",
    digest="a" * 64,
    identity="sha256:aa",
    is_requested=True,
    dist_info="lib/a-1.0.dist-info",
    linked=("lib/a.py", "lib/ä b.py"),
    private=("lib/a-1.0.dist-info/RECORD",),
    launchers=(("bin/a", "a:main"),),
    bytecode="cpython-312-cb0d0d0a",
    yielded=("lib/theirs.py", "bin/theirs"),
)
B = Installed(PackageName("b"), "2", "b" * 64, "sha512:bb", is_requested=False, dist_info="lib/b-2.dist-info")


def test_a_manifest_comes_back_as_it_was_written() -> None:
    assert parse_manifest(render_manifest((B, A))) == Manifest((A, B))
    assert parse_manifest(render_manifest((A,), {PackageName("b")})) == Manifest(
        (A,), frozenset((PackageName("b"),))
    )
    assert parse_manifest(render_manifest(())) == Manifest()


def test_equal_manifests_have_equal_bytes() -> None:
    assert render_manifest((A, B)) == render_manifest((B, A))


def test_a_pipe_in_the_place_of_a_manifest_is_not_waited_for(tmp_path: Path) -> None:
    make_state_folder(str(tmp_path))
    os.mkfifo(tmp_path / ".detent/installed")

    assert read_manifest(str(tmp_path)) == Manifest()


def test_a_damaged_manifest_is_none_at_all() -> None:
    data = render_manifest((A, B))

    for at in range(len(data)):
        assert parse_manifest(data[:at]) is None
        assert parse_manifest(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]) is None
    assert parse_manifest(b"") is None


def parsed(body: bytes) -> Manifest | None:
    """Read a body whose checksum is right."""
    return parse_manifest(f"detent-installed 2 {zlib.crc32(body):08x}\n".encode() + body)


def test_what_has_a_right_checksum_and_wrong_counts_is_none_either() -> None:
    row = b"a\t1\t" + b"a" * 64 + b"\ty\t1\t0\t\td\t"
    assert parsed(b"1 0\n" + row + b"0\t1\t0\t0\t0\np") is not None
    for body in (
        b"2 0",
        b"1 0\na",
        b"x",
        b"1 0\n" + row + b"0\t5\t0\t0\t0\np",
        b"1 0\n" + row + b"0\t-1\t0\t0\t0\np",
        b"1 0\n" + row + b"0\t1\t0\t0\np",
        b"1 0\n" + row + b"0\t1\t0\t0\t0\np\nmore",
        b"0 0\nmore",
        b"-1 0",
        b"\xff",
    ):
        assert parsed(body) is None


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "/" + "a" * 63, "a" * 30 + ".." + "a" * 32])
def test_a_manifest_cannot_name_a_wheel_that_cannot_be(digest: str) -> None:
    assert parse_manifest(render_manifest((A._replace(digest=digest),))) is None


def test_a_manifest_cannot_name_a_path_that_no_system_takes() -> None:
    assert parse_manifest(render_manifest((A._replace(links=("lib/a\0b",)),))) is None


@pytest.mark.parametrize(
    "launcher",
    [
        ("../../home/.profile", "os:system"),
        ("/etc/profile", "os:system"),
        ("share/tool", "os:system"),
        ("bin/../tool", "os:system"),
        ("bin/python", "os:system"),
        ("bin/activate", "os:system"),
        ("bin/tool", "os:system('id')"),
        ("bin/tool", "os"),
    ],
)
def test_a_manifest_cannot_name_a_program_that_no_package_may_bring(launcher: tuple[str, str]) -> None:
    hostile = A._replace(launchers=(launcher,))

    assert parse_manifest(render_manifest((hostile,))) is None


def test_a_finished_journal_is_the_manifest(tmp_path: Path) -> None:
    root = str(tmp_path)
    write_journal(root, (A,), {A.name})

    assert read_manifest(root) == Manifest()
    assert read_journal(root) == Manifest((A,), frozenset((A.name,)))

    finish_journal(root)

    assert read_manifest(root).packages == (A,)
    assert read_journal(root) is None


def test_a_journal_that_cannot_be_read_touches_everything(tmp_path: Path) -> None:
    root = str(tmp_path)
    write_journal(root, (A, B), {A.name})
    finish_journal(root)
    (tmp_path / ".detent/journal").write_bytes(b"")

    assert read_journal(root) == Manifest((), frozenset((A.name, B.name)))

    drop_journal(root, (B,))

    assert read_journal(root) is None
    assert read_manifest(root).packages == (B,)


def test_a_manifest_that_is_a_link_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("mine")
    root = tmp_path / "venv"
    (root / ".detent").mkdir(parents=True)
    (root / ".detent/journal").symlink_to(treasure)

    write_journal(str(root), (A,), ())

    assert treasure.read_text() == "mine"
    assert not (root / ".detent/journal").is_symlink()


def test_a_state_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv/.detent").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotAnEnvironment):
        make_state_folder(str(tmp_path / "venv"))


def test_what_dead_runs_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    make_state_folder(str(tmp_path))
    for name in ("scratch-1234", "stamp", "lock"):
        (tmp_path / ".detent" / name).write_text("")
    (tmp_path / ".detent/scratch-5678/inner").mkdir(parents=True)

    assert has_left_behind(str(tmp_path))
    sweep_state_folder(str(tmp_path))

    assert not has_left_behind(str(tmp_path))
    assert sorted(p.name for p in (tmp_path / ".detent").iterdir()) == ["lock", "stamp"]


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    make_state_folder(str(tmp_path))
    (tmp_path / "tool").write_text("old")

    replace_file(str(tmp_path), str(tmp_path / "tool"), b"new", 0o755)

    assert (tmp_path / "tool").read_text() == "new"
    assert (tmp_path / "tool").stat().st_mode & 0o111 == 0o111
    assert list((tmp_path / ".detent").iterdir()) == []
