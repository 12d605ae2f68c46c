"""What a person is told when there is no answer."""

import pytest

from detent.errors.resolve import Conflict
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.inputs import Inputs
from detent.model.names import group_name
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import Policy
from detent.resolve.ports import Releases
from support.resolving import resolve
from support.worlds import project, release, ticking, world


def conflict(inputs: Inputs, releases: Releases, *, build: BuildPolicy = DEFAULT_BUILD_POLICY) -> Conflict:
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
    inputs = project([f"p{n}>=2" for n in range(20)])
    told = conflict(inputs, world({f"p{n}": ["1.0"] for n in range(20)})).why.splitlines()

    assert len(told) == 12
    assert told[-1] == "and 9 more facts of this kind"


def test_many_bounds_on_one_package_are_told_as_what_they_have_in_common() -> None:
    releases = world(
        {
            "a": {f"1.{n}": [f"b>=1.{n},<1.{n + 1}"] for n in range(40)},
            "b": [f"1.{n}" for n in range(41)],
        }
    )

    assert conflict(project(["a>=1.10", "b<1.5"]), releases).why.splitlines() == [
        "your project needs a>=1.10 (pyproject.toml:2)",
        "your project needs b<1.5 (pyproject.toml:3)",
        "a 1.10..1.39 needs one of b 1.10..1.39 (1.39: b>=1.39,<1.40)",
    ]
    assert conflict(project(["a<1.10", "b>=1.15"]), releases).why.splitlines()[-1] == (
        "a 1.0..1.9 needs b 1.9 or older (1.9: b>=1.9,<1.10)"
    )


def test_bounds_that_matter_one_by_one_are_told_with_the_newest_of_them() -> None:
    """Each `a` needs its own `b`, and each `c` the `b` after it: no range that they share would be a proof."""
    releases = world(
        {
            "a": {f"{n}.0": [f"b=={n}.0"] for n in range(1, 20)},
            "c": {f"{n}.0": [f"b=={n + 1}.0", f"a=={n}.0"] for n in range(1, 20)},
            "b": [f"{n}.0" for n in range(1, 21)],
        }
    )

    assert conflict(project(["a", "c"]), releases).why.splitlines() == [
        "your project needs c (pyproject.toml:3)",
        "c 1.0..19.0 needs another b each (19.0: b==20.0)",
        "c 1.0..19.0 needs another a each (19.0: a==19.0)",
        "a 1.0..19.0 needs another b each (19.0: b==19.0)",
    ]


def test_what_follows_from_a_line_is_told_behind_it_down_to_the_clash() -> None:
    releases = world(
        {
            "a": {"1.0": ["z"]},
            "z": {"1.0": ["clash<2"]},
            "b": {"1.0": ["y"]},
            "y": {"1.0": ["clash>=2"]},
            "clash": ["1.0", "2.0"],
        }
    )

    assert conflict(project(["a", "b"]), releases).why.splitlines() == [
        "your project needs a (pyproject.toml:2)",
        "your project needs b (pyproject.toml:3)",
        "a 1.0 needs z",
        "z 1.0 needs clash<2",
        "b 1.0 needs y",
        "y 1.0 needs clash>=2",
    ]


def test_a_shorter_argument_is_found_in_what_is_known() -> None:
    """Of two ways to the clash the search took one for some versions and the other for the rest."""
    releases = world(
        {
            "a": {
                "1.0": ["b", "d"],
                "2.0": ["b", "d>=2"],
                "3.0": ["b", "d>=2"],
            },
            "b": {"1.0": ["c<2"]},
            "d": {"1.0": ["c<2"], "2.0": ["c<2"]},
            "c": ["1.0", "2.0"],
        }
    )

    assert conflict(project(["c>=2", "a"]), releases).why.splitlines() == [
        "your project needs c>=2 (pyproject.toml:2)",
        "your project needs a (pyproject.toml:3)",
        "a 1.0..3.0 needs b",
        "b 1.0 needs c<2",
    ]


def test_a_requirement_that_has_no_part_in_it_is_not_told() -> None:
    releases = world({"a": {"1.0": ["c<2"]}, "b": {"1.0": ["c"]}, "c": ["1.0", "2.0"]})

    assert conflict(project(["b", "c>=1", "a", "c>=2"]), releases).why.splitlines() == [
        "your project needs a (pyproject.toml:4)",
        "your project needs c>=2 (pyproject.toml:5)",
        "a 1.0 needs c<2",
    ]


def test_what_hides_a_version_is_not_told_where_the_version_would_not_help() -> None:
    releases = world({"a": {"1.0": ["c<2"], "2.0": release(["c<2"], yanked=True)}, "c": ["1.0", "2.0"]})

    assert "yanked" not in conflict(project(["a", "c>=2"]), releases).why


def test_pre_releases_in_between_do_not_make_two_ranges_of_one() -> None:
    versions = {"1.0": ["c<2"], "1.1rc1": ["c<2"], "1.1": ["c<2"], "1.2b1": ["c<1"], "1.2": ["c<2"]}

    told = conflict(project(["a", "c>=2"]), world({"a": versions, "c": ["1.0", "2.0"]})).why.splitlines()
    assert told[2] == "a 1.0..1.2 needs c<2"


def test_a_clash_that_is_everywhere_alike_is_not_told_of_the_first_environment() -> None:
    releases = world(
        {
            "n": {"1.0": [], "2.0": release(python=">=3.12")},
            "a": {"1.0": ["c<2"]},
            "c": ["1.0", "2.0"],
        }
    )

    assert conflict(project(["n", "a", "c>=2"]), releases).what == "no versions satisfy everything"


def test_of_many_pythons_that_are_needed_the_lowest_is_told() -> None:
    releases = world(
        {
            "a": {
                "2.0": release(python=">=3.11"),
                "2.1": release(python=">=3.12"),
                "3.0": release(python=">=3.13"),
            }
        }
    )

    assert conflict(project(["a>=2"]), releases).why == (
        "your project needs a>=2 (pyproject.toml:2); a 2.0..3.0 needs Python 3.11 or newer"
    )


def test_an_override_is_named_as_one() -> None:
    inputs = project(["a", "b"], adjustments={"overrides": ["b<2"]})
    releases = with_adjustments(
        world({"a": {"1.0": ["b", "c"]}, "b": ["2.0"], "c": ["1.0"]}), inputs.adjustments
    )

    assert conflict(inputs, releases).why == (
        "your project's override asks for b<2 (pyproject.toml:4); no version of it matches, the newest is 2.0"
    )


def test_an_override_of_what_a_release_needs_is_named_as_one() -> None:
    inputs = project(["a", "c>=2"], adjustments={"overrides": [{"package": "a", "dependencies": ["c<2"]}]})
    releases = with_adjustments(world({"a": {"1.0": ["c"]}, "c": ["1.0", "2.0"]}), inputs.adjustments)

    failure = conflict(inputs, releases)
    assert failure.why.splitlines()[2] == "a 1.0 needs c<2 by your override (pyproject.toml:4)"
    assert failure.next_steps[0] == "write `c>=2.0` in pyproject.toml:4"


def test_what_the_project_states_of_a_release_is_not_put_down_to_the_release() -> None:
    stated = {"name": "a", "version": "1.0", "requires-dist": ["gone"]}
    inputs = project(["a"], adjustments={"metadata": [stated]})
    releases = with_adjustments(world({"a": {"0.9": ["lost"], "1.0": []}}), inputs.adjustments)

    assert conflict(inputs, releases).why.splitlines()[1:] == [
        "a 1.0 needs gone by your `dependency-metadata`; there is no package named gone on the index",
        "a 0.9 needs lost; there is no package named lost on the index",
    ]


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


def test_of_many_extras_the_first_are_named() -> None:
    extras = {name: f"c>=9; extra == '{name}'" for name in "pqrstu"}
    releases = world({"a": {"1.0": ["b[p,q,r,s,t,u]"]}, "b": {"1.0": list(extras.values())}, "c": ["1.0"]})

    assert "a 1.0 needs b[p,q,r,s,...]" in conflict(project(["a"]), releases).why
