"""The stamp's parts: what counts, what is looked at, and when it is still what it was."""

import os
import time
from pathlib import Path

import pytest

from detent import stamp

LONG_AGO = 1_000_000_000
KEY = 7


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables with a cache of one's own, and a working folder."""
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return {"DETENT_CACHE_DIR": str(tmp_path / "cache"), "HOME": str(tmp_path / "home")}


def row(path: Path, how: int = stamp.CONTENTS, *, is_proved: bool = False) -> stamp.Row:
    facts = stamp.facts_of(str(path), how)
    assert facts is not None
    return (str(path), how, facts, stamp.proof_of(str(path), how, facts, KEY) if is_proved else None)


def confirmed(*rows: stamp.Row, made_ns: int = 0) -> tuple[tuple[stamp.Row, ...], bool] | None:
    """Hold rows against what is there, by default as somebody who looked long after the last change."""
    now_ns = time.time_ns()
    return stamp.confirmed(rows, KEY, made_ns or now_ns + 10**10, now_ns)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.00016, "0.16ms"), (0.0099, "9.90ms"), (0.048, "48ms"), (1.234, "1.23s"), (125.4, "2m 05s")],
)
def test_times_read_as_people_say_them(seconds: float, text: str) -> None:
    assert stamp.duration(seconds) == text


# ---- where -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "root"),
    [
        ({"DETENT_CACHE_DIR": "/c", "HOME": "/h"}, "/c"),
        ({"HOME": "/h"}, "/h/.cache/detent"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/detent"),
        ({"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/detent"),
        ({"HOME": "/h", "DETENT_CACHE_DIR": ""}, "/h/.cache/detent"),
        ({"DETENT_CACHE_DIR": "cache", "HOME": "/h"}, ""),
        ({"DETENT_CACHE_DIR": "~/cache", "HOME": "/h"}, ""),
        ({"HOME": "home"}, ""),
        ({"HOME": ""}, ""),
        ({}, ""),
    ],
)
def test_the_cache_is_where_variables_alone_say(
    variables: dict[str, str], root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert stamp.cache_root(variables) == root

    monkeypatch.setattr("sys.platform", "darwin")
    assert stamp.cache_root(variables) == (root if root == "/c" else "")


def test_a_cache_that_others_could_have_prepared_has_no_stamps(cache: dict[str, str]) -> None:
    root = Path(cache["DETENT_CACHE_DIR"])
    assert stamp.place(cache).startswith(f"{root}/{stamp.BUCKET}/")

    root.chmod(0o777)
    assert stamp.place(cache) == ""
    root.chmod(0o700)
    other = root.with_name("file")
    other.touch()
    assert stamp.place({**cache, "DETENT_CACHE_DIR": str(other)}) == ""
    with pytest.raises(FileNotFoundError):
        stamp.place({**cache, "DETENT_CACHE_DIR": f"{root}/none"})


def test_another_users_cache_has_no_stamps(cache: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = stamp.place(cache)
    assert stamp.write(path, {(("sync",), (), False): b""})
    monkeypatch.setattr(stamp.posix, "geteuid", lambda: os.geteuid() + 1)  # type: ignore[attr-defined]

    assert stamp.place(cache) == ""
    assert stamp.read(path) == {}


# ---- the file --------------------------------------------------------------------------------


def test_what_is_written_is_read_again(cache: dict[str, str]) -> None:
    path = stamp.place(cache)
    rows: tuple[stamp.Row, ...] = (
        ("/a\udcff", stamp.CONTENTS, (1, 2, 3, 4, 5), b"p"),
        ("/b", stamp.LINK, None, None),
    )
    answer: stamp.Answer = (KEY, 1, 2, rows, "text\0")
    question = (("run", "--x\udcff"), (("A", "b"),), True)

    assert stamp.write(path, {question: stamp.pack(answer)})

    assert {q: stamp.unpack(a) for q, a in stamp.read(path).items()} == {question: answer}
    assert stamp.write(path, {})
    assert stamp.read(path) == {}
    assert list(Path(path).parent.iterdir()) == [Path(path)]


@pytest.mark.parametrize("what", ["VERSION", "__file__"])
def test_another_detent_does_not_believe_it(
    cache: dict[str, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = stamp.place(cache)
    stamp.write(path, {(("sync",), (), False): b""})

    monkeypatch.setattr(stamp, what, "another")

    assert stamp.read(path) == {}


@pytest.mark.parametrize("what", ["version", "prefix"])
def test_another_python_does_not_believe_it(
    cache: dict[str, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = stamp.place(cache)
    stamp.write(path, {(("sync",), (), False): b""})

    monkeypatch.setattr(f"sys.{what}", "another")

    assert stamp.read(path) == {}


def test_a_folder_that_got_the_number_of_another_does_not_believe_it(
    cache: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stamp.place(cache)
    stamp.write(path, {(("sync",), (), False): b""})
    (tmp_path / "other").mkdir()

    monkeypatch.chdir(tmp_path / "other")

    assert stamp.read(path) == {}


def test_a_damaged_stamp_is_none(cache: dict[str, str]) -> None:
    path = Path(stamp.place(cache))
    question = (("sync",), (("HOME", "/h"),), False)
    stamp.write(str(path), {question: stamp.pack((KEY, 1, 2, (("/a", 0, None, None),), "text"))})
    whole = path.read_bytes()

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert stamp.read(str(path)) == {}, length
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert stamp.read(str(path)) == {}, at
    for data in (bytes(len(whole)), whole + b"x", b"x" * 5 * 2**20):
        path.write_bytes(data)
        assert stamp.read(str(path)) == {}
    path.unlink()
    path.symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        stamp.read(str(path))


def test_where_nothing_can_be_written_there_is_no_stamp(cache: dict[str, str]) -> None:
    Path(cache["DETENT_CACHE_DIR"], stamp.BUCKET).write_text("no folder")

    assert not stamp.write(stamp.place(cache), {})
    stamp.drop(stamp.place(cache))


# ---- what it rests on ------------------------------------------------------------------------


def test_only_what_counts_of_the_variables_is_kept_and_in_one_order() -> None:
    variables = {"PATH": "/x", "HOME": "/h", "DETENT_Z": "1", "PIP_A": "2", "LS_COLORS": "", "SHLVL": "2"}
    known = (("DETENT_Z", "1"), ("HOME", "/h"), ("PIP_A", "2"))

    assert stamp.counted(variables) == known
    assert stamp.counted(dict(reversed(variables.items()))) == known


def test_what_is_as_it_was_is_confirmed(tmp_path: Path) -> None:
    file, link, gone = tmp_path / "file", tmp_path / "link", tmp_path / "gone/file"
    file.write_text("x")
    link.symlink_to("file")
    rows = (row(file), row(link, stamp.LINK), row(tmp_path, stamp.PLACE), row(file, stamp.PRESENCE))
    nothing: stamp.Row = (str(gone), stamp.CONTENTS, None, None)

    assert confirmed(*rows, nothing) == ((*rows, nothing), False)

    gone.parent.mkdir()
    gone.touch()
    assert confirmed(nothing) is None
    file.unlink()
    for number in (0, 3):
        assert confirmed(rows[number]) is None
    assert confirmed(*rows[1:3]) is not None


def test_a_file_is_compared_by_content_where_only_times_differ(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    proved, unproved = row(file, is_proved=True), row(file)
    os.utime(file, (LONG_AGO, LONG_AGO))

    found = confirmed(proved)

    assert found is not None
    assert found == ((row(file, is_proved=True),), True)
    assert confirmed(unproved) is None
    file.write_text("two")
    assert confirmed(proved) is None
    file.write_text("one and more")
    assert confirmed(proved) is None
    file.write_text("one")
    assert confirmed(proved) is not None
    file.chmod(0o755)
    assert confirmed(proved) is None


@pytest.mark.parametrize("how", [stamp.CONTENTS, stamp.LINK])
def test_a_folder_is_never_taken_for_the_same_by_its_names(tmp_path: Path, how: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").touch()
    before = row(folder, how, is_proved=True)
    (folder / "b").touch()
    (folder / "b").unlink()

    assert confirmed(before) is None


def test_of_the_names_in_a_folder_those_that_can_be_imported_count(tmp_path: Path) -> None:
    before = row(tmp_path, stamp.NAMES, is_proved=True)
    for name in (".coverage", "notes.txt", "demo.egg-info", "my-data"):
        (tmp_path / name).touch()
        assert confirmed(before) is not None
    for name in ("module.py", "package", "package-stubs", "LICENSE.txt", "NOTICE"):
        (tmp_path / name).touch()
        assert confirmed(before) is None, name
        (tmp_path / name).unlink()
        assert confirmed(before) is not None


def test_what_is_young_is_compared_by_content_too(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    folder.mkdir()
    file.write_text("one")
    for path, how in ((file, stamp.CONTENTS), (folder, stamp.LINK), (tmp_path, stamp.NAMES)):
        name, _, facts, proof = row(path, how, is_proved=True)
        made_ns = path.stat().st_ctime_ns

        assert confirmed((name, how, facts, proof), made_ns=made_ns) is not None
        assert confirmed((name, how, facts, b"another"), made_ns=made_ns) is None
        assert confirmed((name, how, facts, None), made_ns=made_ns) is None
        assert confirmed((name, how, facts, None), made_ns=made_ns + 10**9) is not None


def test_times_in_whole_seconds_settle_later() -> None:
    def settled(modified_ns: int, changed_ns: int, seconds: float) -> bool:
        return stamp.is_settled((0, 0, modified_ns, changed_ns, 0), 10**18 + int(seconds * 10**9))

    fine, whole = 10**18 + 1, 10**18
    assert settled(fine, fine, 0.2)
    assert not settled(fine, fine, 0.05)
    for times in ((whole, fine), (fine, whole), (whole, whole)):
        assert not settled(*times, 1.9)
        assert settled(*times, 2.1)


def test_what_was_young_is_kept_anew_when_it_has_settled(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    young = row(file, is_proved=True)
    made_ns = file.stat().st_ctime_ns

    for passed_ns, is_worth_keeping in ((10**9, False), (10**10, True)):
        found = stamp.confirmed((young,), KEY, made_ns, made_ns + passed_ns)
        assert found == ((young,), is_worth_keeping)


def test_a_link_tells_by_where_it_leads(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("a")
    made_ns = link.lstat().st_ctime_ns
    name, how, facts, proof = row(link, stamp.LINK, is_proved=True)

    assert confirmed((name, how, facts, proof), made_ns=made_ns) is not None
    link.unlink()
    link.symlink_to("a")
    assert confirmed((name, how, facts, proof), made_ns=made_ns) is None


def test_a_file_that_cannot_be_looked_at_is_an_error(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")

    with pytest.raises(OSError, match="symbolic links"):
        confirmed((str(loop), stamp.CONTENTS, None, None))


def test_a_hash_is_of_little_use_to_who_does_not_know_the_key() -> None:
    assert stamp.digest(b"x", 1) != stamp.digest(b"x", 2)
    assert stamp.digest("x", 1) == stamp.digest(b"x", 1)
    assert stamp.secret() != stamp.secret()


# ---- running ---------------------------------------------------------------------------------


def test_scripts_modules_and_standard_input_are_run_by_python() -> None:
    assert stamp.arguments(["a.py", "b"], is_module=False, is_file=True) == ["python", "a.py", "b"]
    assert stamp.arguments(["a.py", "b"], is_module=False, is_file=False) == ["a.py", "b"]
    assert stamp.arguments(["tool", "b"], is_module=False, is_file=True) == ["tool", "b"]
    assert stamp.arguments(["-", "b"], is_module=False, is_file=False) == ["python", "-", "b"]
    assert stamp.arguments(["a.py", "b"], is_module=True, is_file=True) == ["python", "-m", "a.py", "b"]


@pytest.mark.parametrize(
    ("path", "child"),
    [("/x:/y:", "/e/bin:/x:/y:"), ("", "/e/bin"), (None, "/e/bin:/bin:/usr/bin")],
)
def test_a_command_gets_the_variables_of_an_active_environment(path: str | None, child: str) -> None:
    variables = {"A": "b", "PYTHONHOME": "/p", **({} if path is None else {"PATH": path})}

    assert stamp.child_variables(variables, "/e") == {"A": "b", "VIRTUAL_ENV": "/e", "PATH": child}


def test_programs_are_found_in_absolute_folders_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, mode in (("one/tool", 0o644), ("two/tool", 0o755), ("here/tool", 0o755)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch(mode)
    (tmp_path / "zero/tool").mkdir(parents=True)

    assert (
        stamp.on_path("tool", f"here::{tmp_path}/zero:{tmp_path}/one:{tmp_path}/two")
        == f"{tmp_path}/two/tool"
    )
    assert stamp.on_path("tool", f"here:{tmp_path}/none") is None


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("DETENT_INDEX_OURS_PASSWORD", "s3cret", None),
        ("DETENT_INDEX_OURS_USERNAME", "me", None),
        ("DETENT_PROXY", "me:s3cret@proxy.example", None),
        ("HTTPS_PROXY", "http://me:s3cret@proxy.example", None),
        ("DETENT_DEFAULT_INDEX", "https://me:s3cret@index.example/a@b/", "https://index.example/a@b/"),
        (
            "DETENT_INDEX",
            "a=https://me:s@b@a.example b=https://b.example",
            "a=https://a.example b=https://b.example",
        ),
        ("PIP_INDEX_URL", "https://index.example?a=b@c", "https://index.example?a=b@c"),
        ("DETENT_INDEX_STRATEGY", "first-index", "first-index"),
    ],
)
def test_as_whom_somebody_logs_in_is_no_part_of_a_question(name: str, value: str, kept: str | None) -> None:
    assert dict(stamp.counted({name: value})).get(name) == kept
