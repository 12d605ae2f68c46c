import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.errors.project import SettingInvalid
from detent.model.cutoffs import NO_CUTOFFS, Cutoffs
from detent.model.names import PackageName, package_name
from detent.project.choosing import Choosing
from detent.project.settings import Settings, settings
from detent.project.sources import OF_PYPROJECT, ConfigFile, Setting, Sources

A, B, C = map(package_name, "abc")
DAY = 24 * 60 * 60
NOW = 20_000 * DAY
INDEX = "https://index.example.com/simple/"


def decide(**sources: Any) -> Settings:
    return settings(Sources(cache_home=Path("/cache"), now=NOW, **sources))


def choosing(**sources: Any) -> Choosing:
    return decide(**sources).choosing


def options(**sources: Any) -> dict[str, str]:
    return dict(decide(**sources).recorded.options())


def pyproject(**table: object) -> ConfigFile:
    return ConfigFile(OF_PYPROJECT, {key.replace("_", "-"): value for key, value in table.items()})


def user(**table: object) -> ConfigFile:
    return pyproject(**table)._replace(origin="`user.toml`")


def system(**table: object) -> ConfigFile:
    return pyproject(**table)._replace(origin="`system.toml`")


def flags(**values: object) -> dict[str, object]:
    return {key.replace("_", "-"): value for key, value in values.items()}


def days(cutoffs: Cutoffs, name: PackageName = C) -> float | None:
    """How many days before now the uploads of a package end."""
    moment = cutoffs.moment(name)
    return None if moment is None else (NOW - moment) / DAY


# ---- order, pre-releases, forks --------------------------------------------------------------


def test_without_anything_said_the_newest_are_taken_and_a_lock_says_nothing() -> None:
    found = choosing()

    assert found.resolution == Setting("highest", "the default")
    assert found.prerelease == Setting("if-necessary", "the default")
    assert found.fork_strategy == Setting("requires-python", "the default")
    assert not found.prerelease_packages
    assert found.cutoffs is NO_CUTOFFS
    assert options() == {}


def test_nearer_values_win_and_know_who_set_them() -> None:
    found = choosing(
        flags=flags(resolution="lowest"),
        variables={"DETENT_RESOLUTION": "highest", "DETENT_PRERELEASE": "disallow"},
        project=pyproject(prerelease="allow", fork_strategy="fewest"),
        user=user(fork_strategy="requires-python"),
    )

    assert found.resolution == Setting("lowest", "the flag `--resolution`")
    assert found.prerelease == Setting("disallow", "the variable `DETENT_PRERELEASE`")
    assert found.fork_strategy == Setting("fewest", OF_PYPROJECT)


def test_modes_of_packages_are_joined_and_the_nearer_one_counts() -> None:
    found = choosing(
        flags=flags(prerelease_package=("A=allow",)),
        project=pyproject(prerelease_package={"a": "disallow", "b": "explicit"}),
        user=user(prerelease_package={"b": "allow", "c": "allow"}),
    ).prerelease_packages

    assert found == {
        A: Setting("allow", "the flag `--prerelease-package`"),
        B: Setting("explicit", OF_PYPROJECT),
        C: Setting("allow", "`user.toml`"),
    }


def test_the_older_spelling_of_a_mode_is_the_mode() -> None:
    project = pyproject(
        prerelease="if-necessary-or-explicit", prerelease_package={"a": "if-necessary-or-explicit"}
    )

    assert choosing(project=project).prerelease.value == "if-necessary"
    assert choosing(project=project).prerelease_packages[A].value == "if-necessary"
    assert options(project=project) == {}


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("prerelease-package", ("a",), "`a` is not written as `NAME=MODE`"),
        ("prerelease-package", ("a=sometimes",), "`sometimes` is none of"),
        ("prerelease-package", ("a b=allow",), "`a b` is not a valid package name"),
        ("exclude-newer", "soon", "`soon` is no date"),
        ("exclude-newer-package", ("a",), "`a` is not written as `NAME=WHEN`"),
        ("exclude-newer-package", ("a=2 months",), "write days or weeks"),
    ],
)
def test_what_a_flag_cannot_be_is_told_with_the_flag(flag: str, value: object, says: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        decide(flags={flag: value})

    assert f"--{flag}" in f"{caught.value.what} {caught.value.why}"
    assert says in f"{caught.value.what} {caught.value.why}"


@pytest.mark.parametrize(
    ("sources", "has_flags"),
    [
        ({"project": pyproject(resolution="lowest", exclude_newer="7 days")}, False),
        ({"variables": {"DETENT_PRERELEASE": "allow"}}, False),
        ({"flags": flags(resolution="lowest")}, True),
        ({"flags": flags(exclude_newer="false")}, True),
        ({"flags": flags(exclude_newer_package=("a=false",))}, True),
        ({"flags": flags(prerelease_package=("a=allow",))}, True),
        ({"flags": flags(no_sources=True)}, True),
        ({"flags": flags(no_sources_package=("a",))}, True),
        ({"flags": flags(no_sources_package=())}, False),
    ],
)
def test_whether_flags_of_the_command_say_some_of_it_is_known(sources: Any, *, has_flags: bool) -> None:
    assert choosing(**sources).has_flags is has_flags


def test_sources_left_aside_are_written_down() -> None:
    assert options(flags=flags(no_sources=True, no_sources_package=("a",))) == {"no-sources": "true"}
    assert options(variables={"DETENT_NO_SOURCES_PACKAGE": "b A"}) == {"no-sources-package": "a b"}
    assert options(project=pyproject(no_sources=True), variables={"DETENT_NO_SOURCES": "0"}) == {}


@pytest.mark.parametrize("given", [(), ("c",)])
def test_packages_whose_sources_are_left_aside_are_joined_with_those_of_a_flag(
    given: tuple[str, ...],
) -> None:
    found = options(
        flags=flags(no_sources_package=given),
        variables={"DETENT_NO_SOURCES_PACKAGE": "b"},
        project=pyproject(no_sources_package=("a",)),
    )

    assert found == {"no-sources-package": " ".join(("a", "b", *given))}


def test_a_variable_that_cannot_be_is_told_with_its_name() -> None:
    with pytest.raises(SettingInvalid) as caught:
        decide(variables={"DETENT_PRERELEASE": "sometimes"})

    assert "DETENT_PRERELEASE" in f"{caught.value.what} {caught.value.why}"


# ---- upload times ----------------------------------------------------------------------------


def test_an_age_is_counted_back_from_now_and_known_by_who_set_it() -> None:
    found = choosing(project=pyproject(exclude_newer="7 days")).cutoffs

    assert days(found) == 7
    assert found.set_by == f"`exclude-newer` in {OF_PYPROJECT}"
    assert choosing(flags=flags(exclude_newer="7 days")).cutoffs.set_by == "the flag `--exclude-newer`"


def test_a_project_can_be_stricter_than_its_user_and_not_laxer() -> None:
    week = user(exclude_newer="7 days")

    assert days(choosing(user=week, project=pyproject(exclude_newer="9 days")).cutoffs) == 9
    assert days(choosing(user=week, project=pyproject(exclude_newer="2 days")).cutoffs) == 7
    assert days(choosing(user=week, project=pyproject(exclude_newer=False)).cutoffs) == 7
    assert days(choosing(system=week, project=pyproject(exclude_newer=False)).cutoffs) == 7


def test_who_set_the_bound_in_force_is_told() -> None:
    week = user(exclude_newer="7 days")
    found = choosing(user=week, project=pyproject(exclude_newer_package={"a": False, "b": "9 days"})).cutoffs

    assert found.origin(C) == "`exclude-newer` in `user.toml`"
    assert found.origin(A) == "`exclude-newer` in `user.toml`"
    assert found.origin(B) == f"`exclude-newer-package` in {OF_PYPROJECT}"


def test_the_users_file_says_more_than_the_systems() -> None:
    assert days(choosing(user=user(exclude_newer=False), system=system(exclude_newer="7d")).cutoffs) is None


def test_a_person_may_say_anything_for_one_command() -> None:
    files = {"user": user(exclude_newer="7 days"), "project": pyproject(exclude_newer="9 days")}

    assert days(choosing(**files, flags=flags(exclude_newer="1 day")).cutoffs) == 1
    assert days(choosing(**files, flags=flags(exclude_newer="false")).cutoffs) is None
    assert days(choosing(**files, variables={"DETENT_EXCLUDE_NEWER": "false"}).cutoffs) is None
    assert days(choosing(**files, variables={"DETENT_EXCLUDE_NEWER": ""}).cutoffs) == 9
    one = choosing(**files, flags=flags(exclude_newer_package=("a=false",))).cutoffs
    assert (days(one, A), days(one, B)) == (None, 9)


def test_a_projects_exception_takes_nothing_from_its_user() -> None:
    project = pyproject(exclude_newer_package={"a": False, "b": "9 days"})
    found = choosing(user=user(exclude_newer="7 days"), project=project).cutoffs

    assert (days(found, A), days(found, B), days(found, C)) == (7, 9, 7)


def test_an_exception_of_the_user_takes_nothing_from_the_project() -> None:
    own = user(exclude_newer_package={"a": False})
    found = choosing(user=own, project=pyproject(exclude_newer="7 days")).cutoffs

    assert days(found, A) == 7


def test_exceptions_of_the_project_hold_beside_a_flag_unless_they_outdo_the_user() -> None:
    project = pyproject(exclude_newer_package={"a": False})
    given = flags(exclude_newer="3 days")

    assert days(choosing(project=project, flags=given).cutoffs, A) is None
    assert days(choosing(project=project, user=user(exclude_newer="7d"), flags=given).cutoffs, A) == 3


def bounded(index: object, **others: Any) -> tuple[float | None, float | None]:
    """Give the bounds of an index that has one of its own and of all others."""
    entry = {"name": "ours", "url": INDEX, "exclude-newer": index}
    cutoffs = choosing(project=pyproject(index=[entry], exclude_newer="7 days"), **others).cutoffs

    def of(name: str) -> float | None:
        moment = cutoffs.moment_on(name, C)
        return None if moment is None else (NOW - moment) / DAY

    return of("ours"), of("default")


def test_an_index_may_have_a_bound_of_its_own() -> None:
    def of(index: object, **others: Any) -> float | None:
        return bounded(index, **others)[0]

    assert of("3 days") == 3
    assert of(False) is None
    assert of(False, user=user(exclude_newer="2 days")) == 2
    assert of(False, flags=flags(exclude_newer="1 day")) == 1


def test_the_bound_of_an_index_loosens_nothing_for_another_one() -> None:
    assert bounded(False)[1] == bounded("3 days")[1] == bounded("9 days")[1] == 7


def test_the_bound_of_a_package_comes_before_that_of_its_index() -> None:
    entry = {"name": "ours", "url": INDEX, "exclude-newer": "3 days"}
    cutoffs = choosing(project=pyproject(index=[entry], exclude_newer_package={"c": "5 days"})).cutoffs

    assert cutoffs.moment_on("ours", C) == NOW - 5 * DAY
    assert cutoffs.moment_on("ours", A) == NOW - 3 * DAY
    assert cutoffs._replace(index_of=lambda _: "ours").origin(A) == (
        f"`exclude-newer` of the index in {OF_PYPROJECT}"
    )


SPANS = st.none() | st.just(False) | st.integers(0, 9).map("{} days".format)
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "exclude_newer": SPANS,
        "exclude_newer_package": st.dictionaries(
            st.sampled_from("abc"), SPANS.filter(lambda s: s is not None)
        ),
    },
)


def said(table: dict[str, Any], name: str) -> float:
    """What a file alone asks of a package, in days; less than any for nothing."""
    span = table.get("exclude_newer_package", {}).get(name, table.get("exclude_newer"))
    return int(span.split()[0]) if span else -math.inf


@given(TABLES, TABLES)
def test_of_a_project_and_its_user_the_stricter_is_in_force(ours: Any, theirs: Any) -> None:
    found = choosing(user=user(**ours), project=pyproject(**theirs)).cutoffs

    for name in "abc":
        wanted = max(said(ours, name), said(theirs, name))
        assert (days(found, package_name(name)) or 0) == max(wanted, 0)
        assert (days(found, package_name(name)) is None) == (wanted < 0)


# ---- what a lock writes down -----------------------------------------------------------------


def test_a_lock_writes_down_what_is_not_the_default_as_it_was_given() -> None:
    assert options(
        flags=flags(resolution="lowest", prerelease_package=("b=allow", "a=disallow", "c=if-necessary")),
        project=pyproject(
            fork_strategy="fewest",
            prerelease="explicit",
            exclude_newer="7 days",
            exclude_newer_package={"b": "2 weeks", "a": False, "c": "7 days"},
        ),
    ) == {
        "resolution": "lowest",
        "prerelease": "explicit",
        "prerelease-package": "a=disallow b=allow c=if-necessary",
        "fork-strategy": "fewest",
        "exclude-newer": "7 days",
        "exclude-newer-package": "a=false b=2weeks",
    }


def test_what_says_the_same_as_the_default_is_not_written_down() -> None:
    assert (
        options(
            variables={"DETENT_EXCLUDE_NEWER": "false"},
            project=pyproject(
                resolution="highest",
                prerelease="if-necessary",
                prerelease_package={"a": "if-necessary"},
                fork_strategy="requires-python",
                exclude_newer_package={"a": False},
            ),
        )
        == {}
    )


@pytest.mark.parametrize("place", ["user", "system"])
def test_what_somebodys_own_file_says_is_in_force_and_in_no_lock(place: str) -> None:
    own = user(resolution="lowest", prerelease="allow", exclude_newer="9 days")
    project = pyproject(exclude_newer="7 days")
    found = decide(**{place: own}, project=project)

    assert found.choosing.resolution.value == "lowest"
    assert days(found.choosing.cutoffs) == 9
    assert found.recorded.options() == (("exclude-newer", "7 days"),)


def test_the_index_that_a_machine_uses_changes_nothing_that_a_lock_writes_down() -> None:
    entry = {"url": INDEX, "default": True, "exclude-newer": "3 days"}
    project = pyproject(index=[entry], exclude_newer="7 days")
    other = {"DETENT_DEFAULT_INDEX": "https://other.example.com/", "DETENT_INDEX": "x=https://x.example/"}
    own = user(index=[{"name": "mine", "url": "https://mine.example/"}])

    assert (
        options(project=project) == options(project=project, variables=other) == {"exclude-newer": "7 days"}
    )
    assert (
        decide(project=project).declared_indexes
        == decide(project=project, variables=other, user=own).declared_indexes
    )


@given(TABLES, TABLES)
def test_no_file_of_its_user_changes_what_a_lock_writes_down(ours: Any, theirs: Any) -> None:
    assert options(user=user(**ours), project=pyproject(**theirs)) == options(project=pyproject(**theirs))
