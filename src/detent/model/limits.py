"""Every limit in one place, its default and the variable that raises it.

The reasons stand in docs/explanation/promises.md. Values are plain numbers so that a module may take
just the ones it needs; :func:`limits` reads the variables from a mapping its caller provides.
"""

from collections.abc import Mapping
from typing import NamedTuple

from detent.errors import UsageError


class Limits(NamedTuple):
    """Bounds on time, size and count. Sizes in bytes, times in seconds."""

    page_bytes: int = 64 * 2**20
    metadata_bytes: int = 16 * 2**20
    memory_download_bytes: int = 32 * 2**20
    tries: int = 4
    hash_retries: int = 1
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    stall_seconds: float = 60.0
    retry_after_seconds: float = 60.0
    minimum_rate_bytes: int = 1024
    """Per second, over ``rate_window_seconds``."""
    rate_window_seconds: float = 30.0
    redirects: int = 10
    archive_entries: int = 100_000
    archive_ratio: int = 150
    """Unpacked to packed, looked at above ``archive_ratio_floor_bytes``."""
    archive_ratio_floor_bytes: int = 64 * 2**20
    component_bytes: int = 255
    path_bytes: int = 3000
    lock_wait_seconds: float = 300.0
    lock_notice_seconds: float = 2.0
    search_seconds: float = 60.0
    marker_nodes: int = 2_000_000
    concurrent_downloads: int = 16
    probe_seconds: float = 10.0
    """For an interpreter to answer about itself."""


VARIABLES = {name: f"DETENT_{name.upper()}" for name in Limits._fields}
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
            raise UsageError(f"`{variable}` must be a positive number", why=f"it is set to `{text}`")
        changed[field] = value
    return Limits(**{**Limits._field_defaults, **changed})
