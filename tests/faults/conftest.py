"""Folders in memory where there is such a place, for they are copied a thousand times; cases that are counted."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Figure = Callable[[str, int], None]
_MEMORY = "/dev/shm"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder for one test."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix="detent-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Note that a promise was held in so many cases; `promises.py` adds them up."""
    return record_property
