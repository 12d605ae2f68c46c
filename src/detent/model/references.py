"""Direct references: the URLs of PEP 508 that name a file, a folder or a repository, as sources and back.

Pure text: nothing is looked at on disk or asked of a host. What git, a shell or a server could take for
something else is refused here, once: anything that begins with `-`, schemes nobody knows, control characters,
variables outside of user and password. A password never becomes part of a source; `${VARIABLES}` in its
place are handed out by :func:`user_info` for whoever logs in.
"""

import re
from typing import TypeAlias

from detent.model.candidate import SDIST_ENDINGS
from detent.model.sources import GitSource, PathSource, Source, UrlSource
from detent.named import NamedTuple

DirectSource: TypeAlias = GitSource | UrlSource | PathSource
"""What a URL can name."""

ARCHIVE_ENDINGS = (".whl", *SDIST_ENDINGS)
"""How the names of files end that can be installed or built."""

PROJECT_ROOT = "${PROJECT_ROOT}"
_STRONG = {"sha256": 64, "sha384": 96, "sha512": 128}
_WEAK = frozenset(("md5", "sha1", "sha224"))
_GIT_SCHEMES = ("https", "ssh", "http", "file")

# Compiled when first used: most projects have no direct reference.
_URL = r"(?s)([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#(.*))?"
_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_USER = r"[A-Za-z0-9_.~%+!$&*=,][A-Za-z0-9_.~%+!$&*=,-]*"
_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_SCP = rf"(?:git\+)?({_USER})@([A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?):(?!//)(.+)"
_DRIVE = r"[A-Za-z]:/"


class InvalidReference(ValueError):
    """The text names no source; ``reason`` says in plain words why, and shows no password."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        """What to write in its place; empty where there is nothing to say."""


class _Parts(NamedTuple):
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


# ---- reading ---------------------------------------------------------------------------------


def read_reference(url: str, *, base: str = "") -> DirectSource:
    """Read the URL of a direct reference; raises :class:`InvalidReference`.

    ``base`` is the folder of the text it stands in, relative to the folder of the lock.
    """
    _refuse_odd(url)
    scheme = url.partition(":")[0].lower()
    if scheme == "file":
        return _path_source(url[len("file:") :], base)
    if scheme.startswith("git+") or scheme == "git":
        return read_git(url)
    if "+" in scheme and scheme.partition("+")[0] in {"hg", "svn", "bzr"}:
        raise InvalidReference(f"of version control only git is known, not `{scheme.partition('+')[0]}`")
    if scheme in {"http", "https"}:
        return read_archive(url)
    if re.fullmatch(_SCP, url):
        raise InvalidReference("it is no URL", hint=f"write it like `git+{_without_scp(url)}`")
    if "://" not in url:
        raise InvalidReference(
            "it is no URL", hint="write a path like `file:./libs/x`, or a URL with its `https://`"
        )
    raise InvalidReference(
        f"the scheme `{scheme}` is not known", hint="write `https://`, `git+https://` or `file:`"
    )


def read_git(url: str) -> GitSource:
    """Read the URL of a repository with its revision and fragment, `git+` before it or not."""
    _refuse_odd(url)
    parts = _taken_apart(_without_scp(url))
    fragment: dict[str, str] = {}
    for key, value in _fragment(parts.fragment):
        if key in {"lfs", "submodules"} and value not in {"true", "false"}:
            raise InvalidReference(f"`#{key}=` must be `true` or `false`")
        if key not in {"subdirectory", "lfs", "submodules", "egg"}:
            raise InvalidReference(f"`#{key}=` says nothing of a repository")
        fragment[key] = value
    if parts.query:
        raise InvalidReference("the URL of a repository has no `?`")
    path, at, revision = parts.path.rpartition("@")
    if not at:
        path, revision = parts.path, ""
    elif not revision:
        raise InvalidReference("there is no revision after `@`")
    return GitSource(
        # What was no revision must not be taken for one once the two are written as one.
        git_url(_joined(parts._replace(path=path.replace("@", "%40"), fragment=""), with_user=True)),
        read_revision(_decoded(revision)) if revision else "",
        "rev" if revision else "",
        read_subdirectory(_decoded(fragment.get("subdirectory", ""))),
        lfs=fragment.get("lfs") == "true",
        submodules=fragment.get("submodules") == "true",
    )


def git_url(text: str) -> str:
    """Give the URL of a repository in its one form, without user and password but the bare user of `ssh`.

    Takes what git itself takes for a host (`git@host:x/y.git`) too, and `git+` before a URL.
    """
    _refuse_odd(text)
    parts = _taken_apart(_without_scp(text))
    if parts.scheme not in _GIT_SCHEMES:
        known = ", ".join(f"`{scheme}`" for scheme in _GIT_SCHEMES)
        raise InvalidReference(f"git is asked by {known}, not by `{parts.scheme}`")
    if parts.query or parts.fragment:
        raise InvalidReference("the URL of a repository has neither `?` nor `#`")
    if parts.scheme == "file":
        if parts.host not in {"", "localhost"} or not parts.path.startswith("/"):
            raise InvalidReference(
                "a repository on this machine is named by its whole path, as in `file:///srv/x.git`"
            )
    elif not parts.path.strip("/"):
        raise InvalidReference("it names a host and no repository")
    if "@" in parts.path:
        raise InvalidReference(
            "there is an `@` in its path", hint="name a revision as `rev`, `tag` or `branch`, or write `%40`"
        )
    path = parts.path.rstrip("/")
    if parts.scheme == "file":
        return f"file://{path}"
    return _joined(parts._replace(path=path), with_user=parts.scheme == "ssh")


def read_archive(url: str) -> UrlSource:
    """Read the URL of a wheel or source distribution, with what its fragment says."""
    _refuse_odd(url)
    parts = _taken_apart(url)
    if parts.scheme not in {"http", "https"}:
        raise InvalidReference(
            f"a file is fetched by `https` or `http`, not by `{parts.scheme}`",
            hint="use a `path` for a file on this machine" if parts.scheme == "file" else "",
        )
    filename = _decoded(parts.path.rpartition("/")[2])
    if not filename.lower().endswith(ARCHIVE_ENDINGS):
        endings = ", ".join(f"`{ending}`" for ending in ARCHIVE_ENDINGS)
        raise InvalidReference(
            f"it names no file that ends with {endings}",
            hint=f"write `git+{url}` for a repository" if parts.path.endswith(".git") else "",
        )
    hashes, subdirectory = {}, ""
    for key, value in _fragment(parts.fragment):
        if key in _STRONG:
            hashes[key] = _digest(key, value)
        elif key in _WEAK:
            raise InvalidReference(f"`#{key}=` is too weak to hold a file to", hint="write its `#sha256=`")
        elif key == "subdirectory":
            subdirectory = read_subdirectory(_decoded(value))
        elif key != "egg":
            raise InvalidReference(f"`#{key}=` says nothing of a file")
    plain = _joined(parts._replace(fragment=""), with_user=False)
    return UrlSource(plain, subdirectory, tuple(sorted(hashes.items())))


def read_revision(text: str) -> str:
    """Check the name of a branch, tag or commit (git-check-ref-format)."""
    is_odd = re.search(r"[\s\x00-\x1f\x7f~^:?*\[\\]|\.\.|@\{|//|/\.", text) is not None
    if not text or is_odd or text == "@" or text.startswith((".", "/")) or text.endswith((".", "/", ".lock")):
        raise InvalidReference(f"`{text}` is not the name of a branch, tag or commit")
    if text.startswith("-"):
        raise InvalidReference(f"`{text}` begins with `-`, which git would take for an option")
    return text


def read_subdirectory(text: str) -> str:
    """Give a folder inside of a tree in its one form; empty for the top."""
    _refuse_odd(text)
    if text.startswith("/") or re.match(_DRIVE, text):
        raise InvalidReference(f"the subdirectory `{text}` is not relative")
    found = normalised_path(text)
    if found == ".." or found.startswith("../"):
        raise InvalidReference(f"the subdirectory `{text}` leads out of its tree")
    return "" if found == "." else found


def read_path(text: str, *, base: str = "") -> str:
    """Give a path relative to the folder of the lock in its one form, with `/` between its parts.

    Absolute only where it was written so. `${PROJECT_ROOT}` is the folder of the text the path stands in.
    """
    _refuse_odd(text)
    if not text:
        raise InvalidReference("it is empty")
    if text.startswith("~"):
        raise InvalidReference(
            "`~` is a different folder for everybody", hint=f"begin with `{PROJECT_ROOT}` or `./`"
        )
    text = _without_root(text) or text
    if "$" in text:
        raise InvalidReference(f"of variables only `{PROJECT_ROOT}` is known in a path, at its beginning")
    return normalised_path(text, base)


def user_info(url: str) -> str:
    """Give user and password of a URL as written: names of variables, never a password; empty for none."""
    if "@" not in url:
        return ""
    try:
        parts = _taken_apart(_without_git(url))
    except InvalidReference:
        return ""
    return parts.user if parts.scheme in {"http", "https"} else ""


def normalised_path(text: str, base: str = "") -> str:
    """Resolve `.` and `..` by the text alone; a relative path is below ``base``, whose own is ``.``."""
    is_absolute = text.startswith("/") or re.match(_DRIVE, text) is not None
    whole = text if is_absolute or not base else f"{base}/{text}"
    drive = whole[:2] if re.match(_DRIVE, whole) else ""
    root = f"{drive}/" if drive or whole.startswith("/") else ""
    parts: list[str] = []
    for part in whole[len(drive) :].split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part == ".." and root:
            continue
        elif part not in {"", "."}:
            parts.append(part)
    return root + "/".join(parts) or "."


def rebased(source: Source, folder: str) -> Source:
    """Give the source as seen from the lock, for one that was read in a folder beside or below it."""
    if isinstance(source, PathSource):
        return source._replace(path=normalised_path(source.path, folder))
    return source


# ---- writing ---------------------------------------------------------------------------------


def reference_text(source: DirectSource) -> str:
    """Write the URL of a direct reference in its one form; reading it gives the source again.

    But for what a URL cannot say: whether a revision is called a branch or a tag, how a folder is installed.
    """
    match source:
        case GitSource():
            revision = f"@{percent_encoded(source.revision, '/')}" if source.revision else ""
            said = (
                [f"subdirectory={percent_encoded(source.subdirectory, '/')}"] if source.subdirectory else []
            )
            said += [f"{key}=true" for key in ("lfs", "submodules") if getattr(source, key)]
            return f"git+{source.url}{revision}" + (f"#{'&'.join(said)}" if said else "")
        case UrlSource():
            said = (
                [f"subdirectory={percent_encoded(source.subdirectory, '/')}"] if source.subdirectory else []
            )
            said += [f"{algorithm}={value}" for algorithm, value in source.hashes]
            return source.url + (f"#{'&'.join(said)}" if said else "")
        case PathSource():
            path = percent_encoded(source.path, "/:")
            if path.startswith("/"):
                return f"file://{path}"
            if re.match(_DRIVE, path):
                return f"file:///{path}"
            return f"file:{path}" if path.split("/")[0] in {".", ".."} else f"file:./{path}"


# ---- the parts of a URL ----------------------------------------------------------------------


def _refuse_odd(text: str) -> None:
    if text.startswith("-"):
        raise InvalidReference("it begins with `-`, which a program could take for an option")
    if not text.isprintable():
        raise InvalidReference("it has characters that do not print")
    if "\\" in text:
        raise InvalidReference("it has a `\\`", hint="write `/` between the parts of a path")


def _without_git(url: str) -> str:
    return url[4:] if url[:4].lower() == "git+" else url


def _without_scp(text: str) -> str:
    scp = re.fullmatch(_SCP, text)
    return f"ssh://{scp[1]}@{scp[2]}/{scp[3].lstrip('/')}" if scp else _without_git(text)


def _taken_apart(url: str) -> _Parts:
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
    return _Parts(scheme, user, host.lower(), path, query, fragment)


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


def _joined(parts: _Parts, *, with_user: bool) -> str:
    user = f"{parts.user}@" if with_user and parts.user else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.scheme}://{user}{parts.host}{parts.path}{parts.query}{fragment}"


def _fragment(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in filter(None, text.split("&")):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise InvalidReference(f"`#{part}` says nothing", hint="write it like `#subdirectory=libs/x`")
        if key in dict(found):
            raise InvalidReference(f"`#{key}=` stands there twice")
        found.append((key, value))
    return found


def _digest(algorithm: str, value: str) -> str:
    if re.fullmatch(rf"[0-9A-Fa-f]{{{_STRONG[algorithm]}}}", value) is None:
        raise InvalidReference(f"`#{algorithm}=` must be {_STRONG[algorithm]} hexadecimal digits")
    return value.lower()


def _path_source(rest: str, base: str) -> PathSource:
    """Read what follows `file:`."""
    rest, hash_, fragment = rest.partition("#")
    for key, _ in _fragment(fragment) if hash_ else ():
        if key != "egg":
            raise InvalidReference(
                f"`#{key}=` says nothing of a path",
                hint="name the folder itself"
                if key == "subdirectory"
                else "the lock holds the hash of a file",
            )
    path = _decoded(rest)
    if path.startswith("//"):
        authority, slash, below = path[2:].partition("/")
        if authority in {"", "localhost"}:
            path = slash + below
        elif authority in {PROJECT_ROOT, ".", ".."}:
            path = path[2:]
        else:
            raise InvalidReference(
                f"`{authority}` is another machine",
                hint="a path on this one is `file:///...` or `file:./...`",
            )
    if re.match(rf"/(?:{re.escape(PROJECT_ROOT)}(?:/|$)|{_DRIVE})", path):
        path = path[1:]
    return PathSource(read_path(path, base=base))


def _without_root(path: str) -> str:
    """Take `${PROJECT_ROOT}` off the beginning of a path; empty where it is not there."""
    if path == PROJECT_ROOT:
        return "."
    return (
        path.removeprefix(f"{PROJECT_ROOT}/").lstrip("/") or "."
        if path.startswith(f"{PROJECT_ROOT}/")
        else ""
    )


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    encoded = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes((int(found[1], 16),)), text.encode())
    try:
        decoded = encoded.decode()
    except UnicodeDecodeError:
        raise InvalidReference("it has a `%` that stands for no text") from None
    _refuse_odd(decoded)
    return decoded


def percent_encoded(text: str, safe: str = "") -> str:
    """Percent-encode all but unreserved characters and those that are ``safe`` where it stands."""

    def encoded(character: str) -> str:
        if character.isascii() and (character.isalnum() or character in "-._~" + safe):
            return character
        return "".join(f"%{byte:02X}" for byte in character.encode())

    return "".join(map(encoded, text))
