"""The project's version: raised by the rules of PEP 440, and written where the old one stood.

The rules for what may be raised together are uv's. A version is never lowered by raising a part of it.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from packaging.version import Version

from detent.errors import Bug, UsageError, did_you_mean
from detent.errors.project import ManifestInvalid
from detent.named import NamedTuple
from detent.project.document import Document, parse_document
from detent.project.entries import literal, quote_of

Part: TypeAlias = Literal["major", "minor", "patch", "stable", "alpha", "beta", "rc", "post", "dev"]
PARTS: tuple[Part, ...] = get_args(Part)

_RELEASE = {"major": 0, "minor": 1, "patch": 2}
_PHASE = {"alpha": "a", "beta": "b", "rc": "rc"}
_PATH = ("project", "version")
_MOST_DIGITS = 99
"""Python refuses to read numbers of some thousand digits."""


class Bump(NamedTuple):
    """One part to raise."""

    part: Part
    number: int | None = None
    """To this number; ``None``: by one."""

    def __str__(self) -> str:
        return self.part if self.number is None else f"{self.part}={self.number}"


def parse_bump(text: str) -> Bump:
    """Read ``minor`` or ``dev=3``; raises :class:`UsageError`."""
    word, equals, number = text.partition("=")
    part = next((part for part in PARTS if part == word), None)
    if part is None:
        raise UsageError(
            f"`--bump` cannot be `{text}`",
            why=f"it is one of {', '.join(f'`{p}`' for p in PARTS)}",
            next_steps=(
                *did_you_mean(text.partition("=")[0], PARTS, before="--bump "),
                "see `detent version --help`",
            ),
        )
    if part == "stable" and equals:
        raise UsageError(
            "`--bump stable` takes no number",
            why=f"it was given `{number}`",
            next_steps=("write `--bump stable` alone",),
        )
    if equals and not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS):
        raise UsageError(
            f"`--bump {part}` takes a whole number of at most {_MOST_DIGITS} digits",
            why=f"`{number}` is none",
            next_steps=(f"write it like `--bump {part}=2`",),
        )
    return Bump(part, int(number) if equals else None)


def checked_version(text: str) -> str:
    """Give a version in its canonical form; raises :class:`UsageError`."""
    try:
        return str(Version(text))
    except ValueError as error:  # also for a number of thousands of digits
        raise UsageError(
            f"`{text}` is not a version",
            why="a version follows PEP 440",
            next_steps=("write it like `1.2.3` or `1.2.3rc1`",),
        ) from error


def bumped(version: str, bumps: Sequence[Bump]) -> str:
    """Raise the parts of a version; raises :class:`UsageError` where that would not raise the whole."""
    _check_together(bumps)
    old = Version(version)
    parts = _Parts(list(old.release), old.pre, old.post, old.dev)
    for bump in sorted(bumps, key=lambda bump: bump.part not in _RELEASE):  # `--bump beta --bump minor` too
        _raise(parts, bump)
    new = parts.text(old.epoch, old.local)
    if Version(new) <= old:
        raise _not_raised(old, new, bumps)
    return new


def with_version(text: str, version: str, *, display: str = "pyproject.toml") -> str:
    """The text of a pyproject.toml with another version in it, every other byte kept.

    Raises :class:`ManifestInvalid` for a version that is not written in the file.
    """
    document = parse_document(text, display)
    statement = document.outline.find(_PATH)
    if statement is None or statement.value.kind != "string":
        raise not_written(text, display)
    value = statement.value
    new = literal(version, quote_of(text[value.start : value.end]))
    edited = text[: value.start] + new + text[value.end :]
    if _without_version(parse_document(edited, display)) != _without_version(document):
        raise Bug(f"writing the version changed something else in `{display}`")
    return edited


def _without_version(document: Document) -> str:
    project = document.data.get("project")
    kept = {k: v for k, v in project.items() if k != "version"} if isinstance(project, dict) else project
    return repr({**document.data, "project": kept})  # as text: `nan` is itself, and `1` is not `1.0`


class _Parts:
    """A version taken apart, to be changed."""

    def __init__(
        self, release: list[int], pre: tuple[str, int] | None, post: int | None, dev: int | None
    ) -> None:
        self.release = release
        self.pre = pre
        self.post = post
        self.dev = dev

    def text(self, epoch: int, local: str | None) -> str:
        return "".join(
            (
                f"{epoch}!" if epoch else "",
                ".".join(map(str, self.release)),
                f"{self.pre[0]}{self.pre[1]}" if self.pre else "",
                "" if self.post is None else f".post{self.post}",
                "" if self.dev is None else f".dev{self.dev}",
                f"+{local}" if local else "",
            )
        )


def _raise(parts: _Parts, bump: Bump) -> None:
    """Raise one part: what stands right of it starts anew."""
    part, number = bump
    match part:
        case "major" | "minor" | "patch":
            place = _RELEASE[part]
            parts.release += [0] * (place + 1 - len(parts.release))
            parts.release[place] = parts.release[place] + 1 if number is None else number
            parts.release[place + 1 :] = [0] * (len(parts.release) - place - 1)
            parts.pre = parts.post = parts.dev = None
        case "stable":
            parts.pre = parts.post = parts.dev = None
        case "alpha" | "beta" | "rc":
            letter = _PHASE[part]
            before = parts.pre[1] if parts.pre is not None and parts.pre[0] == letter else 0
            parts.pre = (letter, before + 1 if number is None else number)
            parts.post = parts.dev = None
        case "post":
            parts.post = (parts.post or 0) + 1 if number is None else number
            parts.dev = None
        case "dev":
            parts.dev = (parts.dev or 0) + 1 if number is None else number


def _check_together(bumps: Sequence[Bump]) -> None:
    got = ", ".join(f"`{bump}`" for bump in bumps)
    for alone in ("stable", "post"):
        if len(bumps) > 1 and any(bump.part == alone for bump in bumps):
            raise UsageError(
                f"`--bump {alone}` cannot be used with another `--bump`",
                why=f"given: {got}",
                next_steps=("leave the others out",),
            )
    release = [bump for bump in bumps if bump.part in _RELEASE]
    if len(release) > 1:
        raise UsageError(
            "only one of major, minor and patch can be raised at once",
            why=f"given: {got}",
            next_steps=("leave all but one of them out",),
        )
    if len(bumps) - len(release) > 1:
        raise UsageError(
            "only one of alpha, beta, rc and dev can be raised at once",
            why=f"given: {got}",
            next_steps=("leave all but one of them out",),
        )


def _not_raised(old: Version, new: str, bumps: Sequence[Bump]) -> UsageError:
    part = bumps[-1].part
    needs_another = len(bumps) == 1 and (part == "dev" or (part in _PHASE and not old.is_prerelease))
    return UsageError(
        f"`{new}` is no later version than `{old}`",
        why=f"a version with `{part}` comes before the one without" if needs_another else "",
        next_steps=(
            *((f"raise another part too, as in `--bump minor --bump {part}`",) if needs_another else ()),
            f"to set it all the same, run `detent version {new}`",
        ),
    )


def not_written(text: str, display: str) -> ManifestInvalid:
    """Say that a back end finds the version out."""
    return ManifestInvalid(
        parse_document(text, display).where("project", "dynamic"),
        "the version is not in this file: `project.dynamic` has `version`",
        why="the build back end finds it out",
        next_steps=("to keep it here, write `version` below `[project]` and take it out of `dynamic`",),
    )
