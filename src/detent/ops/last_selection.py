"""What the last sync of an environment selected, kept in the environment for `run`, `add` and `remove`.

And how it was linked, which counts for every sync that nobody tells otherwise. A small text
(:mod:`detent.ops.kept_selection`): one flag of `sync` on each line, below a checksum. An environment may have
come with a repository, so a text that is damaged, or no such text at all, selects nothing; and what the lock
does not know is passed over.
"""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from detent.lock.model import Lock
from detent.model.names import PackageName, normalise
from detent.named import NamedTuple
from detent.ops.kept_selection import read_kept_selection
from detent.ops.selection import DEV, MAIN, Chosen, wanted_selection
from detent.project.known import LinkMode

_HEAD = "detent-selection 1 "


class LastSelection(NamedTuple):
    """What of a sync counts for the commands after it; as it stands it is a sync without flags."""

    chosen: Chosen = Chosen()
    no_install_project: bool = False
    no_install_local: bool = False
    no_editable: bool = False
    no_install_package: tuple[str, ...] = ()
    link_mode: str = ""
    """As a flag or a variable named it; empty where a file or the default decided."""
    no_install_workspace: bool = False

    def flags(self) -> Iterator[str]:
        """Give it as a person would have typed it, one flag with its value at a time."""
        values = {**self.chosen._asdict(), **self._asdict()}
        for name in (*Chosen._fields, *_OWN):
            spelling, value = f"--{name.replace('_', '-')}", values[name]
            if isinstance(value, tuple):
                yield from (f"{spelling} {word}" for word in value)
            elif isinstance(value, str):
                yield from (f"{spelling} {value}",) if value else ()
            elif value:
                yield spelling

    def known_to(self, lock: Lock, project: PackageName) -> "LastSelection":
        """Leave out the names that neither the lock has (any more) nor the project."""
        members = lock.inputs.members if lock.inputs is not None else ()
        extras = frozenset((*lock.extras, *(extra for member in members for extra in member.extras)))
        groups = frozenset((*lock.groups, *(group for member in members for group in member.groups)))
        own = frozenset((project, *(member.name for member in members)))
        packages = own.union(package.name for package in lock.packages)
        chosen = self.chosen
        return self._replace(
            chosen=chosen._replace(
                extra=_known(chosen.extra, extras),
                no_extra=_known(chosen.no_extra, extras),
                group=_known(chosen.group, groups),
                no_group=_known(chosen.no_group, groups),
                only_group=_known(chosen.only_group, groups | {MAIN}),
                only_dev=chosen.only_dev and DEV in groups,
                package=_known(chosen.package, own),
            ),
            no_install_package=_known(self.no_install_package, packages),
        )

    def with_more(self, lock: Lock, more: Chosen) -> "LastSelection":
        """Add the extras and groups of ``more`` that are not selected yet; beside groups alone, groups.

        What of a workspace it is about is added too.
        """
        chosen = self._about(more)
        if chosen.package or chosen.all_packages:
            extras = tuple(text for text in more.extra if text not in chosen.extra)
            groups = tuple(text for text in more.group if text not in chosen.group)
        else:
            wanted = wanted_selection(lock, chosen)
            extras = tuple(text for text in more.extra if normalise(text) not in wanted.extras)
            groups = tuple(text for text in more.group if normalise(text) not in wanted.groups)
        if chosen.only_group or chosen.only_dev:
            return self._replace(chosen=chosen._replace(only_group=(*chosen.only_group, *groups)))
        return self._replace(
            chosen=chosen._replace(
                extra=(*chosen.extra, *extras),
                no_extra=_without(chosen.no_extra, extras),
                group=(*chosen.group, *groups),
                no_group=_without(chosen.no_group, groups),
                no_dev=chosen.no_dev and DEV not in map(normalise, groups),
            )
        )

    def _about(self, more: Chosen) -> Chosen:
        chosen = self.chosen
        if chosen.all_packages or more.all_packages:
            return chosen._replace(package=(), all_packages=True)
        missing = tuple(name for name in more.package if name not in chosen.package)
        return chosen._replace(package=(*chosen.package, *missing)) if missing else chosen

    def covers(self, here: Chosen) -> bool:
        """Whether what a command in a workspace stands in is selected."""
        if here.all_packages or self.chosen.all_packages:
            return self.chosen.all_packages or bool(self.chosen.package)
        return frozenset(here.package) <= frozenset(self.chosen.package)


_LINK_MODES = get_args(LinkMode)
_OWN = LastSelection._fields[1:]
"""What is no extra and no group."""


def render_last_selection(selection: LastSelection) -> bytes:
    """Give the bytes a selection is kept as; the same one gives the same bytes, the defaults none."""
    if selection == LastSelection():
        return b""
    text = "\n".join(selection.flags()).encode()
    return f"{_HEAD}{zlib.crc32(text):08x}\n".encode() + text


def parse_last_selection(data: bytes) -> LastSelection | None:
    """Read a selection's bytes; ``None`` for what is none, of another version, or damaged."""
    head, _, body = data.partition(b"\n")
    if head != f"{_HEAD}{zlib.crc32(body):08x}".encode():
        return None
    values: dict[str, bool | str | tuple[str, ...]] = dict(Chosen._field_defaults)
    values.update((name, LastSelection._field_defaults[name]) for name in _OWN)
    for line in body.decode("utf-8", "replace").split("\n") if body else ():
        spelling, _, word = line.partition(" ")
        name = spelling.removeprefix("--").replace("-", "_")
        before = values.get(name)
        if word and isinstance(before, tuple):
            values[name] = (*before, word)
        elif before == "" and word in _LINK_MODES:
            values[name] = word
        elif not word and before is False:
            values[name] = True
        else:
            return None
    chosen = Chosen._make(values[name] for name in Chosen._fields)
    return LastSelection._make((chosen, *(values[name] for name in _OWN)))


def read_last_selection(root: Path) -> LastSelection:
    """Read what the last sync of the environment at ``root`` selected; the defaults where nobody knows."""
    return parse_last_selection(read_kept_selection(root)) or LastSelection()


def _known(texts: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if normalise(text) in known)


def _without(texts: Iterable[str], less: Iterable[str]) -> tuple[str, ...]:
    gone = frozenset(map(normalise, less))
    return tuple(text for text in texts if normalise(text) not in gone)
