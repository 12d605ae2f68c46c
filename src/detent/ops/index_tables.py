"""The indexes as a person manages them: which there are and who set each, one more, one less.

An edit touches one file, the project's or the user's own, and in it one table. Nothing is asked of an index.
"""

import os
from collections.abc import Callable
from pathlib import Path

from detent.errors import UsageError
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.setting_files import rewrite, setting_file
from detent.ops.world import World
from detent.project.index_edit import add_index, remove_index
from detent.project.indexes import IndexSetting, read_index, without_user
from detent.project.values import IndexFault, redacted


class Shown(NamedTuple):
    """One index as people read of it: no credentials."""

    name: str
    url: str
    origin: str
    default: bool
    explicit: bool
    format: str
    mirror: str


class IndexOptions(NamedTuple):
    """An index to add or to remove, and in which file."""

    word: str
    """Of one to remove its name or URL; of one to add `NAME=URL`, or the URL."""
    name: str = ""
    is_default: bool = False
    is_explicit: bool = False
    is_first: bool = False
    is_flat: bool = False
    is_of_user: bool = False


class IndexOutcome(NamedTuple):
    """What was done."""

    path: str
    what: str
    """The index: its name, or its URL without credentials."""


def list_indexes(indexes: tuple[IndexSetting, ...]) -> tuple[Shown, ...]:
    """Give the indexes in the order they are asked."""
    return tuple(
        Shown(
            index.name,
            index.written or without_user(index.url),
            index.origin,
            index.default,
            index.explicit,
            index.format,
            _mirror(index),
        )
        for index in indexes
    )


def _mirror(index: IndexSetting) -> str:
    """Give where an index is fetched from, if that is elsewhere."""
    mirror = without_user(index.mirror) if index.mirror else ""
    return "" if mirror.rstrip("/") == without_user(index.url).rstrip("/") else mirror


def add(world: World, project: Project | None, user_file: Path, options: IndexOptions) -> IndexOutcome:
    """Add an index; raises :class:`UsageError` for one that cannot be meant."""
    named, equals, url = options.word.partition("=")
    if not equals or "/" in named or ":" in named:
        named, url = options.name, options.word
    entry: dict[str, object] = {"name": options.name or named} if options.name or named else {}
    entry["url"] = _from_there(url, project, options)
    for key, is_on in (("default", options.is_default), ("explicit", options.is_explicit)):
        if is_on:
            entry[key] = True
    if options.is_flat:
        entry["format"] = "flat"
    try:
        index = read_index(entry, "", folder="/")
    except IndexFault as fault:
        raise UsageError(
            f"`{redacted(options.word)}` is not an index that can be added",
            why=fault.reason,
            next_steps=("write it like `https://index.example.com/simple/`",),
        ) from None
    if without_user(url) != url and "${" not in url and not options.is_of_user:
        raise UsageError(
            f"`{redacted(url)}` has a password in it, and a project is read by many",
            next_steps=(
                "take it out, and set the variables `DETENT_INDEX_<NAME>_USERNAME` and `..._PASSWORD`",
                "or add the index with `--user`, to your own configuration",
            ),
        )
    if options.is_explicit and not index.name:
        raise UsageError(
            "an explicit index needs a name",
            why="only packages that are pinned to it by its name come from it",
            next_steps=("write it as `NAME=URL`",),
        )

    def edit(text: str, path: tuple[str, ...], shown: str) -> str:
        return add_index(text, path, entry, is_first=options.is_first, display=shown)

    return _edited(world, project, user_file, edit, options, what=index.name or without_user(url))


def _from_there(url: str, project: Project | None, options: IndexOptions) -> str:
    """Give a path as it reads from the file it is written into; any other address as it is."""
    if not url.startswith(("./", "../")):
        return url
    path = os.path.abspath(url)  # noqa: PTH100
    if options.is_of_user or project is None:
        return path
    relative = os.path.relpath(path, project.root)
    return relative if relative.startswith("..") else f"./{relative}"


def remove(world: World, project: Project | None, user_file: Path, options: IndexOptions) -> IndexOutcome:
    """Remove an index; raises :class:`UsageError` where there is none of the name or URL."""

    def edit(text: str, path: tuple[str, ...], shown: str) -> str:
        return remove_index(text, path, options.word, display=shown)

    return _edited(world, project, user_file, edit, options, what=without_user(options.word))


def _edited(
    world: World,
    project: Project | None,
    user_file: Path,
    edit: Callable[[str, tuple[str, ...], str], str],
    options: IndexOptions,
    *,
    what: str,
) -> IndexOutcome:
    file = setting_file(project, user_file, is_of_user=options.is_of_user)

    def edit_list(text: str, path: tuple[str, ...], shown: str) -> str:
        return edit(text, (*path, "index"), shown)

    return IndexOutcome(rewrite(world, file, edit_list, command=f"index {options.word}").path, what)
