"""Which extras and groups a command is about: flags held against what the lock declares."""

from typing import NamedTuple

from detent.errors import UnknownExtra, UnknownGroup
from detent.lock.model import Lock
from detent.lock.select import Wanted, default_groups
from detent.model.requirement import ExtraName, GroupName, extra_name, group_name

DEV = GroupName("dev")


class Chosen(NamedTuple):
    """Which extras and groups were asked for, as the flags say it."""

    extra: tuple[str, ...] = ()
    all_extras: bool = False
    no_extra: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    no_group: tuple[str, ...] = ()
    only_group: tuple[str, ...] = ()
    all_groups: bool = False
    no_default_groups: bool = False
    no_dev: bool = False
    only_dev: bool = False


def wanted_selection(lock: Lock, chosen: Chosen) -> Wanted:
    """Turn flags into extras and groups; raises :class:`UnknownExtra` and :class:`UnknownGroup`."""
    extras = {_known_extra(name, lock) for name in chosen.extra}
    no_extras = {_known_extra(name, lock) for name in chosen.no_extra}
    groups = {_known_group(name, lock) for name in chosen.group}
    without = {_known_group(name, lock) for name in chosen.no_group} | ({DEV} if chosen.no_dev else set())
    only_texts = (*chosen.only_group, *((DEV,) if chosen.only_dev else ()))
    only = {_known_group(name, lock) for name in only_texts}
    if only:
        return Wanted(groups=frozenset(only - without), base=False)
    if chosen.all_extras:
        extras.update(lock.extras)
    if chosen.all_groups:
        groups.update(lock.groups)
    if not chosen.no_default_groups:
        groups.update(default_groups(lock))
    return Wanted(frozenset(extras - no_extras), frozenset(groups - without))


def _known_extra(text: str, lock: Lock) -> ExtraName:
    try:
        name = extra_name(text)
    except ValueError:
        name = ExtraName(text)
    if name not in lock.extras:
        raise UnknownExtra(text, lock.extras, where="`project.optional-dependencies`")
    return name


def _known_group(text: str, lock: Lock) -> GroupName:
    try:
        name = group_name(text)
    except ValueError:
        name = GroupName(text)
    if name not in lock.groups:
        raise UnknownGroup(text, lock.groups, where="the `dependency-groups` table")
    return name
