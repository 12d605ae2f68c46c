"""How facts about packages and versions are put, wherever they are told."""

from collections.abc import Mapping, Sequence

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import Origin, Requirement
from detent.model.versions import Listing, newest
from detent.resolve.catalogue import Demand

MOST_LINES = 12
MOST_RANGES = 3
_KINDS = (
    ("dependency-groups.", "your project's group `{}` needs"),
    ("project.optional-dependencies.", "your project's extra `{}` needs"),
    ("build-system.", "the build of `{}` needs"),
    ("tool.detent.override-dependencies", "your project's override asks for"),
    ("tool.detent.constraint-dependencies", "your project's constraint allows"),
)


def wish(demand: Demand | Requirement, *, extras: Sequence[str] | None = None) -> str:
    """Write a requirement without its marker, with all or these of its extras."""
    names = demand.extras if extras is None else extras
    bracket = f"[{','.join(names)}]" if names else ""
    return f"{demand.name}{bracket}{demand.specifier}"


def origin_of(demand: Demand) -> Origin | None:
    """Give the place in the project a demand comes from."""
    return demand.root.requirement.origin if demand.root else None


def asking(origin: Origin | None) -> str:
    """Say which part of the project asks: ``your project's extra `net` needs``."""
    table = origin.table if origin is not None else ""
    folder = origin.file.rpartition("/")[0] if origin is not None else ""
    found = "your project needs"
    for start, words in _KINDS:
        if table.startswith(start):
            found = words.format(table.removeprefix(start))
    return found.replace("your project", f"your project's `{folder}`", 1) if folder else found


def place(origin: Origin | None) -> str:
    """Say where it stands: ``pyproject.toml:7``; empty where that is not known."""
    if origin is None:
        return ""
    if origin.line is not None:
        return f"{origin.file}:{origin.line}"
    return origin.table if origin.table == "command line" else ""


def in_brackets(text: str) -> str:
    """Put a text behind another one; nothing stays nothing."""
    return f" ({text})" if text else ""


def asker(demand: Demand) -> str:
    """Name the part of the project that asks, and the place: ``your project (pyproject.toml:7)``."""
    origin = origin_of(demand)
    part = asking(origin).removesuffix(" needs").removesuffix(" asks for")
    return part + in_brackets(place(origin))


def python_text(pythons: Marker) -> str:
    """Write the lowest Python of a marker: `3.12`."""
    lowest = markers.lowest_python(pythons)
    major, minor, micro = lowest // 1_000_000, lowest // 1_000 % 1_000, lowest % 1_000
    return f"{major}.{minor}.{micro}" if micro else f"{major}.{minor}"


def ranges(listing: Listing, mask: int, *, of: int = -1) -> str:
    """Write a set of versions as a few ranges: `1.0..1.4, 2.0 and 2 more ranges`.

    Pre-releases are not told beside others, and neither they nor what is not ``of`` those in question make
    two ranges of one.
    """
    told = mask & listing.stable or mask
    others = listing.every & ~(listing.stable & of) if told & listing.stable else 0
    whole = told | others
    # What is left over at the ends of a range was not asked about.
    for number in range(1, listing.count + 1):
        if not told >> number & 1 and (not whole >> number - 1 & 1):
            whole &= ~(1 << number)
    for number in range(listing.count, 0, -1):
        if not told >> number & 1 and (not whole >> number + 1 & 1):
            whole &= ~(1 << number)
    parts = listing.ranges(whole).split(", ")
    if len(parts) <= MOST_RANGES:
        return ", ".join(parts)
    return f"{', '.join(parts[:MOST_RANGES])} and {len(parts) - MOST_RANGES} more ranges"


def told_apart(listing: Listing, hidden: int, reasons: Mapping[str, int]) -> list[str]:
    """Say of hidden versions why, each once with the first reason that holds, newest first."""
    found: list[tuple[int, str]] = []
    left = hidden
    for reason, mask in reasons.items():
        here = left & mask
        if here:
            left &= ~here
            found.append((newest(here), f"{listing.name} {ranges(listing, here)} {reason}"))
    found.sort(reverse=True)
    return [text for _, text in found[:MOST_RANGES]]
