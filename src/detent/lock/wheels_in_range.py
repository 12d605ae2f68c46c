"""Which wheels can serve an environment the lock is for, by their tags alone.

A wheel for CPython 3.9 serves nobody in a project that needs 3.10, one for Windows nobody where the lock is
for Linux, and there may be dozens of those per release. Only what is certain leads to a wheel being left out:
interpreters, ABIs and platforms that are not known here keep it in (binary distribution format and platform
compatibility tags specifications).
"""

from collections.abc import Sequence

from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.markers import Marker
from detent.model.wheel_platforms import may_be_of_use
from detent.model.wheel_tags import pythons_of_tag


class WheelRange:
    """Judges wheels against the environments of one lock."""

    def __init__(self, care: Marker) -> None:
        self._care = markers.environment_only(care)
        self._is_for_all_platforms = self._care == markers.python_only(care)
        self._known: dict[tuple[str, bool, str], bool] = {}
        self._serves: dict[tuple[str, str, str], bool] = {}
        """By the last three parts of a wheel's name; most wheels share theirs with others."""

    def useful(self, wheels: Sequence[Artifact]) -> list[Artifact]:
        """Give the wheels that can serve some environment in range; all of them when none can.

        The last case is a release that was chosen for its requirement on Python alone; its files
        say what there is, so that an installer can name it.
        """
        return [wheel for wheel in wheels if self.can_serve(wheel.filename)] or list(wheels)

    def can_serve(self, filename: str) -> bool:
        """Say whether some interpreter in range may use the wheel."""
        parts = filename.removesuffix(".whl").rsplit("-", 3)
        if len(parts) < 4:
            return True
        _, pythons, abis, platforms = parts
        tags = (pythons, abis, "any" if self._is_for_all_platforms else platforms)
        serves = self._serves.get(tags)
        if serves is None:
            serves = self._serves[tags] = any(
                self._fits(python, abi, platform)
                for python in tags[0].split(".")
                for abi in tags[1].split(".")
                for platform in tags[2].split(".")
            )
        return serves

    def _fits(self, python: str, abi: str, platform: str) -> bool:
        key = python, abi.startswith("abi3"), platform
        known = self._known.get(key)
        if known is None:
            where = markers.and_(pythons_of_tag(python, has_stable_abi=key[1]), may_be_of_use(platform))
            known = self._known[key] = not markers.disjoint(self._care, where)
        return known
