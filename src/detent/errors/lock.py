"""What is wrong with a lock, or keeps one from counting."""

from collections.abc import Sequence

from detent.errors import DetentError


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
