"""`detent why` and `detent why-not`: from the lock alone, and by solving with the version forced."""

from typing import Any

import pytest

from support.answers import answer
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

GROUPS = """\
[project.optional-dependencies]
net = ["low<3"]

[dependency-groups]
dev = ["tool"]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """`web 1` holds `low` below 2; of `low` others are pre-releases or for other Pythons."""
    index.cache_control = "no-cache"
    publish(index, *(wheel("low", version) for version in ("1.0", "2.0", "3.0", "4.0rc1")))
    publish(index, wheel("low", "5.0", requires_python=">=3.99"), wheel("low", "0.5", requires_python="<3.5"))
    publish(index, wheel("low", "6.0", requires_python=">=3.13"))
    publish(index, wheel("web", "1.0", requires=["low>=1,<2"]), wheel("web", "2.0", requires=["low>=2"]))
    publish(index, wheel("tool", "1.0", requires=["low"]), wheel("free", "1.0"), wheel("free", "2.0"))
    publish(index, wheel("old", "1.0"), wheel("old", "2.0"))
    index.yank("old-2.0-py3-none-any.whl")
    sandbox.manifest("web<2", "free==1.0", "old", tail=GROUPS)
    sandbox.detent("lock").ok()
    return sandbox


def facts(sandbox: Sandbox, *words: str) -> dict[str, Any]:
    return answer(words[0], sandbox.detent(*words, "--output-format", "json").ok())


# ---- why -----------------------------------------------------------------------------------------


def test_every_path_is_told_with_the_bounds_that_hold_the_version_and_nobody_is_asked(
    project: Sandbox, index: IndexServer
) -> None:
    index.forget()

    told = project.detent("why", "low").ok()

    assert told.out.splitlines() == [
        "low v1.0",
        "  demo (extra: net, pyproject.toml:7) -> low<3",
        "  demo (group: dev, pyproject.toml:10) -> tool (v1.0) -> low",
        "  demo (pyproject.toml:5) -> web<2 (v1.0) -> low>=1,<2",
        "  lower bound: >=1, of web v1.0",
        "  upper bound: <2, of web v1.0",
    ]
    assert index.requests == []
    assert "upper bound: none, so nothing holds it" in project.detent("why", "old==1").ok().out


def test_paths_are_facts_for_programs(project: Sandbox) -> None:
    (package,) = facts(project, "why", "web")["packages"]

    assert (package["version"], package["index"]) == ("1.0", project.index_url)
    assert package["paths"][0]["asker"]["place"] == "pyproject.toml:5"
    assert [step["requirement"] for step in package["paths"][0]["steps"]] == ["web<2"]
    assert [bound["clause"] for bound in package["upper_bounds"]] == ["<2"]
    assert package["lower_bounds"] == []


def test_a_lock_that_is_not_up_to_date_is_explained_as_it_is(project: Sandbox) -> None:
    project.manifest("tool")

    assert "demo -> web<2 (v1.0) -> low>=1,<2" in project.detent("why", "low").ok().out


@pytest.mark.parametrize(
    ("word", "what", "more"),
    [
        ("lov", "there is no `lov` in the lock", "did you mean `low`?"),
        ("low==9", "there is no `low==9` in the lock", "it has `1.0`"),
        ("demo", "`demo` is this project", ""),
        ("low<9", "`low<9` is not a package to explain", "write it like"),
        ("low==1.*", "`low==1.*` is not a package to explain", "only a name and one version"),
        ("lo w", "`lo w` is not a package to explain", ""),
    ],
)
def test_what_is_not_there_is_an_error_with_what_may_be_meant(
    project: Sandbox, word: str, what: str, more: str
) -> None:
    done = project.detent("why", word)

    assert (done.code, done.out) == (2, "")
    assert what in done.err
    assert more in done.err


def test_without_a_lock_none_is_made(sandbox: Sandbox) -> None:
    sandbox.manifest("a")
    done = sandbox.detent("why", "a")

    assert (done.code, sorted(path.name for path in sandbox.root.iterdir())) == (1, ["pyproject.toml"])
    assert "`detent why` reads it and makes none" in done.err


# ---- why not -------------------------------------------------------------------------------------


def test_what_of_the_project_is_in_the_way_is_named_with_the_edit_that_frees_it(project: Sandbox) -> None:
    before = project.snapshot()

    told = project.detent("why-not", "low==2.0").ok()

    assert told.out.splitlines() == [
        "low 2.0 cannot be locked (locked: 1.0)",
        "  your project needs web<2 (pyproject.toml:5)",
        "  web 1.0 needs low>=1,<2",
        "  in the way: `web<2` (pyproject.toml:5)",
        "  next: write `web>=2.0` in pyproject.toml:5",
        "  older versions of others were not tried; `detent lock -P low==2.0 --dry-run` does",
    ]
    assert project.snapshot() == before
    found = facts(project, "why-not", "low==2.0")
    assert found["verdict"] == "hindered"
    assert [own["line"] for own in found["requirements"]] == [5]


def test_all_of_ones_own_that_is_in_the_way_is_named_and_nothing_else(project: Sandbox) -> None:
    found = facts(project, "why-not", "low==3.0")

    assert [own["requirement"] for own in found["requirements"]] == ["low<3"]
    project.manifest("web", "free", "old", tail=GROUPS.replace("low<3", "low"))
    assert facts(project, "why-not", "low==3.0")["verdict"] == "possible"


def test_what_could_be_says_what_moves_with_it_and_the_command_that_does_it(project: Sandbox) -> None:
    project.manifest("web", "free", "old", tail=GROUPS)

    told = project.detent("why-not", "low==2.0").ok()

    assert told.out.splitlines() == [
        "low 2.0 can be locked (locked: 1.0)",
        "  with it web v1.0 -> v2.0",
        "  next: run `detent lock -P low==2.0`",
    ]
    project.detent("lock", "-P", "low==2.0").ok()
    assert "low 2.0 is locked already" in project.detent("why-not", "low==2").ok().out


def test_what_moves_with_it_is_what_the_command_moves(project: Sandbox, index: IndexServer) -> None:
    newest = wheel("high", "1.1rc1")
    publish(index, wheel("high", "0.5"), wheel("high", "1.0", requires=["low>=3"]), newest)
    project.manifest("high", "low", "free", "old")
    project.detent("lock", "-P", "low==3.0").ok()

    assert "with it high v1.0 -> v0.5" in project.detent("why-not", "low==2.0").ok().out
    assert "high v1.0 -> v0.5" in project.detent("lock", "-P", "low==2.0", "--dry-run").ok().err


def test_a_name_alone_asks_for_its_newest_release(project: Sandbox) -> None:
    assert facts(project, "why-not", "free")["specifier"] == "==2.0"
    assert "next: write `free==2.0` in pyproject.toml:5" in project.detent("why-not", "free").ok().out
    project.manifest("web<2", "free", "old", tail=GROUPS)
    assert "run `detent upgrade free`" in project.detent("why-not", "free").ok().out


def test_what_is_not_in_the_lock_is_tried_as_if_it_were_added(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("more", "1.0", requires=["low>=2"]), wheel("other", "1.0", requires=["low"]))

    assert "run `detent add other`" in project.detent("why-not", "other").ok().out
    told = project.detent("why-not", "more").ok().out
    assert "more 1.0 cannot be locked (not in the lock)" in told
    assert "in the way: `web<2` (pyproject.toml:5)" in told


@pytest.mark.parametrize(
    ("asked", "words", "reason"),
    [
        ("old==2.0", [], "it was yanked, so it is only taken when it is named"),
        ("low==4.0rc1", ["--prerelease", "disallow"], "is a pre-release, and `prerelease"),
        ("low==0.5", [], "it needs Python <3.5, and the project is for >=3.11"),
        ("low==5.0", [], "where python_version >= '3.99'; the version is for no other Python"),
        ("low==7", [], "low==7 is not on the index; the newest there is"),
        ("free==2.0", ["--exclude-newer", "2023-01-01"], "was uploaded on 2024-01-01"),
    ],
)
def test_what_hides_a_version_whatever_is_asked_for_is_named(
    project: Sandbox, asked: str, words: list[str], reason: str
) -> None:
    project.manifest("web", "free", "old", tail=GROUPS)

    assert reason in project.detent("why-not", asked, *words).ok().out


def test_a_build_that_is_not_allowed_is_a_reason(project: Sandbox, index: IndexServer) -> None:
    index.add("free-3.0.tar.gz", b"never read")

    told = project.detent("why-not", "free==3.0", "--no-build").ok().out

    assert "has only source distributions, and" in told
    assert "in the way: `free==1.0` (pyproject.toml:5)" in told


def test_what_serves_newer_pythons_alone_is_tried_where_it_can_be(project: Sandbox) -> None:
    project.manifest("low", "free", "old")
    project.detent("lock", "-P", "low==3.0").ok()

    told = project.detent("why-not", "low==6.0").ok().out

    assert "low 6.0 can be locked where python_version >= '3.13'" in told


def test_no_old_version_of_another_package_is_an_answer(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("web", "0.1", requires=["low"]))  # of a time when nobody knew of `low` 2

    told = project.detent("why-not", "low==2.0").ok().out

    assert "web 1.0 needs low>=1,<2" in told
    assert "older versions of others were not tried; `detent lock -P low==2.0 --dry-run` does" in told
    assert "Update web v1.0 -> v0.1" in project.detent("lock", "-P", "low==2.0", "--dry-run").ok().err


def test_constraints_are_ones_own_too(project: Sandbox) -> None:
    project.manifest("free", tail='[tool.detent]\nconstraint-dependencies = ["free<2"]\n')
    project.detent("lock").ok()

    told = project.detent("why-not", "free").ok().out

    assert "is ruled out by `free<2`" in told
    assert facts(project, "why-not", "free")["requirements"][0]["requirement"] == "free<2"


def test_each_of_several_bounds_on_the_package_itself_is_named(project: Sandbox) -> None:
    project.manifest("free<2", tail='[tool.detent]\nconstraint-dependencies = ["free<1.5"]\n')

    assert "in the way: `free<2` (pyproject.toml:5), `free<1.5` (pyproject.toml:7)" in (
        project.detent("why-not", "free").ok().out
    )


def test_what_cannot_be_asked_is_an_error(project: Sandbox) -> None:
    unknown = project.detent("why-not", "freee")
    assert (unknown.code, "did you mean `free`?" in unknown.err) == (1, True)
    odd = project.detent("why-not", "free[x]")
    assert (odd.code, "is not a version to ask about" in odd.err) == (2, True)
