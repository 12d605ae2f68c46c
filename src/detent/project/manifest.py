"""pyproject.toml as values: what a project is called and what it wishes for (PEP 621, PEP 735).

Every requirement knows its line. Faults that do not depend on each other are shown together, each with
file, line and column. What this release cannot do yet ends in a clear error, never in a lock that leaves
something out.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from packaging.version import Version

from detent.errors import DetentError, Failures
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.adjustment_texts import CONFLICTS, TABLES
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.inputs import Inputs
from detent.model.markers import InvalidMarker
from detent.model.members import Member
from detent.model.requirement import ExtraName, GroupName, PackageName, Requirement, package_name
from detent.model.sources import SourceRule
from detent.model.specifiers import InvalidSpecifier, canonical_specifier
from detent.named import NamedTuple
from detent.project.adjustments import has_conflicts_of_uv, read_adjustments
from detent.project.configuration import Configuration, read_configuration, refuse_unfit
from detent.project.conflicts import Declared
from detent.project.document import Document, parse_document, type_name
from detent.project.indexes import indexes_of_uv, says_where_to_look
from detent.project.positions import BYTE_ORDER_MARK
from detent.project.references import logins
from detent.project.requirements import read_dependencies, read_extras, read_groups
from detent.project.source_tables import read_sources, refuse_contradictions
from detent.project.workspace_table import declares_workspace

_OF_OTHERS = {
    "uv": (
        *TABLES,
        "dev-dependencies",
        "exclude-newer",
        "exclude-newer-package",
        "no-build-package",
        "prerelease",
        "resolution",
    ),
    "poetry": ("source", "group", "dev-dependencies"),
    "pdm": ("source", "resolution", "dev-dependencies"),
}
"""Where other tools say which packages are meant, beside a `[project]` table."""


class Manifest(NamedTuple):
    """A project as its pyproject.toml describes it."""

    path: Path
    text: str
    name: PackageName
    raw_name: str
    """As it is written."""
    version: str | None
    """Canonical; ``None`` when a build back end finds it out (`dynamic`)."""
    requires_python: str
    """Canonical; empty when the file says nothing."""
    dependencies: tuple[Requirement, ...]
    extras: tuple[tuple[ExtraName, tuple[Requirement, ...]], ...]
    """Sorted by name; each list in file order."""
    groups: tuple[tuple[GroupName, tuple[Requirement, ...]], ...]
    """Sorted by name, every include-group expanded."""
    default_groups: tuple[GroupName, ...]
    """Sorted."""
    settings: Mapping[str, object]
    """The `[tool.detent]` table, checked."""
    is_package: bool
    """Whether the project itself is to be installed: it names a build system, or says `package = true`."""
    dynamic: tuple[str, ...]
    scripts: tuple[tuple[str, str], ...]
    """Commands of `[project.scripts]` and `[project.gui-scripts]`: name and object, in file order."""
    data: Mapping[str, object]
    """The whole file as parsed, for whoever builds it."""
    warnings: tuple[str, ...] = ()
    """Sentences a person should hear once, such as one for an unknown key."""
    unread: tuple[str, ...] = ()
    """Sentences about what decides over packages for another tool, to be heard when versions are chosen."""
    adjustments: Adjustments = NO_ADJUSTMENTS
    sources: tuple[SourceRule, ...] = ()
    """Where packages come from when that is not simply the index; sorted by name and marker."""
    notes: tuple[str, ...] = ()
    """Sentences about what was read in another tool's tables, to be heard when versions are chosen."""

    logins: tuple[str, ...] = ()
    """URLs that name the variables with user and password for their hosts (`https://${TOKEN}@host/`)."""

    def inputs(self, index_url: str) -> Inputs:
        """What a lock of this project is made from, with the root of the index that serves it."""
        return Inputs(
            name=self.name,
            requires_python=self.requires_python,
            dependencies=self.dependencies,
            extras=self.extras,
            groups=self.groups,
            default_groups=self.default_groups,
            index_url=index_url,
            adjustments=self.adjustments,
            sources=self.sources,
        )


def declares_project(text: str) -> bool:
    """Whether a pyproject.toml is a project's or a workspace's; the walk upwards goes on past others.

    A text that cannot be read counts, so that its fault is shown and not skipped.
    """
    try:
        data = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
        return "project" in data or declares_workspace(data)
    except (ValueError, RecursionError):
        return True


def parse_manifest(
    text: str, path: Path, *, display: str, base: str = "", members: Sequence[Member] = ()
) -> Manifest:
    """Read a pyproject.toml; raises :class:`ManifestInvalid`, or :class:`Failures` for several faults.

    ``base`` is its folder, relative to that of the lock: paths are as seen from there. The root of a
    workspace may name its ``members``, and go without a `[project]` table: its name is empty then.
    """
    document = parse_document(text, display, base)
    refuse_unfit(document)
    faults: list[DetentError] = []
    is_virtual = "project" not in document.data and not base and declares_workspace(document.data)
    project = {} if is_virtual else _project_table(document)
    raw_name, name = ("", PackageName("")) if is_virtual else _name(document, project, faults)
    dynamic = _dynamic(document, project, faults)
    version = None if is_virtual else _version(document, project, dynamic, faults)
    requires_python = _requires_python(document, project, faults)
    dependencies = read_dependencies(document, project, faults)
    extras = read_extras(document, project, faults)
    groups = read_groups(document, faults)
    has_all_extras = "optional-dependencies" not in dynamic
    if has_all_extras:
        faults += _unknown_own_extras(document, name, dependencies, extras, groups)
    configuration = read_configuration(document, tuple(group for group, _ in groups), faults)
    declared = Declared(name, dependencies, extras, groups, has_all_extras=has_all_extras)
    with_members = declared._replace(members=tuple(members))
    # Of a member they count for nobody: the root decides.
    adjustments = (
        NO_ADJUSTMENTS if base else read_adjustments(document, with_members, requires_python, faults)
    )
    sources = read_sources(document, declared, faults)
    scripts = _scripts(document, project, faults)
    _refuse(faults)
    manifest = Manifest(
        path=path,
        text=text,
        name=name,
        raw_name=raw_name,
        version=version,
        requires_python=requires_python,
        dependencies=dependencies,
        extras=extras,
        groups=groups,
        default_groups=configuration.default_groups,
        settings=configuration.table,
        is_package=not is_virtual and _is_package(document, configuration),
        dynamic=dynamic,
        scripts=scripts,
        data=document.data,
        warnings=(
            *configuration.warnings,
            *_self_dependencies(name, dependencies),
        ),
        unread=tuple(_read_by_others(document)),
        adjustments=adjustments,
        sources=sources.rules,
        notes=(*((sources.note,) if sources.note else ()), *_others_of_uv(document, configuration)),
        logins=logins(document),
    )
    rules = manifest.inputs("").all_sources()
    if len(rules) > 1:
        pythons = markers.requires_python(requires_python)
        refuse_contradictions(rules, markers.and_(pythons, adjustments.scope()), display, faults)
        _refuse(faults)
    return manifest


def _refuse(faults: list[DetentError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Failures(faults)


def _others_of_uv(document: Document, configuration: Configuration) -> Iterator[str]:
    """Say that the indexes another tool is told of count, where detent is told of none; `conflicts` too."""
    if has_conflicts_of_uv(document.data):
        yield f"`conflicts` of `[tool.uv]` in `{document.display}` count, as its sources do"
    table = indexes_of_uv(document.data)
    if table and not says_where_to_look(configuration.table):
        keys = " and ".join(f"`{key}`" for key in table)
        verb = "counts" if len(table) == 1 else "count"
        yield f"{keys} of `[tool.uv]` in `{document.display}` {verb}, for `[tool.detent]` names no index"


def _self_dependencies(name: PackageName, dependencies: Iterable[Requirement]) -> Iterator[str]:
    """Name what was meant for a package of the index, and is the project's own name."""
    if any(requirement.name == name and not requirement.extras for requirement in dependencies):
        yield (
            f"`{name}` in [project.dependencies] is this project itself and brings nothing; "
            "give the project another name if you mean the package on the index"
        )


def _read_by_others(document: Document) -> Iterator[str]:
    """Name what decides over packages for another tool alone: somebody may rely on it.

    What `[tool.detent]` says under the same name is meant for detent, and so is known to whoever wrote it.
    """
    tools = document.data.get("tool")
    tables = tools if isinstance(tools, dict) else {}
    own = _table(tables.get("detent"))
    for tool, keys in _OF_OTHERS.items():
        table = _table(tables.get(tool))
        is_read = {CONFLICTS} if tool == "uv" and has_conflicts_of_uv(document.data) else ()
        found = [f"`tool.{tool}.{key}`" for key in keys if table.get(key) and key not in {*own, *is_read}]
        if found:
            yield (
                f"only {tool} reads {', '.join(found)} in {document.display}; "
                f"`detent import --from {tool} --dry-run` says what of it can be taken over"
            )


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _project_table(document: Document) -> Mapping[str, object]:
    project = document.data.get("project")
    if isinstance(project, dict):
        return project
    if project is not None:
        raise ManifestInvalid(
            document.where("project"), f"`project` must be a table, found {type_name(project)}"
        )
    tool = document.data.get("tool")
    is_poetry = isinstance(tool, dict) and "poetry" in tool
    raise ManifestInvalid(
        document.where("tool", "poetry") if is_poetry else document.display,
        "there is no `[project]` table",
        why="`[tool.poetry]` describes the project in a way that only Poetry reads" if is_poetry else "",
        next_steps=(
            "run `detent import` to take the project over, its locked versions included"
            if is_poetry
            else "add a `[project]` table with a `name`, a `version` and `dependencies`, "
            "or run `detent import` if another tool has them",
        ),
    )


def _name(
    document: Document, project: Mapping[str, object], faults: list[DetentError]
) -> tuple[str, PackageName]:
    raw = project.get("name")
    where = document.where("project", "name")
    if raw is None:
        faults.append(ManifestInvalid(document.where("project"), "`project.name` is missing"))
    elif not isinstance(raw, str):
        faults.append(ManifestInvalid(where, f"`project.name` must be a string, found {type_name(raw)}"))
    else:
        try:
            return raw, package_name(raw)
        except ValueError as error:
            faults.append(ManifestInvalid(where, "`project.name` cannot be used", why=str(error)))
    return "", PackageName("")


def _dynamic(document: Document, project: Mapping[str, object], faults: list[DetentError]) -> tuple[str, ...]:
    raw = project.get("dynamic", [])
    if not isinstance(raw, list) or not all(isinstance(key, str) for key in raw):
        faults.append(
            ManifestInvalid(
                document.where("project", "dynamic"), "`project.dynamic` must be a list of strings"
            )
        )
        return ()
    for place, key in enumerate(raw):
        where = document.where("project", "dynamic", place)
        if key == "name":
            faults.append(ManifestInvalid(where, "`project.name` cannot be dynamic"))
        elif key in project:
            faults.append(
                ManifestInvalid(where, f"`project.{key}` is both written down and said to be dynamic")
            )
    return tuple(raw)


def _version(
    document: Document, project: Mapping[str, object], dynamic: tuple[str, ...], faults: list[DetentError]
) -> str | None:
    raw = project.get("version")
    where = document.where("project", "version")
    if raw is None:
        if "version" not in dynamic:
            faults.append(
                ManifestInvalid(
                    document.where("project"),
                    "`project.version` is missing",
                    next_steps=('add `version = "0.1.0"`, or list `version` in `project.dynamic`',),
                )
            )
    elif not isinstance(raw, str):
        faults.append(ManifestInvalid(where, f"`project.version` must be a string, found {type_name(raw)}"))
    else:
        try:
            return str(Version(raw))
        except ValueError:  # no version, or a number too long to read
            faults.append(ManifestInvalid(where, f"`project.version`: `{raw}` is not a valid version"))
    return None


def _requires_python(document: Document, project: Mapping[str, object], faults: list[DetentError]) -> str:
    raw = project.get("requires-python", "")
    where = document.where("project", "requires-python")
    if not isinstance(raw, str):
        faults.append(
            ManifestInvalid(where, f"`project.requires-python` must be a string, found {type_name(raw)}")
        )
        return ""
    try:
        if markers.requires_python(raw) == markers.NEVER:
            faults.append(ManifestInvalid(where, f"`project.requires-python`: no Python can be `{raw}`"))
        return canonical_specifier(raw)
    except (InvalidMarker, InvalidSpecifier) as error:
        faults.append(
            ManifestInvalid(
                where,
                f"`project.requires-python`: `{raw}` is not a valid version specifier",
                why=error.reason if isinstance(error, InvalidMarker) else str(error),
                next_steps=('write it like `">=3.11"`',),
            )
        )
    return ""


def _unknown_own_extras(
    document: Document,
    name: PackageName,
    dependencies: tuple[Requirement, ...],
    extras: tuple[tuple[ExtraName, tuple[Requirement, ...]], ...],
    groups: tuple[tuple[GroupName, tuple[Requirement, ...]], ...],
) -> Iterator[ManifestInvalid]:
    """One fault for each extra of its own that the project refers to (`me[all]`) and does not have."""
    declared = {extra for extra, _ in extras}
    seen: set[tuple[str, int | None]] = set()
    for requirement in (*dependencies, *(r for _, needs in (*extras, *groups) for r in needs)):
        if requirement.name != name or requirement.origin is None:
            continue
        for extra in requirement.extras:
            line = requirement.origin.line
            # A group that is included elsewhere brings its entries there too: one fault is enough.
            if extra in declared or (extra, line) in seen:
                continue
            seen.add((extra, line))
            names = ", ".join(f"`{known}`" for known in sorted(declared))
            yield ManifestInvalid(
                f"{document.display}:{line}",
                f"`{name}[{extra}]` refers to an extra the project does not have",
                why=f"its extras are {names}" if names else "it has no extras",
            )


def _scripts(
    document: Document, project: Mapping[str, object], faults: list[DetentError]
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for key in ("scripts", "gui-scripts"):
        table = project.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            faults.append(
                ManifestInvalid(document.where("project", key), f"`project.{key}` must be a table of strings")
            )
            continue
        found += table.items()
    return tuple(found)


def _is_package(document: Document, configuration: Configuration) -> bool:
    if configuration.is_package is not None:
        return configuration.is_package
    return isinstance(document.data.get("build-system"), dict)
