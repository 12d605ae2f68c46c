"""Who published a file: a provenance object of an index (PEP 740) to attestation identities.

The signatures are not checked: what comes out is what the index claims. Pure.
"""

import json

from detent.model.attestations import identity_text

ACCEPT = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
MOST_BYTES = 2**20
_MOST_IDENTITIES = 16


def read_provenance(body: bytes) -> tuple[str, ...]:
    """Give the identities of a provenance object, sorted; raises :class:`ValueError` for what is none."""
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    match document:
        case {"version": 1, "attestation_bundles": [*bundles]}:
            found = {text for bundle in bundles for text in _identities(bundle)}
        case {"version": version} if version != 1:
            raise ValueError(f"it has the version {version!r:.20}, and 1 is understood")
        case _:
            raise ValueError("it is no object with a version and a list of bundles")
    if len(found) > _MOST_IDENTITIES:
        raise ValueError(f"it names more than {_MOST_IDENTITIES} publishers")
    return tuple(sorted(found))


def _identities(bundle: object) -> tuple[str, ...]:
    """Give who made a bundle; nobody where nothing is attested in it."""
    match bundle:
        case {"publisher": dict() as publisher, "attestations": [*attestations]}:
            return (identity_text(publisher),) if attestations else ()
        case _:
            raise ValueError("one of its bundles has no publisher or no list of attestations")
