"""Modules compiled side by side by the interpreter they are for, each in a process of its own.

A worker starts without site (`-I -S -B`): nothing of an environment runs, and what it reads it compiles and
no more. It believes a source by its sha256 alone, since what it makes is shared. Byte code is written to
scratch and renamed, so that half of it is never seen; it goes by time and size of its source (PEP 552).
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL

from detent.errors.store import FileTrouble
from detent.fsio import CREATE, file_trouble, write_all
from detent.named import NamedTuple

_FILES_A_WORKER = 40
"""An interpreter takes as long to start as it does to compile so many small files."""
_FIELDS = 7
_WORKER = """
import marshal, os, sys
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER
scratch, kind = sys.argv[1:]
if kind != "%s-%s" % (sys.implementation.cache_tag, MAGIC_NUMBER.hex()):
    sys.exit(3)
os.umask(0o022)
parent = os.getppid()
def number(value):
    return (int(value) & 0xFFFFFFFF).to_bytes(4, "little")
def compiled(path, name, digest, size, mtime):
    with open(path, "rb") as file:
        facts = os.fstat(file.fileno())
        text = file.read()
    if (sha256(text).hexdigest(), facts.st_size, facts.st_mtime_ns) != (digest, int(size), int(mtime)):
        return None
    try:
        code = SourceFileLoader("", path).source_to_code(text, name)
    except Exception:
        return b""
    return MAGIC_NUMBER + bytes(4) + number(facts.st_mtime) + number(facts.st_size) + marshal.dumps(code)
def keep(data, target):
    folder = os.path.dirname(target)
    try:
        os.mkdir(folder)
    except FileExistsError:
        if os.path.islink(folder):
            raise NotADirectoryError(20, folder)
        if not os.path.isdir(folder):
            return None  # a file of that name: there is no room for any
    with open(scratch, "wb") as file:
        file.write(data)
        file.flush()
        mtime = os.fstat(file.fileno()).st_mtime_ns
    os.rename(scratch, target)
    return mtime
answers = []
words = [os.fsdecode(word) for word in sys.stdin.buffer.read().split(b"\\0")]
for at in range(0, len(words), FIELDS):
    place, path, name, digest, size, mtime, target = words[at : at + FIELDS]
    answer = None
    if os.getppid() != parent:
        sys.exit(4)  # who asked is dead, and nobody will list what is made
    try:
        data = compiled(path, name, digest, size, mtime)
        if data:
            kept = keep(data, target)
            answer = () if kept is None else (len(data), kept, sha256(data).hexdigest())
        elif data is not None:
            answer = ()
    except OSError as error:
        answer = (error.errno or 5,)
    if answer is not None:
        answers.append(" ".join(map(str, (place, *answer))))
with open(1, "w") as file:
    file.write("".join(line + "\\n" for line in answers))
""".replace("FIELDS", str(_FIELDS))


class Compiler(NamedTuple):
    """The interpreter that compiles."""

    executable: str
    kind: str
    """Cache tag and magic number of its byte code (``cpython-312-cb0d0d0a``); empty where it keeps none."""

    @property
    def cache_tag(self) -> str:
        """What stands before the suffix in names of its byte code."""
        return self.kind.rpartition("-")[0]


class Source(NamedTuple):
    """A module, and where its byte code goes."""

    path: str
    name: str
    """What the byte code calls it until it is imported: no place of this machine."""
    sha256: str
    size_bytes: int
    mtime_ns: int
    target: str


class Made(NamedTuple):
    """Byte code that was written."""

    size_bytes: int
    mtime_ns: int
    sha256: str


class Compiled(NamedTuple):
    """What came of the sources, by their place in the list; of one that is not what it should be, nothing."""

    made: Mapping[int, Made | None]
    """``None`` for what does not compile, since many packages bring files for other Pythons, and where a file
    stands in the place of the folder for it."""
    trouble: FileTrouble | None
    """The first file that could not be read or written."""


def compile_sources(
    sources: Sequence[Source],
    compiler: Compiler,
    scratch: Path,
    variables: Mapping[str, str],
    processors: int,
) -> Compiled:
    """Compile all, on as many of these processors as it pays for.

    Raises :class:`FileTrouble` where the interpreter cannot be started or does not come to its end.
    """
    if not sources:
        return Compiled({}, None)
    count = max(1, min(processors, len(sources) // _FILES_A_WORKER))
    # The biggest first, dealt out in turn, so that no worker is left with the long ones at the end.
    order = sorted(range(len(sources)), key=lambda place: (-sources[place].size_bytes, place))
    parts = [order[start::count] for start in range(count)]
    workers: list[int] = []
    try:
        try:
            for number, part in enumerate(parts):
                words = [word for place in part for word in (str(place), *map(str, sources[place]))]
                _write(f"{scratch}/{number}.in", "\0".join(words))
                workers.append(_start(compiler, f"{scratch}/{number}", variables))
        except OSError as error:
            raise file_trouble(error, compiler.executable) from error
        statuses: list[int] = []
        while workers:
            _, status = os.waitpid(workers[-1], 0)
            workers.pop()
            statuses.append(status)
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(worker, SIGKILL)
                os.waitpid(worker, 0)
    if any(statuses):
        raise FileTrouble(compiler.executable, "it did not end well")
    return _collected(sources, [f"{scratch}/{number}.out" for number in range(count)])


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, CREATE, 0o600)
    try:
        write_all(descriptor, os.fsencode(text))
    finally:
        os.close(descriptor)


def _start(compiler: Compiler, place: str, variables: Mapping[str, str]) -> int:
    """Start one worker; not by `subprocess`, which is dear to import and to begin with."""
    return os.posix_spawn(
        compiler.executable,
        [
            compiler.executable,
            *("-I", "-S", "-B", "-c", _WORKER),
            *(f"{place}.pyc", compiler.kind),
        ],
        variables,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, f"{place}.in", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, f"{place}.out", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )


def _collected(sources: Sequence[Source], paths: Sequence[str]) -> Compiled:
    made: dict[int, Made | None] = {}
    trouble: FileTrouble | None = None
    for place, *facts in _answers(paths):
        match facts:
            case [size, mtime, digest]:
                made[int(place)] = Made(int(size), int(mtime), digest)
            case [code]:
                error = OSError(int(code), os.strerror(int(code)))
                trouble = trouble or file_trouble(error, sources[int(place)].target)
                trouble.__cause__ = error
            case _:
                made[int(place)] = None
    return Compiled(made, trouble)


def _answers(paths: Sequence[str]) -> Iterator[list[str]]:
    for path in paths:
        try:
            with open(path, encoding="ascii") as file:  # noqa: PTH123
                lines = file.readlines()
        except OSError as error:
            raise file_trouble(error, path) from error
        yield from (line.split(" ") for line in map(str.rstrip, lines))
