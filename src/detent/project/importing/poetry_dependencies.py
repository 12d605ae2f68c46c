"""One table of Poetry's dependencies as requirements everybody reads (PEP 508).

A dependency may be a text, a table, or a list of tables with a requirement each. What does not come from an
index is written as a direct reference where there is such a thing, and named in any case.
"""

import re
from collections.abc import Mapping

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.markers import InvalidMarker
from detent.model.requirement import InvalidRequirement, PackageName, package_name, parse_requirement
from detent.named import NamedTuple
from detent.project.document import Document, type_name
from detent.project.importing.constraints import (
    InvalidConstraint,
    platform_marker,
    python_marker,
    specifier,
)
from detent.project.importing.conversion import Direct, Findings
from detent.project.importing.remarks import Noted
from detent.project.importing.tables import Item, item

# `git@host:owner/name.git`, which is no URL.
_SCP = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>(?!//).+)")


class Need(NamedTuple):
    """One requirement of a table."""

    name: PackageName
    text: str
    """PEP 508; empty for what no requirement can say."""
    is_optional: bool
    above: tuple[str, ...] = ()
    behind: str = ""

    @property
    def item(self) -> Item:
        """As an item of a list."""
        return item(self.text, self.above, self.behind)


def read_needs(
    document: Document,
    path: tuple[str, ...],
    table: Mapping[str, object],
    remarks: Mapping[tuple[str, ...], Noted],
    findings: Findings,
) -> tuple[Need, ...]:
    """Read a table of dependencies; Python itself is none."""
    found: list[Need] = []
    for key, value in table.items():
        if key.lower() == "python":
            continue
        where = document.where(*path, key)
        try:
            name = package_name(key)
        except ValueError as error:
            raise ManifestInvalid(where, f"`{key}` cannot be used", why=str(error)) from error
        constraints = value if isinstance(value, list) else [value]
        needs = [_need(name, key, constraint, where, findings) for constraint in constraints]
        noted = remarks.get((*path, key))
        if noted is not None and needs:
            needs[0] = needs[0]._replace(above=noted.above)
            needs[-1] = needs[-1]._replace(behind=noted.behind)
        found += needs
    return tuple(found)


def _need(name: PackageName, key: str, constraint: object, where: str, findings: Findings) -> Need:
    match constraint:
        case str():
            table: Mapping[str, object] = {"version": constraint}
        case dict():
            table = constraint
        case _:
            raise ManifestInvalid(
                where, f"`{key}` must be a version or a table, found {type_name(constraint)}"
            )
    try:
        text = _requirement(key, table, where, findings)
        if text:
            parse_requirement(text)
    except (InvalidConstraint, InvalidMarker, InvalidRequirement) as error:
        reason = str(error) if isinstance(error, InvalidConstraint) else error.reason
        raise ManifestInvalid(where, f"the dependency `{key}` cannot be read", why=reason) from error
    return Need(name, text, table.get("optional") is True)


def _requirement(key: str, table: Mapping[str, object], where: str, findings: Findings) -> str:
    extras = table.get("extras")
    names = ",".join(map(str, extras)) if isinstance(extras, list) else ""
    head = f"{key}[{names}]" if names else key
    condition = _condition(table)
    direct = _direct(table)
    if direct is not None:
        url, source = direct
        findings.direct.append(Direct(key, where, source))
        return "" if not url else f"{head} @ {url}" + (f" ; {condition}" if condition else "")
    if table.get("source"):
        findings.note(f"`{key}` is no longer tied to the index `{table['source']}`")
    wanted = table.get("version", "*")
    found = specifier(str(wanted))
    if not found.is_exact:
        findings.note(
            f"`{key}`: no specifier says `{wanted}`; `{found.text or 'any version'}` also allows "
            "the versions between"
        )
    if table.get("allow-prereleases") is True:
        findings.prereleases[package_name(key)] = "allow"
    return f"{head}{found.text}" + (f"; {condition}" if condition else "")


def _condition(table: Mapping[str, object]) -> str:
    """Give the marker of a dependency, as it was written where nothing is to be added to it."""
    written = table.get("markers")
    marker = markers.parse(written) if isinstance(written, str) and written.strip() else markers.ALWAYS
    python, platform = table.get("python"), table.get("platform")
    more = markers.and_(
        python_marker(python) if isinstance(python, str) else markers.ALWAYS,
        platform_marker(platform) if isinstance(platform, str) else markers.ALWAYS,
    )
    if more == markers.ALWAYS:
        return written.strip() if isinstance(written, str) else ""
    both = markers.and_(marker, more)
    return "python_version < '0'" if both == markers.NEVER else markers.render(both)


def _direct(table: Mapping[str, object]) -> tuple[str, str] | None:
    """Give URL and description of what is not on an index; the URL of a path is empty."""
    match table:
        case {"git": str(git)}:
            revision = next((str(table[key]) for key in ("rev", "tag", "branch") if key in table), "")
            folder = table.get("subdirectory")
            fragment = f"#subdirectory={folder}" if folder else ""
            return f"{_git_url(git)}{f'@{revision}' if revision else ''}{fragment}", f"the repository `{git}`"
        case {"path": path} | {"file": path}:
            return "", f"the path `{path}`"
        case {"url": str(url)}:
            return url, f"the URL `{url}`"
        case _:
            return None


def _git_url(text: str) -> str:
    found = _SCP.fullmatch(text)
    if found is not None:
        return f"git+ssh://{found['user'] or ''}{found['host']}/{found['path']}"
    return text if text.startswith("git+") else f"git+{text}"
