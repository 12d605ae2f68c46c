"""Where wheels can be installed, Python and platform together, and what they leave out of an environment.

A wheel counts for the interpreter its tags name and nothing is built here, so this says where a package
without sources can be had. CPython is what a release is judged by, unless an environment is for another
interpreter alone.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from detent.model import markers
from detent.model.markers import Marker
from detent.model.wheel_platforms import may_be_of_use, served
from detent.model.wheel_tags import pythons_of_tag

_PYPY: Final = "pp"
_OTHER_INTERPRETERS = ("pp", "graalpy", "ip", "jy")


def places(
    filenames: Iterable[str], *, within: Marker | None = None, pypy: bool = False, musl: bool = False
) -> Marker:
    """Give the Pythons and platforms that wheels serve.

    ``within`` asks leniently: a platform that has a wheel for some Python of it is served from that Python
    on, as wheels for Pythons newer than the release come later.
    """
    found = markers.NEVER
    for filename in filenames:
        for python, abi, platform in _tags(filename):
            if python.startswith(_OTHER_INTERPRETERS) and not (pypy and python.startswith(_PYPY)):
                continue
            if python.startswith("cp") and (pypy or (abi.startswith("cp") and abi.endswith("t"))):
                continue
            pythons = pythons_of_tag(python, has_stable_abi=abi.startswith("abi3"))
            if within is not None:
                pythons = _onwards(pythons) if not markers.disjoint(within, pythons) else markers.NEVER
            found = markers.or_(found, markers.and_(pythons, served(platform, musl=musl)))
    return found


def possible_places(filenames: Iterable[str]) -> Marker:
    """Give where one of these wheels could be installed at all, from the lowest Python of each on."""
    found = markers.NEVER
    for filename in filenames:
        for python, abi, platform in _tags(filename):
            pythons = pythons_of_tag(python, has_stable_abi=abi.startswith("abi3"))
            found = markers.or_(found, markers.and_(_onwards(pythons), may_be_of_use(platform)))
    return found


def left_out(environment: Marker, places_served: Marker) -> Marker:
    """Give the part of an environment that is not served.

    What the environment does not ask about is not asked for: any machine will do for
    ``sys_platform == 'win32'``, and any platform for ``platform_machine == 'aarch64'``.
    """
    rest, missing = environment, markers.NEVER
    for forget in (_on_any, markers.on_any_machine, markers.on_any_platform):
        free = markers.and_(rest, markers.not_(forget(markers.not_(environment))))
        missing = markers.or_(missing, markers.and_(free, markers.not_(forget(places_served))))
        rest = markers.and_(rest, markers.not_(free))
    return markers.or_(missing, markers.and_(rest, markers.not_(places_served)))


def _on_any(marker: Marker) -> Marker:
    return markers.on_any_platform(markers.on_any_machine(marker))


def is_for_pypy(environment: Marker) -> bool:
    """Say whether an environment is for PyPy and not for CPython."""
    cpython, pypy = (markers.parse(f"implementation_name == '{name}'") for name in ("cpython", "pypy"))
    return markers.disjoint(environment, cpython) and not markers.disjoint(environment, pypy)


def _tags(filename: str) -> Iterator[tuple[str, str, str]]:
    parts = filename.lower().removesuffix(".whl").rsplit("-", 3)
    sets = parts[1:] if len(parts) == 4 else ("py3", "none", "any")
    return product(*(part.split(".") for part in sets))  # type: ignore[return-value]  # three of them


def _onwards(pythons: Marker) -> Marker:
    lowest = markers.lowest_python(pythons)
    if not lowest:
        return markers.ALWAYS
    return markers.requires_python(f">={lowest // 1_000_000}.{lowest // 1_000 % 1_000}")
