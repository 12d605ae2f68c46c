"""Flags that contradict each other are refused, never ignored."""

import pytest

from detent.cli import lock_options, options, run_options, sync_options, tree_options
from detent.cli.parse import Values, parse
from detent.errors import UsageError
from detent.ops.last_selection import LastSelection
from detent.ops.selection import Chosen
from detent.ops.upgrade import Upgrade


def values(*words: str) -> Values:
    parsed = parse(words, {})
    assert parsed is not None
    return parsed.values


@pytest.mark.parametrize(
    "flags",
    [
        ("--locked", "--frozen"),
        ("--locked", "--upgrade"),
        ("--frozen", "--upgrade"),
        ("--check", "--upgrade"),
        ("--only-dev", "--no-dev"),
        ("--only-dev", "--all-groups"),
        ("--only-dev", "--all-extras"),
    ],
)
def test_switches_that_contradict_each_other_are_refused(flags: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        sync_options.sync(values("sync", *flags))

    assert caught.value.what == f"`{flags[0]}` and `{flags[1]}` cannot be used together"


@pytest.mark.parametrize("more", [("--group", "b"), ("--extra", "b"), ("--all-groups",), ("--all-extras",)])
def test_only_a_group_is_only_that_group(more: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"`--only-group` and `--"):
        sync_options.sync(values("sync", "--only-group", "a", *more))
    with pytest.raises(UsageError, match=r"`--only-group` and `--"):
        run_options.run(values("run", "--only-group", "a", *more, "true"))


def test_several_only_groups_and_one_left_out_are_meant() -> None:
    chosen = sync_options.sync(values("sync", "--only-group", "a", "--only-dev", "--no-group", "b")).chosen

    assert (chosen.only_group, chosen.only_dev, chosen.no_group) == (("a",), True, ("b",))


@pytest.mark.parametrize("flag", ["--locked", "--frozen", "--check"])
def test_one_package_cannot_move_under_a_lock_that_is_kept(flag: str) -> None:
    with pytest.raises(UsageError, match="and `--upgrade-package` cannot be used together"):
        sync_options.sync(values("sync", flag, "-P", "a"))


def test_a_check_of_the_lock_moves_nothing() -> None:
    for moving in (("-U",), ("-P", "a==1")):
        with pytest.raises(UsageError, match="`--check` and `--upgrade"):
            lock_options.lock(values("lock", "--check", *moving))


def test_a_tree_shows_everything_until_something_is_chosen() -> None:
    whole = tree_options.tree(values("tree"))
    part = tree_options.tree(values("tree", "-d", "2", "--no-dev", "--prune", "a", "--no-dedupe"))

    assert (whole.chosen, whole.pruned, whole.dedupe, whole.depth) == (None, (), True, None)
    assert part.chosen is not None
    assert (part.chosen.no_dev, part.pruned, part.dedupe, part.depth) == (True, ("a",), False, 2)


def test_a_run_says_what_it_selects_and_leaves_the_rest_to_the_last_sync() -> None:
    wanted = run_options.run(values("run", "--isolated", "--exact", "-U", "--", "tool", "-x"))

    assert (wanted.command, wanted.no_project, wanted.is_isolated) == (("tool", "-x"), False, True)
    assert (wanted.sync.exact, wanted.sync.last, wanted.sync.upgrade.everything) == (True, "kept", True)
    assert run_options.run(values("run", "-")).command == ("-",)
    assert run_options.run(values("run")).command == ()


def test_a_sync_replaces_what_the_last_one_selected() -> None:
    wanted = sync_options.sync(values("sync", "--no-root", "--no-editable", "--no-install-package", "A.b"))

    assert (wanted.last, wanted.no_install_project, wanted.editable) == ("replaced", True, False)
    assert wanted.no_install == ("a-b",)
    assert list(wanted.selection().flags()) == [
        "--no-install-project",
        "--no-editable",
        "--no-install-package a-b",
    ]


@pytest.mark.parametrize("flag", ["--reinstall-package", "--no-install-package", "--only-install-package"])
def test_a_name_of_a_package_is_one(flag: str) -> None:
    with pytest.raises(UsageError, match=f"`{flag}` takes the name of a package"):
        sync_options.sync(values("sync", flag, "a>=1"))


def test_names_of_groups_may_have_commas_between_them() -> None:
    chosen = sync_options.sync(values("sync", "--with", "a,b", "--group", "c", "--without=d,e,")).chosen

    assert (chosen.group, chosen.no_group) == (("a", "b", "c"), ("d", "e"))
    empty = sync_options.sync(values("sync", "--group=")).chosen
    assert empty.group == ("",)  # told as unknown, not passed over


def test_what_the_last_sync_selected_counts_where_the_flags_say_nothing() -> None:
    last = LastSelection(
        Chosen(extra=("x",)), no_install_project=True, no_editable=True, no_install_package=("a",)
    )

    def counts(*words: str) -> str:
        return " ".join(
            run_options.run(values("run", *words, "tool")).sync.with_last(last).selection().flags()
        )

    assert counts() == "--extra x --no-install-project --no-editable --no-install-package a"
    assert counts("--no-dev") == "--no-dev --no-install-project --no-editable --no-install-package a"
    assert counts("--no-install-local") == "--extra x --no-install-local"
    assert counts("--only-install-package", "b") == "--extra x"


def test_locking_again_is_no_upgrade() -> None:
    for words in (("--refresh",), ("--refresh-package", "a")):
        assert lock_options.lock(values("lock", *words)).upgrade == Upgrade(again=True)
    assert lock_options.lock(values("lock")).upgrade == Upgrade()
    assert lock_options.lock(values("lock", "--upgrade-group", "dev")).upgrade == Upgrade(groups=("dev",))


@pytest.mark.parametrize("command", ["lock", "sync", "add", "remove", "run"])
def test_a_search_can_be_bounded_in_seconds_decimals_and_all(command: str) -> None:
    words = ("name",) if command in {"add", "remove", "run"} else ()

    assert options.flags(values(command, "--max-seconds", "1.5", *words))["max-seconds"] == 1.5


@pytest.mark.parametrize("written", ["0", "-1", "nan", "inf", "soon"])
def test_a_bound_on_searching_is_a_positive_number(written: str) -> None:
    with pytest.raises(UsageError, match="`--max-seconds` takes a positive number"):
        options.flags(values("lock", f"--max-seconds={written}"))
