import pytest

from detent.model import markers
from detent.model.markers import ALWAYS, NEVER, InvalidMarker, parse, render


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("", ""),
        ("  ", ""),
        ("python_version>='3.8'and os.name=='nt'", "python_version >= '3.8' and sys_platform == 'win32'"),
        ("python_full_version >= '3.8.0'", "python_version >= '3.8'"),
        ("python_version >= '3.8' and python_version < '3.9'", "python_version == '3.8'"),
        (
            "python_full_version != '3.9.7' and python_version >= '3.8'",
            "python_version >= '3.8' and python_full_version != '3.9.7'",
        ),
        (
            "python_version < '3.8' or python_version >= '3.10'",
            "python_version < '3.8' or python_version >= '3.10'",
        ),
        ("python_version < '3.8' or python_version > '3.8'", "python_version != '3.8'"),
        (
            "python_version == '3.8' or python_version == '3.11'",
            "python_version == '3.8' or python_version == '3.11'",
        ),
        (
            "python_full_version > '3.8.1' and python_version < '3.10'",
            "python_full_version >= '3.8.2' and python_version < '3.10'",
        ),
        (
            "sys_platform == 'win32' or sys_platform == 'linux'",
            "sys_platform == 'linux' or sys_platform == 'win32'",
        ),
        (
            "sys_platform != 'win32' and sys_platform != 'linux'",
            "sys_platform != 'linux' and sys_platform != 'win32'",
        ),
        ("os_name == 'posix'", "sys_platform != 'win32'"),
        ("python_implementation == 'PyPy'", "implementation_name == 'pypy'"),
        ("extra == 'Net'", "'net' in extras"),
        ('"It\'s" == platform_version', 'platform_version == "It\'s"'),
        ("platform_release < '20'", "platform_release < '20'"),
        (
            "python_version < '3.11' and ('test' in dependency_groups or 'net' in extras)",
            "('net' in extras or 'test' in dependency_groups) and python_version < '3.11'",
        ),
        (
            "(os_name == 'nt' and python_version < '3.9') or python_version >= '3.12'",
            "(python_version < '3.9' and sys_platform == 'win32') or python_version >= '3.12'",
        ),
        ("os_name == 'nt' or 'x' in extras", "'x' in extras or sys_platform == 'win32'"),
    ],
)
def test_a_marker_has_one_text(written: str, canonical: str) -> None:
    marker = parse(written)

    assert render(marker) == canonical
    assert parse(canonical) == marker


def test_and_binds_closer_than_or() -> None:
    a, b, c = parse("'a' in extras"), parse("'b' in extras"), parse("'c' in extras")

    assert parse("'a' in extras or 'b' in extras and 'c' in extras") == markers.or_(a, markers.and_(b, c))
    assert parse("('a' in extras or 'b' in extras) and 'c' in extras") == markers.and_(markers.or_(a, b), c)


def test_what_always_or_never_holds() -> None:
    assert parse("os_name == 'nt' or os_name != 'nt'") == ALWAYS
    assert parse("python_version < '3' and python_version > '3.1'") == NEVER
    with pytest.raises(ValueError, match="a marker that never holds cannot be written"):
        render(NEVER)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("os_name", "it ends where a comparison such as `==`, `<` or `in` is expected"),
        ("os_name ==", "it ends where a marker variable or a quoted text is expected"),
        ("os_name = 'nt'", "`=` cannot stand here (at character 9 of the marker)"),
        ("os_name == nt", "there is no marker variable `nt` (at character 12 of the marker)"),
        ("os_name == 'nt", "the quote is never closed (at character 12 of the marker)"),
        (
            "os_name == 'n\nt'",
            "the quoted text has a control character in it (at character 12 of the marker)",
        ),
        (
            'os_name == "n\u2028t"',
            "the quoted text has a control character in it (at character 12 of the marker)",
        ),
        (
            "os_name == 'nt' os_name",
            "`os_name` stands where `and`, `or` or the end is expected (at character 17 of the marker)",
        ),
        ("(os_name == 'nt'", "it ends where `and`, `or` or `)` is expected"),
        (
            "os_name == 'nt')",
            "`)` stands where `and`, `or` or the end is expected (at character 16 of the marker)",
        ),
        (
            "'a' == 'b'",
            "one side must be a variable and the other a quoted text (at character 1 of the marker)",
        ),
        (
            "os_name == sys_platform",
            "one side must be a variable and the other a quoted text (at character 1 of the marker)",
        ),
        (
            "os_name not 'nt'",
            "`not` stands where a comparison such as `==`, `<` or `in` is expected (at character 9 of the marker)",
        ),
        (
            "os_name ~= 'nt'",
            "`~=` compares versions, and `os_name` is not one (at character 1 of the marker)",
        ),
        ("os_name == 'a\\b'", "a backslash cannot stand in a marker's text (at character 12 of the marker)"),
        ("and", "there is no marker variable `and` (at character 1 of the marker)"),
    ],
)
def test_what_is_no_marker_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidMarker) as caught:
        parse(text)

    assert caught.value.reason == reason
    assert caught.value.text == text


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(InvalidMarker, match="nested too deeply"):
        parse("(" * 5000 + "os_name == 'nt'" + ")" * 5000)


def test_what_is_said_for_everywhere_is_not_said_again() -> None:
    marker = parse("sys_platform == 'linux' or (python_version < '3.9' and platform_machine == 'arm64')")

    assert render(marker) == (
        "(python_version < '3.9' and platform_machine == 'arm64') or sys_platform == 'linux'"
    )
