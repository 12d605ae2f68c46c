"""`detent lock`: the same bytes from the same wishes, pins that stay, and a stale lock put into words."""

import random
import sys
import tomllib
from collections.abc import Mapping, Sequence

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.peers import Peers
from support.wheels import Wheel, wheel

HEAD = '[project]\nname = "demo"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'


def world() -> list[Wheel]:
    """Packages with extras, a fork by Python version, and files for several platforms."""
    return [
        *(
            wheel(
                "web", v, requires=["core>=1", "plat; sys_platform != 'win32'"], extras={"fast": ["speed>=1"]}
            )
            for v in ("1.0", "2.0")
        ),
        *(wheel("core", v) for v in ("1.0", "1.1", "2.0")),
        wheel("core", "3.0", requires_python=">=3.13"),
        *(
            wheel("plat", "1.0", tag=t)
            for t in (
                "cp311-cp311-manylinux_2_17_x86_64",
                "cp312-cp312-win_amd64",
                "py3-none-any",
                "cp39-cp39-win32",
            )
        ),
        *(wheel("speed", v, requires=["core<3"]) for v in ("1.0", "1.1")),
        wheel("checker", requires=["web", "core>=1.1"]),
        wheel("winonly", requires=["core"]),
    ]


WISHES = {
    "dependencies": ["web[fast]>=1", "winonly; sys_platform == 'win32'", "core"],
    "dev": ["checker", "plat"],
    "docs": ["speed", "web"],
}


def project_of(wishes: Mapping[str, Sequence[str]], tail: str = "") -> str:
    def listed(name: str) -> str:
        return ", ".join(f'"{wish}"' for wish in wishes[name])

    groups = f"\n[dependency-groups]\ndev = [{listed('dev')}]\ndocs = [{listed('docs')}]\n"
    return f"{HEAD}dependencies = [{listed('dependencies')}]\n{groups}{tail}"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    index.cache_control = "no-cache"
    publish(index, *world())
    sandbox.write("pyproject.toml", project_of(WISHES))
    return sandbox


def versions(sandbox: Sandbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package in tomllib.loads(sandbox.read("pylock.toml"))["packages"]:
        found.setdefault(package["name"], []).append(package["version"])
    return found


# ---- the same bytes ------------------------------------------------------------------------------


def test_order_of_wishes_hash_seed_and_kind_of_index_page_do_not_show(
    project: Sandbox, index: IndexServer
) -> None:
    project.detent("lock").ok()
    right = project.read("pylock.toml")
    files = list(index.files.items())

    for seed in range(4):
        chance = random.Random(seed)
        shuffled = {name: chance.sample(list(wishes), len(wishes)) for name, wishes in WISHES.items()}
        project.write("pyproject.toml", project_of(shuffled))
        index.files = dict(chance.sample(files, len(files)))
        index.json, index.relative_links = seed % 2 == 0, seed > 1
        index.metadata = ("announced", "unannounced", "none", "announced")[seed]
        (project.root / "pylock.toml").unlink()
        cold = str(project.cache.parent / f"cold-{seed}")
        project.detent("lock", env={"PYTHONHASHSEED": str(seed), "DETENT_CACHE_DIR": cold}).ok()
        if index.json:
            assert project.read("pylock.toml") == right, seed
        else:  # a page of text has no sizes to tell
            assert without_sizes(project.read("pylock.toml")) == without_sizes(right), seed


def without_sizes(text: str) -> list[str]:
    return [
        line
        for line in text.replace(", size = ", "\nsize = ").replace(", hashes", "\nhashes").splitlines()
        if not line.startswith("size")
    ]


def test_locking_again_with_the_own_lock_as_preference_changes_nothing(
    project: Sandbox, index: IndexServer
) -> None:
    project.detent("lock").ok()
    right = project.read("pylock.toml")

    project.detent("lock", "-U").ok()
    assert project.read("pylock.toml") == right
    project.write("pyproject.toml", project_of(WISHES, "# a comment\n"))
    index.forget()
    assert "Resolved" in project.detent("lock", env={"DETENT_OFFLINE": "1"}).ok().err
    assert index.requests == []
    assert project.read("pylock.toml") == right


def test_an_empty_project_has_a_lock_too(sandbox: Sandbox) -> None:
    sandbox.manifest()

    sandbox.detent("lock").ok()

    text = sandbox.read("pylock.toml")
    assert text.endswith("packages = []\n") or "\npackages = []\n" in text
    assert tomllib.loads(text)["packages"] == []
    sandbox.detent("lock", "--check").ok()
    assert "Checked 0 packages" in sandbox.detent("sync", "--locked").ok().err


# ---- stale or not --------------------------------------------------------------------------------


def test_check_says_every_difference_in_words_and_asks_nobody(project: Sandbox, index: IndexServer) -> None:
    missing = project.detent("lock", "--check")
    assert (missing.code, "there is no lock at `pylock.toml`" in missing.err) == (1, True)
    project.detent("lock").ok()
    project.detent("lock", "--check").ok()
    before = project.snapshot()
    text = project_of(
        {
            **WISHES,
            "dependencies": ["web[fast]>=2", "core", "winonly; sys_platform == 'win32'"],
            "dev": ["checker"],
        }
    )
    project.write(
        "pyproject.toml",
        text.replace(">=3.11", ">=3.12") + '\n[project.optional-dependencies]\nmore = ["speed"]\n',
    )
    index.forget()

    done = project.detent("lock", "--check")

    assert done.code == 1
    assert "`pylock.toml` no longer matches `pyproject.toml` [lock-stale]" in done.err
    assert [line.strip() for line in done.err.partition("why: ")[2].splitlines()[:-1]] == [
        "`requires-python` is `>=3.12` and was `>=3.11`",
        "`web[fast]>=2` in [project.dependencies] was `web[fast]>=1`",
        "`speed` was added to [project.optional-dependencies] more",
        "`plat` was removed from [dependency-groups] dev",
    ]
    assert index.requests == []
    assert {**project.snapshot(), "pyproject.toml": b""} == {**before, "pyproject.toml": b""}


def test_what_does_not_change_the_wishes_does_not_make_the_lock_stale(
    project: Sandbox, index: IndexServer
) -> None:
    project.detent("lock").ok()
    right = project.read("pylock.toml")
    text = project_of(
        {**WISHES, "dependencies": ["Core", "WEB[Fast] >= 1", "winonly ; sys_platform=='win32'"]},
        "\n[tool.other]\nx = 1\n",
    )
    project.write("pyproject.toml", text.replace('"0.1.0"', '"0.2.0"'))

    project.detent("lock", "--check").ok()
    with serve(world()) as mirror:
        for env in (
            {"DETENT_DEFAULT_INDEX": mirror.url},
            {"DETENT_DEFAULT_INDEX": "", "PIP_INDEX_URL": mirror.url},
        ):
            project.detent("lock", "--check", env=env).ok()
            project.detent("lock", env=env).ok()
            project.detent("sync", "--locked", env=env).ok()
            assert project.read("pylock.toml") == right
    assert "127.0.0.1" in right


@pytest.mark.parametrize("harm", ["entry", "version", "marker", "requires", "conflict-markers"])
def test_a_lock_edited_by_hand_is_found_and_mended(project: Sandbox, harm: str) -> None:
    project.detent("lock").ok()
    right = project.read("pylock.toml")
    blocks = right.split("\n[[packages]]\n")
    if harm == "entry":
        blocks = [b for b in blocks if not b.startswith('name = "speed"')]
    elif harm == "version":
        blocks = [b.replace("2.0", "0.9") if b.startswith('name = "web"') else b for b in blocks]
    elif harm == "marker":
        blocks = [
            b.replace("sys_platform == 'win32'", "sys_platform == 'darwin'")
            if b.startswith('name = "winonly"')
            else b
            for b in blocks
        ]
    elif harm == "requires":
        blocks = [b.replace('"core<3"', '"core>=3"') if b.startswith('name = "speed"') else b for b in blocks]
    edited = "\n[[packages]]\n".join(blocks)
    if harm == "conflict-markers":
        edited = right.replace(
            'lock-version = "1.0"', '<<<<<<< ours\nlock-version = "1.0"\n=======\n>>>>>>> theirs'
        )
    assert edited != right
    project.write("pylock.toml", edited)

    check = project.detent("lock", "--check")
    assert check.code == (2 if harm == "conflict-markers" else 1)
    if harm == "conflict-markers":
        assert "a merge conflict was left in the lock" in check.err
    else:
        assert "why: " in check.err
        assert project.detent("sync", "--locked").code == 1
        assert "[lock-not-whole]" in project.detent("sync", "--frozen").err
    project.detent("lock").ok()
    assert project.read("pylock.toml") == right


# ---- what moves ----------------------------------------------------------------------------------


def test_pins_stay_until_told_or_made_to_move(project: Sandbox, index: IndexServer) -> None:
    project.detent("lock").ok()
    first = project.read("pylock.toml")
    publish(
        index,
        wheel("web", "3.0", requires=["core>=1"], extras={"fast": ["speed>=1"]}),
        wheel("core", "2.5"),
        wheel("speed", "2.0", requires=["core<3"]),
    )

    project.detent("lock").ok()
    assert project.read("pylock.toml") == first

    dry = project.detent("lock", "-U", "--dry-run").ok().err
    assert "Update core v2.0 -> v2.5\nUpdate speed v1.1 -> v2.0\nUpdate web v2.0 -> v3.0\n" in dry
    assert project.read("pylock.toml") == first

    assert "Updated core v2.0 -> v1.1\n" in project.detent("lock", "-P", "core==1.1").ok().err
    assert project.detent("lock", "-P", "speed").ok().err.count("Updated") == 1
    assert versions(project) | {"core": ["1.1"], "speed": ["2.0"], "web": ["2.0"]} == versions(project)

    project.write("pyproject.toml", project_of({**WISHES, "dev": ["checker"]}))
    assert "Updated" not in project.detent("lock").ok().err
    project.write(
        "pyproject.toml", project_of({**WISHES, "dependencies": ["web[fast]>=3", "core"], "dev": ["checker"]})
    )
    moved = project.detent("lock").ok().err
    assert "Updated web v2.0 -> v3.0\n" in moved
    assert "Removed winonly v1.0\n" in moved
    assert moved.count("Updated") == 1
    assert "No lock changes detected" in project.detent("lock", "--dry-run").ok().err
    assert "Updated core v1.1 -> v2.5\n" in project.detent("lock", "-U").ok().err


def test_what_a_group_names_can_move_alone(project: Sandbox, index: IndexServer) -> None:
    project.detent("lock").ok()
    publish(index, wheel("speed", "1.2", requires=["core<3"]), wheel("plat", "2.0"))

    assert "Updated" not in project.detent("lock").ok().err
    moved = project.detent("lock", "--upgrade-group", "Docs").ok().err
    assert "Updated speed v1.1 -> v1.2\n" in moved
    assert versions(project)["plat"] == ["1.0"]
    assert (
        "Update plat v1.0 -> v2.0" in project.detent("sync", "--upgrade-group", "dev", "--dry-run").ok().err
    )
    unknown = project.detent("lock", "--upgrade-group", "nope")
    assert (unknown.code, "[unknown-group]" in unknown.err) == (2, True)


def test_files_are_asked_for_again_and_versions_stay(project: Sandbox, index: IndexServer) -> None:
    project.detent("lock").ok()
    before = versions(project)
    publish(index, wheel("winonly", tag="cp311-cp311-win_amd64"), wheel("core", "4.0"))

    project.detent("lock").ok()
    assert "cp311-cp311-win_amd64" not in project.read("pylock.toml")
    project.detent("lock", "--refresh").ok()
    assert "winonly-1.0-cp311-cp311-win_amd64.whl" in project.read("pylock.toml")
    assert versions(project) == before


def test_that_there_is_a_lock_can_be_asked_without_a_look_at_anything_else(
    project: Sandbox, index: IndexServer
) -> None:
    for flag in ("--check-exists", "--frozen"):
        done = project.detent("lock", flag)
        assert (done.code, "there is no lock at `pylock.toml`" in done.err) == (1, True)
    project.detent("lock").ok()
    index.forget()
    project.write("pyproject.toml", project_of({**WISHES, "docs": ["nothing-like-it"]}))

    for words, env in ((("--check-exists",), {}), (("--frozen",), {}), ((), {"DETENT_FROZEN": "1"})):
        assert "Found a lock of" in project.detent("lock", *words, env=env).ok().err
    assert project.detent("lock", "--locked").code == 1
    assert project.detent("lock", env={"DETENT_LOCKED": "1"}).code == 1
    assert index.paths() == []
    for pair in (("--check", "--check-exists"), ("--check", "--dry-run"), ("--check-exists", "-U")):
        assert project.detent("lock", *pair).code == 2


def test_an_upgrade_that_cannot_be_names_the_lines_and_changes_nothing(project: Sandbox) -> None:
    project.detent("lock").ok()
    before = project.snapshot()

    for wish, code, words in (
        ("core==9", 1, "core 1.0..3.0 is not ==9"),
        ("speed>=1.1,<1.0", 1, "speed"),
        ("no-such-name", 2, "there is no `no-such-name` to upgrade"),
        ("plat[x]", 2, "only a name and a version"),
        ("core==", 2, "`core==`"),
        ("core @ https://example.com/core.whl", 2, "only a name and a version"),
    ):
        done = project.detent("lock", "-P", wish)
        assert (done.code, words in done.err) == (code, True), (wish, done.err)
    assert project.snapshot() == before


def test_a_conflict_names_the_lines_of_pyproject_and_writes_nothing(project: Sandbox) -> None:
    project.write("pyproject.toml", project_of({**WISHES, "dev": ["core<1.1", "checker"]}))

    done = project.detent("lock")

    assert done.code == 1
    assert "pyproject.toml:8" in done.err
    assert "core<1.1" in done.err
    assert "core>=1.1" in done.err
    assert not (project.root / "pylock.toml").exists()


# ---- odd beginnings --------------------------------------------------------------------------------


def test_a_missing_requires_python_is_assumed_and_said(project: Sandbox) -> None:
    text = project_of(WISHES).replace('requires-python = ">=3.11"\n', "")
    project.write("pyproject.toml", text)
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"

    done = project.detent("lock").ok()

    assert (
        f"warning: no `requires-python` in [project]; assuming `>={minor}` from the interpreter in use"
        in done.err
    )
    assert tomllib.loads(project.read("pylock.toml"))["requires-python"] == f">={minor}"
    project.detent("lock", "--check").ok()
    project.detent("sync", "--locked").ok()
    # Whoever locked had an older one: the lock is theirs to widen, and not rewritten here.
    older = project.read("pylock.toml").replace(
        f'requires-python = ">={minor}"', 'requires-python = ">=3.11"'
    )
    project.write("pylock.toml", older)
    assert "assuming `>=3.11` from the " in project.detent("lock").ok().err
    assert project.read("pylock.toml") == older


def test_the_versions_of_a_foreign_lock_are_kept(
    project: Sandbox, index: IndexServer, tmp_path: object
) -> None:
    peers = Peers(project.root.parent / "home")
    peers.pip(
        "lock",
        "--index-url",
        index.url,
        "-o",
        "pylock.toml",
        "web[fast]==1.0",
        "core==1.1",
        "speed==1.0",
        cwd=project.root,
    )
    check = project.detent("lock", "--check")
    assert (check.code, "[lock-stale]" in check.err) == (1, True)

    done = project.detent("lock").ok()

    assert "note: `pylock.toml` was written by `pip`, and detent writes it anew\n" in done.err
    assert versions(project) | {"web": ["1.0"], "core": ["1.1"], "speed": ["1.0"]} == versions(project)
    assert set(versions(project)) == {"web", "core", "speed", "plat", "checker", "winonly"}
    project.detent("lock", "--check").ok()
    project.detent("sync", "--locked").ok()


def test_a_lock_that_cannot_be_read_is_not_overwritten(project: Sandbox) -> None:
    for text, words in (
        ("lock-version = \n", "pylock.toml:1:"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []\n', "2.0"),
        ("\x00", "pylock.toml"),
    ):
        project.write("pylock.toml", text)
        for command in (("lock",), ("lock", "--check"), ("sync",), ("sync", "--frozen")):
            done = project.detent(*command)
            assert (done.code, words in done.err) == (2, True), (text, command, done.err)
        assert project.read("pylock.toml") == text


def test_a_frozen_lock_is_drawn_as_it_is(project: Sandbox) -> None:
    project.detent("lock").ok()
    before = project.detent("tree").ok().out
    project.manifest()

    assert project.detent("tree", "--frozen").ok().out == before
