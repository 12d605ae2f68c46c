"""The text of a RECORD file: the line of a file we wrote, and paths and hashes of what is installed.

Follows the specification of recorded projects. What is read is foreign text: it is only ever a hint which
path may be meant, and each is checked by whoever acts on it.
"""

from collections.abc import Iterator, Sequence

from detent.store.fingerprint import small_sha256
from detent.store.naming import record_line


def record_line_of(path: str, content: bytes) -> str:
    """Give the line of a file with this content."""
    return record_line(path, small_sha256(content).hex(), len(content))


def link_line(path: str) -> str:
    """Give the line of a link to a folder: it has no hash, and what lies behind it has lines of its own."""
    quoted = '"' + path.replace('"', '""') + '"' if "," in path or '"' in path else path
    return f"{quoted},,\n"


def record_lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Give path, hash (``sha256=...``) and size of each line that makes sense; both may be empty."""
    for line in text.splitlines():
        if line.startswith('"'):
            path, closing, rest = line[1:].replace('""', "\0").partition('"')
            if not closing:
                continue
            path, rest = path.replace("\0", '"'), rest[1:]
        else:
            path, _, rest = line.partition(",")
        hashed, _, size = rest.partition(",")
        if path:
            yield path, hashed, size


def after_line(lines: Sequence[str], start: str) -> int:
    """Give the place behind the line that starts like this, so that markers come back where they were."""
    return next((at for at, line in enumerate(lines, start=1) if line.startswith(start)), len(lines))
