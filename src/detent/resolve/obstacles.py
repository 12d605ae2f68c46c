"""What hides versions of a package in one environment, whoever hides them."""

from collections.abc import Iterator
from enum import Enum

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.resolve.choices import Choices
from detent.resolve.policy import Cause


class Kind(Enum):
    """What hides versions beside the policy."""

    COMMAND_LINE = "command line"
    PYTHON = "python"
    WHEELS = "wheels"


class Obstacle(NamedTuple):
    """Versions that may not be chosen here, and why, as a phrase after name and version."""

    mask: int
    reason: str
    kind: Kind | Cause
    pythons: Marker = markers.ALWAYS
    """Where it is none, if Python is what it is about."""


def obstacles_to(name: PackageName, situation: Choices) -> Iterator[Obstacle]:
    """Give everything that hides versions; of several reasons for one version each is given."""
    catalogue = situation.catalogue
    listing = catalogue.listing(name)
    pin = situation.pin(name)
    if pin:
        outside = listing.every & ~listing.mask(pin)
        yield Obstacle(outside, f"is not {pin} as asked for on the command line", Kind.COMMAND_LINE)
    allowed = situation.allowed(name)
    for hidden in allowed.hidden:
        yield Obstacle(hidden.mask, hidden.reason, hidden.cause)
    for text, mask in listing.by_requires_python.items():
        python = catalogue.python(text)
        if not situation.runs_somewhere(python):
            yield Obstacle(mask, f"needs Python {text}", Kind.PYTHON, python)
    for pythons, mask in listing.by_wheel_pythons.items():
        if mask & allowed.wheels_only and not situation.runs_somewhere(catalogue.wheels(pythons)):
            reason = f"has wheels for Python {', '.join(pythons.split())} only"
            yield Obstacle(mask & allowed.wheels_only, reason, Kind.WHEELS, catalogue.wheels(pythons))
