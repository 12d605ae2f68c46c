"""Attestation identities: what an index says of who published a file comes into the lock, and is missed there."""

import json
from collections.abc import Iterator

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.wheels import wheel

GITHUB = {"kind": "GitHub", "repository": "a/a", "workflow": "r.yml", "environment": "pypi", "claims": None}
IN_LOCK = (
    "]\nattestation-identities = [\n"
    '    {kind = "GitHub", environment = "pypi", repository = "a/a", workflow = "r.yml"},\n'
    "]\n"
)


def provenance(publisher: object = GITHUB) -> bytes:
    bundle = {"publisher": publisher, "attestations": [{"version": 1}]}
    return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()


@pytest.fixture(params=[True, False], ids=["json", "html"])
def served(request: pytest.FixtureRequest) -> Iterator[IndexServer]:
    with serve(json=request.param) as index:
        yield index


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with serve() as index:
        yield index


def attested(index: IndexServer, publisher: object = GITHUB) -> None:
    publish(index, wheel("a"), wheel("b"))
    index.files["a-1.0-py3-none-any.whl"].provenance = provenance(publisher)


def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    sandbox.variables["DETENT_DEFAULT_INDEX"] = index.url
    sandbox.manifest("a", "b")
    return sandbox


def test_what_is_newly_locked_says_who_published_it(sandbox: Sandbox, served: IndexServer) -> None:
    attested(served)
    project(sandbox, served).detent("lock").ok()

    text = sandbox.read("pylock.toml")

    assert text.count("attestation-identities") == 1
    assert IN_LOCK in text
    assert served.count("/integrity/") == 1


def test_it_is_asked_once_and_stays_with_the_version(sandbox: Sandbox, index: IndexServer) -> None:
    attested(index)
    project(sandbox, index).detent("lock").ok()
    text = sandbox.read("pylock.toml")
    index.files["a-1.0-py3-none-any.whl"].provenance = None

    elsewhere = {"DETENT_CACHE_DIR": str(sandbox.root / "cache")}
    sandbox.detent("lock", "--upgrade", env=elsewhere).ok()
    assert sandbox.read("pylock.toml") == text
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("lock", "--regenerate", "--refresh").ok()
    assert "attestation" not in sandbox.read("pylock.toml")
    # What was once told of a file is believed for ever, where the index still offers to tell.
    index.files["a-1.0-py3-none-any.whl"].provenance = provenance()
    index.forget()
    sandbox.detent("lock", "--regenerate", "--refresh").ok()
    assert sandbox.read("pylock.toml") == text
    assert index.count("/integrity/") == 0


def test_a_lock_that_was_made_without_stays_as_it_is(sandbox: Sandbox, index: IndexServer) -> None:
    attested(index)
    project(sandbox, index).detent("lock", env={"DETENT_ATTESTATIONS": "false"}).ok()
    text = sandbox.read("pylock.toml")
    assert "attestation" not in text
    assert index.count("/integrity/") == 0

    sandbox.detent("lock", "--upgrade").ok()
    assert sandbox.read("pylock.toml") == text


def test_a_file_that_nobody_attests_beside_those_somebody_does_attests_nothing(
    sandbox: Sandbox, index: IndexServer
) -> None:
    attested(index)
    publish(index, wheel("a", tag="cp312-cp312-win_amd64"))
    project(sandbox, index).detent("lock").ok()

    assert "attestation" not in sandbox.read("pylock.toml")


def test_a_publisher_that_is_lost_with_a_new_version_is_loud(sandbox: Sandbox, index: IndexServer) -> None:
    attested(index)
    project(sandbox, index).detent("lock").ok()
    sandbox.write("pylock.old.toml", sandbox.read("pylock.toml"))
    publish(index, wheel("a", "2.0"))
    sandbox.detent("lock", "--upgrade", "--refresh").ok()

    done = sandbox.detent("diff", "--against", "pylock.old.toml").ok()

    assert done.out == (
        "1 updated\n\n~ a v1.0 -> v2.0\n"
        "    ! no publisher is attested any more; it was GitHub a/a, r.yml, pypi\n"
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"body": b"<html>"},
        {"body": provenance("x" * 10)},
        {"body": provenance({"kind": "GitHub", "n": 1.5})},
        {"body": b'{"version": 1, "attestation_bundles": ' + b"[" * 100_000},
        {"body": b" " * (2**20 + 1)},
        {"status": 404},
        {"status": 403},
        {"reset": True},
        {"stall_seconds": 30.0},
    ],
)
def test_whatever_goes_wrong_the_lock_is_made_without(
    sandbox: Sandbox, index: IndexServer, fault: dict[str, object]
) -> None:
    attested(index)
    index.fail("/integrity/", times=None, **fault)
    variables = {"DETENT_HTTP_TIMEOUT": "0.5", "DETENT_HTTP_TRIES": "1"}

    done = project(sandbox, index).detent("lock", env=variables).ok()

    assert "note: the index could not be asked who published `a`, so the lock does not say" in done.err
    assert "Resolved 2 packages" in done.err
    assert "attestation" not in sandbox.read("pylock.toml")


def test_no_page_sends_requests_to_another_server(sandbox: Sandbox, index: IndexServer) -> None:
    attested(index)
    with serve() as other:
        kind, page = index.page("a") or ("", b"")
        index.pages["a"] = (
            kind,
            page.replace(f"{index.origin}/integrity".encode(), f"{other.origin}/x".encode()),
        )
        project(sandbox, index).detent("lock").ok()

        assert other.requests == []
    assert "attestation" not in sandbox.read("pylock.toml")


def test_odd_addresses_are_as_if_they_were_not_there(sandbox: Sandbox, index: IndexServer) -> None:
    attested(index)
    kind, page = index.page("a") or ("", b"")
    odds: tuple[object, ...] = (
        3,
        [],
        "ftp://x",
        "x",
        f"{index.origin}/\n",
        f"{index.origin}/{'x' * 3000}",
        "http://u@h/x",
    )
    for odd in odds:
        document = json.loads(page)
        document["files"][0]["provenance"] = odd
        index.pages["a"] = (kind, json.dumps(document).encode())
        project(sandbox, index).detent("lock", "--regenerate", "--refresh").ok()
        assert "attestation" not in sandbox.read("pylock.toml")
