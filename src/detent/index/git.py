"""The system's git: found outside of the project, started without what a repository could make it do.

Configuration of the system and the user stays, for credential helpers, proxies and keys; hooks, file system
monitors and the `ext` transport are off, nothing is asked on the terminal, and what a repository or a lock
says never stands where git looks for options. What git says is kept for messages, without passwords.
"""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal, TypeAlias

from detent.errors.fetch import GitFailed, GitMissing
from detent.index.programs import find_program, is_outside, program_folders
from detent.index.starting import started
from detent.model.limits import Limits

_SWITCHED = (
    "--no-pager",
    "-c", "protocol.ext.allow=never",
    "-c", "core.fsmonitor=false",
    "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.sparseCheckout=false",
    "-c", "fetch.recurseSubmodules=false",
    "-c", "submodule.recurse=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "advice.detachedHead=false",
)  # fmt: skip
_OF_A_REPOSITORY = frozenset((
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR",
    "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_PROTOCOL_FROM_USER", "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_TEMPLATE_DIR", "GIT_WORK_TREE",
))  # fmt: skip
"""Variables that lead git to another repository than the one it is told; set where a hook starts detent."""
_ALLOWED = "GIT_ALLOW_PROTOCOL"
"""The variable that outweighs every `protocol.*.allow`."""
_PROTOCOLS = ("http", "https", "ssh")
Reach: TypeAlias = Literal["nowhere", "local", "told", "submodules", "submodules of this machine"]
"""What git may fetch from: the folders of the cache, the URL it is told, those of submodules."""

_GRACE_SECONDS = 1.0
_LINES = 12
_LINE_CHARACTERS = 400
_TAIL_BYTES = 16 * 1024
_MOST_BYTES = 64 * 2**20
"""Of an answer that is read."""
_PASSWORD = re.compile(r"(?<=://)[^/\s@]*:[^/\s]*@|(?<=://)(?!git@)[^/\s@]+@")

_SPELLING = "check the spelling of the host, and the connection"
_CLOSED = "nobody answers at its host and port"
_LISTENING = "check the host and the port, and whether the server runs"
_HELPER = "set up a credential helper of git, use ssh, or see that the variables in its URL are set"
_NOBODY = "it asks who you are, and nobody can tell"
_UNSEEN = "there is no repository, or none that you may see"
_REASONS = (
    ("Could not resolve host", "its host is not known", _SPELLING),
    ("could not resolve hostname", "its host is not known", _SPELLING),
    ("Connection refused", _CLOSED, _LISTENING),
    ("Failed to connect to", _CLOSED, _LISTENING),
    ("Couldn't connect to", _CLOSED, _LISTENING),
    (
        "Host key verification failed",
        "ssh does not know its host",
        "connect once with `ssh`, to accept its key",
    ),
    ("Permission denied (publickey", "ssh has no key that it accepts", "see that `ssh-agent` has the key"),
    ("could not read Username", _NOBODY, _HELPER),
    ("could not read Password", _NOBODY, _HELPER),
    ("terminal prompts disabled", _NOBODY, _HELPER),
    ("Authentication failed", "it does not accept the login", "see what git's credential helper gives"),
    ("does not appear to be a git repository", "there is no repository", ""),
    ("epository not found", _UNSEEN, ""),
    ("not found", _UNSEEN, ""),
)
"""What git says, what that means, and what to do."""
_OF_THE_OTHER_SIDE = (
    "unable to access", "Could not read from remote", "remote error", "Authentication", "could not read",
    "couldn't find remote ref", "timed out", "not our ref", "unadvertised object", "transport '",
)  # fmt: skip


class GitTrouble(Exception):
    """Git ended with an error; ``lines`` are the last ones it said, without passwords."""

    def __init__(self, reason: str, lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = tuple(lines)

    def says(self, *phrases: str) -> bool:
        """Whether one of these was said."""
        return any(phrase in line for phrase in phrases for line in self.lines)

    @property
    def is_remote(self) -> bool:
        """Whether it was the other side, or the way there, as far as that can be told."""
        return self.says(*_OF_THE_OTHER_SIDE)

    def error(self, url: str) -> GitFailed:
        """Give what a person is told."""
        for phrase, reason, step in _REASONS:
            if self.says(phrase):
                return GitFailed(url, reason, output=self.lines, next_steps=(step,) if step else ())
        by_hand = f"see what `git ls-remote {url}` says here"
        return GitFailed(url, self.reason, output=self.lines, next_steps=(by_hand,))


def find_git(variables: Mapping[str, str], outside: Collection[str]) -> str:
    """Give the absolute path of git; nothing at or below the folders ``outside`` is taken for it.

    Raises :class:`GitMissing`.
    """
    path, passed_over = find_program("git", variables, outside)
    if not path:
        raise GitMissing(passed_over)
    return path


class Git:
    """Starts git; threads may share it."""

    def __init__(
        self, program: str, variables: Mapping[str, str], limits: Limits, *, outside: Collection[str] = ()
    ) -> None:
        """``outside`` are the folders from which no program is started."""
        self._program = program
        self._variables = git_variables(variables, outside)
        self._limits = limits
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_closed = False

    def run(
        self,
        *words: str,
        repository: Path | None = None,
        folder: Path | None = None,
        reach: Reach = "nowhere",
        has_large_files: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Give what git answers; raises :class:`GitTrouble`.

        ``repository`` is its `.git`, which is never looked for; ``folder`` where it works. ``reach`` says
        what git may fetch from; without it nothing that is missing is fetched.
        """
        command = [self._program, *_SWITCHED, *self._patience()]
        variables = {**self._variables, **(variables or {})}
        match reach:
            case "nowhere":
                variables |= {_ALLOWED: "", "GIT_NO_LAZY_FETCH": "1"}
            case "local":
                variables[_ALLOWED] = "file"
            case "told":
                if _ALLOWED in variables:
                    variables[_ALLOWED] += ":file"  # the one URL it is told was looked at
            case "submodules of this machine":
                command += ("-c", "protocol.file.allow=always")
                if _ALLOWED in variables:
                    variables[_ALLOWED] += ":file"
            case "submodules":
                pass
        if repository is not None:
            command.append(f"--git-dir={repository}")
            if folder is not None:
                command.append(f"--work-tree={folder}")
        if not has_large_files:
            variables |= {"GIT_LFS_SKIP_SMUDGE": "1"}
        with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as talk:
            try:
                process = started(
                    lambda: subprocess.Popen(
                        [*command, *words],
                        stdin=subprocess.DEVNULL,
                        stdout=answer,
                        stderr=talk,
                        cwd=folder or repository or os.sep,
                        env=variables,
                        # No terminal to ask on; and Ctrl-C is ours to pass on, to git and all it starts.
                        start_new_session=True,
                    ),
                    _end,
                )
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise GitTrouble(f"`{self._program}` could not be started: {reason}") from error
            code = self._wait(process, (answer, talk))
            if code is None:
                raise GitTrouble(
                    f"git gave no sign of life for {self._limits.git_seconds:g} seconds", _tail(talk)
                )
            if code:
                lines = _tail(talk)
                raise GitTrouble(f"`git {words[0]}` exited with code {code}", lines)
            answer.seek(0)
            return answer.read(_MOST_BYTES).decode("utf-8", "surrogateescape")

    def _patience(self) -> tuple[str, ...]:
        rate, window = self._limits.minimum_rate_bytes, self._limits.rate_window_seconds
        return ("-c", f"http.lowSpeedLimit={rate}", "-c", f"http.lowSpeedTime={max(1, round(window))}")

    def close(self) -> None:
        """End what other threads have begun; nothing is started any more."""
        with self._guard:
            self._is_closed = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)

    def _wait(self, process: "subprocess.Popen[bytes]", said: Sequence[IO[bytes]]) -> int | None:
        """Give the exit code; ``None`` where nothing was heard of it for too long, and it was ended."""
        try:
            with self._guard:
                self._running.add(process)
                if self._is_closed:
                    return None
            heard, size = time.monotonic(), 0
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(timeout=1.0)
                now = sum(os.fstat(file.fileno()).st_size for file in said)
                if now != size:
                    heard, size = time.monotonic(), now
                elif time.monotonic() - heard > self._limits.git_seconds:
                    return None
        finally:
            with self._guard:
                self._running.discard(process)
            _end(process)


def git_variables(variables: Mapping[str, str], outside: Collection[str] = ()) -> dict[str, str]:
    """Give the variables git is started with: the caller's, less what leads it elsewhere or lets it ask.

    Git starts programs of its own from PATH (ssh, helpers), and works in folders of strangers.
    """
    kept = {name: value for name, value in variables.items() if name not in _OF_A_REPOSITORY}
    if _ALLOWED in kept:
        kept[_ALLOWED] = ":".join(name for name in kept[_ALLOWED].split(":") if name in _PROTOCOLS)
    kept["PATH"] = os.pathsep.join(
        folder for folder in program_folders(variables) if is_outside(folder, outside)
    )
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        "LANGUAGE": "",
    }


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End git and all that it started, unless it is over: a helper that stays behind may mean to."""
    if process.returncode is not None:
        return
    try:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE_SECONDS)
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _tail(talk: IO[bytes]) -> tuple[str, ...]:
    """Give the last lines that are no progress, without passwords."""
    talk.seek(max(0, talk.seek(0, os.SEEK_END) - _TAIL_BYTES))
    text = talk.read(_TAIL_BYTES).decode("utf-8", "replace")
    return tuple(_plain(text))[-_LINES:]


def _plain(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        last = line.rpartition("\r")[2].rstrip()
        if last and not re.fullmatch(r"(?:remote: )?[A-Z][a-z]+(?: [a-z]+)?:\s+\d+% .*|hint: .*", last):
            yield redacted(last)[:_LINE_CHARACTERS]


def redacted(text: str) -> str:
    """Take users and passwords out of the URLs of a text; the user `git` of ssh is no secret."""
    return _PASSWORD.sub("****@", text)
