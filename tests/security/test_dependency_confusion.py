"""A private name is never taken from a public index (G12; CVE-2018-20225 of pip, by design there).

Two indexes, the private one first; what it answers decides, and only "there is no such project" lets the
other one speak.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from detent.errors import UsageError
from detent.errors.build import BuildError
from detent.errors.fetch import FetchError, IndexInTheWay
from detent.index.client import Client
from detent.index.indexes import Indexes, Member
from detent.index.releases import IndexReleases
from detent.index.remote import Manner, RemoteIndex
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.layout import Layout
from support.index_server import IndexServer, serve
from support.wheels import wheel

NAME = package_name("secret-tool")
QUICK = Limits()._replace(tries=1, read_seconds=0.3, connect_seconds=0.3)


@pytest.fixture
def private() -> Iterator[IndexServer]:
    with serve([wheel("secret-tool", "1.0")]) as index:
        yield index


@pytest.fixture
def public() -> Iterator[IndexServer]:
    with serve([wheel("secret-tool", "99.0")]) as index:
        yield index


@contextlib.contextmanager
def asking(
    folder: Path,
    *servers: IndexServer,
    explicit: str = "",
    pin: str = "",
    ignored: tuple[int, ...] = (),
    is_offline: bool = False,
) -> Iterator[Indexes]:
    """Ask the servers in this order; they are called `1`, `2` and so on."""
    layout, unbuilt = Layout(folder / "cache"), list[BuildError]()
    with Client(limits=QUICK, is_offline=is_offline) as client:

        def of_one(number: int, server: IndexServer) -> IndexReleases:
            def remote() -> RemoteIndex:
                return RemoteIndex(
                    client,
                    index_url=server.url,
                    layout=layout,
                    scratch=lambda: folder,
                    now=lambda: 1000.0,
                    report=lambda _: None,
                    manner=Manner(missing_codes=ignored, keeps_missing=True),
                )

            return IndexReleases(
                index_url=server.url,
                layout=layout,
                remote=remote,
                now=lambda: 1000.0,
                build_metadata=lambda *_: pytest.fail("nothing is built"),
                is_offline=is_offline,
                name=str(number),
                unbuilt=unbuilt,
            )

        yield Indexes(
            [
                Member(of_one(number, server), f"`{server.url}`", is_explicit=str(number) == explicit)
                for number, server in enumerate(servers, start=1)
            ],
            index_url=servers[-1].url,
            unbuilt=unbuilt,
            wait=client.wait,
            pins={NAME: pin} if pin else {},
        )


def versions(indexes: Indexes) -> list[str]:
    return [release.version for release in indexes.listing(NAME).releases]


REFUSALS = {
    "401": {"status": 401},
    "403": {"status": 403},
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "no answer in time": {"stall_seconds": 5},
    "connection cut": {"reset": True},
    "half a page": {"truncate": 20},
    "no page at all": {"body": b"<html"[::-1], "headers": {"Content-Type": "image/png"}},
    "broken JSON": {"body": b"{"},
}


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_an_earlier_index_that_gives_no_answer_stops_all(
    fault: dict[str, object], private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    private.fail(f"/simple/{NAME}/", times=None, **fault)

    with asking(tmp_path, private, public) as indexes:
        indexes.expect((NAME,), ())
        indexes.first(((NAME, 0),))
        with pytest.raises(IndexInTheWay) as caught:
            indexes.listing(NAME)

    assert caught.value.what == f"the index `{private.url}` could not be asked for `{NAME}`"
    assert "no later index is asked" in caught.value.why
    assert public.requests == []


@pytest.mark.parametrize("status", [404, 410])
def test_only_that_there_is_no_such_project_lets_the_next_index_speak(
    status: int, private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    private.fail("/simple/", times=None, status=status)

    with asking(tmp_path, private, public) as indexes:
        assert versions(indexes) == ["99.0"]
        assert indexes.origin(NAME, 1).index == public.url


def test_what_an_index_says_for_what_it_does_not_have_may_be_named(
    private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    private.fail("/simple/", times=None, status=403)

    with asking(tmp_path, private, public, ignored=(403,)) as indexes:
        assert versions(indexes) == ["99.0"]


def test_a_higher_version_on_a_later_index_counts_for_nothing(
    private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    with asking(tmp_path, private, public) as indexes:
        assert versions(indexes) == ["1.0"]
        assert indexes.index_of(NAME) == "1"
    assert public.requests == []  # nor does it hear the name


def test_order_decides_and_nothing_else(private: IndexServer, public: IndexServer, tmp_path: Path) -> None:
    with asking(tmp_path, public, private) as indexes:
        assert versions(indexes) == ["99.0"]


@pytest.mark.parametrize("fault", [{}, {"status": 404}, {"status": 403}], ids=["there", "404", "403"])
def test_a_pinned_package_comes_from_its_index_or_not_at_all(
    fault: dict[str, object], private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    if fault:
        private.fail("/simple/", times=None, **fault)

    with asking(tmp_path, public, private, explicit="2", pin="2") as indexes:
        if fault.get("status") == 403:
            with pytest.raises(IndexInTheWay):
                indexes.listing(NAME)
        else:
            assert versions(indexes) == ([] if fault else ["1.0"])
    assert public.requests == []


def test_an_explicit_index_serves_nothing_that_is_not_pinned(
    private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    with asking(tmp_path, private, public, explicit="1") as indexes:
        assert versions(indexes) == ["99.0"]
        assert [r.version for r in indexes.of_index("1").listing(NAME).releases] == ["1.0"]
        with pytest.raises(UsageError, match="there is no index named `3`"):
            indexes.of_index("3")
    assert private.count() == 1


def test_offline_a_later_index_is_believed_only_where_the_earlier_one_was_heard(
    private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    with asking(tmp_path, public) as indexes:
        assert versions(indexes) == ["99.0"]
    with asking(tmp_path, private, public, is_offline=True) as indexes, pytest.raises(FetchError):
        indexes.listing(NAME)

    private.remove("secret_tool-1.0-py3-none-any.whl")
    with asking(tmp_path, private, public) as indexes:
        assert versions(indexes) == ["99.0"]
    with asking(tmp_path, private, public, is_offline=True) as indexes:
        assert versions(indexes) == ["99.0"]


def test_a_private_index_that_gets_the_package_meanwhile_serves_it_once_it_is_asked_again(
    private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    kept = private.files.pop("secret_tool-1.0-py3-none-any.whl")
    with asking(tmp_path, private, public) as indexes:
        assert versions(indexes) == ["99.0"]
    private.files[kept.filename] = kept

    with asking(tmp_path, private, public) as indexes:
        indexes.listing(NAME)
        for member in indexes.members():
            member._started = 2000.0
        assert indexes.revalidate()
        assert versions(indexes) == ["1.0"]
