"""What the index has told: asked once, and ahead of time."""

from detent.model import markers
from detent.model.requirement import extra_name, package_name
from detent.resolve.catalogue import Catalogue, Demand, Unusable
from support.worlds import release, world

A, B, C, ME = map(package_name, ("a", "b", "c", "me"))


def test_listings_and_metadata_are_asked_for_once() -> None:
    releases = world({"a": {"1.0": ["b"]}})
    catalogue = Catalogue(releases, project=ME)

    for _ in range(3):
        catalogue.listing(A)
        catalogue.demands(A, 1, "")
        catalogue.demands(A, 1, "x")

    assert (releases.listings_asked, releases.metadata_asked) == ([A], [(A, 1)])


def test_demands_are_split_by_extra() -> None:
    releases = world({"a": {"1.0": ["b>=1; python_version < '3.12'", "c[y]; extra == 'x'"]}})
    catalogue = Catalogue(releases, project=ME)

    assert catalogue.demands(A, 1, "") == (Demand(B, (), ">=1", markers.parse("python_version < '3.12'")),)
    assert catalogue.demands(A, 1, "x") == (Demand(C, (extra_name("y"),), "", markers.ALWAYS),)
    assert catalogue.demands(A, 1, "unknown") == ()


def test_the_project_itself_is_never_looked_up() -> None:
    catalogue = Catalogue(world({"a": {"1.0": ["me>=1", "b"]}}), project=ME)

    assert catalogue.demands(A, 1, "") == (Demand(B, (), "", markers.ALWAYS),)


def test_a_version_that_cannot_be_used_says_why() -> None:
    catalogue = Catalogue(
        world({"a": {"1.0": release(unreadable="it is empty"), "2.0": ["b @ https://files.example/b.whl"]}}),
        project=ME,
    )

    assert catalogue.demands(A, 1, "") == Unusable("has metadata that cannot be read: it is empty")
    assert catalogue.demands(A, 2, "") == Unusable(
        "needs `b` from a URL, which only a project's own sources may say"
    )


def test_nothing_is_expected_twice() -> None:
    releases = world({"a": ["1.0"], "b": ["1.0"]})
    catalogue = Catalogue(releases, project=ME)

    catalogue.expect_listings([A, B, A])
    catalogue.expect_listings([B])
    catalogue.expect_metadata([(A, 1), (B, 1), (A, 1)])
    catalogue.expect_metadata([(B, 1)])

    assert releases.expected == [((A, B), ()), ((), ((A, 1), (B, 1)))]


def test_a_package_tried_three_times_has_its_next_versions_fetched_in_one_go() -> None:
    releases = world({"a": [f"{n}.0" for n in range(1, 101)]})
    catalogue = Catalogue(releases, project=ME)

    for tries in range(1, 40):
        catalogue.look_ahead(A, range(101 - tries, 0, -1), tries=tries)

    batches = [[number for _, number in metadata] for _, metadata in releases.expected]
    assert batches == [list(range(98, 74, -1)), list(range(74, 20, -1))]


def test_only_lower_bounds_of_a_python_requirement_count() -> None:
    catalogue = Catalogue(world({}), project=ME)

    assert catalogue.python(">=3.10,<3.13") == markers.requires_python(">=3.10")
