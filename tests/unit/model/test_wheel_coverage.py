"""Where wheels serve, Python and platform together, and what they leave out of an environment."""

import pytest

from detent.model import markers
from detent.model.wheel_coverage import is_for_pypy, left_out, places

PYTHONS = markers.requires_python(">=3.10")


def marker(text: str) -> markers.Marker:
    return markers.parse(text)


def missing(environment: str, *tags: str) -> str:
    """Write what of an environment in range is left out by wheels with these tags; empty for nothing."""
    here = marker(environment)
    served = places([f"a-1.0-{tag}.whl" for tag in tags], within=PYTHONS, pypy=is_for_pypy(here))
    found = markers.and_(left_out(here, served), PYTHONS)
    return "" if found == markers.NEVER else markers.render(markers.restrict(found, PYTHONS))


def test_wheels_serve_their_pythons_on_their_platforms() -> None:
    served = places(["a-1.0-cp311-cp311-win_amd64.whl", "a-1.0-cp312-abi3-macosx_11_0_arm64.whl"])

    assert served == marker(
        "python_version == '3.11' and sys_platform == 'win32' and platform_machine == 'AMD64'"
        " or python_version >= '3.12' and python_version < '4' and sys_platform == 'darwin'"
        " and platform_machine == 'arm64'"
    )


def test_asked_leniently_a_platform_is_served_from_its_lowest_python_on() -> None:
    files = ["a-1.0-cp39-cp39-win_arm64.whl", "a-1.0-cp312-cp312-win_amd64.whl"]

    assert places(files, within=PYTHONS) == marker(
        "python_version >= '3.12' and sys_platform == 'win32' and platform_machine == 'AMD64'"
    )


@pytest.mark.parametrize(
    "tag",
    ["cp313-cp313t-win_amd64", "pp310-pypy310_pp73-win_amd64", "graalpy312-graalpy250_312_native-win_amd64"],
)
def test_wheels_for_special_interpreters_are_not_counted_on(tag: str) -> None:
    assert places([f"a-1.0-{tag}.whl"]) == markers.NEVER


def test_what_has_no_tags_or_unknown_ones_serves_everything() -> None:
    assert places(["a.whl"]) == marker("python_version >= '3' and python_version < '4'")
    assert places(["a-1.0-odd-none-odd.whl"]) == markers.ALWAYS


@pytest.mark.parametrize(
    ("environment", "tags", "expected"),
    [
        pytest.param("sys_platform == 'win32'", ["py3-none-any"], "", id="any platform"),
        pytest.param("sys_platform == 'win32'", ["cp310-cp310-win_amd64"], "", id="a machine it leaves open"),
        pytest.param(
            "sys_platform == 'win32' and platform_machine == 'ARM64'",
            ["cp310-cp310-win_amd64"],
            "sys_platform == 'win32' and platform_machine == 'ARM64'",
            id="a machine it names",
        ),
        pytest.param(
            "platform_machine == 'aarch64'", ["cp310-cp310-linux_aarch64"], "", id="any platform will do"
        ),
        pytest.param(
            "implementation_name == 'cpython'", ["cp310-cp310-win32"], "", id="neither is asked for"
        ),
        pytest.param(
            "sys_platform == 'linux'",
            ["cp310-cp310-musllinux_1_2_x86_64"],
            "sys_platform == 'linux'",
            id="a Linux has glibc",
        ),
        pytest.param(
            "sys_platform == 'win32' or sys_platform == 'linux' and platform_machine == 'aarch64'",
            ["cp310-cp310-win_amd64", "cp310-cp310-manylinux2014_x86_64"],
            "sys_platform == 'linux' and platform_machine == 'aarch64'",
            id="each part by itself",
        ),
        pytest.param(
            "sys_platform == 'win32'",
            ["cp312-cp312-win_amd64"],
            "python_version < '3.12' and sys_platform == 'win32'",
            id="from a Python on",
        ),
        pytest.param(
            "sys_platform == 'linux' and implementation_name == 'pypy'",
            ["pp310-pypy310_pp73-manylinux2014_x86_64", "cp310-cp310-win_amd64"],
            "",
            id="PyPy alone",
        ),
        pytest.param(
            "sys_platform == 'linux' and implementation_name == 'pypy'",
            ["cp310-cp310-manylinux2014_x86_64"],
            "implementation_name == 'pypy' and sys_platform == 'linux'",
            id="PyPy has no use for wheels of CPython",
        ),
    ],
)
def test_an_environment_needs_wheels_for_what_it_names(
    environment: str, tags: list[str], expected: str
) -> None:
    assert missing(environment, *tags) == expected
