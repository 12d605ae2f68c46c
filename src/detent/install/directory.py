"""One link for a folder, not one per file: which folders of which packages may be links. Pure.

Decided for all packages of an environment together, so that the same packages give the same links whatever
was there before. A folder that two packages have is real, and the rule is applied below it; so is a folder
from which a library looks for another one that is not where the link leads (the kernel follows `..` from the
store, not from the environment). In a real folder each package has a file that is reached without a link.
Which folders may be links at all is known since the wheel was unpacked (:mod:`detent.store.namespaces`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

from detent.named import NamedTuple
from detent.store.entry import Climb, Spots, WheelContents, WheelEntry, WheelFile
from detent.store.namespaces import hold

Fold: TypeAlias = Callable[[str], str]
"""Gives equal texts for the names that are one file; ``str`` where every name is its own."""


class Spread(NamedTuple):
    """How one package stands below site-packages; paths are relative to that, and sorted."""

    real: tuple[str, ...]
    """Folders, parents first."""
    links: tuple[str, ...]
    files: tuple[WheelFile, ...]


class Member(NamedTuple):
    """One package of an environment."""

    spots: Spots
    contents: Callable[[], WheelContents]
    """Asked only when a folder of the package cannot be a link."""


def spread(
    members: Sequence[Member], *, occupied: Collection[str] = (), fold: Fold = str
) -> tuple[Spread, ...]:
    """Give for each package what it is in an environment with all the others.

    ``occupied`` are folders that are real and stay so, because somebody keeps files in them. What two
    packages bring with different bytes is not looked for here.
    """
    return tuple(_Ground(members, occupied, fold).settled())


def folder_by_folder(entry: WheelEntry) -> Spots:
    """Give the spots of a package and of its dist-info, which is real and has links to its own folders."""
    start = len(entry.dist_info) + 1
    inner = {f.path[: f.path.index("/", start)] for f in entry.dist_files if "/" in f.path[start:]}
    spots = entry.spots
    return spots._replace(real=(*spots.real, entry.dist_info), links=(*spots.links, *sorted(inner)))


def file_by_file(contents: WheelContents, dist_info: str) -> Spots:
    """Give the spots of a package none of whose folders may be a link."""
    below = dist_info + "/"
    return Spots(
        real=tuple([f for f in contents.folders if f != dist_info and not f.startswith(below)]),
        links=(),
        files=tuple([f for f in contents.files if not f.path.startswith(below)]),
        climbs=(),
    )


class _Ground:
    """The folders of all packages while it is decided which are real: those become ever more."""

    def __init__(self, members: Sequence[Member], occupied: Collection[str], fold: Fold) -> None:
        self._members = members
        self._fold = fold
        self._real = {fold(folder) for member in members for folder in member.spots.real}
        self._real.update(map(fold, occupied))
        self._links: dict[str, tuple[int, str]] = {}
        """Whose each link is, and its name, by its folded name."""
        self._opened: list[list[str]] = [[] for _ in members]
        self._files: list[list[WheelFile]] = [[] for _ in members]
        self._children: dict[int, dict[str, tuple[list[str], list[WheelFile]]]] = {}
        for number, member in enumerate(members):
            for folder in member.spots.links:
                self._place(number, folder)
        while any(self._open_for(number, climb) for number, climb in self._climbs()) or any(
            self._open_for_files(number) for number in range(len(members))
        ):
            pass  # what became real may matter to a library that was looked at before

    def settled(self) -> Iterator[Spread]:
        links: list[list[str]] = [[] for _ in self._members]
        for number, folder in self._links.values():
            links[number].append(folder)
        for member, opened, mine, files in zip(self._members, self._opened, links, self._files, strict=True):
            real = (*member.spots.real, *sorted(opened)) if opened else member.spots.real
            found = (*member.spots.files, *files)
            yield Spread(tuple(sorted(real)), tuple(sorted(mine)), tuple(sorted(found)))

    def _place(self, number: int, folder: str) -> None:
        """Make a folder of a package a link, unless it has to be real; then its children are placed."""
        key = self._fold(folder)
        if key in self._real:
            self._open(number, folder)
        elif key in self._links:
            self._real.add(key)
            self._open(*self._links.pop(key))
            self._open(number, folder)
        else:
            self._links[key] = (number, folder)

    def _open(self, number: int, folder: str) -> None:
        self._opened[number].append(folder)
        folders, files = self._children_of(number).get(folder, ((), ()))
        self._files[number] += files
        for child in folders:
            self._place(number, child)

    def _make_real(self, number: int, link: str) -> None:
        key = self._fold(link)
        del self._links[key]
        self._real.add(key)
        self._open(number, link)

    def _children_of(self, number: int) -> dict[str, tuple[list[str], list[WheelFile]]]:
        found = self._children.get(number)
        if found is None:
            contents = self._members[number].contents()
            found = self._children[number] = {}
            for folder in contents.folders:
                found.setdefault(folder.rpartition("/")[0], ([], []))[0].append(folder)
            for file in contents.files:
                found.setdefault(file.path.rpartition("/")[0], ([], []))[1].append(file)
        return found

    def _climbs(self) -> Iterator[tuple[int, Climb]]:
        return (
            (number, climb) for number, member in enumerate(self._members) for climb in member.spots.climbs
        )

    def _open_for(self, number: int, climb: Climb) -> bool:
        """Make a link above a library real if what it looks for is not where the link leads."""
        link = climb.folder
        while self._links.get(self._fold(link)) != (number, link):
            link = link.rpartition("/")[0]
            if not link:
                return False
        target = climb.target
        if target == link or target.startswith(link + "/"):
            return False
        is_outside = target in (".", "..") or target.startswith("../")
        if climb.is_here and not is_outside and self._fold(target) not in self._real:
            return False
        self._make_real(number, link)
        return True

    def _open_for_files(self, number: int) -> bool:
        """Make links of a package real where a folder that became real has no file of it without a link."""
        if not self._opened[number]:
            return False
        held: set[str] = set()
        for file in (*self._members[number].spots.files, *self._files[number]):
            hold(held, file.path.rpartition("/")[0])
        children = self._children_of(number)
        is_changed = False
        for opened in sorted(self._opened[number], reverse=True):
            folder = opened
            while folder not in held:
                links = [f for f in children[folder][0] if self._links.get(self._fold(f)) == (number, f)]
                if not links:
                    break
                folder = min(links, key=lambda f: (len(children[f][0]) + len(children[f][1]), f))
                self._make_real(number, folder)
                is_changed = True
                if children[folder][1]:
                    hold(held, folder)
        return is_changed
