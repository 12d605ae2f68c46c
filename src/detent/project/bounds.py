"""The specifier that `add` writes for the version it resolved."""

from typing import Literal, TypeAlias, get_args

from packaging.version import Version

Bounds: TypeAlias = Literal["lower", "major", "minor", "exact"]
BOUNDS: tuple[Bounds, ...] = get_args(Bounds)


def bounded(version: str, bounds: Bounds = "lower") -> str:
    """A specifier that allows this version and, by the kind of bounds, newer ones.

    Leading zeros move the meaning of *major* and *minor* to the right, as in semantic versioning: `0.4.1`
    may break in `0.5`. Local parts (`+cu121`) name a build, not a release, and are dropped; parts of
    pre-, post- and development releases stay in the lower bound, which would exclude them otherwise.
    """
    parsed = Version(version)
    zeros = _leading_zeros(parsed)
    match bounds:
        case "exact":
            return f"=={parsed.public}"
        case "lower":
            return f">={parsed.public}"
        case "major":
            return f">={parsed.public},<{_raised(parsed, zeros)}"
        case "minor":
            return f">={parsed.public},<{_raised(parsed, zeros + 1 if zeros < 2 else zeros)}"


def _leading_zeros(version: Version) -> int:
    """How many numbers are zero before the first that is not; one for a version that is all zeros."""
    significant = next((place for place, number in enumerate(version.release) if number), None)
    return 1 if significant is None else significant


def _raised(version: Version, place: int) -> str:
    """The first release behind every one that agrees with this one up to a place."""
    numbers = [*version.release, *([0] * (place + 1))][: place + 1]
    numbers[place] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))
