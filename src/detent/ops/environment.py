"""`detent venv`: make a virtual environment, in a project or anywhere.

What stands at the place is kept unless the flags say otherwise, and what is no environment is kept always.
"""

from pathlib import Path

from detent.errors import UsageError
from detent.events import Notice, Step
from detent.named import NamedTuple
from detent.ops.active import environment_path
from detent.ops.discover import Project, project_above, read_pin, starting_folder
from detent.ops.python import sought
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.python.clauses import version_fits
from detent.python.environment import Environment, Style

_USUAL_NAMES = frozenset((".venv", "venv", ".env", "env"))
"""Names that say nothing of what the environment is for."""


class VenvOptions(NamedTuple):
    """Where to make an environment, and what kind of one."""

    path: str | None = None
    clear: bool = False
    allow_existing: bool = False
    seed: bool = False
    prompt: str | None = None
    system_site_packages: bool = False
    no_project: bool = False
    project: str | None = None


class VenvOutcome(NamedTuple):
    """The environment that was made."""

    environment: Environment
    display: str
    """Its path, as a person would write it or did."""


def project_for(options: VenvOptions) -> Project | None:
    """Find the project whose Python the environment is to have; none is needed."""
    return None if options.no_project else project_above(options.project)


def venv(world: World, project: Project | None, options: VenvOptions) -> VenvOutcome:
    """Make an environment.

    Raises :class:`EnvironmentExists`, :class:`NotAnEnvironment`, and what finding an interpreter raises.
    """
    root = _place(world, project, options)
    shown = options.path or display(root)
    prompt = _prompt(world, project, root, options)
    style = Style(prompt, options.system_site_packages, options.allow_existing)
    wanted = sought(world, project, None if project is not None else read_pin(Path.cwd()))
    # Who asks for a Python in so many words gets it, and hears what the project would say to it.
    requires_python = wanted.requires_python
    is_asked_for = any(request.text for request in wanted.requests)
    interpreter = world.environments().find(
        wanted._replace(requires_python="") if is_asked_for else wanted, report=world.report
    )

    def begun() -> None:
        world.report(Step(f"Using {interpreter.description} interpreter at: {interpreter.executable}"))
        if not version_fits(requires_python, interpreter.version):
            world.report(
                Notice(
                    "warning",
                    f"Python {interpreter.version} does not satisfy the project's "
                    f'`requires-python = "{requires_python}"`; {wanted.wanted_by} asks for it',
                )
            )
        seeds = " with seed packages" if options.seed else ""
        world.report(Step(f"Creating virtual environment{seeds} at: {shown}"))

    environment = world.environments().create(
        root, interpreter, style, clear=options.clear, report=world.report, begun=begun
    )
    return VenvOutcome(environment, shown)


def _place(world: World, project: Project | None, options: VenvOptions) -> Path:
    if options.path is not None:
        return Path.cwd() / options.path
    if project is not None and project.root == starting_folder(options.project):
        return environment_path(world, project)
    return Path.cwd() / ".venv"


def _prompt(world: World, project: Project | None, root: Path, options: VenvOptions) -> str:
    if options.prompt is not None:
        if not options.prompt.isprintable() or not options.prompt.strip():
            raise UsageError(
                "`--prompt` takes a text that can be shown",
                why=f"it was {options.prompt!r}",
                next_steps=("write it like `--prompt demo`",),
            )
        return Path.cwd().name if options.prompt == "." else options.prompt
    if project is not None and root == environment_path(world, project):
        return project.title
    return root.parent.name if root.name in _USUAL_NAMES else root.name
