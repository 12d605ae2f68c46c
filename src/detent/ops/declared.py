"""What a project's own back end says of it: the metadata of its wheel.

The project is built for it, as it would be to be installed, and the wheel is kept: as long as the back end
would see the same, nothing is built again.
"""

from detent.errors.build import BuildFailed
from detent.errors.fetch import MetadataInvalid
from detent.index.metadata import parse_metadata
from detent.lock.filename import wheel_name
from detent.lock.model import BuildLock
from detent.model.candidate import Metadata
from detent.ops.active import environment_path
from detent.ops.built import find_built, tree_of
from detent.ops.discover import Project
from detent.ops.local import project_choice
from detent.ops.world import World
from detent.store.entry import read_metadata


def declared(world: World, project: Project, build_lock: BuildLock | None = None) -> Metadata:
    """Read what the back end says, held to what a lock says of builds; raises :class:`BuildError`."""
    manifest = project.manifest
    interpreter = world.interpreter(project)
    shares = world.settings.build_terms.shares(manifest.name)
    build_in = str(environment_path(world, project)) if shares else ""
    choice = project_choice(
        world, project, interpreter, is_editable=True, build_in=build_in, build_lock=build_lock
    )
    entry = find_built(world, tree_of(choice), name=manifest.name, version=manifest.version or "")
    if entry is None:
        entry = world.builder().from_tree(choice, interpreter)
    try:
        return parse_metadata(read_metadata(entry), wheel_name(entry.name, entry.version))
    except MetadataInvalid as error:
        raise BuildFailed(f"{manifest.name} @ {project.root.as_uri()}", error.why) from error
