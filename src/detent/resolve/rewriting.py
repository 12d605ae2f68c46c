"""A line of the project written anew: another bound in it, and the project with the line in place."""

from collections.abc import Iterator, Sequence

from packaging.version import Version

from detent.model.adjustments import Override
from detent.model.inputs import Inputs
from detent.model.requirement import Requirement
from detent.model.specifiers import Clause
from detent.model.versions import Listing
from detent.resolve.wording import place


def fitting(clauses: Sequence[Clause], versions: Sequence[str], listing: Listing) -> str:
    """Write a specifier anew, as little changed as can be, so that it allows these versions, oldest first."""
    chosen = 0
    for version in versions:
        chosen |= 1 << (listing.number(version) or 0)
    oldest = versions[0] if versions else ""
    kept: list[str] = []
    is_bounded_below = False
    for clause in clauses:
        text = str(clause)
        if chosen & ~listing.mask(text):
            text = _same_kind(clause, oldest)
            if not text or chosen & ~listing.mask(text):
                continue
        kept.append(text)
        is_bounded_below = is_bounded_below or clause.operator in {">=", ">", "==", "~=", "==="}
    return ",".join(kept if is_bounded_below else [f">={_without_local_part(oldest)}", *kept])


def _same_kind(clause: Clause, version: str) -> str:
    """Write a clause of the same kind for another version; empty where there is none."""
    count = clause.text.removesuffix(".*").count(".") + 1
    match clause.operator:
        case "==" if clause.wildcard:
            return f"=={_first_numbers(version, count)}.*"
        case "~=":
            return f"~={_first_numbers(version, count)}"
        case "==":
            return f"=={version}"
        case ">=":
            return f">={_without_local_part(version)}"
        case _:
            return ""


def _first_numbers(version: str, count: int) -> str:
    """Give the first numbers of a version: 2.3 of 2.3.1rc1+cpu."""
    read = Version(version)
    epoch = f"{read.epoch}!" if read.epoch else ""
    return epoch + ".".join(map(str, (*read.release, *(0,) * count)[:count]))


def _without_local_part(version: str) -> str:
    """Give what an order can be made with: 2.3 of 2.3+cpu."""
    return version.partition("+")[0]


def replaced(inputs: Inputs, old: Requirement, new: Requirement) -> Inputs:
    """Put another requirement in every place where this one stands."""

    def swap(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(new if _is_same(r, old) else r for r in requirements)

    adjustments = inputs.adjustments
    overrides = tuple(
        each._replace(requirement=each.requirement._replace(specifier=new.specifier))
        if _is_same(each.requirement, old)
        else each
        for each in adjustments.overrides
    )
    return inputs._replace(
        dependencies=swap(inputs.dependencies),
        extras=tuple((name, swap(requirements)) for name, requirements in inputs.extras),
        groups=tuple((name, swap(requirements)) for name, requirements in inputs.groups),
        adjustments=adjustments._replace(
            constraints=swap(adjustments.constraints),
            overrides=(*overrides, *_in_members(inputs, old, new)),
        ),
    )


def _in_members(inputs: Inputs, old: Requirement, new: Requirement) -> Iterator[Override]:
    """Put it also where a member that others need is read as a package, from the file as it stands."""
    if any(override.requirement.name == old.name for override in inputs.adjustments.overrides):
        return
    groups = dict(inputs.groups)
    for member in inputs.members:
        lines = [line for line in groups.get(member.base, ()) if line.name == old.name]
        in_extras = (line for extra in member.extras for line in groups.get(member.of_extra(extra), ()))
        if any(_is_same(line, old) for line in lines) and all(line.name != old.name for line in in_extras):
            yield from (Override(new if _is_same(line, old) else line, member.name) for line in lines)


def _is_same(one: Requirement, other: Requirement) -> bool:
    """Say whether two are one line; an override has taken over the extras of what it replaced."""
    return (one.name, one.specifier, one.marker, one.origin) == (
        other.name,
        other.specifier,
        other.marker,
        other.origin,
    )


def write(requirement: Requirement) -> str:
    """Say where to write a requirement, as an imperative."""
    origin = requirement.origin
    where = place(origin)
    if origin is not None and origin.line is None:
        if origin.table.startswith("the flag "):
            return f"do without {origin.table}"
        return f"ask for `{requirement}`"
    return f"write `{requirement}` in {where}"
