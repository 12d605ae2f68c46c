"""Platform tags as markers, held against the tags interpreters have by packaging's word."""

from collections.abc import Iterator

import pytest
from packaging.tags import android_platforms, ios_platforms, mac_platforms

from detent.model import markers
from detent.model.wheel_platforms import may_be_of_use, served

SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows", "android": "Android", "ios": "iOS"}


def on(platform: str, machine: str) -> dict[str, str]:
    return {
        "sys_platform": platform,
        "platform_system": SYSTEMS[platform],
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_machine": machine,
        "python_full_version": "3.13.0",
    }


def serves(tag: str, platform: str, machine: str, *, musl: bool = False) -> bool:
    return markers.evaluate(served(tag, musl=musl), on(platform, machine))


def may_serve(tag: str, platform: str, machine: str) -> bool:
    return markers.evaluate(may_be_of_use(tag), on(platform, machine))


def interpreters() -> Iterator[tuple[str, str, str]]:
    """Every kind of interpreter: a tag it has, and what it says of its platform and machine."""
    for machine in ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x", "riscv64"):
        for tag in ("linux", "manylinux1", "manylinux2014", "manylinux_2_28"):
            yield f"{tag}_{machine}", "linux", machine
    for machine in ("x86_64", "arm64"):
        for tag in mac_platforms((14, 0), machine):
            yield tag, "darwin", machine
    yield "win32", "win32", "x86"
    yield "win_amd64", "win32", "AMD64"
    yield "win_arm64", "win32", "ARM64"
    for tag in android_platforms(24, "arm64_v8a"):
        yield tag, "android", "aarch64"
    for tag in ios_platforms((13, 0), "arm64-iphoneos"):
        yield tag, "ios", "iPhone14,3"


def test_a_wheel_serves_the_interpreters_that_have_its_tag() -> None:
    for tag, platform, machine in interpreters():
        assert serves(tag, platform, machine), (tag, platform, machine)
        assert may_serve(tag, platform, machine), (tag, platform, machine)


def test_a_wheel_serves_no_interpreter_that_has_not_its_tag() -> None:
    rows = list(interpreters())
    tags = {(platform, machine): set[str]() for _, platform, machine in rows}
    for tag, platform, machine in rows:
        tags[platform, machine].add(tag)
    for tag, _, _ in rows:
        for (platform, machine), its_tags in tags.items():
            assert serves(tag, platform, machine) == (tag in its_tags), (tag, platform, machine)


@pytest.mark.parametrize("tag", ["any", "solaris_2_11_sun4v", "freebsd_14_0_release_amd64", "plan9"])
def test_what_is_for_any_platform_or_not_known_serves_all(tag: str) -> None:
    assert served(tag) == may_be_of_use(tag) == markers.ALWAYS


@pytest.mark.parametrize(
    ("tag", "platform", "machine"),
    [
        pytest.param("manylinux_2_17_i686", "linux", "x86_64", id="32 bit on a 64 bit kernel"),
        pytest.param("linux_armv7l", "linux", "aarch64", id="32 bit on a 64 bit ARM kernel"),
        pytest.param("win32", "win32", "AMD64", id="32 bit on 64 bit Windows"),
        pytest.param("win_amd64", "win32", "ARM64", id="x86 on ARM in Windows"),
        pytest.param("manylinux_2_17_x86_64", "linux", "amd64", id="another spelling"),
    ],
)
def test_an_interpreter_for_another_machine_may_use_what_is_not_counted_on(
    tag: str, platform: str, machine: str
) -> None:
    assert may_serve(tag, platform, machine)
    assert not serves(tag, platform, machine)


@pytest.mark.parametrize(
    ("tag", "platform", "machine"),
    [
        ("manylinux_2_17_x86_64", "linux", "aarch64"),
        ("manylinux_2_17_x86_64", "darwin", "x86_64"),
        ("macosx_11_0_arm64", "darwin", "x86_64"),
        ("macosx_10_9_x86_64", "darwin", "arm64"),
        ("win_arm64", "win32", "AMD64"),
        ("win_amd64", "linux", "x86_64"),
        ("musllinux_1_2_x86_64", "win32", "AMD64"),
    ],
)
def test_what_is_certain_rules_a_wheel_out(tag: str, platform: str, machine: str) -> None:
    assert not may_serve(tag, platform, machine)


def test_the_c_library_of_linux_is_told_apart_where_it_is_asked_for() -> None:
    assert not serves("musllinux_1_2_x86_64", "linux", "x86_64")
    assert serves("musllinux_1_2_x86_64", "linux", "x86_64", musl=True)
    assert not serves("manylinux_2_17_x86_64", "linux", "x86_64", musl=True)
    assert serves("linux_x86_64", "linux", "x86_64", musl=True)
    assert may_serve("musllinux_1_2_x86_64", "linux", "x86_64")
