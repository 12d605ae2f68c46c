"""The board at the gate."""

from importlib.metadata import version

from rich import print as show
from wind import speed


def main() -> None:
    """Show it."""
    show(f"[bold]Wind: {speed():.1f} knots[/bold]  (rich {version('rich').partition('.')[0]})")
