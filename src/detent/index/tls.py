"""Which certificates a server must show: those the operating system trusts, or a file the user names."""

import ssl
from pathlib import Path

import truststore

from detent.errors import UsageError

_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
"""What may have named the file (`project.settings` decides which does)."""


def tls_context(certificates: Path | None) -> ssl.SSLContext:
    """A context that verifies; there is none that does not."""
    if certificates is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
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
