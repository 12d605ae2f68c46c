"""What `add` is asked for: words and files read into requirements, and refused where they cannot be meant."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from detent.errors import InvalidRequirementText, SelfDependency, UnknownExtra, Unsupported, UsageError
from detent.model import markers
from detent.model.markers import InvalidMarker
from detent.model.requirement import (
    InvalidRequirement,
    PackageName,
    Requirement,
    extra_name,
    parse_requirement,
)
from detent.ops.discover import Project
from detent.ops.requirement_files import read_requirements
from detent.project.bounds import Bounds, bounded
from detent.project.edit import Table
from detent.project.known import redacted
from detent.project.manifest import Manifest

# What pip takes for a path, a URL or a repository rather than a name.
_PLACE = re.compile(r"\.{0,2}/|~/|[A-Za-z][A-Za-z0-9+.-]*:|.*\.(?:whl|tar\.gz|zip)$")
_DOUBLE_QUOTED = re.compile(r"\"([^\"']*)\"")
_LATEST = re.compile(r"(\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?)\s*@\s*latest\s*(;.*)?")
_SPECIFIER = re.compile(r"[^\[;(<>=!~]*(?:\[[^\]]*\])?([^;]*)")


class Asked(Protocol):
    """The part of the options of `add` that says what to add."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """As written on the command line."""

    @property
    def files(self) -> tuple[str, ...]:
        """Requirements files."""

    @property
    def table(self) -> Table:
        """Where it goes."""

    @property
    def marker(self) -> str:
        """For every requirement, beside its own."""

    @property
    def extras(self) -> tuple[str, ...]:
        """For every requirement, beside its own."""

    @property
    def raw(self) -> bool:
        """Whether requirements are written as they are given."""

    @property
    def frozen(self) -> bool:
        """Whether there is no locking."""


class Wish(NamedTuple):
    """One requirement to add."""

    requirement: Requirement
    text: str
    """As it goes into the file while it has no bound; in its giver's own spelling but for the name."""
    head: str
    """The part of the text before a bound, and the part after it."""
    tail: str
    is_latest: bool = False
    """Whether the newest version is wanted whatever the file asks for now (`NAME@latest`)."""

    @property
    def opening(self) -> str:
        """The text to lock with, before a version is known: it takes the place of any bound in the file."""
        return f"{self.head}>=0{self.tail}" if self.is_latest else self.text

    def written(self, pins: Mapping[PackageName, str], bounds: Bounds) -> str:
        """The text that goes into the file: with a bound where the package has a pin here."""
        version = pins.get(self.requirement.name)
        return self.text if version is None else f"{self.head}{bounded(version, bounds)}{self.tail}"


def read_wishes(project: Project, asked: Asked) -> tuple[Wish, ...]:
    """Read everything that is to be added.

    Raises :class:`UsageError` and :class:`InvalidRequirementText` for what cannot be meant,
    :class:`Unsupported` for URLs and paths, and :class:`SelfDependency`.
    """
    given = [(text, "") for text in asked.requirements]
    for file in asked.files:
        given.extend(read_requirements(file))
    if not given:
        raise UsageError(
            "nothing to add",
            why="the requirements files are empty"
            if asked.files
            else "neither a requirement nor a requirements file was given",
            next_steps=("name a package, as in `detent add httpx`",),
        )
    _check_common(asked)
    wishes = tuple(_wish(text, where, asked) for text, where in given)
    for wish in wishes:
        if wish.requirement.name == project.manifest.name:
            _check_own_extras(wish.requirement, project.manifest, asked.table)
    return wishes


def _check_own_extras(requirement: Requirement, manifest: Manifest, table: Table) -> None:
    """`me[all]` in an extra or group means those of the project's own extras; anything else is a circle."""
    if table.kind == "project" or not requirement.extras:
        raise SelfDependency(manifest.name)
    known = [name for name, _ in manifest.extras]
    for extra in requirement.extras:
        if extra not in known:
            raise UnknownExtra(extra, known, where="`project.optional-dependencies`")


def _check_common(asked: Asked) -> None:
    try:
        markers.parse(asked.marker)
    except InvalidMarker as error:
        raise UsageError(
            f"`--marker` cannot be `{asked.marker}`",
            why=error.reason,
            next_steps=("write it like `python_version < '3.12'` or `sys_platform == 'win32'`",),
        ) from error
    for extra in asked.extras:
        try:
            extra_name(extra)
        except ValueError as error:
            raise UsageError(f"`--extra` cannot be `{extra}`", why=str(error)) from error


def _wish(text: str, where: str, asked: Asked) -> Wish:
    latest = _LATEST.fullmatch(text)
    if latest is not None and not where:
        if asked.raw or asked.frozen:
            flag = "--raw" if asked.raw else "--frozen"
            raise UsageError(
                f"`{text}` and `{flag}` cannot be used together",
                why="the newest version is not known without locking" if asked.frozen else "",
            )
        return _wish(latest[1] + (latest[2] or ""), where, asked)._replace(is_latest=True)
    if _PLACE.match(text.strip()):
        raise _unsupported(text, where, "name a package of the index instead")
    try:
        own = parse_requirement(text)
    except InvalidRequirement as error:
        raise InvalidRequirementText(text, error.reason, where=where) from error
    if own.url:
        raise _unsupported(text, where, f"add `{own.name}` from the package index")
    extras = sorted({*own.extras, *map(extra_name, asked.extras)})
    requirement = own._replace(
        extras=tuple(extras), marker=markers.and_(own.marker, markers.parse(asked.marker))
    )
    head = f"{own.name}[{','.join(extras)}]" if extras else own.name
    condition = _condition(text.partition(";")[2].strip(), asked.marker.strip())
    tail = f"; {condition}" if condition else ""
    if asked.raw and not asked.extras and not asked.marker:
        return Wish(requirement, text.strip(), head, tail)
    return Wish(requirement, f"{head}{_specifier(text)}{tail}", head, tail)


def _condition(own: str, common: str) -> str:
    """Both markers as one text, in single quotes as far as that goes: TOML's own are double."""
    both = f"({own}) and ({common})" if own and common else own or common
    return _DOUBLE_QUOTED.sub(r"'\1'", both)


def _specifier(text: str) -> str:
    """The versions a requirement asks for, in its giver's order, without blanks."""
    found = _SPECIFIER.match(text.strip())
    return re.sub(r"\s+", "", found[1]).strip("()") if found else ""


def _unsupported(text: str, where: str, instead: str) -> Unsupported:
    return Unsupported(
        f"`{redacted(text)}` is a path, a URL or a repository" + (f" ({where})" if where else ""),
        why="only packages from an index can be added so far",
        next_steps=(instead,),
    )
