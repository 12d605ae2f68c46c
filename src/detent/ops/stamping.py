"""Writing down, for the next run, that there was nothing to do: what that rests on, and what is said then.

A witness looks at every file before the command reads it, so that an edit in between shows as one. What the
command itself changed is looked at while the environment is still held. The stamp is taken away first and
written last; where anything was said that the next run would not say, it is not written.
"""

# ruff: noqa: PTH100, PTH120 (strings: every lock, sync and run comes here)

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from detent import stamp
from detent.errors import DetentError
from detent.errors.store import FileTrouble
from detent.events import Event, Report
from detent.lock.filename import is_url
from detent.lock.model import Lock
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, PIN_NAME, Project, Workspace, read_pin
from detent.ops.dynamic import LEFT_OPEN
from detent.ops.evidence import Evidence, LooksAt, Sight, Unseen, answers_at, drop_oldest, with_answer
from detent.ops.folders import changed_folders
from detent.ops.workspace import looked_at
from detent.ops.world import World
from detent.project.workspace_table import read_workspace
from detent.store.cache import mark_wheels

_MOST_LOOKED_AT = 512
"""Folders and files that decide which the members of a workspace are."""


class Looks(NamedTuple):
    """What a command goes by besides files of the project and configuration."""

    environment: LooksAt
    """Of the environment at a path."""
    tree: Callable[[World, Project], Iterable[Sight]]
    """Of the project as something to install; raises :class:`Unseen`."""
    python: Callable[[str], Iterable[Sight]]
    """Of the interpreter asked for, if it is by its path; raises :class:`Unseen`."""


class Witness:
    """Sees what an answer rests on, and keeps the answer."""

    def __init__(
        self,
        words: Sequence[str],
        variables: Mapping[str, str],
        report: Report,
        *,
        start: str | None = None,
        looks: Looks | None = None,
    ) -> None:
        """``words`` are what is answered; ``start`` is where the search for the project begins."""
        self._words = tuple(words)
        self._variables = dict(variables)
        self._report = report
        self._looks = looks
        self._path, self._before = _taken_away(self._variables)
        self._is_first = bool(self._path) and not self._before
        self._evidence = Evidence() if looks is None else Evidence(looks.environment)
        self._configuration: frozenset[str] = frozenset()
        self._root = self._see_project(os.path.abspath(start or "."))

    @property
    def has_changes(self) -> bool:
        """Whether the environment was changed."""
        return self._evidence.has_changes

    @property
    def lasting(self) -> Sequence[Event]:
        """What was told and a next run tells as well."""
        return self._evidence.lasting

    def report(self, event: Event) -> None:
        """Pass an event on, and mind what it means for the next run."""
        self._evidence.hear(event, self._report)

    def is_content(self, paths: Collection[str]) -> bool:
        """Whether nothing was said, no other file sets anything, and what was seen of these is so still."""
        return self._configuration <= frozenset(paths) and self._evidence.is_so_still(paths)

    def see_settings(self, project: Project, files: Iterable[str]) -> None:
        """Look at what decides settings, and at the lock, before they are read."""
        if self._root not in {str(part.root) for part in project.parts()}:
            self._evidence.is_possible = False  # another one lies nearer
            return
        if project.workspace is not None:
            self._see_members(project, project.workspace)
        pin = project.python_pin
        if pin is not None and "/" in pin.text:
            self._evidence.is_possible = False  # an interpreter by its path may lie anywhere
        self._evidence.read(str(project.manifest_path), project.manifest_bytes)
        self._configuration = frozenset(map(os.path.abspath, files))
        self._evidence.see(*(Sight(path, is_proved=True) for path in sorted(self._configuration)))
        self._evidence.see(Sight(str(project.lock_path), is_proved=True), Sight(stamp.own_folder()))

    def _see_members(self, project: Project, workspace: Workspace) -> None:
        """Look at what was read of a workspace, and that it is what stands there by now."""
        root = project.root
        try:
            table = read_workspace(project.manifest_bytes.decode(), "")
            if table is None:
                raise Unseen
            found = looked_at(root, table)
            if len(found.listed) + len(found.places) > _MOST_LOOKED_AT:
                raise Unseen
            # Look first, and then see that it was so when it was read.
            self._evidence.see(*(Sight(path, is_proved=True) for path in found.listed))
            self._evidence.see(*(Sight(path, stamp.PRESENCE) for path in found.places))
            self._evidence.see(Sight(f"{root}/{PIN_NAME}", is_proved=True))
            folders = frozenset(part.folder for part in workspace.parts)
            if folders != frozenset(looked_at(root, table).members) or read_pin(root) != project.python_pin:
                raise Unseen
        except (DetentError, OSError, ValueError, Unseen):
            self._evidence.is_possible = False
            return
        for part in workspace.parts:
            self._evidence.wrote(str(part.manifest_path), part.manifest_bytes)

    def sees_folders(self, project: Project, lock: Lock) -> bool:
        """Look at the folders that a lock names, and say whether they are as it says."""
        locations = {p.direct.location for p in lock.packages if p.direct and p.direct.kind == "directory"}
        locations = {location for location in locations if not is_url(location)} - project.texts().keys()
        if not locations:
            return True
        paths = (str(project.root / location / MANIFEST_NAME) for location in sorted(locations))
        self._evidence.see(*(Sight(os.path.normpath(path), is_proved=True) for path in paths))
        if lock.inputs is None:
            return False
        inputs = lock.inputs.as_inputs(project.manifest.name, "")
        return not changed_folders(project.root, inputs, lock, project.texts())

    def see(self, sights: Iterable[Sight]) -> None:
        """Look at more, which the caller sees to be so still."""
        self._evidence.see(*sights)

    def see_world(self, world: World, project: Project, environment: str) -> None:
        """Look at what is there before the command does."""
        if not self._evidence.is_possible or self._looks is None:
            return
        with contextlib.suppress(FileTrouble):  # a cache that may only be read
            mark_wheels(world.layout)  # what this command may make itself would be no evidence
        self._evidence.see_note(str(world.layout.removals))
        self._evidence.see_environment(environment)
        try:
            self._evidence.see(*self._looks.tree(world, project))
            self._evidence.see(*self._looks.python(world.settings.python.value or ""))
        except Unseen:
            self._evidence.is_possible = False

    def see_written(self, project: Project, text: bytes) -> None:
        """Look at a lock that the command wrote itself."""
        self._evidence.wrote(str(project.lock_path), text)

    def keep(
        self,
        world: World,
        project: Project,
        what: str | stamp.Running,
        *,
        lock: bytes | None = None,
        has_told_all: bool = False,
    ) -> None:
        """Keep what the next run does, unless that is not certain; a cache that cannot be written has none.

        ``lock`` is the text of the lock as it was read; ``has_told_all``: the steps told were taken once.
        """
        if not self._is_certain(world, project) or (self._evidence.has_steps and not has_told_all):
            return
        if self._evidence.lasting and isinstance(what, str):
            return  # no part of this text
        if lock is not None:
            self._evidence.read(str(project.lock_path), lock)
        cutoffs = world.settings.choosing.cutoffs
        bounds = tuple(cutoffs.everyone())
        has_age = any(bound is not None and bound.age_seconds is not None for bound in bounds)
        packed = self._evidence.packed(what, has_age=has_age)
        if packed is not None:
            self._before = with_answer(self._before, self._words, self._variables, packed)

    def leave(self) -> None:
        """Put back what was taken away, with what was kept, after a command that ended well."""
        if self._before:
            stamp.write(self._path, {**answers_at(self._path), **self._before})
        if self._is_first:
            drop_oldest(os.path.dirname(self._path))

    def _is_certain(self, world: World, project: Project) -> bool:
        settings = world.settings
        if not self._path:  # there was no cache before
            self._path = _place(self._variables)
        return (
            self._path.startswith(f"{world.layout.root}/")
            and not settings.no_cache.value
            and not any(map(_may_be_secret, self._words))
            and not any(LEFT_OPEN.intersection(manifest.dynamic) for manifest in project.manifests())
        )

    def _see_project(self, folder: str) -> str:
        """Look for the nearest pyproject.toml and what counts beside it; give its folder.

        Those above are looked at too: one of them may be the root of a workspace.
        """
        nearest = ""
        while True:
            sight = Sight(f"{folder}/{MANIFEST_NAME}".replace("//", "/"), is_proved=True)
            self._evidence.see(sight)
            if not nearest and (self._evidence.facts_of(sight) is not None or folder == "/"):
                self._evidence.see(Sight(f"{folder}/{PIN_NAME}".replace("//", "/"), is_proved=True))
                nearest = folder
            if folder == "/":
                return nearest
            folder = os.path.dirname(folder)


def _may_be_secret(word: str) -> bool:
    """Whether a word of the command line may hold a password, which a stamp must not."""
    return word.startswith("--proxy") or stamp.without_users(word) != word


def _taken_away(variables: dict[str, str]) -> tuple[str, stamp.Answers]:
    """Take the stamp of the working folder away; give where it was and what it said."""
    path = _place(variables)
    answers = answers_at(path)
    if answers:
        stamp.drop(path)
    return path, answers


def _place(variables: dict[str, str]) -> str:
    try:
        return stamp.place(variables)
    except OSError:
        return ""
