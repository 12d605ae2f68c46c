import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Event, Notice, Waiting, ignore
from detent.fsio import (
    FileLock,
    clone,
    copy,
    file_trouble,
    hardlink,
    read_limited,
    remove_tree,
    write_all,
    write_atomic,
)


def lock(
    path: Path, *, wait: float = 0, notice: float = 60, shared: bool = False, fleeting: bool = False
) -> FileLock:
    return FileLock(path, wait_seconds=wait, notice_seconds=notice, shared=shared, fleeting=fleeting)


# ---- whole files ----------------------------------------------------------------------------


def test_a_file_is_made_with_the_mode_asked_for_less_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", b"data", mode=0o755)
    finally:
        os.umask(before)

    assert (tmp_path / "new").read_bytes() == b"data"
    assert (tmp_path / "new").stat().st_mode & 0o7777 == 0o750


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)

    write_atomic(path, b"new", durable=True)

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o7777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_writer_left_is_swept_and_what_a_live_one_writes_is_not(tmp_path: Path) -> None:
    dead, live, other = (
        tmp_path / name for name in (f".detent-{'a' * 16}", f".detent-{'b' * 16}", ".detent-x")
    )
    for path in (dead, live, other):
        path.write_bytes(b"half")
    with live.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        write_atomic(tmp_path / "file", b"new", durable=True)

    assert {p.name for p in tmp_path.iterdir()} == {"file", live.name, other.name}


def test_a_reader_that_has_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    with path.open("rb") as reader:
        write_atomic(path, b"new")

        assert reader.read() == b"old"


def test_a_link_is_written_through(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real"
    real.parent.mkdir()
    real.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("elsewhere/real")

    write_atomic(link, b"new")

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(pipe, b"new")

        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    with pytest.raises(FileTrouble):
        write_atomic(pipe, b"nobody reads it")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    call: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*args: object, **keywords: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(FileTrouble) as trouble:
            write_atomic(path, b"new", durable=True)

    assert str(path) in trouble.value.what
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"old")]


def test_every_byte_is_written_even_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:3])))
        write_all(descriptor, b"0123456789")
    os.close(descriptor)

    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble) as trouble:
        write_atomic(tmp_path / "missing" / "file", b"")

    assert "does not exist" in trouble.value.why


# ---- troubles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no space is left: "),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "permission is denied"),
        (errno.EROFS, "read-only"),
        (errno.EMFILE, "too many files are open"),
        (errno.EIO, "input/output error"),
        (errno.EEXIST, "something else stands there"),
        (errno.EISDIR, "a folder stands where"),
        (errno.ELOOP, "a symbolic link stands where"),
        (errno.ETXTBSY, "text file busy"),
    ],
)
def test_each_refusal_of_the_system_is_one_sentence(code: int, words: str, tmp_path: Path) -> None:
    trouble = file_trouble(OSError(code, os.strerror(code)), tmp_path / "no" / "such" / "file")

    assert words in trouble.why
    assert "\n" not in trouble.why
    assert str(tmp_path / "no" / "such" / "file") in trouble.what


def test_a_full_disk_is_told_with_the_space_that_is_left(tmp_path: Path) -> None:
    trouble = file_trouble(OSError(errno.ENOSPC, "full"), tmp_path / "file")

    assert "MiB are free" in trouble.why
    assert str(tmp_path) in trouble.why


# ---- links and copies -----------------------------------------------------------------------


def test_a_hard_link_is_a_second_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    assert hardlink(str(tmp_path / "a"), str(tmp_path / "b")) == "done"
    assert (tmp_path / "b").samefile(tmp_path / "a")


@pytest.mark.parametrize(
    ("code", "outcome"), [(errno.EXDEV, "unsupported"), (errno.EPERM, "unsupported"), (errno.EMLINK, "full")]
)
def test_what_stops_a_hard_link_is_told_apart(
    code: int, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: str, target: str) -> None:
        raise OSError(code, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", fail)
        assert hardlink("a", "b") == outcome


def test_a_hard_link_over_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"y")

    with pytest.raises(FileExistsError):
        hardlink(str(tmp_path / "a"), str(tmp_path / "b"))


def test_a_clone_has_the_same_bytes_or_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10_000)

    outcome = clone(str(tmp_path / "a"), str(tmp_path / "b"))

    assert outcome in {"done", "unsupported"}
    assert (tmp_path / "b").exists() == (outcome == "done")
    if outcome == "done":
        assert (tmp_path / "b").read_bytes() == b"x" * 10_000


def test_a_copy_is_a_file_of_its_own_with_the_mode_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    (tmp_path / "empty").write_bytes(b"")

    copy(str(tmp_path / "a"), str(tmp_path / "b"), mode=0o755)
    copy(str(tmp_path / "empty"), str(tmp_path / "c"))

    assert (tmp_path / "b").read_bytes() == b"x" * 100_000
    assert (tmp_path / "b").stat().st_mode & 0o100
    assert (tmp_path / "c").read_bytes() == b""
    assert not (tmp_path / "b").samefile(tmp_path / "a")


def test_no_copy_goes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "victim").write_bytes(b"safe")
    (tmp_path / "link").symlink_to("victim")

    with pytest.raises(FileExistsError):
        copy(str(tmp_path / "a"), str(tmp_path / "link"))
    with pytest.raises(OSError, match="symbolic link"):
        copy(str(tmp_path / "link"), str(tmp_path / "b"))
    assert (tmp_path / "victim").read_bytes() == b"safe"


# ---- removing -------------------------------------------------------------------------------


def test_a_tree_is_removed_and_what_its_links_point_to_stays(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"x")
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "file").write_bytes(b"x")
    (tree / "a" / "link").symlink_to(outside, target_is_directory=True)
    (tree / "broken").symlink_to("nowhere")

    remove_tree(tree)

    assert not tree.exists()
    assert (outside / "file").exists()


def test_a_link_to_a_folder_is_removed_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    remove_tree(tmp_path / "link")

    assert [p.name for p in tmp_path.iterdir()] == ["real"]


def test_read_only_folders_are_removed_too(tmp_path: Path) -> None:
    inner = tmp_path / "tree" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(b"x")
    (inner / "file").chmod(0o400)
    inner.chmod(0o500)
    inner.parent.chmod(0o500)

    remove_tree(tmp_path / "tree")

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_removed_and_nothing_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "file")

    assert list(tmp_path.iterdir()) == []


# ---- locks ----------------------------------------------------------------------------------


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with lock(path, wait=30):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_a_fleeting_lock_excludes_just_the_same_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "lock"
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with lock(path, wait=30, fleeting=True):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0001)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1
    assert list(path.parent.iterdir()) == []


def test_whoever_waits_too_long_hears_who_holds_the_lock(tmp_path: Path) -> None:
    heard: list[Event] = []
    with lock(tmp_path / "lock"):
        waiting = FileLock(tmp_path / "lock", wait_seconds=0.02, notice_seconds=0, report=heard.append)
        with pytest.raises(StoreBusy) as busy, waiting:
            pass

    holder = f"process {os.getpid()}"
    assert heard == [Waiting(str(tmp_path / "lock"), holder)]
    assert holder in busy.value.why


def test_a_lock_held_by_another_process_is_given_back_when_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom detent.fsio import FileLock\n"
        "with FileLock(Path(sys.argv[1]), wait_seconds=5, notice_seconds=5):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusy, match="locked"), lock(tmp_path / "lock"):
            pass
        holder.kill()
        holder.wait()

        with lock(tmp_path / "lock") as taken:
            assert taken.is_held


def test_shared_locks_exclude_exclusive_ones_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with lock(path, shared=True), lock(path, shared=True), pytest.raises(StoreBusy), lock(path):
        pass
    with lock(path), pytest.raises(StoreBusy), lock(path, shared=True):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_where_nothing_can_be_locked_work_goes_on_and_it_is_said_once(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []

    def fail(descriptor: int, operation: int) -> None:
        raise OSError(code, "no locks")

    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", fail)
        for _ in range(2):
            with FileLock(tmp_path / "lock", wait_seconds=0, notice_seconds=0, report=heard.append) as taken:
                assert not taken.is_held

    assert [type(event) for event in heard] == [Notice]


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_where_nothing_can_be_written_work_goes_on_without_a_lock(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> int:
        raise OSError(code, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        with FileLock(tmp_path / "lock", wait_seconds=0, notice_seconds=0, report=ignore) as taken:
            assert not taken.is_held


def test_a_lock_that_is_not_there_and_cannot_be_made_is_gone_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def read_only(path: str, flags: int, *rest: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, "read-only", path)
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", read_only)
    with FileLock(tmp_path / "lock", wait_seconds=0, notice_seconds=0, report=ignore) as taken:
        assert not taken.is_held


def test_a_lock_file_that_is_a_link_is_refused_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"safe")
    (tmp_path / "lock").symlink_to("victim")

    with pytest.raises(FileTrouble), lock(tmp_path / "lock"):
        pass
    assert (tmp_path / "victim").read_bytes() == b"safe"


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this kernel does not tell who holds a lock")
def test_those_who_share_a_lock_are_named_though_they_do_not_sign(tmp_path: Path) -> None:
    heard: list[Event] = []
    (tmp_path / "lock").write_text("4194303")  # who held it before
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom detent.fsio import FileLock\n"
        "with FileLock(Path(sys.argv[1]), wait_seconds=5, notice_seconds=5, shared=True):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        waiting = FileLock(tmp_path / "lock", wait_seconds=0.02, notice_seconds=0, report=heard.append)
        with pytest.raises(StoreBusy) as busy, waiting:
            pass
        with lock(tmp_path / "lock", shared=True), pytest.raises(StoreBusy) as both, waiting:
            pass
        holder.kill()

    assert f"process {holder.pid}" in busy.value.why
    first, second = sorted((holder.pid, os.getpid()))
    assert f"processes {first} and {second}" in both.value.why


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (os.mkfifo, "no ordinary file"),
        (lambda path: path.mkdir(), "no ordinary file"),
        (lambda path: path.symlink_to("/dev/zero"), "symbolic link"),
        (lambda path: path.write_bytes(b"12345"), "larger"),
    ],
)
def test_what_a_stranger_may_have_put_there_is_read_only_if_it_is_a_small_file(
    make: Callable[[Path], object], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1234")
    assert read_limited(str(path), 4) == b"1234"
    path.unlink()

    make(path)

    with pytest.raises(OSError, match=problem):
        read_limited(str(path), 4)
