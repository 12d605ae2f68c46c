"""What of the way to the indexes may make trouble: certificates, proxies, indexes, the clock.

Of URLs and proxies only host and port are told. Each index is asked once, for the head of one answer.
"""

import os
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path

from detent.errors import DetentError
from detent.index.proxies import Proxies, proxies_of
from detent.index.tls import Certificates
from detent.index.urls import host, service_of, shown
from detent.ops.doctor_places import Row
from detent.ops.logins import trust_of
from detent.ops.world import World
from detent.project.indexes import IndexSetting, without_user

_SKEW_SECONDS, _BAD_SKEW_SECONDS = 120, 3600


def tls_rows(world: World, indexes: Sequence[IndexSetting], variables: Mapping[str, str]) -> Iterator[Row]:
    """Say which certificates are trusted, and how many there are."""
    trust = trust_of(world.settings, indexes, variables)
    by = world.settings.certificates.origin
    places = ", ".join(f"`{place}`" for place in (trust.file, *trust.folders) if place)
    source = f"{places} (set by {by})" if trust.file else places or "the system's"
    context = Certificates(trust._replace(insecure=frozenset())).context_for("index.example.com", 443)
    if not hasattr(context, "cert_store_stats") or not isinstance(context, ssl.SSLContext):
        yield Row("certificates", "ok", f"{source}, as the system keeps them")
    else:
        count = context.cert_store_stats()["x509_ca"] + sum(map(_hashed, _folders(trust.folders)))
        if count:
            yield Row("certificates", "ok", f"{source}: {count}")
        else:
            yield Row(
                "certificates",
                "problem",
                f"{source}: none was found",
                "no server can be trusted without",
                ("install the package `ca-certificates` of your system, or name a file with `--cert`",),
            )
    if trust.insecure:
        hosts = ", ".join(f"`{name}`" for name in sorted(trust.insecure))
        yield Row("certificates", "note", f"not checked for {hosts}", f"{trust.insecure_by} says so")


def _folders(named: Sequence[Path]) -> Sequence[Path]:
    """Give the folders that OpenSSL looks into only when it needs a certificate."""
    if named:
        return named
    usual = ssl.get_default_verify_paths().capath
    return (Path(usual),) if usual else ()


def _hashed(folder: Path) -> int:
    try:
        return sum(name.endswith(".0") for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return 0


def proxy_rows(world: World, variables: Mapping[str, str]) -> Iterator[Row]:
    """Say which proxies are in force."""
    chosen = world.settings.proxy
    found = proxies_of(variables, chosen=chosen.value or "", chosen_by=chosen.origin)
    if not found.by_scheme:
        yield Row("proxy", "ok", "none")
        return
    told = [
        f"{scheme} by `{proxy.host}:{proxy.port}`{' with a login' if proxy.authorization else ''}"
        for scheme, proxy in sorted(found.by_scheme.items())
    ]
    yield Row("proxy", "ok", ", ".join(told) + _directly(found))


def _directly(found: Proxies) -> str:
    return f"; none for {', '.join(f'`{name}`' for name in found.directly)}" if found.directly else ""


def index_rows(world: World, indexes: Sequence[IndexSetting]) -> Iterator[Row]:
    """Ask each index whether it answers; the first that says what time it is tells of the clock."""
    if not indexes:
        yield Row("index", "problem", "there is none", next_steps=("add one with `detent index add`",))
    is_clock_seen = False
    for index in indexes:
        url = index.mirror or index.url
        name = f"`{index.name}` " if index.name else ""
        if index.is_local and not index.mirror:
            yield _local_row(name, index)
            continue
        where = f"{name}{shown(without_user(url))}"
        if world.settings.offline.value:
            yield Row("index", "ok", f"{where}: not asked, as {world.settings.offline.origin} says")
            continue
        try:
            status, headers = world.network().head_of(url)
        except DetentError as error:
            yield Row("index", "problem", f"{where} does not answer", error.why, error.next_steps)
            continue
        yield _answer_row(where, url, status)
        if not is_clock_seen and (skew := _skew_seconds(headers)) is not None:
            is_clock_seen = True
            yield _clock_row(url, skew)


def _local_row(name: str, index: IndexSetting) -> Row:
    path = Path(index.url.removeprefix("file://"))
    if path.exists():
        return Row("index", "ok", f"{name}`{path}`")
    step = f"make it, or take it out: it is set by {index.origin}"
    return Row("index", "problem", f"{name}`{path}` does not exist", next_steps=(step,))


def _answer_row(where: str, url: str, status: int) -> Row:
    if status in {401, 403, 407}:
        step = f"run `detent auth login {service_of(url)}`"
        return Row("index", "problem", f"{where} refuses access (HTTP {status})", next_steps=(step,))
    if status >= 500:
        return Row("index", "problem", f"{where} does not work (HTTP {status})", next_steps=("try it later",))
    return Row("index", "ok", f"{where} answers{'' if status < 400 else f' (HTTP {status} at its root)'}")


def _skew_seconds(headers: Mapping[str, str]) -> float | None:
    """Say how far this machine's clock is ahead of a server's; what a cache answered is of another time."""
    try:
        then = parsedate_to_datetime(headers["date"]).timestamp() + int(headers.get("age", "0"))
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return time.time() - then


def _clock_row(url: str, skew: float) -> Row:
    if abs(skew) < _SKEW_SECONDS:
        return Row("clock", "ok", f"as that of `{host(url)}`")
    minutes = abs(skew) / 60
    text = f"{minutes:.0f} minutes {'ahead of' if skew > 0 else 'behind'} that of `{host(url)}`"
    why = "certificates and `exclude-newer` go by the time"
    level = "problem" if abs(skew) > _BAD_SKEW_SECONDS else "note"
    return Row("clock", level, text, why, ("set the clock of this machine",))
