"""What indexes, repositories and logins refuse, or get wrong."""

from collections.abc import Sequence

from detent.errors import DetentError


class FetchError(DetentError):
    """Something could not be brought from an index. URLs in it are redacted already."""

    code = "fetch"


class PackageUnknown(FetchError):
    """None of the indexes that were asked has a project of this name."""

    code = "package-unknown"

    def __init__(self, name: str, *indexes: str, required_by: str = "") -> None:
        *first, last = [f"`{index}`" for index in indexes] or [""]
        reason = f"none of {', '.join(first)} and {last} has a page for it" if first else ""
        reason = reason or (f"{last} has no page for it" if last else "there is no index to ask")
        super().__init__(
            f"there is no package named `{name}` on the index{'es' if first else ''}",
            why=reason + (f"; {required_by} needs it" if required_by else ""),
            next_steps=("check the spelling of the name",),
        )
        self.name = name
        self.required_by = required_by


class IndexUnavailable(FetchError):
    """The index did not answer, or answered that it cannot."""

    code = "index-unavailable"

    def __init__(self, url: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"`{url}` could not be fetched",
            why=reason,
            next_steps=next_steps or ("check the connection and the index URL, then run the command again",),
        )


class IndexInTheWay(IndexUnavailable):
    """One of several indexes could not say whether it has a package, and so no later one was asked."""

    def __init__(self, name: str, index: str, fault: DetentError, *, is_last: bool) -> None:
        where = fault.what.partition(" could not be fetched")[0]
        why = f"{where}: {fault.why}" if where != fault.what else fault.why
        steps = list(fault.next_steps)
        if not is_last:
            why += "\nno later index is asked: what has this name there may be somebody else's package"
            if "HTTP 4" in why:
                steps.append(
                    "if this index answers so for what it does not have, name the code in its"
                    " `ignore-error-codes`"
                )
        DetentError.__init__(
            self, f"the index {index} could not be asked for `{name}`", why=why, next_steps=steps
        )


class PageInvalid(FetchError):
    """An index answered with something that is not a simple repository page (PEP 503, PEP 691)."""

    code = "page-invalid"

    def __init__(self, name: str, url: str, reason: str) -> None:
        super().__init__(f"the index page for `{name}` is not valid", why=f"`{url}`: {reason}")


class MetadataInvalid(FetchError):
    """A file's metadata cannot be read or contradicts what was announced."""

    code = "metadata-invalid"

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"the metadata of `{filename}` cannot be used", why=reason)


class FileGone(FetchError):
    """A listed file is not where the index says it is."""

    code = "file-gone"

    def __init__(self, package: str, filename: str, url: str) -> None:
        super().__init__(
            f"`{filename}` of `{package}` is not on the index any more",
            why=f"there is nothing at `{url}`",
            next_steps=(f"run `detent lock --upgrade-package {package}` to lock another version",),
        )


class FileNotMirrored(FetchError):
    """The mirror of an index does not have a file that is locked."""

    code = "file-not-mirrored"

    def __init__(self, name: str, filename: str, index: str, mirror: str) -> None:
        super().__init__(
            f"the mirror `{mirror}` does not have `{filename}`",
            why=f"`{name}` is locked from `{index}`, and `index-mirror` says to fetch that from the mirror",
            next_steps=(
                "see that the mirror has the file, with the same content",
                "or take the index out of `index-mirror` in your `detent.toml`",
            ),
        )


class FileUnvouched(FetchError):
    """A lock says that a file lies where its index has never said that one does."""

    code = "file-unvouched"

    def __init__(self, name: str, filename: str, url: str, index: str) -> None:
        super().__init__(
            f"`{filename}` of `{name}` was not fetched: its index does not know this address",
            why=f"the lock says `{url}`, and `{index}` lists no such file there",
            next_steps=(
                "see who changed the lock",
                f"run `detent lock --upgrade-package {name}` to lock what the index has",
            ),
        )


class HashMismatch(FetchError):
    """A file is not the file that was locked."""

    code = "hash-mismatch"

    def __init__(self, package: str, filename: str, url: str, *, expected: str, actual: str) -> None:
        super().__init__(
            f"`{filename}` of `{package}` is not the file that was locked",
            why=f"expected {expected}, got {actual}, from `{url}`",
            next_steps=(
                "nothing was installed; run the command again if the transfer may have been damaged",
                f"if the index replaced it, find out why before `detent lock --upgrade-package {package}`",
            ),
        )


class EntryMismatch(FetchError):
    """What an entry of the lock leads to is not what the lock says of it."""

    code = "entry-mismatch"

    def __init__(self, package: str, reason: str, *, has_index: bool) -> None:
        table = "`[[tool.detent.dependency-metadata]]`"
        more = (f"if its index announces it wrongly, say what it asks for in {table}",)
        super().__init__(
            f"`{package}` is not what the lock says",
            why=reason,
            next_steps=(
                "nothing was installed; see who changed `pylock.toml`, or what it names",
                f"if that is right, `detent lock --upgrade-package {package}` looks at it anew",
                *(more if has_index else ()),
            ),
        )


class OfflineMiss(FetchError):
    """Offline, and the cache does not have it."""

    code = "offline-miss"

    def __init__(self, things: Sequence[str]) -> None:
        super().__init__(
            "the network is off and the cache does not have everything",
            why="missing: " + ", ".join(f"`{t}`" for t in things),
            next_steps=("run the command once without `--offline`",),
        )


class IndexOriginChanged(FetchError):
    """Credentials are given for an index by its name, and the name means another server than before."""

    code = "index-origin-changed"

    def __init__(self, name: str, *, was: str, now: str, variable: str, is_stated: bool) -> None:
        was_first = f"it was `{was}` when it was first used here"
        said = f"`{variable}_ORIGIN` says `{was}`" if is_stated else was_first
        super().__init__(
            f"the index `{name}` is not where its credentials belong",
            why=f"its URL is of `{now}`, and {said}; `{variable}_PASSWORD` is told to nobody else",
            next_steps=(
                "see who changed the URL of the index, and why",
                f"if it is right, set `{variable}_ORIGIN={now}`",
            ),
        )


class KeyringFailed(FetchError):
    """The system's keyring did not do what it was asked."""

    code = "keyring-failed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            "the keyring did not answer",
            why=reason,
            next_steps=("see that `keyring` works in this shell, or go on without `--keyring-provider`",),
        )


class LoginsInvalid(FetchError):
    """What keeps logins is no such file."""

    code = "logins-invalid"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` cannot be used",
            why="it is not as detent writes it",
            next_steps=("move it away, then log in again with `detent auth login`",),
        )


class LoginMissing(FetchError):
    """No login is kept for a service."""

    code = "login-missing"

    def __init__(self, service: str, username: str = "") -> None:
        whose = f" of `{username}`" if username else ""
        super().__init__(
            f"no login{whose} is kept for `{service}`",
            next_steps=(f"run `detent auth login {service}`",),
        )


class GitMissing(FetchError):
    """Something is to be read with git, and there is no git."""

    code = "git-missing"

    def __init__(
        self,
        passed_over: str = "",
        *,
        what: str = "a dependency comes from a git repository, and there is no `git`",
    ) -> None:
        super().__init__(
            what,
            why=f"`{passed_over}` lies in the project, and nothing from there is started"
            if passed_over
            else "no folder of `PATH` has it",
            next_steps=("install git, and see that its folder is in `PATH`",),
        )


class GitFailed(FetchError):
    """Git could not do what it was asked for; ``output`` are the last lines of what it said, redacted."""

    code = "git-failed"

    def __init__(
        self, url: str, reason: str, *, output: Sequence[str] = (), next_steps: Sequence[str] = ()
    ) -> None:
        super().__init__(
            f"the repository `{url}` could not be used",
            why="\n".join((reason, *(f"| {line}" for line in output))),
            next_steps=next_steps,
        )


class RevisionMissing(FetchError):
    """A repository lacks a branch, tag or commit; ``revision`` says which, as in ``the tag `v1` ``."""

    code = "revision-missing"

    def __init__(self, url: str, revision: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"`{url}` does not have {revision}", why=reason, next_steps=next_steps)


class SourceMismatch(FetchError):
    """A repository, file or folder holds another package than the rule for it says."""

    code = "source-mismatch"

    def __init__(self, name: str, source: str, found: str, *, where: str = "") -> None:
        super().__init__(
            f"`{source}` holds `{found}`, not `{name}`",
            why=f"{where or 'a rule'} says that `{name}` comes from there",
            next_steps=(f"name it `{found}`, or correct where `{name}` comes from",),
        )
        self.found = found


class SourceUnusable(FetchError):
    """A repository, file or folder that a package should come from is none of a package."""

    code = "source-unusable"

    def __init__(self, name: str, source: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"`{name}` cannot come from `{source}`", why=reason, next_steps=next_steps)


class SourcesDiffer(FetchError):
    """Two packages say that a third one comes from two different places."""

    code = "sources-differ"

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(
            f"`{name}` would have to come from two places",
            why=f"{first}\n{second}",
            next_steps=(f"say which one counts: `{name} = {{...}}` in `[tool.detent.sources]`",),
        )
