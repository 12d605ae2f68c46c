"""The list of environments that wait to be solved: range, seeds, halves, order."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import package_name
from detent.resolve.parts import Part, Parts, whole_range
from support.worlds import project

A = package_name("a")
EXCLUSIVE = {"conflicts": [["extra x", "extra y"]]}
EXTRAS = {"x": ["a"], "y": ["a"], "z": ["a"]}


def marker(text: str) -> Marker:
    return markers.parse(text)


def taken(parts: Parts) -> list[str]:
    """Write what comes off the list, in order."""
    found = []
    while parts:
        found.append(markers.render(parts.take().environment))
    return found


def test_a_lock_is_for_its_environments_and_never_for_two_exclusive_extras() -> None:
    inputs = project(
        extras=EXTRAS,
        python=">=3.12",
        adjustments={"environments": ["sys_platform == 'linux'", "sys_platform == 'win32'"], **EXCLUSIVE},
    )

    assert whole_range(inputs) == marker(
        "python_version >= '3.12' and (sys_platform == 'linux' or sys_platform == 'win32')"
        " and ('x' not in extras or 'y' not in extras)"
    )


def test_an_environment_on_no_python_of_the_project_is_a_mistake() -> None:
    inputs = project(
        python=">=3.12", adjustments={"environments": ["sys_platform == 'linux'", "python_version < '3.11'"]}
    )

    with pytest.raises(ManifestInvalid) as error:
        whole_range(inputs)
    assert error.value.what == (
        "`pyproject.toml`: `python_version < '3.11'` in `tool.detent.environments` holds on no Python allowed"
    )
    assert error.value.why == "`requires-python` is `>=3.12`"
    assert error.value.next_steps == ("take it out of `environments`, or widen `requires-python`",)


def test_seeds_come_with_what_they_leave_and_without_what_is_out_of_range() -> None:
    whole = marker("python_version >= '3.10'")
    seeds = (
        marker("python_version < '3.8'"),
        marker("python_version < '3.12'"),
        marker("python_version < '3.11'"),
    )

    assert taken(Parts(whole, seeds)) == [
        "python_version >= '3.12'",
        "python_version >= '3.10' and python_version < '3.12'",
    ]


def test_seeds_ask_about_no_extras_but_exclusive_ones() -> None:
    whole = whole_range(project(extras=EXTRAS, python="", adjustments=EXCLUSIVE))

    assert taken(Parts(whole, [marker("'x' in extras and 'z' in extras")])) == [
        "'x' not in extras",
        "'x' in extras and 'y' not in extras",
    ]


def test_what_has_no_exclusive_extras_comes_first_and_then_the_newest_python() -> None:
    whole = whole_range(project(extras=EXTRAS, python="", adjustments=EXCLUSIVE))
    seeds = (
        "'x' in extras",
        "'y' in extras and python_version >= '3.12'",
        "'y' in extras",
        "python_version < '3.11'",
    )

    assert taken(Parts(whole, [marker(seed) for seed in seeds])) == [
        "'x' not in extras and 'y' not in extras and python_version >= '3.11'",
        "'x' not in extras and 'y' not in extras and python_version < '3.11'",
        "'x' not in extras and 'y' in extras and python_version >= '3.12'",
        "'x' in extras and 'y' not in extras",
        "'x' not in extras and 'y' in extras and python_version < '3.12'",
    ]


def test_both_halves_of_a_split_know_the_package_it_is_about() -> None:
    parts = Parts(marker("python_version >= '3.10'"), ())

    outside = parts.split(parts.take(), marker("sys_platform == 'win32'"), A)

    assert outside == Part(marker("python_version >= '3.10' and sys_platform != 'win32'"), frozenset((A,)))
    assert [part.fresh for part in parts.waiting()] == [frozenset((A,))] * 2
    parts.split(parts.take(), marker("python_version >= '3.12'"), None)
    assert [part.fresh for part in parts.waiting()] == [frozenset((A,))] * 3
