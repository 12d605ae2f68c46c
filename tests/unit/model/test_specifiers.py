import marshal

import pytest
from packaging.version import Version

from detent.model.specifiers import (
    InvalidSpecifier,
    canonical_specifier,
    clause_contains,
    clause_spans,
    is_prerelease,
    parse_clause,
    parse_clauses,
    version_key,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("", ""),
        ("  ", ""),
        ("<2, >=1.0", ">=1.0,<2"),
        ("!=1.5,<2,>=1,!=1.2", ">=1,<2,!=1.2,!=1.5"),
        ("== v1.0-RC1", "==1.0rc1"),
        (">=1.0,>=1.0,", ">=1.0"),
        ("~= 1.2 , !=1.3.*", "~=1.2,!=1.3.*"),
        ("==1!2.*", "==1!2.*"),
        ("===  Any-Thing", "===Any-Thing"),
        ("==1.0+Ubuntu-1", "==1.0+ubuntu.1"),
    ],
)
def test_a_specifier_has_one_text(written: str, canonical: str) -> None:
    assert canonical_specifier(written) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.0", "`1.0` has no comparison before it, such as `==` or `>=`"),
        ("=1.0", "`=1.0`: `=` is no comparison, write `==`"),
        ("latest", "`latest` is not a version comparison such as `>=1.2`"),
        (">=", "`>=` has no version after `>=`"),
        (">=abc", "`abc` is not a valid version"),
        (f">={'9' * 5000}", f"`{'9' * 5000}` is not a valid version"),
        (">=1.*", "`>=1.*`: `.*` can only stand after `==` or `!=`"),
        ("==1.0rc1.*", "`==1.0rc1.*`: `.*` can only follow a plain version such as `1.2`"),
        ("~=1", "`~=1`: `~=` needs at least two numbers, such as `~=1.0`"),
        ("<1.0+x", "`<1.0+x`: a local part (`+x`) needs `==` or `!=`"),
        ("===a b", "`===a b` has a blank or bracket in what `===` compares with"),
        (">=1,,<2", "`` is not a version comparison such as `>=1.2`"),
    ],
)
def test_what_is_no_specifier_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidSpecifier) as caught:
        canonical_specifier(text)

    assert str(caught.value) == reason


def test_a_clause_keeps_its_parts() -> None:
    (clause,) = parse_clauses(" != 1.4.* ")

    assert (clause.operator, clause.text, clause.version, clause.wildcard) == (
        "!=",
        "1.4.*",
        Version("1.4"),
        True,
    )


def test_keys_are_plain_and_order_as_pep_440_says() -> None:
    written = [
        "1.dev0",
        "1a1.dev1",
        "1a1",
        "1a1.post1",
        "1b2",
        "1rc1",
        "1",
        "1+a",
        "1+1",
        "1.post1.dev2",
        "1.post1",
        "1.0.1",
        "2",
        "1!0.1",
    ]

    keys = [version_key(Version(text)) for text in written]

    assert keys == sorted(keys)
    assert marshal.loads(marshal.dumps(keys)) == keys
    assert version_key(Version("1.0.0")) == version_key(Version("1"))


def test_pre_releases_are_seen_in_the_key() -> None:
    pre = [text for text in ("1", "1a1", "1.dev1", "1.post1", "1.post1.dev1", "1+x") if _is_pre(text)]

    assert pre == ["1a1", "1.dev1", "1.post1.dev1"]


def _is_pre(text: str) -> bool:
    return is_prerelease(version_key(Version(text)))


def test_an_exclusive_bound_leaves_out_the_family_of_its_version() -> None:
    below, above = parse_clause("<2"), parse_clause(">2")

    assert not clause_contains(below, "2rc1")
    assert not clause_contains(above, "2.post1")
    assert not clause_contains(above, "2+local")
    assert clause_contains(parse_clause(">2.post1"), "2.post2")
    assert clause_contains(parse_clause("<2rc2"), "2rc1")


def test_only_texts_are_compared_by_the_arbitrary_operator() -> None:
    clause = parse_clause("===1.0-X")

    assert clause_contains(clause, "1.0-x")
    assert not clause_contains(clause, "1.0")
    with pytest.raises(InvalidSpecifier, match="no order"):
        clause_spans(clause)


def test_a_text_that_is_no_version_is_in_no_range() -> None:
    assert not clause_contains(parse_clause("!=1"), "6.8.0-45-generic")
