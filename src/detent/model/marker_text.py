"""Markers as text: the parser, and the printer whose text is canonical (PEP 508, PEP 751).

One set of environments has one text, whatever it was made from, and reading that text gives the same
marker back. The text asks about extras and groups first, then Python, then the platform.
"""

import re
from functools import lru_cache
from itertools import pairwise

from detent.model.marker_atoms import VARIABLES, comparison
from detent.model.marker_evaluation import VARIABLE_BY_RANK, opaque_by_text, quoted
from detent.model.marker_nodes import (
    ALWAYS,
    BOOLEAN,
    ENVIRONMENT,
    EXTRA,
    GATES,
    NEVER,
    NODES,
    VALUE,
    Marker,
    and_,
    forget,
    implies,
    kind_of,
    not_,
    or_,
    restrict,
)


class InvalidMarker(ValueError):
    """The text is no marker; ``reason`` says what is wrong in plain words, and where."""

    def __init__(self, text: str, reason: str, position: int | None = None) -> None:
        where = "" if position is None else f" (at character {position + 1} of the marker)"
        self.text = text
        self.reason = f"{reason}{where}"
        self.position = position
        super().__init__(f"`{text.strip()}` is not a valid marker: {self.reason}")


# ---- reading --------------------------------------------------------------------------------

# A quoted text holds no control characters and no ends of lines: wherever it is written, it stays on a line.
_TOKEN = re.compile(
    r"""\s*(?: (?P<literal> '[^'\x00-\x1f\x7f-\x9f\u2028\u2029]*' | "[^"\x00-\x1f\x7f-\x9f\u2028\u2029]*" )
             | (?P<operator> === | == | ~= | != | <= | >= | < | > )
             | (?P<word> [A-Za-z_][A-Za-z0-9_.]* )
             | (?P<bracket> [()] ) )""",
    re.VERBOSE,
)
_ALIASES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
_END = ("end", "", -1)


class _Reader:
    """Recursive descent over the tokens of one marker."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.next = 0
        position = 0
        end = len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                self.refuse_character(position)
            else:
                kind = found.lastgroup
                self.tokens.append((kind, found[kind], found.start(kind)))
                position = found.end()

    def refuse_character(self, position: int) -> None:
        position += len(self.text[position:]) - len(self.text[position:].lstrip())
        if self.text[position] in "'\"":
            is_closed = self.text.find(self.text[position], position + 1) >= 0
            fault = (
                "the quoted text has a control character in it" if is_closed else "the quote is never closed"
            )
            raise InvalidMarker(self.text, fault, position)
        raise InvalidMarker(self.text, f"`{self.text[position]}` cannot stand here", position)

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.next] if self.next < len(self.tokens) else _END

    def take(self) -> tuple[str, str, int]:
        token = self.peek()
        self.next += 1
        return token

    def accept(self, kind: str, text: str) -> bool:
        if self.peek()[:2] == (kind, text):
            self.next += 1
            return True
        return False

    def refuse(self, token: tuple[str, str, int], expected: str) -> InvalidMarker:
        if token is _END:
            return InvalidMarker(self.text, f"it ends where {expected} is expected")
        return InvalidMarker(self.text, f"`{token[1]}` stands where {expected} is expected", token[2])

    def whole(self) -> Marker:
        marker = self.either()
        if self.peek() is not _END:
            raise self.refuse(self.peek(), "`and`, `or` or the end")
        return marker

    def either(self) -> Marker:
        marker = self.both()
        while self.accept("word", "or"):
            marker = or_(marker, self.both())
        return marker

    def both(self) -> Marker:
        marker = self.single()
        while self.accept("word", "and"):
            marker = and_(marker, self.single())
        return marker

    def single(self) -> Marker:
        if self.accept("bracket", "("):
            marker = self.either()
            if not self.accept("bracket", ")"):
                raise self.refuse(self.peek(), "`and`, `or` or `)`")
            return marker
        left = self.operand()
        operator = self.operator()
        right = self.operand()
        if (left[0] == "literal") == (right[0] == "literal"):
            raise InvalidMarker(self.text, "one side must be a variable and the other a quoted text", left[2])
        flipped = left[0] == "literal"
        (_, variable, _), (_, literal, _) = (right, left) if flipped else (left, right)
        try:
            return comparison(variable, operator, literal, flipped=flipped)
        except ValueError as error:
            raise InvalidMarker(self.text, str(error), left[2]) from None

    def operand(self) -> tuple[str, str, int]:
        token = self.take()
        kind, text, position = token
        if kind == "literal":
            if "\\" in text:
                raise InvalidMarker(self.text, "a backslash cannot stand in a marker's text", position)
            return kind, text[1:-1], position
        if kind == "word":
            variable = _ALIASES.get(text, text)
            if variable in VARIABLES:
                return kind, variable, position
            raise InvalidMarker(self.text, f"there is no marker variable `{text}`", position)
        raise self.refuse(token, "a marker variable or a quoted text")

    def operator(self) -> str:
        token = self.take()
        if token[0] == "operator" or token[:2] == ("word", "in"):
            return token[1]
        if token[:2] == ("word", "not") and self.accept("word", "in"):
            return "not in"
        raise self.refuse(token, "a comparison such as `==`, `<` or `in`")


@lru_cache(maxsize=8192)
def parse(text: str) -> Marker:
    """Read a marker; an empty text always holds. Raises :class:`InvalidMarker`."""
    if not text.strip():
        return ALWAYS
    try:
        return _Reader(text).whole()
    except RecursionError:
        raise InvalidMarker(text, "its brackets are nested too deeply") from None


# ---- writing --------------------------------------------------------------------------------

_texts: dict[Marker, tuple[str, bool]] = {}


def render(marker: Marker) -> str:
    """Write a marker's one text; empty for one that always holds, ``ValueError`` for one that never does."""
    if marker == ALWAYS:
        return ""
    if marker == NEVER:
        raise ValueError("a marker that never holds cannot be written")
    gates, environment = forget(marker, ENVIRONMENT), forget(marker, GATES)
    if ALWAYS not in {gates, environment} and and_(gates, environment) == marker:
        return f"{_bracketed(_write(gates))} and {_bracketed(_write(environment))}"
    return _write(marker)[0]


def _bracketed(written: tuple[str, bool]) -> str:
    text, is_alternative = written
    return f"({text})" if is_alternative else text


def _write(marker: Marker) -> tuple[str, bool]:
    """Give the text of a node and whether it is an `or`, which needs brackets inside an `and`."""
    found = _texts.get(marker)
    if found is None:
        found = _texts[marker] = _joined(_terms(marker))
    return found


def _joined(terms: list[tuple[str, bool]]) -> tuple[str, bool]:
    if len(terms) == 1:
        return terms[0]
    texts = [f"({text})" if " and " in text and not is_or else text for text, is_or in terms]
    return " or ".join(texts), True


def _terms(marker: Marker) -> list[tuple[str, bool]]:
    """One term for each different kid: where it is reached, and what it asks further.

    A kid's term may be widened to wherever the kid holds anyway, which often leaves nothing to say first.
    """
    axis, _, kids = NODES[marker]
    cells_by_kid: dict[Marker, list[int]] = {}
    order = (1, 0) if kind_of(axis) == BOOLEAN else range(len(kids))
    for cell in order:
        cells_by_kid.setdefault(kids[cell], []).append(cell)
    wide_by_kid: dict[Marker, set[int]] = {}
    everywhere = NEVER
    for kid, cells in cells_by_kid.items():
        if kid != NEVER:
            wide = set(cells)
            for other, others in cells_by_kid.items():
                if other != kid and implies(kid, other):
                    wide.update(others)
            wide_by_kid[kid] = wide
            if len(wide) == len(kids):
                everywhere = or_(everywhere, kid)
    terms: list[tuple[str, bool]] = []
    for kid, wide in wide_by_kid.items():
        if len(wide) == len(kids):
            terms.append(_write(kid))
            continue
        where = min(_condition(marker, set(cells_by_kid[kid])), _condition(marker, wide), key=_brevity)
        shorter = restrict(kid, not_(everywhere))  # what is said for everywhere need not be said again
        if shorter == ALWAYS:
            terms.append(where)
        elif shorter != NEVER:
            further = min(_write(kid), _write(shorter), key=_brevity)
            terms.append((f"{_bracketed(where)} and {_bracketed(further)}", False))
    return terms


def _brevity(written: tuple[str, bool]) -> tuple[int, str]:
    return len(written[0]), written[0]


def _condition(marker: Marker, cells: set[int]) -> tuple[str, bool]:
    """Write that a node's test gives one of some cells, which are not all of them."""
    axis, cuts, kids = NODES[marker]
    rank, subject = axis
    kind = kind_of(axis)
    if kind == BOOLEAN:
        holds = 1 in cells
        if rank in GATES:
            variable = "extras" if rank == EXTRA else "dependency_groups"
            return f"{quoted(subject)} {'in' if holds else 'not in'} {variable}", False
        return opaque_by_text[subject].text(holds=holds), False
    if kind == VALUE:
        variable, rest = VARIABLE_BY_RANK[rank], len(kids) - 1
        if rest in cells:
            values = [cut for i, cut in enumerate(cuts) if i not in cells]
            return " and ".join(f"{variable} != {quoted(value)}" for value in values), False
        values = [cuts[i] for i in sorted(cells)]
        return " or ".join(f"{variable} == {quoted(value)}" for value in values), len(values) > 1
    edges = (0, *cuts, None)
    spans: list[tuple[int, int | None]] = []
    for i in sorted(cells):
        low, high = edges[i], edges[i + 1]
        if spans and spans[-1][1] == low:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return _pythons(spans)


def _pythons(spans: list[tuple[int, int | None]]) -> tuple[str, bool]:
    """Write a union of ranges of Python versions, as a range with holes where that is shorter."""
    holes = [(before[1], after[0]) for before, after in pairwise(spans)]
    excluded = [_single(low, high, "!=") for low, high in holes]
    if holes and all(excluded):
        bounds = _bounds(spans[0][0], spans[-1][1])
        return " and ".join((*bounds, *(text for text in excluded if text))), False
    parts = []
    for low, high in spans:
        exact = _single(low, high, "==")
        bounds = [exact] if exact else _bounds(low, high)
        text = " and ".join(bounds)
        parts.append(f"({text})" if len(bounds) > 1 and len(spans) > 1 else text)
    return " or ".join(parts), len(parts) > 1


def _single(low: int | None, high: int | None, operator: str) -> str:
    """Write a range that is one minor or one full version; empty for any other."""
    if low is None or high is None:
        return ""
    if high - low == 1000 and low % 1000 == 0:
        return f"python_version {operator} '{low // 1_000_000}.{low // 1000 % 1000}'"
    if high - low == 1:
        return f"python_full_version {operator} '{_full(low)}'"
    return ""


def _bounds(low: int, high: int | None) -> list[str]:
    bounds = [_bound(">=", low)] if low else []
    return bounds if high is None else [*bounds, _bound("<", high)]


def _bound(operator: str, number: int) -> str:
    if number % 1000:
        return f"python_full_version {operator} '{_full(number)}'"
    return f"python_version {operator} '{number // 1_000_000}.{number // 1000 % 1000}'"


def _full(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
