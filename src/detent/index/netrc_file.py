"""The user's netrc file: logins by the names of hosts. Read when a server refuses, and never written.

It knows neither schemes nor ports, which is why :mod:`detent.index.logins` asks it for indexes alone. Its
entry `default` would tell a password to whoever asks, and is left out.
"""

import netrc
import os

from detent.events import Notice, Report
from detent.fsio import read_limited
from detent.index.urls import Credentials, origin

_MOST_BYTES = 2**20


def netrc_login(path: str, url: str, report: Report) -> Credentials | None:
    """Give the login of a URL's host; an entry with the port (`machine host:8443`) comes first."""
    _scheme, host, port = origin(url)
    found = _entries(path, report)
    entry = found.get(f"{host}:{port}") or found.get(host)
    return Credentials(entry[0] or "", entry[2] or "") if entry is not None else None


def _entries(path: str, report: Report) -> dict[str, tuple[str, str | None, str | None]]:
    real = os.path.realpath(path)  # it may be a link to where somebody keeps such files
    try:
        read_limited(real, _MOST_BYTES)  # a pipe is not waited for
        entries = netrc.netrc(real).hosts
    except FileNotFoundError:
        return {}
    except netrc.NetrcParseError as fault:  # what it says holds words of the file
        report(Notice("warning", f"`{path}` is left out: its line {fault.lineno} cannot be read"))
        return {}
    except (OSError, ValueError):
        report(Notice("warning", f"`{path}` is left out: it cannot be read"))
        return {}
    return {name.lower(): entry for name, entry in entries.items() if name != "default"}
