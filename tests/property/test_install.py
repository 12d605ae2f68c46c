"""Laws of installing: the environment depends on the last selection alone, whatever was there before."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detent.install.plan import Linking
from support.environments import Installation, empty_folders
from support.wheels import Wheel, wheel

WHEELS = [
    wheel(
        "a",
        "1",
        files={"ns/__init__.py": "", "ns/a.py": "1", "top.py": ""},
        scripts={"tool": "a:one", "b": "a:b"},
    ),
    wheel("a", "2", files={"ns/__init__.py": "", "ns/deep/a.py": "2"}, scripts={"tool": "a:two"}),
    wheel(
        "b",
        "1",
        files={"ns/__init__.py": "", "ns/b.py": ""},
        scripts={"b": "b:main"},
        data={"data/share/x": "x"},
    ),
    wheel("b", "2", files={"ns/b/__init__.py": "", "ns/__init__.py": ""}, scripts={"tool": "b:main"}),
    wheel(
        "c",
        "1",
        files={"c.py": "", "top.py": ""},
        scripts={"c": "c:main", "tool": "c:main"},
        data={"data/share/x": "x"},
    ),
    wheel(
        "c",
        "2",
        files={"c/__init__.py": "", "ns/c/__init__.py": "", "ns/deep/c.py": ""},
        data={"scripts/run": "#!python\n", "headers/c.h": ""},
        dist_info_files={"licenses/LICENSE": "free"},
    ),
]
SELECTIONS = st.tuples(
    *(st.sampled_from((None, *(w for w in WHEELS if w.filename.startswith(name)))) for name in "abc")
)
MODES = st.sampled_from(("auto", "directory"))
REQUESTS = st.frozensets(st.sampled_from("abc"))


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """One folder for all examples: launchers name the path of their environment."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SELECTIONS, REQUESTS, MODES), min_size=1, max_size=5))
def test_the_environment_is_that_of_the_last_selection(
    place: Path, history: list[tuple[tuple[Wheel | None, ...], frozenset[str], str]]
) -> None:
    some, requested, mode = history[-1]
    wheels = [w for w in some if w]
    shutil.rmtree(place / "venv", ignore_errors=True)
    fresh = Installation(place)
    fresh.sync(*wheels, requested=requested, link_mode=mode)
    expected = fresh.tree()

    shutil.rmtree(place / "venv")
    world = Installation(place)
    for some, asked, way in history:
        world.sync(*(w for w in some if w), requested=asked, link_mode=way)

    assert world.tree() == expected
    assert not world.plan(*wheels, requested=requested, linking=Linking(mode)).has_work
    assert set(empty_folders(world.environment.root)) <= {
        world.environment.interpreter.scheme.purelib,
        world.environment.interpreter.scheme.headers,
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SELECTIONS, SELECTIONS, st.tuples(MODES, MODES))
def test_an_inexact_sync_only_adds(
    place: Path, first: tuple[Wheel | None, ...], second: tuple[Wheel | None, ...], modes: tuple[str, str]
) -> None:
    shutil.rmtree(place / "venv", ignore_errors=True)
    world = Installation(place)
    world.sync(*(w for w in first if w), link_mode=modes[0])
    before = {p.name: p.digest for p in world.found().packages}

    world.sync(*(w for w in second if w), exact=False, link_mode=modes[1])

    wanted = {w.filename.split("-")[0]: w.sha256 for w in second if w}
    assert {p.name: p.digest for p in world.found().packages} == before | wanted
