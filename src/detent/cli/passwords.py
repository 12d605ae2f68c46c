"""Passwords as a person gives them: typed without echo, or read from stdin. None is ever shown."""

import getpass
import sys

from detent.cli.console import Console
from detent.cli.options import text
from detent.cli.parse import Values
from detent.cli.render import show
from detent.errors import UsageError
from detent.index.login_store import Login
from detent.ops.auth import read_service
from detent.ops.logins import TOKEN_USER


def login_of(values: Values, console: Console, where: str) -> Login:
    """Read who logs in at a host or URL; raises :class:`UsageError` for what is missing and not asked for."""
    service, named = read_service(where)
    token = text(values, "token")
    if token is not None:
        return Login(service, TOKEN_USER, _said(token, "token"))
    given = text(values, "username")
    if named is not None and given not in {None, named.username}:
        raise UsageError(
            "the user is named twice, in the URL and by `--username`", next_steps=("leave `--username` out",)
        )
    username = given or (named.username if named is not None else "") or _asked_name(service, console)
    password = text(values, "password") or (named.password if named is not None else "") or None
    if password is None:
        password = _asked_password(username, service, console)
    return Login(service, username, _said(password, "password"))


def _said(given: str, flag: str) -> str:
    found = given
    if given == "-":
        line = sys.stdin.readline()
        found = line.removesuffix("\n").removesuffix("\r")
    if not found:
        raise UsageError(
            f"the {flag} is empty", next_steps=(f"give it with `--{flag}`; `-` reads it from standard input",)
        )
    return found


def _asked_name(service: str, console: Console) -> str:
    _need_terminal("--username NAME")
    console.say(f"User name for {show(service)}:")
    name = sys.stdin.readline().strip()
    if not name:
        raise UsageError("the user name is empty", next_steps=("give `--username NAME`",))
    return name


def _asked_password(username: str, service: str, console: Console) -> str:
    _need_terminal("--password -")
    console.close()  # nobody draws over what is typed
    try:
        return getpass.getpass(show(f"Password of {username} for {service}: "))
    except EOFError:
        return ""  # the terminal was closed, or Ctrl-D typed


def _need_terminal(flag: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here",
            why="standard input is no terminal",
            next_steps=(f"give `{flag}`, and the password on standard input",),
        )
