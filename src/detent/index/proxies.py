"""Which proxy a request goes through, as the usual variables say it (curl's rules). Pure."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from detent.errors import UsageError
from detent.index.basic import basic
from detent.index.urls import Credentials
from detent.named import NamedTuple

_VARIABLES = {"http": ("http_proxy",), "https": ("https_proxy", "HTTPS_PROXY")}
"""`HTTP_PROXY` stands apart: a server hands a client's `Proxy` header to a CGI program under that name."""

_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy for HTTP."""

    host: str
    port: int
    authorization: str = ""
    """A header's value, where the address had a user in it."""
    is_tls: bool = False
    """Whether it is spoken to in TLS."""


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
        return None if is_direct or self._is_in_network(host) else proxy

    def _is_in_network(self, host: str) -> bool:
        """Whether the host is an address in one of the networks (`10.0.0.0/8`)."""
        networks = [entry for entry in self.directly if "/" in entry]
        try:
            address = ipaddress.ip_address(host) if networks else None
        except ValueError:
            return False
        return address is not None and any(_holds(network, address) for network in networks)


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


NO_PROXIES = Proxies({}, ())


def proxies_of(variables: Mapping[str, str], *, chosen: str = "", chosen_by: str = "") -> Proxies:
    """Read the variables, of which the lower-case spelling counts first; raises :class:`UsageError`.

    ``chosen`` is a proxy in place of those, for all there is.
    """
    if chosen:
        proxy = _proxy(chosen, chosen_by)
        return Proxies(dict.fromkeys(_VARIABLES, proxy), _directly(variables))
    for_all = variables.get("all_proxy") or variables.get("ALL_PROXY") or ""
    by_scheme: dict[str, Proxy] = {}
    for scheme, names in _VARIABLES.items():
        text = next(filter(None, map(variables.get, names)), "")
        if not text and scheme == "http" and "REQUEST_METHOD" not in variables:
            text = variables.get("HTTP_PROXY", "")
        text = (text or for_all).strip()
        if text:
            by_scheme[scheme] = _proxy(text)
    return Proxies(by_scheme, _directly(variables))


def _directly(variables: Mapping[str, str]) -> tuple[str, ...]:
    exceptions = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    words = exceptions.lower().replace(",", " ").split()
    return tuple(filter(None, (word.lstrip(".").strip("[]") for word in words)))


def _proxy(text: str, by: str = "") -> Proxy:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise _refusal("it is no address", by) from fault
    if parts.scheme.startswith("socks"):
        raise _refusal("it speaks SOCKS, and detent speaks to proxies in HTTP only", by)
    if parts.scheme not in _PORTS or not host:
        raise _refusal("it is not the address of a proxy that is spoken to in HTTP", by)
    return Proxy(host, port or _PORTS[parts.scheme], _authorization(parts), parts.scheme == "https")


def _authorization(parts: SplitResult) -> str:
    if not parts.username:
        return ""
    return basic(Credentials(unquote(parts.username), unquote(parts.password or "")))


def _refusal(why: str, by: str) -> UsageError:
    return UsageError(
        f"the proxy of {by} cannot be used" if by else "a proxy named in the environment cannot be used",
        why=f"it is not what it should be: {why}"
        if by
        else f"one of `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` is not what it should be: {why}",
        next_steps=("write proxies like `http://proxy.example:3128`",),
    )
