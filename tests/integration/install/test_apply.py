"""Whole syncs from a real store into real environments, other installers' distributions among them."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Linked, Notice
from detent.install.apply import environment_lock, recover
from detent.install.manifest import read_manifest, write_journal
from detent.model.limits import Limits
from support.environments import Installation, empty_folders, files_below
from support.faults import failing, fault_at
from support.wheels import Wheel, record_line, wheel


def foreign(
    world: Installation, name: str, files: dict[str, str], *, extra: str = "", version: str = "1.0"
) -> None:
    """What pip leaves behind."""
    about = f"{name}-{version}.dist-info"
    contents = {**files, f"{about}/METADATA": f"Name: {name}\n", f"{about}/INSTALLER": "pip\n"}
    record = "".join(record_line(path, text.encode()) + "\n" for path, text in contents.items()) + extra
    for path, text in {**contents, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
        file = world.site_packages / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_what_is_installed_runs(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    library = wheel(
        "lib", files={"lib/__init__.py": "def main():\n    print(__name__)\n"}, scripts={"tool": "lib:main"}
    )
    script = wheel("old", files={}, data={"scripts/old": "#!python\nimport lib\nlib.main()\n"})

    world.sync(library, script)

    for name in ("tool", "old"):
        ran = subprocess.run([world.scripts / name], capture_output=True, text=True, check=True)
        assert ran.stdout == "lib\n"


def test_other_tools_see_what_they_expect(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(
        wheel(
            "a",
            scripts={"tool": "a:b"},
            data={"scripts/s": "#!python\n", "headers/a.h": "", "data/share/a": ""},
        ),
        requested={"a"},
    )
    program = (
        "import importlib.metadata as m, hashlib, base64\n"
        "d = m.distribution('a')\n"
        "print(d.version, d.read_text('INSTALLER').strip(), d.read_text('REQUESTED') == '', len(d.files))\n"
        "for f in d.files:\n"
        "    data = f.read_binary()\n"
        "    if f.hash:\n"
        "        right = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()\n"
        "        assert (f.hash.mode, f.hash.value, f.size) == ('sha256', right, len(data)), f\n"
        "    else:\n"
        "        assert f.name == 'RECORD'\n"
    )

    ran = subprocess.run(
        [world.environment.python, "-I", "-c", program], capture_output=True, text=True, check=False
    )

    assert (ran.stderr, ran.stdout) == ("", "1.0 detent True 11\n")


def test_a_second_sync_has_nothing_to_do(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    wheels = wheel("a"), wheel("b")

    world.sync(*wheels, requested={"a"})

    assert not world.plan(*wheels, requested={"a"}).has_work


def test_an_upgrade_leaves_nothing_of_the_old_version(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", "1.0", files={"a/old/x.py": "", "a/same.py": "1"}, scripts={"was": "a:b"}))

    applied = world.sync(wheel("a", "2.0", files={"a/new/x.py": "", "a/same.py": "2"}))

    assert world.library() == {"a/new/x.py": "", "a/same.py": "2"}
    assert not (world.scripts / "was").exists()
    assert empty_folders(world.environment.root / "lib") == []
    assert (applied.changes.installed, applied.changes.removed) == ((("a", "2.0"),), (("a", "1.0"),))


def test_every_package_is_reported_once_it_stands(tmp_path: Path) -> None:
    world = Installation(tmp_path)

    world.sync(wheel("a"), wheel("b", "2.0"))

    assert [e for e in world.events if isinstance(e, Linked)] == [
        Linked("a", "1.0", 1, 2),
        Linked("b", "2.0", 2, 2),
    ]


def test_files_of_the_user_survive_everything(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a = wheel("a", files={"a/__init__.py": ""})
    mine = [world.site_packages / name for name in ("notes.txt", "a/data.json", "a/__pycache__/mine.txt")]
    world.sync(a)
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    (world.scripts / "mine").write_text("mine")

    world.sync()

    assert all(file.read_text() == "mine" for file in mine)
    assert (world.scripts / "mine").read_text() == "mine"
    world.sync(a)
    world.sync(wheel("a", "2.0", files={"a/other.py": ""}))
    assert all(file.read_text() == "mine" for file in mine)


def test_an_environment_behind_a_link_is_used_and_the_link_stays(tmp_path: Path) -> None:
    Installation(tmp_path / "real")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/venv").symlink_to(tmp_path / "real/venv")
    world = Installation(tmp_path / "linked")

    world.sync(wheel("a"))
    world.sync()

    assert (tmp_path / "linked/venv").is_symlink()
    assert world.library() == {}


def test_an_exact_sync_removes_foreign_distributions_by_their_record(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    foreign(world, "pip", {"pip/__init__.py": "", "pip/sub/x.py": "", "../../../bin/pip": "#!"})
    (world.site_packages / "pip/mine.txt").write_text("mine")
    (world.site_packages / "pip/__pycache__").mkdir()
    (world.site_packages / "pip/__pycache__/__init__.cpython-311.pyc").write_text("")
    (world.site_packages / "pip-1.0.dist-info/not-in-record").write_text("")

    world.sync(wheel("a"))

    assert world.library() == {"a/__init__.py": '__version__ = "1.0"\n', "pip/mine.txt": "mine"}
    assert not (world.site_packages / "pip-1.0.dist-info").exists()
    assert not (world.scripts / "pip").exists()


def test_an_inexact_sync_keeps_them_and_their_files(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    foreign(world, "pip", {"pip.py": "", "shared.py": "same"})
    world.sync(wheel("a", files={"shared.py": "same"}), exact=False)

    world.sync(wheel("a", "2.0", files={"a.py": ""}), exact=False)

    assert world.library() == {"a.py": "", "pip.py": "", "shared.py": "same"}
    assert [f.name for f in world.found().foreign] == ["pip"]


def test_a_hostile_record_removes_nothing_of_others(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a = wheel("a")
    world.sync(a)
    (tmp_path / "treasure").write_text("mine")
    (tmp_path / "work").mkdir()
    (tmp_path / "work/x.py").write_text("mine")
    (world.site_packages / "linked").symlink_to(tmp_path / "work")
    extra = "".join(
        f"{path},,\n"
        for path in (
            "../../../../treasure", str(tmp_path / "treasure"), "a/__init__.py", "../../../pyvenv.cfg", "linked/x.py",
            "../../../bin/python", "../../../bin/activate", "../../../.detent/installed", "a-1.0.dist-info/RECORD",
        )
    )  # fmt: skip
    foreign(world, "evil", {"evil.py": ""}, extra=extra)
    before = dict(world.tree())

    world.sync(a)

    after = world.tree()
    gone = set(before) - set(after)
    assert {path.rpartition("/")[2] for path in gone} == {"evil.py", "METADATA", "INSTALLER", "RECORD"}
    assert all("evil" in path for path in gone)
    assert (tmp_path / "treasure").read_text() == (tmp_path / "work/x.py").read_text() == "mine"


def test_the_same_version_that_pip_installed_becomes_ours(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    made = wheel("a", files={"a.py": "a = 1\n"})
    foreign(world, "a", {"a.py": "a = 1\n"})

    world.sync(made)

    info = world.site_packages / "a-1.0.dist-info"
    assert (info / "INSTALLER").read_text() == "detent\n"
    assert "a.py,sha256=" in (info / "RECORD").read_text()
    assert not world.found().foreign
    assert not world.plan(made).has_work


def test_what_is_ours_and_nobody_knows_of_is_put_in_anew(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    before = files_below(world.environment.root)
    (world.environment.root / ".detent/installed").write_bytes(b"damaged")

    world.sync(wheel("a"))

    assert files_below(world.environment.root) == before


def test_a_foreign_copy_of_a_wanted_package_is_replaced_whole(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    foreign(world, "a", {"a/__init__.py": "theirs", "a/extra.py": ""}, version="0.9")
    foreign(world, "A", {"a/__init__.py": "theirs"})

    applied = world.sync(wheel("a", files={"a/__init__.py": "right"}))

    assert world.library() == {"a/__init__.py": "right"}
    assert [p.name for p in world.site_packages.glob("*.dist-info")] == ["a-1.0.dist-info"]
    assert applied.changes.reinstalled == (("a", "1.0"),)
    assert applied.changes.removed == (("a", "0.9"),)
    assert not world.plan(wheel("a", files={"a/__init__.py": "right"})).has_work


def test_a_distribution_without_record_stays_with_a_warning(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.site_packages / "odd-1.0.egg-info").write_text("Name: odd\n")

    world.sync(wheel("a"))

    assert (world.site_packages / "odd-1.0.egg-info").exists()
    assert [e.text for e in world.events if isinstance(e, Notice)] == [
        "`odd 1.0` has no RECORD to remove it by, so it stays"
    ]
    assert not world.plan(wheel("a")).has_work


def test_what_pip_put_over_ours_is_put_right(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a = wheel("a", files={"a/__init__.py": "locked", "a/x.py": ""})
    world.sync(a)
    for path in (
        "a/__init__.py",
        "a-1.0.dist-info/INSTALLER",
        "a-1.0.dist-info/RECORD",
        "a-1.0.dist-info/METADATA",
    ):
        (world.site_packages / path).unlink()
    foreign(world, "a", {"a/__init__.py": "other"})

    world.sync(a)

    assert world.library() == {"a/__init__.py": "locked", "a/x.py": ""}
    assert not world.plan(a).has_work


def test_what_somebody_removed_by_hand_comes_back(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a = wheel("a", files={"a/__init__.py": "", "a/x.py": ""}, scripts={"tool": "a:b"})
    world.sync(a)
    right = world.tree()
    for file in (world.site_packages / "a-1.0.dist-info").iterdir():
        file.unlink()
    (world.site_packages / "a-1.0.dist-info").rmdir()

    world.sync(a)

    assert world.tree() == right


def test_a_marker_follows_the_project_without_a_reinstall(tmp_path: Path) -> None:
    world, fresh = Installation(tmp_path / "1"), Installation(tmp_path / "1")
    a = wheel("a")
    world.sync(a)
    without = world.tree()

    applied = fresh.sync(a, requested={"a"})

    about = fresh.site_packages / "a-1.0.dist-info"
    assert (about / "REQUESTED").read_bytes() == b""
    assert (
        "a-1.0.dist-info/REQUESTED,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0"
        in (about / "RECORD").read_text()
    )
    assert applied.changes.kept == 1
    fresh.sync(a)
    assert fresh.tree() == without


@pytest.mark.parametrize("mode", ["auto", "copy"])
def test_an_edit_in_one_environment_never_reaches_the_next(tmp_path: Path, mode: str) -> None:
    world = Installation(tmp_path)
    a = wheel("a", files={"a.py": "right"})
    world.sync(a, link_mode=mode)
    (world.site_packages / "a.py").write_text("wrong")

    entry = world.stored(a)
    if world.store.check(entry) is None:  # a hard link: the entry is set aside and fetched again
        world.stored(a)
    world.sync()
    world.sync(a, link_mode=mode)

    assert world.library() == {"a.py": "right"}


def test_a_failure_takes_back_what_was_begun(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    b = wheel("b")
    world.sync(b)
    before = list(files_below(world.environment.root))
    world.entries(wheel("a"))

    with fault_at(15, failing(errno.ENOSPC)), pytest.raises(FileTrouble) as caught:
        world.sync(wheel("a"), b)

    assert "no space is left" in caught.value.why
    assert list(files_below(world.environment.root)) == before


def test_an_interrupt_leaves_a_journal_and_the_next_run_says_so(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.entries(wheel("a"))

    def interrupt() -> None:
        raise KeyboardInterrupt

    with fault_at(20, interrupt), pytest.raises(KeyboardInterrupt):
        world.sync(wheel("a"))
    assert (world.environment.root / ".detent/journal").exists()
    assert not world.plan(wheel("a")).is_empty

    world.sync(wheel("a"))

    assert "1 package" in next(e.text for e in world.events if isinstance(e, Notice))
    assert world.library() == {"a/__init__.py": '__version__ = "1.0"\n'}
    assert not (world.environment.root / ".detent/journal").exists()


def test_looking_at_an_interrupted_environment_writes_nothing(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    (row,) = world.found().packages
    write_journal(str(world.environment.root), (), {row.name})
    before = list(files_below(world.environment.root))

    assert [a.name for a in world.plan(wheel("a")).actions] == ["a"]
    assert not world.plan(wheel("a")).is_empty

    assert list(files_below(world.environment.root)) == before


def test_a_hostile_journal_cannot_reach_out_of_the_environment(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    (tmp_path / "treasure").write_text("mine")
    (row,) = read_manifest(str(world.environment.root)).packages
    evil = row._replace(
        linked=("../treasure", str(tmp_path / "treasure"), "pyvenv.cfg", "bin/python"), private=()
    )
    write_journal(str(world.environment.root), (evil,), {row.name})
    config = (world.environment.root / "pyvenv.cfg").read_text()

    assert recover(world.environment) == ("a",)

    assert (tmp_path / "treasure").read_text() == "mine"
    assert (world.environment.root / "pyvenv.cfg").read_text() == config
    assert world.environment.python.exists()
    assert world.library() == {}


def test_a_contested_launcher_is_right_after_an_interrupted_run(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a, b = wheel("a", scripts={"tool": "a:x"}), wheel("b", scripts={"tool": "b:x"})
    world.sync(a, b)
    rows = world.found().packages
    write_journal(str(world.environment.root), rows[1:], {rows[0].name})

    recover(world.environment)

    assert "from b import x" in (world.scripts / "tool").read_text()
    assert [p.name for p in world.found().packages] == ["b"]


def test_one_process_at_a_time_changes_an_environment(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    impatient = Limits(lock_wait_seconds=0.05)
    wheels = [wheel(name, files={f"{name}.py": "", "shared.py": ""}) for name in "abc"]
    world.entries(*wheels)

    with (
        environment_lock(world.environment, limits=Limits()),
        pytest.raises(StoreBusy),
        environment_lock(world.environment, limits=impatient),
    ):
        pass
    failures: list[BaseException] = []

    def sync(some: tuple[Wheel, ...]) -> None:
        try:
            Installation(tmp_path).sync(*some)
        except BaseException as error:  # noqa: BLE001 -- shown by the thread that asserts
            failures.append(error)

    threads = [threading.Thread(target=sync, args=(tuple(wheels[n % 3 :]),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    world.sync(*wheels)
    assert world.library() == {"a.py": "", "b.py": "", "c.py": "", "shared.py": ""}


def test_a_state_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (world.environment.root / ".detent").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotAnEnvironment):
        world.sync(wheel("a"))

    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_environment_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    world.site_packages.chmod(0o555)
    try:
        with pytest.raises(FileTrouble):
            world.sync(wheel("b"))
    finally:
        world.site_packages.chmod(0o755)


def test_pip_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    b = wheel("b", scripts={"tool": "b:x"})
    world.sync(wheel("a", requires=["b"]), b)

    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        str(world.environment.python),
    ]
    listed = subprocess.run([*pip, "freeze", "--all"], capture_output=True, text=True, check=True)
    removed = subprocess.run([*pip, "uninstall", "-y", "b"], capture_output=True, text=True, check=True)

    assert listed.stdout == "a==1.0\nb==1.0\n"
    assert "Successfully uninstalled b-1.0" in removed.stdout
    assert not (world.scripts / "tool").exists()
    world.sync(wheel("a", requires=["b"]), b)
    assert "from b import x" in (world.scripts / "tool").read_text()
