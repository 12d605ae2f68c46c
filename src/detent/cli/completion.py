"""Scripts that complete command lines in bash, zsh, fish and PowerShell, made from the flag table.

They know commands, flags, choices, and where a file belongs. They never run detent: a key press must not wait
for an interpreter, nor do anything in the project of whoever pressed it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL, global_beside
from detent.cli.grammar import Argument, Command, Flag
from detent.cli.help_pages import GROUPS, shown_commands
from detent.named import NamedTuple

Source: TypeAlias = Literal["words", "files", "folders", "programs", "nothing"]

_FOLDERS = frozenset(("DIR",))
_FILES = frozenset(("FILE", "PATH", "SRC", "PYTHON", "FOLDER"))


class Takes(NamedTuple):
    """How a value or an argument is completed."""

    source: Source
    words: tuple[str, ...] = ()


class _Place(NamedTuple):
    """A command or a group of commands, as far as a line has come."""

    name: str
    """As typed, with a blank for a nested one; empty for detent itself."""
    flags: tuple[Flag, ...]
    argument: Takes


def script(shell: str) -> str:
    """Give the script of a shell, one of `flags.SHELLS`."""
    return _SCRIPTS[shell]()


def _takes(metavar: str, choices: tuple[str, ...]) -> Takes:
    name = metavar.strip("[].")
    if choices:
        return Takes("words", choices)
    return Takes("folders" if name in _FOLDERS else "files" if name in _FILES else "nothing")


def _of_argument(command: Command) -> Takes:
    match command.argument:
        case None:
            return Takes("nothing")
        case Argument(command_line=True):
            return Takes("programs")
        case Argument(name="words"):
            return Takes("words", tuple(shown_commands()))
        case argument:
            return _takes(argument.metavar, argument.choices)


def _places() -> Iterator[_Place]:
    yield _Place("", GLOBAL, Takes("words", tuple(shown_commands())))
    for group in GROUPS:
        yield _Place(group, GLOBAL, Takes("words", tuple(shown_commands(f"{group} "))))
    for command in COMMANDS:
        yield _Place(command.name, (*command.flags, *global_beside(command.flags)), _of_argument(command))


def _is_valued(flag: Flag) -> bool:
    return flag.kind in {"value", "list"}


def _spellings(place: _Place) -> tuple[str, ...]:
    return (*(spelling for flag in place.flags for spelling in flag.spellings), "--help")


def _values() -> Mapping[Takes, tuple[tuple[str, str], ...]]:
    """Give, by what is taken, every place and spelling of a flag that takes it."""
    found: dict[Takes, list[tuple[str, str]]] = {}
    for place in _places():
        for flag in filter(_is_valued, place.flags):
            takes = _takes(flag.metavar, flag.choices)
            found.setdefault(takes, []).extend((place.name, s) for s in (*flag.spellings, *flag.hidden))
    return {takes: tuple(pairs) for takes, pairs in found.items()}


def _filled(template: str, **parts: Iterable[str]) -> str:
    """Put lines in the places of a script that are called ``@name@``."""
    for name, lines in parts.items():
        template = template.replace(f"@{name}@", "\n".join(lines))
    return template


# ---- bash ------------------------------------------------------------------------------------

_BASH = """\
# Completes command lines of detent in bash; made by `detent completion bash`.

# What a flag of a command takes; fails for one that takes nothing.
_detent_value() {
    case "$1:$2" in
@values@
    *) return 1 ;;
    esac
}

# The flags and arguments of a command.
_detent_place() {
    case "$1" in
@places@
    esac
}

_detent() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}"
    local command="" word="" kind="nothing" words="" flags="" index=1 is_foreign="" IFS=$' \\t\\n'
    COMPREPLY=()
    # `--flag=value` comes in three words.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
    while (( index < COMP_CWORD )); do
        word="${COMP_WORDS[index]}"
        if [[ $word == -* ]]; then
            if _detent_value "$command" "$word"; then
                [[ ${COMP_WORDS[index + 1]} == "=" ]] && index=$((index + 1))
                index=$((index + 1))
            fi
        elif [[ -z $command ]]; then
            command="$word"
        else
            case "$command" in
            @groups@) command="$command $word" ;;
            run) is_foreign=1 ;;
            esac
        fi
        index=$((index + 1))
    done
    if [[ -n $is_foreign ]]; then
        kind="files"
    elif [[ $previous == -* ]] && _detent_value "$command" "$previous"; then
        :
    else
        kind="nothing" words=""
        _detent_place "$command"
        if [[ $current == -* ]]; then
            kind="words" words="$flags"
        fi
    fi
    case "$kind" in
    words) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    programs) COMPREPLY=($(compgen -c -- "$current")) ;;
    files | folders)
        IFS=$'\\n'
        [[ $kind == files ]] && COMPREPLY=($(compgen -f -- "$current")) \\
            || COMPREPLY=($(compgen -d -- "$current"))
        compopt -o filenames 2>/dev/null
        ;;
    esac
}

complete -F _detent detent
"""


def _bash() -> str:
    values = []
    for takes, pairs in _values().items():
        pattern = " | ".join(f'"{place}:{spelling}"' for place, spelling in pairs)
        values.append(f'    {pattern})\n        kind="{takes.source}" words="{" ".join(takes.words)}" ;;')
    places = [
        f'    "{place.name}")\n        flags="{" ".join(_spellings(place))}"\n'
        f'        kind="{place.argument.source}" words="{" ".join(place.argument.words)}" ;;'
        for place in _places()
    ]
    return _filled(_BASH, values=values, places=places, groups=["|".join(GROUPS)])


# ---- zsh -------------------------------------------------------------------------------------

_ZSH = """\
#compdef detent
# Completes command lines of detent in zsh; made by `detent completion zsh`.

@functions@

if [ "$funcstack[1]" = "_detent" ]; then
    _detent "$@"
else
    compdef _detent detent
fi
"""

_ZSH_FUNCTION = """\
_detent@name@() {
    local curcontext="$curcontext" state line ret=1
    typeset -A opt_args
    _arguments -C \\
@global@
        '1: :->command' \\
        '*:: :->rest' && ret=0
    case "$state" in
    command)
        local -a commands=(
@commands@
        )
        _describe -t commands 'command' commands && ret=0
        ;;
    rest)
        case "$line[1]" in
@cases@
        esac
        ;;
    esac
    return ret
}
"""


def _zsh() -> str:
    names = [command for command in COMMANDS if " " not in command.name]
    functions = [_zsh_function("", "", [*map(_zsh_case, names), *map(_zsh_group_case, GROUPS)])]
    for group in GROUPS:
        inside = [command for command in COMMANDS if command.name.startswith(f"{group} ")]
        functions.append(_zsh_function(f"_{group}", f"{group} ", [*map(_zsh_case, inside)]))
    return _filled(_ZSH, functions=functions)


def _zsh_function(suffix: str, prefix: str, cases: list[str]) -> str:
    flags = {"global": _zsh_flags(GLOBAL)}
    return _filled(_ZSH_FUNCTION, **flags, name=[suffix], commands=_zsh_commands(prefix), cases=cases)


def _zsh_commands(start: str) -> list[str]:
    return [
        f"            {_quoted(f'{name}:{_plain(text)}')}" for name, text in shown_commands(start).items()
    ]


def _zsh_group_case(group: str) -> str:
    return f"        {group}) _detent_{group} && ret=0 ;;"


def _zsh_case(command: Command) -> str:
    lines = [*_zsh_flags(command.flags), *_zsh_flags(global_beside(command.flags))]
    takes = _of_argument(command)
    if takes.source == "programs":
        lines += ["        '(-)1:command:_command_names -e' \\", "        '*:: :_normal' \\"]
    elif command.argument is not None:
        many = "*" if command.argument.many else "1"
        label = command.argument.metavar.strip("[].")
        lines.append(f"        {_quoted(f'{many}:{label}:{_zsh_action(takes)}')} \\")
    word = command.name.rpartition(" ")[2]
    body = "\n".join(f"        {line}" for line in lines).removesuffix(" \\")
    return f"        {word})\n            _arguments -s \\\n{body} && ret=0\n            ;;"


def _zsh_flags(flags: Iterable[Flag]) -> list[str]:
    lines = []
    for flag in flags:
        text = _plain(flag.help).replace("[", r"\[").replace("]", r"\]")
        for spelling in flag.spellings:
            if _is_valued(flag):
                joint = "=" if spelling.startswith("--") else "+"
                action = _zsh_action(_takes(flag.metavar, flag.choices))
                lines.append(f"*{spelling}{joint}[{text}]:{_plain(flag.metavar)}:{action}")
            else:
                lines.append(f"*{spelling}[{text}]")
    return [f"        {_quoted(line)} \\" for line in lines]


def _zsh_action(takes: Takes) -> str:
    match takes.source:
        case "words":
            return f"({' '.join(takes.words)})"
        case "files":
            return "_files"
        case "folders":
            return "_files -/"
        case _:
            return " "


def _plain(text: str) -> str:
    """Make a text one that zsh does not take apart."""
    return text.replace(":", r"\:").replace("`", "'")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# ---- fish ------------------------------------------------------------------------------------

_FISH = """\
# Completes command lines of detent in fish; made by `detent completion fish`.

# Succeeds for a flag that takes a value.
function __detent_takes_value
    switch "$argv[1]:$argv[2]"
        case @valued@
            return 0
    end
    return 1
end

# Prints the command as far as it was typed, and `run -` behind the command that is run.
function __detent_command
    set -l command ""
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- "-*" $word
            if __detent_takes_value "$command" $word
                set skip 1
            end
        else if test -z "$command"
            set command $word
        else if contains -- $command @groups@
            set command "$command $word"
        else if test "$command" = run
            echo "run -"
            return
        end
    end
    echo $command
end

function __detent_at
    test (__detent_command) = "$argv[1]"
end

complete -c detent -f
complete -c detent -n 'not __detent_at "run -"' -s h -l help -d 'Show help'
complete -c detent -n '__detent_at "run -"' -F
@lines@
"""


def _fish() -> str:
    pairs = [f"'{place}:{spelling}'" for pairs in _values().values() for place, spelling in pairs]
    lines = [
        *(_fish_words("", shown_commands())),
        *(line for group in GROUPS for line in _fish_words(group, shown_commands(f"{group} "))),
        *(line for flag in GLOBAL for line in _fish_flag(flag, "not __detent_at 'run -'")),
    ]
    for command in COMMANDS:
        at = f"__detent_at '{command.name}'"
        lines += [line for flag in command.flags for line in _fish_flag(flag, at)]
        takes = _of_argument(command)
        if takes.source != "nothing":
            values = _fish_values(takes).removeprefix("-r ").removeprefix("-x ")
            lines.append(f"complete -c detent -n {_fish_quoted(at)} {values}")
    return _filled(_FISH, valued=[" ".join(pairs)], groups=[" ".join(GROUPS)], lines=lines)


def _fish_words(place: str, words: Mapping[str, str]) -> Iterator[str]:
    at = _fish_quoted(f"__detent_at '{place}'")
    for word, text in words.items():
        yield f"complete -c detent -n {at} -a {word} -d {_fish_quoted(text)}"


def _fish_flag(flag: Flag, at: str) -> Iterator[str]:
    names = " ".join(f"-l {s[2:]}" if s.startswith("--") else f"-s {s[1:]}" for s in flag.spellings)
    value = f" {_fish_values(_takes(flag.metavar, flag.choices))}" if _is_valued(flag) else ""
    yield f"complete -c detent -n {_fish_quoted(at)} {names}{value} -d {_fish_quoted(flag.help)}"


def _fish_values(takes: Takes) -> str:
    match takes.source:
        case "words":
            return f"-x -a '{' '.join(takes.words)}'"
        case "files":
            return "-r -F"
        case "folders":
            return "-x -a '(__fish_complete_directories)'"
        case "programs":
            return "-x -a '(__fish_complete_command)'"
        case "nothing":
            return "-x"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# ---- PowerShell ------------------------------------------------------------------------------

_POWERSHELL = """\
# Completes command lines of detent in PowerShell; made by `detent completion powershell`.

Register-ArgumentCompleter -Native -CommandName 'detent' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # By command: what may follow it, and its flags.
    $arguments = @{
@arguments@
    }
    $flags = @{
@flags@
    }
    # By command and flag: what it takes.
    $values = @{
@values@
    }
    $groups = @(@groups@)

    $command = ''
    $taken = $null
    $isForeign = $false
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
        $word = $element.Extent.Text
        if ($null -ne $taken) { $taken = $null }
        elseif ($word.StartsWith('-')) {
            if ($values.ContainsKey("${command}:$word")) { $taken = $values["${command}:$word"] }
        }
        elseif ($command -eq '') { $command = $word }
        elseif ($groups -contains $command) { $command = "$command $word" }
        elseif ($command -eq 'run') { $isForeign = $true }
    }

    # Nothing at all leaves files to the shell.
    if ($isForeign -or $taken -eq '<files>') { return }
    if ($null -ne $taken) { $words = $taken }
    elseif ($wordToComplete.StartsWith('-')) { $words = $flags[$command] }
    else { $words = $arguments[$command] }
    if ([string]::IsNullOrEmpty($words)) { return }
    $words -split ' ' | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
"""


def _powershell() -> str:
    places = tuple(_places())
    return _filled(
        _POWERSHELL,
        arguments=[f"        '{p.name}' = '{' '.join(p.argument.words)}'" for p in places],
        flags=[f"        '{p.name}' = '{' '.join(_spellings(p))}'" for p in places],
        values=[
            f"        '{place}:{spelling}' = '{' '.join(takes.words) or _FILES_MARK}'"
            for takes, pairs in _values().items()
            for place, spelling in pairs
        ],
        groups=[", ".join(f"'{group}'" for group in GROUPS)],
    )


_FILES_MARK = "<files>"
_SCRIPTS: Mapping[str, Callable[[], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
}
