from pathlib import Path

from detent.install.foreign import read_hashes, read_paths
from detent.install.places import places_of
from detent.install.plan import Foreign
from detent.model.requirement import PackageName
from support.environments import empty_environment
from support.wheels import record_line


def paths(root: Path, record: str) -> set[str]:
    places = places_of(empty_environment(root / "venv", "3.12.1"))
    about = Path(places.root, places.purelib, "a-1.0.dist-info")
    about.mkdir()
    (about / "RECORD").write_text(record)
    return read_paths(
        places, Foreign(PackageName("a"), "1.0", f"{places.purelib}/a-1.0.dist-info", has_record=True)
    )


def test_a_record_names_files_anywhere_in_the_environment(tmp_path: Path) -> None:
    record = (
        f"a/__init__.py,,\n./b.py,,\n../../../bin/tool,,\n../../../share/a,,\n{tmp_path}/venv/etc/a.conf,,\n"
    )

    assert paths(tmp_path, record) == {
        "lib/python3.12/site-packages/a/__init__.py",
        "lib/python3.12/site-packages/b.py",
        "bin/tool",
        "share/a",
        "etc/a.conf",
    }


def test_a_record_cannot_name_anything_else(tmp_path: Path) -> None:
    record = (
        f"/etc/passwd,,\n../../../../treasure,,\n{tmp_path}/venvious/x,,\n../../../pyvenv.cfg,,\n../../../bin/python3,,\n"
        "../../../bin/activate,,\n../../../.detent/installed,,\na/../../../../../../../etc/passwd,,\n,,\n../../..,,\n"
    )

    assert paths(tmp_path, record) == set()


def test_the_metadata_folder_is_not_among_the_files(tmp_path: Path) -> None:
    assert paths(tmp_path, "a-1.0.dist-info/RECORD,,\na-1.0.dist-info/../a.py,,\n") == {
        "lib/python3.12/site-packages/a.py"
    }


def test_a_record_that_is_no_text_names_what_it_can(tmp_path: Path) -> None:
    places = places_of(empty_environment(tmp_path / "venv", "3.12.1"))
    about = Path(places.root, places.purelib, "a-1.0.dist-info")
    about.mkdir()
    (about / "RECORD").write_bytes(b"\xff.py,,\na.py,,\n")

    found = read_paths(
        places, Foreign(PackageName("a"), "1.0", f"{places.purelib}/a-1.0.dist-info", has_record=True)
    )

    assert found == {f"{places.purelib}/\udcff.py", f"{places.purelib}/a.py"}


def test_hashes_are_given_in_hex(tmp_path: Path) -> None:
    places = places_of(empty_environment(tmp_path / "venv", "3.12.1"))
    about = Path(places.root, places.purelib, "a-1.0.dist-info")
    about.mkdir()
    lines = [
        record_line("a.py", b""),
        record_line("../../../bin/b", b"x"),
        "c.py,,",
        "d.py,sha256=!,",
        "e.py,md5=abc,1",
    ]
    (about / "RECORD").write_text("\n".join(lines))

    assert read_hashes(places, f"{places.purelib}/a-1.0.dist-info") == {
        f"{places.purelib}/a.py": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "bin/b": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    }
