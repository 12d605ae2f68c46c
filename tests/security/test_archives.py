"""Hostile and broken wheels are refused whole; odd but honest ones are not (docs/explanation/promises.md)."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from detent.errors.store import ArchiveUnsafe
from detent.events import Event, Notice
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.entry import read_contents
from detent.store.wheels import WheelEntry, WheelStore
from support.wheels import Wheel, metadata_text, recorded, wheel, with_all, with_entry, with_first
from support.zips import Entry, zip_bytes


def put(
    made: Wheel, tmp_path: Path, *, name: str = "a", version: str = "1.0", limits: Limits | None = None
) -> WheelEntry:
    store = WheelStore(open_store(tmp_path / "store"), limits or Limits())
    return store.put(made.sha256, made.data, filename=made.filename, name=package_name(name), version=version)


def refusal(made: Wheel, tmp_path: Path, *, limits: Limits | None = None) -> str:
    """Give why the wheel is refused, having seen that nothing of it was left anywhere."""
    with pytest.raises(ArchiveUnsafe) as refused:
        put(made, tmp_path, limits=limits)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {"CACHEDIR.TAG", ".gitignore"}
    assert made.filename in refused.value.what
    return refused.value.why


def hostile(**archive: Any) -> Wheel:
    return wheel(archive=archive)


# ---- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../outside.py",
        "a/../../outside.py",
        "a/..",
        "/etc/outside",
        "//host/share",
        "a//b.py",
        "./a.py",
        "a/./b.py",
        "C:outside.py",
        "c:/outside.py",
        "..\\outside.py",
        "a\\b.py",
        "\\\\host\\share",
    ],
)
def test_a_name_that_is_not_a_plain_relative_path_is_refused(name: str, tmp_path: Path) -> None:
    made = wheel(files={name: ""})

    assert "name" in refusal(made, tmp_path)


@pytest.mark.parametrize(
    "name", ["a\0b.py", "a\nb.py", "a\x1b[31mb.py", "a\x7f.py", "a\u202eb.py", "a\x85b.py"]
)
def test_a_name_with_control_characters_is_refused_and_escaped_in_the_message(
    name: str, tmp_path: Path
) -> None:
    why = refusal(wheel(change=with_entry(Entry(name))), tmp_path)

    assert "control characters" in why
    assert why.isprintable()


def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    assert "component" in refusal(wheel(change=with_entry(Entry(""))), tmp_path)


def test_a_component_of_300_characters_is_refused(tmp_path: Path) -> None:
    assert "longer than 255 bytes" in refusal(wheel(files={f"a/{'b' * 300}.py": ""}), tmp_path)


def test_a_path_of_more_than_3000_bytes_is_refused(tmp_path: Path) -> None:
    assert "longer than 3000 bytes" in refusal(wheel(files={"a/" * 1600 + "b.py": ""}), tmp_path)


@pytest.mark.parametrize("flags", [0, 0x0800])
def test_a_name_that_is_not_utf8_is_refused(flags: int, tmp_path: Path) -> None:
    assert "UTF-8" in refusal(wheel(change=with_entry(Entry(b"a/\xff.py", flags=flags))), tmp_path)


def test_a_name_in_utf8_that_is_not_marked_as_such_is_refused(tmp_path: Path) -> None:
    assert "UTF-8" in refusal(wheel(change=with_entry(Entry("a/é.py", flags=0))), tmp_path)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    made = wheel(change=with_entry(Entry("a/__init__.py", b"evil = True\n")))

    assert "two entries named `a/__init__.py`" in refusal(made, tmp_path)


def test_a_name_that_is_both_file_and_folder_is_refused(tmp_path: Path) -> None:
    assert "both a file and a folder" in refusal(wheel(files={"a/b": "", "a/b/c.py": ""}), tmp_path)


def test_a_folder_entry_of_a_files_name_is_refused(tmp_path: Path) -> None:
    made = wheel(change=with_entry(Entry("a/__init__.py/", mode=0o040755)))

    assert "two entries named" in refusal(made, tmp_path)


def test_names_that_differ_in_case_alone_are_two_files_and_said(tmp_path: Path) -> None:
    made = wheel(files={"a/README": "1", "a/readme": "2"})
    heard: list[Event] = []
    store = WheelStore(open_store(tmp_path / "store"), Limits(), heard.append)

    entry = store.put(made.sha256, made.data, filename=made.filename, name=package_name("a"), version="1.0")

    assert {file.path for file in read_contents(entry).files} >= {"a/README", "a/readme"}
    assert [e.level for e in heard if isinstance(e, Notice)] == ["warning", "warning"]


def test_two_names_that_are_one_file_on_this_system_are_refused(tmp_path: Path) -> None:
    # What a file system without case does to the second name, purelib and platlib do everywhere.
    made = wheel(files={"a/x.py": "1"}, data={"purelib/a/x.py": "2"})

    assert "one place" in refusal(made, tmp_path)


def test_purelib_and_platlib_may_not_make_a_file_of_a_folder(tmp_path: Path) -> None:
    made = wheel(files={"a/x/y.py": "1"}, data={"platlib/a/x": "2"})

    assert "both as a file and as a folder" in refusal(made, tmp_path)


# ---- kinds of entries -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "word"), [(0o120777, "symbolic link"), (0o020644, "plain"), (0o010644, "plain")]
)
def test_links_devices_and_pipes_are_refused(mode: int, word: str, tmp_path: Path) -> None:
    made = wheel(change=with_entry(Entry("a/link", b"/etc/passwd", mode=mode)))

    assert word in refusal(made, tmp_path)


def test_a_folder_that_does_not_look_like_one_is_refused(tmp_path: Path) -> None:
    assert "plain file" in refusal(wheel(change=with_entry(Entry("a/b", mode=0o040755))), tmp_path)


def test_a_folder_with_contents_is_refused(tmp_path: Path) -> None:
    made = wheel(change=with_entry(Entry("b/", b"hidden", mode=0o040755)))

    assert "has contents of its own" in refusal(made, tmp_path)


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    assert "encrypted" in refusal(wheel(change=with_first(flags=0x0001)), tmp_path)


@pytest.mark.parametrize("flags", [0x0020, 0x1000, 0x8000])
def test_unknown_flags_are_refused(flags: int, tmp_path: Path) -> None:
    assert "unknown flags" in refusal(wheel(change=with_first(flags=flags)), tmp_path)


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_other_methods_than_stored_and_deflated_are_refused(method: int, tmp_path: Path) -> None:
    assert f"method {method}" in refusal(wheel(change=with_first(method=method)), tmp_path)


def test_a_second_name_in_an_extra_field_is_refused(tmp_path: Path) -> None:
    field = b"\x75\x70\x04\x00\x01abc"

    assert "second name" in refusal(wheel(change=with_first(extra=field)), tmp_path)
    assert "second name" in refusal(wheel(change=with_first(local_extra=field)), tmp_path)


@pytest.mark.parametrize("extra", [b"\1", b"\1\0\7\0abc", b"\1\0\x08\0" + b"\xff" * 8, b"\1\0\4\0abcd"])
def test_malformed_extra_fields_are_refused(extra: bytes, tmp_path: Path) -> None:
    assert "malformed" in refusal(wheel(change=with_first(extra=extra)), tmp_path)
    assert "malformed" in refusal(wheel(change=with_first(local_extra=extra)), tmp_path)


# ---- one reading or none --------------------------------------------------------------------


def test_another_name_in_the_entrys_own_header_is_refused(tmp_path: Path) -> None:
    assert "another name" in refusal(wheel(change=with_first(local_name=b"b/__init__.py")), tmp_path)


@pytest.mark.parametrize("lie", [{"local_crc32": 1}, {"local_size": 3}])
def test_another_size_or_crc_in_the_entrys_own_header_is_refused(lie: dict[str, int], tmp_path: Path) -> None:
    assert "another size or CRC" in refusal(wheel(change=with_first(**lie)), tmp_path)


@pytest.mark.parametrize("lie", [{"local_flags": 0x0800}, {"local_method": 0}, {"local_flags": 0x0008}])
def test_another_method_or_flag_in_the_entrys_own_header_is_refused(
    lie: dict[str, int], tmp_path: Path
) -> None:
    assert "described differently" in refusal(wheel(change=with_first(**lie)), tmp_path)


def test_an_entry_the_directory_does_not_list_is_refused(tmp_path: Path) -> None:
    assert "no entry" in refusal(wheel(change=with_entry(Entry("evil.py", listed=False))), tmp_path)


def test_an_unlisted_entry_between_others_is_refused(tmp_path: Path) -> None:
    made = wheel(change=lambda entries: [entries[0], Entry("evil.py", listed=False), *entries[1:]])

    assert "no entry" in refusal(made, tmp_path)


def test_an_unlisted_entry_at_the_end_is_refused(tmp_path: Path) -> None:
    made = wheel(change=lambda entries: [*entries, Entry("evil.py", listed=False)])

    assert "no entry" in refusal(made, tmp_path)


def test_two_directory_lines_for_one_entry_are_refused(tmp_path: Path) -> None:
    made = wheel(change=lambda entries: [entries[0], entries[0]._replace(at_offset_of=0), *entries[1:]])

    assert "overlaps" in refusal(made, tmp_path)


def test_an_entry_inside_another_is_refused(tmp_path: Path) -> None:
    inner = zip_bytes([Entry("evil.py", b"x", method=0)])[: 30 + len("evil.py") + 1]
    outer = Entry("a/data.bin", inner, method=0)

    def nest(entries: list[Entry]) -> list[Entry]:
        return [outer, *entries]

    made = wheel(change=nest, record=recorded(["a/data.bin"]))
    at = made.data.find(inner)
    directory = made.data.find(b"PK\1\2")
    line = zip_bytes([Entry("evil.py", b"x", method=0)])
    central = bytearray(line[line.find(b"PK\1\2") : line.find(b"PK\5\6")])
    central[42:46] = at.to_bytes(4, "little")
    end = bytearray(made.data[-22:])
    count = int.from_bytes(end[8:10], "little") + 1
    end[8:12] = count.to_bytes(2, "little") * 2
    end[12:16] = (int.from_bytes(end[12:16], "little") + len(central)).to_bytes(4, "little")
    data = made.data[:directory] + bytes(central) + made.data[directory:-22] + bytes(end)
    assert "evil.py" in zipfile.ZipFile(io.BytesIO(data)).namelist()

    assert "overlaps" in refusal(made._replace(data=data), tmp_path)


@pytest.mark.parametrize(
    "archive",
    [
        {"prefix": b"#!/bin/sh\n"},
        {"prefix": b"#!/bin/sh\n", "directory_shift": -10},
        {"suffix": b"trailing"},
        {"suffix": b"\0"},
        {"before_directory": b"gap"},
        {"before_end": b"gap"},
        {"end_twice": True},
        {"count": 2},
        {"count": 5},
        {"directory_shift": 1},
        {"comment": zip_bytes([Entry("evil.py", b"x")])},
        {"suffix": zip_bytes([Entry("evil.py", b"x")])},
        {"prefix": zip_bytes([Entry("evil.py", b"x")])},
    ],
    ids=repr,
)
def test_bytes_and_records_that_belong_to_nothing_are_refused(
    archive: dict[str, Any], tmp_path: Path
) -> None:
    assert refusal(hostile(**archive), tmp_path)


def test_a_gap_between_entries_is_refused(tmp_path: Path) -> None:
    made = wheel(change=lambda entries: [entries[0], entries[1]._replace(gap=b"gap"), *entries[2:]])

    assert "no entry" in refusal(made, tmp_path)


@pytest.mark.parametrize("cut", [0, 1, 21, 22, 60, 200])
def test_an_archive_that_is_cut_short_is_refused(cut: int, tmp_path: Path) -> None:
    made = wheel()

    assert refusal(made._replace(data=made.data[:-cut] if cut else b""), tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "download"
    file.write_bytes(b"")
    store = WheelStore(open_store(tmp_path / "store"), Limits())

    with pytest.raises(ArchiveUnsafe):
        store.put("0" * 64, file, filename="a-1.0-py3-none-any.whl", name=package_name("a"), version="1.0")


def test_a_zip64_end_record_that_contradicts_the_other_is_refused(tmp_path: Path) -> None:
    made = hostile(zip64_end=True)
    data = bytearray(made.data)
    data[-14:-10] = (2).to_bytes(2, "little") * 2

    assert "contradict" in refusal(made._replace(data=bytes(data)), tmp_path)


def test_a_zip64_end_record_somewhere_else_is_refused(tmp_path: Path) -> None:
    made = hostile(zip64_end=True)
    data = bytearray(made.data)
    data[-22 - 12 : -22 - 4] = (0).to_bytes(8, "little")

    assert "zip64" in refusal(made._replace(data=bytes(data)), tmp_path)


# ---- sizes and contents ---------------------------------------------------------------------


def test_a_wheel_that_unpacks_to_far_more_than_its_size_is_refused_unread(tmp_path: Path) -> None:
    limits = Limits(archive_ratio_floor_bytes=2**20)
    made = wheel(files={"a/zeros": b"\0" * (2 * 2**20)})
    assert len(made.data) * 150 < 2 * 2**20

    assert "150 times" in refusal(made, tmp_path, limits=limits)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    made = wheel(files={f"a/{i}": "" for i in range(20)})

    assert "more than 10" in refusal(made, tmp_path, limits=Limits(archive_entries=10))


def test_an_entry_that_inflates_to_more_than_it_declares_is_stopped(tmp_path: Path) -> None:
    made = wheel(
        files={"a/big": b"\0" * 2**20},
        change=with_first(size=10),
        record=lambda lines: [lines[0].rsplit(",", 1)[0] + ",10", *lines[1:]],
    )

    assert "more than the 10 bytes" in refusal(made, tmp_path)


def test_an_entry_that_inflates_to_less_than_it_declares_is_refused(tmp_path: Path) -> None:
    made = wheel(
        files={"a/small": b"123"},
        change=with_first(size=10),
        record=lambda lines: [lines[0].rsplit(",", 1)[0] + ",10", *lines[1:]],
    )

    assert "less than the 10 bytes" in refusal(made, tmp_path)


def test_a_stored_entry_whose_two_sizes_differ_is_refused(tmp_path: Path) -> None:
    assert "sizes differ" in refusal(wheel(change=with_first(method=0, size=5)), tmp_path)


def test_bytes_after_the_end_of_the_packed_data_are_refused(tmp_path: Path) -> None:
    packed = b"\x03\x00" + b"hidden"  # an empty deflate stream and something more

    assert "belong to nothing" in refusal(
        wheel(files={"a/x": b""}, change=with_first(packed=packed)), tmp_path
    )


@pytest.mark.parametrize("packed", [b"", b"\x4b", b"\xff\xff\xff"])
def test_packed_data_that_is_cut_short_or_nonsense_is_refused(packed: bytes, tmp_path: Path) -> None:
    why = refusal(wheel(change=with_first(packed=packed)), tmp_path)

    assert "cut short" in why or "cannot be inflated" in why


@pytest.mark.parametrize("method", [0, 8])
def test_a_wrong_crc_is_refused(method: int, tmp_path: Path) -> None:
    assert "CRC" in refusal(wheel(change=with_first(crc32=1, method=method)), tmp_path)


def test_a_metadata_file_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    made = wheel(metadata=metadata_text("a", "1.0") + "x" * 5000)

    assert "more than 4000" in refusal(made, tmp_path, limits=Limits(metadata_bytes=4000))


# ---- RECORD ---------------------------------------------------------------------------------


def test_a_wheel_without_record_is_refused(tmp_path: Path) -> None:
    assert "no `RECORD`" in refusal(wheel(omit=["RECORD"]), tmp_path)


@pytest.mark.parametrize(
    "record", ["garbage", "a,b,c,d\n", '"a\n', "\0\1\2", "a/__init__.py,sha256=x,many\n"]
)
def test_a_record_that_is_no_record_is_refused(record: str, tmp_path: Path) -> None:
    assert "RECORD" in refusal(wheel(record=record), tmp_path)


def test_a_file_with_another_hash_than_recorded_is_refused(tmp_path: Path) -> None:
    def lie(lines: list[str]) -> list[str]:
        return [lines[0].replace("sha256=", "sha256=A").rsplit(",", 1)[0][:-1] + ",20", *lines[1:]]

    assert "hash that RECORD gives" in refusal(wheel(record=lie), tmp_path)


def test_a_file_with_another_size_than_recorded_is_refused(tmp_path: Path) -> None:
    made = wheel(record=lambda lines: [lines[0] + "0", *lines[1:]])

    assert "another size" in refusal(made, tmp_path)


def test_a_file_that_is_not_recorded_is_refused(tmp_path: Path) -> None:
    made = wheel(change=with_entry(Entry("evil.pth", b"import os\n")))

    assert "does not list `evil.pth`" in refusal(made, tmp_path)


def test_a_recorded_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "not in it" in refusal(wheel(record=recorded(["a/missing.py"])), tmp_path)


def test_a_recorded_path_outside_is_refused(tmp_path: Path) -> None:
    assert "not in it" in refusal(wheel(record=recorded(["../../outside.py"])), tmp_path)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224"])
def test_a_weak_hash_in_record_is_refused(algorithm: str, tmp_path: Path) -> None:
    assert "sha256 or better" in refusal(wheel(algorithm=algorithm), tmp_path)


def test_a_file_recorded_without_a_hash_is_refused(tmp_path: Path) -> None:
    made = wheel(record=lambda lines: ["a/__init__.py,,", *lines[1:]])

    assert "sha256 or better" in refusal(made, tmp_path)


def test_two_records_of_one_file_that_differ_are_refused(tmp_path: Path) -> None:
    made = wheel(record=lambda lines: [*lines, "a/__init__.py,sha256=other,20"])

    assert "twice" in refusal(made, tmp_path)


# ---- what it claims to be -------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["b-1.0.dist-info", "b-1.0.Dist-Info"])
def test_two_metadata_folders_are_refused(folder: str, tmp_path: Path) -> None:
    made = wheel(files={"a.py": "", f"{folder}/METADATA": "Name: b\nVersion: 1.0\n"})

    assert "two metadata folders" in refusal(made, tmp_path)


@pytest.mark.parametrize("folder", ["b-1.0.dist-info", "a-1.0.dist-info", "b-1.0.DIST-INFO"])
@pytest.mark.parametrize("scheme", ["purelib", "platlib"])
def test_metadata_by_the_way_of_data_is_refused(scheme: str, folder: str, tmp_path: Path) -> None:
    made = wheel(data={f"{scheme}/{folder}/entry_points.txt": ""})

    assert "as metadata" in refusal(made, tmp_path)


@pytest.mark.parametrize("name", ["INSTALLER", "REQUESTED", "direct_url.json"])
def test_a_folder_in_the_place_of_a_file_that_installers_write_is_refused(name: str, tmp_path: Path) -> None:
    assert "file of its own" in refusal(wheel(dist_info_files={f"{name}/x": ""}), tmp_path)


def test_a_vendored_metadata_folder_further_down_is_no_second_one(tmp_path: Path) -> None:
    entry = put(wheel(files={"a/_vendor/b-1.0.dist-info/METADATA": "Name: b\n"}), tmp_path)

    assert entry.dist_info == "a-1.0.dist-info"


def test_no_metadata_folder_is_refused(tmp_path: Path) -> None:
    assert "no `.dist-info`" in refusal(wheel(omit=["METADATA", "WHEEL", "RECORD"]), tmp_path)


@pytest.mark.parametrize("folder", ["b-1.0.dist-info", "a-2.0.dist-info", "a.dist-info", "a-x.dist-info"])
def test_the_metadata_folder_of_something_else_is_refused(folder: str, tmp_path: Path) -> None:
    assert "metadata folder" in refusal(wheel(dist_info=folder), tmp_path)


@pytest.mark.parametrize("missing", ["METADATA", "WHEEL"])
def test_a_wheel_without_its_metadata_files_is_refused(missing: str, tmp_path: Path) -> None:
    assert f"no `{missing}`" in refusal(wheel(omit=[missing]), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        metadata_text("b", "1.0"),
        metadata_text("a", "2.0"),
        "Name: a\n",
        "Version: 1.0\n",
        "Name: a\nName: b\nVersion: 1.0\n",
        "Description: x\n\nName: a\nVersion: 1.0\n",
        "",
    ],
)
def test_metadata_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    assert "METADATA" in refusal(wheel(metadata=text), tmp_path)


@pytest.mark.parametrize(
    "filename", ["b-1.0-py3-none-any.whl", "a-2.0-py3-none-any.whl", "a.whl", "a-1.0.zip"]
)
def test_the_file_name_of_something_else_is_refused(filename: str, tmp_path: Path) -> None:
    assert "file name" in refusal(wheel()._replace(filename=filename), tmp_path)


@pytest.mark.parametrize("version", ["2.0", "0.9", "one", ""])
def test_another_major_version_of_the_format_is_refused(version: str, tmp_path: Path) -> None:
    assert "format" in refusal(wheel(wheel_version=version), tmp_path)


def test_another_minor_version_of_the_format_is_accepted(tmp_path: Path) -> None:
    assert put(wheel(wheel_version="1.9"), tmp_path)


@pytest.mark.parametrize("path", ["evil/x", "../x", "stdlib/x", "x", "data/"])
def test_an_unknown_scheme_is_refused(path: str, tmp_path: Path) -> None:
    assert refusal(wheel(data={path: "x"}), tmp_path)


@pytest.mark.parametrize("folder", ["b-1.0.data", "a-2.0.data", "evil.data"])
def test_the_data_folder_of_something_else_is_refused(folder: str, tmp_path: Path) -> None:
    made = wheel(files={f"{folder}/scripts/tool": ""})

    assert f"`{folder}` is not that of" in refusal(made, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../tool", "/bin/tool", "a/b", "a\\b", "-rf", "a b", "", "..", ".", "tool;x", "é"],
)
def test_a_script_whose_name_is_no_plain_file_name_is_refused(name: str, tmp_path: Path) -> None:
    assert "script" in refusal(wheel(scripts={name: "a:main"}), tmp_path)


@pytest.mark.parametrize(
    "name",
    ["python", "python3", "python3.12", "python3.13t", "pythonw", "Python.exe", "activate", "activate.fish",
     "activate_this.py", "Activate.ps1", "deactivate.bat"],
)  # fmt: skip
def test_a_script_that_would_replace_a_part_of_the_environment_is_refused(name: str, tmp_path: Path) -> None:
    assert "part of the environment" in refusal(wheel(scripts={name: "a:main"}), tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "a:",
        ":main",
        "a:main()",
        "a;import os:main",
        "a:b c",
        "os.system('x'):main",
        "a:1b",
        "a..b:main",
        "a:b\tc",
    ],
)
def test_a_script_that_names_no_function_is_refused(value: str, tmp_path: Path) -> None:
    assert "module:function" in refusal(wheel(scripts={"tool": value}), tmp_path)


def test_one_script_named_twice_is_refused(tmp_path: Path) -> None:
    made = wheel(scripts={"tool": "a:main"}, gui_scripts={"tool": "a:other"})

    assert "two scripts named `tool`" in refusal(made, tmp_path)


# ---- honest ones ----------------------------------------------------------------------------


@pytest.mark.parametrize("descriptor", ["plain", "marked", "plain64", "marked64"])
def test_sizes_that_follow_the_data_are_accepted_when_they_agree(descriptor: str, tmp_path: Path) -> None:
    entry = put(wheel(change=with_all(descriptor=descriptor)), tmp_path)

    assert Path(entry.folder(), "a/__init__.py").read_text() == '__version__ = "1.0"\n'


@pytest.mark.parametrize("descriptor", ["plain", "marked", "plain64", "marked64"])
def test_sizes_that_follow_the_data_and_contradict_the_directory_are_refused(
    descriptor: str, tmp_path: Path
) -> None:
    made = wheel(change=with_first(descriptor=descriptor, descriptor_crc32=7))

    assert "contradicts the directory" in refusal(made, tmp_path)


@pytest.mark.parametrize(("change", "end"), [({"zip64": True}, False), ({}, True), ({"zip64": True}, True)])
def test_zip64_is_accepted(change: dict[str, bool], end: object, tmp_path: Path) -> None:
    made = wheel(change=with_all(**change), archive={"zip64_end": end})
    assert zipfile.ZipFile(io.BytesIO(made.data)).testzip() is None

    assert put(made, tmp_path)


def test_zip64_with_sizes_that_follow_the_data_is_accepted(tmp_path: Path) -> None:
    assert put(wheel(change=with_all(zip64=True, descriptor="marked64")), tmp_path)


def test_folder_entries_are_accepted_and_make_no_folder_of_their_own(tmp_path: Path) -> None:
    folders = [Entry("a/", mode=0o040755), Entry("empty/", mode=0o040755, method=0)]

    entry = put(wheel(change=lambda entries: [*folders, *entries]), tmp_path)

    assert read_contents(entry).folders == ("a", "a-1.0.dist-info")
    assert sorted(path.name for path in Path(entry.folder()).iterdir()) == ["a", "a-1.0.dist-info"]


def test_a_directory_in_another_order_than_the_entries_is_accepted(tmp_path: Path) -> None:
    assert put(hostile(directory_order=[3, 1, 0, 2]), tmp_path)


def test_a_plain_comment_is_accepted(tmp_path: Path) -> None:
    assert put(hostile(comment=b"made on a Tuesday"), tmp_path)


def test_a_name_in_utf8_is_accepted(tmp_path: Path) -> None:
    entry = put(wheel(files={"a/naïve_数.txt": "x"}), tmp_path)

    assert Path(entry.folder(), "a/naïve_数.txt").read_text() == "x"


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_better_hashes_than_sha256_are_accepted(algorithm: str, tmp_path: Path) -> None:
    assert put(wheel(algorithm=algorithm), tmp_path)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384"])
def test_hashes_in_hexadecimal_are_accepted_when_they_are_right(algorithm: str, tmp_path: Path) -> None:
    body = b"x = 1\n"
    digest = hashlib.new(algorithm, body).hexdigest()
    right = wheel(files={"a.py": body}, record=lambda lines: [f"a.py,{algorithm}={digest},6", *lines[1:]])
    wrong = wheel(
        files={"a.py": body}, record=lambda lines: [f"a.py,{algorithm}={digest[::-1]},6", *lines[1:]]
    )

    assert "does not have the hash" in refusal(wrong, tmp_path)
    put(right, tmp_path)


def test_a_wrong_hash_of_a_better_kind_is_refused(tmp_path: Path) -> None:
    made = wheel(algorithm="sha512", files={"a.py": "1"}, change=with_first(data=b"2"))

    assert "hash that RECORD gives" in refusal(made, tmp_path)


def test_signatures_need_no_record(tmp_path: Path) -> None:
    made = wheel(
        dist_info_files={"RECORD.jws": "{}", "RECORD.p7s": ""},
        record=lambda lines: [line for line in lines if "RECORD." not in line],
    )

    assert put(made, tmp_path)


def test_padding_folders_and_windows_line_ends_in_record_are_accepted(tmp_path: Path) -> None:
    def dress(lines: list[str]) -> list[str]:
        return ["a/,,", *(line.replace(",20", "=,20") + "\r" for line in lines)]

    assert put(wheel(record=dress), tmp_path)


def test_names_with_commas_and_quotes_are_recorded_as_csv(tmp_path: Path) -> None:
    entry = put(wheel(files={'a/odd, "name".txt': "x"}), tmp_path)

    assert '\n"a/odd, ""name"".txt",sha256=' in entry.record_text


@pytest.mark.parametrize(
    "name", ["activate-global-python-argcomplete", "python-zig", "pip3.12", "2to3", "_x", "f2py"]
)
def test_scripts_with_names_of_their_own_are_accepted(name: str, tmp_path: Path) -> None:
    entry = put(wheel(scripts={name: "a.b : main.run [extra]"}), tmp_path)

    assert entry.entry_points == (("console_scripts", name, "a.b:main.run"),)


def test_a_project_name_spelled_differently_in_each_place_is_accepted(tmp_path: Path) -> None:
    made = wheel("zope.interface", "7.2", dist_info="zope.interface-7.2.0.dist-info")

    entry = put(made, tmp_path, name="zope-interface", version="7.2")

    assert entry.dist_info == "zope.interface-7.2.0.dist-info"
