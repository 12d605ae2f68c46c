"""What stands for a source in the cache: the keys of archives and folders, and what is looked at for them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from detent.model.candidate import Artifact, Digest
from detent.ops.built import archive_key
from detent.ops.local import folder_in, tree_at
from detent.ops.world import World
from detent.project.building import BuildTerms
from support.backends import tiny_tree, write_tree
from support.interpreters import interpreter

ARTIFACT = Artifact("a-1.0.tar.gz", "https://example.com/a-1.0.tar.gz", (Digest("sha256", "0" * 64),))
HERE = interpreter(digest="here")


def world(
    settings: Mapping[str, str | Sequence[str]] | None = None, terms: BuildTerms | None = None
) -> World:
    return cast(
        "World",
        SimpleNamespace(
            settings=SimpleNamespace(config_settings=settings or {}, build_terms=terms or BuildTerms())
        ),
    )


def test_everything_that_goes_into_a_build_is_in_its_key() -> None:
    other = ARTIFACT._replace(digests=(Digest("sha256", "1" * 64),))
    keys = [
        archive_key(world(), ARTIFACT, HERE),
        archive_key(world(), other, HERE),
        archive_key(world(), ARTIFACT, interpreter(digest="there")),
        archive_key(world(), ARTIFACT, HERE, subdirectory="below"),
        archive_key(world({"x": "1"}), ARTIFACT, HERE),
        archive_key(world({"x": ("1",)}), ARTIFACT, HERE),
    ]

    assert len(set(keys)) == len(keys)


def test_one_file_is_one_source_wherever_it_comes_from_and_in_any_order_of_settings() -> None:
    mirrored = ARTIFACT._replace(url="https://mirror.example.com/a-1.0.tar.gz")

    assert archive_key(world({"x": "1", "y": "2"}), ARTIFACT, HERE) == archive_key(
        world({"y": "2", "x": "1"}), mirrored, HERE
    )


@pytest.mark.parametrize("text", ["[project", "x = " + "[" * 100_000, "\udcff"])
def test_a_manifest_that_cannot_be_read_is_left_to_the_build_to_complain_of(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text, "utf-8", errors="surrogateescape")

    assert tree_at(world(), tmp_path, HERE, is_editable=True).manifest == {}


def test_a_pipe_in_place_of_a_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")

    assert tree_at(world(), tmp_path, HERE, is_editable=False).manifest == {}


def test_a_folder_as_a_wheel_has_one_key(tmp_path: Path) -> None:
    tree = tree_at(world(), write_tree(tmp_path, tiny_tree()), HERE, is_editable=False)

    assert tree.build == tree.whole


@pytest.mark.parametrize("subdirectory", ["..", "/", "link", "file", "nowhere"])
def test_a_folder_has_to_lie_in_the_one_that_is_named(tmp_path: Path, subdirectory: str) -> None:
    top = tmp_path / "top"
    write_tree(tmp_path, {"top/file": "", "top/inner/x": "", "outside/x": ""})
    (top / "link").symlink_to(tmp_path / "outside")

    assert folder_in(top, "inner") == top / "inner"
    assert folder_in(top, subdirectory) is None
