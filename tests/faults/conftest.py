"""Folders in memory where there is such a place: here they are copied a thousand times."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = "/dev/shm"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder for one test."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix="detent-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
