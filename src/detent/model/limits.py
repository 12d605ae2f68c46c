"""Every limit in one place, its default and the variable that raises it.

The reasons stand in docs/explanation/promises.md. Values are plain numbers so that a module may take
just the ones it needs; :func:`limits` reads the variables from a mapping its caller provides.
"""

from collections.abc import Mapping
from math import inf

from detent.errors import UsageError
from detent.named import NamedTuple


class Limits(NamedTuple):
    """Bounds on time, size and count. Sizes in bytes, times in seconds."""

    page_bytes: int = 64 * 2**20
    """An index page, unpacked."""
    metadata_bytes: int = 16 * 2**20
    """The metadata of one file."""
    memory_download_bytes: int = 32 * 2**20
    """A download kept in memory; a bigger one goes to a scratch file."""
    tries: int = 4
    """Tries of one request."""
    hash_retries: int = 1
    """Further tries of a file that arrived with a wrong hash."""
    connect_seconds: float = 10.0
    """Making a connection."""
    read_seconds: float = 30.0
    """Waiting for the next bytes of an answer."""
    stall_seconds: float = 60.0
    """Time without progress, over all tries."""
    retry_after_seconds: float = 60.0
    """A wait that a server may ask for."""
    minimum_rate_bytes: int = 1024
    """Bytes a second, below which a transfer counts as stalled."""
    rate_window_seconds: float = 30.0
    """The time that rate is taken over."""
    redirects: int = 10
    """Redirects of one request."""
    archive_entries: int = 100_000
    """Files in an archive."""
    archive_ratio: int = 150
    """Unpacked size to packed size of an archive."""
    archive_ratio_floor_bytes: int = 64 * 2**20
    """Unpacked size up to which the ratio is not looked at."""
    component_bytes: int = 255
    """A file name in an archive."""
    path_bytes: int = 3000
    """A path in an archive."""
    lock_wait_seconds: float = 300.0
    """Waiting for another process."""
    build_wait_seconds: float = 3600.0
    """Waiting for another process that does the same build."""
    lock_notice_seconds: float = 2.0
    """Waiting before it is said."""
    search_seconds: float = 60.0
    """Searching for versions without progress, waiting for the network left out."""
    max_seconds: float = inf
    """By the clock on the wall, with progress or without; `--max-seconds` alone sets it."""
    marker_nodes: int = 2_000_000
    """Cases the markers of a lock may have."""
    concurrent_downloads: int = 16
    """Downloads side by side."""
    concurrent_builds: int = 2
    """Builds side by side."""
    probe_seconds: float = 10.0
    """An interpreter's answer about itself."""
    git_seconds: float = 120.0
    """Git without a sign of life."""
    processors: int = 2
    """Processors to share work among: those that this process may use, no variable sets them."""


VARIABLES = {
    name: f"DETENT_{name.upper()}" for name in Limits._fields if name not in {"max_seconds", "processors"}
}
"""The variable that overrides each limit."""

# Spellings users bring along from other tools.
VARIABLES["read_seconds"] = "DETENT_HTTP_TIMEOUT"
VARIABLES["tries"] = "DETENT_HTTP_TRIES"
VARIABLES["lock_wait_seconds"] = "DETENT_LOCK_TIMEOUT"


def limits(variables: Mapping[str, str]) -> Limits:
    """Give the limits in force; raises :class:`UsageError` for a value that is no positive number."""
    changed: dict[str, int | float] = {}
    for field, variable in VARIABLES.items():
        text = variables.get(variable)
        if not text:
            continue
        kind = type(Limits._field_defaults[field])
        try:
            value = kind(text)
        except ValueError:
            value = -1
        if value <= 0:
            raise UsageError(
                f"`{variable}` must be a positive number",
                why=f"it is set to `{text}`",
                next_steps=("set it to a number, or unset it",),
            )
        changed[field] = value
    return Limits(**{**Limits._field_defaults, **changed})
