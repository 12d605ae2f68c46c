"""Which extras and groups a command is about, and which of the chosen packages it installs.

Flags are held against what the lock declares; nothing is read and nothing is written here.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from detent.errors.usage import ExclusiveExtras, UnknownExtra, UnknownGroup
from detent.lock.choice import Choice
from detent.lock.filename import is_url
from detent.lock.gates import clash
from detent.lock.model import Lock
from detent.lock.select import Wanted, default_groups
from detent.model.members import Member, titles
from detent.model.names import normalise
from detent.model.requirement import ExtraName, GroupName, extra_name, group_name
from detent.named import NamedTuple
from detent.ops.discover import Part, Project, about

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
    package: tuple[str, ...] = ()
    """Members of the workspace, or its root; none: what the command is about."""
    all_packages: bool = False


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
    workspace: bool = False
    """All of the workspace: its root and its members."""

    def leaves_out(
        self, name: str, *, is_local: bool = False, is_project: bool = False, is_member: bool = False
    ) -> bool:
        """Whether a package that was chosen is not installed; the project is local too."""
        is_local = is_local or is_project or is_member
        if name in self.packages or (self.local and is_local) or (self.project and is_project):
            return True
        if self.workspace and (is_project or is_member):
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
    wanted = _Selecting(lock, chosen).wanted()
    clashing = clash(lock, wanted.extras, wanted.groups)
    if clashing is None:
        return wanted
    asked = {normalise(text) for text in (*chosen.group, *chosen.only_group)}
    by_default: set[GroupName] = set() if chosen.all_groups else set(default_groups(lock) - asked)
    unasked = {f"group `{group}`": group for group in by_default}
    steps = [f"pass `--no-group {unasked[side]}`" for side in clashing.sides if side in unasked]
    if chosen.all_packages and not steps:
        steps = ["name all but one of them with `--package`, in place of `--all-packages`"]
    members = lock.inputs.members if lock.inputs is not None else ()
    called = {f"group `{group}`": f"`{title}`" for group, title in titles(members).items()}
    called.update({side: f"{side} (on by default)" for side in unasked})
    raise ExclusiveExtras(
        [called.get(side, side) for side in clashing.sides],
        [side if side in unasked else called.get(side, side) for side in clashing.declared],
        next_steps=[*steps[:1], *(f"or {step}" for step in steps[1:])],
    )


class _Part(NamedTuple):
    """What of a lock belongs to one package: the root (``None``) or a member of the workspace."""

    member: Member | None
    extras: tuple[ExtraName, ...]
    """By the names the package has for them itself; so are both below."""
    groups: tuple[GroupName, ...]
    default_groups: frozenset[GroupName]


class _Selecting:
    """Turns flags into the names of a lock, for each package that they are about."""

    def __init__(self, lock: Lock, chosen: Chosen) -> None:
        self._chosen = chosen
        members = lock.inputs.members if lock.inputs is not None else ()
        of_members = {group for member in members for group in member.gates()}
        groups = tuple(group for group in lock.groups if group not in of_members)
        root = _Part(None, lock.extras, groups, default_groups(lock))
        asked = {normalise(name) for name in chosen.package}
        names = {member.name for member in members}
        is_root = chosen.all_packages or not asked or not asked <= names
        self._parts = [
            *((root,) if is_root else ()),
            *(
                _Part(member, member.extras, member.groups, frozenset(member.default_groups))
                for member in members
                if chosen.all_packages or member.name in asked
            ),
        ]

    def wanted(self) -> Wanted:
        """Give what is selected; raises :class:`UnknownExtra` and :class:`UnknownGroup`."""
        chosen = self._chosen
        extras, no_extras = self._extras(chosen.extra), self._extras(chosen.no_extra)
        groups = self._groups(chosen.group)
        without = self._groups(chosen.no_group) | ({DEV} if chosen.no_dev else set())
        only_texts = [*chosen.only_group, *((DEV,) if chosen.only_dev else ())]
        with_base, only = not only_texts, set[GroupName]()
        if only_texts:
            with_base = MAIN in only_texts and not any(MAIN in part.groups for part in self._parts)
            only = self._groups(text for text in only_texts if not (with_base and text == MAIN))
        found_extras, found_groups, is_base = set[ExtraName](), set[GroupName](), False
        for part in self._parts:
            part_groups, part_extras = set(only), set[ExtraName]()
            if not only_texts:
                part_extras = (set(part.extras) if chosen.all_extras else extras) - no_extras
                part_groups = set(part.groups) if chosen.all_groups else set(groups)
                part_groups |= set() if chosen.no_default_groups else part.default_groups
            part_extras &= set(part.extras)
            part_groups = (part_groups - without) & set(part.groups)
            member = part.member
            if member is None:
                is_base = with_base
                found_extras |= part_extras
                found_groups |= part_groups
                continue
            found_groups.update({member.base} if with_base else ())
            found_groups.update(map(member.of_extra, part_extras))
            found_groups.update(map(member.of_group, part_groups))
        return Wanted(frozenset(found_extras), frozenset(found_groups), base=is_base)

    def _extras(self, texts: Iterable[str]) -> set[ExtraName]:
        known = tuple(dict.fromkeys(extra for part in self._parts for extra in part.extras))
        return {_known(text, extra_name, known, _unknown_extra) for text in texts}

    def _groups(self, texts: Iterable[str]) -> set[GroupName]:
        known = tuple(dict.fromkeys(group for part in self._parts for group in part.groups))
        return {_known(text, group_name, known, _unknown_group) for text in texts}


def for_project(project: Project, chosen: Chosen) -> Chosen:
    """Say which packages flags are about where they do not: what the command stands in.

    At the root of a workspace that is no project, that is all of them. Raises :class:`UsageError` for what
    is no package of the workspace.
    """
    workspace = project.workspace
    if chosen.package:
        for name in chosen.package:
            about(project, name)
        return chosen if workspace is not None else chosen._replace(package=())
    if workspace is None or chosen.all_packages:
        return chosen._replace(all_packages=chosen.all_packages and workspace is not None)
    if workspace.here is not None:
        return chosen._replace(package=(workspace.here,))
    name = project.manifest.name
    return chosen._replace(package=(name,)) if name else chosen._replace(all_packages=True)


def selected_parts(project: Project, wanted: Wanted) -> tuple[Part, ...]:
    """Give what of the workspace was selected itself, and not as something that another one needs."""
    parts = project.workspace.parts if project.workspace is not None else ()
    root = (Part(project.root, "", project.manifest, project.manifest_bytes),) if wanted.base else ()
    return *root, *(part for part in parts if part.member().base in wanted.groups)


def installed_choices(
    choices: Iterable[Choice], omitted: Omitted, members: Collection[str] = ()
) -> tuple[Choice, ...]:
    """Give the choices that are to be installed; the project itself is none of them."""
    if omitted == Omitted():
        return tuple(choices)
    return tuple(
        choice
        for choice in choices
        if not omitted.leaves_out(
            choice.package.name, is_local=_is_local(choice), is_member=choice.package.name in members
        )
    )


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
