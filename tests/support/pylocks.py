"""Texts of small foreign locks, and what is said about them when they are bad."""

import pytest

from detent.errors.lock import LockInvalid
from detent.lock.pylock import parse_lock

SHA = "ab" * 32


def source(*packages: str, head: str = "") -> str:
    """A foreign lock around the given entries."""
    return f'lock-version = "1.0"\ncreated-by = "other"\n{head}\n' + "\n".join(packages)


def a_wheel(name: str = "a-1.0-py3-none-any.whl", more: str = "") -> str:
    return (
        f'{{name = "{name}", url = "https://files.example.com/{name}", hashes = {{sha256 = "{SHA}"}}{more}}}'
    )


def an_entry(body: str, name: str = "a", version: str = "1.0") -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{body}\n'


def reason(text: str) -> str:
    with pytest.raises(LockInvalid) as caught:
        parse_lock(text, "pylock.toml")
    return f"{caught.value.what}: {caught.value.why}"
