import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from detent.errors import Unsupported
from detent.errors.store import FileTrouble
from detent.events import Event, Notice
from detent.install.link import Linker
from detent.install.wheel import Batch
from detent.store.entry import read_contents
from support.environments import Installation
from support.wheels import wheel


class World(Installation):
    """Files of one stored wheel, and an empty folder to bring them to."""

    def __init__(self, root: Path, count: int = 5) -> None:
        super().__init__(root)
        self.entry = self.stored(
            wheel(files={f"m{n}.py": f"{n}\n" for n in range(count)}, executables={"m0.py"})
        )
        self.files = tuple(f for f in read_contents(self.entry).files if f.path.startswith("m"))
        self.target = root / "target"
        self.target.mkdir()

    def begin_anew(self, name: str) -> None:
        self.target = self.root / name
        self.target.mkdir()

    def link(self, mode: str) -> str:
        linker = Linker(str(self.target), mode, self.store, self.events.append)
        linker.link([Batch(self.entry, "files", "", self.files)])
        return linker.method

    def is_shared(self, path: str) -> bool:
        return (self.target / path).samefile(self.entry.root / "files" / path)

    def check(self) -> None:
        for file in self.files:
            made = (self.target / file.path).stat()
            assert (self.target / file.path).read_bytes() == (
                self.entry.root / "files" / file.path
            ).read_bytes()
            assert made.st_mode & 0o777 == file.mode
            assert made.st_mtime_ns == file.mtime_ns
        assert self.store.check(self.entry) is not None


@contextmanager
def clones_counted() -> Iterator[list[int]]:
    """Count how often a file system is asked to clone; it cannot."""
    real, calls = fcntl.ioctl, [0]

    def ioctl(*_arguments: Any) -> None:
        calls[0] += 1
        raise OSError(errno.EOPNOTSUPP, "not here")

    setattr(fcntl, "ioctl", ioctl)  # noqa: B010 -- the type checker knows its signature better
    try:
        yield calls
    finally:
        setattr(fcntl, "ioctl", real)  # noqa: B010


@contextmanager
def links_fail(code: int, when: Callable[[int], bool] = lambda _: True) -> Iterator[None]:
    """Let the system refuse hard links."""
    real, count = os.link, 0

    def link(source: str, target: str, **keywords: Any) -> None:
        nonlocal count
        count += 1
        if when(count):
            raise OSError(code, os.strerror(code), source, None, target)
        real(source, target, **keywords)

    setattr(os, "link", link)  # noqa: B010 -- the type checker knows its signature better
    try:
        yield
    finally:
        setattr(os, "link", real)  # noqa: B010


def notices(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


@pytest.mark.parametrize("mode", ["auto", "clone", "hardlink", "copy"])
def test_every_mode_gives_the_same_files(tmp_path: Path, mode: str) -> None:
    world = World(tmp_path)

    world.link(mode)

    world.check()


def test_hard_links_share_and_copies_do_not(tmp_path: Path) -> None:
    linked, copied = World(tmp_path / "1"), World(tmp_path / "2")

    assert linked.link("hardlink") == "hardlink"
    assert copied.link("copy") == "copy"

    assert linked.is_shared("m1.py")
    assert not copied.is_shared("m1.py")
    assert notices(linked.events + copied.events) == []


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_where_links_are_impossible_files_are_copied_and_it_is_said_once(tmp_path: Path, code: int) -> None:
    world = World(tmp_path)

    with links_fail(code):
        method = world.link("hardlink")

    assert method == "copy"
    assert not world.is_shared("m1.py")
    assert len(notices(world.events)) == 1
    world.check()


def test_a_file_with_too_many_links_gets_a_new_stored_copy(tmp_path: Path) -> None:
    world = World(tmp_path)
    stored = world.entry.root / "files"
    before = {file.path: (stored / file.path).stat().st_ino for file in world.files}

    with links_fail(errno.EMLINK, lambda count: count in (2, 3)):
        method = world.link("hardlink")

    assert method == "hardlink"
    assert [path for path, inode in before.items() if (stored / path).stat().st_ino != inode] == ["m1.py"]
    assert all(world.is_shared(file.path) for file in world.files)
    world.check()


def test_a_file_with_too_many_links_in_a_store_that_may_only_be_read_is_copied(tmp_path: Path) -> None:
    world = World(tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with links_fail(errno.EMLINK, lambda count: count in (2, 3)), pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "mkdir", refused)
        method = world.link("hardlink")

    assert method == "hardlink"
    assert [file.path for file in world.files if not world.is_shared(file.path)] == ["m1.py"]
    assert notices(world.events) == []
    world.check()


def test_a_failing_disk_is_one_sentence_with_the_path(tmp_path: Path) -> None:
    world = World(tmp_path)

    with links_fail(errno.EIO, lambda count: count == 3), pytest.raises(FileTrouble) as caught:
        world.link("hardlink")

    assert str(world.target / "m2.py") in caught.value.what


def test_a_stored_file_that_is_gone_is_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.entry.root / "files/m2.py").unlink()

    with pytest.raises(FileTrouble) as caught:
        world.link("hardlink")

    assert str(world.entry.root / "files/m2.py") in caught.value.what


def test_a_mode_of_a_later_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        World(tmp_path).link("glue")


def test_folders_are_made_once_and_a_link_in_their_place_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (world.target / "b").symlink_to(tmp_path / "elsewhere")
    linker = Linker(str(world.target), "auto", world.store, world.events.append)

    linker.make_folders(("a", "a/b", "a"))
    linker.make_folders(("a",))

    assert (world.target / "a/b").is_dir()
    with pytest.raises(FileTrouble):
        linker.make_folders(("b",))


def test_that_files_cannot_be_cloned_is_found_out_once_for_all_runs(tmp_path: Path) -> None:
    world = World(tmp_path)

    with clones_counted() as calls:
        assert world.link("auto") == "hardlink"
        world.begin_anew("second")
        assert world.link("auto") == "hardlink"

    assert calls == [1]
    world.check()


def test_what_was_found_out_is_asked_anew_when_it_is_true_no_more(tmp_path: Path) -> None:
    world = World(tmp_path)

    with clones_counted() as calls:
        world.link("auto")
        for name in ("second", "third"):
            world.begin_anew(name)
            with links_fail(errno.EXDEV):
                assert world.link("auto") == "copy"
            world.check()

    assert calls == [3]
    assert len(notices(world.events)) == 2


MANY = 1200
"""Enough for threads."""


def test_many_links_are_made_side_by_side_and_none_is_missing(tmp_path: Path) -> None:
    world = World(tmp_path, MANY)

    world.link("hardlink")

    assert all(world.is_shared(file.path) for file in world.files)
    world.check()


@pytest.mark.parametrize("code", [errno.EMLINK, errno.EXDEV], ids=errno.errorcode.get)
def test_what_one_of_many_links_meets_is_answered_as_for_one(tmp_path: Path, code: int) -> None:
    world = World(tmp_path, MANY)

    with links_fail(code, lambda count: count in (700, 701, 702, 703)):
        method = world.link("hardlink")

    assert method == ("hardlink" if code == errno.EMLINK else "copy")
    world.check()


def test_a_disk_that_fails_stops_all_threads(tmp_path: Path) -> None:
    world = World(tmp_path, MANY)

    with links_fail(errno.EIO, lambda count: count >= 300), pytest.raises(FileTrouble):
        world.link("hardlink")
    made = len(list(world.target.iterdir()))

    assert made < MANY
    assert len(list(world.target.iterdir())) == made
