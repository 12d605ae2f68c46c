"""Units of the sea."""


def from_metres(metres: float) -> float:
    """Turn metres in a second into knots."""
    return metres * 3600 / 1852
