"""Pages of the simple repository API as entries: one per link, as found, nothing believed yet.

JSON (PEP 691, 700) and HTML (PEP 503, 592, 629, 658) come out alike. Most indexes write all anchors of a page
one way, down to the quotes; those are read in one go (:class:`Usual`), for big pages have thousands.
"""

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote, urljoin

from detent.index.rows import USUAL_TIME


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


# An anchor as most indexes write all of theirs. What its address is made of is looked at page by page.
_DATA_BUT_UPLOAD = r"""(?:\s+data-(?!upload-time)[a-z-]+="[^"]*+")*+"""
_USUAL = re.compile(
    rf"""<a\s+href="([^#]{{1,1000}}+)\#sha256=([^"]{{64}}+)"({_DATA_BUT_UPLOAD})
        (?:\s+data-upload-time="({USUAL_TIME})")?+({_DATA_BUT_UPLOAD})\s*+>""",
    re.ASCII | re.VERBOSE,
)
_USUAL_HOST = re.compile(r"https?://[A-Za-z0-9_.-]+(?::[0-9]{1,5})?/")
_USUAL_ADDRESS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+%/!-"
_HEX = b"0123456789abcdef"
_DATA = re.compile(r'\s(data-[a-z-]+)="([^"]*)"', re.ASCII)


Anchor: TypeAlias = tuple[str, str, str, str, str]
"""Its address, sha256, data attributes, upload time, more data attributes."""


class Usual(NamedTuple):
    """The anchors of a page that are all written the usual way."""

    anchors: Sequence[Anchor]
    rest: str
    """What of the page is still to be looked at."""


def usual_anchors(text: str) -> Usual:
    """Read the anchors of an HTML page in one go where there is nothing odd about any; else none.

    Of the usual form are whole http(s) addresses of plain characters, which end in the file name, with a
    sha256 and `data-` attributes. Nothing but texts and line breaks stands between two of them.
    """
    first, last = text.find("<a "), text.rfind("</a>")
    head = text[: max(first, 0)]
    # In a comment or in the value of an attribute an anchor is none.
    if first < 0 or "<!--" in head or head.count("<") != head.count(">"):
        return Usual((), text)
    if head.count('"') % 2 or head.count("'") % 2:
        return Usual((), text)
    anchors = _USUAL.findall(text, first)
    if text.count("<", first, last) != 2 * len(anchors) - 1 + text.count("<br", first, last):
        return Usual((), text)
    if not anchors or not _are_usual([anchor[0] for anchor in anchors], [anchor[1] for anchor in anchors]):
        return Usual((), text)
    return Usual(anchors, f"{head}\n{text[last:]}")


def _are_usual(addresses: list[str], digests: list[str]) -> bool:
    """Say it of a whole page at once, which is a tenth of the work of asking one by one."""
    found = _USUAL_HOST.match(addresses[0])
    if found is None or not "".join(addresses + digests).isascii():
        return False
    host = found[0]
    # Between two texts that begin the same, in order, all begin the same.
    if not min(addresses).startswith(host) or not max(addresses).startswith(host):
        return False
    odd = "".join(addresses).encode().translate(None, _USUAL_ADDRESS)
    colons = b":" * (host.count(":") * len(addresses))
    return odd == colons and not "".join(digests).encode().translate(None, _HEX)


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


def data_attributes(text: str) -> dict[str, str]:
    """Read the `data-` attributes of an anchor of the usual form; of a doubled one the first counts."""
    return {name: unescape(value) for name, value in reversed(_DATA.findall(text))}


def entry_of(anchor: Anchor) -> Entry:
    """Give an anchor of the usual form as any other is given."""
    url, sha256, data, uploaded, more = anchor
    time = f' data-upload-time="{uploaded}"' if uploaded else ""
    return _html_entry(f"{url}#sha256={sha256}", data_attributes(data + time + more))


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
