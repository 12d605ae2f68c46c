"""What the cache commands found, as lines and as facts for programs: pure, all foreign text made harmless."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from time import gmtime, strftime

from detent.cli.render import count, show, size
from detent.ops.cache import CacheCheck, CacheSize
from detent.store.inventory import Tree
from detent.store.usage import Held, Usage
from detent.store.verify import Fault, Verdict

_SHOWN = 10
"""How many files of one package are named."""
_WORDS = {
    "changed": "is damaged",
    "missing": "is missing",
    "foreign": "does not belong there",
    "mode": "has another mode",
}


# ---- size ------------------------------------------------------------------------------------


def size_table(found: CacheSize) -> Iterator[str]:
    """Give the sizes of all buckets, and what removing them would come to."""
    yield f"Cache at: {show(found.path)}"
    rows = [*found.buckets.items(), ("total", found.total)]
    heads = ("", "files", "size", "registered", "shared", "reclaimable")
    yield from _table(heads, [(show(name), str(used.files), *map(size, _bytes(used))) for name, used in rows])


def size_facts(found: CacheSize) -> dict[str, object]:
    """Give the same for a program."""
    return {
        "path": found.path,
        **_usage_facts(found.total),
        "buckets": [{"name": name, **_usage_facts(used)} for name, used in found.buckets.items()],
    }


def _bytes(used: Usage) -> tuple[int, ...]:
    return used.size_bytes, used.registered_bytes, used.shared_bytes, used.reclaimable_bytes


def _usage_facts(used: Usage) -> dict[str, object]:
    names = ("size_bytes", "registered_bytes", "shared_bytes", "reclaimable_bytes")
    return {"files": used.files, **dict(zip(names, _bytes(used), strict=True))}


# ---- list ------------------------------------------------------------------------------------


def list_table(rows: Sequence[Held]) -> Iterator[str]:
    """Give the packages, one line each."""
    yield from _table(
        ("package", "version", "size", "last used", "environments"),
        [
            (
                show(row.entry.name),
                show(row.entry.version),
                size(row.tree.size_bytes),
                strftime("%Y-%m-%d", gmtime(row.used)),
                str(row.environments),
            )
            for row in rows
        ],
        texts=2,
    )


def list_facts(rows: Sequence[Held]) -> dict[str, object]:
    """Give the same for a program."""
    return {
        "packages": [
            {
                "name": row.entry.name,
                "version": row.entry.version,
                "sha256": row.entry.digest,
                "files": row.tree.files,
                "size_bytes": row.tree.size_bytes,
                "shared_bytes": row.tree.shared_bytes,
                "last_used": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(row.used)),
                "environments": row.environments,
                "linked_from": [str(path) for path in row.owners],
            }
            for row in rows
        ],
    }


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> Iterator[str]:
    """Lay out a table: the first columns are text, the others numbers."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [
            cell.ljust(width) if place < texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


# ---- removed, verified -----------------------------------------------------------------------


def removed(tree: Tree) -> str:
    """Say what was removed; empty for nothing."""
    if not tree.files:
        return ""
    told = f"Removed {count(tree.files, 'file')} ({size(tree.size_bytes)})"
    if tree.shared_bytes:
        told += f"; {size(tree.shared_bytes)} of it live on in environments that share the files"
    return told


def removed_facts(path: str, tree: Tree) -> dict[str, object]:
    """Give the same for a program."""
    return {"path": path, **tree._asdict()}


def check_facts(outcome: CacheCheck) -> dict[str, object]:
    """Give what verifying found, for a program."""
    verdict = outcome.verdict
    return {
        "packages": verdict.wheels,
        "files": verdict.files,
        "size_bytes": verdict.size_bytes,
        "faults": [{"subject": f.subject, "path": f.path, "kind": f.kind} for f in verdict.faults],
        "removed": list(outcome.removed),
        "environments": [str(root) for root in verdict.environments],
        "sharing": [{"subject": subject, "environments": links} for subject, links in verdict.sharing],
        "seconds": outcome.seconds,
    }


def fault_lines(verdict: Verdict) -> Iterator[str]:
    """Give the files that are not as they were written, not all of them where a package has many."""
    for subject, group in groupby(verdict.faults, key=lambda fault: fault.subject):
        faults = sorted(group, key=lambda fault: fault.kind == "mode")  # what matters most is named
        for fault in faults[:_SHOWN]:
            file = f": `{show(fault.path)}`" if fault.path else ""
            yield f"{show(subject)}{file} {_WORDS[fault.kind]}{_mode(fault)}"
        if len(faults) > _SHOWN:
            yield f"{show(subject)}: {count(len(faults) - _SHOWN, 'more file')}"


def _mode(fault: Fault) -> str:
    return f" than {fault.mode:04o}" if fault.kind == "mode" else ""


def verified(verdict: Verdict) -> str:
    """Say what was looked at."""
    wheels = count(verdict.wheels, "package")
    return f"Verified {wheels}, {count(verdict.files, 'file')} ({size(verdict.size_bytes)})"


def repair_lines(outcome: CacheCheck, *, repairs: bool) -> Iterator[str]:
    """Say what was done about it, and what environments have to do with it."""
    for subject in outcome.removed:
        yield f"Removed {show(subject)}; it is fetched again when it is needed"
    put_right = sum(fault.kind in {"foreign", "mode"} for fault in outcome.verdict.faults)
    if repairs and put_right:
        yield f"Put right {count(put_right, 'other file' if outcome.removed else 'file')}"
    if repairs:
        for root in outcome.verdict.environments:
            yield f"`{show(str(root))}` is linked to what was removed; run `detent sync` there"
    for subject, links in outcome.verdict.sharing:
        shared = count(links, "environment")
        yield f"Files of {show(subject)} are shared with {shared}; `detent sync --check --deep` looks there"
