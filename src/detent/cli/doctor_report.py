"""What `detent doctor` saw, a line for each thing: pure text, and facts for programs."""

from collections.abc import Iterator, Sequence

from detent.cli.check_report import Style, finding_lines
from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.cli.render import count
from detent.ops.check_metadata import Finding
from detent.ops.doctor_places import Row


def flag_variables() -> frozenset[str]:
    """Give the variables that stand for flags."""
    flags = (*GLOBAL, *(flag for command in COMMANDS for flag in command.flags))
    return frozenset(flag.variable for flag in flags if flag.variable)


def lines(row: Row, styled: Style) -> Iterator[str]:
    """Give what was seen of one thing, and what helps."""
    yield from finding_lines(row.level, row.name, Finding(row.text, row.why, row.next_steps), styled)


def verdict(rows: Sequence[Row]) -> str:
    """Say in a line what it came to."""
    problems = sum(row.level == "problem" for row in rows)
    return f"Found {count(problems, 'problem')}" if problems else "Found no problems"


def facts(rows: Sequence[Row]) -> dict[str, object]:
    """Give it for programs."""
    return {
        "is_ok": all(row.level != "problem" for row in rows),
        "findings": [
            {
                "name": row.name,
                "level": row.level,
                "text": row.text,
                "why": row.why,
                "next": list(row.next_steps),
            }
            for row in rows
        ],
    }
