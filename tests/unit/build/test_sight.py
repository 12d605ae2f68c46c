"""Whatever changes the key of an editable wheel shows to who only looks where `sight` says."""

import shutil
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from detent import stamp
from detent.build.key import editable_key
from detent.build.sight import editable_sight
from detent.ops.stamped_environment import editable_sights

HEAD = '[build-system]\nrequires = ["x"]\nbuild-backend = "{}"\n[project]\nname = "demo"\n'
PROJECTS = {
    "hatch": HEAD.format("hatchling.build") + 'version = "1"\n',
    "hatch with a version in a file": HEAD.format("hatchling.build")
    + 'dynamic = ["version"]\n[tool.hatch.version]\npath = "src/demo/about.py"\n',
    "setuptools": HEAD.format("setuptools.build_meta")
    + 'dynamic = ["version"]\n[tool.setuptools.dynamic]\nversion = { attr = "demo.where.VERSION" }\n',
    "setuptools elsewhere": HEAD.format("setuptools.build_meta")
    + 'version = "1"\n[tool.setuptools.packages.find]\nwhere = ["lib"]\n[tool.setuptools.package-dir]\n"" = "more"\n',
    "flit": HEAD.format("flit_core.buildapi") + 'dynamic = ["version", "description"]\n',
    "licences": HEAD.format("hatchling.build")
    + 'version = "1"\nlicense-files = ["LICEN[CS]E*", "legal/*.txt", "NOTICE.md"]\n',
    "named": HEAD.format("hatchling.build")
    + 'version = "1"\n[tool.uv]\ncache-keys = ["Cargo.toml", { file = "src/demo/code.py" }]\n',
    "no project": '[build-system]\nrequires = ["setuptools"]\n',
}
FILES = (
    "setup.cfg",
    "setup.py",
    "MANIFEST.in",
    "hatch_build.py",
    "pdm_build.py",
    "PKG-INFO",
    "Cargo.toml",
    "LICENSE",
    "LICENCE.txt",
    "COPYING",
    "NOTICE.md",
    "AUTHORS.rst",
    "legal/MIT.txt",
    "legal/deep/more.txt",
    "VERSION",
    "requirements.txt",
    "README.md",
    "module.py",
    "package/__init__.py",
    "types-stubs/__init__.pyi",
    "tests/__init__.py",
    "data/notes.txt",
    "src/demo/about.py",
    "src/demo/where.py",
    "src/demo/where/__init__.py",
    "src/demo/_version.py",
    "src/demo/code.py",
    "src/other/__init__.py",
    "src/single.py",
    "src/space/inner/__init__.py",
    "lib/thing/__init__.py",
    "lib/one.py",
    "more/thing/__init__.py",
    "demo/__init__.py",
    "demo.py",
)


def project(root: Path, manifest: str) -> dict[str, object]:
    (root / "src/demo").mkdir(parents=True)
    (root / "src/demo/__init__.py").write_text("")
    (root / "pyproject.toml").write_text(manifest)
    return tomllib.loads(manifest)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(root: Path, data: dict[str, object]) -> tuple[stamp.Row, ...]:
    found = []
    for sight in editable_sights(root, data, {}):
        facts = stamp.facts_of(sight.path, sight.how)
        is_proved = facts and (sight.is_proved or sight.how == stamp.NAMES)
        proof = stamp.proof_of(sight.path, sight.how, facts, 1) if facts and is_proved else None
        found.append((sight.path, sight.how, facts, proof))
    return tuple(found)


def is_confirmed(seen: tuple[stamp.Row, ...]) -> bool:
    long_after_ns = 10**20
    return stamp.confirmed(seen, 1, long_after_ns, long_after_ns) is not None


@pytest.mark.parametrize("name", PROJECTS)
def test_what_changes_the_key_shows(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    data = project(root, PROJECTS[name])
    settled = 0

    def key() -> str:
        return editable_key(root, data, interpreter="x", config_settings={}).whole

    def expect(change: Callable[[], object], what: str) -> None:
        nonlocal settled
        before = key()
        seen = rows(root, data) if editable_sight(root, data, config_settings={}) is not None else None
        change()
        if seen is None:
            return  # never answered from a stamp
        if key() != before:
            assert not is_confirmed(seen), what
        else:
            settled += is_confirmed(seen)

    for path in FILES:
        file = root / path
        expect(partial(write, file, "1"), f"made {path}")
        expect(partial(write, file, "[metadata]\nversion = file: x\n"), f"edited {path}")
        expect(file.unlink, f"removed {path}")
        top = path.partition("/")[0]
        if top not in {"src", path}:
            expect(partial(shutil.rmtree, root / top), f"removed {top}")
    expect((root / "src/demo/__init__.py").unlink, "no package any more")
    assert settled > 10  # much of it is none of the wheel's business


@pytest.mark.parametrize(
    ("manifest", "settings"),
    [
        (HEAD.format("setuptools.build_meta") + 'dynamic = ["version"]\n[tool.setuptools_scm]\n', {}),
        (HEAD.format("hatchling.build") + 'version = "1"\nlicense-files = ["*"]\n', {}),
        (HEAD.format("hatchling.build") + 'version = "1"\nlicense-files = ["**/LICENSE"]\n', {}),
        (HEAD.format("hatchling.build") + 'version = "1"\n[project.license-files]\nglobs = ["L*"]\n', {}),
        (HEAD.format("hatchling.build") + 'version = "1"\n[tool.uv]\ncache-keys = [{ file = "*" }]\n', {}),
        (PROJECTS["hatch"], {"editable_mode": "strict"}),
        (PROJECTS["hatch"], {"editable-mode": ["strict"]}),
    ],
)
def test_what_looking_does_not_tell_is_not_looked_at(
    tmp_path: Path, manifest: str, settings: dict[str, str | list[str]]
) -> None:
    data = project(tmp_path, manifest)

    assert editable_sight(tmp_path, data, config_settings=settings) is None


def test_a_program_that_sets_up_may_read_anything(tmp_path: Path) -> None:
    data = project(tmp_path, PROJECTS["setuptools"])
    assert editable_sight(tmp_path, data, config_settings={}) is not None
    (tmp_path / "setup.py").touch()

    assert editable_sight(tmp_path, data, config_settings={}) is None
