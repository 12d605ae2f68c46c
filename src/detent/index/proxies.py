"""Which proxy a request goes through, as the usual variables say it (curl's rules). Pure."""

import base64
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from detent.errors import UsageError
from detent.named import NamedTuple

_VARIABLES = {"http": ("http_proxy",), "https": ("https_proxy", "HTTPS_PROXY")}
"""`HTTP_PROXY` stands apart: a server hands a client's `Proxy` header to a CGI program under that name."""


class Proxy(NamedTuple):
    """A proxy that is spoken to in plain HTTP."""

    host: str
    port: int
    authorization: str = ""
    """A header's value, where the address had a user in it."""


class Proxies(NamedTuple):
    """What goes through which proxy."""

    by_scheme: Mapping[str, Proxy]
    directly: tuple[str, ...]
    """Hosts that are asked without one, and all below them; `*` for every host."""

    def proxy_for(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Choose the proxy for a request; ``None`` for none."""
        proxy = self.by_scheme.get(scheme)
        if proxy is None or "*" in self.directly:
            return None
        names = (host, f"{host}:{port}")
        is_direct = any(
            name == entry or name.endswith(f".{entry}") for entry in self.directly for name in names
        )
        return None if is_direct else proxy


NO_PROXIES = Proxies({}, ())


def proxies_of(variables: Mapping[str, str]) -> Proxies:
    """Read the variables, of which the lower-case spelling counts first; raises :class:`UsageError`."""
    for_all = variables.get("all_proxy") or variables.get("ALL_PROXY") or ""
    by_scheme: dict[str, Proxy] = {}
    for scheme, names in _VARIABLES.items():
        text = next(filter(None, map(variables.get, names)), "")
        if not text and scheme == "http" and "REQUEST_METHOD" not in variables:
            text = variables.get("HTTP_PROXY", "")
        text = (text or for_all).strip()
        if text:
            by_scheme[scheme] = _proxy(text)
    exceptions = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    entries = (entry.strip().lower().lstrip(".").strip("[]") for entry in exceptions.split(","))
    return Proxies(by_scheme, tuple(filter(None, entries)))


def _proxy(text: str) -> Proxy:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise _refusal("it is no address") from fault
    if parts.scheme != "http" or not host:
        raise _refusal("it is not the address of a proxy that is spoken to in plain HTTP")
    return Proxy(host, port or 80, _authorization(parts))


def _authorization(parts: SplitResult) -> str:
    if not parts.username:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _refusal(why: str) -> UsageError:
    return UsageError(
        "a proxy named in the environment cannot be used",
        why=f"one of `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` is not what it should be: {why}",
        next_steps=("write proxies like `http://proxy.example:3128`",),
    )
