"""Whom an address may be told: user names and passwords, each bound to one origin (scheme, host and port).

Credentials never leave for another origin, be it by a redirect, a file's address or a mirror. What the
command was told goes with the first request; what has to be looked up (a store, a file of the user's, a
keyring) is asked for when a server refuses, once for each index. Nothing here is ever written down or shown.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

from detent.index.urls import Credentials, origin, split_credentials
from detent.named import NamedTuple

LookUp: TypeAlias = Callable[[str, str], Credentials | None]
"""Ask for the login of an address; the second word is the user's name, as far as it is known."""

_Origin: TypeAlias = tuple[str, str, str]


class Later(NamedTuple):
    """Something that may know a login, asked when a server refuses."""

    look_up: LookUp
    knows_origins: bool = False
    """Whether what it has is bound to an origin. All else is asked for indexes alone, and not after a
    redirect: knowing hosts only, it would tell a password to another port or in the open."""


class Logins:
    """The credentials of one command; threads may share it."""

    def __init__(
        self,
        urls: Iterable[str] = (),
        *,
        never: Iterable[str] = (),
        named: Iterable[tuple[str, Credentials]] = (),
        later: Iterable[Later] = (),
    ) -> None:
        """``urls`` are those of the indexes, and others the project names; they may carry user information.

        ``named`` are credentials given for a URL apart from it; one without a password is a name to ask for.
        To the origins of ``never`` nothing is told.
        """
        self._never = frozenset(map(origin, never))
        self._later = tuple(later)
        self._roots: dict[_Origin, list[str]] = {}
        self._told: dict[str, list[Credentials]] = {}
        self._names: dict[str, str] = {}
        self._accepted: dict[str, Credentials] = {}
        self._narrow: set[str] = set()
        """Where what was accepted comes from somewhere that knows no origins."""
        self._found: dict[tuple[int, str], Credentials | None] = {}
        self._guard = threading.Lock()
        pairs = [split_credentials(url) for url in urls if url and not url.startswith("file:")]
        for url, credentials in pairs:
            self._take(url, credentials)
        for url, credentials in named:
            self._take(split_credentials(url)[0], credentials if credentials.password else None)
            self._names.setdefault(split_credentials(url)[0], credentials.username)
        for told in self._told.values():
            # Of a name alone and a name with its password the latter is the one to try first.
            told.sort(key=lambda credentials: not credentials.password)

    def credentials_for(self, url: str, *, is_redirected: bool = False) -> Credentials | None:
        """Give what goes to a URL with the first request; ``None``: nothing."""
        key = origin(url)
        if key in self._never or (key not in self._roots and not self._accepted):
            return None
        root = self._root(key, url)
        accepted = None if is_redirected and root in self._narrow else self._accepted.get(root)
        return accepted or next(self._known(key, root), None)

    def next_for(
        self, url: str, refused: Collection[Credentials | None], *, is_redirected: bool = False
    ) -> Credentials | None:
        """Give what to try after a refusal, other than what was ``refused``; ``None``: there is no more."""
        key = origin(url)
        if key in self._never:
            return None
        root = self._root(key, url)
        is_index = key in self._roots and not is_redirected
        candidates = self._all(key, root, is_index=is_index)
        return next((credentials for credentials in candidates if credentials not in refused), None)

    def accept(self, url: str, credentials: Credentials) -> None:
        """Hear that a server took these: they go with every request from now on."""
        key = origin(url)
        root = self._root(key, url)
        is_wide = credentials in tuple(self._known(key, root)) or any(
            later.knows_origins and self._found.get((number, root)) == credentials
            for number, later in enumerate(self._later)
        )
        if not is_wide:
            self._narrow.add(root)
        self._accepted[root] = credentials

    def _take(self, url: str, credentials: Credentials | None) -> None:
        roots = self._roots.setdefault(origin(url), [])
        if url not in roots:
            roots.append(url)
        if credentials is not None:
            self._told.setdefault(url, []).append(credentials)
            self._names.setdefault(url, credentials.username)

    def _root(self, key: _Origin, url: str) -> str:
        """Give the index a URL belongs to: of several of one origin, the one whose path is the nearest."""
        roots = self._roots.get(key)
        if not roots:
            return "{}://{}:{}/".format(*key)
        return roots[0] if len(roots) == 1 else max(roots, key=lambda root: _steps_shared(root, url))

    def _known(self, key: _Origin, root: str) -> Iterator[Credentials]:
        """Give what was told for an index, and then for others of its origin."""
        yield from self._told.get(root, ())
        for other in self._roots.get(key, ()):
            if other != root:
                yield from self._told.get(other, ())

    def _all(self, key: _Origin, root: str, *, is_index: bool) -> Iterator[Credentials]:
        yield from self._known(key, root)
        for number, later in enumerate(self._later):
            if not (is_index or later.knows_origins):
                continue
            with self._guard:  # the others wait: they shall not ask a second time
                if (number, root) not in self._found:
                    self._found[number, root] = later.look_up(root, self._names.get(root, ""))
                found = self._found[number, root]
            if found is not None:
                yield found


def _steps_shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count


NO_LOGINS = Logins()
