"""Repositories behind HTTP: a host that runs git, and one that only serves files."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.backends import tiny_tree
from support.cli import Sandbox
from support.repositories import Repository


class Files(SimpleHTTPRequestHandler):
    """Serves files, as any web server does."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Smart(BaseHTTPRequestHandler):
    """Hands requests to git's own program for it."""

    folder: Path

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        variables = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=variables, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 (as the standard library calls them)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "served/upstream")
    made.commit(tiny_tree(), tag="v1")
    made.commit({"more": "x"})
    return made


def source(sandbox: Sandbox, url: str, more: str = "") -> None:
    sandbox.manifest("a", tail=f'\n[tool.detent.sources]\na = {{git = "{url}"{more}}}\n')


def is_partial(sandbox: Sandbox) -> bool:
    (database,) = (path for path in sandbox.cache.glob("git*/*/*") if (path / "config").is_file())
    return "partialClone" in (database / "config").read_text()


def test_a_host_that_only_serves_files_gives_all_of_them(sandbox: Sandbox, upstream: Repository) -> None:
    upstream.git("update-server-info")
    with serving(partial(Files, directory=upstream.folder.parent)) as host:
        url = f"{host}/upstream/.git"
        source(sandbox, url)
        sandbox.detent("sync", timeout=30).ok()
        source(sandbox, url, ', tag = "v1"')
        sandbox.detent("sync", timeout=30).ok()
        source(sandbox, url, f', rev = "{upstream.git("rev-parse", "v1")}"')
        sandbox.detent("sync", timeout=30).ok()

        upstream.commit(tiny_tree(version="2.0"))
        upstream.git("repack", "-adq")
        upstream.git("update-server-info")
        source(sandbox, url)
        sandbox.detent("lock", "--upgrade", timeout=30).ok()

    assert not is_partial(sandbox)
    sandbox.detent("sync", "--offline", timeout=30).ok()
    assert sandbox.installed() == {"a": "2.0"}


def test_a_host_that_runs_git_leaves_the_contents_of_files_for_later(
    sandbox: Sandbox, upstream: Repository
) -> None:
    handler = type("Handler", (Smart,), {"folder": upstream.folder.parent})
    with serving(handler) as host:
        source(sandbox, f"{host}/upstream/.git")
        sandbox.detent("sync").ok()

    assert is_partial(sandbox)
    assert sandbox.installed() == {"a": "1.0"}


def test_variables_in_the_url_log_in_at_its_host_alone_and_their_values_stand_nowhere(
    sandbox: Sandbox, upstream: Repository
) -> None:
    class Closed(Smart):
        folder = upstream.folder.parent

        def _guarded(self) -> None:
            if self.headers.get("Authorization") == "Basic bWU6czNjcmV0":  # me:s3cret
                self._answer()
                return
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _guarded  # noqa: N815 (as the standard library calls them)

    with serving(Closed) as host:
        source(sandbox, f"{host.replace('//', '//me:${GIT_WORD}@')}/upstream/.git")
        refused = sandbox.detent("lock")
        assert refused.code == 1
        assert "nobody can tell" in refused.err
        assert "see that the variables in its URL are set" in refused.err

        done = sandbox.detent("sync", "-v", env={"GIT_WORD": "s3cret"}).ok()

    assert sandbox.installed() == {"a": "1.0"}
    assert "s3cret" not in done.err
    for path in (*sandbox.cache.rglob("*"), *sandbox.root.rglob("*")):
        assert not path.is_file() or b"s3cret" not in path.read_bytes()


def test_another_host_that_is_led_to_is_not_told_who_asks(sandbox: Sandbox, upstream: Repository) -> None:
    heard: list[str | None] = []

    class Other(Smart):
        folder = upstream.folder.parent

        def _heard(self) -> None:
            heard.append(self.headers.get("Authorization"))
            self._answer()

        do_GET = do_POST = _heard  # noqa: N815 (as the standard library calls them)

    with serving(Other) as other:

        class Leads(Smart):
            def _leads(self) -> None:
                self.send_response(302 if self.headers.get("Authorization") else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Location", f"{other}{self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = _leads  # noqa: N815 (as the standard library calls them)

        with serving(Leads) as host:
            source(sandbox, f"{host.replace('//', '//${GIT_WORD}@')}/upstream/.git")
            sandbox.detent("sync", env={"GIT_WORD": "s3cret"})

    assert heard
    assert set(heard) == {None}


def test_a_host_where_nobody_listens_is_one_clear_error(sandbox: Sandbox) -> None:
    with serving(Files) as host:
        pass
    source(sandbox, f"{host}/a.git")

    done = sandbox.detent("lock")

    assert done.code == 1
    assert "[git-failed]" in done.err
    assert "nobody answers at its host and port" in done.err
    assert "next: check the host and the port" in done.err
