"""Settings of other tools that mean the same to detent, as they are written in `[tool.detent]`.

Each is tried by itself first. What detent would refuse stays with its owner, and the reason is told.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from detent.errors import DetentError, Unsupported
from detent.model.adjustment_texts import TABLES
from detent.model.names import normalise
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.project.adjustments import read_adjustments
from detent.project.conflicts import Declared
from detent.project.document import Document, parse_document
from detent.project.importing.remarks import Noted, parts
from detent.project.importing.tables import (
    Item,
    NewTable,
    Row,
    literal,
    render,
    short_block,
    with_settings,
)
from detent.project.known import BY_NAME
from detent.project.placing import spliced
from detent.project.requirements import read_dependencies, read_extras, read_groups
from detent.project.values import reading

_PATH = ("tool", "detent")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?")


class Kept(NamedTuple):
    """A setting as it will stand in `[tool.detent]`."""

    key: str
    value: object
    noted: Noted | None = None
    """Where it stands now, with its comments: it is written in its owner's form then."""
    above: tuple[str, ...] = ()
    """Comments of one that is written anew."""


def refusal(document: Document, key: str, value: object) -> str:
    """Say why detent would refuse a setting in this project; empty for one that it reads."""
    if key in TABLES:
        return _table_refusal(document, key, value)
    try:
        if key != "default-groups":  # a list or a word: it is read with the groups there are
            reading(BY_NAME[key], value)
    except (ValueError, Unsupported) as error:
        return str(error)
    return ""


def _table_refusal(document: Document, key: str, value: object) -> str:
    tool = document.data.get("tool")
    tools = tool if isinstance(tool, dict) else {}
    data = {**document.data, "tool": {**tools, "detent": {key: value}}}
    tried = Document(document.text, data, document.display)
    faults: list[DetentError] = []
    read_adjustments(tried, _declared(tried), "", faults)
    # The place it speaks of is not in the text.
    return faults[0].what.partition("`: ")[2] or faults[0].what if faults else ""


def _declared(document: Document) -> Declared:
    """The lists of the project as far as they can be read: their own faults are told elsewhere."""
    found = document.data.get("project")
    project: Mapping[str, object] = found if isinstance(found, dict) else {}
    dynamic = project.get("dynamic")
    return Declared(
        PackageName(normalise(str(project.get("name", "")))),
        read_dependencies(document, project, []),
        read_extras(document, project, []),
        read_groups(document, []),
        has_all_extras=not isinstance(dynamic, list) or "optional-dependencies" not in dynamic,
    )


def moment(text: str) -> str:
    """Give a bound on upload times as detent writes it.

    To pip and PDM a day is the moment it begins, to detent (and uv) all of it; what has no zone is in UTC.
    """
    if _DAY.fullmatch(text):
        return f"{text}T00:00:00Z"
    return f"{text}Z" if _MOMENT_WITHOUT_ZONE.fullmatch(text) else text


def noted_at(document: Document) -> Mapping[tuple[str, ...], Noted]:
    """Give every key of a text with the comments about it, by its path."""
    return {noted.statement.path: noted for part in parts(document) for noted in part.statements}


def with_kept(
    document: Document, text: str, kept: Sequence[Kept], index: Sequence[Sequence[Row]] = ()
) -> str:
    """Put settings into `[tool.detent]`, and an index behind them, where nothing says otherwise already.

    ``document`` is what the settings were read from.
    """
    rows = [_row(document, each) for each in kept if not _is_list_of_tables(each)]
    text = with_settings(text, rows, index, display=document.display)
    for each in kept:
        if _is_list_of_tables(each) and each.key not in _own(text, document.display):
            made = render(_tables(each))
            text = spliced(parse_document(text, document.display), len(text), made)
    return text


def _own(text: str, display: str) -> Mapping[str, object]:
    tool = parse_document(text, display).data.get("tool")
    own = tool.get("detent") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else {}


def _is_list_of_tables(kept: Kept) -> bool:
    """Whether it is written with a header for each: stated metadata that was not one array."""
    return kept.key == "dependency-metadata" and kept.noted is None


def _row(document: Document, kept: Kept) -> Row:
    if kept.noted is None:
        return Row(kept.key, _written(kept.value), kept.above)
    value = kept.noted.statement.value
    return Row(kept.key, document.text[value.start : value.end], kept.noted.above, kept.noted.behind)


def _tables(kept: Kept) -> Iterator[NewTable]:
    for entry in kept.value if isinstance(kept.value, list) else ():
        rows = tuple(Row(key, _written(value)) for key, value in entry.items())
        yield NewTable((*_PATH, kept.key), rows, is_array=True)


def _written(value: object) -> str:
    return short_block([Item(literal(each)) for each in value]) if isinstance(value, list) else literal(value)
