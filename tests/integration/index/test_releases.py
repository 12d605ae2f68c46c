"""The resolver's view of an index, over records and a real server."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detent.errors.build import BuildFailed
from detent.errors.fetch import IndexUnavailable, OfflineMiss, PageInvalid
from detent.events import ignore
from detent.index.client import Client
from detent.index.logins import Logins
from detent.index.releases import IndexReleases
from detent.index.remote import RemoteIndex
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName
from detent.store.layout import Layout
from support.index_commands import QUICK, World, files, needs, versions
from support.index_server import serve
from support.sdists import sdist
from support.wheels import wheel

A, B, C, GONE = map(PackageName, ("a", "b", "c", "gone"))

PACKAGES = [wheel("a", "1.0", requires=["b"]), wheel("a", "2.0", requires=["b>=2"]), wheel("b", "3")]


@pytest.mark.parametrize("json", [True, False])
def test_a_second_command_answers_from_records_without_a_single_request(
    *, tmp_path: Path, json: bool
) -> None:
    with serve(PACKAGES, json=json) as index:
        world = World(index, tmp_path)

        def look(releases: IndexReleases) -> object:
            releases.expect([A, B], [])
            answers = (
                versions(releases.listing(A)),
                needs(releases, A, 1),
                needs(releases, A, 2),
                releases.artifacts(A, 2),
                releases.listing(B).releases,
            )
            releases.save()
            return answers

        first = look(world.command())
        assert index.count() == 4

        second = look(world.command())
        assert second == first
        assert index.count() == 0
        assert world.remotes == 1


def test_a_warm_command_imports_no_network(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        releases = world.command()
        needs(releases, A, 1)
        releases.artifacts(A, 1)
        releases.save()
        program = (
            f"import sys\nsys.path[:] = {sys.path!r}\nfrom pathlib import Path\n"
            "from detent.index.releases import IndexReleases\nfrom detent.store.layout import Layout\n"
            f"r = IndexReleases(index_url={index.url!r}, layout=Layout(Path({str(world.layout.root)!r})),"
            f" remote=lambda: 1 / 0, now=lambda: {world.clock}, build_metadata=lambda *_: 1 / 0)\n"
            "r.expect(['a'], [('a', 1)])\n"
            "assert r.metadata('a', 1).base and r.artifacts('a', 1)\n"
            "r.save()\n"
            "cold = {'httpx', 'concurrent.futures', 'threading', 'json', 'zipfile', 'email', 'logging', 'urllib.request',"
            " 'packaging.requirements', 'packaging.specifiers', 'asyncio', 'subprocess', 'ssl'}\n"
            "print(sorted(cold & set(sys.modules)))\n"
        )

        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.stderr) == ("[]\n", "")


def test_everything_is_asked_for_once_also_while_it_is_on_its_way(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        index.fail("/simple/a/", stall_seconds=0.1)
        releases = World(index, tmp_path).command()

        releases.expect([A, B, A], [])
        releases.expect([A], [])
        releases.listing(A)
        releases.listing(B)
        releases.expect([], [(A, 1), (A, 2)])
        releases.expect([A], [(A, 1)])
        needs(releases, A, 1)
        needs(releases, A, 1)
        needs(releases, A, 2)
        releases.artifacts(A, 1)
        releases.save()

        assert sorted(index.paths()).count("/simple/a/") == 1
        assert len(set(index.paths())) == len(index.paths()) == 4


def test_what_is_there_first_can_be_asked_for_first(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        index.fail("/simple/a/", stall_seconds=0.1)
        index.fail("/files/b/", stall_seconds=0.1)
        releases = World(index, tmp_path).command()
        releases.expect([A, B], [])

        assert releases.first([(A, 0), (B, 0)]) == 1
        assert releases.first(iter([(A, 0)])) == 0
        for name in (A, B):
            releases.listing(name)
        releases.expect([], [(B, 1), (A, 2)])
        assert releases.first([(B, 1), (A, 2)]) == 1
        assert releases.first([(B, 1)]) == 0
        assert releases.first([(GONE, 0), (B, 1)]) == 0


def test_what_arrived_unasked_is_kept_for_the_next_command(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        releases = world.command()
        releases.listing(A)
        releases.expect([], [(A, 1), (A, 2)])
        needs(releases, A, 2)
        for pending in list(releases._asked.values()):
            pending.result()
        releases.save()

        again = world.command()
        assert needs(again, A, 1) == ["b"]
        assert index.count() == 0


@pytest.mark.parametrize(
    ("cache_control", "later", "requests"),
    [
        (None, 598, 0),
        (None, 601, 1),
        ("max-age=5", 3, 0),
        ("max-age=5", 6, 1),
        ("no-cache", 0, 1),
        ("max-age=5000", 4000, 0),
    ],
)
def test_a_listing_is_believed_as_long_as_the_index_says(
    tmp_path: Path, cache_control: str | None, later: float, requests: int
) -> None:
    with serve(PACKAGES, cache_control=cache_control) as index:
        world = World(index, tmp_path)
        world.command().listing(A)
        world.clock += later

        again = world.command()

        assert versions(again.listing(A)) == ["1.0", "2.0"]
        assert index.count() == requests


@pytest.mark.parametrize("etag", [True, False])
def test_a_stale_listing_that_did_not_change_is_renewed_and_keeps_its_metadata(
    *, tmp_path: Path, etag: bool
) -> None:
    with serve(PACKAGES, etag=etag) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 2)
        first.save()
        world.clock += 1000

        second = world.command()
        assert needs(second, A, 2) == ["b>=2"]
        assert files(second, A, 2) == ["a-2.0-py3-none-any.whl"]
        assert [("if-none-match" in r.headers) for r in index.requests] == [etag]

        third = world.command()
        assert versions(third.listing(A)) == ["1.0", "2.0"]
        assert index.count() == 0


def test_a_changed_page_keeps_the_metadata_of_files_that_are_still_listed(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 1)
        needs(first, A, 2)
        first.artifacts(A, 2)
        first.save()
        index.add(*wheel("a", "1.5")[:2])
        index.add(*wheel("a", "2.0", requires=["replaced"])[:2])
        world.clock += 1000

        second = world.command()
        assert versions(second.listing(A)) == ["1.0", "1.5", "2.0"]
        assert needs(second, A, 1) == ["b"]
        assert needs(second, A, 3) == ["replaced"]
        assert second.artifacts(A, 3)[0].sha256 == index.files["a-2.0-py3-none-any.whl"].digests["sha256"]
        assert index.paths() == ["/simple/a/", "/files/a/a-2.0-py3-none-any.whl.metadata"]


def test_revalidating_asks_again_for_what_is_older_than_the_command_and_tells_of_changes(
    tmp_path: Path,
) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        first = world.command()
        assert [first.listing(name).count for name in (A, B)] == [2, 1]
        assert not first.revalidate()
        assert index.count() == 2

        index.add(*wheel("a", "9")[:2])
        late = world.command()
        assert versions(late.listing(A)) == ["1.0", "2.0"]
        late.listing(B)
        assert not late.revalidate([B, GONE])
        assert index.paths() == ["/simple/b/"]

        assert late.revalidate()
        assert versions(late.listing(A)) == ["1.0", "2.0", "9"]
        assert index.paths() == ["/simple/b/", "/simple/a/"]
        assert not late.revalidate()
        assert index.count() == 2


@pytest.mark.parametrize(
    ("refresh", "a", "b"),
    [
        (frozenset(), ["1.0", "2.0"], ["3"]),
        (frozenset({A}), ["1.0", "2.0", "9"], ["3"]),
        (None, ["1.0", "2.0", "9"], ["3", "9"]),
    ],
)
def test_refreshing_believes_no_record_of_before(
    refresh: frozenset[PackageName] | None, a: list[str], b: list[str], tmp_path: Path
) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        before = world.command()
        before.listing(A)
        before.listing(B)
        for name in ("a", "b"):
            index.add(*wheel(name, "9")[:2])

        late = world.command(refresh=refresh)

        assert (versions(late.listing(A)), versions(late.listing(B))) == (a, b)


def test_a_project_that_does_not_exist_has_no_releases_and_is_asked_for_in_every_command(
    tmp_path: Path,
) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        first = world.command()
        assert first.listing(GONE).count == 0
        assert first.listing(GONE).count == 0
        assert index.count() == 1

        index.add(*wheel("gone", "1")[:2])
        assert versions(world.command().listing(GONE)) == ["1"]


def test_a_project_that_does_not_exist_is_remembered_as_long_as_the_index_says(tmp_path: Path) -> None:
    with serve(cache_control="max-age=50") as index:
        world = World(index, tmp_path)
        world.command().listing(GONE)
        index.add(*wheel("gone", "1")[:2])

        assert versions(world.command().listing(GONE)) == []
        world.clock += 50
        assert versions(world.command().listing(GONE)) == ["1"]


def test_a_project_that_was_taken_down_is_gone_and_may_come_back(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        world.command().listing(B)
        index.remove("b-3-py3-none-any.whl")
        world.clock += 1000
        assert world.command().listing(B).count == 0

        index.add(*wheel("b", "4")[:2])
        assert versions(world.command().listing(B)) == ["4"]


def test_a_broken_answer_is_an_error_whether_it_was_expected_or_not_and_only_once_asked_for(
    tmp_path: Path,
) -> None:
    with serve(PACKAGES) as index:
        index.fail("/simple/a/", times=None, status=503)
        index.pages["b"] = ("text/plain", b"hello")
        releases = World(index, tmp_path).command()
        releases.expect([A, B], [])

        for _ in range(2):
            with pytest.raises(IndexUnavailable):
                releases.listing(A)
            with pytest.raises(PageInvalid):
                releases.listing(B)
        assert index.count("/simple/b/") == 1
        releases.save()


def test_offline_old_records_serve_and_what_is_missing_is_named(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 2)
        first.save()
        world.clock += 10_000

        offline = world.command(is_offline=True)
        offline.expect([A, B], [(A, 1), (A, 2)])
        assert needs(offline, A, 2) == ["b>=2"]
        assert files(offline, A, 1) == ["a-1.0-py3-none-any.whl"]
        with pytest.raises(OfflineMiss, match="network is off") as caught:
            offline.metadata(A, 1)
        assert "a 1.0" in caught.value.why
        with pytest.raises(OfflineMiss):
            offline.listing(B)
        assert not offline.revalidate()
        assert index.count() == 0


# ---- releases without a wheel ------------------------------------------------------------------


UNTOLD = [sdist(version=version, metadata_version="2.1") for version in ("1.0", "2.0", "3.0")]
"""Source distributions that only a build can tell of."""


def test_a_source_distribution_that_tells_is_not_built_and_not_fetched_again(tmp_path: Path) -> None:
    with serve([sdist(requires=["b"], extras={"x": ["c"]})]) as index:
        world = World(index, tmp_path)
        first = world.command()
        assert needs(first, A, 1) == ["b"]
        metadata = first.metadata(A, 1)
        assert metadata is not None
        assert metadata.for_extra("x")
        assert not metadata.is_built
        first.save()

        assert world.command().metadata(A, 1) == metadata
        assert index.count() == 0
        assert world.built == []


def test_what_only_a_build_can_tell_is_built_when_it_is_wanted_and_remembered(tmp_path: Path) -> None:
    with serve(UNTOLD) as index:
        world = World(index, tmp_path)
        first = world.command()
        first.listing(A)
        first.expect([], [(A, 3)])
        first.save()
        assert world.built == []

        for _ in range(2):
            assert needs(first, A, 3) == ["told==3.0"]
        assert first.unreadable(A, 3) == ""
        metadata = first.metadata(A, 3)
        assert metadata is not None
        assert metadata.is_built
        first.save()
        assert index.count("/files/") == 1

        again = world.command()
        assert again.metadata(A, 3) == metadata
        assert world.built == ["a 3.0"]
        assert index.count() == 0


def test_one_guess_of_a_source_distribution_is_fetched_at_a_time(tmp_path: Path) -> None:
    with serve([*UNTOLD, *PACKAGES[2:], sdist("c", metadata_version="2.1")]) as index:
        releases = World(index, tmp_path).command()
        for name in (A, B, C):
            releases.listing(name)
        releases.expect([], [(A, 3), (B, 1), (A, 2), (C, 1), (A, 1)])
        for pending in list(releases._asked.values()):
            pending.result()

        assert sorted(path.rpartition("/")[2] for path in index.paths() if "/files/" in path) == [
            "a-3.0.tar.gz",
            "b-3-py3-none-any.whl.metadata",
            "c-1.0.tar.gz",
        ]


def test_a_build_that_fails_is_a_reason_for_this_command_alone(tmp_path: Path) -> None:
    def fail(name: PackageName, version: str, *_: object) -> Metadata:
        raise BuildFailed(f"{name}=={version}", "`build_wheel` exited with code 1", output=["gcc: not found"])

    with serve(UNTOLD) as index:
        world = World(index, tmp_path)
        first = world.command(build_metadata=fail)

        assert first.metadata(A, 1) is None
        assert first.unreadable(A, 1) == "it could not be built: `build_wheel` exited with code 1"
        first.save()

        assert needs(world.command(), A, 1) == ["told==1.0"]
        assert index.count() == 0


def test_a_build_may_ask_for_other_releases_and_never_waits_for_itself(tmp_path: Path) -> None:
    with serve([*UNTOLD, *PACKAGES[2:], sdist("c", metadata_version="2.1")]) as index:
        world = World(index, tmp_path)
        seen: list[object] = []

        def build(name: PackageName, version: str, artifact: Artifact, archive: Path) -> Metadata:
            if name == A:
                seen.append(needs(releases, B, 1))
                seen.append(needs(releases, C, 1))
                seen.append(releases.unreadable(A, 2))
                releases.save()
            return world.build(name, version, artifact, archive)

        releases = world.command(build_metadata=build)

        assert needs(releases, A, 2) == ["told==2.0"]
        assert seen == [[], ["told==1.0"], "it is needed for its own build"]
        assert releases.unreadable(A, 2) == ""
        assert world.built == ["c 1.0", "a 2.0"]


def test_offline_a_source_distribution_that_is_at_hand_serves(tmp_path: Path) -> None:
    with serve([*UNTOLD, sdist("c", requires=["d"])]) as index:
        world = World(index, tmp_path)
        first = world.command()
        for name, number in ((A, 1), (C, 1)):
            first.listing(name)
            first._ask(first._projects[name], number).result()  # type: ignore[union-attr]  # kept, nothing saved

        offline = world.command(is_offline=True)
        assert needs(offline, A, 1) == ["told==1.0"]
        assert needs(offline, C, 1) == ["d"]
        with pytest.raises(OfflineMiss) as caught:
            offline.metadata(A, 2)
        assert "the metadata of a 2.0" in caught.value.why
        assert index.count() == 0


def test_refreshing_builds_again_and_reads_no_file_again_that_is_known_by_its_hash(tmp_path: Path) -> None:
    with serve([*UNTOLD, *PACKAGES[2:]]) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 1)
        needs(first, B, 1)
        first.save()

        late = world.command(refresh=None)
        needs(late, A, 1)
        needs(late, B, 1)

        assert world.built == ["a 1.0", "a 1.0"]
        assert index.paths() == ["/simple/a/", "/simple/b/"]


def test_a_wheel_that_comes_later_speaks_before_the_source_distribution(tmp_path: Path) -> None:
    with serve(UNTOLD) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 1)
        needs(first, A, 2)
        first.save()
        index.add(*wheel("a", "2.0", requires=["from-wheel"])[:2])
        world.clock += 1000

        second = world.command()

        assert needs(second, A, 1) == ["told==1.0"]
        assert needs(second, A, 2) == ["from-wheel"]
        assert world.built == ["a 1.0", "a 2.0"]


def test_a_higher_build_that_comes_later_takes_the_place_of_the_wheel_before(tmp_path: Path) -> None:
    later = wheel("a", "1.0", build="2", requires=["c"])
    with serve([wheel("a", "1.0", requires=["b"])]) as index:
        world = World(index, tmp_path)
        releases = world.command()
        assert needs(releases, A, 1) == ["b"]
        releases.save()

        index.add(later.filename, later.data)
        world.clock += 10_000

        assert needs(world.command(), A, 1) == ["c"]


def test_a_source_distribution_of_an_unsupported_form_is_unreadable_without_asking(tmp_path: Path) -> None:
    with serve([("a-1.0.tar.Z", b"compressed")]) as index:
        world = World(index, tmp_path)
        releases = world.command()

        assert releases.metadata(A, 1) is None
        assert "`a-1.0.tar.Z` is packed in a way that is not supported" in releases.unreadable(A, 1)
        assert index.paths() == ["/simple/a/"]


def test_why_metadata_cannot_be_read_is_remembered(tmp_path: Path) -> None:
    with serve([("a-1.0-py3-none-any.whl", b"nonsense")], metadata="none") as index:
        world = World(index, tmp_path)
        first = world.command()
        reason = first.unreadable(A, 1)
        first.save()

        again = world.command()
        assert again.metadata(A, 1) is None
        assert again.unreadable(A, 1) == reason != ""
        assert index.count() == 0


def test_two_commands_at_once_both_keep_what_they_learned(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        one, two = world.command(), world.command()
        needs(one, A, 1)
        needs(two, A, 2)
        one.save()
        two.save()

        after = world.command()
        assert (needs(after, A, 1), needs(after, A, 2)) == (["b"], ["b>=2"])
        assert index.count() == 0


@pytest.mark.parametrize(
    "spoil", [lambda data: b"", lambda data: data[:-1], lambda data: b"\x00" * len(data)]
)
def test_damaged_records_are_fetched_again(tmp_path: Path, spoil: Any) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        first = world.command()
        needs(first, A, 2)
        first.save()
        for path in world.layout.index_folder(index.url).iterdir():
            path.write_bytes(spoil(path.read_bytes()))

        again = world.command()
        assert needs(again, A, 2) == ["b>=2"]
        assert files(again, A, 2) == ["a-2.0-py3-none-any.whl"]


def test_lost_file_rows_are_fetched_again(tmp_path: Path) -> None:
    with serve(PACKAGES) as index:
        world = World(index, tmp_path)
        world.command().listing(A)
        world.layout.listing_files(index.url, A).unlink()

        assert files(world.command(), A, 2) == ["a-2.0-py3-none-any.whl"]
        assert index.paths() == ["/simple/a/"]


def test_credentials_are_used_and_never_kept(tmp_path: Path) -> None:
    with serve(PACKAGES, user=("me", "s3cret")) as index:
        layout = Layout(tmp_path / "cache")
        url = index.with_user("me", "s3cret")
        client = Client(logins=Logins((url,)), limits=QUICK)
        releases = IndexReleases(
            index_url=url,
            layout=layout,
            remote=lambda: RemoteIndex(
                client,
                index_url=index.url,
                layout=layout,
                scratch=lambda: tmp_path,
                now=lambda: 1.0,
                report=ignore,
            ),
            now=lambda: 1.0,
            build_metadata=World(index, tmp_path).build,
        )
        assert needs(releases, A, 2) == ["b>=2"]
        releases.save()

        kept = [path.read_bytes() for path in layout.root.rglob("*") if path.is_file()]
        assert len(kept) == 3
        assert not any(b"s3cret" in data for data in kept)
        assert releases.index_url == index.url
