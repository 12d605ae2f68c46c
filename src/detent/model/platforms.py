"""Platforms by the names people give them (`linux`, `aarch64-apple-darwin`), as environments of markers.

The names are those of `uv --python-platform`; a `manylinux` or `musl` in one says nothing to a marker.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from packaging.version import InvalidVersion, Version

_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "linux": "x86_64-unknown-linux-gnu",
        "macos": "aarch64-apple-darwin",
        "windows": "x86_64-pc-windows-msvc",
    }
)
PLATFORMS = (
    *_ALIASES,
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "riscv64-unknown-linux",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "i686-pc-windows-msvc",
)
"""What may be written; `x86_64-manylinux_2_28` and the like as well."""

_MANYLINUX = re.compile(r"(x86_64|aarch64)-manylinux(2014|_[0-9]{1,3}_[0-9]{1,3})")
_SYSTEMS: Final = {
    "linux": {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
    "apple": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
    "windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
}
_MACHINES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("apple", "aarch64"): "arm64",
        ("windows", "x86_64"): "AMD64",
        ("windows", "aarch64"): "ARM64",
        ("windows", "i686"): "x86",
    }
)


def on_platform(environment: Mapping[str, str], name: str) -> dict[str, str]:
    """Give the environment of the same Python on another platform; ``ValueError`` for a name of none."""
    triple = _ALIASES.get(name, name)
    if triple not in PLATFORMS and not _MANYLINUX.fullmatch(triple):
        raise ValueError(name)
    machine = triple.partition("-")[0]
    system = next((word for word in ("apple", "windows") if word in triple), "linux")
    return {
        **environment,
        **_SYSTEMS[system],
        "platform_machine": _MACHINES.get((system, machine), machine),
        "platform_release": "",
        "platform_version": "",
    }


def on_python(environment: Mapping[str, str], version: str) -> dict[str, str]:
    """Give the environment of another Python on the same platform; ``ValueError`` for what is no version."""
    try:
        parsed = Version(version)
    except InvalidVersion as error:
        raise ValueError(version) from error
    if len(parsed.release) > 3:
        raise ValueError(version)
    # Of `3.12` the first release is meant, as everywhere else.
    full = version if len(parsed.release) == 3 else f"{parsed.major}.{parsed.minor}.0"
    return {
        **environment,
        "python_version": f"{parsed.major}.{parsed.minor}",
        "python_full_version": full,
        "implementation_version": full,
    }
