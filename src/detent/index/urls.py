"""Index URLs as plain text: whose they are, what may be shown of them, where a redirect may lead.

Pure and cheap to import, since every warm lock needs the cache key of its index. A secret is removed here,
when a URL is read, and never again thought of when it is printed.
"""

import re

from detent.named import NamedTuple

_PARTS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")


class Credentials(NamedTuple):
    """What an index URL carried before its host."""

    username: str
    password: str


def split_credentials(url: str) -> tuple[str, Credentials | None]:
    """Take the user information out of a URL; what is left may be stored and shown."""
    parts = _PARTS.match(url)
    if parts is None or "@" not in parts["authority"]:
        return url, None
    user, _, host = parts["authority"].rpartition("@")
    name, _, password = user.partition(":")
    credentials = Credentials(_unescaped(name), _unescaped(password))
    return f"{parts['scheme']}://{host}{parts['rest']}", credentials


def without_credentials(url: str) -> str:
    """The URL without user information."""
    return split_credentials(url)[0]


def index_root(url: str) -> str:
    """The one spelling of an index URL that is stored: no credentials, no fragment, one final slash."""
    return without_credentials(url).partition("#")[0].rstrip("/") + "/"


def shown(url: str) -> str:
    """The URL as messages may hold it: no credentials, no query (signed links carry secrets there)."""
    clean, question, _ = without_credentials(url).partition("#")[0].partition("?")
    return _printable(clean) + ("?..." if question else "")


def origin(url: str) -> tuple[str, str, str]:
    """Scheme, host and port: the three that credentials are bound to."""
    parts = _PARTS.match(url)
    if parts is None:
        return ("", "", "")
    scheme = parts["scheme"].lower()
    authority = parts["authority"].rpartition("@")[2].lower()
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isdigit():
        host, port = authority.rstrip(":"), ""
    return (scheme, host, port or _DEFAULT_PORTS.get(scheme, ""))


def host(url: str) -> str:
    """The host for a message, with its port where it is not the usual one."""
    scheme, name, port = origin(url)
    return _printable(name if port == _DEFAULT_PORTS.get(scheme) else f"{name}:{port}")


def service_of(url: str) -> str:
    """Write an origin: scheme and host, and the port where it is not the usual one."""
    return f"{origin(url)[0]}://{host(url)}"


def is_in_the_open(url: str) -> bool:
    """Whether what is sent there can be read on its way: plain http, and not to this machine itself."""
    scheme, name, _ = origin(url)
    return scheme == "http" and name.strip("[]") not in {"localhost", "127.0.0.1", "::1"}


def redirect_refusal(source: str, target: str) -> str:
    """Say why a redirect may not be followed; empty when it may."""
    was, becomes = origin(source)[0], target.partition(":")[0].lower()
    if becomes not in {"http", "https"}:
        return f"it redirects to a `{_printable(becomes)}:` address, and only http and https are followed"
    if was == "https" and becomes == "http":
        return "it redirects from https to plain http, which is refused"
    return ""


def _unescaped(text: str) -> str:
    raw = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
