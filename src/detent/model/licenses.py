"""Licences as expressions of the SPDX standard: what a release says of its own, and whether a policy has it.

What is an expression at all, and how it is written, `packaging.licenses` says. Words that could mean several
licences ("BSD", "Apache Software License") are none: a guess would pass a policy that the truth does not.
"""

import re
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from detent.model.about import About
from detent.model.license_names import BY_CLASSIFIER, BY_WORDS
from detent.named import NamedTuple

_LONGEST = 1_000
_MOST_PARENTHESES = 40
"""Of what is longer or deeper nobody can say what it means."""
_LONGEST_SHOWN = 80
_WORDS = {"AND": 2, "OR": 1}
_VERSIONED = re.compile(r"(?P<family>.+?)-(?P<version>\d+(?:\.\d+)*)(?P<which>-only|-or-later)?")


class Term(NamedTuple):
    """One licence of an expression."""

    license: str
    """An identifier of SPDX, or a `LicenseRef-`."""
    exception: str = ""
    """Of ``WITH``."""
    or_later: bool = False
    """Whether a ``+`` stands behind it."""

    def __str__(self) -> str:
        """Write it as SPDX has it."""
        more = f" WITH {self.exception}" if self.exception else ""
        return f"{self.license}{'+' if self.or_later else ''}{more}"


Step: TypeAlias = Term | Literal["AND", "OR"]


class Expression(NamedTuple):
    """What SPDX calls a licence expression."""

    text: str
    """In its one form."""
    steps: tuple[Step, ...]
    """Its terms, each operator behind the two it joins."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Give its licences, in the order they stand there."""
        return tuple(dict.fromkeys(step for step in self.steps if isinstance(step, Term)))

    def is_satisfied(self, has: Callable[[Term], bool]) -> bool:
        """Whether terms that are had are enough: both sides of an ``AND``, one of an ``OR``."""
        found: list[bool] = []
        for step in self.steps:
            if isinstance(step, Term):
                found.append(has(step))
            else:
                right, left = found.pop(), found.pop()
                found.append(left and right if step == "AND" else left or right)
        return found.pop()


def parse_expression(text: str) -> Expression:
    """Read an expression; :class:`ValueError` for what is none."""
    if len(text) > _LONGEST or text.count("(") > _MOST_PARENTHESES:
        raise ValueError("it is too long for a licence expression")
    try:
        canonical = str(canonicalize_license_expression(text))
    except InvalidLicenseExpression as error:
        raise ValueError(str(error)) from error
    return Expression(canonical, tuple(_steps(canonical)))


def _steps(canonical: str) -> Iterable[Step]:
    """Put each operator behind its two sides; the expression is right already."""
    words = canonical.replace("(", "( ").replace(")", " )").split()
    waiting: list[str] = []
    found: list[Step] = []

    def take(least: int) -> None:
        while waiting and _WORDS.get(waiting[-1], 0) >= least:
            found.append("AND" if waiting.pop() == "AND" else "OR")

    for number, word in enumerate(words):
        if word == "(":
            waiting.append(word)
        elif word == ")":
            take(1)
            waiting.pop()
        elif word in _WORDS:
            take(_WORDS[word])
            waiting.append(word)
        elif word != "WITH" and (number == 0 or words[number - 1] != "WITH"):
            exception = words[number + 2] if words[number + 1 : number + 2] == ["WITH"] else ""
            found.append(Term(word.removesuffix("+"), exception, word.endswith("+")))
    take(1)
    return found


# ---- a policy --------------------------------------------------------------------------------


def parse_term(text: str) -> Term:
    """Read one licence that a policy allows; :class:`ValueError` for what is none, or several."""
    try:
        expression = parse_expression(text)
    except ValueError as error:
        meant = _named(text)
        hint = f"; `{meant.text}` is one" if meant is not None else ""
        raise ValueError(f"{error}{hint}") from error
    if len(expression.steps) != 1:
        raise ValueError("it names several licences, and each stands for itself")
    return expression.terms[0]


def is_allowed(expression: Expression, allowed: Iterable[Term]) -> bool:
    """Whether a policy that allows these licences has an expression.

    "Or later" is a range on both sides, and ranges that meet are enough: who takes ``GPL-2.0-or-later`` may
    take version 3. An exception is allowed with its licence or not at all.
    """
    ranges = [_range(term) for term in allowed]
    return expression.is_satisfied(lambda term: any(_meet(_range(term), each) for each in ranges))


class _Range(NamedTuple):
    family: str
    """With `=` in front for what has no versions: `MIT` and `MIT-0` are two licences."""
    version: tuple[int, ...]
    or_later: bool
    exception: str


def _range(term: Term) -> _Range:
    match = _VERSIONED.fullmatch(term.license)
    if match is None or term.license.startswith("LicenseRef-"):
        return _Range(f"={term.license}", (), term.or_later, term.exception)
    numbers = [int(part) for part in match["version"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    or_later = term.or_later or match["which"] == "-or-later"
    return _Range(match["family"], tuple(numbers), or_later, term.exception)


def _meet(one: _Range, other: _Range) -> bool:
    if (one.family, one.exception) != (other.family, other.exception):
        return False
    return (
        one.version == other.version
        or (one.or_later and one.version < other.version)
        or (other.or_later and other.version < one.version)
    )


# ---- what a release says ---------------------------------------------------------------------

Told: TypeAlias = Literal["License-Expression", "License", "Classifier", ""]


class License(NamedTuple):
    """The licence of a release, by its own word."""

    expression: Expression | None = None
    """``None``: what it says is no SPDX, or it says nothing."""
    text: str = ""
    """What it says in one short line, foreign as it is; empty where it says nothing."""
    told: Told = ""
    """The field of its metadata that says so."""

    @property
    def spdx(self) -> str:
        """The expression as text; empty where there is none."""
        return self.expression.text if self.expression is not None else ""


def license_of(about: About) -> License:
    """Find out what a release says; of classifiers that name several licences all are taken to hold."""
    if about.license_expression.strip():
        found = _parsed(about.license_expression)
        return License(found, _short(about.license_expression), "License-Expression")
    text = about.license_text.strip()
    if text:
        found = _parsed(text) or _named(text)
        if found is not None:
            return License(found, _short(text), "License")
    # What says no more than that there is a licence does not stand beside one that says which.
    classifiers = [c for c in about.license_classifiers if c not in _NOTHING] or about.license_classifiers
    names = tuple(dict.fromkeys(each.rpartition(" :: ")[2] for each in classifiers))
    known = [BY_CLASSIFIER.get(each, "") for each in classifiers]
    if names and all(known):
        return License(_parsed(" AND ".join(dict.fromkeys(known))), _short(", ".join(names)), "Classifier")
    shown = _short(about.license)
    if not shown or _key(shown) in _SAYS_NOTHING:
        return License()
    is_text = bool(text) and (_short(text) == shown or not names)
    return License(None, shown, "License" if is_text else "Classifier")


def _parsed(text: str) -> Expression | None:
    try:
        return parse_expression(text) if text else None
    except ValueError:
        return None


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _LONGEST_SHOWN].split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[: _LONGEST_SHOWN - 1]}…"


def _key(text: str) -> str:
    return text.lower().strip(" .")


def _named(text: str) -> Expression | None:
    """Read the name of a licence as people write it, by the words that tell licences apart."""
    if len(text) > _LONGEST_SHOWN or "\n" in text:
        return None
    found = (word.strip(".-") for word in re.findall(r"[a-z0-9.+-]+", text.lower().replace("'", "")))
    words = " ".join(word for word in found if word and word not in _FILLING)
    return _parsed(words) or _parsed(BY_WORDS.get(words.replace("-", " "), ""))


_NOTHING = frozenset(("License :: OSI Approved", "License :: DFSG approved"))
_SAYS_NOTHING = frozenset(("", "unknown", "none", "n/a", "license", "see license", "see license file"))
_FILLING = frozenset(
    ("the", "license", "licence", "licensed", "under", "version", "software", "public", "of")
)
