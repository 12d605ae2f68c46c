"""What moves when a project is locked again: nothing without need, all of it when told, and what is said of it."""

import tomllib
from collections.abc import Sequence

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """Two packages of the index, and a lock with the versions there were at first."""
    index.cache_control = "no-cache"
    publish(index, wheel("web", "1.0", requires=["core>=1"]), wheel("core", "1.0"), wheel("core", "0.9"))
    sandbox.manifest("core", "web")
    sandbox.detent("lock").ok()
    publish(
        index,
        wheel("web", "2.0", requires=["core>=2"]),
        wheel("core", "1.5"),
        wheel("core", "2.0"),
        wheel("core", "2.1rc1"),
    )
    return sandbox


def versions(sandbox: Sandbox) -> dict[str, str]:
    return {p["name"]: p["version"] for p in tomllib.loads(sandbox.read("pylock.toml"))["packages"]}


def lock(sandbox: Sandbox, *words: str) -> str:
    """Lock and give what was said, but for how long it took."""
    said = sandbox.detent("lock", *words).ok().err
    return "".join(line for line in said.splitlines(keepends=True) if not line.startswith("Resolved"))


# ---- told to -------------------------------------------------------------------------------------


def test_what_is_named_moves_what_it_must_and_nothing_else(project: Sandbox) -> None:
    old = project.read("pylock.toml")
    assert lock(project) == ""
    assert lock(project, "-P", "core") == "Updated core v1.0 -> v2.0\n"

    project.write("pylock.toml", old)
    assert lock(project, "-P", "web") == "Updated core v1.0 -> v2.0\nUpdated web v1.0 -> v2.0\n"

    project.write("pylock.toml", old)
    assert lock(project, "-P", "core==1.5") == "Updated core v1.0 -> v1.5\n"
    assert project.detent("lock", "--check").ok().code == 0


def test_a_lock_is_made_anew_and_what_changed_is_told(project: Sandbox) -> None:
    changes = "Updated core v1.0 -> v2.0\nUpdated web v1.0 -> v2.0\n"
    old = project.read("pylock.toml")

    assert lock(project, "--regenerate", "--dry-run") == changes.replace("Updated", "Update")
    assert project.read("pylock.toml") == old
    assert lock(project, "--regenerate") == changes
    new = project.read("pylock.toml")
    assert lock(project, "--regenerate") == ""
    assert project.read("pylock.toml") == new


@pytest.mark.parametrize(
    "harm",
    [
        "no lock",
        "lock-version = '9.9'\n",
        "lock-version = '1.0'\n[[packages]\n",
        "\x00",
    ],
)
def test_a_lock_that_cannot_be_read_can_be_made_anew(project: Sandbox, harm: str) -> None:
    project.write("pylock.toml", harm)

    assert project.detent("lock").code == 2
    assert lock(project, "--regenerate") == "Added core v2.0\nAdded web v2.0\n"
    project.detent("lock", "--check").ok()


def test_nothing_of_a_lock_of_another_tool_or_of_its_pythons_is_left(project: Sandbox) -> None:
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1"\ndependencies = ["core"]\n')
    project.write(
        "pylock.toml", project.read("pylock.toml").replace(">=3.11", ">=3.7").replace('"detent"', '"pip"', 1)
    )

    said = lock(project, "--regenerate")

    assert "from the interpreter in use" in said
    assert versions(project) == {"core": "2.0"}
    assert ">=3.7" not in project.read("pylock.toml")


def test_what_was_cached_is_still_believed(project: Sandbox, index: IndexServer) -> None:
    index.cache_control = "max-age=600"
    lock(project, "-U")
    index.forget()

    lock(project, "--regenerate")

    assert index.paths() == []


@pytest.mark.parametrize("flag", ["--check", "--check-exists", "-U", "--upgrade-package=core"])
def test_a_new_lock_is_not_asked_for_together_with_what_keeps_the_old(project: Sandbox, flag: str) -> None:
    done = project.detent("lock", "--regenerate", flag)

    assert (done.code, "[usage]" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("core==7", ["core", "==7"]),
        ("web==2.0", ["core<2"]),
        ("core==2.1rc1", ["==2.1rc1", "pre-release"]),
    ],
)
def test_a_version_that_nobody_may_use_is_refused_with_the_reason(
    project: Sandbox, wish: str, words: Sequence[str]
) -> None:
    tail = '\n[tool.detent]\nprerelease = "disallow"\n'
    project.manifest("core<2" if wish.startswith("web") else "core", "web", tail=tail)
    lock(project)
    before = project.snapshot()

    done = project.detent("lock", "-P", wish)

    assert (done.code, "[conflict]" in done.err) == (1, True)
    assert [word for word in words if word not in done.err] == []
    assert project.snapshot() == before


@pytest.mark.parametrize("words", [("lock",), ("lock", "--check"), ("sync", "--dry-run"), ("tree",)])
def test_where_nothing_moves_the_resolver_is_not_even_imported(
    project: Sandbox, words: Sequence[str]
) -> None:
    done = project.detent(*words, env={"PYTHONPROFILEIMPORTTIME": "1"}).ok()

    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "detent.ops.lock" in imported
    assert not imported & {
        "detent.ops.answer",
        "detent.resolve.solver",
        "detent.resolve.forks",
        "http.client",
    }


# ---- other options -------------------------------------------------------------------------------


def test_another_order_of_versions_chooses_all_anew_and_says_so(project: Sandbox) -> None:
    project.manifest("core>=1.0", "web>=1.0")
    lock(project, "-U")

    assert lock(project, "--resolution", "lowest") == (
        "note: the option `resolution` is `lowest` and was not set: versions are chosen anew\n"
        "Updated core v2.0 -> v1.0\nUpdated web v2.0 -> v1.0\n"
    )
    assert lock(project) == (
        "note: the option `resolution` was `lowest` and is not set any more: versions are chosen anew\n"
        "Updated core v1.0 -> v2.0\nUpdated web v1.0 -> v2.0\n"
    )


def test_another_bound_on_uploads_keeps_what_it_allows_and_says_so(
    project: Sandbox, index: IndexServer
) -> None:
    index.files["core-1.0-py3-none-any.whl"].uploaded = "2024-06-01T00:00:00Z"
    lock(project, "--refresh")
    bound = '\n[tool.detent]\nexclude-newer = "{}"\n'

    project.manifest("core", "web", tail=bound.format("2024-07-01"))
    assert lock(project) == (
        "note: the option `exclude-newer` is `2024-07-01` and was not set: locked versions are kept where it "
        "allows them\n"
    )
    assert versions(project) == {"core": "1.0", "web": "1.0"}

    project.manifest("core", "web", tail=bound.format("2024-05-01"))
    moved = lock(project)
    assert "note: the option `exclude-newer` is `2024-05-01` and was `2024-07-01`" in moved
    assert versions(project) == {"core": "2.0", "web": "1.0"}


def test_pre_releases_that_are_locked_stay_while_they_are_allowed(project: Sandbox) -> None:
    lock(project, "-U", "--prerelease", "allow")
    assert versions(project)["core"] == "2.1rc1"

    said = lock(project, "--prerelease", "if-necessary")
    assert "note: the option `prerelease` was `allow` and is not set any more" in said
    assert versions(project)["core"] == "2.1rc1"

    assert "Updated core v2.1rc1 -> v2.0\n" in lock(project, "--prerelease", "disallow")
