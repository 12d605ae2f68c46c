"""The system's keyring, by the program `keyring`: asked for a login, told one, told to forget one.

The program is found outside of the project, gets the password on its standard input and never among its
words, has no terminal, and is ended with all it started when it does not answer in time. What it says of its
troubles is not shown: it may hold what it was told.
"""

import os
import signal
import subprocess
from collections.abc import Collection, Mapping

from detent.errors.fetch import KeyringFailed
from detent.events import Notice, Report, Step
from detent.index.programs import find_program
from detent.index.urls import Credentials, host, origin, service_of, shown

_SECONDS = 60.0
"""Somebody may have to unlock it."""
_MOST_BYTES = 64 * 1024


class Keyring:
    """The keyring of whoever works here."""

    def __init__(
        self,
        variables: Mapping[str, str],
        report: Report,
        *,
        outside: Collection[str],
        seconds: float = _SECONDS,
    ) -> None:
        """``outside`` are folders from which no program is started."""
        self._variables = dict(variables)
        self._report = report
        self._seconds = seconds
        self._program, self._passed_over = find_program("keyring", variables, outside)

    def look_up(self, url: str, username: str) -> Credentials | None:
        """Ask for a login: of the address itself, then of its host; ``None`` where there is none."""
        if not self._program:
            self._report(Notice("warning", f"the keyring is left out: {self._missing()}"))
            return None
        whose = f" of `{username}`" if username else ""
        self._report(Step(f"Asking the keyring for the password{whose} at {shown(url)}"))
        for service in (shown(url), keyring_service(url)):
            words = ("get", service, username) if username else ("--mode", "creds", "get", service)
            try:
                code, answer = self._run(words)
            except KeyringFailed as fault:
                self._report(Notice("warning", f"the keyring is left out: {fault.why}"))
                return None
            found = answer.removesuffix("\n").split("\n", 1)
            if code == 0 and found[-1] and len(found) == (1 if username else 2):
                return Credentials(username or found[0], found[-1])
        return None

    def store(self, url: str, credentials: Credentials) -> None:
        """Keep a login for an origin; raises :class:`KeyringFailed`."""
        code, _ = self._run(("set", keyring_service(url), credentials.username), credentials.password)
        if code:
            raise KeyringFailed("`keyring set` did not keep it")

    def forget(self, url: str, username: str) -> bool:
        """Forget a login of an origin; say whether there was one. Raises :class:`KeyringFailed`."""
        code, _ = self._run(("del", keyring_service(url), username))
        return code == 0

    def _missing(self) -> str:
        if self._passed_over:
            return f"`{self._passed_over}` lies in the project, and nothing from there is started"
        return "no folder of `PATH` has a program `keyring`"

    def _run(self, words: tuple[str, ...], said: str = "") -> tuple[int, str]:
        if not self._program:
            raise KeyringFailed(self._missing())
        try:
            process = subprocess.Popen(
                [self._program, *words],
                cwd=os.sep,
                env=self._variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise KeyringFailed(f"`{self._program}` cannot be started: {reason}") from error
        with process:
            try:
                answer, _ = process.communicate(said.encode(), timeout=self._seconds)
            except subprocess.TimeoutExpired:
                reason = f"it did not answer in {self._seconds:.0f} seconds"
                raise KeyringFailed(reason) from None
            finally:
                _end(process)
        return process.returncode, answer[:_MOST_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")


def keyring_service(url: str) -> str:
    """Give what the keyring calls an origin: its host, as for pip, and with its scheme what is no https."""
    return host(url) if origin(url)[0] == "https" else service_of(url)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program that goes on, with all it started."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (OSError, AttributeError):
            process.kill()
