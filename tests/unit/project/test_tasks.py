"""`[tool.detent.tasks]`: what a project calls its own commands."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.tasks import Task, order, read_tasks


def tasks(body: str) -> dict[str, Task]:
    return read_tasks(f"[tool.detent.tasks]\n{body}", "pyproject.toml")


def test_a_list_of_words_is_a_task() -> None:
    found = tasks('test = ["pytest", "-q"]\n')

    assert found == {"test": Task("test", ("pytest", "-q"))}
    assert found["test"].is_plain


def test_a_table_says_more() -> None:
    found = tasks(
        'docs = { run = ["mkdocs", "build"], help = "Build the pages", env = { STRICT = "1" }, cwd = "site", '
        'groups = ["Docs"], extras = ["All"], depends = ["test"] }\ntest = ["pytest"]\n'
    )["docs"]

    assert found.command == ("mkdocs", "build")
    assert (found.help, found.variables, found.folder) == ("Build the pages", (("STRICT", "1"),), "site")
    assert (found.groups, found.extras, found.depends) == (("docs",), ("all",), ("test",))
    assert not found.is_plain


def test_the_projects_folder_is_all_that_is_expanded() -> None:
    found = tasks(
        'a = { run = ["x", "${PROJECT_ROOT}/y", "$HOME"], env = { P = "${PROJECT_ROOT}" }, cwd = "${PROJECT_ROOT}/z" }\n'
    )["a"].at("/home/me/app")

    assert found.command == ("x", "/home/me/app/y", "$HOME")
    assert (found.variables, found.folder) == ((("P", "/home/me/app"),), "/home/me/app/z")


def test_what_a_task_waits_for_comes_first_and_once() -> None:
    found = tasks(
        'all = { depends = ["lint", "test"] }\nlint = { run = ["lint"], depends = ["made"] }\n'
        'test = { run = ["test"], depends = ["made"] }\nmade = ["make"]\n'
    )

    assert [task.name for task in order(found, "all")] == ["made", "lint", "test", "all"]


@pytest.mark.parametrize(
    ("body", "where", "told"),
    [
        ('a = "pytest -q"\n', ":2:", "is a list of words, found a string"),
        ("a = []\n", ":2:", "names no program"),
        ('a = [""]\n', ":2:", "names no program"),
        ("a = [1]\n", ":2:", "must be a list of strings"),
        ("a = 1\n", ":2:", "must be a list of strings"),
        ("a = {}\n", ":2:", "runs nothing"),
        ('a = { cmd = ["x"] }\n', ":2:", "`cmd` is nothing that a task can say"),
        ('a = { run = ["x"], env = ["y"] }\n', ":2:", "must be a table"),
        ('a = { run = ["x"], env = { "A=B" = "y" } }\n', ":2:", "cannot be the name of a variable"),
        ('a = { run = ["x"], cwd = 1 }\n', ":2:", "must be a string"),
        ('a = { run = ["x"], groups = ["-"] }\n', ":2:", "not a valid name"),
        (
            'a = { run = ["x"], depends = ["tset"] }\ntest = ["y"]\n',
            ":2:",
            "depends on `tset`, which is no task",
        ),
        ('a = { run = ["x"], depends = ["b"] }\nb = { depends = ["a"] }\n', ":2:", "waits for itself"),
        ('"-a" = ["x"]\n', ":2:", "cannot be the name of a task"),
        ('"a b" = ["x"]\n', ":2:", "cannot be the name of a task"),
        ('a = ["x\\u0000"]\n', ":2:", "null"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(body: str, where: str, told: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        tasks(body)

    assert where in str(caught.value)
    assert told in str(caught.value)


def test_a_string_is_answered_with_the_list_it_would_be() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        tasks('a = "pytest -q"\n')

    assert caught.value.next_steps == ('write it like `["pytest", "-q"]`',)


def test_a_circle_is_told_with_its_way() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        tasks('a = { depends = ["b"] }\nb = { depends = ["a"] }\n')

    assert caught.value.why == "`a` needs `b` needs `a`"


def test_there_need_not_be_any() -> None:
    assert read_tasks('[project]\nname = "tasks"\n', "pyproject.toml") == {}
