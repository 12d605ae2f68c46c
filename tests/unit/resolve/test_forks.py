"""The work list of environments: seeds, splits, joins, limits and what is said along the way."""

import pytest

from detent.errors import Failures, Unsupported
from detent.errors.fetch import IndexUnavailable, PackageUnknown
from detent.errors.resolve import Conflict, TooDeep
from detent.events import Detail, Event, Notice, Resolving
from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.limits import Limits
from detent.model.requirement import PackageName, extra_name, package_name
from detent.model.versions import Listing
from detent.resolve.forks import Resolution
from support.resolving import resolve
from support.worlds import World, artifact, project, release, ticking, world

A, B = package_name("a"), package_name("b")
OLD, NEW = markers.parse("python_version < '3.12'"), markers.parse("python_version >= '3.12'")
RANGE = markers.requires_python(">=3.10")


def test_one_environment_serves_all_when_one_answer_does() -> None:
    solved = resolve(
        project(["a[x]"]), world({"a": {"1.0": ["b; extra == 'x'"]}, "b": ["1.0"]}), clock=ticking()
    )

    assert solved == (Resolution(RANGE, {A: 1, B: 1}, {A: (extra_name("x"),)}),)


def test_the_newest_pythons_come_first() -> None:
    solved = resolve(
        project(["a"]), world({"a": {"1.0": [], "2.0": release(python=">=3.12")}}), clock=ticking()
    )

    assert solved == (
        Resolution(NEW, {A: 2}, {}),
        Resolution(markers.and_(OLD, RANGE), {A: 1}, {}),
    )


def test_what_newer_pythons_came_to_is_preferred_by_older_ones() -> None:
    packages = {
        "a": {"1.0": [], "2.0": release(["b<2"], python=">=3.12")},
        "b": {"1.0": [], "2.0": []},
    }

    solved = resolve(project(["a", "b"]), world(packages), clock=ticking())

    assert [dict(resolution.pins) for resolution in solved] == [{A: 2, B: 1}, {A: 1, B: 1}]


def test_environments_that_came_to_one_answer_are_joined() -> None:
    solved = resolve(project(["a"]), world({"a": ["1.0"]}), clock=ticking(), seeds=(OLD, NEW))

    assert solved == (Resolution(RANGE, {A: 1}, {}),)


def test_what_the_seeds_leave_of_the_range_is_solved_as_well() -> None:
    heard: list[Event] = []

    solved = resolve(
        project(["a"]), world({"a": ["1.0"]}), clock=ticking(), seeds=(NEW,), report=heard.append
    )

    assert solved[0].environment == RANGE
    assert heard.count(Resolving("a", 1)) == 2  # one look for each part that was solved


def test_seeds_outside_of_the_range_are_dropped() -> None:
    seeds = (markers.parse("python_version < '3.8'"), markers.ALWAYS)

    assert len(resolve(project(["a"]), world({"a": ["1.0"]}), clock=ticking(), seeds=seeds)) == 1


def test_extras_and_groups_never_split_an_environment() -> None:
    inputs = project(extras={"x": ["a<2"]}, groups={"g": ["a>=2"]})

    with pytest.raises(Conflict):
        resolve(inputs, world({"a": ["1.0", "2.0"]}), clock=ticking())


def quarrel() -> World:
    """Make a world in which many versions of several packages refuse `b`, one after the other."""
    refused = {f"{n}.0": ["b<1"] for n in range(1, 80)}
    return world({"b": ["0.5", "1.0"], **{name: refused | {"0.1": []} for name in ("a", "c", "d", "e")}})


def test_a_search_without_progress_ends_with_the_packages_in_conflict() -> None:
    inputs, limits = project(["b>=1", "a", "c", "d", "e"]), Limits(search_seconds=3.0)

    with pytest.raises(TooDeep, match=r"^no answer was found within 3 seconds of search without") as failure:
        resolve(inputs, quarrel(), clock=ticking(2.0), limits=limits, advice="never")

    assert "versions of `a` and `b`" in failure.value.why
    assert failure.value.next_steps == ("add a lower bound to `a` or `b` in `pyproject.toml`",)


def test_all_of_a_search_may_be_bounded_however_well_it_goes() -> None:
    inputs, limits = project(["b>=1", "a", "c", "d", "e"]), Limits(max_seconds=2.5)

    with pytest.raises(TooDeep, match=r"^no answer was found within the 2.5 seconds of `--max-seconds`$"):
        resolve(inputs, quarrel(), clock=ticking(2.0), limits=limits)


def test_the_bound_to_add_has_been_tried() -> None:
    packages = {
        "a": {f"{n}.0": ["b<1"] for n in range(1, 80)},
        "b": ["0.5", "1.0"],
        "c": {f"{n}.0": ["d<1"] for n in range(1, 80)},
        "d": ["0.5", "1.0"],
    }

    with pytest.raises(TooDeep) as failure:
        resolve(
            project(["b", "a", "d", "c"]),
            world(packages),
            clock=ticking(0.2),
            wall=ticking(0.01),
            limits=Limits(search_seconds=1.0),
        )

    assert failure.value.next_steps == (
        "add `a>=79.0` to the project's requirements: with it there is an answer",
    )


def test_the_time_is_not_asked_for_a_small_search() -> None:
    assert resolve(project(["a"]), world({"a": ["1.0"]}), clock=ticking(100.0))


def test_an_unknown_package_of_the_project_is_named_before_any_other_conflict() -> None:
    with pytest.raises(PackageUnknown) as failure:
        resolve(project(["a>=9", "nope"]), world({"a": ["1.0"]}), clock=ticking())

    assert failure.value.name == "nope"
    assert "your project (pyproject.toml:3) needs it" in failure.value.why


def test_several_unknown_packages_are_named_together() -> None:
    with pytest.raises(Failures) as failure:
        resolve(project(["no", "a"], groups={"dev": ["nope"]}), world({"a": ["1.0"]}), clock=ticking())

    assert [error.what for error in failure.value.failures] == [
        "there is no package named `no` on the index",
        "there is no package named `nope` on the index",
    ]
    assert "your project's group `dev` (pyproject.toml:4) needs it" in failure.value.failures[1].why


def test_an_unknown_package_that_is_never_needed_does_not_matter() -> None:
    assert resolve(project(["nope; python_version < '3'"]), world({}), clock=ticking())[0].pins == {}


def test_a_url_of_the_project_is_not_looked_up_on_the_index() -> None:
    inputs = project(["a @ https://files.example/a-1.0-py3-none-any.whl"])

    with pytest.raises(Unsupported):
        resolve(inputs, world({"a": ["1.0"]}), clock=ticking())


def test_a_split_is_told_as_a_detail() -> None:
    heard: list[Event] = []

    resolve(
        project(["a"]),
        world({"a": {"1.0": [], "2.0": release(python=">=3.12")}}),
        clock=ticking(),
        report=heard.append,
    )

    assert [event for event in heard if isinstance(event, Detail)] == [
        Detail("resolving in two parts: a 2.0 needs Python >=3.12")
    ]


def test_an_unknown_extra_is_warned_of_once_for_all_environments() -> None:
    heard: list[Event] = []
    releases = world({"a": release_with_extra_x(), "b": {"1.0": [], "2.0": release(python=">=3.12")}})

    resolve(project(["a[y]", "b"]), releases, clock=ticking(), report=heard.append)

    assert [event for event in heard if isinstance(event, Notice)] == [
        Notice("warning", "`a` 1.0 has no extra `y`; it has `x`")
    ]


def release_with_extra_x() -> dict[str, list[str]]:
    return {"1.0": ["b; extra == 'x'"]}


class Yanking(World):
    """A world whose yanked files say why."""

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        return (artifact("a-1.0-py3-none-any.whl", yanked="it lost data"),)


def test_a_yanked_version_is_warned_of_with_its_reason() -> None:
    heard: list[Event] = []

    resolve(
        project(["a==1.0"]),
        Yanking({"a": {"1.0": release(yanked=True)}}),
        clock=ticking(),
        report=heard.append,
    )

    assert heard[-1] == Notice("warning", "`a` 1.0 was yanked: it lost data")


class Down(World):
    """An index that does not answer."""

    def listing(self, name: PackageName) -> Listing:
        raise IndexUnavailable(f"https://index.example/simple/{name}/", "it is down")


def test_an_index_that_is_down_is_no_conflict() -> None:
    with pytest.raises(IndexUnavailable):
        resolve(project(["a"]), Down({}), clock=ticking())


def test_a_careless_new_release_does_not_cost_a_read_of_every_version() -> None:
    refusing = {f"1.{n}": ["new<2"] for n in range(600)}
    releases = world({"app": {"1.0": ["new", "big"]}, "new": ["1.0", "2.0"], "big": refusing})

    solved = resolve(project(["app"]), releases, clock=ticking())

    assert (solved[0].pins[package_name("new")], solved[0].pins[package_name("big")]) == (1, 600)
    assert len(releases.metadata_asked) < 20
