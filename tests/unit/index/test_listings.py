"""Records of an index: what is kept comes back the same, and anything else is no record."""

from packaging.version import Version

from detent.index.listings import (
    FILES,
    LISTING,
    PACKED,
    KeptListing,
    Packed,
    Told,
    decode_metadata,
    encode_metadata,
    files_from_record,
    identity,
    listing_from_record,
    listing_record,
    packed_from_record,
    packed_record,
)
from detent.index.rows import decode_artifacts, encode_artifacts
from detent.model.candidate import Artifact, Dependency, Digest, Metadata
from detent.model.requirement import ExtraName, PackageName
from detent.model.versions import Release, columns, sets, version_key
from detent.store.records import decode_record, encode_record

SHA = Digest("sha256", "ab" * 32)


def release(version: str = "1.0", *, has_wheel: bool = True, yanked: bool = False) -> Release:
    return Release(version, version_key(Version(version)), ">=3.9", has_wheel, not has_wheel, yanked, 7)


def kept(*releases: Release, fetched_at: float = 100.0, fresh_seconds: float = 10.0) -> KeptListing:
    return KeptListing(
        fetched_at,
        fresh_seconds,
        '"tag"',
        "",
        "stamp",
        columns(releases),
        sets(releases),
        (7,) * len(releases),
    )


def test_a_listing_comes_back_from_its_record() -> None:
    listing = kept(release("1.0"), release("2.0rc1", has_wheel=False, yanked=True))

    back = listing_from_record(decode_record(encode_record(*LISTING, listing_record(listing)), *LISTING))

    assert back == listing
    assert back is not None
    assert back.releases() == [release("1.0"), release("2.0rc1", has_wheel=False, yanked=True)]


def test_a_listing_is_fresh_for_so_long_and_not_after_a_clock_was_set_back() -> None:
    listing = kept(fetched_at=100, fresh_seconds=10)

    assert [listing.is_fresh(now) for now in (99, 100, 109, 110)] == [False, True, True, False]


def test_files_come_back_from_their_blob_whatever_their_address() -> None:
    files = (
        Artifact("a-1.zip", "https://f.example/x/a-1.zip", (SHA,), 5, 7, ">=3", "", (SHA,)),
        Artifact("a-1-py3-none-any.whl", "https://f.example/get?name=a", (), None, None, "", "why", None),
        Artifact("a-1.tar.gz", "https://f.example/a-1.tar.gz", (), None, None, "", None, ()),
    )

    assert decode_artifacts(encode_artifacts(files)) == files


def test_metadata_comes_back_from_its_blob() -> None:
    need = Dependency(PackageName("b"), (ExtraName("x"),), ">=1", "python_version < '3.9'")
    metadata = Metadata(
        PackageName("a"), "1.0", ">=3.8", (need,), ((ExtraName("net"), (need, need)), (ExtraName("none"), ()))
    )

    for kept in (metadata, metadata._replace(is_built=True)):
        assert decode_metadata(encode_metadata(kept), PackageName("a"), "1.0") == kept


def test_packed_answers_come_back_and_do_not_depend_on_the_order_they_were_given_in() -> None:
    told = {"2.0": Told("s2", b"x"), "1.0": Told("s1", "it is broken")}
    packed = Packed("stamp", {"1.0": b"files"}, told, frozenset(("b", "a")))
    other = Packed("stamp", {"1.0": b"files"}, dict(reversed(told.items())), frozenset(("a", "b")))

    data = encode_record(*PACKED, packed_record(packed))

    assert packed_from_record(decode_record(data, *PACKED)) == packed
    assert encode_record(*PACKED, packed_record(other)) == data


def test_what_has_another_shape_is_no_record() -> None:
    for value in (None, (), (1, 2), "x", {"a": 1}):
        assert listing_from_record(value) is None
        assert files_from_record(value) is None
        assert packed_from_record(value) is None
    assert files_from_record(decode_record(encode_record(*FILES, ("s", {"1": b""})), *FILES)) is not None


def test_a_file_is_known_by_its_sha256_else_by_its_address() -> None:
    assert identity(Artifact("a", "https://f.example/a", (SHA,))) == SHA.value
    assert identity(Artifact("a", "https://f.example/a", ())) == "https://f.example/a"
