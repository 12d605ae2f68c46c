"""Pages written the way most indexes write all of theirs, read in bulk, for big ones list thousands of files.

What has to be looked at file by file elsewhere is asked once of all of them together: are all addresses of
plain characters, all digests hex, all moments of one form? Where one answer is no, nothing is said of the
page here, and it is read entry by entry (:mod:`detent.index.page_entries`).
"""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

from detent.index.page_entries import Entry, html_entry
from detent.index.rows import USUAL_TIME
from detent.named import NamedTuple

_HOST = re.compile(r"https?://[A-Za-z0-9_.-]+(?::[0-9]{1,5})?/")
_ADDRESS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+%/!-"
_HEX = b"0123456789abcdef"


def _are_plain(addresses: Sequence[str]) -> bool:
    """Whether all are http(s) addresses of plain characters on one host."""
    text = "".join(addresses)
    found = _HOST.match(addresses[0])
    if found is None or not text.isascii():
        return False
    host = found[0]
    # Between two texts that begin the same, in order, all begin the same.
    if not min(addresses).startswith(host) or not max(addresses).startswith(host):
        return False
    return text.encode().translate(None, _ADDRESS) == b":" * (host.count(":") * len(addresses))


def _are_sha256(digests: Sequence[str]) -> bool:
    """Whether all are the hex of a sha256."""
    text = "".join(digests)
    return set(map(len, digests)) <= {64} and text.isascii() and not text.encode().translate(None, _HEX)


# ---- HTML ------------------------------------------------------------------------------------

# An anchor as most indexes write all of theirs. What its address is made of is looked at page by page.
_DATA_BUT_UPLOAD = r"""(?:\s+data-(?!upload-time)[a-z-]+="[^"]*+")*+"""
_ANCHOR = re.compile(
    rf"""<a\s+href="([^#]{{1,1000}}+)\#sha256=([^"]{{64}}+)"({_DATA_BUT_UPLOAD})
        (?:\s+data-upload-time="({USUAL_TIME})")?+({_DATA_BUT_UPLOAD})\s*+>""",
    re.ASCII | re.VERBOSE,
)
_DATA = re.compile(r'\s(data-[a-z-]+)="([^"]*)"', re.ASCII)


Anchor: TypeAlias = tuple[str, str, str, str, str]
"""Its address, sha256, data attributes, upload time, more data attributes."""


class UsualPage(NamedTuple):
    """An HTML page whose anchors are all written the usual way."""

    anchors: Sequence[Anchor]
    rest: str
    """What of the page is still to be looked at."""


def usual_anchors(text: str) -> UsualPage:
    """Read the anchors of an HTML page in one go where there is nothing odd about any; else none.

    Of the usual form are whole http(s) addresses of plain characters, which end in the file name, with a
    sha256 and `data-` attributes. Nothing but texts and line breaks stands between two of them.
    """
    first, last = text.find("<a "), text.rfind("</a>")
    head = text[: max(first, 0)]
    # In a comment or in the value of an attribute an anchor is none.
    if first < 0 or "<!--" in head or head.count("<") != head.count(">"):
        return UsualPage((), text)
    if head.count('"') % 2 or head.count("'") % 2:
        return UsualPage((), text)
    anchors = _ANCHOR.findall(text, first)
    if text.count("<", first, last) != 2 * len(anchors) - 1 + text.count("<br", first, last):
        return UsualPage((), text)
    if not anchors:
        return UsualPage((), text)
    addresses, digests, *_ = zip(*anchors, strict=True)
    if not _are_plain(addresses) or not _are_sha256(digests):
        return UsualPage((), text)
    return UsualPage(anchors, f"{head}\n{text[last:]}")


def data_attributes(text: str) -> dict[str, str]:
    """Read the `data-` attributes of an anchor of the usual form; of a doubled one the first counts."""
    return {name: unescape(value) for name, value in reversed(_DATA.findall(text))}


def entry_of(anchor: Anchor) -> Entry:
    """Give an anchor of the usual form as any other is given."""
    url, sha256, data, uploaded, more = anchor
    time = f' data-upload-time="{uploaded}"' if uploaded else ""
    return html_entry(f"{url}#sha256={sha256}", data_attributes(data + time + more))


# ---- JSON ------------------------------------------------------------------------------------

_TIMES = re.compile(rf"(?:{USUAL_TIME}\n)*+")
_NONE = type(None)


class UsualFile(NamedTuple):
    """A file of a JSON page; what it says is of the right types."""

    filename: str
    url: str
    sha256: str
    size: int | None
    uploaded: str | None
    requires_python: str | None
    yanked: bool | str | None
    metadata: bool | str | None
    """The sha256 of its metadata file, or whether there is one."""
    provenance: str | None


_Columns: TypeAlias = tuple[
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[int | None],
    Sequence[str | None],
    Sequence[str | None],
    Sequence[bool | str | None],
    Sequence[bool | str | None],
    Sequence[str | None],
]


def usual_files(files: Sequence[object], url: str) -> Sequence[UsualFile]:
    """Read the files of a JSON page found at ``url`` in one go; none where there is anything odd about one.

    Addresses are whole or begin at the root of the host.
    """
    try:
        fields = list(map(_fields, files))
    except (KeyError, TypeError, AttributeError, ValueError):
        return ()
    if not fields:
        return ()
    names, addresses, digests, sizes, times, pythons, yanked, metadata, provenance = cast(
        _Columns, zip(*fields, strict=True)
    )
    is_typed = (
        _types(names) == _types(addresses) == _types(digests) == {str}
        and _types(times) | _types(pythons) | _types(provenance) <= {str, _NONE}
        and _types(sizes) <= {int, _NONE}
        and _types(yanked) | _types(metadata) <= {bool, str, _NONE}
    )
    if not is_typed or not _are_named(names) or not _are_moments(times):
        return ()
    if addresses[0].startswith("/"):
        parts = urlsplit(url)
        if "/." in "".join(addresses) or any(address[:2] == "//" for address in addresses):
            return ()
        addresses = [f"{parts.scheme}://{parts.netloc}{address}" for address in addresses]
    if not _are_plain(addresses) or not _are_sha256(digests):
        return ()
    if not _are_sha256([digest for digest in metadata if isinstance(digest, str)]):
        return ()
    if not all(map(str.endswith, addresses, [f"/{name}" for name in names])):
        return ()
    known = [size for size in sizes if size is not None]
    if known and not (min(known) >= 0 and max(known) < 2**63):
        return ()
    rows = zip(names, addresses, digests, sizes, times, pythons, yanked, metadata, provenance, strict=True)
    return list(map(UsualFile._make, rows))


def _fields(file: Any) -> tuple[object, ...]:
    """Raises what a file of another shape makes it raise."""
    (algorithm,) = hashes = file["hashes"]
    if algorithm != "sha256":
        raise ValueError
    get = file.get
    metadata = get("core-metadata", get("dist-info-metadata"))
    if isinstance(metadata, dict):
        (algorithm,) = metadata
        metadata = metadata["sha256"]
        if not metadata:
            raise ValueError
    elif isinstance(metadata, str):
        raise TypeError
    return (
        file["filename"],
        file["url"],
        hashes["sha256"],
        get("size"),
        get("upload-time"),
        get("requires-python"),
        get("yanked"),
        metadata,
        get("provenance"),
    )


def _types(values: Iterable[object]) -> set[type]:
    return set(map(type, values))


def _are_named(names: Sequence[str]) -> bool:
    text = "".join(names)
    return "/" not in text and "%" not in text and max(map(len, names)) < 256


def _are_moments(times: Iterable[str | None]) -> bool:
    return _TIMES.fullmatch("".join(f"{time}\n" for time in times if time is not None)) is not None
