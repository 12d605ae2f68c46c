"""Platforms by name, as environments of markers."""

import pytest

from detent.model.platforms import PLATFORMS, on_platform, on_python
from support.locks import target

HERE = target().environment


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("linux", ("posix", "linux", "Linux", "x86_64")),
        ("macos", ("posix", "darwin", "Darwin", "arm64")),
        ("windows", ("nt", "win32", "Windows", "AMD64")),
        ("x86_64-apple-darwin", ("posix", "darwin", "Darwin", "x86_64")),
        ("i686-pc-windows-msvc", ("nt", "win32", "Windows", "x86")),
        ("aarch64-manylinux_2_28", ("posix", "linux", "Linux", "aarch64")),
        ("riscv64-unknown-linux", ("posix", "linux", "Linux", "riscv64")),
    ],
)
def test_a_platform_changes_what_it_says_and_no_python(name: str, facts: tuple[str, ...]) -> None:
    there = on_platform(HERE, name)

    assert (
        there["os_name"],
        there["sys_platform"],
        there["platform_system"],
        there["platform_machine"],
    ) == facts
    assert there.keys() == HERE.keys()
    assert there["python_full_version"] == HERE["python_full_version"]


def test_every_listed_name_is_one() -> None:
    assert all(on_platform(HERE, name) for name in PLATFORMS)


@pytest.mark.parametrize("name", ["linux2", "Linux", "x86_64-manylinux", "sparc-sun-solaris"])
def test_other_names_are_none(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        on_platform(HERE, name)


@pytest.mark.parametrize(
    ("version", "full"), [("3.13", "3.13.0"), ("3.12.4", "3.12.4"), ("3.15.0a1", "3.15.0a1")]
)
def test_a_python_changes_versions_and_no_platform(version: str, full: str) -> None:
    there = on_python(HERE, version)

    assert there["python_full_version"] == there["implementation_version"] == full
    assert there["python_version"] == ".".join(full.split(".")[:2])
    assert there["sys_platform"] == "linux"


@pytest.mark.parametrize("version", ["v", "x", "3.12.1.1", ">=3"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=version):
        on_python(HERE, version)
