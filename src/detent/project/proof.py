"""The proof that an edit changed what it was to change and nothing else: a slip cannot reach a file."""

from detent.errors import Bug
from detent.errors.project import ManifestInvalid
from detent.project.document import Document, parse_document


def proven(document: Document, text: str, expected: object, what: str) -> str:
    """Give the text, once it is proven to say what is expected; ``what`` is what was edited."""
    try:
        found = parse_document(text, document.display)
    except ManifestInvalid as error:
        raise Bug(f"an edit of `{what}` broke `{document.display}` ({error.why})") from error
    if not equal(found.data, expected):
        raise Bug(f"an edit of `{what}` changed something else in `{document.display}`")
    return text


def replaced(data: object, path: tuple[str, ...], value: object) -> object:
    """Give the data with another value at a path; ``None``: without that key."""
    if not path:
        return value
    table = data if isinstance(data, dict) else {}
    if len(path) == 1 and value is None:
        return {key: each for key, each in table.items() if key != path[0]}
    return {**table, path[0]: replaced(table.get(path[0]), path[1:], value)}


def equal(one: object, other: object) -> bool:
    """Equality of TOML values in which `nan` is itself and `1`, `1.0` and `true` are three things."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and repr(one) == repr(other)
