"""Tables of indexes into and out of a TOML file: text in, text out, every other byte kept.

In a pyproject.toml they are `[[tool.detent.index]]`, in a detent.toml `[[index]]`. Adding and then removing
gives back the text from before, but for blank lines at its end. The result is read again and
compared with what was meant.
"""

from collections.abc import Mapping, Sequence

from detent.errors import Bug, Unsupported, UsageError, did_you_mean
from detent.errors.project import ManifestInvalid
from detent.model.toml_text import quoted
from detent.project.document import Document, parse_document
from detent.project.indexes import without_user
from detent.project.placing import spliced
from detent.project.positions import Section

OF_PYPROJECT = ("tool", "detent", "index")
OF_CONFIG_FILE = ("index",)


def add_index(
    text: str, path: tuple[str, ...], entry: Mapping[str, object], *, is_first: bool, display: str
) -> str:
    """The text with one more index, the first or the last of them; raises :class:`UsageError`."""
    document = parse_document(text, display)
    _refuse_inline(document, path)
    entries = _entries(document, path)
    for number, other in enumerate(entries):
        where = document.where(*path, number)
        if entry.get("name") and other.get("name") == entry["name"]:
            raise UsageError(
                f"there is an index `{entry['name']}` already",
                why=f"`{where}` has the URL `{without_user(str(other.get('url', '')))}`",
                next_steps=(f"take it out first: `detent index remove {entry['name']}`",),
            )
        if entry.get("default") and other.get("default") is True:
            raise UsageError(
                "there is a default index already",
                why=f"it stands at `{where}`",
                next_steps=("take it out first, with `detent index remove`",),
            )
    made = _added(document, path, entry, is_first=is_first)
    wanted = [dict(entry), *entries] if is_first else [*entries, dict(entry)]
    return _checked(made, path, wanted, display)


def remove_index(text: str, path: tuple[str, ...], word: str, *, display: str) -> str:
    """The text without the index of this name or URL; raises :class:`UsageError` where there is none."""
    document = parse_document(text, display)
    _refuse_inline(document, path)
    entries = _entries(document, path)
    found = [number for number, entry in enumerate(entries) if _is_meant(entry, word)]
    if not found:
        names = ", ".join(f"`{_called(entry)}`" for entry in entries)
        raise UsageError(
            f"there is no index `{without_user(word)}` in `{display}`",
            why=f"it has {names}" if names else "it has no index",
            next_steps=(*did_you_mean(word, map(_called, entries)), "see `detent index list`"),
        )
    number = found[0]
    sections = document.outline.sections
    headers = [place for place, section in enumerate(sections) if section.is_array and section.path == path]
    first = headers[number]
    last = first + 1
    while last < len(sections) and _is_below(sections[last], path):
        last += 1
    start = _line_start(text, sections[first].start)
    end = _line_start(text, sections[last].start) if last < len(sections) else len(text)
    if last < len(sections):
        end = _above_comments(text, end, start)
    plain = text[:start] + text[end:]
    wanted = entries[:number] + entries[number + 1 :]
    for candidate in _candidates(text, start, end):
        # What adding would have made is taken back to the byte.
        for is_first in (True, False):
            again = _again(candidate, path, entries[number], wanted, is_first=is_first, display=display)
            if again == text:
                return _checked(candidate, path, wanted, display)
    return _checked(plain, path, wanted, display)


def _candidates(text: str, start: int, end: int) -> Sequence[str]:
    before, after = text[:start], text[end:]
    if after.strip():
        return [before + after, before + after.lstrip("\r\n")]
    plain = before.rstrip("\r\n")
    return [plain + before[len(plain) :].partition("\n")[0] + "\n" if plain else before, before]


def _again(
    text: str,
    path: tuple[str, ...],
    entry: Mapping[str, object],
    others: Sequence[Mapping[str, object]],
    *,
    is_first: bool,
    display: str,
) -> str:
    try:
        document = parse_document(text, display)
        if _entries(document, path) != list(others):
            return ""
        return _added(document, path, entry, is_first=is_first)
    except (ManifestInvalid, Unsupported):
        return ""


def _added(document: Document, path: tuple[str, ...], entry: Mapping[str, object], *, is_first: bool) -> str:
    rows = (f"{key} = {'true' if value is True else quoted(str(value))}\n" for key, value in entry.items())
    made = f"[[{'.'.join(path)}]]\n{''.join(rows)}"
    text, sections = document.text, document.outline.sections
    there = [place for place, section in enumerate(sections) if section.is_array and section.path == path]
    if not there:
        return spliced(document, len(text), made)
    if is_first:
        start = _line_start(text, sections[there[0]].start)
        return spliced(document, _above_comments(text, start, 0), made)
    last = there[-1] + 1
    while last < len(sections) and _is_below(sections[last], path):
        last += 1
    if last == len(sections):
        return spliced(document, len(text), made)
    return spliced(document, _above_comments(text, _line_start(text, sections[last].start), 0), made)


def _is_below(section: Section, path: tuple[str, ...]) -> bool:
    return len(section.path) > len(path) and section.path[: len(path)] == path


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _above_comments(text: str, start: int, least: int) -> int:
    """Go up over the lines of comment right above a header: they belong to it."""
    while start > least:
        above = _line_start(text, start - 1)
        if above < least or not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


def _entries(document: Document, path: tuple[str, ...]) -> list[dict[str, object]]:
    node: object = document.data
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return [dict(entry) for entry in node if isinstance(entry, dict)] if isinstance(node, list) else []


def _refuse_inline(document: Document, path: tuple[str, ...]) -> None:
    statement = document.outline.find(path)
    if statement is not None:
        header = ".".join(path)
        raise Unsupported(
            f"`{document.where(*path)}`: the indexes are written as one list, which is not edited",
            next_steps=(f"write each as a `[[{header}]]` table",),
        )


def _is_meant(entry: Mapping[str, object], word: str) -> bool:
    url = without_user(str(entry.get("url", ""))).rstrip("/")
    return entry.get("name") == word or url == without_user(word).rstrip("/")


def _called(entry: Mapping[str, object]) -> str:
    return str(entry.get("name") or without_user(str(entry.get("url", ""))))


def _checked(text: str, path: tuple[str, ...], wanted: Sequence[Mapping[str, object]], display: str) -> str:
    if _entries(parse_document(text, display), path) != list(wanted):
        raise Bug(f"editing the indexes of `{display}` made another list of them")
    return text
