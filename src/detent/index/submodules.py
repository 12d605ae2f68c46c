"""Where the submodules of a repository lie and come from: judged before git hears of them. Pure."""

import re
from collections.abc import Iterator

from detent.errors.fetch import GitFailed
from detent.index.git import redacted

_URL = re.compile(r"(?:https?|ssh)://(?:[^-/@\s][^/@\s]*@)?[^-/\s@][^\s]*|file:///[^\s]*")
_OF_SSH = re.compile(r"[\w.-]+@[\w.-]+:[^-\s:][^\s]*")


def is_fetchable(url: str) -> bool:
    """Whether git may be given this URL; it begins with no `-`, nor does anything git would hand on."""
    return _URL.fullmatch(url) is not None


def checked_folders(url: str, rows: str, *, allows_file: bool) -> Iterator[str]:
    """Give the folders of submodules; raises :class:`GitFailed` for one that may not be fetched.

    ``rows`` are what `git config --null` says of a `.gitmodules`.
    """
    for row in filter(None, rows.split("\0")):
        key, _, value = row.partition("\n")
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        reason = _refusal(name, what, value, allows_file=allows_file)
        if reason:
            told = f"its submodule `{name}` is refused: its `{what}`, `{redacted(value)}`, {reason}"
            raise GitFailed(redacted(url), told)
        if what == "path":
            yield value


def _refusal(name: str, what: str, value: str, *, allows_file: bool) -> str:
    if value.startswith("-") or name.startswith("-"):
        return "begins with `-`, which git would take for an option"
    if what == "update" and value.startswith("!"):
        return "would start a program"
    if what == "path":
        parts = value.split("/")
        leads_out = value.startswith("/") or ".." in parts or ".git" in map(str.lower, parts)
        return "leads out of its tree" if leads_out else ""
    if what == "url" and not value.startswith(("./", "../")):
        if not (is_fetchable(value) or _OF_SSH.fullmatch(value)):
            return "is no URL that git may be given"
        if value.startswith("file:") and not allows_file:
            return "leads into this machine"
    return ""
