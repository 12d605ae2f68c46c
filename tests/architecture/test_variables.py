"""Every variable that code reads is known to the stamp, or has a reason not to be."""

import ast
from collections.abc import Iterator
from pathlib import Path

from detent import stamp
from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.model.limits import VARIABLES
from detent.project.known import KNOWN

SOURCE = Path(__file__).parents[2] / "src" / "detent"
HOLDERS = {"variables", "environ", "environb", "_variables", "child"}
"""What variables are called in the code."""
LEFT_OUT = {
    "PATH": "asked for programs every time; a Python is looked for in it only where the environment's does not do",
    "SOURCE_DATE_EPOCH": "only `export` asks, for the time in a bill of materials",
    "SHELL": "only `venv` asks, for the line that activates",
    "REQUEST_METHOD": "only who asks the network, and then something is to be done",
    **dict.fromkeys(
        (
            "HTTP_PROXY",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
            "DETENT_PROXY",
            "NETRC",
            "SSL_CERT_DIR",
        ),
        "the same; and a stamp is no place for passwords",
    ),
    "DETENT_CREDENTIALS_DIR": "only who asks the network or keeps a login",
    "XDG_DATA_HOME": "the same",
    "PYTHONHOME": "taken away from commands that are run",
    "_PYPROJECT_HOOKS_BACKEND_PATH_JSON": "set for builds",
}


def table_names() -> set[str]:
    """The variables of flags, settings and limits."""
    flags = (*GLOBAL, *(flag for command in COMMANDS for flag in command.flags))
    settings = (variable for known in KNOWN for variable in (known.variable, *known.fallbacks))
    return {*(flag.variable for flag in flags), *settings, *VARIABLES.values()} - {""}


def names_read(module: Path) -> Iterator[str]:
    """The names in `variables.get("NAME")`, `variables["NAME"]`, `"NAME" in variables` and their kind."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=holder, attr="get" | "pop" | "setdefault"),
                args=[ast.Constant(value=str(name)), *_],
            ) if is_holder(holder):
                yield name
            case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))) if is_holder(holder):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[holder]) if is_holder(holder):
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_]):
                yield name


def is_holder(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id in HOLDERS) or (
        isinstance(node, ast.Attribute) and node.attr in HOLDERS
    )


def test_the_stamp_knows_every_variable_that_is_read() -> None:
    read = {name for module in SOURCE.rglob("*.py") for name in names_read(module)}
    assert {"HOME", "VIRTUAL_ENV", "CI", "NO_COLOR", "XDG_CACHE_HOME", "PIP_CONFIG_FILE", "PATH"} <= read

    assert {name for name in read | table_names() if not stamp.counts(name)} == set(LEFT_OUT)


def test_variables_are_handed_on_under_names_that_are_looked_for() -> None:
    """A mapping of variables by another name would not be seen by the test above."""
    odd = {
        f"{module.relative_to(SOURCE)}:{node.lineno}"
        for module in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "environ"
    }

    assert odd == set()
