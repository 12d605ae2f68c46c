import pytest

from detent.cli import edit_options, starting
from detent.cli.parse import parse
from detent.errors import UsageError
from detent.ops.edit import AddOptions
from detent.ops.init import InitOptions
from detent.project.edit import Table


def added(line: str) -> AddOptions:
    return edit_options.add(parse(["add", *line.split()], {}).values)


def test_where_a_requirement_goes() -> None:
    assert added("a").table == Table("project", "")
    assert added("a --dev").table == added("a -d").table == Table("group", "dev")
    assert added("a --group Docs").table == Table("group", "Docs")
    assert added("a --optional net").table == Table("extra", "net")


def test_bounds_are_none_until_asked_for() -> None:
    assert added("a").bounds is None
    assert added("a --bounds exact").bounds == "exact"


@pytest.mark.parametrize(
    "line", ["--dev --group x a", "--dev --optional x a", "--bounds lower --raw a", "--locked --frozen a"]
)
def test_what_excludes_each_other(line: str) -> None:
    with pytest.raises(UsageError, match="cannot be used together"):
        added(line)


@pytest.mark.parametrize("words", [["--group", ""], ["--group=-x"], ["--optional", "a b"]])
def test_names_that_cannot_be(words: list[str]) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        edit_options.add(parse(["add", *words, "a"], {}).values)


def started(line: str) -> InitOptions:
    return starting.options(parse(["new", *line.split()], {}).values)


def test_what_kind_of_project_is_started() -> None:
    assert started("x") == InitOptions(path="x", kind="app")
    assert started("--package --lib").kind == "lib"
    assert started("--no-package --app").kind == "script"
    assert started("--bare")[1:3] == ("script", True)
    assert started("--bare --package")[1:3] == ("app", True)
    assert started("--bare --build-backend hatch")[1:3] == ("app", True)
    assert started("--build-backend poetry").backend == "poetry-core"
    assert started("--build-backend flit-core").backend == "flit-core"
    assert started("--author-from none").author_from == "none"
    for line in ("--app --lib", "--lib --no-package", "--build-backend pdm --no-package"):
        with pytest.raises(UsageError, match="cannot be used together"):
            started(line)
