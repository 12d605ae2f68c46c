"""Export as a bill of materials: the lock with what its packages say of themselves, as CycloneDX.

Apart from the other formats because it asks the index for metadata, which they never do.
"""

from urllib.parse import urljoin

from distlib.index import DEFAULT_INDEX

from detent import stamp
from detent.index.about import about_of_project
from detent.lock.cyclonedx import Own, Terms, gates, render_cyclonedx
from detent.model.about import About
from detent.ops.about import about
from detent.ops.discover import Part, Project
from detent.ops.export import Excerpted, ExportOptions, ExportOutcome, excerpted, written
from detent.ops.world import World


def sbom(world: World, project: Project, options: ExportOptions) -> ExportOutcome:
    """Export the lock, locking first if needed; raises what :func:`detent.ops.export.export` does."""
    found = excerpted(world, project, options)
    lock, name = found.lock, project.manifest.name
    own = _parts(found, options)
    left_out = {part.name for part in found.own} - {part.name for part in own}
    taken = [one for one in found.taken if one.package.name not in left_out]
    packages = tuple(one.package for one in taken)
    abouts = about(world, lock._replace(packages=packages), project.root) if packages else {}
    terms = Terms(
        stamp.VERSION,
        urljoin(DEFAULT_INDEX, "/simple/"),
        tuple(map(_own, own)),
        options.moment,
        options.hashes,
    )
    brought = gates(lock, name, found.wanted, found.pruned)
    return written(found, render_cyclonedx(taken, abouts, brought, terms))


def _parts(found: Excerpted, options: ExportOptions) -> tuple[Part, ...]:
    """Give the project's own, none where they are left out."""
    if not options.project:
        return ()
    left_out = found.left_out | found.pruned
    return tuple(part for part in found.own if part.name and part.name not in left_out)


def _own(part: Part) -> Own:
    manifest = part.manifest
    version = manifest.version or ""
    said = about_of_project(part.manifest_bytes, part.name, version) or About(part.name, version)
    return Own(said, part.folder, manifest.is_package, manifest.requires_python)
