"""How hard the wind blows."""

from fastmean import mean
from knots import from_metres

READINGS = (5.2, 6.1, 7.0, 6.5)
"""Metres in a second, as the mast has them."""


def speed() -> float:
    """Give the mean of the readings, in knots."""
    return from_metres(mean(READINGS))
