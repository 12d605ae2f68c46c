"""Requirements of a pyproject.toml as METADATA says them (core metadata: Requires-Dist, Provides-Extra).

For a wheel whose dependencies changed and nothing else: its METADATA is rewritten instead of built again. All
other fields and the description stay byte for byte, whatever their encoding. What the texts mean is not
looked at: they were read as requirements when the manifest was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from detent.model.names import normalise
from detent.named import NamedTuple


class Fields(NamedTuple):
    """The two fields of METADATA that say what a project requires."""

    requires_dist: tuple[str, ...]
    provides_extra: tuple[str, ...]


def requirement_fields(dependencies: Sequence[str], extras: Mapping[str, Sequence[str]]) -> Fields:
    """Give what a back end makes of `dependencies` and `optional-dependencies`, in their order."""
    base = [_on_one_line(text) for text in dependencies]
    names = {extra: normalise(extra) for extra in extras}
    optional = [_with_extra(_on_one_line(text), names[extra]) for extra in extras for text in extras[extra]]
    return Fields((*base, *optional), tuple(names.values()))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _with_extra(text: str, extra: str) -> str:
    """Put the condition of an extra on a requirement; one by URL ends at a blank, for a URL may have `;`."""
    is_url = re.match(r"[\w.-]+ ?(?:\[[^\]]*\])? ?@", text) is not None
    wish, semicolon, marker = text.partition(" ;" if is_url else ";")
    condition = f'({marker.strip()}) and extra == "{extra}"' if semicolon else f'extra == "{extra}"'
    return f"{wish.strip()}{' ' if is_url else ''}; {condition}"


def with_requirements(
    metadata: bytes, *, requires_dist: Sequence[str], provides_extra: Sequence[str]
) -> bytes:
    """Give METADATA with these requirements and extras, in the place of its own, and no others."""
    end = re.search(rb"\r?\n(?=\r?\n)", metadata)
    head, rest = (metadata[: end.end()], metadata[end.end() :]) if end else (metadata, b"")
    newline = b"\r\n" if b"\r\n" in head else b"\n"
    if head and not head.endswith(b"\n"):
        head += newline
    fields = [("Requires-Dist", text) for text in requires_dist]
    fields += [("Provides-Extra", text) for text in provides_extra]
    made = [f"{name}: {text}".encode() + newline for name, text in fields]
    lines = list(_logical_lines(head))
    ours = [number for number, line in enumerate(lines) if _is_ours(line)]
    place = ours[0] if ours else len(lines)
    after = [line for line in lines[place:] if not _is_ours(line)]
    return b"".join((*lines[:place], *made, *after, rest))


def _logical_lines(head: bytes) -> Iterator[bytes]:
    """Give each field with the lines it goes on in, which begin with a blank."""
    return (found[0] for found in re.finditer(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", head))


def _is_ours(line: bytes) -> bool:
    return line.partition(b":")[0].strip().lower() in {b"requires-dist", b"provides-extra"}
