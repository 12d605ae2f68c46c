"""Provenance objects of an index: who published a file, and what is no such object."""

import json

import pytest

from detent.index.provenance import read_provenance

GITHUB = {"kind": "GitHub", "claims": None, "repository": "a/a", "workflow": "r.yml", "environment": ""}


def body(*publishers: object, version: object = 1) -> bytes:
    bundles = [{"publisher": publisher, "attestations": [{"version": 1}]} for publisher in publishers]
    return json.dumps({"version": version, "attestation_bundles": bundles}).encode()


def test_the_publishers_of_the_bundles_are_given_each_once_and_sorted() -> None:
    google = {"kind": "Google", "email": "a@example.com"}

    assert read_provenance(body(google, GITHUB, google)) == (
        '{kind = "GitHub", environment = "", repository = "a/a", workflow = "r.yml"}',
        '{kind = "Google", email = "a@example.com"}',
    )


def test_a_bundle_without_attestations_attests_nothing() -> None:
    document = {"version": 1, "attestation_bundles": [{"publisher": GITHUB, "attestations": []}]}

    assert read_provenance(json.dumps(document).encode()) == ()
    assert read_provenance(body()) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"<html>",
        b"[]",
        b"{}",
        b"[" * 100_000,
        body(GITHUB, version=2),
        body(GITHUB, version="1"),
        body("GitHub"),
        body(None),
        body({"repository": "a/a"}),
        body({"kind": 1}),
        body({"kind": "x", "more": 1.5}),
        body({"kind": "x" * 5000}),
        body(*({"kind": "x", "n": n} for n in range(17))),
        b'{"version": 1, "attestation_bundles": {}}',
        b'{"version": 1, "attestation_bundles": [1]}',
        b'{"version": 1, "attestation_bundles": [{"publisher": {"kind": "x"}}]}',
    ],
)
def test_what_is_no_such_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_provenance(raw)
