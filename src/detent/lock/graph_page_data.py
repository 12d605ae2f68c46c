"""The lock as facts for the page of `detent graph`, and for programs: packages, edges, gates and targets.

Nothing here depends on when it is made: ages count from the newest upload in the lock, so the same lock gives
the same page. Foreign text has its control, bidirectional and invisible characters escaped.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from detent.lock.coverage import Row, Supply, Target, coverage
from detent.lock.graph import Graph
from detent.lock.links import PROJECT, Link, Links, Node, entry_ids, holding
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.about import About
from detent.model.candidate import Artifact
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.model.wheel_coverage import is_for_pypy, places
from detent.named import NamedTuple

_DAY_SECONDS = 86_400
_LONGEST = 400
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAIN: Final = "dependencies"


class Own(NamedTuple):
    """The project, or a member of its workspace."""

    name: str
    version: str = ""


def page_data(
    lock: Lock,
    inputs: Inputs,
    abouts: Mapping[tuple[PackageName, str], About],
    *,
    project: Own,
    members: Sequence[Own] = (),
) -> dict[str, object]:
    """Give what the page shows; ``members`` are those of the workspace, as ``inputs`` has them."""
    graph = Graph(lock)
    groups = frozenset(name for name, _ in inputs.groups)
    links = Links(lock, inputs, graph, holding(graph, inputs, None, groups), frozenset())
    links.add_project(groups, None, base=True)
    links.add_members(groups)
    own = [project, *members]
    roots = list(links.roots(is_project=bool(inputs.name or links.below(Node(PROJECT)))))
    names = dict(enumerate(map(clean, entry_ids(graph.packages))))
    taken = set(names.values())  # an entry that carries no version has its name alone
    for root in roots:
        name = clean(own[PROJECT - root.entry].name) or "project"
        names[root.entry] = f"{name} (project)" if name in taken else name
    gates = _gates(links, roots, [names[root.entry] for root in roots])
    rows = _rows(lock)
    targets = list(dict.fromkeys(row.target for found in rows.values() for row in found))
    newest = max((uploaded for package in lock.packages if (uploaded := _uploaded(package))), default=None)
    return {
        "project": {"name": clean(project.name), "version": clean(project.version)},
        "requires_python": lock.requires_python,
        "newest_upload": _moment(newest),
        "roots": [
            {"id": names[root.entry], "version": clean(own[PROJECT - root.entry].version)} for root in roots
        ],
        "gates": [gate for gate, _ in gates],
        "targets": [{"platform": clean(target.platform), "python": target.python} for target in targets],
        "packages": [
            {
                "id": names[place],
                **_package(package, abouts.get((package.name, package.known_version)), newest),
                "gates": [gate for gate, reached in gates if place in reached],
                "supplies": _supplies(package, rows.get((package.name, package.known_version), ()), targets),
            }
            for place, package in enumerate(graph.packages)
        ],
        "edges": _edges(links, roots, graph, names),
    }


def clean(text: str) -> str:
    """Make foreign text harmless to a reader: what nobody sees is escaped, what is too long cut."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            c if unicodedata.category(c) not in _HIDDEN else c.encode("unicode_escape").decode() for c in text
        )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def link_of(url: str) -> str:
    """Give an address that may be followed: of the web, without a login; else nothing."""
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\^`{|}")
    return url if is_fit and is_plain and len(url) <= 2 * _LONGEST else ""


# ---- edges -----------------------------------------------------------------------------------


def _reached(links: Links, starts: Iterable[Node]) -> dict[Node, Sequence[Link]]:
    """Give what is below each node that is reached."""
    found: dict[Node, Sequence[Link]] = {}
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = links.below(node)
            waiting += [link.node for link in found[node]]
    return found


def _gates(links: Links, roots: Sequence[Node], names: Sequence[str]) -> list[tuple[str, frozenset[int]]]:
    """Give the project's dependencies, each extra and each group, with the entries that each brings."""
    found = []
    for root, name in zip(roots, names, strict=True):
        starts: dict[str, list[Node]] = {}
        for link in links.below(root):
            starts.setdefault(link.label, []).append(link.node)
        for label, nodes in starts.items():
            title = label or _MAIN
            gate = title if len(roots) == 1 else f"{name}: {title}"
            found.append((gate, frozenset(node.entry for node in _reached(links, nodes))))
    return found


def _edges(
    links: Links, roots: Sequence[Node], graph: Graph, names: Mapping[int, str]
) -> list[dict[str, object]]:
    everything = _reached(links, [*roots, *map(Node, range(len(graph.packages)))])
    found: dict[tuple[int, int], tuple[set[str], set[str]]] = {}
    for node, below in everything.items():
        for link in below:
            labels, wanted = found.setdefault((node.entry, link.node.entry), (set(), set()))
            labels.add(link.label)
            wanted.update(link.wanted)
    # The project first, then its members, then the entries in their order.
    order = sorted(found, key=lambda ends: (ends[0] >= 0, abs(ends[0]), ends[1]))
    return [
        {
            "from": names[parent],
            "to": names[child],
            "labels": sorted(label for label in found[parent, child][0] if label),
            "wants": sorted(map(clean, found[parent, child][1])),
        }
        for parent, child in order
    ]


# ---- packages --------------------------------------------------------------------------------


def _package(package: LockedPackage, told: About | None, newest: int | None) -> dict[str, object]:
    uploaded = _uploaded(package)
    sizes = [wheel.size_bytes for wheel in package.wheels if wheel.size_bytes is not None]
    about = told or About(package.name, package.known_version)
    return {
        "name": clean(package.name),
        "version": clean(package.known_version),
        "marker": clean(package.marker),
        "summary": clean(about.summary),
        "license": clean(about.license),
        "author": clean(about.author or about.author_email or about.maintainer or about.maintainer_email),
        "home": link_of(about.home),
        "links": [
            {"label": clean(label), "url": url} for label, text in about.urls if (url := link_of(text))
        ],
        "source": _source(package),
        "uploaded_at": _moment(uploaded),
        "days_older": (newest - uploaded) // _DAY_SECONDS if uploaded is not None and newest else None,
        "wheels": len(package.wheels),
        "has_sdist": package.sdist is not None,
        "largest_wheel_bytes": max(sizes, default=None),
        "sdist_bytes": package.sdist.size_bytes if package.sdist is not None else None,
    }


def _source(package: LockedPackage) -> dict[str, object]:
    direct = package.direct
    if direct is None:
        return {"kind": "index" if package.index else "unknown", "location": clean(package.index)}
    at = f"@{direct.commit}" if direct.commit else ""
    return {"kind": direct.vcs or direct.kind, "location": clean(f"{direct.location}{at}")}


def _uploaded(package: LockedPackage) -> int | None:
    """Give when the first of its files was uploaded: the age of the release."""
    files = (*package.wheels, *((package.sdist,) if package.sdist is not None else ()))
    return min((file.uploaded_at for file in files if file.uploaded_at is not None), default=None)


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- platforms -------------------------------------------------------------------------------


def _rows(lock: Lock) -> dict[tuple[PackageName, str], list[Row]]:
    found: dict[tuple[PackageName, str], list[Row]] = {}
    for row in coverage(lock):
        found.setdefault((row.name, row.version), []).append(row)
    return found


def _supplies(
    package: LockedPackage, rows: Sequence[Row], targets: Sequence[Target]
) -> list[dict[str, object] | None]:
    """Say for each target what is installed there and how big it is; ``None`` where it is not needed."""
    by_target = {row.target: row.supply for row in rows}
    served: dict[tuple[str, bool, bool], markers.Marker] = {}

    def fits(wheel: Artifact, target: Target) -> bool:
        kind = (wheel.filename, is_for_pypy(target.where), target.musl)
        if kind not in served:
            served[kind] = places([wheel.filename], pypy=kind[1], musl=kind[2])
        return not markers.disjoint(served[kind], target.where)

    def size(target: Target) -> int | None:
        if by_target[target] is not Supply.WHEEL:
            has_size = by_target[target] is Supply.SDIST and package.sdist is not None
            return package.sdist.size_bytes if has_size and package.sdist else None
        fitting = (wheel.size_bytes for wheel in package.wheels if fits(wheel, target))
        return max((each for each in fitting if each is not None), default=None)

    return [
        {"supply": by_target[target].value, "bytes": size(target)} if target in by_target else None
        for target in targets
    ]
