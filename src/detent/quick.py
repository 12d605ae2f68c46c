"""The entry point: hands over to the command line and leaves without tearing the process down."""

import gc
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run `detent` with the process's own arguments."""
    # A command is short and makes next to no cycles: looking for them costs a tenth of a warm lock.
    gc.disable()
    try:
        from detent.cli import app

        app.leave(app.main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)  # nobody listened yet: nothing has begun, and a trace of imports helps nobody
