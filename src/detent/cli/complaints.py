"""What is wrong with a command line, in words: one sentence, and the nearest thing that would be right."""

from collections.abc import Sequence

from detent.cli.commands import ALIASES, BY_NAME
from detent.cli.flags import GLOBAL
from detent.cli.grammar import Command
from detent.cli.parse import Doubt
from detent.cli.schemas import ANSWERS, WITHOUT
from detent.errors import UsageError, did_you_mean

# What people type who come from another tool, and what it is called here.
_OTHER_WORDS = {
    "install": ("add", "sync"),
    "i": ("add", "sync"),
    "uninstall": ("remove",),
    "rm": ("remove",),
    "compile": ("lock",),
    "check": ("lock --check",),
    "freeze": ("export",),
    "list": ("tree",),
    "show": ("tree",),
    "exec": ("run",),
    "shell": ("run",),
}


def complaint(doubt: Doubt) -> UsageError:
    """Say what is wrong with the line, and what to write instead."""
    word, whole = doubt.word, f"detent {doubt.command}".rstrip()
    value = doubt.flag.metavar if doubt.flag is not None else ""
    see = f"`{whole} --help`"
    match doubt.matter:
        case "unknown command":
            return _unknown_command(doubt)
        case "no command":
            return UsageError("a command is missing", next_steps=(f"see every command with {see}",))
        case "unknown flag":
            return _unknown_flag(doubt, whole)
        case "value missing":
            why = "nothing follows it"
            meant: tuple[str, ...] = ()
            if doubt.value.partition("=")[0] in _spellings(BY_NAME.get(doubt.command)):
                why = f"`{doubt.value}` after it is another flag"
            elif doubt.value:
                why = f"`{doubt.value}` after it looks like another flag"
                meant = (f"or `{word}={doubt.value}`, if that is the value",)
            return UsageError(
                f"the flag `{word}` needs a value",
                why=why,
                next_steps=(f"write `{word} {value}`; see {see}", *meant),
            )
        case "value unwanted":
            return UsageError(
                f"the flag `{word}` takes no value",
                why=f"it was given `{doubt.value}`",
                next_steps=(f"write `{word}` alone",),
            )
        case "value unknown":
            choices = doubt.flag.choices if doubt.flag is not None else ()
            return UsageError(
                f"the flag `{word}` cannot be `{doubt.value}`",
                why=f"it is one of {_listed(choices)}",
                next_steps=did_you_mean(doubt.value, choices, before=f"{word} ") or (f"see {see}",),
            )
        case "argument missing":
            return UsageError(
                f"`{whole}` needs {_wanted(BY_NAME[doubt.command])}", next_steps=(f"see {see}",)
            )
        case "argument unknown":
            argument = BY_NAME[doubt.command].argument
            choices = argument.choices if argument is not None else ()
            return UsageError(
                f"`{whole}` cannot be given `{word}`",
                why=f"it takes {_listed(choices)}",
                next_steps=did_you_mean(word, choices, before=f"{whole} ") or (f"see {see}",),
            )
        case _:
            wanted = _wanted(BY_NAME[doubt.command])
            return UsageError(
                f"unexpected argument `{word}`",
                why=f"`{whole}` takes {f'only {wanted}' if wanted else 'no arguments, only flags'}",
                next_steps=(f"see {see}",),
            )


def help_topic(words: Sequence[str]) -> str:
    """Give the command or group of commands that help is asked about; raises :class:`UsageError`."""
    name = " ".join(words)
    name = ALIASES.get(name, name)
    if not name or name in BY_NAME or any(known.startswith(f"{name} ") for known in BY_NAME):
        return name
    first, _, rest = name.partition(" ")
    if any(known.startswith(f"{first} ") for known in BY_NAME):
        raise _unknown_command(Doubt("unknown command", word=rest, command=first))
    raise _unknown_command(Doubt("unknown command", word=name))


def schema_topic(words: Sequence[str]) -> str:
    """Give the command a schema is asked of, empty for all; raises :class:`UsageError`."""
    name = help_topic(words)
    if not name or name in ANSWERS:
        return name
    why = WITHOUT.get(name, "it is a group of commands")
    step = "see those that have one with `detent self schema`"
    raise UsageError(f"`detent {name}` has no schema", why=why, next_steps=(step,))


def _unknown_command(doubt: Doubt) -> UsageError:
    start = f"{doubt.command} " if doubt.command else ""
    names = [name.removeprefix(start).partition(" ")[0] for name in BY_NAME if name.startswith(start)]
    near = _OTHER_WORDS.get(doubt.word, ()) if not start else ()
    whole = f"detent {start}".rstrip()
    steps = (
        (f"did you mean {' or '.join(f'`detent {other}`' for other in near)}?",)
        if near
        else did_you_mean(doubt.word, names, before=f"{whole} ")
    )
    return UsageError(
        f"unknown command `{start}{doubt.word}`",
        why=f"the commands of `{whole}` are {_listed(names)}" if start else "",
        next_steps=(*steps, f"see every command with `{whole} --help`"),
    )


def _unknown_flag(doubt: Doubt, whole: str) -> UsageError:
    command = BY_NAME.get(doubt.command)
    near = did_you_mean(doubt.word, _spellings(command))
    return UsageError(
        f"unknown flag `{doubt.word}`",
        why=_elsewhere(doubt, command),
        next_steps=(*near, f"see `{whole} --help`"),
    )


def _spellings(command: Command | None) -> list[str]:
    flags = (*GLOBAL, *(command.flags if command is not None else ()))
    found = [s for flag in flags for s in (*flag.spellings, *flag.hidden, flag.opposite) if s]
    return [*found, *(s for flag in flags for s, _ in flag.shorthands), "--help"]


def _elsewhere(doubt: Doubt, command: Command | None) -> str:
    if command is None:
        others = [c for c in BY_NAME.values() if any(doubt.word in flag.spellings for flag in c.flags)]
        return "flags of a command stand after its name" if others else ""
    if command.argument is not None and command.argument.command_line:
        return "flags before the command to run are detent's; its own flags stand after its name"
    return ""


def _wanted(command: Command) -> str:
    if command.argument is None:
        return ""
    name = command.argument.metavar
    return f"`{name if command.argument.required else name.strip('[]')}`"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
