"""What earlier commands found true of a working folder, kept in the cache; and the version of detent.

`quick` answers from here before anything is imported, so nothing is imported here that a bare interpreter has
not loaded already. A stamp is believed only where every file, folder and variable it rests on is as it was;
in every doubt it is no stamp. It lies in the cache and never in an environment, which a repository may bring.
Whoever asks brings the time (decision 0011).

::

    stamps-v1/<device>-<inode of the working folder, in hex>
        head, hash of the rest; in marshal's format: who wrote it, the working folder, {question: answer}

An answer is packed once more, so that only the one in question is read. Its rows say what `stat` said of a
path, and what stood there, as a short hash under a secret key of the answer.
"""

import _imp
import sys
from marshal import dumps, loads

try:
    import posix
except ImportError:  # Windows, where nothing is answered from here yet
    import nt as posix  # type: ignore[no-redef]

VERSION = "0.1.0"
"""The one place the version stands; the build reads it from here."""

BUCKET = "stamps-v1"
"""The folder in the cache."""

Facts = tuple[int, ...]
Row = tuple[str, int, "Facts | None", "bytes | None"]
"""Path, one of the five below, its facts (``None``: nothing is there) and the proof, if there is one."""
Running = tuple[str, bool, bool, "Tasks", str]
"""How a command is run: the path of the environment, whether it is a module, whether the place of a script
says which project it is of, what the project calls its own, and what is said before it begins."""
Tasks = dict[str, "tuple[str, ...] | None"]
"""The command of each task; ``None`` where a task is more than that."""
Answer = tuple[int, int, int, tuple[Row, ...], "str | Running"]
"""Key, when its rows were looked at and until when it counts (nanoseconds since the epoch), the rows, and
what to do: a text to say, or how to run what is asked for."""
Variables = tuple[tuple[str, str], ...]
Question = tuple[tuple[str, ...], Variables, bool]
"""The words of the command line (of `run` those before the command), the variables that count, and whether
stderr is a terminal."""
Answers = dict[Question, bytes]

CONTENTS, LINK, PLACE, PRESENCE, NAMES = range(5)
"""What of a path counts: what it leads to; itself, links not followed; which folder it is, not what is in it;
whether it is there; the names in a folder that can be imported, and those of licences."""

_HEAD = b"detent-stamp-1\n"
_HASH_BYTES = 8
_MOST_BYTES = 4 * 2**20
_MOST_PROVED_BYTES = 32 * 2**20
_SETTLED_NS = 2 * 10**9
"""The clocks of file systems may tick as slowly as this: what was not older than that when it was looked at
may have changed since, with the same times. Its content is compared, if there is a proof of it."""
_TICK_NS = 10**8
"""More than a tick where times are not whole seconds."""
_SECOND_NS = 10**9

_TYPE, _FOLDER, _FILE, _SYMLINK = 0o170000, 0o040000, 0o100000, 0o120000
_OTHERS_WRITE = 0o002
_ABSENT = (FileNotFoundError, NotADirectoryError)
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")

PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"
"""The folder of an environment that holds what can be started."""
_BETWEEN = ";" if sys.platform == "win32" else ":"
_USUAL_PATH = "/bin:/usr/bin"

_PREFIXES = ("DETENT_", "PIP_", "PYENV_")
_NAMES = frozenset((
    "HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV",
    "CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM",
    "SSL_CERT_FILE", "SSL_CLIENT_CERT", "REQUESTS_CA_BUNDLE",
))  # fmt: skip
_LOGINS = "DETENT_INDEX_"
_OF_LOGINS = ("_USERNAME", "_PASSWORD", "_ORIGIN")
_NOT_COUNTED = frozenset(("DETENT_PROXY", "DETENT_CREDENTIALS_DIR"))
"""Of these and of logins only who asks a server hears; a stamp is no place for passwords."""
_ENDS_HOST = " /?#\t\n"


# ---- where, and by whom ----------------------------------------------------------------------


def counts(variable: str) -> bool:
    """Whether an answer may depend on this variable.

    PATH is none of them: a Python is looked for in it only where the environment's own does not do, and
    programs are looked for in it every time.
    """
    if not variable.startswith(_PREFIXES):
        return variable in _NAMES
    is_login = variable.startswith(_LOGINS) and variable.endswith(_OF_LOGINS)
    return not is_login and variable not in _NOT_COUNTED


def counted(variables: dict[str, str]) -> Variables:
    """Give the variables that count, sorted: shells change their order.

    As whom somebody logs in at a URL does not count, and is a secret.
    """
    return tuple(
        sorted(
            (name, value if "@" not in value else without_users(value))
            for name, value in variables.items()
            if counts(name)
        )
    )


def without_users(text: str) -> str:
    """Give a text without what stands before the host of each URL in it."""
    first, *rest = text.split("://")
    return "://".join([first, *map(_without_user, rest)])


def _without_user(text: str) -> str:
    end = min((place for place in map(text.find, _ENDS_HOST) if place >= 0), default=len(text))
    return text[:end].rpartition("@")[2] + text[end:]


def cache_root(variables: dict[str, str]) -> str:
    """Give the cache's folder as far as variables tell; empty where something else may have to be asked."""
    root = variables.get("DETENT_CACHE_DIR", "")
    if not root and sys.platform == "linux" and variables.get("HOME"):
        root = (variables.get("XDG_CACHE_HOME") or f"{variables['HOME']}/.cache") + "/detent"
    return root if root.startswith("/") else ""


def place(variables: dict[str, str]) -> str:
    """Give where the stamp of the working folder lies; empty where no cache can be believed.

    As when a command opens it, a cache is one's own folder that not everybody may write to. Raises
    :class:`OSError`.
    """
    root = cache_root(variables)
    if not root:
        return ""
    facts = posix.stat(root)
    is_safe = facts.st_mode & _TYPE == _FOLDER and not facts.st_mode & _OTHERS_WRITE
    if not is_safe or facts.st_uid != posix.geteuid():
        return ""
    here = posix.stat(".")
    return f"{root}/{BUCKET}/{here.st_dev:x}-{here.st_ino:x}"


def _writer() -> tuple[str, ...]:
    """Say who writes: which detent, on which Python, on which machine as it is now."""
    system, _name, *machine = posix.uname()
    return (VERSION, __file__, sys.version, sys.prefix, system, *machine, _c_library())


def _c_library() -> str:
    known = "CS_GNU_LIBC_VERSION" in posix.confstr_names
    return posix.confstr("CS_GNU_LIBC_VERSION") or "" if known else ""


def own_folder() -> str:
    """Give the folder detent and what it needs are installed in."""
    return __file__.rpartition("/")[0].rpartition("/")[0]


# ---- the file --------------------------------------------------------------------------------


def read(path: str) -> Answers:
    """Read the answers for the working folder; none where the stamp is not ours, not of here, or damaged.

    Raises :class:`OSError` where there is none.
    """
    flags = posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NOFOLLOW | posix.O_NONBLOCK
    descriptor = posix.open(path, flags)
    try:
        facts = posix.fstat(descriptor)
        if facts.st_mode & _TYPE != _FILE or facts.st_uid != posix.geteuid() or facts.st_size > _MOST_BYTES:
            return {}
        data = posix.read(descriptor, facts.st_size)
    finally:
        posix.close(descriptor)
    begin = len(_HEAD) + _HASH_BYTES
    content = data[begin:]
    if data[:begin] != _HEAD + digest(content, 0):
        return {}
    writer, folder, answers = loads(content)  # noqa: S302 (checked above, our own folder)
    if writer != _writer() or folder != posix.getcwdb():
        return {}
    found: Answers = answers
    return found


def write(path: str, answers: Answers) -> bool:
    """Put a stamp in place of the last one, whole, by a rename; say whether that could be done."""
    content = dumps((_writer(), posix.getcwdb(), answers))
    data = _HEAD + digest(content, 0) + content
    folder = path.rpartition("/")[0]
    scratch = f"{folder}/.detent-{posix.urandom(8).hex()}"
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC | posix.O_NOFOLLOW
    try:
        try:
            descriptor = posix.open(scratch, flags, 0o600)
        except FileNotFoundError:
            posix.mkdir(folder, 0o700)
            descriptor = posix.open(scratch, flags, 0o600)
        try:
            is_whole = posix.write(descriptor, data) == len(data)
        finally:
            posix.close(descriptor)
        if is_whole:
            posix.rename(scratch, path)
            return True
        posix.unlink(scratch)
    except OSError:
        drop(scratch)
    return False


def drop(path: str) -> None:
    """Take a stamp away, if it is there."""
    try:
        posix.unlink(path)
    except OSError:
        return


def pack(answer: Answer) -> bytes:
    """Give an answer as it is kept."""
    return dumps(answer)


def unpack(data: bytes) -> Answer:
    """Read what :func:`pack` gave."""
    answer: Answer = loads(data)  # noqa: S302 (out of a stamp of ours)
    return answer


# ---- what an answer rests on -----------------------------------------------------------------


def secret() -> int:
    """Give a key for hashes that nobody can foresee."""
    return int.from_bytes(posix.urandom(7), "little")


def facts_of(path: str, how: int) -> Facts | None:
    """Look at a path; ``None`` where nothing is. Raises :class:`OSError`."""
    try:
        found = posix.lstat(path) if how in (LINK, PLACE) else posix.stat(path)
    except _ABSENT:
        return None
    if how == PRESENCE:
        return ()
    if how == PLACE:
        return found.st_mode, found.st_ino
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def proof_of(path: str, how: int, facts: Facts, key: int) -> bytes | None:
    """Give a short hash of what stands there; ``None`` where there is no telling. Raises :class:`OSError`."""
    kind = facts[0] & _TYPE if facts else 0
    if how == NAMES and kind == _FOLDER:
        return digest("\0".join(sorted(filter(_is_telling, posix.listdir(path)))), key)
    if kind == _FOLDER:
        with posix.scandir(path) as entries:
            return digest("\0".join(sorted(f"{entry.name}/{entry.inode()}" for entry in entries)), key)
    if kind == _SYMLINK:
        return digest(posix.readlink(path), key)
    if kind != _FILE or facts[1] > _MOST_PROVED_BYTES:
        return None
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    try:
        # One byte more than there was: a file that grew is another one.
        return digest(posix.read(descriptor, facts[1] + 1), key)
    finally:
        posix.close(descriptor)


def digest(content: str | bytes, key: int) -> bytes:
    """Give a short hash (SipHash), which nobody can aim at who does not know the key."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return _imp.source_hash(key, data)


def _is_telling(name: str) -> bool:
    """Whether a name in a project's folder may matter to a build that makes it importable."""
    stem = name.removesuffix(".py").removesuffix("-stubs")
    return stem.isidentifier() or name.startswith(_LICENCES)


def confirmed(
    rows: tuple[Row, ...], key: int, made_ns: int, now_ns: int
) -> tuple[tuple[Row, ...], bool] | None:
    """Hold rows against what is there; ``None`` if anything differs.

    Gives the rows as they are by now, and whether to keep those in their place: of a file that was only
    touched, or written as it was, the times are new; and what was young when it was looked at may be old
    enough to be believed by its times. Raises :class:`OSError`.
    """
    young_ns, latest_ns = made_ns - _SETTLED_NS, 0
    renewed: dict[int, Row] = {}
    for number, (path, how, wanted, proof) in enumerate(rows):
        found = facts_of(path, how)
        is_same = found == wanted
        if is_same and (not found or how == PLACE or (found[2] < young_ns and found[3] < young_ns)):
            continue
        if not found or not wanted or found[0] != wanted[0]:
            return None
        if proof is None:
            if is_same and is_settled(found, made_ns):
                continue
            return None
        if not (is_same or how == NAMES or (how == CONTENTS and found[0] & _TYPE == _FILE)):
            return None  # what is listed in a folder says nothing of what became of it
        if proof_of(path, how, found, key) != proof:
            return None
        latest_ns = max(latest_ns, found[2], found[3])
        renewed[number] = (path, how, found, proof)
    if not renewed:
        return rows, False
    now = tuple(renewed.get(number, row) for number, row in enumerate(rows))
    return now, now != rows or latest_ns < now_ns - _SETTLED_NS


def is_settled(facts: Facts, made_ns: int) -> bool:
    """Whether any change after the look would show in the times."""
    _mode, _size, modified_ns, changed_ns, _inode = facts
    has_fractions = modified_ns % _SECOND_NS and changed_ns % _SECOND_NS
    return max(modified_ns, changed_ns) < made_ns - (_TICK_NS if has_fractions else _SETTLED_NS)


# ---- telling ---------------------------------------------------------------------------------

TIME = "\0"
"""Stands in a text for how long it took."""


def duration(seconds: float) -> str:
    """Write a time as people read it: `0.16ms`, `48ms`, `1.23s`, `2m 05s`."""
    milliseconds = seconds * 1000
    if milliseconds < 10:
        return f"{milliseconds:.2f}ms"
    if seconds < 1:
        return f"{milliseconds:.0f}ms"
    if seconds < 60:
        return f"{seconds:.2f}s"
    return f"{int(seconds // 60)}m {int(seconds % 60):02d}s"


# ---- running a command -----------------------------------------------------------------------


def arguments(command: list[str], *, is_module: bool, is_file: bool) -> list[str]:
    """Give the words to start a command with; ``is_file``: its first word is one."""
    if is_module:
        return ["python", "-m", *command]
    if command[0] == "-" or (is_file and command[0].endswith((".py", ".pyw"))):
        return ["python", *command]
    return command


def child_variables(variables: dict[str, str], environment: str) -> dict[str, str]:
    """Give the variables as activating the environment would set them."""
    programs, path = f"{environment}/{PROGRAMS}", variables.get("PATH", _USUAL_PATH)
    child = {**variables, "VIRTUAL_ENV": environment}
    child["PATH"] = f"{programs}{_BETWEEN}{path}" if path else programs
    child.pop("PYTHONHOME", None)
    return child


def on_path(command: str, path: str) -> str | None:
    """Give the program a shell would start; relative folders on the path are left out."""
    for folder in path.split(_BETWEEN):
        program = f"{folder}/{command}"
        if folder.startswith("/") and posix.access(program, posix.X_OK) and is_file(program):
            return program
    return None


def is_link(path: str) -> bool:
    """Whether a path is a link. Raises :class:`OSError` where nothing is."""
    return posix.lstat(path).st_mode & _TYPE == _SYMLINK


def is_file(path: str) -> bool:
    """Whether a path leads to a file."""
    try:
        return posix.stat(path).st_mode & _TYPE == _FILE
    except (OSError, ValueError):
        return False
