"""What the project asks for is not held back where the reason does not hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from detent.model import markers
from support.resolving import resolve
from support.worlds import project, release, ticking, world

RANGE = markers.requires_python(">=3.10")


def answers(dependencies: Sequence[str], packages: Mapping[str, Any]) -> dict[str, str]:
    """Give the pins of each environment that was solved."""
    releases = world(packages)
    found = {}
    for environment, pins, _ in resolve(project(dependencies), releases, clock=ticking()):
        text = markers.render(markers.restrict(environment, RANGE))
        found[text] = " ".join(
            f"{name}-{releases.listing(name).release(number).version}" for name, number in pins.items()
        )
    return found


def test_a_chain_that_begins_with_a_marker_holds_back_nobody_else() -> None:
    packages = {
        "old": {"1.0": ["middle"]},
        "middle": {"1.0": ["t<2"]},
        "a": {"1.0": ["t"], "2.0": ["t>=2"]},
        "t": ["1.0", "2.0"],
    }

    assert answers(["old; sys_platform == 'win32'", "a"], packages) == {
        "sys_platform != 'win32'": "a-2.0 t-2.0",
        "sys_platform == 'win32'": "a-1.0 middle-1.0 old-1.0 t-1.0",
    }


def test_an_earlier_requirement_may_hold_back_a_later_one_everywhere() -> None:
    packages = {"a": {"1.0": ["t<2"]}, "b": {"1.0": [], "2.0": ["t>=2"]}, "t": ["1.0", "2.0"]}

    assert answers(["a", "b", "c; os_name == 'nt'"], {**packages, "c": {"1.0": ["t<2"]}}) == {
        "": "a-1.0 b-1.0 c-1.0 t-1.0"
    }


def test_what_is_asked_for_under_the_same_marker_alone_is_held_back_there_anyway() -> None:
    packages = {"a": {"1.0": [], "2.0": ["t>=2"]}, "b": {"1.0": ["t<2"]}, "t": ["1.0", "2.0"]}

    assert answers(["b; os_name == 'nt'", "a; os_name == 'nt'"], packages) == {"": "a-1.0 b-1.0 t-1.0"}


def test_what_is_not_asked_for_by_the_project_may_be_held_back() -> None:
    packages = {"a": {"1.0": ["t"]}, "b": {"1.0": ["t<2"]}, "t": ["1.0", "2.0"]}

    assert answers(["b; os_name == 'nt'", "a"], packages) == {"": "a-1.0 b-1.0 t-1.0"}


def test_each_part_tries_further_versions_of_its_own() -> None:
    packages = {
        "old": {"1.0": ["t<2"]},
        "a": {"1.0": ["t"], "2.0": ["t>=2", "u<2"], "3.0": ["t>=2", "u>=2"]},
        "t": ["1.0", "2.0"],
        "u": ["1.0", "2.0"],
        "v": {"1.0": ["u<2"]},
    }

    assert answers(["old; sys_platform == 'win32'", "v; python_version < '3.12'", "a"], packages) == {
        "python_version >= '3.12' and sys_platform != 'win32'": "a-3.0 t-2.0 u-2.0",
        "sys_platform == 'win32'": "a-1.0 old-1.0 t-1.0 u-1.0 v-1.0",
        "python_version < '3.12' and sys_platform != 'win32'": "a-2.0 t-2.0 u-1.0 v-1.0",
    }


def test_a_version_for_newer_pythons_is_not_held_back_by_a_marker_either() -> None:
    packages = {
        "a": {"1.0": [], "2.0": release(["t>=2"], python=">=3.12")},
        "b": {"1.0": ["t<2"]},
        "t": ["1.0", "2.0"],
    }

    assert answers(["b; sys_platform == 'win32'", "a"], packages) == {
        "python_version >= '3.12' and sys_platform != 'win32'": "a-2.0 t-2.0",
        "python_version < '3.12' or sys_platform == 'win32'": "a-1.0 b-1.0 t-1.0",
    }
