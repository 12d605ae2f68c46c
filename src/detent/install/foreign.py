"""Distributions another installer put into an environment: which files an exact sync may remove of them.

Their RECORD is foreign text. A path of it counts only when it stays below the environment and names none of
the environment's own files; what a kept package owns is left out by the caller. Links are never followed
(:mod:`detent.install.removal` sees to that).
"""

# ruff: noqa: PTH104 (strings: paths are joined by the thousand)

import os
from binascii import a2b_base64

from detent.fsio import file_trouble, read_limited
from detent.install.manifest import scratch_name
from detent.install.places import Places, protection
from detent.install.plan import Foreign
from detent.install.record import record_lines

_SHA256_BYTES = 32
_SIZE_DIGITS = 20
MOST_RECORD_BYTES = 64 * 2**20
"""More than the RECORD of any package has."""


def read_paths(places: Places, distribution: Foreign) -> set[str]:
    """Give the files of a distribution, relative to the environment, without those in its `.dist-info`."""
    library, _, folder = distribution.metadata.rpartition("/")
    found: set[str] = set()
    for text, *_ in record_lines(_read_record(places, distribution.metadata)):
        path = _inside(places, library, text)
        if path and not path.startswith(f"{library}/{folder}/") and not protection(places, path):
            found.add(path)
    return found


def read_hashes(places: Places, dist_info: str) -> dict[str, str]:
    """Give the sha256 in hex of every file that a RECORD has one for, by path."""
    return {path: digest for path, (digest, _) in read_facts(places, dist_info).items()}


def read_facts(places: Places, dist_info: str) -> dict[str, tuple[str, int]]:
    """Do as :func:`read_hashes`, with the size of each; of one that has none, a size that no file has."""
    library = dist_info.rpartition("/")[0]
    found: dict[str, tuple[str, int]] = {}
    for text, hashed, size in record_lines(_read_record(places, dist_info)):
        path = _inside(places, library, text)
        algorithm, _, encoded = hashed.partition("=")
        if path and algorithm == "sha256":
            padded = encoded.translate(str.maketrans("-_", "+/")) + "=" * (-len(encoded) % 4)
            try:
                digest = a2b_base64(padded)
            except ValueError:
                continue
            if len(digest) == _SHA256_BYTES:
                is_size = size.isdecimal() and len(size) < _SIZE_DIGITS
                found[path] = (digest.hex(), int(size) if is_size else -1)
    return found


def remove_metadata(places: Places, distribution: Foreign) -> None:
    """Remove a `.dist-info` at one stroke, after everything else of its distribution; it is put aside.

    As long as it stands its RECORD tells the next run what is left to do.
    """
    path = f"{places.root}/{distribution.metadata}"
    try:
        os.rename(path, scratch_name(places.root))
    except FileNotFoundError:
        return
    except OSError as error:
        raise file_trouble(error, path) from error


def _read_record(places: Places, metadata: str) -> str:
    path = f"{places.root}/{metadata}/RECORD"
    try:
        return read_limited(path, MOST_RECORD_BYTES).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise file_trouble(error, path) from error


def _inside(places: Places, library: str, text: str) -> str:
    """Give a path of a RECORD relative to the environment; empty for one that leads out of it."""
    if "\0" in text:
        return ""
    if text.startswith("/"):
        if not text.startswith(places.root + "/"):
            return ""
        parts = text[len(places.root) + 1 :].split("/")
    else:
        parts = [*library.split("/"), *text.split("/")]
    found: list[str] = []
    for part in parts:
        if part == "..":
            if not found:
                return ""
            found.pop()
        elif part not in ("", "."):
            found.append(part)
    return "/".join(found)
