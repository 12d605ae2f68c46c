"""File names of wheels and source distributions."""

import pytest
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from detent.lock.filename import (
    WheelName,
    canonical_version,
    is_url,
    local_path,
    name_in_location,
    same_version,
    split_sdist,
    split_wheel,
)


def test_a_wheels_name_is_taken_apart() -> None:
    assert split_wheel("Foo_bar-1.0+x-2b-py2.py3-none-any.whl") == WheelName(
        "Foo_bar", "1.0+x", (2, "b"), "py2.py3", "none", "any"
    )


@pytest.mark.parametrize(
    "filename",
    [
        "a-1.0-py3-none.whl",
        "a-1.0-1-2-py3-none-any.whl",
        "a-1.0-py3-none-any.zip",
        "a__b-1.0-py3-none-any.whl",
        "-1.0-py3-none-any.whl",
        "a-1.0-x-py3-none-any.whl",
        "a-1.0-py3.-none-any.whl",
        "a-1.0-py3--any.whl",
        "../a-1.0-py3-none-any.whl",
    ],
)
def test_what_packaging_refuses_is_refused(filename: str) -> None:
    with pytest.raises(ValueError, match="`"):
        split_wheel(filename)
    with pytest.raises(InvalidWheelFilename):
        parse_wheel_filename(filename)


@pytest.mark.parametrize("part", ["any\n", "any/x", "any\x1b", "\u0430ny", "a\\b"])
def test_only_plain_letters_get_through(part: str) -> None:
    with pytest.raises(ValueError, match="has invalid tags"):
        split_wheel(f"a-1.0-py3-none-{part}.whl")


def test_build_numbers_are_compared_as_numbers_and_none_is_least() -> None:
    names = [f"a-1.0{build}-py3-none-any.whl" for build in ("", "-2", "-2a", "-10")]

    assert sorted(names, key=lambda name: split_wheel(name).build) == names


def test_a_source_distributions_name_is_taken_apart() -> None:
    assert split_sdist("foo-bar-1.0.tar.gz") == ("foo-bar", "1.0")
    assert split_sdist("foo-1.0.post1.zip") == ("foo", "1.0.post1")


@pytest.mark.parametrize(
    "filename", ["foo-1.0.tar.bz2", "foo.tar.gz", "-1.0.tar.gz", "../foo-1.0.zip", "foo-1/0.zip"]
)
def test_what_is_no_source_distribution_is_refused(filename: str) -> None:
    with pytest.raises(ValueError, match="is not a source distribution"):
        split_sdist(filename)


def test_versions_are_normalised_and_compared_by_meaning() -> None:
    assert canonical_version("1.0-RC.1") == "1.0rc1"
    assert canonical_version("2024.01.05") == "2024.1.5"
    assert same_version("1.0", "1.0.0")
    assert not same_version("1.0", "1.0.1")


@pytest.mark.parametrize(
    ("location", "is_one", "name"),
    [
        ("https://x.example.com/a/b%2B1.whl?q=/#f/g", True, "b+1.whl"),
        ("file:///srv/a%zz.whl", True, "a%zz.whl"),
        ("libs/a b.whl", False, "a b.whl"),
        ("C:\\libs\\a.whl", False, "a.whl"),
        ("a%2B.whl", False, "a%2B.whl"),
    ],
)
def test_urls_and_paths_are_told_apart(location: str, is_one: bool, name: str) -> None:  # noqa: FBT001
    assert is_url(location) is is_one
    assert name_in_location(location) == name


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("vendor/a%2B.whl", "vendor/a%2B.whl"),
        ("file:///srv/a%20b%2B1.whl#sha256=00", "/srv/a b+1.whl"),
        ("FILE://localhost/srv/a.whl", "/srv/a.whl"),
        ("file:/srv/a.whl", "/srv/a.whl"),
        ("file://other.example.com/srv/a.whl", None),
        ("file:relative.whl", None),
        ("file:////other/a.whl", None),
        ("https://x.example.com/a.whl", None),
    ],
)
def test_a_location_on_this_machine_has_a_path(location: str, path: str | None) -> None:
    assert local_path(location) == path
