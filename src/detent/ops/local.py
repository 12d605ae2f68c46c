"""The project itself, and other folders, as something to install.

What stands for a folder in an environment is the key of what a build of it would see: as long as that is the
same, nothing is built and nothing asked, whether or not the store still has the wheel.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from detent.build.inputs import contents
from detent.build.key import editable_key, tree_key
from detent.errors import Bug
from detent.errors.build import BuildSystemInvalid
from detent.errors.lock import LockInvalid
from detent.lock.choice import Choice
from detent.lock.filename import is_url, local_path
from detent.lock.model import LOCK_NAME, BuildLock, Direct, LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.references import git_url, read_subdirectory
from detent.model.repository import Tree, is_commit
from detent.named import NamedTuple
from detent.ops.built import COMMIT, TREE, choice_facts
from detent.ops.discover import MANIFEST_NAME, Part, Project
from detent.ops.world import World
from detent.project.building import Facts
from detent.python.interpreter import Interpreter
from detent.store.fingerprint import fingerprint


class LocalTree(NamedTuple):
    """A folder that can be built, and the keys of the wheel it gives."""

    root: Path
    """Absolute."""
    is_editable: bool
    build: str
    """Changes when a back end could give another wheel."""
    whole: str
    """Changes with it, and with requirements that are in METADATA alone."""
    manifest: Mapping[str, object]
    """Its pyproject.toml as parsed; empty where there is none."""

    def requirements(self) -> tuple[Sequence[str], Mapping[str, Sequence[str]]]:
        """Give the texts of dependencies and extras; only of a folder whose back end copies them."""
        project = cast("Mapping[str, Any]", self.manifest["project"])
        return project.get("dependencies", ()), project.get("optional-dependencies", {})


def project_choice(
    world: World,
    project: Project | Part,
    interpreter: Interpreter,
    *,
    is_editable: bool,
    build_with: tuple[str, ...] = (),
    build_in: str = "",
    build_lock: BuildLock | None = None,
) -> Choice:
    """Give the project itself as a choice beside those of the lock."""
    manifest = project.manifest
    package = LockedPackage(
        manifest.name,
        manifest.version or "",
        direct=Direct("directory", project.root.as_uri(), editable=is_editable),
    )
    built = Choice(package, Artifact("", "", ()), True, build_with, build_in, build_lock)
    said = choice_facts(world, built)
    tree = _tree(world, project.root, manifest.data, interpreter, is_editable=is_editable, said=said)
    return built._replace(artifact=_choice(package, tree, is_requested=True).artifact)


def named_source(choice: Choice) -> Direct:
    """Give the source of a choice that is a folder, or in a repository."""
    if choice.package.direct is None:
        raise Bug(f"`{choice.package.name}` comes from an index")
    return choice.package.direct


def tree_of_git(choice: Choice) -> Tree:
    """Give what a choice from version control takes; raises :class:`LockInvalid` for what no git can give."""
    direct = named_source(choice)
    entry = f"its entry `{choice.package.name}`"
    if direct.vcs != "git":
        raise LockInvalid(
            LOCK_NAME, f"{entry} comes from `{direct.vcs}`; of version control only git is known"
        )
    commit = direct.commit.lower()
    if not is_commit(commit):
        raise LockInvalid(
            LOCK_NAME, f"{entry} has `{direct.commit}`, which is not the whole name of a commit"
        )
    try:
        url = git_url(direct.location if is_url(direct.location) else Path(direct.location).as_uri())
        below = read_subdirectory(direct.subdirectory)
    except ValueError as error:
        raise LockInvalid(LOCK_NAME, f"{entry} cannot come from `{direct.location}`: {error}") from None
    if below != direct.subdirectory:
        raise LockInvalid(
            LOCK_NAME, f"{entry} has the subdirectory `{direct.subdirectory}`, which is `{below}`"
        )
    return Tree(url, commit, direct.submodules, direct.lfs)


def git_choice(choice: Choice) -> Choice:
    """Give a choice from version control with what stands for it: its commit, and which folder of it."""
    tree = tree_of_git(choice)
    return choice._replace(artifact=git_artifact(tree, named_source(choice).subdirectory))


def git_artifact(tree: Tree, below: str) -> Artifact:
    """Give what stands for a folder of a commit where a file has its hash, wherever it was fetched from."""
    facts = (tree.name, below)
    return Artifact("", tree.url, (Digest(COMMIT, fingerprint(repr(facts).encode())),))


def tree_choice(world: World, choice: Choice, base: Path, interpreter: Interpreter) -> Choice:
    """Give a folder of the lock with its URL and its key; its path is relative to ``base``.

    Raises :class:`BuildSystemInvalid` where there is none.
    """
    direct = named_source(choice)
    top = Path(os.path.abspath(base / direct.location))  # noqa: PTH100
    root = folder_in(top, direct.subdirectory)
    if root is None:
        raise BuildSystemInvalid(str(top / direct.subdirectory), "there is no such folder")
    said = choice_facts(world, choice)
    tree = tree_at(world, root, interpreter, is_editable=direct.editable, said=said)
    package = choice.package._replace(direct=direct._replace(location=root.as_uri(), subdirectory=""))
    found = _choice(package, tree, is_requested=choice.requested)
    return found._replace(
        build_with=choice.build_with, build_in=choice.build_in, build_lock=choice.build_lock
    )


def tree_keys(world: World, choice: Choice, interpreter: Interpreter) -> tuple[str, str]:
    """Give both keys of a choice that is a folder: see :class:`LocalTree`."""
    tree = chosen_tree(world, choice, interpreter)
    return tree.build, tree.whole


def chosen_tree(world: World, choice: Choice, interpreter: Interpreter) -> LocalTree:
    """Look anew at the folder of a choice whose location is a URL by now."""
    direct = named_source(choice)
    root = local_path(direct.location) or direct.location
    said = choice_facts(world, choice)
    return tree_at(world, Path(root), interpreter, is_editable=direct.editable, said=said)


def folder_in(top: Path, subdirectory: str) -> Path | None:
    """Give a folder inside of a source; ``None`` where there is none, or it lies somewhere else."""
    folder = top / subdirectory
    is_inside = Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(top))
    return folder if is_inside and folder.is_dir() else None


def tree_at(
    world: World, root: Path, interpreter: Interpreter, *, is_editable: bool, said: Facts = ()
) -> LocalTree:
    """Look at a folder anew; a pyproject.toml that cannot be read is for the build to complain of.

    ``said`` is what is said of its build.
    """
    try:
        manifest = tomllib.loads(contents(root / MANIFEST_NAME).decode())
    except (ValueError, RecursionError):
        manifest = {}
    return _tree(world, root, manifest, interpreter, is_editable=is_editable, said=said)


def _tree(
    world: World,
    root: Path,
    manifest: Mapping[str, object],
    interpreter: Interpreter,
    *,
    is_editable: bool,
    said: Facts,
) -> LocalTree:
    settings, python = world.settings.config_settings, interpreter.digest
    caller = world.settings.build_terms.caller
    if is_editable:
        keys = editable_key(
            root, manifest, interpreter=python, config_settings=settings, facts=said, variables=caller
        )
        return LocalTree(root, is_editable, keys.build, keys.whole, manifest)
    key = tree_key(root, manifest, interpreter=python, config_settings=settings, facts=said, variables=caller)
    return LocalTree(root, is_editable, key, key, manifest)


def _choice(package: LockedPackage, tree: LocalTree, *, is_requested: bool) -> Choice:
    artifact = Artifact("", tree.root.as_uri(), (Digest(TREE, tree.whole),))
    return Choice(package, artifact, is_requested)
