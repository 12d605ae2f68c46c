"""User and password as a header of HTTP says them (RFC 7617): to a server, a proxy, a host of git."""

import base64

from detent.index.urls import Credentials


def basic(credentials: Credentials) -> str:
    """Give the value of `Authorization`."""
    pair = f"{credentials.username}:{credentials.password}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
