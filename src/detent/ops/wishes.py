"""What `add` is asked for: words and files read into requirements, and refused where they cannot be meant."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from detent.errors import DetentError, Failures, UsageError
from detent.errors.project import SelfDependency
from detent.errors.usage import InvalidRequirementText, UnknownExtra
from detent.model import markers
from detent.model.markers import InvalidMarker, Marker
from detent.model.references import DirectSource, reference_text
from detent.model.requirement import (
    InvalidRequirement,
    Origin,
    PackageName,
    Requirement,
    extra_name,
    parse_requirement,
)
from detent.model.sources import WorkspaceSource
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.places import Place, Pointing, is_place, read_place, refuse_idle
from detent.ops.requirement_files import Listed, read_requirements
from detent.project.bounds import Bounds, bounded
from detent.project.edit import Table
from detent.project.manifest import Manifest
from detent.project.values import redacted

Naming: TypeAlias = Callable[[DirectSource], PackageName]
"""Finds out which package a place holds."""

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
    def constraints(self) -> tuple[str, ...]:
        """Files of constraints."""

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
    def pointing(self) -> Pointing:
        """What is said of the places among the requirements."""

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
    where: str = ""
    """`FILE:LINE`; empty for the command line."""
    is_latest: bool = False
    """Whether the newest version is wanted whatever the file asks for now (`NAME@latest`)."""
    source: DirectSource | WorkspaceSource | None = None
    """Where it comes from, for a rule of its own; ``None``: nothing is said, or the text says it."""
    condition: str = ""
    """Where the rule holds, as a marker; empty for everywhere."""
    user: str = ""
    """Names of variables with user and password for the rule's URL."""

    @property
    def is_placed(self) -> bool:
        """Whether it is of a place, which has the one version that is there."""
        return self.source is not None or bool(self.requirement.url)

    @property
    def opening(self) -> str:
        """The text to lock with, before a version is known: it takes the place of any bound in the file."""
        return f"{self.head}>=0{self.tail}" if self.is_latest else self.text

    @property
    def shown(self) -> str:
        """As a message names it."""
        what = f"`{self.requirement.name}@latest`" if self.is_latest else f"`{self.text}`"
        return what + (f" ({self.where})" if self.where else "")

    def written(self, pins: Mapping[PackageName, str], bounds: Bounds) -> str:
        """The text that goes into the file: with a bound where the package has a pin here."""
        version = pins.get(self.requirement.name)
        return self.text if version is None else f"{self.head}{bounded(version, bounds)}{self.tail}"


class Wishes(NamedTuple):
    """Everything `add` is asked for."""

    wanted: tuple[Wish, ...]
    constraints: tuple[Requirement, ...] = ()
    """Bounds that count this time and are not written down."""


def read_wishes(project: Project, asked: Asked, naming: Naming) -> Wishes:
    """Read everything that is to be added; ``naming`` looks into places that do not say their name.

    Raises :class:`UsageError` and :class:`InvalidRequirementText` for what cannot be meant, and
    :class:`SelfDependency`.
    """
    given = [Listed(text, "") for text in asked.requirements]
    for file in asked.files:
        given.extend(read_requirements(file))
    bounds = [each for each in given if each.is_constraint]
    for file in asked.constraints:
        bounds.extend(read_requirements(file, is_constraint=True))
    given = [each for each in given if not each.is_constraint]
    if not given:
        raise UsageError(
            "nothing to add",
            why="the requirements files ask for nothing"
            if asked.files
            else "neither a requirement nor a requirements file was given",
            next_steps=("name a package, as in `detent add httpx`",),
        )
    _check_common(asked)
    places = {
        each: read_place(each.text, each.where, project.current.root, asked.pointing)
        for each in given
        if is_place(each.text)
    }
    refuse_idle(asked.pointing, tuple(places.values()))
    wishes = tuple(
        _placed(places[each], each, asked, naming) if each in places else _wish(each.text, each.where, asked)
        for each in given
    )
    _refuse_contradictions(wishes)
    for wish in wishes:
        if wish.requirement.name == project.current.name:
            _check_own_extras(wish.requirement, project.current.manifest, asked.table)
    return Wishes(wishes, _constraints(bounds))


def _refuse_contradictions(wishes: Sequence[Wish]) -> None:
    """One entry of the file has one specifier: of two, none is taken in silence."""
    first: dict[tuple[PackageName, Marker], Wish] = {}
    for wish in wishes:
        if not (wish.requirement.specifier or wish.is_latest or wish.is_placed):
            continue
        before = first.setdefault((wish.requirement.name, wish.requirement.marker), wish)
        if _entry(wish) != _entry(before):
            raise UsageError(
                f"{before.shown} and {wish.shown} cannot both be added",
                why=f"`{wish.requirement.name}` has one entry there, with one specifier",
                next_steps=(
                    "leave one of them out, or write both into one, as in `name>=1,<2`",
                    "or give them markers that tell where each is meant",
                ),
            )


def _entry(wish: Wish) -> tuple[object, ...]:
    return wish.requirement.specifier, wish.requirement.url, wish.is_latest, wish.source


def _constraints(given: Sequence[Listed]) -> tuple[Requirement, ...]:
    """Read bounds; what is wrong is named all at once, each with its line."""
    found: list[Requirement] = []
    faults: list[DetentError] = []
    for text, where, _ in given:
        try:
            if is_place(text):
                raise _no_constraint(text, where, "it is a path, a URL or a repository")
            requirement = parse_requirement(text, Origin(where))
            if requirement.extras:
                raise _no_constraint(text, where, "it has extras, and a constraint asks for nothing")
            found.append(requirement)
        except InvalidRequirement as error:
            faults.append(InvalidRequirementText(text, error.reason, where=where))
        except UsageError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Failures(faults)
    return tuple(found)


def _no_constraint(text: str, where: str, reason: str) -> UsageError:
    return UsageError(
        f"`{where}`: `{redacted(text)}` cannot be a constraint",
        why=reason,
        next_steps=("write it like `name<2`",),
    )


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
            raise UsageError(
                f"`--extra` cannot be `{extra}`",
                why=str(error),
                next_steps=("write a name such as `standard`",),
            ) from error


def _wish(text: str, where: str, asked: Asked) -> Wish:
    latest = _LATEST.fullmatch(text)
    if latest is not None and not where:
        if asked.raw or asked.frozen:
            flag = "--raw" if asked.raw else "--frozen"
            raise UsageError(
                f"`{text}` and `{flag}` cannot be used together",
                why="the newest version is not known without locking" if asked.frozen else "",
                next_steps=(f"leave `{flag}` out",),
            )
        return _wish(latest[1] + (latest[2] or ""), where, asked)._replace(is_latest=True)
    try:
        own = parse_requirement(text)
    except InvalidRequirement as error:
        raise InvalidRequirementText(text, error.reason, where=where) from error
    if own.url:
        raise InvalidRequirementText(text, "there is no URL after `@`", where=where)
    extras = sorted({*own.extras, *map(extra_name, asked.extras)})
    requirement = own._replace(
        extras=tuple(extras), marker=markers.and_(own.marker, markers.parse(asked.marker))
    )
    head = f"{own.name}[{','.join(extras)}]" if extras else own.name
    condition = _condition(text.partition(";")[2].strip(), asked.marker.strip())
    tail = f"; {condition}" if condition else ""
    if asked.raw and not asked.extras and not asked.marker:
        return Wish(requirement, text.strip(), head, tail, where)
    return Wish(requirement, f"{head}{_specifier(text)}{tail}", head, tail, where)


def _placed(place: Place, given: Listed, asked: Asked, naming: Naming) -> Wish:
    """Read a place: its name goes into the list and where it comes from into a rule, but for `--raw`."""
    name = place.name or naming(place.source)
    extras = tuple(sorted({*place.extras, *map(extra_name, asked.extras)}))
    condition = _condition(place.condition, asked.marker.strip())
    try:
        marker = markers.parse(condition) if condition else markers.ALWAYS
    except InvalidMarker as error:
        raise InvalidRequirementText(given.text, error.reason, where=given.where) from error
    requirement = Requirement(name, extras, marker=marker)
    head = f"{name}[{','.join(extras)}]" if extras else name
    if asked.raw:
        url = place.url or reference_text(place.source)
        text = f"{head} @ {url}" + (f" ; {condition}" if condition else "")
        return Wish(requirement._replace(url=reference_text(place.source)), text, head, "", given.where)
    tail = f"; {condition}" if condition else ""
    return Wish(
        requirement,
        head + tail,
        head,
        tail,
        given.where,
        source=place.source,
        condition=condition,
        user=place.user,
    )


def _condition(own: str, common: str) -> str:
    """Both markers as one text, in single quotes as far as that goes: TOML's own are double."""
    both = f"({own}) and ({common})" if own and common else own or common
    return _DOUBLE_QUOTED.sub(r"'\1'", both)


def _specifier(text: str) -> str:
    """The versions a requirement asks for, in its giver's order, without blanks."""
    found = _SPECIFIER.match(text.strip())
    return re.sub(r"\s+", "", found[1]).strip("()") if found else ""
