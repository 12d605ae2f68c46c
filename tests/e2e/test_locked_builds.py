"""What builds need, locked with the rest (`lock-build-requirements`), and builds held to that."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.seen_builds import SEES, SeenBuilds
from support.wheels import wheel

ON = "[tool.detent]\nlock-build-requirements = true\n"


class Builds(SeenBuilds):
    """A project whose lock has what its builds take."""

    def got(self, name: str) -> dict[str, str]:
        """What the lock has for the builds of a package, on every platform."""
        own = tomllib.loads(self.sandbox.read("pylock.toml"))["tool"]["detent"]
        found = [b for b in own["builds"] if name in [member["name"] for member in b["packages"]]]
        return {pin["name"]: pin["version"] for build in found for pin in build["with"]}


@pytest.fixture
def builds(sandbox: Sandbox, index: IndexServer) -> Iterator[Builds]:
    yield Builds(sandbox, index)
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


def test_builds_take_what_was_locked_and_not_what_is_newest(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=SEES))
    publish(builds.index, wheel("tool", "1.0", requires=["deep"]), wheel("deep", "1.0"))
    builds.sandbox.manifest("a", tail=ON)

    builds.lock()
    publish(builds.index, wheel("tool", "2.0"), wheel("deep", "2.0"))
    builds.sandbox.detent("sync").ok()

    assert builds.packages() == [{"deep": "1.0", "tool": "1.0"}]
    assert builds.sandbox.installed() == {"a": "1.0"}


def test_what_was_locked_is_for_every_platform_and_stands_apart_from_the_packages(builds: Builds) -> None:
    needs = ["here; sys_platform != 'win32'", "there>=1; sys_platform == 'win32'"]
    builds.sources(tiny_sdist("a", build_requires=needs, more=SEES))
    publish(builds.index, wheel("here", "1.0"), wheel("there", "1.0"), wheel("there", "0.9"))
    builds.sandbox.manifest("a", tail=ON)

    lock = builds.lock()

    assert [package["name"] for package in lock["packages"]] == ["a"]
    own = lock["tool"]["detent"]
    assert own["builds"] == [
        {
            "packages": [{"name": "a", "version": "1.0"}],
            "requires": ["here; sys_platform != 'win32'", "there>=1; sys_platform == 'win32'"],
            "with": [
                {"name": "here", "version": "1.0", "marker": "sys_platform != 'win32'"},
                {"name": "there", "version": "1.0", "marker": "sys_platform == 'win32'"},
            ],
        }
    ]
    assert [(p["name"], p["version"], p["index"]) for p in own["build-packages"]] == [
        ("here", "1.0", builds.index.url),
        ("there", "1.0", builds.index.url),
    ]
    assert all(file["hashes"]["sha256"] for p in own["build-packages"] for file in p["wheels"])
    assert Pylock.from_dict(lock).packages[0].name == "a"
    builds.sandbox.detent("sync").ok()
    assert builds.packages() == [{"here": "1.0"}]


def test_two_machines_write_the_same_lock(builds: Builds, tmp_path: Path) -> None:
    builds.sources(
        tiny_sdist("a", build_requires=["tool"]), tiny_sdist("b", build_requires=["tool"], requires=["a"])
    )
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("b", tail=ON)
    builds.lock()
    first = builds.sandbox.read("pylock.toml")
    (builds.sandbox.root / "pylock.toml").unlink()

    builds.sandbox.detent("lock", "--cache-dir", str(tmp_path / "other")).ok()

    assert builds.sandbox.read("pylock.toml") == first
    assert first.count("[[tool.detent.builds]]") == 1, "builds that need the same share one answer"


def test_what_a_build_needs_may_have_to_be_built_itself(builds: Builds) -> None:
    builds.sources(
        tiny_sdist("a", build_requires=["b"], more=f"import b\n{SEES}"),
        tiny_sdist("b", build_requires=["tool"], more=SEES),
    )
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail=ON)
    builds.lock()
    publish(builds.index, wheel("tool", "2.0"), wheel("b", "2.0"))
    builds.packages()

    builds.sandbox.detent("sync", "--cache-dir", str(builds.sandbox.root.parent / "other")).ok()

    assert builds.got("a") == {"b": "1.0"}
    assert builds.got("b") == {"tool": "1.0"}
    assert builds.packages() == [{"tool": "1.0"}, {"b": "1.0"}]


def test_a_build_that_needs_itself_is_named_when_it_is_locked(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["b"]), tiny_sdist("b", build_requires=["a"]))
    builds.sandbox.manifest("a", tail=ON)

    done = builds.sandbox.detent("lock")

    assert done.code == 1
    assert "it is needed to build itself: `a` needs `b` needs `a`" in done.err
    assert not (builds.sandbox.root / "pylock.toml").exists()


def test_what_back_ends_ask_for_besides_is_locked_for_each_way_to_build(builds: Builds) -> None:
    asks = "".join(
        f"def get_requires_for_build_{kind}(config_settings=None): return ['for-{kind}']\n"
        for kind in ("wheel", "editable", "sdist")
    )
    write_tree(
        builds.sandbox.root, tiny_tree("demo", "1.0", build_requires=["tool"], more=asks + SEES, tables=ON)
    )
    kinds = ("for-wheel", "for-editable", "for-sdist", "tool")
    publish(builds.index, *(wheel(name, "1.0") for name in kinds))
    builds.lock()
    publish(builds.index, *(wheel(name, "2.0") for name in kinds))

    builds.sandbox.detent("sync").ok()
    builds.sandbox.detent("build").ok()

    everything = dict.fromkeys(sorted(kinds), "1.0")
    assert builds.got("demo") == everything
    assert builds.packages() == [everything, everything, everything]


def test_an_answer_counts_until_somebody_asks_anew(builds: Builds) -> None:
    asks = (
        "def get_requires_for_build_wheel(config_settings=None): return os.environ.get('ASKS', '').split()\n"
    )
    builds.sources(tiny_sdist("a", more=asks + SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("more", "1.0"), wheel("c", "1.0"))
    builds.sandbox.manifest("a", tail=ON)
    builds.sandbox.detent("lock", env={"ASKS": "tool"}).ok()

    builds.sandbox.manifest("a", "c", tail=ON)
    builds.lock()
    assert builds.got("a") == {"tool": "1.0"}
    done = builds.sandbox.detent("sync", env={"ASKS": "tool more"})

    assert done.code == 1
    assert "the lock does not have what is needed to build `a==1.0` [build-not-locked]" in done.err
    assert "`pylock.toml` has no `more` for it" in done.err
    assert " next: run `detent lock --refresh`" in done.err
    builds.sandbox.detent("lock", "--refresh", env={"ASKS": "more"}).ok()
    assert builds.got("a") == {"more": "1.0", "tool": "1.0"}
    builds.sandbox.detent("sync", env={"ASKS": "tool more"}).ok()


def test_locked_versions_stay_until_they_are_to_move(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool", "other"]))
    publish(builds.index, wheel("tool", "1.0"), wheel("other", "1.0"), wheel("c", "1.0"))
    builds.sandbox.manifest("a", tail=ON)
    builds.lock()
    publish(builds.index, wheel("tool", "2.0"), wheel("other", "2.0"))

    builds.sandbox.manifest("a", "c", tail=ON)
    builds.lock()
    assert builds.got("a") == {"other": "1.0", "tool": "1.0"}
    builds.lock("-P", "tool", "--refresh")
    assert builds.got("a") == {"other": "1.0", "tool": "2.0"}
    builds.lock("--upgrade")
    assert builds.got("a") == {"other": "2.0", "tool": "2.0"}


def test_what_builds_need_is_part_of_what_a_check_compares(builds: Builds) -> None:
    write_tree(builds.sandbox.root, tiny_tree("demo", "1.0", build_requires=["tool"], tables=ON))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.lock()
    manifest = builds.sandbox.read("pyproject.toml")
    builds.sandbox.detent("lock", "--check", "--offline").ok()

    builds.sandbox.write("pyproject.toml", manifest.replace('requires = ["tool"]', 'requires = ["tool<2"]'))
    done = builds.sandbox.detent("lock", "--check", "--offline")
    assert done.code == 1
    assert "`[build-system]` of `demo` requires `tool<2` and required `tool`" in done.err
    builds.lock()
    assert builds.got("demo") == {"tool": "1.0"}

    bounds = f'{manifest}build-constraint-dependencies = ["tool!=1.0"]\n'
    builds.sandbox.write("pyproject.toml", bounds)
    done = builds.sandbox.detent("lock", "--check", "--offline")
    assert "the option `build-constraint-dependencies` is `tool!=1.0` and was not set" in done.err
    builds.lock()
    assert builds.got("demo") == {"tool": "2.0"}
    builds.sandbox.write("pyproject.toml", manifest.replace("lock-build-requirements = true", ""))
    lock = builds.lock()
    assert "builds" not in lock["tool"]["detent"]


def test_what_the_project_says_that_a_build_needs_besides_is_locked(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("lib", "1.0"), wheel("lib", "2.0"))
    extra = 'a = ["tool", { requirement = "lib", match-runtime = true }]\n'
    builds.sandbox.manifest("a", "lib<2", tail=f"{ON}[tool.detent.extra-build-dependencies]\n{extra}")
    assert "warning" not in builds.sandbox.detent("lock").ok().err
    publish(builds.index, wheel("tool", "2.0"))

    builds.sandbox.detent("sync").ok()

    assert builds.got("a") == {"lib": "1.0", "tool": "1.0"}
    assert builds.packages() == [{"lib": "1.0", "tool": "1.0"}]


def test_a_build_the_lock_says_nothing_of_gets_nothing(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"]))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a")
    builds.lock()
    builds.sandbox.manifest("a", tail=ON)

    done = builds.sandbox.detent("sync", "--frozen")

    assert done.code == 1
    assert "`pylock.toml` says nothing of this build, which needs `tool`" in done.err
    assert " next: run `detent lock`\n" in done.err
    assert not builds.sandbox.installed()


def test_a_file_that_is_not_the_locked_one_is_refused(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"]))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail=ON)
    builds.lock()
    builds.index.fail("tool-1.0-py3", flip=True, times=None)

    done = builds.sandbox.detent("sync", "--cache-dir", str(builds.sandbox.root.parent / "other"))

    assert "[hash-mismatch]" in done.err
    assert not builds.sandbox.installed()


def test_a_wheel_for_everybody_is_not_looked_into_for_what_its_source_needs(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["nowhere"]))
    publish(builds.index, wheel("a", "1.0"))
    builds.sandbox.manifest("a", tail=ON)

    lock = builds.lock()

    assert "builds" not in lock["tool"]["detent"]
    assert not [request for request in builds.index.requests if request.path.endswith(".tar.gz")]


def test_what_cannot_be_had_for_a_build_is_named_when_it_is_locked(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool>=2"]))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail=ON)

    done = builds.sandbox.detent("lock")

    assert done.code == 1
    assert "what is needed to build `a==1.0` cannot be had [build-requirements]" in done.err
    assert "the build of `a==1.0` needs tool>=2" in done.err


def test_a_project_whose_back_end_knows_what_it_needs_is_asked_with_what_was_locked(builds: Builds) -> None:
    tells = "_read = _metadata\ndef _metadata(): return _read() + 'Requires-Dist: c\\n'\n"
    tree = tiny_tree("demo", "1.0", build_requires=["tool"], more=SEES + tells, tables=ON)
    manifest = tree["pyproject.toml"].replace("\ndependencies = []", '\ndynamic = ["dependencies"]')
    write_tree(builds.sandbox.root, {**tree, "pyproject.toml": manifest})
    publish(builds.index, wheel("tool", "1.0"), wheel("c", "1.0"))
    builds.lock()
    publish(builds.index, wheel("tool", "2.0"))
    builds.packages()

    builds.sandbox.detent("sync", "--locked", "--cache-dir", str(builds.sandbox.root.parent / "other")).ok()

    assert {tool for seen in builds.packages() for tool in seen.items()} == {("tool", "1.0")}


def test_a_back_end_that_cannot_be_asked_here_is_warned_of_and_the_rest_is_locked(builds: Builds) -> None:
    fails = "def get_requires_for_build_wheel(config_settings=None): raise SystemExit('no compiler')\n"
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=fails))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail=f"{ON}[[tool.detent.dependency-metadata]]\nname = 'a'\n")

    done = builds.sandbox.detent("lock").ok()

    assert "warning: the back end of `a==1.0` cannot be asked here what its build needs" in done.err
    assert builds.got("a") == {"tool": "1.0"}


def test_what_may_not_be_built_is_not_asked(builds: Builds) -> None:
    tells = "open(os.environ['SEEN'], 'a').write('{}\\n')\n"
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=tells))
    publish(builds.index, wheel("tool", "1.0"))
    tail = f"{ON}build = 'deny'\n[[tool.detent.dependency-metadata]]\nname = 'a'\n"
    builds.sandbox.manifest("a", tail=tail)

    builds.sandbox.detent("lock")

    assert builds.packages() == []


def test_members_and_folders_of_the_project_are_held_to_the_lock(builds: Builds) -> None:
    root = builds.sandbox.root
    write_tree(root / "lib", tiny_tree("lib", "1.0", build_requires=["tool"], more=SEES))
    write_tree(root / "member", tiny_tree("member", "1.0", build_requires=["tool"], more=SEES))
    publish(builds.index, wheel("tool", "1.0"))
    tables = (
        "workspace = { members = ['member'] }\n"
        "sources = { lib = { path = 'lib' }, member = { workspace = true } }\n"
    )
    builds.sandbox.manifest("lib", "member", tail=ON + tables)
    builds.lock()
    publish(builds.index, wheel("tool", "2.0"))

    builds.sandbox.detent("sync").ok()

    assert builds.packages() == [{"tool": "1.0"}] * 2
    lock = builds.sandbox.read("pylock.toml")
    assert lock.count("[[tool.detent.builds]]") == 1
    manifest = (root / "lib/pyproject.toml").read_text()
    (root / "lib/pyproject.toml").write_text(manifest.replace('requires = ["tool"]', "requires = []"))
    done = builds.sandbox.detent("lock", "--check", "--offline")
    assert "`[build-system]` of `lib` requires nothing and required `tool`" in done.err


def test_what_has_no_wheel_on_a_required_or_a_usual_platform_is_locked(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"]), tiny_sdist("b", build_requires=["tool"]))
    usual: tuple[str, ...] = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "musllinux_1_1_x86_64")
    usual += ("macosx_11_0_universal2", "win_amd64")
    publish(builds.index, wheel("tool", "1.0"), wheel("b", "1.0", tag="py3-none-win_amd64"))
    publish(builds.index, *(wheel("a", "1.0", tag=f"py3-none-{platform}") for platform in usual))
    builds.sandbox.manifest("a", "b", tail=ON)
    builds.lock()
    assert builds.got("a") == {}
    assert builds.got("b") == {"tool": "1.0"}

    here = "required-environments = [\"sys_platform == 'linux' and platform_machine == 'riscv64'\"]\n"
    builds.sandbox.manifest("a", "b", tail=ON + here)
    builds.lock()

    assert builds.got("a") == builds.got("b") == {"tool": "1.0"}


def test_what_comes_from_git_or_from_a_url_is_held_to_the_lock(builds: Builds, tmp_path: Path) -> None:
    upstream = Repository(tmp_path / "upstream")
    upstream.commit(tiny_tree("a", "1.0", build_requires=["tool"], more=SEES))
    builds.sources(tiny_sdist("b", build_requires=["tool"], more=SEES))
    publish(builds.index, wheel("tool", "1.0"))
    tables = (
        f'[tool.detent.sources]\na = {{ git = "{upstream.url}" }}\n'
        f'b = {{ url = "{builds.index.origin}/files/b/b-1.0.tar.gz" }}\n'
    )
    builds.sandbox.manifest("a", "b", tail=ON + tables)
    builds.lock()
    first = builds.sandbox.read("pylock.toml")
    publish(builds.index, wheel("tool", "2.0"))
    builds.packages()

    builds.sandbox.detent("sync", "--cache-dir", str(tmp_path / "other")).ok()

    assert builds.packages() == [{"tool": "1.0"}] * 2
    builds.sandbox.detent("lock", "--refresh").ok()
    assert builds.sandbox.read("pylock.toml") == first
