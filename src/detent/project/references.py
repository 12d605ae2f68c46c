"""Direct references of a pyproject.toml (`x @ git+https://...`): each a source, or a fault with its place.

What a URL may be is told by :mod:`detent.model.references`; here stands which line says it.
"""

import re
from collections.abc import Iterator, Mapping

from detent.errors import DetentError
from detent.errors.project import ManifestInvalid
from detent.model.reference_urls import InvalidReference, percent_encoded
from detent.model.references import read_reference, reference_text, user_info
from detent.model.requirement import InvalidRequirement, Requirement, parse_requirement
from detent.project.document import Document, at
from detent.project.values import redacted

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TABLES = (("project",), ("dependency-groups",), ("tool", "detent"), ("tool", "uv", "sources"))


def with_reference(
    document: Document, where: tuple[str | int, ...], requirement: Requirement, faults: list[DetentError]
) -> Requirement | None:
    """Give a requirement with its URL in its one form; ``None`` and a fault more when it names no source."""
    try:
        source = read_reference(requirement.url, base=document.base)
    except InvalidReference as error:
        faults.append(
            ManifestInvalid(
                document.where(*where),
                f"`{requirement.name}` cannot come from `{redacted(requirement.url)}`",
                why=error.reason,
                next_steps=(error.hint,) if error.hint else (),
            )
        )
        return None
    return requirement._replace(url=reference_text(source))


def logins(document: Document) -> tuple[str, ...]:
    """Give the URLs of a project that say by which variables somebody logs in there, each once."""
    if "${" not in document.text:
        return ()
    urls = (_url(text) for table in _TABLES for text in _strings(at(document.data, table)) if "${" in text)
    return tuple(dict.fromkeys(url.removeprefix("git+") for url in urls if "$" in user_info(url)))


def with_variables(url: str, variables: Mapping[str, str]) -> str:
    """Put the values of variables into user and password of a URL; empty where one is not set."""
    user = user_info(url)
    names = _VARIABLE.findall(user)
    if not all(variables.get(name) for name in names):
        return ""
    said = _VARIABLE.sub(lambda found: percent_encoded(variables[found[1]]), user)
    return url.replace(f"//{user}@", f"//{said}@", 1)


def _url(text: str) -> str:
    try:
        return parse_requirement(text).url or text
    except InvalidRequirement:
        return text


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _strings(each)
