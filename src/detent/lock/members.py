"""The members of a workspace in the text of a lock: `[tool.detent.inputs.members]`, one line for each."""

from collections.abc import Iterator, Sequence

from detent.lock.tables import Fault, Table, need, subtable, take, text, texts
from detent.lock.toml import inline_array
from detent.model.members import Member
from detent.model.requirement import extra_name, group_name, package_name
from detent.model.toml_text import key, quoted


def member_lines(members: Sequence[Member]) -> list[str]:
    """Write the table; nothing where there is no workspace."""
    if not members:
        return []
    rows = (f"{key(member.name)} = {{{', '.join(_said(member))}}}" for member in members)
    return ["", "[tool.detent.inputs.members]", *rows]


def member_text(member: Member) -> str:
    """Say on one line what a lock knows of a member."""
    return ", ".join(_said(member))


def _said(member: Member) -> Iterator[str]:
    yield f"path = {quoted(member.path)}"
    if member.requires_python:
        yield f"requires-python = {quoted(member.requires_python)}"
    if not member.is_package:
        yield "package = false"
    if member.extras:
        yield inline_array("extras", member.extras)
    if member.groups:
        yield inline_array("groups", member.groups)
    if member.default_groups:
        yield inline_array("default-groups", member.default_groups)


def read_members(inputs: Table) -> tuple[Member, ...]:
    """Read the table, sorted by name; raises :class:`Fault`."""
    rows = subtable(inputs, "members") or {}
    found = []
    for name in rows:
        place = f"tool.detent.inputs.members.{name}"
        try:
            found.append(_member(name, need(rows, name, dict)))
        except Fault as fault:
            raise Fault(
                fault.key if fault.key.startswith("tool.") else f"{place}.{fault.key}", fault.reason
            ) from None
        except ValueError as error:
            raise Fault(place, f"cannot be read: {error}") from None
    return tuple(sorted(found))


def _member(name: str, row: Table) -> Member:
    is_package = take(row, "package", bool)
    return Member(
        package_name(name),
        need(row, "path", str),
        text(row, "requires-python"),
        is_package is not False,
        tuple(map(extra_name, texts(row, "extras"))),
        tuple(map(group_name, texts(row, "groups"))),
        tuple(map(group_name, texts(row, "default-groups"))),
    )
