"""What `graph` says: where the page is, or the page itself."""

from detent.cli.console import Console
from detent.cli.render import count
from detent.ops.graph import GraphOutcome
from detent.ops.shown_paths import display


def tell(console: Console, outcome: GraphOutcome) -> None:
    """Say what was made."""
    if console.wants_json:
        console.data(facts(outcome))
    elif outcome.path is None:
        console.answer(outcome.text.removesuffix("\n"))
    else:
        packages = outcome.data["packages"]
        shown = count(len(packages), "package") if isinstance(packages, list) else ""
        console.say(f"Wrote {display(outcome.path)} ({shown})")


def facts(outcome: GraphOutcome) -> dict[str, object]:
    """Give the facts of the page, and where it is."""
    return {"output_file": None if outcome.path is None else str(outcome.path), **outcome.data}
