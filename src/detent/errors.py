"""Every way detent can fail, as values: what happened, why, and what to do next.

A class takes facts and writes its own sentence, so each text lives once. ``code`` is stable and is
the heading in the reference; ``exit_code`` follows the rule "1: the request cannot be met, 2: the
request is malformed". This module imports nothing of detent and formats nothing for a terminal.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar


class DetentError(Exception):
    """A failure a person can act on.

    ``what`` is one lowercase phrase without a final period, the thing first, literals in backticks.
    ``why`` is the fact that was seen. ``next_steps`` are commands or edits; empty rather than a guess.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", next_steps: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_steps = tuple(next_steps)


class Failures(DetentError):
    """Independent faults, shown together (each keeps its own sentence)."""

    code = "several-failures"

    def __init__(self, failures: Sequence[DetentError]) -> None:
        super().__init__(f"{len(failures)} problems were found")
        self.failures = tuple(failures)
        self.exit_code = max(f.exit_code for f in failures)  # type: ignore[misc]


# ---- what was probably meant ----------------------------------------------------------------


def did_you_mean(word: str, names: Iterable[str], *, before: str = "") -> tuple[str, ...]:
    """Give the next step for a name that is none: `did you mean ...?`, or nothing where none is near.

    ``before`` is what stands before the name in what is to be written.
    """
    near = nearest(word, names)
    return () if near is None else (f"did you mean `{before}{near}`?",)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant; ``None`` when none is near."""
    found = min(names, key=lambda name: (_distance(word, name), name), default=None)
    # A third of the letters wrong is still a slip of the fingers; more is another word.
    return found if found is not None and _distance(word, found) * 3 <= len(found) else None


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with the next to make one the other."""
    above: list[int] = []
    last: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        above, last, row = last, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


# ---- usage and project ----------------------------------------------------------------------


class UsageError(DetentError):
    """The command line asks for something that cannot be meant."""

    code = "usage"
    exit_code = 2


class UnknownExtra(UsageError):
    """An extra was asked for that the project or lock does not declare."""

    code = "unknown-extra"

    def __init__(self, extra: str, declared: Iterable[str], *, where: str) -> None:
        known = tuple(declared)
        names = ", ".join(f"`{e}`" for e in known)
        super().__init__(
            f"extra `{extra}` is not defined in {where}",
            why=f"the extras there are {names}" if names else "no extras are defined there",
            next_steps=did_you_mean(extra, known) or ("leave it out",),
        )


class UnknownGroup(UsageError):
    """A dependency group was asked for that the project or lock does not declare."""

    code = "unknown-group"

    def __init__(self, group: str, declared: Iterable[str], *, where: str) -> None:
        known = tuple(declared)
        names = ", ".join(f"`{g}`" for g in known)
        super().__init__(
            f"group `{group}` is not defined in {where}",
            why=f"the groups there are {names}" if names else "no groups are defined there",
            next_steps=did_you_mean(group, known)
            or (f"leave it out, or make it with `detent add --group {group} PACKAGE`",),
        )


class NotLocked(UsageError):
    """A package was named that the lock has not; or, with ``versions``, not at that version."""

    code = "not-locked"

    def __init__(self, name: str, *, near: Sequence[str] = (), versions: Sequence[str] = ()) -> None:
        has = " and ".join(f"`{version}`" for version in versions)
        super().__init__(
            f"there is no `{name}` in the lock",
            why=f"it has {has}" if has else "no package of that name is locked",
            next_steps=tuple(f"did you mean `{other}`?" for other in near)
            or ("see what is locked with `detent tree`",),
        )


class ExclusiveExtras(UsageError):
    """Extras or groups were asked for together that the project says exclude each other.

    ``sides`` are those that are on, each such as ``extra `cpu` ``, ``declared`` all that exclude each other.
    """

    code = "exclusive-extras"

    def __init__(
        self, sides: Sequence[str], declared: Sequence[str], *, next_steps: Sequence[str] = ()
    ) -> None:
        super().__init__(
            f"{' and '.join(sides)} cannot be on together",
            why=f"`conflicts` says that {' and '.join(declared)} exclude each other",
            next_steps=next_steps or ("leave all but one of them out",),
        )


class InvalidRequirementText(UsageError):
    """A requirement on the command line or in a requirements file does not parse."""

    code = "invalid-requirement"

    def __init__(self, text: str, reason: str, *, where: str = "") -> None:
        super().__init__(
            f"`{text}` is not a valid requirement" + (f" ({where})" if where else ""),
            why=reason,
            next_steps=("write it like `name`, `name>=1.2` or `name[extra]>=1.2; python_version < '3.12'`",),
        )


class Unsupported(DetentError):
    """Something users expect that this release does not do yet; the sentence says which part."""

    code = "not-supported"
    exit_code = 2


class NotCommitted(UsageError):
    """A file was asked for as it was at a revision, and that cannot be had.

    ``lacking`` says what there is not: the ``repository``, the ``revision``, the ``file``, or its ``text``.
    """

    code = "not-committed"

    def __init__(
        self,
        lacking: str,
        revision: str,
        name: str,
        reason: str,
        *,
        folder: str = "",
        next_steps: Sequence[str] = (),
    ) -> None:
        steps: tuple[str, ...] = ()
        match lacking:
            case "repository":
                what = f"`{folder}` is in no git repository that can be read"
                steps = ("run it in a git repository, or name a file instead: `detent diff --against FILE`",)
            case "revision":
                what = f"there is no revision `{revision}` here"
                branch = revision.removeprefix("origin/")
                wanted = "--unshallow" if set(branch) & set("~^@:") else f"origin {branch}"
                steps = (f"in a shallow clone, fetch it first: `git fetch {wanted}`",)
                if revision == "HEAD":  # which every clone has, once there is a commit
                    steps = ("commit something first",)
            case "file":
                what = f"there is no `{name}` at `{revision}`"
            case _:
                what = f"`{name}` at `{revision}` cannot be read"
        super().__init__(what, why=reason, next_steps=next_steps or steps)
        self.lacking = lacking


class ProjectError(DetentError):
    """The project's own files cannot be used."""

    code = "project"
    exit_code = 2


class ManifestMissing(ProjectError):
    """There is no pyproject.toml here or above."""

    code = "manifest-missing"

    def __init__(self, directory: str) -> None:
        super().__init__(
            "no `pyproject.toml` found in the current directory or any parent directory",
            why=f"the search started in `{directory}`",
            next_steps=(
                "run `detent init` to start a project here",
                "or `detent import` if there is a Pipfile or a requirements file",
                "or pass `--project DIR`",
            ),
        )


class ProjectUnmanaged(ManifestMissing):
    """There is a project, and it says that detent is to leave it alone."""

    code = "project-unmanaged"

    def __init__(self, where: str) -> None:
        ProjectError.__init__(
            self,
            "the project is not looked after by detent",
            why=f"`{where}` says `managed = false`",
            next_steps=("take that line out", "or pass `--project DIR` for another project"),
        )


class ManifestInvalid(ProjectError):
    """The pyproject.toml cannot be read as a project.

    ``where`` is ``file:line:column``, as exact as is known.
    """

    code = "manifest-invalid"

    def __init__(self, where: str, what: str, *, why: str = "", next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"`{where}`: {what}", why=why, next_steps=next_steps)
        self.where = where


class SettingInvalid(ProjectError):
    """A setting has a value that cannot be used; ``origin`` says where it was set."""

    code = "setting-invalid"

    def __init__(self, setting: str, reason: str, *, origin: str) -> None:
        super().__init__(f"the setting `{setting}` cannot be used", why=f"{reason}; it is set by {origin}")


class VersionRequired(ProjectError):
    """A file asks for other releases of detent than the one that runs."""

    code = "version-required"

    def __init__(self, where: str, required: str, version: str) -> None:
        super().__init__(
            f"this is detent {version}, and `{required}` is required here",
            why=f"`{where}` says so (`required-version`)",
            next_steps=("install a release of detent that fits",),
        )


class ManifestChanged(ProjectError):
    """Somebody else wrote the pyproject.toml while it was being edited."""

    code = "manifest-changed"
    exit_code = 1

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` was changed by something else in the meantime",
            why="the edit was made from what it said before, and was not written",
            next_steps=("run the command again",),
        )


class NothingToUndo(ProjectError):
    """No change of the project is on record."""

    code = "nothing-to-undo"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__(
            "there is nothing to undo",
            why="the cache has no record of a change that detent made in this project and that still stands",
        )


class EditedSince(ProjectError):
    """Undoing would take away what somebody wrote after the change."""

    code = "edited-since"
    exit_code = 1

    def __init__(self, paths: Sequence[str], command: str) -> None:
        names = " and ".join(f"`{path}`" for path in paths)
        what = "were" if len(paths) > 1 else "was"
        super().__init__(
            f"{names} {what} edited after `detent {command}`",
            why="undoing puts files back whole, so these edits would be lost",
            next_steps=(
                "take back by hand what is to go",
                "or pass `--force`; undoing once more brings the edits back",
            ),
        )


class SelfDependency(ProjectError):
    """A project was to become a dependency of itself."""

    code = "self-dependency"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is this project, and cannot depend on itself",
            why="its name in `[project]` is the same",
            next_steps=(
                "give the project another name if you mean the package on the index",
                f"or add extras of the project to a group, as in `detent add --dev '{name}[EXTRA]'`",
            ),
        )


class DependencyMissing(ProjectError):
    """A dependency to remove is not where it was said to be."""

    code = "dependency-missing"

    def __init__(
        self, name: str, table: str, *, found_in: Sequence[str] = (), names: Iterable[str] = ()
    ) -> None:
        """``names`` are the dependencies that are there."""
        super().__init__(
            f"the dependency `{name}` could not be found in `{table}`",
            why=f"it stands in {' and '.join(f'`{t}`' for t in found_in)}"
            if found_in
            else "no list of `pyproject.toml` names it",
            next_steps=tuple(_removal_hint(name, t) for t in found_in) or did_you_mean(name, names),
        )


def _removal_hint(name: str, table: str) -> str:
    kind, _, rest = table.rpartition(".")
    if kind == "project.optional-dependencies":
        return f"run `detent remove {name} --optional {rest}`"
    if kind == "dependency-groups":
        return f"run `detent remove {name} --group {rest}`"
    return f"run `detent remove {name}`"


class ProjectExists(ProjectError):
    """``init`` would overwrite something."""

    code = "project-exists"

    def __init__(self, directory: str, existing: str) -> None:
        super().__init__(f"cannot initialize a project in `{directory}`", why=f"`{existing}` already exists")


# ---- lock -----------------------------------------------------------------------------------


class LockError(DetentError):
    """The lock cannot be used as asked."""

    code = "lock"


class LockMissing(LockError):
    """A lock was to be trusted, and there is none.

    ``flag`` says by what: ``--frozen`` and the like, or a whole command, ``detent why``.
    """

    code = "lock-missing"

    def __init__(self, lock_name: str, flag: str) -> None:
        super().__init__(
            f"there is no lock at `{lock_name}`",
            why=f"`{flag}` reads it and makes none"
            if flag.startswith("detent ")
            else f"`{flag}` was given, so none was made",
            next_steps=("run `detent lock` to make one",),
        )


class LockStale(LockError):
    """The lock was made from other inputs than the ones on disk now.

    ``differences`` are phrases such as "`httpx>=0.28` was added to [project.dependencies]". ``has_flags``
    says that flags of the command are part of the inputs.
    """

    code = "lock-stale"

    def __init__(
        self, lock_name: str, differences: Sequence[str], flag: str, *, has_flags: bool = False
    ) -> None:
        same = " with the same flags" if has_flags else ""
        super().__init__(
            f"`{lock_name}` no longer matches `pyproject.toml`",
            why="\n".join(differences),
            next_steps=(
                f"run `detent lock`{same} to bring it up to date",
                *(("or pass `--frozen` to install the lock as it is",) if flag == "--locked" else ()),
            ),
        )
        self.differences = tuple(differences)


class LockUnverified(LockError):
    """A lock says something else than the project and the indexes.

    ``findings`` counts what was found and told; ``why`` says what it is of.
    """

    code = "lock-unverified"

    def __init__(self, lock_name: str, findings: int, why: str, *, next_steps: Sequence[str] = ()) -> None:
        plural = "" if findings == 1 else "s"
        super().__init__(
            f"`{lock_name}` is not what it claims to be: {findings} finding{plural}",
            why=why,
            next_steps=next_steps,
        )
        self.findings = findings


class LicenseRefused(LockError):
    """Packages of the lock have licences that the project does not allow.

    ``refused`` are their names, ``why`` has a line for each.
    """

    code = "license-refused"

    def __init__(self, refused: Sequence[str], why: str, *, next_steps: Sequence[str]) -> None:
        whose = "1 package has a licence" if len(refused) == 1 else f"{len(refused)} packages have licences"
        super().__init__(f"{whose} that nobody allowed", why=why, next_steps=next_steps)
        self.refused = tuple(refused)


class LockWouldChange(LockError):
    """An edit was to leave the lock as it is, and cannot."""

    code = "lock-would-change"

    def __init__(self, lock_name: str, differences: Sequence[str]) -> None:
        super().__init__(
            f"`{lock_name}` would have to change, and `--locked` was given",
            why="\n".join(differences),
            next_steps=("leave `--locked` out to lock and sync",),
        )


class LockInvalid(LockError):
    """The lock file is not a valid pylock.toml (PEP 751)."""

    code = "lock-invalid"
    exit_code = 2

    def __init__(self, where: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"`{where}` is not a valid lock",
            why=reason,
            next_steps=next_steps
            or ("restore it from version control, or make it anew with `detent lock --regenerate`",),
        )


class LockNotWhole(LockError):
    """Entries of the lock do not answer its own requirements; ``faults`` are phrases, as for a stale lock."""

    code = "lock-not-whole"

    def __init__(self, lock_name: str, faults: Sequence[str]) -> None:
        super().__init__(
            f"`{lock_name}` does not hold together",
            why="\n".join(faults),
            next_steps=("run `detent lock` to put it right", "or restore it from version control"),
        )


class LockConflicted(LockInvalid):
    """Conflict markers of version control stand in the lock; ``where`` is file and line of the first."""

    code = "lock-conflicted"

    def __init__(self, where: str) -> None:
        LockError.__init__(
            self,
            f"`{where}`: a merge conflict was left in the lock",
            why="what it says depends on which side of the conflict is read",
            next_steps=("run `detent lock`: it goes by both sides, and writes one lock",),
        )


class NoMatchingTarget(LockError):
    """The lock has nothing this interpreter on this platform can use."""

    code = "no-matching-target"


# ---- resolving ------------------------------------------------------------------------------


class ResolveError(DetentError):
    """No set of versions answers the project's requirements."""

    code = "resolve"


class Conflict(ResolveError):
    """The requirements contradict each other; ``facts`` is the proof in a person's words."""

    code = "conflict"

    def __init__(
        self, facts: Sequence[str], *, environment: str = "", next_steps: Sequence[str] = ()
    ) -> None:
        where = f" where {environment}" if environment else ""
        super().__init__(
            f"no versions satisfy everything{where}", why="\n".join(facts), next_steps=next_steps
        )


class TooDeep(ResolveError):
    """The search used up its budget; ``effort`` says what that was.

    ``bound`` is a requirement that would cut it short; ``is_tried`` says that it was seen to.
    """

    code = "too-deep"

    def __init__(
        self, effort: str, first: str, second: str, *, bound: str = "", is_tried: bool = False
    ) -> None:
        if bound and is_tried:
            step = f"add `{bound}` to the project's requirements: with it there is an answer"
        elif bound:
            step = f"add a lower bound, such as `{bound}`, to the project's requirements"
        else:
            step = f"add a lower bound to `{first}` or `{second}` in `pyproject.toml`"
        super().__init__(
            f"no answer was found within {effort}",
            why=f"most of it went into versions of `{first}` and `{second}` that refuse each other",
            next_steps=(step,),
        )


class MarkersTooLarge(ResolveError):
    """The markers of the dependencies combine into more cases than the process may hold."""

    code = "markers-too-large"

    def __init__(self, nodes: int) -> None:
        super().__init__(
            "the markers of the dependencies combine into too many cases",
            why=f"more than {nodes} were needed",
            next_steps=("narrow `requires-python`", "or raise the limit with `DETENT_MARKER_NODES`"),
        )


# ---- index and files ------------------------------------------------------------------------


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


# ---- building ---------------------------------------------------------------------------------


class BuildError(DetentError):
    """A source distribution or a folder could not be made into a wheel."""

    code = "build"
    log: str = ""
    """Where all of what the build said stands, if anywhere."""


class BuildFailed(BuildError):
    """A build back end failed, or gave something else than was asked for.

    ``subject`` is the name and version, or the name and the folder; ``reason`` a phrase such as
    "`build_wheel` exited with code 1"; ``output`` the last lines of what it said; ``log`` where all of it
    stands (empty: nowhere).
    """

    code = "build-failed"

    def __init__(
        self,
        subject: str,
        reason: str,
        *,
        output: Sequence[str] = (),
        log: str = "",
        next_steps: Sequence[str] = (),
    ) -> None:
        super().__init__(
            f"`{subject}` could not be built",
            why="\n".join((reason, *(f"| {line}" for line in output))),
            next_steps=(*next_steps, *((f"read all of what the build said in `{log}`",) if log else ())),
        )
        self.subject = subject
        self.reason = reason
        self.log = log


class BuildForbidden(BuildError):
    """Something has to be built, and that is not allowed.

    ``origin`` says who forbids it, ``remedy`` what would allow it.
    """

    code = "build-forbidden"

    def __init__(self, subject: str, reason: str, *, origin: str, remedy: str) -> None:
        super().__init__(
            f"`{subject}` would have to be built, which {origin} forbids", why=reason, next_steps=(remedy,)
        )


class BuildRequirementsUnmet(BuildError):
    """What a build needs cannot be had: no versions, a cycle, or a requirement that cannot be read."""

    code = "build-requirements"

    def __init__(self, subject: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"what is needed to build `{subject}` cannot be had", why=reason, next_steps=next_steps
        )


class BuildNotLocked(BuildError):
    """A build needs what the lock does not have, and is held to the lock; ``reason`` says what."""

    code = "build-not-locked"

    def __init__(self, subject: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"the lock does not have what is needed to build `{subject}`",
            why=f"`lock-build-requirements` is set, and {reason}",
            next_steps=next_steps,
        )


class BuildCycle(BuildRequirementsUnmet):
    """A build needs, by way of others, what it is to make; ``names`` is the way, from a package to itself."""

    def __init__(self, subject: str, names: Sequence[str]) -> None:
        way = " needs ".join(f"`{name}`" for name in names)
        super().__init__(subject, f"it is needed to build itself: {way}")


class BuildSystemInvalid(BuildError):
    """The `[build-system]` of a source cannot be used (PEP 517, PEP 518); ``where`` is file and line."""

    code = "build-system-invalid"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"`{where}` does not say how to build it", why=reason)


# ---- store and environment ------------------------------------------------------------------


class StoreError(DetentError):
    """The cache cannot be used."""

    code = "store"


class StoreUnsafe(StoreError):
    """The cache folder could have been prepared by somebody else, or is somebody's for other things."""

    code = "store-unsafe"

    def __init__(
        self,
        path: str,
        reason: str,
        *,
        next_step: str = "choose another with `--cache-dir`, or mend its owner and mode",
    ) -> None:
        super().__init__(f"the cache folder `{path}` is not safe to use", why=reason, next_steps=(next_step,))


class StoreInEnvironment(StoreError):
    """The cache lies in the environment that is to link to its folders."""

    code = "store-in-environment"
    exit_code = 2

    def __init__(self, path: str, environment: str) -> None:
        super().__init__(
            f"the cache folder `{path}` lies inside the environment `{environment}`",
            why="folders are to be links into the cache, and other installers would then remove files of it",
            next_steps=("choose another with `--cache-dir`", "or use another `--link-mode` than `directory`"),
        )


class StoreBusy(StoreError):
    """A lock was not given up in time."""

    code = "store-busy"

    def __init__(self, path: str, holder: str, seconds: float) -> None:
        super().__init__(
            f"`{path}` is still locked after {seconds:.0f} seconds",
            why=f"it is held by {holder}",
            next_steps=("wait for it to finish, then run the command again",),
        )


class CacheInUse(StoreError):
    """Environments link to folders of what would be removed from the cache."""

    code = "cache-in-use"

    def __init__(self, environments: Sequence[str], away: Collection[str] = ()) -> None:
        """``away`` are those that nobody can find now."""
        several = len(environments) > 1
        shown = (f"`{path}`" + " (not there now)" * (path in away) for path in environments)
        first = "remove them first" if several else "remove it first"
        if len(away) == len(environments):
            first = (
                "bring their disks back and remove them first"
                if several
                else ("bring its disk back and remove it first")
            )
        super().__init__(
            f"{len(environments)} environments would break" if several else "an environment would break",
            why="linked to folders of what would go: " + ", ".join(shown),
            next_steps=(
                first,
                "or pass `--force`, and run `detent sync` there afterwards",
            ),
        )


class CacheDamaged(StoreError):
    """Something in the cache is not as it was written."""

    code = "cache-damaged"

    def __init__(self, faults: int, environments: Sequence[str]) -> None:
        what = "a file in the cache is" if faults == 1 else f"{faults} files in the cache are"
        linked = ", ".join(f"`{path}`" for path in environments)
        super().__init__(
            f"{what} not as written",
            why=f"environments linked to folders of what is damaged: {linked}" if linked else "",
            next_steps=("run `detent cache verify --repair`; what goes is fetched again when it is needed",),
        )


class FileTrouble(StoreError):
    """The operating system refused a file operation: full disk, no permission, I/O error."""

    code = "file-trouble"

    def __init__(self, path: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"`{path}` could not be written or read", why=reason, next_steps=next_steps)


class ArchiveUnsafe(StoreError):
    """An archive is hostile, ambiguous or broken, and was refused whole before anything was written."""

    code = "archive-unsafe"

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"`{filename}` was refused", why=reason)


class PackageLost(StoreError):
    """A package that was installed once can be had from nowhere."""

    code = "package-lost"

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"`{name}` {version} cannot be put back",
            why="the cache no longer has it, and the lock of that time does not say where it came from",
            next_steps=("run `detent sync` to install what the lock says",),
        )


class InstallError(DetentError):
    """The environment could not be changed as planned."""

    code = "install"


class FileConflict(InstallError):
    """Two packages bring one file with different contents, or what is a folder in the second one."""

    code = "file-conflict"

    def __init__(self, path: str, first: str, second: str, *, is_folder: bool = False) -> None:
        what = f"`{first}` and `{second}` both contain `{path}`, with different contents"
        steps = [f"remove `{first}` or `{second}` from the project"]
        if is_folder:
            what = f"`{path}` is a file of `{first}` and a folder of `{second}`"
        else:
            steps.append(f'or set `allow-overwrite = ["{second}"]` in [tool.detent], and its files are taken')
        super().__init__(what, why="installing both would break one of them", next_steps=steps)


class PathOccupied(InstallError):
    """Something detent did not install stands where a package's file has to go."""

    code = "path-occupied"

    def __init__(self, path: str, package: str) -> None:
        super().__init__(
            f"`{package}` cannot be installed because `{path}` is taken",
            why="what stands there was not installed by detent and differs from what the package brings",
            next_steps=(f"move `{path}` away, then run the command again",),
        )


class UnsafePath(InstallError):
    """A path would leave the environment or replace a part of it."""

    code = "unsafe-path"

    def __init__(self, package: str, path: str, reason: str) -> None:
        super().__init__(f"`{package}` was not installed because of its path `{path}`", why=reason)


class NotAnEnvironment(InstallError):
    """The place of the environment is taken by something else."""

    code = "not-an-environment"
    exit_code = 2

    def __init__(self, path: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(
            f"`{path}` cannot be used as a virtual environment",
            why=reason,
            next_steps=next_steps
            or (
                f"move `{path}` away, then run the command again",
                "or use another folder: `DETENT_PROJECT_ENVIRONMENT` names the project's",
            ),
        )


class EnvironmentExists(InstallError):
    """An environment was to be made where one stands."""

    code = "environment-exists"
    exit_code = 2

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is a virtual environment at `{path}` already",
            why="it was not touched",
            next_steps=(
                "pass `--clear` to make it anew, without what is in it",
                "or pass `--allow-existing` to keep what is in it",
            ),
        )


class EnvironmentStale(InstallError):
    """``sync --check`` found a difference."""

    code = "environment-outdated"

    def __init__(self) -> None:
        super().__init__(
            "the environment is outdated", next_steps=("run `detent sync` to update the environment",)
        )


class PythonError(DetentError):
    """No usable Python."""

    code = "python"
    exit_code = 2


class NoInterpreter(PythonError):
    """No interpreter on this machine fits."""

    code = "no-interpreter"

    def __init__(self, request: str, wanted_by: str, found: Sequence[str]) -> None:
        super().__init__(
            f"no interpreter found for Python {request}",
            why=f"{wanted_by} asks for it; found: " + (", ".join(found) if found else "none at all"),
            next_steps=("install such a Python, or name one with `--python PATH`",),
        )


class PythonMismatch(PythonError):
    """The Python that was asked for is none the project allows."""

    code = "python-mismatch"

    def __init__(self, version: str, executable: str, wanted_by: str, requires_python: str) -> None:
        super().__init__(
            f'Python {version} does not satisfy `requires-python = "{requires_python}"`',
            why=f"{wanted_by} asks for it (`{executable}`)",
            next_steps=("ask for another with `--python`, or change `requires-python` in `pyproject.toml`",),
        )


class InterpreterBroken(PythonError):
    """An interpreter was named and does not start or answer."""

    code = "interpreter-broken"

    def __init__(self, executable: str, reason: str) -> None:
        super().__init__(f"the interpreter `{executable}` cannot be used", why=reason)


class CommandNeeded(UsageError):
    """``run`` was given no command, and there is no environment to list commands of."""

    def __init__(self) -> None:
        super().__init__(
            "`run` needs a command",
            next_steps=("run `detent run python`, or `detent run COMMAND ARGUMENTS`",),
        )


class CommandMissing(DetentError):
    """``run`` was given a command that is nowhere to be found."""

    code = "command-missing"
    exit_code = 127

    def __init__(
        self, command: str, *, why: str = "", next_steps: Sequence[str] = (), names: Iterable[str] = ()
    ) -> None:
        """``names`` are the commands of the environment."""
        if "/" in command:
            super().__init__(f"the command `{command}` was not found", why="there is no such file")
            return
        super().__init__(
            f"the command `{command}` was not found",
            why=why or "it is neither in the project's environment nor on PATH",
            next_steps=(
                *did_you_mean(command, names),
                *(next_steps or ("add the package that brings it with `detent add`",)),
            ),
        )


class CommandRefused(DetentError):
    """``run`` was given a command that is there and does not start."""

    code = "command-refused"
    exit_code = 126

    def __init__(self, command: str, reason: str, *, next_steps: Sequence[str] = ()) -> None:
        super().__init__(f"the command `{command}` cannot be run", why=reason, next_steps=next_steps)


class Bug(DetentError):
    """Something that cannot happen did: ours to mend."""

    code = "bug"
    exit_code = 70

    def __init__(self, what: str) -> None:
        super().__init__(
            f"detent itself failed: {what}",
            next_steps=("please report this with the output of the command run with `-vv`",),
        )
