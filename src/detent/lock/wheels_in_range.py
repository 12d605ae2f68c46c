"""Which wheels can serve a Python in range, by their tags alone.

A wheel for CPython 3.9 serves nobody in a project that needs 3.10, and there may be dozens of those per
release. Only what is certain leads to a wheel being left out: interpreters and ABIs that are not known here
keep it in (binary distribution format and platform compatibility tags specifications).
"""

import re
from collections.abc import Sequence

from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.markers import Marker

# `cp312`, `pp310`, `py3`, `py312`, `graalpy311`: interpreter, major, minor.
_TAG = re.compile(r"([a-z]+?)([0-9])([0-9]*)")
_ONE_MINOR = frozenset({"cp", "pp", "graalpy"})
"""Interpreters whose tags name the one minor version they fit, unless the ABI is the stable one."""


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
            known = not markers.disjoint(self._care, _pythons(python, has_stable_abi=has_stable_abi))
            self._known[python, has_stable_abi] = known
        return known


def _pythons(tag: str, *, has_stable_abi: bool) -> Marker:
    """Give the Pythons a wheel's python tag fits; everything for a tag that is not known."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return markers.ALWAYS
    interpreter, major, minor = found.groups()
    if interpreter == "py":
        return markers.requires_python(f">={major}.{minor or 0},<{int(major) + 1}")
    if interpreter not in _ONE_MINOR:
        return markers.ALWAYS
    if not minor:
        return markers.requires_python(f"=={major}.*")
    if has_stable_abi:
        return markers.requires_python(f">={major}.{minor},<{int(major) + 1}")
    return markers.requires_python(f"=={major}.{minor}.*")
