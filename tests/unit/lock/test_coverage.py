"""What a lock has to install of each package, by platform."""

from detent.lock.coverage import Row, Supply, coverage, draw
from detent.lock.model import Lock, LockedPackage
from detent.model.inputs import RecordedInputs
from detent.model.requirement import package_name
from support.worlds import artifact


def package(
    name: str, *tags: str, version: str = "1.0", sdist: bool = False, marker: str = ""
) -> LockedPackage:
    return LockedPackage(
        package_name(name),
        version,
        marker,
        sdist=artifact(f"{name}-{version}.tar.gz") if sdist else None,
        wheels=tuple(artifact(f"{name}-{version}-{tag}.whl") for tag in tags),
    )


def lock(*packages: LockedPackage, python: str = ">=3.10,<3.13", required: tuple[str, ...] = ()) -> Lock:
    adjustments = (("required-environments", required),) if required else ()
    return Lock(python, packages, inputs=RecordedInputs(python, adjustments=adjustments))


def told(rows: tuple[Row, ...]) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.target.platform, row.target.python, row.supply.value) for row in rows]


def test_each_package_is_told_of_for_the_lowest_and_the_newest_python() -> None:
    rows = coverage(
        lock(package("a", "cp310-cp310-win_amd64", sdist=True), required=("sys_platform == 'win32'",))
    )

    assert told(rows) == [
        ("a", "sys_platform == 'win32'", "3.10", "wheel"),
        ("a", "sys_platform == 'win32'", "3.12", "sdist"),
    ]


def test_without_an_upper_bound_the_newest_python_is_one_that_has_a_wheel() -> None:
    locked = lock(
        package("a", "cp310-cp310-win_amd64"),
        package("b", "cp311.cp314-none-any"),
        python=">=3.10,<4",
        required=("sys_platform == 'win32'",),
    )

    assert [row.target.python for row in coverage(locked)] == ["3.10", "3.14", "3.10", "3.14"]


def test_a_lock_for_unusual_platforms_alone_is_told_of_for_those() -> None:
    solaris = "sys_platform == 'sunos5'"
    locked = lock(package("a", "py3-none-win_amd64"), python="==3.12.*")._replace(
        environments=(solaris,),
        inputs=RecordedInputs("==3.12.*", adjustments=(("environments", (solaris,)),)),
    )

    assert told(coverage(locked)) == [("a", solaris, "3.12", "nothing")]


def test_without_required_environments_the_usual_platforms_are_meant() -> None:
    locked = lock(package("a", "py3-none-musllinux_1_2_x86_64"), python="==3.12.*")

    assert {row.target.platform: row.supply for row in coverage(locked)} == {
        "linux x86_64": Supply.NOTHING,
        "linux aarch64": Supply.NOTHING,
        "linux x86_64 musl": Supply.WHEEL,
        "macos arm64": Supply.NOTHING,
        "macos x86_64": Supply.NOTHING,
        "windows AMD64": Supply.NOTHING,
    }


def test_only_where_a_package_is_needed_is_it_told_of() -> None:
    locked = lock(
        package(
            "a",
            "py3-none-any",
            marker="'x' in extras and sys_platform == 'win32' and python_version < '3.12'",
        )
    )

    assert told(coverage(locked)) == [("a", "windows AMD64", "3.10", "wheel")]


def test_a_lock_for_some_environments_has_no_other_targets() -> None:
    locked = lock(package("a", "py3-none-any"), python="==3.12.*")._replace(
        environments=("sys_platform == 'darwin'",)
    )

    assert [row.target.platform for row in coverage(locked)] == ["macos arm64", "macos x86_64"]


def test_the_table_shows_what_lacks_a_wheel_and_counts_the_rest() -> None:
    locked = lock(
        package("a", "py3-none-any"),
        package(
            "b", "cp310-cp310-win_amd64", "cp312-cp312-macosx_11_0_arm64", "cp310-abi3-macosx_11_0_arm64"
        ),
        package(
            "c", "py3-none-macosx_11_0_arm64", version="2.0", sdist=True, marker="sys_platform == 'darwin'"
        ),
        required=("sys_platform == 'win32'", "sys_platform == 'darwin' and platform_machine == 'x86_64'"),
    )

    assert draw(coverage(locked)).splitlines() == [
        "package  version  sys_platform == 'win32'       sys_platform == 'darwin' and platform_machine == 'x86_64'",
        "b        1.0      wheel (3.10), nothing (3.12)  nothing",
        "c        2.0      -                             sdist",
        "and 1 package with wheels for every target",
    ]


def test_a_lock_with_wheels_for_all_is_one_line() -> None:
    assert draw(coverage(lock(package("a", "py3-none-any")))) == "1 package with wheels for every target\n"
    assert draw(()) == "0 packages with wheels for every target\n"
