"""Run with `detent run pytest`: the package is found because the project is installed."""

import pytest
from roman_numbers import roman


def test_letters_that_take_away_stand_before_larger_ones() -> None:
    assert roman(1994) == "MCMXCIV"


def test_there_is_no_zero() -> None:
    with pytest.raises(ValueError, match="no letters for 0"):
        roman(0)
