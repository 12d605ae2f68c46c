import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from detent.errors import FileTrouble, Unsupported
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
        assert self.store.check(self.entry) is self.entry


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
