"""What an environment is before it is changed, as `undo` needs to know it; nothing is written."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from detent.fsio import read_start
from detent.install.manifest import read_manifest
from detent.install.plan import Foreign, Installed, Plan, Remove, Replace
from detent.ops.history import FileChange, Remembered, WasEnvironment, WasInstalled
from detent.ops.kept_selection import read_kept_selection
from detent.python.pyvenv import base_of

_MOST_BYTES = 64 * 1024


def environment_before(root: Path, plan: Plan | None) -> WasEnvironment:
    """Describe an environment before a plan is carried out in it; without a plan: before it is replaced."""
    packages = read_manifest(str(root)).packages if plan is None else plan.found.packages
    return WasEnvironment(
        root=str(root),
        python=python_behind(root),
        selection=read_kept_selection(root),
        packages=tuple(_was_installed(root, package) for package in packages),
        overwriting=tuple(_overwriting(packages)),
        foreign=() if plan is None else tuple((f.name, f.version) for f in _removed(plan)),
    )


def remember_environment(remembered: Remembered, root: Path, plan: Plan | None, *files: FileChange) -> None:
    """Write down an environment that is about to be changed, if it is, and files that are to be with it."""
    is_changed = plan is None or plan.has_work
    if is_changed and not remembered.has_environment:
        remembered.environment(environment_before(root, plan), *files)
    else:
        remembered.files(*files)


def python_behind(root: Path) -> str:
    """Give the interpreter behind an environment; empty where there is none."""
    python = f"{root}/bin/python"
    return (os.path.lexists(python) and base_of(python)) or ""


def _was_installed(root: Path, package: Installed) -> WasInstalled:
    direct_url = f"{package.dist_info}/direct_url.json"
    return WasInstalled(
        package.name,
        package.version,
        package.digest,
        package.identity,
        package.is_requested,
        package.is_by_directory,
        _read(f"{root}/{direct_url}") if direct_url in package.private else b"",
    )


def _overwriting(packages: Iterable[Installed]) -> Iterator[str]:
    yielded = {path for package in packages for path in package.yielded}
    if yielded:
        yield from (package.name for package in packages if not yielded.isdisjoint(package.paths()))


def _read(path: str) -> bytes:
    try:
        return read_start(path, _MOST_BYTES)
    except OSError:
        return b""


def _removed(plan: Plan) -> Iterable[Foreign]:
    """Give the distributions of other installers that the plan takes away.

    What is left of a damaged package of ours looks like one of them.
    """
    ours = {package.name for package in plan.found.leftovers}
    for action in plan.actions:
        if action.name in ours:
            continue
        match action:
            case Remove(Foreign() as gone):
                yield gone
            case Replace(_, others, _):
                yield from others
            case _:
                pass
