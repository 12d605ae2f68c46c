from hashlib import blake2b

from detent.store.fingerprint import fingerprint


def test_a_fingerprint_is_blake2b_in_64_hex_digits() -> None:
    assert fingerprint(b"abc") == blake2b(b"abc", digest_size=32).hexdigest()
    assert len(fingerprint(b"")) == 64
