"""What of the project as something to install an answer of a stamp rests on, and after which syncs."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from detent import stamp
from detent.build.key import ConfigSettings
from detent.build.sight import editable_sight
from detent.install.plan import Install, Keep, Plan, Replace
from detent.lock.choice import Choice
from detent.ops.built import is_tree, tree_of
from detent.ops.discover import Project
from detent.ops.environment_sights import environment_sights, python_sights
from detent.ops.evidence import Sight, Unseen
from detent.ops.local import chosen_tree
from detent.ops.matching import SyncOutcome
from detent.ops.stamping import Looks, Witness
from detent.ops.world import World
from detent.python.interpreter import Interpreter

_TREE = "tree"
"""What stands for a hash where a folder was installed (`ops.local`)."""


def tree_sights(world: World, project: Project) -> Iterator[Sight]:
    """Give what the key of the project's editable wheel is made of; raises :class:`Unseen`.

    Which members of a workspace are installed is not known before; they are looked at afterwards.
    """
    if project.manifest.is_package and project.workspace is None:
        yield from editable_sights(project.root, project.manifest.data, world.settings.config_settings)


def editable_sights(
    root: Path, manifest: Mapping[str, object], config_settings: ConfigSettings
) -> Iterator[Sight]:
    """Give what the key of an editable wheel is made of; raises :class:`Unseen`."""
    seen = editable_sight(root, manifest, config_settings=config_settings)
    if seen is None:
        raise Unseen
    for path in seen.files:
        yield Sight(os.path.normpath(f"{root}/{path}"), is_proved=True)
    for path in seen.packages:
        yield Sight(os.path.normpath(f"{root}/{path}"), stamp.PRESENCE)
    for path in seen.folders:
        yield Sight(os.path.normpath(f"{root}/{path}"), stamp.NAMES)
    for path in seen.listed:
        yield Sight(os.path.normpath(f"{root}/{path}"))


def keep_synced(
    witness: Witness, world: World, project: Project, outcome: SyncOutcome, what: str | stamp.Running
) -> None:
    """Keep what the next run does after a sync, if that found or left everything as it should be."""
    lock = outcome.lock
    is_in_step = outcome.is_in_step or witness.has_changes
    if is_in_step and _sees_folders(witness, world, project, outcome):
        text = lock.text if lock is not None else None
        if lock is not None and lock.is_changed:
            witness.see_written(project, lock.text)
        has_told_all = witness.has_changes and isinstance(what, str)
        witness.keep(world, project, what, lock=text, has_told_all=has_told_all)


def _sees_folders(witness: Witness, world: World, project: Project, outcome: SyncOutcome) -> bool:
    """Look at the folders that are installed, and those the lock names; say whether all can be told by that.

    The tree of a project alone was looked at before it was read. Another folder is now, and then has to have
    the key that was found when it was.
    """
    if outcome.lock is not None and not witness.sees_folders(project, outcome.lock.lock):
        return False
    seen = {project.manifest.name} if project.workspace is None else set()
    if _folders_in(outcome.plan) <= seen:
        return True
    settled = outcome.settled
    if settled is None:
        return False
    try:
        for choice in settled.selection.choices:
            if is_tree(choice) and choice.package.name not in seen:
                _see_folder(witness, world, choice, settled.interpreter)
    except Unseen:
        return False
    return True


def _see_folder(witness: Witness, world: World, choice: Choice, interpreter: Interpreter) -> None:
    before = chosen_tree(world, choice, interpreter)
    if not before.is_editable:
        raise Unseen  # every file of it counts
    witness.see(editable_sights(before.root, before.manifest, world.settings.config_settings))
    after = chosen_tree(world, choice, interpreter)
    if after != before or after.whole != tree_of(choice):
        raise Unseen


def _folders_in(plan: Plan) -> set[str]:
    """Name what is installed from folders once a plan is carried out."""
    names: set[str] = set()
    for action in plan.actions:
        match action:
            case Keep():
                is_folder = action.old.identity.startswith(f"{_TREE}:")
            case Install() | Replace():
                is_folder = any(digest.algorithm == _TREE for digest in action.choice.artifact.digests)
            case _:
                is_folder = False
        if is_folder:
            names.add(action.name)
    return names


LOOKS = Looks(environment_sights, tree_sights, python_sights)
