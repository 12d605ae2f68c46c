"""Why a package is in the lock, and why not at another version: as lines, and as facts for programs.

Pure; foreign text is made harmless.
"""

from collections.abc import Iterator, Sequence

from detent.cli.render import count, show
from detent.lock.model import LockedPackage
from detent.lock.why import Asker, Bound, Path, Reason
from detent.model.requirement import Requirement
from detent.ops.why import WhyOutcome
from detent.ops.why_not import WhyNotOutcome

_MOST_ALIKE = 3
"""Bounds that say the same, of which so many are named."""


def lines(outcome: WhyOutcome) -> Iterator[str]:
    """Give each entry with the paths to it, the shortest first, and the bounds that hold it."""
    for number, reason in enumerate(outcome.reasons):
        if number:
            yield ""
        yield titled(reason.package)
        yield from _paths(reason, is_member=outcome.name in outcome.members)
        yield f"  lower bound: {_bounds(reason.lower) or 'none'}"
        yield f"  upper bound: {_bounds(reason.upper) or 'none, so nothing holds it below a newer version'}"


def titled(package: LockedPackage) -> str:
    """Name an entry, with where it is locked if that is not everywhere."""
    where = f" (where {package.marker})" if package.marker else ""
    return show(f"{_versioned(package.name, package.known_version)}{where}")


def _paths(reason: Reason, *, is_member: bool) -> Iterator[str]:
    if is_member:
        yield "  a member of the workspace"
    elif not reason.paths:
        yield "  nothing asks for it any more"
    for path in reason.paths:
        yield f"  {show(_path(path))}"
    if reason.left_out:
        number = count(reason.left_out, "path")
        more = f"{number.replace(' ', ' more ')}" if reason.is_counted else f"more than {number} more"
        yield f"  and {more}; `--all` shows them"
    elif not reason.is_counted:
        yield "  and more, further about"


def _path(path: Path) -> str:
    parts = [asker_text(path.asker)]
    parts += [f"{step.requirement} ({_version(step.package)})" for step in path.steps[:-1]]
    return " -> ".join((*parts, path.steps[-1].requirement))


def asker_text(asker: Asker) -> str:
    """Name who has a requirement: `demo (group: dev, pyproject.toml:12)`, `httpx v0.28.1`."""
    if asker.is_entry:
        extra = f"[{asker.extra}]" if asker.extra else ""
        by = f" ({', '.join(filter(None, ('override', asker.place)))})" if asker.is_override else ""
        return _versioned(f"{asker.name}{extra}", asker.version) + by
    parts = [
        "constraint" if asker.is_constraint else "",
        "override" if asker.is_override else "",
        f"extra: {asker.extra}" if asker.extra else "",
        f"group: {asker.group}" if asker.group else "",
        asker.place,
    ]
    said = ", ".join(filter(None, parts))
    return f"{asker.name or 'the workspace'}{f' ({said})' if said else ''}"


def _bounds(bounds: Sequence[Bound]) -> str:
    if not bounds:
        return ""
    askers = list(dict.fromkeys(asker_text(bound.asker) for bound in bounds))
    more = f" and {len(askers) - _MOST_ALIKE} more" if len(askers) > _MOST_ALIKE else ""
    return show(f"{bounds[0].clause}, of {', '.join(askers[:_MOST_ALIKE])}{more}")


def _versioned(name: str, version: str) -> str:
    return f"{name} v{version}" if version else name


def _version(package: LockedPackage) -> str:
    return f"v{package.known_version}" if package.known_version else "no version"


# ---- facts ---------------------------------------------------------------------------------------


def facts(outcome: WhyOutcome) -> dict[str, object]:
    """Give the same for a program."""
    return {"name": outcome.name, "packages": [_reason_facts(reason, outcome) for reason in outcome.reasons]}


def _reason_facts(reason: Reason, outcome: WhyOutcome) -> dict[str, object]:
    return {
        **_package_facts(reason.package),
        "marker": reason.package.marker,
        "is_member": outcome.name in outcome.members,
        "paths": [
            {
                "asker": asker_facts(path.asker),
                "steps": [
                    {"requirement": step.requirement, **_package_facts(step.package)} for step in path.steps
                ],
            }
            for path in reason.paths
        ],
        "paths_left_out": reason.left_out,
        "is_every_path_counted": reason.is_counted,
        "lower_bounds": [_bound_facts(bound) for bound in reason.lower],
        "upper_bounds": [_bound_facts(bound) for bound in reason.upper],
    }


def _package_facts(package: LockedPackage) -> dict[str, object]:
    return {"name": package.name, "version": package.known_version, "index": package.index}


def _bound_facts(bound: Bound) -> dict[str, object]:
    return {"clause": bound.clause, "requirement": bound.requirement, "asker": asker_facts(bound.asker)}


def asker_facts(asker: Asker) -> dict[str, object]:
    """Give who has a requirement, for a program."""
    return {
        "name": asker.name,
        "version": asker.version,
        "extra": asker.extra,
        "group": asker.group,
        "kind": "package" if asker.is_entry else "constraint" if asker.is_constraint else "project",
        "place": asker.place,
        "is_override": asker.is_override,
    }


# ---- why not -------------------------------------------------------------------------------------


def why_not_lines(outcome: WhyNotOutcome) -> Iterator[str]:
    """Give the answer, what it rests on, and what to do next."""
    locked = f" (locked: {', '.join(outcome.locked)})" if outcome.locked else " (not in the lock)"
    asked = f"{outcome.name}{outcome.specifier}"
    is_one = outcome.specifier == f"=={outcome.version}"
    titled = show(f"{outcome.name} {outcome.version}" if is_one else asked)
    match outcome.verdict:
        case "sourced":
            yield show(f"{outcome.name} comes from no index, so there is no other version of it")
        case "unlisted":
            yield show(f"{asked} is not on the index; the newest there is {outcome.newest}{locked}")
        case "locked":
            others = [version for version in outcome.locked if version != outcome.version]
            beside = (
                f", beside {' and '.join(others)}" if len(others) < len(outcome.locked) and others else ""
            )
            has = outcome.version if outcome.version in outcome.locked else ", ".join(outcome.locked)
            yield show(f"{outcome.name} {has} is locked already{beside}")
        case "possible":
            where = f" where {show(outcome.where)}" if outcome.where else ""
            yield f"{titled} can be locked{where}{show(locked)}"
            for reason in outcome.reasons:
                yield f"  it {show(reason)}, so it is only taken when it is named"
            for change in outcome.moves:
                yield f"  with it {show(_moved(change.name, change.before, change.after))}"
            yield f"  next: run `{show(outcome.command)}`"
        case "hindered":
            is_somewhere = is_one and outcome.version in outcome.locked
            cannot = "is locked, and cannot be everywhere" if is_somewhere else "cannot be locked"
            yield f"{titled} {cannot}{show(locked)}"
            yield from _hindered(outcome)


def _hindered(outcome: WhyNotOutcome) -> Iterator[str]:
    found = outcome.hindrance
    if found is None:
        return
    if outcome.where:
        yield f"  where {show(outcome.where)}; the version is for no other Python"
    elif found.where:
        yield f"  where {show(found.where)}"
    yield from (f"  it {show(reason)}" for reason in outcome.reasons)
    yield from (f"  {show(line)}" for line in found.lines)
    if found.own and (len(found.lines), len(found.own)) != (1, 1):  # one line says as much
        yield f"  in the way: {show(', '.join(map(_own, found.own)))}"
    for step in found.steps:
        yield f"  next: {show(step)}"
    if outcome.command:
        yield f"  older versions of others were not tried; `{show(outcome.command)} --dry-run` does"


def _own(requirement: Requirement) -> str:
    origin = requirement.origin
    place = f" ({origin.file}:{origin.line})" if origin is not None and origin.line is not None else ""
    return f"`{requirement}`{place}"


def _moved(name: str, before: Sequence[str], after: Sequence[str]) -> str:
    was, now = (", ".join(f"v{version}" for version in versions) for versions in (before, after))
    if not before:
        return f"{name} {now} comes"
    return f"{name} {was} -> {now}" if after else f"{name} {was} goes"


def why_not_facts(outcome: WhyNotOutcome) -> dict[str, object]:
    """Give the same for a program."""
    found = outcome.hindrance
    return {
        "name": outcome.name,
        "specifier": outcome.specifier,
        "verdict": outcome.verdict,
        "locked": list(outcome.locked),
        "version": outcome.version,
        "newest": outcome.newest,
        "reasons": list(outcome.reasons),
        "facts": list(found.lines) if found is not None else [],
        "where": found.where if found is not None and found.where else outcome.where,
        "requirements": [_own_facts(own) for own in found.own] if found is not None else [],
        "moves": [
            {"name": move.name, "before": list(move.before), "after": list(move.after)}
            for move in outcome.moves
        ],
        "next": [
            *(found.steps if found is not None else ()),
            *((f"run `{outcome.command}`",) * (outcome.verdict == "possible")),
        ],
    }


def _own_facts(requirement: Requirement) -> dict[str, object]:
    origin = requirement.origin
    return {
        "requirement": str(requirement),
        "table": origin.table if origin is not None else "",
        "file": origin.file if origin is not None else "",
        "line": origin.line if origin is not None else None,
    }
