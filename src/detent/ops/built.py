"""What was built from what: the keys of builds, and records that let each be done once.

A key covers everything that went in: the source, the interpreter and the settings. Its record says which
wheel came out; that wheel stands in the store like any other. Nothing is built here.
"""

from detent.fsio import file_trouble
from detent.install.plan import BUILD_SETTINGS, identity_of
from detent.lock.builds import built_of, facts_of
from detent.lock.choice import Choice
from detent.model.candidate import Artifact, Digest
from detent.model.names import PackageName
from detent.ops.world import World
from detent.project.building import Facts
from detent.python.interpreter import Interpreter
from detent.store.builds import Built, read_built, write_built
from detent.store.entry import WheelEntry
from detent.store.fingerprint import fingerprint

TREE = "tree"
"""What stands before the key of a folder where a file has its hash."""
COMMIT = "commit"
"""The same for a folder of a repository."""


def is_tree(choice: Choice) -> bool:
    """Whether a choice is a folder."""
    direct = choice.package.direct
    return direct is not None and direct.kind == "directory"


def is_git(choice: Choice) -> bool:
    """Whether a choice comes from version control."""
    direct = choice.package.direct
    return direct is not None and direct.kind == "vcs"


def is_elsewhere(choice: Choice) -> bool:
    """Whether a choice comes from a repository, a URL or the path of a file."""
    direct = choice.package.direct
    return direct is not None and direct.kind != "directory"


def tree_of(choice: Choice) -> str:
    """Give the key of a choice that is a folder."""
    return next(digest.value for digest in choice.artifact.digests if digest.algorithm == TREE)


def with_settings(world: World, choice: Choice) -> Choice:
    """Let a source distribution tell the settings it is built with, if there are any.

    So it is another package than without them, although the file is the same.
    """
    artifact, settings = choice.artifact, sorted(world.settings.config_settings.items())
    facts = choice_facts(world, choice)
    if not (settings or facts) or not artifact.digests:
        return choice
    text = repr((settings, facts) if facts else settings)
    told = Digest(BUILD_SETTINGS, fingerprint(text.encode("utf-8", "surrogateescape"))[:16])
    return choice._replace(artifact=artifact._replace(digests=(*artifact.digests, told)))


def choice_facts(world: World, choice: Choice) -> Facts:
    """Give what is said of the build of a choice, beside the settings for back ends."""
    said = world.settings.build_terms.facts(choice.package.name, choice.build_with, choice.build_in)
    if choice.build_lock is None or choice.build_in:
        return said
    return said + facts_of(choice.build_lock, built_of(choice.package))


def archive_key(
    world: World, artifact: Artifact, interpreter: Interpreter, *, subdirectory: str = "", said: Facts = ()
) -> str:
    """Give the key of the wheel that is built from a source distribution; ``said`` is said of its build."""
    settings = sorted(world.settings.config_settings.items())
    source = artifact._replace(digests=tuple(d for d in artifact.digests if d.algorithm != BUILD_SETTINGS))
    facts: Facts = (
        "archive",
        identity_of(source) or artifact.url,
        subdirectory,
        interpreter.digest,
        settings,
    )
    facts += (said,) if said else ()
    return fingerprint(repr(facts).encode("utf-8", "surrogateescape"))


def choice_key(world: World, choice: Choice, interpreter: Interpreter) -> str:
    """Give the key of the wheel that a choice which is none has to be built into."""
    if is_tree(choice):
        return tree_of(choice)
    direct = choice.package.direct
    below = direct.subdirectory if direct is not None else ""
    said = choice_facts(world, choice)
    return archive_key(world, choice.artifact, interpreter, subdirectory=below, said=said)


def find_built(world: World, key: str, *, name: PackageName, version: str) -> WheelEntry | None:
    """Give the wheel that was built under this key, if the store still has it.

    An empty ``version`` accepts whatever version came out.
    """
    built = read_built(world.layout, key)
    if built is None:
        return None
    wanted = version or built.version
    return world.wheels().find(built.digest, filename=f"{name}-{wanted}", name=name, version=wanted)


def remember_built(world: World, key: str, entry: WheelEntry) -> None:
    """Keep which wheel was built under this key."""
    write_built(world.layout, key, Built(entry.digest, entry.version))


def forget_built(world: World, key: str) -> None:
    """Drop what was built under this key, so that it is built again; the wheel stays for who uses it."""
    path = world.layout.built(key)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise file_trouble(error, path) from error
