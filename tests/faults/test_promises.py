"""G3 to G6 and G9 of the promises, each counted: how many cases there were; a bad one fails.

``PROMISE_ROUNDS=10`` makes them ten times as many; `promises.py` beside this prints a figure for every promise.
"""

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.backends import tiny_sdist
from support.cli import Sandbox, publish
from support.forked import detent
from support.index_server import IndexServer
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

ROUNDS = int(os.environ.get("PROMISE_ROUNDS", "1"))
NEEDED = {
    "files": {
        "tool/__init__.py": "right = 1\n" * 40,
        "tool/part.py": "right = 2\n" * 40,
        "tool/empty.py": "",
    },
    "scripts": {"tool": "tool:main"},
    "data": {"data/share/tool.txt": "right\n" * 40, "scripts/greet": "#!python\nprint('right')\n"},
}
TOOL = wheel("tool", "1.0", **NEEDED)  # type: ignore[arg-type]

Figure = Callable[[str, int], None]


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, TOOL, wheel("other", "1.0"), wheel("other", "2.0"))
    sandbox.manifest("tool")
    return sandbox


def second(project: Sandbox, number: int = 2) -> Sandbox:
    """Another project with the same lock on the same cache."""
    folder = project.root.parent / f"second-{number}"
    folder.mkdir()
    made = Sandbox.make(folder, project.index_url)
    made.variables.update(project.variables)
    for name in ("pyproject.toml", "pylock.toml"):
        shutil.copy(project.root / name, made.root)
    return Sandbox(root=made.root, cache=project.cache, index_url=made.index_url, variables=made.variables)


def fetches(index: IndexServer) -> Counter[str]:
    return Counter(p for p in index.paths() if p.endswith((".whl", ".tar.gz")))


# ---- G3: as many as you like --------------------------------------------------------------------


def test_g3_eight_syncs_on_one_cold_cache_fetch_and_build_each_thing_once(
    project: Sandbox, index: IndexServer, figure: Figure
) -> None:
    built = project.root.parent / "built"
    built.mkdir()
    note = "\nimport uuid\nPath({!r}, uuid.uuid4().hex).touch()\n"
    sdists = [
        tiny_sdist(f"source{number}", more=note.format(str(built / str(number)))) for number in range(3)
    ]
    for number, made in enumerate(sdists):
        (built / str(number)).mkdir()
        index.add(made.filename, made.data)
    wheels = [wheel(f"wheel{number}", "1.0") for number in range(12)]
    publish(index, *wheels)
    project.manifest(*(f"wheel{n}" for n in range(12)), *(f"source{n}" for n in range(3)))
    project.detent("lock").ok()
    for round_ in range(ROUNDS):
        shutil.rmtree(project.cache)
        for path in built.glob("*/*"):
            path.unlink()
        index.forget()
        others = [second(project, round_ * 8 + number) for number in range(8)]

        processes = [other.start("sync", "--frozen") for other in others]
        assert [process.wait(120) for process in processes] == [0] * 8

        assert set(fetches(index).values()) == {1}
        assert len(fetches(index)) == 15
        # The hooks of one build each import the back end: as often for eight as for one.
        once = {len(list((built / str(number)).iterdir())) for number in range(3)}
        assert max(once) <= 3, once
        for other in others:
            assert environment_faults(other.root / ".venv") == []
    assert cache_faults(project.cache) == []
    figure("G3", 8 * ROUNDS)


def test_g3_four_syncs_of_one_project_make_one_environment(
    project: Sandbox, index: IndexServer, figure: Figure
) -> None:
    for _ in range(ROUNDS):
        shutil.rmtree(project.root / ".venv", ignore_errors=True)
        index.forget()
        processes = [project.start("sync") for _ in range(4)]
        assert [process.wait(60) for process in processes] == [0] * 4
        assert environment_faults(project.root / ".venv") == []
        assert set(fetches(index).values()) <= {1}
    figure("G3", 4 * ROUNDS)


# ---- G4: what is installed is what was locked ---------------------------------------------------


def replaced(pattern: str, by: str) -> Callable[[str], str]:
    def tamper(text: str) -> str:
        changed = re.sub(pattern, by, text, count=1)
        assert changed != text, pattern
        return changed

    return tamper


OTHER = wheel("other", "1.0")
LOCKS: dict[str, Callable[[str], str]] = {
    "another hash": replaced(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{"0" * 64}"'),
    "the hash of another package": replaced(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{OTHER.sha256}"'),
    "a weak hash": replaced(r'sha256 = "[0-9a-f]{64}"', 'md5 = "d41d8cd98f00b204e9800998ecf8427e"'),
    "no hash": replaced(r"hashes = \{[^}]*\}", "hashes = {}"),
    "a hash that is none": replaced(r'sha256 = "[0-9a-f]{64}"', 'sha256 = "right"'),
    "another size": replaced(r"size = \d+", "size = 1"),
    "another version": replaced(r'\nversion = "1\.0"', '\nversion = "1.1"'),
    "another name": replaced(r'name = "tool"', 'name = "other"'),
    "the file of another package": lambda text: replaced(
        r'url = "[^"]*/tool-1.0-py3-none-any.whl"',
        'url = "' + re.findall(r'url = "([^"]*)/tool-1', text)[0] + '/other-1.0-py3-none-any.whl"',
    )(text),
    "the whole of another file": lambda text: re.sub(
        r'sha256 = "[0-9a-f]{64}"',
        f'sha256 = "{OTHER.sha256}"',
        re.sub(r"size = \d+", f"size = {len(OTHER.data)}", text.replace("/tool-1.0-py3", "/other-1.0-py3")),
    ),
    "a file of this machine": replaced(r'url = "[^"]*"', 'url = "file:///etc/passwd"'),
}
UNREAD = {"another size", "a file of this machine"}
"""What nobody reads where the right bytes, by their hash, are here already."""


@pytest.mark.parametrize("is_cold", [True, False])
def test_g4_a_lock_that_was_tampered_with_installs_nothing(
    project: Sandbox, primed_cache: Path, figure: Figure, *, is_cold: bool
) -> None:
    assert detent(project, "add", "other==1.0").code == 0  # its wheel is in the warm cache
    assert detent(project, "remove", "other").code == 0
    right = project.read("pylock.toml")
    for what, tamper in LOCKS.items():
        if what in UNREAD and not is_cold:
            continue
        shutil.rmtree(project.root / ".venv", ignore_errors=True)
        if is_cold:
            shutil.rmtree(project.cache)
            shutil.copytree(primed_cache, project.cache)
            project.cache.chmod(0o700)
        project.write("pylock.toml", tamper(right))

        done = detent(project, "sync", "--frozen")

        assert done.code in (1, 2), (what, done.said)
        assert "error: " in done.said, what
        assert project.installed() == {}, what
        assert cache_faults(project.cache) == []
    figure("G4", len(LOCKS) - (0 if is_cold else len(UNREAD)))


BODIES: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
    "the end": lambda data: data[:-1],
    "more": lambda data: data + b"\0",
    "nothing": lambda _: b"",
    "another wheel": lambda _: OTHER.data,
    "the same size": lambda data: b"\0" * len(data),
}


def test_g4_a_file_that_is_not_the_locked_one_is_refused(
    project: Sandbox, index: IndexServer, primed_cache: Path, figure: Figure
) -> None:
    assert detent(project, "lock").code == 0
    file = index.files[TOOL.filename]
    for what, tamper in BODIES.items():
        shutil.rmtree(project.root / ".venv", ignore_errors=True)
        shutil.rmtree(project.cache)
        shutil.copytree(primed_cache, project.cache)
        project.cache.chmod(0o700)
        file.data = tamper(TOOL.data)

        done = detent(project, "sync", "--frozen")

        assert done.code == 1, (what, done.said)
        assert TOOL.filename in done.said, what
        assert project.installed() == {}, what
        assert cache_faults(project.cache) == []
    figure("G4", len(BODIES))


# ---- G5: an edit stays where it was made --------------------------------------------------------


def edit(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"wrong = 1\n")


def overwrite(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)


def zero(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)


def truncate(path: Path) -> None:
    os.truncate(path, 3)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"wrong = 1\n")


def delete(path: Path) -> None:
    path.unlink()


def lead_away(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = (edit, overwrite, zero, truncate, empty, replace, delete, lead_away, folder)
IN_PLACE = {edit, overwrite, zero, truncate, empty}
PLACES = (
    "lib/python*/site-packages/tool/part.py",
    "share/tool.txt",
    "lib/python*/site-packages/tool-1.0.dist-info/METADATA",
)


def right(environment: Path) -> None:
    assert environment_faults(environment) == []
    library = next(environment.glob("lib/python*/site-packages"))
    for name, text in NEEDED["files"].items():
        assert (library / name).read_text() == text
    assert (environment / "share/tool.txt").read_text() == "right\n" * 40


@pytest.mark.parametrize("mode", ["hardlink", "clone", "copy"])
def test_g5_what_is_edited_in_one_environment_never_reaches_the_next(
    project: Sandbox, mode: str, figure: Figure
) -> None:
    project.variables["DETENT_LINK_MODE"] = mode
    assert detent(project, "sync").code == 0
    cases = 0
    places = PLACES if mode == "hardlink" else PLACES[:1]
    for number, (change, place) in enumerate((c, p) for c in CHANGES for p in places):
        path = next((project.root / ".venv").glob(place))
        is_shared = path.stat().st_nlink > 1
        change(path)
        other = second(project, number)

        done = detent(other, "sync")

        where = f"{change.__name__} {place}: {done.said}"
        assert done.code == 0, where
        right(other.root / ".venv")
        assert cache_faults(project.cache) == [], where
        if is_shared and change in IN_PLACE:
            assert "warning: the cached copy of `tool` 1.0 was changed" in done.said, where
            assert path.name in done.said, where
        else:
            assert "was changed" not in done.said, where
        shutil.rmtree(project.root / ".venv")
        shutil.rmtree(other.root)
        assert detent(project, "sync").code == 0
        cases += 1
    figure("G5", cases)


@pytest.mark.parametrize("mode", ["auto", "copy"])
def test_g5_what_is_edited_in_the_cache_reaches_no_environment(
    project: Sandbox, index: IndexServer, mode: str, figure: Figure
) -> None:
    project.variables["DETENT_LINK_MODE"] = mode
    assert detent(project, "sync").code == 0
    cases = 0
    names = (
        "files/tool/part.py",
        "data/data/share/tool.txt",
        "files/tool-1.0.dist-info/METADATA",
        "files/tool/empty.py",
    )
    for change in CHANGES:
        for name in names:
            path = next(project.cache.glob(f"wheels-*/unpacked/*/*/{name}"))
            if change is empty and not path.stat().st_size:
                continue
            shutil.rmtree(project.root / ".venv")
            index.forget()
            change(path)

            done = detent(project, "sync")

            where = f"{change.__name__} {name}: {done.said}"
            assert done.code == 0, where
            right(project.root / ".venv")
            assert cache_faults(project.cache) == [], where
            if path.stat().st_size and not name.endswith("empty.py"):
                assert "`tool` 1.0 was changed" in done.said, where
                assert sum(fetches(index).values()) == 1, where
            cases += 1
    figure("G5", cases)


def test_g5_a_cache_that_was_restored_is_hashed_and_not_fetched(
    project: Sandbox, index: IndexServer, figure: Figure
) -> None:
    assert detent(project, "sync").code == 0
    for path in project.cache.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1_600_000_000, 1_600_000_000))
    shutil.rmtree(project.root / ".venv")
    index.forget()

    done = detent(project, "sync")

    assert done.code == 0, done.said
    assert done.said.count("have new times") == 1
    assert sum(fetches(index).values()) == 0
    right(project.root / ".venv")
    shutil.rmtree(project.root / ".venv")
    assert "new times" not in detent(project, "sync").said
    figure("G5", 1)


# ---- G6: a rotten cache is found and repaired ---------------------------------------------------


def flip(path: Path, chance: random.Random) -> None:
    """One bit, as a bad disk has it: no time changes."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("how", ["repair", "always"])
def test_g6_bits_that_flip_in_the_cache_are_found_and_reach_no_environment(
    project: Sandbox, how: str, figure: Figure
) -> None:
    project.manifest("tool", "other")
    assert detent(project, "sync").code == 0
    chance = random.Random(6)
    rounds = 12 * ROUNDS
    for _ in range(rounds):
        shutil.rmtree(project.root / ".venv")
        files = [
            path
            for path in sorted(project.cache.glob("wheels-*/unpacked/*/*/**/*"))
            if path.is_file()
            and path.stat().st_size
            and path.suffix != ".pyc"
            and path.name not in {"head", "full"}
        ]
        path = chance.choice(files)
        flip(path, chance)

        if how == "repair":
            seen = detent(project, "cache", "verify")
            assert (seen.code, path.name in seen.said) == (1, True), seen.said
            repaired = detent(project, "cache", "verify", "--repair")
            assert repaired.code == 0, repaired.said
            assert detent(project, "cache", "verify").code == 0
        done = detent(project, "sync", env={"DETENT_VERIFY_CACHE": "always"} if how == "always" else {})

        assert done.code == 0, done.said
        assert project.installed() == {"other": "2.0", "tool": "1.0"}
        right(project.root / ".venv")
        assert cache_faults(project.cache) == []
    figure("G6", rounds)


def test_g6_a_damaged_record_is_a_miss(project: Sandbox, figure: Figure) -> None:
    """Whatever file of the cache that is no file of a package is damaged, a sync and a lock do what they should."""
    assert detent(project, "sync").code == 0
    kept = project.root.parent / "kept"
    shutil.copytree(project.cache, kept, symlinks=True)
    records = [
        path.relative_to(kept)
        for path in sorted(kept.rglob("*"))
        if path.is_file() and "files" not in path.parts and "data" not in path.parts
    ]
    chance = random.Random(7)
    damages: tuple[Callable[[Path], object], ...] = (
        lambda path: flip(path, chance),
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(bytes(range(256)) * 8),
    )
    locked = project.read("pylock.toml")
    cases = 0
    for number, record in enumerate(records):
        for damage in damages if ROUNDS > 1 else (damages[number % len(damages)],):
            shutil.rmtree(project.cache)
            shutil.copytree(kept, project.cache, symlinks=True)
            project.cache.chmod(0o700)
            shutil.rmtree(project.root / ".venv")
            path = project.cache / record
            if path.stat().st_size:
                damage(path)
            for words in (("sync",), ("lock",), ("cache", "verify", "--repair"), ("sync", "--reinstall")):
                done = detent(project, *words)
                assert done.code == 0, f"{record}, {' '.join(words)}: {done.said}"
            assert project.read("pylock.toml") == locked
            right(project.root / ".venv")
            assert cache_faults(project.cache) == [], record
            cases += 1
    figure("G6", cases)


# ---- G9: only what we installed is removed ------------------------------------------------------


MINE = (
    "mine.txt",
    "bin/mine",
    "lib/mine.py",
    "share/mine.txt",
    "SITE/mine.py",
    "SITE/mine/__init__.py",
    "SITE/tool/mine.py",
    "SITE/tool/sub/mine.py",
    "SITE/tool/__pycache__/mine.txt",
    "SITE/tool-1.0.dist-info/mine.txt",
    "SITE/mine.pth",
    "SITE/.hidden",
    ".detent/mine",
)


@pytest.fixture
def mine(project: Sandbox) -> Iterator[Callable[[], int]]:
    """Files of the user in the environment; gives what counts those that are as they were."""
    assert detent(project, "sync").code == 0
    outside = project.root.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    site = str(
        next((project.root / ".venv").glob("lib/python*/site-packages")).relative_to(project.root / ".venv")
    )
    names = [name.replace("SITE", site) for name in MINE]
    environment = (project.root / ".venv").resolve()

    def count() -> int:
        kept = [name for name in names if (environment / name).read_text() == "# mine"]
        assert (environment / site / "leads").readlink() == outside
        assert (outside / "file").read_text() == "mine"
        return len(kept) + 2

    for name in names:
        path = environment / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# mine")
    (environment / site / "leads").symlink_to(outside)
    yield count
    assert count() == len(MINE) + 2


@pytest.mark.parametrize(
    "words",
    [
        ("sync",),
        ("sync", "--reinstall"),
        ("sync", "--link-mode", "directory", "--reinstall"),
        ("sync", "--link-mode", "copy", "--reinstall"),
        ("remove", "tool"),
        ("add", "other"),
        ("add", "other==1.0"),
        ("undo",),
        ("cache", "clean"),
        ("cache", "prune"),
        ("run", "true"),
        ("sync", "--check"),
    ],
    ids=" ".join,
)
def test_g9_files_of_the_user_stay(
    project: Sandbox, mine: Callable[[], int], words: tuple[str, ...], figure: Figure
) -> None:
    for one in (words, ("sync",), ("remove", "tool"), ("sync", "--reinstall")):
        done = detent(project, *one)
        assert done.code in (0, 1, 2), done.said
    figure("G9", mine())


def test_g9_an_environment_behind_a_link_is_used_and_its_files_stay(
    project: Sandbox, mine: Callable[[], int], figure: Figure
) -> None:
    real = project.root.parent / "real"
    shutil.copytree(project.root / ".venv", real, symlinks=True)
    kept = project.root / "kept"
    (project.root / ".venv").rename(kept)
    (project.root / ".venv").symlink_to(real)
    before = sorted(str(path) for path in real.rglob("*mine*"))

    assert detent(project, "add", "other").code == 0
    assert detent(project, "remove", "tool").code == 0

    assert (project.root / ".venv").is_symlink()
    assert sorted(str(path) for path in real.rglob("*mine*")) == before
    (project.root / ".venv").unlink()
    kept.rename(project.root / ".venv")
    figure("G9", len(before))
