from pathlib import Path

import pytest

from detent.store.layout import Layout

LAYOUT = Layout(Path("/store"))
DIGEST = "ab" + "0" * 62


def test_a_wheel_lies_in_the_shard_of_its_digest() -> None:
    assert LAYOUT.wheel(DIGEST) == Path(f"/store/wheels-v2/unpacked/0-ab/{DIGEST}")
    assert LAYOUT.metadata(DIGEST) == Path(f"/store/metadata-v1/0-ab/{DIGEST}")


@pytest.mark.parametrize(
    "digest", ["", "ab", DIGEST.upper(), DIGEST + "0", "../" + DIGEST[3:], DIGEST[:-1] + "\n"]
)
def test_what_is_no_sha256_names_no_place(digest: str) -> None:
    for place in (LAYOUT.wheel, LAYOUT.metadata, LAYOUT.pylock):
        with pytest.raises(ValueError, match="sha256"):
            place(digest)


@pytest.mark.parametrize("key", ["", "..", ".", "../x", "a/b", "/a", ".facts", "a\0", "a\n", "a" * 201])
def test_a_key_is_one_plain_component(key: str) -> None:
    for place in (LAYOUT.interpreter, LAYOUT.template, LAYOUT.user, LAYOUT.lock, LAYOUT.fact):
        with pytest.raises(ValueError, match="plain name"):
            place(key)
    with pytest.raises(ValueError, match="plain name"):
        LAYOUT.listing("https://index.example.com/simple/", key)


def test_two_indexes_share_nothing() -> None:
    first = LAYOUT.listing("https://one.example.com/simple/", "a")
    second = LAYOUT.listing("https://two.example.com/simple/", "a")

    assert first != second
    assert first.name == second.name == "a"


def test_the_files_of_one_project_in_an_index_are_told_apart() -> None:
    url = "https://index.example.com/simple/"

    places = {
        LAYOUT.listing(url, "a"),
        LAYOUT.listing_files(url, "a"),
        LAYOUT.listing_metadata(url, "a"),
        LAYOUT.index_facts(url),
    }

    assert len(places) == 4
    assert {place.parent for place in places} == {LAYOUT.index_folder(url)}


def test_no_shard_can_be_imported() -> None:
    assert not LAYOUT.wheel(DIGEST).parent.name.isidentifier()
