"""Which certificates a server must show, and which one it is shown in turn.

A server's certificate is checked against what the operating system trusts, or against files and folders the
user names in its place. Whose certificate is not checked is named host by host; there is no wider switch.
"""

import os
import ssl
import sys
import threading
from pathlib import Path

from detent.errors import UsageError
from detent.events import Notice, Report, ignore
from detent.named import NamedTuple

if sys.platform in {"darwin", "win32"}:
    import truststore

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE")
"""What may have named a file (`project.settings` decides which does)."""

_SYSTEM_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep theirs, for an OpenSSL that was built to look elsewhere (truststore's list)."""


class Trust(NamedTuple):
    """What is trusted, as it is set."""

    file: Path | None = None
    """In place of what the system trusts; a folder of hashed names will do."""
    folders: tuple[Path, ...] = ()
    """The same, beside the file."""
    client: Path | None = None
    """Certificate and key to show to every server that asks for one."""
    clients: tuple[tuple[str, int, Path], ...] = ()
    """Those to show at a host and port alone, in place of it."""
    insecure: frozenset[str] = frozenset()
    """Hosts (`HOST` for each of its ports, or `HOST:PORT`) whose certificates are not checked."""
    insecure_by: str = ""
    """Who says that."""


OF_THE_SYSTEM = Trust()


class Certificates:
    """Makes what checks certificates, each once; threads may share it."""

    def __init__(self, trust: Trust, report: Report = ignore) -> None:
        self._trust = trust
        self._report = report
        self._guard = threading.Lock()
        self._made: dict[tuple[bool, Path | None], ssl.SSLContext] = {}

    def context_for(self, host: str, port: int) -> ssl.SSLContext:
        """Give what checks the certificate of a host; raises :class:`UsageError` for a file of no use."""
        trust = self._trust
        is_insecure = not trust.insecure.isdisjoint((host, f"{host}:{port}"))
        if is_insecure:
            text = f"the certificate of `{host}:{port}` is not checked, as {trust.insecure_by} says"
            self._report(Notice("warning", text))
        client = next((path for name, at, path in trust.clients if (name, at) == (host, port)), trust.client)
        with self._guard:
            made = self._made.get((is_insecure, client))
            if made is None:
                made = _unchecked() if is_insecure else _checked(trust)
                if client is not None:
                    _show(made, client)
                self._made[is_insecure, client] = made
            return made


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _checked(trust: Trust) -> ssl.SSLContext:
    places = (*((trust.file,) if trust.file is not None else ()), *trust.folders)
    if not places:
        return _of_the_system()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for place in places:
        try:
            if place.is_dir():
                context.load_verify_locations(capath=str(place))
            else:
                context.load_verify_locations(cafile=str(place))
        except (OSError, ssl.SSLError) as fault:
            raise UsageError(
                f"the certificates in `{place}` cannot be read",
                why=str(getattr(fault, "strerror", None) or fault),
                next_steps=(f"name another file, or unset {', '.join(f'`{v}`' for v in _VARIABLES)}",),
            ) from fault
    return context


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


def _show(context: ssl.SSLContext, client: Path) -> None:
    try:
        context.load_cert_chain(str(client), password=lambda: b"")  # nobody is asked on the terminal
    except (OSError, ssl.SSLError) as fault:
        reason = getattr(fault, "strerror", None) if not isinstance(fault, ssl.SSLError) else None
        raise UsageError(
            f"the client certificate `{client}` cannot be used",
            why=reason or "it is no PEM file with a certificate and its key, the key without a password",
            next_steps=("name another file as `client-cert` or in `SSL_CLIENT_CERT`",),
        ) from None
