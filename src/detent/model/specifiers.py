"""Version specifiers as text and as ranges over sort keys (PEP 440).

A version becomes a plain tuple once, a clause such as ``>=1.2`` becomes half-open ranges of such tuples;
matching is then comparing tuples. Whether pre-releases are wanted is policy and not decided here: they
match wherever their place in the order says so. packaging.specifiers, which costs too much to import on
a warm path, is the judge in tests.
"""

import re
from functools import lru_cache
from typing import TypeAlias

from packaging.version import Version

from detent.named import NamedTuple

VersionKey: TypeAlias = tuple[int, tuple[int, ...], int, int, int, int, tuple[tuple[int, int | str], ...]]
"""(epoch, release without trailing zeros, pre rank, pre number, post, dev, local)."""

Span: TypeAlias = tuple[tuple[object, ...], tuple[object, ...]]
"""Half-open: from the first key up to, and without, the second."""

_FINAL = 3
_DEV_ONLY = -1
_PRE_RANK = {"a": 0, "b": 1, "rc": 2}
_NO_POST = -1
_NO_DEV = 1 << 60
_AFTER_POSTS = 1 << 60
_AFTER_LOCALS = ((2,),)
_FLOOR: tuple[object, ...] = ()
_CEILING: tuple[object, ...] = (1 << 62,)

_OPERATOR = re.compile(r"===|==|~=|!=|<=|>=|<|>")
_LOCAL_PART = re.compile(r"[-_.]")
_ARBITRARY = re.compile(r"[^\s;)]*")
_WILDCARD = re.compile(r"v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*\.\*", re.IGNORECASE | re.ASCII)


class InvalidSpecifier(ValueError):
    """The text is no version specifier; the message says what is wrong in plain words."""


class Clause(NamedTuple):
    """One comparison of a specifier, its version normalised."""

    operator: str
    text: str
    """The version as written back: normalised, with ``.*`` where there was one."""
    version: Version | None
    """``None`` for ``===``, which compares texts; without the ``.*``."""
    wildcard: bool

    def __str__(self) -> str:
        return self.operator + self.text


def version_key(version: Version) -> VersionKey:
    """Give a tuple of plain values (fit for marshal) that orders as the version does."""
    release = version.release
    end = len(release)
    while end and not release[end - 1]:
        end -= 1
    pre, post, dev, local = version.pre, version.post, version.dev, version.local
    if pre is not None:
        rank, number = _PRE_RANK[pre[0]], pre[1]
    else:
        rank, number = (_DEV_ONLY if dev is not None and post is None else _FINAL), 0
    return (
        version.epoch,
        release[:end],
        rank,
        number,
        _NO_POST if post is None else post,
        _NO_DEV if dev is None else dev,
        () if local is None else tuple(_local_part(part) for part in _LOCAL_PART.split(local)),
    )


def _local_part(part: str) -> tuple[int, int | str]:
    return (1, int(part)) if part.isdigit() else (0, part)


def is_prerelease(key: VersionKey) -> bool:
    """Whether the version of this key is a pre-release or development release."""
    return key[2] != _FINAL or key[5] != _NO_DEV


@lru_cache(maxsize=8192)
def parse_clause(text: str) -> Clause:
    """Read one comparison; raises :class:`InvalidSpecifier`."""
    text = text.strip()
    found = _OPERATOR.match(text)
    if found is None:
        raise InvalidSpecifier(_no_operator(text))
    operator, value = found[0], text[found.end() :].strip()
    if operator == "===":
        if _ARBITRARY.fullmatch(value) is None:
            raise InvalidSpecifier(f"`{text}` has a blank or bracket in what `===` compares with")
        return Clause(operator, value, None, wildcard=False)
    wildcard = value.endswith(".*")
    if wildcard and operator not in {"==", "!="}:
        raise InvalidSpecifier(f"`{text}`: `.*` can only stand after `==` or `!=`")
    if wildcard and _WILDCARD.fullmatch(value) is None:
        raise InvalidSpecifier(f"`{text}`: `.*` can only follow a plain version such as `1.2`")
    try:
        version = Version(value[:-2] if wildcard else value)
    except ValueError:  # no version, or a number too long to read
        raise InvalidSpecifier(
            f"`{text}` has no version after `{operator}`"
            if not value
            else f"`{value}` is not a valid version"
        ) from None
    if version.local is not None and operator not in {"==", "!="}:
        raise InvalidSpecifier(f"`{text}`: a local part (`+{version.local}`) needs `==` or `!=`")
    if operator == "~=" and len(version.release) < 2:
        raise InvalidSpecifier(f"`{text}`: `~=` needs at least two numbers, such as `~={version}.0`")
    return Clause(operator, f"{version}.*" if wildcard else str(version), version, wildcard)


def _no_operator(text: str) -> str:
    if text.startswith("="):
        return f"`{text}`: `=` is no comparison, write `==`"
    if text[:1].isdigit():
        return f"`{text}` has no comparison before it, such as `==` or `>=`"
    return f"`{text}` is not a version comparison such as `>=1.2`"


@lru_cache(maxsize=8192)
def parse_clauses(text: str) -> tuple[Clause, ...]:
    """Read a whole specifier in canonical order, doubles dropped; a trailing comma is allowed."""
    parts = text.split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    if not text.strip():
        return ()
    clauses = {parse_clause(part) for part in parts}
    return tuple(sorted(clauses, key=_reading_order))


_PLACES = {"===": 0, "==": 0, "~=": 1, ">": 1, ">=": 1, "<": 2, "<=": 2, "!=": 3}


def _reading_order(clause: Clause) -> tuple[object, ...]:
    key = () if clause.version is None else version_key(clause.version)
    return _PLACES[clause.operator], key, clause.operator, clause.text


@lru_cache(maxsize=8192)
def canonical_specifier(text: str) -> str:
    """Write a specifier one way: versions normalised, no blanks, lower bounds first, exclusions last."""
    return ",".join(map(str, parse_clauses(text)))


def clause_spans(clause: Clause) -> tuple[Span, ...]:
    """Give the ranges of version keys a clause (other than ``===``) allows, lowest first."""
    operator, version = clause.operator, clause.version
    if version is None:
        raise InvalidSpecifier("`===` compares texts, which have no order")
    if operator == "!=":
        ((low, high),) = clause_spans(clause._replace(operator="=="))
        return ((_FLOOR, low), (high, _CEILING))
    if clause.wildcard:
        return ((_first_of(version.epoch, version.release), _first_after(version.epoch, version.release)),)
    key = version_key(version)
    above = (*key[:6], _AFTER_LOCALS)
    match operator:
        case "==":
            return ((key, above if version.local is None else (*key, 0)),)
        case ">=":
            return ((key, _CEILING),)
        case "<=":
            return ((_FLOOR, above),)
        case "~=":
            return ((key, _first_after(version.epoch, version.release[:-1])),)
        case ">":
            return ((_just_after(key, version), _CEILING),)
        case _:
            return ((_FLOOR, _just_before(key, version)),)


def _just_after(key: VersionKey, version: Version) -> tuple[object, ...]:
    """Where ``>version`` begins: behind its local versions and, for a plain one, its post-releases."""
    if version.dev is not None or version.post is not None:
        return (*key[:6], _AFTER_LOCALS)
    return (*key[:4], _AFTER_POSTS)


def _just_before(key: VersionKey, version: Version) -> tuple[object, ...]:
    """Where ``<version`` ends: ahead of the version's own pre-releases, unless it is one itself."""
    if version.is_prerelease:
        return key
    if version.post is not None:
        return (*key[:5], 0, ())
    return _first_of(version.epoch, version.release)


def _first_of(epoch: int, release: tuple[int, ...]) -> tuple[object, ...]:
    """Key of ``release.dev0``, the first version that begins so."""
    end = len(release)
    while end and not release[end - 1]:
        end -= 1
    return (epoch, release[:end], _DEV_ONLY, 0, _NO_POST, 0, ())


def _first_after(epoch: int, release: tuple[int, ...]) -> tuple[object, ...]:
    return _first_of(epoch, (*release[:-1], release[-1] + 1))


def clause_contains(clause: Clause, version_text: str) -> bool:
    """Whether one version, given as text, is allowed; no comparison holds for a text that is no version."""
    if clause.version is None:
        return clause.text.lower() == version_text.lower()
    try:
        key = version_key(Version(version_text))
    except ValueError:  # no version, or a number too long to read
        return False
    return any(low <= key < high for low, high in clause_spans(clause))
