"""Choosing an interpreter: where is looked, in which order, and what is never started.

The order, which is the same on every run:

1. a path that was asked for, and nothing else then;
2. the folders of ``PATH`` in their order; in each ``pythonX.Y`` where one minor version is asked for, then
   ``python3``, ``python`` (or ``pypy3``, ...), then every ``python3.N``, newest first. A folder of pyenv's
   shims stands for the versions pyenv has selected (``PYENV_VERSION``, else ``version`` in its root);
3. the other versions pyenv has, newest first;
4. the interpreter detent itself runs on.

The first that fits is taken. Pre-releases and builds without the global lock come after all others unless
they are asked for. Not looked at: relative entries of ``PATH``, the working folder, anything in a folder
named ``shims`` (scripts that may start anything), and anything below the project not asked for by path.
"""

# ruff: noqa: PTH100, PTH112, PTH113, PTH117, PTH118, PTH119, PTH120, PTH123, PTH208 (strings: every sync asks)

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from detent.errors.python import InterpreterBroken, NoInterpreter, PythonMismatch
from detent.events import Detail, Report, ignore
from detent.named import NamedTuple
from detent.python.clauses import is_prerelease, minor_may_fit, names_prerelease, version_fits
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.pyvenv import base_of
from detent.python.request import PythonRequest, fits, only_minor

ANYTHING = PythonRequest()

_MINOR_NAME = re.compile(r"(?:python|pypy|graalpy)(3)\.(\d+)t?")
_VERSION_FOLDER = re.compile(r"3\.(\d+)(?:\.(\d+))?(.*)")


class Places(NamedTuple):
    """Where interpreters are looked for."""

    path: str = ""
    """The variable ``PATH``."""
    pyenv_root: str = ""
    pyenv_version: str = ""
    """The variable ``PYENV_VERSION``."""
    own: str = ""
    """The interpreter detent runs on; may lie in an environment."""
    home: str = ""
    """What ``~`` stands for."""


class Sought(NamedTuple):
    """What an interpreter has to be, and who says so."""

    requests: tuple[PythonRequest, ...] = (ANYTHING,)
    """Best first; the first that any interpreter fits is taken."""
    wanted_by: str = "`requires-python`"
    """The flag, variable or file the requests come from."""
    requires_python: str = ""


def places(variables: Mapping[str, str], *, own: str) -> Places:
    """Read the places from environment variables."""
    return Places(
        path=variables.get("PATH", ""),
        pyenv_root=variables.get("PYENV_ROOT", ""),
        pyenv_version=variables.get("PYENV_VERSION", ""),
        own=own,
        home=variables.get("HOME", ""),
    )


def suits(interpreter: Interpreter, sought: Sought) -> bool:
    """Say whether an interpreter at hand is one that was asked for; paths are compared as files."""
    if not version_fits(sought.requires_python, interpreter.version):
        return False
    for request in sought.requests:
        if request.path:
            base = _named(request.path, "")
            if base and os.path.realpath(base) == os.path.realpath(interpreter.executable):
                return True
        elif _fits(request, interpreter):
            return True
    return False


def find_interpreter(
    sought: Sought, *, interpreters: Interpreters, places: Places, report: Report = ignore
) -> Interpreter:
    """Give the first interpreter that fits.

    Raises :class:`NoInterpreter`, :class:`PythonMismatch` when what was asked for contradicts
    ``requires_python``, :class:`InterpreterBroken` when a path was asked for that is no working interpreter.
    """
    search = _Search(interpreters, places, report)
    for request in sought.requests:
        if request.path:
            return _asked_for_by_path(request, sought, interpreters, places)
        found = search.first(request, sought.requires_python)
        if found is not None:
            return found
    for request in sought.requests:
        for interpreter in search.seen.values():
            if request.specifier and _fits(request, interpreter):
                raise PythonMismatch(
                    interpreter.version, interpreter.executable, sought.wanted_by, sought.requires_python
                )
    asked = " or ".join(r.text for r in sought.requests if r.text) or sought.requires_python or "3"
    raise NoInterpreter(asked, sought.wanted_by, search.findings())


def candidates(request: PythonRequest, requires_python: str, places: Places) -> Iterator[str]:
    """Give the paths of possible interpreters in order; none is started, links are not followed."""
    roots = dict.fromkeys(r for r in (places.pyenv_root,) if r)
    for folder in places.path.split(os.pathsep):
        if not os.path.isabs(folder):
            continue
        if os.path.basename(os.path.normpath(folder)) == "shims":
            root = os.path.dirname(os.path.normpath(folder))
            roots[root] = None
            yield from _selected_by_pyenv(root, places.pyenv_version)
        else:
            yield from _in_folder(folder, request, requires_python)
    for root in roots:
        for name, minor in _pyenv_versions(root):
            if minor_may_fit(request.specifier or requires_python, minor):
                yield _pyenv_python(root, name)
    if places.own:
        yield places.own


class _Search:
    """One search over several requests: each candidate is asked once, and all that answered are kept."""

    def __init__(self, interpreters: Interpreters, places: Places, report: Report) -> None:
        self._interpreters = interpreters
        self._places = places
        self._report = report
        self._skipped: dict[str, str] = {}
        self.seen: dict[str, Interpreter] = {}
        """By real path, in the order they were found."""

    def first(self, request: PythonRequest, requires_python: str) -> Interpreter | None:
        """Give the first that fits, an unusual build only when there is no other."""
        unusual = None
        tried: set[str] = set()
        for candidate in candidates(request, requires_python, self._places):
            found = self._ask(candidate, tried)
            if found is None or not _fits(request, found):
                continue
            if not version_fits(requires_python, found.version):
                continue
            if _is_asked_for(request, found):
                return found
            unusual = unusual or found
        return unusual

    def findings(self) -> list[str]:
        """Say what was found, and what was passed over."""
        usable = [f"{found.version} (`{found.executable}`)" for found in self.seen.values()]
        skipped = (f"`{path}` ({reason})" for path, reason in self._skipped.items())
        return [*usable, *self._unasked(), *skipped]

    def _unasked(self) -> Iterator[str]:
        """Name what nobody started, as its name says already that it does not fit."""
        named = set(self.seen)
        for candidate in candidates(ANYTHING, "", self._places):
            base = base_of(candidate) if os.access(candidate, os.X_OK) else None
            if base is None or base in self._skipped or os.path.realpath(base) in named:
                continue
            named.add(os.path.realpath(base))
            folder = os.path.basename(os.path.dirname(os.path.dirname(candidate)))
            version = folder if _VERSION_FOLDER.fullmatch(folder) else os.path.basename(candidate)
            yield f"{version} (`{candidate}`)"

    def _ask(self, candidate: str, tried: set[str]) -> Interpreter | None:
        if not (os.path.isfile(candidate) and os.access(candidate, os.X_OK)):
            return None
        base = base_of(candidate)
        if base is None:
            self._skip(candidate, "the interpreter behind its environment is gone")
            return None
        real = os.path.realpath(base)
        if real in tried:
            return None
        tried.add(real)
        if real not in self.seen and base not in self._skipped:
            try:
                self.seen[real] = self._interpreters.read_unasked(base)
            except InterpreterBroken as error:
                self._skip(base, error.why)
        return self.seen.get(real)

    def _skip(self, path: str, reason: str) -> None:
        if path not in self._skipped:
            self._skipped[path] = reason
            self._report(Detail(f"skipped `{path}`: {reason}"))


def _fits(request: PythonRequest, found: Interpreter) -> bool:
    return fits(
        request,
        implementation=found.implementation,
        version=found.version,
        is_free_threaded=found.is_free_threaded,
    )


def _is_asked_for(request: PythonRequest, found: Interpreter) -> bool:
    """Say whether an unusual build is what was meant; a usual one always is."""
    if found.is_free_threaded and not request.is_free_threaded:
        return False
    return not is_prerelease(found.version) or names_prerelease(request.specifier)


def _asked_for_by_path(
    request: PythonRequest, sought: Sought, interpreters: Interpreters, places: Places
) -> Interpreter:
    base = _named(request.path, places.home)
    if base is None:
        raise InterpreterBroken(request.path, "there is no interpreter at this path")
    found = interpreters.read(base)
    if not version_fits(sought.requires_python, found.version):
        raise PythonMismatch(found.version, found.executable, sought.wanted_by, sought.requires_python)
    return found


def _named(path: str, home: str) -> str | None:
    """Give the base interpreter behind a path to an executable, an environment or an installation."""
    expanded = home + path[1:] if home and path.startswith("~/") else path
    absolute = os.path.abspath(expanded)
    files = [absolute]
    if os.path.isdir(absolute):
        files = [os.path.join(absolute, "bin", name) for name in ("python3", "python", "pypy3")]
    for file in files:
        if os.path.isfile(file) and os.access(file, os.X_OK):
            return base_of(file)
    return None


def _in_folder(folder: str, request: PythonRequest, requires_python: str) -> Iterator[str]:
    stem = request.implementation if request.implementation in ("pypy", "graalpy") else "python"
    threads = "t" if request.is_free_threaded else ""
    minor = only_minor(request)
    first = [f"{stem}{minor[0]}.{minor[1]}{threads}"] if minor else []
    for name in (*first, f"{stem}3{threads}", f"{stem}{threads}"):
        yield os.path.join(folder, name)
    if minor is None:
        for name in _minor_names(folder, stem, request.specifier, requires_python):
            yield os.path.join(folder, name)


def _minor_names(folder: str, stem: str, *specifiers: str) -> list[str]:
    """Give the names ``python3.N`` of a folder that may fit, newest first."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return []
    minors: dict[int, list[str]] = {}
    for name in entries:
        found = _MINOR_NAME.fullmatch(name)
        if found and name.startswith(stem):
            minors.setdefault(int(found[2]), []).append(name)
    return [
        name
        for minor in sorted(minors, reverse=True)
        if all(minor_may_fit(specifier, minor) for specifier in specifiers)
        for name in sorted(minors[minor])
    ]


def _selected_by_pyenv(root: str, variable: str) -> Iterator[str]:
    """Give the interpreters the shims of the pyenv at ``root`` would start, without asking a shim."""
    chosen: Sequence[str] = [v for v in variable.split(":") if v]
    if not chosen:
        try:
            with open(os.path.join(root, "version"), encoding="utf-8", errors="replace") as file:
                chosen = file.read().split()
        except OSError:
            return
    installed = [name for name, _ in _pyenv_versions(root)]
    for name in chosen:
        # pyenv takes `3.12` for the newest 3.12 it has.
        fitting = [v for v in installed if v == name] or [v for v in installed if v.startswith(f"{name}.")]
        yield from (_pyenv_python(root, version) for version in fitting[:1])


def _pyenv_versions(root: str) -> list[tuple[str, int]]:
    """Give the CPython 3 versions installed below a pyenv root with their minor, newest first."""
    try:
        names: Iterable[str] = os.listdir(os.path.join(root, "versions"))
    except OSError:
        return []
    found = [(match, name) for name in names if (match := _VERSION_FOLDER.fullmatch(name))]

    def age(entry: tuple[re.Match[str], str]) -> tuple[bool, int, int, str]:
        match, name = entry
        return (not match[3], int(match[1]), int(match[2] or 0), name)

    return [(name, int(match[1])) for match, name in sorted(found, key=age, reverse=True)]


def _pyenv_python(root: str, version: str) -> str:
    return os.path.join(root, "versions", version, "bin", "python")
