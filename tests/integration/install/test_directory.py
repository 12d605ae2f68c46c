"""Environments whose folders are links into the store: the five rules that make that safe, and what follows."""

import contextlib
import errno
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from detent.errors.install import FileConflict, PathOccupied
from detent.errors.store import FileTrouble, StoreInEnvironment
from detent.install.folders import Coming, settle_folders
from detent.install.installed import dangling
from detent.install.manifest import read_manifest, write_journal
from detent.install.places import places_of
from detent.install.plan import Linking
from detent.store.users import users
from support.elves import can_be_loaded, library
from support.environments import Installation, empty_folders, files_below
from support.faults import dies_at, failing, fault_at
from support.wheels import Wheel, wheel

BY_DIRECTORY = Linking("directory")
NUMPY = wheel("numpy", files={"numpy/__init__.py": "", "numpy/core/x.py": "x = 1\n", "numpy.libs/a.so": ""})


class ByDirectory(Installation):
    """An environment that is always synced by directory."""

    def link(self, *wheels: Wheel, file_by_file: tuple[str, ...] = ()) -> None:
        self.sync(*wheels, link_mode="directory", file_by_file=file_by_file)
        linking = Linking("directory", frozenset(self.entries(*wheels)) & frozenset(file_by_file))
        assert not self.plan(*wheels, linking=linking).has_work

    def links(self) -> list[str]:
        """The links below site-packages, without those in a dist-info."""
        found = [path for path, content in self.library().items() if content.startswith("-> ")]
        for path in found:
            target = (self.site_packages / path).readlink()
            assert target.is_dir()
            assert str(target).endswith(f"/files/{path}")
        return found

    def stored_tree(self) -> dict[str, tuple[int, int, str]]:
        """Everything in the unpacked wheels."""
        found = files_below(self.root / "store/wheels-v2")
        return {path: (f.stat().st_mode, f.stat().st_mtime_ns, f.read_text("latin-1")) for path, f in found}

    def python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.environment.python, "-B", *arguments], capture_output=True, text=True, check=check
        )

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Use another installer in the environment."""
        command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python")
        done = subprocess.run(
            [*command, str(self.environment.python), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done


def offered(folder: Path, *wheels: Wheel) -> tuple[str, ...]:
    """Put wheels into a folder and give the words that make pip look there alone."""
    folder.mkdir(exist_ok=True)
    for made in wheels:
        (folder / made.filename).write_bytes(made.data)
    return "--no-index", "--find-links", str(folder)


def test_a_package_is_one_link_and_works(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY, wheel("six", files={"six.py": "six = 6\n"}, scripts={"tool": "six:main"}))

    assert world.links() == ["numpy", "numpy.libs"]
    assert not (world.site_packages / "six.py").is_symlink()
    assert (world.site_packages / "numpy-1.0.dist-info").is_dir()
    program = "import numpy.core.x as x, six; print(x.x, six.six, x.__file__)"
    assert world.python("-c", program).stdout == f"1 6 {world.site_packages}/numpy/core/x.py\n"


def test_what_is_not_wanted_any_more_goes_without_a_trace(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    empty = world.tree()
    world.link(NUMPY, wheel("g", files={"google/g/__init__.py": ""}, dist_info_files={"licenses/L": ""}))
    stored = world.stored_tree()

    world.link()

    assert world.tree() == empty
    assert set(empty_folders(world.environment.root)) <= {world.environment.interpreter.scheme.purelib}
    assert world.stored_tree() == stored


# ---- 1: namespaces ------------------------------------------------------------------------------


def test_a_namespace_is_a_real_folder_even_when_one_package_fills_it(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    declares = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"

    world.link(
        wheel("pep420", files={"google/auth/__init__.py": "", "google/auth/x/y.py": ""}),
        wheel("pkgutil", files={"paste/__init__.py": declares, "paste/deploy/__init__.py": ""}),
    )

    assert world.links() == ["google/auth/x", "paste/deploy"]


def test_an_installer_that_adds_a_sibling_by_hand_does_not_reach_the_store(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(wheel("auth", files={"google/auth/__init__.py": ""}))
    stored = world.stored_tree()
    sibling = wheel("storage", files={"google/cloud/storage/__init__.py": ""})

    world.pip("install", "--no-compile", *offered(tmp_path / "wheels", sibling), "storage")

    assert world.stored_tree() == stored
    world.python("-c", "import google.cloud.storage, google.auth")


def test_a_regular_package_that_a_second_wheel_extends_becomes_real_first(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    own = {"qt/__init__.py": "", "qt/core.py": "", "qt/own/x.py": ""}
    one = wheel("one", files={**own, "qt/plugins/x.py": "", "qt/plugins/a/x.py": ""})
    two = wheel("two", files={"qt/chart.py": "", "qt/plugins/y.py": "", "qt/plugins/b/__init__.py": ""})
    world.link(one)
    assert world.links() == ["qt"]
    stored = world.stored_tree()

    world.link(one, two)

    assert world.links() == ["qt/own", "qt/plugins/a", "qt/plugins/b"]
    assert world.stored_tree().items() >= stored.items()
    world.python("-c", "import qt.core, qt.chart, qt.plugins.a.x, qt.plugins.b, qt.own.x")
    world.link(one)
    assert world.links() == ["qt"]


# ---- 2: libraries that look for others ----------------------------------------------------------


def torch_and_nvidia() -> tuple[Wheel, Wheel]:
    """Two wheels as those of torch are: a library of the one looks for one of the other."""
    way = "$ORIGIN/../../nvidia/blas/lib"
    needy = library("libtorch.so", needs=("libblas.so.12", "libc.so.6"), runpath=way)
    files: dict[str, str | bytes] = {
        "torch/__init__.py": "",
        "torch/lib/libtorch.so": needy,
        "torch/nn/x.py": "",
    }
    return (
        wheel("torch", files=files),
        wheel("nvidia-blas", files={"nvidia/blas/lib/libblas.so.12": library("libblas.so.12")}),
    )


def test_a_library_that_needs_one_of_another_package_stands_in_a_real_folder(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)

    world.link(*torch_and_nvidia())

    assert world.links() == ["torch/nn"]
    if can_be_loaded():
        path = world.site_packages / "torch/lib/libtorch.so"
        world.python("-c", f"import ctypes; ctypes.CDLL({str(path)!r})")


def test_a_library_that_finds_all_it_needs_in_its_own_wheel_is_reached_by_a_link(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    needy = library("pil.so", needs=("libjpeg.so", "libc.so.6"), runpath="$ORIGIN/../pillow.libs")

    world.link(
        wheel(
            "pillow",
            files={"PIL/__init__.py": "", "PIL/pil.so": needy, "pillow.libs/libjpeg.so": library("j")},
        )
    )

    assert world.links() == ["PIL", "pillow.libs"]
    if can_be_loaded():
        world.python("-c", f"import ctypes; ctypes.CDLL({str(world.site_packages / 'PIL/pil.so')!r})")


def test_a_library_of_a_package_that_two_wheels_fill_finds_what_the_other_brings(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    needy = library("chart.so", needs=("libcore.so",), runpath="$ORIGIN/../../lib")
    one = wheel("one", files={"qt/__init__.py": "", "qt/lib/libcore.so": library("libcore.so")})
    more: dict[str, str | bytes] = {"qt/__init__.py": "", "qt/lib/libother.so": library("libother.so")}
    two = wheel("two", files={**more, "qt/plugins/charts/chart.so": needy, "qt/plugins/styles/x.py": ""})

    world.link(one, two)

    if can_be_loaded():
        path = world.site_packages / "qt/plugins/charts/chart.so"
        world.python("-c", f"import ctypes; ctypes.CDLL({str(path)!r})")
    assert world.links() == ["qt/plugins/styles"]


def test_packages_can_be_kept_from_being_linked_by_name(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)

    world.link(NUMPY, wheel("b"), file_by_file=("numpy",))
    assert world.links() == ["b"]

    world.link(NUMPY, wheel("b"))
    assert world.links() == ["b", "numpy", "numpy.libs"]

    world.link(NUMPY, wheel("b"), file_by_file=("numpy",))
    assert world.links() == ["b"]


# ---- 3: RECORD ----------------------------------------------------------------------------------


def test_record_lists_links_first_and_then_every_file(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    made = wheel("a", files={"a/__init__.py": "", "a,b.libs/x": ""}, dist_info_files={"licenses/L": "free"})

    world.link(made)

    lines = (world.site_packages / "a-1.0.dist-info/RECORD").read_text().splitlines()
    assert lines[:2] == ["a,,", "a-1.0.dist-info/licenses,,"]
    assert any(line.startswith('"a,b.libs/x",sha256=') for line in lines[2:])
    assert any(line.startswith("a/__init__.py,sha256=") for line in lines[2:])
    program = "import importlib.metadata as m; print(all(f.locate().exists() for f in m.files('a')))"
    assert world.python("-c", program).stdout == "True\n"


@pytest.mark.parametrize("action", ["uninstall", "reinstall"])
def test_another_installer_removes_links_and_leaves_the_store_alone(tmp_path: Path, action: str) -> None:
    world = ByDirectory(tmp_path)
    made = wheel("a", files={"a/__init__.py": "", "a/b/x.py": ""}, dist_info_files={"licenses/L": "free"})
    world.link(made, NUMPY)
    stored = world.stored_tree()

    if action == "reinstall":
        world.pip("install", "--no-compile", "--force-reinstall", *offered(tmp_path / "wheels", made), "a")
    else:
        world.pip("uninstall", "-y", "a")

    assert world.stored_tree() == stored
    assert not (world.site_packages / "a").is_symlink()
    assert (world.site_packages / "a").exists() == (action == "reinstall")
    world.link(made, NUMPY)
    assert world.links() == ["a", "numpy", "numpy.libs"]
    assert world.stored_tree() == stored


@pytest.mark.parametrize("gone", ["one", "two"])
def test_an_installer_that_empties_a_shared_folder_leaves_the_others_in_it(tmp_path: Path, gone: str) -> None:
    world = ByDirectory(tmp_path)
    for top, regular in (("zope", ""), ("regular", "regular/__init__.py")):
        one = wheel("one", files={f"{top}/one/__init__.py": "x = 1\n", f"{top}/one/data/x.txt": ""})
        two = {regular or f"{top}/y.py": "", f"{top}/two/__init__.py": "x = 1\n", f"{top}/two/data/x.txt": ""}
        world.link(one, wheel("two", files=two))

        world.pip("uninstall", "-y", gone)

        stays = "two" if gone == "one" else "one"
        assert world.python("-c", f"import {top}.{stays} as m; print(m.x)").stdout == "1\n"
        assert not (world.site_packages / top / gone).exists()


def test_a_store_inside_the_environment_is_refused(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    (tmp_path / "venv/cache").mkdir()
    (tmp_path / "store").rename(tmp_path / "venv/cache/store")
    (tmp_path / "store").symlink_to("venv/cache/store")

    with pytest.raises(StoreInEnvironment):
        world.link(NUMPY)

    assert world.library() == {}
    world.sync(NUMPY)


# ---- 4: coverage --------------------------------------------------------------------------------


def test_coverage_does_not_measure_what_lies_behind_links(tmp_path: Path) -> None:
    coverage = pytest.importorskip("coverage")
    world = ByDirectory(tmp_path)
    world.link(wheel("a", files={"a/__init__.py": "from a import b\n", "a/b.py": "x = 1\n"}))
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/coverage").symlink_to(Path(coverage.__file__).parent)
    (tmp_path / "own.py").write_text("import a\nprint(a.b.x)\n")
    variables = {**os.environ, "PYTHONPATH": str(tmp_path / "tools")}

    def measured(*step: str) -> str:
        command = [str(world.environment.python), "-m", "coverage", *step]
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
        ).stdout

    measured("run", "own.py")
    report = measured("report")

    assert "own.py" in report
    assert "__init__" not in report
    assert "b.py" not in report


def test_the_line_for_coverage_goes_with_the_last_link(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    marker = world.site_packages / "_detent_store.pth"

    world.link(wheel("six", files={"six.py": ""}))
    assert not marker.exists()
    world.link(NUMPY, wheel("b"))
    assert marker.read_text() == f"{tmp_path}/store/wheels-v2/unpacked\n"
    world.link(wheel("b"))
    assert marker.exists()
    world.sync(wheel("b"))
    assert not marker.exists()


@pytest.mark.parametrize("name", [b"caf\xe9", "line\u2028break".encode()])
def test_a_store_whose_name_is_no_line_of_text_is_not_told_to_coverage(tmp_path: Path, name: bytes) -> None:
    world = ByDirectory(tmp_path / os.fsdecode(name))

    world.link(NUMPY)

    assert not (world.site_packages / "_detent_store.pth").exists()
    assert world.links() == ["numpy", "numpy.libs"]


# ---- 5: what is real, and removing --------------------------------------------------------------


def test_scripts_data_and_metadata_are_real_files(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    data = {"scripts/s": "#!python\n", "headers/a.h": "", "data/share/a/x": "", "scripts/bin": "\x7fELF"}
    world.link(wheel("a", scripts={"tool": "a:b"}, data=data, dist_info_files={"licenses/L": ""}))

    real = [path for path, content in world.tree().items() if not content.startswith("-> ")]

    names = {path.rpartition("/")[2] for path in real}
    assert {"s", "tool", "bin", "a.h", "x", "METADATA", "WHEEL", "RECORD", "INSTALLER"} <= names
    private = world.site_packages / "a-1.0.dist-info"
    assert [(private / name).stat().st_nlink for name in ("RECORD", "INSTALLER")] == [1, 1]


def test_removing_never_follows_a_link_that_somebody_put_there(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY)
    mine = tmp_path / "mine"
    (mine / "core").mkdir(parents=True)
    (mine / "core/x.py").write_text("mine")
    (world.site_packages / "numpy").unlink()
    (world.site_packages / "numpy").symlink_to(mine)

    world.sync(link_mode="directory")

    assert (world.site_packages / "numpy").readlink() == mine
    assert (mine / "core/x.py").read_text() == "mine"
    assert not (world.site_packages / "numpy.libs").is_symlink()


def test_a_hostile_manifest_unlinks_nothing_of_others(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY)
    (tmp_path / "work").mkdir()
    (world.environment.root / "work").symlink_to(tmp_path / "work")
    (world.site_packages / "work").symlink_to(tmp_path / "work")
    (row,) = read_manifest(str(world.environment.root)).packages
    lib = world.environment.interpreter.scheme.purelib
    evil = row._replace(links=(f"{lib}/work", "work", "../mine", "bin/python", *row.links))
    (tmp_path / "mine").symlink_to(tmp_path / "work")
    write_journal(str(world.environment.root), (evil,), {row.name})

    world.sync(link_mode="directory")

    assert (world.environment.root / "work").is_symlink()
    assert (world.site_packages / "work").is_symlink()
    assert (tmp_path / "mine").is_symlink()
    assert world.environment.python.exists()
    assert list(world.library()) == ["work"]


# ---- what stands there already ------------------------------------------------------------------


def test_a_folder_with_files_of_somebody_stays_and_what_is_free_in_it_is_linked(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    (world.site_packages / "numpy").mkdir()
    (world.site_packages / "numpy/mine.txt").write_text("mine")

    world.link(NUMPY)

    assert world.links() == ["numpy.libs", "numpy/core"]
    world.link(NUMPY, wheel("numpy-more", files={"numpy/more.py": "", "numpy/more/__init__.py": ""}))
    assert world.links() == ["numpy.libs", "numpy/core", "numpy/more"]
    (world.site_packages / "numpy/mine.txt").unlink()
    world.link(NUMPY)
    assert world.links() == ["numpy", "numpy.libs"]


def test_an_empty_folder_of_somebody_stays_too(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    (world.site_packages / "numpy").mkdir()

    world.link(NUMPY)

    assert world.links() == ["numpy.libs", "numpy/core"]


def test_a_file_or_a_link_of_somebody_in_place_of_a_link_is_refused(tmp_path: Path) -> None:
    for number in (1, 2):
        world = ByDirectory(tmp_path / str(number))
        place = world.site_packages / "numpy"
        place.write_text("mine") if number == 1 else place.symlink_to(tmp_path)

        with pytest.raises(PathOccupied):
            world.link(NUMPY)

        assert not world.site_packages.joinpath("numpy.libs").exists()


def test_a_link_of_somebody_in_place_of_one_of_ours_stops_an_upgrade_before_it_begins(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(wheel("a"))
    (world.site_packages / "a").unlink()
    (world.site_packages / "a").symlink_to(tmp_path)
    before = world.tree()

    with pytest.raises(PathOccupied):
        world.link(wheel("a", "2.0"))

    assert world.tree() == before


def test_the_links_of_a_run_whose_manifest_is_lost_are_taken_over(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY)
    before = world.tree()
    (world.environment.root / ".detent/installed").unlink()

    world.link(NUMPY)

    assert world.tree() == before


def test_another_mode_takes_the_place_of_links_whose_manifest_is_lost(tmp_path: Path) -> None:
    world, fresh = ByDirectory(tmp_path), ByDirectory(tmp_path / "fresh")
    free = wheel("b", dist_info_files={"licenses/deep/LICENSE": "free"})
    fresh.sync(free, link_mode="hardlink")
    world.link(free)
    (world.environment.root / ".detent/installed").unlink()

    world.sync(free, link_mode="hardlink")

    assert world.library() == fresh.library()


@pytest.mark.parametrize("modes", [("directory", "hardlink"), ("copy", "directory"), ("auto", "directory")])
def test_another_mode_replaces_what_is_there(tmp_path: Path, modes: tuple[str, str]) -> None:
    world, fresh = ByDirectory(tmp_path), ByDirectory(tmp_path)
    packages = NUMPY, wheel("b", files={"b/__init__.py": "", "top.py": ""})
    fresh.sync(*packages, link_mode=modes[1])
    expected = fresh.tree()
    world.sync()
    world.sync(*packages, link_mode=modes[0])
    world.python("-m", "compileall", "-q", str(world.site_packages))

    world.sync(*packages, link_mode=modes[1])

    assert world.tree() == expected


# ---- two packages, one file ---------------------------------------------------------------------


def test_two_packages_share_a_file_of_the_same_bytes_behind_links(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    a = wheel("a", files={"ns/__init__.py": "same", "ns/a/x.py": "", "ns/deep/same.py": "1"})
    b = wheel("b", files={"ns/__init__.py": "same", "ns/b/x.py": "", "ns/deep/same.py": "1"})
    world.link(a)
    assert world.links() == ["ns"]

    world.link(a, b)
    assert world.links() == ["ns/a", "ns/b"]

    world.link(b)
    assert world.links() == ["ns"]


def test_different_bytes_behind_links_are_refused_with_both_names(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    a, b = (wheel(name, files={"ns/__init__.py": "", "ns/deep/x.py": name}) for name in "ab")
    world.link(a)
    before = world.tree()

    with pytest.raises(FileConflict) as caught:
        world.link(a, b)

    assert "`a` and `b` both contain" in caught.value.what
    assert "ns/deep/x.py" in caught.value.what
    assert world.tree() == before


@pytest.mark.parametrize("file_by_file", [(), ("plugin",)])
def test_a_data_file_that_goes_into_a_package_does_not_go_into_the_store(
    tmp_path: Path, file_by_file: tuple[str, ...]
) -> None:
    world = ByDirectory(tmp_path)
    lib = world.environment.interpreter.scheme.purelib
    plugin = wheel("plugin", files={}, data={f"data/{lib}/numpy/plugins/x.txt": "x"})
    world.link(NUMPY)
    stored = world.stored_tree()

    world.link(NUMPY, plugin, file_by_file=file_by_file)

    assert world.links() == ["numpy.libs", "numpy/core"]
    assert (world.site_packages / "numpy/plugins/x.txt").read_text() == "x"
    assert world.stored_tree().items() >= stored.items()


def test_a_folder_stays_real_for_the_file_that_a_package_without_links_has_in_it_too(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    alone = wheel("alone", files={"ns/same.py": "1"})
    old, new = (wheel("b", v, files={"ns/__init__.py": v, "ns/same.py": "1"}) for v in ("1.0", "2.0"))
    world.link(alone, old, file_by_file=("alone",))

    world.link(alone, new, file_by_file=("alone",))

    assert world.library() == {"ns/__init__.py": "2.0", "ns/same.py": "1"}


# ---- dying, and a store that goes ---------------------------------------------------------------


def test_a_failure_at_any_operation_is_put_right_by_the_next_run(tmp_path: Path) -> None:
    one = wheel("one", files={"qt/__init__.py": "", "qt/own/x.py": ""})
    two = wheel("two", files={"qt/two/x.py": ""})
    fresh = ByDirectory(tmp_path)
    fresh.link(one, two)
    expected = fresh.tree()
    stored = fresh.stored_tree()

    for number in range(1, 200):
        world = ByDirectory(tmp_path)
        world.sync(one, link_mode="directory")
        with fault_at(number, failing(errno.EIO)) as ledger, contextlib.suppress(FileTrouble):
            world.sync(one, two, link_mode="directory")
        world.link(one, two)
        assert world.tree() == expected
        if number > ledger.count:
            break
    assert number > 20
    assert fresh.stored_tree() == stored


def test_a_package_whose_links_lead_nowhere_is_named_and_comes_back(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY, wheel("b"))
    assert dangling(world.environment) == ()

    (tmp_path / "store/wheels-v2").rename(tmp_path / "gone")

    assert dangling(world.environment) == ("b", "numpy")
    assert {a.package.name for a in world.plan(NUMPY, wheel("b"), linking=BY_DIRECTORY).wanted} == {
        "b",
        "numpy",
    }
    world.link(NUMPY, wheel("b"))
    assert dangling(world.environment) == ()


def test_the_store_knows_who_links_to_it(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    world.link(NUMPY, wheel("six", files={"six.py": ""}))

    (user,) = users(world.store.layout)
    assert (user.root, user.digests) == (world.environment.root, frozenset((NUMPY.sha256,)))

    world.sync(NUMPY)
    assert users(world.store.layout) == []


def test_whenever_a_run_is_killed_the_store_knows_of_every_link(tmp_path: Path) -> None:
    links = 0
    for number in range(1, 200):
        world = ByDirectory(tmp_path / str(number))
        world.entries(NUMPY)
        is_dead = dies_at(number, partial(world.link, NUMPY))
        linked = {NUMPY.sha256 for content in world.library().values() if content.startswith("-> ")}
        assert linked <= {digest for user in users(world.store.layout) for digest in user.digests}
        links += len(linked)
        if not is_dead:
            break
    assert links > 5


def test_a_link_inside_the_dist_info_makes_way_for_what_somebody_keeps_there(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    made = wheel("a", dist_info_files={"licenses/L": "free", "sboms/deep/x": "1"})
    mine = world.site_packages / "a-1.0.dist-info/licenses/mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")

    world.link(made)

    info = world.site_packages / "a-1.0.dist-info"
    assert (info / "sboms").is_symlink()
    assert sorted(p.name for p in (info / "licenses").iterdir()) == ["L", "mine"]


def test_where_case_does_not_tell_names_apart_a_folder_of_another_case_is_looked_at(tmp_path: Path) -> None:
    world = ByDirectory(tmp_path)
    package = wheel("a", files={"Pkg/__init__.py": "", "Pkg/x.py": ""})
    # As such a file system shows it: the folder answers to both names, and is listed by its own.
    (world.site_packages / "Pkg").mkdir()
    (world.site_packages / "Pkg/mine.py").touch()
    coming = [Coming(world.stored(package), is_by_directory=True)]
    places = places_of(world.environment)
    for going, expected in ((set[str](), ()), ({f"{places.purelib}/pkg/MINE.py"}, ("Pkg",))):
        decided = settle_folders(
            places,
            coming,
            (),
            (),
            top_level={"pkg"},
            vanishing=lambda _: going,  # noqa: B023
            fold=str.casefold,
            store=world.store,
        )

        (found,) = filter(None, decided.coming)
        assert tuple(link for link in found.links if link == "Pkg") == expected
