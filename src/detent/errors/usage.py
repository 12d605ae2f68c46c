"""What the command line asks for and cannot mean."""

from collections.abc import Iterable, Sequence

from detent.errors import UsageError, did_you_mean


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
