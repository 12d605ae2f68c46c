import pytest

from detent.cli.complaints import complaint, help_topic
from detent.cli.parse import Doubt, parse
from detent.errors import UsageError


def said(line: str) -> tuple[str, str, tuple[str, ...]]:
    with pytest.raises(Doubt) as caught:
        parse(line.split(), {})
    error = complaint(caught.value)
    assert error.exit_code == 2
    return error.what, error.why, error.next_steps


def test_a_misspelled_command_gets_its_nearest() -> None:
    assert said("snyc") == (
        "unknown command `snyc`",
        "",
        ("did you mean `detent sync`?", "see every command with `detent --help`"),
    )
    assert said("cache claen") == (
        "unknown command `cache claen`",
        "the commands of `detent cache` are `dir`, `size`, `list`, `prune`, `verify`, `clean`",
        ("did you mean `detent cache clean`?", "see every command with `detent cache --help`"),
    )
    assert said("install x")[2][0] == "did you mean `detent add` or `detent sync`?"
    assert said("compile")[2][0] == "did you mean `detent lock`?"
    assert said("zzz")[2] == ("see every command with `detent --help`",)


def test_flags() -> None:
    assert said("lock --dry-rum") == (
        "unknown flag `--dry-rum`",
        "",
        ("did you mean `--dry-run`?", "see `detent lock --help`"),
    )
    assert said("--dev add")[1] == "flags of a command stand after its name"
    assert "its own flags stand after its name" in said("run --nope ls")[1]
    assert said("add --group") == (
        "the flag `--group` needs a value",
        "nothing follows it",
        ("write `--group GROUP`; see `detent add --help`",),
    )
    assert said("add --group --dev") == (
        "the flag `--group` needs a value",
        "`--dev` after it is another flag",
        ("write `--group GROUP`; see `detent add --help`",),
    )
    assert said("build -C --quiet=yes")[1:] == (
        "`--quiet=yes` after it is another flag",
        ("write `-C KEY=VALUE`; see `detent build --help`",),
    )
    assert said("build -C --build-option=-v")[1:] == (
        "`--build-option=-v` after it looks like another flag",
        (
            "write `-C KEY=VALUE`; see `detent build --help`",
            "or `-C=--build-option=-v`, if that is the value",
        ),
    )
    assert said("add --dev=x") == (
        "the flag `--dev` takes no value",
        "it was given `x`",
        ("write `--dev` alone",),
    )
    assert said("sync --link-mode copi") == (
        "the flag `--link-mode` cannot be `copi`",
        "it is one of `auto`, `clone`, `hardlink`, `copy`, `directory`",
        ("did you mean `--link-mode copy`?",),
    )


def test_arguments() -> None:
    assert said("remove") == ("`detent remove` needs `NAME...`", "", ("see `detent remove --help`",))
    assert said("why")[0] == "`detent why` needs `NAME[==V]`"
    assert said("lock x")[:2] == ("unexpected argument `x`", "`detent lock` takes no arguments, only flags")
    assert said("completion fisch") == (
        "`detent completion` cannot be given `fisch`",
        "it takes `bash`, `zsh`, `fish`, `powershell`",
        ("did you mean `detent completion fish`?",),
    )
    assert said("config show")[1].startswith("the commands of `detent config` are `list`, `get`, ")
    assert said("init a b")[:2] == ("unexpected argument `b`", "`detent init` takes only `PATH`")


def test_what_help_is_about() -> None:
    assert [help_topic(words.split()) for words in ("", "add", "cache", "cache clean")] == [
        "",
        "add",
        "cache",
        "cache clean",
    ]
    for words in ("adt", "cache claen", "add x"):
        with pytest.raises(UsageError, match="unknown command"):
            help_topic(words.split())
