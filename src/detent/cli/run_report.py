"""What `detent run` says of itself: what there is to run, and which task runs now."""

import shlex
from collections.abc import Sequence

from detent.cli.console import Console
from detent.cli.render import show
from detent.ops.tasks import Call
from detent.project.tasks import Task


def offered(console: Console, names: Sequence[str], tasks: Sequence[Task]) -> int:
    """List what a project and its environment have to run, for who named no command."""
    if console.wants_json:
        console.data({"commands": list(names), "tasks": [{"name": t.name, "help": t.help} for t in tasks]})
        return 2
    width = max((len(task.name) for task in tasks), default=0)
    listed = [f"- {show(task.name):{width}}  {show(task.help)}".rstrip() for task in tasks]
    lines = [
        "Provide a command or script to invoke with `detent run <command>` or `detent run <script>.py`.",
        "",
        *(("The project has these tasks:", "", *listed, "") if tasks else ()),
        "The following commands are available in the environment:",
        "",
        *(f"- {show(name)}" for name in names),
        "",
        "See `detent run --help` for more information.",
    ]
    console.answer("\n".join(lines))
    return 2


def begun(console: Console, call: Call) -> None:
    """Name the task that runs now, where one leads to several."""
    console.say(f"{console.styled(f'{show(call.task)}:', 'bold')} {show(shlex.join(call.words))}")
