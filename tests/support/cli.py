"""Run detent as a user does: a process, a folder, an index on loopback."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from support.index_server import IndexServer
from support.wheels import Wheel

SOURCE = Path(__file__).parents[2] / "src"
MANIFEST = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
"""


class Done(NamedTuple):
    """How a process ended."""

    code: int
    out: str
    err: str

    def ok(self) -> "Done":
        """Fail the test with what was said unless it ended well."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A project folder, its cache, and the variables detent is run with."""

    root: Path
    """The project's folder."""
    cache: Path
    index_url: str
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, index_url: str, primed_cache: Path | None = None) -> "Sandbox":
        """Make the folders; the cache begins as a copy of the primed one."""
        root, cache, home = folder / "project", folder / "cache", folder / "home"
        root.mkdir()
        home.mkdir(exist_ok=True)
        if primed_cache is not None:
            shutil.copytree(primed_cache, cache)
            cache.chmod(0o700)
        return cls(root=root, cache=cache, index_url=index_url, variables=variables(cache, home, index_url))

    def detent(
        self,
        *words: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Done:
        """Run `detent` with these words and wait for it."""
        return run(
            [sys.executable, "-m", "detent", *words],
            cwd=cwd or self.root,
            env={**self.variables, **(env or {})},
            timeout=timeout,
        )

    def shell(self, *words: str, cwd: Path | None = None, timeout: float = 60) -> Done:
        """Run `sh` with these words; it finds `detent` on its path."""
        program = self.root.parent / "bin/detent"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m detent "$@"\n', "utf-8")
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{self.variables['PATH']}"
        env = {**self.variables, "PATH": path}
        return run(["sh", *words], cwd=cwd or self.root, env=env, timeout=timeout)

    def start(self, *words: str, listen: bool = False) -> "subprocess.Popen[bytes]":
        """Start `detent` in a process group of its own and do not wait; ``listen`` to what it says."""
        return subprocess.Popen(
            [sys.executable, "-m", "detent", *words],
            cwd=self.root,
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if listen else subprocess.DEVNULL,
            process_group=0,
        )

    def python(self, *words: str) -> Done:
        """Run the environment's own interpreter."""
        return run([str(self.root / ".venv/bin/python"), *words], cwd=self.root, env=self.variables)

    def manifest(self, *dependencies: str, tail: str = "") -> None:
        """Write a pyproject.toml."""
        listed = ", ".join(f'"{d}"' for d in dependencies)
        self.write("pyproject.toml", MANIFEST.format(dependencies=listed) + tail)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def read(self, name: str) -> str:
        """Read a file of the project."""
        return (self.root / name).read_text("utf-8")

    def installed(self) -> dict[str, str]:
        """Name and version of every distribution in the environment, by their dist-info folders."""
        found = {}
        for path in self.root.glob(".venv/lib/python*/site-packages/*.dist-info"):
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            found[name.replace("_", "-")] = version
        return dict(sorted(found.items()))

    def snapshot(self) -> dict[str, bytes]:
        """Contents of every file of the project and its environment, byte code and our own lock apart."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.suffix != ".pyc" and path.name != "lock"
        }


def publish(index: IndexServer, *wheels: Wheel) -> None:
    """Put wheels on the index."""
    for made in wheels:
        index.add(made.filename, made.data)


def variables(cache: Path, home: Path, index_url: str) -> dict[str, str]:
    """The variables of a machine with nothing on it but this interpreter."""
    return {
        "PATH": os.pathsep.join((str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin")),
        "HOME": str(home),
        "PYTHONPATH": str(SOURCE),
        "PIP_CONFIG_FILE": os.devnull,
        "DETENT_CACHE_DIR": str(cache),
        "DETENT_DEFAULT_INDEX": index_url,
        "LC_ALL": "C.UTF-8",
        **({"COVERAGE_PROCESS_START": c} if (c := os.environ.get("COVERAGE_PROCESS_START")) else {}),
    }


def run(command: list[str], *, cwd: Path, env: Mapping[str, str], timeout: float = 60) -> Done:
    """Run a command to its end; what hangs is ended with all it started."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        process_group=0,
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Done(process.returncode, out, err)


def prime_cache(folder: Path, python: str) -> Path:
    """Make a cache that holds the probe and the template of an interpreter, and nothing else."""
    root, cache, home = folder / "project", folder / "cache", folder / "home"
    root.mkdir()
    home.mkdir()
    (root / "pyproject.toml").write_text(MANIFEST.format(dependencies=""), "utf-8")
    env = variables(cache, home, "http://127.0.0.1:9/simple/")
    run([python, "-m", "detent", "sync"], cwd=root, env=env).ok()
    return cache
