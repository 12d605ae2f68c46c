"""Which Pythons wheels are for."""

import pytest

from detent.model import markers
from detent.model.wheel_tags import lowest_served, pythons_of_wheels

SINCE_310 = markers.requires_python(">=3.10")


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["py3-none-any"], ""),
        (["py2.py3-none-any"], ""),
        (["py30-none-any"], ""),
        (["cp310-cp310-win32", "py3-none-win32"], ""),
        (["odd-none-any", "cp310-cp310-win32"], ""),
        (["pp310-pypy310_pp73-win32"], ""),
        ([], ""),
        (["cp310-cp310-win32", "cp39-cp39-win32", "cp313-cp313t-win32"], "3.9 3.10 3.13"),
        (["cp39-cp39-win32", "cp311-abi3-win32", "cp312-cp312-win32", "cp313-abi3-win32"], "3.9 3.11+"),
        (["cp315-abi3.abi3t-win32"], "3.15+"),
        (["py38-none-any", "pp310-pypy310_pp73-win32"], "3.8+"),
        (["cp36.cp37-abi3.cp36m-win32"], "3.6+"),
        (["py2-none-any"], "2.7"),
        (["cp27-cp27mu-win32", "cp35-cp35m-win32"], "2.7 3.5"),
    ],
)
def test_the_pythons_of_a_release_are_those_of_its_wheels(tags: list[str], told: str) -> None:
    assert pythons_of_wheels([f"a-1.0-{tag}.whl" for tag in tags]) == told


def test_a_build_number_is_not_taken_for_a_tag() -> None:
    assert pythons_of_wheels(["a-1.0-1-cp39-cp39-win32.whl"]) == "3.9"


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("3.8 3.9 3.10 3.11", ">=3.10"),
        ("3.9 3.11 3.12", ">=3.11"),
        ("3.8+", ">=3.8"),
        ("3.9 3.12+", ">=3.12"),
        ("", ""),
    ],
)
def test_only_the_lowest_python_in_range_counts(told: str, since: str) -> None:
    assert lowest_served(told, SINCE_310) == markers.requires_python(since)


@pytest.mark.parametrize("told", ["3.8 3.9", "2.7"])
def test_wheels_for_no_python_in_range_serve_none(told: str) -> None:
    assert lowest_served(told, SINCE_310) == markers.NEVER
