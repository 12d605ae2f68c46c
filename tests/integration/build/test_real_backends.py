"""Trees of every common back end, built by the real one in an environment of its own."""

import os
import sysconfig
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from detent.build.frontend import Job, build_editable, build_metadata, build_sdist, build_wheel, check_built
from detent.errors.build import BuildFailed
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.contents import WheelArchive
from support.backends import HATCHLING, repacked_installed, write_tree
from support.environments import empty_environment

Tree = dict[str, str]

_PROJECT = '[project]\nname = "my-pkg"\nversion = "1.2"\ndependencies = ["b >= 1"]\n'
_PACKAGE = {"src/my_pkg/__init__.py": '"""A package."""\n\n__version__ = "1.2"\n'}
_SETUP_CFG = (
    "[metadata]\nname = my-pkg\nversion = 1.2\n[options]\npackage_dir = =src\npackages = my_pkg\n"
    "install_requires = b >= 1\n"
)
_SETUP_PY = (
    "from setuptools import setup\n"
    'setup(name="my-pkg", version="1.2", packages=["my_pkg"], package_dir={"": "src"},'
    ' install_requires=["b >= 1"])\n'
)


def tree(backend: str, requires: str, project: str = _PROJECT) -> Tree:
    system = f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
    return {"pyproject.toml": system + project, **_PACKAGE}


TREES: dict[str, tuple[Tree, str]] = {
    "setup.py": ({"setup.py": _SETUP_PY, **_PACKAGE}, "setuptools >= 40.8.0"),
    "setup.cfg": ({"setup.cfg": _SETUP_CFG, **_PACKAGE}, "setuptools >= 40.8.0"),
    "setuptools": (tree("setuptools.build_meta", "setuptools"), "setuptools"),
    "hatchling": (tree("hatchling.build", "hatchling"), "hatchling"),
    "flit-core": (tree("flit_core.buildapi", "flit_core", _PROJECT + 'description = "x"\n'), "flit_core"),
    "poetry-core": (
        tree(
            "poetry.core.masonry.api",
            "poetry-core",
            '[tool.poetry]\nname = "my-pkg"\nversion = "1.2"\ndescription = ""\nauthors = []\n'
            'packages = [{ include = "my_pkg", from = "src" }]\n'
            '[tool.poetry.dependencies]\npython = ">=3.8"\nb = ">=1"\n',
        ),
        "poetry-core",
    ),
}


class Borrowed:
    """An environment that sees what is installed where the tests run: the real back ends among it."""

    def __init__(self, root: Path) -> None:
        made = empty_environment(root)
        self.python, self.scripts, self.site_packages = made.python, made.scripts, made.site_packages
        self.installed: list[str] = []
        (self.site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def install(self, requirements: Sequence[str]) -> None:
        self.installed += requirements


def job(root: Path, files: Tree) -> Job:
    for name in ("out", "tmp"):
        (root / name).mkdir()
    source = write_tree(root / "source", files)
    variables = {"PATH": os.environ["PATH"], "HOME": str(root), "SOURCE_DATE_EPOCH": "1700000000"}
    return Job("my-pkg==1.2", source, root / "out", root / "tmp", root / "log", {}, variables)


def opened(path: Path) -> WheelArchive:
    """The wheel, as strictly as the store will look at it."""
    name = package_name("my-pkg")
    return WheelArchive(path.read_bytes(), path.name, name=name, version="1.2", limits=Limits())


@pytest.mark.parametrize("kind", TREES)
def test_a_wheel_an_editable_one_a_source_distribution_and_metadata_are_made(
    tmp_path: Path, kind: str
) -> None:
    files, required = TREES[kind]
    environment = Borrowed(tmp_path / "environment")
    it = job(tmp_path, files)

    told = build_metadata(it, environment)
    wheel = build_wheel(it, environment)
    sdist = build_sdist(it, environment)

    assert b"\nName: my-pkg\n" in told.metadata
    assert b"\nRequires-Dist: b" in told.metadata
    assert told.wheel is None
    assert "my_pkg/__init__.py" in {placed.path for placed in opened(wheel).placed}
    assert sdist.name == "my_pkg-1.2.tar.gz"
    check_built(sdist, subject="my-pkg", name=package_name("my-pkg"), version="1.2")
    assert environment.installed[0] == required

    wheel.unlink()
    editable = opened(build_editable(it, environment))
    assert "my_pkg/__init__.py" not in {placed.path for placed in editable.placed}
    (pth,) = (m for m in editable.zip.members if m.name.endswith(".pth"))
    assert str(it.source / "src") in editable.zip.read(pth, 1000).decode()
    assert not it.log.exists()


def test_an_error_in_a_setup_py_is_shown_with_its_line(tmp_path: Path) -> None:
    it = job(tmp_path, {"setup.py": "import setuptools\nsetup(\n"})

    with pytest.raises(BuildFailed) as caught:
        build_wheel(it, Borrowed(tmp_path / "environment"))

    reason, *lines = caught.value.why.split("\n")
    assert reason == "`get_requires_for_build_wheel` exited with code 1"
    assert "|     setup(" in lines
    assert lines[-1] == "| SyntaxError: '(' was never closed"


def test_a_setup_py_that_leaves_is_a_failure(tmp_path: Path) -> None:
    it = job(tmp_path, {"setup.py": "import sys\nsys.exit('not on this machine')\n"})

    with pytest.raises(BuildFailed) as caught:
        build_wheel(it, Borrowed(tmp_path / "environment"))

    assert caught.value.why.split("\n")[-1] == "| not on this machine"


def test_config_settings_mean_what_setuptools_means_by_them(tmp_path: Path) -> None:
    it = job(tmp_path, TREES["setuptools"][0])._replace(
        config_settings={"--build-option": ["--build-number=7", "--python-tag=py3"]}
    )

    assert build_wheel(it, Borrowed(tmp_path / "environment")).name == "my_pkg-1.2-7-py3-none-any.whl"


@pytest.mark.parametrize("name", ["setuptools", *HATCHLING, "flit-core", "poetry-core"])
def test_what_is_installed_here_can_be_repacked_as_a_wheel_that_the_store_takes(name: str) -> None:
    made = repacked_installed(name)

    its_name, version = made.filename.split("-")[:2]
    archive = WheelArchive(
        made.data, made.filename, name=package_name(name), version=version, limits=Limits()
    )
    assert package_name(its_name) == package_name(name)
    for placed in archive.placed:
        archive.zip.read(placed.member, placed.member.size_bytes)


def test_a_repacked_back_end_builds(tmp_path: Path) -> None:
    environment = Borrowed(tmp_path / "environment")
    (environment.site_packages / "borrowed.pth").unlink()
    with zipfile.ZipFile(BytesIO(repacked_installed("flit-core").data)) as archive:
        archive.extractall(environment.site_packages)

    made = build_wheel(job(tmp_path, TREES["flit-core"][0]), environment)

    assert opened(made).root_is_purelib
