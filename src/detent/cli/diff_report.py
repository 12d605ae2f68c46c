"""What changed between two locks, as lines, as Markdown for a pull request, and as facts for programs.

Names, versions, addresses and markers come from the locks, so in Markdown all of them stand in code
spans, where nothing of them is markup, a link or the name of somebody to notify.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from detent.cli.console import Console
from detent.cli.render import show
from detent.lock.comparison import Comparison, Move, PackageChange
from detent.lock.two_files import Fact
from detent.model.attestations import publisher
from detent.ops.diff import DiffOutcome

Paint = Callable[[str, str], str]
"""Gives a text in a style."""
Quote = Callable[[str], str]
"""Makes a foreign text harmless where it is put."""

_SIGNS = {"added": "+", "removed": "-", "updated": "~", "downgraded": "~", "changed": "~"}
_VERBS = ("added", "removed", "updated", "downgraded", "changed")
_MOST = 6
"""So many of the files of a version are named."""
_DIGITS = 12
"""So many of a hash are shown."""
_LOUD = "!"


def report(console: Console, outcome: DiffOutcome, form: str) -> None:
    """Print it in the form that was asked for; in text that nothing changed is talk."""
    is_painted = console.answers_a_person or console.speech[3] == "always"
    match form:
        case "json":
            console.data(facts(outcome))
        case "markdown":
            console.answer(markdown(outcome))
        case _ if outcome.comparison.is_empty:
            before, after = show_quoted(outcome.before), show_quoted(outcome.after)
            console.say(f"Nothing changed between {before} and {after}")
        case _:
            console.answer("\n".join(lines(outcome, console.styled if is_painted else _plain)))


def _plain(text: str, _: str) -> str:
    return text


# ---- lines -----------------------------------------------------------------------------------


def lines(outcome: DiffOutcome, paint: Paint) -> Iterator[str]:
    """Give a summary, then what of the project changed, then the packages; nothing for no difference."""
    comparison = outcome.comparison
    if comparison.is_empty:
        return
    yield summary(comparison)
    if comparison.inputs or comparison.new_indexes:
        yield ""
    yield from (f"  {paint(_LOUD, 'warning')} {text}" for text in _new_indexes(comparison, show_quoted))
    yield from (f"  {show(text)}" for text in comparison.inputs)
    for title, packages in (("", comparison.packages), ("builds:", comparison.builds)):
        if packages:
            yield title
            yield from _table(packages, paint)


def short(text: str) -> str:
    """Give the text of a lock for git, harmless on a terminal, line by line."""
    return "\n".join(map(show, text.split("\n")))


def show_quoted(text: str) -> str:
    """Give a foreign text as lines on a terminal show it."""
    return show(text).replace("\n", "\\n")


def _table(packages: Sequence[PackageChange], paint: Paint) -> Iterator[str]:
    width = max(len(show(package.name)) for package in packages)
    for package in packages:
        sign = _SIGNS[package.kind]
        name = show_quoted(package.name)
        blanks = " " * (width - len(name))
        versions = _versions(package, show_quoted)
        yield f"{paint(sign, sign)} {paint(name, 'bold')}{blanks} {versions}".rstrip()
        for is_loud, text in _details(package, show_quoted):
            yield f"    {paint(_LOUD, 'warning')} {text}" if is_loud else f"      {text}"


def summary(comparison: Comparison) -> str:
    """Count what happened: `3 added, 1 removed, 2 updated`."""
    told = ", ".join(f"{number} {verb}" for verb, number in _counts(comparison).items() if number)
    return told or "no package changed"


def _counts(comparison: Comparison) -> dict[str, int]:
    packages = (*comparison.packages, *comparison.builds)
    return {verb: sum(package.kind == verb for package in packages) for verb in _VERBS}


# ---- Markdown --------------------------------------------------------------------------------


def markdown(outcome: DiffOutcome) -> str:
    """Give a heading, what of the project changed, and a table: good as a comment on a pull request."""
    comparison = outcome.comparison
    if comparison.is_empty:
        return f"### {code(outcome.after)}: no changes"
    parts = [f"### {code(outcome.after)}: {summary(comparison)}"]
    loud = [f"- :warning: {text}" for text in _new_indexes(comparison, code)]
    told = [f"- {_spans(text)}" for text in comparison.inputs]
    if loud or told:
        parts.append("\n".join((*loud, *told)))
    for title, packages in (("", comparison.packages), ("#### Builds", comparison.builds)):
        parts += (title,) if title and packages else ()
        if packages:
            parts.append("\n".join(_rows(packages)))
    return "\n\n".join(parts)


def _rows(packages: Sequence[PackageChange]) -> Iterator[str]:
    yield "| | Package | Before | After | |"
    yield "|-|-|-|-|-|"
    for package in packages:
        before, after = (", ".join(map(_cell, versions)) for versions in (package.before, package.after))
        details = (f"{':warning: ' if is_loud else ''}{text}" for is_loud, text in _details(package, _cell))
        sign = f"`{_SIGNS[package.kind]}`"
        yield f"| {sign} | {_cell(package.name)} | {before} | {after} | {'<br>'.join(details)} |"


def code(text: str) -> str:
    """Give a foreign text as a code span."""
    plain = show_quoted(text)
    longest = max(map(len, re.findall("`+", plain)), default=0)
    blank = " " if longest or not plain.strip() else ""
    return f"{'`' * (longest + 1)}{blank}{plain}{blank}{'`' * (longest + 1)}"


def _cell(text: str) -> str:
    """Give a code span for a table, where a bar ends the cell even in one."""
    return code(text).replace("|", "\\|")


def _spans(text: str) -> str:
    """Give a sentence with its quoted parts in code spans and nothing else in it that could be markup."""
    parts = text.split("`")
    # An `@` notifies somebody however it is escaped.
    if len(parts) % 2 == 0 or any("@" in part for part in parts[::2]):
        return code(text)
    return "".join(code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts) if part)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\*_[]<>()#|~&!" else c for c in show_quoted(text))


# ---- JSON ------------------------------------------------------------------------------------


def facts(outcome: DiffOutcome) -> dict[str, object]:
    """Give everything as values."""
    comparison = outcome.comparison
    return {
        "before": outcome.before,
        "after": outcome.after,
        "is_changed": not comparison.is_empty,
        "summary": _counts(comparison),
        "inputs": list(comparison.inputs),
        "new_indexes": list(comparison.new_indexes),
        "packages": list(map(_package_facts, comparison.packages)),
        "builds": list(map(_package_facts, comparison.builds)),
    }


def _package_facts(package: PackageChange) -> dict[str, object]:
    return {
        "name": package.name,
        "change": package.kind,
        "before": list(package.before),
        "after": list(package.after),
        "origins": list(package.origins),
        "moves": [move._asdict() for move in package.moves],
        "facts": [
            {
                "kind": fact.kind,
                "of": fact.of,
                "before": list(fact.before),
                "after": list(fact.after),
                "where": list(fact.where),
                "is_loud": fact.is_loud,
            }
            for fact in package.facts
        ],
    }


# ---- words -----------------------------------------------------------------------------------


def _versions(package: PackageChange, quote: Quote) -> str:
    before, after = (", ".join(f"v{quote(v)}" for v in side if v) for side in (package.before, package.after))
    if not package.before or package.before == package.after:
        return after
    return f"{before} -> {after}" if package.after else before


def _new_indexes(comparison: Comparison, quote: Quote) -> Iterator[str]:
    for index in comparison.new_indexes:
        yield f"packages come from {quote(index)}, and none did before"


def _details(package: PackageChange, quote: Quote) -> Iterator[tuple[bool, str]]:
    """Give the sentences about a package, the loud ones first."""
    if not package.before:
        yield from ((False, f"from {quote(origin)}") for origin in package.origins if origin)
    for move in package.moves:
        yield False, _move(move, quote)
    for fact in sorted(package.facts, key=lambda fact: not fact.is_loud):
        yield fact.is_loud, _sentence(fact, quote)


def _move(move: Move, quote: Quote) -> str:
    where = f"where {quote(move.where)}" if move.where else "elsewhere the same"
    if not move.before:
        return f"{quote(move.after)} came {where}"
    if not move.after:
        return f"{quote(move.before)} went {where}"
    return f"{quote(move.before)} -> {quote(move.after)} {where}"


_ON_TARGETS: Mapping[str, str] = {
    "needs-build": "no wheel, so it is built, {where}",
    "needs-no-build": "has a wheel now, so it is not built any more, {where}",
    "no-file": "nothing to install {where}",
    "has-file": "has something to install now {where}",
}
_MARKERS: Mapping[str, str] = {
    "marker-widened": "{of}needed in more environments: {after}; before: {before}",
    "marker-narrowed": "{of}needed in fewer environments: {after}; before: {before}",
    "marker-changed": "{of}needed in other environments: {after}; before: {before}",
}
_OF_FILES: Mapping[str, str] = {
    "hash": "{of} is another file than it was: its hash is {after}, and was {before}",
    "hashes": "{of} has other hashes beside the same one: {after}; before: {before}",
    "address": "{of} lies at {after}, and lay at {before}",
    "size": "{of} has the size {after}, and had {before}",
    "upload-time": "{of} has another upload time than it had",
}


def _sentence(fact: Fact, quote: Quote) -> str:
    if fact.kind in _ON_TARGETS:
        where = f"on {', '.join(map(quote, fact.where))}" if fact.where else "wherever it is needed"
        return _ON_TARGETS[fact.kind].format(where=where)
    if fact.kind in _MARKERS:
        (before,), (after,) = fact.before, fact.after
        of = f"{quote(fact.of)} is " if fact.of else ""
        return _MARKERS[fact.kind].format(of=of, before=quote(before), after=quote(after))
    if fact.kind in _OF_FILES:
        before, after = (_shortened(side, quote) for side in (fact.before, fact.after))
        return _OF_FILES[fact.kind].format(of=quote(fact.of), before=before, after=after)
    if fact.kind.startswith("attestations"):
        return _attested(fact, quote)
    before, after = (", ".join(map(quote, side)) for side in (fact.before, fact.after))
    match fact.kind:
        case "source":
            return f"comes from {after or 'nowhere that is written'}, and came from {before or 'elsewhere'}"
        case "files-lost":
            return f"files are gone: {_some(fact.before, quote)}"
        case "files-gained":
            return f"files came: {_some(fact.after, quote)}"
        case "told-by-build":
            return "what it needs was told by a build"
        case "not-told-by-build":
            return "what it needs is known without a build now"
        case "requires-lost":
            return f"does not ask for {before} any more"
        case "requires-gained":
            return f"asks for {after}"
        case _:
            return f"asks for {after}, and asked for {before}"


def _attested(fact: Fact, quote: Quote) -> str:
    before, after = (", ".join(quote(publisher(text)) for text in side) for side in (fact.before, fact.after))
    if not after:
        return f"no publisher is attested any more; it was {before}"
    return f"published by {after}, and before by {before}" if before else f"published by {after}"


def _shortened(texts: Sequence[str], quote: Quote) -> str:
    """Give hashes in short; an address, which is none, whole."""
    found = []
    for text in texts:
        algorithm, colon, value = text.partition(":")
        is_hash = bool(colon) and not value.startswith("/")
        found.append(quote(f"{algorithm}:{value[:_DIGITS]}" if is_hash else text))
    return ", ".join(found) or "none"


def _some(names: Sequence[str], quote: Quote) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(map(quote, names[:_MOST])) + more
