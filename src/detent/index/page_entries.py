"""Pages of the simple repository API as entries: one per link, as found, nothing believed yet.

JSON (PEP 691, 700) and HTML (PEP 503, 592, 629, 658) come out alike. Most big pages are of a form that can be
read in bulk (:mod:`detent.index.usual_pages`); this is for all others.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import unquote, urljoin

from detent.named import NamedTuple


class NotAPage(Exception):
    """The body as a whole cannot be used; the text says why."""


class Entry(NamedTuple):
    """One link of a page, as found, nothing believed yet."""

    filename: object
    url: object
    digests: object
    size: object = None
    uploaded: object = None
    requires_python: object = None
    yanked: object = None
    metadata: object = None
    provenance: object = None


# ---- JSON (PEP 691, 700) ---------------------------------------------------------------------


def json_files(body: bytes) -> list[object]:
    """Give the files of a JSON page as they stand there; raises :class:`NotAPage`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise NotAPage("it is not valid JSON") from fault
    if not isinstance(document, dict):
        raise NotAPage("it is not a JSON object")
    meta = document.get("meta")
    _check_version(meta.get("api-version") if isinstance(meta, dict) else None)
    files = document.get("files")
    if not isinstance(files, list):
        raise NotAPage("it has no list of files")
    return files


def json_entries(files: Iterable[object]) -> Iterator[Entry]:
    """Give the files of a JSON page as entries."""
    for file in files:
        if not isinstance(file, dict):
            yield Entry(None, None, None)
            continue
        yield Entry(
            filename=file.get("filename"),
            url=file.get("url"),
            digests=file.get("hashes"),
            size=file.get("size"),
            uploaded=file.get("upload-time"),
            requires_python=file.get("requires-python"),
            yanked=file.get("yanked") or None,  # PEP 691: an empty text counts as false here
            metadata=file.get("core-metadata", file.get("dist-info-metadata")),
            provenance=file.get("provenance"),
        )


def _check_version(version: object) -> None:
    """Refuse a major version this reader does not know (PEP 629)."""
    if version is None:
        return
    if str(version).partition(".")[0].strip() != "1":
        raise NotAPage(
            f"it follows version {_short(version)} of the simple repository API; 1.x is understood"
        )


# ---- HTML (PEP 503, 592, 629, 658) -----------------------------------------------------------

# No page can make the scan quadratic: the repetitions are possessive and bounded, and a tag that never ends
# is matched too (then left out), so that its text is not looked at again. What a comment hides is no link.
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <(a|base|meta)(?=[\s/>]) ((?:[^>"']{1,65536}+ | "[^"]{0,65536}+" | '[^']{0,65536}+')*+) (>?)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?""")


def html_entries(text: str, url: str) -> Iterator[Entry]:
    """Give the anchors of an HTML page found at ``url``; raises :class:`NotAPage`."""
    based = False
    for found in _TAG.finditer(text):
        if found[1] is None or not found[3]:
            continue
        tag, attributes = found[1].lower(), _attributes(found[2])
        if tag == "a":
            href = attributes.get("href")
            if href:
                yield html_entry(joined(url, href.strip()), attributes)
        elif tag == "base":
            if not based and attributes.get("href"):
                url, based = joined(url, attributes["href"].strip()), True
        elif attributes.get("name", "").lower() == "pypi:repository-version":
            _check_version(attributes.get("content"))


def _attributes(text: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare
        attributes.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return attributes


def html_entry(link: str, attributes: dict[str, str]) -> Entry:
    """Give an anchor with this address and these attributes."""
    location, _, fragment = link.partition("#")
    return Entry(
        # The text of the anchor should say the same; the address is what will be fetched.
        filename=unquote(location.partition("?")[0].rpartition("/")[2]),
        url=location,
        digests=_pairs(fragment),
        uploaded=attributes.get("data-upload-time"),
        requires_python=attributes.get("data-requires-python"),
        yanked=attributes.get("data-yanked"),
        metadata=announced(attributes),
        provenance=attributes.get("data-provenance"),
    )


def _pairs(fragment: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fragment.split("&"))
    return {algorithm: value for algorithm, equals, value in pairs if equals}


def announced(attributes: dict[str, str]) -> object:
    """Give what an anchor says of a metadata file beside it: digests, just that there is one, or nothing."""
    text = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    if text is None or text.strip().lower() == "false":
        return None
    return _pairs(text) or True


_HTTP = ("https://", "http://")


def joined(base: str, link: str) -> str:
    """An address as seen from a page; empty when it is none. Joining is slow, and most links are whole."""
    if link.startswith(_HTTP):
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def _short(value: object) -> str:
    text = str(value)[:20]
    return text if text.isprintable() else repr(text)
