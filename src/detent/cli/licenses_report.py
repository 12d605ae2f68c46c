"""What `licenses` answers: as text, as Markdown to hand on, and as facts for programs. Pure but for printing.

All of it is foreign text: made harmless for a terminal, and in Markdown in code spans.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from detent.cli.console import Console
from detent.cli.diff_report import code, show_quoted
from detent.cli.render import count
from detent.errors.lock import LicenseRefused
from detent.lock.graph_page_data import link_of
from detent.lock.links import entry_ids
from detent.ops.licenses import LicensesOutcome, Row

UNKNOWN = "unknown"
_MOST_NAMED = 4
"""So many of those who need a package are named."""


def tell(console: Console, outcome: LicensesOutcome, form: str) -> None:
    """Print it in the form that was asked for."""
    match form:
        case "json":
            console.data(facts(outcome))
        case "markdown":
            console.answer(markdown(outcome))
        case _ if outcome.rows:
            console.answer("\n".join(lines(outcome)))
        case _:
            console.say("No packages are locked here")


def named(row: Row) -> str:
    """Name the licence of a package: the expression, else what it says itself."""
    found = row.license
    return found.spdx or (f"{show_quoted(found.text)} (not SPDX)" if found.text else UNKNOWN)


def counted(outcome: LicensesOutcome) -> list[tuple[str, int]]:
    """Count the packages by licence, the most frequent first."""
    counts = Counter(map(named, outcome.rows))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def lines(outcome: LicensesOutcome) -> Iterator[str]:
    """Give a line for each package, and below them how many have which licence."""
    rows = [
        (show_quoted(row.package.name), show_quoted(row.package.known_version), named(row), row.license.told)
        for row in outcome.rows
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    found = counted(outcome)
    digits = len(str(found[0][1]))
    for licence, number in found:
        yield f"{number:>{digits}}  {licence}"


def markdown(outcome: LicensesOutcome) -> str:
    """Give a table of all of them with where each is to be found: good to go with what is shipped."""
    parts = [f"# Licences\n\n{count(len(outcome.rows), 'package')}."]
    table = ["| Package | Version | Licence | Author | Home |", "|-|-|-|-|-|"]
    for row in outcome.rows:
        said = row.about
        author = said.author or said.author_email or said.maintainer or said.maintainer_email
        home = link_of(said.home) or next(filter(None, (link_of(url) for _, url in said.urls)), "")
        cells = [row.package.name, row.package.known_version, named(row), author, home]
        table.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    if outcome.rows:
        parts.append("\n".join(table))
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    line = " ".join(text.split())
    return code(line).replace("|", "\\|") if line else ""


def error_of(outcome: LicensesOutcome) -> LicenseRefused:
    """Give the error for packages that a policy does not let pass."""
    refused = outcome.refused
    names = list(dict.fromkeys(row.package.name for row in refused))
    known = [row.license.spdx for row in refused if row.license.expression is not None]
    simple = sorted({text for text in known if " AND " not in text and " OR " not in text})
    steps = [f"see who needs it with `detent why {names[0]}`"]
    if simple:
        steps.append(
            f"allow a licence with `--allow '{simple[0]}'`, or in `allowed-licenses` of pyproject.toml"
        )
    steps.append(
        f"let a package pass that you have looked at: `--ignore {names[0]}`, or `unchecked-licenses`"
    )
    return LicenseRefused(names, "\n".join(map(_reason, refused)), next_steps=steps)


def _reason(row: Row) -> str:
    version = f" {show_quoted(row.package.known_version)}" if row.package.known_version else ""
    return f"`{row.package.name}`{version}: {named(row)}, needed by {_listed(row.needed_by)}"


def _listed(owners: Sequence[str]) -> str:
    shown = ", ".join(map(show_quoted, owners[:_MOST_NAMED])) or "the project"
    return f"{shown} and {len(owners) - _MOST_NAMED} more" if len(owners) > _MOST_NAMED else shown


def facts(outcome: LicensesOutcome) -> dict[str, object]:
    """Give all of it for a program."""
    ids = entry_ids([row.package for row in outcome.rows])
    return {
        "packages": [
            {
                "id": known_as,
                "name": str(row.package.name),
                "version": row.package.known_version,
                "index": row.package.index,
                "license": row.license.spdx or None,
                "text": row.license.text,
                "told_by": row.license.told or None,
                "read_from": row.about.read_from,
                "license_files": list(row.about.license_files),
                "needed_by": list(row.needed_by),
                "is_allowed": row.is_allowed,
            }
            for known_as, row in zip(ids, outcome.rows, strict=True)
        ],
        "summary": [{"license": licence, "packages": number} for licence, number in counted(outcome)],
        "allowed": list(outcome.allowed),
        "ignored": list(outcome.ignored),
    }
