"""Direct references: the URLs of PEP 508 that name a file, a folder or a repository, as sources and back.

Pure text: nothing is looked at on disk or asked of a host. What could be taken for something else is refused
(:mod:`detent.model.reference_urls`), and so are schemes nobody knows. A password never becomes part of a
source; `${VARIABLES}` in its place are handed out by :func:`user_info` for whoever logs in.
"""

import re
from typing import TypeAlias

from detent.model.candidate import SDIST_ENDINGS
from detent.model.reference_urls import (
    SCP,
    InvalidReference,
    decoded,
    fragment_pairs,
    joined,
    percent_encoded,
    refuse_odd,
    taken_apart,
    without_git,
    without_scp,
)
from detent.model.sources import GitSource, PathSource, Source, UrlSource

DirectSource: TypeAlias = GitSource | UrlSource | PathSource
"""What a URL can name."""

ARCHIVE_ENDINGS = (".whl", *SDIST_ENDINGS)
"""How the names of files end that can be installed or built."""

PROJECT_ROOT = "${PROJECT_ROOT}"
_STRONG = {"sha256": 64, "sha384": 96, "sha512": 128}
_WEAK = frozenset(("md5", "sha1", "sha224"))
_GIT_SCHEMES = ("https", "ssh", "http", "file")
_DRIVE = r"[A-Za-z]:/"


# ---- reading ---------------------------------------------------------------------------------


def read_reference(url: str, *, base: str = "") -> DirectSource:
    """Read the URL of a direct reference; raises :class:`InvalidReference`.

    ``base`` is the folder of the text it stands in, relative to the folder of the lock.
    """
    refuse_odd(url)
    scheme = url.partition(":")[0].lower()
    if scheme == "file":
        return _path_source(url[len("file:") :], base)
    if scheme.startswith("git+") or scheme == "git":
        return read_git(url)
    if "+" in scheme and scheme.partition("+")[0] in {"hg", "svn", "bzr"}:
        raise InvalidReference(f"of version control only git is known, not `{scheme.partition('+')[0]}`")
    if scheme in {"http", "https"}:
        return read_archive(url)
    if re.fullmatch(SCP, url):
        raise InvalidReference("it is no URL", hint=f"write it like `git+{without_scp(url)}`")
    if "://" not in url:
        raise InvalidReference(
            "it is no URL", hint="write a path like `file:./libs/x`, or a URL with its `https://`"
        )
    raise InvalidReference(
        f"the scheme `{scheme}` is not known", hint="write `https://`, `git+https://` or `file:`"
    )


def read_git(url: str) -> GitSource:
    """Read the URL of a repository with its revision and fragment, `git+` before it or not."""
    refuse_odd(url)
    parts = taken_apart(without_scp(url))
    fragment: dict[str, str] = {}
    for key, value in fragment_pairs(parts.fragment):
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
        git_url(joined(parts._replace(path=path.replace("@", "%40"), fragment=""), with_user=True)),
        read_revision(decoded(revision)) if revision else "",
        "rev" if revision else "",
        read_subdirectory(decoded(fragment.get("subdirectory", ""))),
        lfs=fragment.get("lfs") == "true",
        submodules=fragment.get("submodules") == "true",
    )


def git_url(text: str) -> str:
    """Give the URL of a repository in its one form, without user and password but the bare user of `ssh`.

    Takes what git itself takes for a host (`git@host:x/y.git`) too, and `git+` before a URL.
    """
    refuse_odd(text)
    parts = taken_apart(without_scp(text))
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
    return joined(parts._replace(path=path), with_user=parts.scheme == "ssh")


def read_archive(url: str) -> UrlSource:
    """Read the URL of a wheel or source distribution, with what its fragment says."""
    refuse_odd(url)
    parts = taken_apart(url)
    if parts.scheme not in {"http", "https"}:
        raise InvalidReference(
            f"a file is fetched by `https` or `http`, not by `{parts.scheme}`",
            hint="use a `path` for a file on this machine" if parts.scheme == "file" else "",
        )
    filename = decoded(parts.path.rpartition("/")[2])
    if not filename.lower().endswith(ARCHIVE_ENDINGS):
        endings = ", ".join(f"`{ending}`" for ending in ARCHIVE_ENDINGS)
        raise InvalidReference(
            f"it names no file that ends with {endings}",
            hint=f"write `git+{url}` for a repository" if parts.path.endswith(".git") else "",
        )
    hashes, subdirectory = {}, ""
    for key, value in fragment_pairs(parts.fragment):
        if key in _STRONG:
            hashes[key] = _digest(key, value)
        elif key in _WEAK:
            raise InvalidReference(f"`#{key}=` is too weak to hold a file to", hint="write its `#sha256=`")
        elif key == "subdirectory":
            subdirectory = read_subdirectory(decoded(value))
        elif key != "egg":
            raise InvalidReference(f"`#{key}=` says nothing of a file")
    plain = joined(parts._replace(fragment=""), with_user=False)
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
    refuse_odd(text)
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
    refuse_odd(text)
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
        parts = taken_apart(without_git(url))
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


def _digest(algorithm: str, value: str) -> str:
    if re.fullmatch(rf"[0-9A-Fa-f]{{{_STRONG[algorithm]}}}", value) is None:
        raise InvalidReference(f"`#{algorithm}=` must be {_STRONG[algorithm]} hexadecimal digits")
    return value.lower()


def _path_source(rest: str, base: str) -> PathSource:
    """Read what follows `file:`."""
    rest, hash_, fragment = rest.partition("#")
    for key, _ in fragment_pairs(fragment) if hash_ else ():
        if key != "egg":
            raise InvalidReference(
                f"`#{key}=` says nothing of a path",
                hint="name the folder itself"
                if key == "subdirectory"
                else "the lock holds the hash of a file",
            )
    path = decoded(rest)
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
