"""What somebody asks of a Python, in words: read, and held against an interpreter's facts. Pure.

A request is a version (``3.12``, ``3.12.1``, ``3.13t``, ``312``), a range (``>=3.11,<3.13``), an
implementation with or without one of these (``pypy``, ``cpython3.12``, ``cp312``, ``python3.12``), or a path
to an executable or an environment. A ``.python-version`` file holds one request a line, and no paths: a file
of the project must not choose the program that is started.
"""

import re

from detent.errors import UsageError
from detent.model.specifiers import InvalidSpecifier, parse_clauses
from detent.named import NamedTuple
from detent.python.clauses import version_fits

_IMPLEMENTATIONS = {
    "": "",
    "python": "",
    "cpython": "cpython",
    "cp": "cpython",
    "pypy": "pypy",
    "pp": "pypy",
    "graalpy": "graalpy",
}
_REQUEST = re.compile(r"((?P<name>[a-z]+)[-@]?)?(?P<rest>.*)", re.DOTALL)
_VERSION = re.compile(
    r"(?P<release>\d+(\.\d+){0,2})(?P<pre>(a|b|rc)\d+)?(?P<threads>t|\+freethreaded)?",
)
_PACKED = re.compile(r"(?P<major>[23])(?P<minor>\d{1,2})(?P<threads>t?)")
_MINOR = re.compile(r"==(\d+)\.(\d+)(\.\d+|\.\*)?")


class PythonRequest(NamedTuple):
    """One request; the default asks for nothing."""

    text: str = ""
    """As it was written, for messages."""
    implementation: str = ""
    """``cpython``, ``pypy`` or ``graalpy``; empty for any."""
    specifier: str = ""
    """Version clauses (PEP 440); empty for any version."""
    is_free_threaded: bool = False
    """A build without the global lock is asked for; such a build is never taken unasked."""
    path: str = ""
    """An executable or an environment's folder; the other fields are empty then."""


class VersionFile(NamedTuple):
    """A ``.python-version`` file: what it asks for, best first, and the lines nobody understood."""

    requests: tuple[PythonRequest, ...]
    ignored: tuple[str, ...]


def parse_request(text: str) -> PythonRequest:
    """Read what was asked for on a command line or in a variable; raises :class:`UsageError`."""
    wanted = text.strip()
    if "/" in wanted or "\\" in wanted or wanted.startswith(".") or wanted == "~":
        return PythonRequest(text=wanted, path=wanted)
    request = _parse_words(wanted)
    if request is None:
        raise UsageError(
            f"`{text}` is not a Python that can be asked for",
            why="it is neither a version, nor a range, nor an implementation, nor a path",
            next_steps=("write it like `3.12`, `>=3.11,<3.13`, `pypy3.10` or `./path/to/python`",),
        )
    return request


def parse_version_file(text: str) -> VersionFile:
    """Read the contents of a ``.python-version`` file: one request a line, ``#`` starts a comment."""
    requests: list[PythonRequest] = []
    ignored: list[str] = []
    for line in text.splitlines():
        wanted = line.partition("#")[0].strip()
        if not wanted:
            continue
        request = None if "/" in wanted or "\\" in wanted else _parse_words(wanted)
        if request is None:
            ignored.append(wanted)
        else:
            requests.append(request)
    return VersionFile(tuple(requests), tuple(ignored))


def fits(request: PythonRequest, *, implementation: str, version: str, is_free_threaded: bool) -> bool:
    """Hold an interpreter's facts against a request without a path."""
    if request.implementation and request.implementation != implementation:
        return False
    if request.is_free_threaded and not is_free_threaded:
        return False
    return version_fits(request.specifier, version)


def only_minor(request: PythonRequest) -> tuple[int, int] | None:
    """Give the one minor version that can fit, or ``None`` when there may be several."""
    found = _MINOR.match(request.specifier)
    return (int(found[1]), int(found[2])) if found else None


def _parse_words(wanted: str) -> PythonRequest | None:
    """Read a request that is no path; ``None`` when it is nothing known."""
    words = wanted.lower()
    if words in ("", "any", "default", "python"):
        return PythonRequest(text=wanted)
    if words[0] in "<>=!~":
        return _range(wanted, words, "")
    found = _REQUEST.fullmatch(words)
    implementation = _IMPLEMENTATIONS.get(found["name"] or "") if found else None
    if found is None or implementation is None:
        return None
    rest = found["rest"]
    if not rest:
        return PythonRequest(text=wanted, implementation=implementation)
    if rest[0] in "<>=!~":
        return _range(wanted, rest, implementation)
    if packed := _PACKED.fullmatch(rest):
        specifier = f"=={packed['major']}.{packed['minor']}.*"
        return PythonRequest(wanted, implementation, specifier, bool(packed["threads"]))
    version = _VERSION.fullmatch(rest)
    if version is None:
        return None
    release, pre = version["release"], version["pre"] or ""
    exact = pre or release.count(".") == 2
    specifier = f"=={release}{pre}" if exact else f"=={release}.*"
    return PythonRequest(wanted, implementation, specifier, bool(version["threads"]))


def _range(wanted: str, clauses: str, implementation: str) -> PythonRequest | None:
    try:
        parse_clauses(clauses)
    except InvalidSpecifier:
        return None
    return PythonRequest(wanted, implementation, clauses)
