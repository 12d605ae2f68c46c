"""The commands that look at the lock: flags to options, one call, one rendering."""

import os

from detent.cli.console import Console
from detent.cli.parse import Values


def tree(values: Values, console: Console) -> int:
    """Show the locked packages as a tree."""
    from detent.cli import lock_options
    from detent.cli.opened import opened
    from detent.ops.lock import tree as draw_tree

    wanted = lock_options.tree(values)
    with opened(values, os.environ, console) as (world, project):
        console.answer(draw_tree(world, project, wanted))
    return 0


def export(values: Values, console: Console) -> int:
    """Write the lock for other tools."""
    from detent.cli import export_options, report
    from detent.cli.opened import opened
    from detent.ops.export import export as export_lock

    wanted = export_options.export(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = export_lock(world, project, wanted)
        if outcome.lock is not None and outcome.lock.is_changed:
            report.locked(console, outcome.lock)
        # With a file to write to, the answer is talk: `-q` leaves it out.
        if wanted.output is None or not values["quiet"]:
            console.answer(outcome.text.removesuffix("\n"))
    return 0
