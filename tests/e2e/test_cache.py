"""The cache as its owner sees it: its size, what it holds, verified, pruned, cleaned, and bounded by itself."""

import json
import os
import shutil
from pathlib import Path

import pytest

from detent.model.limits import Limits
from detent.store.cache import hold_store
from detent.store.layout import Layout
from detent.store.users import register
from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.stores import aged
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

TOOL = wheel("tool", requires=["lib"])
LIB = wheel("lib", files={"lib/__init__.py": "VALUE = 1\n" * 500})


@pytest.fixture
def synced(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project with two packages, installed."""
    publish(index, TOOL, LIB)
    sandbox.manifest("tool")
    sandbox.detent("sync").ok()
    return sandbox


def layout(sandbox: Sandbox) -> Layout:
    return Layout(sandbox.cache)


def flip(path: Path) -> None:
    """Change one bit, and nothing that a look at the file would show."""
    facts = path.stat()
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def damage(sandbox: Sandbox) -> Path:
    """Flip a bit of `lib` in the cache, in a file that no environment shares."""
    path = layout(sandbox).wheel(LIB.sha256) / "files/lib/__init__.py"
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").rename(path)
    flip(path)
    return path


def new_environment(sandbox: Sandbox, **variables: str) -> Done:
    shutil.rmtree(sandbox.root / ".venv")
    return sandbox.detent("sync", env=variables).ok()


def imported(sandbox: Sandbox) -> str:
    return sandbox.python("-c", "import lib; print(lib.VALUE)").out.strip()


def look_again(sandbox: Sandbox) -> None:
    """Let the next command be the first of a day."""
    marker = sandbox.cache / "tmp" / ".swept"
    marker.write_bytes(b"")
    aged(marker, 2)


def bounded(sandbox: Sandbox, **variables: str) -> None:
    """Let a day begin, and commands follow until the cache is within its bounds."""
    look_again(sandbox)
    marker = sandbox.cache / "tmp" / ".swept"
    for _ in range(50):
        sandbox.detent("cache", "dir", env=variables).ok()
        if not marker.read_bytes():
            return
        aged(marker, 0.01)
    raise AssertionError("it is never done")


# ---- size and list ---------------------------------------------------------------------------


def test_the_size_is_a_number_for_programs_and_a_table_for_people(synced: Sandbox) -> None:
    number = synced.detent("cache", "size").ok().out
    table = synced.detent("cache", "size", "--human").ok().out.splitlines()
    facts = json.loads(synced.detent("cache", "size", "--output-format", "json").ok().out)

    assert int(number) > 10_000
    assert table[0] == f"Cache at: {synced.cache}"
    assert table[1].split() == ["files", "size", "registered", "shared", "reclaimable"]
    assert {line.split()[0] for line in table[2:]} >= {"wheels-v2", "index-v1", "total"}
    wheels = next(bucket for bucket in facts["buckets"] if bucket["name"] == "wheels-v2")
    assert wheels["shared_bytes"] > 5000
    assert facts["size_bytes"] == facts["shared_bytes"] + facts["reclaimable_bytes"]
    assert synced.detent("cache", "size", "--output-format", "machine").ok().out.strip().isdigit()


def test_packages_are_listed_with_how_many_environments_use_them(synced: Sandbox) -> None:
    table = synced.detent("cache", "list").ok().out.splitlines()

    assert table[0].split() == ["package", "version", "size", "last", "used", "environments"]
    assert [line.split()[:2] for line in table[1:]] == [["lib", "1.0"], ["tool", "1.0"]]
    assert [line.split()[-1] for line in table[1:]] == ["1", "1"]

    facts = json.loads(synced.detent("cache", "list", "LIB", "--output-format", "json").ok().out)
    (lib,) = facts["packages"]
    assert (lib["name"], lib["sha256"], lib["environments"]) == ("lib", LIB.sha256, 1)
    done = synced.detent("cache", "list", "nothing").ok()
    assert (done.out, done.err) == ("", "No packages found in the cache\n")


# ---- prune and clean -------------------------------------------------------------------------


def test_pruning_says_what_it_did(synced: Sandbox) -> None:
    done = synced.detent("cache", "prune").ok()
    assert done.err == f"Pruning cache at: {synced.cache}\nNo unused entries found\n"

    shutil.rmtree(synced.root / ".venv")
    aged(layout(synced).wheel(LIB.sha256), 91)
    done = synced.detent("cache", "prune").ok()
    assert "Removed 6 files (" in done.err
    assert not layout(synced).wheel(LIB.sha256).exists()

    aged(layout(synced).wheel(TOOL.sha256), 2)
    synced.detent("cache", "prune", env={"DETENT_CACHE_MAX_AGE": "1 day"}).ok()
    assert not layout(synced).wheel(TOOL.sha256).exists()


def test_pruning_for_continuous_integration_drops_what_can_be_fetched_again(synced: Sandbox) -> None:
    synced.detent("cache", "prune", "--ci").ok()

    assert synced.detent("cache", "list").ok().out == ""
    new_environment(synced)
    assert imported(synced) == "1"


def test_cleaning_says_what_it_did(synced: Sandbox) -> None:
    assert synced.detent("cache", "clean", "other").ok().err == "No cache entries found\n"
    assert synced.detent("cache", "clean", "lib").ok().err.startswith("Removed ")
    done = synced.detent("cache", "clean").ok()
    assert done.err.startswith(f"Clearing cache at: {synced.cache}\nRemoved ")
    assert synced.detent("cache", "size").ok().out == "0\n"


def test_cleaning_names_the_environment_it_would_break_and_stops(synced: Sandbox) -> None:
    environment = synced.root / ".venv"
    register(layout(synced), environment, [LIB.sha256])

    for words in (("clean",), ("clean", "lib")):
        done = synced.detent("cache", *words)
        assert done.code == 1
        assert "[cache-in-use]" in done.err
        assert f"`{environment}`" in done.err
    synced.detent("cache", "clean", "tool").ok()
    synced.detent("cache", "clean", "--force").ok()

    assert not layout(synced).wheel(LIB.sha256).exists()


@pytest.mark.parametrize("is_emptied", [False, True])
def test_an_environment_that_was_moved_is_known_where_it_is_now(synced: Sandbox, *, is_emptied: bool) -> None:
    synced.detent("sync", "--link-mode", "directory").ok()
    moved = synced.root.with_name("moved")
    synced.root.rename(moved)
    if is_emptied:
        synced.detent("cache", "clean", "lib", cwd=moved).ok()

    synced.detent("sync", "--link-mode", "directory", cwd=moved).ok()

    assert f"`{moved}/.venv`" in synced.detent("cache", "clean", cwd=moved).err


# ---- verify ----------------------------------------------------------------------------------


def test_a_flipped_bit_is_found_named_and_repaired(synced: Sandbox) -> None:
    assert "Verified 2 packages" in synced.detent("cache", "verify").ok().err
    assert synced.detent("cache", "verify", "nobody").ok().err == "No packages found in the cache\n"
    damage(synced)

    done = synced.detent("cache", "verify")
    assert done.code == 1
    assert done.out == "`lib` 1.0: `lib/__init__.py` is damaged\n"
    assert "[cache-damaged]" in done.err
    assert synced.detent("cache", "verify", "tool").code == 0

    done = synced.detent("cache", "verify", "--repair").ok()
    assert "Removed `lib` 1.0; it is fetched again when it is needed" in done.err
    synced.detent("cache", "verify").ok()
    new_environment(synced)
    assert imported(synced) == "1"


def test_environments_that_are_linked_to_what_is_damaged_are_named(synced: Sandbox) -> None:
    register(layout(synced), synced.root / ".venv", [LIB.sha256])
    damage(synced)

    assert str(synced.root / ".venv") in synced.detent("cache", "verify").err
    assert "run `detent sync` there" in synced.detent("cache", "verify", "--repair").ok().err


def test_a_file_that_was_edited_in_an_environment_and_is_shared_is_told_with_who_has_it(
    synced: Sandbox,
) -> None:
    flip(layout(synced).wheel(LIB.sha256) / "files/lib/__init__.py")

    done = synced.detent("cache", "verify")

    assert done.code == 1
    assert "Files of `lib` 1.0 are shared with 1 environment" in done.err


def test_hashing_always_finds_a_flipped_bit_before_it_is_linked(synced: Sandbox) -> None:
    damage(synced)

    done = new_environment(synced, DETENT_VERIFY_CACHE="always")

    assert "the cached copy of `lib` 1.0 was changed: `lib/__init__.py`" in done.err
    assert imported(synced) == "1"
    assert cache_faults(synced.cache) == []
    assert environment_faults(synced.root / ".venv") == []


def test_a_project_does_not_decide_about_the_cache(synced: Sandbox) -> None:
    for line in ('cache-max-size = "1 GB"', 'cache-max-age = "1 day"', 'verify-cache = "always"'):
        synced.manifest("tool", tail=f"[tool.detent]\n{line}\n")
        done = synced.detent("sync")
        assert done.code == 2
        assert f"`{line.partition(' ')[0]}` is a setting of a machine" in done.err


# ---- bounded by itself -----------------------------------------------------------------------


def test_the_first_command_of_a_day_drops_what_was_unused_for_long(synced: Sandbox) -> None:
    shutil.rmtree(synced.root / ".venv")
    aged(layout(synced).wheel(LIB.sha256), 91)
    synced.detent("lock", "--check").ok()
    assert layout(synced).wheel(LIB.sha256).exists()

    bounded(synced)

    assert not layout(synced).wheel(LIB.sha256).exists()
    assert layout(synced).wheel(TOOL.sha256).exists()
    synced.detent("sync").ok()
    assert imported(synced) == "1"


def test_the_first_command_of_a_day_keeps_the_cache_within_its_size(synced: Sandbox) -> None:
    shutil.rmtree(synced.root / ".venv")
    for made in (LIB, TOOL):
        aged(layout(synced).wheel(made.sha256), 5)

    bounded(synced, DETENT_CACHE_MAX_SIZE="unlimited")
    assert layout(synced).wheel(LIB.sha256).exists()
    bounded(synced, DETENT_CACHE_MAX_SIZE="1")

    assert not layout(synced).wheel(LIB.sha256).exists()
    assert not layout(synced).wheel(TOOL.sha256).exists()


def test_what_this_command_used_and_what_environments_share_stays(synced: Sandbox) -> None:
    aged(layout(synced).wheel(LIB.sha256), 200)
    look_again(synced)

    synced.detent("sync", env={"DETENT_CACHE_MAX_SIZE": "1"}).ok()
    look_again(synced)
    new_environment(synced, DETENT_CACHE_MAX_SIZE="1", DETENT_LINK_MODE="copy")

    assert layout(synced).wheel(LIB.sha256).exists()
    assert layout(synced).wheel(TOOL.sha256).exists()


# ---- side by side ----------------------------------------------------------------------------


def test_cleaning_pruning_and_syncing_at_once_all_come_to_their_end(synced: Sandbox, tmp_path: Path) -> None:
    others = []
    for number in range(2):
        root = tmp_path / f"other{number}"
        shutil.copytree(synced.root, root, ignore=shutil.ignore_patterns(".venv"))
        others.append(Sandbox(root=root, cache=synced.cache, index_url="", variables=synced.variables))
    running = []
    for words in (("clean",), ("prune", "--ci"), ("verify", "--repair"), ("clean", "lib")):
        running.append(synced.start("cache", *words, listen=True))
        running += [other.start("sync", "--reinstall", listen=True) for other in others]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()

    for other in others:
        assert environment_faults(other.root / ".venv") == []
    assert cache_faults(synced.cache) == []


def test_a_sync_waits_for_a_clean_that_is_under_way(synced: Sandbox) -> None:
    synced.variables["DETENT_LOCK_NOTICE_SECONDS"] = "0.01"
    with hold_store(layout(synced), Limits(), exclusive=True):
        process = synced.start("sync", "--reinstall", listen=True)
        assert process.stderr is not None
        assert b"Waiting for process" in process.stderr.readline()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
