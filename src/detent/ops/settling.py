"""Keeping what a sync settled, where nothing decides that is not in its key (:mod:`detent.ops.settled`).

Kept once the sync has ended well, and not where somebody edited one of the files meanwhile.
"""

# ruff: noqa: PTH108, PTH109, PTH119, PTH120 (strings: most syncs come here)

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from detent import stamp
from detent.errors import DetentError
from detent.events import ignore
from detent.install.plan import identity_of
from detent.lock.choice import Choice
from detent.ops.discover import LOCK_NAME, MANIFEST_NAME, Project
from detent.ops.dynamic import LEFT_OPEN
from detent.ops.matching import Settled, SyncOutcome
from detent.ops.python import sought
from detent.ops.settled import (
    KIND,
    VERSION,
    Memo,
    Row,
    choice_row,
    facts,
    files_that_decide,
    key_of,
    manifests_above,
    read,
)
from detent.ops.stamping import Witness
from detent.ops.world import World
from detent.python.clauses import is_prerelease
from detent.python.discovery import Sought, candidates, places
from detent.python.pyvenv import CONFIG_NAME
from detent.store.records import write_record

_KEPT = 64
"""Some kilobytes each."""


def keep_settled(
    witness: Witness,
    world: World,
    project: Project,
    outcome: SyncOutcome,
    *,
    words: Sequence[str],
    variables: Mapping[str, str],
    speech: tuple[int, int, bool, str],
) -> None:
    """Keep what was settled by files that the witness saw before they were read, unless more decided."""
    settled = outcome.settled
    if settled is None or not _is_told_by_files(world, project, settled, outcome, variables):
        return
    root = str(project.root)
    paths = files_that_decide(root, variables)
    if paths is None or root != os.getcwd() or variables.get("VIRTUAL_ENV"):
        return
    if any(map(os.path.lexists, manifests_above(root))):
        return
    with contextlib.suppress(OSError, DetentError):
        files = {name: read(path) for name, path in paths.items()}
        if not witness.is_content(frozenset(map(os.path.abspath, paths.values())) - {str(project.lock_path)}):
            return
        text = files[LOCK_NAME] if outcome.lock is None else outcome.lock.text
        if (files[MANIFEST_NAME], files[LOCK_NAME]) != (project.manifest_bytes, text):
            return
        place = world.layout.settled(key_of(words, variables, files))
        if os.path.lexists(place):
            return
        wanted = sought(world._replace(report=ignore), project)
        rests_on = _rests_on(world, wanted, settled, variables)
        if rests_on is None:
            return
        memo = Memo(
            speech=speech,
            locked=None if outcome.lock is None else len(outcome.lock.lock.packages),
            limits=tuple(world.limits),
            environment=str(world.settings.project_environment.value),
            asked=wanted.requests[0].path,
            executable=settled.interpreter.executable,
            interpreter=settled.interpreter.digest,
            rests_on=rests_on,
            path=None if wanted.requests[0].path else variables.get("PATH", ""),
            prompt=settled.prompt,
            exact=settled.exact,
            linking=(
                settled.linking.mode,
                tuple(sorted(settled.linking.file_by_file)),
                tuple(settled.linking.overwriting),
            ),
            last=settled.last,
            choices=tuple(map(choice_row, settled.selection.choices)),
        )
        write_record(place, KIND, VERSION, tuple(memo))
        _drop_oldest(str(place.parent))


def _is_told_by_files(
    world: World, project: Project, settled: Settled, outcome: SyncOutcome, variables: Mapping[str, str]
) -> bool:
    if project.workspace is not None:
        return False  # the files of all members tell it, and which folders there are
    settings = world.settings
    cutoffs = settings.choosing.cutoffs
    bounds = tuple(cutoffs.everyone())
    return (
        str(world.layout.root) == stamp.cache_root(dict(variables))
        and not settings.no_cache.value
        and not settled.compiles
        and settings.verify_cache.value == "changed"
        and not settled.reinstall
        and settled.linking.mode == settings.link_mode.value  # and no environment that stood there says it
        and not (
            outcome.lock is not None and any(b is not None and b.age_seconds is not None for b in bounds)
        )
        and not LEFT_OPEN.intersection(project.manifest.dynamic)
        and not (outcome.lock is not None and outcome.lock.goes_by_folders)
        and all(map(_is_lasting, settled.selection.choices))
    )


def _is_lasting(choice: Choice) -> bool:
    """Whether what a choice leads to is known by its hash alone."""
    direct = choice.package.direct
    is_elsewhere = direct is None or direct.location.startswith(("https:", "http:"))
    return choice.artifact.is_wheel and is_elsewhere and bool(identity_of(choice.artifact))


def _rests_on(
    world: World, wanted: Sought, settled: Settled, variables: Mapping[str, str]
) -> tuple[Row, ...] | None:
    """Give what a search for the interpreter would look at; ``None`` where that is not the one in use."""
    found = world.environments().find(wanted)
    if found.digest != settled.interpreter.digest or found.executable != settled.interpreter.executable:
        return None
    if len(wanted.requests) != 1 or found.is_free_threaded or is_prerelease(found.version):
        return None
    rows: dict[str, tuple[int, ...] | None] = {}
    for path in _looked_at(wanted, variables, found.executable):
        rows[path] = facts(path)
    if found.executable not in rows:
        return None
    return tuple(rows.items())


def _looked_at(wanted: Sought, variables: Mapping[str, str], executable: str) -> Iterator[str]:
    """Give every path that is asked on the way to an interpreter, and what decides about it."""
    request = wanted.requests[0]
    if request.path:
        yield from _around(executable)
        # By another path than its own it is found through what stands there.
        yield from () if request.path == executable else _around(request.path)
        return
    seen: set[str] = set()
    for candidate in candidates(request, wanted.requires_python, places(variables, own=sys.executable)):
        folder = os.path.dirname(candidate)
        if folder not in seen:
            seen.add(folder)
            yield folder
        yield from _around(candidate)
        if os.path.realpath(candidate) == os.path.realpath(executable):
            break
    yield executable
    roots = {variables.get("PYENV_ROOT", "")}
    for folder in map(os.path.normpath, variables.get("PATH", "").split(os.pathsep)):
        if os.path.basename(folder) == "shims":
            roots.add(os.path.dirname(folder))
    for root in sorted(filter(None, roots)):
        yield from (f"{root}/version", f"{root}/versions")


def _around(path: str) -> tuple[str, ...]:
    """Give a path and where it would be said that it lies in an environment (PEP 405)."""
    folder = os.path.dirname(path)
    return path, f"{folder}/{CONFIG_NAME}", f"{os.path.dirname(folder)}/{CONFIG_NAME}"


def _drop_oldest(folder: str) -> None:
    with contextlib.suppress(OSError):
        entries = tuple(os.scandir(folder))
        if len(entries) > _KEPT:
            by_age = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
            for entry in by_age[:-_KEPT]:
                os.unlink(entry)
