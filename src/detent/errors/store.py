"""What is wrong with the cache, or with what was to be put into it."""

from collections.abc import Collection, Sequence

from detent.errors import DetentError


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
