"""What stands in `[tool.poetry]`, read with the comments about it; what it becomes is decided elsewhere."""

from collections.abc import Mapping

from detent.errors.project import ManifestInvalid
from detent.model.names import group_name, normalise
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.project.document import Document, at, type_name
from detent.project.importing.constraints import InvalidConstraint, python_specifier
from detent.project.importing.conversion import Findings, Source
from detent.project.importing.poetry_dependencies import Need, read_needs
from detent.project.importing.remarks import Noted, parts
from detent.project.importing.tables import Item, Row, literal

PATH = ("tool", "poetry")


class Group(NamedTuple):
    """A dependency group."""

    name: str
    """As it is spelled."""
    needs: tuple[Need, ...]
    includes: tuple[str, ...]
    is_optional: bool
    above: tuple[str, ...]
    tail: tuple[str, ...]

    @property
    def items(self) -> list[Item]:
        """The group as a list of requirements and of groups it includes."""
        return [*with_tail(self.needs, self.tail), *(_include(name) for name in self.includes)]


class PoetryProject:
    """A document with a `[tool.poetry]` table."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self.document = document
        self.findings = findings
        self._parts = parts(document)
        self._noted: dict[tuple[str, ...], Noted] = {
            noted.statement.path: noted for part in self._parts for noted in part.statements
        }
        self.data = self.table(*PATH)

    def table(self, *path: str) -> Mapping[str, object]:
        """Give a table; an empty one where it is missing."""
        node: object = self.document.data
        for length, key in enumerate(path, start=1):
            node = node.get(key, {}) if isinstance(node, dict) else {}
            if not isinstance(node, dict):
                raise ManifestInvalid(
                    self.document.where(*path[:length]),
                    f"`{'.'.join(path[:length])}` must be a table, found {type_name(node)}",
                )
        return node if isinstance(node, dict) else {}

    def row(self, key: str, *path: str, value: str = "") -> Row:
        """Give a key with the comments of another, and with its value as it is written or a new one."""
        noted = self._noted.get(path)
        if not value:
            statement = self.document.outline.find(path)
            if statement is not None:
                value = self.document.text[statement.value.start : statement.value.end]
            else:
                value = literal(at(self.document.data, path))
        return Row(key, value, noted.above, noted.behind) if noted is not None else Row(key, value)

    def around(self, *path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the comments above a header and those at the end of its section."""
        found = [part for part in self._parts if part.has_header and part.section.path == path]
        return (found[0].lead, found[0].tail) if found else ((), ())

    @property
    def start(self) -> int:
        """Where the first section of `[tool.poetry]` begins."""
        found = [part.start for part in self._parts if part.section.path[:2] == PATH]
        return found[0] if found else len(self.document.text)

    # ---- dependencies ------------------------------------------------------------------------

    def needs(self, *path: str) -> tuple[Need, ...]:
        """Read a table of dependencies."""
        table = self.table(*PATH, *path)
        return read_needs(self.document, (*PATH, *path), table, self._noted, self.findings)

    def groups(self) -> tuple[Group, ...]:
        """Every group, `dev-dependencies` of older releases among them; `main` is the project itself."""
        found: dict[str, Group] = {}
        for name in self.table(*PATH, "group"):
            self._check_group_name(name)
            table = self.table(*PATH, "group", name)
            path = ("group", name, "dependencies")
            lead, tail = self.around(*PATH, *path)
            includes = table.get("include-groups", [])
            found[normalise(name)] = Group(
                name,
                self.needs(*path),
                tuple(map(str, includes)) if isinstance(includes, list) else (),
                table.get("optional") is True,
                (*self.around(*PATH, "group", name)[0], *lead),
                tail,
            )
        older = self.needs("dev-dependencies")
        if older:
            lead, tail = self.around(*PATH, "dev-dependencies")
            group = found.get("dev", Group("dev", (), (), is_optional=False, above=(), tail=()))
            found["dev"] = group._replace(
                needs=(*group.needs, *older), above=(*group.above, *lead), tail=(*group.tail, *tail)
            )
        return tuple(group for name, group in found.items() if name != "main")

    def extras(self, needs: tuple[Need, ...]) -> dict[str, list[Item]]:
        """Each extra with the optional dependencies it names."""
        by_name: dict[PackageName, list[Need]] = {}
        for need in needs:
            by_name.setdefault(need.name, []).append(need)
        found: dict[str, list[Item]] = {}
        used = set()
        for extra, names in self.table(*PATH, "extras").items():
            wanted = [normalise(str(name).partition("[")[0].strip()) for name in _list(names)]
            used.update(wanted)
            own = [need for name in wanted for need in by_name.get(PackageName(name), ()) if need.text]
            found[extra] = [need.item for need in own]
            for name in wanted:
                if PackageName(name) not in by_name:
                    self.findings.note(f"the extra `{extra}` names `{name}`, which is no dependency")
        for need in needs:
            if need.is_optional and need.name not in used:
                self.findings.note(f"`{need.name}` is optional and in no extra: it was left out")
        return found

    def requires_python(self) -> str:
        """Give the Pythons the project is for as a specifier; empty for any."""
        table = self.table(*PATH, "dependencies")
        found = next((key for key in table if key.lower() == "python"), None)
        wanted = table[found] if found is not None else "*"
        if not isinstance(wanted, str):
            wanted = str(wanted.get("version", "*")) if isinstance(wanted, dict) else "*"
        try:
            specified = python_specifier(wanted)
        except InvalidConstraint as error:
            where = self.document.where(*PATH, "dependencies", found or "python")
            raise ManifestInvalid(where, "the Pythons cannot be read", why=str(error)) from error
        if not specified.is_exact:
            self.findings.note(f"no specifier says `{wanted}`; `{specified.text}` allows more Pythons")
        return specified.text

    def sources(self) -> list[Source]:
        """Every index, in its order."""
        found = []
        for entry in _list(self.data.get("source", [])):
            if isinstance(entry, dict):
                priority = str(entry.get("priority", "")).lower()
                is_other = entry.get("secondary") is True or priority in {
                    "secondary",
                    "supplemental",
                    "explicit",
                }
                found.append(Source(str(entry.get("name", "")), str(entry.get("url", "")), not is_other))
        return found

    def _check_group_name(self, name: str) -> None:
        try:
            group_name(name)
        except ValueError as error:
            where = self.document.where(*PATH, "group", name)
            raise ManifestInvalid(where, f"the group `{name}` cannot be used", why=str(error)) from error


def with_tail(needs: tuple[Need, ...], tail: tuple[str, ...]) -> list[Item]:
    """Give requirements as items, and comments that stand behind the last."""
    return [*(need.item for need in needs if need.text), *((Item("", tail),) if tail else ())]


def _include(name: str) -> Item:
    return Item(f"{{ include-group = {literal(name)} }}")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
