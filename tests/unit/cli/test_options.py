"""Flags that contradict each other are refused, never ignored."""

import pytest

from detent.cli import options
from detent.cli.parse import Values, parse
from detent.errors import UsageError


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
        options.sync(values("sync", *flags))

    assert caught.value.what == f"`{flags[0]}` and `{flags[1]}` cannot be used together"


@pytest.mark.parametrize("more", [("--group", "b"), ("--extra", "b"), ("--all-groups",), ("--all-extras",)])
def test_only_a_group_is_only_that_group(more: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"`--only-group` and `--"):
        options.sync(values("sync", "--only-group", "a", *more))
    with pytest.raises(UsageError, match=r"`--only-group` and `--"):
        options.run(values("run", "--only-group", "a", *more, "true"))


def test_several_only_groups_and_one_left_out_are_meant() -> None:
    chosen = options.sync(values("sync", "--only-group", "a", "--only-dev", "--no-group", "b")).chosen

    assert (chosen.only_group, chosen.only_dev, chosen.no_group) == (("a",), True, ("b",))


@pytest.mark.parametrize("flag", ["--locked", "--frozen", "--check"])
def test_one_package_cannot_move_under_a_lock_that_is_kept(flag: str) -> None:
    with pytest.raises(UsageError, match="and `--upgrade-package` cannot be used together"):
        options.sync(values("sync", flag, "-P", "a"))


def test_a_check_of_the_lock_moves_nothing() -> None:
    for moving in (("-U",), ("-P", "a==1")):
        with pytest.raises(UsageError, match="`--check` and `--upgrade"):
            options.lock(values("lock", "--check", *moving))


def test_a_tree_shows_everything_until_something_is_chosen() -> None:
    whole = options.tree(values("tree"))
    part = options.tree(values("tree", "-d", "2", "--no-dev", "--prune", "a", "--no-dedupe"))

    assert (whole.chosen, whole.pruned, whole.dedupe, whole.depth) == (None, (), True, None)
    assert part.chosen is not None
    assert (part.chosen.no_dev, part.pruned, part.dedupe, part.depth) == (True, ("a",), False, 2)
