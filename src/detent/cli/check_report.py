"""What `detent check` found, a line for each check: pure text, and facts for programs."""

from collections.abc import Callable, Iterator, Sequence

from detent.cli.render import count, show
from detent.ops.check import Checked
from detent.ops.check_metadata import Finding

Style = Callable[[str, str], str]
_WIDTH = len("problem")


def lines(checked: Sequence[Checked], styled: Style) -> Iterator[str]:
    """Give a line for each check, and below one that found something what helps."""
    for each in checked:
        if each.findings:
            for finding in each.findings:
                yield from finding_lines("problem", each.name, finding, styled)
        else:
            yield line("skipped" if each.is_skipped else "ok", each.name, each.told, styled)


def line(level: str, name: str, text: str, styled: Style) -> str:
    """Give one line: how it is, what was looked at, and what was seen."""
    style = {"ok": "+", "problem": "error", "note": "note"}.get(level, "dim")
    return f"{styled(level, style)}{' ' * (_WIDTH - len(level))}  {show(name)}: {_on_one_line(text)}"


def finding_lines(level: str, name: str, finding: Finding, styled: Style) -> Iterator[str]:
    """Give what is wrong, why, and what to do."""
    yield line(level, name, finding.what, styled)
    for label, texts in (
        ("why", finding.why.split("\n") if finding.why else ()),
        ("next", finding.next_steps),
    ):
        for number, text in enumerate(texts):
            head = styled(f"{label}:", label) if not number else " " * (len(label) + 1)
            yield f"{' ' * (_WIDTH + 2)}{head} {_on_one_line(text)}"


def verdict(checked: Sequence[Checked]) -> str:
    """Say in a line what it came to."""
    found = sum(len(each.findings) for each in checked)
    return f"Found {count(found, 'problem')}" if found else "Everything is in order"


def exit_code(checked: Sequence[Checked]) -> int:
    """Give 0, 1 for what is wrong, 2 for what cannot be read."""
    return max((each.exit_code for each in checked), default=0)


def facts(checked: Sequence[Checked]) -> dict[str, object]:
    """Give it for programs."""
    return {
        "is_ok": exit_code(checked) == 0,
        "checks": [
            {
                "name": each.name,
                "outcome": "problem" if each.findings else "skipped" if each.is_skipped else "ok",
                "text": each.told,
                "findings": [finding_facts(finding) for finding in each.findings],
            }
            for each in checked
        ],
    }


def finding_facts(finding: Finding) -> dict[str, object]:
    """Give a finding for programs."""
    return {
        "code": finding.code,
        "what": finding.what,
        "why": finding.why,
        "next": list(finding.next_steps),
    }


def _on_one_line(text: str) -> str:
    return show(text).replace("\n", "\\n")
