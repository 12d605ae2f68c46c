"""An index with packages from elsewhere in it, and the parts of the environments in which it differs."""

from collections.abc import Sequence

import pytest

from detent.lock.model import Origin
from detent.model import markers
from detent.model.references import reference_text
from detent.model.requirement import PackageName, package_name
from detent.model.sources import GitSource, IndexSource, SourceRule
from detent.resolve.sourced import Region, SourceAsked, Sourced, Sources, referring, unsettled
from support.sourced import COMMIT, sourced
from support.worlds import World, metadata_of, release, world

A, B, X = map(package_name, ("a", "b", "x"))
WINDOWS = "sys_platform == 'win32'"
NEW = "python_version >= '3.12'"
GIT = sourced("x", "1.5", git="https://git.example/x.git")
INDEX = "https://index.example/simple/"


def published() -> World:
    return world({"a": ["1.0"], "x": ["1.0", "2.0"]})


def regions(*some: Sourced, whole: str = "") -> list[Region]:
    return list(Sources(published(), some).regions(markers.parse(whole) if whole else markers.ALWAYS))


def texts(found: Sequence[Region]) -> list[str]:
    return [markers.render(region.where) for region in found]


def test_without_sources_the_index_is_as_it_was() -> None:
    index = published()

    (region,) = Sources(index, ()).regions(markers.ALWAYS)

    assert region.releases is index
    assert region.number(A, 1) == 1


def test_a_source_has_one_version_and_no_index() -> None:
    (region,) = regions(GIT)
    listing = region.releases.listing(X)

    assert [each.version for each in listing.releases] == ["1.5"]
    assert region.releases.metadata(X, 1) == GIT.metadata
    assert region.releases.origin(X, 1) == Origin("", GIT.direct)
    assert region.releases.unreadable(X, 1) == ""
    assert region.releases.artifacts(X, 1) == ()
    assert region.releases.origin(A, 1) == Origin(INDEX)


def test_parts_are_in_the_order_they_are_solved_in() -> None:
    extra = sourced("a", path="libs/a", marker="'cpu' in extras")

    assert texts(regions(GIT._replace(marker=markers.parse(NEW)))) == [NEW, "python_version < '3.12'"]
    assert texts(regions(extra)) == ["'cpu' not in extras", "'cpu' in extras"]


def test_sources_that_hold_together_or_not_at_all_make_no_further_parts() -> None:
    both = [one._replace(marker=markers.parse(WINDOWS)) for one in (GIT, sourced("a", path="libs/a"))]

    assert len(regions(*both)) == 2
    assert len(regions(*both, whole="sys_platform == 'linux'")) == 1
    assert len(regions(*both, whole=WINDOWS)) == 1


def test_rules_that_came_to_the_same_are_one() -> None:
    found = regions(
        GIT._replace(marker=markers.parse(WINDOWS)),
        GIT._replace(marker=markers.parse("sys_platform != 'win32'")),
    )

    assert texts(found) == [""]


def test_what_is_known_in_parts_of_one_source_is_put_together() -> None:
    linux = "sys_platform != 'win32'"
    here = sourced("x", "1.5", requires=["a"], git="https://git.example/x.git", marker=WINDOWS)
    there = sourced("x", "1.5", requires=["a", "b"], git="https://git.example/x.git", marker=linux)

    (region,) = regions(here, there)
    metadata = region.releases.metadata(X, 1)

    assert metadata is not None
    assert [row.name for row in metadata.base] == [A, B]


def test_a_number_outside_of_its_part_says_which_source_it_is_of() -> None:
    windows = GIT._replace(marker=markers.parse(WINDOWS))
    shelf = Sources(published(), [windows])
    elsewhere, here = shelf.regions(markers.ALWAYS)

    number = here.number(X, 1)

    assert (elsewhere.number(X, 2), elsewhere.own(X, number), here.own(X, number)) == (2, 0, 1)
    assert shelf.listing(X).release(number).version == "1.5"
    assert shelf.listing(X).release(2).version == "2.0"
    assert shelf.origin(X, number) == Origin("", GIT.direct)
    assert shelf.metadata(X, number) == GIT.metadata
    assert shelf.artifacts(X, number) == ()


def test_a_pinned_package_is_asked_of_its_index_alone() -> None:
    index = published()
    index.others["mine"] = world({"x": ["7.0"]})
    (region,) = Sources(index, [sourced("x", index="mine")]).regions(markers.ALWAYS)

    region.releases.expect([A, X], [(X, 1), (A, 1)])

    assert region.releases.listing(X).release(1).version == "7.0"
    assert index.expected == [((A,), ((A, 1),))]
    assert index.others["mine"].expected == [((X,), ((X, 1),))]
    assert X not in index.listings_asked


class Second(World):
    """An index that tells its second question first."""

    def first(self, wanted: object) -> int:
        return len(list(wanted)) - 1  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("wanted", "place"),
    [([(X, 1), (A, 0), (B, 0)], 2), ([(X, 1), (A, 0)], 1), ([(X, 1)], 0), ([], 0)],
)
def test_what_comes_first_is_asked_of_the_index_where_it_is_wanted(
    wanted: list[tuple[PackageName, int]], place: int
) -> None:
    (region,) = Sources(Second({"a": ["1.0"], "b": ["1.0"]}), [GIT]).regions(markers.ALWAYS)

    assert region.releases.first(wanted) == place


def test_who_asks_for_a_source_that_nobody_looked_at_is_told_so() -> None:
    rule = SourceRule(GIT.name, GitSource("https://git.example/a.git"))
    sources = Sources(published(), [unsettled(rule)])
    releases = sources.regions(markers.ALWAYS)[0].releases

    releases.expect([GIT.name], [(GIT.name, 1)])
    releases.listing(B if GIT.name != B else A)
    with pytest.raises(SourceAsked) as asked:
        releases.listing(GIT.name)

    assert asked.value.name == GIT.name


def test_what_a_package_says_of_its_dependencies_is_written_beside_the_bound() -> None:
    metadata = metadata_of(A, "1.0", release(["x>=1; python_version >= '3.12'", "b", "x; extra == 'e'"]))
    source = GitSource("https://git.example/x.git", "main", "branch")
    url = reference_text(source)
    rules = [
        SourceRule(X, source, markers.parse(WINDOWS)),
        SourceRule(B, IndexSource("mine")),
    ]

    found = referring(metadata, rules)

    assert [str(row) for row in found.base] == [
        "x>=1; python_version >= '3.12'",
        f"x @ {url} ; python_version >= '3.12' and {WINDOWS}",
        "b",
    ]
    assert [str(row) for row in found.for_extra("e") or ()] == ["x", f"x @ {url} ; {WINDOWS}"]


def test_a_reference_is_written_as_it_is_meant_where_the_lock_lies() -> None:
    metadata = metadata_of(A, "1.0", release(["x @ file:./x"]))
    source = GitSource("https://git.example/x.git", COMMIT, "rev")

    (row,) = referring(metadata, [SourceRule(X, source)]).base

    assert str(row) == f"x @ git+https://git.example/x.git@{COMMIT}"
