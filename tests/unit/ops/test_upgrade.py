"""What counts of an old lock when it is made again, and what the command line sets free."""

import pytest

from detent.errors import UsageError
from detent.errors.usage import UnknownGroup
from detent.lock.model import Lock, LockedPackage
from detent.model.inputs import Inputs, RecordedInputs
from detent.model.requirement import package_name
from detent.ops.upgrade import Kept, Upgrade, free_to_move, kept_of, refuse_unlocked
from support.worlds import project


def lock(**options: str) -> Lock:
    recorded = RecordedInputs(options=tuple((name.replace("_", "-"), text) for name, text in options.items()))
    return Lock("", (LockedPackage(package_name("a"), "1.0"),), inputs=recorded)


def inputs(**options: str) -> Inputs:
    return project(["a"], groups={"dev": ["b", "a"]})._replace(
        options=tuple((name.replace("_", "-"), text) for name, text in options.items())
    )


def test_the_same_options_keep_all_and_say_nothing() -> None:
    assert kept_of(lock(resolution="lowest"), inputs(resolution="lowest"), Upgrade()) == Kept()
    assert kept_of(lock()._replace(inputs=None), inputs(resolution="lowest"), Upgrade()) == Kept()


@pytest.mark.parametrize("upgrade", [Upgrade(everything=True), Upgrade(anew=True)])
def test_who_wants_all_to_move_is_told_of_no_option(upgrade: Upgrade) -> None:
    assert kept_of(lock(prerelease="allow"), inputs(), upgrade) == Kept(versions=False, forks=False)


def test_another_resolution_is_another_answer() -> None:
    found = kept_of(lock(resolution="lowest"), inputs(exclude_newer="1 week"), Upgrade())

    assert (found.versions, found.forks) == (False, False)
    assert found.told == (
        "the option `exclude-newer` is `1 week` and was not set: versions are chosen anew",
        "the option `resolution` was `lowest` and is not set any more: versions are chosen anew",
    )


def test_another_fork_strategy_splits_anew_and_keeps_versions() -> None:
    found = kept_of(lock(), inputs(fork_strategy="fewest"), Upgrade())

    assert (found.versions, found.forks) == (True, False)
    (told,) = found.told
    assert told.startswith(
        "the option `fork-strategy` is `fewest` and was not set: environments are split anew"
    )


@pytest.mark.parametrize(
    "option", ["prerelease", "exclude_newer", "exclude_newer_package", "prerelease_package"]
)
def test_other_options_keep_what_they_allow(option: str) -> None:
    found = kept_of(lock(**{option: "x"}), inputs(**{option: "y"}), Upgrade())

    assert (found.versions, found.forks) == (True, True)
    assert found.told == (
        f"the option `{option.replace('_', '-')}` is `y` and was `x`: locked versions are kept where it allows them",
    )


def test_names_and_groups_are_free_each_with_its_bound() -> None:
    upgrade = Upgrade(packages=("A>=1", "a<2", "c==1"), groups=("Dev",))

    assert free_to_move(upgrade, inputs()) == {"a": ">=1,<2", "b": "", "c": "==1"}
    with pytest.raises(UnknownGroup):
        free_to_move(Upgrade(groups=("nope",)), inputs())


@pytest.mark.parametrize("text", ["a[x]", "a; os_name == 'nt'", "a @ https://example.com/a.whl", "a b"])
def test_more_than_a_name_and_a_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a package to upgrade"):
        free_to_move(Upgrade(packages=(text,)), inputs())


def test_a_name_that_is_in_neither_lock_is_refused() -> None:
    other = lock()._replace(packages=(LockedPackage(package_name("z"), "1.0"),))

    refuse_unlocked(Upgrade(packages=("a", "z")), lock(), other)
    with pytest.raises(UsageError, match="there is no `z` to upgrade"):
        refuse_unlocked(Upgrade(packages=("z",)), lock(), None)
