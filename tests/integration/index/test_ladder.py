"""The metadata ladder: the cheapest way that works is taken, and every way gives the same answer."""

import random
from pathlib import Path
from typing import Any

import pytest

from detent.errors.fetch import HashMismatch, IndexUnavailable
from detent.events import ignore
from detent.index.client import Client
from detent.index.ladder import Found, Ladder
from detent.index.rows import artifact_of
from detent.index.sidecars import Sidecars
from detent.index.simple import parse_page
from detent.model.limits import Limits
from detent.model.requirement import PackageName
from detent.store.archives import Archives
from detent.store.layout import Layout
from support.index_server import IndexServer, MetadataFiles, serve
from support.sdists import Sdist, sdist
from support.wheels import Wheel, wheel

QUICK = Limits()._replace(tries=2)
A = PackageName("a")
MADE = wheel("a", "1.0", requires=["b>=1"], requires_python=">=3.9")
BIG = wheel("a", "1.0", requires=["b>=1"], files={"a.bin": random.Random(1).randbytes(100_000)})
"""A wheel that no range of its end holds as a whole."""


def read(
    index: IndexServer,
    scratch: Path,
    without: frozenset[str] = frozenset(),
    sidecars: Sidecars | None = None,
    limits: Limits = QUICK,
) -> Found:
    page = parse_page(index.page("a")[1], index.page("a")[0], f"{index.url}a/", A)  # type: ignore[index]
    files = [artifact_of(row) for each in page.files for row in each.rows]
    with Client(limits=limits, dice=lambda: -0.49) as client:
        sidecars = sidecars or Sidecars(None, lambda: 0.0)
        archives = Archives(Layout(scratch / "store"))
        ladder = Ladder(client, sidecars, archives, lambda: scratch, ignore)
        return ladder.read(A, "1.0", files, without)


def needs(found: Found) -> list[str]:
    assert found.metadata is not None, found.reason
    return [str(d) for d in found.metadata.base]


def tails(index: IndexServer) -> list[str]:
    return [("metadata" if p.endswith(".metadata") else "wheel") for p in index.paths()]


@pytest.mark.parametrize(
    ("world", "asked"),
    [
        ({"metadata": "announced"}, ["metadata"]),
        ({"metadata": "announced", "json": False}, ["metadata"]),
        ({"metadata": "unannounced"}, ["wheel"]),
        ({"metadata": "none"}, ["wheel"]),
        ({"metadata": "none", "etag": False}, ["wheel"]),
        ({"metadata": "none", "hashes": False, "sizes": False}, ["wheel"]),
    ],
)
def test_every_rung_gives_the_same_answer(tmp_path: Path, world: dict[str, Any], asked: list[str]) -> None:
    with serve([MADE], **world) as index:
        assert needs(read(index, tmp_path)) == ["b>=1"]
        assert tails(index) == asked


def test_without_ranges_a_big_wheel_is_fetched_whole_and_nothing_of_it_stays(tmp_path: Path) -> None:
    with serve([BIG], metadata="none", ranges=False) as index:
        assert needs(read(index, tmp_path)) == ["b>=1"]
        assert tails(index) == ["wheel", "metadata", "wheel"]
        assert list(tmp_path.iterdir()) == []


def test_without_ranges_metadata_that_nobody_announced_is_looked_for(tmp_path: Path) -> None:
    with serve([BIG], metadata="unannounced", ranges=False) as index:
        assert needs(read(index, tmp_path)) == ["b>=1"]
        assert tails(index) == ["wheel", "metadata"]


def test_announced_metadata_with_another_hash_is_not_believed(tmp_path: Path) -> None:
    with serve([MADE]) as index:
        index.fail(".metadata", times=None, body=MADE.metadata.replace(b"b>=1", b"evil"))

        assert needs(read(index, tmp_path)) == ["b>=1"]
        assert tails(index) == ["metadata", "metadata", "wheel"]


def test_announced_metadata_that_is_not_there_is_looked_for_in_the_wheel(tmp_path: Path) -> None:
    with serve([MADE]) as index:
        index.fail(".metadata", times=None, status=404)

        assert needs(read(index, tmp_path)) == ["b>=1"]


def test_a_page_in_place_of_unannounced_metadata_is_not_believed(tmp_path: Path) -> None:
    with serve([BIG], metadata="unannounced", ranges=False) as index:
        index.fail(".metadata", times=None, body=b"<html>Name: a</html>")

        found = read(index, tmp_path)

        assert needs(found) == ["b>=1"]
        assert found.without_sidecar == (BIG.sha256,)


def test_a_wheel_known_to_have_no_metadata_file_is_not_asked_for_one(tmp_path: Path) -> None:
    with serve([BIG], metadata="none", ranges=False) as index:
        read(index, tmp_path, without=frozenset((BIG.sha256,)))

        assert tails(index) == ["wheel", "wheel"]


def test_an_index_without_metadata_files_is_not_asked_for_them_for_long(tmp_path: Path) -> None:
    sidecars = Sidecars(None, lambda: 0.0)
    with serve([BIG], metadata="none", ranges=False) as index:
        for _ in range(10):
            read(index, tmp_path, sidecars=sidecars)

        assert tails(index).count("metadata") == 8


def test_a_universal_wheel_speaks_for_its_release_and_a_broken_one_is_passed_over(tmp_path: Path) -> None:
    def variant(tag: str, need: str, **more: Any) -> Wheel:
        return wheel("a", "1.0", requires=[need], tag=tag, **more)

    with serve(
        [variant("cp311-cp311-win32", "windows"), variant("py3-none-any", "any")], metadata="none"
    ) as index:
        assert needs(read(index, tmp_path)) == ["any"]

        index.add("a-1.0-py3-none-any.whl", b"not a zip at all")
        assert needs(read(index, tmp_path)) == ["windows"]


@pytest.mark.parametrize("metadata", ["announced", "none"])
def test_of_equal_tags_the_wheel_that_is_installed_speaks(tmp_path: Path, metadata: MetadataFiles) -> None:
    builds = [
        wheel("a", "1.0", requires=["first"]),
        wheel("a", "1.0", requires=["second"], build="2"),
        wheel("a", "1.0", requires=["tenth"], build="10", tag="py2.py3-none-any"),
        wheel("a", "1.0", requires=["windows"], build="11", tag="cp311-cp311-win32"),
    ]
    with serve(builds, metadata=metadata) as index:
        assert needs(read(index, tmp_path)) == ["tenth"]

        index.yank("a-1.0-10-py2.py3-none-any.whl")
        assert needs(read(index, tmp_path)) == ["second"]


def test_a_wheel_whose_place_another_takes_is_not_asked_where_that_cannot_tell(tmp_path: Path) -> None:
    with serve([MADE, ("a-1.0-1-py3-none-any.whl", b"not a zip at all")], metadata="none") as index:
        assert read(index, tmp_path).metadata is None


def test_a_wheel_with_tags_that_nothing_has_takes_no_place(tmp_path: Path) -> None:
    with serve([MADE, ("a-1.0-9-py3+-none-any.whl", b"")], metadata="none") as index:
        assert needs(read(index, tmp_path)) == ["b>=1"]


def test_a_release_none_of_whose_wheels_can_be_read_says_why(tmp_path: Path) -> None:
    with serve([("a-1.0-py3-none-any.whl", b"not a zip at all")], metadata="none") as index:
        found = read(index, tmp_path)

        assert (found.metadata, found.is_lasting) == (None, True)
        assert "does not end like a zip file" in found.reason

        index.fail(".whl", times=None, status=404)
        assert not read(index, tmp_path).is_lasting


def test_a_dead_server_is_not_taken_for_missing_metadata(tmp_path: Path) -> None:
    with serve([MADE]) as index:
        index.fail("/files/", times=None, status=503)

        with pytest.raises(IndexUnavailable):
            read(index, tmp_path)


# ---- source distributions ---------------------------------------------------------------------


def asked_files(index: IndexServer) -> list[str]:
    return [path.rpartition("/")[2] for path in index.paths()]


@pytest.mark.parametrize("form", [".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz", ".tar"])
@pytest.mark.parametrize("has_hashes", [True, False])
def test_a_release_without_a_wheel_is_asked_by_its_source_distribution(
    *, form: str, has_hashes: bool, tmp_path: Path
) -> None:
    made = sdist(requires=["b>=1"], form=form)
    with serve([made], hashes=has_hashes, sizes=has_hashes) as index:
        found = read(index, tmp_path)

        assert needs(found) == ["b>=1"]
        assert found.source == (made.sha256 if has_hashes else f"{index.origin}/files/a/{made.filename}")
        assert asked_files(index) == [made.filename]


def test_a_source_distribution_is_kept_and_fetched_once_whatever_its_size(tmp_path: Path) -> None:
    made = sdist(requires=["b>=1"], files={"big": random.Random(1).randbytes(100_000)})
    limits = QUICK._replace(memory_download_bytes=1000)
    with serve([made]) as index:
        for _ in range(2):
            assert needs(read(index, tmp_path, limits=limits)) == ["b>=1"]

        assert index.count() == 1
        assert Layout(tmp_path / "store").archive(made.sha256).read_bytes() == made.data
        assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_wheels_speak_alone_where_there_are_any(tmp_path: Path) -> None:
    with serve([sdist(requires=["c"]), MADE]) as index:
        assert needs(read(index, tmp_path)) == ["b>=1"]

        index.add(MADE.filename, b"not a zip at all")
        assert read(index, tmp_path).metadata is None
        assert not [name for name in asked_files(index) if name.endswith(".tar.gz")]


def test_of_several_source_distributions_the_best_form_speaks_unless_it_was_yanked(tmp_path: Path) -> None:
    with serve([sdist(requires=["zip"], form=".zip"), sdist(requires=["gz"])]) as index:
        assert needs(read(index, tmp_path)) == ["gz"]

        index.files["a-1.0.tar.gz"].yanked = "broken"
        assert needs(read(index, tmp_path)) == ["zip"]


def test_where_only_a_build_can_tell_the_archive_is_handed_over(tmp_path: Path) -> None:
    made = sdist(requires=["not to be trusted"], metadata_version="2.1")
    with serve([made]) as index:
        found = read(index, tmp_path)

        assert (found.metadata, found.reason) == (None, "")
        assert found.buildable is not None
        assert found.buildable.sdist.filename == made.filename
        assert found.buildable.archive.read_bytes() == made.data


@pytest.mark.parametrize(
    ("made", "reason", "is_lasting"),
    [
        (Sdist("a-1.0.tar.gz", b"not a tar at all"), "`a-1.0.tar.gz` was refused: it is damaged", False),
        (Sdist("a-1.0.tar.Z", b"compressed"), "packed in a way that is not supported", False),
        (sdist(pkg_info="Metadata-Version: 2.2\nName: b\nVersion: 1.0\n"), "metadata of `b 1.0`", True),
    ],
)
def test_a_source_distribution_that_cannot_be_read_says_why(
    made: Sdist, reason: str, *, is_lasting: bool, tmp_path: Path
) -> None:
    with serve([made]) as index:
        found = read(index, tmp_path)

        assert found.metadata is None
        assert found.buildable is None
        assert reason in found.reason
        assert found.is_lasting is is_lasting


def test_a_source_distribution_that_is_gone_says_so(tmp_path: Path) -> None:
    with serve([sdist()]) as index:
        index.fail("/files/", times=None, status=404)

        found = read(index, tmp_path)

        assert "cannot be had: there is nothing at" in found.reason
        assert not found.is_lasting


def test_a_source_distribution_with_another_hash_is_an_error_and_not_kept(tmp_path: Path) -> None:
    with serve([sdist()]) as index:
        index.fail("/files/", times=None, flip=True)

        with pytest.raises(HashMismatch):
            read(index, tmp_path)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# ---- the text itself ---------------------------------------------------------------------------


def text(index: IndexServer, scratch: Path, place: int = 0) -> str:
    page = parse_page(index.page("a")[1], index.page("a")[0], f"{index.url}a/", A)  # type: ignore[index]
    files = [artifact_of(row) for each in page.files for row in each.rows]
    with Client(limits=QUICK, dice=lambda: -0.49) as client:
        archives = Archives(Layout(scratch / "store"))
        ladder = Ladder(client, Sidecars(None, lambda: 0.0), archives, lambda: scratch, ignore)
        return ladder.text(A, files[place]).decode()


@pytest.mark.parametrize(
    ("made", "world", "asked"),
    [
        (MADE, {"metadata": "announced"}, ["metadata"]),
        (MADE, {"metadata": "none"}, ["wheel"]),
        (BIG, {"metadata": "unannounced", "ranges": False}, ["wheel", "metadata"]),
        (BIG, {"metadata": "none", "ranges": False}, ["wheel", "metadata", "wheel"]),
    ],
)
def test_the_metadata_of_a_wheel_is_given_as_it_stands(
    tmp_path: Path, made: Wheel, world: dict[str, Any], asked: list[str]
) -> None:
    with serve([made], **world) as index:
        assert text(index, tmp_path) == made.metadata.decode()
        assert tails(index) == asked


@pytest.mark.parametrize(
    ("made", "world"),
    [(MADE, {"metadata": "announced"}), (BIG, {"metadata": "unannounced", "ranges": False})],
)
def test_a_metadata_file_that_is_none_is_not_given(
    tmp_path: Path, made: Wheel, world: dict[str, Any]
) -> None:
    with serve([made], **world) as index:
        index.fail(".metadata", times=None, body=b"<html>Name: a</html>")
        assert text(index, tmp_path) == made.metadata.decode()


def test_a_source_distribution_is_asked_by_its_pkg_info(tmp_path: Path) -> None:
    with serve([sdist("a", "1.0")]) as index:
        assert text(index, tmp_path).startswith("Metadata-Version: ")
