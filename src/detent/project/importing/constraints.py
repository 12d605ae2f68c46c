"""Poetry's version constraints as specifiers and as markers that everybody reads (PEP 440, PEP 508).

`^`, `~`, `*` and `||` mean here what poetry-core makes of them, and poetry-core is the judge in tests. A
specifier is one range with holes; of a union that is no such thing, the range around it is given, and said.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from packaging.version import Version

from detent.model import markers
from detent.model.markers import InvalidMarker, Marker
from detent.model.specifiers import (
    InvalidSpecifier,
    Span,
    canonical_specifier,
    clause_spans,
    parse_clause,
    parse_clauses,
    version_key,
)
from detent.named import NamedTuple

_OR = re.compile(r"\s*\|\|?\s*")
# What poetry-core takes for "and": commas and blanks that do not stand behind an operator.
_AND = re.compile(r"(?<!^)(?<![\^~=>< ,]) *(?<!-)[, ](?!-) *(?!,|$)")
_ANY = re.compile(r"v?[xX*](\.[xX*])*")
_SINGLE = re.compile(r"(?P<operator>\^|~=|~|===?|=|!=|>=|<=|>|<)?\s*(?P<version>.+?)(?P<wild>(?:\.\*)+)?")
_HOLES = 32


class InvalidConstraint(ValueError):
    """The text is no constraint; the message says what is wrong in plain words."""


class Specified(NamedTuple):
    """A constraint as a specifier."""

    text: str
    """Empty for any version."""
    is_exact: bool = True
    """Whether it allows the same; else it allows also what lies between the parts of a union."""


def specifier(constraint: str) -> Specified:
    """Give a constraint as a specifier; raises :class:`InvalidConstraint`."""
    alternatives = list(dict.fromkeys(_alternatives(constraint)))
    return Specified(alternatives[0]) if len(alternatives) == 1 else _union(alternatives)


def python_specifier(constraint: str) -> Specified:
    """Give a constraint on Python itself, where 3.0 comes right behind 2.7."""
    found = specifier(constraint)
    if found.is_exact:
        return found
    wanted = _any_of(_alternatives(constraint))
    holes = [f"!=3.{minor}.*" for minor in range(_HOLES) if _without_minor(wanted, minor)]
    text = ",".join(filter(None, (found.text, *holes)))
    return Specified(text, is_exact=markers.and_(markers.requires_python(text), _PYTHONS) == wanted)


def python_marker(constraint: str) -> Marker:
    """Give the Pythons of a constraint; raises :class:`InvalidConstraint`."""
    try:
        found = markers.NEVER
        for alternative in _alternatives(constraint):
            found = markers.or_(found, markers.requires_python(alternative))
    except InvalidMarker as error:
        raise InvalidConstraint(error.reason) from error
    return found


def platform_marker(constraint: str) -> Marker:
    """Give the platforms (`sys.platform`) of a constraint such as ``linux || darwin`` or ``!=win32``."""
    found = markers.NEVER
    for alternative in _OR.split(constraint.strip()):
        here = markers.ALWAYS
        for part in re.split(r"[,\s]+", alternative):
            operator, name = ("!=", part[2:]) if part.startswith("!=") else ("==", part.lstrip("="))
            if not re.fullmatch(r"[A-Za-z0-9_]+", name):
                raise InvalidConstraint(f"`{constraint}` names no platform")
            here = markers.and_(here, markers.parse(f"sys_platform {operator} '{name}'"))
        found = markers.or_(found, here)
    return found


# ---- one range -------------------------------------------------------------------------------


def _alternatives(constraint: str) -> list[str]:
    """Give the parts of a union, each as a specifier."""
    return [
        ",".join(filter(None, map(_single, _AND.split(part.rstrip(",").rstrip()))))
        for part in _OR.split(constraint.strip())
    ]


def _single(text: str) -> str:
    text = text.strip()
    if _ANY.fullmatch(text):
        return ""
    found = _SINGLE.fullmatch(text)
    if found is None:
        raise InvalidConstraint("it is empty")
    operator = found["operator"] or "=="
    try:
        version = Version("0.0.dev0" if found["version"] == "dev" else found["version"])
    except ValueError:  # no version, or a number too long to read
        raise InvalidConstraint(f"`{found['version']}` is not a version") from None
    if found["wild"]:
        if operator in {"==", "=", "!="}:
            return f"{'!=' if operator == '!=' else '=='}{version.public}.*"
        if operator in {"^", "~", "~=", "==="}:
            raise InvalidConstraint(f"`{text}` has a `*` behind `{operator}`")
    match operator:
        case "^":
            return _between(version, _breaking(version.release))
        case "~":
            return _between(version, 0 if len(version.release) == 1 else 1)
        case "~=" if len(version.release) == 1:
            return _between(version, 0)
        case "=":
            operator = "=="
        case _:
            pass
    try:
        return str(parse_clause(operator + (found["version"] if operator == "===" else str(version))))
    except InvalidSpecifier as error:
        raise InvalidConstraint(str(error)) from error


def _breaking(release: tuple[int, ...]) -> int:
    """Which number of a version `^` does not raise: the first that is not zero, of the first three."""
    last = min(len(release), 3) - 1
    return next((place for place, number in enumerate(release[:last]) if number), last)


def _between(version: Version, place: int) -> str:
    """All from a version up to the next one with a higher number at this place, written as long as it."""
    release = version.release
    numbers = [*release[:place], release[place] + 1, *([0] * (len(release) - place - 1))]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return f">={version.public},<{epoch}{'.'.join(map(str, numbers))}"


# ---- several ranges --------------------------------------------------------------------------

_PYTHONS = markers.not_(markers.requires_python(">=2.8,<3"))


def _any_of(alternatives: Sequence[str]) -> Marker:
    found = markers.NEVER
    for alternative in alternatives:
        found = markers.or_(found, markers.requires_python(alternative))
    return markers.and_(found, _PYTHONS)


def _without_minor(wanted: Marker, minor: int) -> bool:
    """Whether no Python of this minor is wanted, and a newer and an older one are."""
    return (
        markers.disjoint(wanted, markers.requires_python(f"==3.{minor}.*"))
        and not markers.disjoint(wanted, markers.requires_python(f">3.{minor}"))
        and not markers.disjoint(wanted, markers.requires_python(f"<3.{minor}"))
    )


def _union(alternatives: Sequence[str]) -> Specified:
    """Give the range around several, with the holes between them where a specifier can say them.

    Pre-releases of a part's first version decide nothing: `^1 || ^2` is one range.
    """
    if "" in alternatives:
        return Specified("")
    try:
        spans = _joined(span for text in alternatives for span in _spans(text))
    except InvalidSpecifier as error:
        raise InvalidConstraint(str(error)) from error
    if not spans:
        return Specified(alternatives[0])
    alternatives = [text for text in alternatives if _spans(text)]
    around = _around(alternatives, spans)
    for text in (around, ",".join(filter(None, (around, *_holes(alternatives))))):
        if _spans(text) == spans:
            return Specified(canonical_specifier(text))
    return Specified(canonical_specifier(around), is_exact=False)


def _spans(text: str) -> list[Span]:
    """Give the ranges of version keys a specifier allows, lowest first, none touching the next."""
    found: list[Span] = list(clause_spans(parse_clause(">=0.dev0")))
    for clause in parse_clauses(text):
        other = clause_spans(clause)
        both = [(max(a[0], b[0]), min(a[1], b[1])) for a in found for b in other]
        found = [(low, high) for low, high in both if low < high]
    return _joined(found)


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for low, high in sorted((_with_own_prereleases(low), high) for low, high in spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _with_own_prereleases(low: tuple[object, ...]) -> tuple[object, ...]:
    """Where a range begins that lets in the pre-releases of its first version."""
    match low:
        case (int(epoch), tuple(release), *_) if low == version_key(_plain(epoch, release)):
            return clause_spans(parse_clause(f"<{_plain(epoch, release)}"))[0][1]
        case _:
            return low


def _plain(epoch: int, release: tuple[object, ...]) -> Version:
    return Version(f"{epoch}!{'.'.join(map(str, release)) or '0'}")


def _around(alternatives: Sequence[str], spans: Sequence[Span]) -> str:
    """Take the lower bound of the lowest range and the upper bound of the highest."""
    lowest, highest = spans[0][0], spans[-1][1]
    clauses = [clause for text in alternatives for clause in map(str, parse_clauses(text))]
    lower = upper = ""
    for clause in clauses:
        for written in _bounds(clause):
            allowed = _spans(written)
            if allowed and written.startswith(">") and allowed[0][0] == lowest:
                lower = written
            if allowed and written.startswith("<") and allowed[-1][1] == highest:
                upper = written
    return ",".join(filter(None, (lower, upper)))


def _bounds(clause: str) -> Iterator[str]:
    """Split a clause into a lower and an upper one."""
    parsed = parse_clause(clause)
    version = parsed.version
    if version is None or parsed.operator == "!=":
        return
    if parsed.wildcard:
        yield from _between(version, len(version.release) - 1).split(",")
    elif parsed.operator == "~=":
        yield from _between(version, max(0, len(version.release) - 2)).split(",")
    elif parsed.operator == "==":
        yield f">={version.public}"
        yield f"<={version.public}"
    else:
        yield clause


def _holes(alternatives: Sequence[str]) -> Iterator[str]:
    """Give what lies between one range and the next as exclusions, where it is a few whole series."""
    ordered = sorted(alternatives, key=_spans)
    for below, above in pairwise(ordered):
        end = next((c.version for c in parse_clauses(below) if c.operator == "<"), None)
        start = next((c.version for c in parse_clauses(above) if c.operator == ">="), None)
        if any(c.wildcard for c in parse_clauses(below)):
            version = next(c.version for c in parse_clauses(below) if c.wildcard)
            end = Version(_between(version, len(version.release) - 1).split("<")[1]) if version else None
        if any(c.wildcard for c in parse_clauses(above)):
            start = next(c.version for c in parse_clauses(above) if c.wildcard)
        if end is not None and start is not None:
            yield from _series(end, start)


def _series(end: Version, start: Version) -> Iterator[str]:
    """Give the series from one version up to another: `2` to `4` are `!=2.*` and `!=3.*`."""
    length = max(len(end.release), len(start.release))
    one, two = ([*v.release, *([0] * (length - len(v.release)))] for v in (end, start))
    place = next((i for i in range(length) if one[i] != two[i]), None)
    if place is None or end.epoch != start.epoch or any(one[place + 1 :]) or any(two[place + 1 :]):
        return
    if 0 < two[place] - one[place] <= _HOLES:
        head = "".join(f"{number}." for number in one[:place])
        epoch = f"{end.epoch}!" if end.epoch else ""
        yield from (f"!={epoch}{head}{number}.*" for number in range(one[place], two[place]))
