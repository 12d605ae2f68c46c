"""The digest that names what is kept of a text or an address.

Not from `hashlib`: that loads OpenSSL, which takes longer than reading what is found by the name.
"""

try:
    from _blake2 import blake2b
except ImportError:  # a Python without that module
    from hashlib import blake2b

_BYTES = 32


def fingerprint(data: bytes) -> str:
    """Give 64 hex digits; nobody can make two texts that share them (BLAKE2b, RFC 7693)."""
    return blake2b(data, digest_size=_BYTES).hexdigest()
