"""Words of `add` that name a place and not a package of an index: repositories, URLs, files and folders.

A path is meant from where the command stands, and written down from where the project stands. Which package
is there is asked by the caller; here it is about the words.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from detent.errors import UsageError
from detent.model.reference_urls import InvalidReference
from detent.model.references import (
    ARCHIVE_ENDINGS,
    DirectSource,
    read_archive,
    read_git,
    read_path,
    read_reference,
    read_revision,
    read_subdirectory,
    user_info,
)
from detent.model.requirement import ExtraName, InvalidRequirement, PackageName, extra_name, parse_requirement
from detent.model.sources import GitSource, PathSource, RevisionKind, UrlSource
from detent.named import NamedTuple
from detent.project.values import redacted

# What pip takes for a path, a URL or a repository rather than a name.
_PLACE = re.compile(
    r"\.{1,2}$|[^@;]*/|~|[A-Za-z][A-Za-z0-9+.-]*:|(?:git\+)?[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:"
    r"|[^@;<>=!~\s]*\.(?:whl|tar\.gz|zip)(?:$|[\s\[])"
)
_REPOSITORY = re.compile(
    r"git\+|(?:git\+)?[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:|ssh://|(?:https?|file)://[^#?]*\.git(?:@[^/]*)?/?(?:[#?]|$)",
    re.IGNORECASE,
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_EXTRAS = re.compile(r"(.*[^\s/:\[])\[([A-Za-z0-9._,\s-]*)\]", re.DOTALL)
_CONDITION = re.compile(r"\s+;|;\s")


class Pointing(NamedTuple):
    """What flags say of the places that are named beside them."""

    kind: RevisionKind = ""
    """Which flag names a revision; empty for none."""
    revision: str = ""
    subdirectory: str = ""
    lfs: bool = False
    editable: bool | None = None


class Place(NamedTuple):
    """A place, and what is wanted of what is there."""

    source: DirectSource
    name: PackageName | None = None
    """``None``: whoever reads it has to look."""
    extras: tuple[ExtraName, ...] = ()
    condition: str = ""
    """The marker, as written."""
    user: str = ""
    """Names of variables with user and password, as written in the URL."""
    url: str = ""
    """As written, where it is a URL and no flag says more of it."""


def is_place(text: str) -> bool:
    """Whether a word names a place, and not a package by its name alone."""
    if _PLACE.match(text.strip()):
        return True
    try:
        return parse_requirement(text).url not in {"", "latest"}
    except InvalidRequirement:
        return False


def read_place(text: str, where: str, root: Path, pointing: Pointing) -> Place:
    """Read a word that names a place; ``root`` is the project's folder.

    Raises :class:`UsageError`.
    """
    text = text.strip()
    name: PackageName | None = None
    extras: tuple[ExtraName, ...] = ()
    if _PLACE.match(text):
        url, condition = _parted(text)
        found = _EXTRAS.fullmatch(url)
        if found is not None:
            url, extras = found[1], _extras(found[2], text, where)
    else:
        requirement = parse_requirement(text)
        name, extras, url = requirement.name, requirement.extras, requirement.url
        condition = _parted(text[text.index(url) + len(url) :])[1]
    try:
        source = _pointed(_source(url, root, pointing), pointing, text)
    except InvalidReference as error:
        raise UsageError(
            f"`{redacted(text)}` cannot be added" + (f" ({where})" if where else ""),
            why=error.reason,
            next_steps=(error.hint,) if error.hint else (),
        ) from None
    plain = url if pointing == Pointing() and _URL.match(url) and not isinstance(source, PathSource) else ""
    return Place(source, name, extras, condition, user_info(url), plain)


def refuse_idle(pointing: Pointing, places: Sequence[Place]) -> None:
    """A flag that says something of a place nobody named would do nothing: refuse it."""
    git = any(isinstance(place.source, GitSource) for place in places)
    archives = any(isinstance(place.source, UrlSource) for place in places)
    folders = any(isinstance(place.source, PathSource) for place in places)
    flag = what = ""
    if (pointing.kind or pointing.lfs) and not git:
        flag, what = f"--{pointing.kind or 'lfs'}", "a git repository, as in `git+https://host/name.git`"
    elif pointing.subdirectory and not (git or archives):
        flag, what = "--subdirectory", "a git repository or an archive"
    elif pointing.editable is not None and not folders:
        flag, what = "--editable" if pointing.editable else "--no-editable", "a folder, as in `./libs/name`"
    if flag:
        raise UsageError(
            f"`{flag}` needs {what}",
            why="nothing that is to be added is one",
            next_steps=(f"leave `{flag}` out",),
        )


def _parted(text: str) -> tuple[str, str]:
    """Give what stands before a marker, and the marker."""
    parts = _CONDITION.split(text, maxsplit=1)
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


def _extras(inside: str, text: str, where: str) -> tuple[ExtraName, ...]:
    try:
        return tuple(sorted({extra_name(part.strip()) for part in inside.split(",") if part.strip()}))
    except ValueError as error:
        raise UsageError(
            f"`{redacted(text)}` cannot be added" + (f" ({where})" if where else ""),
            why=str(error),
            next_steps=("write it like `git+https://example.com/repository` or `./folder`",),
        ) from None


def _source(url: str, root: Path, pointing: Pointing) -> DirectSource:
    if _REPOSITORY.match(url):
        return read_git(url)
    if url.lower().startswith("file:"):
        found = read_reference(url)
        return _path(found.path, root) if isinstance(found, PathSource) else found
    if _URL.match(url):
        if (pointing.kind or pointing.lfs) and not url.lower().endswith(ARCHIVE_ENDINGS):
            return read_git(url)
        return read_archive(url) if url.lower().startswith("http") else read_reference(url)
    return _path(url, root)


def _path(text: str, root: Path) -> PathSource:
    """Give a path as it is written down: from the project, but absolute where it was and leads out of it."""
    if text.startswith("-"):
        raise InvalidReference("it begins with `-`, which a program could take for an option")
    whole = os.path.abspath(Path(text))  # noqa: PTH100 -- resolve() would follow links the user wrote
    if not os.path.lexists(whole):
        raise InvalidReference(
            "there is nothing at that path", hint="name a package, or a path that is there"
        )
    below = Path(whole).is_relative_to(root)
    if os.path.isabs(text) and not below:  # noqa: PTH117 -- text
        return PathSource(read_path(Path(whole).as_posix()))
    return PathSource(read_path(Path(os.path.relpath(whole, root)).as_posix()))


def _pointed(source: DirectSource, pointing: Pointing, text: str) -> DirectSource:
    """Give the source with what the flags say of it."""
    match source:
        case GitSource():
            if pointing.kind and source.revision:
                raise UsageError(
                    f"`{redacted(text)}` and `--{pointing.kind}` name two revisions",
                    why=f"the URL says `{source.revision}`, the flag `{pointing.revision}`",
                    next_steps=("leave one of them out",),
                )
            if pointing.kind:
                source = source._replace(revision=read_revision(pointing.revision), kind=pointing.kind)
            source = source._replace(lfs=source.lfs or pointing.lfs)
        case PathSource():
            is_file = source.path.lower().endswith(ARCHIVE_ENDINGS)
            if pointing.editable and is_file:
                raise InvalidReference("a file cannot be editable, only a folder can")
            return source if is_file else source._replace(editable=pointing.editable)
        case UrlSource():
            pass
    if not pointing.subdirectory:
        return source
    subdirectory = read_subdirectory(pointing.subdirectory)
    if source.subdirectory not in {"", subdirectory}:
        raise UsageError(
            f"`{redacted(text)}` and `--subdirectory` name two folders",
            why=f"the URL says `{source.subdirectory}`, the flag `{subdirectory}`",
            next_steps=("leave one of them out",),
        )
    return source._replace(subdirectory=subdirectory)
