import os
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from detent.build.key import EditableKey, editable_key, tree_key

HATCH = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "demo"
version = "0.1.0"
dependencies = ["a>=1"]
"""
SETUPTOOLS = HATCH.replace('"hatchling"', '"setuptools>=61"').replace(
    "hatchling.build", "setuptools.build_meta"
)
FLIT = (
    HATCH.replace("hatchling.build", "flit_core.buildapi")
    .replace('"hatchling"', '"flit_core>=3"')
    .replace('version = "0.1.0"', 'dynamic = ["version", "description"]')
)
DYNAMIC = HATCH.replace('version = "0.1.0"', 'dynamic = ["version"]')


class Tree:
    """A project on disk, and its keys."""

    def __init__(self, root: Path, manifest: str = HATCH) -> None:
        self.root = root
        self.write("pyproject.toml", manifest)
        self.write("src/demo/__init__.py", '__version__ = "0.1.0"\n')

    def write(self, path: str, text: str = "") -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def edit(self, before: str, after: str) -> None:
        text = (self.root / "pyproject.toml").read_text("utf-8")
        assert before in text
        self.write("pyproject.toml", text.replace(before, after))

    def add(self, text: str) -> None:
        self.write("pyproject.toml", (self.root / "pyproject.toml").read_text("utf-8") + text)

    def manifest(self) -> dict[str, object]:
        path = self.root / "pyproject.toml"
        return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}

    def key(
        self, *, interpreter: str = "3.13", config_settings: Mapping[str, str | list[str]] | None = None
    ) -> EditableKey:
        return editable_key(
            self.root, self.manifest(), interpreter=interpreter, config_settings=config_settings or {}
        )

    def whole_tree(self) -> str:
        return tree_key(self.root, self.manifest(), interpreter="3.13", config_settings={})


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def changed(tree: Tree, act: Callable[[], object]) -> str:
    """Say which of the two keys an act changes."""
    before = tree.key()
    act()
    after = tree.key()
    if after.build != before.build:
        assert after.whole != before.whole
        return "build"
    return "whole" if after.whole != before.whole else "nothing"


@pytest.mark.parametrize(
    "text",
    [
        "\n# a comment\n\n",
        '\n[dependency-groups]\ndev = ["pytest"]\n',
        "\n[tool.detent]\npackage = true\n[tool.ruff]\nline-length = 100\n[tool.pytest.ini_options]\nx = 1\n",
    ],
)
def test_what_no_back_end_reads_changes_nothing(tree: Tree, text: str) -> None:
    assert changed(tree, lambda: tree.add(text)) == "nothing"


def test_settings_beside_those_of_a_back_end_change_nothing(tree: Tree) -> None:
    tree.add('\n[tool.hatch.build]\npackages = ["src/demo"]\n')

    assert changed(tree, lambda: tree.add("\n[tool.mypy]\nstrict = true\n")) == "nothing"


def test_an_edit_of_the_code_changes_nothing(tree: Tree) -> None:
    assert changed(tree, lambda: tree.write("src/demo/__init__.py", "x = 2\n")) == "nothing"
    assert changed(tree, lambda: tree.write("src/demo/new.py")) == "nothing"


def test_the_readme_changes_nothing(tree: Tree) -> None:
    tree.edit("version", 'readme = "README.md"\nversion')

    assert changed(tree, lambda: tree.write("README.md", "# demo\n")) == "nothing"


@pytest.mark.parametrize("manifest", [HATCH, SETUPTOOLS, FLIT])
@pytest.mark.parametrize(
    "edit", [('["a>=1"]', '["a>=2"]'), ('["a>=1"]', '["a>=1"]\noptional-dependencies = {x = ["b"]}')]
)
def test_requirements_that_are_copied_change_the_whole_only(
    tmp_path: Path, manifest: str, edit: tuple[str, str]
) -> None:
    tree = Tree(tmp_path, manifest)

    assert changed(tree, lambda: tree.edit(*edit)) == "whole"


@pytest.mark.parametrize(
    ("manifest", "addition", "file"),
    [
        (HATCH.replace('dependencies = ["a>=1"]', 'dynamic = ["dependencies"]'), "", ""),
        (HATCH.replace("version =", 'dynamic = ["optional-dependencies"]\nversion ='), "", ""),
        (HATCH, "[tool.hatch.metadata.hooks.custom]\n", ""),
        (HATCH, '[tool.hatch.build.targets.wheel.hooks.custom]\npath = "x.py"\n', ""),
        (HATCH.replace('"hatchling.build"', '"backend"\nbackend-path = ["."]'), "", ""),
        (HATCH.replace("hatchling.build", "somebody.build"), "", ""),
        (HATCH.replace("hatchling.build", "pdm.backend"), "", "pdm_build.py"),
        (SETUPTOOLS, "", "setup.py"),
        (SETUPTOOLS.replace('"setuptools>=61"', '"setuptools", "setuptools-plugin"'), "", ""),
        (SETUPTOOLS, '[tool.setuptools.cmdclass]\nbuild = "a.B"\n', ""),
    ],
)
def test_requirements_that_a_program_may_see_mean_a_build(
    tmp_path: Path, manifest: str, addition: str, file: str
) -> None:
    tree = Tree(tmp_path, manifest + addition)
    if file:
        tree.write(file, "# a program\n")
    inside = (
        "optional-dependencies = {x = []}\n" if '"dependencies"' in manifest else 'dependencies = ["b"]\n'
    )

    def edit() -> None:
        tree.edit('dependencies = ["a>=1"]\n', "") if '["a>=1"]' in manifest else None
        tree.edit('name = "demo"\n', f'name = "demo"\n{inside}')

    assert changed(tree, edit) == "build"


def test_a_requirement_by_url_means_a_build_for_a_back_end_may_refuse_it(tree: Tree) -> None:
    url = '["a @ https://example.com/a-1.0.tar.gz"]'

    assert changed(tree, lambda: tree.edit('["a>=1"]', url)) == "build"


@pytest.mark.parametrize(
    "edit",
    [
        ('"0.1.0"', '"0.2.0"'),
        ('name = "demo"', 'name = "demon"'),
        ('["hatchling"]', '["hatchling>=1"]'),
        ('version = "0.1.0"', 'version = "0.1.0"\nscripts = {demo = "demo:main"}'),
        ("[project]", '[tool.hatch.build]\npackages = ["x"]\n[project]'),
        ("[project]", "[tool.unheard-of]\n[project]"),
    ],
)
def test_what_a_back_end_may_read_means_a_build(tree: Tree, edit: tuple[str, str]) -> None:
    assert changed(tree, lambda: tree.edit(*edit)) == "build"


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "MANIFEST.in", "LICENSE", "COPYING.txt"])
def test_files_that_back_ends_read_mean_a_build_when_their_contents_differ(tree: Tree, name: str) -> None:
    assert changed(tree, lambda: tree.write(name, "one")) == "build"
    assert changed(tree, lambda: tree.write(name, "two")) == "build"
    assert changed(tree, lambda: os.utime(tree.root / name, (1, 1))) == "nothing"


@pytest.mark.parametrize(
    ("files", "edited"),
    [
        ("license-files = ['LICENSES/*']", "LICENSES/MIT.txt"),
        ("license-files = ['**/MIT.txt']", "MIT.txt"),
        ("license = {file = 'my/terms'}", "my/terms"),
    ],
)
def test_licences_that_are_named_are_seen(tree: Tree, files: str, edited: str) -> None:
    tree.edit("version =", f"{files}\nversion =")
    tree.write(edited, "one")

    assert changed(tree, lambda: tree.write(edited, "two")) == "build"


def test_a_licence_that_is_not_among_those_named_is_not_seen(tree: Tree) -> None:
    tree.edit("version =", "license-files = ['COPYING']\nversion =")

    assert changed(tree, lambda: tree.write("LICENSE", "not named")) == "nothing"


def test_a_pattern_that_is_none_is_passed_over(tree: Tree) -> None:
    tree.edit("version =", "license-files = ['', '/etc/*', 'a/../../*', 5]\nversion =")

    assert tree.key() == tree.key()


def test_a_new_package_at_the_top_means_a_build(tree: Tree) -> None:
    assert changed(tree, lambda: tree.write("other/data.txt")) == "nothing"
    assert changed(tree, lambda: tree.write("other/__init__.py")) == "build"
    assert changed(tree, lambda: tree.write("src/second/__init__.py")) == "build"
    assert changed(tree, lambda: tree.write("module.py")) == "build"
    assert changed(tree, lambda: tree.write("tests/__init__.py")) == "nothing"


def test_a_src_folder_that_appears_means_a_build(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / "src/demo/__init__.py").unlink()
    (tmp_path / "src/demo").rmdir()

    assert changed(tree, (tmp_path / "src").rmdir) == "build"


def test_packages_are_looked_for_where_setuptools_is_told_to(tmp_path: Path) -> None:
    tree = Tree(tmp_path, SETUPTOOLS + '[tool.setuptools.packages.find]\nwhere = ["lib"]\n')

    assert changed(tree, lambda: tree.write("lib/extra/__init__.py")) == "build"


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (DYNAMIC + '[tool.hatch.version]\npath = "src/demo/about.py"\n', "src/demo/about.py"),
        (DYNAMIC + '[tool.pdm.version]\nsource = "file"\npath = "V"\n', "V"),
        (DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = ["V.txt"]}\n', "V.txt"),
        (DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.about.V"}\n', "src/demo/about.py"),
        (DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.V"}\n', "src/demo/_version.py"),
        (FLIT, "src/demo/__init__.py"),
        (FLIT + '[tool.flit.module]\nname = "other"\n', "other.py"),
        (HATCH + '[tool.poetry.build]\nscript = "make.py"\n', "make.py"),
        (HATCH.replace("[project]", 'backend-path = ["back"]\n[project]'), "back/hatchling/build.py"),
    ],
)
def test_a_file_that_something_is_taken_from_is_seen(tmp_path: Path, manifest: str, path: str) -> None:
    tree = Tree(tmp_path, manifest)
    tree.write(path, "V = 1\n")

    assert changed(tree, lambda: tree.write(path, "V = 2\n")) == "build"


def test_the_readme_stays_unseen_where_setuptools_puts_it_together(tmp_path: Path) -> None:
    tree = Tree(tmp_path, DYNAMIC + '[tool.setuptools.dynamic]\nreadme = {file = ["README.md"]}\n')

    assert changed(tree, lambda: tree.write("README.md", "hello")) == "nothing"


def test_what_a_setup_cfg_names_is_seen(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    tree.write(
        "setup.cfg", "[metadata]\nname = demo\nversion = attr: demo.V\nkeywords = file: k1, k2 # yes\n"
    )

    for path in ("src/demo/__init__.py", "k1", "k2"):
        assert changed(tree, partial(tree.write, path, "other")) == "build"


def test_what_a_setup_py_usually_reads_is_seen(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    tree.write("setup.py", "from setuptools import setup\n")

    for path in ("requirements.txt", "VERSION", "src/demo/__version__.py"):
        assert changed(tree, partial(tree.write, path, "other")) == "build"
    assert changed(tree, lambda: tree.write("CHANGES.rst", "other")) == "nothing"


def test_the_commit_counts_where_the_version_comes_from_it(tmp_path: Path) -> None:
    written = 'requires = ["hatchling", "hatch-vcs"]'
    tree = Tree(tmp_path, DYNAMIC.replace('requires = ["hatchling"]', written))
    tree.write(".git/HEAD", "ref: refs/heads/main\n")

    assert changed(tree, lambda: tree.write(".git/refs/heads/main", "1" * 40)) == "build"
    assert changed(tree, lambda: tree.write(".git/refs/tags/v1", "1" * 40)) == "build"


@pytest.mark.parametrize(
    "addition",
    [
        "[tool.setuptools_scm]\n",
        '[tool.hatch.version]\nsource = "vcs"\n',
        '[tool.hatch.version]\nsource = "a-plugin"\n',
        '[tool.pdm.version]\nsource = "scm"\n',
    ],
)
def test_a_table_tells_that_the_version_comes_from_git(tmp_path: Path, addition: str) -> None:
    tree = Tree(tmp_path, DYNAMIC + addition)

    assert changed(tree, lambda: tree.write(".git/HEAD", "1" * 40)) == "build"


def test_the_commit_does_not_count_for_a_version_that_is_written_down(tmp_path: Path) -> None:
    tree = Tree(tmp_path, HATCH + "[tool.setuptools_scm]\n")

    assert changed(tree, lambda: tree.write(".git/HEAD", "1" * 40)) == "nothing"


def test_a_version_file_that_the_build_itself_writes_is_not_seen(tmp_path: Path) -> None:
    tree = Tree(tmp_path, DYNAMIC + '[tool.hatch.build.hooks.vcs]\nversion-file = "src/demo/_v.py"\n')
    tree.add('[tool.hatch.version]\nsource = "vcs"\n')
    tree.write(".git/HEAD", "1" * 40)
    before = tree.whole_tree()

    assert changed(tree, lambda: tree.write("src/demo/_v.py", "v = 1")) == "nothing"
    assert tree.whole_tree() == before


def test_the_key_is_of_one_place_interpreter_and_settings(tmp_path: Path) -> None:
    one, other = Tree(tmp_path / "one"), Tree(tmp_path / "other")
    keys = [
        one.key(),
        other.key(),
        one.key(interpreter="3.14"),
        one.key(config_settings={"a": "b"}),
        one.key(config_settings={"a": ["b", "c"]}),
    ]

    assert len({key.build for key in keys}) == len({key.whole for key in keys}) == len(keys)


def test_one_setting_is_one_setting_however_it_is_given(tree: Tree) -> None:
    assert tree.key(config_settings={"a": "b", "c": "d"}) == tree.key(
        config_settings={"c": ["d"], "a": ["b"]}
    )


def test_every_file_is_linked_on_its_own_in_the_strict_mode_of_setuptools(tree: Tree) -> None:
    before = tree.key(config_settings={"editable_mode": "strict"})
    tree.write("src/demo/new.py")

    assert tree.key(config_settings={"editable_mode": "strict"}).build != before.build


def test_a_manifest_of_strange_shapes_has_a_key(tmp_path: Path) -> None:
    strange: dict[str, object] = {
        "build-system": [1],
        "project": {"dynamic": "version", "license-files": 5, "dependencies": None},
        "tool": {
            "hatch": "x",
            "setuptools": {"dynamic": {"version": {"attr": 5}, "x": 1}, "packages": ["a"]},
        },
    }

    key = editable_key(tmp_path, strange, interpreter="", config_settings={})

    assert key == editable_key(tmp_path, strange, interpreter="", config_settings={})


def test_a_pipe_with_the_name_of_a_file_is_not_waited_for(tree: Tree) -> None:
    os.mkfifo(tree.root / "LICENSE")

    assert tree.key() == tree.key()


# ---- whole trees ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        lambda tree: tree.write("src/demo/__init__.py", "longer than it was before"),
        lambda tree: os.utime(tree.root / "src/demo/__init__.py", (1, 1)),
        lambda tree: (tree.root / "src/demo/__init__.py").chmod(0o755),
        lambda tree: tree.write("src/demo/data/new.txt"),
        lambda tree: tree.write("src/build/part.py"),
        lambda tree: (tree.root / "src/demo/__init__.py").unlink(),
        lambda tree: (tree.root / "link").symlink_to("anywhere"),
        lambda tree: tree.add("# a comment"),
    ],
)
def test_every_file_counts_for_a_wheel(tree: Tree, act: Callable[[Tree], object]) -> None:
    before = tree.whole_tree()
    act(tree)

    assert tree.whole_tree() != before


@pytest.mark.parametrize(
    "path",
    [
        ".git/index",
        ".venv/lib/x.py",
        "inner/env/bin/python",
        "src/demo/__pycache__/x.pyc",
        "node_modules/x/index.js",
        ".ruff_cache/x",
        "build/lib/x.py",
        "dist/demo-0.1.0.tar.gz",
        "src/demo.egg-info/SOURCES.txt",
        "target/release/demo.so",
        "pylock.toml",
        ".detent-0123456789abcdef",
    ],
)
def test_what_tools_and_builds_leave_behind_does_not_count(tree: Tree, path: str) -> None:
    tree.write("inner/env/pyvenv.cfg")
    tree.write("target/CACHEDIR.TAG")
    before = tree.whole_tree()
    tree.write(path, "new")

    assert tree.whole_tree() == before


def test_a_link_to_a_folder_is_not_followed(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (tree.root / "link").symlink_to(outside)
    before = tree.whole_tree()
    (outside / "new").touch()

    assert tree.whole_tree() == before


def test_the_same_tree_has_the_same_key(tree: Tree) -> None:
    assert tree.whole_tree() == tree.whole_tree()
