import pytest

from detent.model import markers
from detent.model.markers import ALWAYS, NEVER, InvalidMarker, parse


def test_extras_and_groups_are_questions_apart() -> None:
    assert markers.in_extra("Foo_Bar") == parse("'foo-bar' in extras")
    assert markers.in_group("Foo_Bar") == parse("'foo-bar' in dependency_groups")
    assert markers.mentions(parse("'A' in extras and ('b' in dependency_groups or os_name == 'nt')")) == (
        frozenset(("a",)),
        frozenset(("b",)),
    )


def test_the_environments_of_a_marker_know_no_extras() -> None:
    marker = parse(
        "('a' in extras and os_name == 'nt') or ('g' in dependency_groups and sys_platform == 'linux')"
    )

    assert markers.environment_only(marker) == parse("os_name == 'nt' or sys_platform == 'linux'")


def test_the_pythons_of_a_marker_know_nothing_else() -> None:
    marker = parse(
        "'a' in extras and python_version >= '3.9' and (os_name == 'nt' or python_version < '3.12')"
    )

    assert markers.python_only(marker) == parse("python_version >= '3.9'")
    assert markers.lowest_python(marker) == 3_009_000


@pytest.mark.parametrize(
    ("specifier", "text"),
    [
        ("", ""),
        (">=3.8", "python_version >= '3.8'"),
        (
            ">=3.8,<4,!=3.9.7",
            "python_version >= '3.8' and python_version < '4.0' and python_full_version != '3.9.7'",
        ),
        ("==3.12.*", "python_version == '3.12'"),
        ("~=3.8", "python_version >= '3.8' and python_version < '4.0'"),
        ("===3.12.1", "python_full_version == '3.12.1'"),
    ],
)
def test_requires_python_is_a_marker(specifier: str, text: str) -> None:
    assert markers.requires_python(specifier) == parse(text)


def test_a_requires_python_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidMarker, match="`=` is no comparison, write `==`"):
        markers.requires_python("=3.8")


@pytest.mark.parametrize(
    ("specifier", "text"),
    [
        (">=3.8,<4", "python_version >= '3.8'"),
        ("<3.9", ""),
        ("~=3.8", "python_version >= '3.8'"),
        ("==3.8.*", "python_version >= '3.8'"),
        ("== 3.8", "python_version >= '3.8'"),
        (">=2.7, !=3.0.*", "python_version >= '2.7'"),
        (">=3.11,!=3.14.1", "python_version >= '3.11'"),
        (">=3.9,!=3.9.0,!=3.9.1", "python_full_version >= '3.9.2'"),
        ("!=3.9.*", ""),
        (">=3.9,!=3.*", "python_version >= '4.0'"),
        (">=3.6.*", "python_version >= '3.6'"),
        ("nonsense", ""),
        (">=3.8,>=nonsense", "python_version >= '3.8'"),
        ("===3.8", ""),
    ],
)
def test_of_a_release_the_lower_bounds_count(specifier: str, text: str) -> None:
    assert markers.python_lower_bounds(specifier) == parse(text)


def test_environments_are_ordered_newest_python_first() -> None:
    texts = [
        "python_version < '3.9'",
        "python_version >= '3.12' and os_name == 'nt'",
        "python_version >= '3.12' and sys_platform == 'linux'",
        "python_version == '3.10'",
    ]

    ordered = sorted(map(parse, texts), key=markers.sort_key)

    assert [markers.render(m) for m in ordered] == [
        "python_version >= '3.12' and sys_platform == 'linux'",
        "python_version >= '3.12' and sys_platform == 'win32'",
        "python_version == '3.10'",
        "python_version < '3.9'",
    ]
    assert markers.lowest_python(ALWAYS) == 0
    assert markers.newest_python(parse("python_version < '3.9'")) == 3_009_000
    assert markers.sort_key(NEVER) < markers.sort_key(ordered[0])


def test_one_excluded_python_is_ordered_behind_those_around_it() -> None:
    around = parse("python_version >= '3.12' and python_full_version != '3.14.1'")
    excluded = parse("python_full_version == '3.14.1'")

    assert markers.sort_key(around) < markers.sort_key(excluded)


def test_a_marker_keeps_the_extras_and_groups_that_another_asks_about() -> None:
    marker = markers.parse("'x' in extras and 'g' in dependency_groups and python_version < '3.12'")

    assert markers.gated_as(marker, markers.parse("'x' not in extras or os_name == 'nt'")) == markers.parse(
        "'x' in extras and python_version < '3.12'"
    )
    assert markers.gated_as(marker, markers.ALWAYS) == markers.parse("python_version < '3.12'")


def test_platform_and_machine_are_forgotten_one_by_one() -> None:
    marker = markers.parse(
        "sys_platform == 'win32' and platform_machine == 'AMD64' and python_version < '3.12'"
    )

    assert markers.on_any_machine(marker) == markers.parse(
        "sys_platform == 'win32' and python_version < '3.12'"
    )
    assert markers.on_any_platform(marker) == markers.parse(
        "platform_machine == 'AMD64' and python_version < '3.12'"
    )
