"""Why something could not be built."""

from collections.abc import Sequence

from detent.errors import DetentError


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
