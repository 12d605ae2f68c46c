"""The entry point: hands over to the command line and leaves without tearing the process down."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run `detent` with the process's own arguments."""
    try:
        from detent.cli import app
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)  # nothing has begun
    app.leave(app.main(sys.argv[1:]))
