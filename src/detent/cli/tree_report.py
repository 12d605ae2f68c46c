"""What `tree` answers, as text and as facts for programs (schema: `cli.schemas`). Pure."""

from detent.cli.render import show, size
from detent.lock.links import Node, entry_ids
from detent.lock.views import View, draw, edges
from detent.ops.tree import TreeOutcome


def text(outcome: TreeOutcome) -> str:
    """Draw the tree."""
    notes: dict[int, str] = {}
    for place in {*outcome.sizes, *outcome.latest}:
        told = [size(outcome.sizes[place])] if place in outcome.sizes else []
        told += [f"latest: v{outcome.latest[place]}"] if place in outcome.latest else []
        notes[place] = "".join(f" ({each})" for each in told)
    options = outcome.options
    return show(draw(outcome.view, depth=options.depth, dedupe=options.dedupe, notes=notes)).rstrip("\n")


def facts(outcome: TreeOutcome) -> dict[str, object]:
    """Give what is shown as packages and the edges between them; the project and its members are roots."""
    seen = outcome.view
    ids = dict(enumerate(entry_ids(seen.packages)))
    links = list(edges(seen, outcome.options.depth))
    nodes = {*seen.starts, *(link.node for _, link in links)}
    for node in nodes:
        if node.entry < 0:
            ids[node.entry] = seen.own_of(node)[0]
    places = sorted({node.entry for node in nodes if node.entry >= 0})
    return {
        "is_inverted": outcome.options.invert,
        "starts": [ids[node.entry] for node in seen.starts],
        "projects": [_project(seen, node) for node in sorted(nodes, reverse=True) if node.entry < 0],
        "packages": [_package(outcome, place, ids[place]) for place in places],
        "edges": [
            {
                "from": ids[node.entry],
                "from_extras": list(node.extras),
                "to": ids[link.node.entry],
                "extras": list(link.node.extras),
                "label": link.label,
                "wants": list(link.wanted),
            }
            for node, link in links
        ],
    }


def _project(seen: View, node: Node) -> dict[str, object]:
    name, version = seen.own_of(node)
    return {"id": name, "name": name, "version": version}


def _package(outcome: TreeOutcome, place: int, known_as: str) -> dict[str, object]:
    package = outcome.view.packages[place]
    direct = package.direct
    return {
        "id": known_as,
        "name": str(package.name),
        "version": package.known_version,
        "index": package.index,
        "source": None
        if direct is None
        else {"kind": direct.vcs or direct.kind, "location": direct.location},
        "marker": package.marker,
        "latest": outcome.latest.get(place, package.version) if outcome.options.outdated else None,
        "size_bytes": outcome.sizes.get(place),
    }
