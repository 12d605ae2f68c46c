"""What may move when a project is locked again, by the command line and by what changed since.

Deciding only: flags are held against the project and its lock, nothing is read or written.
"""

from collections.abc import Callable

from detent.errors import UsageError, did_you_mean
from detent.errors.usage import UnknownGroup
from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.names import GroupName, normalise
from detent.model.requirement import PackageName, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.resolve.preferences import names_of_group


class Upgrade(NamedTuple):
    """Which locked versions may move although nothing makes them."""

    everything: bool = False
    packages: tuple[str, ...] = ()
    """As written after ``-P``: ``NAME`` or ``NAME==V``."""
    groups: tuple[str, ...] = ()
    """Dependency groups: what they name may move."""
    again: bool = False
    """Whether to lock again where nothing may move, for the sake of files and hashes."""
    anew: bool = False
    """Whether nothing of the old lock counts (`--regenerate`), not even whether it can be read."""


class Kept(NamedTuple):
    """What of an old lock counts when it is made again."""

    versions: bool = True
    forks: bool = True
    """Whether its environments are the first that are looked at."""
    told: tuple[str, ...] = ()
    """Which options changed, and what that does to the locked versions."""


def kept_of(old: Lock, inputs: Inputs, upgrade: Upgrade) -> Kept:
    """Decide what of the old lock counts.

    Another `resolution` is another idea of which version is right, so no version of the old one counts.
    Every other option leaves them as they are where it allows them.
    """
    if upgrade.anew or upgrade.everything:
        return Kept(versions=False, forks=False)
    if old.inputs is None:
        return Kept()
    was, now = dict(old.inputs.options), dict(inputs.options)
    changed = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    versions = "resolution" not in changed
    told = tuple(
        f"the option `{name}` {_change(was.get(name), now.get(name))}: {_effect(name, versions=versions)}"
        for name in changed
    )
    return Kept(versions, versions and "fork-strategy" not in changed, told)


def _change(was: str | None, now: str | None) -> str:
    if now is None:
        return f"was `{was}` and is not set any more"
    return f"is `{now}` and was " + (f"`{was}`" if was is not None else "not set")


def _effect(name: str, *, versions: bool) -> str:
    if not versions:
        return "versions are chosen anew"
    if name == "fork-strategy":
        return "environments are split anew, and locked versions are kept where they can be"
    return "locked versions are kept where it allows them"


def free_to_move(upgrade: Upgrade, inputs: Inputs) -> dict[PackageName, str]:
    """Give the names that may move, each with the specifier it is held to.

    Raises :class:`UnknownGroup`, and :class:`UsageError` for what is no package to upgrade.
    """
    groups = dict(inputs.groups)
    free: dict[PackageName, str] = {}
    for text in upgrade.groups:
        group = GroupName(normalise(text))
        if group not in groups:
            raise UnknownGroup(text, groups, where="the `dependency-groups` table")
        free.update((name, "") for name in names_of_group(inputs, group))
    return {**free, **_named(upgrade)}


def _named(upgrade: Upgrade) -> dict[PackageName, str]:
    """Read ``NAME`` and ``NAME==V``."""
    free: dict[PackageName, str] = {}
    for text in upgrade.packages:
        try:
            requirement = parse_requirement(text)
        except ValueError as error:
            raise _no_upgrade(text, str(error)) from error
        if requirement.url or requirement.extras or requirement.marker != markers.ALWAYS:
            raise _no_upgrade(text, "only a name and a version may be given")
        specifiers = (free.get(requirement.name), requirement.specifier)
        free[requirement.name] = ",".join(filter(None, specifiers))
    return free


def _no_upgrade(text: str, reason: str) -> UsageError:
    return UsageError(
        f"`{text}` is not a package to upgrade",
        why=reason,
        next_steps=("write it like `name` or `name==1.2`",),
    )


def still_allowed(inputs: Inputs) -> Callable[[PackageName, str], bool]:
    """Tell of a locked version whether a line of the project allows it, or none asks for the package.

    What the project has moved away from has to move, whatever else is meant to stay.
    """
    asked: dict[PackageName, list[str]] = {}
    for root in inputs.roots():
        asked.setdefault(root.requirement.name, []).append(root.requirement.specifier)
    return lambda name, version: any(
        all(clause_contains(clause, version) for clause in parse_clauses(specifier))
        for specifier in asked.get(name, [""])
    )


def refuse_unlocked(upgrade: Upgrade, lock: Lock, old: Lock | None) -> None:
    """A misspelled name would do nothing: refuse it while its giver is looking."""
    if not upgrade.packages:
        return
    known = {
        package.name
        for either in (lock, old)
        if either is not None
        for package in (*either.packages, *either.build_packages)
    }
    for name in _named(upgrade):
        if name not in known:
            raise UsageError(
                f"there is no `{name}` to upgrade",
                why="no package of that name is in the lock",
                next_steps=(*did_you_mean(name, known), "see what is locked with `detent tree`"),
            )
