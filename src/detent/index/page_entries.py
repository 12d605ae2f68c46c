"""Pages of the simple repository API as entries: one per link, as found, nothing believed yet.

JSON (PEP 691, 700) and HTML (PEP 503, 592, 629, 658) come out alike. Most anchors of an index are written one
way, down to the quotes; those are told apart at a glance as :class:`Plain`, for big pages have thousands.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote, urljoin


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


# ---- JSON (PEP 691, 700) ---------------------------------------------------------------------


class Plain(NamedTuple):
    """An anchor written the usual way, which leaves nothing to be checked but the file name's own parts.

    Its address is http(s) and of plain characters, its digest is a sha256, the rest are `data-` attributes.
    """

    folder: str
    """The address up to the file name."""
    filename: str
    sha256: str
    data: str
    """The other attributes, as written."""


def json_entries(body: bytes) -> Iterator[Entry]:
    """Give the files of a JSON page; raises :class:`NotAPage`."""
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


_PLAIN = re.compile(
    r"""\s+href="(https?://[\w.-]+(?::\d{1,5})?/(?:[\w.~+%/-]*/)?)([A-Za-z0-9][A-Za-z0-9._+!-]{0,254})
        \#sha256=([0-9a-f]{64})"((?:\s+data-[a-z-]+="[^"]*+")*+)\s*""",
    re.ASCII | re.VERBOSE,
)
_DATA = re.compile(r'\s(data-[a-z-]+)="([^"]*)"', re.ASCII)


def html_entries(text: str, url: str) -> Iterator[Entry | Plain]:
    """Give the anchors of an HTML page found at ``url``; raises :class:`NotAPage`."""
    based = False
    for found in _TAG.finditer(text):
        tag = found[1]
        if tag is None or not found[3]:
            continue
        if tag == "a":
            plain = _PLAIN.fullmatch(found[2])
            if plain is not None:
                yield Plain(*plain.groups())
                continue
        attributes = _attributes(found[2])
        tag = tag.lower()
        if tag == "a":
            href = attributes.get("href")
            if href:
                yield _html_entry(joined(url, href.strip()), attributes)
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


_unescaped = lru_cache(maxsize=1024)(unescape)


def plain_data(text: str) -> dict[str, str]:
    """Read the `data-` attributes of a plain anchor; of a doubled one the first counts."""
    found = _DATA.findall(text)
    found.reverse()
    return {name: _unescaped(value) if "&" in value else value for name, value in found}


def _html_entry(link: str, attributes: dict[str, str]) -> Entry:
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
