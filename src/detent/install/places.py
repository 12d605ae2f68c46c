"""Where a wheel's files go in one environment, and which places nothing may be put: pure text.

Paths are relative to the environment's root, with ``/``. What configures the environment, starts its
interpreter or activates it belongs to the environment, and no package may bring or remove it.
"""

import os
import re

from detent.named import NamedTuple
from detent.python.environment import STATE_NAME, Environment

_ROOT_FILES = frozenset(("pyvenv.cfg", ".gitignore", "cachedir.tag"))
# The interpreter under any of its names, and what shells source. Real packages bring `python-argcomplete-...`
# and `activate-global-...`, so a name that merely begins like this is none of them.
_RESERVED_SCRIPT = r"(python|pypy|graalpy)w?[0-9.]*[a-z]?(\.exe)?|(de)?activate([._].*)?|pydoc\.bat"
_RESERVED_STARTS = ("python", "pypy", "graalpy", "activate", "deactivate", "pydoc")
"""How such a name begins: few do, and only for those the rest is looked at."""


class Places(NamedTuple):
    """The folders of one environment."""

    root: str
    """Absolute."""
    purelib: str
    platlib: str
    scripts: str
    headers: str
    """The folder that holds one folder of headers per distribution."""
    python: str
    """Absolute path of the environment's interpreter, as launchers name it."""
    python_minor: str
    """Its feature version, such as ``3.12``."""

    @property
    def fixed(self) -> frozenset[str]:
        """Folders that belong to the environment and stay even when they are empty."""
        found = {""}
        for folder in (self.purelib, self.platlib, self.scripts, self.headers):
            parts = folder.split("/")
            found.update("/".join(parts[: count + 1]) for count in range(len(parts)))
        return frozenset(found)

    def library(self, *, is_pure: bool) -> str:
        """Where a wheel's packages go."""
        return self.purelib if is_pure else self.platlib

    @property
    def libraries(self) -> tuple[str, ...]:
        """The folders that hold distributions: mostly one."""
        return (self.purelib,) if self.purelib == self.platlib else (self.purelib, self.platlib)


def places_of(environment: Environment) -> Places:
    """Read the folders off an environment; a `lib64` that is a link to `lib` counts as `lib`."""
    scheme = environment.interpreter.scheme
    platlib = scheme.platlib
    if platlib != scheme.purelib and os.path.realpath(environment.platlib) == os.path.realpath(
        environment.site_packages
    ):
        platlib = scheme.purelib
    return Places(
        root=str(environment.root),
        purelib=scheme.purelib,
        platlib=platlib,
        scripts=scheme.scripts,
        headers=scheme.headers,
        python=str(environment.python),
        python_minor="{}.{}".format(*environment.interpreter.minor),
    )


def protection(places: Places, path: str) -> str:
    """Say why no package may touch this path; empty for one that may be touched."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "it leaves the environment"
    first = parts[0].casefold()
    if first == STATE_NAME:
        return "detent keeps its own state there"
    if len(parts) == 1 and first in _ROOT_FILES:
        return "the environment's own configuration stands there"
    folder, _, name = path.rpartition("/")
    if folder.casefold() == places.scripts.casefold():
        folded = name.casefold()
        if folded.startswith(_RESERVED_STARTS) and re.fullmatch(_RESERVED_SCRIPT, folded):
            return "the environment's interpreter or its activation stands there"
    return ""
