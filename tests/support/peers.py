"""pip and uv as their users run them, kept to loopback: they install and write locks beside detent."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from support.cli import Done, run

OWN_FILES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
"""What each installer writes in its own way."""


class Peers(NamedTuple):
    """The two tools, with homes and caches of their own."""

    home: Path

    @property
    def variables(self) -> dict[str, str]:
        """No configuration of this machine, and nothing but what the command line says."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "UV_CACHE_DIR": str(self.home / "uv"),
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "LC_ALL": "C.UTF-8",
        }

    def pip(self, *words: str, cwd: Path) -> Done:
        """Run the pip of the tests' own environment."""
        return run([sys.executable, "-m", "pip", *words], cwd=cwd, env=self.variables).ok()

    def uv(self, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
        """Run the uv that stands beside our interpreter."""
        program = str(Path(sys.executable).with_name("uv"))
        return run([program, *words], cwd=cwd, env={**self.variables, **(env or {})}).ok()

    def environment(self, name: str) -> Path:
        """Make an empty environment."""
        root = self.home / "environments" / name
        command = [sys.executable, "-m", "venv", "--without-pip", str(root)]
        run(command, cwd=self.home, env=self.variables).ok()
        return root


def contents(environment: Path) -> dict[str, bytes]:
    """Every file packages brought into an environment; of programs the names, which hold its own path."""
    library = next(environment.glob("lib/python*/site-packages"))
    places = (library, environment / "share", environment / "include")
    files = {
        str(path.relative_to(library if place is library else environment)): path.read_bytes()
        for place in places
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and not _is_own(path)
    }
    programs = {
        f"bin/{path.name}": b""
        for path in (environment / "bin").iterdir()
        if not path.name.lower().startswith(("python", "activate", "pydoc", "deactivate", "𝜋thon"))
    }
    return {**files, **programs}


def _is_own(path: Path) -> bool:
    is_metadata = path.parent.name.endswith(".dist-info") and path.name in OWN_FILES
    return is_metadata or path.name in {"_virtualenv.py", "_virtualenv.pth"}
