"""Graph: the lock as one page to look at in a browser, or as the facts it is made of."""

import os
import webbrowser
from pathlib import Path

from detent import fsio
from detent.errors import UsageError
from detent.events import Notice
from detent.lock.graph_page import Assets, render_page
from detent.lock.graph_page_data import Own, page_data
from detent.named import NamedTuple
from detent.ops.about import about
from detent.ops.discover import Project
from detent.ops.output_file import refuse_own
from detent.ops.shown_lock import shown_lock
from detent.ops.shown_paths import display
from detent.ops.world import World

DEFAULT_NAME = "graph.html"
STDOUT = "-"

_ASSETS = Path(__file__).with_name("graph_page")


class GraphOptions(NamedTuple):
    """Where the page goes."""

    output: str = ""
    """Relative to the working folder; empty: the usual name, ``-``: nowhere."""
    locked: bool = False
    frozen: bool = False
    only_data: bool = False
    """No page: with no file named, the facts are wanted alone."""
    opens: bool = False


class GraphOutcome(NamedTuple):
    """What was made."""

    data: dict[str, object]
    text: str
    """The page."""
    path: Path | None
    """Where it was written."""


def graph(world: World, project: Project, options: GraphOptions) -> GraphOutcome:
    """Make the page of the lock, locking first if needed, and write it.

    Raises :class:`UsageError` for an output file that would replace one of the project's own.
    """
    path = _place(project, options)
    lock, inputs = shown_lock(world, project, locked=options.locked, frozen=options.frozen)
    parts = project.workspace.parts if project.workspace is not None else ()
    versions = {part.name: part.manifest.version or "" for part in parts}
    data = page_data(
        lock,
        inputs,
        about(world, lock, project.root),
        project=Own(project.title, project.manifest.version or ""),
        members=[Own(str(member.name), versions.get(member.name, "")) for member in inputs.members],
    )
    text = render_page(data, read_assets())
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fsio.file_trouble(error, path.parent) from error
        fsio.write_atomic(path, text.encode())
    if path is not None and options.opens and not webbrowser.open(path.as_uri()):
        world.report(Notice("warning", f"no browser could be started: open `{display(path)}` yourself"))
    return GraphOutcome(data, text, path)


def read_assets() -> Assets:
    """Read what every page has: style, script and controls."""
    style, script, controls = (
        (_ASSETS / name).read_text("utf-8") for name in ("style.css", "script.js", "controls.html")
    )
    return Assets(style, script, controls)


def _place(project: Project, options: GraphOptions) -> Path | None:
    """Decide where to write; refuse what would lose a file of the project."""
    if options.output == STDOUT and options.opens:
        raise UsageError(
            "`--open` needs a file",
            why="`-o -` writes to standard output",
            next_steps=("name one with `-o FILE`, or leave `-o` out",),
        )
    if options.output == STDOUT or (options.only_data and not options.output and not options.opens):
        return None
    path = Path(os.path.abspath(options.output or DEFAULT_NAME))  # noqa: PTH100 -- links stay as they are
    refuse_own(project, path, instead=DEFAULT_NAME)
    return path
