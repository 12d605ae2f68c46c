"""The typer face of the flag table: help, completion, and what is wrong with a line.

Ordinary lines never come here (`cli.parse` answers them); importing typer costs more than most commands take.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from detent import stamp
from detent.cli.console import Console
from detent.cli.flags import COMMANDS, GLOBAL, Argument, Command, Flag
from detent.cli.parse import Value, Values
from detent.errors import UsageError

_HELP = "A project and lockfile manager for Python: the standard lock, checked, and fast."

Runner = Callable[[Command, Values], int]


def answer(words: Sequence[str], run: Runner, console: Console) -> int:
    """Let typer read the words; raises :class:`UsageError` for what it cannot make sense of."""
    app = _build(run, console)
    try:
        result = typer.main.get_command(app).main(args=list(words), prog_name="detent", standalone_mode=False)
    except typer.Exit as leaving:
        return leaving.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except TyperException as error:
        raise _complaint(error) from error
    return result if isinstance(result, int) else 0


def _complaint(error: TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "detent"
    message = error.format_message().strip()
    message = message[:1].lower() + message[1:].removesuffix(".")
    return UsageError(message, next_steps=(f"see `{command} --help`",))


def _build(run: Runner, console: Console) -> typer.Typer:
    app = _group(_HELP)
    nested: dict[str, typer.Typer] = {}

    @app.callback()
    def _root(
        *,
        version: Annotated[
            bool, typer.Option("--version", "-V", help="Show detent's version", is_eager=True)
        ] = False,
    ) -> None:
        if version:
            console.answer(f"detent {stamp.VERSION}")
            raise typer.Exit

    for command in COMMANDS:
        parent, _, name = command.name.rpartition(" ")
        if parent and parent not in nested:
            nested[parent] = _group(_GROUP_HELP[parent])
            app.add_typer(nested[parent], name=parent)
        register = (nested[parent] if parent else app).command(
            name, help=command.help, context_settings=_context(command)
        )
        register(_function(command, run))
    return app


_GROUP_HELP = {"cache": "Look after the cache"}


def _group(text: str) -> typer.Typer:
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
    )


def _context(command: Command) -> dict[str, Any]:
    settings: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
    if command.argument is not None and command.argument.command_line:
        settings |= {"ignore_unknown_options": True, "allow_interspersed_args": False}
    return settings


def _function(command: Command, run: Runner) -> Callable[..., int]:
    """Make a function whose signature says to typer what the table says."""

    def body(**given: Any) -> int:
        return run(command, {name: _value(v) for name, v in given.items() if v is not None and v != []})

    flags = (*command.flags, *GLOBAL)
    parameters = [_option(flag) for flag in flags]
    if command.argument is not None:
        parameters.insert(0, _argument(command.argument))
    body.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    body.__annotations__ = {p.name: p.annotation for p in parameters}
    body.__name__ = command.name.replace(" ", "_")
    return body


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _option(flag: Flag) -> inspect.Parameter:
    spellings = list(flag.spellings)
    if flag.opposite:
        spellings[-1] += f"/{flag.opposite}"
    kind: Any = {"switch": bool, "count": int, "list": list[str], "value": str}[flag.kind]
    text = flag.help + (f" [{flag.variable}]" if flag.variable else "")
    option = typer.Option(
        *spellings,
        help=text,
        count=flag.kind == "count",
        metavar=flag.metavar or None,
        show_default=False,
    )
    return inspect.Parameter(
        flag.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _argument(argument: Argument) -> inspect.Parameter:
    kind: Any = list[str] if argument.many else str
    info = typer.Argument(metavar=argument.metavar, help=argument.help, show_default=False)
    return inspect.Parameter(
        argument.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if argument.required else None,
        annotation=Annotated[kind if argument.required else kind | None, info],
    )
