"""The entry point: hands over to the command line and leaves without tearing the process down."""

import sys


def main() -> None:
    """Run `detent` with the process's own arguments."""
    from detent.cli import app

    app.leave(app.main(sys.argv[1:]))
