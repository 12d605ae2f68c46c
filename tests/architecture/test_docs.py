"""The reference says what the code does: every code, variable and dependency, and none that is not there."""

import ast
import importlib
import pkgutil
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from detent import errors
from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.cli.parse import Doubt, parse
from detent.model import limits
from detent.project import settings
from detent.project.known import KNOWN
from support import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "detent"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
SETTINGS = {known.name for known in KNOWN}
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


def error_classes() -> set[type[errors.DetentError]]:
    names = (module.name for module in pkgutil.iter_modules(errors.__path__))
    modules = [errors, *(importlib.import_module(f"detent.errors.{name}") for name in names)]
    found = (value for module in modules for value in vars(module).values())
    return {value for value in found if isinstance(value, type) and issubclass(value, errors.DetentError)}


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


def anchors(page: Path) -> set[str]:
    """Give what a link can name of a page: its headings, as sites that show Markdown spell them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    there = page.parent / name if name else page
    return there.exists() and (not anchor or anchor in anchors(there))


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^):]+)\)", page.read_text("utf-8"))
        if not leads_somewhere(page, target)
    ]

    assert dead == []


def typed(page: Path) -> Iterator[str]:
    """Give the lines of a page that one is to type."""
    text = page.read_text("utf-8")
    for language, block in re.findall(r"^ *```(\w+)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if language == "sh" or (language == "console" and line.lstrip().startswith("$ ")):
                yield line.strip().removeprefix("$ ")
            elif language == "yaml":
                yield line.partition("entry: ")[2]
    if "examples" in page.parts:
        yield from re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)


def named(page: Path) -> list[str]:
    """Give the commands that the prose of a page names; they may lack what has to follow."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line.replace("\n", " ") for line in re.findall(r"`(detent [^`]+)`", text)]


def words_of(line: str) -> Iterator[list[str]]:
    """Give the words behind each `detent` of a line for a shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in (*lexer, ";"):
        if set(word) - set("();<>|&"):
            words.append(word)
            continue
        while words and ("=" in words[0] or words[0] in {"exec", "eval"}):
            words = words[1:]
        if len(words) > 1 and words[0].rpartition("/")[2] == "detent":
            yield words[1:]
        words = []


def matter_with(words: list[str]) -> str:
    try:
        parse(words, {})
    except Doubt as doubt:
        return "" if doubt.matter in {"help", "version"} else doubt.matter
    except errors.DetentError as error:
        return error.code
    return ""


def test_every_command_that_is_shown_can_be_typed() -> None:
    lines = [(page, words) for page in PAGES for line in typed(page) for words in words_of(line)]

    assert len(lines) > 150
    assert [(page.name, words, matter_with(words)) for page, words in lines if matter_with(words)] == []


def test_every_command_that_is_named_exists_and_has_these_flags() -> None:
    fine = {"", "argument missing", "no command"}
    lines = [(page, words) for page in PAGES for line in named(page) for words in words_of(line)]

    assert len(lines) > 300
    assert [
        (page.name, words, matter_with(words))
        for page, words in lines
        if words[0] != "COMMAND" and matter_with(words) not in fine
    ] == []


def test_every_error_that_is_shown_has_its_code() -> None:
    shown = {
        (page.name, code)
        for page in PAGES
        for code in re.findall(r"^error: .* \[([\w-]+)\]$", page.read_text("utf-8"), re.MULTILINE)
    }

    assert len(shown) > 10
    assert {code for _, code in shown} - {error.code for error in error_classes()} == set()


def test_every_setting_that_is_shown_exists() -> None:
    tables = [
        (page.name, tomllib.loads(block).get("tool", {}).get("detent", {}))
        for page in PAGES
        if page.name != "lock.md"  # a lock has a table of that name, too
        for block in re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    ]

    assert sum(map(bool, (table for _, table in tables))) > 20
    assert {(page, key) for page, table in tables for key in table if key not in SETTINGS} == set()


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
