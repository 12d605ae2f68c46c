import pytest
from packaging.markers import Marker as Judge
from packaging.markers import default_environment

from detent.model import markers

LINUX = {
    "python_version": "3.12",
    "python_full_version": "3.12.4",
    "implementation_name": "cpython",
    "implementation_version": "3.12.4",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_release": "6.8.0-45-generic",
    "platform_version": "#45 SMP",
}


def holds(text: str, **changed: str) -> bool:
    return markers.evaluate(markers.parse(text), {**LINUX, **changed})


def test_extras_and_groups_are_given_apart_in_any_spelling() -> None:
    marker = markers.parse("'foo-bar' in extras and 'dev' in dependency_groups")

    assert markers.evaluate(marker, LINUX, extras=["Foo_Bar"], groups=["dev"])
    assert not markers.evaluate(marker, LINUX, extras=["dev"], groups=["foo-bar"])
    assert not markers.evaluate(marker, LINUX)


def test_a_pre_release_of_python_counts_as_its_final_release() -> None:
    assert holds("python_full_version >= '3.15'", python_full_version="3.15.0b1", python_version="3.15")
    assert not holds("python_full_version < '3.15'", python_full_version="3.15.0b1", python_version="3.15")


def test_a_python_built_between_releases_counts_as_the_release_before() -> None:
    assert holds("python_full_version == '3.12.4'", python_full_version="3.12.4+")


def test_no_comparison_of_versions_holds_for_what_is_no_version() -> None:
    for operator in ("<", "<=", ">", ">=", "==", "!="):
        assert not holds(f"platform_release {operator} '5'")
    assert holds("platform_release < '5' or os_name == 'posix'")
    assert not holds("platform_release >= '5' and os_name == 'posix'")
    assert holds("platform_release >= '5'", platform_release="23.1.0")
    assert holds("platform_release < '24'", platform_release="23.1.0")


def test_other_texts_are_compared_as_they_stand() -> None:
    assert holds("'SMP' in platform_version")
    assert holds("platform_version != 'x'")
    assert holds("'gen' in platform_release and platform_release == '6.8.0-45-generic'")


def test_a_platform_nobody_knows_is_some_other_platform() -> None:
    there = {"sys_platform": "plan9", "platform_system": "Plan9", "os_name": "posix"}

    assert holds("sys_platform == 'plan9' and platform_system == 'Plan9' and os_name == 'posix'", **there)
    assert holds("sys_platform not in 'linux darwin win32'", **there)
    assert not holds("platform_system == 'Linux'", **there)


@pytest.mark.parametrize(
    "text",
    [
        "python_version >= '3.8' and python_full_version < '4'",
        "sys_platform == 'linux' or sys_platform == 'darwin'",
        "platform_release >= '5' or platform_version == ''",
        "implementation_version >= '3.11' and implementation_name == 'cpython'",
        "platform_python_implementation != 'Jython'",
    ],
)
def test_the_running_interpreter_is_judged_as_packaging_judges_it(text: str) -> None:
    here = {key: str(value) for key, value in default_environment().items()}

    assert markers.evaluate(markers.parse(text), here) == Judge(text).evaluate()
