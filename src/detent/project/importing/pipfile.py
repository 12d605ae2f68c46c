"""A Pipfile as lists of requirements in a pyproject.toml.

A version without an operator is that version, as Pipenv reads it. Scripts have no place in pyproject.toml.
"""

from collections.abc import Mapping

from detent.errors.project import ManifestInvalid
from detent.model.marker_atoms import ENVIRONMENT_VARIABLES
from detent.model.requirement import InvalidRequirement, group_name, parse_requirement
from detent.project.document import Document, type_name
from detent.project.importing.assembly import Wishes, with_wishes
from detent.project.importing.conversion import Conversion, Direct, Findings, Source, index_rows
from detent.project.importing.remarks import Noted, parts
from detent.project.importing.tables import Item, Row, item, literal, with_settings

_NOT_GROUPS = ("source", "packages", "requires", "scripts", "pipenv")


def convert(document: Document, pipfile: Document, *, folder_name: str, public_host: str = "") -> Conversion:
    """Give the pyproject.toml with what the Pipfile asks for; both documents stay as they are."""
    findings = Findings(public_host)
    remarks = {noted.statement.path: noted for part in parts(pipfile) for noted in part.statements}
    dependencies = _items(pipfile, "packages", remarks, findings)
    groups = {
        _group(pipfile, key): _items(pipfile, key, remarks, findings)
        for key, value in pipfile.data.items()
        if key not in _NOT_GROUPS and isinstance(value, dict)
    }
    options, rows = _options(pipfile)
    if pipfile.data.get("scripts"):
        findings.note(f"`[scripts]` of `{pipfile.display}` was not taken over")
    if options:
        names = ", ".join(f"`{key}`" for key in options)
        findings.note(f"not taken over from `[pipenv]` of `{pipfile.display}`: {names}")
    wishes = Wishes(dependencies, groups, _requires_python(pipfile))
    text = with_wishes(document, wishes, folder_name=folder_name, findings=findings)
    index = index_rows(_sources(pipfile), findings)
    return findings.conversion(with_settings(text, rows, index, display=document.display))


def _options(pipfile: Document) -> tuple[list[str], tuple[Row, ...]]:
    """Give the options that have no place here, and the settings that the others become."""
    found = pipfile.data.get("pipenv")
    options = found if isinstance(found, dict) else {}
    allows = options.get("allow_prereleases") is True
    left = [key for key in options if key != "allow_prereleases"]
    return left, (Row("prerelease", literal("allow")),) if allows else ()


def _group(pipfile: Document, key: str) -> str:
    if key == "dev-packages":
        return "dev"
    try:
        return group_name(key)
    except ValueError as error:
        raise ManifestInvalid(
            pipfile.where(key), f"`{key}` cannot be the name of a group", why=str(error)
        ) from error


def _requires_python(pipfile: Document) -> str:
    requires = pipfile.data.get("requires")
    match requires:
        case {"python_full_version": str(version)}:
            return f"=={version}"
        case {"python_version": str(version)}:
            return f"=={version}.*"
        case _:
            return ""


def _items(
    pipfile: Document, key: str, remarks: Mapping[tuple[str, ...], Noted], findings: Findings
) -> list[Item]:
    table = pipfile.data.get(key, {})
    if not isinstance(table, dict):
        raise ManifestInvalid(pipfile.where(key), f"`{key}` must be a table, found {type_name(table)}")
    found = []
    for name, value in table.items():
        where = pipfile.where(key, name)
        text = _requirement(name, value, where, findings)
        noted = remarks.get((key, name))
        if text:
            found.append(item(text, noted.above, noted.behind) if noted is not None else item(text))
    return found


def _requirement(name: str, value: object, where: str, findings: Findings) -> str:
    match value:
        case str():
            table: Mapping[str, object] = {"version": value}
        case dict():
            table = value
        case _:
            raise ManifestInvalid(where, f"`{name}` must be a version or a table, found {type_name(value)}")
    direct = next((str(table[key]) for key in ("git", "hg", "svn", "path", "file") if key in table), None)
    if direct is not None:
        if direct != "." or "path" not in table:  # `path = "."` is the project itself
            findings.direct.append(Direct(name, where, f"`{direct}`"))
        return ""
    if "index" in table:
        findings.note(f"`{name}` is no longer tied to the index `{table['index']}`")
    extras = table.get("extras")
    names = ",".join(map(str, extras)) if isinstance(extras, list) else ""
    text = f"{name}[{names}]" if names else name
    text += _specifier(str(table.get("version", "*")))
    conditions = [f"{key} {table[key]}" for key in ENVIRONMENT_VARIABLES if key in table]
    conditions += [str(table["markers"])] if table.get("markers") else []
    condition = (
        " and ".join(f"({each})" for each in conditions) if len(conditions) > 1 else "".join(conditions)
    )
    text += f"; {condition}" if condition else ""
    try:
        parse_requirement(text)
    except InvalidRequirement as error:
        raise ManifestInvalid(where, f"the package `{name}` cannot be read", why=error.reason) from error
    return text


def _specifier(version: str) -> str:
    version = version.replace(" ", "")
    if version in {"*", ""}:
        return ""
    return version if version[0] in "<>=!~" else f"=={version}"


def _sources(pipfile: Document) -> list[Source]:
    entries = pipfile.data.get("source")
    tables = [entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict)]
    return [
        Source(str(entry.get("name", "")), str(entry.get("url", "")), is_primary=place == 0)
        for place, entry in enumerate(tables)
    ]
