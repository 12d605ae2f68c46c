"""What versions leave out of required environments, and where the packages of an answer are needed."""

from detent.events import Detail, Event
from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.requirement import PackageName, package_name
from detent.resolve.coverage import Coverage
from detent.resolve.forks import Resolution
from detent.resolve.policy import ForkStrategy, Policy
from support.resolving import resolve
from support.worlds import World, project, release, ticking

A, T = package_name("a"), package_name("t")
LINUX, WINDOWS = "t-{}-cp310-cp310-manylinux2014_x86_64.whl", "t-{}-cp310-cp310-win_amd64.whl"
REQUIRED = {"required-environments": ["sys_platform == 'win32'"]}


class Asked(World):
    """A world that remembers of which versions the files were asked for."""

    files_asked: tuple[tuple[PackageName, int], ...] = ()

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        self.files_asked = (*self.files_asked, (name, number))
        return super().artifacts(name, number)


def with_files(version: str, *names: str, **more: object) -> object:
    return release(files=[name.format(version) for name in names], **more)  # type: ignore[arg-type]


def answered(releases: World, inputs: object, heard: list[Event] | None = None) -> tuple[Resolution, ...]:
    report = (heard if heard is not None else []).append
    return resolve(inputs, releases, clock=ticking(), report=report)


def test_with_the_fewest_versions_one_search_avoids_all_that_leave_out_the_same() -> None:
    versions = [f"{number}.0" for number in range(2, 1200)]
    releases = World(
        {"t": {"1.0": with_files("1.0", LINUX, WINDOWS), **{v: with_files(v, LINUX) for v in versions}}}
    )
    inputs = project(["t; sys_platform != 'darwin'"], adjustments=REQUIRED)
    policy = Policy(fork_strategy=ForkStrategy.FEWEST)

    (answer,) = resolve(inputs, releases, clock=ticking(), policy=policy)

    assert answer.pins == {T: 1}


def test_the_files_of_a_version_are_looked_at_once() -> None:
    releases = Asked({"t": {"1.0": with_files("1.0", LINUX)}})
    coverage = Coverage([markers.parse("sys_platform == 'win32'")], releases, pythons=markers.ALWAYS)

    assert coverage.left_out(T, 1) == coverage.left_out(T, 1) == markers.parse("sys_platform == 'win32'")
    assert releases.files_asked == ((T, 1),)


def test_yanked_files_do_not_count_beside_others() -> None:
    class Yanking(World):
        def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
            linux, windows = super().artifacts(name, number)
            return linux, windows._replace(yanked="broken")

    releases = Yanking({"t": {"1.0": with_files("1.0", LINUX, WINDOWS)}})
    coverage = Coverage([markers.parse("sys_platform == 'win32'")], releases, pythons=markers.ALWAYS)

    assert coverage.left_out(T, 1) == markers.parse("sys_platform == 'win32'")


def test_without_required_environments_no_file_is_asked_for() -> None:
    releases = Asked({"t": {"1.0": with_files("1.0", LINUX)}})

    answered(releases, project(["t"]))

    assert releases.files_asked == ()


def test_the_files_of_what_can_be_built_are_not_asked_for() -> None:
    releases = Asked({"t": {"1.0": with_files("1.0", LINUX, "t-{}.tar.gz")}})

    answered(releases, project(["t"], adjustments=REQUIRED))

    assert releases.files_asked == ()


def test_only_versions_that_are_tried_are_looked_at() -> None:
    releases = Asked({"t": {f"{n}.0": with_files(f"{n}.0", LINUX, WINDOWS) for n in range(1, 10)}})

    answered(releases, project(["t"], adjustments=REQUIRED))

    assert set(releases.files_asked) == {(T, 9)}


def test_a_split_names_version_and_environment() -> None:
    heard: list[Event] = []
    releases = World({"t": {"1.0": with_files("1.0", LINUX, WINDOWS), "2.0": with_files("2.0", LINUX)}})

    solved = answered(releases, project(["t"], adjustments=REQUIRED), heard)

    assert [dict(resolution.pins) for resolution in solved] == [{T: 2}, {T: 1}]
    assert [event.text for event in heard if isinstance(event, Detail)] == [
        "resolving in two parts: t 2.0 has no wheel for sys_platform == 'win32' and no source distribution"
    ]


def test_what_is_needed_outside_of_the_gap_alone_does_not_split() -> None:
    packages = {
        "a": {"1.0": ["t[x]; sys_platform != 'win32'"]},
        "t": {"1.0": with_files("1.0", LINUX, requires=["u; extra == 'x'"], extras=["x"])},
        "u": {"1.0": release(files=["u-1.0-py3-none-manylinux2014_x86_64.whl"])},
    }

    assert len(answered(World(packages), project(["a"], adjustments=REQUIRED))) == 1


def test_what_is_needed_in_a_part_of_the_gap_splits_off_all_of_it() -> None:
    packages = {"t": {"1.0": with_files("1.0", LINUX, WINDOWS), "2.0": with_files("2.0", LINUX)}}
    inputs = project(["t; python_version < '3.12'"], adjustments=REQUIRED)

    solved = answered(World(packages), inputs)

    assert [
        markers.render(markers.restrict(s.environment, markers.parse("python_version >= '3.10'")))
        for s in solved
    ] == [
        "sys_platform != 'win32'",
        "sys_platform == 'win32'",
    ]


def test_of_what_the_project_is_for_the_files_of_versions_without_sources_are_asked_for_alone() -> None:
    releases = Asked(
        {
            "a": {"1.0": with_files("1.0", LINUX), "2.0": with_files("2.0", WINDOWS)},
            "t": {"1.0": with_files("1.0", WINDOWS, "t-{}.tar.gz")},
        }
    )

    (answer,) = answered(
        releases, project(["a", "t"], adjustments={"environments": ["sys_platform == 'linux'"]})
    )

    assert answer.pins == {A: 1, T: 1}
    assert set(releases.files_asked) == {(A, 1), (A, 2)}


def test_what_has_no_files_that_may_be_seen_is_refused_for_no_platform() -> None:
    class Hiding(World):
        def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
            return ()

    linux = markers.parse("sys_platform == 'linux'")
    releases = Hiding({"t": {"1.0": with_files("1.0", WINDOWS)}})
    coverage = Coverage([linux], releases, pythons=markers.ALWAYS, environments=[linux])

    assert not coverage.is_of_no_use(T, 1, linux)
    assert coverage.left_out(T, 1) == markers.NEVER
