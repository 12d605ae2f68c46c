import pytest

from detent.build.requirements_text import Fields, requirement_fields, with_requirements

METADATA = b"""\
Metadata-Version: 2.4
Name: demo
Version: 0.1.0
Summary: caf\xc3\xa9 \xff
Requires-Dist: a>=1
License: MIT
 Requires-Dist: in a line that goes on
Provides-Extra: x
Requires-Dist: b; extra == "x"
Requires-Python: >=3.11

Requires-Dist: in the description
"""


def test_requirements_are_written_as_back_ends_write_them() -> None:
    extras = {"Some_Extra": ["c", "d[e]>=2 ; python_version < '3.12' or os_name == 'nt'"], "none": []}

    assert requirement_fields(["a>=1", "b; os_name == 'nt'"], extras) == Fields(
        requires_dist=(
            "a>=1",
            "b; os_name == 'nt'",
            'c; extra == "some-extra"',
            "d[e]>=2; (python_version < '3.12' or os_name == 'nt') and extra == \"some-extra\"",
        ),
        provides_extra=("some-extra", "none"),
    )


def test_a_url_keeps_its_semicolons() -> None:
    extras = {"x": ["a @ https://example.com/a.whl;v=1", "a[y]@https://example.com/a.whl ; os_name == 'nt'"]}

    assert requirement_fields([], extras).requires_dist == (
        'a @ https://example.com/a.whl;v=1 ; extra == "x"',
        "a[y]@https://example.com/a.whl ; (os_name == 'nt') and extra == \"x\"",
    )


def test_a_requirement_of_several_lines_is_one_field() -> None:
    assert requirement_fields(["a >= 1,\n\t< 2\u2028"], {}).requires_dist == ("a >= 1, < 2",)


def test_only_the_two_fields_are_replaced() -> None:
    made = with_requirements(METADATA, requires_dist=["n>=3", 'm; extra == "y"'], provides_extra=["y"])

    assert made == (
        b"Metadata-Version: 2.4\nName: demo\nVersion: 0.1.0\nSummary: caf\xc3\xa9 \xff\n"
        b'Requires-Dist: n>=3\nRequires-Dist: m; extra == "y"\nProvides-Extra: y\n'
        b"License: MIT\n Requires-Dist: in a line that goes on\n"
        b"Requires-Python: >=3.11\n\nRequires-Dist: in the description\n"
    )


def test_all_requirements_can_go() -> None:
    made = with_requirements(METADATA, requires_dist=(), provides_extra=())

    head = made.partition(b"\n\n")[0]
    assert head.count(b"Requires-Dist") == 1  # the one that belongs to the licence
    assert b"Provides-Extra" not in made


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\nThe description.\n"])
def test_the_first_requirements_come_last_in_the_header(end: bytes) -> None:
    made = with_requirements(b"Name: demo\nVersion: 1" + end, requires_dist=["a"], provides_extra=())

    assert made == b"Name: demo\nVersion: 1\nRequires-Dist: a\n" + end[1:]


def test_line_ends_stay_as_they_are() -> None:
    made = with_requirements(METADATA.replace(b"\n", b"\r\n"), requires_dist=["a", "b"], provides_extra=())

    assert made.count(b"\n") == made.count(b"\r\n")
    assert b"Requires-Dist: a\r\nRequires-Dist: b\r\n" in made


def test_a_field_that_goes_on_is_replaced_as_a_whole() -> None:
    made = with_requirements(
        b"Name: demo\nRequires-Dist: a\n >=1\nVersion: 1\n", requires_dist=["b"], provides_extra=()
    )

    assert made == b"Name: demo\nRequires-Dist: b\nVersion: 1\n"
