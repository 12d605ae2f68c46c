"""Whether a lock is whole."""

import pytest

from detent.lock.closure import closure_faults
from detent.lock.model import Direct, LockedPackage
from detent.model import markers
from detent.model.requirement import package_name
from detent.model.sources import (
    GitSource,
    IndexSource,
    PathSource,
    ProjectIndex,
    SourceRule,
    WorkspaceSource,
)
from support.locks import artifact, entry, foreign, inputs, lock


def test_a_whole_lock_has_no_faults() -> None:
    project = inputs(
        ["a[x]>=1", "w; sys_platform == 'win32'"], extras={"net": ["b"]}, groups={"dev": ["c", "demo[net]"]}
    )
    whole = lock(
        entry(
            "a",
            needs=["e<2; python_version < '3.11'", "e>=2; python_version >= '3.11'"],
            extras={"x": ["f"]},
            edges=["e 1.0", "e 2.0", "f"],
        ),
        entry("b", marker="'net' in extras or 'dev' in dependency_groups"),
        entry("c", marker="'dev' in dependency_groups", needs=["w"], edges=["w"]),
        entry("e", "1.0", marker="python_version < '3.11'"),
        entry("e", "2.0", marker="python_version >= '3.11'"),
        entry("f"),
        entry("w", marker="'dev' in dependency_groups or sys_platform == 'win32'"),
        made_from=project,
    )

    assert closure_faults(project, whole) == ()


def test_a_requirement_without_an_entry_is_told_with_its_owner() -> None:
    project = inputs(["a", "b>=1; sys_platform == 'win32'"])
    broken = lock(entry("a", needs=["c; python_version < '3.11'"]), made_from=project)

    assert closure_faults(project, broken) == (
        "[project.dependencies] needs `b>=1; sys_platform == 'win32'`, but the lock has no entry for it where sys_platform == 'win32'",
        "`a 1.0` needs `c; python_version < '3.11'`, but the lock has no entry for it where python_version < '3.11'",
    )


def test_an_entry_of_a_version_that_is_not_allowed_is_told() -> None:
    project = inputs(["a>=2"])

    assert closure_faults(project, lock(entry("a", "1.0"), made_from=project)) == (
        "[project.dependencies] needs `a>=2`, but the lock has `a 1.0`",
        "nothing needs the entry `a 1.0`",
    )


def test_a_requirement_that_is_met_on_a_part_only_is_told_with_the_rest() -> None:
    project = inputs(["a"])
    broken = lock(entry("a", marker="python_version >= '3.12'"), made_from=project)

    (fault,) = closure_faults(project, broken)

    assert fault.endswith("the lock has no entry for it where python_version < '3.12'")


def test_an_entry_that_is_wider_than_its_need_is_told() -> None:
    project = inputs(["a; sys_platform == 'win32'"])

    assert closure_faults(project, lock(entry("a"), made_from=project)) == (
        "nothing needs the entry `a 1.0` where sys_platform != 'win32'",
    )


def test_what_one_version_needs_is_needed_only_where_that_version_is() -> None:
    project = inputs(["b"])
    forked = lock(
        entry("b", "1.0", marker="python_version < '3.11'", needs=["c"]),
        entry("b", "2.0", marker="python_version >= '3.11'"),
        entry("c"),
        made_from=project,
    )

    assert closure_faults(project, forked) == (
        "nothing needs the entry `c 1.0` where python_version >= '3.11'",
    )


def test_entries_that_only_hold_each_other_up_are_told() -> None:
    project = inputs(["a"])
    ring = lock(entry("a"), entry("b", needs=["c"]), entry("c", needs=["b"]), made_from=project)

    assert closure_faults(project, ring) == (
        "nothing needs the entry `b 1.0`",
        "nothing needs the entry `c 1.0`",
    )


def test_a_ring_that_the_project_reaches_is_whole() -> None:
    project = inputs(["a"])

    assert (
        closure_faults(project, lock(entry("a", needs=["b"]), entry("b", needs=["a"]), made_from=project))
        == ()
    )


def test_extras_are_on_only_where_a_bracket_asks_for_them() -> None:
    project = inputs(["a"])
    needs_extra = lock(entry("a", extras={"x": ["b"]}), entry("b"), made_from=project)

    assert closure_faults(project, needs_extra) == ("nothing needs the entry `b 1.0`",)
    assert closure_faults(inputs(["a[x]"]), needs_extra) == ()


def test_extras_may_ask_for_extras_and_bring_the_base_along() -> None:
    project = inputs(["a[all]"])
    whole = lock(
        entry("a", needs=["base"], extras={"all": ["a[x]", "b[y]"], "x": ["c"]}),
        entry("b", needs=["d"], extras={"y": ["e; python_version >= '3.11'"]}),
        entry("base"),
        entry("c"),
        entry("d"),
        entry("e", marker="python_version >= '3.11'"),
        made_from=project,
    )

    assert closure_faults(project, whole) == ()
    without_e = whole._replace(packages=tuple(p for p in whole.packages if p.name != "e"))
    assert closure_faults(project, without_e) == (
        "`b[y] 1.0` needs `e; python_version >= '3.11'`, but the lock has no entry for it where python_version >= '3.11'",
    )


def test_who_needs_the_project_itself_is_met() -> None:
    project = inputs(["a"])

    assert closure_faults(project, lock(entry("a", needs=["demo>=1"]), made_from=project)) == ()


def test_requires_python_and_environments_bound_the_question() -> None:
    project = inputs(["a; python_version >= '3.11'"], requires_python=">=3.11")

    assert closure_faults(project, lock(entry("a"), made_from=project)) == ()
    on_linux = "sys_platform == 'linux'"
    linux = inputs(["a", "b; sys_platform == 'win32'"], adjustments={"environments": [on_linux]})
    limited = lock(entry("a"), made_from=linux, environments=[on_linux])
    assert closure_faults(linux, limited) == ()


def test_a_lock_for_other_environments_than_the_projects_is_told() -> None:
    project = inputs(["a"])
    told = ("the environments at the top of the lock are not those that it was made for",)

    limited = lock(entry("a"), made_from=project, environments=["sys_platform == 'linux'"])
    assert closure_faults(project, limited) == told
    linux = inputs(["a"], adjustments={"environments": ["sys_platform == 'linux'"]})
    assert closure_faults(linux, lock(entry("a"), made_from=linux)) == told


# ---- what the project says beside its requirements ----------------------------------------------


def test_a_constraint_holds_wherever_its_marker_meets_the_entrys() -> None:
    bound = {"constraint-dependencies": ["a<2; sys_platform == 'win32'", "b<2", "gone>1"]}
    project = inputs(["a; python_version < '3.12'", "b"], adjustments=bound)
    entries = [entry("a", "2.0", marker="python_version < '3.12'"), entry("b", "1.0")]

    assert closure_faults(project, lock(*entries, made_from=project)) == (
        (
            "the lock has `a 2.0` where python_version < '3.12' and sys_platform == 'win32', which "
            "`a<2; sys_platform == 'win32'` in [tool.detent] constraint-dependencies rules out"
        ),
    )
    elsewhere = inputs(
        ["a; sys_platform == 'linux'", "b"],
        adjustments={"constraint-dependencies": ["a<2; sys_platform == 'win32'"]},
    )
    on_linux = entry("a", "2.0", marker="sys_platform == 'linux'")
    assert closure_faults(elsewhere, lock(on_linux, entry("b"), made_from=elsewhere)) == ()


def test_an_excluded_package_has_no_entry() -> None:
    project = inputs(["a", "b"], adjustments={"exclude-dependencies": ["b"]})

    assert closure_faults(project, lock(entry("a"), made_from=project)) == ()
    assert closure_faults(project, lock(entry("a"), entry("b"), made_from=project)) == (
        "the lock has `b 1.0`, and `b` stands in [tool.detent] exclude-dependencies",
        "nothing needs the entry `b 1.0`",
    )


def test_an_override_counts_in_the_place_of_the_projects_own_requirement() -> None:
    project = inputs(
        ["a>=1", "b"], adjustments={"override-dependencies": ["a==3; sys_platform == 'win32'", "x: b==9"]}
    )

    whole = lock(entry("a", "3", marker="sys_platform == 'win32'"), entry("b"), made_from=project)
    assert closure_faults(project, whole) == ()
    assert closure_faults(project, lock(entry("a", "2"), entry("b"), made_from=project)) == (
        (
            "the project needs `a==3; sys_platform == 'win32'`, but the lock has `a 2` "
            "where sys_platform == 'win32'"
        ),
        "nothing needs the entry `a 2`",
    )


def test_extras_that_exclude_each_other_are_never_looked_at_together() -> None:
    extras = {"cpu": ["t==1"], "gpu": ["t==2"]}
    pair = [entry("t", "1", marker="'cpu' in extras"), entry("t", "2", marker="'gpu' in extras")]
    apart = inputs(extras=extras, adjustments={"conflicts": ["extra cpu | extra gpu"]})

    assert closure_faults(apart, lock(*pair, made_from=apart)) == ()
    together = inputs(extras=extras)
    assert closure_faults(together, lock(*pair, made_from=together))[0] == (
        "the entries `t 1` and `t 2` are both for one environment where 'cpu' in extras and 'gpu' in extras"
    )


def test_an_entry_for_extras_that_are_never_on_together_is_told() -> None:
    project = inputs(
        ["a"], extras={"cpu": [], "gpu": []}, adjustments={"conflicts": ["extra cpu | extra gpu"]}
    )
    dead = entry("b", marker="'cpu' in extras and 'gpu' in extras")

    assert closure_faults(project, lock(entry("a"), dead, made_from=project)) == (
        "nothing needs the entry `b 1.0`",
    )


def test_two_entries_for_one_environment_are_told() -> None:
    project = inputs(["a"])
    double = lock(
        entry("a", "1.0", marker="python_version < '3.12'"),
        entry("a", "2.0", marker="python_version >= '3.11'"),
        made_from=project,
    )

    assert closure_faults(project, double) == (
        "the entries `a 1.0` and `a 2.0` are both for one environment where python_version == '3.11'",
    )


def test_an_entry_for_no_environment_is_told() -> None:
    project = inputs(["a"])
    dead = lock(entry("a"), entry("b", marker="python_version < '3.0'"), made_from=project)

    assert closure_faults(project, dead) == ("nothing needs the entry `b 1.0`",)


def test_an_edge_to_nothing_or_to_several_is_told() -> None:
    project = inputs(["a", "b"])
    loose = lock(
        entry("a", edges=["b", "b 3.0", "b 2.0"]),
        entry("b", "1.0", marker="python_version < '3.12'"),
        entry("b", "2.0", marker="python_version >= '3.12'"),
        made_from=project,
    )

    assert closure_faults(project, loose) == (
        "`a 1.0` depends on `b`, and the lock has several entries for it",
        "`a 1.0` depends on `b 3.0`, and the lock has no entry for it",
    )


def test_a_requirement_that_does_not_parse_is_told() -> None:
    project = inputs(["a"])

    (fault,) = closure_faults(project, lock(entry("a", needs=["b c"]), made_from=project))

    assert "`b c` is not a valid requirement" in fault


def test_pre_releases_and_local_versions_satisfy_as_the_resolver_saw_it() -> None:
    project = inputs(["a>=1", "b==1.0"])

    assert closure_faults(project, lock(entry("a", "2.0rc1"), entry("b", "1.0+cpu"), made_from=project)) == ()


def test_a_lock_of_another_tool_is_not_judged() -> None:
    assert closure_faults(inputs(["a"]), foreign()) == ()


def test_an_entry_that_comes_from_where_nobody_said_is_told() -> None:
    project = inputs(["a"])
    taken = entry("a", "", wheels=())._replace(direct=Direct("directory", "evil"))

    assert closure_faults(project, lock(taken, made_from=project)) == (
        "the entry `a` comes from `evil`, and no requirement names that",
    )


GIT = Direct("vcs", "https://git.example.com/a.git", "git", "main", "84b3", "sub")
RULE = SourceRule(
    package_name("a"), GitSource(GIT.location, "main", "branch", "sub"), where="pyproject.toml:7"
)


def from_git(direct: Direct = GIT, marker: str = "") -> LockedPackage:
    return LockedPackage(package_name("a"), "", marker=marker, direct=direct, held_version="1.2")


def test_an_entry_from_where_a_rule_says_is_right() -> None:
    project = inputs(["a>=1"])._replace(sources=(RULE,))

    assert closure_faults(project, lock(from_git(), made_from=project)) == ()


def test_the_version_that_was_held_has_to_meet_requirements() -> None:
    project = inputs(["a>=2"])._replace(sources=(RULE,))

    assert "[project.dependencies] needs `a>=2`, but the lock has `a 1.2`" in closure_faults(
        project, lock(from_git(), made_from=project)
    )


@pytest.mark.parametrize(
    "other",
    [
        GIT._replace(location="https://evil.example.com/a.git"),
        GIT._replace(subdirectory="evil"),
        GIT._replace(vcs="hg"),
        Direct("directory", "libs/a"),
    ],
)
def test_an_entry_from_elsewhere_than_its_rule_says_is_told(other: Direct) -> None:
    project = inputs(["a"])._replace(sources=(RULE,))

    (fault,) = closure_faults(project, lock(from_git(other), made_from=project))

    assert fault == f"the entry `a 1.2` comes from `{other.location}`, and pyproject.toml:7 says otherwise"


def test_an_entry_of_an_index_is_none_of_a_repository() -> None:
    project = inputs(["a"])._replace(sources=(RULE,))

    assert closure_faults(project, lock(entry("a"), made_from=project)) == (
        (
            "the entry `a 1.0` comes from the index `https://index.example.com/simple/`, "
            "and pyproject.toml:7 says otherwise"
        ),
    )


def test_a_rule_counts_where_it_holds_alone() -> None:
    rule = RULE._replace(marker=markers.parse("sys_platform == 'win32'"))
    project = inputs(["a"])._replace(sources=(rule,))
    parts = (from_git(marker="sys_platform == 'win32'"), entry("a", marker="sys_platform != 'win32'"))

    assert closure_faults(project, lock(*parts, made_from=project)) == ()
    assert closure_faults(project, lock(from_git(), made_from=project)) == (
        f"the entry `a 1.2` comes from `{GIT.location}`, and no requirement names that",
    )


def test_what_a_package_of_a_source_refers_to_counts_and_what_one_of_an_index_does_not() -> None:
    url = f"a @ git+{GIT.location}@main#subdirectory=sub"
    rule = SourceRule(package_name("b"), PathSource("libs/b"))
    local = inputs(["b"])._replace(sources=(rule,))
    folder = LockedPackage(package_name("b"), "", direct=Direct("directory", "libs/b"), requires=(url,))
    plain = inputs(["b"])

    assert closure_faults(local, lock(from_git(), folder, made_from=local)) == ()
    assert closure_faults(plain, lock(from_git(), entry("b", needs=[url]), made_from=plain)) == (
        f"the entry `a 1.2` comes from `{GIT.location}`, and no requirement names that",
    )


def test_a_commit_that_is_named_is_the_one() -> None:
    commit = "84b3a3ac7f9252fba5dedcc666febd3b387b2b50"
    project = inputs([f"a @ git+{GIT.location}@{commit}#subdirectory=sub"])
    right = GIT._replace(revision=commit, commit=commit)

    assert closure_faults(project, lock(from_git(right), made_from=project)) == ()
    assert closure_faults(project, lock(from_git(right._replace(commit="0" * 40)), made_from=project))


def test_a_file_at_a_url_has_the_hash_that_was_named() -> None:
    file = artifact("a-1.0-py3-none-any.whl")
    digest = file.digests[0].value
    found = entry("a")._replace(direct=Direct("archive", file.url), index="", wheels=(file,))

    def faults(value: str) -> tuple[str, ...]:
        project = inputs([f"a @ {file.url}#sha256={value}"])
        return closure_faults(project, lock(found, made_from=project))

    assert faults(digest) == ()
    assert faults("0" * 64)


def test_a_package_that_is_pinned_to_an_index_is_from_there() -> None:
    rule = SourceRule(package_name("a"), IndexSource("mine"))
    project = inputs(["a"])._replace(
        sources=(rule,), indexes=(ProjectIndex("mine", "https://mine.example.com/simple"),)
    )

    assert closure_faults(project, lock(entry("a"), made_from=project))
    mine = entry("a", index="https://mine.example.com/simple/")
    assert closure_faults(project, lock(mine, made_from=project)) == ()


def test_a_member_of_the_workspace_lies_inside_of_it() -> None:
    project = inputs(["a"])._replace(sources=(SourceRule(package_name("a"), WorkspaceSource()),))

    def faults(path: str) -> tuple[str, ...]:
        return closure_faults(project, lock(from_git(Direct("directory", path)), made_from=project))

    assert faults("packages/a") == ()
    assert faults("../a")
    assert faults("/srv/a")


def test_an_index_elsewhere_has_no_files_on_this_machine() -> None:
    project = inputs(["a"])
    wheel = artifact("a-1.0-py3-none-any.whl", url="file:///srv/a-1.0-py3-none-any.whl")
    strange = entry("a")._replace(wheels=(wheel,))

    assert closure_faults(project, lock(strange, made_from=project)) == (
        (
            "the entry `a 1.0` of the index `https://index.example.com/simple/` has a file on this machine: "
            "`file:///srv/a-1.0-py3-none-any.whl`"
        ),
    )
    local = strange._replace(index="file:///srv/")
    assert closure_faults(project, lock(local, made_from=project)) == ()
