import os
from pathlib import Path

from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.layout import Layout
from detent.store.usage import Usage, held, together, usage
from detent.store.users import register
from support.stores import A, B, aged, filled, lived_in, put
from support.wheels import wheel


def counted(paths: list[Path]) -> tuple[int, int]:
    files = [path for top in paths for path in (top, *top.rglob("*")) if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def metadata(layout: Layout) -> Path:
    (found,) = layout.wheel(A.sha256).glob("files/*.dist-info/METADATA")
    return found


def test_usage_is_counted_by_bucket(tmp_path: Path) -> None:
    layout = filled(tmp_path)

    found = usage(layout)

    assert set(found) == {"index-v1", "wheels-v2", "pylock-v1"}
    assert (found["wheels-v2"].files, found["wheels-v2"].size_bytes) == counted([layout.wheels_bucket])
    assert found["index-v1"].files == 6
    assert all(used.reclaimable_bytes == used.size_bytes for used in found.values())
    assert together(list(found.values())).files == sum(used.files for used in found.values())


def test_an_empty_store_uses_nothing(tmp_path: Path) -> None:
    layout = open_store(tmp_path)

    assert usage(layout) == {}
    assert together([]) == Usage()
    assert list(held(layout)) == []


def test_files_that_environments_share_free_nothing(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    os.link(layout.wheel(A.sha256) / "files" / "a.py", tmp_path / "a.py")

    used = usage(layout)["wheels-v2"]

    assert used.shared_bytes == 4
    assert used.reclaimable_bytes == used.size_bytes - 4


def test_what_an_environment_links_by_folder_is_registered_and_counted_once(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    os.link(layout.wheel(A.sha256) / "files" / "a.py", tmp_path / "a.py")
    for name in ("one", "two"):
        register(layout, lived_in(tmp_path / name), [A.sha256])

    used = usage(layout)["wheels-v2"]

    assert used.registered_bytes == counted([layout.wheel(A.sha256)])[1]
    assert used.shared_bytes == 0
    assert used.registered_bytes + used.reclaimable_bytes == used.size_bytes


def test_buckets_of_earlier_releases_are_counted_and_those_of_others_are_not(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    for name in ("wheels-v1", "wheels-v99", "wheels", "somebody-v1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"123")

    assert usage(layout) == {"wheels-v1": Usage(1, 3)}


def test_packages_are_listed_by_name_and_version_with_who_uses_them(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    put(layout, wheel("a", files={"a.py": "5"}), "a")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [B.sha256])
    os.link(metadata(layout), tmp_path / "one")
    os.link(metadata(layout), tmp_path / "two")

    rows = list(held(layout))

    assert [(row.entry.name, row.entry.version) for row in rows] == [("a", "1.0"), ("a", "1.0"), ("b", "1.0")]
    shared = next(row for row in rows if row.entry.digest == A.sha256)
    assert (shared.links, shared.environments, shared.owners) == (2, 2, ())
    assert (rows[2].links, rows[2].environments, rows[2].owners) == (0, 1, (environment,))
    assert (rows[2].tree.files, rows[2].tree.size_bytes) == counted([layout.wheel(B.sha256)])
    assert [row.entry.digest for row in held(layout, [package_name("b")])] == [B.sha256]


def test_the_last_use_of_a_package_is_listed(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    root = aged(layout.wheel(A.sha256), 10)

    (row,) = held(layout, [package_name("a")])

    assert row.used == int((root / "head").stat().st_mtime)
