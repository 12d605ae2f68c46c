"""`python -m detent`: nothing of the working folder may be imported (promises.md, path hijack)."""

import os
import sys


def _without_working_folder(entries: list[str]) -> list[str]:
    try:
        here = os.getcwd()  # noqa: PTH109 -- before anything else is imported
    except OSError:
        here = ""  # it was removed: told later
    return [entry for entry in entries if entry not in {"", here}]


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path[:] = _without_working_folder(sys.path)
    from detent import quick

    quick.main()
