"""`detent activate`: the line that activates the project's environment in a shell; the shell evaluates it.

Nothing is started and nothing changed here. The path is quoted as the shell reads it.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath

from detent import stamp
from detent.errors import UsageError
from detent.ops.active import environment_path
from detent.ops.discover import Project
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.python.pyvenv import CONFIG_NAME

_FAMILY = {
    **dict.fromkeys(("sh", "bash", "zsh", "dash", "ksh", "ash", "mksh"), "sh"),
    "fish": "fish",
    **dict.fromkeys(("csh", "tcsh"), "csh"),
    **dict.fromkeys(("powershell", "pwsh"), "powershell"),
}
SHELLS = tuple(sorted(_FAMILY))
_SCRIPTS = {
    "sh": ("activate",),
    "fish": ("activate.fish",),
    "csh": ("activate.csh",),
    "powershell": ("activate.ps1", "Activate.ps1"),
}
_GENERATIONS = 4
"""A shell may have started what started us."""


def activate(world: World, project: Project, shell: str) -> str:
    """Give the line for a shell, one of :data:`SHELLS`.

    Raises :class:`UsageError` where there is no environment, or none with a script for it.
    """
    root = environment_path(world, project)
    if not (root / CONFIG_NAME).is_file():
        raise UsageError(
            f"there is no environment at `{display(root)}`", next_steps=("run `detent sync` to make it",)
        )
    family = _FAMILY[shell]
    folder = root / stamp.PROGRAMS
    script = next((folder / name for name in _SCRIPTS[family] if (folder / name).is_file()), None)
    if script is None:
        raise UsageError(
            f"the environment cannot be activated in {shell}",
            why=f"`{display(folder)}` has no `{_SCRIPTS[family][0]}`",
            next_steps=("run `detent venv --clear` to make it anew, then `detent sync`",),
        )
    return line(family, str(script))


def line(family: str, script: str) -> str:
    """Give the words that run a script in a shell of this family."""
    match family:
        case "fish":
            return "source '" + script.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case "csh":
            return "source '" + script.replace("'", "'\\''").replace("!", "\\!").replace("\n", "\\\n") + "'"
        case "powershell":
            return "& '" + script.replace("'", "''") + "'"
        case _:
            return ". '" + script.replace("'", "'\\''") + "'"


def shell_around(process: int, variables: Mapping[str, str], processes: Path = Path("/proc")) -> str:
    """Name the shell that a process was started from, by its ancestors, else by `SHELL`.

    Raises :class:`UsageError` for none that is known.
    """
    for _ in range(_GENERATIONS):
        try:
            # pid (name) state parent: the name may have blanks and parentheses of its own.
            head, _, tail = (processes / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")
            process = int(tail.split()[1])
        except (OSError, ValueError, IndexError):
            break
        name = head.partition("(")[2].removeprefix("-")
        if name in _FAMILY:
            return name
    usual = PurePath(variables.get("SHELL", "")).name
    if usual in _FAMILY:
        return usual
    raise UsageError(
        "it cannot be told which shell this is",
        why=f"`SHELL` is `{variables['SHELL']}`" if variables.get("SHELL") else "`SHELL` is not set",
        next_steps=(f"name it, such as `detent activate bash`; known are {', '.join(SHELLS)}",),
    )
