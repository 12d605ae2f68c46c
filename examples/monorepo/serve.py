"""Stands in for the servers of a team: a private index with a login, and a git repository.

    python serve.py [PORT]

`outside/fastmean` is on the index, as a source distribution alone; `outside/knots` is what is in the
repository, with the tag `v1.0`. Both are made anew at every start, with the same hashes. The index wants the
user `ada` and the password `low-tide`; the repository is open. Only programs of this machine can ask.
"""

import base64
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
PORT = 8642
LOGIN = "Basic " + base64.b64encode(b"ada:low-tide").decode()
PKG_INFO = """\
Metadata-Version: 2.2
Name: fastmean
Version: 1.0.0
Requires-Python: >=3.11
"""
NO_CONFIGURATION = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
COMMITTING = {
    **NO_CONFIGURATION,
    **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ada@example.com" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
}


def main() -> None:
    """Make both, and serve them until the process is ended."""
    with tempfile.TemporaryDirectory() as made:
        make_index(Path(made))
        make_repository(Path(made))
        port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
        with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=made)) as server:
            print(f"serving http://127.0.0.1:{server.server_port}/ until Ctrl-C", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()


class Handler(SimpleHTTPRequestHandler):
    """Hands out files of the index to who is logged in, and the repository to everybody."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path.startswith("/knots.git/"):
            self.ask_git(b"")
        elif self.headers["Authorization"] == LOGIN:
            super().do_GET()
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="harbour"')
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_POST(self) -> None:
        """Let git say what is in the repository."""
        self.ask_git(self.rfile.read(int(self.headers["Content-Length"])))

    def ask_git(self, body: bytes) -> None:
        """Pass a request on to the half of git that answers; see `git help http-backend`."""
        path, _, query = self.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": self.directory,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        command = ["git", "http-backend"]
        done = subprocess.run(
            command, input=body, env={**NO_CONFIGURATION, **variables}, stdout=subprocess.PIPE, check=True
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        rows = dict(row.split(": ", 1) for row in head.decode().split("\r\n"))
        self.send_response(int(rows.pop("Status", "200").split()[0]))
        for name, value in {**rows, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)


def make_index(root: Path) -> None:
    """Make the page of `fastmean`, and its source distribution."""
    files = {path.name: path.read_bytes() for path in (HERE / "outside/fastmean").iterdir() if path.is_file()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted({**files, "PKG-INFO": PKG_INFO.encode()}.items()):
            member = tarfile.TarInfo(f"fastmean-1.0.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    folder, name = root / "simple/fastmean", "fastmean-1.0.0.tar.gz"
    folder.mkdir(parents=True)
    sdist = gzip.compress(packed.getvalue(), mtime=0)
    (folder / name).write_bytes(sdist)
    link = f'<a href="{name}#sha256={hashlib.sha256(sdist).hexdigest()}">{name}</a>'
    (folder / "index.html").write_text(f"<!DOCTYPE html>\n{link}\n", "utf-8")


def make_repository(root: Path) -> None:
    """Commit `knots`, tag it, and make the copy that is served."""
    tree = root / "knots"
    shutil.copytree(HERE / "outside/knots", tree)
    for command in (
        "init --quiet --initial-branch=main",
        "add --all",
        "commit --quiet --message=knots",
        "tag v1.0",
        "clone --quiet --bare . ../knots.git",
        "--git-dir=../knots.git config uploadpack.allowFilter true",
        "--git-dir=../knots.git config uploadpack.allowAnySHA1InWant true",
    ):
        subprocess.run(["git", *command.split()], cwd=tree, env=COMMITTING, check=True)


if __name__ == "__main__":
    main()
