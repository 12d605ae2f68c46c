"""What a single comparison of a marker means, and whether it holds on an interpreter (PEP 508, PEP 751).

The meaning is packaging's, made exact for released Pythons and put on few axes, so that markers spelled
differently meet: `python_version` and `python_full_version` are one axis of (major, minor, micro), and
`sys_platform`, `platform_system` and `os_name` are one for the platforms where each tells the others.
A pre-release of Python counts as its final release. Comparisons that fit on no axis (`platform_release`
and the like) stay as they are, each a question of its own.
"""

import re

from packaging.version import Version

from detent.model.marker_evaluation import VERSIONS, opaque, python_number, quoted
from detent.model.marker_nodes import (
    ALWAYS,
    EXTRA,
    GROUP,
    IMPLEMENTATION,
    IMPLEMENTATION_LABEL,
    MACHINE,
    NEVER,
    OS,
    PLATFORM,
    SYSTEM,
    Marker,
    and_,
    between,
    flag,
    not_,
    one_of,
    or_,
)
from detent.model.names import normalise
from detent.model.specifiers import Clause, InvalidSpecifier, parse_clause

ENVIRONMENT_VARIABLES = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
)
"""What a marker may ask of an interpreter and its machine, in the order of the specification."""
_SETS = {"extra": EXTRA, "extras": EXTRA, "dependency_groups": GROUP}
VARIABLES = frozenset((*ENVIRONMENT_VARIABLES, *_SETS))

# Platforms whose `sys_platform`, `platform_system` and `os_name` tell each other. FreeBSD, Cygwin and iOS
# are left out: their spellings vary by Python or system version, so each variable stands alone there.
_PLATFORMS = {
    "aix": ("AIX", "posix"),
    "android": ("Android", "posix"),
    "darwin": ("Darwin", "posix"),
    "emscripten": ("Emscripten", "posix"),
    "linux": ("Linux", "posix"),
    "wasi": ("wasi", "posix"),
    "win32": ("Windows", "nt"),
}
_IMPLEMENTATIONS = {"cpython": "CPython", "graalpy": "GraalVM", "pypy": "PyPy"}

# Values met in the wild, tried where a comparison asks for a part of a text (`in`).
_KNOWN = {
    "sys_platform": (*_PLATFORMS, "cygwin", "freebsd", "freebsd13", "freebsd14", "freebsd15", "ios", "msys"),
    "platform_system": (
        *(s for s, _ in _PLATFORMS.values()),
        "FreeBSD",
        "Java",
        "OpenBSD",
        "NetBSD",
        "SunOS",
    ),
    "os_name": ("java", "nt", "posix"),
    "implementation_name": (*_IMPLEMENTATIONS, "ironpython", "jython", "micropython", "rustpython"),
    "platform_python_implementation": (*_IMPLEMENTATIONS.values(), "IronPython", "Jython", "RustPython"),
    "platform_machine": (
        *("AMD64", "ARM64", "aarch64", "amd64", "arm64", "armv5l", "armv6l", "armv7l", "armv8l"),
        *("i386", "i586", "i686", "loongarch64", "mips", "mips64", "ppc", "ppc64", "ppc64le", "riscv64"),
        *("s390", "s390x", "sparc64", "wasm32", "x86", "x86_64"),
    ),
}

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MICRO, _MINOR = 1, 1000


def comparison(variable: str, operator: str, literal: str, *, flipped: bool) -> Marker:
    """Give the marker of one comparison; ``ValueError`` with a reason when it has no meaning."""
    if variable in _SETS:
        return _membership(variable, operator, literal, flipped=flipped)
    if variable == "python_version":
        return _python(variable, operator, literal, _MINOR, flipped=flipped)
    if variable == "python_full_version":
        return _python(variable, operator, literal, _MICRO, flipped=flipped)
    if variable in VERSIONS:
        return _other_version(variable, operator, literal, flipped=flipped)
    return _string(variable, operator, literal, flipped=flipped)


# ---- extras and groups ----------------------------------------------------------------------


def _membership(variable: str, operator: str, literal: str, *, flipped: bool) -> Marker:
    rank = _SETS[variable]
    if variable != "extra" and not (flipped and operator in {"in", "not in"}):
        raise ValueError(f"`{variable}` is a set of names; write `{quoted(literal)} in {variable}`")
    names = (literal,) if flipped or operator not in {"in", "not in"} else _words(literal)
    found = NEVER
    for name in names:
        found = or_(found, flag(rank, normalise(name)))
    match operator:
        case "==" | "===" | ">=" | "<=" | "in":
            return found
        case "!=" | "not in":
            return not_(found)
        case _:
            raise ValueError(f"`{operator}` does not compare names; write `extra == {quoted(literal)}`")


def _words(literal: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"[^\s,;|]+", literal)))


# ---- Python versions ------------------------------------------------------------------------


def _python(variable: str, operator: str, literal: str, unit: int, *, flipped: bool) -> Marker:
    if operator in {"in", "not in"}:
        if flipped:
            return opaque(variable, operator, literal, flipped=True)
        found = _python_in(literal, unit)
        return found if operator == "in" else not_(found)
    if operator == "===":
        return _python_exactly(literal.strip(), unit)
    if flipped:
        if operator == "~=":
            raise ValueError(f"`~=` needs its version on the right: `{variable} ~= {quoted(literal)}`")
        try:
            version = Version(literal)
        except ValueError:  # no version, or a number too long to read
            return NEVER  # not even `!=` holds for what is no version
        if version.is_prerelease or version.is_postrelease or version.local is not None:
            return opaque(variable, operator, literal, flipped=True)
        operator = _FLIPPED.get(operator, operator)
    try:
        clause = parse_clause(operator + literal)
    except InvalidSpecifier as error:
        if operator == "~=":
            raise ValueError(str(error)) from None
        return ALWAYS if operator == "!=" else NEVER  # compared as texts, and no Python is called so
    return python_clause(clause, unit)


def python_clause(clause: Clause, unit: int = _MICRO) -> Marker:
    """Give the Pythons a clause allows, of full versions or, with ``unit`` 1000, of ``X.Y``."""
    version = clause.version
    if version is None:
        return _python_exactly(clause.text, unit)
    if clause.operator == "!=":
        return not_(python_clause(clause._replace(operator="=="), unit))
    if version.epoch:  # every Python is below it
        return ALWAYS if clause.operator in {"<", "<="} else NEVER
    if clause.wildcard:
        return _python_prefix(version.release, unit)
    number, side = _place(version, unit)
    first = number + unit if side > 0 else number  # the first Python at or above the version
    above = number if side < 0 else number + unit  # the first one above it
    match clause.operator:
        case "==":
            return between(number, number + unit) if side == 0 else NEVER
        case ">=":
            return between(first, None)
        case ">":
            return between(above, None)
        case "<":
            return between(0, first)
        case "<=":
            return between(0, above)
        case _:
            return and_(between(first, None), _python_prefix(version.release[:-1], unit))


def _place(version: Version, unit: int) -> tuple[int, int]:
    """Give the cell nearest to a version and on which side of its release the version stands."""
    places = 2 if unit == _MINOR else 3
    release = version.release
    if any(part > 999 for part in release[1:places]):
        major, minor = release[0], min(release[1], 999)
        return python_number((major, minor, 999 if places == 3 else 0)), 1
    number = python_number(release[:places])
    if any(release[places:]):
        return number, 1
    if version.pre is not None or (version.dev is not None and version.post is None):
        return number, -1
    return number, int(version.post is not None or version.local is not None)


def _python_prefix(release: tuple[int, ...], unit: int) -> Marker:
    places = 2 if unit == _MINOR else 3
    if any(release[places:]) or any(part > 999 for part in release[1:]):
        return NEVER
    head = release[:places]
    return between(python_number(head), python_number((*head[:-1], head[-1] + 1)))


_PLAIN = {
    _MINOR: re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d{0,2})", re.ASCII),
    _MICRO: re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})", re.ASCII),
}


def _python_exactly(text: str, unit: int) -> Marker:
    found = _PLAIN[unit].fullmatch(text)
    if found is None:
        return NEVER
    number = python_number(tuple(map(int, found.groups())))
    return between(number, number + unit)


def _python_in(literal: str, unit: int) -> Marker:
    """Give the Pythons whose version is a part of a text: ``in`` asks no more (`3.1` is in `3.10`)."""
    plain = _PLAIN[unit]
    size = len(literal)
    parts = {literal[i:j] for i in range(size) for j in range(i + 3, min(size, i + 16) + 1)}
    found = NEVER
    for part in sorted(parts):
        if plain.fullmatch(part) is not None:
            found = or_(found, _python_exactly(part, unit))
    return found


# ---- texts ----------------------------------------------------------------------------------


def _string(variable: str, operator: str, literal: str, *, flipped: bool) -> Marker:
    match operator:
        case "==" | "===" | ">=" | "<=":  # texts have no order: packaging takes these two for equality
            return _equals(variable, literal)
        case "!=":
            return not_(_equals(variable, literal))
        case "in":
            return _contains(variable, literal) if flipped else _contained(variable, literal)
        case "not in":
            return not_(_string(variable, "in", literal, flipped=flipped))
        case "~=":
            raise ValueError(f"`~=` compares versions, and `{variable}` is not one")
        case _:
            return NEVER


def _equals(variable: str, value: str) -> Marker:
    match variable:
        case "sys_platform":
            return one_of(PLATFORM, (value,))
        case "implementation_name":
            return one_of(IMPLEMENTATION, (value,))
        case "platform_machine":
            return one_of(MACHINE, (value,))
        case "platform_system":
            known = tuple(name for name, (system, _) in _PLATFORMS.items() if system == value)
            return one_of(PLATFORM, known) if known else one_of(SYSTEM, (value,))
        case "os_name" if value == "posix":  # and so is every platform that is not known
            return not_(_equals("os_name", "nt"))
        case "os_name":
            known = tuple(name for name, (_, family) in _PLATFORMS.items() if family == value)
            return one_of(PLATFORM, known) if known else one_of(OS, (value,))
        case "platform_python_implementation":
            known = tuple(name for name, label in _IMPLEMENTATIONS.items() if label == value)
            return one_of(IMPLEMENTATION, known) if known else one_of(IMPLEMENTATION_LABEL, (value,))
        case _:
            return opaque(variable, "==", value, flipped=False)


def _contained(variable: str, literal: str) -> Marker:
    """Give where the variable is a part of the literal: the words in it, and known values inside them."""
    known = _KNOWN.get(variable)
    if known is None:
        return opaque(variable, "in", literal, flipped=False)
    found = NEVER
    for value in dict.fromkeys((*(k for k in known if k in literal), *_words(literal))):
        found = or_(found, _equals(variable, value))
    return found


def _contains(variable: str, literal: str) -> Marker:
    """Give where the literal is a part of the variable."""
    columns = {"sys_platform": tuple(_PLATFORMS), "platform_system": tuple(s for s, _ in _PLATFORMS.values())}
    if not any(literal in value for value in columns.get(variable, ())):
        return opaque(variable, "in", literal, flipped=True)
    found = NEVER
    for value in _KNOWN[variable]:
        if literal in value:
            found = or_(found, _equals(variable, value))
    return found


# ---- versions of other things ---------------------------------------------------------------


def _other_version(variable: str, operator: str, literal: str, *, flipped: bool) -> Marker:
    operator = "==" if operator == "===" else operator
    if operator == "~=":
        if flipped:
            raise ValueError(f"`~=` needs its version on the right: `{variable} ~= {quoted(literal)}`")
        try:
            version = parse_clause("~=" + literal).version
        except InvalidSpecifier as error:
            raise ValueError(str(error)) from None
        if version is None:
            return NEVER
        prefix = f"{version.epoch}!" * bool(version.epoch) + ".".join(map(str, version.release[:-1]))
        lower = opaque(variable, ">=", literal, flipped=False)
        return and_(lower, opaque(variable, "==", f"{prefix}.*", flipped=False))
    if not flipped and operator in _FLIPPED and not _is_clause(operator + literal):
        # Compared as texts, which have no order; and what `==` would take for versions equals no text.
        if operator in {"<", ">"} or _is_clause("==" + literal):
            return NEVER
        operator = "=="
    return opaque(variable, operator, literal, flipped=flipped)


def _is_clause(text: str) -> bool:
    try:
        parse_clause(text)
    except InvalidSpecifier:
        return False
    return True
