"""Commands under an upload cutoff see the index as it was, and leave records that say how it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from detent.index.releases import IndexReleases
from detent.model.requirement import PackageName
from support.index_commands import World, files, needs, versions
from support.index_server import IndexServer, serve
from support.sdists import sdist
from support.wheels import wheel

A, B = map(PackageName, ("a", "b"))
OLD, NEW = "2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z"
WHEEL = wheel("a", "1.0", requires=["honest"])
EVIL = wheel("a", "1.0", requires=["evil"], tag="cp312-none-any")


def moment(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


MARCH = moment(2024, 3, 1)


def march(_: PackageName) -> int | None:
    return MARCH


def upload(index: IndexServer, filename: str, uploaded: str | None) -> None:
    index.files[filename].uploaded = uploaded


def everything(releases: IndexReleases) -> object:
    return releases.listing(A).releases, releases.artifacts(A, 1), needs(releases, A, 1)


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("uploaded", [NEW, "2024-03-01T00:00:00Z", None])
def test_a_wheel_added_to_an_old_release_is_neither_listed_nor_read(
    *, json: bool, uploaded: str | None, tmp_path: Path
) -> None:
    with serve([WHEEL], json=json) as index:
        before = everything(World(index, tmp_path / "before").command())
        index.add(EVIL.filename, EVIL.data)
        upload(index, EVIL.filename, uploaded)

        releases = World(index, tmp_path / "after").command(cutoff=march)

        assert everything(releases) == before
        assert index.count(EVIL.filename) == 0


def test_what_was_read_from_a_file_that_is_cut_off_is_not_believed(tmp_path: Path) -> None:
    with serve([WHEEL, EVIL]) as index:
        world = World(index, tmp_path)
        upload(index, EVIL.filename, NEW)
        free = world.command()
        assert needs(free, A, 1) == ["evil"]
        free.artifacts(A, 1)
        free.save()

        strict = world.command(cutoff=march)
        assert needs(strict, A, 1) == ["honest"]
        assert files(strict, A, 1) == [WHEEL.filename]
        strict.save()

        again = world.command(cutoff=march)
        assert needs(again, A, 1) == ["honest"]
        assert index.count() == 0
        assert files(world.command(), A, 1) == [EVIL.filename, WHEEL.filename]


def test_what_only_a_file_of_before_says_is_not_kept_where_another_speaks_without_the_cutoff(
    tmp_path: Path,
) -> None:
    with serve([sdist("a", requires=["old"]), WHEEL]) as index:
        upload(index, WHEEL.filename, NEW)
        world = World(index, tmp_path)
        strict = world.command(cutoff=march)
        assert needs(strict, A, 1) == ["old"]
        strict.save()

        free = world.command()
        assert needs(free, A, 1) == ["honest"]
        assert [release.has_wheel for release in free.listing(A).releases] == [True]


def test_why_the_files_of_before_tell_nothing_is_not_kept_for_the_others(tmp_path: Path) -> None:
    with serve([("a-1.0-cp311-none-any.whl", b"nonsense"), WHEEL], metadata="none") as index:
        upload(index, WHEEL.filename, NEW)
        world = World(index, tmp_path)
        strict = world.command(cutoff=march)
        assert strict.metadata(A, 1) is None
        strict.save()

        assert needs(world.command(), A, 1) == ["honest"]


def test_a_release_that_came_later_stays_in_the_listing_without_files_and_tells_what_it_needs(
    tmp_path: Path,
) -> None:
    with serve([WHEEL]) as index:
        upload(index, WHEEL.filename, NEW)
        world = World(index, tmp_path)
        free = world.command()
        assert needs(free, A, 1) == ["honest"]
        free.save()
        releases = world.command(cutoff=march)
        releases.listing(A)
        releases.expect([], [(A, 1)])

        assert versions(releases.listing(A)) == ["1.0"]
        assert releases.listing(A).release(1).uploaded_at == moment(2024, 6, 1)
        assert releases.artifacts(A, 1) == ()
        assert needs(releases, A, 1) == ["honest"]
        assert index.count() == 0


def test_records_of_a_page_are_the_same_whatever_the_cutoff(tmp_path: Path) -> None:
    kept = []
    with serve([WHEEL, EVIL, wheel("a", "2.0")]) as index:
        upload(index, EVIL.filename, NEW)
        upload(index, "a-2.0-py3-none-any.whl", NEW)
        for folder, cutoff in (("free", {}), ("strict", {"cutoff": march})):
            world = World(index, tmp_path / folder)
            releases = world.command(**cutoff)
            assert releases.listing(A).count == 2
            releases.save()
            kept.append(
                {path.name: path.read_bytes() for path in world.layout.index_folder(index.url).iterdir()}
            )

    assert kept[0] == kept[1]


def test_every_package_has_a_moment_of_its_own(tmp_path: Path) -> None:
    with serve([WHEEL, EVIL, wheel("b", "1.0"), wheel("b", "1.0", tag="cp312-none-any")]) as index:
        upload(index, EVIL.filename, NEW)
        upload(index, "b-1.0-cp312-none-any.whl", NEW)

        releases = World(index, tmp_path).command(cutoff={A: MARCH}.get)

        assert files(releases, A, 1) == [WHEEL.filename]
        assert len(files(releases, B, 1)) == 2


def test_a_listing_that_changed_while_the_command_ran_is_cut_as_well(tmp_path: Path) -> None:
    with serve([WHEEL]) as index:
        world = World(index, tmp_path)
        world.command().listing(A)
        late = world.command(cutoff=march)
        late.listing(A)
        index.add(EVIL.filename, EVIL.data)
        upload(index, EVIL.filename, NEW)

        assert late.revalidate()
        assert files(late, A, 1) == [WHEEL.filename]
