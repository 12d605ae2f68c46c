"""Which certificates are trusted."""

from pathlib import Path

import pytest

from detent.errors import UsageError
from detent.index.tls import tls_context


def test_without_a_file_the_operating_system_decides_and_nothing_is_trusted_blindly() -> None:
    import ssl

    context = tls_context(None)

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")

    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(UsageError) as caught:
            tls_context(path)
        assert str(path) in caught.value.what
