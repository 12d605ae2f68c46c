"""What is wrong with a project's own files, or with asking to change them."""

from collections.abc import Iterable, Sequence

from detent.errors import DetentError, did_you_mean


class ProjectError(DetentError):
    """The project's own files cannot be used."""

    code = "project"
    exit_code = 2


class ManifestMissing(ProjectError):
    """There is no pyproject.toml here or above."""

    code = "manifest-missing"

    def __init__(self, directory: str) -> None:
        super().__init__(
            "no `pyproject.toml` found in the current directory or any parent directory",
            why=f"the search started in `{directory}`",
            next_steps=(
                "run `detent init` to start a project here",
                "or `detent import` if there is a Pipfile or a requirements file",
                "or pass `--project DIR`",
            ),
        )


class ProjectUnmanaged(ManifestMissing):
    """There is a project, and it says that detent is to leave it alone."""

    code = "project-unmanaged"

    def __init__(self, where: str) -> None:
        ProjectError.__init__(
            self,
            "the project is not looked after by detent",
            why=f"`{where}` says `managed = false`",
            next_steps=("take that line out", "or pass `--project DIR` for another project"),
        )


class ManifestInvalid(ProjectError):
    """The pyproject.toml cannot be read as a project.

    ``where`` is ``file:line:column``, as exact as is known.
    """

    code = "manifest-invalid"

    def __init__(self, where: str, what: str, *, why: str = "", next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"`{where}`: {what}", why=why, next_steps=next_steps)
        self.where = where


class SettingInvalid(ProjectError):
    """A setting has a value that cannot be used; ``origin`` says where it was set."""

    code = "setting-invalid"

    def __init__(self, setting: str, reason: str, *, origin: str) -> None:
        super().__init__(f"the setting `{setting}` cannot be used", why=f"{reason}; it is set by {origin}")


class VersionRequired(ProjectError):
    """A file asks for other releases of detent than the one that runs."""

    code = "version-required"

    def __init__(self, where: str, required: str, version: str) -> None:
        super().__init__(
            f"this is detent {version}, and `{required}` is required here",
            why=f"`{where}` says so (`required-version`)",
            next_steps=("install a release of detent that fits",),
        )


class ManifestChanged(ProjectError):
    """Somebody else wrote the pyproject.toml while it was being edited."""

    code = "manifest-changed"
    exit_code = 1

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` was changed by something else in the meantime",
            why="the edit was made from what it said before, and was not written",
            next_steps=("run the command again",),
        )


class NothingToUndo(ProjectError):
    """No change of the project is on record."""

    code = "nothing-to-undo"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__(
            "there is nothing to undo",
            why="the cache has no record of a change that detent made in this project and that still stands",
        )


class EditedSince(ProjectError):
    """Undoing would take away what somebody wrote after the change."""

    code = "edited-since"
    exit_code = 1

    def __init__(self, paths: Sequence[str], command: str) -> None:
        names = " and ".join(f"`{path}`" for path in paths)
        what = "were" if len(paths) > 1 else "was"
        super().__init__(
            f"{names} {what} edited after `detent {command}`",
            why="undoing puts files back whole, so these edits would be lost",
            next_steps=(
                "take back by hand what is to go",
                "or pass `--force`; undoing once more brings the edits back",
            ),
        )


class SelfDependency(ProjectError):
    """A project was to become a dependency of itself."""

    code = "self-dependency"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is this project, and cannot depend on itself",
            why="its name in `[project]` is the same",
            next_steps=(
                "give the project another name if you mean the package on the index",
                f"or add extras of the project to a group, as in `detent add --dev '{name}[EXTRA]'`",
            ),
        )


class DependencyMissing(ProjectError):
    """A dependency to remove is not where it was said to be."""

    code = "dependency-missing"

    def __init__(
        self, name: str, table: str, *, found_in: Sequence[str] = (), names: Iterable[str] = ()
    ) -> None:
        """``names`` are the dependencies that are there."""
        super().__init__(
            f"the dependency `{name}` could not be found in `{table}`",
            why=f"it stands in {' and '.join(f'`{t}`' for t in found_in)}"
            if found_in
            else "no list of `pyproject.toml` names it",
            next_steps=tuple(_removal_hint(name, t) for t in found_in) or did_you_mean(name, names),
        )


def _removal_hint(name: str, table: str) -> str:
    kind, _, rest = table.rpartition(".")
    if kind == "project.optional-dependencies":
        return f"run `detent remove {name} --optional {rest}`"
    if kind == "dependency-groups":
        return f"run `detent remove {name} --group {rest}`"
    return f"run `detent remove {name}`"


class ProjectExists(ProjectError):
    """``init`` would overwrite something."""

    code = "project-exists"

    def __init__(self, directory: str, existing: str) -> None:
        super().__init__(f"cannot initialize a project in `{directory}`", why=f"`{existing}` already exists")
