"""A back end is a stranger's program: what it is told, what it is believed, and what it leaves behind."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from detent.build.frontend import Job, build_metadata, build_wheel
from detent.errors.build import BuildFailed, BuildSystemInvalid
from support.backends import tiny_tree, write_tree


class Environment:
    python = Path(sys.executable)
    scripts = Path("/nowhere/bin")

    def install(self, requirements: Sequence[str]) -> None:
        """The tiny back end needs nothing."""


def job(root: Path, files: dict[str, str], **variables: str) -> Job:
    for name in ("out", "tmp"):
        (root / name).mkdir()
    source = write_tree(root / "source", files)
    given = {"PATH": os.environ["PATH"], **variables}
    return Job("a==1.0", source, root / "out", root / "tmp", root / "logs/a", {}, given)


def test_passwords_of_indexes_are_not_told_to_a_build(tmp_path: Path) -> None:
    tell = f"import pprint; pprint.pprint(dict(os.environ), stream=open({str(tmp_path / 'told')!r}, 'w'))"
    it = job(
        tmp_path,
        tiny_tree(more=tell),
        DETENT_INDEX_CORP_USERNAME="its-user",
        DETENT_INDEX_CORP_PASSWORD="its-secret",
        DETENT_INDEX_URL="https://its-user:its-secret@example.com/simple/",
        PIP_INDEX_URL="https://its-user:its-secret@example.com/simple/",
        PIP_EXTRA_INDEX_URL="https://its-user:its-secret@example.com/simple/",
        KEPT="yes",
    )

    build_wheel(it, Environment())

    told = (tmp_path / "told").read_text()
    assert "'KEPT': 'yes'" in told
    assert "its-" not in told


def test_modules_of_the_caller_are_not_found_by_an_isolated_build(tmp_path: Path) -> None:
    evil = write_tree(tmp_path / "evil", {"sitecustomize.py": "raise SystemExit('evil')\n", "json.py": "1/0"})
    # The working folder of a build is a stranger's too, and no place to import from.
    files = tiny_tree() | {"json.py": "1/0", "sitecustomize.py": "1/0"}

    it = job(tmp_path, files, PYTHONPATH=str(evil), PYTHONSTARTUP=str(evil / "json.py"), PYTHONINSPECT="1")

    assert build_wheel(it, Environment()).is_file()


@pytest.mark.parametrize("path", ["..", "../evil", "/", "link"])
def test_a_back_end_outside_of_the_source_is_not_started(tmp_path: Path, path: str) -> None:
    mark = tmp_path / "mark"
    write_tree(tmp_path / "evil", {"tiny.py": f"open({str(mark)!r}, 'w')\n"})
    files = tiny_tree()
    files["pyproject.toml"] = files["pyproject.toml"].replace('["backend"]', f'["{path}"]')
    it = job(tmp_path, files)
    (it.source / "link").symlink_to(tmp_path / "evil")

    with pytest.raises(BuildSystemInvalid):
        build_wheel(it, Environment())

    assert not mark.exists()


@pytest.mark.parametrize(
    "answer",
    [
        "../../victim",
        "{root}/victim",
        "..",
        ".",
        "",
        "/",
        "a/../../victim",
        "..\\\\victim",
        "a\\x00",
        "\\u202e.whl",
    ],
)
def test_no_answer_leads_out_of_the_folder_for_results(tmp_path: Path, answer: str) -> None:
    (tmp_path / "victim.whl").write_text("not yours")
    (tmp_path / "victim.dist-info").mkdir()
    (tmp_path / "victim.dist-info/METADATA").write_text("not yours")
    for ending, build in ((".whl", build_wheel), (".dist-info", build_metadata)):
        text = (answer + ending if "victim" in answer else answer).format(root=tmp_path)
        more = f"build_wheel = prepare_metadata_for_build_wheel = lambda *_: '{text}'"
        folder = tmp_path / ending[1:]
        folder.mkdir()

        with pytest.raises(BuildFailed, match="could not be built"):
            build(job(folder, tiny_tree(more=more)), Environment())


def test_output_cannot_be_exchanged_for_a_file_of_the_user(tmp_path: Path) -> None:
    tell = f"open({str(tmp_path / 'told')!r}, 'a').write(' '.join(os.listdir(os.environ['TMP'])) + ' ')"
    it = job(tmp_path, tiny_tree(more=f"{tell}; print('said'); 1/0"))

    with pytest.raises(BuildFailed):
        build_wheel(it, Environment())

    assert [name[:5] for name in (tmp_path / "told").read_text().split()] == ["hook-"]
    assert it.log.read_text().startswith("said\n")


def test_a_log_does_not_write_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    it = job(tmp_path, tiny_tree(more="print('theirs'); 1/0"))
    it.log.parent.mkdir()
    it.log.symlink_to(victim)

    with pytest.raises(BuildFailed):
        build_wheel(it, Environment())

    assert victim.read_text() == "mine"
    assert it.log.read_text().startswith("theirs\n")


def test_a_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        it = job(tmp_path, tiny_tree(more="print('a secret of mine'); 1/0"))
        with pytest.raises(BuildFailed):
            build_wheel(it, Environment())
    finally:
        os.umask(before)

    assert it.log.stat().st_mode & 0o777 == 0o600
    assert it.log.parent.stat().st_mode & 0o777 == 0o700
