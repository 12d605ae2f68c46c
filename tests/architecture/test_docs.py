"""The reference says what the code does: every code, variable and dependency, and none that is not there."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from detent import errors
from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.model import limits
from detent.project import settings
from detent.project.known import KNOWN
from support import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "detent"
FAMILIES = {
    "DetentError",
    "Failures",
    "ProjectError",
    "LockError",
    "ResolveError",
    "BuildError",
    "FetchError",
    "StoreError",
    "InstallError",
    "PythonError",
}
"""Classes that only gather others: nobody ever sees their codes."""


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def error_classes() -> Iterator[type[errors.DetentError]]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.DetentError):
            yield value


def calls() -> set[str]:
    """Give every plain name that is called anywhere in the source."""
    trees = (ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py"))
    nodes = (node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def sections() -> dict[str, str]:
    """Give the text below each `###` heading of the errors."""
    _, *parts = re.split(r"^### (.+)$", read("reference/errors.md"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_error_code_has_its_heading_and_no_heading_is_without_a_code() -> None:
    codes = {error.code for error in error_classes() if error.__name__ not in FAMILIES}

    assert set(sections()) == codes
    assert FAMILIES & calls() == {"Failures"}


def test_an_exit_code_other_than_1_stands_with_its_error() -> None:
    said = {
        code: int(found[1]) if (found := re.search(r"\*Exit code (\d+)\.\*", text)) else 1
        for code, text in sections().items()
    }

    assert said == {e.code: e.exit_code for e in error_classes() if e.__name__ not in FAMILIES}


def test_every_exit_code_stands_in_its_table() -> None:
    said = {int(code) for code in re.findall(r"^\| (\d+) \|", read("reference/exit-codes.md"), re.MULTILINE)}

    assert said == {0, 129, 130, 143, *(error.exit_code for error in error_classes())}


def known_variables() -> set[str]:
    flags = [*GLOBAL, *(flag for command in COMMANDS for flag in command.flags)]
    return {
        *(flag.variable for flag in flags if flag.variable),
        *(variable for variable, _, _ in settings.VARIABLES),
        *limits.VARIABLES.values(),
        "DETENT_CREDENTIALS_DIR",  # no setting: where logins lie is no business of configuration
    }


def test_every_variable_is_described_and_every_described_one_exists() -> None:
    said = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", read("reference/environment-variables.md")))
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))

    assert known_variables() - said == set()
    assert {name for name in said - known_variables() if not re.search(rf'["`]{name}["`]', code)} == set()
    assert not [name for name in said - known_variables() if name.startswith("DETENT_")]


def test_the_limits_have_the_defaults_that_are_written() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", read("reference/environment-variables.md"), re.MULTILINE)

    assert {name: int(value) for name, value in rows} == {
        variable: limits.Limits._field_defaults[field] for field, variable in limits.VARIABLES.items()
    }


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_pages_made_from_the_code_are_up_to_date(path: Path) -> None:
    told = path.read_text("utf-8") if path.exists() else ""

    assert told == reference.pages()[path], f"run `{reference.COMMAND}`"


def test_every_key_named_in_the_configuration_exists() -> None:
    headings = re.findall(r"^## (.+)$", read("reference/configuration.md"), re.MULTILINE)

    assert headings == [known.name for known in KNOWN]


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]

    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []


def test_the_promises_name_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w./-]+)`", read("explanation/promises.md"))

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_test_that_holds_off_a_threat_exists() -> None:
    text = read("contributing/threats.md")
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", text)

    assert len(named) > 100
    assert set(named) - set(re.findall(r"def (test_\w+)", tests)) == set()
    files = re.findall(r"\b((?:unit|property|integration|e2e|faults|security)/[\w/]+)[:,]", text)
    assert [path for path in files if not (ROOT / "tests" / f"{path}.py").exists()] == []


def test_every_advisory_has_its_row_and_every_row_its_test() -> None:
    names = re.compile(r"(?:cve_\d+|ghsa_\w{4}_\w{4})_\w+?(?=_)")
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests" / "security").glob("*.py"))

    assert set(names.findall(read("contributing/threats.md"))) == {
        name for test in re.findall(r"def (test_\w+)", tests) for name in names.findall(test)
    }


def test_every_package_and_module_of_the_top_stands_in_the_architecture() -> None:
    text = read("contributing/architecture.md")
    tops = {
        path.stem for path in SOURCE.iterdir() if not path.name.startswith("_") and path.suffix != ".typed"
    }

    assert {name for name in tops if f"`{name}`" not in text} == set()


def project() -> dict[str, list[str]]:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {"run": data["project"]["dependencies"], "dev": data["dependency-groups"]["dev"]}


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_every_dependency_has_its_reason() -> None:
    reasons = re.findall(r"^\| ([\w-]+) \|", read("contributing/dependencies.md"), re.MULTILINE)

    assert sorted(reasons) == sorted(["dependency", *map(name_of, project()["run"])])


def test_everything_the_tests_install_is_pinned() -> None:
    lines = (ROOT / "tests" / "constraints.txt").read_text("utf-8").split()

    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    assert {name_of(r) for r in project()["run"] + project()["dev"]} - set(map(name_of, lines)) == set()


def test_the_gate_runs_the_tests_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()

    assert [line for line in lines if not line.startswith(("#", "set ", "cd "))] == ["exec sh tests/run.sh"]
