"""How an entry is named among those of its name."""

import pytest

from detent.lock.edges import edge_to, identity, is_end, source_order
from detent.lock.model import Direct, Edge, LockedPackage
from detent.model.requirement import package_name
from support.locks import entry

A = package_name("a")
REPOSITORY = Direct("vcs", "https://git.example.com/a.git", "git", "main", "84b3", "sub")
GIT = LockedPackage(A, "", direct=REPOSITORY, held_version="1.0")
FOLDER = LockedPackage(A, "", direct=Direct("directory", "libs/a", editable=True), held_version="1.0")
ARCHIVE = entry("a", "3.0")._replace(direct=Direct("archive", "https://x.example.com/a.whl"), index="")
OLD, NEW = entry("a", "1.0"), entry("a", "2.0")
MIRRORED = NEW._replace(index="https://other.example.com/simple/")


@pytest.mark.parametrize(
    ("package", "alike", "edge"),
    [
        (OLD, [OLD], Edge(A)),
        (GIT, [GIT], Edge(A)),
        (OLD, [OLD, NEW, GIT], Edge(A, "1.0")),
        (NEW, [OLD, NEW, MIRRORED], Edge(A, "2.0", NEW.index)),
        (GIT, [OLD, GIT], Edge(A, direct=REPOSITORY._replace(revision=""))),
        (FOLDER, [GIT, FOLDER], Edge(A, direct=Direct("directory", "libs/a"))),
        (ARCHIVE, [OLD, ARCHIVE], Edge(A, "3.0")),
        (ARCHIVE, [entry("a", "3.0"), ARCHIVE], Edge(A, direct=ARCHIVE.direct)),
        (entry("a", "3.0"), [entry("a", "3.0"), ARCHIVE], Edge(A, "3.0", OLD.index)),
    ],
)
def test_the_shortest_form_that_is_unique_is_taken(
    package: LockedPackage, alike: list[LockedPackage], edge: Edge
) -> None:
    assert edge_to(package, alike) == edge
    assert [other for other in alike if is_end(edge, other)] == [package]


def test_how_a_source_was_asked_for_tells_nothing_apart() -> None:
    asked = REPOSITORY._replace(revision="v1")

    assert identity(asked) == identity(REPOSITORY)
    assert is_end(Edge(A, direct=asked), GIT)
    assert not is_end(Edge(A, direct=asked._replace(commit="0000")), GIT)


def test_an_edge_means_no_entry_of_another_name() -> None:
    assert not is_end(Edge(package_name("b")), OLD)


def test_what_is_from_an_index_comes_first() -> None:
    assert sorted([GIT, ARCHIVE, OLD, FOLDER, MIRRORED], key=source_order) == [
        OLD,
        MIRRORED,
        ARCHIVE,
        FOLDER,
        GIT,
    ]
