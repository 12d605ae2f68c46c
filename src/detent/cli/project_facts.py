"""What the commands about a project came to, as facts for programs: pure (schemas: `cli.schemas`)."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from detent import stamp
from detent.lock.coverage import Row
from detent.lock.diff import Change
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.edit import EditOutcome
from detent.ops.export import ExportOutcome
from detent.ops.import_project import ImportOutcome
from detent.ops.init import InitOutcome
from detent.ops.lock import LockOutcome
from detent.ops.manifest_changes import ManifestChange
from detent.ops.matching import SyncOutcome
from detent.ops.undo import UndoOutcome
from detent.ops.version import VersionOutcome
from detent.python.environment import Environment
from detent.python.interpreter import Interpreter

_ACTIONS = {"kept": "check", "created": "create", "replaced": "replace"}


def project_facts(project: Project) -> dict[str, object]:
    """Give where the project stands, and the workspace around it."""
    return {"path": str(project.current.root), "workspace": {"path": str(project.root)}}


def locked(
    project: Project, outcome: LockOutcome, rows: Sequence[Row] | None, *, dry_run: bool
) -> dict[str, object]:
    """Give what `lock` did, with the rows of `--coverage` where they are asked for."""
    facts = {
        "project": project_facts(project),
        "lock": lock_facts(project.lock_path, outcome),
        "dry_run": dry_run,
    }
    return facts if rows is None else {**facts, "coverage": coverage_facts(rows)}


def lock_facts(path: Path, outcome: LockOutcome | None) -> dict[str, object]:
    """Give what became of the lock; ``None``: it was taken as it is."""
    if outcome is None:
        return {
            "path": str(path),
            "action": "use",
            "is_changed": False,
            "packages": None,
            "changes": [],
            "merge": None,
            "seconds": None,
        }
    action = "create" if outcome.before is None else "update"
    return {
        "path": str(path),
        "action": action if outcome.is_changed else "check",
        "is_changed": outcome.is_changed,
        "packages": len(outcome.lock.packages),
        "changes": change_facts(outcome.changes),
        "merge": _merge_facts(outcome),
        "seconds": outcome.seconds,
    }


def _merge_facts(outcome: LockOutcome) -> dict[str, object] | None:
    """Give which side of a conflict won what; ``None`` where there was none."""
    merge = outcome.before.merge if outcome.before is not None and outcome.is_changed else None
    if merge is None:
        return None
    won = merge.won(outcome.lock)
    contests = []
    for name, ours, theirs, chosen in won.contests:
        side = "ours" if chosen == ours else "theirs" if chosen == theirs else "neither"
        sides = {"ours": list(ours), "theirs": list(theirs), "chosen": list(chosen)}
        contests.append({"name": str(name), "won": side, **sides})
    return {"ours": won.ours, "theirs": won.theirs, "contests": contests}


def change_facts(changes: Iterable[Change]) -> list[object]:
    """Give the packages whose versions moved in the lock."""
    return [{"name": c.name, "before": list(c.before), "after": list(c.after)} for c in changes]


def coverage_facts(rows: Sequence[Row]) -> list[object]:
    """Give what there is to install of each package for each target."""
    return [
        {
            "name": row.name,
            "version": row.version,
            "platform": row.target.platform,
            "python": row.target.python,
            "has": row.supply.value,
        }
        for row in rows
    ]


def synced(project: Project, outcome: SyncOutcome, *, dry_run: bool) -> dict[str, object]:
    """Give what `sync` did, in the shape that uv's has."""
    return {
        "target": "project",
        "project": project_facts(project),
        "sync": sync_facts(outcome),
        "lock": lock_facts(project.lock_path, outcome.lock),
        "dry_run": dry_run,
    }


def sync_facts(outcome: SyncOutcome) -> dict[str, object]:
    """Give what became of the environment."""
    return {
        "environment": environment_facts(outcome.environment, outcome.interpreter),
        "action": _ACTIONS[outcome.environment_action],
        "is_in_step": outcome.is_in_step,
        "kept": outcome.plan.changes().kept,
        "changes": list(_package_changes(outcome)),
        "fetched": outcome.fetched,
        "seconds": outcome.check_seconds + outcome.gather_seconds + outcome.apply_seconds,
    }


def _package_changes(outcome: SyncOutcome) -> Iterator[dict[str, object]]:
    changes = outcome.plan.changes()
    rows = [
        *((name, 0, "uninstalled", version) for name, version in changes.removed),
        *((name, 1, "installed", version) for name, version in changes.installed),
        *((name, 1, "reinstalled", version) for name, version in changes.reinstalled),
    ]
    for name, _, action, version in sorted(rows):
        origin = changes.origins.get(name, "") if action != "uninstalled" else ""
        fact: dict[str, object] = {"name": name, "version": version, "action": action}
        yield {**fact, "source": origin} if origin else fact


def environment_facts(root: Path, interpreter: Interpreter) -> dict[str, object]:
    """Give an environment and its Python."""
    return {
        "path": str(root),
        "python": {
            "path": str(root / stamp.PROGRAMS / "python"),
            "version": interpreter.version,
            "implementation": interpreter.implementation,
        },
    }


def edited(project: Project, outcome: EditOutcome) -> dict[str, object]:
    """Give what `add` and `remove` did."""
    return {
        "project": project_facts(project),
        "manifest": {
            "path": str(project.current.manifest_path),
            "changes": manifest_facts(outcome.manifest_changes),
        },
        **_lock_and_sync(project, outcome),
        "dry_run": outcome.is_dry_run,
    }


def _lock_and_sync(project: Project, outcome: EditOutcome) -> dict[str, object]:
    lock = None if outcome.lock is None else lock_facts(project.lock_path, outcome.lock)
    return {"lock": lock, "sync": None if outcome.sync is None else sync_facts(outcome.sync)}


def manifest_facts(changes: Iterable[ManifestChange]) -> list[object]:
    """Give the requirements that changed."""
    return [{"table": c.table, "before": c.before or None, "after": c.after or None} for c in changes]


def started(path: str, outcome: InitOutcome) -> dict[str, object]:
    """Give the project that was started."""
    return {
        "name": outcome.name,
        "path": path,
        "files": list(outcome.written),
        "workspace": outcome.workspace or None,
    }


def made(environment: Environment, seeds: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Give the environment that was made."""
    return {
        "environment": environment_facts(environment.root, environment.interpreter),
        "seeds": [{"name": name, "version": version} for name, version in seeds],
    }


def imported(outcome: ImportOutcome, *, dry_run: bool) -> dict[str, object]:
    """Give what was taken over."""
    source = outcome.source
    lock_path = source.root / LOCK_NAME
    return {
        "tool": source.tool,
        "files": list(source.taken),
        "is_done": source.is_done,
        "manifest": {
            "path": str(source.root / "pyproject.toml"),
            "is_changed": source.is_changed and not source.is_done,
            "text": outcome.text,
        },
        "requirements": outcome.requirements,
        "lock": None if outcome.lock is None else lock_facts(lock_path, outcome.lock),
        "moved": [{**moved._asdict(), "now": list(moved.now)} for moved in outcome.moved],
        "dry_run": dry_run,
    }


def versioned(project: Project, outcome: VersionOutcome) -> dict[str, object]:
    """Give the version, and what changing it came to."""
    facts: dict[str, object] = {
        "package_name": outcome.name,
        "version": outcome.version,
        "previous_version": outcome.before,
    }
    return facts if outcome.edit is None else {**facts, **_lock_and_sync(project, outcome.edit)}


def undone(outcome: UndoOutcome) -> dict[str, object]:
    """Give what was undone."""
    return {
        "command": outcome.step.command,
        "is_redo": outcome.step.is_undoing,
        "files": [{"path": name, "is_there": is_there} for name, is_there in outcome.files],
        "manifest": manifest_facts(outcome.manifest_changes),
        "lock_changes": change_facts(outcome.lock_changes),
        "sync": None if outcome.sync is None else sync_facts(outcome.sync),
        "dry_run": outcome.is_dry_run,
    }


def exported(project: Project, outcome: ExportOutcome) -> dict[str, object]:
    """Give what the lock is in another form."""
    return {
        "format": outcome.format,
        "output_file": None if outcome.path is None else str(outcome.path),
        "text": outcome.text,
        "lock": None if outcome.lock is None else lock_facts(project.lock_path, outcome.lock),
    }
