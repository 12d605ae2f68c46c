"""Small environments on a real disk, and a store to fill them from: what syncing needs, without an index."""

import os
import sys
from collections.abc import Collection, Mapping
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import MappingProxyType

from detent.events import Event
from detent.install.apply import Applied, apply, environment_lock, recover
from detent.install.bytecode import ByteCode
from detent.install.installed import read_installed
from detent.install.plan import AUTO, Found, Linking, Plan, plan
from detent.lock.choice import Choice, Selection
from detent.lock.model import LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.limits import Limits
from detent.model.requirement import PackageName, package_name
from detent.python.environment import Environment, environment_at
from detent.store.bytecode import ByteCodeStore
from detent.store.cache import open_store
from detent.store.wheels import WheelEntry, WheelStore
from support.interpreters import base_python, interpreter
from support.wheels import Wheel

VERSION = ".".join(map(str, sys.version_info[:3]))
BYTECODE_KIND = f"{sys.implementation.cache_tag}-{MAGIC_NUMBER.hex()}"


def empty_environment(root: Path, version: str = VERSION) -> Environment:
    """An environment without packages; with the default version its interpreter can be started."""
    environment = environment_at(root, interpreter(version, executable=base_python()))
    environment.site_packages.mkdir(parents=True)
    environment.scripts.mkdir()
    environment.python.symlink_to(base_python())
    for name in ("activate", "activate.fish"):
        (environment.scripts / name).write_text("# activation\n")
    (root / "pyvenv.cfg").write_text(
        f"home = {Path(base_python()).parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    (root / ".gitignore").write_text("*\n")
    return environment


def choice(wheel: Wheel, *, requested: bool = False) -> Choice:
    """What a selection says of a wheel."""
    name, version = wheel.filename.split("-")[:2]
    artifact = Artifact(
        wheel.filename, f"https://files.example.com/{wheel.filename}", (Digest("sha256", wheel.sha256),)
    )
    return Choice(LockedPackage(package_name(name), version, wheels=(artifact,)), artifact, requested)


class Installation:
    """One environment and one store below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = (
            environment_at(root / "venv", interpreter(VERSION, executable=base_python()))
            if (root / "venv").exists()
            else empty_environment(root / "venv")
        )
        self.events: list[Event] = []
        self.store = WheelStore(open_store(root / "store"), Limits())

    @property
    def site_packages(self) -> Path:
        return self.environment.site_packages

    @property
    def scripts(self) -> Path:
        return self.environment.scripts

    def selection(self, *wheels: Wheel, requested: Collection[str] = ()) -> Selection:
        choices = [choice(w, requested=w.filename.split("-")[0] in requested) for w in wheels]
        return Selection(
            self.environment.interpreter.target, tuple(sorted(choices, key=lambda c: c.package.name))
        )

    def stored(self, wheel: Wheel) -> WheelEntry:
        name, version = wheel.filename.split("-")[:2]
        return self.store.put(
            wheel.sha256, wheel.data, filename=wheel.filename, name=package_name(name), version=version
        )

    def entries(self, *wheels: Wheel) -> dict[PackageName, WheelEntry]:
        return {entry.name: entry for entry in map(self.stored, wheels)}

    def bytecode(self, *wheels: Wheel, by_directory: bool = False) -> dict[PackageName, ByteCode]:
        """What the store has of these wheels for our own Python; made if need be."""
        entries = self.entries(*wheels)
        provided = ByteCodeStore(self.store.layout, Limits(), os.environ, self.events.append).provide(
            tuple(entries.values()),
            executable=base_python(),
            kind=BYTECODE_KIND,
            by_directory={entry.digest for entry in entries.values() if by_directory},
        )
        return {
            name: ByteCode(BYTECODE_KIND, entry, provided.files[entry.digest])
            for name, entry in entries.items()
            if entry.digest in provided.files
        }

    def found(self) -> Found:
        return read_installed(self.environment)

    def plan(
        self,
        *wheels: Wheel,
        exact: bool = True,
        requested: Collection[str] = (),
        linking: Linking = AUTO,
    ) -> Plan:
        selection = self.selection(*wheels, requested=requested)
        return plan(selection, self.found(), exact=exact, linking=linking)

    def sync(
        self,
        *wheels: Wheel,
        exact: bool = True,
        requested: Collection[str] = (),
        link_mode: str = "auto",
        file_by_file: Collection[str] = (),
        overwriting: Collection[str] = (),
        bytecode: Mapping[PackageName, ByteCode] = MappingProxyType({}),
    ) -> Applied:
        """Do what a sync does once everything is in the store."""
        linking = Linking(
            link_mode, frozenset(map(package_name, file_by_file)), tuple(map(package_name, overwriting))
        )
        entries = self.entries(*wheels)
        with environment_lock(self.environment, limits=Limits(), report=self.events.append):
            recover(self.environment, report=self.events.append)
            decided = self.plan(*wheels, exact=exact, requested=requested, linking=linking)
            return apply(
                decided,
                self.environment,
                entries,
                store=self.store,
                linking=linking,
                bytecode=bytecode,
                report=self.events.append,
            )

    def tree(self) -> dict[str, str]:
        """Every file and link of the environment but our state, with its contents."""
        return {
            path: f"-> {full.readlink()}" if full.is_symlink() else full.read_text("utf-8", "replace")
            for path, full in files_below(self.environment.root)
            if not path.startswith(".detent/")
        }

    def library(self) -> dict[str, str]:
        """The same of site-packages alone, dist-info folders left out."""
        prefix = f"{self.environment.interpreter.scheme.purelib}/"
        return {
            path[len(prefix) :]: content
            for path, content in self.tree().items()
            if path.startswith(prefix) and ".dist-info/" not in path
        }


def files_below(root: Path) -> list[tuple[str, Path]]:
    """Every file and link, its path relative and full, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        found += [(str((here / name).relative_to(root)), here / name) for name in (*names, *links)]
    return sorted(found)


def empty_folders(root: Path) -> list[str]:
    """Every folder with nothing in it."""
    walked = os.walk(root)
    return sorted(str(Path(f).relative_to(root)) for f, folders, names in walked if not folders and not names)
