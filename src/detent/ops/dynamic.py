"""What a project demands where its pyproject.toml leaves that to the back end (`dynamic`, PEP 621).

The project is built for it, as it would be to be installed, and the wheel is kept: as long as the back end
would see the same, nothing is built again.
"""

from collections.abc import Iterable

from detent.errors import BuildFailed, MetadataInvalid
from detent.index.metadata import parse_metadata
from detent.lock.filename import wheel_name
from detent.model.candidate import Dependency, Metadata
from detent.model.inputs import Inputs
from detent.model.requirement import Origin, Requirement, parse_requirement
from detent.ops.built import find_built
from detent.ops.discover import Project
from detent.ops.local import project_choice, tree_of
from detent.ops.python import environment_path, interpreter_for
from detent.ops.world import World
from detent.project.conflicts import Declared, with_gates
from detent.store.entry import read_metadata

_LEFT_OPEN = frozenset(("dependencies", "optional-dependencies", "requires-python"))


def with_dynamic(world: World, project: Project, inputs: Inputs) -> Inputs:
    """Fill in what is dynamic of dependencies, extras and requires-python; raises :class:`BuildError`."""
    left_open = _LEFT_OPEN.intersection(project.manifest.dynamic)
    if not left_open:
        return inputs
    metadata = _metadata(world, project)
    if "dependencies" in left_open:
        inputs = inputs._replace(dependencies=_requirements(metadata.base, "project.dependencies"))
    if "optional-dependencies" in left_open:
        extras = tuple(
            (extra, _requirements(rows, f"project.optional-dependencies.{extra}"))
            for extra, rows in metadata.extras
        )
        inputs = inputs._replace(extras=extras)
    if "requires-python" in left_open:
        inputs = inputs._replace(requires_python=metadata.requires_python)
    if not inputs.adjustments.conflicts:
        return inputs
    declared = Declared(inputs.name, inputs.dependencies, inputs.extras, inputs.groups)
    conflicts = with_gates(inputs.adjustments.conflicts, declared, project.manifest.data)
    return inputs._replace(adjustments=inputs.adjustments._replace(conflicts=conflicts))


def _requirements(rows: Iterable[Dependency], table: str) -> tuple[Requirement, ...]:
    origin = Origin(table)
    return tuple(parse_requirement(str(row), origin) for row in rows)


def _metadata(world: World, project: Project) -> Metadata:
    manifest = project.manifest
    interpreter = interpreter_for(world, project, environment_path(world, project))
    choice = project_choice(world, project, interpreter, is_editable=True)
    entry = find_built(world, tree_of(choice), name=manifest.name, version=manifest.version or "")
    if entry is None:
        entry = world.builder().from_tree(choice, interpreter)
    try:
        return parse_metadata(read_metadata(entry), wheel_name(entry.name, entry.version))
    except MetadataInvalid as error:
        raise BuildFailed(f"{manifest.name} @ {project.root.as_uri()}", error.why) from error
