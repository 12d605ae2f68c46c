"""Licences as expressions of the SPDX standard: what a release says of its own, and whether a policy has it.

What is an expression at all, and how it is written, `packaging.licenses` says. Words that could mean several
licences ("BSD", "Apache Software License") are none: a guess would pass a policy that the truth does not.
"""

import re
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from detent.model.about import About
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
    expression = parse_expression(text)
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
    version: tuple[int, ...]
    or_later: bool
    exception: str


def _range(term: Term) -> _Range:
    match = _VERSIONED.fullmatch(term.license)
    if match is None or term.license.startswith("LicenseRef-"):
        return _Range(term.license, (), term.or_later, term.exception)
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
        found = _parsed(text) or _parsed(_BY_WORDS.get(_words_of(text), ""))
        if found is not None:
            return License(found, _short(text), "License")
    # What says no more than that there is a licence does not stand beside one that says which.
    classifiers = [c for c in about.license_classifiers if c not in _NOTHING] or about.license_classifiers
    names = tuple(dict.fromkeys(each.rpartition(" :: ")[2] for each in classifiers))
    known = [_BY_CLASSIFIER.get(each, "") for each in classifiers]
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


def _words_of(text: str) -> str:
    """Give the words that tell licences apart, in one form; empty for a text that is no mere name."""
    if len(text) > _LONGEST_SHOWN or "\n" in text:
        return ""
    words = re.findall(r"[a-z0-9.+]+", text.lower().replace("'", ""))
    return " ".join(word.strip(".") for word in words if word not in _FILLING)


_NOTHING = frozenset(("License :: OSI Approved", "License :: DFSG approved"))
_SAYS_NOTHING = frozenset(("", "unknown", "none", "n/a", "license", "see license", "see license file"))
_FILLING = frozenset(("the", "license", "licence", "licensed", "under", "version", "software", "public", "of"))
_BY_WORDS = {
    words: spdx
    for spdx, texts in {
        "0BSD": ("zero clause bsd", "bsd zero clause"),
        "AGPL-3.0-only": ("agplv3", "agpl v3", "gnu agplv3", "gnu affero general v3", "gnu affero general v3.0"),
        "AGPL-3.0-or-later": ("agplv3+", "agpl v3+", "gnu affero general v3 or later", "agpl 3.0+"),
        "Apache-2.0": (
            "apache 2", "apache 2.0", "apache v2", "apache v2.0", "apache2", "apache2.0", "apache license2.0",
            "asl 2", "asl 2.0", "asf 2.0", "al2", "apache foundation 2.0",
        ),
        "BSD-2-Clause": ("bsd 2 clause", "2 clause bsd", "simplified bsd", "freebsd", "bsd 2", "two clause bsd"),
        "BSD-3-Clause": (
            "bsd 3 clause", "3 clause bsd", "new bsd", "modified bsd", "revised bsd", "bsd new", "bsd 3", "bsd3",
            "three clause bsd", "new bsd 3 clause", "bsd 3 clause new or revised", "bsd 3 clauses",
        ),
        "BSL-1.0": ("boost 1.0", "boost"),
        "EPL-2.0": ("eclipse 2.0", "epl 2.0", "eclipse v2.0", "epl v2.0"),
        "GPL-2.0-only": ("gplv2", "gpl v2", "gnu gplv2", "gnu gpl v2", "gnu general v2", "gpl 2"),
        "GPL-2.0-or-later": ("gplv2+", "gpl v2+", "gpl v2 or later", "gnu general v2 or later", "gpl 2+"),
        "GPL-3.0-only": (
            "gplv3", "gpl v3", "gnu gplv3", "gnu gpl v3", "gnu general v3", "gnu general v3 gplv3", "gpl 3",
        ),
        "GPL-3.0-or-later": (
            "gplv3+", "gpl v3+", "gnu gplv3+", "gpl v3 or later", "gnu general v3 or later", "gpl 3+",
            "gnu general v3 or later gplv3+",
        ),
        "HPND": ("historical permission notice and disclaimer", "historical permission notice and disclaimer hpnd"),
        "ISC": ("iscl", "isc iscl"),
        "LGPL-2.1-only": ("lgplv2.1", "lgpl v2.1", "gnu lgpl v2.1", "gnu lesser general v2.1"),
        "LGPL-2.1-or-later": ("lgplv2.1+", "lgpl v2.1+", "lgpl 2.1 or later"),
        "LGPL-3.0-only": ("lgplv3", "lgpl v3", "gnu lgplv3", "gnu lgpl v3", "gnu lesser general v3", "lgpl 3"),
        "LGPL-3.0-or-later": ("lgplv3+", "lgpl v3+", "gnu lgplv3+", "lgpl v3 or later", "gnu lgpl v3+"),
        "MIT": ("mit", "mit mit", "expat", "mit expat", "mit x11"),
        "MIT-0": ("mit no attribution", "mit no attribution mit 0"),
        "MIT-CMU": ("mit cmu",),
        "MPL-2.0": (
            "mpl 2", "mpl2", "mplv2", "mplv2.0", "mpl v2", "mpl v2.0", "mozilla 2.0", "mozilla 2.0 mpl 2.0",
            "mozilla v2.0", "mpl2.0",
        ),
        "PSF-2.0": ("psf", "psfl", "psf 2", "python foundation", "python foundation v2"),
        "PostgreSQL": ("postgresql",),
        "Unlicense": ("unlicense", "unlicense unlicense"),
        "WTFPL": ("wtfpl",),
        "ZPL-2.1": ("zpl 2.1", "zope 2.1"),
        "Zlib": ("zlib",),
    }.items()
    for words in texts
}  # fmt: skip
"""Free texts that mean one licence, by their words: what is left of `The MIT License (MIT)` is `mit mit`."""
_APPROVED = "License :: OSI Approved :: "
_BY_CLASSIFIER = {
    "License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "License :: CeCILL-B Free Software License Agreement (CECILL-B)": "CECILL-B",
    "License :: CeCILL-C Free Software License Agreement (CECILL-C)": "CECILL-C",
    f"{_APPROVED}Attribution Assurance License": "AAL",
    f"{_APPROVED}Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    f"{_APPROVED}Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    f"{_APPROVED}CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": "CECILL-2.1",
    f"{_APPROVED}CMU License (MIT-CMU)": "MIT-CMU",
    f"{_APPROVED}Common Development and Distribution License 1.0 (CDDL-1.0)": "CDDL-1.0",
    f"{_APPROVED}Common Public License": "CPL-1.0",
    f"{_APPROVED}Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    f"{_APPROVED}Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    f"{_APPROVED}Educational Community License, Version 2.0 (ECL-2.0)": "ECL-2.0",
    f"{_APPROVED}European Union Public Licence 1.0 (EUPL 1.0)": "EUPL-1.0",
    f"{_APPROVED}European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    f"{_APPROVED}European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    f"{_APPROVED}GNU Affero General Public License v3": "AGPL-3.0-only",
    f"{_APPROVED}GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    f"{_APPROVED}GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    f"{_APPROVED}GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    f"{_APPROVED}GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    f"{_APPROVED}GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    f"{_APPROVED}GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    f"{_APPROVED}GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    f"{_APPROVED}Historical Permission Notice and Disclaimer (HPND)": "HPND",
    f"{_APPROVED}IBM Public License": "IPL-1.0",
    f"{_APPROVED}ISC License (ISCL)": "ISC",
    f"{_APPROVED}MIT License": "MIT",
    f"{_APPROVED}MIT No Attribution License (MIT-0)": "MIT-0",
    f"{_APPROVED}MirOS License (MirOS)": "MirOS",
    f"{_APPROVED}Motosoto License": "Motosoto",
    f"{_APPROVED}Mozilla Public License 1.0 (MPL)": "MPL-1.0",
    f"{_APPROVED}Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    f"{_APPROVED}Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    f"{_APPROVED}Mulan Permissive Software License v2 (MulanPSL-2.0)": "MulanPSL-2.0",
    f"{_APPROVED}NASA Open Source Agreement v1.3 (NASA-1.3)": "NASA-1.3",
    f"{_APPROVED}Nethack General Public License": "NGPL",
    f"{_APPROVED}Open Group Test Suite License": "OGTSL",
    f"{_APPROVED}Open Software License 3.0 (OSL-3.0)": "OSL-3.0",
    f"{_APPROVED}PostgreSQL License": "PostgreSQL",
    f"{_APPROVED}Python License (CNRI Python License)": "CNRI-Python",
    f"{_APPROVED}Python Software Foundation License": "PSF-2.0",
    f"{_APPROVED}Ricoh Source Code Public License": "RSCPL",
    f"{_APPROVED}SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    f"{_APPROVED}Sleepycat License": "Sleepycat",
    f"{_APPROVED}The Unlicense (Unlicense)": "Unlicense",
    f"{_APPROVED}Universal Permissive License (UPL)": "UPL-1.0",
    f"{_APPROVED}University of Illinois/NCSA Open Source License": "NCSA",
    f"{_APPROVED}Vovida Software License 1.0": "VSL-1.0",
    f"{_APPROVED}Zero-Clause BSD (0BSD)": "0BSD",
    f"{_APPROVED}zlib/libpng License": "Zlib",
}
"""The classifiers that name one licence of SPDX. "GPLv3" without "or later" is read as it stands: only 3."""
