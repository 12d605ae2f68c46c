"""Byte code in the store: made once of verified sources, believed only as listed, never a failure."""

import errno
import json
import os
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from detent.events import Event, Notice
from detent.model.limits import Limits
from detent.model.requirement import package_name
from detent.python.probe import probe_interpreter
from detent.store import bytecode, compiling
from detent.store.bytecode import ByteCodeStore, Provided, listed_bytecode
from detent.store.cache import open_store
from detent.store.compiling import Compiler
from detent.store.entry import WheelEntry, read_contents
from detent.store.wheels import WheelStore
from support.interpreters import base_python, machine_pythons
from support.wheels import Wheel, wheel

TAG = sys.implementation.cache_tag or ""
COMPILER = Compiler(base_python(), f"{TAG}-{MAGIC_NUMBER.hex()}")
RECORD = f"bytecode-{COMPILER.kind}"


class World:
    """A store, and what it said."""

    def __init__(self, root: Path) -> None:
        self.layout = open_store(root / "store")
        self.wheels = WheelStore(self.layout, Limits())
        self.events: list[Event] = []

    def stored(self, wheel: Wheel) -> WheelEntry:
        name, version = wheel.filename.split("-")[:2]
        return self.wheels.put(
            wheel.sha256, wheel.data, filename=wheel.filename, name=package_name(name), version=version
        )

    def provide(
        self,
        *entries: WheelEntry,
        compiler: Compiler = COMPILER,
        by_directory: bool = False,
        processors: int = 2,
    ) -> Provided:
        store = ByteCodeStore(self.layout, Limits(processors=processors), os.environ, self.events.append)
        return store.provide(
            entries,
            executable=compiler.executable,
            kind=compiler.kind,
            by_directory={entry.digest for entry in entries if by_directory},
        )

    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def paths(provided: Provided, entry: WheelEntry) -> list[str]:
    return [file.path for file in provided.files[entry.digest]]


def caches(entry: WheelEntry) -> list[str]:
    folder = Path(entry.folder())
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.pyc*"))


def imported(entry: WheelEntry, *modules: str, executable: str = base_python()) -> str:
    """Import from the store itself, and give all that Python said of it."""
    script = f"import sys; sys.path.insert(0, {entry.folder()!r}); import {', '.join(modules)}"
    command = [executable, "-I", "-S", "-B", "-v", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_every_module_is_compiled_once_and_is_what_python_looks_for(world: World) -> None:
    entry = world.stored(
        wheel(files={"a/__init__.py": "X = 1\n", "a/b/c.py": "", "a/data.txt": "", "one.py": "Y = 2\n"})
    )

    first, second = world.provide(entry), world.provide(entry)

    expected = [
        f"__pycache__/one.{TAG}.pyc",
        f"a/__pycache__/__init__.{TAG}.pyc",
        f"a/b/__pycache__/c.{TAG}.pyc",
    ]
    assert sorted(paths(first, entry)) == caches(entry) == expected
    assert (first.compiled, first.stored) == (3, 0)
    assert second == first._replace(compiled=0, stored=3)
    said = imported(entry, "one", "a.b.c")
    for source in ("one.py", "a/__init__.py", "a/b/c.py"):
        assert f"matches {entry.folder()}/{source}" in said
    assert world.events == []


def test_what_is_listed_is_true_and_says_nothing_of_this_machine(world: World, tmp_path: Path) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "def f(): 1 / 0\n"}))
    (file,) = world.provide(entry).files[entry.digest]

    (listed,) = listed_bytecode(entry.root).values()
    path = Path(entry.folder(), file.path)
    facts = path.stat()

    assert listed == (file,)
    assert (file.size_bytes, file.mtime_ns, file.mode) == (
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_mode & 0o777,
    )
    assert str(path) == cache_from_source(f"{entry.folder()}/a/__init__.py")
    assert os.fsencode(tmp_path) not in path.read_bytes()
    assert b"a/__init__.py" in path.read_bytes()


def test_a_traceback_names_the_file_that_was_imported(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "def f(): 1 / 0\n"}))
    world.provide(entry)

    script = f"import sys; sys.path.insert(0, {entry.folder()!r}); import a; print(a.f.__code__.co_filename)"
    done = subprocess.run([base_python(), "-B", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == f"{entry.folder()}/a/__init__.py\n"


@pytest.mark.parametrize("executable", machine_pythons())
def test_each_python_of_the_machine_takes_what_it_made(world: World, executable: str) -> None:
    python = probe_interpreter(executable, variables=os.environ, timeout_seconds=30)
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n", "a/b.py": "def f(): pass\n"}))

    assert world.provide(entry, compiler=Compiler(executable, python.bytecode_kind)).compiled == 2
    assert list(listed_bytecode(entry.root)) == [f"bytecode-{python.bytecode_kind}"]
    for source in ("a/__init__.py", "a/b.py"):
        assert f"matches {entry.folder()}/{source}" in imported(entry, "a.b", executable=executable)


def test_files_for_other_pythons_are_passed_over_and_not_tried_again(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "", "a/old.py": "print 'x'\n", "a/nul.py": "\0"}))

    assert world.provide(entry).compiled == 1
    assert world.provide(entry) == Provided({entry.digest: world.provide(entry).files[entry.digest]}, 0, 1)
    assert caches(entry) == [f"a/__pycache__/__init__.{TAG}.pyc"]
    assert world.events == []


def test_a_package_without_modules_is_done_too(world: World) -> None:
    entry = world.stored(wheel(files={"a/data.txt": ""}))

    assert world.provide(entry) == Provided({entry.digest: ()}, 0, 0)
    assert list(listed_bytecode(entry.root)) == [RECORD]


def test_byte_code_that_a_wheel_brings_is_left_out(world: World) -> None:
    brought = f"a/__pycache__/x.{TAG}.pyc"
    entry = world.stored(wheel(files={"a/x.py": "", "a/y.pyc": "alone", brought: "for other times"}))

    assert [file.path for file in read_contents(entry).files[:2]] == ["a/x.py", "a/y.pyc"]
    assert not Path(entry.folder(), brought).exists()
    assert paths(world.provide(entry), entry) == [brought]


def test_what_a_program_wrote_there_is_not_believed(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n"}))
    folder = Path(entry.folder(), "a/__pycache__")
    folder.mkdir()
    foreign = folder / f"__init__.{TAG}.pyc"
    foreign.write_bytes(b"foreign")
    (folder / f"__init__.{TAG}.opt-2.pyc").write_bytes(b"foreign")

    assert paths(world.provide(entry), entry) == [f"a/__pycache__/__init__.{TAG}.pyc"]
    assert foreign.read_bytes()[:4] == MAGIC_NUMBER


@pytest.mark.parametrize("damage", ["other bytes", "cut short", "gone", "a link"])
def test_damaged_byte_code_is_made_anew_and_the_entry_stays(world: World, damage: str) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n", "a/b.py": ""}))
    before = world.provide(entry)
    path = Path(entry.folder(), f"a/__pycache__/b.{TAG}.pyc")
    match damage:
        case "other bytes":
            path.write_bytes(bytes(path.stat().st_size))
        case "cut short":
            os.truncate(path, 3)
        case "gone":
            path.unlink()
        case _:
            path.unlink()
            path.symlink_to("__init__.py")

    assert world.provide(entry).compiled == 2
    assert path.read_bytes()[:4] == MAGIC_NUMBER
    assert paths(world.provide(entry), entry) == paths(before, entry)
    assert world.wheels.check(entry) is not None


@pytest.mark.parametrize("damage", [b"", b"detent", None])
def test_a_damaged_record_is_no_record(world: World, damage: bytes | None) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": ""}))
    world.provide(entry)
    record = entry.root / RECORD
    record.write_bytes(record.read_bytes()[:-1] if damage is None else damage)

    assert listed_bytecode(entry.root) == {RECORD: ()}
    assert world.provide(entry).compiled == 1


def test_an_edited_source_gets_no_byte_code(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n", "a/b.py": ""}))
    other = world.stored(wheel("b"))
    source = Path(entry.folder(), "a/__init__.py")
    facts = source.stat()
    source.write_text("X = 2\n")
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    provided = world.provide(entry, other)

    assert list(provided.files) == [other.digest]
    assert listed_bytecode(entry.root) == {}


def test_an_entry_whose_list_of_files_is_damaged_gets_no_byte_code(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": ""}))
    (entry.root / "full").write_bytes(b"")
    head = world.wheels.get(entry.digest)
    assert head is not None

    assert world.provide(head) == Provided({})
    assert listed_bytecode(entry.root) == {}


def test_renewed_times_drop_byte_code_that_goes_by_the_old_ones(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n"}))
    world.provide(entry)
    os.utime(Path(entry.folder(), "a/__init__.py"), ns=(10**18, 10**18))

    renewed = world.wheels.check(entry)

    assert renewed is not None
    assert listed_bytecode(entry.root) == {}
    assert world.provide(renewed).compiled == 1
    assert f"matches {entry.folder()}/a/__init__.py" in imported(renewed, "a")


def test_each_kind_of_byte_code_has_a_list_of_its_own(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": ""}))
    world.provide(entry)
    other = COMPILER._replace(kind=f"{TAG}-00000000")

    assert world.provide(entry, compiler=other).files == {}  # it is not that Python
    assert list(listed_bytecode(entry.root)) == [RECORD]
    assert "did not end well" in world.notices()[0]


def test_a_python_that_keeps_no_byte_code_gets_none(world: World) -> None:
    entry = world.stored(wheel())

    assert world.provide(entry, compiler=COMPILER._replace(kind="")) == Provided({})
    assert caches(entry) == []


def test_behind_links_to_folders_nothing_is_linked_or_looked_at(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "", "a/b.py": "", "one.py": ""}))
    assert entry.spots.links == ("a",)

    made = world.provide(entry, by_directory=True)
    Path(entry.folder(), f"a/__pycache__/b.{TAG}.pyc").unlink()
    again = world.provide(entry, by_directory=True)

    assert paths(made, entry) == paths(again, entry) == [f"__pycache__/one.{TAG}.pyc"]
    assert (made.compiled, again.compiled) == (3, 0)
    Path(entry.folder(), f"__pycache__/one.{TAG}.pyc").unlink()
    assert world.provide(entry, by_directory=True).compiled == 3


def test_nothing_of_the_store_runs_and_nothing_is_written_outside(world: World, tmp_path: Path) -> None:
    ran, outside = tmp_path / "ran", tmp_path / "outside"
    outside.mkdir()
    evil = f"open({str(ran)!r}, 'w')\n"
    entry = world.stored(wheel(files={"a/__init__.py": evil, "marshal.py": evil, "sitecustomize.py": evil}))
    Path(entry.folder(), "a/__pycache__").symlink_to(outside)

    provided = world.provide(entry)

    assert not ran.exists()
    assert list(outside.iterdir()) == []
    assert provided.files == {}
    assert listed_bytecode(entry.root) == {}
    assert "byte code could not be compiled" in world.notices()[0]


def test_where_a_file_has_the_name_of_the_folder_for_it_there_is_none(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "", "a/b/c.py": "", "a/__pycache__": "a file"}))

    made, again = world.provide(entry), world.provide(entry)

    assert paths(made, entry) == paths(again, entry) == [f"a/b/__pycache__/c.{TAG}.pyc"]
    assert (made.compiled, again.compiled) == (1, 0)
    assert world.notices() == []


def test_many_files_are_shared_out_and_each_is_compiled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = world.stored(wheel(files={f"a/m{number}.py": "" for number in range(100)}))
    started = _spawned(monkeypatch)

    assert world.provide(entry, processors=3).compiled == 100
    assert len(started) == 2
    assert len(caches(entry)) == 100
    assert [path.name for path in world.layout.tmp.iterdir() if path.name != ".swept"] == []


@pytest.mark.parametrize("program", ["/no/such/python3", "/bin/false"])
def test_an_interpreter_that_fails_is_a_warning(world: World, program: str) -> None:
    entry = world.stored(wheel())

    assert world.provide(entry, compiler=COMPILER._replace(executable=program)) == Provided({})
    (notice,) = world.notices()
    assert "byte code could not be compiled" in notice
    assert program in notice


def test_an_interrupt_ends_the_workers_and_nothing_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = world.stored(wheel())
    monkeypatch.setattr(compiling, "_WORKER", "import time; time.sleep(60)")
    started = _spawned(monkeypatch)
    wait = os.waitpid

    def waitpid(process: int, options: int) -> tuple[int, int]:
        monkeypatch.setattr(os, "waitpid", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "waitpid", waitpid)

    with pytest.raises(KeyboardInterrupt):
        world.provide(entry)

    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
    assert listed_bytecode(entry.root) == {}


def test_a_worker_that_dies_half_way_leaves_nothing_that_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "", "a/b.py": ""}))
    dying = compiling._WORKER.replace("os.rename(scratch, target)", "os.rename(scratch, target); os.abort()")
    assert dying != compiling._WORKER
    with monkeypatch.context() as patched:
        patched.setattr(compiling, "_WORKER", dying)
        assert world.provide(entry).files == {}

    assert len(caches(entry)) == 1
    assert listed_bytecode(entry.root) == {}
    assert world.provide(entry).compiled == 2


def test_an_interrupt_before_it_is_listed_leaves_nothing_that_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "", "a/b.py": ""}))

    def interrupted(*_arguments: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bytecode, "write_record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            world.provide(entry)

    assert len(caches(entry)) == 2
    assert listed_bytecode(entry.root) == {}
    assert world.provide(entry).compiled == 2


def test_a_store_that_may_only_be_read_has_what_it_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, other = world.stored(wheel("a")), world.stored(wheel("b"))
    world.provide(entry)

    def mkdir(path: Path, *_arguments: object, **_more: object) -> None:
        raise OSError(errno.EROFS, "read-only", str(path))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    provided = world.provide(entry, other)

    assert list(provided.files) == [entry.digest]
    (notice,) = world.notices()
    assert "may not be written, so no byte code is made there" in notice


def test_two_at_once_compile_once(world: World) -> None:
    entry = world.stored(wheel(files={f"a/m{number}.py": "X = 1\n" for number in range(30)}))
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from test_bytecode import World\n"
        "world = World(Path(sys.argv[1]))\n"
        "provided = world.provide(world.wheels.get(sys.argv[2]))\n"
        "print(json.dumps([provided.compiled, provided.stored, len(provided.files[sys.argv[2]])]))\n"
    )
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(world.layout.root.parent), entry.digest],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
        for _ in range(3)
    ]
    answers = sorted(json.loads(process.communicate()[0]) for process in started)

    assert answers == [[0, 30, 30], [0, 30, 30], [30, 0, 30]]


def _spawned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    started: list[int] = []
    spawn = os.posix_spawn

    def posix_spawn(*arguments: object, **more: object) -> int:
        started.append(spawn(*arguments, **more))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(os, "posix_spawn", posix_spawn)
    return started


def test_byte_code_with_a_flipped_bit_is_made_anew_where_contents_are_always_looked_at(world: World) -> None:
    entry = world.stored(wheel(files={"a/__init__.py": "X = 1\n"}))
    (file,) = world.provide(entry).files[entry.digest]
    path = Path(entry.folder(), file.path)
    facts, right = path.stat(), path.read_bytes()
    path.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    bytecode = ByteCodeStore(world.layout, Limits(), os.environ, hashes_always=True)
    again = bytecode.provide(
        [entry], executable=COMPILER.executable, kind=COMPILER.kind, by_directory=frozenset()
    )

    assert again.compiled == 1
    assert path.read_bytes() == right
    assert world.provide(entry).stored == 1
