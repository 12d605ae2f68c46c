"""Which wheels can serve a Python in range."""

import pytest

from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from support.worlds import artifact


@pytest.mark.parametrize(
    "tags",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "py38-none-any",
        "cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp313-cp313t-win_amd64",
        "cp37-abi3-macosx_11_0_arm64",
        "cp36.cp37.cp38-abi3-win32",
        "cp315-abi3.abi3t-win32",
        "pp311-pypy311_pp73-win_amd64",
        "graalpy312-graalpy250_312_native-win_amd64",
        "cp3-none-any",
        "odd-none-any",
    ],
)
def test_a_wheel_that_may_serve_a_python_in_range_is_kept(tags: str) -> None:
    assert WheelRange(markers.requires_python(">=3.10")).can_serve(f"a-1.0-{tags}.whl")


@pytest.mark.parametrize(
    "tags",
    [
        "cp39-cp39-win_amd64",
        "cp38-none-win_amd64",
        "cp36.cp37-cp36m.cp37m-win32",
        "cp27-abi3-win32",
        "pp39-pypy39_pp73-win_amd64",
        "py2-none-any",
        "py27-none-any",
        "cp2-none-any",
    ],
)
def test_a_wheel_for_other_pythons_alone_is_left_out(tags: str) -> None:
    assert not WheelRange(markers.requires_python(">=3.10")).can_serve(f"a-1.0-{tags}.whl")


def test_an_upper_bound_leaves_out_what_needs_newer_pythons() -> None:
    wheels = WheelRange(markers.requires_python(">=3.10,<3.12"))

    assert wheels.can_serve("a-1.0-cp311-cp311-win32.whl")
    assert not wheels.can_serve("a-1.0-cp312-cp312-win32.whl")
    assert not wheels.can_serve("a-1.0-cp312-abi3-win32.whl")
    assert not wheels.can_serve("a-1.0-py312-none-any.whl")


def test_a_build_number_is_not_taken_for_a_tag() -> None:
    assert not WheelRange(markers.requires_python(">=3.10")).can_serve("a-1.0-1-cp39-cp39-win32.whl")


def test_all_wheels_stay_when_none_can_serve() -> None:
    wheels = [artifact("a-1.0-cp39-cp39-win32.whl"), artifact("a-1.0-cp38-cp38-win32.whl")]

    assert WheelRange(markers.requires_python(">=3.10")).useful(wheels) == wheels


def test_a_lock_for_some_platforms_leaves_out_wheels_for_others() -> None:
    care = markers.parse(
        "sys_platform == 'linux' and platform_machine == 'x86_64' and python_version >= '3.10'"
    )
    wheels = WheelRange(care)

    assert wheels.can_serve("a-1.0-py3-none-any.whl")
    assert wheels.can_serve("a-1.0-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert wheels.can_serve("a-1.0-cp310-cp310-musllinux_1_2_x86_64.whl")
    assert wheels.can_serve("a-1.0-cp310-cp310-manylinux2014_i686.whl")
    assert wheels.can_serve("a-1.0-cp310-cp310-macosx_11_0_x86_64.manylinux1_x86_64.whl")
    assert not wheels.can_serve("a-1.0-cp39-cp39-manylinux2014_x86_64.whl")
    assert not wheels.can_serve("a-1.0-cp310-cp310-manylinux2014_aarch64.whl")
    assert not wheels.can_serve("a-1.0-cp310-cp310-win_amd64.whl")
    assert not wheels.can_serve("a-1.0-cp310-cp310-macosx_11_0_x86_64.whl")


def test_python_and_platform_must_fit_together() -> None:
    care = markers.parse("sys_platform == 'linux' or sys_platform == 'win32' and python_version >= '3.12'")
    wheels = WheelRange(markers.and_(care, markers.in_extra("x")))

    assert wheels.can_serve("a-1.0-cp311-cp311-manylinux2014_x86_64.whl")
    assert wheels.can_serve("a-1.0-cp312-cp312-win_amd64.whl")
    assert not wheels.can_serve("a-1.0-cp311-cp311-win_amd64.whl")
