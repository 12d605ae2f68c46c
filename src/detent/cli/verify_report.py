"""What verifying a lock found, as lines and as facts for programs: all foreign text made harmless."""

from collections import Counter
from collections.abc import Iterator

from detent.cli.console import Console
from detent.cli.render import count, show
from detent.errors.lock import LockUnverified
from detent.events import Detail
from detent.lock.claims import Finding, Unconfirmed
from detent.lock.model import LOCK_NAME
from detent.ops.verify import Verified

_KINDS = {
    "upload-time": "upload time",
    "hashes": "hash",
    "requires": "set of requirements",
    "url": "address",
    "index": "index",
    "size": "size",
    "commit": "commit",
    "attestation-identities": "publisher",
    "graph": "graph",
}
_PLURALS = {
    "hash": "hashes",
    "index": "indexes",
    "address": "addresses",
    "set of requirements": "requirements",
}


def tell(console: Console, found: Verified, against: str) -> None:
    """Print the findings, one on each line, then what was looked at and what could not be confirmed."""
    if console.wants_json:
        console.data(facts(found, against))
    elif found.faults:
        console.answer("\n".join(map(line, found.faults)))
    for finding in found.findings:
        if finding.level != "error":
            console.warn(line(finding), finding.level)
    for index, asked in found.in_place:
        console.warn(
            f"`{show(asked)}` was asked in place of `{show(index)}`, whose addresses it cannot confirm",
            "note",
        )
    for doubt in found.unconfirmed:
        console.report(Detail(f"not confirmed: {_doubt(doubt)}"))
    console.say(f"{summary(found, against)}{console.timed(found.seconds)}")
    if found.unconfirmed:
        hint = "" if console.speech[1] else " (`-v` names them)"
        console.say(f"Not confirmed: {', '.join(_counted(found))}{hint}")


def summary(found: Verified, against: str) -> str:
    """Say what was looked at."""
    packages, files = count(found.packages, "package"), count(found.files, "file")
    if against:
        changed = f"{packages} ({files}) that changed since {show(against)}"
        return f"Verified {changed}, of {found.packages + found.unchanged}"
    indexes = "1 index" if len(found.indexes) == 1 else f"{len(found.indexes)} indexes"
    return f"Verified {packages} ({files}) against {indexes}"


def line(finding: Finding) -> str:
    """Say one finding in words."""
    entry = f"{finding.name} {finding.version}".strip()
    return show(f"{entry}: {_said(finding)}" if entry else _said(finding)).replace("\n", "\\n")


def _said(finding: Finding) -> str:
    if finding.text:
        return finding.text
    what = f"`{finding.field}`" + (f" of `{finding.file}`" if finding.file else "")
    locked, told = (f"`{value}`" if value else "nothing" for value in (finding.locked, finding.told))
    return f"{what}: the lock says {locked}, the index says {told}"


def _doubt(doubt: Unconfirmed) -> str:
    entry = f"{doubt.name} {doubt.version}".strip()
    of = f" of `{doubt.file}`" if doubt.file else ""
    return f"{f'{entry}: ' if entry else ''}{doubt.field}{of}: {doubt.reason}"


def _counted(found: Verified) -> Iterator[str]:
    for field, number in sorted(Counter(doubt.field for doubt in found.unconfirmed).items()):
        kind = _KINDS.get(field, field)
        yield f"{number} {kind if number == 1 else _PLURALS.get(kind, f'{kind}s')}"


def error_of(found: Verified) -> LockUnverified:
    """Give the error for a lock that is not what it claims to be."""
    names = sorted({fault.name for fault in found.faults if fault.name})
    shown = ", ".join(f"`{name}`" for name in names[:5]) + (
        f" and {len(names) - 5} more" if names[5:] else ""
    )
    fields = {fault.field for fault in found.faults}
    steps = ["look at who changed it: `git log -p pylock.toml`"]
    if fields <= {"inputs", "folder"}:
        steps = ["run `detent lock` to bring it up to date"]
    else:
        steps.append("run `detent lock --refresh` to take files, hashes and requirements anew from the index")
    return LockUnverified(
        LOCK_NAME, len(found.faults), f"of {shown}" if shown else "of the lock as a whole", next_steps=steps
    )


def facts(found: Verified, against: str) -> dict[str, object]:
    """Give all of it for a program."""
    return {
        "packages": found.packages,
        "files": found.files,
        "unchanged": found.unchanged,
        "against": against or None,
        "indexes": list(found.indexes),
        "asked_in_place": [{"index": index, "asked": asked} for index, asked in found.in_place],
        "findings": [{**finding._asdict(), "text": _said(finding)} for finding in found.findings],
        "not_confirmed": [doubt._asdict() for doubt in found.unconfirmed],
        "seconds": found.seconds,
    }
