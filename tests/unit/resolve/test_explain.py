"""What a person is told when there is no answer."""

import pytest

from detent.errors import Conflict
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.inputs import Inputs
from detent.model.names import group_name
from detent.resolve.forks import resolve
from detent.resolve.policy import Policy
from support.worlds import World, project, release, ticking, world


def conflict(inputs: Inputs, releases: World, *, build: BuildPolicy = DEFAULT_BUILD_POLICY) -> Conflict:
    with pytest.raises(Conflict) as failure:
        resolve(inputs, releases, clock=ticking(), policy=Policy(build=build))
    return failure.value


def test_versions_with_one_requirement_fold_into_ranges() -> None:
    releases = world(
        {"a": {"1.0": ["c<2"], "1.1": ["c<2"], "2.0": ["c<1"], "3.0": ["c<2"]}, "c": ["1.0", "2.0"]}
    )

    assert conflict(project(["a", "c>=2"]), releases).why.splitlines() == [
        "your project needs a (pyproject.toml:2)",
        "your project needs c>=2 (pyproject.toml:3)",
        "a 1.0..1.1, 3.0 needs c<2",
        "a 2.0 needs c<1; no version of it matches, the newest is 2.0",
    ]


def test_many_ranges_are_counted_and_not_listed() -> None:
    versions = {f"{n}.0": [f"c<{2 + n % 2}"] for n in range(1, 11)}
    told = conflict(project(["a", "c>=3"]), world({"a": versions, "c": ["1.0", "2.0", "3.0"]})).why

    assert "a 1.0, 3.0, 5.0 and 2 more ranges needs c<3" in told


def test_at_most_twelve_lines_are_told() -> None:
    versions = {f"{n}.0": [f"c<0.{n}"] for n in range(1, 31)}
    told = conflict(project(["a", "c"]), world({"a": versions, "c": ["1.0"]})).why.splitlines()

    assert len(told) == 12
    assert told[-1] == "and 20 more facts of this kind"


def test_the_lines_of_the_project_come_first_in_file_order() -> None:
    releases = world({"a": {"1.0": ["c<2"]}, "b": {"1.0": ["c>=2"]}, "c": ["1.0", "2.0"]})

    assert conflict(project(["b", "a"]), releases).why.splitlines()[:2] == [
        "your project needs b (pyproject.toml:2)",
        "your project needs a (pyproject.toml:3)",
    ]


def test_a_requirement_that_one_group_has_from_another_is_told_once() -> None:
    inputs = project(groups={"docs": ["a>=2"]})
    ((name, requirements),) = inputs.groups
    inputs = inputs._replace(groups=((group_name("dev"), requirements), (name, requirements)))

    assert conflict(inputs, world({"a": ["1.0"]})).why == (
        "your project's group `docs` needs a>=2 (pyproject.toml:2); "
        "no version of it matches, the newest is 1.0"
    )


def test_an_extra_of_a_package_stands_in_its_own_name() -> None:
    releases = world({"a": {"1.0": ["c<2; extra == 'x'"]}, "c": ["1.0", "2.0"]})

    assert conflict(project(["a[x]", "c>=2"]), releases).why.splitlines() == [
        "your project needs a[x] (pyproject.toml:2)",
        "your project needs c>=2 (pyproject.toml:3)",
        "a[x] 1.0 needs c<2",
    ]


def test_each_reason_for_hiding_a_version_is_told_newest_first() -> None:
    releases = world(
        {
            "a": {
                "1.0": [],
                "2.0": release(python=">=3.99"),
                "3.0": release(yanked=True),
                "4.0": release(sdist_only=True),
            }
        }
    )

    told = conflict(project(["a>=2"], python=">=3.10,<3.14"), releases, build=BuildPolicy(allows=False))
    assert told.why == (
        "your project needs a>=2 (pyproject.toml:2); "
        'a 4.0 has only source distributions, and `build = "deny"` forbids building them and '
        "a 3.0 was yanked and a 2.0 needs Python >=3.99"
    )


def test_a_marker_that_covers_the_environment_is_not_repeated() -> None:
    releases = world({"a": ["1.0", "2.0"]})
    told = conflict(project(["a<2; python_version >= '3.8'", "a>=2; sys_platform == 'linux'"]), releases)

    assert told.what == "no versions satisfy everything where sys_platform == 'linux'"
    assert told.why.splitlines() == [
        "your project needs a<2 (pyproject.toml:2)",
        "your project needs a>=2 (pyproject.toml:3)",
    ]


def test_the_next_step_is_a_marker_where_the_newest_pythons_have_an_answer() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(python=">=3.12", extras=["x"])}})

    assert conflict(project(["a[x]>=2; sys_platform == 'linux'"]), releases).next_steps == (
        "raise `requires-python`, or write `a[x]>=2; python_version >= '3.12' and sys_platform == 'linux'`",
    )


def test_the_next_step_is_asking_for_the_prerelease_that_is_needed() -> None:
    releases = world({"a": {"1.0": ["b>=1.1"]}, "b": ["1.0", "2.0rc1"]})

    assert conflict(project(["a"]), releases).next_steps == (
        "ask for `b>=2.0rc1` in the project to allow pre-releases of `b`",
    )


def test_nothing_is_advised_where_nothing_sure_is_known() -> None:
    assert conflict(project(["a<2", "a>=2"]), world({"a": ["1.0", "2.0"]})).next_steps == ()


def test_the_next_step_names_every_python_that_has_an_answer() -> None:
    releases = world({"a": {"2.0": release(python=">=3.12"), "3.0": release(python=">=3.14")}})

    assert conflict(project(["a>=2"]), releases).next_steps == (
        "raise `requires-python`, or write `a>=2; python_version >= '3.12'`",
    )


def test_prereleases_are_no_obstacle_where_there_are_other_versions() -> None:
    releases = world({"a": {"1.0": ["b>=2"], "2.0rc1": []}, "b": ["1.0"]})

    assert conflict(project(["a"]), releases).why.splitlines() == [
        "your project needs a (pyproject.toml:2)",
        "a 1.0 needs b>=2; no version of it matches, the newest is 1.0",
    ]


def test_of_many_extras_the_first_are_named() -> None:
    extras = {name: f"c>=9; extra == '{name}'" for name in "pqrstu"}
    releases = world({"a": {"1.0": ["b[p,q,r,s,t,u]"]}, "b": {"1.0": list(extras.values())}, "c": ["1.0"]})

    assert "a 1.0 needs b[p,q,r,s,...]" in conflict(project(["a"]), releases).why
