"""Requirements into and out of pyproject.toml: text in, text out, every other byte kept.

Comments, quotes, order, indentation, line endings and a byte order mark stay as they are; only the bytes
of the one array change. Adding and then removing gives back the text from before. After every edit the
text is parsed again and compared with what was meant, so a slip here cannot reach a file. Line endings
count, so the text must be read without translating them.
"""

from collections.abc import Callable, Iterator, Sequence

from detent.errors import Bug, Unsupported
from detent.errors.project import DependencyMissing, ManifestInvalid
from detent.errors.usage import InvalidRequirementText
from detent.model.names import normalise
from detent.model.requirement import InvalidRequirement, Requirement, parse_requirement
from detent.project import arrays, entries, placing
from detent.project.document import Document, parse_document, type_name
from detent.project.placing import Table
from detent.project.positions import Value
from detent.project.proof import proven, replaced

__all__ = ["Table", "add_requirement", "entry", "is_asked_for", "remove_requirement"]


def add_requirement(text: str, table: Table, requirement: str, *, display: str = "pyproject.toml") -> str:
    """The text with a requirement added to a list, which is made where it is missing.

    An entry of the same name and marker is changed in place: a specifier replaces the old one, extras
    are merged, and a wish that asks for nothing new leaves the text as it is. Another marker makes a new
    entry. A list in order of the alphabet stays in order.
    """
    wanted = _wish(requirement)
    document = parse_document(text, display)
    _refuse_odd_parents(document, table)
    there = placing.standing(document, table)
    if there is None:
        literal = entries.literal(requirement.strip())
        made = placing.created(document, table, literal)
        return _checked(document, made, table, lambda _: [_said(literal)])
    index = _same(document, there, wanted)
    if index is not None:
        return _changed(document, there, index, requirement, wanted)
    return _inserted(document, there, requirement.strip(), wanted)


def remove_requirement(text: str, table: Table, name: str, *, display: str = "pyproject.toml") -> str:
    """The text without any entry of this name in a list.

    A list that is then empty stays, unless list (and header) are exactly what adding would have made.
    Raises :class:`DependencyMissing` where there is none, naming the lists that have it.
    """
    document = parse_document(text, display)
    there = placing.standing(document, table)
    places = _places(document, there, name) if there is not None else []
    if there is None or not places:
        found = [t.label for t in placing.tables(document) if _places(document, t, name)]
        names = [e.name for e in _entries(document, there) if e is not None] if there is not None else ()
        raise DependencyMissing(name, (there or table).label, found_in=found, names=names)
    for index in reversed(places):
        document = parse_document(_without(document, there, index), display)
    return document.text


def entry(
    text: str, table: Table, requirement: str, *, display: str = "pyproject.toml"
) -> Requirement | None:
    """The entry that adding this requirement would change; ``None`` where it would make a new one."""
    document = parse_document(text, display)
    there = placing.standing(document, table)
    if there is None:
        return None
    index = _same(document, there, _wish(requirement))
    return None if index is None else _entries(document, there)[index]


def is_asked_for(document: Document, name: str) -> bool:
    """Whether any list of the project has an entry of this name."""
    return any(_places(document, table, name) for table in placing.tables(document))


def _wish(requirement: str) -> Requirement:
    try:
        wanted = parse_requirement(requirement)
    except InvalidRequirement as error:
        raise InvalidRequirementText(requirement, error.reason) from error
    return wanted


def _refuse_odd_parents(document: Document, table: Table) -> None:
    node: object = document.data
    for length, key in enumerate(table.parent, start=1):
        node = node.get(key) if isinstance(node, dict) else None
        if node is not None and not isinstance(node, dict):
            path = table.parent[:length]
            raise ManifestInvalid(
                document.where(*path), f"`{'.'.join(path)}` must be a table, found {type_name(node)}"
            )


def _texts(document: Document, table: Table) -> list[object]:
    node: object = document.data
    for key in (*table.parent, table.key):
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, list) else []


def _entries(document: Document, table: Table) -> list[Requirement | None]:
    """The list's entries in order; ``None`` for what is no requirement, such as an included group."""
    return [_parsed(text) for text in _texts(document, table)]


def _parsed(text: object) -> Requirement | None:
    try:
        return parse_requirement(text) if isinstance(text, str) else None
    except InvalidRequirement:
        return None


def _places(document: Document, table: Table, name: str) -> list[int]:
    wanted = normalise(name)
    return [
        index
        for index, found in enumerate(_entries(document, table))
        if found is not None and found.name == wanted
    ]


def _same(document: Document, table: Table, wanted: Requirement) -> int | None:
    """Which entry a wish means: the one of its name and marker."""
    places = [
        index
        for index, found in enumerate(_entries(document, table))
        if found is not None and (found.name, found.marker) == (wanted.name, wanted.marker)
    ]
    if len(places) > 1:
        path = (*table.parent, table.key)
        lines = " and ".join(f"`{document.where(*path, index)}`" for index in places)
        raise ManifestInvalid(
            document.where(*path, places[1]),
            f"`{wanted.name}` stands more than once in `{table.label}`",
            why=f"it could not be told which of the entries at {lines} to change",
            next_steps=("make them one entry by hand",),
        )
    return places[0] if places else None


def _changed(document: Document, table: Table, index: int, requirement: str, wanted: Requirement) -> str:
    old = _texts(document, table)[index]
    found = _entries(document, table)[index]
    if found is None or not isinstance(old, str):
        raise Bug(f"entry {index} of `{table.label}` is no requirement")
    new = entries.merged(old, found, requirement, wanted)
    if new == old:
        return document.text
    _, array = placing.array(document, table)
    value = array.items[index].value
    raw = document.text[value.start : value.end]
    literal = entries.literal(new, entries.quote_of(raw))
    text = document.text[: value.start] + literal + document.text[value.end :]
    return _checked(
        document, text, table, lambda texts: [*texts[:index], _said(literal), *texts[index + 1 :]]
    )


def _inserted(document: Document, table: Table, requirement: str, wanted: Requirement) -> str:
    statement, array = placing.array(document, table)
    index = _place(_texts(document, table), _entries(document, table), requirement, wanted)
    literal = entries.literal(requirement, _quote(document.text, array))
    layout = placing.layout(document, statement)
    texts = list(arrays.with_item(document.text, array, index, literal, layout))
    # The first layout that removing would undo; a text too odd for all of them gets the handsomest.
    text = next((t for t in texts if _undoes(t, document, table, index)), texts[0])
    return _checked(document, text, table, lambda old: [*old[:index], _said(literal), *old[index:]])


def _undoes(text: str, document: Document, table: Table, index: int) -> bool:
    return _without(parse_document(text, document.display), table, index) == document.text


def _quote(text: str, array: Value) -> str:
    raws = [text[item.value.start : item.value.end] for item in array.items if item.value.kind == "string"]
    return entries.quote_of(raws[-1]) if raws else '"'


def _place(
    texts: Sequence[object], requirements: Sequence[Requirement | None], text: str, wanted: Requirement
) -> int:
    """Where a new entry goes: in order if the list is in order (by name or as plain text), else last."""
    own = [(index, found) for index, found in enumerate(requirements) if found is not None]
    by_name = [(found.name, index) for index, found in own]
    by_text = [(str(texts[index]).lower(), index) for index, _ in own]
    for keys, key in ((by_name, str(wanted.name)), (by_text, text.lower())):
        if [k for k, _ in keys] == sorted(k for k, _ in keys):
            later = [index for k, index in keys if k > key]
            if later:
                return later[0]
            return keys[-1][1] + 1 if keys else len(texts)
    return len(texts)


def _without(document: Document, table: Table, index: int) -> str:
    _, array = placing.array(document, table)
    if len(array.items) == 1 and not _is_referred_to(document, table):
        raw = document.text[array.items[0].value.start : array.items[0].value.end]
        for text in _deletions(document, table):
            if _is_made_by_adding(text, document, table, raw):
                return text
    text = arrays.without_item(document.text, array, index)
    return _checked(document, text, table, lambda old: [*old[:index], *old[index + 1 :]])


def _deletions(document: Document, table: Table) -> Iterator[str]:
    statement, _ = placing.array(document, table)
    yield from placing.deletions(document, table, statement)


def _is_made_by_adding(text: str, document: Document, table: Table, raw: str) -> bool:
    try:
        return placing.created(parse_document(text, document.display), table, raw) == document.text
    except (ManifestInvalid, Unsupported):
        return False


def _is_referred_to(document: Document, table: Table) -> bool:
    """Whether something else in the project names this extra or group, and would dangle without it."""
    wanted = normalise(table.name)
    if table.kind == "group":
        tool = document.data.get("tool")
        own = tool.get("detent") if isinstance(tool, dict) else None
        defaults = own.get("default-groups") if isinstance(own, dict) else None
        named = list(defaults) if isinstance(defaults, list) else []
        for other in placing.tables(document):
            items = _texts(document, other) if other.kind == "group" else []
            named += [item.get("include-group") for item in items if isinstance(item, dict)]
        return wanted in {normalise(name) for name in named if isinstance(name, str)}
    if table.kind == "extra":
        project = document.data.get("project")
        name = project.get("name") if isinstance(project, dict) else None
        found = [e for t in placing.tables(document) for e in _entries(document, t) if e is not None]
        return any(isinstance(name, str) and e.name == normalise(name) and wanted in e.extras for e in found)
    return False


def _said(literal: str) -> str:
    return str(parse_document(f"literal = {literal}", "literal").data["literal"])


def _checked(
    document: Document, text: str, table: Table, meant: Callable[[list[object]], list[object]]
) -> str:
    """The text, once it is proven to say what the old one said but for the one list."""
    path = (*table.parent, table.key)
    return proven(document, text, replaced(document.data, path, meant(_texts(document, table))), table.label)
