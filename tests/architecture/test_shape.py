"""Small habits the import graph cannot see, read from the syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "detent"
MODULES = sorted(SOURCE.rglob("*.py"))
LATE_IMPORTS = {
    "quick.py",
    "__main__.py",
    "cli/console.py",
    "cli/lock_commands.py",
    "cli/lookup.py",
    "cli/project_commands.py",
    "cli/tool_commands.py",
    "ops/wiring.py",
}
STREAMS_HOME = {"cli/console.py", "cli/frame.py"}
ON_THE_SHORTEST_WAY = {"cli/console.py", "cli/report.py", "lock/model.py", "ops/matching.py", "ops/means.py"}
"""Imported by a sync that reads no project and no lock, and pass on what others make of those."""
ENVIRON_HOME = {
    "cli/app.py",
    "cli/frame.py",
    "cli/lock_commands.py",
    "cli/project_commands.py",
    "cli/tool_commands.py",
    "ops/sync.py",
}
EXEC_HOME = {"quick.py", "ops/run.py"}


def name(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def attributes(module: Path) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_says_what_it_is_for(module: Path) -> None:
    text = module.read_text("utf-8")

    assert not text or ast.get_docstring(tree(module))


@pytest.mark.parametrize("module", [m for m in MODULES if name(m) not in LATE_IMPORTS], ids=name)
def test_imports_stand_at_the_top(module: Path) -> None:
    functions = [n for n in ast.walk(tree(module)) if isinstance(n, ast.FunctionDef)]

    late = [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]

    assert late == []


def test_only_what_hands_over_the_engines_names_types_it_does_not_import() -> None:
    users = {name(m) for m in MODULES if "TYPE_CHECKING" in m.read_text("utf-8")}

    assert users == {"named.py", "ops/wiring.py", "ops/world.py"} | ON_THE_SHORTEST_WAY


@pytest.mark.parametrize("module", [m for m in MODULES if name(m) not in STREAMS_HOME], ids=name)
def test_only_the_console_prints(module: Path) -> None:
    calls = [n.func for n in ast.walk(tree(module)) if isinstance(n, ast.Call)]

    assert not [c for c in calls if isinstance(c, ast.Name) and c.id == "print"]
    assert not {"sys.stdout", "sys.stderr"} & set(attributes(module))


@pytest.mark.parametrize("module", [m for m in MODULES if name(m) not in ENVIRON_HOME], ids=name)
def test_variables_are_read_in_one_place(module: Path) -> None:
    assert not {"os.environ", "os.getenv"} & set(attributes(module))


def test_only_quick_and_run_replace_the_process() -> None:
    users = {name(m) for m in MODULES if any(a.startswith("os.exec") for a in attributes(m))}

    assert users <= EXEC_HOME


def test_only_fsio_locks_files() -> None:
    users = {
        name(m)
        for m in MODULES
        for n in ast.walk(tree(m))
        if isinstance(n, ast.Import) and n.names[0].name == "fcntl"
    }

    assert users == {"fsio.py"}


def test_the_registry_is_named_nowhere() -> None:
    from distlib.index import DEFAULT_INDEX

    host = DEFAULT_INDEX.split("/")[2]
    root = SOURCE.parents[1]
    tracked = [
        path
        for folder in ("src", "tests", "docs", "examples")
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".sh"}
    ]

    assert [p.name for p in tracked if host in p.read_text("utf-8")] == []
