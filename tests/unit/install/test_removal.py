from pathlib import Path

from detent.install.places import Places, places_of
from detent.install.removal import remove_files
from support.environments import empty_environment, files_below


def environment(root: Path, *paths: str) -> Places:
    """An environment with files below site-packages; ``../`` leads out of it."""
    made = empty_environment(root / "venv", "3.12.1")
    for path in paths:
        file = made.site_packages / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return places_of(made)


def below(places: Places) -> list[str]:
    library = Path(places.root, places.purelib)
    return [path for path, _ in files_below(library)]


def lib(places: Places, *paths: str) -> list[str]:
    return [f"{places.purelib}/{path}" for path in paths]


def test_named_files_go_and_so_do_the_folders_that_leaves_empty(tmp_path: Path) -> None:
    places = environment(tmp_path, "a/x.py", "a/b/c/y.py", "d.py")

    remove_files(places, lib(places, "a/x.py", "a/b/c/y.py"))

    assert below(places) == ["d.py"]
    assert not Path(places.root, places.purelib, "a").exists()
    assert Path(places.root, places.purelib).is_dir()


def test_other_files_and_their_folders_stay(tmp_path: Path) -> None:
    places = environment(tmp_path, "a/x.py", "a/mine.txt", "a/b/y.py")

    remove_files(places, lib(places, "a/x.py", "a/b/y.py", "a/not-there.py"))

    assert below(places) == ["a/mine.txt"]


def test_byte_code_of_sources_long_gone_keeps_no_package_importable(tmp_path: Path) -> None:
    stray = "a/__pycache__/gone.cpython-399.pyc"
    places = environment(
        tmp_path, "a/x.py", stray, "b/x.py", "b/__pycache__/gone.pyc", "b/__pycache__/mine.txt"
    )

    remove_files(places, lib(places, "a/x.py", "b/x.py"))

    assert below(places) == ["b/__pycache__/gone.pyc", "b/__pycache__/mine.txt"]


def test_byte_code_goes_with_its_source_alone(tmp_path: Path) -> None:
    cache = "a/__pycache__"
    places = environment(
        tmp_path, "a/x.py", "a/y.py", f"{cache}/x.cpython-312.pyc", f"{cache}/x.cpython-312.opt-1.pyc",
        f"{cache}/x.cpython-38-pytest-8.3.2.pyc", f"{cache}/x.cpython-312.pyc.1234", f"{cache}/y.cpython-312.pyc",
        f"{cache}/xy.cpython-312.pyc", f"{cache}/x.txt",
    )  # fmt: skip

    remove_files(places, lib(places, "a/x.py"))

    assert below(places) == [
        f"{cache}/x.txt",
        f"{cache}/xy.cpython-312.pyc",
        f"{cache}/y.cpython-312.pyc",
        "a/y.py",
    ]


def test_a_cache_that_is_left_empty_goes_too(tmp_path: Path) -> None:
    places = environment(
        tmp_path, "a/x.py", "a/__pycache__/x.cpython-312.pyc", "top.py", "__pycache__/top.cpython-312.pyc"
    )

    remove_files(places, lib(places, "a/x.py", "top.py"))

    assert below(places) == []
    assert list(Path(places.root, places.purelib).iterdir()) == []


def test_what_lies_behind_a_link_stays(tmp_path: Path) -> None:
    places = environment(tmp_path, "kept.py")
    (tmp_path / "work/sub").mkdir(parents=True)
    (tmp_path / "work/x.py").write_text("mine")
    (tmp_path / "work/sub/y.py").write_text("mine")
    site = Path(places.root, places.purelib)
    (site / "a").symlink_to(tmp_path / "work")

    remove_files(places, lib(places, "a/x.py", "a/sub/y.py"))

    assert (tmp_path / "work/x.py").read_text() == "mine"
    assert (tmp_path / "work/sub/y.py").read_text() == "mine"
    assert (site / "a").is_symlink()


def test_a_link_that_is_named_goes_and_its_target_stays(tmp_path: Path) -> None:
    places = environment(tmp_path)
    (tmp_path / "work.py").write_text("mine")
    link = Path(places.root, places.purelib, "x.py")
    link.symlink_to(tmp_path / "work.py")

    remove_files(places, lib(places, "x.py"))

    assert not link.is_symlink()
    assert (tmp_path / "work.py").read_text() == "mine"


def test_a_path_that_leads_out_or_to_the_environments_own_files_is_left_alone(tmp_path: Path) -> None:
    places = environment(tmp_path)
    (tmp_path / "treasure").write_text("mine")
    before = list(files_below(tmp_path))

    remove_files(
        places,
        [
            "../treasure", f"{places.purelib}/../../../../treasure", str(tmp_path / "treasure"), "pyvenv.cfg",
            "bin/python", "bin/activate", ".gitignore", "bin", "lib", "", "bin/../pyvenv.cfg", ".detent/x",
        ],
    )  # fmt: skip

    assert list(files_below(tmp_path)) == before


def test_a_folder_where_a_file_was_stays(tmp_path: Path) -> None:
    places = environment(tmp_path, "x.py/mine.txt")

    remove_files(places, lib(places, "x.py"))

    assert below(places) == ["x.py/mine.txt"]
