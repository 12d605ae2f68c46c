import pytest

from detent.errors import UsageError
from detent.python.clauses import is_prerelease, minor_may_fit, version_fits
from detent.python.request import PythonRequest, fits, only_minor, parse_request, parse_version_file


@pytest.mark.parametrize(
    ("text", "implementation", "specifier", "threads"),
    [
        ("3", "", "==3.*", False),
        ("3.12", "", "==3.12.*", False),
        ("3.12.1", "", "==3.12.1", False),
        ("3.15.0b2", "", "==3.15.0b2", False),
        ("3.14rc1", "", "==3.14rc1", False),
        ("312", "", "==3.12.*", False),
        ("3.13t", "", "==3.13.*", True),
        ("3.13+freethreaded", "", "==3.13.*", True),
        (" >=3.11, <3.13 ", "", ">=3.11, <3.13", False),
        ("~=3.11", "", "~=3.11", False),
        ("python3.12", "", "==3.12.*", False),
        ("Python3", "", "==3.*", False),
        ("python", "", "", False),
        ("cpython3.12", "cpython", "==3.12.*", False),
        ("cpython@3.12", "cpython", "==3.12.*", False),
        ("cpython>=3.12", "cpython", ">=3.12", False),
        ("cp312", "cpython", "==3.12.*", False),
        ("cp313t", "cpython", "==3.13.*", True),
        ("pypy", "pypy", "", False),
        ("pypy3.10", "pypy", "==3.10.*", False),
        ("pp310", "pypy", "==3.10.*", False),
    ],
)
def test_a_request_is_read(text: str, implementation: str, specifier: str, *, threads: bool) -> None:
    request = parse_request(text)

    assert request == PythonRequest(text.strip(), implementation, specifier, threads)


@pytest.mark.parametrize(
    "text", ["./bin/python", "/usr/bin/python3", "~/python", "some/folder", ".venv", ".."]
)
def test_what_looks_like_a_path_is_a_path(text: str) -> None:
    assert parse_request(text).path == text


@pytest.mark.parametrize(
    "text", ["3.x", "3.12.1.4", "jython", ">=nonsense", "python 3.12", "3.12 or 3.13", "-3"]
)
def test_a_request_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_request(text)

    assert text in caught.value.what


def test_a_version_file_is_read_line_by_line_without_comments() -> None:
    text = "# for the team\n3.12.1  # the one in production\n\n>=3.11\r\npypy3.10\n"

    found = parse_version_file(text)

    assert [r.text for r in found.requests] == ["3.12.1", ">=3.11", "pypy3.10"]
    assert found.ignored == ()


def test_a_version_file_names_no_programs() -> None:
    found = parse_version_file("./evil/python\nmy-environment\n3.12\n")

    assert [r.specifier for r in found.requests] == ["==3.12.*"]
    assert found.ignored == ("./evil/python", "my-environment")


@pytest.mark.parametrize(
    ("specifier", "version", "expected"),
    [
        ("", "3.12.1", True),
        (">=3.11,<3.13", "3.12.1", True),
        (">=3.11,<3.13", "3.13.0", False),
        ("==3.12.*", "3.12.9", True),
        ("==3.12.1", "3.12.10", False),
        ("~=3.11", "3.14.0", True),
        (">=3.15", "3.15.0b1", True),
        ("==3.15.*", "3.15.0b1", True),
        ("==3.15.0b1", "3.15.0b1", True),
        (">=3.15.0b2", "3.15.0b1", False),
        ("!=3.12.1", "3.12.1", False),
    ],
)
def test_a_version_is_held_against_clauses(specifier: str, version: str, *, expected: bool) -> None:
    assert version_fits(specifier, version) is expected


def test_a_build_without_the_global_lock_fits_both_kinds_of_request() -> None:
    facts = {"implementation": "cpython", "version": "3.13.0", "is_free_threaded": True}

    assert fits(parse_request("3.13t"), **facts)  # type: ignore[arg-type]
    assert fits(parse_request("3.13"), **facts)  # type: ignore[arg-type]


def test_a_usual_build_does_not_fit_a_request_for_one_without_the_global_lock() -> None:
    assert not fits(
        parse_request("3.13t"), implementation="cpython", version="3.13.0", is_free_threaded=False
    )


def test_an_implementation_that_was_asked_for_is_held_to() -> None:
    assert not fits(
        parse_request("pypy3.10"), implementation="cpython", version="3.10.1", is_free_threaded=False
    )


@pytest.mark.parametrize(
    ("specifier", "minors"),
    [
        ("", {8, 9, 10, 11, 12, 13}),
        (">=3.11", {11, 12, 13}),
        (">=3.9.5,<3.9.8", {9}),
        ("!=3.10.*,<3.12", {8, 9, 11}),
        ("~=3.11", {11, 12, 13}),
        ("~=3.11.2", {11}),
        (">=4", set()),
        ("<3.8.1", {8}),
    ],
)
def test_minor_versions_that_cannot_fit_are_known_beforehand(specifier: str, minors: set[int]) -> None:
    assert {minor for minor in range(8, 14) if minor_may_fit(specifier, minor)} == minors


def test_a_request_for_one_minor_version_says_which() -> None:
    assert only_minor(parse_request("3.12.1")) == (3, 12)
    assert only_minor(parse_request("3")) is None
    assert only_minor(parse_request(">=3.12")) is None


def test_a_local_build_of_a_final_version_is_no_prerelease() -> None:
    assert not is_prerelease("3.12.1+")
    assert not is_prerelease("3.12.1")
    assert is_prerelease("3.15.0a1")
