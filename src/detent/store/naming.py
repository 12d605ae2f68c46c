"""Names in wheels, as the store keeps them, RECORD lists them and messages show them.

Installing needs no more than this of what :mod:`detent.store.contents` knows of wheels.
"""

import re
from binascii import b2a_base64

FILES = "files"
"""The scheme of what goes below site-packages: purelib and platlib in one."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_SCRIPT_NAME = r"[A-Za-z0-9._][A-Za-z0-9._-]*"
_ENVIRONMENTS_OWN = r"(?i:pythonw?[0-9.]*t?|(?:de)?activate(?:_this)?(?:\.[a-z0-9]+)?|\.*)"


def record_line(path: str, sha256_hex: str, size_bytes: int) -> str:
    """Give the line of RECORD for one file, with its end."""
    quoted = '"' + path.replace('"', '""') + '"' if "," in path or '"' in path else path
    return f"{quoted},sha256={encoded_digest(bytes.fromhex(sha256_hex))},{size_bytes}\n"


def encoded_digest(digest: bytes) -> str:
    """Give a hash as RECORD writes it."""
    return b2a_base64(digest, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def check_script_name(name: str) -> None:
    """Raise :class:`ValueError` unless a script may have this name in an environment's folder of programs."""
    if not re.fullmatch(_SCRIPT_NAME, name):
        raise ValueError(f"`{shown(name)}` is no name for a script")
    if re.fullmatch(_ENVIRONMENTS_OWN, name.removesuffix(".exe")):
        raise ValueError(f"a script named `{name}` would replace a part of the environment")


def shown(name: str) -> str:
    """Give a foreign name for a message: escaped, and not endless."""
    text = repr(name)[1:-1]
    return text if len(text) <= 120 else f"{text[:117]}..."
