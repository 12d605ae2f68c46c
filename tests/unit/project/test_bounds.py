import pytest

from detent.project.bounds import BOUNDS, Bounds, bounded


@pytest.mark.parametrize(
    ("version", "bounds", "expected"),
    [
        ("2.34.2", "lower", ">=2.34.2"),
        ("2.34.2", "major", ">=2.34.2,<3"),
        ("2.34.2", "minor", ">=2.34.2,<2.35"),
        ("2.34.2", "exact", "==2.34.2"),
        ("0.4.1", "major", ">=0.4.1,<0.5"),
        ("0.4.1", "minor", ">=0.4.1,<0.4.2"),
        ("0.0.3", "major", ">=0.0.3,<0.0.4"),
        ("0.0.3", "minor", ">=0.0.3,<0.0.4"),
        ("0", "major", ">=0,<0.1"),
        ("0.0", "minor", ">=0.0,<0.0.1"),
        ("3", "minor", ">=3,<3.1"),
        ("2024.1", "major", ">=2024.1,<2025"),
        ("1!2.3", "major", ">=1!2.3,<1!3"),
    ],
)
def test_each_kind_of_bounds_allows_what_it_says(version: str, bounds: Bounds, expected: str) -> None:
    assert bounded(version, bounds) == expected


def test_a_local_part_is_dropped() -> None:
    assert [bounded("2.1.0+cu121", kind) for kind in BOUNDS] == [
        ">=2.1.0",
        ">=2.1.0,<3",
        ">=2.1.0,<2.2",
        "==2.1.0",
    ]


def test_parts_of_unfinished_and_repaired_releases_stay_in_the_lower_bound() -> None:
    assert bounded("3.0.0rc1", "major") == ">=3.0.0rc1,<4"
    assert bounded("1.2.post1") == ">=1.2.post1"
    assert bounded("1.2.dev3", "exact") == "==1.2.dev3"
