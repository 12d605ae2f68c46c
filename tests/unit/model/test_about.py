"""What a release says of itself, in one line."""

from typing import Any

import pytest

from detent.model.about import About
from detent.model.names import PackageName

WHOLE = "MIT License\n\nPermission is hereby granted, free of charge, to any person"


def said(**fields: Any) -> About:
    return About(PackageName("a"), "1.0")._replace(**fields)


@pytest.mark.parametrize(
    ("fields", "license_"),
    [
        ({}, ""),
        ({"license_expression": "MIT OR Apache-2.0", "license_text": "whatever"}, "MIT OR Apache-2.0"),
        ({"license_text": "BSD", "license_classifiers": ("License :: OSI Approved :: X",)}, "BSD"),
        (
            {"license_text": WHOLE, "license_classifiers": ("License :: OSI Approved :: MIT License",)},
            "MIT License",
        ),
        ({"license_text": WHOLE}, "MIT License"),
        ({"license_text": "x" * 100}, "x" * 79 + "…"),
        ({"license_text": "LICENSE", "license_classifiers": ("License :: OSI Approved",)}, "OSI Approved"),
        (
            {
                "license_classifiers": (
                    "License :: OSI Approved",
                    "License :: OSI Approved :: A",
                    "License :: B",
                )
            },
            "A, B",
        ),
    ],
)
def test_the_license_in_one_line(fields: dict[str, Any], license_: str) -> None:
    assert said(**fields).license == license_


def test_the_home_page_stands_in_its_field_or_under_its_label() -> None:
    urls = (("Source", "https://s.example"), ("Home-Page", "https://h.example"))

    assert said(urls=urls).home == "https://h.example"
    assert said(urls=urls, home_page="https://old.example").home == "https://old.example"
    assert said(urls=urls[:1]).home == ""


def test_nothing_is_known_until_a_file_was_read() -> None:
    assert not said().is_known
    assert said(read_from="a-1.0-py3-none-any.whl").is_known
