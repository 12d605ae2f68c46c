"""One item into or out of a TOML array, as text: the layout, comments and commas around it stay.

Taking out is a plain function of the text. Putting in offers several layouts, the handsomest first; the
caller takes the first that taking out undoes exactly. No general TOML writer does this: tomlkit 0.15
leaves a comma behind where the last item had none, and hands comments to the wrong neighbour.
"""

import re
from collections.abc import Iterator

from detent.named import NamedTuple
from detent.project.positions import Item, Value

_REST_OF_LINE = re.compile(r"[ \t]*+(?:#[^\n]*+)?(?=\r?\n)|[ \t]*+#[^\n]*+")


class Layout(NamedTuple):
    """How new lines are written in this file."""

    newline: str
    outer: str
    """Indentation of the line on which the array's statement stands."""
    step: str
    """What an item is indented further."""
    inline: bool = False
    """Whether the array stands inside an inline table, where new lines would look out of place."""

    def block(self, literal: str, *, comma: str) -> str:
        """An array of one item on a line of its own."""
        return f"[{self.newline}{self.outer}{self.step}{literal}{comma}{self.newline}{self.outer}]"


def without_item(text: str, array: Value, index: int) -> str:
    """The text with one item gone; a comment that shares the item's own line goes with it."""
    if len(array.items) == 1:
        return _without_only_item(text, array)
    item = array.items[index]
    start, end, after = _span(item)
    previous = array.items[index - 1] if index else None
    is_last = index == len(array.items) - 1
    line = _own_line(text, array, item)
    if line is not None:
        line_start, line_end = line
        if is_last and item.comma is None and previous is not None and previous.comma is not None:
            comma = previous.comma
            return text[:comma] + text[comma + 1 : line_start] + text[line_end:]
        return text[:line_start] + text[line_end:]
    if is_last and item.comma is None and previous is not None and previous.comma is not None:
        if "#" not in text[previous.value.end : start]:
            return text[: previous.value.end] + text[end:]
        return text[: previous.comma] + text[previous.comma + 1 : start] + text[end:]
    if "#" in text[end:after]:
        return text[:start] + text[end : after - 1] + text[after:]
    following = start if is_last else array.items[index + 1].value.start
    gap = text[after:following]
    if not is_last and "#" not in gap and "\n" not in gap:
        return text[:start] + text[following:]
    if previous is not None and previous.comma is not None and "#" not in text[previous.comma + 1 : start]:
        return text[: previous.comma + 1] + text[after:]
    if not is_last and "#" not in gap:
        return text[:start] + text[following:]
    return text[:start] + text[after:]


def _without_only_item(text: str, array: Value) -> str:
    start, end, after = _span(array.items[0])
    before, behind = text[array.start + 1 : start], text[end : array.end - 1]
    if re.fullmatch(r"\r?\n[ \t]*", before) and re.fullmatch(r",\r?\n[ \t]*", behind):
        return f"{text[: array.start]}[]{text[array.end :]}"
    line = _own_line(text, array, array.items[0])
    if line is not None:
        return text[: line[0]] + text[line[1] :]
    if "#" in text[end:after]:
        return text[:start] + text[end : after - 1] + text[after:]
    if before == text[after : array.end - 1] and "#" not in before:
        return text[:start] + text[array.end - 1 :]
    return text[:start] + text[after:]


def with_item(text: str, array: Value, index: int, literal: str, layout: Layout) -> Iterator[str]:
    """Texts with a new item before the item ``index`` (or at the end), the handsomest first."""
    if not array.items:
        yield from _into_empty(text, array, literal, layout)
    elif index == len(array.items):
        yield from _at_end(text, array, literal, layout)
    else:
        yield from _before(text, array, index, literal, layout)


def _into_empty(text: str, array: Value, literal: str, layout: Layout) -> Iterator[str]:
    head, inner, tail = text[: array.start], text[array.start + 1 : array.end - 1], text[array.end :]
    if not inner and not layout.inline:
        yield head + layout.block(literal, comma=",") + tail
    if "\n" not in inner:
        yield f"{head}[{inner}{literal}{inner}]{tail}"
        return
    last_line = array.end - 1 - len(inner[inner.rfind("\n") + 1 :])
    comment = re.search(r"\n([ \t]*)#[^\n]*\r?\n[ \t]*$", inner)
    indent = comment[1] if comment else text[last_line : array.end - 1] + layout.step
    for comma in (",", ""):
        yield f"{text[:last_line]}{indent}{literal}{comma}{layout.newline}{text[last_line:]}"
    for comma in ("", ","):
        yield f"{head}[{literal}{comma}{inner}]{tail}"


def _at_end(text: str, array: Value, literal: str, layout: Layout) -> Iterator[str]:
    last = array.items[-1]
    _, end, after = _span(last)
    own_line = _own_line(text, array, last)
    if own_line is not None:
        line_start, line_end = own_line
        indent = _indentation(text, line_start)
        line = f"{indent}{literal}{',' if last.comma is not None else ''}{layout.newline}"
        comma = "" if last.comma is not None else ","
        yield text[:end] + comma + text[end:line_end] + line + text[line_end:]
    if last.comma is not None:
        gap = text[array.items[-2].comma or 0 : last.value.start][1:] if len(array.items) > 1 else " "
        for blank in (gap, " "):
            if "#" not in blank:
                yield f"{text[:after]}{blank}{literal},{text[after:]}"
    separators = [", "]
    if len(array.items) > 1:
        separators.insert(0, text[array.items[-2].value.end : last.value.start])
    for separator in separators:
        if "#" not in separator:
            yield f"{text[:end]}{separator}{literal}{text[end:]}"
    # A comma that stands on a line of its own, with a comment: the new item goes behind all of it.
    bracket = array.end - 1
    line = f"{layout.newline}{layout.outer}{layout.step}{literal}{layout.newline}"
    yield text[:bracket] + line + text[bracket:]


def _before(text: str, array: Value, index: int, literal: str, layout: Layout) -> Iterator[str]:
    following = array.items[index]
    start, end, _ = _span(following)
    own_line = _own_line(text, array, following)
    previous = array.items[index - 1] if index else None
    if own_line is not None:
        indent = _indentation(text, own_line[0])
        if previous is not None and previous.comma is not None:
            place = text.index("\n", previous.comma) + 1
        else:
            place = _above_comments(text, array, own_line[0])
        for position in (place, own_line[0]):
            yield f"{text[:position]}{indent}{literal},{layout.newline}{text[position:]}"
    separators = [", ", ","]
    if previous is not None and previous.comma is not None:
        separators = [text[previous.value.end : start], "," + text[previous.comma + 1 : start], *separators]
    elif len(array.items) > 1:
        separators.insert(0, text[end : array.items[1].value.start])
    for separator in separators:
        if "#" not in separator:
            yield f"{text[:start]}{literal}{separator}{text[start:]}"


def _span(item: Item) -> tuple[int, int, int]:
    """Start and end of the value, and the offset behind its comma."""
    end = item.value.end
    return item.value.start, end, end if item.comma is None else item.comma + 1


def _own_line(text: str, array: Value, item: Item) -> tuple[int, int] | None:
    """The span of the line (or lines) that this item, its comma and a comment have for themselves."""
    start, end, after = _span(item)
    line_start = text.rfind("\n", 0, start) + 1
    if line_start <= array.start or text[line_start:start].strip(" \t"):
        return None
    if text[end:after].strip(" \t,"):
        return None
    rest = _REST_OF_LINE.match(text, after)
    if rest is None:
        return None
    line_end = text.index("\n", rest.end()) + 1
    return line_start, line_end


def _indentation(text: str, line_start: int) -> str:
    end = line_start
    while text[end] in " \t":
        end += 1
    return text[line_start:end]


def _above_comments(text: str, array: Value, line_start: int) -> int:
    """Where the comment lines begin that stand right above a line of the array and speak of it."""
    while True:
        above = text.rfind("\n", 0, line_start - 1) + 1
        if above <= array.start or not text[above:line_start].lstrip(" \t").startswith("#"):
            return line_start
        line_start = above
