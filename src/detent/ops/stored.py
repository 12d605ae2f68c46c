"""What the store has for choices: fetched or built before, and found to be whole. Nothing is brought here.

Every warm sync comes by, so it imports none of what fetches and builds.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from detent.install.plan import AUTO, Linking, identity_of
from detent.lock.choice import Choice
from detent.model.candidate import Artifact
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.means import Means
from detent.store.builds import read_built
from detent.store.entry import WheelEntry
from detent.store.records import read_record

KeyOf: TypeAlias = Callable[[Choice], str]

DIGEST_FACT = (b"digest", 1)
"""The record of the sha256 of a file that the lock names by another hash."""


class Stored(NamedTuple):
    """Choices, by whether the store has them."""

    entries: dict[PackageName, WheelEntry]
    missing: tuple[Choice, ...]


def find_stored(means: Means, choices: Iterable[Choice], key_of: KeyOf, *, linking: Linking = AUTO) -> Stored:
    """Look for all choices at once, and check what is there (:meth:`Shelf.check`).

    ``key_of`` gives the key of the build that makes a wheel of a choice. Raises :class:`ArchiveUnsafe` where
    a hash leads to another package.
    """
    choices = tuple(choices)
    known = {choice.package.name: _known(means, choice, key_of) for choice in choices}
    wheels = means.wheels()
    heads = wheels.heads(digest for digest, _ in known.values() if digest)
    entries: dict[PackageName, WheelEntry] = {}
    for choice in choices:
        digest, version = known[choice.package.name]
        entry = heads.get(digest)
        if entry is None:
            continue
        wheels.see_owner(entry, filename=_filename(choice), name=choice.package.name, version=version)
        # An entry that somebody edited is set aside by the check, and fetched again.
        checked = wheels.check(entry, fully=not linking.is_by_directory(choice.package.name))
        if checked is not None:
            entries[choice.package.name] = checked
    return Stored(entries, tuple(choice for choice in choices if choice.package.name not in entries))


def stored_wheel(means: Means, choice: Choice) -> WheelEntry | None:
    """Give the entry of a choice that is a wheel, unchecked."""
    digest = wheel_digest(means, choice.artifact)
    if not digest:
        return None
    package = choice.package
    return means.wheels().find(
        digest, filename=choice.artifact.filename, name=package.name, version=package.version
    )


def wheel_digest(means: Means, artifact: Artifact) -> str:
    """Give the sha256 of a wheel, as the lock says it or as it was when it was fetched; empty for unknown."""
    if artifact.sha256 is not None:
        return artifact.sha256
    known = read_record(means.layout.fact(fact_key(artifact)), *DIGEST_FACT)
    return known if isinstance(known, str) else ""


def fact_key(artifact: Artifact) -> str:
    """Give the name of what is known of a file."""
    return identity_of(artifact).replace(":", "-")


def _known(means: Means, choice: Choice, key_of: KeyOf) -> tuple[str, str]:
    """Give the sha256 of the wheel, and the version it has to have."""
    version = choice.package.version
    if choice.artifact.is_wheel:
        return wheel_digest(means, choice.artifact), version
    built = read_built(means.layout, key_of(choice))
    return (built.digest, version or built.version) if built is not None else ("", version)


def _filename(choice: Choice) -> str:
    if choice.artifact.is_wheel:
        return choice.artifact.filename
    return f"{choice.package.name}-{choice.package.version}"
