"""Calling the hooks of a build back end (PEP 517, PEP 660), each in a process group of its own.

What a back end answers, and how it ends, is foreign: only plain JSON of a bounded size comes back, and all
that goes wrong is one :class:`HookFailed`. When the hook is over, or we are (Ctrl-C, SIGTERM, an exception),
nothing of its group is left running; only our own end by SIGKILL, and a process that made itself a group of
its own, escape that. Output of any size goes to a file, so no process that keeps it open is waited for.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyproject_hooks
from pyproject_hooks import BuildBackendHookCaller

from detent.build.halt import Halt
from detent.build.system import BuildSystem
from detent.errors import Bug
from detent.events import Detail, Report, ignore
from detent.fsio import CREATE
from detent.index.starting import started

_SCRIPT = Path(pyproject_hooks.__file__).with_name("_in_process") / "_in_process.py"
"""What the library starts in the other interpreter; it has no public name for it."""
_GRACE_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between SIGTERM and SIGKILL, for a hook to remove what it has not finished."""
_TAIL_LINES = 30
_TAIL_BYTES = 64 * 1024
_LINE_BYTES = 1000
_MAXIMUM_ANSWER_BYTES = 16 * 2**20

# How a user's Python behaves is no part of an isolated build, but for what makes results repeatable and
# keeps byte code out of source trees. What is said to detent alone, such as passwords of indexes, stays here.
# Output goes to a file, so nobody may be talked into colouring it.
_KEPT = frozenset(("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONPYCACHEPREFIX"))
_DROPPED = (
    "PYTHON", "__PYVENV_LAUNCHER__", "_PYPROJECT_HOOKS_", "PIP_", "DETENT_", "FORCE_COLOR", "CLICOLOR_FORCE",
)  # fmt: skip


class HookFailed(Exception):
    """A hook did not do what it is there for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HookMissing(HookFailed):
    """The back end does not have a hook that it need not have."""


class Hooks(BuildBackendHookCaller):
    """The hooks of one source tree's back end, under the names of PEP 517 and PEP 660.

    The library says what a hook is given. How it is run is ours: the library would exchange values in the
    system's folder for temporary files, and repeat a back end's warnings as warnings of this process.
    """

    def __init__(
        self,
        system: BuildSystem,
        source: Path,
        python: Path,
        *,
        variables: Mapping[str, str],
        tmp: Path,
        halt: Halt | None = None,
        report: Report = ignore,
    ) -> None:
        """``variables`` are all that a hook gets (see :func:`hook_variables`); the folder ``tmp`` exists."""
        super().__init__(
            str(source),
            system.backend,
            system.backend_path or None,
            runner=_never,
            python_executable=str(python),
        )
        self._variables = dict(variables)
        self._tmp = tmp
        self._halt = halt or Halt()
        self._report = report
        # Without a name: a back end writes to it, and has no way to put something else in its place.
        self._output = tempfile.TemporaryFile(dir=tmp)  # noqa: SIM115 (closed by close)
        self._began = 0

    def close(self) -> None:
        """Forget what all hooks have said."""
        self._output.close()

    def keep_output(self, log: Path) -> bool:
        """Write all that the hooks have said to a file that only its owner can read; not if it is nothing."""
        if not self._output.seek(0, os.SEEK_END):
            return False
        self._output.seek(0)
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        with os.fdopen(os.open(log, CREATE, 0o600), "wb") as file:
            shutil.copyfileobj(self._output, file)
        return True

    def last_line(self) -> str:
        """Give what was said last, also while a hook runs; from another thread too."""
        try:
            output = self._output.fileno()
            start = max(0, os.fstat(output).st_size - _LINE_BYTES)
            text = os.pread(output, _LINE_BYTES, start).decode("utf-8", "replace")
        except (OSError, ValueError):  # it is over
            return ""
        return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

    def last_lines(self) -> tuple[str, ...]:
        """Give the end of what the last hook said: lines with anything in them, as long as one can read."""
        start = max(self._began, self._output.seek(0, os.SEEK_END) - _TAIL_BYTES)
        self._output.seek(start)
        text = self._output.read(_TAIL_BYTES).decode("utf-8", "replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        if start > self._began and len(lines) > 1:
            del lines[0]  # its beginning is not there
        return tuple(line[:_LINE_BYTES] for line in lines[-_TAIL_LINES:])

    def _call_hook(self, hook_name: str, kwargs: Mapping[str, Any]) -> Any:
        control = Path(tempfile.mkdtemp(prefix="hook-", dir=self._tmp))
        (control / "input.json").write_text(json.dumps({"kwargs": dict(kwargs)}), "utf-8")
        try:
            code = self._run([self.python_executable, str(_SCRIPT), hook_name, str(control)], hook_name)
            if code:
                raise HookFailed(f"`{hook_name}` {_ending(code)}")
            answer = self._answer(control / "output.json", hook_name)
            for warning in _dicts(answer.get("warnings")):
                self._note(f"{warning.get('filename')}:{warning.get('lineno')}: {warning.get('message')}")
        finally:
            self._tell()
        self._check(answer, hook_name)
        return answer.get("return_val")

    # ---- the process ------------------------------------------------------------------------

    def _run(self, command: Sequence[str], hook_name: str) -> int:
        variables = {**self._variables, "_PYPROJECT_HOOKS_BUILD_BACKEND": self.build_backend}
        if self.backend_path:
            variables["_PYPROJECT_HOOKS_BACKEND_PATH_JSON"] = json.dumps(list(self.backend_path))
        self._began = self._output.seek(0, os.SEEK_END)
        try:
            process = started(lambda: self._begun(command, variables), _end_group)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise HookFailed(f"`{hook_name}` could not be started: {reason}") from error
        return _wait(process, self._halt)

    def _begun(self, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            cwd=self.source_dir,
            env=variables,
            # A session of its own, not only a group: a program that asks for a password on the terminal then
            # finds none, instead of stopping the build for ever.
            start_new_session=True,
        )

    # ---- what came of it --------------------------------------------------------------------

    def _answer(self, path: Path, hook_name: str) -> dict[str, Any]:
        try:
            with path.open("rb") as file:
                data = file.read(_MAXIMUM_ANSWER_BYTES + 1)
        except OSError:
            raise HookFailed(f"`{hook_name}` ended without a result") from None
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or len(data) > _MAXIMUM_ANSWER_BYTES:
            raise HookFailed(f"`{hook_name}` ended with a result that cannot be read")
        return answer

    def _check(self, answer: Mapping[str, Any], hook_name: str) -> None:
        """Raise what the back end, or the script that called it, answered instead of a result."""
        if answer.get("traceback"):
            self._note(str(answer["traceback"]))
        if answer.get("no_backend"):
            reason = f"its back end `{self.build_backend}` cannot be imported"
            raise HookFailed(f"{reason}: `requires` in `[build-system]` has to name what brings it")
        if answer.get("unsupported"):
            raise HookFailed(f"its back end `{self.build_backend}` says that it cannot do `{hook_name}` here")
        if answer.get("hook_missing"):
            raise HookMissing(f"its back end `{self.build_backend}` has no `{hook_name}`")

    def _note(self, text: str) -> None:
        """Add to the output what did not come through it."""
        self._output.seek(0, os.SEEK_END)
        self._output.write(text.encode("utf-8", "backslashreplace").rstrip(b"\n") + b"\n")
        self._output.flush()

    def _tell(self) -> None:
        """Report every line of this hook, in pieces where one is endless."""
        if self._report is ignore:
            return
        self._output.seek(self._began)
        while piece := self._output.readline(_LINE_BYTES):
            for line in piece.decode("utf-8", "replace").splitlines():
                self._report(Detail(line))


def _never(*_command: object, **_options: object) -> None:
    """Stand where the library's own runner would, which gives a hook all our variables."""
    raise Bug(f"pyproject_hooks {pyproject_hooks.__version__} starts hooks in a way detent does not know")


def hook_variables(variables: Mapping[str, str], *, scripts: Path, tmp: Path) -> dict[str, str]:
    """Give the variables for hooks: the caller's, less what leads out of the environment, plus our own."""
    kept = {
        name: value for name, value in variables.items() if name in _KEPT or not name.startswith(_DROPPED)
    }
    path = variables.get("PATH", os.defpath)
    return kept | {
        "PATH": f"{scripts}{os.pathsep}{path}" if path else str(scripts),
        "VIRTUAL_ENV": str(scripts.parent),
        "TMPDIR": str(tmp),
        "TEMP": str(tmp),
        "TMP": str(tmp),
        "NO_COLOR": "1",
        "PYTHONNOUSERSITE": "1",
        # What a hook said must be whole and in order, also when it dies; and no character may be its death.
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }


def _wait(process: "subprocess.Popen[bytes]", halt: Halt) -> int:
    """Give the exit code, when nothing of the process group runs any more."""
    try:
        with halt.over(process.pid):
            if threading.current_thread() is threading.main_thread():
                # A signal that comes just before a wait begins does not end that wait.
                while not _await_end(process, os.WNOHANG):
                    time.sleep(_PAUSE_SECONDS)
            else:
                _await_end(process, 0)
    finally:
        _end_group(process)
    return process.returncode


def _await_end(process: "subprocess.Popen[bytes]", options: int) -> bool:
    """Say whether the process is over; its number, which is the group's too, is not given back yet."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13: the number is free a moment too early
        return (process.poll() if options else process.wait()) is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | options) is not None
    except ChildProcessError:  # whoever started us ignores SIGCHLD: the kernel has taken it away already
        return True


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        if not _await_end(process, os.WNOHANG):
            _signal_group(process, signal.SIGTERM)
            until = time.monotonic() + _GRACE_SECONDS
            while not _await_end(process, os.WNOHANG) and time.monotonic() < until:
                time.sleep(_PAUSE_SECONDS)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _ending(code: int) -> str:
    if code > 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
