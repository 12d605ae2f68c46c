"""The edits that are advised: each works, none is guessed, and the smallest comes first."""

from collections.abc import Sequence

import pytest

from detent.errors.resolve import Conflict
from detent.model.build_policy import BuildPolicy
from detent.model.cutoffs import Cutoffs, parse_cutoff
from detent.model.inputs import Inputs
from detent.model.requirement import package_name
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import DEFAULT_POLICY, Policy, Prerelease
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from support.resolving import resolve
from support.worlds import Packages, project, release, ticking, world


def advice(
    inputs: Inputs,
    packages: Packages,
    *,
    policy: Policy = DEFAULT_POLICY,
    preferences: Preferences = NO_PREFERENCES,
) -> tuple[str, ...]:
    releases = with_adjustments(world(packages), inputs.adjustments)
    with pytest.raises(Conflict) as failure:
        resolve(inputs, releases, clock=ticking(), policy=policy, preferences=preferences)
    return failure.value.next_steps


def bound(specifier: str, versions: Sequence[str] = ("1.2", "2.3.1")) -> tuple[str, ...]:
    """Ask for `a` as it cannot be had; what is advised for the line."""
    packages = {"a": {version: ["b"] for version in versions}, "b": ["1.0"]}
    return advice(project([f"a{specifier}"]), packages)


@pytest.mark.parametrize(
    ("specifier", "written"),
    [
        ("==9", "a==2.3.1"),
        ("==9.*", "a==2.*"),
        ("==9.4.*", "a==2.3.*"),
        ("~=9.1", "a~=2.3"),
        (">=9", "a>=2.3.1"),
        (">9", "a>=2.3.1"),
        ("<1", "a>=2.3.1"),
        (">=1,<1.1", "a>=1"),
        (">=9,<10", "a>=2.3.1,<10"),
        ("!=1.2,>=9", "a>=2.3.1,!=1.2"),
        ("===9", "a>=2.3.1"),
    ],
)
def test_a_bound_is_written_anew_as_near_to_the_old_one_as_can_be(specifier: str, written: str) -> None:
    assert bound(specifier) == (f"write `{written}` in pyproject.toml:2",)


@pytest.mark.parametrize(
    ("version", "specifier", "written"),
    [
        ("1.0+cpu", ">=2", "a>=1.0"),
        ("1.0+cpu", "<1.0", "a>=1.0"),
        ("1.0+cpu", "~=2.0", "a~=1.0"),
        ("1.0+cpu", "==2.*", "a==1.*"),
        ("1.0+cpu", "==2.0", "a==1.0+cpu"),
        ("2.0rc1", "==9.4.*", "a==2.0.*"),
        ("2.0.post1", "==9.4.1.*", "a==2.0.0.*"),
        ("1!2.0rc1", "~=9.4", "a>=1!2.0rc1"),
    ],
)
def test_a_bound_is_written_so_that_it_can_be_read(version: str, specifier: str, written: str) -> None:
    assert bound(specifier, [version]) == (f"write `{written}` in pyproject.toml:2",)


def test_extras_and_marker_of_a_line_stay() -> None:
    inputs = project(["a[x]<1; sys_platform == 'linux'"])

    assert advice(inputs, {"a": {"1.0": release(extras=["x"])}}) == (
        "write `a[x]>=1.0; sys_platform == 'linux'` in pyproject.toml:2",
    )


def test_the_line_that_gets_a_newer_version_comes_before_the_one_that_gets_an_older_one() -> None:
    packages = {"a": {"1.0": [], "2.0": ["c>=2"]}, "c": ["1.0", "2.0"]}

    assert advice(project(["a>=2", "c<2"]), packages) == (
        "write `c>=2.0` in pyproject.toml:3",
        "or write `a>=1.0` in pyproject.toml:2",
    )


def test_what_would_not_help_is_not_advised() -> None:
    packages = {"a": {"1.0": ["c<2"]}, "b": {"1.0": ["c>=2"]}, "c": ["1.0", "2.0"]}

    assert advice(project(["a>=1", "b<2"]), packages) == ()


def test_a_requirement_several_groups_share_is_one_line() -> None:
    inputs = project(groups={"docs": ["a>=2"]})
    ((name, requirements),) = inputs.groups
    inputs = inputs._replace(groups=((package_name("dev"), requirements), (name, requirements)))  # type: ignore[arg-type]

    assert advice(inputs, {"a": ["1.0"]}) == ("write `a>=1.0` in pyproject.toml:2",)


def test_two_extras_that_contradict_each_other_may_be_declared_exclusive() -> None:
    inputs = project(extras={"cpu": ["a==1"], "gpu": ["a==2"]})

    assert advice(inputs, {"a": ["1", "2"]})[0] == (
        "declare that extra `cpu` and extra `gpu` are never on together: "
        '`conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]` in [tool.detent]'
    )


def test_three_extras_that_contradict_each_other_are_declared_exclusive_together() -> None:
    inputs = project(extras={"a": ["x==1"], "b": ["x==2"], "c": ["x==3"]})

    (step,) = advice(inputs, {"x": ["1", "2", "3"]})

    assert step == (
        "declare that extra `a`, extra `b` and extra `c` are never on together: "
        '`conflicts = [[{ extra = "a" }, { extra = "b" }, { extra = "c" }]]` in [tool.detent]'
    )


def test_where_some_are_exclusive_already_the_list_is_added_to_them() -> None:
    inputs = project(
        extras={"a": ["x==1"], "b": ["x==2"], "c": ["y==1"], "d": ["y==2"]},
        adjustments={"conflicts": [["extra a", "extra b"]]},
    )

    assert advice(inputs, {"x": ["1", "2"], "y": ["1", "2"]})[0] == (
        "declare that extra `c` and extra `d` are never on together: "
        'add `[{ extra = "c" }, { extra = "d" }]` to `conflicts` in [tool.detent]'
    )


def test_an_extra_and_what_is_always_needed_cannot_be_exclusive() -> None:
    steps = advice(project(["a==1"], extras={"new": ["a==2"]}), {"a": ["1", "2"]})

    assert steps
    assert not any("conflicts" in step for step in steps)


def test_a_constraint_is_loosened_where_it_stands() -> None:
    inputs = project(["a"], adjustments={"constraints": ["b<2"]})

    assert advice(inputs, {"a": {"1.0": ["b>=2"]}, "b": ["1.0", "2.0"]}) == (
        "write `b>=2.0` in pyproject.toml:3",
    )


@pytest.mark.parametrize(
    ("set_by", "told"),
    [
        (
            "`exclude-newer` in `[tool.detent]` of the project",
            "`exclude-newer-package = { a = false }` in [tool.detent]",
        ),
        (
            "`exclude-newer` in `detent.toml` of the project",
            "`exclude-newer-package = { a = false }` in detent.toml",
        ),
        ("`exclude-newer` in `/etc/detent.toml`", "pass `--exclude-newer-package a=false`"),
        ("the flag `--exclude-newer`", "pass `--exclude-newer-package a=false`"),
    ],
)
def test_what_came_too_late_is_let_through_where_that_counts(set_by: str, told: str) -> None:
    cutoffs = Cutoffs(everybody=parse_cutoff("2024-05-01"), set_by=set_by)

    assert advice(
        project(["a"]), {"a": {"1.0": release(uploaded="2024-06-01")}}, policy=Policy(cutoffs=cutoffs)
    ) == (f"let it through: {told}",)


def test_what_came_too_late_for_a_bound_of_its_own_is_let_through_in_its_place() -> None:
    cutoffs = Cutoffs(packages={package_name("a"): parse_cutoff("2024-05-01")})

    assert advice(
        project(["a"]), {"a": {"1.0": release(uploaded="2024-06-01")}}, policy=Policy(cutoffs=cutoffs)
    ) == ("let it through: write `a = false` into `exclude-newer-package` in [tool.detent]",)


def test_a_package_is_asked_for_where_it_runs_or_older_pythons_are_done_without() -> None:
    packages = {"a": {"1.0": [], "2.0": release(python=">=3.12", extras=["x"])}}

    assert advice(project(["a[x]>=2; sys_platform == 'linux'"], python=">=3.10,<3.15"), packages)[1:] == (
        "or write `a[x]>=2; python_version >= '3.12' and sys_platform == 'linux'` in pyproject.toml:2",
        "or raise `requires-python` to `>=3.12,<3.15`",
    )


def test_the_lowest_python_that_will_do_is_advised() -> None:
    packages = {"a": {"2.0": release(python=">=3.12"), "3.0": release(python=">=3.14")}}

    assert advice(project(["a>=2"]), packages) == (
        "write `a>=2; python_version >= '3.12'` in pyproject.toml:2",
        "or raise `requires-python` to `>=3.12`",
    )


def test_newer_pythons_can_be_left_out_where_only_they_have_no_answer() -> None:
    inputs = project(["a", "b; python_version >= '3.13'"])
    packages = {"a": {"1.0": ["c<2"]}, "b": {"1.0": ["c>=2"]}, "c": ["1.0", "2.0"]}

    assert advice(inputs, packages) == ("limit `requires-python` to `>=3.10,<3.13`",)


def test_one_package_is_let_have_a_pre_release() -> None:
    policy = Policy(prerelease=Prerelease.EXPLICIT)

    assert advice(project(["a"]), {"a": {"1.0": ["b>=1.1"]}, "b": ["1.0", "2.0rc1"]}, policy=policy) == (
        'allow pre-releases of it: `prerelease-package = { b = "allow" }` in [tool.detent]',
    )


def test_one_package_is_let_be_built() -> None:
    policy = Policy(build=BuildPolicy(allows=False, excepted_in="`pyproject.toml`"))
    packages = {"a": {"1.0": ["b"]}, "b": {"1.0": release(sdist_only=True)}}

    assert advice(project(["a"]), packages, policy=policy) == (
        'allow it with `allow-build = ["b"]` in `pyproject.toml`',
    )


def test_what_the_command_line_asks_for_can_be_done_without() -> None:
    preferences = Preferences(pins={package_name("a"): "==2.0"})

    assert advice(project(["b"]), {"b": {"1.0": ["a<2"]}, "a": ["1.0", "2.0"]}, preferences=preferences) == (
        "do without `--upgrade-package a==2.0`",
    )


def test_no_try_reads_hundreds_of_versions_of_one_package() -> None:
    """Loosening `a` would help in the end, after its whole history; loosening `c` helps at once."""
    versions = {f"1.{n}": ["c>=2"] for n in range(1, 400)}
    packages = {"a": {"1.0": [], **versions, "2.0": ["c>=3"]}, "c": ["1.0", "3.0"]}
    inputs = project(["a>=2", "c<2"])
    releases = world(packages)

    with pytest.raises(Conflict) as failure:
        resolve(inputs, releases, clock=ticking())

    assert failure.value.next_steps == ("write `c>=3.0` in pyproject.toml:3",)
    assert len(set(releases.metadata_asked)) < 150


def test_a_failure_within_a_try_is_no_advice() -> None:
    packages = {"a": {"1.0": [], "2.0": ["gone"]}, "c": {"1.0": ["a<2"]}}

    assert advice(project(["a>=2", "c"]), packages) == ("write `a>=1.0` in pyproject.toml:2",)


def test_a_package_without_files_for_a_required_environment_is_done_without_there() -> None:
    packages = {"t": {"1.0": release(files=["t-1.0-cp310-abi3-manylinux_2_17_x86_64.whl"])}}
    inputs = project(["t"], adjustments={"required-environments": ["sys_platform == 'win32'"]})

    assert advice(inputs, packages) == (
        "write `t; sys_platform != 'win32'` in pyproject.toml:2",
        "or take `sys_platform == 'win32'` out of `required-environments`",
    )
