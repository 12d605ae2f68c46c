"""Help as text, made from the flag table: an overview, a page per group, a page per command.

A page is short (`-h`: what the command takes) or long (`--help`: with the variables, the flags of every
command and examples).
"""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from detent.cli.commands import COMMANDS
from detent.cli.flags import (
    ACTIVE,
    BUILDING,
    INDEX,
    INSTALLING,
    LINKING,
    PACKAGES,
    PYTHON,
    REFRESHING,
    RESOLVING,
    SELECTION,
    UPGRADE,
    global_beside,
)
from detent.cli.grammar import Argument, Command, Flag

GROUPS = {
    "index": "Choose the package indexes",
    "workspace": "Look at the workspace",
    "auth": "Keep logins for package indexes",
    "cache": "Look after the cache",
    "self": "About detent itself",
    "config": "Look at settings and change them",
}
"""Commands that have commands of their own."""

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "The project": (
        "init", "import", "add", "remove", "upgrade", "undo", "version", "build", "workspace",
    ),
    "Lock and environment": ("lock", "sync", "run", "venv", "activate", "check"),
    "Look at the lock": (
        "tree", "graph", "why", "why-not", "outdated", "diff", "verify", "licenses", "export",
    ),
    "Set up": (
        "config", "index", "auth", "cache", "merge-driver", "completion", "doctor", "self", "help",
    ),
}  # fmt: skip
"""How the overview groups the commands."""

ABOUT = "A project and lockfile manager for Python: the standard lock, checked, and fast."

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": ("detent init demo", "detent init --lib demo", "detent init --bare"),
    "check": ("detent check", "detent check --output-format json"),
    "doctor": ("detent doctor", "detent doctor --offline"),
    "config list": ("detent config list", "detent config list --all"),
    "config get": ("detent config get link-mode",),
    "config set": (
        "detent config set link-mode copy",
        "detent config set no-build-package numpy scipy",
        "detent config set --user cache-max-size '50 GiB'",
    ),
    "config unset": ("detent config unset link-mode",),
    "config explain": ("detent config explain exclude-newer",),
    "add": (
        "detent add httpx 'rich>=13'",
        "detent add --dev pytest",
        "detent add 'uvicorn[standard]' --optional server",
        "detent add -r requirements.txt",
    ),
    "activate": ("detent activate", "detent activate fish"),
    "import": (
        "detent import",
        "detent import --dry-run",
        "detent import --group docs docs/requirements.txt",
    ),
    "remove": ("detent remove httpx", "detent remove --dev pytest"),
    "upgrade": (
        "detent upgrade",
        "detent upgrade httpx rich",
        "detent upgrade --to minor --dry-run",
        "detent upgrade --bounds",
    ),
    "lock": (
        "detent lock",
        "detent lock --check",
        "detent lock --upgrade",
        "detent lock -P httpx==0.28.1",
        "detent lock --exclude-newer '7 days'",
    ),
    "sync": (
        "detent sync",
        "detent sync --locked --no-dev",
        "detent sync --extra server",
        "detent sync --check",
    ),
    "run": ("detent run pytest -x", "detent run -m http.server", "detent run --no-sync python"),
    "venv": ("detent venv", "detent venv --clear --python 3.13", "detent venv --seed ~/scratch/.venv"),
    "merge-driver": ("detent merge-driver --install", "detent merge-driver --uninstall"),
    "tree": (
        "detent tree --depth 1",
        "detent tree --invert --package certifi",
        "detent tree --outdated --show-sizes",
        "detent tree --python-platform windows --python-version 3.13",
    ),
    "graph": (
        "detent graph --open",
        "detent graph -o docs/dependencies.html",
        "detent graph --output-format json",
    ),
    "diff": ("detent diff", "detent diff origin/main...HEAD --output-format markdown"),
    "why": ("detent why idna", "detent why numpy==1.26.4 --all"),
    "outdated": ("detent outdated", "detent outdated --direct --exit-code"),
    "why-not": ("detent why-not numpy", "detent why-not 'numpy>=2'", "detent why-not numpy==2.1.0"),
    "verify": ("detent verify", "detent verify --against origin/main", "detent verify -v"),
    "licenses": (
        "detent licenses --no-dev",
        "detent licenses --allow MIT --allow Apache-2.0 --ignore widget",
        "detent licenses --no-dev --output-format markdown > NOTICE.md",
    ),
    "cache size": ("detent cache size --human",),
    "cache list": ("detent cache list", "detent cache list numpy --output-format json"),
    "cache prune": ("detent cache prune", "detent cache prune --ci"),
    "cache verify": ("detent cache verify", "detent cache verify --repair", "detent cache verify numpy"),
    "cache clean": ("detent cache clean", "detent cache clean httpx"),
    "completion": (
        "detent completion bash > ~/.local/share/bash-completion/completions/detent",
        "detent completion zsh > ~/.zfunc/_detent",
        "detent completion fish > ~/.config/fish/completions/detent.fish",
        "detent completion powershell >> $PROFILE",
    ),
}
"""Lines to begin with, for the commands that many flags hide."""

MORE: Mapping[str, str] = {
    "completion": "Write what it prints to the file your shell reads, as below, and open a new shell. For zsh"
    " the folder must be in its `fpath` before `compinit` runs.",
    "activate": 'A shell evaluates what it prints: `eval "$(detent activate)"`, in fish'
    " `detent activate | source`, in PowerShell `detent activate | Invoke-Expression`.",
    "cache dir": "A command that is given `--cache-dir` or `--no-cache` uses another one.",
}
"""What a long page says besides."""

_HEADINGS = {
    (flag.name, flag.help): title
    for title, flags in {
        "Extras, groups and members": (*SELECTION, *PACKAGES),
        "What is installed": INSTALLING,
        "Versions": (*UPGRADE, *RESOLVING),
        "Python and environment": (*ACTIVE, *PYTHON),
        "Package indexes": INDEX,
        "Builds": BUILDING,
        "Cache and links": (*REFRESHING, *LINKING),
    }.items()
    for flag in flags
}
"""Under which heading a shared flag stands on a page of many."""
_MANY_FLAGS = 16

_COLUMN = 34
_TIE = "\N{NO-BREAK SPACE}"
_HELP_FLAG = ("-h, --help", "Show this help, short or long")


def page(name: str, *, width: int = 80, is_short: bool = False) -> str:
    """Give the page of a command, of a group, or (empty name) of detent as a whole."""
    found = next((command for command in COMMANDS if command.name == name), None)
    if found is None:
        parts = _of_group(name, width)
    elif is_short:
        parts = _short(found, width)
    else:
        parts = _long(found, width)
    return "\n\n".join(parts)


def usage(command: Command) -> str:
    """Give the shape of a command's lines."""
    argument = command.argument
    return f"detent {command.name} [FLAGS]" + (f" {argument.metavar}" if argument is not None else "")


def _short(command: Command, width: int) -> list[str]:
    parts = _head(command, width)
    parts += _of_flags(command.flags, width, is_long=False)
    parts.append(_paragraph(f"See `detent {command.name} --help` for more.", width))
    return parts


def _long(command: Command, width: int) -> list[str]:
    parts = _head(command, width)
    if command.name in MORE:
        parts.insert(2, _paragraph(MORE[command.name], width))
    parts += _of_flags(command.flags, width)
    others = map(_flag_row, global_beside(command.flags))
    parts.append(_section("Flags of every command", [*others, _HELP_FLAG], width))
    if command.name in EXAMPLES:
        parts.append("\n".join(("Examples:", *(f"  {line}" for line in EXAMPLES[command.name]))))
    return parts


def _of_flags(flags: Sequence[Flag], width: int, *, is_long: bool = True) -> list[str]:
    """Give a command's flags: its own first, and of many the shared ones by what they are about."""
    titles = _HEADINGS if len(flags) > _MANY_FLAGS else {}
    sections: dict[str, list[Flag]] = {}
    for flag in flags:
        sections.setdefault(titles.get((flag.name, flag.help), "Flags"), []).append(flag)
    order = dict.fromkeys(("Flags", *_HEADINGS.values()))
    return [
        _section(title, (_flag_row(flag, is_long=is_long) for flag in sections[title]), width)
        for title in order
        if title in sections
    ]


def _head(command: Command, width: int) -> list[str]:
    parts = [_paragraph(f"{command.help}.", width), f"Usage: {usage(command)}"]
    if command.argument is not None:
        parts.append(_section("Arguments", [_argument_row(command.argument)], width))
    return parts


def shown_commands(start: str = "") -> dict[str, str]:
    """Give the words that may follow, each with its sentence: commands, and groups of them."""
    rows: dict[str, str] = {}
    for command in COMMANDS:
        if command.name.startswith(start):
            word, _, nested = command.name.removeprefix(start).partition(" ")
            rows[word] = GROUPS[word] if nested else command.help
    return rows


def _of_group(name: str, width: int) -> list[str]:
    start = f"{name} " if name else ""
    rows = shown_commands(start)
    whole = f"detent {start}".rstrip()
    flags: list[tuple[str, str]] = [("-h, --help", "Show this help")]
    sections = {"Commands": tuple(rows)}
    if not name:
        flags.insert(0, ("-V, --version", "Show detent's version"))
        sections = dict(SECTIONS)
    column = max(map(len, rows)) + 4
    return [
        _paragraph(f"{GROUPS[name]}." if name else ABOUT, width),
        f"Usage: {whole} COMMAND [FLAGS] [ARGUMENTS]",
        *(
            _section(title, ((word, rows[word]) for word in words), width, column=column)
            for title, words in sections.items()
        ),
        _section("Flags", flags, width, column=17),
        _paragraph(f"See `{whole} COMMAND --help` for the flags of a command.", width),
    ]


def _argument_row(argument: Argument) -> tuple[str, str]:
    return argument.metavar, argument.help


def _flag_row(flag: Flag, *, is_long: bool = True) -> tuple[str, str]:
    short = [spelling for spelling in flag.spellings if not spelling.startswith("--")]
    long = [spelling for spelling in flag.spellings if spelling.startswith("--")]
    name = ", ".join((*short, *long)) if short else f"    {', '.join(long)}"
    if flag.metavar:
        name += f" {flag.metavar}"
    if not is_long:
        return name, flag.help
    choices = ", ".join(choice for choice in flag.choices if choice not in flag.help)
    return name, "".join(
        (
            flag.help,
            f" [also: {choices}]" if choices else "",
            f" [env:{_TIE}{flag.variable}]" if flag.variable else "",
        )
    )


def _section(title: str, rows: Iterable[tuple[str, str]], width: int, *, column: int = _COLUMN) -> str:
    lines = [f"{title}:"]
    for name, text in rows:
        texts = wrap(text, max(20, width - column - 2), break_on_hyphens=False, break_long_words=False)
        lines += _row(name, [line.replace(_TIE, " ") for line in texts], column)
    return "\n".join(lines)


def _row(name: str, texts: Sequence[str], column: int) -> list[str]:
    blank = " " * (column + 2)
    if len(name) > column - 2:
        return [f"  {name}", *(blank + text for text in texts)]
    return [f"  {name:<{column}}{texts[0]}", *(blank + text for text in texts[1:])]


def _paragraph(text: str, width: int) -> str:
    return "\n".join(wrap(text, width))
