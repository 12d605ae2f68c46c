"""The typer face of the flag table: help and completion.

Lines that ask for something never come here (`cli.parse` reads them, and `cli.complaints` says what is wrong
with them); importing typer costs more than most commands take. Both read the same table, and a property test
holds them to the same values.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from detent.cli import help_pages
from detent.cli.flags import COMMANDS, GLOBAL, Argument, Command, Flag
from detent.cli.parse import Value, Values

Runner = Callable[[Command, Values], int]

_PROGRAM = "detent"


def answer(words: Sequence[str], run: Runner, *, width: int = 80) -> int:
    """Let typer read the words: it prints help, or gives the command and its flags to ``run``."""
    line = typer.main.get_command(_build(run))
    result = line.main(args=list(words), prog_name=_PROGRAM, standalone_mode=False, terminal_width=width)
    return result if isinstance(result, int) else 0


class _Helpful:
    """Help is a page of ours (`cli.help_pages`), the same for every version of typer."""

    def get_help(self, ctx: Any) -> str:
        name = ctx.command_path.removeprefix(_PROGRAM).strip()
        return help_pages.page(name, width=ctx.terminal_width or 80)


class _Command(_Helpful, TyperCommand):
    """One command."""


class _Group(_Helpful, TyperGroup):
    """A command that has commands."""


def _build(run: Runner) -> typer.Typer:
    outer: dict[str, Value] = {}
    app = _group()
    app.callback()(_function("root", GLOBAL, None, outer.update))
    nested: dict[str, typer.Typer] = {}
    for command in COMMANDS:
        parent, _, name = command.name.rpartition(" ")
        if parent and parent not in nested:
            nested[parent] = _group()
            app.add_typer(nested[parent], name=parent)
        register = (nested[parent] if parent else app).command(
            name, cls=_Command, context_settings=_context(command)
        )
        register(_function(name, (*command.flags, *GLOBAL), command.argument, _body(command, outer, run)))
    return app


def _body(command: Command, outer: Values, run: Runner) -> Callable[[dict[str, Value]], int]:
    return lambda given: run(command, _joined(outer, given))


def _joined(outer: Values, given: Values) -> dict[str, Value]:
    """The flags before the command's name and those after it: counts add up, else the last one wins."""
    joined = {**outer, **given}
    for name, value in outer.items():
        other = given.get(name)
        if isinstance(value, int) and isinstance(other, int) and not isinstance(other, bool):
            joined[name] = value + other
    return joined


def _group() -> typer.Typer:
    return typer.Typer(
        cls=_Group,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
    )


def _context(command: Command) -> dict[str, Any]:
    settings: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
    if command.argument is not None and command.argument.command_line:
        settings["allow_interspersed_args"] = False
    return settings


def _function(
    name: str,
    flags: Sequence[Flag],
    argument: Argument | None,
    take: Callable[[dict[str, Value]], int | None],
) -> Callable[..., int | None]:
    """Make a function whose signature says to typer what the table says."""

    def body(**given: Any) -> int | None:
        return take({name: _value(v) for name, v in given.items() if v is not None and v != []})

    parameters = [_option(flag) for flag in flags]
    if argument is not None:
        parameters.insert(0, _argument(argument))
    body.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    body.__annotations__ = {p.name: p.annotation for p in parameters}
    body.__name__ = name
    return body


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _option(flag: Flag) -> inspect.Parameter:
    spellings = list(flag.spellings)
    if flag.opposite:
        spellings[-1] += f"/{flag.opposite}"
    kind: Any = {"switch": bool, "count": int, "list": list[str], "value": str}[flag.kind]
    if flag.choices:
        kind = Literal[flag.choices]
    option = typer.Option(
        *spellings, help=flag.help, count=flag.kind == "count", metavar=flag.metavar or None
    )
    return inspect.Parameter(
        flag.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _argument(argument: Argument) -> inspect.Parameter:
    kind: Any = list[str] if argument.many else str
    info = typer.Argument(metavar=argument.metavar, help=argument.help)
    return inspect.Parameter(
        argument.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if argument.required else None,
        annotation=Annotated[kind if argument.required else kind | None, info],
    )
