"""The files `init` writes, as texts by their path in the project; nothing here looks at a disk.

Whether a file may be written (it may stand there already) is decided where the disk is.
"""

import keyword
import re
import sys
from typing import Literal, TypeAlias, get_args

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from detent.errors import UsageError
from detent.model.names import package_name
from detent.named import NamedTuple

Kind: TypeAlias = Literal["app", "lib", "script"]
"""``app``: a package with a command; ``lib``: one with types; ``script``: a `main.py` and no package."""
KINDS: tuple[Kind, ...] = get_args(Kind)
Backend: TypeAlias = Literal["hatchling", "setuptools", "flit-core", "poetry-core", "pdm-backend"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

_BUILD_SYSTEMS: dict[Backend, tuple[str, str]] = {
    "hatchling": ("hatchling", "hatchling.build"),
    "setuptools": ("setuptools>=77", "setuptools.build_meta"),
    "flit-core": ("flit-core>=3.11,<5", "flit_core.buildapi"),
    "poetry-core": ("poetry-core>=2.2,<3", "poetry.core.masonry.api"),
    "pdm-backend": ("pdm-backend", "pdm.backend"),
}
"""What each needs and is called by; the bounds let in those that know licence expressions (PEP 639)."""

_INVALID_RUN = re.compile(r"[^A-Za-z0-9._-]+")

_GITIGNORE = """\
# Environment
.venv/

# Byte code and builds
__pycache__/
*.py[cod]
build/
dist/
*.egg-info/
"""


class Author(NamedTuple):
    """Who writes it; either part may be empty."""

    name: str
    email: str


class NewProject(NamedTuple):
    """What `init` was asked for."""

    kind: Kind
    name: str
    """Valid and normalised, as :func:`project_name` gives it."""
    python: str
    """The Python to pin and to start from, such as ``3.12``."""
    description: str = ""
    license: str = ""
    """A canonical SPDX expression, as :func:`license_expression` gives it; empty for none."""
    author: Author | None = None
    backend: Backend = "hatchling"
    is_bare: bool = False
    """Only a pyproject.toml."""
    has_readme: bool = True

    @property
    def is_package(self) -> bool:
        """Whether the project can be built and imported."""
        return self.kind in {"app", "lib"}


def project_name(directory: str, asked_for: str | None = None) -> str:
    """The project's name, normalised: the one asked for, else one made from the folder's name."""
    if asked_for is not None:
        try:
            return package_name(asked_for)
        except ValueError as error:
            raise UsageError(
                "the project's name cannot be used",
                why=str(error),
                next_steps=("give another with `--name`",),
            ) from error
    name = _INVALID_RUN.sub("-", directory).strip("-._")
    if not name:
        raise UsageError(
            f"no project name can be made from the folder's name `{directory}`",
            why="a name has letters and digits of ASCII, with `.`, `-` and `_` between them",
            next_steps=("pass one with `--name`",),
        )
    return package_name(name)


def module_name(name: str) -> str:
    """The name under which a project's package is imported; refused where Python could not import it."""
    module = name.replace("-", "_")
    reason = ""
    if not module.isidentifier():
        reason = "it does not start with a letter"
    elif keyword.iskeyword(module):
        reason = "it is a keyword of Python"
    elif module in sys.stdlib_module_names or module == "test":  # which is no public one, and comes first
        reason = "a module of that name belongs to Python itself"
    if reason:
        raise UsageError(
            f"`{module}` cannot be the name of the project's package",
            why=reason,
            next_steps=(
                "pass another name with `--name`",
                "or make a project without a package: `--no-package`",
            ),
        )
    return module


def license_expression(text: str) -> str:
    """The canonical form of an SPDX expression; raises :class:`UsageError` for what is none."""
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression as error:
        raise UsageError(
            f"`--license` cannot be `{text}`",
            why="it is no SPDX licence expression",
            next_steps=("write it like `MIT`, `Apache-2.0` or `MIT OR Apache-2.0`",),
        ) from error


def project_files(project: NewProject) -> dict[str, str]:
    """Every file of a new project: its text by its path, folders parted by `/`."""
    files = {"pyproject.toml": pyproject(project)}
    if project.is_bare:
        return files
    if project.has_readme:
        files["README.md"] = f"# {project.name}\n"
    files[".gitignore"] = _GITIGNORE
    files[".python-version"] = f"{project.python}\n"
    greeting = f"Hello from {project.name}!"
    match project.kind:
        case "app":
            module = module_name(project.name)
            files[f"src/{module}/__init__.py"] = f'def main() -> None:\n    print("{greeting}")\n'
        case "lib":
            module = module_name(project.name)
            files[f"src/{module}/__init__.py"] = f'def hello() -> str:\n    return "{greeting}"\n'
            files[f"src/{module}/py.typed"] = ""
        case _:
            files["main.py"] = (
                f'def main() -> None:\n    print("{greeting}")\n\n\nif __name__ == "__main__":\n    main()\n'
            )
    return files


def pyproject(project: NewProject) -> str:
    """The text of a new pyproject.toml."""
    lines = ["[project]", f'name = "{project.name}"', 'version = "0.1.0"']
    description = project.description or ("" if project.is_bare else "Add your description here")
    if description:
        lines.append(f"description = {_string(description)}")
    if project.has_readme and not project.is_bare:
        lines.append('readme = "README.md"')
    if project.license:
        lines.append(f"license = {_string(project.license)}")
    if project.author is not None:
        facts = [f"{k} = {_string(v)}" for k, v in zip(Author._fields, project.author, strict=True) if v]
        lines += ["authors = [", f"    {{ {', '.join(facts)} }},", "]"]
    lines += [f'requires-python = ">={project.python}"', "dependencies = []"]
    if project.kind == "app" and not project.is_bare:
        lines += ["", "[project.scripts]", f'{project.name} = "{module_name(project.name)}:main"']
    if project.is_package:
        requirement, backend = _BUILD_SYSTEMS[project.backend]
        lines += ["", "[build-system]", f'requires = ["{requirement}"]', f'build-backend = "{backend}"']
    return "\n".join(lines) + "\n"


def _string(text: str) -> str:
    """A TOML string; what cannot be shown is escaped, and what is no character becomes a question mark."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
