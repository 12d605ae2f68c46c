"""What the keys and the rewritten METADATA take for granted, asked of the back ends themselves."""

import os
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from detent.build.frontend import Job, build_editable, build_metadata, build_wheel
from detent.build.key import editable_key, tree_key
from detent.build.requirements_text import requirement_fields, with_requirements
from detent.index.metadata import parse_metadata
from support.backends import write_tree

BACKENDS = {
    "hatchling": "hatchling.build",
    "setuptools": "setuptools.build_meta",
    "flit_core": "flit_core.buildapi",
    "poetry-core": "poetry.core.masonry.api",
}
MANIFEST = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "demo"
version = "0.1.0"
description = "A demo"
dependencies = {dependencies}

[project.optional-dependencies]
{extras}
"""
BEFORE = (["a>=1"], {"x": ["b"]})
AFTER = (
    ["a>=2,<3", "c[d]; python_version < '3.13'"],
    {"y-z": ["f ; os_name == 'nt' or os_name == 'posix'"], "none": []},
)


class Here:
    """The environment of the tests themselves: the back ends are installed there."""

    python = Path(sys.executable)
    scripts = Path(sys.executable).parent

    def install(self, requirements: Sequence[str], /) -> None:
        """Everything is there."""


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def job(root: Path, backend: str, wishes: tuple[list[str], dict[str, list[str]]]) -> Job:
    manifest = MANIFEST.format(
        requires=backend,
        backend=BACKENDS[backend],
        dependencies=wishes[0],
        extras="\n".join(f"{name} = {texts}" for name, texts in wishes[1].items()),
    )
    tree = write_tree(root / "tree", {"pyproject.toml": manifest, "demo/__init__.py": '"""A demo."""\n'})
    for name in ("out", "tmp"):
        (root / name).mkdir(exist_ok=True)
    return Job("demo", tree, root / "out", root / "tmp", root / "log", {}, os.environ)


def test_rewritten_metadata_says_what_the_back_end_would_say(tmp_path: Path, backend: str) -> None:
    before = build_metadata(job(tmp_path, backend, BEFORE), Here()).metadata
    wanted = build_metadata(job(tmp_path, backend, AFTER), Here()).metadata
    fields = requirement_fields(*AFTER)

    made = with_requirements(before, requires_dist=fields.requires_dist, provides_extra=fields.provides_extra)

    name = "demo-0.1.0-py3-none-any.whl"
    assert parse_metadata(made, name) == parse_metadata(wanted, name) != parse_metadata(before, name)


def test_an_editable_wheel_depends_on_requirements_in_metadata_alone(tmp_path: Path, backend: str) -> None:
    def contents(wishes: tuple[list[str], dict[str, list[str]]]) -> dict[str, bytes]:
        with zipfile.ZipFile(build_editable(job(tmp_path, backend, wishes), Here())) as archive:
            return {
                name: archive.read(name)
                for name in archive.namelist()
                if not name.endswith(("/METADATA", "/RECORD"))
            }

    assert contents(BEFORE) == contents(AFTER)


def test_a_build_leaves_nothing_behind_that_would_ask_for_another_one(tmp_path: Path, backend: str) -> None:
    work = job(tmp_path, backend, BEFORE)
    manifest = tomllib.loads((work.source / "pyproject.toml").read_text("utf-8"))

    def keys() -> tuple[object, str]:
        return (
            editable_key(work.source, manifest, interpreter="", config_settings={}),
            tree_key(work.source, manifest, interpreter="", config_settings={}),
        )

    before = keys()
    build_editable(work, Here())
    build_wheel(work._replace(tmp=Path(tempfile.mkdtemp(dir=tmp_path))), Here())

    assert keys() == before
