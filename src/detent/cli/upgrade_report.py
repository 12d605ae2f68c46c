"""What could be newer, and what an upgrade came to: as lines, and as facts for programs.

All foreign text is made harmless.
"""

from collections.abc import Iterator, Sequence

from detent.cli.console import Console
from detent.cli.project_facts import lock_facts, project_facts, sync_facts
from detent.cli.render import show
from detent.cli.report import locked
from detent.cli.sync_report import Doing, synced
from detent.cli.why_report import asker_facts, asker_text
from detent.ops.discover import Project
from detent.ops.outdated import Holder, Row
from detent.ops.upgrading import UpgradeOutcome

_MOST_HOLDERS = 2
"""Named in a table; there may be dozens."""
_NOTHING = "-"


def outdated_table(rows: Sequence[Row]) -> Iterator[str]:
    """Give a line for each package: what is locked, what an upgrade comes to, and the newest."""
    if not rows:
        return
    has_waiting = any(row.waiting is not None for row in rows)
    head = ("package", "current", "allowed", "latest", "held by", *(("waiting",) * has_waiting))
    yield from _table(head, [_cells(row)[: len(head)] for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    waiting = row.waiting
    told = ""
    if waiting is not None:
        told = f"{waiting.version} until {waiting.day}" if waiting.day else waiting.version
    return (
        row.name,
        ", ".join(row.current) or _NOTHING,
        ", ".join(row.allowed) or "not needed",
        row.latest or _NOTHING,
        _held(row.holders),
        told,
    )


def _held(holders: Sequence[Holder]) -> str:
    told = [_holder(holder) for holder in holders[:_MOST_HOLDERS]]
    more = f" and {len(holders) - _MOST_HOLDERS} more" if len(holders) > _MOST_HOLDERS else ""
    return "; ".join(told) + more


def _holder(holder: Holder) -> str:
    if holder.asker is None:
        return f"it {holder.reason}"
    return f"{holder.requirement} of {asker_text(holder.asker)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    shown = [head, *([show(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(head))]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def outdated_facts(rows: Sequence[Row]) -> dict[str, object]:
    """Give the same for a program."""
    return {"packages": [_row_facts(row) for row in rows]}


def _row_facts(row: Row) -> dict[str, object]:
    waiting = row.waiting
    return {
        "name": row.name,
        "index": row.index,
        "current": list(row.current),
        "allowed": list(row.allowed),
        "latest": row.latest,
        "is_outdated": row.is_outdated,
        "held_by": [
            {
                "requirement": holder.requirement,
                "asker": asker_facts(holder.asker) if holder.asker is not None else None,
                "reason": holder.reason,
            }
            for holder in row.holders
        ],
        "waiting": None if waiting is None else {"version": waiting.version, "until": waiting.day or None},
    }


# ---- upgrade -------------------------------------------------------------------------------------


def upgraded(console: Console, outcome: UpgradeOutcome) -> None:
    """Report an upgrade: the bounds that moved and where they stand, then lock and environment."""
    verb = "Would raise" if outcome.is_dry_run else "Raised"
    for file, (_, line, before, after) in outcome.bounds:
        told = show(f"`{before}` to `{after}` ({file}:{line})")
        console.say(f"{console.styled(verb, '~')} {told}")
    locked(console, outcome.lock, dry_run=outcome.is_dry_run, is_synced=outcome.sync is not None)
    if outcome.sync is not None:
        synced(console, outcome.sync._replace(lock=None, looked_at=None), Doing())


def upgrade_facts(project: Project, outcome: UpgradeOutcome) -> dict[str, object]:
    """Give the same for a program."""
    return {
        "project": project_facts(project),
        "bounds": [
            {"file": file, "line": line, "table": table, "before": before, "after": after}
            for file, (table, line, before, after) in outcome.bounds
        ],
        "lock": lock_facts(project.lock_path, outcome.lock),
        "sync": sync_facts(outcome.sync) if outcome.sync is not None else None,
        "dry_run": outcome.is_dry_run,
    }
