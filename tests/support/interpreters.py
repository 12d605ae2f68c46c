"""Builders for interpreters: made-up ones as values and as files, and the real ones of this machine."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from detent.errors.python import InterpreterBroken
from detent.model.target import Target
from detent.python.interpreter import Interpreter, Interpreters, Scheme
from detent.store.cache import open_store


def interpreter(
    version: str = "3.12.1",
    *,
    executable: str = "/opt/python/bin/python3",
    implementation: str = "cpython",
    is_free_threaded: bool = False,
    digest: str = "",
) -> Interpreter:
    """A value, with nothing behind it."""
    minor = ".".join(version.split(".")[:2])
    environment = {"python_version": minor, "python_full_version": version, "sys_platform": "linux"}
    library = f"lib/python{minor}/site-packages"
    return Interpreter(
        executable=executable,
        version=version,
        implementation=implementation,
        base_prefix=str(Path(executable).parent.parent),
        target=Target(version, environment, (f"cp{minor.replace('.', '')}-none-any", "py3-none-any")),
        scheme=Scheme(library, library, "bin", "", f"include/site/python{minor}"),
        extension_suffix=".so",
        is_64bit=True,
        is_free_threaded=is_free_threaded,
        digest=digest,
    )


def program(path: Path, text: str = "") -> Path:
    """An executable file; with no text it only has to look like one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or f"# {path}\n")
    path.chmod(0o755)
    return path


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return sorted(path.name for path in folder.iterdir())


class Machine:
    """A made-up machine: programs on a real disk, what each would answer, and which were started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.started: list[str] = []
        self._answers: dict[str, Interpreter] = {}

    def python(
        self,
        path: str,
        version: str = "3.12.1",
        *,
        implementation: str = "cpython",
        is_free_threaded: bool = False,
    ) -> Path:
        """Put an interpreter at a path below the machine's root."""
        file = program(self.root / path)
        self._answers[os.path.realpath(file)] = interpreter(
            version, executable=str(file), implementation=implementation, is_free_threaded=is_free_threaded
        )
        return file

    def environment(self, path: str, base: Path, version: str = "3.12.1", *, config: str = "") -> Path:
        """Put an environment of an interpreter below the machine's root, as PEP 405 describes it."""
        root = self.root / path
        minor = ".".join(version.split(".")[:2])
        (root / "bin").mkdir(parents=True)
        (root / f"lib/python{minor}/site-packages").mkdir(parents=True)
        (root / "bin/python").symlink_to(base)
        (root / "pyvenv.cfg").write_text(
            config or f"home = {base.parent}\nversion_info = {version}.final.0\n"
        )
        return root

    def probe(self, executable: str) -> Interpreter:
        """Answer as the probe would, or not."""
        self.started.append(executable)
        try:
            return self._answers[os.path.realpath(executable)]._replace(executable=executable)
        except KeyError:
            raise InterpreterBroken(executable, "it does not start") from None

    def interpreters(self, **trust: str) -> Interpreters:
        """Everything the machine knows, with a store of its own."""
        return Interpreters(open_store(self.root / "store"), self.probe, **trust)

    def path(self, *folders: str) -> str:
        """A value for the variable PATH."""
        return os.pathsep.join(str(self.root / folder) for folder in folders)


def base_python() -> str:
    """The interpreter the tests run on, or the one behind its environment."""
    return getattr(sys, "_base_executable", "") or sys.executable


def machine_pythons(variables: Mapping[str, str] | None = None) -> list[str]:
    """The interpreters found on this machine: our own first, then one of each other version."""
    variables = os.environ if variables is None else variables
    found = [Path(base_python())]
    roots = [Path(variables["PYENV_ROOT"])] if variables.get("PYENV_ROOT") else []
    folders = [Path(folder) for folder in variables.get("PATH", "").split(os.pathsep)]
    roots += [folder.parent for folder in folders if folder.name == "shims"]
    for minor in range(8, 20):
        for root in roots:
            found += sorted(root.glob(f"versions/3.{minor}.*/bin/python"))[:1]
        on_path = shutil.which(f"python3.{minor}")
        if on_path and Path(on_path).parent.name != "shims":
            found.append(Path(on_path))
    by_version: dict[str, str] = {}
    for file in found:
        by_version.setdefault(Path(os.path.realpath(file)).name, str(file))
    return list(by_version.values())
