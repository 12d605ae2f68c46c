"""What names one entry of a lock: the shortest thing that is unique, and the order entries stand in.

The standard (PEP 751, `packages.dependencies`) wants the least that tells an entry from all others.
"""

from collections.abc import Sequence

from detent.lock.model import Direct, Edge, LockedPackage


def edge_to(package: LockedPackage, alike: Sequence[LockedPackage]) -> Edge:
    """Name an entry among all entries of its name, itself included."""
    if len(alike) == 1:
        return Edge(package.name)
    forms = [Edge(package.name, package.version)] if package.version else []
    if package.version and package.index:
        forms.append(Edge(package.name, package.version, package.index))
    for form in forms:
        if sum(is_end(form, other) for other in alike) == 1:
            return form
    if package.direct is None:
        return forms[-1]
    return Edge(package.name, direct=identity(package.direct))


def is_end(edge: Edge, package: LockedPackage) -> bool:
    """Say whether an edge may mean this entry."""
    if edge.name != package.name:
        return False
    if edge.version not in {"", package.version} or edge.index not in {"", package.index}:
        return False
    return edge.direct is None or (
        package.direct is not None and identity(package.direct) == identity(edge.direct)
    )


def identity(direct: Direct) -> Direct:
    """Leave out what says how a source was asked for or is installed."""
    return direct._replace(revision="", editable=False, is_package=True, submodules=False, lfs=False)


def source_order(package: LockedPackage) -> tuple[str, ...]:
    """Give what entries of one name and version are sorted by: what is from an index comes first."""
    direct = package.direct
    if direct is None:
        return ("", package.index)
    return (direct.kind, direct.location, direct.commit, direct.subdirectory, package.index)
