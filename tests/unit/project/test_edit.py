import tomllib

import pytest

from detent.errors import Unsupported
from detent.errors.project import DependencyMissing, ManifestInvalid
from detent.errors.usage import InvalidRequirementText
from detent.project.edit import Table, add_requirement, entry, remove_requirement

PROJECT = Table("project")
DEV = Table("group", "dev")
NET = Table("extra", "net")

HEAD = '[project]\nname = "me"\nversion = "1"\n'


def listed(array: str) -> str:
    return f"{HEAD}dependencies = {array}\n"


def added(array: str, *requirements: str) -> str:
    """What a list of dependencies becomes."""
    text = listed(array)
    for requirement in requirements:
        text = add_requirement(text, PROJECT, requirement)
    return text.removeprefix(f"{HEAD}dependencies = ").removesuffix("\n")


def removed(array: str, name: str) -> str:
    text = remove_requirement(listed(array), PROJECT, name)
    return text.removeprefix(f"{HEAD}dependencies = ").removesuffix("\n")


# ---- a new entry ----------------------------------------------------------------------------


def test_the_empty_list_of_a_new_project_becomes_a_block() -> None:
    assert added("[]", "httpx>=0.28") == '[\n    "httpx>=0.28",\n]'


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ('["a", "c"]', '["a", "b", "c"]'),
        ("['a','c']", "['a','b','c']"),
        ('[ "a" ]', '[ "a", "b" ]'),
        ('["a",]', '["a", "b",]'),
        ('[\n  "a",\n]', '[\n  "a",\n  "b",\n]'),
        ('[\n\t"a"\n]', '[\n\t"a",\n\t"b"\n]'),
        ('[\n  "a" # one\n]', '[\n  "a", # one\n  "b"\n]'),
        ('[\n  "a"\n, "c"\n]', '[\n  "a"\n, "b"\n, "c"\n]'),
        ('["a",\n "c"]', '["a",\n "b",\n "c"]'),
        ("[ ]", '[ "b" ]'),
        ("[\n  # nothing yet\n]", '[\n  # nothing yet\n  "b",\n]'),
        # Not the block: with one entry it would be what adding makes where there is no list at all.
        ("[\n]", '["b"\n]'),
    ],
)
def test_a_new_entry_follows_the_manner_of_the_list(array: str, expected: str) -> None:
    assert added(array, "b") == expected


def test_a_sorted_list_stays_sorted_whatever_the_case() -> None:
    assert added('["Aa", "bb", "Cc"]', "BC") == '["Aa", "bb", "BC", "Cc"]'


def test_a_list_sorted_by_name_stays_so_where_plain_text_would_differ() -> None:
    assert added('["a>=1", "a-b", "a-d"]', "a-c") == '["a>=1", "a-b", "a-c", "a-d"]'


def test_a_list_sorted_as_plain_text_stays_so() -> None:
    assert added('["a-b", "a>=1"]', "a-c") == '["a-b", "a-c", "a>=1"]'


def test_a_list_in_no_order_gets_the_new_entry_last() -> None:
    assert added('["b", "a"]', "aa") == '["b", "a", "aa"]'


def test_comments_stay_with_the_entry_they_stand_above() -> None:
    array = '[\n    # needed for b\n    "b",  # really\n    # needed for d\n    "d",\n]'

    assert added(array, "a", "c", "e") == (
        '[\n    "a",\n    # needed for b\n    "b",  # really\n    "c",\n'
        '    # needed for d\n    "d",\n    "e",\n]'
    )


def test_windows_line_ends_and_a_byte_order_mark_are_kept() -> None:
    text = "\ufeff" + listed('[\n  "a",\n]').replace("\n", "\r\n")

    assert add_requirement(text, PROJECT, "b") == text.replace('"a",\r\n', '"a",\r\n  "b",\r\n')


def test_quotes_of_a_marker_give_way_to_those_of_the_list() -> None:
    assert added("['a']", "b; os_name == 'nt'") == "['a', 'b; os_name == \"nt\"']"
    assert added('["a"]', 'b; os_name == "nt"') == '["a", "b; os_name == \'nt\'"]'


def test_entries_of_a_group_find_their_place_among_includes() -> None:
    text = f'{HEAD}[dependency-groups]\ndev = [{{include-group = "lint"}}, "a", "c"]\nlint = []\n'

    assert '[{include-group = "lint"}, "a", "b", "c"]' in add_requirement(text, DEV, "b")


# ---- an entry that is there already ---------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "wish", "new"),
    [
        ("'requests >=2, <3'", "requests>=2.34", "'requests >=2.34'"),
        ('"requests"', "requests>=2.34.2", '"requests>=2.34.2"'),
        ('"Requests[ socks ]>=2"', "requests[use_chardet]", '"Requests[socks,use_chardet]>=2"'),
        ('"requests[b, a]"', "requests[c]>=1", '"requests[b, a, c]>=1"'),
        ("\"requests ; os_name=='nt'\"", "requests>=2; os_name == 'nt'", "\"requests>=2 ; os_name=='nt'\""),
        ('"requests (>=1)"', "requests>=2", '"requests >=2"'),
        ('"requests>=1"', "requests >=2 , <3", '"requests>=2,<3"'),
        ('"""requests"""', "requests>=2", '"requests>=2"'),
        ('"requests @ https://host.example/r.whl"', "requests>=2", '"requests>=2"'),
    ],
)
def test_an_entry_is_changed_in_place_and_keeps_its_manner(old: str, wish: str, new: str) -> None:
    assert added(f"[ {old} , 'other' ]", wish) == f"[ {new} , 'other' ]"


@pytest.mark.parametrize(
    ("old", "wish"),
    [
        ('"requests >= 2"', "requests"),
        ('"requests >= 2, <3"', "requests<3,>=2"),
        ('"requests[Socks] >= 2"', "requests[socks]"),
        ("\"requests; os_name=='nt'\"", "requests; 'nt' == os_name"),
        ('"\\u0072equests"', "requests"),
    ],
)
def test_a_wish_that_asks_for_nothing_new_changes_no_byte(old: str, wish: str) -> None:
    assert added(f"[{old}]", wish) == f"[{old}]"


def test_another_marker_makes_another_entry() -> None:
    assert added('["a>=1"]', "a<1; os_name == 'nt'") == '["a>=1", "a<1; os_name == \'nt\'"]'


def test_an_entry_that_stands_twice_is_not_guessed_about() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        added('[\n "a>=1",\n "a<3",\n]', "a>=2")

    assert caught.value.where == "pyproject.toml:6:2"
    assert "`pyproject.toml:5:2` and `pyproject.toml:6:2`" in caught.value.why


def test_one_can_ask_which_entry_would_change() -> None:
    text = listed("['A[x]>=1']")

    assert str(entry(text, PROJECT, "a")) == "a[x]>=1"
    assert entry(text, PROJECT, "a; os_name == 'nt'") is None
    assert entry(text, DEV, "a") is None


# ---- a list that is not there yet -----------------------------------------------------------


def test_dependencies_are_made_behind_requires_python() -> None:
    text = HEAD + 'requires-python = ">=3.11"\nreadme = "README.md"\n\n[tool.x]\n'

    made = add_requirement(text, PROJECT, "a")

    assert made == text.replace('3.11"\n', '3.11"\ndependencies = [\n    "a"\n]\n')
    assert remove_requirement(made, PROJECT, "a") == text


def test_groups_and_extras_are_made_behind_the_tables_of_the_project() -> None:
    text = HEAD + '\n[project.scripts]\nme = "me:main"\n# about scripts\n\n[build-system]\nrequires = []\n'

    made = add_requirement(add_requirement(text, NET, "a"), DEV, "b")

    assert made == text.replace(
        "# about scripts\n",
        '# about scripts\n\n[project.optional-dependencies]\nnet = [\n    "a",\n]\n'
        '\n[dependency-groups]\ndev = [\n    "b",\n]\n',
    )
    assert remove_requirement(remove_requirement(made, DEV, "b"), NET, "a") == text


def test_a_new_list_joins_a_table_that_is_there() -> None:
    text = HEAD + '\n[dependency-groups]\ntest = [\n  "t",\n]  # end\n\n[tool.x]\n'

    made = add_requirement(text, DEV, "d")

    assert made == text.replace("]  # end\n", ']  # end\ndev = [\n  "d",\n]\n')
    assert remove_requirement(made, DEV, "d") == text


def test_a_name_that_is_no_bare_key_is_quoted() -> None:
    made = add_requirement(HEAD, Table("group", "a.b"), "d")

    assert tomllib.loads(made)["dependency-groups"] == {"a.b": ["d"]}


def test_dotted_keys_are_continued() -> None:
    text = 'project.name = "me"\nproject.version = "1"\n[tool.x]\n'

    made = add_requirement(text, PROJECT, "d")

    assert (
        made == 'project.name = "me"\nproject.version = "1"\nproject.dependencies = [\n    "d"\n]\n[tool.x]\n'
    )


def test_a_list_is_found_by_any_spelling_of_its_name() -> None:
    text = f'{HEAD}[project.optional-dependencies]\nNet_Work = ["a"]\n'

    assert '["a", "b"]' in add_requirement(text, Table("extra", "net-work"), "b")


def test_lists_inside_inline_tables_are_edited_and_never_made() -> None:
    text = 'project = { name = "me", dependencies = [] }\n'

    assert add_requirement(text, PROJECT, "a") == 'project = { name = "me", dependencies = ["a"] }\n'
    with pytest.raises(Unsupported, match="inside the inline table `project`"):
        add_requirement(text, NET, "a")


# ---- removing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ('["a", "b", "c"]', '["a", "c"]'),
        ('["b", "c"]', '["c"]'),
        ('["a", "b"]', '["a"]'),
        ('["a", "b",]', '["a",]'),
        ('[\n  "a", # one\n  "b", # two\n  "c",\n]', '[\n  "a", # one\n  "c",\n]'),
        ('[\n  "a", # one\n  "b" # two\n]', '[\n  "a" # one\n]'),
        ('[\n  "a",\n  # about b\n  "b",\n]', '[\n  "a",\n  # about b\n]'),
        ('["a", # one\n "b"]', '["a" # one\n ]'),
        ('["B", "a", "b; os_name == \'nt\'"]', '["a"]'),
        ('["b"]', "[]"),
        ('[\n    "b",\n]', "[]"),
        ('[ # none\n  "b"]', "[ # none\n  ]"),
    ],
)
def test_every_entry_of_the_name_goes_and_the_rest_stays(array: str, expected: str) -> None:
    assert removed(array, "b") == expected


def test_a_list_the_user_left_empty_stays() -> None:
    text = f"{HEAD}\n[dependency-groups]\ndev = []\n"

    assert remove_requirement(add_requirement(text, DEV, "a"), DEV, "a") == text


def test_a_group_that_others_name_stays_when_it_is_empty() -> None:
    text = f'{HEAD}[dependency-groups]\nall = [{{include-group = "dev"}}]\ndev = [\n    "a",\n]\n'

    assert remove_requirement(text, DEV, "a").endswith("dev = []\n")


def test_a_group_that_is_a_default_stays_when_it_is_empty() -> None:
    text = f'{HEAD}[dependency-groups]\ndev = [\n    "a",\n]\n[tool.detent]\ndefault-groups = ["dev"]\n'

    assert "dev = []\n" in remove_requirement(text, DEV, "a")


def test_an_extra_the_project_refers_to_stays_when_it_is_empty() -> None:
    text = f'{HEAD}[project.optional-dependencies]\nall = ["me[net]"]\nnet = [\n    "a",\n]\n'

    assert remove_requirement(text, NET, "a").endswith("net = []\n")


def test_what_is_not_there_is_said_with_the_places_where_it_is() -> None:
    text = (
        f'{listed("[]")}[project.optional-dependencies]\nNet = ["a"]\n[dependency-groups]\ndev = ["A>=1"]\n'
    )

    with pytest.raises(DependencyMissing) as caught:
        remove_requirement(text, PROJECT, "a")

    assert caught.value.what == "the dependency `a` could not be found in `project.dependencies`"
    assert caught.value.why == "it stands in `project.optional-dependencies.Net` and `dependency-groups.dev`"
    assert caught.value.next_steps == (
        "run `detent remove a --optional Net`",
        "run `detent remove a --group dev`",
    )


def test_a_list_that_does_not_exist_has_nothing_to_remove() -> None:
    with pytest.raises(DependencyMissing, match=r"`dependency-groups\.dev`"):
        remove_requirement(HEAD, DEV, "a")


# ---- what is refused ------------------------------------------------------------------------


def test_a_wish_that_is_no_requirement_is_refused() -> None:
    with pytest.raises(InvalidRequirementText, match="`a b` is not a valid requirement"):
        add_requirement(HEAD, PROJECT, "a b")


def test_a_wish_by_url_is_written_as_it_is_given() -> None:
    added = add_requirement(HEAD, PROJECT, "a @ https://host.example/a.whl")

    assert '"a @ https://host.example/a.whl"' in added
    assert remove_requirement(added, PROJECT, "a") == HEAD


@pytest.mark.parametrize(
    ("text", "table", "what"),
    [
        ("project = 3\n", PROJECT, "`project` must be a table, found a number"),
        ("[[dependency-groups]]\n", DEV, "`dependency-groups` must be a table, found a list"),
        (listed('"a"'), PROJECT, "`project.dependencies` must be a list of strings, found a string"),
        ("a = \n", PROJECT, "not valid TOML"),
        ("[tool.x]\n", PROJECT, "there is no `[project]` table"),
    ],
)
def test_a_file_that_cannot_be_edited_is_named(text: str, table: Table, what: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        add_requirement(text, table, "a")

    assert what in caught.value.what
