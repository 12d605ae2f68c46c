"""Hashes of little: the digest that names what is kept of a text or an address, and sha256 of small files.

Not from `hashlib`: that loads OpenSSL, which takes longer than reading what is found by the name. It is the
faster one for much data.
"""

try:
    from _blake2 import blake2b
except ImportError:  # a Python without that module
    from hashlib import blake2b
try:
    from _sha2 import sha256 as _sha256  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    try:
        from _sha256 import sha256 as _sha256  # type: ignore[import-not-found, no-redef, unused-ignore]
    except ImportError:
        from hashlib import sha256 as _sha256

_BYTES = 32


def fingerprint(data: bytes) -> str:
    """Give 64 hex digits; nobody can make two texts that share them (BLAKE2b, RFC 7693)."""
    return blake2b(data, digest_size=_BYTES).hexdigest()


def small_sha256(data: bytes) -> bytes:
    """Give the sha256 of a few kilobytes."""
    digest: bytes = _sha256(data).digest()
    return digest
