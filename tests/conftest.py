"""Isolation for every test: a home, cache and environment of its own, and no network but loopback."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Sandbox, prime_cache
from support.index_server import IndexServer, serve

_FOREIGN = ("DETENT_", "PIP_", "UV_", "VIRTUALENV_", "XDG_", "PYTHON", "PYENV_", "CONDA_", "GIT_")
_ALSO = ("VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "NETRC", "SSL_CLIENT_CERT")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "COLUMNS")


@pytest.fixture(autouse=True)
def _isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Take away what the developer's own machine would bring into a test."""
    if request.node.get_closest_marker("live"):
        return
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name.upper() in {*_ALSO, *_CERTIFICATES, *_PROXIES}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture(scope="session")
def primed_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that knows this interpreter already, so that each test need not ask it again."""
    return prime_cache(tmp_path_factory.mktemp("primed"), sys.executable)


@pytest.fixture
def index() -> Iterator[IndexServer]:
    """An empty package index on loopback; fill it with `index.add(*wheel(...))`."""
    with serve() as server:
        yield server


@pytest.fixture
def sandbox(tmp_path: Path, index: IndexServer, primed_cache: Path) -> Sandbox:
    """A folder with a project in it, a cache, and `detent` to be run there against the index."""
    return Sandbox.make(tmp_path, index.url, primed_cache)
