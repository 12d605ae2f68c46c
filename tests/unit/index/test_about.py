"""METADATA of many years, and `[project]` tables, as what a release says of itself."""

import pytest

from detent.errors.fetch import MetadataInvalid
from detent.index.about import about_of_project, parse_about
from detent.model.names import PackageName

NEW = """\
Metadata-Version: 2.4
Name: A
Version: 1.0.0
Summary: Does  things
License-Expression: MIT
License-File: LICENSE
License-File: vendored/LICENSE
Author-email: Ann <ann@example.com>
Maintainer: Bo
Project-URL: Home Page, https://a.example.com
Project-URL: https://b.example.com
Classifier: Programming Language :: Python :: 3
Classifier: License :: OSI Approved :: MIT License

License: not a field any more
"""
OLD = """\
Metadata-Version: 1.1\r
Name: a\r
Version: 1.0\r
Summary: UNKNOWN things\r
Home-page: UNKNOWN\r
Author: UNKNOWN\r
License: The Licence\r
        \r
          Permission is granted\r
\tto all\r
Platform: any\r
"""


def test_the_fields_of_new_metadata() -> None:
    told = parse_about(NEW.encode(), "a-1.0.0-py3-none-any.whl")

    assert (told.name, told.version, told.summary) == ("a", "1.0.0", "Does things")
    assert (told.license_expression, told.license_text) == ("MIT", "")
    assert told.license_files == ("LICENSE", "vendored/LICENSE")
    assert told.license_classifiers == ("License :: OSI Approved :: MIT License",)
    assert (told.author, told.author_email, told.maintainer) == ("", "Ann <ann@example.com>", "Bo")
    assert told.urls == (("Home Page", "https://a.example.com"), ("", "https://b.example.com"))
    assert told.read_from == "a-1.0.0-py3-none-any.whl"


def test_a_whole_licence_keeps_its_lines_and_what_setuptools_put_for_nothing_is_nothing() -> None:
    told = parse_about(OLD.encode(), "a-1.0.tar.gz")

    assert told.license_text == "The Licence\n\n  Permission is granted\nto all"
    assert (told.author, told.home_page, told.summary) == ("", "", "UNKNOWN things")


@pytest.mark.parametrize("text", ["", "Name: a\n", "Name: b\nVersion: 1.0\n", "Name: a\nVersion: 2\n"])
def test_metadata_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(MetadataInvalid):
        parse_about(text.encode(), "a-1.0-py3-none-any.whl")


def test_the_project_table_of_a_folder() -> None:
    text = """
    [project]
    name = "a"
    description = "Does things"
    license = {text = "BSD\\nmore"}
    license-files = ["LICENSE", 3]
    authors = [{name = "Ann", email = "ann@example.com"}, {name = "Bo"}, "odd"]
    urls = {Homepage = "https://a.example.com", odd = 3}
    """

    told = about_of_project(text.encode(), PackageName("a"), "1.0")

    assert told is not None
    assert (told.summary, told.license_text, told.license_files) == ("Does things", "BSD\nmore", ("LICENSE",))
    assert (told.author, told.author_email) == ("Bo", "Ann <ann@example.com>")
    assert told.home == "https://a.example.com"


def test_an_expression_stands_in_the_project_table_as_text() -> None:
    told = about_of_project(b'[project]\nlicense = "MIT"\n', PackageName("a"), "1.0")

    assert told is not None
    assert (told.license_expression, told.license) == ("MIT", "MIT")


@pytest.mark.parametrize("raw", [b"", b"project = 3", b"[project", b"\xff"])
def test_without_a_project_table_a_folder_says_nothing(raw: bytes) -> None:
    assert about_of_project(raw, PackageName("a"), "1.0") is None
