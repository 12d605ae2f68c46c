"""What changed between two locks, and between a lock and its project."""

from detent.lock.diff import Change, changes, differences, unused_sources
from detent.lock.model import Direct, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.members import Member
from detent.model.requirement import package_name
from detent.model.sources import GitSource, PathSource, ProjectIndex, RevisionKind, SourceRule
from support.locks import entry, foreign, inputs, lock


def change(name: str, before: str, after: str) -> Change:
    return Change(package_name(name), tuple(before.split()), tuple(after.split()))


# ---- between locks ------------------------------------------------------------------------------


def test_added_removed_and_updated_names_are_told_in_order() -> None:
    old = lock(entry("b", "1.0"), entry("c", "1.0"), entry("d", "1.0"))
    new = lock(entry("a", "1.0"), entry("b", "1.0"), entry("c", "2.0"))

    assert changes(old, new) == (change("a", "", "1.0"), change("c", "1.0", "2.0"), change("d", "1.0", ""))


def test_versions_of_several_environments_are_told_together() -> None:
    old = lock(entry("a", "1.0"))
    new = lock(entry("a", "1.0", marker="python_version < '3.12'"), entry("a", "2.0"))

    assert changes(old, new) == (change("a", "1.0", "1.0 2.0"),)


def test_equal_locks_and_other_files_are_no_change() -> None:
    old = lock(entry("a"))

    assert changes(old, lock(entry("a", wheels=["cp312-none-any"], sdist=True))) == ()


def test_a_version_that_stands_twice_is_one_version() -> None:
    twice = foreign(
        entry("a", marker="sys_platform == 'win32'"), entry("a", marker="sys_platform != 'win32'")
    )

    assert changes(twice, foreign(entry("a"))) == ()


def test_everything_is_new_where_there_was_no_lock() -> None:
    assert changes(None, lock(entry("a"))) == (change("a", "", "1.0"),)


def test_another_commit_is_a_change() -> None:
    def at(commit: str) -> LockedPackage:
        return LockedPackage(package_name("a"), "", direct=Direct("vcs", "x", "git", commit=commit))

    assert changes(lock(at("1f")), lock(at("2e"))) == (change("a", "1f", "2e"),)


# ---- between a lock and its project ---------------------------------------------------------------


def test_a_lock_of_the_same_inputs_is_fresh_whatever_their_order() -> None:
    one = inputs(["b>=1,<2", "A"], extras={"net": ["c", "d"]}, default_groups=["x", "y"])
    other = inputs(["a", "b <2, >=1"], extras={"net": ["d", "c"]}, default_groups=["y", "x"])

    assert differences(other, lock(made_from=one)) == ()


def test_requirements_that_came_went_or_changed_are_named_with_their_table() -> None:
    was = inputs(
        ["httpx>=0.27", "gone"], extras={"net": ["c>=1"]}, groups={"dev": ["pytest>=8", "ruff"], "old": ["a"]}
    )
    now = inputs(
        ["httpx>=0.28", "new"], extras={"net": ["c>=2"]}, groups={"dev": ["pytest>=8"], "young": ["b"]}
    )

    assert differences(now, lock(made_from=was)) == (
        "`httpx>=0.28` in [project.dependencies] was `httpx>=0.27`",
        "`new` was added to [project.dependencies]",
        "`gone` was removed from [project.dependencies]",
        "`c>=2` in [project.optional-dependencies] net was `c>=1`",
        "`ruff` was removed from [dependency-groups] dev",
        "`a` was removed from [dependency-groups] old",
        "`b` was added to [dependency-groups] young",
    )


def test_several_lines_of_one_name_are_told_apart() -> None:
    was = inputs(["a>=1; python_version < '3.11'"])
    now = inputs(["a>=1; python_version < '3.12'", "a>=2; python_version >= '3.12'"])

    assert differences(now, lock(made_from=was)) == (
        "`a>=1; python_version < '3.12'` was added to [project.dependencies]",
        "`a>=2; python_version >= '3.12'` was added to [project.dependencies]",
        "`a>=1; python_version < '3.11'` was removed from [project.dependencies]",
    )


def test_empty_extras_and_groups_count_too() -> None:
    was = inputs(extras={"net": []}, groups={"dev": []})
    now = inputs(extras={"cli": []}, groups={"test": []})

    assert differences(now, lock(made_from=was)) == (
        "the extra `cli` was added to [project.optional-dependencies]",
        "the extra `net` was removed from [project.optional-dependencies]",
        "the group `dev` was removed from [dependency-groups]",
        "the group `test` was added to [dependency-groups]",
    )


def test_python_default_groups_and_options_are_compared() -> None:
    was = inputs(requires_python=">=3.9", default_groups=["dev"], options={"prerelease": "allow", "a": "1"})
    now = inputs(requires_python=">=3.11", default_groups=["test"], options={"prerelease": "never", "b": "2"})

    assert differences(now, lock(made_from=was)) == (
        "`requires-python` is `>=3.11` and was `>=3.9`",
        "the group `dev` was removed from the default groups",
        "the group `test` was added to the default groups",
        "the option `a` was `1` and is not set any more",
        "the option `b` is `2` and was not set",
        "the option `prerelease` is `never` and was `allow`",
    )


def test_another_index_is_no_difference() -> None:
    project = inputs(["a"])

    assert (
        differences(project._replace(index_url="https://mirror.example.com/"), lock(made_from=project)) == ()
    )


def test_a_lock_of_another_tool_says_so() -> None:
    assert differences(inputs(), foreign()) == (
        "the lock was written by `other` and does not record what it was made from",
    )


def test_a_hand_edited_line_is_a_difference_and_no_crash() -> None:
    recorded = inputs(["a"]).recorded()._replace(dependencies=("a b",))

    assert differences(inputs(["a"]), lock(made_from=recorded)) == (
        "`a` was added to [project.dependencies]",
        "`a b` was removed from [project.dependencies]",
    )


def test_a_difference_in_what_the_project_says_beside_its_requirements_is_put_into_words() -> None:
    was = {
        "conflicts": ["extra a | extra b"],
        "constraint-dependencies": ["a<2", "old<1"],
        "dependency-metadata": ["m==1.0 | x"],
        "environments": ["sys_platform == 'linux'"],
        "exclude-dependencies": ["boto3: six"],
        "override-dependencies": ["boto3: urllib3>=1", "o==1"],
    }
    now = {
        "conflicts": ["extra a ('a' in extras or 'all' in extras) | extra b"],
        "constraint-dependencies": ["a<3", "new<1"],
        "dependency-metadata": ["m==1.0 | x | y", "m==2.0"],
        "environments": ["sys_platform == 'win32'"],
        "exclude-dependencies": ["boto3: six, urllib3", "boto3==1.0:", "e"],
        "override-dependencies": ["boto3: urllib3>=2", "boto3==1.0: urllib3>=3", "o==1"],
    }

    found = differences(inputs(adjustments=now), lock(made_from=inputs(adjustments=was)))

    assert found == (
        (
            "`extra a ('a' in extras or 'all' in extras) | extra b` in [tool.detent] conflicts was "
            "`extra a | extra b`"
        ),
        "`a<3` in [tool.detent] constraint-dependencies was `a<2`",
        "`new<1` was added to [tool.detent] constraint-dependencies",
        "`old<1` was removed from [tool.detent] constraint-dependencies",
        "`m==1.0 | x | y` in [tool.detent] dependency-metadata was `m==1.0 | x`",
        "`m==2.0` was added to [tool.detent] dependency-metadata",
        "`sys_platform == 'win32'` was added to [tool.detent] environments",
        "`sys_platform == 'linux'` was removed from [tool.detent] environments",
        "`boto3: six, urllib3` in [tool.detent] exclude-dependencies was `boto3: six`",
        "`boto3==1.0:` was added to [tool.detent] exclude-dependencies",
        "`e` was added to [tool.detent] exclude-dependencies",
        "`boto3: urllib3>=2` in [tool.detent] override-dependencies was `boto3: urllib3>=1`",
        "`boto3==1.0: urllib3>=3` was added to [tool.detent] override-dependencies",
    )
    same = inputs(adjustments=now)
    assert differences(same, lock(made_from=same)) == ()


# ---- sources ------------------------------------------------------------------------------------


def ruled(*rules: SourceRule) -> Inputs:
    return inputs()._replace(sources=rules)


def test_another_source_is_named_with_the_one_before() -> None:
    name = package_name("a")
    kinds: tuple[RevisionKind, ...] = ("tag", "branch")
    tag, branch = (GitSource("https://h.example/a.git", "x", kind) for kind in kinds)
    path = SourceRule(name, PathSource("a"), markers.in_extra("x"))
    old = lock()._replace(inputs=ruled(SourceRule(name, tag)).recorded())

    assert differences(ruled(SourceRule(name, tag, where="pyproject.toml:3")), old) == ()
    assert differences(ruled(SourceRule(name, branch)), old) == (
        (
            'the source of `a` is `{git = "https://h.example/a.git", branch = "x"}` '
            'and was `{git = "https://h.example/a.git", tag = "x"}`'
        ),
    )
    assert differences(ruled(SourceRule(name, tag), path), old) == (
        'the source `{path = "a", marker = "\'x\' in extras"}` of `a` was added to [tool.detent.sources]',
    )
    assert differences(ruled(), old) == (
        'the source `{git = "https://h.example/a.git", tag = "x"}` of `a` was removed from [tool.detent.sources]',
    )


def test_a_source_that_nothing_asks_for_is_named_once() -> None:
    a, b = (package_name(name) for name in "ab")
    rules = [
        SourceRule(a, PathSource("a")),
        SourceRule(b, PathSource("b"), markers.in_extra("x"), "pyproject.toml:3"),
        SourceRule(b, PathSource("c"), markers.in_extra("y"), "pyproject.toml:4"),
    ]

    assert tuple(unused_sources(ruled(*rules), lock(entry("a")))) == (
        "the source of `b` (pyproject.toml:3) is not used: nothing asks for it",
    )
    of_workspace = ruled(*rules)._replace(members=(Member(b, "b"),))
    assert tuple(unused_sources(of_workspace, lock(entry("a")))) == ()


def test_what_a_repository_held_is_told_with_its_commit() -> None:
    held = LockedPackage(
        package_name("a"), "", direct=Direct("vcs", "x", "git", commit="0123456789abcdef"), held_version="1.5"
    )

    assert changes(None, lock(held)) == (Change(package_name("a"), (), ("1.5 (0123456789ab)",)),)


# ---- indexes ------------------------------------------------------------------------------------


def test_indexes_of_the_project_are_told_by_name_and_their_order_counts() -> None:
    one, two = ProjectIndex("one", "https://one.example/"), ProjectIndex("two", "https://two.example/")

    def told(was: tuple[ProjectIndex, ...], now: tuple[ProjectIndex, ...]) -> tuple[str, ...]:
        made = lock()._replace(inputs=inputs()._replace(indexes=was).recorded())
        return differences(inputs()._replace(indexes=now), made)

    assert told((one,), (one,)) == ()
    assert told((), (one,)) == ("the index `one` was added to the project",)
    assert told((one,), ()) == ("the index `one` was removed from the project",)
    assert told((one, two), (two, one)) == ("the indexes of the project are asked in another order",)
    assert told((one,), (one._replace(explicit=True),)) == (
        'the index `one` is `{url = "https://one.example/", explicit = true}` and was `"https://one.example/"`',
    )
