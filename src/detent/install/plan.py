"""What has to change in an environment so that it holds a selection: a value before anything is done. Pure.

Only names and the hashes of wheels are compared. Whether the files themselves are what they should be is not
asked here; what another installer put there is replaced, because nobody can vouch for its bytes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from detent.lock.choice import Choice, Selection
from detent.lock.model import Direct
from detent.model.candidate import Artifact
from detent.model.names import PackageName
from detent.named import NamedTuple

BUILD_SETTINGS = "settings"
"""Stands beside the hashes of a source distribution that is built with settings of the user."""


class Installed(NamedTuple):
    """A package this program put into an environment, with every file of it.

    Paths are relative to the environment's root, with ``/``.
    """

    name: PackageName
    version: str
    digest: str
    """The sha256 of the wheel."""
    identity: str
    """The hash the lock named it by, see :func:`identity_of`."""
    is_requested: bool
    dist_info: str
    linked: tuple[str, ...] = ()
    """Files that share, or may share, their bytes with the store."""
    private: tuple[str, ...] = ()
    """Files written for this environment alone: RECORD, INSTALLER, rewritten scripts."""
    launchers: tuple[tuple[str, str], ...] = ()
    """Path and ``module:attribute`` of each entry point; two packages may claim one path."""
    links: tuple[str, ...] = ()
    """What is one link to a folder of the store; what lies behind it is no file of the environment."""
    is_by_directory: bool = False
    """Whether folders were to be links wherever that is possible; a package may have no such folder."""
    bytecode: str = ""
    """The kind of byte code that was brought with it (:mod:`detent.install.bytecode`); empty for none."""
    yielded: tuple[str, ...] = ()
    """Files of it in whose place those of another package stand, which was allowed to overwrite them."""

    def paths(self) -> list[str]:
        """Every file and link, launchers included."""
        return [*self.links, *self.linked, *self.private, *(path for path, _ in self.launchers)]


class Linking(NamedTuple):
    """How files come from the store into an environment."""

    mode: str = "auto"
    file_by_file: frozenset[PackageName] = frozenset()
    """Packages none of whose folders becomes a link, whatever the mode."""
    overwriting: tuple[PackageName, ...] = ()
    """Packages whose files may take the place of others'; of two that do, the first one's stay."""

    def is_by_directory(self, name: PackageName) -> bool:
        """Whether the folders of a package are links wherever that is possible."""
        return self.mode == "directory" and name not in self.file_by_file

    def rank(self, name: PackageName) -> int:
        """Give a package's place among those that overwrite others; the same last one for all that do not."""
        return self.overwriting.index(name) if name in self.overwriting else len(self.overwriting)


AUTO = Linking()


class Foreign(NamedTuple):
    """A distribution another installer put there."""

    name: PackageName
    version: str
    """Empty where the name of its folder does not say."""
    metadata: str
    """Its `.dist-info` or `.egg-info`, relative to the environment's root."""
    has_record: bool
    """Whether there is a RECORD to remove it by."""


class Found(NamedTuple):
    """What is in an environment."""

    packages: tuple[Installed, ...] = ()
    """Sorted by name."""
    leftovers: tuple[Installed, ...] = ()
    """Packages of ours that are no longer whole: the files that may be left of them."""
    foreign: tuple[Foreign, ...] = ()
    top_level: frozenset[str] = frozenset()
    """Every name directly in site-packages."""


class Install(NamedTuple):
    """A package that is not there yet."""

    choice: Choice

    @property
    def name(self) -> PackageName:
        """Of the package."""
        return self.choice.package.name


class Replace(NamedTuple):
    """A package that is there in another version, from another wheel, or from another installer."""

    old: Installed | None
    foreign: tuple[Foreign, ...]
    choice: Choice

    @property
    def name(self) -> PackageName:
        """Of the package."""
        return self.choice.package.name

    @property
    def old_versions(self) -> tuple[str, ...]:
        """What stands there now, mostly one."""
        return (*((self.old.version,) if self.old else ()), *(f.version for f in self.foreign))


class Remove(NamedTuple):
    """Something that is there and not wanted."""

    old: Installed | Foreign

    @property
    def name(self) -> PackageName:
        """Of the package."""
        return self.old.name


class Keep(NamedTuple):
    """A package that is right as it is, but perhaps for its REQUESTED marker."""

    old: Installed
    is_requested: bool

    @property
    def name(self) -> PackageName:
        """Of the package."""
        return self.old.name


Action: TypeAlias = Install | Replace | Remove | Keep


class Changes(NamedTuple):
    """A plan in words for the screen: names with versions, each list sorted by name."""

    installed: tuple[tuple[PackageName, str], ...] = ()
    removed: tuple[tuple[PackageName, str], ...] = ()
    reinstalled: tuple[tuple[PackageName, str], ...] = ()
    """The same version again, from another wheel or over another installer's files."""
    kept: int = 0
    origins: Mapping[PackageName, str] = MappingProxyType({})
    """Where what is installed comes from, if not from an index: a URL."""


class Plan(NamedTuple):
    """All that applying will do, and what it was decided from."""

    actions: tuple[Action, ...]
    """Sorted by name."""
    found: Found
    leftovers: tuple[Installed, ...] = ()
    """Files of packages that are no longer whole, to be removed on the way."""
    stuck: tuple[Foreign, ...] = ()
    """Distributions that are not wanted and left no RECORD to remove them by; they stay."""

    @property
    def is_empty(self) -> bool:
        """Whether the environment holds the selection already."""
        return all(isinstance(action, Keep) for action in self.actions)

    @property
    def has_work(self) -> bool:
        """Whether applying would write anything, be it a marker or the end of a left-over file."""
        return bool(self.leftovers) or any(
            not isinstance(action, Keep) or action.is_requested != action.old.is_requested
            for action in self.actions
        )

    @property
    def wanted(self) -> tuple[Choice, ...]:
        """What has to be in the store before applying, sorted by name."""
        return tuple(a.choice for a in self.actions if isinstance(a, Install | Replace))

    def changes(self) -> Changes:
        """Give the plan as names and versions."""
        installed: list[tuple[PackageName, str]] = []
        removed: list[tuple[PackageName, str]] = []
        reinstalled: list[tuple[PackageName, str]] = []
        for action in self.actions:
            match action:
                case Install():
                    installed.append((action.name, action.choice.package.version))
                case Replace():
                    new = action.choice.package.version
                    old = action.old_versions
                    removed += [(action.name, version) for version in old if version != new]
                    (reinstalled if new in old else installed).append((action.name, new))
                case Remove():
                    removed.append((action.name, action.old.version))
                case Keep():
                    pass
        kept = sum(isinstance(action, Keep) for action in self.actions)
        origins = {c.package.name: _origin(c.package.direct) for c in self.wanted if c.package.direct}
        return Changes(tuple(installed), tuple(removed), tuple(reinstalled), kept, origins)

    def with_versions(self, versions: Mapping[PackageName, str]) -> "Plan":
        """Fill in versions that only a build could tell."""
        return self._replace(actions=tuple(_with_version(action, versions) for action in self.actions))


def _origin(direct: Direct) -> str:
    """Name a source as a requirement would."""
    if direct.kind != "vcs":
        return direct.location
    below = f"#subdirectory={direct.subdirectory}" if direct.subdirectory else ""
    return f"{direct.vcs}+{direct.location}@{direct.commit}{below}"


def _with_version(action: Action, versions: Mapping[PackageName, str]) -> Action:
    if not isinstance(action, Install | Replace) or action.choice.package.version:
        return action
    package = action.choice.package._replace(version=versions.get(action.name, ""))
    return action._replace(choice=action.choice._replace(package=package))


def identity_of(artifact: Artifact) -> str:
    """Give the hash that stands for an artifact: its sha256, else the last by name (``sha512:...``).

    What is built with settings of the user is another thing than what is built without.
    """
    digests = {digest.algorithm: digest.value for digest in artifact.digests}
    settings = digests.pop(BUILD_SETTINGS, "")
    algorithm = "sha256" if "sha256" in digests else max(digests, default="")
    if not algorithm:
        return ""
    return f"{algorithm}:{digests[algorithm]}" + (f"+{settings}" if settings else "")


def plan(
    selection: Selection,
    found: Found,
    *,
    exact: bool,
    reinstall: frozenset[PackageName] = frozenset(),
    spared: frozenset[PackageName] = frozenset(),
    linking: Linking = AUTO,
) -> Plan:
    """Compare what should be there with what is.

    ``exact`` removes the rest but what is ``spared``; otherwise everything that is not in the selection
    stays, foreign or ours. ``reinstall`` names packages to be put there anew although they are right; so is
    one whose folders are links and should be none by ``linking``, or the other way round.
    """
    ours = {package.name: package for package in found.packages}
    others: dict[PackageName, list[Foreign]] = {}
    for distribution in found.foreign:
        others.setdefault(distribution.name, []).append(distribution)
    actions: list[Action] = []
    stuck: list[Foreign] = []
    for choice in selection.choices:
        name = choice.package.name
        old = ours.pop(name, None)
        foreign = others.pop(name, [])
        stuck += [f for f in foreign if not f.has_record]
        removable = tuple(f for f in foreign if f.has_record)
        if old is None and not removable:
            actions.append(Install(choice))
        elif (
            old is None
            or removable
            or name in reinstall
            or not _is_from(old, choice.artifact)
            or old.is_by_directory != linking.is_by_directory(name)
        ):
            actions.append(Replace(old, removable, choice))
        else:
            actions.append(Keep(old, choice.requested))
    if exact:
        rest = [f for name, foreign in others.items() if name not in spared for f in foreign]
        actions += [Remove(f) for f in rest if f.has_record]
        actions += [
            Keep(package, package.is_requested) if package.name in spared else Remove(package)
            for package in ours.values()
        ]
        stuck += [f for f in rest if not f.has_record]
        leftovers = found.leftovers
    else:
        actions += [Keep(package, package.is_requested) for package in ours.values()]
        names = {a.name for a in actions if isinstance(a, Install | Replace)}
        leftovers = tuple(package for package in found.leftovers if package.name in names)
    if any(package.yielded for package in found.packages):
        actions = _with_owed(actions, selection, linking)
    actions.sort(key=_order)
    return Plan(tuple(actions), found, leftovers, tuple(sorted(stuck)))


def _with_owed(actions: list[Action], selection: Selection, linking: Linking) -> list[Action]:
    """Replace what would stay and gets files back: the package that had overwritten them goes, or may not.

    A package that is replaced may no longer have the file, so it counts as going.
    """
    choices = {choice.package.name: choice for choice in selection.choices}

    def is_owed(package: Installed, staying: Mapping[PackageName, frozenset[str]]) -> bool:
        ranks = [
            min((linking.rank(n) for n, paths in staying.items() if path in paths), default=None)
            for path in package.yielded
        ]
        return any(rank is None or linking.rank(package.name) < rank for rank in ranks)

    while True:
        kept = [action.old for action in actions if isinstance(action, Keep)]
        staying = {package.name: frozenset(package.paths()) for package in kept}
        owed = {p.name for p in kept if p.yielded and p.name in choices and is_owed(p, staying)}
        if not owed:
            return actions
        actions = [
            Replace(action.old, (), choices[action.name])
            if isinstance(action, Keep) and action.name in owed
            else action
            for action in actions
        ]


def no_longer_allowed(todo: Plan, linking: Linking) -> tuple[tuple[PackageName, PackageName], ...]:
    """Give each package that stays in the place of another's files, with that, where neither may any more."""
    kept = [action.old for action in todo.actions if isinstance(action, Keep)]
    found: dict[tuple[PackageName, PackageName], None] = {}
    for loser in kept:
        if loser.yielded:
            lost = frozenset(loser.yielded)
            for winner in kept:
                is_equal = linking.rank(winner.name) == linking.rank(loser.name)
                if is_equal and not lost.isdisjoint(winner.paths()):
                    found[winner.name, loser.name] = None
    return tuple(found)


def _is_from(old: Installed, artifact: Artifact) -> bool:
    identity = identity_of(artifact)
    return bool(identity) and (old.identity == identity or old.digest == artifact.sha256)


def _order(action: Action) -> tuple[str, str]:
    version = action.old.version if isinstance(action, Remove) else ""
    return action.name, version
