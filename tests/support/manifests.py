"""Builders of pyproject.toml texts and of what they say."""

from pathlib import Path

import pytest

from detent.errors import DetentError, Failures
from detent.project.manifest import Manifest, parse_manifest


def pyproject(rest: str = "", *, project: str = "", name: str = "me") -> str:
    """A project of four lines, then lines of `[project]`, then whatever follows."""
    return f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.11"\n{project}\n{rest}'


def manifest(text: str) -> Manifest:
    """What the text says."""
    return parse_manifest(text, Path("pyproject.toml"), display="pyproject.toml")


def faults(text: str) -> tuple[DetentError, ...]:
    """Every fault the text is refused for."""
    with pytest.raises(DetentError) as caught:
        manifest(text)
    error = caught.value
    return error.failures if isinstance(error, Failures) else (error,)


def fault(text: str) -> DetentError:
    """The only fault the text is refused for."""
    (only,) = faults(text)
    return only
