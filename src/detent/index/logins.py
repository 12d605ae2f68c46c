"""Whom an address may be told: user names and passwords, each bound to one origin (scheme, host and port).

Pure and asked for every request. Credentials never leave for another origin, be it by a redirect, a file's
address or a mirror; nothing here is ever written down or shown.
"""

from collections.abc import Iterable

from detent.index.urls import Credentials, origin, split_credentials


class Logins:
    """The credentials of one command."""

    def __init__(self, urls: Iterable[str] = (), *, never: Iterable[str] = ()) -> None:
        """``urls`` may carry user information, the first one of an origin counts.

        To the origins of ``never`` nothing is told.
        """
        self._by_origin: dict[tuple[str, str, str], Credentials] = {}
        for url in urls:
            credentials = split_credentials(url)[1]
            if credentials is not None:
                self._by_origin.setdefault(origin(url), credentials)
        for url in never:
            self._by_origin.pop(origin(url), None)

    def credentials_for(self, url: str) -> Credentials | None:
        """Give what the origin of a URL is told; ``None``: nothing."""
        return self._by_origin.get(origin(url)) if self._by_origin else None


NO_LOGINS = Logins()
