"""What keeps an environment from being as it should."""

from collections.abc import Sequence

from detent.errors import DetentError


class InstallError(DetentError):
    """The environment could not be changed as planned."""

    code = "install"


class FileConflict(InstallError):
    """Two packages bring one file with different contents, or what is a folder in the second one."""

    code = "file-conflict"

    def __init__(self, path: str, first: str, second: str, *, is_folder: bool = False) -> None:
        what = f"`{first}` and `{second}` both contain `{path}`, with different contents"
        steps = [f"remove `{first}` or `{second}` from the project"]
        if is_folder:
            what = f"`{path}` is a file of `{first}` and a folder of `{second}`"
        else:
            steps.append(f'or set `allow-overwrite = ["{second}"]` in [tool.detent], and its files are taken')
        super().__init__(what, why="installing both would break one of them", next_steps=steps)


class PathOccupied(InstallError):
    """Something detent did not install stands where a package's file has to go."""

    code = "path-occupied"

    def __init__(self, path: str, package: str) -> None:
        super().__init__(
            f"`{package}` cannot be installed because `{path}` is taken",
            why="what stands there was not installed by detent and differs from what the package brings",
            next_steps=(f"move `{path}` away, then run the command again",),
        )


class UnsafePath(InstallError):
    """A path would leave the environment or replace a part of it."""

    code = "unsafe-path"

    def __init__(self, package: str, path: str, reason: str) -> None:
        super().__init__(f"`{package}` was not installed because of its path `{path}`", why=reason)


class NotAnEnvironment(InstallError):
    """The place of the environment is taken by something else."""

    code = "not-an-environment"
    exit_code = 2

    def __init__(self, path: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"`{path}` cannot be used as a virtual environment",
            why=reason,
            next_steps=next_steps
            or (
                f"move `{path}` away, then run the command again",
                "or use another folder: `DETENT_PROJECT_ENVIRONMENT` names the project's",
            ),
        )


class EnvironmentExists(InstallError):
    """An environment was to be made where one stands."""

    code = "environment-exists"
    exit_code = 2

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is a virtual environment at `{path}` already",
            why="it was not touched",
            next_steps=(
                "pass `--clear` to make it anew, without what is in it",
                "or pass `--allow-existing` to keep what is in it",
            ),
        )


class EnvironmentStale(InstallError):
    """``sync --check`` found a difference."""

    code = "environment-outdated"

    def __init__(self) -> None:
        super().__init__(
            "the environment is outdated", next_steps=("run `detent sync` to update the environment",)
        )
