"""Byte code for what is installed and has none yet, made by the interpreter behind the environment.

It is started without site (`-I -S`), so nothing of the environment runs; it compiles files and no more. A
file that does not compile is passed over, as pip does: many packages bring some for other Pythons.
The byte code goes by the time of its source, so that it is used, and is removed with the package.
"""

import contextlib
import os
from collections.abc import Collection, Mapping, Sequence
from signal import SIGKILL

from detent.errors import FileTrouble
from detent.events import Notice, Report, ignore
from detent.fsio import CREATE, file_trouble, write_all
from detent.install.manifest import read_manifest, scratch_name
from detent.install.places import places_of
from detent.model.names import PackageName
from detent.python.environment import Environment

_FILES_A_WORKER = 40
"""An interpreter takes as long to start as it does to compile so many small files."""
_WORKER = """
import os, sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from py_compile import PycInvalidationMode, compile
def is_fresh(path):
    try:
        with open(cache_from_source(path), "rb") as file:
            head = file.read(16)
    except OSError:
        return False
    facts = os.stat(path)
    stamp = (int(facts.st_mtime) & 0xFFFFFFFF, facts.st_size & 0xFFFFFFFF)
    return head == MAGIC_NUMBER + bytes(4) + b"".join(n.to_bytes(4, "little") for n in stamp)
count = 0
for path in sys.stdin.buffer.read().split(b"\\0"):
    path = os.fsdecode(path)
    if not os.path.islink(os.path.join(os.path.dirname(path), "__pycache__")):
        try:
            if not is_fresh(path):
                made = compile(path, doraise=True, quiet=2, invalidation_mode=PycInvalidationMode.TIMESTAMP)
                count += made is not None
        except Exception:
            pass
os.write(1, b"%d\\n" % count)
"""


def compile_packages(
    environment: Environment,
    names: Collection[PackageName],
    *,
    variables: Mapping[str, str],
    report: Report = ignore,
) -> int:
    """Compile the files of packages of ours in the environment, side by side; give how many were compiled.

    What has byte code that is up to date is left alone. To be called under the environment's lock. An
    interpreter that does not start is reported and no failure: what is installed works without byte code.
    """
    paths = _sources(environment, names)
    if not paths:
        return 0
    count = max(1, min(os.cpu_count() or 1, len(paths) // _FILES_A_WORKER))
    try:
        compiled = _run_workers(environment, [paths[number::count] for number in range(count)], variables)
    except FileTrouble as trouble:
        report(Notice("warning", f"byte code could not be compiled: {trouble.what}: {trouble.why}"))
        return 0
    if compiled is None:
        reason = f"`{environment.interpreter.executable}` did not end well"
        report(Notice("warning", f"byte code could not be compiled: {reason}"))
        return 0
    return compiled


def _sources(environment: Environment, names: Collection[PackageName]) -> list[str]:
    """Give the absolute paths of the packages' modules; a program in `bin` is none."""
    places = places_of(environment)
    libraries = tuple(f"{library}/" for library in places.libraries)
    return [
        f"{places.root}/{path}"
        for row in read_manifest(places.root).packages
        if row.name in names
        for path in (*row.linked, *row.private)
        if path.endswith(".py") and path.startswith(libraries)
    ]


def _run_workers(
    environment: Environment, parts: Sequence[Sequence[str]], variables: Mapping[str, str]
) -> int | None:
    """Start a worker for each part and wait for all; give the sum of their counts, if all ended well."""
    workers: list[int] = []
    scratch, counts = scratch_name(str(environment.root)), scratch_name(str(environment.root))
    executable = environment.interpreter.executable
    try:
        try:
            _write(counts, "")
            for part in parts:
                _write(scratch, "\0".join(part))
                workers.append(_start(executable, scratch, counts, variables))
                os.unlink(scratch)  # noqa: PTH108 -- whoever opened it reads on
        except OSError as error:
            raise file_trouble(error, executable) from error
        codes: list[int] = []
        while workers:
            _, status = os.waitpid(workers[-1], 0)
            workers.pop()
            codes.append(status)
        return None if any(codes) else _sum(counts)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(counts)  # noqa: PTH108
        for worker in workers:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(worker, SIGKILL)
                os.waitpid(worker, 0)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, CREATE, 0o600)
    try:
        write_all(descriptor, os.fsencode(text))
    finally:
        os.close(descriptor)


def _sum(path: str) -> int:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return sum(map(int, file))
    except OSError as error:
        raise file_trouble(error, path) from error


def _start(executable: str, names: str, counts: str, variables: Mapping[str, str]) -> int:
    """Start one worker on a file of names; not by `subprocess`, which is dear to import and to begin with."""
    return os.posix_spawn(
        executable,
        [executable, "-I", "-S", "-B", "-c", _WORKER],
        variables,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, names, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, counts, os.O_WRONLY | os.O_APPEND, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )
