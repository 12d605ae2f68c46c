"""An index that means harm: whatever it answers ends in one readable message, and nothing of it drives a terminal."""

import gzip
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.forked import detent
from support.index_server import IndexServer, serve
from support.syscalls import Ended
from support.wheels import metadata_text, wheel

JSON = "application/vnd.pypi.simple.v1+json"
GOOD = wheel("good", "1.0", requires=["part"])
PART = wheel("part", "1.0")


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Iterator[Sandbox]:
    publish(index, GOOD, PART)
    sandbox.manifest("good")
    sandbox.variables["DETENT_HTTP_TRIES"] = "1"
    yield sandbox
    assert not list(sandbox.root.parent.rglob("outside*"))
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


def said(done: Ended) -> str:
    """Give what was said, having seen that all of it can be shown and that it is an answer."""
    assert done.code in {0, 1}, done.said
    assert ("error: " in done.said) == (done.code == 1), done.said
    assert "Traceback" not in done.said
    assert all(character.isprintable() or character == "\n" for character in done.said), repr(done.said)
    return done.said


def page(*files: dict[str, object], **more: object) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "good", "files": files, **more}).encode()


def entry(filename: str, url: str, **more: object) -> dict[str, object]:
    return {"filename": filename, "url": url, "hashes": {"sha256": "0" * 64}, **more}


PAGES: dict[str, tuple[str, bytes]] = {
    "deep": (JSON, b'{"files": ' + b"[" * 200_000),
    "deep and whole": (JSON, b'{"files": ' + b"[" * 90_000 + b"]" * 90_000 + b"}"),
    "a huge number": (JSON, b'{"files": [{"size": ' + b"9" * 50_000 + b"}]}"),
    "not UTF-8": (JSON, b'{"files": ["\xff\xfe"]}'),
    "other types": (JSON, b'{"files": {"a": 3}, "meta": []}'),
    "a later version": (JSON, page(meta={"api-version": "2.0"})),
    "half a surrogate": (JSON, b'{"files": [{"filename": "\\ud800", "url": "\\udfff"}]}'),
    "a picture": ("image/png", b"\x89PNG\r\n"),
    "nothing": (JSON, b""),
    "soup": ("text/html", b"<a href='x'><a<<a href=good-1.0-py3-none-any.whl#sha256=\x00><!--" * 500),
    "open tags": ("text/html", b"<a " * 200_000),
    "escapes": ("text/html", b"<a href='\x1b]0;x\x07-1.0.tar.gz'>\x1b[31m\xe2\x80\xae</a>"),
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_that_is_none_is_one_message(project: Sandbox, index: IndexServer, kind: str) -> None:
    index.pages["good"] = PAGES[kind]

    done = detent(project, "lock")

    assert done.code == 1
    assert "good" in said(done)
    assert not (project.root / "pylock.toml").exists()


def test_a_page_that_unpacks_to_anything_is_stopped(project: Sandbox, index: IndexServer) -> None:
    bomb = gzip.compress(b" " * (80 * 2**20), 9)
    head = {"Content-Encoding": "gzip", "Content-Type": JSON, "Content-Length": str(len(bomb))}
    index.fail("/simple/good/", times=None, status=200, body=bomb, headers=head)

    done = detent(project, "lock")

    assert done.code == 1
    assert "good" in said(done)


@pytest.mark.parametrize(
    "odd",
    [
        entry("../outside-1.0-py3-none-any.whl", "../../outside-1.0-py3-none-any.whl"),
        entry("good-2.0-py3-none-any.whl/../outside", "x"),
        entry("good-2.0-py3-none-any.whl", "file:///etc/passwd"),
        entry("good-2.0-py3-none-any.whl", "javascript:alert(1)"),
        entry("good-2.0-py3-none-any.whl", "ftp://127.0.0.1/good-2.0-py3-none-any.whl"),
        entry("other-2.0-py3-none-any.whl", "/files/other-2.0-py3-none-any.whl"),
        entry("good-2.0.final-py3-none-any.whl\x1b[31m", "x"),
        entry("good-new-py3-none-any.whl", "x"),
        entry("good-2.0-py3-none-any.whl", "x", **{"requires-python": ">=\u202e3"}),
    ],
    ids=str,
)
def test_one_bad_entry_costs_no_page(project: Sandbox, index: IndexServer, odd: dict[str, object]) -> None:
    right = index.files[GOOD.filename]
    honest = entry(GOOD.filename, f"/files/{GOOD.filename}", hashes=right.digests, size=right.size)
    index.pages["good"] = (JSON, page(odd, honest))

    done = detent(project, "lock", "-v")

    if "requires-python" in odd:  # it is a file of the project, and the newest one
        assert "good" in said(done)
    else:
        assert done.code == 0, said(done)
        assert 'name = "good"\nversion = "1.0"' in project.read("pylock.toml")
    assert said(done)


METADATA: dict[str, bytes] = {
    "another name": metadata_text("other", "1.0").encode(),
    "another version": metadata_text("good", "2.0").encode(),
    "no requirement": metadata_text("good", "1.0", requires=["part\x1b[31m"]).encode(),
    "an option": metadata_text("good", "1.0", requires=["--index-url=https://example.com/"]).encode(),
    "a path": metadata_text("good", "1.0", requires=["part @ file:///etc/passwd"]).encode(),
    "deep markers": metadata_text(
        "good", "1.0", requires=[f"part ; {'(' * 20_000}python_version > '3'{')' * 20_000}"]
    ).encode(),
    "a huge version": metadata_text("good", "1.0", requires=[f"part>={'9' * 50_000}"]).encode(),
    "nothing": b"",
    "not UTF-8": b"Metadata-Version: 2.1\nName: good\nVersion: 1.0\nRequires-Dist: \xff\xfe\n",
    "half a line": b"Name",
}


@pytest.mark.parametrize("kind", METADATA)
def test_metadata_that_is_none_is_one_message(project: Sandbox, index: IndexServer, kind: str) -> None:
    publish(index, wheel("good", "1.0", dist_info_files={"METADATA": METADATA[kind]}))

    done = detent(project, "lock")

    assert done.code == 1, done.said
    assert "good" in said(done)


def test_metadata_of_more_than_anybody_needs_is_stopped(project: Sandbox, index: IndexServer) -> None:
    text = GOOD.metadata + b"x" * (17 * 2**20)
    publish(index, wheel("good", "1.0", dist_info_files={"METADATA": text}))

    done = detent(project, "lock")

    assert done.code == 1
    assert "good" in said(done)


def test_a_wheel_that_says_otherwise_than_its_index_of_whose_it_is_is_refused(
    project: Sandbox, index: IndexServer
) -> None:
    other = wheel("other", "1.0")
    index.files[GOOD.filename].data = other.data
    index.files[GOOD.filename].digests = {"sha256": other.sha256}
    index.files[GOOD.filename].size = len(other.data)

    done = detent(project, "sync")

    assert done.code == 1
    assert f"`{GOOD.filename}` was refused" in said(done)
    assert project.installed() == {}


@pytest.mark.parametrize("status", [401, 500])
def test_what_a_server_says_with_its_refusal_is_not_shown_raw(
    project: Sandbox, index: IndexServer, status: int
) -> None:
    evil = b"\x1b]0;gone\x07\x1b[2J\r\xe2\x80\xaeevil"
    index.fail("/simple/good/", times=None, status=status, body=evil, headers={"Content-Type": "text/plain"})

    assert "gone" not in said(detent(project, "lock"))


def self_signed(folder: Path) -> Path:
    """A certificate of this machine for itself, and its key, in one file."""
    key, made = folder / "key.pem", folder / "server.pem"
    words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "9",
    ]
    words += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", made], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
def test_a_server_whose_certificate_nobody_vouches_for_is_not_believed(
    project: Sandbox, tmp_path: Path
) -> None:
    made = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made)
    with serve([GOOD, PART], tls=context) as index:
        variables = {"DETENT_DEFAULT_INDEX": index.url}

        refused = detent(project, "lock", env=variables)
        assert refused.code == 1
        assert "certificate" in said(refused)
        assert index.requests == []

        detent(project, "lock", env={**variables, "SSL_CERT_FILE": str(made)})
        assert index.count("/simple/good/") == 1
