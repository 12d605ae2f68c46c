"""What was found in other tools, each advisory with a test of its name: none of it is to be had from detent.

Those about git stand with the other tests of git (`test_git.py`); `docs/contributing/threats.md` lists all.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from detent.errors.store import ArchiveUnsafe
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.source import unpack_source
from detent.store.wheels import WheelStore
from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.sdists import Member, extension, folder, hardlink, member, record, symlink, tar_bytes
from support.wheels import Wheel, recorded, wheel, with_all, with_entry, with_first
from support.zips import Entry, zip_bytes

SMALL = Limits()._replace(archive_ratio_floor_bytes=2**20, archive_ratio=10)
FILE = member("a-1.0/f", b"text")


def refused_wheel(made: Wheel, tmp_path: Path, *, limits: Limits | None = None) -> str:
    """Give why the store refuses a wheel, having seen that nothing of it is anywhere."""
    store = WheelStore(open_store(tmp_path / "store"), limits or Limits())
    with pytest.raises(ArchiveUnsafe) as refused:
        store.put(made.sha256, made.data, filename=made.filename, name=package_name("a"), version="1.0")
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} <= {"CACHEDIR.TAG", ".gitignore"}
    return refused.value.why


def refused_source(*members: Member, tmp_path: Path, limits: Limits | None = None, **packing: Any) -> str:
    """Give why a source distribution is refused, having seen that nothing of it is anywhere."""
    dest = tmp_path / "cache" / "dest"
    dest.mkdir(parents=True)
    with pytest.raises(ArchiveUnsafe) as refused:
        unpack_source(tar_bytes([FILE, *members], **packing), "a-1.0.tar.gz", dest, limits=limits or Limits())
    assert list(dest.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    return refused.value.why


# ---- wheels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../site-packages-evil/x.py", "../a-evil/x.py", "a/../../a.b/x.py"])
def test_cve_2026_1703_names_are_compared_by_components_and_not_by_characters(
    name: str, tmp_path: Path
) -> None:
    """pip took `../site-packages-evil` for a place in `site-packages`: they begin alike."""
    assert "the name" in refused_wheel(wheel(files={name: ""}), tmp_path)


@pytest.mark.parametrize("group", ["console_scripts", "gui_scripts"])
@pytest.mark.parametrize("name", ["../../evil", "/usr/local/bin/evil", "..\\evil", "sub/evil", ".."])
def test_ghsa_4gg8_gxpx_9rph_a_script_stays_in_its_folder(group: str, name: str, tmp_path: Path) -> None:
    """uv wrote entry points wherever their names led."""
    made = wheel(entry_points={group: {name: "a:main"}})

    assert "script" in refused_wheel(made, tmp_path)


def test_ghsa_pjjw_68hj_v9mw_a_record_that_leads_out_deletes_nothing(
    sandbox: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    """uv deleted what a RECORD named, wherever that was, when the package was removed."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    publish(index, wheel("good"))
    sandbox.manifest("good")
    sandbox.detent("sync").ok()
    library = next(sandbox.root.glob(".venv/lib/python*/site-packages"))
    out = os.path.relpath(victim, library)

    info = library / "foreign-1.0.dist-info"
    info.mkdir()
    (info / "INSTALLER").write_text("uv\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{out},,\n{victim},,\nforeign-1.0.dist-info/RECORD,,\n")
    with (next(library.glob("good-*")) / "RECORD").open("a") as own:
        own.write(f"{out},,\n{victim},,\n")
    sandbox.manifest()
    sandbox.detent("sync").ok()

    assert sandbox.installed() == {}
    assert victim.read_text() == "mine"
    assert "RECORD" in refused_wheel(wheel(record=recorded(["../../victim"])), tmp_path / "apart")


def stacked() -> Wheel:
    """A wheel behind another one: readers from the front and from the back see different files."""
    first, second = wheel(), wheel(files={"a/__init__.py": "evil = True\n"})
    return first._replace(data=first.data + second.data)


@pytest.mark.parametrize(
    "made",
    [
        stacked(),
        wheel(change=with_entry(Entry("a/evil.py", listed=False))),
        wheel(change=with_first(local_name=b"a/evil.py")),
        wheel(change=with_first(local_size=3)),
        wheel(change=with_entry(Entry("a/__init__.py", b"evil = True\n"))),
        wheel(archive={"end_twice": True}),
        wheel(archive={"prefix": b"#!/bin/sh\n"}),
    ],
    ids=["stacked", "unlisted", "other name", "other size", "twice", "two ends", "before"],
)
def test_cve_2025_54368_a_zip_that_readers_see_differently_is_refused(made: Wheel, tmp_path: Path) -> None:
    """uv read wheels from the front as they came, others from the directory at the end."""
    assert refused_wheel(made, tmp_path)


def unicode_path(name: bytes) -> bytes:
    """An extra field with a second name, which some readers prefer."""
    return b"up" + (len(name) + 5).to_bytes(2, "little") + b"\1" + bytes(4) + name


@pytest.mark.parametrize(
    "made",
    [
        wheel(change=with_first(extra=unicode_path(b"a/evil.py"))),
        wheel(change=with_first(local_extra=unicode_path(b"a/evil.py"))),
        wheel(change=with_first(local_method=0)),
        wheel(change=with_first(descriptor="plain", descriptor_crc32=7)),
        wheel(change=with_all(zip64=True), archive={"zip64_end": True, "directory_shift": 1}),
        wheel(archive={"comment": zip_bytes([Entry("a/evil.py")])}),
        wheel(archive={"before_directory": b"PK\3\4"}),
        wheel(archive={"count": 1}),
    ],
    ids=["second name", "second name apart", "method", "descriptor", "zip64", "comment", "gap", "count"],
)
def test_ghsa_pqhf_p39g_3x64_a_zip_that_contradicts_itself_is_refused(made: Wheel, tmp_path: Path) -> None:
    """More of the kind in uv, by extra fields, descriptors and zip64."""
    assert refused_wheel(made, tmp_path)


def test_cve_2022_36114_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """Cargo unpacked archives of any size."""
    bomb = wheel(files={"a/zeros": bytes(3 * 2**20)})

    assert "unpack to" in refused_wheel(bomb, tmp_path / "wheel", limits=SMALL)
    zeros = member("a-1.0/zeros", bytes(3 * 2**20))
    assert "would unpack to" in refused_source(zeros, tmp_path=tmp_path / "source", limits=SMALL)


# ---- source distributions ----------------------------------------------------------------------


def too_long_to_resolve() -> list[Member]:
    """Folders and links whose real path is longer than a system resolves; then one link up and out."""
    made, path, component = [], "a-1.0", "d" * 247
    for letter in "abcdefghijklmnop":
        made += [folder(f"{path}/{component}"), symlink(f"{path}/{letter}", component)]
        path += f"/{component}"
    steps = "/".join("abcdefghijklmnop")
    made += [
        symlink(f"a-1.0/{steps}/{'l' * 254}", "../" * 16),
        symlink("a-1.0/out", f"{steps}/{'l' * 254}/.."),
    ]
    return [*made, hardlink("a-1.0/passwd", "a-1.0/out/victim")]


def test_cve_2025_4517_a_path_too_long_to_resolve_leads_nowhere(tmp_path: Path) -> None:
    """The filter of Python's tarfile took a path that it could not resolve for one inside."""
    assert refused_source(*too_long_to_resolve(), tmp_path=tmp_path)


@pytest.mark.parametrize(
    "members",
    [
        [folder("a-1.0/d"), symlink("a-1.0/d/up", ".."), symlink("a-1.0/out", "d/up/../../victim")],
        [folder("a-1.0/d"), symlink("a-1.0/d/up", "../.."), symlink("a-1.0/out", "d/up/victim")],
        [symlink("a-1.0/l", "x/../../victim")],
    ],
)
def test_cve_2025_4330_no_link_leads_out_by_the_way_of_another(members: list[Member], tmp_path: Path) -> None:
    """The filter looked at a link's text alone, not at what stands where it leads."""
    assert "outside of its folder" in refused_source(*members, tmp_path=tmp_path)


def test_cve_2025_4138_a_link_keeps_its_meaning_where_it_is_put(tmp_path: Path) -> None:
    """A hard link to a symbolic one is that link at another place, where it leads elsewhere."""
    deep = [folder("a-1.0/d"), symlink("a-1.0/d/l", "../f"), hardlink("a-1.0/l", "a-1.0/d/l")]

    assert "which is no file of it" in refused_source(*deep, tmp_path=tmp_path)


@pytest.mark.parametrize("target", ["../../victim", "/etc", "d"])
def test_cve_2025_8869_nothing_is_written_through_a_link(target: str, tmp_path: Path) -> None:
    """pip without the filter looked at members, not at the links they lie behind."""
    through = [folder("a-1.0/d"), symlink("a-1.0/l", target), member("a-1.0/l/evil", b"x")]

    assert refused_source(*through, tmp_path=tmp_path)


HIDDEN = tar_bytes([member("a-1.0/setup.py", b"evil")], form=".tar")


def test_ghsa_w476_p2h3_79g9_contents_are_never_taken_for_members(tmp_path: Path) -> None:
    """A size in the extension and another in the header (CVE-2025-62518): what is inside became members."""
    raw = extension(b"x", record("size", str(len(HIDDEN))))

    why = refused_source(member("a-1.0/g", HIDDEN, size=0, raw=raw), tmp_path=tmp_path)

    assert "changes the size" in why


@pytest.mark.parametrize("second", [b"L", b"K", b"x"])
def test_ghsa_3cv2_h65g_fgmm_an_extension_is_not_applied_to_the_next_extension(
    second: bytes, tmp_path: Path
) -> None:
    """A size meant for a member moved the reader on by that much behind the long name before it."""
    name = record("path", "a-1.0/long") if second == b"x" else b"a-1.0/long\0"
    for first in (record("size", "2048"), record("comment", "c")):
        raw = extension(b"x", first) + extension(second, name)
        assert refused_source(member("a-1.0/g", HIDDEN, raw=raw), tmp_path=tmp_path)
        shutil.rmtree(tmp_path / "cache")


@pytest.mark.parametrize(
    "members",
    [
        [symlink("b-1.0", "../b-1.0")],
        [symlink("a-1.0/b", "../../b-1.0"), member("a-1.0/b/setup.py", b"evil")],
        [hardlink("a-1.0/b", "../b-1.0/setup.py")],
        [member("b-1.0/setup.py", b"evil")],
    ],
    ids=["beside", "behind a link", "hard link", "plainly"],
)
def test_cve_2026_5223_one_source_never_changes_another(members: list[Member], tmp_path: Path) -> None:
    """Cargo unpacked a package through a link into the folder of its neighbour in the cache."""
    assert refused_source(*members, tmp_path=tmp_path)


def test_cve_2025_8194_a_negative_size_ends_in_a_refusal(tmp_path: Path) -> None:
    """Python's tarfile went back by it, and read the same header for ever."""
    negative = member("a-1.0/g", size=-1024)

    assert "size" in refused_source(negative, tmp_path=tmp_path, layout=tarfile.GNU_FORMAT)


# ---- locks and indexes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "filename"),
    [("2.post2", "a-2-2.tar.gz"), ("2.post2", "a-2-2-py3-none-any.whl"), ("2", "a-2-2.tar.gz")],
)
def test_cve_2023_45805_a_file_of_another_project_is_none_of_this_one(
    sandbox: Sandbox, index: IndexServer, version: str, filename: str
) -> None:
    """pdm took `a-2-2.tar.gz`, which is version 2 of `a-2`, for version 2-2 of `a`."""
    evil = wheel("a-2", "2") if filename.endswith(".whl") else None
    data = evil.data if evil else tar_bytes([member("a-2-2/PKG-INFO", b"")])
    index.add(filename, data)
    sha256 = hashlib.sha256(data).hexdigest()
    url = index.url.replace("/simple/", f"/files/{filename}")
    facts = f'{{name = "{filename}", url = "{url}", hashes = {{sha256 = "{sha256}"}}}}'
    kept = f"wheels = [{facts}]" if evil else f"sdist = {facts}"
    sandbox.manifest("a")
    sandbox.write(
        "pylock.toml",
        f'lock-version = "1.0"\ncreated-by = "x"\n\n[[packages]]\nname = "a"\nversion = "{version}"\n{kept}\n',
    )

    done = sandbox.detent("sync", "--frozen")

    assert (done.code, sandbox.installed()) != (0, {"a-2": "2"})
    assert done.code in {1, 2}, done.err
    assert sandbox.installed() == {}


def test_cve_2018_20225_a_higher_version_elsewhere_does_not_take_a_private_name(
    sandbox: Sandbox, index: IndexServer
) -> None:
    """pip takes the highest version of all indexes together."""
    publish(index, wheel("secret-tool", "99.0"))
    with serve([wheel("secret-tool", "1.0")]) as private:
        table = f'\n[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n'
        sandbox.manifest("secret-tool", tail=table)

        sandbox.detent("sync").ok()

        assert sandbox.installed() == {"secret-tool": "1.0"}
        assert index.count("/simple/secret-tool/") == 0
        private.fail("/simple/secret-tool/", times=None, status=403)
        assert sandbox.detent("lock", "--upgrade").code == 1
        assert index.count("/simple/secret-tool/") == 0


# ---- files and shells --------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
@pytest.mark.parametrize("text", ["$(touch ran)", "`touch ran`", '"; touch ran; "', "'; touch ran; '"])
def test_cve_2024_53899_activating_runs_nothing_of_a_path_or_a_prompt(
    sandbox: Sandbox, shell: str, text: str
) -> None:
    """virtualenv put both into its scripts of activation as they were."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    place = sandbox.root / text.replace("/", "") / ".venv"
    place.parent.mkdir()
    sandbox.detent("venv", str(place), f"--prompt={text}").ok()

    done = subprocess.run(
        [shell, "-c", '. "$0/bin/activate"; printf %s "$VIRTUAL_ENV"', str(place)],
        cwd=sandbox.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == str(place)
    assert not (sandbox.root / "ran").exists()


def test_cve_2023_38497_a_careless_umask_and_archive_open_nothing_to_others(
    sandbox: Sandbox, index: IndexServer
) -> None:
    """Cargo kept the modes of archives, so that others could change what is built next."""
    publish(index, wheel("a", change=with_all(mode=0o100777)))
    sandbox.manifest("a")
    shutil.rmtree(sandbox.cache)
    before = os.umask(0)
    try:
        sandbox.detent("sync").ok()
    finally:
        os.umask(before)

    open_to_others = [
        path
        for root in (sandbox.root / ".venv", sandbox.cache)
        for path in root.rglob("*")
        if not path.is_symlink() and path.stat().st_mode & 0o022
    ]
    assert open_to_others == []
    assert sandbox.cache.stat().st_mode & 0o777 == 0o700


def test_cve_2026_22702_nothing_lies_in_the_temporary_folder_of_all(
    sandbox: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    """virtualenv looked whether a folder is there and then made it: in between, others may put a link."""
    shared, home = tmp_path / "shared", Path(sandbox.variables["HOME"])
    shared.mkdir()
    shared.chmod(0o1777)
    variables = {"TMPDIR": str(shared)}
    publish(index, wheel("a", scripts={"a": "a:main"}))
    sandbox.manifest("a")
    seen = shared.stat().st_mtime_ns

    sandbox.detent("sync", env=variables).ok()
    assert shared.stat().st_mtime_ns == seen  # nor was anything there in between
    sandbox.detent("venv", "--clear", "--prompt=an odd one", env=variables).ok()  # virtualenv at work

    assert list(shared.iterdir()) == []
    assert list(home.iterdir()) == []
