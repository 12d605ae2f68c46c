"""The Python and the platform that a lock is looked at for, where a command is not about all of them."""

from detent.errors import UsageError, did_you_mean
from detent.model.platforms import PLATFORMS, on_platform, on_python
from detent.model.target import Target
from detent.ops.discover import Project
from detent.ops.world import World


def shown_target(world: World, project: Project, python_version: str, python_platform: str) -> Target | None:
    """Give where the lock is looked at for: that Python on that platform, this machine's where one is empty.

    ``None``: every environment of the lock, where both are. Raises :class:`UsageError`.
    """
    if not (python_version or python_platform):
        return None
    here = world.interpreter(project).target
    environment = dict(here.environment)
    if python_version:
        try:
            environment = on_python(environment, python_version)
        except ValueError as error:
            why = f"`{python_version}` is none"
            raise UsageError(
                "`--python-version` takes a version such as `3.12`",
                why=why,
                next_steps=("write it like `--python-version 3.12`",),
            ) from error
    if python_platform:
        try:
            environment = on_platform(environment, python_platform)
        except ValueError as error:
            raise UsageError(
                f"there is no platform `{python_platform}`",
                why=f"known are {', '.join(f'`{name}`' for name in PLATFORMS)}",
                next_steps=did_you_mean(python_platform, PLATFORMS) or ("name one of those",),
            ) from error
    return Target(environment["python_full_version"], environment, ())
