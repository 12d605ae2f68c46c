"""What the store has for choices: fetched or built before, and found to be whole. Nothing is brought here.

Every warm sync comes by, so it imports none of what fetches and builds.
"""

from collections.abc import Iterable
from typing import NamedTuple

from detent.install.plan import identity_of
from detent.lock.choice import Choice
from detent.model.candidate import Artifact
from detent.model.names import PackageName
from detent.ops.built import choice_key
from detent.ops.world import World
from detent.python.interpreter import Interpreter
from detent.store.builds import read_built
from detent.store.entry import WheelEntry
from detent.store.records import read_record

DIGEST_FACT = (b"digest", 1)
"""The record of the sha256 of a file that the lock names by another hash."""


class Stored(NamedTuple):
    """Choices, by whether the store has them."""

    entries: dict[PackageName, WheelEntry]
    missing: tuple[Choice, ...]


def find_stored(
    world: World, choices: Iterable[Choice], interpreter: Interpreter, *, is_by_folders: bool = False
) -> Stored:
    """Look for all choices at once, and check what is there (:meth:`WheelStore.check`).

    ``is_by_folders``: their folders will be linked, not their files. Raises :class:`ArchiveUnsafe` where a
    hash leads to another package.
    """
    choices = tuple(choices)
    known = {choice.package.name: _known(world, choice, interpreter) for choice in choices}
    wheels = world.wheels()
    heads = wheels.heads(digest for digest, _ in known.values() if digest)
    entries: dict[PackageName, WheelEntry] = {}
    for choice in choices:
        digest, version = known[choice.package.name]
        entry = heads.get(digest)
        if entry is None:
            continue
        wheels.see_owner(entry, filename=_filename(choice), name=choice.package.name, version=version)
        # An entry that somebody edited is set aside by the check, and fetched again.
        checked = wheels.check(entry, fully=not is_by_folders)
        if checked is not None:
            entries[choice.package.name] = checked
    return Stored(entries, tuple(choice for choice in choices if choice.package.name not in entries))


def stored_wheel(world: World, choice: Choice) -> WheelEntry | None:
    """Give the entry of a choice that is a wheel, unchecked."""
    digest = wheel_digest(world, choice.artifact)
    if not digest:
        return None
    package = choice.package
    return world.wheels().find(
        digest, filename=choice.artifact.filename, name=package.name, version=package.version
    )


def wheel_digest(world: World, artifact: Artifact) -> str:
    """Give the sha256 of a wheel, as the lock says it or as it was when it was fetched; empty for unknown."""
    if artifact.sha256 is not None:
        return artifact.sha256
    known = read_record(world.layout.fact(fact_key(artifact)), *DIGEST_FACT)
    return known if isinstance(known, str) else ""


def fact_key(artifact: Artifact) -> str:
    """Give the name of what is known of a file."""
    return identity_of(artifact).replace(":", "-")


def _known(world: World, choice: Choice, interpreter: Interpreter) -> tuple[str, str]:
    """Give the sha256 of the wheel, and the version it has to have."""
    version = choice.package.version
    if choice.artifact.is_wheel:
        return wheel_digest(world, choice.artifact), version
    built = read_built(world.layout, choice_key(world, choice, interpreter))
    return (built.digest, version or built.version) if built is not None else ("", version)


def _filename(choice: Choice) -> str:
    if choice.artifact.is_wheel:
        return choice.artifact.filename
    return f"{choice.package.name}-{choice.package.version}"
