"""The environment of a project: which Python it gets, beside all about where it stands."""

from contextlib import suppress
from pathlib import Path

from detent.errors.install import NotAnEnvironment
from detent.events import Report, ignore
from detent.model.limits import Limits
from detent.python.discovery import Places, Sought, find_interpreter, suits
from detent.python.environment import Environment, read_environment
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.standing import Make, Render, Standing
from detent.store.layout import Layout

_DEFAULT_LIMITS = Limits()


class Environments(Standing):
    """Looks at, makes and replaces environments, and finds interpreters for them."""

    def __init__(
        self,
        layout: Layout,
        interpreters: Interpreters,
        places: Places,
        *,
        render: Render,
        make: Make,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        super().__init__(layout, interpreters, render=render, make=make, limits=limits)
        self._places = places

    def choose(self, root: Path, sought: Sought, *, report: Report = ignore) -> Interpreter:
        """Give the interpreter for the environment at ``root``: its own while it fits, else the first found.

        A place that is taken by something else is no matter here; :meth:`look` refuses it. Raises
        :class:`NoInterpreter`, :class:`PythonMismatch` or :class:`InterpreterBroken`.
        """
        with suppress(NotAnEnvironment):
            found = read_environment(root, self._interpreters)
            if isinstance(found, Environment) and suits(found.interpreter, sought):
                return found.interpreter
        return find_interpreter(sought, interpreters=self._interpreters, places=self._places, report=report)

    def find(self, sought: Sought, *, report: Report = ignore) -> Interpreter:
        """Give the first interpreter that fits; raises as :meth:`choose`."""
        return find_interpreter(sought, interpreters=self._interpreters, places=self._places, report=report)
