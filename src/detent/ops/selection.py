"""Which extras and groups a command is about, and which of the chosen packages it installs.

Flags are held against what the lock declares; nothing is read and nothing is written here.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from detent.errors import ExclusiveExtras, UnknownExtra, UnknownGroup
from detent.lock.choice import Choice
from detent.lock.filename import is_url
from detent.lock.gates import clash
from detent.lock.model import Lock
from detent.lock.select import Wanted, default_groups
from detent.model.names import normalise
from detent.model.requirement import ExtraName, GroupName, extra_name, group_name
from detent.named import NamedTuple

DEV = GroupName("dev")
MAIN = GroupName("main")
"""What poetry calls the project's own dependencies, as in `--only main`."""

Name = TypeVar("Name", ExtraName, GroupName)


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


class Omitted(NamedTuple):
    """What of the chosen packages is not installed, as the flags say it."""

    project: bool = False
    """The project itself."""
    local: bool = False
    """Whatever lies on this machine, the project included."""
    packages: tuple[str, ...] = ()
    only_project: bool = False
    only_local: bool = False
    only_packages: tuple[str, ...] = ()
    """Where any of the three is given, nothing else is installed."""

    def leaves_out(self, name: str, *, is_local: bool = False, is_project: bool = False) -> bool:
        """Whether a package that was chosen is not installed; the project is local too."""
        is_local = is_local or is_project
        if name in self.packages or (self.local and is_local) or (self.project and is_project):
            return True
        if not (self.only_packages or self.only_local or self.only_project):
            return False
        is_named = name in self.only_packages or (self.only_project and is_project)
        return not (is_named or (self.only_local and is_local))


def wanted_selection(lock: Lock, chosen: Chosen) -> Wanted:
    """Turn flags into extras and groups.

    Raises :class:`UnknownExtra` and :class:`UnknownGroup`, and :class:`ExclusiveExtras` for what the project
    says is never on together.
    """
    wanted = _wanted(lock, chosen)
    clashing = clash(lock, wanted.extras, wanted.groups)
    if clashing is None:
        return wanted
    asked = {normalise(text) for text in (*chosen.group, *chosen.only_group)}
    by_default = set() if chosen.all_groups else default_groups(lock) - asked
    unasked = {f"group `{group}`": group for group in by_default}
    steps = [f"pass `--no-group {unasked[side]}`" for side in clashing.sides if side in unasked]
    raise ExclusiveExtras(
        [f"{side} (on by default)" if side in unasked else side for side in clashing.sides],
        clashing.declared,
        next_steps=[*steps[:1], *(f"or {step}" for step in steps[1:])],
    )


def _wanted(lock: Lock, chosen: Chosen) -> Wanted:
    def known_extras(texts: Iterable[str]) -> set[ExtraName]:
        return {_known(text, extra_name, lock.extras, _unknown_extra) for text in texts}

    def known_groups(texts: Iterable[str]) -> set[GroupName]:
        return {_known(text, group_name, lock.groups, _unknown_group) for text in texts}

    extras, no_extras = known_extras(chosen.extra), known_extras(chosen.no_extra)
    groups = known_groups(chosen.group)
    without = known_groups(chosen.no_group) | ({DEV} if chosen.no_dev else set())
    only_texts = [*chosen.only_group, *((DEV,) if chosen.only_dev else ())]
    if only_texts:
        with_base = MAIN in only_texts and MAIN not in lock.groups
        only = known_groups(text for text in only_texts if not (with_base and text == MAIN))
        return Wanted(groups=frozenset(only - without), base=with_base)
    if chosen.all_extras:
        extras.update(lock.extras)
    if chosen.all_groups:
        groups.update(lock.groups)
    if not chosen.no_default_groups:
        groups.update(default_groups(lock))
    return Wanted(frozenset(extras - no_extras), frozenset(groups - without))


def installed_choices(choices: Iterable[Choice], omitted: Omitted) -> tuple[Choice, ...]:
    """Give the choices that are to be installed; the project itself is none of them."""
    if omitted == Omitted():
        return tuple(choices)
    return tuple(c for c in choices if not omitted.leaves_out(c.package.name, is_local=_is_local(c)))


def _is_local(choice: Choice) -> bool:
    direct = choice.package.direct
    if direct is None or direct.kind == "vcs":
        return False
    return not is_url(direct.location) or direct.location.startswith("file:")


def _known(
    text: str,
    parsed: Callable[[str], Name],
    declared: Collection[Name],
    unknown: Callable[[str, Collection[Name]], Exception],
) -> Name:
    """Give the name in its normal form, or raise that nothing of that name is declared."""
    try:
        name = parsed(text)
    except ValueError:
        raise unknown(text, declared) from None
    if name not in declared:
        raise unknown(text, declared)
    return name


def _unknown_extra(text: str, declared: Collection[ExtraName]) -> UnknownExtra:
    return UnknownExtra(text, declared, where="`project.optional-dependencies`")


def _unknown_group(text: str, declared: Collection[GroupName]) -> UnknownGroup:
    return UnknownGroup(text, declared, where="the `dependency-groups` table")
