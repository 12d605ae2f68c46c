import pytest

from detent.cli.commands import BY_NAME, COMMANDS
from detent.cli.flags import GLOBAL, RESOLVING, global_beside
from detent.cli.flags import SETTINGS as OF_FLAGS
from detent.cli.grammar import Command
from detent.cli.lookup import command_of, is_group
from detent.cli.parse import Doubt, Matter, parse, with_variables
from detent.errors import UsageError
from detent.project.known import BY_NAME as SETTINGS


def test_flags_may_stand_anywhere_and_the_last_one_wins() -> None:
    parsed = parse(["-q", "add", "a", "--no-sync", "-p", "3.11", "b", "--sync", "-vp3.12", "-q"], {})

    assert parsed.command is BY_NAME["add"]
    assert parsed.values["requirements_given"] == ("a", "b")
    assert parsed.values["no_sync"] is False
    assert parsed.values["python"] == "3.12"
    assert (parsed.values["quiet"], parsed.values["verbose"]) == (2, 1)


def test_values_come_attached_or_apart() -> None:
    for words in (["-r", "f"], ["-rf"], ["-r=f"], ["--requirements", "f"], ["--requirements=f"]):
        assert parse(["add", *words], {}).values["requirements"] == ("f",)
    assert parse(["add", "--group=-x", "a"], {}).values["group"] == "-x"
    assert parse(["add", "--marker", "-", "a"], {}).values["marker"] == "-"


def test_a_shorthand_stands_for_a_flag_with_its_value() -> None:
    assert parse(["lock", "--pre"], {}).values["prerelease"] == "allow"
    assert parse(["lock", "--pre", "--prerelease", "explicit"], {}).values["prerelease"] == "explicit"
    with pytest.raises(Doubt) as caught:
        parse(["lock", "--pre=allow"], {})
    assert (caught.value.matter, caught.value.word) == ("value unwanted", "--pre")


def test_what_other_tools_call_a_flag_is_understood() -> None:
    assert parse(["lock", "--uploaded-prior-to", "P7D"], {}).values["exclude_newer"] == "P7D"
    assert parse(["add", "a", "-cf"], {}).values["constraints"] == ("f",)


@pytest.mark.parametrize(
    "name", ["lock", "add", "remove", "sync", "run", "tree", "export", "import", "version"]
)
def test_every_command_that_may_lock_has_the_flags_that_choose_versions(name: str) -> None:
    assert set(RESOLVING) <= set(BY_NAME[name].flags)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_no_spelling_is_of_two_flags(command: Command) -> None:
    flags = (*global_beside(command.flags), *command.flags)
    spellings = [word for flag in flags for word in (*flag.spellings, *flag.hidden, flag.opposite) if word]

    assert [word for word in spellings if spellings.count(word) > 1] == []


def test_a_flag_takes_the_words_that_its_setting_takes() -> None:
    flags = [flag for command in COMMANDS for flag in command.flags if flag.setting and flag.choices]

    assert {flag.name for flag in flags} == {
        "link_mode",
        "prerelease",
        "resolution",
        "fork_strategy",
        "keyring_provider",
    }
    assert [flag for flag in flags if flag.choices != SETTINGS[flag.setting].choices] == []


def test_the_settings_of_flags_are_those_of_all_commands() -> None:
    flags = [flag for command in COMMANDS for flag in (*GLOBAL, *command.flags) if flag.setting]

    assert {flag.name: flag.setting for flag in flags} == OF_FLAGS


@pytest.mark.parametrize("name", BY_NAME)
def test_a_command_is_found_by_its_name(name: str) -> None:
    assert command_of(name) is BY_NAME[name]
    assert not is_group(name)


def test_a_word_may_be_the_first_of_several_commands() -> None:
    assert is_group("cache")
    assert not is_group("cach")
    assert command_of("cache") is None


def test_behind_two_dashes_nothing_is_a_flag() -> None:
    assert parse(["add", "--", "--dev", "--"], {}).values["requirements_given"] == ("--dev", "--")


def test_what_follows_the_command_to_run_belongs_to_it() -> None:
    for words in (
        ["run", "-q", "tool", "--group", "--", "-x"],
        ["run", "-q", "--", "tool", "--group", "--", "-x"],
    ):
        parsed = parse(words, {})
        assert parsed.values["command"] == ("tool", "--group", "--", "-x")
        assert parsed.values["quiet"] == 1
    assert parse(["run", "-m", "tool", "-m"], {}).values["command"] == ("tool", "-m")


def test_variables_set_what_no_flag_does() -> None:
    sync = BY_NAME["sync"]
    variables = {"DETENT_FROZEN": "yes", "DETENT_NO_GROUP": "a b", "DETENT_PROJECT": ""}

    assert with_variables(sync, {}, variables)["frozen"] is True
    assert with_variables(sync, {}, variables)["no_group"] == ("a", "b")
    assert with_variables(sync, {}, variables)["project"] is None
    assert parse(["sync", "--no-frozen"], variables).values["frozen"] is False
    with pytest.raises(UsageError, match="DETENT_FROZEN"):
        parse(["sync"], {"DETENT_FROZEN": "maybe"})


@pytest.mark.parametrize(
    "line",
    [
        "sync --locked --frozen",
        "sync --frozen --resolution lowest",
        "lock --check --regenerate",
        "lock --check-exists --regenerate",
        "lock --check-exists --fork-strategy fewest",
        "lock --regenerate --upgrade",
        "lock --regenerate --upgrade-package a",
        "run --no-project --resolution lowest true",
        "run --no-sync --fork-strategy fewest true",
        "sync --no-install-project --only-install-project",
        "sync --no-install-package a --only-install-package b",
        "run --no-sync --upgrade true",
        "run --isolated --no-project true",
        "run --isolated --active true",
        "run --no-project --extra a true",
        "add --frozen --upgrade a",
        "remove --dev --group b a",
        "lock --check --upgrade-package a",
        "tree --only-dev --extra a",
        "venv --clear --allow-existing",
    ],
)
def test_flags_that_exclude_each_other_are_both_named(line: str) -> None:
    words = line.split()
    one, two = (word for word in words if word.startswith("--"))

    with pytest.raises(UsageError) as caught:
        parse(words, {})

    assert set(caught.value.what.split(" cannot ")[0].split(" and ")) == {f"`{one}`", f"`{two}`"}


def test_a_variable_gives_way_to_a_flag_that_excludes_it() -> None:
    parsed = parse(["sync", "--frozen"], {"DETENT_LOCKED": "1"})

    assert (parsed.values["frozen"], parsed.values["locked"]) == (True, False)
    assert parsed.passed_over == (("DETENT_LOCKED", "--frozen"),)
    assert parse(["sync", "--only-dev"], {"DETENT_NO_DEV": "1"}).values["no_dev"] is False
    assert parse(["sync", "--no-frozen"], {"DETENT_LOCKED": "1"}).values["locked"] is True


def test_variables_that_exclude_each_other_are_both_named() -> None:
    with pytest.raises(UsageError, match="`DETENT_LOCKED` and `DETENT_FROZEN` cannot be used together"):
        parse(["sync"], {"DETENT_LOCKED": "1", "DETENT_FROZEN": "1"})


def test_what_excludes_each_other_are_flags() -> None:
    known = {flag.name for command in COMMANDS for flag in command.flags}

    assert {
        name for command in COMMANDS for one, others in command.clashes for name in (one, *others)
    } <= known


def test_variables_of_settings_are_left_to_the_settings() -> None:
    variables = {"DETENT_PYTHON": "3.12", "DETENT_OFFLINE": "1", "DETENT_NO_BUILD_PACKAGE": "a"}
    values = parse(["sync"], variables).values

    assert (values["python"], values["offline"], values["no_build_package"]) == (None, None, ())
    assert parse(["sync", "--no-offline"], variables).values["offline"] is False


@pytest.mark.parametrize(
    ("line", "matter", "word", "command"),
    [
        ("", "no command", "", ""),
        ("-q", "no command", "", ""),
        ("cache", "no command", "", "cache"),
        ("--help", "help", "--help", ""),
        ("-h add", "help", "-h", ""),
        ("add x --help --nope", "help", "--help", "add"),
        ("cache -h", "help", "-h", "cache"),
        ("cache clean --help", "help", "--help", "cache clean"),
        ("-qV", "version", "", ""),
        ("add -V", "unknown flag", "-V", "add"),
        ("lokc", "unknown command", "lokc", ""),
        ("cache claen", "unknown command", "claen", "cache"),
        ("cache --nope", "unknown flag", "--nope", "cache"),
        ("--dev add", "unknown flag", "--dev", ""),
        ("add -qx", "unknown flag", "-x", "add"),
        ("add --group", "value missing", "--group", "add"),
        ("add --group --dev", "value missing", "--group", "add"),
        ("add -qp", "value missing", "-p", "add"),
        ("add --dev=x", "value unwanted", "--dev", "add"),
        ("sync --link-mode glue", "value unknown", "--link-mode", "sync"),
        ("remove", "argument missing", "", "remove"),
        ("init a b", "argument unwanted", "b", "init"),
        ("lock a", "argument unwanted", "a", "lock"),
        ("completion tcsh", "argument unknown", "tcsh", "completion"),
    ],
)
def test_a_line_in_doubt_says_at_which_word(line: str, matter: Matter, word: str, command: str) -> None:
    with pytest.raises(Doubt) as caught:
        parse(line.split(), {})

    assert (caught.value.matter, caught.value.word, caught.value.command) == (matter, word, command)
