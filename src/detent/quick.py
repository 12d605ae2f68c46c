"""The entry point: says at once that there is nothing to do, or hands over to the command line.

`lock`, `sync` and `run` are answered from the stamp of the working folder (:mod:`detent.stamp`) before
anything is imported, as the command itself would have answered. On any doubt it steps aside, and so it does
for every other command but `--version`. Either way the process is not torn down.
"""

import sys
from time import perf_counter, time_ns

from detent import stamp

try:
    import posix
except ImportError:
    import nt as posix  # type: ignore[no-redef]

_INTERRUPTED = 130
_ANSWERED = frozenset(("lock", "sync", "run"))
_VERSION = (["--version"], ["-V"])
_NOTHING = ("", ".", "..")
_METADATA_BYTES = 2**20
"""Inline metadata of a script is looked for in so much of it."""


def main() -> None:
    """Run `detent` with the process's own arguments."""
    begun = perf_counter()
    words = sys.argv[1:]
    try:
        if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
            _begin_in_utf8()
        if not _ANSWERED.isdisjoint(words):
            _answer(words, begun)
        elif words in _VERSION:
            _say_version()
        import gc

        # A command is short and makes next to no cycles: looking for them costs a tenth of a warm lock.
        gc.disable()
        if "sync" in words:
            _sync_again(words)
        from detent.cli import app, frame

        frame.leave(app.main(words))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)  # nobody listened yet: nothing has begun, and a trace of imports helps nobody


def _say_version() -> None:
    """Say which detent this is and end the process, or come back where nobody can be told."""
    try:
        posix.write(1, f"detent {stamp.VERSION}\n".encode())
    except OSError:
        return
    posix._exit(0)  # noqa: SLF001


def _begin_in_utf8() -> None:
    """Begin anew: in this locale names of files that are right everywhere else could not be written."""
    try:
        posix.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    except (OSError, ValueError):
        return  # then it goes on as it is


def _sync_again(words: list[str]) -> None:
    """Make the environment as an earlier sync settled it and end the process, or come back."""
    from detent.cli import frame, settled_sync

    code = settled_sync.main(words, _variables())
    if code is not None:
        frame.leave(code)


def _answer(words: list[str], begun: float) -> None:
    """Answer and end the process, or come back."""
    try:
        for stream in range(3):
            posix.fstat(stream)  # a missing one is for the command line to open
        variables = _variables()
        path = stamp.place(variables)
        if not path:
            return
        answers = stamp.read(path)
        question, command = _question(answers, words, stamp.counted(variables), is_terminal=posix.isatty(2))
        if question is None:
            return
        key, made_ns, expires_ns, rows, what = stamp.unpack(answers[question])
        now_ns = time_ns()
        if not made_ns <= now_ns < expires_ns:
            return
        call = _call(command, variables, what) if isinstance(what, tuple) else None
        if call is None and command:
            return
        confirmed = stamp.confirmed(rows, key, made_ns, now_ns)
        if confirmed is None:
            return
        rows, is_new = confirmed
        if is_new:
            renewed = (key, now_ns, expires_ns, rows, what)
            stamp.write(path, {**answers, question: stamp.pack(renewed)})
        if call is not None:
            if isinstance(what, tuple) and what[-1]:
                _say(what[-1])
            posix.execve(*call)
        text = str(what).replace(stamp.TIME, stamp.duration(perf_counter() - begun))
    except (OSError, ValueError):  # a path with a null is a ValueError
        return
    _say(text)
    posix._exit(0)  # noqa: SLF001 -- its name in the module itself


def _variables() -> dict[str, str]:
    """Give the variables of the process as text, undecodable bytes kept (PEP 383)."""
    encoding = sys.getfilesystemencoding()
    return {
        name.decode(encoding, "surrogateescape"): value.decode(encoding, "surrogateescape")
        for name, value in posix.environ.items()
    }


def _question(
    answers: stamp.Answers, words: list[str], variables: stamp.Variables, *, is_terminal: bool
) -> tuple[stamp.Question | None, list[str]]:
    """Find what was asked before in the same words, and the command that is to be run now.

    What was once read as a whole line up to a command is so again: the first word after it that is no flag
    begins one, and after `--` any.
    """
    whole = tuple(words)
    if "run" not in words:
        question = whole, variables, is_terminal
        return (question, []) if question in answers else (None, [])
    for number in range(1, len(words)):
        begins = words[number - 1] == "--" or words[number] == "-" or words[number][:1] != "-"
        question = whole[:number], variables, is_terminal
        if begins and question in answers:
            return question, words[number:]
    return None, []


def _call(
    command: list[str], variables: dict[str, str], running: stamp.Running
) -> tuple[str, list[str], dict[str, str]] | None:
    """Give the program to start, its arguments and its variables; ``None`` where a word more is needed."""
    environment, is_module, goes_by_script, tasks, _ = running
    if not is_module and command[0] in tasks:
        task = tasks[command[0]]
        if task is None:
            return None
        command = [*task, *command[1:]]
    first = command[0]
    is_file = not is_module and stamp.is_file(first)
    if is_file and (_has_metadata(first) or (goes_by_script and not _is_of_this_project(first))):
        return None
    arguments = stamp.arguments(command, is_module=is_module, is_file=is_file)
    child = stamp.child_variables(variables, environment)
    program = _program(arguments[0], child["PATH"])
    return (program, arguments, child) if program else None


def _program(command: str, path: str) -> str | None:
    if "/" not in command:
        return stamp.on_path(command, path)
    return command if stamp.is_file(command) and posix.access(command, posix.X_OK) else None


def _has_metadata(script: str) -> bool:
    """Whether a script may want an environment of its own (PEP 723)."""
    descriptor = posix.open(script, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    try:
        return b"# /// script" in posix.read(descriptor, _METADATA_BYTES)
    finally:
        posix.close(descriptor)


def _is_of_this_project(script: str) -> bool:
    """Whether a file lies in the working folder, or below it with no other project between.

    Only a script says by its place which project it is of.
    """
    if not script.endswith(".py"):
        return True
    path = ""
    for part in script.removeprefix("./").split("/"):
        if part in _NOTHING or (path and posix.access(f"{path}pyproject.toml", posix.F_OK)):
            return False
        if stamp.is_link(path + part):
            return False
        path += f"{part}/"
    return True


def _say(text: str) -> None:
    """Write on stderr. Talk that is lost is no reason to stop."""
    try:
        posix.write(2, text.encode())
    except OSError:
        return
