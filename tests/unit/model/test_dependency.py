import pytest

from detent.model.candidate import Dependency
from detent.model.dependency import parse_dependency
from detent.model.requirement import InvalidRequirement, extra_name, package_name


def dependency(specifier: str = "", marker: str = "", url: str = "") -> Dependency:
    return Dependency(package_name("foo"), (), specifier, marker, url)


def test_a_line_without_extra_is_part_of_the_base() -> None:
    rows = parse_dependency("Foo (>=1.0) ; python_version < '3.9'", ["net"])

    assert rows == ((None, dependency(">=1.0", "python_version < '3.9'")),)


def test_a_line_of_an_extra_counts_for_that_extra_alone() -> None:
    rows = parse_dependency("foo>=1; extra == 'Net_Work' and os_name == 'nt'", ["dev", "net.work"])

    assert rows == ((extra_name("net-work"), dependency(">=1", "sys_platform == 'win32'")),)


def test_an_extra_has_a_row_where_it_adds_to_the_base() -> None:
    rows = parse_dependency("foo; python_version < '3.9' or extra == 'a'", ["a", "b"])

    assert rows == (
        (None, dependency(marker="python_version < '3.9'")),
        (extra_name("a"), dependency()),
    )


def test_an_extra_that_only_takes_away_leaves_the_base_as_it_is() -> None:
    assert parse_dependency("foo; extra != 'a'", ["a"]) == ((None, dependency()),)


def test_a_line_of_an_undeclared_extra_comes_to_nothing() -> None:
    assert parse_dependency("foo; extra == 'a'", ["b"]) == ()


def test_a_direct_reference_keeps_its_url() -> None:
    url = "https://files.example.com/foo.whl"

    assert parse_dependency(f"foo @ {url}", []) == ((None, dependency(url=url)),)


@pytest.mark.parametrize(
    ("line", "specifier"),
    [
        ("foo>=1.0.*", ">=1.0"),
        ("foo (>=1.0.*,<2.*)", ">=1.0,<2"),
        ("foo>=1.0 <2", ">=1.0,<2"),
        ("foo (>=1.0<2.0)", ">=1.0,<2.0"),
        ("foo=>1.0", ">=1.0"),
        ("foo>='1.0'", ">=1.0"),
        ("foo;", ""),
        ("foo (>dev)", ">0.0.dev0"),
        ("foo (!=~1.0,>=0.5)", ">=0.5,!=1.0.*"),
        ("foo>=2.7,!=3.0*,!=3.1*", ">=2.7,!=3.0.*,!=3.1.*"),
        ("foo>=3.6*", ">=3.6"),
        ("foo ==1.0.*", "==1.0.*"),
        ("foo~=1.0.*; python_version > '3'", "~=1.0"),
    ],
)
def test_spellings_of_old_releases_are_mended(line: str, specifier: str) -> None:
    ((gate, row),) = parse_dependency(line, [])

    assert gate is None
    assert row.specifier == specifier


@pytest.mark.parametrize("line", ["", "foo bar", "foo>=one", "foo; nonsense == 'x'", "foo 1.0"])
def test_what_cannot_be_mended_is_refused_as_it_was_written(line: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        parse_dependency(line, [])

    assert caught.value.text == line
