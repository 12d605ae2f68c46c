"""An index as overrides, exclusions and stated metadata leave it."""

from typing import Any

from detent.model.adjustments import NO_ADJUSTMENTS
from detent.model.candidate import Metadata
from detent.model.requirement import package_name
from detent.resolve.adjusted import with_adjustments
from detent.resolve.ports import Releases
from support.worlds import World, project, release, world

A, B, C = package_name("a"), package_name("b"), package_name("c")


def adjusted(releases: World, **words: Any) -> Releases:
    said = {word.replace("_", "-"): what for word, what in words.items()}
    return with_adjustments(releases, project(adjustments=said).adjustments)


def needs(metadata: Metadata | None, extra: str = "") -> list[str]:
    assert metadata is not None
    return [str(need) for need in (metadata.for_extra(extra) or () if extra else metadata.base)]


def test_where_nothing_is_adjusted_the_index_itself_answers() -> None:
    releases = world({"a": ["1.0"]})

    assert with_adjustments(releases, NO_ADJUSTMENTS) is releases
    assert adjusted(releases, constraints=["a<1"], environments=["sys_platform == 'win32'"]) is releases


def test_overrides_and_exclusions_act_on_the_base_and_on_every_extra() -> None:
    releases = world({"a": {"1.0": ["b<2", "c", "b[x]>=1; extra == 'e'", "c; extra == 'f'"]}})

    metadata = adjusted(releases, overrides=["b>=3; python_version < '3.12'"], excludes=["c"]).metadata(A, 1)

    assert needs(metadata) == ["b>=3; python_version < '3.12'"]
    assert needs(metadata, "e") == ["b[x]>=3; python_version < '3.12'"]
    assert needs(metadata, "f") == []
    assert metadata is not None
    assert [extra for extra, _ in metadata.extras] == ["e", "f"]


def test_an_override_of_one_version_is_found_by_any_spelling_of_it() -> None:
    releases = world({"a": {"1.0": ["b<2"], "2.0": ["b<2"]}, "c": {"1.0": ["b<2"]}})
    view = adjusted(
        releases, overrides=[{"package": {"name": "a", "version": "2"}, "dependencies": ["b>=3"]}]
    )

    assert needs(view.metadata(A, 1)) == ["b<2"]
    assert needs(view.metadata(A, 2)) == ["b>=3"]
    assert needs(view.metadata(C, 1)) == ["b<2"]


def test_an_exclusion_of_one_version_is_found_by_any_spelling_of_it() -> None:
    releases = world({"a": {"1.0": ["b", "c"], "2.0": ["b", "c"]}, "d": {"1.0": ["b"]}})
    view = adjusted(releases, excludes=[{"package": {"name": "a", "version": "2"}, "dependencies": ["b"]}])

    assert needs(view.metadata(A, 1)) == ["b", "c"]
    assert needs(view.metadata(A, 2)) == ["c"]
    assert needs(view.metadata(package_name("d"), 1)) == ["b"]


def test_stated_metadata_is_never_fetched_and_what_is_stated_of_one_version_comes_first() -> None:
    releases = world({"a": {"1.0": release(unreadable="no"), "2.0": release(unreadable="no")}, "b": ["1.0"]})
    view = adjusted(
        releases,
        metadata=[
            {"name": "a", "requires-dist": ["c"]},
            {
                "name": "a",
                "version": "2",
                "requires-dist": ["b; extra == 'x'", "c; extra == 'y'", "b<2"],
                "provides-extra": ["x", "z"],
            },
        ],
    )

    view.expect([A, B], [(A, 1), (B, 1), (A, 2)])
    view.expect([], [(A, 1)])

    assert needs(view.metadata(A, 1)) == ["c"]
    assert needs(view.metadata(A, 2)) == ["b<2"]
    found = view.metadata(A, 2)
    assert found is not None
    assert [(extra, [str(need) for need in added]) for extra, added in found.extras] == [
        ("x", ["b"]),
        ("z", []),
    ]
    assert view.unreadable(A, 1) == ""
    assert releases.metadata_asked == []
    assert releases.expected == [((A, B), ((B, 1),))]


def test_metadata_that_is_not_stated_is_unreadable_for_the_same_reason() -> None:
    releases = world({"a": {"1.0": release(unreadable="it is torn")}})
    view = adjusted(releases, metadata=[{"name": "a", "version": "2.0"}])

    assert view.metadata(A, 1) is None
    assert view.unreadable(A, 1) == "it is torn"
    assert view.index_url == releases.index_url
    assert view.artifacts(A, 1) == releases.artifacts(A, 1)


def test_a_stated_python_requirement_counts_in_the_listing_and_without_one_the_index_is_believed() -> None:
    releases = world({"a": {"1.0": release(python=">=3.12"), "2.0": release(python=">=3.14")}, "b": ["1.0"]})
    view = adjusted(
        releases,
        metadata=[{"name": "a", "version": "1.0", "requires-python": ">=3.9"}, {"name": "a"}],
    )

    assert [each.requires_python for each in view.listing(A).releases] == [">=3.9", ">=3.14"]
    told = [view.metadata(A, number) for number in (1, 2)]
    assert [each and each.requires_python for each in told] == [">=3.9", ">=3.14"]
    assert view.listing(A) is view.listing(A)
    assert view.listing(B) is releases.listing(B)
