"""The board at the old gate."""

from importlib.metadata import version

from rich import print as show
from wind import speed


def main() -> None:
    """Show it."""
    show(f"Wind {speed():.0f}  (rich {version('rich').partition('.')[0]})")
