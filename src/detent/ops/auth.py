"""Logins that are kept, one by one: kept, forgotten, told and tried.

They lie in the user's data or in the system's keyring, never in a project or in the cache, and are given to
nobody but whoever asks for their password by name.
"""

from collections.abc import Iterable

from detent.errors import DetentError, Failures, UsageError
from detent.errors.fetch import IndexUnavailable, LoginMissing
from detent.index.keyring import Keyring
from detent.index.login_store import Login, LoginStore
from detent.index.urls import Credentials, index_root, origin, service_of, shown, split_credentials
from detent.named import NamedTuple
from detent.ops.world import World
from detent.project.indexes import IndexSetting
from detent.project.values import redacted


class Kept(NamedTuple):
    """A login, without its password."""

    service: str
    username: str
    where: str
    """The file, or the keyring."""


class Checked(NamedTuple):
    """An index or a service that answers."""

    name: str
    """Empty where it has none."""
    url: str
    username: str
    """Whom it was told; empty: nobody."""


def read_service(text: str) -> tuple[str, Credentials | None]:
    """Read a host or a URL; give its origin and the user it names. Raises :class:`UsageError`."""
    url, credentials = split_credentials(text if "://" in text else f"https://{text}")
    scheme, host, port = origin(url)
    if scheme not in {"http", "https"} or not host or not port.isdecimal() or any(c.isspace() for c in host):
        raise UsageError(
            f"`{shown(redacted(text))}` is no service",
            why="it is neither a host nor a URL of one",
            next_steps=("write `index.example.com` or `https://index.example.com/simple/`",),
        )
    return service_of(url), credentials


def service_named(indexes: Iterable[IndexSetting], word: str) -> str:
    """Give the URL that is asked of the index of this name, and any other word as it is."""
    found = (index for index in indexes if index.name == word and not index.is_local)
    return next((split_credentials(index.mirror or index.url)[0] for index in found), word)


def login(store: LoginStore, keyring: Keyring | None, login: Login) -> Kept:
    """Keep a login; raises :class:`KeyringFailed` and :class:`FileTrouble`."""
    if keyring is not None:
        keyring.store(login.service, Credentials(login.username, login.password))
        return Kept(login.service, login.username, "the keyring")
    store.keep(login)
    return Kept(login.service, login.username, str(store.folder))


def logout(store: LoginStore, keyring: Keyring | None, service: str, username: str) -> tuple[Kept, ...]:
    """Forget the logins of a service; raises :class:`LoginMissing` where there is none."""
    gone = [Kept(one.service, one.username, str(store.folder)) for one in store.drop(service, username)]
    if keyring is not None:
        names = [username] if username else list(dict.fromkeys(one.username for one in gone))
        gone += [Kept(service, name, "the keyring") for name in names if keyring.forget(service, name)]
    if not gone:
        raise LoginMissing(service, username)
    return tuple(gone)


def password_of(store: LoginStore, keyring: Keyring | None, service: str, username: str) -> str:
    """Give the password that is kept for a service; raises :class:`LoginMissing`."""
    found = store.find(service, username)
    if found is not None:
        return found.password
    told = keyring.look_up(service, username) if keyring is not None else None
    if told is None:
        raise LoginMissing(service, username)
    return told.password


def check(world: World, indexes: tuple[IndexSetting, ...], service: str) -> tuple[Checked, ...]:
    """Ask every index, or one service, whether it answers.

    Raises :class:`IndexUnavailable` where one does not, or :class:`Failures` for several.
    """
    answers: list[Checked] = []
    faults: list[DetentError] = []
    strict = {
        split_credentials(index.mirror or index.url)[0] for index in indexes if index.authenticate == "always"
    }
    for name, url in _asked(indexes, service):
        try:
            answers.append(_checked(world, name, url, needs_login=url in strict))
        except IndexUnavailable as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Failures(faults)
    return tuple(answers)


def _checked(world: World, name: str, url: str, *, needs_login: bool) -> Checked:
    network = world.network()
    if needs_login and not network.has_login(url):
        raise IndexUnavailable(
            shown(url),
            '`authenticate = "always"` is set for it, and there are no credentials',
            next_steps=(f"run `detent auth login {service_of(url)}`",),
        )
    status = network.status_of(url)
    if status >= 500 or status in {401, 403}:
        refused = status in {401, 403}
        user = network.user_at(url)
        whose = f", with the login of `{user}`" if user else ", without a login"
        raise IndexUnavailable(
            shown(url),
            f"access was refused{whose} (HTTP {status})" if refused else f"it does not work (HTTP {status})",
            next_steps=(f"run `detent auth login {service_of(url)}`",) if refused else (),
        )
    return Checked(name, shown(url), network.user_at(url))


def _asked(indexes: tuple[IndexSetting, ...], service: str) -> list[tuple[str, str]]:
    remote = [(index.name, index.mirror or index.url) for index in indexes]
    remote = [(name, split_credentials(url)[0]) for name, url in remote if not url.startswith("file:")]
    if not service:
        return remote
    named = [(name, url) for name, url in remote if name == service]
    if named:
        return named
    wanted, _ = read_service(service)
    if "://" in service:
        return [("", index_root(service))]
    return [(name, url) for name, url in remote if service_of(url) == wanted][:1] or [("", f"{wanted}/")]
