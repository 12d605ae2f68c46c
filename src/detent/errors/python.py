"""No Python that can be used, and commands that cannot be started."""

from collections.abc import Iterable, Sequence

from detent.errors import DetentError, UsageError, did_you_mean


class PythonError(DetentError):
    """No usable Python."""

    code = "python"
    exit_code = 2


class NoInterpreter(PythonError):
    """No interpreter on this machine fits."""

    code = "no-interpreter"

    def __init__(self, request: str, wanted_by: str, found: Sequence[str]) -> None:
        super().__init__(
            f"no interpreter found for Python {request}",
            why=f"{wanted_by} asks for it; found: " + (", ".join(found) if found else "none at all"),
            next_steps=("install such a Python, or name one with `--python PATH`",),
        )


class PythonMismatch(PythonError):
    """The Python that was asked for is none the project allows."""

    code = "python-mismatch"

    def __init__(self, version: str, executable: str, wanted_by: str, requires_python: str) -> None:
        super().__init__(
            f'Python {version} does not satisfy `requires-python = "{requires_python}"`',
            why=f"{wanted_by} asks for it (`{executable}`)",
            next_steps=("ask for another with `--python`, or change `requires-python` in `pyproject.toml`",),
        )


class InterpreterBroken(PythonError):
    """An interpreter was named and does not start or answer."""

    code = "interpreter-broken"

    def __init__(self, executable: str, reason: str) -> None:
        super().__init__(f"the interpreter `{executable}` cannot be used", why=reason)


class CommandNeeded(UsageError):
    """``run`` was given no command, and there is no environment to list commands of."""

    def __init__(self) -> None:
        super().__init__(
            "`run` needs a command",
            next_steps=("run `detent run python`, or `detent run COMMAND ARGUMENTS`",),
        )


class CommandMissing(DetentError):
    """``run`` was given a command that is nowhere to be found."""

    code = "command-missing"
    exit_code = 127

    def __init__(
        self, command: str, *, why: str = "", next_steps: Sequence[str] = (), names: Iterable[str] = ()
    ) -> None:
        """``names`` are the commands of the environment."""
        if "/" in command:
            super().__init__(f"the command `{command}` was not found", why="there is no such file")
            return
        super().__init__(
            f"the command `{command}` was not found",
            why=why or "it is neither in the project's environment nor on PATH",
            next_steps=(
                *did_you_mean(command, names),
                *(next_steps or ("add the package that brings it with `detent add`",)),
            ),
        )


class CommandRefused(DetentError):
    """``run`` was given a command that is there and does not start."""

    code = "command-refused"
    exit_code = 126

    def __init__(self, command: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"the command `{command}` cannot be run", why=reason, next_steps=next_steps)
