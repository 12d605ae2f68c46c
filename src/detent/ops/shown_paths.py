"""Paths as messages give them."""

from pathlib import Path


def display(path: Path) -> str:
    """Write a path as a person would: relative when it lies inside the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
