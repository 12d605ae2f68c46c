"""Which certificates are trusted."""

import ssl
import sys
from pathlib import Path

import pytest

from detent.errors import UsageError
from detent.index import tls
from detent.index.tls import Certificates, Trust

needs_files = pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="the system is asked there")


def test_without_a_file_the_operating_system_decides_and_nothing_is_trusted_blindly() -> None:
    context = Certificates(Trust()).context_for("index.example", 443)

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")

    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(UsageError) as caught:
            Certificates(Trust(path)).context_for("index.example", 443)
        assert str(path) in caught.value.what


@needs_files
def test_the_certificates_of_the_system_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(ssl.SSLContext, "set_default_verify_paths", lambda _: read.append("defaults"))
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda _, cafile: read.append(cafile))

    context = Certificates(Trust()).context_for("index.example", 443)
    for _ in range(3):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="index.example.com")

    assert len(read) == 1


@needs_files
@pytest.mark.parametrize(
    ("files", "folder_holds", "read"),
    [
        (["default.pem"], (), "defaults"),
        ([], ("0a1b2c3d.0",), "defaults"),
        ([], ("README", "0a1b2c3d.pem", "0a1b2c3g.0"), "system"),
        ([], (), "system"),
    ],
)
def test_an_openssl_that_looks_where_nothing_is_gets_the_file_of_the_distribution(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: list[str],
    folder_holds: tuple[str, ...],
    read: str,
) -> None:
    system, folder = tmp_path / "system.pem", tmp_path / "certs"
    system.touch()
    folder.mkdir()
    for name in folder_holds:
        (folder / name).touch()
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "default.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    monkeypatch.setattr(tls, "_SYSTEM_FILES", (str(tmp_path / "missing.pem"), str(system)))
    done: list[str] = []
    monkeypatch.setattr(ssl.SSLContext, "set_default_verify_paths", lambda _: done.append("defaults"))
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda _, cafile: done.append(cafile))

    Certificates(Trust()).context_for("index.example", 443)

    assert done == [str(system) if read == "system" else "defaults"]
