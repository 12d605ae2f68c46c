"""Source distributions on the way into a lock and an environment: built once, told apart, refused, failed."""

import bz2
import gzip
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import Sdist, tiny_sdist, tiny_tree, write_tree
from support.called_hooks import calls, listed_calls
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import machine_pythons
from support.sdists import sdist
from support.wheels import wheel

FAILS = "raise SystemExit('no compiler here')\n"
EMPTY = """
def build_wheel(to, *_):
    Path(to, 'a-1.0-py3-none-any.whl').touch()
    return 'a-1.0-py3-none-any.whl'
"""
MORE_IS_NEEDED = "def get_requires_for_build_wheel(*_):\n    return ['tool']\n"


@pytest.fixture
def project(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A project whose builds leave a list of what was called; afterwards no scratch is left of any."""
    with listed_calls(sandbox) as listed:
        yield listed


def sources(index: IndexServer, *made: Sdist) -> None:
    for each in made:
        index.add(each.filename, each.data)


def beside(project: Sandbox, name: str) -> Sandbox:
    """Another project with the same cache."""
    root = project.root.parent / name
    root.mkdir()
    other = Sandbox(root=root, cache=project.cache, index_url=project.index_url, variables=project.variables)
    other.write("pyproject.toml", project.read("pyproject.toml"))
    return other


def log_of(said: str) -> Path:
    """The log that a message names."""
    found = re.search(r"`([^`]*/logs-v1/[^`]*\.log)`", said)
    assert found, said
    return Path(found[1])


# ---- built, and built once -------------------------------------------------------------------


def test_a_source_distribution_is_asked_what_it_needs_built_and_installed(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", requires=["b"], is_open=True))
    publish(index, wheel("b"))
    project.manifest("a")

    locks = sorted(path.name for path in (project.cache / "locks").iterdir())
    project.detent("lock").ok()

    assert calls(project) == ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]
    assert sorted(path.name for path in (project.cache / "locks").iterdir()) == locks
    lock = project.read("pylock.toml")
    assert lock.count('metadata = "built"') == 1
    assert "a-1.0.tar.gz" in lock

    done = project.detent("sync").ok()

    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]
    assert done.err.startswith("   Building a==1.0\n      Built a==1.0\n")
    assert " + a==1.0\n + b==1.0\n" in done.err
    assert project.installed() == {"a": "1.0", "b": "1.0"}
    assert project.python("-c", "import a; print(a.__version__)").out == "1.0\n"


def test_what_one_project_built_another_takes_without_the_network(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", requires=["b"], is_open=True))
    publish(index, wheel("b"))
    project.manifest("a")
    project.detent("sync").ok()
    calls(project)

    other = beside(project, "other")
    other.detent("sync", "--offline").ok()

    assert calls(project) == []
    assert other.installed() == {"a": "1.0", "b": "1.0"}
    assert other.read("pylock.toml") == project.read("pylock.toml")


def test_a_source_distribution_of_an_old_form_is_locked_for_good(
    project: Sandbox, index: IndexServer
) -> None:
    made = tiny_sdist("a")
    packed = bz2.compress(gzip.decompress(made.data))
    index.add(made.filename.replace(".tar.gz", ".tar.bz2"), packed)
    project.manifest("a")

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0"}
    project.detent("lock", "--check").ok()
    assert "Checked 1 package" in project.detent("sync", "--locked").ok().err


def test_what_was_built_before_is_no_build_under_a_ban(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()
    calls(project)

    assert "Checked 1 package" in project.detent("sync", "--no-build").ok().err
    (project.root / ".venv").rename(project.root.parent / "aside")
    project.detent("sync", "--no-build").ok()

    assert project.installed() == {"a": "1.0"}
    assert calls(project) == []


def test_who_asks_for_a_package_again_by_name_has_it_built_again(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a"))
    write_tree(project.root, tiny_tree("demo", "1.0", requires=["a"]))
    project.detent("sync").ok()
    calls(project)

    project.detent("sync", "--reinstall-package", "a").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]

    project.detent("sync", "--reinstall").ok()
    assert calls(project) == ["build_editable"]


def test_a_ban_on_building_again_leaves_what_was_built(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()

    refused = project.detent("sync", "--reinstall-package", "a", "--no-build")

    assert "[build-forbidden]" in refused.err
    (project.root / ".venv").rename(project.root.parent / "aside")
    project.detent("sync", "--no-build").ok()


def test_the_next_build_finds_what_it_requires_without_the_network(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("tool"))
    write_tree(project.root, tiny_tree("demo", "1.0", build_requires=["tool"]))
    project.detent("sync").ok()
    write_tree(project.root, tiny_tree("demo", "2.0", build_requires=["tool"]))

    project.detent("sync", "--offline").ok()

    assert project.installed() == {"demo": "2.0"}


def test_metadata_that_had_to_be_built_whole_is_not_built_twice(project: Sandbox, index: IndexServer) -> None:
    more = "del prepare_metadata_for_build_wheel\n"
    sources(index, tiny_sdist("a", is_open=True, more=more))
    project.manifest("a")

    project.detent("lock").ok()
    project.detent("sync").ok()

    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]


def test_what_a_source_distribution_says_reliably_is_not_asked_of_a_build(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", requires=["b"]))
    publish(index, wheel("b"))
    project.manifest("a")

    project.detent("lock").ok()
    assert calls(project) == []
    assert "built" not in project.read("pylock.toml")

    project.detent("sync").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]


def test_other_settings_for_the_back_end_are_another_build(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()
    calls(project)

    project.detent("sync", "--reinstall", "-C", "x=1").ok()
    assert calls(project) == ['get_requires_for_build_wheel {"x": "1"}', 'build_wheel {"x": "1"}']

    project.detent("sync", "--reinstall").ok()
    assert calls(project) == []


def test_other_settings_make_another_package_of_what_is_installed(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a"))
    publish(index, wheel("b"))
    project.manifest("a", "b")
    project.detent("sync").ok()
    calls(project)

    first = project.detent("sync", "-C", "x=1").ok()
    again = project.detent("sync", "-C", "x=1").ok()
    back = project.detent("sync").ok()

    assert calls(project) == ['get_requires_for_build_wheel {"x": "1"}', 'build_wheel {"x": "1"}']
    assert first.err.splitlines()[-1] == back.err.splitlines()[-1] == " ~ a==1.0"
    assert "Checked 2 packages" in again.err


@pytest.mark.parametrize("flags", [["--refresh"], ["--refresh-package", "a"]])
def test_what_is_missing_is_built_again_where_the_cache_is_not_to_be_believed(
    project: Sandbox, index: IndexServer, flags: list[str]
) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()
    calls(project)

    project.detent("sync", *flags).ok()
    assert calls(project) == []  # it is there

    shutil.rmtree(project.root / ".venv")
    project.detent("sync", "--refresh-package", "b").ok()
    assert calls(project) == []
    shutil.rmtree(project.root / ".venv")
    project.detent("sync", *flags).ok()
    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]


def test_another_interpreter_is_another_build(project: Sandbox, index: IndexServer) -> None:
    other = next(
        (path for path in machine_pythons() if re.search(r"3\.1[2-9]", os.path.realpath(path))), None
    )
    if other is None:
        pytest.skip("there is one CPython on this machine")
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()
    calls(project)

    project.detent("sync", "-p", other).ok()

    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]


def test_a_wheel_for_another_machine_is_not_taken_from_a_back_end(
    project: Sandbox, index: IndexServer
) -> None:
    more = "_write = _write_wheel\ndef _write_wheel(*a):\n    return _write(*a, tag='cp27-cp27m-win32')\n"
    sources(index, tiny_sdist("a", more=more))
    project.manifest("a")

    done = project.detent("sync")

    assert done.code == 1
    assert "its back end made `a-1.0-cp27-cp27m-win32.whl`, which is not for CPython 3." in done.err
    assert "a" not in project.installed()


def test_what_was_built_before_is_no_build(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a")
    project.detent("sync").ok()

    assert "Checked 1 package" in project.detent("sync", "--no-build").ok().err
    other = beside(project, "other")
    other.write("pylock.toml", project.read("pylock.toml"))
    other.detent("sync", "--no-build").ok()
    assert other.installed() == {"a": "1.0"}


# ---- allowed and forbidden -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "table", "who", "way"),
    [
        (["--no-build"], "", "the flag `--no-build`", "do without the flag `--no-build`"),
        (
            ["--no-build-package", "a"],
            "",
            "the flag `--no-build-package`",
            "take `a` out of `no-build-package`",
        ),
        (
            [],
            'build = "deny"\nallow-build = ["b"]\n',
            '`build = "deny"` in `[tool.detent]` of the project',
            'allow it: add `"a"` to `allow-build` in `[tool.detent]` of the project',
        ),
    ],
)
def test_who_forbids_a_build_is_named_with_the_way_to_allow_it(
    project: Sandbox, index: IndexServer, flags: list[str], table: str, who: str, way: str
) -> None:
    sources(index, tiny_sdist("a", "1.0"), tiny_sdist("a", "2.0", is_open=True))
    project.manifest("a", tail=f"[tool.detent]\n{table}" if table else "")

    refused = project.detent("lock", *flags)

    assert refused.code == 1
    assert "[conflict]" in refused.err
    assert f"a 1.0..2.0 has only source distributions, and {who} forbids building them" in refused.err
    assert f" next: {way}" in refused.err
    assert not (project.root / "pylock.toml").exists()

    project.detent("lock", "--build" if table else "-q").ok()
    refused = project.detent("sync", *flags)

    assert refused.code == 1
    assert f"`a 2.0` would have to be built, which {who} forbids [build-forbidden]" in refused.err
    assert "the lock has only `a-2.0.tar.gz`" in refused.err
    assert f" next: {way}" in refused.err
    assert not (project.root / ".venv").exists()


def test_what_is_allowed_by_name_is_built_though_the_rest_is_not(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a"))
    project.manifest("a", tail='[tool.detent]\nbuild = "deny"\nallow-build = ["A"]\n')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0"}


def test_under_a_ban_a_version_with_a_wheel_is_taken_and_the_newer_ones_are_explained(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", "2.0", is_open=True))
    publish(index, wheel("a", "1.0"))
    project.manifest("a")

    done = project.detent("sync", "--no-build").ok()

    assert project.installed() == {"a": "1.0"}
    assert "warning: `a` 1.0 is locked, because 2.0 has only source distributions" in done.err
    assert calls(project) == []


@pytest.mark.parametrize("flags", [["--no-binary"], ["--no-binary-package", "a"]])
def test_a_package_can_be_built_although_there_is_a_wheel(
    project: Sandbox, index: IndexServer, flags: list[str]
) -> None:
    sources(index, tiny_sdist("a"))
    publish(index, wheel("a"))
    project.manifest("a")
    project.detent("sync").ok()
    assert calls(project) == []

    done = project.detent("sync", *flags).ok()

    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]
    assert " ~ a==1.0\n" in done.err


def test_without_wheels_a_package_that_has_nothing_else_is_refused(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a"))
    project.manifest("a")

    done = project.detent("lock", "--no-binary-package", "a")

    assert done.code == 1
    assert "a 1.0 has no source distribution, and `no-binary-package` refuses its wheels" in done.err


def test_a_ban_holds_for_what_a_build_needs(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a", build_requires=["tool"]), tiny_sdist("tool"))
    project.manifest("a", tail='[tool.detent]\nbuild = "deny"\nallow-build = ["a"]\n')

    done = project.detent("sync")

    assert done.code == 1
    assert "what is needed to build `a==1.0` cannot be had [build-requirements]" in done.err
    assert "forbids building" in done.err


# ---- what a build needs ----------------------------------------------------------------------


def test_what_a_build_needs_comes_from_the_index_and_is_built_where_it_must_be(
    project: Sandbox, index: IndexServer
) -> None:
    sources(
        index,
        tiny_sdist("a", build_requires=["b", "nowhere; python_version < '3'"], more="import b"),
        tiny_sdist("b", build_requires=["c"], more="import c", is_open=True),
    )
    publish(index, wheel("c"))
    project.manifest("a")

    done = project.detent("sync").ok()

    said = [line.split() for line in done.err.splitlines() if "Buil" in line]
    assert [*said[:1], *said[-3:]] == [
        ["Building", "a==1.0"],
        ["Building", "b==1.0"],
        ["Built", "b==1.0"],
        ["Built", "a==1.0"],
    ]
    assert project.installed() == {"a": "1.0"}


def test_what_a_hook_asks_for_besides_is_brought_into_line_with_what_is_there(
    project: Sandbox, index: IndexServer
) -> None:
    told = (
        MORE_IS_NEEDED
        + "try:\n    import tool, c\n    print('c', c.__version__)\nexcept ImportError:\n    pass\n"
    )
    sources(index, tiny_sdist("a", build_requires=["c"], more=told))
    publish(index, wheel("tool", requires=["c<2"]), wheel("c", "1.0"), wheel("c", "2.0"))
    project.manifest("a")

    done = project.detent("sync", "-v").ok()

    assert "\nc 1.0\n" in done.err


@pytest.mark.parametrize(
    ("requires", "more", "said"),
    [
        (["c>=9"], "", "`c>=9` is asked for; no version of it matches, the newest is 2.0"),
        (["nowhere"], "", "there is no package named `nowhere` on the index"),
        (["c>=2"], MORE_IS_NEEDED, "tool 1.0 needs c<2"),
        ([], "def get_requires_for_build_wheel(*_):\n    return ['c >']\n", "c >"),
        (["a"], "", "it is needed to build itself: `a` needs `a`"),
        (["b"], "", "it is needed to build itself: `a` needs `b` needs `a`"),
    ],
)
def test_a_build_that_cannot_have_what_it_needs_says_so(
    project: Sandbox, index: IndexServer, requires: list[str], more: str, said: str
) -> None:
    sources(index, tiny_sdist("a", build_requires=requires, more=more), tiny_sdist("b", build_requires=["a"]))
    publish(index, wheel("tool", requires=["c<2"]), wheel("c", "1.0"), wheel("c", "2.0"))
    project.manifest("a")
    project.detent("lock").ok()
    before = project.snapshot()

    done = project.detent("sync")

    assert done.code == 1
    assert "what is needed to build `a==1.0` cannot be had [build-requirements]" in done.err
    assert said in done.err
    assert done.err.count("error: ") == 1
    assert project.snapshot() == before


@pytest.mark.parametrize("needs", [["a"], ["b"]])
def test_a_circle_is_found_while_versions_are_looked_for(
    project: Sandbox, index: IndexServer, needs: list[str]
) -> None:
    sources(
        index,
        tiny_sdist("a", build_requires=needs, is_open=True),
        tiny_sdist("b", build_requires=["a"], is_open=True),
    )
    project.manifest("a")

    done = project.detent("lock")

    assert done.code == 1
    assert "[build-requirements]" in done.err
    assert "a 1.0 has metadata that cannot be read: it is needed for its own build" in done.err
    assert done.err.rstrip().splitlines()[-2].startswith("  why: your project needs a")


# ---- back ends that misbehave ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("def build_wheel(*_):\n    print('gcc: not found')\n    raise SystemExit(3)\n", "gcc: not found"),
        ("def build_wheel(*_):\n    print('gcc: not found')\n    os._exit(3)\n", "gcc: not found"),
        ("1 1\n", "SyntaxError: invalid syntax"),
    ],
)
def test_a_build_that_fails_shows_its_last_lines_and_where_the_others_are(
    project: Sandbox, index: IndexServer, more: str, said: str
) -> None:
    sources(index, tiny_sdist("a", more=f"print('from the beginning')\n{more}"))
    project.manifest("a")
    project.detent("lock").ok()
    before = project.snapshot()

    done = project.detent("sync")

    assert done.code == 1
    assert done.err.count("error: ") == 1
    assert "error: `a==1.0` could not be built [build-failed]\n" in done.err
    assert f"| {said}" in done.err
    assert said in log_of(done.err).read_text()
    assert project.snapshot() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("def _stem():\n    return 'b-1.0'\n", "made `b-1.0-py3-none-any.whl`, which is not `a` 1.0"),
        ("def _stem():\n    return 'a-3.0'\n", "made `a-3.0-py3-none-any.whl`, which is not `a` 1.0"),
        ("def build_wheel(*_):\n    return 'a-1.0-py3-none-any.whl'\n", "did not make the file"),
        (EMPTY, "was refused: it is empty"),
    ],
)
def test_what_a_back_end_makes_is_held_against_what_was_wanted(
    project: Sandbox, index: IndexServer, more: str, said: str
) -> None:
    sources(index, tiny_sdist("a", more=more))
    project.manifest("a")

    done = project.detent("sync")

    assert done.code == 1
    assert "error: `a==1.0` could not be built [build-failed]\n" in done.err
    assert said in done.err
    assert not (project.root / ".venv").exists()


def test_where_only_others_have_a_wheel_a_failed_build_says_so(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a", more="raise ValueError"))
    publish(index, wheel("a", "1.0", tag="cp39-cp39-win32"))
    project.manifest("a")

    done = project.detent("sync")

    assert "take another version of `a`: no wheel of this one is for CPython 3." in done.err


def test_a_failed_build_leaves_an_environment_as_it_was(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("b"))
    sources(index, tiny_sdist("a", more=FAILS))
    project.manifest("b")
    project.detent("sync").ok()
    before = project.snapshot()

    done = project.detent("add", "a")

    assert done.code == 1
    assert "| no compiler here" in done.err
    assert project.snapshot() == before
    project.detent("sync", "--check").ok()


def test_an_archive_that_is_no_source_distribution_is_refused(project: Sandbox, index: IndexServer) -> None:
    index.add("a-1.0.tar.gz", b"\x1f\x8b rubbish")
    project.manifest("a")

    done = project.detent("sync")

    assert done.code == 1
    assert "a-1.0.tar.gz" in done.err


# ---- versions that cannot be built -----------------------------------------------------------


def test_a_version_that_cannot_be_built_is_passed_over_with_a_warning(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", "1.0", is_open=True), tiny_sdist("a", "2.0", is_open=True, more=FAILS))
    project.manifest("a")

    done = project.detent("sync").ok()

    assert "warning: `a` 1.0 is locked, because 2.0 has metadata that cannot be read:" in done.err
    assert "it could not be built: `get_requires_for_build_wheel` exited with code 1" in done.err
    assert "no compiler here" in log_of(done.err).read_text()
    assert done.err.count("warning: ") == 1
    assert project.installed() == {"a": "1.0"}


def test_after_two_versions_that_cannot_be_built_no_other_one_is_and_both_are_shown(
    project: Sandbox, index: IndexServer
) -> None:
    failing = (tiny_sdist("a", version, is_open=True, more=FAILS) for version in ("2.0", "3.0", "4.0"))
    sources(index, tiny_sdist("a", "1.0"), *failing)
    project.manifest("a")

    done = project.detent("lock")

    assert done.code == 1
    assert re.findall(r"error: (.*)\n", done.err) == [
        "`a==4.0` could not be built [build-failed]",
        "`a==3.0` could not be built [build-failed]",
        "no versions satisfy everything [conflict]",
    ]
    assert "was not built, because two other versions could not be" in done.err
    assert not (project.root / "pylock.toml").exists()


def test_a_package_that_cannot_be_built_does_not_hold_up_an_answer_without_it(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, *(tiny_sdist("a", f"{n}.0", is_open=True, more=FAILS) for n in range(1, 6)))
    publish(index, wheel("b", "1.0"), wheel("b", "2.0", requires=["a"]))
    project.manifest("b")

    done = project.detent("lock").ok()

    assert 'name = "b"\nversion = "1.0"' in (project.root / "pylock.toml").read_text()
    assert done.err.count("Building ") == 2


def test_a_failed_build_is_shown_before_the_contradiction_it_led_to(
    project: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", is_open=True, more=FAILS))
    project.manifest("a")

    done = project.detent("lock")

    assert done.code == 1
    assert re.findall(r"error: (.*)\n", done.err) == [
        "`a==1.0` could not be built [build-failed]",
        "no versions satisfy everything [conflict]",
    ]
    assert "| no compiler here" in done.err


def test_a_failed_build_is_tried_again_the_next_time(project: Sandbox, index: IndexServer) -> None:
    sources(index, tiny_sdist("a", is_open=True, more="if 'MENDED' not in os.environ:\n    " + FAILS))
    project.manifest("a")
    assert project.detent("lock").code == 1

    project.detent("lock", env={"MENDED": "yes"}).ok()


def test_what_is_needed_for_a_build_and_cannot_be_built_is_shown_first(
    project: Sandbox, index: IndexServer
) -> None:
    sources(
        index,
        tiny_sdist("a", build_requires=["tool"]),
        tiny_sdist("tool", is_open=True, more=FAILS),
    )
    project.manifest("a")

    done = project.detent("sync")

    assert done.code == 1
    assert re.findall(r"error: (.*)\n", done.err) == [
        "`tool==1.0` could not be built [build-failed]",
        "what is needed to build `a==1.0` cannot be had [build-requirements]",
    ]
    assert "| no compiler here" in done.err


def test_an_older_version_of_what_a_build_needs_is_taken_with_a_warning(
    project: Sandbox, index: IndexServer
) -> None:
    sources(
        index,
        tiny_sdist("a", build_requires=["tool"]),
        tiny_sdist("tool", "2.0", is_open=True, more=FAILS),
    )
    publish(index, wheel("tool", "1.0"))
    project.manifest("a")

    done = project.detent("sync").ok()

    assert "warning: `tool==2.0` could not be built, so it was passed over: " in done.err
    assert "no compiler here" in log_of(done.err).read_text()


def test_static_metadata_is_believed_and_a_build_that_contradicts_it_is_not_asked(
    project: Sandbox, index: IndexServer
) -> None:
    made = sdist("a", requires=["b"])
    index.add(made.filename, made.data)
    publish(index, wheel("b"))
    project.manifest("a")

    project.detent("lock").ok()  # its setup.py would end the build

    assert 'name = "b"' in project.read("pylock.toml")


# ---- credentials and hostile sources ---------------------------------------------------------


def test_a_build_is_not_told_the_password_of_the_index(project: Sandbox, index: IndexServer) -> None:
    told = project.root.parent / "told"
    index.user = ("its-user", "its-secret")
    sources(
        index,
        tiny_sdist("a", more=f"open({str(told)!r}, 'w').write(repr(dict(os.environ)) + repr(sys.argv))"),
    )
    project.manifest("a")

    project.detent("sync", env={"DETENT_DEFAULT_INDEX": index.with_user("its-user", "its-secret")}).ok()

    assert "its-" not in told.read_text()
