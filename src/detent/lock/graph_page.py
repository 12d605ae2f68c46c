"""The page of `detent graph`: one HTML file that holds everything it needs and asks nobody for anything.

The table in it is the page for whoever runs no script; the script draws the graph from the same facts. What
comes from outside is text everywhere: escaped in the markup, and in the data with no character that could end
the element it stands in. A policy in the page (CSP) names its one script and its one style by their hashes,
lets nothing else run or load, and forbids making markup of text.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from detent.named import NamedTuple

_INERT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What could end a script element, or begin a comment in one; JSON may write any character so."""
_UNITS = ("B", "KiB", "MiB")
_SIGNS = {"wheel": "●", "sdist": "◐", "nothing": "✕"}
_WORDS = {"wheel": "wheel", "sdist": "built from source", "nothing": "nothing to install"}


class Assets(NamedTuple):
    """Our own parts of the page."""

    style: str
    script: str
    controls: str
    """What the script works with; hidden until it runs."""


def render_page(data: Mapping[str, Any], assets: Assets) -> str:
    """Give the page; ``data`` is that of :func:`~detent.lock.graph_page_data.page_data`."""
    title = f"{data['project']['name'] or 'lock'} — dependency graph"
    packages, edges = data["packages"], data["edges"]
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_policy(assets))}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n',
            f"<title>{escape(title)}</title>\n<style>{assets.style}</style>\n</head>\n<body>\n",
            _heading(data),
            assets.controls,
            _table(data, packages, edges),
            f'<script type="application/json" id="data">{_embedded(data)}</script>\n',
            f"<script>{assets.script}</script>\n</body>\n</html>\n",
        )
    )


def _policy(assets: Assets) -> str:
    return (
        f"default-src 'none'; script-src {_hash(assets.script)}; style-src {_hash(assets.style)}; "
        "base-uri 'none'; form-action 'none'; trusted-types 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":")).translate(_INERT)


def _heading(data: Mapping[str, Any]) -> str:
    project, packages = data["project"], data["packages"]
    version = f' <span class="version">{escape(project["version"])}</span>' if project["version"] else ""
    facts = [f"{len(packages)} package{'' if len(packages) == 1 else 's'}"]
    if data["requires_python"]:
        facts.append(f"Python {data['requires_python']}")
    if data["newest_upload"]:
        facts.append(f"newest upload {data['newest_upload'][:10]}")
    told = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    name = escape(project["name"] or "lock")
    return f'<header>\n<h1>{name}{version}</h1>\n<ul id="facts">{told}</ul>\n</header>\n'


# ---- the table -------------------------------------------------------------------------------


def _table(
    data: Mapping[str, Any], packages: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]
) -> str:
    places = {package["id"]: place for place, package in enumerate(packages)}
    asking: dict[str, list[Mapping[str, Any]]] = {}
    for edge in edges:
        asking.setdefault(edge["to"], []).append(edge)
    platforms = list(dict.fromkeys(target["platform"] for target in data["targets"]))
    heads = [
        ("Package", ""),
        ("Version", ""),
        ("Licence", ""),
        ("Size", "number"),
        ("Uploaded", "number"),
        ("Needed by", ""),
        *(((platform, "platform")) for platform in platforms),
    ]
    head = "".join(f'<th scope="col"{_class(kind)}><span>{escape(text)}</span></th>' for text, kind in heads)
    rows = "".join(
        _row(place, package, asking.get(package["id"], ()), places, _by_platform(data, package, platforms))
        for place, package in enumerate(packages)
    )
    legend = " · ".join(f"{_SIGNS[supply]} {words}" for supply, words in _WORDS.items())
    return (
        '<section id="list" aria-label="List of packages">\n<div class="scroll"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
        f'<p class="note">Size is that of the largest file for any platform. {legend}</p>\n</section>\n'
        '<aside id="details" aria-label="The chosen package" aria-live="polite" hidden></aside>\n</main>\n'
    )


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _row(
    place: int,
    package: Mapping[str, Any],
    asking: Sequence[Mapping[str, Any]],
    places: Mapping[str, int],
    supplies: Iterable[str],
) -> str:
    name = f"<strong>{escape(package['name'])}</strong>"
    if package["home"]:
        name = f'<a href="{escape(package["home"])}" rel="noopener noreferrer">{name}</a>'
    if package["summary"]:
        name += f"<small>{escape(package['summary'])}</small>"
    version = escape(package["version"])
    if package["marker"]:
        version += f"<small>{escape(package['marker'])}</small>"
    cells = [
        f'<th scope="row">{name}</th>',
        f"<td>{version}</td>",
        f"<td>{escape(package['license'])}</td>",
        f'<td class="number">{_size(package["largest_wheel_bytes"] or package["sdist_bytes"])}</td>',
        f'<td class="number">{escape((package["uploaded_at"] or "")[:10])}</td>',
        f"<td>{', '.join(_asker(edge, places) for edge in asking)}</td>",
        *(f'<td class="platform">{cell}</td>' for cell in supplies),
    ]
    return f'<tr id="p{place}">{"".join(cells)}</tr>\n'


def _asker(edge: Mapping[str, Any], places: Mapping[str, int]) -> str:
    place = places.get(edge["from"])
    name = escape(edge["from"])
    if place is not None:
        name = f'<a href="#p{place}">{name.partition("==")[0]}</a>'
    return name + (f" ({escape(', '.join(edge['labels']))})" if edge["labels"] else "")


def _by_platform(
    data: Mapping[str, Any], package: Mapping[str, Any], platforms: Sequence[str]
) -> Iterator[str]:
    """Give a cell for each platform: signs with words for who does not see them."""
    for platform in platforms:
        found = [
            (supply["supply"], target["python"])
            for target, supply in zip(data["targets"], package["supplies"], strict=True)
            if target["platform"] == platform and supply is not None
        ]
        kinds = list(dict.fromkeys(supply for supply, _ in found))
        if not kinds:
            yield '<span class="none" title="not needed">-</span>'
            continue
        words = ", ".join(f"{_WORDS[supply]} ({python})" for supply, python in found)
        if len(kinds) == 1:
            words = _WORDS[kinds[0]]
        signs = "".join(f'<span class="{supply}">{_SIGNS[supply]}</span>' for supply in kinds)
        yield f'<span title="{escape(words)}" role="img" aria-label="{escape(words)}">{signs}</span>'


def _size(size_bytes: int | None) -> str:
    if size_bytes is None:
        return ""
    amount = float(size_bytes)
    for unit in _UNITS:
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
