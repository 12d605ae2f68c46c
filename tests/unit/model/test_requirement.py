import pytest

from detent.model import markers
from detent.model.requirement import InvalidRequirement, Origin, Requirement, package_name, parse_requirement


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Foo", "foo"),
        ("Foo.Bar [B, a,b] ( <2,>=1.0 )", "foo-bar[a,b]>=1.0,<2"),
        ("foo[]", "foo"),
        ("foo()", "foo"),
        ("foo >= 1.0 ; os_name=='nt'", "foo>=1.0; sys_platform == 'win32'"),
        ("foo; python_version >= '0'", "foo"),
        ("foo===1.0-Custom", "foo===1.0-Custom"),
        ("foo@https://files.example.com/a;b.whl", "foo @ https://files.example.com/a;b.whl"),
        (
            "foo[x]@https://files.example.com/a ; python_version<'3.12'",
            "foo[x] @ https://files.example.com/a ; python_version < '3.12'",
        ),
    ],
)
def test_a_requirement_has_one_text(written: str, canonical: str) -> None:
    read = parse_requirement(written)

    assert str(read) == canonical
    assert parse_requirement(canonical) == read


def test_who_asked_is_kept_beside_and_not_in_the_text() -> None:
    origin = Origin("project.dependencies", 7)

    assert parse_requirement("foo>1", origin).origin == origin
    assert parse_requirement("foo>1").origin is None
    assert str(parse_requirement("foo>1", origin)) == "foo>1"


def test_a_requirement_is_empty_but_for_its_name_unless_told() -> None:
    assert parse_requirement("foo") == Requirement(package_name("foo"), (), "", markers.ALWAYS, "", None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it does not start with the name of a package"),
        (">=1.0", "it does not start with the name of a package"),
        ("foo bar", "`bar` cannot stand after the name `foo`"),
        ("foo 1.0", "`1.0` has no comparison before it; write `foo==1.0`"),
        ("foo=1.0", "`=1.0`: `=` is no comparison, write `==`"),
        ("foo>=1.0 <2", "a comma is missing between the comparisons in `>=1.0 <2`"),
        ("foo[a", "`[` is never closed by `]`"),
        (
            "foo[a b]",
            (
                "`a b` is not a valid name of an extra: it has letters, digits, `.`, `-` and `_`, "
                "and starts and ends with a letter or digit"
            ),
        ),
        ("foo(>=1", "`(` is never closed by `)`"),
        ("foo>=1)", "`)` closes no `(`"),
        ("foo(>=1) x", "`x` cannot stand after the version"),
        ("foo>=1.*", "`>=1.*`: `.*` can only stand after `==` or `!=`"),
        ("foo @ ", "there is no URL after `@`"),
        ("foo @ https://e.example x", "a URL can only be followed by ` ; ` and a marker, not by `x`"),
        ("foo;", "there is no marker after `;`"),
        (
            "foo; python_versio < '3'",
            "there is no marker variable `python_versio` (at character 2 of the marker)",
        ),
    ],
)
def test_what_is_no_requirement_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        parse_requirement(text)

    assert caught.value.reason == reason
    assert caught.value.text == text


def test_a_requirement_that_never_counts_has_no_text() -> None:
    never = parse_requirement("foo; os_name == 'nt' and os_name == 'posix'")

    assert never.marker == markers.NEVER
    with pytest.raises(ValueError, match="never holds"):
        str(never)
