"""What a folder says to look at: patterns, and what becomes of each kind of key."""

import os
from pathlib import Path

import pytest

from detent.build.cache_keys import plain_files, rows
from detent.project.building import CacheKey, cache_keys_of, read_cache_keys
from support.backends import write_tree

FILES = ("a.c", "b.h", "src/a.c", "src/b.pyx", "src/deep/er/a.c", "src/[x].c", ".venv/x.c", "build/y.c")


def named(root: Path, pattern: str) -> list[str]:
    """The files that a pattern finds."""
    return [row[1] for row in rows(root, [CacheKey("file", pattern)], {}) if row[0] == "file"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.c", ["a.c"]),
        ("**/*.c", ["a.c", "build/y.c", "src/[x].c", "src/a.c", "src/deep/er/a.c"]),
        ("src/*.c", ["[x].c", "a.c"]),
        ("src/**/*.c", ["[x].c", "a.c", "deep/er/a.c"]),
        ("src/**", ["[x].c", "a.c", "b.pyx", "deep/er/a.c"]),
        ("src/deep/**", ["er/a.c"]),
        ("src/?.{c,pyx}", ["a.c", "b.pyx"]),
        ("src/[!b].*", ["a.c"]),
        ("[ab].[ch]", ["a.c", "b.h"]),
        ("[z-a].c", []),
        ("src/[[]x].c", ["[x].c"]),
        ("*/a.c", ["src/a.c"]),
        ("{", []),
        ("nowhere/**/*", [""]),
    ],
)
def test_patterns_find_what_they_would_in_a_shell(tmp_path: Path, pattern: str, found: list[str]) -> None:
    write_tree(tmp_path, dict.fromkeys(FILES, ""))

    assert sorted(named(tmp_path, pattern)) == sorted(found)


def test_a_pattern_may_begin_above_the_folder(tmp_path: Path) -> None:
    write_tree(tmp_path, {"shared/a.toml": "", "part/x": ""})

    assert named(tmp_path / "part", "../shared/*.toml") == ["a.toml"]


def test_a_file_that_is_named_counts_by_what_it_holds_links_followed(tmp_path: Path) -> None:
    key = [CacheKey("file", "x")]
    file = tmp_path / "elsewhere" / "x"
    write_tree(tmp_path, {"elsewhere/x": ""})
    seen = [tuple(rows(tmp_path, key, {}))]
    (tmp_path / "x").symlink_to(file)
    seen.append(tuple(rows(tmp_path, key, {})))
    file.write_text("1")
    seen.append(tuple(rows(tmp_path, key, {})))
    file.write_text("2")
    seen.append(tuple(rows(tmp_path, key, {})))
    os.utime(file, ns=(0, 0))

    assert len(set(seen)) == len(seen)
    assert tuple(rows(tmp_path, key, {})) == seen[-1]


def test_files_of_a_pattern_count_by_size_and_time(tmp_path: Path) -> None:
    key = [CacheKey("file", "x*")]
    seen = [tuple(rows(tmp_path, key, {}))]
    write_tree(tmp_path, {"xy": "1"})
    os.utime(tmp_path / "xy", ns=(0, 0))
    seen.append(tuple(rows(tmp_path, key, {})))
    os.utime(tmp_path / "xy", ns=(1, 1))
    seen.append(tuple(rows(tmp_path, key, {})))

    assert len(set(seen)) == len(seen)


def test_a_variable_that_is_empty_is_not_one_that_is_missing(tmp_path: Path) -> None:
    key = [CacheKey("env", "X")]
    seen = [tuple(rows(tmp_path, key, variables)) for variables in ({}, {"X": ""}, {"X": "1"})]

    assert len(set(seen)) == len(seen)


def test_a_folder_counts_by_being_there(tmp_path: Path) -> None:
    key = [CacheKey("dir", "x")]
    before = tuple(rows(tmp_path, key, {}))
    (tmp_path / "x").mkdir()
    there = tuple(rows(tmp_path, key, {}))
    (tmp_path / "x/y").touch()

    assert before != there == tuple(rows(tmp_path, key, {}))


def test_every_way_to_write_a_key_is_read() -> None:
    written = [
        "pyproject.toml",
        {"file": "src/**/*.c"},
        {"dir": "src"},
        {"env": "CFLAGS"},
        {"git": True},
        {"git": False},
        {"git": {"commit": True, "tags": True}},
        {"git": {"tags": True, "commit": False}},
    ]

    assert [tuple(key) for key in read_cache_keys(written)] == [
        ("file", "pyproject.toml"),
        ("file", "src/**/*.c"),
        ("dir", "src"),
        ("env", "CFLAGS"),
        ("git", "commit"),
        ("git", "commit"),
        ("git", "tags"),
        ("git", "tags"),
    ]


@pytest.mark.parametrize(
    "tool", [{}, {"uv": {}}, {"uv": {"cache-keys": [1]}}, {"detent": {"cache-keys": 1}}, "x"]
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(tool: object) -> None:
    assert cache_keys_of({"tool": tool}) is None


def test_the_word_to_detent_counts_before_that_to_uv() -> None:
    said = {"detent": {"cache-keys": []}, "uv": {"cache-keys": ["x"]}}

    assert cache_keys_of({"tool": said}) == ()
    assert cache_keys_of({"tool": {"uv": said["uv"]}}) == (CacheKey("file", "x"),)


def test_files_can_be_looked_at_one_by_one_where_nothing_else_is_named() -> None:
    assert plain_files(read_cache_keys(["a", "b/c"])) == ("a", "b/c")
    assert plain_files(read_cache_keys(["a", "b/*"])) is None
    assert plain_files(read_cache_keys(["a", {"env": "b"}])) is None
