"""What was built from what: the keys of builds, and records that let each be done once.

A key covers everything that went in: the source, the interpreter and the settings. Its record says which
wheel came out; that wheel stands in the store like any other. Nothing is built here.
"""

from hashlib import sha256

from detent.fsio import file_trouble
from detent.install.plan import identity_of
from detent.model.candidate import Artifact
from detent.model.names import PackageName
from detent.ops.world import World
from detent.python.interpreter import Interpreter
from detent.store.builds import Built, read_built, write_built
from detent.store.wheels import WheelEntry


def archive_key(world: World, artifact: Artifact, interpreter: Interpreter, *, subdirectory: str = "") -> str:
    """Give the key of the wheel that is built from a source distribution."""
    settings = sorted(world.settings.config_settings.items())
    facts = ("archive", identity_of(artifact) or artifact.url, subdirectory, interpreter.digest, settings)
    return sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()


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
