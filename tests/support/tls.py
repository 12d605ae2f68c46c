"""Certificates for servers on loopback: one authority, a server it vouches for, a client it vouches for.

Made once with OpenSSL, good for a hundred years, and secret to nobody.
"""

import ssl
from pathlib import Path
from typing import NamedTuple

_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUP7HP1nS0CRT3kRVcEwUHhy73XVswCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMZGV0ZW50IHRlc3RzMCAXDTI2MTEyMTIyMDM0OFoYDzIxMjYx
MDI4MjIwMzQ4WjAXMRUwEwYDVQQDDAxkZXRlbnQgdGVzdHMwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQgFRx2bJPBfaz4iX88p/5rIsuLmuE3IRluvA79EmKASdST
oCh1I7gJ+N3hiuuRENIORSATKg5FtTcEb+fxvgGPo2MwYTAdBgNVHQ4EFgQUUTtE
BsFkL+FQPds8JbrtW15EtUMwHwYDVR0jBBgwFoAUUTtEBsFkL+FQPds8JbrtW15E
tUMwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwCgYIKoZIzj0EAwID
SAAwRQIgJ8kTlPzXzpAKdSJyDgWLIC88NKjU+Gp5d3wN6kpKc6ACIQD5S8PnQUWk
B7q69rp+dQStU6iXR3lEewBrHFJO7lTjMQ==
-----END CERTIFICATE-----
"""
_SERVER = """\
-----BEGIN CERTIFICATE-----
MIIBnjCCAUWgAwIBAgIUJYUIhAM9i1yOszrspTdEgOEmxdAwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMZGV0ZW50IHRlc3RzMCAXDTI2MTEyMTIyMDM0OFoYDzIxMjYx
MDI4MjIwMzQ4WjARMQ8wDQYDVQQDDAZzZXJ2ZXIwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASspJEW4cQNOpXihPMTOGpDhxrLAoDtFM+8LtGjcZ4NwyTvMBIzfBFw
cspN+k2g221qIOzujbC+UPm/xovN6X+qo3MwcTAaBgNVHREEEzARhwR/AAABggls
b2NhbGhvc3QwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHwYDVR0jBBgwFoAUUTtEBsFk
L+FQPds8JbrtW15EtUMwHQYDVR0OBBYEFNx/4d2oHJ7rLcOGMnu1u7NYYZARMAoG
CCqGSM49BAMCA0cAMEQCIBplhy9kJpDGv/VxrJ87KcEtUnOD3E7PG5RQIcbNWBlb
AiAa9XTJFR7/6VDT5BzwZNb4i16xTSxw5kjT4NtZrhsd+g==
-----END CERTIFICATE-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDQBzcknGLs8buh8PSqMZ6kziG5R9AHP2whnPyliXtLzoAoGCCqGSM49
AwEHoUQDQgAErKSRFuHEDTqV4oTzEzhqQ4caywKA7RTPvC7Ro3GeDcMk7zASM3wR
cHLKTfpNoNttaiDs7o2wvlD5v8aLzel/qg==
-----END EC PRIVATE KEY-----
"""
_CLIENT = """\
-----BEGIN CERTIFICATE-----
MIIBgzCCASmgAwIBAgIUJYUIhAM9i1yOszrspTdEgOEmxdEwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMZGV0ZW50IHRlc3RzMCAXDTI2MTEyMTIyMDM0OFoYDzIxMjYx
MDI4MjIwMzQ4WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ9+kySPMCEXVx+lIzGp2SiVd+4qDPwdh0/8LJgUj5Daw5bPxJAcIrH
ETyxp3BviupplLnFV1ENGOVjKrgOjsgTo1cwVTATBgNVHSUEDDAKBggrBgEFBQcD
AjAfBgNVHSMEGDAWgBRRO0QGwWQv4VA92zwluu1bXkS1QzAdBgNVHQ4EFgQUPXTW
nzL0sBHhGRXW4LSNFPc9MzcwCgYIKoZIzj0EAwIDSAAwRQIgUQHfgKdIzatR+2bv
8Jj+HqmIJfH2p8i0PEPZyTDOnUICIQDssiaJz3PEbSobFQGuj8EP7puhlorPtOhr
DFAgnebs1Q==
-----END CERTIFICATE-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIKoSnCkm+5gJHdWP1ewVigDHUeFTA0s6nwJIwNL/DhIMoAoGCCqGSM49
AwEHoUQDQgAEPfpMkjzAhF1cfpSMxqdkolXfuKgz8HYdP/CyYFI+Q2sOWz8SQHCK
xxE8sadwb4rqaZS5xVdRDRjlYyq4Do7IEw==
-----END EC PRIVATE KEY-----
"""


class Certificates(NamedTuple):
    """Files of a folder."""

    authority: Path
    """What to trust."""
    client: Path
    """What to show: a certificate and its key."""
    server: Path
    """The same for a server at `127.0.0.1` and `localhost`."""

    def context(self, *, asks_client: bool = False) -> ssl.SSLContext:
        """Give what a server speaks TLS with; ``asks_client``: to clients it knows alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        if asks_client:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def certificates(folder: Path) -> Certificates:
    """Write the files."""
    made = Certificates(folder / "authority.pem", folder / "client.pem", folder / "server.pem")
    for path, text in zip(made, (_AUTHORITY, _CLIENT, _SERVER), strict=True):
        path.write_text(text)
    return made
