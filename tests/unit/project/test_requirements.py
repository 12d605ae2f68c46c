import pytest

from detent.errors.project import ManifestInvalid
from detent.model.requirement import Origin
from support.manifests import fault, faults, manifest, pyproject


def groups(text: str) -> dict[str, list[str]]:
    return {name: [str(r) for r in needs] for name, needs in manifest(pyproject(text)).groups}


def test_every_requirement_knows_its_table_and_line() -> None:
    text = pyproject(
        """
[project.optional-dependencies]
Net = ["c"]
[dependency-groups]
dev = [
    # tests
    "d",
]
""",
        project='dependencies = [\n  "a", "b",\n]',
    )

    found = manifest(text)

    assert [r.origin for r in found.dependencies] == [Origin("project.dependencies", 6)] * 2
    assert found.extras[0][1][0].origin == Origin("project.optional-dependencies.Net", 10)
    assert found.groups[0][1][0].origin == Origin("dependency-groups.dev", 14)


def test_names_of_extras_and_groups_are_normalised_and_sorted() -> None:
    text = pyproject(
        "[project.optional-dependencies]\nZ_1 = []\nA = []\n[dependency-groups]\nMy_Group = []\n"
    )

    found = manifest(text)

    assert [name for name, _ in found.extras] == ["a", "z-1"]
    assert [name for name, _ in found.groups] == ["my-group"]


def test_an_included_group_stands_for_its_entries_at_its_place() -> None:
    text = """
[dependency-groups]
all = ["a", {include-group = "Test"}, "z"]
test = ["m", {include-group = "lint"}]
lint = ["n"]
"""
    assert groups(text) == {"all": ["a", "m", "n", "z"], "lint": ["n"], "test": ["m", "n"]}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            '[dependency-groups]\na = [{include-group = "b"}]\n',
            "7:6",
            "the included group `b` does not exist",
        ),
        (
            '[dependency-groups]\na = [{include-group = "a"}]\n',
            "7:6",
            "the groups include each other in a circle",
        ),
        ('[dependency-groups]\na = [{include = "a"}]\n', "7:6", "found a table of another kind"),
        ('[dependency-groups]\na = [{include-group = "a", x = 1}]\n', "7:6", "found a table of another kind"),
        ('[dependency-groups]\na = [{include-group = "a b"}]\n', "7:6", "an include-group cannot be used"),
        ("[dependency-groups]\na = [1]\n", "7:6", "found a number"),
        (
            '[dependency-groups]\na = "x"\n',
            "7:1",
            "`dependency-groups.a` must be a list of strings, found a string",
        ),
        ('[dependency-groups]\n"a b" = []\n', "7:1", "`a b` in `dependency-groups` cannot be used"),
        (
            "[dependency-groups]\nA-b = []\na_B = []\n",
            "8:1",
            "`a_B` and `A-b` in `dependency-groups` are one name",
        ),
        ("[project.optional-dependencies]\nA = []\na = []\n", "8:1", "`a` and `A` in"),
        (
            "[project.optional-dependencies]\nnet = {}\n",
            "7:1",
            "`project.optional-dependencies.net` must be a list of strings, found a table",
        ),
        (
            '[project.optional-dependencies]\nnet = ["ok", true]\n',
            "7:14",
            "`project.optional-dependencies.net` must be a list of strings, found an item that is a boolean",
        ),
        (
            "[project.optional-dependencies]\nnet = [\n  'ok',\n  'not ok',\n]\n",
            "9:3",
            "`not ok` in `project.optional-dependencies.net` is not a valid requirement",
        ),
    ],
)
def test_a_fault_is_named_with_the_place_of_its_item(text: str, where: str, what: str) -> None:
    error = fault(pyproject(text))

    assert isinstance(error, ManifestInvalid)
    assert error.where == f"pyproject.toml:{where}"
    assert what in error.what


def test_a_circle_of_groups_is_named_whole_and_once() -> None:
    error = fault(
        pyproject(
            '[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "c"}]\n'
            'c = [{include-group = "b"}, "x"]\n'
        )
    )

    assert error.why == "`b` includes `c` includes `b`"


def test_tables_of_the_wrong_type_are_named() -> None:
    found = faults(
        'dependency-groups = 3\n[project]\nname = "a"\nversion = "1"\noptional-dependencies = "x"\n'
    )

    assert [error.what.split(": ")[1] for error in found] == [
        "`project.optional-dependencies` must be a table, found a string",
        "`dependency-groups` must be a table, found a number",
    ]


def test_a_requirement_by_url_has_it_in_its_one_form() -> None:
    text = "dependencies = [\"a @ git+https://Host.example/a.git/@v1#egg=a ; os_name == 'nt'\"]"
    (found,) = manifest(pyproject(project=text)).dependencies

    assert str(found) == "a @ git+https://host.example/a.git@v1 ; sys_platform == 'win32'"


def test_a_url_that_names_no_source_is_refused_with_its_place_and_without_its_password() -> None:
    error = fault(pyproject(project='dependencies = ["a @ https://me:hush@host.example/a.whl"]'))

    assert error.what.startswith(
        "`pyproject.toml:5:17`: `a` cannot come from `https://****@host.example/a.whl`"
    )
    assert "everybody could read" in error.why
