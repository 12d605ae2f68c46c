"""Which wheels can serve a Python in range, by their tags alone.

A wheel for CPython 3.9 serves nobody in a project that needs 3.10, and there may be dozens of those per
release. Only what is certain leads to a wheel being left out: interpreters and ABIs that are not known here
keep it in (binary distribution format and platform compatibility tags specifications).
"""

from collections.abc import Sequence

from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.markers import Marker
from detent.model.wheel_tags import pythons_of_tag


class WheelRange:
    """Judges wheels against one range of Pythons."""

    def __init__(self, care: Marker) -> None:
        self._care = care
        self._known: dict[tuple[str, bool], bool] = {}

    def useful(self, wheels: Sequence[Artifact]) -> list[Artifact]:
        """Give the wheels that can serve some Python in range; all of them when none can.

        The last case is a release that was chosen for its requirement on Python alone; its files
        say what there is, so that an installer can name it.
        """
        return [wheel for wheel in wheels if self.can_serve(wheel.filename)] or list(wheels)

    def can_serve(self, filename: str) -> bool:
        """Say whether some Python in range may use the wheel."""
        parts = filename.removesuffix(".whl").rsplit("-", 3)
        if len(parts) < 4:
            return True
        _, pythons, abis, _ = parts
        return any(self._fits(python, abi) for python in pythons.split(".") for abi in abis.split("."))

    def _fits(self, python: str, abi: str) -> bool:
        has_stable_abi = abi.startswith("abi3")
        known = self._known.get((python, has_stable_abi))
        if known is None:
            known = not markers.disjoint(self._care, pythons_of_tag(python, has_stable_abi=has_stable_abi))
            self._known[python, has_stable_abi] = known
        return known
