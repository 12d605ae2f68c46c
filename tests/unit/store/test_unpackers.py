"""Wheels put into the store by processes: as this one would, and whatever becomes of those."""

import errno
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.events import Event, Notice
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.entry import WheelEntry, WheelFile, read_contents
from detent.store.unpackers import Dismissed, Unpackers, count_of_workers, may_fork
from detent.store.wheels import WheelStore
from support.faults import failing, fault_at
from support.wheels import Wheel, record_line, wheel

MIB = 2**20
MADE = wheel(
    "a",
    "1.0",
    files={"a/__init__.py": "x = 1\n", "a/big.bin": os.urandom(3 * MIB), "a/empty": ""},
    data={"scripts/run": "#!python\n"},
    scripts={"a": "a:main"},
)
OTHER = wheel("a", "2.0", files={"a/__init__.py": "x = 2\n"})


class World:
    """A store, and wheels that have arrived."""

    def __init__(self, folder: Path) -> None:
        self.told: list[Event] = []
        self.layout = open_store(folder / "cache")
        self.store = WheelStore(self.layout, Limits(), self.told.append)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()

    def start(self, count: int = 1) -> Unpackers:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # threads of the test runner are no part of this
            return Unpackers(self.store, self.scratch, count)

    def arrived(self, made: Wheel) -> Path:
        path = self.scratch / made.filename
        path.write_bytes(made.data)
        return path

    def put(self, workers: Unpackers, made: Wheel = MADE) -> WheelEntry:
        version = made.filename.split("-")[1]
        return workers.put(
            made.sha256, self.arrived(made), filename=made.filename, name=package_name("a"), version=version
        )

    def scratch_names(self) -> list[str]:
        """What is in the scratch folder besides what arrived."""
        return sorted(path.name for path in self.scratch.iterdir() if not path.name.endswith(".whl"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Give an empty store."""
    return World(tmp_path)


@pytest.fixture
def unpacked_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the wheels that this process has opened itself."""
    here, opened = os.getpid(), []
    real = WheelStore.put

    def put(self: WheelStore, digest: str, *arguments: object, **more: object) -> WheelEntry:
        if os.getpid() == here:
            opened.append(digest)
        return real(self, digest, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WheelStore, "put", put)
    return opened


def contents(entry: WheelEntry) -> dict[str, tuple[bytes, int]]:
    """Give every file of an entry, but for its records, which hold times."""
    return {
        path.relative_to(entry.root).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(entry.root.rglob("*"))
        if path.is_file() and path.parent != entry.root
    }


def timeless(entry: WheelEntry) -> WheelEntry:
    """Give an entry without the times of its files and without its place."""

    def without(files: tuple[WheelFile, ...]) -> tuple[WheelFile, ...]:
        return tuple(file._replace(mtime_ns=0) for file in files)

    listed = read_contents(entry)
    return entry._replace(
        root=Path(),
        data=tuple((scheme, without(files)) for scheme, files in entry.data),
        dist_files=without(entry.dist_files),
        spots=entry.spots._replace(files=without(entry.spots.files)),
        contents=listed._replace(files=without(listed.files)),
    )


def wrong_hash(lines: list[str]) -> list[str]:
    """Give RECORD with the hash of something else for the first file."""
    return [record_line(lines[0].partition(",")[0], b"2"), *lines[1:]]


def in_workers(happen: Callable[[], None]) -> Callable[[], None]:
    """Let something happen in every process but this one."""
    here = os.getpid()

    def maybe() -> None:
        if os.getpid() != here:
            happen()

    return maybe


def test_a_worker_gives_what_this_process_would(
    world: World, tmp_path: Path, unpacked_here: list[str]
) -> None:
    (tmp_path / "other").mkdir()
    plain = World(tmp_path / "other")

    with world.start() as workers:
        theirs = world.put(workers)
    assert unpacked_here == []
    with plain.start(0) as nobody:
        own = plain.put(nobody)

    assert unpacked_here == [MADE.sha256]
    assert contents(theirs) == contents(own)
    assert timeless(theirs) == timeless(own)
    assert world.store.check(theirs) is not None
    assert world.scratch_names() == []


def test_several_threads_share_the_workers(world: World, unpacked_here: list[str]) -> None:
    made = [wheel("a", f"1.{number}", files={"a.py": f"{number}"}) for number in range(12)]
    done: list[WheelEntry] = []
    with world.start(2) as workers:
        threads = [
            threading.Thread(target=lambda one=one: done.append(world.put(workers, one))) for one in made
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(entry.digest for entry in done) == sorted(one.sha256 for one in made)
    assert unpacked_here == []


def test_what_came_in_memory_is_unpacked_here(world: World, unpacked_here: list[str]) -> None:
    with world.start() as workers:
        workers.put(MADE.sha256, MADE.data, filename=MADE.filename, name=package_name("a"), version="1.0")

    assert unpacked_here == [MADE.sha256]


def test_an_unsafe_wheel_is_refused_in_the_same_words(world: World) -> None:
    bad = wheel("a", "1.0", files={"a.py": "1"}, record=wrong_hash)
    with pytest.raises(ArchiveUnsafe) as expected:
        world.store.put(bad.sha256, bad.data, filename=bad.filename, name=package_name("a"), version="1.0")

    with world.start() as workers, pytest.raises(ArchiveUnsafe) as caught:
        world.put(workers, bad)

    assert str(caught.value) == str(expected.value)
    assert world.store.get(bad.sha256) is None
    assert world.scratch_names() == []


def test_what_somebody_has_to_hear_is_told_once(world: World) -> None:
    alike = wheel("a", "1.0", files={"a/X.py": "1", "a/x.py": "2"})

    with world.start() as workers:
        world.put(workers, alike)

    assert [type(event) for event in world.told] == [Notice, Notice]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_where_every_operation_of_a_worker_fails_the_wheel_still_gets_there(
    world: World, unpacked_here: list[str], code: int
) -> None:
    with fault_at(1, in_workers(failing(code)), lasts=True), world.start() as workers:
        entry = world.put(workers, OTHER)

    assert unpacked_here == [OTHER.sha256]
    assert world.store.check(entry) is not None


def test_a_disk_that_is_full_for_all_is_named(world: World) -> None:
    here = world.arrived(OTHER)
    with world.start() as workers, fault_at(1, failing(errno.ENOSPC), lasts=True):
        os.kill(next(iter(workers._workers)).process, signal.SIGKILL)
        with pytest.raises(FileTrouble):
            workers.put(OTHER.sha256, here, filename=OTHER.filename, name=package_name("a"), version="2.0")

    assert world.store.get(OTHER.sha256) is None


@pytest.mark.parametrize("end", [lambda: os._exit(9), failing(errno.EIO)])
def test_at_whatever_operation_a_worker_fails_or_dies_the_store_is_right(
    tmp_path: Path, unpacked_here: list[str], end: Callable[[], None]
) -> None:
    for number in range(1, 200):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder)
        unpacked_here.clear()
        with fault_at(number, in_workers(end)), world.start() as workers:
            entry = world.put(workers, OTHER)
            assert world.store.check(entry) is not None
            assert world.put(workers, OTHER).digest == OTHER.sha256
        if not unpacked_here:
            break
    else:
        pytest.fail("no worker ever came to its end")

    assert number > 15


def test_a_worker_that_is_killed_is_replaced_by_this_process(world: World, unpacked_here: list[str]) -> None:
    with world.start(2) as workers:
        for worker in tuple(workers._workers):
            os.kill(worker.process, signal.SIGKILL)
        entries = [world.put(workers), world.put(workers, OTHER)]

        assert not workers.is_any
    assert unpacked_here == [MADE.sha256, OTHER.sha256]
    assert all(world.store.check(entry) for entry in entries)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Let every worker wait at its first wheel, having written a byte to the pipe that is given."""
    begun, beginning = os.pipe()

    def wait(*_: object) -> None:
        os.write(beginning, b".")
        signal.pause()

    monkeypatch.setattr(Unpackers, "_put_below", wait)
    yield begun
    os.close(begun)
    os.close(beginning)


def test_calling_it_off_ends_the_workers_and_lets_nobody_wait(world: World, stuck: int) -> None:
    faults: list[BaseException] = []

    def put(made: Wheel) -> None:
        try:
            world.put(workers, made)
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    workers = world.start()
    processes = [worker.process for worker in workers._workers]
    threads = [threading.Thread(target=put, args=(made,)) for made in (MADE, OTHER)]
    with workers:
        for thread in threads:
            thread.start()
        os.read(stuck, 1)
    for thread in threads:
        thread.join()

    assert [type(fault) for fault in faults] == [Dismissed, Dismissed]
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert world.store.get(MADE.sha256) is None


def test_workers_end_when_the_one_they_work_for_is_killed(world: World) -> None:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        owner = os.fork()
    if not owner:
        try:
            world.start(3)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.close(writing)
    os.waitpid(owner, 0)

    assert os.read(reading, 1) == b""  # when the last who could write to it has ended
    os.close(reading)


def test_a_worker_leaves_the_signals_of_the_terminal_to_its_owner(
    world: World, unpacked_here: list[str]
) -> None:
    with world.start() as workers:
        world.put(workers, OTHER)
        for worker in workers._workers:
            os.kill(worker.process, signal.SIGINT)
        world.put(workers)

    assert unpacked_here == []


SENT_AT_FORK: list[signal.Signals] = []
"""What a new process sends itself before it does anything; who is forked cannot be told otherwise."""


def _send() -> None:
    for number in SENT_AT_FORK:
        os.kill(os.getpid(), number)


os.register_at_fork(after_in_child=_send)


def test_a_signal_that_comes_with_the_fork_does_not_unwind_the_worker(
    world: World, unpacked_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    before = signal.signal(signal.SIGINT, lambda *_: os.write(writing, b"unwound"))
    monkeypatch.setitem(globals(), "SENT_AT_FORK", [signal.SIGINT])
    try:
        with world.start(2) as workers:
            world.put(workers)
    finally:
        signal.signal(signal.SIGINT, before)
    os.close(writing)

    assert os.read(reading, 1) == b""
    os.close(reading)
    assert unpacked_here == []


def test_no_pipe_is_left_open(world: World) -> None:
    before = os.listdir("/dev/fd")  # noqa: PTH208
    for ended in (False, True):
        with world.start(2) as workers:
            if ended:
                os.kill(next(iter(workers._workers)).process, signal.SIGKILL)
            world.put(workers)
            world.put(workers, OTHER)
        assert os.listdir("/dev/fd") == before  # noqa: PTH208


def test_where_nothing_can_be_forked_there_are_no_workers_and_no_pipes(
    world: World, unpacked_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.listdir("/dev/fd")  # noqa: PTH208
    monkeypatch.setattr(os, "fork", failing(errno.EAGAIN))

    with world.start(2) as workers:
        assert not workers.is_any
        assert os.listdir("/dev/fd") == before  # noqa: PTH208
        world.put(workers)

    assert unpacked_here == [MADE.sha256]


@pytest.mark.parametrize(
    ("sizes", "processors", "count"),
    [
        ([MIB] * 100, 1, 0),
        ([MIB] * 100, 2, 2),
        ([MIB] * 100, 64, 4),
        ([100 * MIB] * 3, 8, 0),
        ([MIB] * 4, 8, 2),
        ([1000] * 50, 8, 0),
        ([None] * 10, 2, 2),
        ([], 8, 0),
    ],
)
def test_few_wheels_or_small_ones_get_no_worker(sizes: list[int | None], processors: int, count: int) -> None:
    assert count_of_workers(sizes, processors) == count


def test_nothing_is_forked_beside_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert may_fork()

    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert not may_fork()
