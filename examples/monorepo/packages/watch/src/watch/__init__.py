"""Says how hard the wind blows."""

from wind import speed


def main() -> None:
    """Print it."""
    print(f"The wind blows at {speed():.1f} knots")
