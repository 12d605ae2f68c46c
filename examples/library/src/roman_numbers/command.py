"""The command `roman`: a number in, its letters out; bold where the extra `bold` is installed."""

import sys

from roman_numbers import roman

try:
    from rich import print as show
except ImportError:
    show = print


def main() -> None:
    """Write the numbers on the command line."""
    for word in sys.argv[1:]:
        letters = roman(int(word))
        show(letters if show is print else f"[bold]{letters}[/bold]")
