"""Versions for one interpreter, to be used and forgotten."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from detent.errors import DetentError, Failures, Unsupported
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import Conflict, TooDeep
from detent.model.build_policy import BuildPolicy
from detent.model.candidate import Artifact
from detent.model.cutoffs import Cutoffs, parse_cutoff
from detent.model.requirement import PackageName, package_name, parse_requirement
from detent.model.target import Target
from detent.resolve import throwaway
from detent.resolve.policy import Order, Policy, Prerelease
from detent.resolve.throwaway import resolve_once
from support.locks import target
from support.worlds import World, release, world

DENIED = BuildPolicy(allows=False)


def pinned(
    requirements: Sequence[str],
    releases: World,
    *,
    here: Target | None = None,
    build: BuildPolicy | None = None,
    constraints: Sequence[str] = (),
    installed: Mapping[str, str] | None = None,
) -> list[str]:
    """Resolve and write the answer as `name[extras] version`."""
    pins = resolve_once(
        [parse_requirement(text) for text in requirements],
        releases,
        target=here or target(),
        policy=Policy(build=build or BuildPolicy()),
        constraints=[parse_requirement(text) for text in constraints],
        installed={package_name(name): version for name, version in (installed or {}).items()},
    )
    bracket = {pin.name: f"[{','.join(pin.extras)}]" if pin.extras else "" for pin in pins}
    return [f"{pin.name}{bracket[pin.name]} {pin.version}" for pin in pins]


def refused(requirements: Sequence[str], releases: World, *, build: BuildPolicy | None = None) -> list[str]:
    with pytest.raises(Conflict) as failure:
        pinned(requirements, releases, build=build)
    return failure.value.why.splitlines()


def test_the_newest_versions_are_taken_with_what_their_extras_add() -> None:
    releases = world(
        {
            "a": {"1.0": [], "2.0": ["b[x,y]"]},
            "b": {"1.0": ["c; extra == 'x'", "d; extra == 'z'"]},
            "c": ["1.0", "1.1"],
            "d": ["1.0"],
        }
    )

    assert pinned(["a"], releases) == ["a 2.0", "b[x,y] 1.0", "c 1.1"]


def test_an_answer_names_the_file_and_the_place_in_the_listing() -> None:
    (pin,) = resolve_once([parse_requirement("a<2")], world({"a": ["0.9", "1.0", "2.0"]}), target=target())

    assert (pin.number, pin.artifact.filename) == (2, "a-1.0-py3-none-any.whl")


def test_markers_are_those_of_the_target() -> None:
    releases = world({"a": {"1.0": ["b; sys_platform == 'win32'"]}, "b": ["1.0"], "c": ["1.0"]})
    wishes = ["a", "c; python_version >= '3.12'"]

    assert pinned(wishes, releases) == ["a 1.0", "c 1.0"]
    assert pinned(wishes, releases, here=target("3.11.4", platform="win32")) == ["a 1.0", "b 1.0"]


def test_an_older_version_is_taken_when_the_newer_one_does_not_fit_another() -> None:
    releases = world({"a": {"1.0": ["c<2"], "2.0": ["c<1"]}, "b": {"1.0": ["c>=1"]}, "c": ["1.0", "2.0"]})

    assert pinned(["a", "b"], releases) == ["a 1.0", "b 1.0", "c 1.0"]


def test_circles_are_followed_and_what_is_needed_no_more_is_left_out() -> None:
    releases = world(
        {
            "a": {"1.0": ["a[x]", "b"], "2.0": ["c", "d"]},
            "b": {"1.0": ["a"]},
            "c": {"1.0": ["e<2"]},
            "d": {"1.0": ["e>=2"]},
            "e": {"1.0": ["c"], "2.0": ["d"]},
        }
    )

    assert pinned(["a"], releases) == ["a[x] 1.0", "b 1.0"]


def test_a_version_without_a_wheel_that_fits_is_built_or_is_none() -> None:
    files = ["a-2.0-cp39-cp39-win32.whl"]
    with_sdist = world({"a": {"1.0": [], "2.0": release(files=[*files, "a-2.0.tar.gz"])}})
    unfit = "`a>=2` is asked for; a 2.0 has no wheel for CPython 3.12.1 on linux x86_64"

    assert pinned(["a"], world({"a": {"1.0": [], "2.0": release(files=files)}})) == ["a 1.0"]
    assert pinned(["a"], with_sdist) == ["a 2.0"]
    assert pinned(["a"], with_sdist, build=DENIED) == ["a 1.0"]
    assert refused(["a>=2"], with_sdist, build=DENIED) == [
        f'{unfit}, and `build = "deny"` forbids building it',
    ]
    assert refused(["a>=2"], world({"a": {"2.0": release(files=files)}})) == [
        f"{unfit} and no source distribution"
    ]


def test_a_yanked_file_is_not_looked_at_where_there_are_others() -> None:
    class Yanked(World):
        def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
            wheel, sdist = super().artifacts(name, number)
            return wheel._replace(yanked="broken"), sdist

    (pin,) = resolve_once([parse_requirement("a")], Yanked({"a": ["1.0"]}), target=target())

    assert pin.artifact.filename == "a-1.0.tar.gz"


def test_prereleases_and_yanked_versions_are_taken_where_they_are_asked_for() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(yanked=True), "3.0b1": []}})

    assert pinned(["a"], releases) == ["a 1.0"]
    assert pinned(["a>1"], releases) == ["a 3.0b1"]
    assert pinned(["a==2.0"], releases) == ["a 2.0"]
    assert refused(["a>1,<3.0a1"], releases) == ["`a>1,<3.0a1` is asked for; a 2.0 was yanked"]


def test_the_policy_of_a_lock_is_that_of_a_build_but_for_the_order() -> None:
    releases = world(
        {
            "a": {
                "1.0": release(uploaded="2024-01-01"),
                "1.1": release(uploaded="2024-01-02"),
                "2.0rc1": release(uploaded="2024-01-03"),
                "2.0": release(uploaded="2024-06-01"),
            }
        }
    )

    def chosen(policy: Policy) -> str:
        (pin,) = resolve_once([parse_requirement("a")], releases, target=target(), policy=policy)
        return pin.version

    until_may = Cutoffs(everybody=parse_cutoff("2024-05-01"))
    assert chosen(Policy(order=Order.LOWEST)) == "2.0"
    assert chosen(Policy(cutoffs=until_may)) == "1.1"
    assert chosen(Policy(Prerelease.ALLOW, cutoffs=until_may)) == "2.0rc1"


def test_both_bounds_of_a_python_requirement_count_for_a_python_that_is_known() -> None:
    releases = world(
        {
            "a": {
                "1.0": [],
                "2.0": release(python=">=3.13"),
                "3.0": release(python=">=3.8,<3.12"),
                "4.0": release(metadata_python=">=3.14"),
                "5.0": release(python="nonsense", metadata_python=""),
            }
        }
    )

    assert pinned(["a"], releases) == ["a 5.0"]
    assert pinned(["a<5"], releases) == ["a 1.0"]
    assert refused(["a>1,<5"], releases) == [
        "`a>1,<5` is asked for",
        "a 4.0 needs Python >=3.14",
    ]


def test_constraints_limit_versions_and_ask_for_nothing() -> None:
    releases = world({"a": {"1.0": [], "2.0": []}, "b": ["1.0"]})

    assert pinned(["a"], releases, constraints=["a<2", "b<1", "a<1; os_name == 'nt'"]) == ["a 1.0"]
    with pytest.raises(Conflict) as failure:
        pinned(["a>=2"], releases, constraints=["a<2"])
    assert failure.value.why == "`a>=2` is asked for; a 2.0 is not in the constraint `a<2`"


def test_what_is_installed_stays_while_it_fits() -> None:
    releases = world({"a": {"1.0": [], "2.0": release(yanked=True), "3.0": []}, "b": {"1.0": ["a>=3"]}})

    assert pinned(["a"], releases, installed={"a": "1.0"}) == ["a 1.0"]
    assert pinned(["a"], releases, installed={"a": "2"}) == ["a 2.0"]
    assert pinned(["a", "b"], releases, installed={"a": "1.0", "c": "1.0"}) == ["a 3.0", "b 1.0"]
    assert pinned(["a"], releases, installed={"a": "0.1"}) == ["a 3.0"]


def test_a_version_whose_requirements_cannot_be_had_is_passed_over_and_says_why() -> None:
    releases = world(
        {
            "a": {
                "1.0": [],
                "2.0": release(sdist_only=True, unreadable="it could not be built: no compiler"),
                "3.0": ["b @ https://files.example/b.whl"],
            }
        }
    )

    assert pinned(["a"], releases) == ["a 1.0"]
    assert refused(["a>=2"], releases) == [
        "`a>=2` is asked for",
        "a 3.0 needs `b` from a URL, which only a project's own sources may say",
        "a 2.0 has metadata that cannot be read: it could not be built: no compiler",
    ]


def test_only_of_what_is_chosen_the_metadata_is_read() -> None:
    releases = world({"a": {"1.0": [], "2.0": ["b<2"]}, "b": ["1.0", "2.0"]})

    assert pinned(["a"], releases) == ["a 2.0", "b 1.0"]
    assert set(releases.metadata_asked) == {(package_name("a"), 2), (package_name("b"), 1)}


def test_what_is_needed_next_is_announced_in_one_go() -> None:
    releases = world({"a": {"1.0": ["b", "c"]}, "b": ["1.0"], "c": ["1.0"]})
    a, b, c = map(package_name, "abc")

    pinned(["a"], releases)

    assert releases.expected == [((a,), ()), ((), ((a, 1),)), ((b, c), ()), ((), ((b, 1), (c, 1)))]


def test_a_package_tried_again_and_again_has_its_older_versions_announced_in_one_go() -> None:
    releases = world({"a": {f"{n}.0": [f"b=={n}"] for n in range(1, 40)}, "b": ["1.0"]})

    assert pinned(["b", "a"], releases) == ["a 1.0", "b 1.0"]
    assert max(len(metadata) for _, metadata in releases.expected) >= 24


def test_a_conflict_says_who_asks_for_what() -> None:
    releases = world(
        {
            "a": {"1.0": ["c<2"]},
            "b": {"1.0": ["d"], "1.1": ["d"]},
            "d": {"1.0": ["c>=2"]},
            "c": ["1.0", "2.0"],
        }
    )

    assert refused(["a", "b"], releases) == [
        "`a` is asked for",
        "`b` is asked for",
        "a 1.0 needs c<2",
        "b 1.1 needs d",
        "d 1.0 needs c>=2",
    ]


def test_a_requirement_nothing_meets_names_the_newest() -> None:
    assert refused(["a>=9"], world({"a": ["1.0", "2.0"]})) == [
        "`a>=9` is asked for; no version of it matches, the newest is 2.0"
    ]


def test_a_name_the_index_does_not_have_is_told_at_once_or_in_the_conflict() -> None:
    releases = world({"a": {"1.0": ["ghost"]}})

    with pytest.raises(PackageUnknown, match="`ghost`"):
        pinned(["a", "ghost"], releases)
    with pytest.raises(Failures) as failure:
        pinned(["ghost", "spook"], releases)
    assert [type(error) for error in failure.value.failures] == [PackageUnknown, PackageUnknown]
    assert refused(["a"], releases) == [
        "`a` is asked for",
        "a 1.0 needs ghost; there is no package named ghost on the index",
    ]


@pytest.mark.parametrize("place", ["requirements", "constraints"])
def test_a_direct_reference_is_not_supported(place: str) -> None:
    url = "a @ https://files.example/a-1.0-py3-none-any.whl"
    wishes, constraints = ([url], []) if place == "requirements" else ([], [url])

    with pytest.raises(Unsupported, match=r"^a requirement with a URL cannot be used here: `a`$"):
        pinned(wishes, world({"a": ["1.0"]}), constraints=constraints)


def test_what_a_command_imports_at_its_start_is_without_it() -> None:
    program = (
        f"import sys\nsys.path[:] = {sys.path!r}\n"
        "import detent.cli.app, detent.ops.wiring, detent.ops.lock, detent.ops.sync\n"
        "print({'resolvelib', 'detent.resolve.throwaway'} & set(sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "set()\n"


def test_a_search_that_goes_on_and_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throwaway, "_MOST_ROUNDS", 3)
    releases = world(
        {
            "a": {f"{n}.0": [f"c=={n}"] for n in range(1, 9)},
            "b": {f"{n}.0": [f"c=={n + 9}"] for n in range(1, 9)},
            "c": [f"{n}.0" for n in range(1, 30)],
        }
    )

    with pytest.raises(TooDeep, match=r"^no answer was found within 3 rounds of search$") as failure:
        pinned(["a", "b"], releases)
    error: DetentError = failure.value
    assert "refuse each other" in error.why
