"""Which Python a project gets: what was asked for, and by whom.

Asked for on the command line or in a variable, else by `.python-version`, else by `requires-python`. An
environment that is there and suits is kept: nothing is remade because another interpreter came first on PATH.
"""

from pathlib import Path

from detent.events import Notice
from detent.ops.discover import Project, PythonPin
from detent.ops.world import World
from detent.python.discovery import Sought
from detent.python.interpreter import Interpreter
from detent.python.request import parse_request, parse_version_file


def sought(world: World, project: Project | None, pin: PythonPin | None = None) -> Sought:
    """Say what interpreter is asked for, and by whom; ``pin`` counts outside a project."""
    setting = world.settings.python
    requires_python = project.requires_python if project is not None else ""
    if setting.value:
        return Sought((parse_request(setting.value),), setting.origin, requires_python)
    pin = project.python_pin if project is not None else pin
    if pin is not None:
        file = parse_version_file(pin.text)
        for line in file.ignored:
            world.report(Notice("warning", f"`{pin.display}`: `{line}` is not understood"))
        if file.requests:
            return Sought(file.requests, f"`{pin.display}`", requires_python)
    return Sought(requires_python=requires_python)


def interpreter_for(world: World, project: Project | None, root: Path) -> Interpreter:
    """Find an interpreter; raises :class:`NoInterpreter` and its kin."""
    return world.environments().choose(root, sought(world, project), report=world.report)
