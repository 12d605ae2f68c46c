"""The URLs of direct references taken apart and put together, and what no part of one may be.

Pure text. What git, a shell or a server could take for something else is refused here, once.
"""

import re

from detent.named import NamedTuple

# Compiled when first used: most projects have no direct reference.
_URL = r"(?s)([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#(.*))?"
_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_USER = r"[A-Za-z0-9_.~%+!$&*=,][A-Za-z0-9_.~%+!$&*=,-]*"
_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
SCP = rf"(?:git\+)?({_USER})@([A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?):(?!//)(.+)"


class InvalidReference(ValueError):
    """The text names no source; ``reason`` says in plain words why, and shows no password."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        """What to write in its place; empty where there is nothing to say."""


class Parts(NamedTuple):
    """A URL taken apart."""

    scheme: str
    user: str
    """User and password, as written."""
    host: str
    """With its port, in lower case."""
    path: str
    query: str
    """With its `?`."""
    fragment: str


def refuse_odd(text: str) -> None:
    """Refuse what a program could take for an option, and what a person does not see."""
    if text.startswith("-"):
        raise InvalidReference("it begins with `-`, which a program could take for an option")
    if not text.isprintable():
        raise InvalidReference("it has characters that do not print")
    if "\\" in text:
        raise InvalidReference("it has a `\\`", hint="write `/` between the parts of a path")


def without_git(url: str) -> str:
    """Take `git+` off the beginning."""
    return url[4:] if url[:4].lower() == "git+" else url


def without_scp(text: str) -> str:
    """Write what git takes for a host, `git@host:x/y.git`, as a URL; any other one is without `git+`."""
    scp = re.fullmatch(SCP, text)
    return f"ssh://{scp[1]}@{scp[2]}/{scp[3].lstrip('/')}" if scp else without_git(text)


def taken_apart(url: str) -> Parts:
    """Take a URL apart and refuse what no part may be."""
    found = re.fullmatch(_URL, url)
    if found is None or " " in url:
        raise InvalidReference("it is no URL")
    scheme, authority, path, query, fragment = (part or "" for part in found.groups())
    scheme = scheme.lower()
    user, _, host = authority.rpartition("@")
    if scheme != "file" and re.fullmatch(_HOST, host) is None:
        raise InvalidReference("it names no host" if not host else f"`{host}` is not the name of a host")
    _check_user(scheme, user)
    if "$" in host or re.search(r"\$\{", path + query + fragment):
        raise InvalidReference(
            "variables are known in user and password alone",
            hint="write the URL out, as in `https://${TOKEN}@host/`",
        )
    return Parts(scheme, user, host.lower(), path, query, fragment)


def _check_user(scheme: str, user: str) -> None:
    """What stands in a project is read by everybody: no passwords, only where to find them."""
    if not user:
        return
    name, colon, password = user.partition(":")
    if scheme == "ssh":
        if colon:
            raise InvalidReference("it has a password in it", hint="let `ssh` find its key")
        if re.fullmatch(_USER, name) is None:
            raise InvalidReference("it names no user that `ssh` could have")
        return
    if scheme not in {"http", "https"}:
        raise InvalidReference("it has a user in it")
    is_named = re.fullmatch(_VARIABLE, name) or (colon and re.fullmatch(_USER, name))
    if (
        not is_named
        or (colon and password and re.fullmatch(_VARIABLE, password) is None)
        or (colon and not password and re.fullmatch(_VARIABLE, name) is None)
    ):
        raise InvalidReference(
            "it has a user or password in it, which everybody could read",
            hint="take it out and log in with `detent auth login`, or write a variable, as in `https://${TOKEN}@host/`",
        )


def joined(parts: Parts, *, with_user: bool) -> str:
    """Put a URL together again."""
    user = f"{parts.user}@" if with_user and parts.user else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.scheme}://{user}{parts.host}{parts.path}{parts.query}{fragment}"


def fragment_pairs(text: str) -> list[tuple[str, str]]:
    """Give keys and values of what stands behind `#`."""
    found: list[tuple[str, str]] = []
    for part in filter(None, text.split("&")):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise InvalidReference(f"`#{part}` says nothing", hint="write it like `#subdirectory=libs/x`")
        if key in dict(found):
            raise InvalidReference(f"`#{key}=` stands there twice")
        found.append((key, value))
    return found


def decoded(text: str) -> str:
    """Put characters in place of their percent-encoded forms."""
    if "%" not in text:
        return text
    encoded = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes((int(found[1], 16),)), text.encode())
    try:
        decoded = encoded.decode()
    except UnicodeDecodeError:
        raise InvalidReference("it has a `%` that stands for no text") from None
    refuse_odd(decoded)
    return decoded


def percent_encoded(text: str, safe: str = "") -> str:
    """Percent-encode all but unreserved characters and those that are ``safe`` where it stands."""

    def encoded(character: str) -> str:
        if character.isascii() and (character.isalnum() or character in "-._~" + safe):
            return character
        return "".join(f"%{byte:02X}" for byte in character.encode())

    return "".join(map(encoded, text))
