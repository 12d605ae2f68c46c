"""Where configuration lies, by the variables alone; nothing is read."""

# ruff: noqa: PTH118 (strings: every command asks)

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from detent.named import NamedTuple

CONFIG_NAME = "detent.toml"


class Folders(NamedTuple):
    """Where cache and configuration lie by default."""

    cache: Path
    user_config: Path
    system_config: tuple[Path, ...]
    """The first that has a file counts."""


def xdg_folders(variables: Mapping[str, str]) -> Folders | None:
    """Give the XDG base directories, as platformdirs has them; ``None`` where they are not told by variables.

    Importing platformdirs costs more than a warm command may.
    """
    home = variables.get("HOME")
    if sys.platform != "linux" or not home:
        return None
    cache_home = variables.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    config_home = variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    system = (variables.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    return Folders(
        Path(cache_home, "detent"),
        Path(config_home, "detent"),
        tuple(Path(folder, "detent") for folder in (*filter(None, system), "/etc")),
    )


def config_paths(folders: Folders, variables: Mapping[str, str]) -> Iterator[str]:
    """Give every file outside the project that may set something, there or not."""
    for folder in (folders.user_config, *folders.system_config):
        yield f"{folder}/{CONFIG_NAME}"
    yield from pip_files(variables)


def pip_files(variables: Mapping[str, str]) -> Iterator[str]:
    """Give pip's own configuration files, the one that counts most last (pip's rule)."""
    own = variables.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    home = variables.get("HOME") or ""
    config_home = variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    for folder in reversed((variables.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
        yield os.path.join(folder, "pip", "pip.conf")
    yield "/etc/pip.conf"
    yield os.path.join(home, ".pip", "pip.conf")
    yield os.path.join(config_home, "pip", "pip.conf")
    if own:
        yield own
