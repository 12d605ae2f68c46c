"""The logins that `detent auth login` keeps, and the origins that names of indexes had here before.

Two files in a folder of the user's data, readable for its owner alone and replaced whole::

    logins.json        {"version": 1, "logins": [{"service": "https://host", "username": "", "password": ""}]}
    index-origins.json {"version": 1, "origins": {"OURS": "https://host"}}

The folder is no cache: who empties that shall not be asked again where a name belongs.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from detent.errors.fetch import LoginsInvalid
from detent.errors.store import FileTrouble
from detent.fsio import READ_ONLY, FileLock, file_trouble, make_private_folder, read_limited, write_atomic
from detent.index.urls import service_of
from detent.named import NamedTuple

LOGINS, ORIGINS = "logins.json", "index-origins.json"
_MOST_BYTES = 2**20
_VERSION = 1
_WAIT_SECONDS = 10.0


class Login(NamedTuple):
    """One login that is kept."""

    service: str
    """An origin as :func:`detent.index.urls.service_of` writes it."""
    username: str
    password: str


class LoginStore:
    """The files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def logins(self) -> tuple[Login, ...]:
        """Read every login; raises :class:`LoginsInvalid`."""
        match self._read(LOGINS):
            case None:
                return ()
            case {"logins": [*entries]}:
                return tuple(self._login(entry) for entry in entries)
            case _:
                raise LoginsInvalid(str(self.folder / LOGINS))

    def find(self, url: str, username: str = "") -> Login | None:
        """Give the login of a URL's origin, of one user or of whoever there is."""
        service = service_of(url)
        return next(
            (one for one in self.logins() if one.service == service and username in {"", one.username}), None
        )

    def keep(self, login: Login) -> None:
        """Keep a login in place of an earlier one of the same user there, before those of others."""
        with self._held():
            others = (one for one in self.logins() if one[:2] != login[:2])
            self._write_logins((login, *others))

    def drop(self, url: str, username: str = "") -> tuple[Login, ...]:
        """Forget the logins of an origin, of one user or of all; give them."""
        service = service_of(url)
        with self._held():
            every = self.logins()
            gone = tuple(one for one in every if one.service == service and username in {"", one.username})
            if gone:
                self._write_logins(one for one in every if one not in gone)
        return gone

    def origin_of(self, name: str, now: str) -> str:
        """Give the origin that an index had when it was first used here, which may be this moment.

        Where nothing may be written nothing is remembered. Raises :class:`LoginsInvalid`.
        """
        known = self._origins()
        if name in known:
            return known[name]
        try:
            with self._held():
                known = self._origins()
                self._write(ORIGINS, {"origins": {**known, name: known.get(name, now)}})
        except FileTrouble as trouble:
            cause = trouble.__cause__
            if not isinstance(cause, OSError) or cause.errno not in READ_ONLY:
                raise
        return known.get(name, now)

    def _origins(self) -> dict[str, str]:
        match self._read(ORIGINS):
            case None:
                return {}
            case {"origins": {**origins}} if all(isinstance(text, str) for text in origins.values()):
                return {str(name): str(text) for name, text in origins.items()}
            case _:
                raise LoginsInvalid(str(self.folder / ORIGINS))

    def _login(self, entry: object) -> Login:
        match entry:
            case {"service": str(service), "username": str(username), "password": str(password)}:
                return Login(service, username, password)
            case _:
                raise LoginsInvalid(str(self.folder / LOGINS))

    def _read(self, name: str) -> object:
        path = self.folder / name
        try:
            found: object = json.loads(read_limited(str(path), _MOST_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise file_trouble(error, path) from error
        except (ValueError, RecursionError):  # what these say holds words of the file
            raise LoginsInvalid(str(path)) from None
        return found

    def _write_logins(self, logins: Iterable[Login]) -> None:
        self._write(LOGINS, {"logins": [login._asdict() for login in logins]})

    def _write(self, name: str, content: dict[str, object]) -> None:
        path = self.folder / name
        text = json.dumps({"version": _VERSION, **content}, indent=2, ensure_ascii=False) + "\n"
        try:
            path.chmod(0o600)  # as it should be, whoever made it; a file keeps its mode
        except FileNotFoundError:
            pass
        except OSError as error:
            raise file_trouble(error, path) from error
        write_atomic(path, text.encode(), mode=0o600, durable=True)

    def _held(self) -> FileLock:
        try:
            make_private_folder(self.folder)
        except OSError as error:
            raise file_trouble(error, self.folder) from error
        return FileLock(self.folder / "lock", wait_seconds=_WAIT_SECONDS, notice_seconds=1.0)
