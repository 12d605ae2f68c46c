"""Which entries and which files a target takes from a lock."""

import pytest

from detent.errors import Failures
from detent.errors.build import BuildForbidden
from detent.errors.lock import LockInvalid, NoMatchingTarget
from detent.errors.usage import ExclusiveExtras
from detent.lock.choice import Selection
from detent.lock.model import Direct, Lock, LockedPackage
from detent.lock.select import Wanted, best_file, default_groups, select
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.candidate import Artifact
from detent.model.requirement import extra_name, group_name, package_name
from support.locks import artifact, entry, foreign, inputs, lock, target


def wanted(*, extras: str = "", groups: str = "", base: bool = True) -> Wanted:
    return Wanted(
        frozenset(map(extra_name, extras.split())), frozenset(map(group_name, groups.split())), base
    )


def names(selection: Selection) -> list[str]:
    return [f"{choice.package.name} {choice.package.version}" for choice in selection.choices]


def file_of(some: LockedPackage, *, policy: BuildPolicy = DEFAULT_BUILD_POLICY, **options: str) -> str:
    (choice,) = select(lock(some), target(**options), wanted(), policy=policy).choices
    return choice.artifact.filename


FORKED = lock(
    entry("a", marker="sys_platform == 'win32'"),
    entry("b", "1.0", marker="python_version < '3.11'"),
    entry("b", "2.0", marker="python_version >= '3.11'"),
    entry("c", marker="'net' in extras"),
    entry("d", marker="'dev' in dependency_groups"),
    entry("e"),
    made_from=inputs(["b", "e"], extras={"net": ["c"]}, groups={"dev": ["d"]}),
)


def test_entries_are_taken_where_their_marker_holds() -> None:
    assert names(select(FORKED, target("3.12.1"), wanted())) == ["b 2.0", "e 1.0"]
    assert names(select(FORKED, target("3.10.4"), wanted())) == ["b 1.0", "e 1.0"]
    assert names(select(FORKED, target(platform="win32"), wanted())) == ["a 1.0", "b 2.0", "e 1.0"]


def test_extras_and_groups_bring_their_entries() -> None:
    assert names(select(FORKED, target(), wanted(extras="net"))) == ["b 2.0", "c 1.0", "e 1.0"]
    assert names(select(FORKED, target(), wanted(groups="dev"))) == ["b 2.0", "d 1.0", "e 1.0"]


def test_a_python_outside_of_requires_python_is_an_error() -> None:
    with pytest.raises(NoMatchingTarget) as caught:
        select(FORKED, target("3.8.1"), wanted())

    assert caught.value.what == "the lock is for Python >=3.9"
    assert caught.value.why == "the interpreter is CPython 3.8.1 on linux x86_64"


def test_an_environment_the_lock_is_not_for_is_an_error() -> None:
    limited = lock(entry("a"), environments=["sys_platform == 'win32'", "sys_platform == 'darwin'"])

    assert names(select(limited, target(platform="darwin"), wanted())) == ["a 1.0"]
    with pytest.raises(NoMatchingTarget, match="not for this environment"):
        select(limited, target(), wanted())


def test_an_entry_for_another_python_is_an_error_when_its_marker_chooses_it() -> None:
    strict = foreign(entry("a")._replace(requires_python=">=3.13"))

    assert names(select(strict, target("3.13.0"), wanted())) == ["a 1.0"]
    with pytest.raises(NoMatchingTarget, match=r"entry `a 1\.0` is for Python >=3\.13"):
        select(strict, target(), wanted())


def test_two_entries_of_one_name_are_an_error() -> None:
    with pytest.raises(NoMatchingTarget) as caught:
        select(lock(entry("a", "1.0"), entry("a", "2.0")), target(), wanted())

    assert "two entries of `a`" in caught.value.what
    assert "`a 1.0` and `a 2.0` both hold" in caught.value.why


# ---- files --------------------------------------------------------------------------------------


def test_the_wheel_with_the_best_tag_is_taken() -> None:
    some = entry("a", wheels=["py3-none-any", "cp312-abi3-manylinux_2_17_x86_64", "cp312-cp312-win_amd64"])

    assert file_of(some) == "a-1.0-cp312-abi3-manylinux_2_17_x86_64.whl"
    assert file_of(some, platform="win32") == "a-1.0-cp312-cp312-win_amd64.whl"
    assert file_of(some, platform="darwin") == "a-1.0-py3-none-any.whl"


def test_compressed_tag_sets_and_capitals_are_understood() -> None:
    tag = "cp311.CP312-abi3.cp312-manylinux1_x86_64.manylinux_2_17_x86_64"

    assert file_of(entry("a", wheels=["py2.py3-none-any", tag])) == f"a-1.0-{tag}.whl"


def test_of_equal_tags_the_highest_build_number_is_taken() -> None:
    some = entry("a", wheels=["py3-none-any", "2-py3-none-any", "10-py3-none-any", "10b-py2.py3-none-any"])

    assert file_of(some) == "a-1.0-10b-py2.py3-none-any.whl"


def test_no_fitting_wheel_is_an_error_that_names_platform_and_wheels() -> None:
    some = entry("a", wheels=["cp39-cp39-win_amd64", "cp310-cp310-win_amd64"])

    with pytest.raises(NoMatchingTarget) as caught:
        file_of(some)

    assert caught.value.what == "`a 1.0` has no wheel for CPython 3.12.1 on linux x86_64"
    assert caught.value.why == "the lock has wheels for `cp310-cp310-win_amd64`, `cp39-cp39-win_amd64`"


def test_a_long_list_of_unfit_wheels_is_cut() -> None:
    some = entry("a", wheels=[f"cp3{minor}-cp3{minor}-win32" for minor in range(10, 18)])

    with pytest.raises(NoMatchingTarget) as caught:
        file_of(some)

    assert caught.value.why.endswith("`cp314-cp314-win32` and 3 more")


A = frozenset((package_name("a"),))
DENIED = BuildPolicy(allows=False)
HERE = "CPython 3.12.1 on linux x86_64"


def test_the_source_distribution_is_taken_where_no_wheel_fits() -> None:
    assert file_of(entry("a", wheels=[], sdist=True)) == "a-1.0.tar.gz"
    assert file_of(entry("a", wheels=["cp39-cp39-win_amd64"], sdist=True)) == "a-1.0.tar.gz"
    assert file_of(entry("a", sdist=True)) == "a-1.0-py3-none-any.whl"


def test_where_wheels_are_refused_the_source_distribution_is_taken() -> None:
    some = entry("a", sdist=True)

    assert file_of(some, policy=BuildPolicy(without_wheels=A)) == "a-1.0.tar.gz"
    assert file_of(some, policy=BuildPolicy(is_without_any_wheels=True)) == "a-1.0.tar.gz"
    with pytest.raises(NoMatchingTarget, match=r"`a 1\.0` has no source distribution") as caught:
        file_of(entry("a"), policy=BuildPolicy(without_wheels=A))
    assert caught.value.why == "`no-binary-package` refuses its wheels"


@pytest.mark.parametrize(
    ("wheels", "policy", "why"),
    [
        ([], DENIED, "the lock has only `a-1.0.tar.gz`"),
        (
            ["cp39-cp39-win32"],
            DENIED,
            f"the lock has wheels for `cp39-cp39-win32`, none for {HERE}; what is left is `a-1.0.tar.gz`",
        ),
        (
            ["py3-none-any"],
            DENIED._replace(is_without_any_wheels=True),
            "`no-binary` refuses its wheels; what is left is `a-1.0.tar.gz`",
        ),
    ],
)
def test_a_forbidden_build_is_an_error_that_says_why_it_would_be_needed(
    wheels: list[str], policy: BuildPolicy, why: str
) -> None:
    with pytest.raises(BuildForbidden) as caught:
        file_of(entry("a", wheels=wheels, sdist=True), policy=policy)

    assert caught.value.what == '`a 1.0` would have to be built, which `build = "deny"` forbids'
    assert caught.value.why == why


def test_an_exception_lets_one_package_be_built() -> None:
    assert file_of(entry("a", wheels=[], sdist=True), policy=DENIED._replace(allowed=A)) == "a-1.0.tar.gz"


def test_the_best_file_is_chosen_without_a_lock_too() -> None:
    wheel, sdist = artifact("a-1.0-py3-none-any.whl"), artifact("a-1.0.tar.gz")
    unfit = artifact("a-1.0-cp39-cp39-win32.whl")

    def best(*wheels: Artifact, policy: BuildPolicy = DEFAULT_BUILD_POLICY) -> Artifact | None:
        return best_file(wheels, sdist, target(), policy=policy, name=package_name("a"))

    assert best(unfit, wheel) == wheel
    assert best(unfit) == sdist
    assert best(unfit, policy=DENIED) is None


def test_a_repository_is_its_own_source_where_it_may_be_built() -> None:
    source = Direct("vcs", "https://git.example.com/a.git", "git", "main", "84b3")
    some = LockedPackage(package_name("a"), "", direct=source, held_version="1.2")

    (choice,) = select(lock(some), target(), wanted()).choices

    assert choice.artifact == Artifact("", "https://git.example.com/a.git", ())
    with pytest.raises(BuildForbidden, match=r"`a 1\.2`"):
        file_of(some, policy=DENIED)


def test_a_folder_is_its_own_source_and_nothing_forbids_it() -> None:
    folder = LockedPackage(package_name("a"), "", direct=Direct("directory", "libs/a", editable=True))

    (choice,) = select(lock(folder), target(), wanted(), policy=DENIED).choices

    assert choice.artifact == Artifact("", "libs/a", ())


def test_a_folder_that_is_no_package_is_left_out_and_what_it_needs_is_not() -> None:
    alone = LockedPackage(package_name("a"), "", direct=Direct("directory", "libs/a", is_package=False))

    (choice,) = select(lock(alone, entry("b")), target(), wanted()).choices

    assert choice.package.name == "b"


def test_a_source_archive_locked_by_url_is_taken_where_it_may_be_built() -> None:
    some = entry("a", wheels=[], sdist=True)._replace(direct=Direct("archive", "https://x.example.com/a.zip"))

    assert file_of(some) == "a-1.0.tar.gz"
    with pytest.raises(BuildForbidden):
        file_of(some, policy=DENIED)


def test_a_wheel_locked_by_url_is_taken_and_must_fit() -> None:
    good = entry("a")._replace(direct=Direct("archive", "https://x.example.com/a-1.0-py3-none-any.whl"))

    assert file_of(good) == "a-1.0-py3-none-any.whl"
    with pytest.raises(NoMatchingTarget):
        file_of(good._replace(wheels=(artifact("a-1.0-cp27-cp27m-win32.whl"),)))


def test_all_faults_are_told_at_once() -> None:
    bad = lock(entry("a", wheels=["cp27-none-any"]), entry("b", wheels=[], sdist=True), entry("c"))

    with pytest.raises(Failures) as caught:
        select(bad, target(), wanted(), policy=DENIED)

    assert [type(fault) for fault in caught.value.failures] == [NoMatchingTarget, BuildForbidden]


# ---- requested, and groups alone ------------------------------------------------------------------


def requested(some: Lock, what: Wanted) -> list[str]:
    return [c.package.name for c in select(some, target(), what).choices if c.requested]


def test_what_the_project_names_is_requested_and_the_rest_is_not() -> None:
    some = lock(
        entry("a", needs=["b"]),
        entry("b"),
        entry("c", marker="'net' in extras"),
        entry("d", marker="'dev' in dependency_groups"),
        entry("w", needs=["b"]),
        made_from=inputs(
            ["a", "w", "b; sys_platform == 'win32'"],
            extras={"net": ["c"]},
            groups={"dev": ["d", "demo[net]"]},
        ),
    )

    assert requested(some, wanted()) == ["a", "w"]
    assert requested(some, wanted(extras="net")) == ["a", "c", "w"]
    assert requested(some._replace(inputs=None), wanted(extras="net")) == []


def test_a_reference_to_the_project_itself_is_followed() -> None:
    some = lock(
        entry("c", marker="'all' in extras or 'net' in extras"),
        made_from=inputs(extras={"net": ["c"], "all": ["demo[net]", "demo[all]"]}),
    )

    assert requested(some, wanted(extras="all")) == ["c"]


GROUPED = lock(
    entry("a", needs=["b"], extras={"x": ["e"], "y": ["f"]}),
    entry("b"),
    entry("c", needs=["d>=1", "w; sys_platform == 'win32'"], marker="'dev' in dependency_groups"),
    entry("d", needs=["c", "a[x]"]),
    entry("e"),
    entry("f"),
    entry("w"),
    entry("z"),
    made_from=inputs(["a[y]", "d", "w", "z"], groups={"dev": ["c"]}),
)


def test_groups_alone_bring_only_what_they_reach() -> None:
    only = select(GROUPED, target(), wanted(groups="dev", base=False))

    assert names(only) == ["a 1.0", "b 1.0", "c 1.0", "d 1.0", "e 1.0"]
    assert [c.package.name for c in only.choices if c.requested] == ["c"]


def test_no_group_alone_brings_nothing() -> None:
    assert names(select(GROUPED, target(), wanted(base=False))) == []


def test_groups_alone_of_a_foreign_lock_follow_its_edges() -> None:
    some = foreign(
        entry("a"),
        entry("b"),
        entry("c", marker="'dev' in dependency_groups", edges=["b"]),
        entry("d", marker="'dev' in dependency_groups", edges=["c"]),
    )

    assert names(select(some, target(), wanted(groups="dev", base=False))) == ["b 1.0", "c 1.0", "d 1.0"]


def test_a_broken_requirement_in_the_record_is_an_invalid_lock() -> None:
    recorded = inputs().recorded()._replace(dependencies=("a b",))

    with pytest.raises(LockInvalid, match=r"pylock\.toml"):
        select(lock(entry("a"), made_from=recorded), target(), wanted())


def test_default_groups_come_from_the_record_or_from_the_standard_key() -> None:
    own = lock(made_from=inputs(groups={"dev": []}, default_groups=["dev"]))

    assert default_groups(own) == {"dev"}
    assert default_groups(foreign(default_groups=["test"])) == {"test"}


# ---- what the project says beside its requirements ----------------------------------------------


def test_extras_that_exclude_each_other_are_refused_where_both_are_on() -> None:
    exclusive = "extra cpu ('cpu' in extras or ('all' in extras and sys_platform == 'darwin')) | extra gpu"
    some = lock(
        entry("t", "1", marker="'cpu' in extras or ('all' in extras and sys_platform == 'darwin')"),
        entry("t", "2", marker="'gpu' in extras"),
        made_from=inputs(
            extras={"cpu": ["t==1"], "gpu": ["t==2"], "all": ["demo[cpu]; sys_platform == 'darwin'"]},
            adjustments={"conflicts": [exclusive]},
        ),
    )

    with pytest.raises(ExclusiveExtras) as caught:
        select(some, target(), wanted(extras="cpu gpu"))
    assert caught.value.what == "extra `cpu` and extra `gpu` cannot be on together"
    assert names(select(some, target(), wanted(extras="gpu all"))) == ["t 2"]
    with pytest.raises(ExclusiveExtras):
        select(some, target(platform="darwin"), wanted(extras="gpu all"))


def test_an_override_that_holds_where_the_requirement_did_not_counts_for_a_group_alone() -> None:
    some = lock(
        entry("a", marker="'dev' in dependency_groups"),
        made_from=inputs(
            groups={"dev": ["a; sys_platform == 'win32'"]},
            adjustments={"override-dependencies": ["a==1.0"]},
        ),
    )

    assert names(select(some, target(), wanted(groups="dev", base=False))) == ["a 1.0"]


def test_a_group_alone_has_what_overrides_and_exclusions_leave() -> None:
    some = lock(
        entry("a"),
        entry("b", marker="sys_platform == 'win32'"),
        entry("c"),
        made_from=inputs(
            ["c"],
            extras={"x": ["c"]},
            groups={"dev": ["a", "b", "gone[x]"]},
            adjustments={
                "exclude-dependencies": ["gone"],
                "override-dependencies": ["b; sys_platform == 'win32'"],
            },
        ),
    )

    assert names(select(some, target(), wanted(groups="dev", base=False))) == ["a 1.0"]
    on_windows = select(some, target(platform="win32"), wanted(groups="dev", base=False))
    assert names(on_windows) == ["a 1.0", "b 1.0"]
    assert [choice.requested for choice in on_windows.choices] == [True, True]
