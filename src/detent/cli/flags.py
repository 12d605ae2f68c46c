"""Every command and flag as one table of data.

The parser (`cli.parse`), the complaints, the help (`cli.help_pages`) and the reference are made from it, so a
flag cannot mean two things. Adding a flag here and reading it in a command is all there is to it.
"""

from typing import Literal, NamedTuple

Kind = Literal["switch", "count", "value", "list"]


class Flag(NamedTuple):
    """One option of a command."""

    name: str
    """The key a command reads, such as ``no_sync``."""
    spellings: tuple[str, ...]
    kind: Kind
    help: str
    variable: str = ""
    """An environment variable that sets it; a flag on the command line wins."""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    opposite: str = ""
    """A hidden spelling that turns a switch off again; the last one wins."""


class Argument(NamedTuple):
    """The words after the flags."""

    name: str
    metavar: str
    help: str
    many: bool = False
    required: bool = False
    command_line: bool = False
    """The words are a command: flags after the first word belong to it (`run`)."""


class Command(NamedTuple):
    """One subcommand; ``name`` has a blank for a nested one (``cache clean``)."""

    name: str
    help: str
    flags: tuple[Flag, ...] = ()
    argument: Argument | None = None


def _switch(spelling: str, text: str, *, short: str = "", variable: str = "") -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    opposite = f"--{spelling[5:]}" if spelling.startswith("--no-") else f"--no-{spelling[2:]}"
    return Flag(name, (*((short,) if short else ()), spelling), "switch", text, variable, opposite=opposite)


def _value(
    spelling: str,
    metavar: str,
    text: str,
    *,
    short: str = "",
    variable: str = "",
    choices: tuple[str, ...] = (),
) -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    return Flag(
        name, (*((short,) if short else ()), spelling), "value", text, variable, metavar, choices=choices
    )


def _list(spelling: str, metavar: str, text: str, *, short: str = "", variable: str = "") -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    return Flag(name, (*((short,) if short else ()), spelling), "list", text, variable, metavar)


LINK_MODES = ("auto", "clone", "hardlink", "copy")

GLOBAL = (
    _value("--project", "DIR", "Start looking for the project in DIR", variable="DETENT_PROJECT"),
    _value("--directory", "DIR", "Change to DIR before doing anything", variable="DETENT_WORKING_DIR"),
    _value("--cache-dir", "DIR", "Keep the cache in DIR", variable="DETENT_CACHE_DIR"),
    _switch("--offline", "Use the cache alone, never the network", variable="DETENT_OFFLINE"),
    _switch("--no-progress", "Show no progress on the terminal", variable="DETENT_NO_PROGRESS"),
    Flag("quiet", ("-q", "--quiet"), "count", "Print only errors; twice: nothing"),
    Flag("verbose", ("-v", "--verbose"), "count", "Print details; twice: also the trace of an error"),
)

INDEX = (
    _value(
        "--default-index",
        "URL",
        "The package index (simple API root) instead of the configured one",
        variable="DETENT_DEFAULT_INDEX",
    ),
)

PYTHON = (
    _value(
        "--python",
        "PYTHON",
        "The interpreter: a version, a range or a path",
        short="-p",
        variable="DETENT_PYTHON",
    ),
)

UPGRADE = (
    _switch("--upgrade", "Let every locked version move", short="-U"),
    _list("--upgrade-package", "NAME[==V]", "Let this package move, or move it to V", short="-P"),
)

LOCKING = (
    _switch("--locked", "Fail if the lock is not up to date", variable="DETENT_LOCKED"),
    _switch("--frozen", "Use the lock as it is, up to date or not", variable="DETENT_FROZEN"),
)

EDIT_LOCKING = (
    _switch("--locked", "Fail if the lock would have to change", variable="DETENT_LOCKED"),
    _switch("--frozen", "Edit pyproject.toml alone, neither lock nor sync", variable="DETENT_FROZEN"),
)

SELECTION = (
    _list("--extra", "EXTRA", "Include this extra"),
    _switch("--all-extras", "Include every extra"),
    _list("--no-extra", "EXTRA", "Leave this extra out again"),
    _list("--group", "GROUP", "Include this dependency group"),
    _list("--no-group", "GROUP", "Leave this group out", variable="DETENT_NO_GROUP"),
    _list("--only-group", "GROUP", "Install this group alone, without the project's dependencies"),
    _switch("--all-groups", "Include every group"),
    _switch("--no-default-groups", "Leave the default groups out", variable="DETENT_NO_DEFAULT_GROUPS"),
    _switch("--no-dev", "Leave the group `dev` out", variable="DETENT_NO_DEV"),
    _switch("--only-dev", "Install the group `dev` alone"),
)

LINKING = (
    _value(
        "--link-mode",
        "MODE",
        "How files come from the cache: auto, clone, hardlink, copy",
        variable="DETENT_LINK_MODE",
        choices=LINK_MODES,
    ),
)

WHERE = (
    _switch("--dev", "In the dependency group `dev`"),
    _value("--group", "GROUP", "In this dependency group"),
    _value("--optional", "EXTRA", "In this extra of the project"),
)

COMMANDS = (
    Command(
        "init",
        "Start a project",
        (
            _switch("--app", "An application: a package with a command (the default)"),
            _switch("--lib", "A library: a package to be imported"),
            _switch("--bare", "Only a pyproject.toml"),
            _switch("--no-package", "A program of loose files that is not built or installed"),
            _value("--name", "NAME", "The project's name (default: the folder's)"),
            *PYTHON,
            _value(
                "--vcs", "VCS", "Version control to set up: git (the default), none", choices=("git", "none")
            ),
            _switch("--no-readme", "Write no README.md"),
            _switch("--no-pin-python", "Write no .python-version"),
        ),
        Argument("path", "[PATH]", "The project's folder (default: this one)"),
    ),
    Command(
        "add",
        "Add dependencies to the project",
        (
            *WHERE,
            _list("--requirements", "FILE", "Add everything a requirements file lists", short="-r"),
            _value("--marker", "MARKER", "Only where this marker holds", short="-m"),
            _list("--extra", "EXTRA", "Extras of the packages to add"),
            _value(
                "--bounds",
                "KIND",
                "The bound to write: lower (the default), major, minor, exact",
                choices=("lower", "major", "minor", "exact"),
            ),
            _switch("--raw", "Write the requirements as they are given"),
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--no-sync", "Stop after locking", variable="DETENT_NO_SYNC"),
            *EDIT_LOCKING,
            *UPGRADE,
            *PYTHON,
            *INDEX,
            *LINKING,
        ),
        Argument(
            "requirements_given", "[REQUIREMENT...]", "Requirements such as `httpx` or `rich>=13`", many=True
        ),
    ),
    Command(
        "remove",
        "Remove dependencies from the project",
        (
            *WHERE,
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--no-sync", "Stop after locking", variable="DETENT_NO_SYNC"),
            *EDIT_LOCKING,
            *PYTHON,
            *INDEX,
            *LINKING,
        ),
        Argument("names", "NAME...", "Names of dependencies", many=True, required=True),
    ),
    Command(
        "lock",
        "Bring the lock up to date",
        (
            _switch("--check", "Only check, without the network; exit 1 with the difference"),
            _switch("--dry-run", "Show what would change, change nothing"),
            *UPGRADE,
            *PYTHON,
            *INDEX,
        ),
    ),
    Command(
        "sync",
        "Make the environment match the lock",
        (
            *LOCKING,
            _switch("--check", "Only check; exit 1 when the environment differs"),
            _switch("--dry-run", "Show what would change, change nothing"),
            Flag(
                "inexact",
                ("--inexact",),
                "switch",
                "Keep packages that are not in the selection",
                opposite="--exact",
            ),
            *SELECTION,
            *UPGRADE,
            *PYTHON,
            *INDEX,
            *LINKING,
        ),
    ),
    Command(
        "run",
        "Run a command in the environment",
        (
            _switch("--module", "Run a Python module", short="-m"),
            _switch("--no-sync", "Do not touch the environment", variable="DETENT_NO_SYNC"),
            *LOCKING,
            Flag(
                "exact", ("--exact",), "switch", "Remove what is not in the selection", opposite="--inexact"
            ),
            *SELECTION,
            *PYTHON,
            *INDEX,
            *LINKING,
        ),
        Argument("command", "COMMAND...", "The command and its arguments", many=True, command_line=True),
    ),
    Command(
        "tree",
        "Show the locked packages as a tree",
        (
            _value("--depth", "N", "Go N levels deep"),
            _switch("--invert", "Show what needs each package"),
            _list("--package", "NAME", "Start at this package"),
            *LOCKING,
            *INDEX,
        ),
    ),
    Command("version", "Show the project's version", (_switch("--short", "Only the version"),)),
    Command("cache dir", "Print the folder of the cache"),
    Command("cache size", "Show how big the cache is"),
    Command(
        "cache clean",
        "Empty the cache, or drop the named packages",
        (),
        Argument("names", "[NAME...]", "Packages to drop", many=True),
    ),
    Command("help", "Show help for a command", (), Argument("words", "[COMMAND...]", "A command", many=True)),
)

BY_NAME = {command.name: command for command in COMMANDS}
