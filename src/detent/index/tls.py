"""Which certificates a server must show: those the operating system trusts, or a file the user names."""

import ssl
from collections.abc import Mapping
from pathlib import Path

import truststore

from detent.errors import UsageError

VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
"""Looked at in this order; the first that is set names the file of trusted certificates."""


def certificate_file(variables: Mapping[str, str]) -> Path | None:
    """The file of certificates the environment names; ``None``: ask the operating system."""
    named = next((variables[v] for v in VARIABLES if variables.get(v)), None)
    return Path(named) if named is not None else None


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
            next_steps=(f"name another file, or unset {', '.join(f'`{v}`' for v in VARIABLES)}",),
        ) from fault
