"""Stands in for two indexes: the team's, which wants a login, and a public one, where anybody can upload.

    python serve.py [PORT]

The team's has `tide-table` 1.0.0, for the user `ada` with the password `low-tide`. The public one, at the
next port, has `clock`, which `tide-table` needs, and a `tide-table` 99.0.0 that somebody put there in the
hope that it is taken in place of the team's. Both are made anew at every start, with the same hashes. Only
programs of this machine can ask.
"""

import base64
import hashlib
import io
import sys
import threading
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8643
LOGIN = "Basic " + base64.b64encode(b"ada:low-tide").decode()
TABLE = "import clock\n\n\ndef high_water():\n    return clock.show(6, 12)\n"
CLOCK = 'def show(hour, minute):\n    return f"{hour:02}:{minute:02}"\n'
IMPOSTOR = 'raise SystemExit("somebody else\'s code runs on your machine")\n'


def main() -> None:
    """Serve both until the process is ended."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    team = index({"tide_table-1.0.0": (TABLE, "clock")})
    public = index({"clock-1.0.0": (CLOCK, ""), "tide_table-99.0.0": (IMPOSTOR, "")})
    with (
        ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, team, LOGIN)) as first,
        ThreadingHTTPServer(("127.0.0.1", port and port + 1), partial(Handler, public, None)) as second,
    ):
        threading.Thread(target=second.serve_forever, daemon=True).start()
        told = " and ".join(f"http://127.0.0.1:{each.server_port}/" for each in (first, second))
        print(f"serving {told} until Ctrl-C", flush=True)
        try:
            first.serve_forever()
        except KeyboardInterrupt:
            print()
        second.shutdown()


class Handler(BaseHTTPRequestHandler):
    """Hands out what is at an address, to who is logged in where that is wanted."""

    def __init__(self, answers: dict[str, bytes], login: str | None, *rest: object) -> None:
        self.answers = answers
        self.login = login
        super().__init__(*rest)

    def do_GET(self) -> None:
        """Answer a request."""
        answer = self.answers.get(self.path, b"")
        if self.login and self.headers["Authorization"] != self.login:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="team"')
            answer = b""
        else:
            self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def index(modules: dict[str, tuple[str, str]]) -> dict[str, bytes]:
    """Make a wheel of each module, and the page that links to it."""
    answers = {}
    for stem, (code, needs) in modules.items():
        module, _, version = stem.partition("-")
        name, filename = module.replace("_", "-"), f"{stem}-py3-none-any.whl"
        data = wheel(name, version, {f"{module}.py": code}, needs)
        link = f'<a href="{filename}#sha256={hashlib.sha256(data).hexdigest()}">{filename}</a>'
        answers[f"/simple/{name}/"] = f"<!DOCTYPE html>\n{link}\n".encode()
        answers[f"/simple/{name}/{filename}"] = data
    return answers


def wheel(name: str, version: str, files: dict[str, str], needs: str) -> bytes:
    """Make the smallest wheel that there is."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    tags = "Wheel-Version: 1.0\nGenerator: serve\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    texts = {
        **files,
        f"{info}/METADATA": metadata + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": tags,
    }
    rows = [f"{path},{digest(text)},{len(text)}\n" for path, text in texts.items()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in {**texts, f"{info}/RECORD": "".join(rows) + f"{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


def digest(text: str) -> str:
    """Give the hash of a text as RECORD has it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


if __name__ == "__main__":
    main()
