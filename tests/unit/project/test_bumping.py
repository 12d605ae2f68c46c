"""Raising a version by its parts, and writing it where the old one stood."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from detent.errors import UsageError
from detent.errors.project import ManifestInvalid
from detent.project.bumping import PARTS, Bump, bumped, checked_version, parse_bump, with_version

MANIFEST = '[project]\nname = "demo"\nversion = {} # here\n\n[tool.x]\nversion = "1.2.3"\n'


def raised(version: str, *bumps: str) -> str:
    return bumped(version, tuple(map(parse_bump, bumps)))


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "post", "1.2.3.post1"),
        ("1.2.3.4", "minor", "1.3.0.0"),
        ("1.2", "patch", "1.2.1"),
        ("0", "minor", "0.1"),
        ("1.3.0b2.post1.dev5", "major", "2.0.0"),
        ("1.3.0b2.post1.dev5", "patch", "1.3.1"),
        ("1.3.0b2.post1.dev5", "stable", "1.3.0"),
        ("1.3.0b2.post1.dev5", "beta", "1.3.0b3"),
        ("1.3.0b2.post1.dev5", "rc", "1.3.0rc1"),
        ("1.3.0b2.post1.dev5", "post", "1.3.0b2.post2"),
        ("1.3.0b2.post1.dev5", "dev", "1.3.0b2.post1.dev6"),
        ("2.0.0rc1", "stable", "2.0.0"),
        ("2.0.0rc1", "patch", "2.0.1"),
        ("1.0.0.dev3", "alpha", "1.0.0a1"),
        ("1.0.0.dev3", "post", "1.0.0.post1"),
        ("2!1.0+loc.3", "minor", "2!1.1+loc.3"),
        ("1.2.3b1", "beta=7", "1.2.3b7"),
        ("1.2.3b1", "patch=10", "1.2.10"),
    ],
)
def test_one_part_is_raised_as_uv_raises_it(version: str, bump: str, expected: str) -> None:
    assert raised(version, bump) == expected


def test_a_part_of_the_release_and_a_phase_are_raised_together_in_either_order() -> None:
    assert raised("1.2.3", "minor", "beta") == "1.3.0b1"
    assert raised("1.2.3", "beta", "minor") == "1.3.0b1"
    assert raised("1.2.3", "patch", "dev") == "1.2.4.dev1"
    assert raised("1.2.3rc4", "minor", "rc=2") == "1.3.0rc2"


@pytest.mark.parametrize(
    ("bumps", "said"),
    [
        (("minor", "patch"), "only one of major, minor and patch"),
        (("patch", "patch"), "only one of major, minor and patch"),
        (("beta", "dev=7"), "only one of alpha, beta, rc and dev"),
        (("minor", "alpha", "beta"), "only one of alpha, beta, rc and dev"),
        (("stable", "minor"), "`--bump stable` cannot be used with another"),
        (("beta", "post"), "`--bump post` cannot be used with another"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(bumps: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        raised("1.2.3", *bumps)

    assert all(f"`{bump}`" in caught.value.why for bump in bumps)


@pytest.mark.parametrize(
    ("version", "bump", "becomes", "advice"),
    [
        ("1.2.3", "stable", "1.2.3", ""),
        ("1.2.3", "beta", "1.2.3b1", "--bump minor --bump beta"),
        ("1.2.3", "dev", "1.2.3.dev1", "--bump minor --bump dev"),
        ("1.3.0b2", "alpha", "1.3.0a1", ""),
        ("1.0.0.post3", "stable", "1.0.0", ""),
        ("1.2.3", "minor=2", "1.2.0", ""),
    ],
)
def test_raising_never_lowers(version: str, bump: str, becomes: str, advice: str) -> None:
    with pytest.raises(UsageError, match=f"`{becomes}` is no later version than `{version}`") as caught:
        raised(version, bump)

    *more, last = caught.value.next_steps
    assert [advice in step for step in more] == ([True] if advice else [])
    assert last.endswith(f"`detent version {becomes}`")


VERSIONS = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "3!"]),
    st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers))),
    st.sampled_from(["", "a1", "b2", "rc0"]),
    st.sampled_from(["", ".post0", ".post3"]),
    st.sampled_from(["", ".dev0", ".dev4"]),
    st.sampled_from(["", "+cpu.1"]),
)


@given(VERSIONS, st.sampled_from(PARTS), st.none() | st.integers(0, 12))
def test_what_comes_out_is_canonical_and_later(version: str, part: str, number: int | None) -> None:
    bump = Bump(next(p for p in PARTS if p == part), None if part == "stable" else number)
    try:
        found = bumped(version, (bump,))
    except UsageError:
        return

    assert str(Version(found)) == found
    assert Version(found) > Version(version)


@pytest.mark.parametrize(
    "text", ["nope", "stable=2", "beta=x", "beta=", "beta=-1", "", "beta=\u00b2", f"beta={'9' * 5000}"]
)
def test_what_is_no_bump_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_bump(text)


def test_a_version_given_is_made_canonical() -> None:
    assert checked_version("v1.0-RC1") == "1.0rc1"
    for text in ("blah", f"1.{'9' * 5000}"):
        with pytest.raises(UsageError, match="is not a version"):
            checked_version(text)


@pytest.mark.parametrize(
    ("literal", "becomes"),
    [('"1.2.3"', '"2.0"'), ("'1.2.3'", "'2.0'"), ('"1.\\u0032.3"', '"2.0"'), ("'''1.2.3'''", "'2.0'")],
)
def test_only_the_version_is_rewritten(literal: str, becomes: str) -> None:
    assert with_version(MANIFEST.format(literal), "2.0") == MANIFEST.format(becomes)


def test_line_ends_a_byte_order_mark_and_odd_layouts_are_kept() -> None:
    for text in (
        '\ufeff[project]\r\nversion="1.2.3"\r\nname="x"\r\n',
        'project = { name = "x", version = "1.2.3" }\n',
        'project.name = "x"\n"project".\'version\' = "1.2.3"\nx = nan\n',
    ):
        edited = with_version(text, "4")

        assert edited == text.replace("1.2.3", "4")
        assert tomllib.loads(edited.removeprefix("\ufeff"))["project"]["version"] == "4"


def test_a_version_that_the_back_end_finds_out_cannot_be_written() -> None:
    with pytest.raises(ManifestInvalid, match=r"`pyproject\.toml:3:1`.*`project\.dynamic` has `version`"):
        with_version('[project]\nname = "x"\ndynamic = ["version"]\n', "2.0")
