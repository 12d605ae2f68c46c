"""Attestation identities: their text, what is refused, and how a publisher is named."""

import pytest

from detent.model.attestations import identity_of, identity_text, publisher


def test_kind_comes_first_and_the_rest_is_sorted_and_null_says_nothing() -> None:
    table = {
        "repository": "pypa/build",
        "claims": None,
        "kind": "GitHub",
        "environment": "",
        "workflow": "r.yml",
    }

    text = identity_text(table)

    assert text == '{kind = "GitHub", environment = "", repository = "pypa/build", workflow = "r.yml"}'
    assert identity_text(identity_of(text)) == text


def test_what_an_index_says_cannot_leave_its_line() -> None:
    text = identity_text({"kind": 'a"b\n]', 'k"=\n': "\x1b[31m", "deep": {"x y": [True, -1, {"z": "ü"}]}})

    assert text.isprintable()
    assert identity_of(text) == {
        "kind": 'a"b\n]',
        'k"=\n': "\x1b[31m",
        "deep": {"x y": [True, -1, {"z": "ü"}]},
    }


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"kind": None},
        {"kind": 1},
        {"kind": "x", "n": 1.5},
        {"kind": "x", "n": 2**64},
        {"kind": "x", "n": {1: 2}},
        {"kind": "x" * 5000},
    ],
)
def test_what_is_no_identity_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"its `kind`|it is longer|it holds|a name in it"):
        identity_text(table)


def test_a_publisher_is_named_by_what_people_know_it_by() -> None:
    github = {"kind": "GitHub", "repository": "pypa/build", "workflow": "release.yml", "environment": "pypi"}

    assert publisher(identity_text(github)) == "GitHub pypa/build, release.yml, pypi"
    assert publisher(identity_text({"kind": "Google", "email": "a@example.com"})) == "Google a@example.com"
    assert publisher(identity_text({"kind": "Other", "who": "x"})) == "Other who x"
    assert publisher(identity_text({"kind": "Other"})) == "Other"
