"""TLS inside of TLS: what is spoken with a server through a proxy that is spoken to in TLS itself.

The standard library wraps plain sockets only, so the inner handshake, reads and writes go through memory
(`ssl.MemoryBIO`). What stands here is as much of a socket as `http.client` and
:mod:`detent.index.connections` use. It goes by what `ssl` itself checks; a context that leaves that to the
operating system (macOS, Windows) would check nothing here and is not to be given.
"""

import io
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

_T = TypeVar("_T")
_CHUNK_BYTES = 64 * 1024


class InnerTls:
    """One connection to a server within another one."""

    def __init__(self, outer: socket.socket, context: ssl.SSLContext, host: str) -> None:
        """Shake hands; raises as `SSLContext.wrap_socket` does."""
        self._outer = outer
        self._came = ssl.MemoryBIO()
        self._goes = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._came, self._goes, server_hostname=host)
        self._files = 0
        self._is_closed = False
        self._do(self._object.do_handshake)

    def settimeout(self, seconds: float | None) -> None:
        """Bound each wait."""
        self._outer.settimeout(seconds)

    def fileno(self) -> int:
        """Give the number that `select` waits for."""
        return self._outer.fileno()

    def recv_into(self, buffer: Any) -> int:
        """Read what there is, at most as much as fits; 0 at the end."""
        try:
            read: Callable[..., Any] = self._object.read
            return int(self._do(partial(read, len(buffer), buffer)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # as a socket of `ssl` takes the second, too
            return 0

    def sendall(self, data: Any) -> None:
        """Write all of it."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self._do(partial(self._object.write, view)) :]

    def makefile(self, *_: object, **__: object) -> io.RawIOBase:
        """Give something that keeps the connection open while an answer is read."""
        self._files += 1
        return _Hold(self._let_go)

    def close(self) -> None:
        """Close the connection, once nobody reads an answer any more."""
        self._is_closed = True
        if not self._files:
            self._outer.close()

    def _let_go(self) -> None:
        self._files -= 1
        if self._is_closed and not self._files:
            self._outer.close()

    def _do(self, step: Callable[[], _T]) -> _T:
        """Do a step of the inner connection, carrying to and fro what it has to say and to hear."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._send()
                data = self._outer.recv(_CHUNK_BYTES)
                if data:
                    self._came.write(data)
                else:
                    self._came.write_eof()
            except ssl.SSLError:
                self._send()  # an alert tells the other side why
                raise
            else:
                self._send()
                return done

    def _send(self) -> None:
        data = self._goes.read()
        if data:
            self._outer.sendall(data)


class _Hold(io.RawIOBase):
    """The reading side of a connection; what is read is read elsewhere."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        self._let_go = let_go

    def close(self) -> None:
        if not self.closed:
            self._let_go()
        super().close()
