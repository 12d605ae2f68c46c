"""What changed: between two locks, and between a lock and the project it was made from.

The second question is the whole of "is this lock up to date": the lock records its inputs, so the answer
is the difference itself, in words. Whether the lock is whole is asked of :mod:`detent.lock.closure`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

from detent.lock.members import member_text
from detent.lock.model import Lock, LockedPackage
from detent.model.adjustment_texts import TABLES, subject
from detent.model.inputs import Inputs, RecordedInputs
from detent.model.members import Member, titles
from detent.model.requirement import PackageName, parse_requirement
from detent.named import NamedTuple

_SHOWN = 12
"""How much of a commit is shown."""


class Change(NamedTuple):
    """How the versions of one name changed; empty means the name was, or is, not there."""

    name: PackageName
    before: tuple[str, ...]
    """Oldest first; several where the environments differ."""
    after: tuple[str, ...]


def changes(old: Lock | None, new: Lock) -> tuple[Change, ...]:
    """Give every name whose versions differ, sorted by name."""
    before = {} if old is None else _versions_by_name(old)
    after = _versions_by_name(new)
    return tuple(
        Change(name, before.get(name, ()), after.get(name, ()))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _versions_by_name(lock: Lock) -> dict[PackageName, tuple[str, ...]]:
    found: dict[PackageName, tuple[str, ...]] = {}
    for package in lock.packages:
        version = version_of(package)
        versions = found.get(package.name, ())
        if version not in versions:
            found[package.name] = (*versions, version)
    return found


def version_of(package: LockedPackage) -> str:
    """Say which one it is: of an entry from version control the commit does, as far as a person reads it."""
    commit = package.direct.commit[:_SHOWN] if package.direct is not None else ""
    if not commit:
        return package.known_version
    return f"{package.known_version} ({commit})" if package.known_version else commit


def unused_sources(inputs: Inputs, lock: Lock) -> Iterator[str]:
    """Name each package that the project says the source of, and that nothing asks for.

    Members of the workspace are installed without anything that asks for them.
    """
    names = {*(package.name for package in lock.packages), *(member.name for member in inputs.members)}
    for name, rules in groupby(inputs.sources, key=lambda rule: rule.name):
        if name not in names:
            where = next(rules).where
            yield (
                f"the source of `{name}`"
                + (f" ({where})" if where else "")
                + " is not used: nothing asks for it"
            )


def differences(inputs: Inputs, lock: Lock) -> tuple[str, ...]:
    """Say how the project differs from what the lock was made from; empty when it does not."""
    if lock.inputs is None:
        by = f"`{lock.created_by}`" if lock.created_by else "another tool"
        return (f"the lock was written by {by} and does not record what it was made from",)
    return tuple(_differences(lock.inputs, inputs.recorded()))


def differing_inputs(was: Lock, now: Lock) -> tuple[str, ...]:
    """Say how what two locks were made from differs, as far as both record it."""
    if was.inputs is not None and now.inputs is not None:
        return tuple(_differences(was.inputs, now.inputs))
    return tuple(_differing_heads(was, now))


def _differing_heads(was: Lock, now: Lock) -> Iterator[str]:
    """Compare what the standard has a key for, where another tool wrote one of them."""
    if was.created_by != now.created_by:
        yield f"the lock was written by `{was.created_by}`, and is by `{now.created_by}`"
    if was.requires_python != now.requires_python:
        yield _changed("`requires-python`", was.requires_python, now.requires_python)
    for noun, before, after in (
        ("environment", was.environments, now.environments),
        ("extra", was.extras, now.extras),
        ("group", was.groups, now.groups),
        ("default group", was.default_groups, now.default_groups),
    ):
        yield from (f"the {noun} `{each}` was added" for each in after if each not in before)
        yield from (f"the {noun} `{each}` was removed" for each in before if each not in after)


def _differences(was: RecordedInputs, now: RecordedInputs) -> Iterator[str]:
    if now.requires_python != was.requires_python:
        yield _changed("`requires-python`", was.requires_python, now.requires_python)
    yield from _members(was.members, now.members)
    of_members = titles((*was.members, *now.members))
    yield from _requirements(was.dependencies, now.dependencies, "[project.dependencies]")
    for kind, table, old, new in (
        ("extra", "[project.optional-dependencies]", dict(was.extras), dict(now.extras)),
        ("group", "[dependency-groups]", dict(was.groups), dict(now.groups)),
    ):
        for name in sorted({*old, *new}):
            if kind == "group" and name in of_members:
                yield from _requirements(
                    old.get(name, ()), new.get(name, ()), f"what `{of_members[name]}` needs"
                )
                continue
            yield from _requirements(old.get(name, ()), new.get(name, ()), f"{table} {name}")
            if name not in old and not new[name]:
                yield f"the {kind} `{name}` was added to {table}"
            if name not in new and not old[name]:
                yield f"the {kind} `{name}` was removed from {table}"
    old_tables, new_tables = dict(was.adjustments), dict(now.adjustments)
    for name in TABLES:
        where, name_of = f"[tool.detent] {name}", partial(subject, name)
        yield from _texts(old_tables.get(name, ()), new_tables.get(name, ()), where, name_of)
    old_sources, new_sources = dict(was.sources), dict(now.sources)
    for name in sorted({*old_sources, *new_sources}):
        yield from _sources(name, old_sources.get(name, ()), new_sources.get(name, ()))
    yield from _indexes(was.indexes, now.indexes)
    for name in sorted({*was.default_groups, *now.default_groups}):
        if name not in was.default_groups:
            yield f"the group `{name}` was added to the default groups"
        elif name not in now.default_groups:
            yield f"the group `{name}` was removed from the default groups"
    old_options, new_options = dict(was.options), dict(now.options)
    for name in sorted({*old_options, *new_options}):
        if old_options.get(name) != new_options.get(name):
            yield _changed(f"the option `{name}`", old_options.get(name, ""), new_options.get(name, ""))


def _changed(what: str, was: str, now: str) -> str:
    if not now:
        return f"{what} was `{was}` and is not set any more"
    return f"{what} is `{now}` and was " + (f"`{was}`" if was else "not set")


def _members(was: Sequence[Member], now: Sequence[Member]) -> Iterator[str]:
    """Say how the workspace differs; what a member needs is told with the groups."""
    before, after = ({member.name: member for member in members} for members in (was, now))
    for name, member in after.items():
        if name not in before:
            yield f"`{name}` in `{member.path}` was added to the workspace"
        elif before[name] != member:
            yield f"the member `{name}` is `{member_text(member)}` and was `{member_text(before[name])}`"
    yield from (f"`{name}` was removed from the workspace" for name in before if name not in after)


def _indexes(was: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Say how the indexes of the project differ; their order decides which one serves a package."""
    before, after = dict(was), dict(now)
    for name, value in after.items():
        if name not in before:
            yield f"the index `{name}` was added to the project"
        elif before[name] != value:
            yield f"the index `{name}` is `{value}` and was `{before[name]}`"
    for name in before:
        if name not in after:
            yield f"the index `{name}` was removed from the project"
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield "the indexes of the project are asked in another order"


def _sources(name: str, was: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """Say how the rules of one package differ; its only rule that became another is one sentence."""
    if len(was) == len(now) == 1 and was != now:
        yield f"the source of `{name}` is `{now[0]}` and was `{was[0]}`"
        return
    for text in now:
        if text not in was:
            yield f"the source `{text}` of `{name}` was added to [tool.detent.sources]"
    for text in was:
        if text not in now:
            yield f"the source `{text}` of `{name}` was removed from [tool.detent.sources]"


def _requirements(was: Sequence[str], now: Sequence[str], where: str) -> Iterator[str]:
    yield from _texts(was, now, where, _name)


def _texts(
    was: Sequence[str], now: Sequence[str], where: str, name_of: Callable[[str], str]
) -> Iterator[str]:
    """Compare two lists; one line that became another of the same name is one sentence."""
    if was == now:
        return
    added = [text for text in now if text not in was]
    removed = [text for text in was if text not in now]
    names = {text: name_of(text) for text in (*added, *removed)}
    for text in added:
        same_name = [other for other in removed if names[other] == names[text]]
        if len(same_name) == 1 and [names[other] for other in added].count(names[text]) == 1:
            removed.remove(same_name[0])
            yield f"`{text}` in {where} was `{same_name[0]}`"
        else:
            yield f"`{text}` was added to {where}"
    for text in removed:
        yield f"`{text}` was removed from {where}"


def _name(text: str) -> str:
    try:
        return parse_requirement(text).name
    except ValueError:
        return text  # a hand-edited line: it differs, which is all that is asked
