"""What a project demands where its pyproject.toml leaves that to the back end (`dynamic`, PEP 621).

Every lock comes by here, so what building takes is not imported: the builder asks the back end.
"""

from collections.abc import Iterable

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.candidate import Dependency
from detent.model.inputs import Inputs
from detent.model.reference_urls import InvalidReference
from detent.model.references import read_reference, reference_text
from detent.model.requirement import Origin, Requirement, parse_requirement
from detent.ops.discover import Project
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.project.conflicts import Declared, with_gates
from detent.project.members import Asking, together
from detent.project.values import redacted

LEFT_OPEN = frozenset(("dependencies", "optional-dependencies", "requires-python"))
"""What a lock asks of a back end where a project leaves it open."""


def asked_inputs(world: World, project: Project) -> Inputs:
    """Give what a lock is made from, with what is dynamic, of every member of a workspace."""
    index_url = world.releases.index_url
    if project.workspace is None:
        return with_dynamic(world, project, project.manifest.inputs(index_url))
    parts = project.workspace.parts
    members = tuple(part.member() for part in parts)
    root = with_dynamic(world, project, project.manifest.inputs(index_url)._replace(members=members))
    askings = []
    for part, member in zip(parts, members, strict=True):
        inputs = with_dynamic(world, part.as_project(), part.manifest.inputs(index_url))
        extras = tuple(extra for extra, _ in inputs.extras)
        found = member._replace(requires_python=inputs.requires_python, extras=extras)
        askings.append(Asking(found, inputs))
    return together(root, askings)


def with_dynamic(world: World, project: Project, inputs: Inputs) -> Inputs:
    """Fill in what is dynamic of dependencies, extras and requires-python.

    Raises :class:`BuildError`, and :class:`ManifestInvalid` where `conflicts` cannot be used with that.
    """
    left_open = LEFT_OPEN.intersection(project.manifest.dynamic)
    if not left_open:
        return inputs
    metadata = world.builder().declared(project)
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
    declared = Declared(
        inputs.name, inputs.dependencies, inputs.extras, inputs.groups, members=inputs.members
    )
    pythons = markers.requires_python(inputs.requires_python) if inputs.requires_python else markers.ALWAYS
    care = markers.and_(pythons, inputs.adjustments._replace(conflicts=()).scope())
    conflicts = with_gates(
        inputs.adjustments.conflicts, declared, project.manifest.data, display(project.manifest_path), care
    )
    return inputs._replace(adjustments=inputs.adjustments._replace(conflicts=conflicts))


def _requirements(rows: Iterable[Dependency], table: str) -> tuple[Requirement, ...]:
    return tuple(_with_reference(parse_requirement(str(row), Origin(table))) for row in rows)


def _with_reference(requirement: Requirement) -> Requirement:
    """Give a requirement with its URL in its one form."""
    if not requirement.url:
        return requirement
    try:
        return requirement._replace(url=reference_text(read_reference(requirement.url)))
    except InvalidReference as error:
        table = requirement.origin.table if requirement.origin else ""
        raise ManifestInvalid(
            f"{table} (dynamic)",
            f"`{requirement.name}` cannot come from `{redacted(requirement.url)}`",
            why=error.reason,
            next_steps=(error.hint,) if error.hint else (),
        ) from None
