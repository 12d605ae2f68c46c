"""The members of a workspace, as a lock knows them: each is a root of its own.

What a member needs stands among the groups of the lock: its own dependencies as the group that has its name,
its extras and groups as groups of longer names. So every reader of the standard can select a member.
"""

from collections.abc import Iterable, Iterator

from detent.model.names import ExtraName, GroupName, PackageName
from detent.named import NamedTuple


class Member(NamedTuple):
    """A member of a workspace; the root of the workspace is none."""

    name: PackageName
    path: str
    """Its folder, relative to the folder of the lock, `/` between its parts."""
    requires_python: str = ""
    """Canonical; empty where it says nothing."""
    is_package: bool = True
    """Off: what it needs is installed, and itself never."""
    extras: tuple[ExtraName, ...] = ()
    """By the names it has for them itself, sorted; so are both below."""
    groups: tuple[GroupName, ...] = ()
    default_groups: tuple[GroupName, ...] = ()

    @property
    def base(self) -> GroupName:
        """The group of the lock that has its dependencies."""
        return GroupName(self.name)

    def of_extra(self, extra: ExtraName) -> GroupName:
        """Give the group of the lock that has what one of its extras needs."""
        return GroupName(f"{self.name}-extra-{extra}")

    def of_group(self, group: GroupName) -> GroupName:
        """Give the group of the lock that has what one of its groups needs."""
        return GroupName(f"{self.name}-group-{group}")

    def gates(self) -> Iterator[GroupName]:
        """Give every group of the lock that is its."""
        yield self.base
        yield from map(self.of_extra, self.extras)
        yield from map(self.of_group, self.groups)


def titles(members: Iterable[Member]) -> dict[str, str]:
    """Say whose each group of the lock is: ``beta``, ``beta (extra: net)`` or ``beta (group: dev)``."""
    found = dict[str, str]()
    for member in members:
        found[member.base] = str(member.name)
        found.update({member.of_extra(extra): f"{member.name} (extra: {extra})" for extra in member.extras})
        found.update({member.of_group(group): f"{member.name} (group: {group})" for group in member.groups})
    return found
