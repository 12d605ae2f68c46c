"""Which platforms wheels are for, by the tags in their names (platform compatibility tags specification).

Two questions have two answers. Where a wheel *may* be of use decides whether a lock leaves it out, and only
what is certain narrows that: a machine reports itself under several spellings, and runs Pythons made for
others (32-bit ones, and those for x86 on ARM in Windows). Where a wheel *serves* is what a project can count
on: the interpreter as its platform calls itself. A tag that is not known is for every platform in both.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from detent.model import markers
from detent.model.markers import Marker

# Compiled when first used, as most locks are for every platform.
_LINUX = r"(many|musl)?linux(?:1|2010|2014|_[0-9]+_[0-9]+)?_([a-z0-9_]+)"
_MACOS = r"macosx_[0-9]+_[0-9]+_([a-z0-9_]+)"
_WINDOWS = r"win32|win_([a-z0-9]+)"
_OTHERS = {
    "android": "android",
    "ios": "ios",
    **dict.fromkeys(("emscripten", "pyemscripten", "pyodide"), "emscripten"),
}

_MACOS_MACHINES = {
    "universal2": ("arm64", "x86_64"),
    "universal": ("i386", "ppc", "ppc64", "x86_64"),
    "intel": ("i386", "x86_64"),
    "fat": ("i386", "ppc"),
    "fat3": ("i386", "ppc", "x86_64"),
    "fat32": ("i386", "ppc", "x86_64"),
    "fat64": ("ppc64", "x86_64"),
    **{machine: (machine,) for machine in ("arm64", "i386", "ppc", "ppc64", "x86_64")},
}
_WINDOWS_MACHINES = {"": ("x86",), "amd64": ("AMD64",), "arm64": ("ARM64",)}
"""What `platform_machine` says there, by the end of the tag; on Linux that end is the machine."""

_X86_64 = ("AMD64", "amd64", "x86_64")
_ARM64 = ("ARM64", "aarch64", "arm64")
_X86 = ("i386", "i486", "i586", "i686", "x86")
_MAY_BE = {
    ("linux", "x86_64"): _X86_64,
    ("linux", "aarch64"): _ARM64,
    ("linux", "i686"): (*_X86, *_X86_64),
    ("linux", "armv7l"): ("armv7l", "armv8l", *_ARM64),
    ("linux", "armv6l"): ("armv6l", "armv7l", "armv8l", *_ARM64),
    ("darwin", "x86_64"): _X86_64,
    ("darwin", "arm64"): _ARM64,
    ("win32", "AMD64"): (*_X86_64, *_ARM64),
    ("win32", "ARM64"): _ARM64,
    ("win32", "x86"): (*_X86, *_X86_64, *_ARM64),
}
"""The machines that a Python for one machine may name, other spellings included; else itself alone."""


@lru_cache(maxsize=1024)
def may_be_of_use(tag: str) -> Marker:
    """Give the platforms where a wheel with this platform tag could be installed at all."""
    platform, machines, _ = _read(tag)
    wider = {other for machine in machines for other in _MAY_BE.get((platform, machine), (machine,))}
    return _place(platform, sorted(wider))


@lru_cache(maxsize=1024)
def served(tag: str, *, musl: bool = False) -> Marker:
    """Give the platforms that a wheel with this platform tag serves; on Linux those with glibc, or with musl.

    Which C library a Linux has cannot be said in a marker, so one of them is meant.
    """
    platform, machines, library = _read(tag)
    if library and (library == "musl") != musl:
        return markers.NEVER
    return _place(platform, machines)


def _read(tag: str) -> tuple[str, tuple[str, ...], str]:
    """Give `sys_platform`, `platform_machine` and the C library of a tag; empty where it asks for none."""
    if tag == "any":
        return "", (), ""
    if found := re.fullmatch(_LINUX, tag):
        return "linux", (found[2],), found[1] or ""
    if found := re.fullmatch(_MACOS, tag):
        return "darwin", _MACOS_MACHINES.get(found[1], ()), ""
    if found := re.fullmatch(_WINDOWS, tag):
        return "win32", _WINDOWS_MACHINES.get(found[1] or "", ()), ""
    return _OTHERS.get(tag.partition("_")[0], ""), (), ""


def _place(platform: str, machines: Sequence[str]) -> Marker:
    if not platform:
        return markers.ALWAYS
    where = markers.parse(f"sys_platform == '{platform}'")
    if not machines:
        return where
    either = markers.parse(" or ".join(f"platform_machine == '{machine}'" for machine in machines))
    return markers.and_(where, either)
