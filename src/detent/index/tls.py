"""Which certificates a server must show: those the operating system trusts, or a file the user names."""

import os
import ssl
import sys
from pathlib import Path

from detent.errors import UsageError

if sys.platform in {"darwin", "win32"}:
    import truststore

_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
"""What may have named the file (`project.settings` decides which does)."""

_SYSTEM_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep theirs, for an OpenSSL that was built to look elsewhere (truststore's list)."""


def tls_context(certificates: Path | None) -> ssl.SSLContext:
    """A context that verifies; there is none that does not."""
    if certificates is None:
        return _of_the_system()
    try:
        if certificates.is_dir():
            return ssl.create_default_context(capath=str(certificates))
        return ssl.create_default_context(cafile=str(certificates))
    except (OSError, ssl.SSLError) as fault:
        raise UsageError(
            f"the certificates in `{certificates}` cannot be read",
            why=str(getattr(fault, "strerror", None) or fault),
            next_steps=(f"name another file, or unset {', '.join(f'`{v}`' for v in _VARIABLES)}",),
        ) from fault


def _of_the_system() -> ssl.SSLContext:
    """Trust what the system trusts.

    Where that is files, they are read once: truststore reads them for each connection, which takes 25 ms of
    the processor, and lets no two shake hands at a time.
    """
    if sys.platform in {"darwin", "win32"}:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    places = ssl.get_default_verify_paths()
    file = next(filter(os.path.isfile, _SYSTEM_FILES), None)
    if file is None or places.cafile or (places.capath and _holds_certificates(places.capath)):
        context.set_default_verify_paths()
    else:
        context.load_verify_locations(cafile=file)
    return context


def _holds_certificates(folder: str) -> bool:
    """Whether OpenSSL would find any there: it goes by names such as `5ed36f99.0`."""
    with os.scandir(folder) as entries:
        return any(_is_hashed(entry.name) for entry in entries)


def _is_hashed(name: str) -> bool:
    stem, _, number = name.partition(".")
    return len(stem) == 8 and number.isdecimal() and not set(stem.lower()) - set("0123456789abcdef")
