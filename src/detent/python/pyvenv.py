"""Reading ``pyvenv.cfg``: which interpreter stands behind an environment (PEP 405). Starts nothing.

An environment's own interpreter is never started: with it would run every ``.pth`` file that lies there.
What is started is its base. A file that comes with a repository may name any program as the base, so only a
program whose name is an interpreter's is taken.
"""

# ruff: noqa: PTH113, PTH117, PTH118, PTH119, PTH120 (strings: every sync asks)

import os
import re

from detent.model.names import PackageName

CONFIG_NAME = "pyvenv.cfg"
OWN_KEY = "detent"
"""In the configuration of an environment that detent made: its version."""
PLACE_KEY = "detent-place"
"""Where detent made the environment: programs in `bin` and scripts that activate it name this place."""
SEED_KEY = "seed"
"""``true`` where pip was put into it at once; uv reads and writes the same."""

_CONFIG_BYTES = 64 * 1024
_CHAIN = 4
"""How many environments may stand on each other before the search for a base is given up."""
_INTERPRETER_NAME = re.compile(r"(python|pypy|graalpy)(\d+(\.\d+)*)?(t|d|td)?(\.exe)?", re.IGNORECASE)


def looks_like_interpreter(path: str) -> bool:
    """Say whether the file's name is one an interpreter has."""
    return _INTERPRETER_NAME.fullmatch(os.path.basename(path)) is not None


def parse_config(text: str) -> dict[str, str]:
    """Read ``key = value`` lines; keys in lowercase, one pair of quotes around a value taken off."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and not key.lstrip().startswith("#"):
            stripped = value.strip()
            if len(stripped) > 1 and stripped[0] in "'\"" and stripped[0] == stripped[-1]:
                stripped = stripped[1:-1]
            values[key.strip().lower()] = stripped
    return values


def read_config(root: str) -> dict[str, str] | None:
    """Read the configuration of the environment at ``root``; ``None`` where there is none."""
    try:
        # Of a pipe nothing is read: it would be waited for.
        descriptor = os.open(os.path.join(root, CONFIG_NAME), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, _CONFIG_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    return parse_config(data.decode("utf-8", "replace"))


def maker(config: dict[str, str]) -> str:
    """Name the program that made an environment, by what it writes into the configuration."""
    return next((program for program in (OWN_KEY, "uv", "virtualenv") if program in config), "venv")


def seeds_of(config: dict[str, str], minor: tuple[int, int]) -> frozenset[PackageName]:
    """Name what an environment was given when it was made: installers, which belong to no project.

    One that detent made says so, and whether it was seeded; of others it is taken for granted.
    """
    if OWN_KEY in config and config.get(SEED_KEY) != "true":
        return frozenset()
    return frozenset(map(PackageName, ("pip", "setuptools", "wheel") if minor < (3, 12) else ("pip",)))


def environment_of(executable: str) -> str | None:
    """Give the root of the environment an executable lies in, or ``None``."""
    folder = os.path.dirname(executable)
    for root in (folder, os.path.dirname(folder)):
        if os.path.isfile(os.path.join(root, CONFIG_NAME)):
            return root
    return None


def lies_below(path: str, folder: str) -> bool:
    """Say whether ``path`` lies in ``folder``, links followed; compared by components."""
    inner, outer = os.path.realpath(path), os.path.realpath(folder)
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)


def base_of(executable: str) -> str | None:
    """Follow a candidate to the interpreter that may be started in its place.

    What lies in no environment is its own base. ``None`` when the base is gone, or is no interpreter.
    """
    current = executable
    for _ in range(_CHAIN):
        root = environment_of(current) or environment_of(os.path.realpath(current))
        if root is None:
            return current
        following = _named_base(root)
        if following is None:
            return None
        current = following
    return None


def _named_base(root: str) -> str | None:
    """Give the interpreter the configuration at ``root`` names, by the most telling key there is."""
    config = read_config(root) or {}
    home = config.get("home", "")
    version = config.get("version_info", "") or config.get("version", "")
    minor = ".".join(version.split(".")[:2])
    names = [f"python{minor}", "python3", "python", "pypy3", "graalpy"] if minor else ["python3", "python"]
    named = [config.get("base-executable", ""), *(os.path.join(home, n) for n in names if home)]
    for path in (*named, config.get("executable", "")):
        if os.path.isabs(path) and looks_like_interpreter(path) and os.access(path, os.X_OK):
            return path
    return None
