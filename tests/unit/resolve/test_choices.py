"""What there is to choose from in one environment, and in which order."""

from detent.model import markers
from detent.model.requirement import package_name
from detent.resolve.catalogue import Catalogue, Demand
from detent.resolve.choices import Choices
from detent.resolve.policy import Cause, ForkStrategy, Order, Policy, Prerelease, rules_for
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from support.worlds import World, project, release, world

A, B = package_name("a"), package_name("b")
EVERY = -2


def choices(
    releases: World,
    *dependencies: str,
    policy: Policy,
    environment: str = "python_version >= '3.10'",
    constraints: tuple[str, ...] = (),
    preferences: Preferences = NO_PREFERENCES,
    is_whole_only: bool = False,
) -> Choices:
    inputs = project(dependencies, adjustments={"constraints": list(constraints)})
    return Choices(
        Catalogue(
            releases, project=package_name("project"), pythons=markers.parse("python_version >= '3.10'")
        ),
        [
            Demand(need.name, need.extras, need.specifier, markers.environment_only(gate))
            for need, gate in inputs.roots()
        ],
        markers.parse(environment),
        rules=rules_for(policy, inputs.roots(), preferences, inputs.adjustments),
        preferences=preferences,
        earlier={},
        is_whole_only=is_whole_only,
    )


def order(here: Choices, name: str = "a") -> list[str]:
    """Give the versions of a package as they would be chosen, each once the better ones are gone."""
    listing = here.catalogue.listing(package_name(name))
    left, found = here.domain(name) & ~1, []
    while left:
        number = here.best(package_name(name), left)
        found.append(listing.release(number).version)
        left &= ~(1 << number)
    return found


VERSIONS = world({"a": ["1.0", "1.1b1", "1.1", "2.0rc1"], "b": ["1.0", "2.0"]})


def test_stable_versions_come_first_newest_or_oldest_first() -> None:
    assert order(choices(VERSIONS, policy=Policy())) == ["1.1", "1.0", "2.0rc1", "1.1b1"]
    assert order(choices(VERSIONS, policy=Policy(order=Order.LOWEST))) == ["1.0", "1.1", "1.1b1", "2.0rc1"]


def test_where_prereleases_are_as_good_as_others_their_number_alone_counts() -> None:
    every = Policy(Prerelease.ALLOW)

    assert order(choices(VERSIONS, policy=every)) == ["2.0rc1", "1.1", "1.1b1", "1.0"]
    assert order(choices(VERSIONS, policy=every._replace(order=Order.LOWEST))) == [
        "1.0",
        "1.1b1",
        "1.1",
        "2.0rc1",
    ]


def test_what_is_asked_for_in_this_environment_alone_is_old_by_the_mode_for_direct_requirements() -> None:
    policy = Policy(order=Order.LOWEST_DIRECT)
    asked = ("a>=1", "b>=1; sys_platform == 'win32'")
    windows, others = "sys_platform == 'win32'", "sys_platform != 'win32'"

    assert order(choices(VERSIONS, *asked, policy=policy, environment=windows), "b") == ["1.0", "2.0"]
    assert order(choices(VERSIONS, *asked, policy=policy, environment=others), "b") == ["2.0", "1.0"]
    assert order(choices(VERSIONS, *asked, policy=policy, environment=others))[0] == "1.0"


def test_a_locked_version_comes_before_all_order() -> None:
    locked = Preferences({A: (("1.1", markers.ALWAYS),)})

    assert order(choices(VERSIONS, policy=Policy(order=Order.LOWEST), preferences=locked))[:2] == [
        "1.1",
        "1.0",
    ]


def test_versions_are_better_or_worse_by_the_order_in_force() -> None:
    here, lowest = choices(VERSIONS, policy=Policy()), choices(VERSIONS, policy=Policy(order=Order.LOWEST))

    assert (here.before(A, 2), here.after(A, 2)) == (0b11000, 0b00010)
    assert (lowest.before(A, 2), lowest.after(A, 2)) == (0b00010, 0b11000)


def test_what_is_tried_next_has_no_prereleases_beside_others() -> None:
    here = choices(VERSIONS, policy=Policy(order=Order.LOWEST))

    assert list(here.in_order(A, EVERY & 0b11111)) == [1, 3]
    assert list(here.in_order(A, 0b10100)) == [2, 4]


def test_a_constraint_hides_versions_with_its_line_where_it_holds_everywhere() -> None:
    here = choices(VERSIONS, "a", policy=Policy(), constraints=("a<1.1; python_version >= '3.9'", "a<9"))

    assert order(here) == ["1.0"]
    (hidden,) = here.allowed(A).hidden
    assert (hidden.mask, hidden.cause) == (0b11100, Cause.CONSTRAINT)
    assert hidden.reason == "is ruled out by `a<1.1` (`constraint-dependencies`, pyproject.toml:3)"


def test_a_constraint_for_a_part_leaves_versions_that_serve_a_part() -> None:
    here = choices(VERSIONS, policy=Policy(), constraints=("a<1.1; sys_platform == 'win32'",))

    assert order(here)[0] == "1.1"
    assert here.partly_usable(A) == 0b11100
    bound = here.bound_in_part(A, 3)
    assert bound is not None
    assert bound.specifier == "<1.1"
    assert here.bound_in_part(A, 1) is None


def test_a_constraint_for_elsewhere_or_on_another_package_changes_nothing() -> None:
    here = choices(
        VERSIONS,
        policy=Policy(),
        constraints=("a<1; sys_platform == 'win32'", "b<1"),
        environment="sys_platform == 'linux'",
    )

    assert len(order(here)) == 4
    assert here.partly_usable(A) == 0


PYTHONS = world(
    {"a": {"1.0b1": [], "1.0": release(python=">=3.11"), "2.0": release(python=">=3.12"), "0.9": []}}
)
FEWEST = Policy(fork_strategy=ForkStrategy.FEWEST)


def test_where_few_versions_are_wanted_those_that_serve_all_come_first() -> None:
    assert order(choices(PYTHONS, policy=FEWEST)) == ["0.9", "1.0b1", "2.0", "1.0"]
    assert order(choices(PYTHONS, policy=Policy())) == ["2.0", "1.0", "0.9", "1.0b1"]


def test_where_few_versions_are_wanted_that_is_so_in_a_part_too() -> None:
    here = choices(PYTHONS, policy=FEWEST, environment="python_version >= '3.11'")

    assert order(here) == ["0.9", "1.0", "1.0b1", "2.0"]


def test_a_version_for_a_part_is_none_where_only_whole_answers_are_looked_for() -> None:
    here = choices(PYTHONS, policy=FEWEST, is_whole_only=True)

    assert order(here) == ["0.9", "1.0b1"]
    assert here.narrowed == {A}
