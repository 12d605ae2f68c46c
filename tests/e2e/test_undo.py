"""`detent undo`: files and environment as they were before the last change, and again when done twice."""

import shutil
from pathlib import Path

import pytest

from detent.install.manifest import read_manifest
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import machine_pythons
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.2.0", requires=["letters"], scripts={"shout": "shout:main"}),
        wheel("letters", "2.1"),
        wheel("letters", "1.0"),
        wheel("paint", "0.3.1"),
    )
    sandbox.manifest("paint")
    sandbox.detent("sync").ok()
    return sandbox


def state(project: Sandbox) -> dict[str, object]:
    """Everything of a project; of our manifest not what the last change had touched."""
    found: dict[str, object] = dict(project.snapshot())
    found[".venv/.detent/installed"] = read_manifest(str(project.root / ".venv")).packages
    return found


def environment(project: Sandbox) -> dict[str, object]:
    return {name: data for name, data in state(project).items() if name.startswith(".venv/")}


def undone(project: Sandbox, *words: str) -> str:
    return project.detent("undo", *words).ok().err


def test_an_add_is_taken_back_and_done_again(project: Sandbox) -> None:
    before = state(project)
    project.detent("add", "shout").ok()
    added = state(project)

    said = undone(project)

    assert state(project) == before
    assert said.startswith(
        "Undid `detent add shout`\nRestored `pyproject.toml`\nRestored `pylock.toml`\n"
        "Removed `shout>=1.2.0` from `project.dependencies`\nUninstalled 2 packages in "
    )
    assert said.endswith("\n - letters==2.1\n - shout==1.2.0\n")

    said = undone(project)

    assert state(project) == added
    assert said.startswith("Redid `detent add shout`\n")
    assert said.endswith("\n + letters==2.1\n + shout==1.2.0\n")

    undone(project)
    assert state(project) == before
    project.detent("sync", "--check").ok()


def test_every_command_that_changes_something_can_be_taken_back(project: Sandbox) -> None:
    for words in (
        ("remove", "paint"),
        ("add", "letters==1.0", "--no-sync"),
        ("add", "letters==1.0", "--frozen"),
        ("version", "3.0"),
        ("add", "-d", "shout"),
    ):
        before = state(project)
        project.detent(*words).ok()
        assert state(project) != before, words

        said = undone(project)

        assert state(project) == before, (words, said)
        assert f"Undid `detent {words[0]}" in said


def test_a_lock_and_a_sync_after_an_edit_by_hand_leave_the_edit(project: Sandbox) -> None:
    locked = project.read("pylock.toml")
    installed = environment(project)
    project.manifest("paint", "letters==1.0")
    edited = project.read("pyproject.toml")
    project.detent("lock").ok()

    said = undone(project)

    assert said == "Undid `detent lock`\nRestored `pylock.toml`\nRemoved letters v1.0\n"
    assert (project.read("pyproject.toml"), project.read("pylock.toml")) == (edited, locked)

    project.detent("sync").ok()
    said = undone(project)

    assert said.startswith("Undid `detent sync`\nRestored `pylock.toml`\nUninstalled 1 package")
    assert project.read("pylock.toml") == locked
    assert environment(project) == installed


def test_an_upgrade_is_taken_back(project: Sandbox, index: IndexServer) -> None:
    before = state(project)
    publish(index, wheel("paint", "0.4"))
    project.detent("sync", "--upgrade").ok()
    assert project.installed() == {"paint": "0.4"}

    said = undone(project)

    assert "\n - paint==0.4\n + paint==0.3.1\n" in said
    assert state(project) == before


def test_the_first_sync_is_taken_back_to_an_empty_environment_without_a_lock(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("paint"))
    sandbox.manifest("paint")
    sandbox.detent("sync").ok()

    said = undone(sandbox)

    assert "Removed `pylock.toml`\n" in said
    assert sandbox.installed() == {}
    assert not (sandbox.root / "pylock.toml").exists()
    assert (sandbox.root / ".venv/bin/python").exists()

    undone(sandbox)
    assert sandbox.installed() == {"paint": "1.0"}
    sandbox.detent("sync", "--check").ok()


def test_what_changed_nothing_is_no_change(project: Sandbox) -> None:
    project.detent("add", "shout").ok()
    for words in (
        ("sync",),
        ("lock",),
        ("run", "true"),
        ("add", "shout"),
        ("tree",),
        ("run", "--isolated", "true"),
    ):
        project.detent(*words).ok()
    failed = project.detent("add", "nobody-has-this")

    assert failed.code == 1
    assert undone(project).startswith("Undid `detent add shout`\n")


def test_a_change_that_failed_is_forgotten(project: Sandbox, index: IndexServer) -> None:
    project.detent("add", "shout").ok()
    publish(index, wheel("clash", files={"letters/__init__.py": "other = 1\n"}))
    before = state(project)

    assert project.detent("add", "clash").code == 1

    assert state(project) == before
    assert undone(project).startswith("Undid `detent add shout`\n")


def test_edits_made_since_are_not_lost(project: Sandbox) -> None:
    project.detent("add", "shout").ok()
    mine = project.read("pyproject.toml") + "# mine\n"
    project.write("pyproject.toml", mine)
    before = state(project)

    refused = project.detent("undo")

    assert refused.code == 1
    assert refused.err == (
        "error: `pyproject.toml` was edited after `detent add shout` [edited-since]\n"
        "  why: undoing puts files back whole, so these edits would be lost\n"
        " next: take back by hand what is to go\n"
        "       or pass `--force`; undoing once more brings the edits back\n"
    )
    assert state(project) == before

    undone(project, "--force")
    assert "shout" not in project.read("pyproject.toml")
    undone(project)
    assert state(project) == before


def test_a_dry_run_changes_nothing(project: Sandbox) -> None:
    project.detent("add", "shout").ok()
    before = state(project)

    said = undone(project, "--dry-run")

    assert state(project) == before
    assert said.startswith("Would undo `detent add shout`\nWould restore `pyproject.toml`\n")
    assert "\nWould uninstall 2 packages\n - letters==2.1\n - shout==1.2.0\n" in said
    assert undone(project).startswith("Undid `detent add shout`\n")


def test_there_may_be_nothing_to_undo(sandbox: Sandbox) -> None:
    sandbox.manifest()

    done = sandbox.detent("undo")

    assert done.code == 1
    assert done.err.startswith("error: there is nothing to undo [nothing-to-undo]\n")


def test_what_the_cache_lost_is_fetched_again_and_told(project: Sandbox, index: IndexServer) -> None:
    before = state(project)
    project.detent("remove", "paint").ok()
    project.detent("cache", "clean", "paint").ok()

    offline = project.detent("undo", "--offline")
    assert offline.code == 1
    assert "error: the network is off" in offline.err

    said = undone(project)

    assert "note: no longer in the cache, so fetched again: `paint` 0.3.1\n" in said
    assert state(project) == before


def test_what_nobody_has_any_more_is_left_out_and_told(project: Sandbox) -> None:
    project.detent("add", "shout").ok()
    project.write("pylock.toml", project.read("pylock.toml"))
    project.manifest("letters")
    project.detent("sync", "--inexact").ok()
    assert "shout" in project.installed()
    project.detent("sync").ok()
    project.detent("cache", "clean", "shout").ok()

    said = undone(project)

    assert "warning: `shout` 1.2.0 cannot be put back: the cache no longer has it" in said
    assert project.installed() == {"letters": "2.1", "paint": "0.3.1"}


def test_foreign_things_stay_or_are_told(project: Sandbox) -> None:
    library = next(project.root.glob(".venv/lib/python*/site-packages"))
    project.detent("add", "shout", "--no-sync").ok()
    (library / "mine.py").write_text("x = 1\n")
    folder = library / "theirs-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: theirs\nVersion: 1.0\n")
    (folder / "RECORD").write_text("theirs-1.0.dist-info/METADATA,,\ntheirs-1.0.dist-info/RECORD,,\n")
    project.detent("sync").ok()
    assert not folder.exists()

    said = undone(project)

    assert "note: `theirs` 1.0 had been installed by another tool, and is not put back\n" in said
    assert (library / "mine.py").exists()
    assert project.installed() == {"paint": "0.3.1"}


def test_another_interpreter_is_taken_back_too(project: Sandbox) -> None:
    others = [path for path in machine_pythons() if Path(path).resolve().name in ("python3.12", "python3.13")]
    if not others:
        pytest.skip("there is one CPython on this machine")
    before = project.read(".venv/pyvenv.cfg")
    project.detent("sync", "-p", others[0]).ok()
    assert project.read(".venv/pyvenv.cfg") != before

    said = undone(project)

    assert "Replacing virtual environment at: .venv" in said
    assert project.read(".venv/pyvenv.cfg") == before
    assert project.installed() == {"paint": "0.3.1"}


def test_an_environment_that_is_gone_is_made_again(project: Sandbox) -> None:
    project.detent("add", "shout").ok()
    shutil.rmtree(project.root / ".venv")

    said = undone(project)

    assert "Creating virtual environment at: .venv" in said
    assert project.installed() == {"paint": "0.3.1"}


def test_an_import_is_taken_back(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("paint"))
    sandbox.manifest()
    sandbox.write("requirements.txt", "paint\n")
    before = sandbox.read("pyproject.toml")
    sandbox.detent("import", "requirements.txt").ok()
    assert "paint" in sandbox.read("pyproject.toml")

    said = undone(sandbox)

    assert said.startswith("Undid `detent import`\nRestored `pyproject.toml`\nRemoved `pylock.toml`\n")
    assert sandbox.read("pyproject.toml") == before
    assert not (sandbox.root / "pylock.toml").exists()


def test_the_way_files_were_linked_comes_back(project: Sandbox) -> None:
    before = environment(project)
    library = next(project.root.glob(".venv/lib/python*/site-packages"))
    project.detent("sync", "--link-mode", "directory").ok()
    assert (library / "paint").is_symlink()

    undone(project)
    assert not (library / "paint").is_symlink()
    assert environment(project) == before
    undone(project)
    assert (library / "paint").is_symlink()


def test_the_selection_of_the_last_sync_comes_back(project: Sandbox) -> None:
    project.manifest("paint", tail='[project.optional-dependencies]\nloud = ["shout"]\n')
    project.detent("sync", "--extra", "loud").ok()
    before = state(project)
    project.detent("sync").ok()
    assert "shout" not in project.installed()

    undone(project)

    assert state(project) == before
    project.detent("run", "true").ok()
    assert "shout" in project.installed()


def test_a_packaged_project_gets_its_own_metadata_back(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("paint"))
    sandbox.detent("init", "--lib", "--build-backend", "hatchling", "--name", "demo", "--no-pin-python").ok()
    backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    text = sandbox.read("pyproject.toml")
    sandbox.write("pyproject.toml", text[: text.index("[build-system]")] + backend)
    sandbox.write("backend.py", BACKEND)
    sandbox.detent("sync").ok()
    before = environment(sandbox)
    sandbox.detent("add", "paint").ok()

    undone(sandbox)

    assert environment(sandbox) == before
    sandbox.detent("sync", "--check").ok()


def test_records_lie_in_the_cache_and_are_few(project: Sandbox) -> None:
    for number in range(12):
        project.detent("version", f"2.{number}", "--frozen").ok()

    counts = [len(list(folder.iterdir())) for folder in project.cache.glob("undo-v1/*")]
    assert max(counts) == 10
    assert not list(project.root.glob("**/undo*"))
    shutil.rmtree(project.cache / "undo-v1")
    assert "nothing to undo" in project.detent("undo").err


def test_a_project_that_was_copied_has_no_history(project: Sandbox, tmp_path: Path) -> None:
    project.detent("add", "shout").ok()
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy, symlinks=True)

    assert "nothing to undo" in project.detent("undo", cwd=copy).err
    linked = tmp_path / "linked"
    linked.symlink_to(project.root)
    assert project.detent("undo", cwd=linked).ok().err.startswith("Undid `detent add shout`")


BACKEND = """
import base64, hashlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    import tomllib
    project = tomllib.loads(open("pyproject.toml").read())["project"]
    needs = "".join(f"Requires-Dist: {need}\\n" for need in project.get("dependencies", ()))
    about = "demo-0.1.0.dist-info"
    files = {
        "demo.pth": "src\\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n{needs}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    lines = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines += f"{path},sha256={digest},{len(text.encode())}\\n"
    files[f"{about}/RECORD"] = f"{lines}{about}/RECORD,,\\n"
    name = "demo-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
    return name
"""
