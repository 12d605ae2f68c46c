"""What of this machine's folders may make trouble: the cache, the project's environment, the two together.

Looks, and tries in both folders what the linker will do, with a scratch file that is removed again.
"""

# ruff: noqa: PTH116 (one look, several facts)

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from detent import fsio
from detent.errors.store import FileTrouble
from detent.named import NamedTuple
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.python.environment import STATE_NAME
from detent.python.pyvenv import maker, read_config
from detent.python.standing import Place
from detent.store.entry import read_head
from detent.store.layout import Layout
from detent.store.usage import folders, together, usage

_MIB, _GIB = 2**20, 2**30
_LITTLE_BYTES = 256 * _MIB
_SOME_BYTES = 2 * _GIB
_NETWORKED = re.compile(
    r"nfs\d*|cifs|smb\w*|9p|afs|ceph|lustre|gpfs|glusterfs|fuse\.(sshfs|glusterfs|.*nfs)|beegfs"
)
_MOST_NAMES = 3


class Row(NamedTuple):
    """One thing that was looked at."""

    name: str
    level: str
    """`ok`, `note` or `problem`."""
    text: str
    why: str = ""
    next_steps: tuple[str, ...] = ()


# ---- the cache -------------------------------------------------------------------------------


def cache_rows(world: World) -> Iterator[Row]:
    """Say where the cache is and how it is."""
    layout, root = world.layout, world.layout.root
    facts = os.stat(root)
    mode = stat.S_IMODE(facts.st_mode)
    kind = file_system(root)
    free = os.statvfs(root)
    free_bytes = free.f_bavail * free.f_frsize
    where = f"`{root}` (mode {mode:04o}{f', {kind}' if kind else ''}, {_size(free_bytes)} free)"
    if not os.access(root, os.W_OK | os.X_OK):
        step = "give yourself the right to write there, or choose another with `--cache-dir`"
        yield Row("cache", "note", f"{where} may only be read", "nothing new can be kept there", (step,))
    elif free_bytes < _LITTLE_BYTES:
        yield Row(
            "cache",
            "problem",
            f"{where} has hardly any room",
            next_steps=(
                "make room, or run `detent cache prune`",
                "or choose another disk with `--cache-dir`",
            ),
        )
    else:
        yield Row("cache", "note" if free_bytes < _SOME_BYTES else "ok", where)
    if mode & stat.S_IWGRP:
        yield Row(
            "cache", "note", f"the group may write to `{root}`", "whoever may could change what you run"
        )
    if _NETWORKED.fullmatch(kind):
        yield Row(
            "cache",
            "note",
            f"the cache is on a network file system ({kind})",
            "it is slow, and locks between machines may not hold",
            ("choose a disk of this machine with `--cache-dir`",),
        )
    yield _size_row(world)
    yield from _damage_rows(layout)
    yield from _lock_rows(layout)


def _size_row(world: World) -> Row:
    used, most = together(list(usage(world.layout).values())), world.settings.cache_max_size.value
    if most is None:
        return Row("cache size", "ok", f"{_size(used.size_bytes)}, without a bound")
    own_bytes = used.size_bytes - used.shared_bytes
    text = f"{_size(own_bytes)} of at most {_size(most)}"
    if used.shared_bytes:
        text += f", and {_size(used.shared_bytes)} shared with environments"
    return Row("cache size", "note" if own_bytes > most else "ok", text)


def _damage_rows(layout: Layout) -> Iterator[Row]:
    damaged = count = 0
    for shard in folders(layout.unpacked):
        for entry in folders(shard):
            if not fsio.is_scratch(entry.name):
                count += 1
                damaged += read_head(entry.name, entry) is None
    if damaged:
        yield Row(
            "cache entries",
            "problem",
            f"{damaged} of {count} unpacked wheels cannot be read",
            next_steps=("run `detent cache verify --repair`",),
        )
    else:
        yield Row("cache entries", "ok", f"{count} unpacked wheels")


def _lock_rows(layout: Layout) -> Iterator[Row]:
    """Name who holds a lock: the kernel gives a lock back when its holder dies, so somebody is there."""
    try:
        paths = sorted(layout.lock("store").parent.iterdir())
    except OSError:
        return
    for path in paths:
        pids = [pid for pid in fsio.pids_holding(str(path)) if pid != os.getpid()]
        if pids:
            shown = " and ".join(map(str, pids[:_MOST_NAMES]))
            yield Row(
                "locks",
                "note",
                f"process {shown} holds `{path.name}`",
                "other commands wait for it where it holds it alone",
                ("see what it does, and end it if it hangs",),
            )


# ---- links between cache and environment -----------------------------------------------------


def link_row(world: World, place: Path) -> Row:
    """Say how files will get into an environment at ``place``, which is tried out."""
    setting = world.settings.link_mode
    folder = next(path for path in (place, *place.parents) if path.is_dir())
    if not os.access(folder, os.W_OK | os.X_OK):
        return Row(
            "links",
            "problem",
            f"`{display(folder)}` cannot be written, so there can be no environment",
            next_steps=("give yourself the right to write there",),
        )
    try:
        can_clone, can_link = _tried(world.layout.root, folder)
    except FileTrouble as trouble:
        return Row("links", "note", "it could not be tried whether files can be linked", trouble.why)
    except OSError as error:
        why = (error.strerror or "").lower()
        return Row("links", "note", "it could not be tried whether files can be linked", why)
    is_one = os.stat(world.layout.root).st_dev == os.stat(folder).st_dev
    best = "clone" if can_clone else "hardlink" if can_link else "copy"
    mode = best if setting.value == "auto" else setting.value
    is_possible = {"clone": can_clone, "hardlink": can_link}.get(mode, True)
    said = "" if setting.is_default else f", as {setting.origin} says"
    if not is_possible or (mode == "copy" and setting.value == "auto"):
        why = (
            "the file system cannot"
            if is_one
            else f"`{world.layout.root}` and `{folder}` are two file systems"
        )
        return Row(
            "links",
            "note",
            f"files are copied into environments{said}",
            why,
            ("put cache and project on one file system with `--cache-dir`",),
        )
    words = {
        "clone": "files are clones of those in the cache",
        "hardlink": "files are hard links to those in the cache",
        "copy": "files are copied from the cache",
        "directory": "folders are links into the cache",
    }
    return Row("links", "ok", words[mode] + said)


def _tried(source_folder: Path, target_folder: Path) -> tuple[bool, bool]:
    """Say whether files of the one folder can be cloned into the other, and whether they can be linked."""
    source, target = (f"{folder}/.detent-{os.urandom(8).hex()}" for folder in (source_folder, target_folder))
    fsio.write_atomic(Path(source), b"tried\n")
    found = []
    try:
        for way in (fsio.clone, fsio.hardlink):
            try:
                found.append(way(source, target) == "done")
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(target)  # noqa: PTH108
    finally:
        os.unlink(source)  # noqa: PTH108
    return found[0], found[1]


def file_system(path: Path) -> str:
    """Name the kind of file system something lies on, where the kernel tells (Linux); else empty."""
    try:
        rows = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    here, best, kind = os.path.realpath(path), "", ""
    for row in rows:
        mounted, _, about = row.partition(" - ")
        words = mounted.split()
        if len(words) > 4 and about:
            point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), words[4])
            is_above = here == point or here.startswith(point.rstrip("/") + "/")
            if is_above and len(point) >= len(best):
                best, kind = point, about.split()[0]
    return kind


# ---- the environment -------------------------------------------------------------------------


def environment_rows(place: Place) -> Iterator[Row]:
    """Say how the project's environment is."""
    root = place.root
    where = f"`{display(root)}`"
    sync = ("run `detent sync`",)
    match place.action:
        case "created":
            yield Row("environment", "ok", f"there is none at {where} yet")
            return
        case "replaced":
            yield Row("environment", "problem", f"{where} has to be made again", place.reason, sync)
            return
    made_by = maker(read_config(str(root)) or {})
    if made_by == "detent":
        yield Row("environment", "ok", where)
    else:
        yield Row("environment", "note", f"{where} was made by {made_by}, and is used as it is")
    if (root / STATE_NAME / "journal").exists():
        yield Row("environment", "problem", f"the last change of {where} was not finished", next_steps=sync)
    broken = sorted(_broken_links(root))
    if broken:
        names = ", ".join(f"`{name}`" for name in broken[:_MOST_NAMES])
        more = f" and {len(broken) - _MOST_NAMES} more" if len(broken) > _MOST_NAMES else ""
        yield Row(
            "environment",
            "problem",
            f"links in {where} lead nowhere: {names}{more}",
            next_steps=("run `detent sync --check --deep`, then `detent sync --deep`",),
        )


def _broken_links(root: Path) -> Iterator[str]:
    waiting = [str(root)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                if not os.path.exists(entry.path):  # noqa: PTH110
                    yield os.path.relpath(entry.path, root)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def _size(size_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f} GiB"
