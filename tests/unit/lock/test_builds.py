"""What a lock holds builds to: written, read again, and held against what a build asks for."""

import marshal

import pytest

from detent.lock.builds import build_lock_of, build_of, built_of, changed_builds, entries_of, facts_of, unmet
from detent.lock.model import BuildLock, BuildPin, Direct, Lock, LockedBuild, LockedPackage
from detent.lock.packed import pack, unpack
from detent.lock.pylock import parse_header, parse_lock, render_lock
from detent.model.names import PackageName
from detent.model.requirement import parse_requirement
from support.locks import entry, foreign, inputs, lock, target
from support.pylocks import a_wheel, an_entry, reason, source

A, B, TOOL = map(PackageName, ("a", "b", "tool"))
ON_WINDOWS = "sys_platform == 'win32'"


def with_builds() -> Lock:
    builds = (
        LockedBuild(((A, "1.0"), (B, "")), ("tool>=1",), ("other",), (BuildPin(TOOL, "1.0"),)),
        LockedBuild(((TOOL, "1.0"),), (), (), (BuildPin(B, "2.0", ON_WINDOWS),)),
    )
    pool = (entry("b", "2.0"), entry("tool", "1.0", sdist=True))
    made_from = inputs(["a"], options={"lock-build-requirements": "true"})
    return lock(entry("a", sdist=True, wheels=[]), made_from=made_from)._replace(
        builds=builds, build_packages=pool
    )


def test_what_is_written_is_what_is_read() -> None:
    some = with_builds()

    assert parse_lock(render_lock(some), "pylock.toml") == some
    assert parse_header(render_lock(some), "pylock.toml").inputs == some.inputs
    assert unpack(marshal.loads(marshal.dumps(pack(some)))) == some  # type: ignore[arg-type]  # plain


def test_a_lock_without_is_written_as_ever() -> None:
    assert "build" not in render_lock(lock(entry("a")))


BUILDS = "[[tool.detent.builds]]\npackages = []\nrequires = []\n"
HEAD = "[tool.detent]\nschema = 1\n"


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        (f'{BUILDS}with = [{{name = "x", version = "1.0"}}]', "builds[0].with[0]` is none of"),
        (f'{BUILDS}with = [{{name = "x", marker = "so"}}]', "marker` is not a valid marker"),
        (f"{BUILDS}with = [{{}}]", "`tool.detent.builds[0].with[0].name` is missing"),
        ('[[tool.detent.builds]]\nasked = ["=="]', "`tool.detent.builds[0].asked[0]` cannot be read"),
        (
            f'{BUILDS}[[tool.detent.build-packages]]\nname = "x"\ndirectory = {{path = "x"}}',
            "must have a version and a file",
        ),
        (
            f'{BUILDS}[[tool.detent.build-packages]]\nname = "b"\nwheels = [{a_wheel()}]',
            "`tool.detent.build-packages[0].wheels[0].name` is not a wheel of this entry",
        ),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_place(tail: str, said: str) -> None:
    assert said in reason(f"{source(an_entry(f'wheels = [{a_wheel()}]'), head=HEAD)}\n{tail}\n")


def test_a_build_gets_what_holds_on_its_platform() -> None:
    some = BuildLock(with_builds().builds, with_builds().build_packages)

    def names(name: PackageName, version: str, platform: str) -> list[str]:
        build = build_of(some, (name, version))
        assert build is not None
        return [package.name for package in entries_of(some, build, target(platform=platform))]

    assert names(A, "1.0", "linux") == names(B, "", "linux") == ["tool"]
    assert names(TOOL, "1.0", "linux") == []
    assert names(TOOL, "1.0", "win32") == ["b"]
    assert build_of(some, (A, "2.0")) is None


def test_another_tool_of_a_tool_is_another_build() -> None:
    some = BuildLock(with_builds().builds, with_builds().build_packages)
    moved = some._replace(
        builds=(some.builds[0], some.builds[1]._replace(pins=(BuildPin(TOOL, "1.0"),))),
    )

    assert facts_of(some, (A, "1.0")) != facts_of(moved, (A, "1.0"))
    assert facts_of(some, (A, "1.0")) == facts_of(some, (A, "1.0"))
    assert facts_of(some, (PackageName("x"), "1.0")) == ()


def test_folders_and_repositories_have_no_version() -> None:
    folder = LockedPackage(A, "1.0", direct=Direct("directory", "lib"))
    archive = LockedPackage(A, "1.0", direct=Direct("archive", "https://x.example.com/a-1.0.tar.gz"))

    assert built_of(folder) == (A, "")
    assert built_of(archive) == built_of(LockedPackage(A, "1.0")) == (A, "1.0")


def test_a_lock_that_says_nothing_leaves_builds_nothing_where_they_are_to_be_held() -> None:
    assert build_lock_of(foreign(entry("a")), is_wanted=False) is None
    assert build_lock_of(foreign(entry("a")), is_wanted=True) == BuildLock()
    assert build_lock_of(with_builds(), is_wanted=False) is not None


@pytest.mark.parametrize(
    ("asked", "is_met"),
    [
        ("tool", True),
        ("Tool >= 0.9", True),
        ("tool>1", False),
        ("other", False),
        ("other; sys_platform == 'win32'", True),
    ],
)
def test_what_is_asked_for_is_met_or_named(asked: str, *, is_met: bool) -> None:
    here = target(platform="linux")
    lacking = list(unmet([parse_requirement(asked)], [entry("tool", "1.0")], here))

    assert (not lacking) is is_met


def test_a_change_of_the_build_system_is_told() -> None:
    def told(manifest: object) -> list[str]:
        return list(changed_builds(with_builds(), [(B, manifest)]))

    assert told({"build-system": {"requires": ["tool >=1"]}}) == []
    assert told({"build-system": {"requires": ["tool"]}}) == [
        "`[build-system]` of `b` requires `tool` and required `tool>=1`"
    ]
    assert told({}) == ["`[build-system]` of `b` requires `setuptools>=40.8.0` and required `tool>=1`"]
    assert told({"build-system": {"requires": "tool"}}) == []
    assert list(changed_builds(with_builds(), [(TOOL, {})])) == [
        "the lock does not say what the build of `tool` needs"
    ]
