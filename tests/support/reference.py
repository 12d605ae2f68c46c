"""The pages of the reference that are made from the code: commands, settings, variables, and the schema.

`.test-env/bin/python tests/support/reference.py` writes them; `tests/architecture/test_docs.py` compares.
"""

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from detent.cli.commands import ALIASES, COMMANDS
from detent.cli.flags import GLOBAL
from detent.cli.grammar import Argument, Command, Flag
from detent.cli.help_pages import ABOUT, EXAMPLES, MORE, usage
from detent.cli.schemas import every_schema
from detent.model import limits
from detent.project.known import BY_NAME, KNOWN, Known
from detent.project.schema import schema

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
COMMAND = ".test-env/bin/python tests/support/reference.py"

_NOTE = f"<!-- Made by `{COMMAND}`: change the code it is made from, or the words in that file. -->"

_CLI = f"""\
# Commands

{_NOTE}

{ABOUT}
`detent COMMAND -h` shows a command's flags, `detent COMMAND --help` everything below.

- Flags may stand before and after arguments; the last one wins. Flags of every command may stand before the command too.
- A value comes as `--flag VALUE` or `--flag=VALUE`; of one letter as `-f VALUE` or `-fVALUE`. Letters go together: `-qU`.
- A switch has an opposite, `--no-sync` for `--sync` and the other way round, which takes it back.
- What can be given several times says so. Behind `--` nothing is a flag. What follows the command of `detent run` is its own.
- A variable sets what no flag does: a switch with `1` or `0`, `true` or `false`, a list with blanks between its words.
"""

_CONFIGURATION = f"""\
# Configuration

{_NOTE}

Settings stand in

1. `[tool.detent]` of the project's `pyproject.toml`; or in a `detent.toml` beside it, with the same keys and no table around
   them. Where there is a `detent.toml` its settings are used and those of the `pyproject.toml` are not, which a warning
   says. What says something of the project itself stays in the `pyproject.toml`: `default-groups`, `package`, `managed`,
   and the tables about its requirements, from `constraint-dependencies` to `dependency-metadata`.
2. The user's `detent.toml`: `~/.config/detent/detent.toml`, or `detent/detent.toml` in `$XDG_CONFIG_HOME`.
3. The system's: `detent/detent.toml` in the first folder of `$XDG_CONFIG_DIRS` (default `/etc/xdg`) that has one, or
   `/etc/detent/detent.toml`.

A flag comes before a variable, a variable before the project's file, that before the user's, that before the system's. A
value is replaced by a nearer one; lists of packages are joined, tables joined by key. `--config-file FILE`
(`DETENT_CONFIG_FILE`) uses a file in place of the user's and the system's. `--no-config` (`DETENT_NO_CONFIG`) reads
no file at all, the settings of the project and pip's configuration included; both together read that one file.

A key that detent does not know is named in a warning, with the one that was probably meant, and everything else holds. It
is an error (exit code 2) where the key may be meant for a *protection*: nothing is turned off by a slip of the fingers, or
by a release that does not know it yet. A value that cannot be used is always an error.

Settings *of a machine* are refused in a project: whoever checks it out decides them. And a project can be stricter than its
user, not laxer: where the user's or the system's file says `build = "deny"`, neither `build` nor `allow-build` of a project
changes that. Of two bounds on upload times, the project's and its user's, the earlier moment is in force, and a project's
`false` takes nothing from its user. The user's own flags and variables are stronger than both.

A lock writes down under `[tool.detent.options]` what flags, variables and the project's file say about which versions are
taken, as far as it is not the default. What the user's or the system's file says of that is in force, and makes no lock out
of date: the lock is everybody's. [Choose which versions may be taken](../how-to/choosing-versions.md) has examples.

A `detent.toml`:

```toml
link-mode = "copy"
build = "deny"
allow-build = ["docopt"]
```

Editors find the same in [a JSON schema](detent.schema.json), which `detent config schema` prints.
"""

_VARIABLES = f"""\
# Environment variables

{_NOTE}

A flag on the command line comes before its variable, the variable before every [configuration file](configuration.md).
A variable also gives way, with a warning, to a flag that excludes it: `DETENT_LOCKED` to `--frozen`, for instance.
Variables of other tools come last. An empty variable counts as not set.
"""

_LIMITS = """\
## Limits

Numbers above zero; sizes in bytes, times in seconds. The reasons stand in [the promises](../explanation/promises.md).
"""

_LOGINS = """\
## Logins

What belongs to an index by its [name](../how-to/authentication.md): in capitals, `_` for what is no letter or digit.

| variable | meaning |
|---|---|
| `DETENT_INDEX_<NAME>_USERNAME`, `DETENT_INDEX_<NAME>_PASSWORD` | the login for the index of this name; a password alone is a token |
| `DETENT_INDEX_<NAME>_ORIGIN` | the scheme, host and port that it belongs to, in place of those the name had first on this machine |
| `DETENT_CREDENTIALS_DIR` | the folder that `detent auth` keeps logins in |
"""

_OTHER_TOOLS = """\
## Of other tools

| variable | what detent takes from it |
|---|---|
| `PIP_INDEX_URL` | the default index, when nothing of detent's sets one |
| `PIP_EXTRA_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX` | further indexes, folders and pages of files, whether to ask no index: when nothing of detent's says where to look |
| `PIP_CONFIG_FILE` | pip's configuration file, read for `index-url`, `extra-index-url`, `find-links` and `no-index` after pip's usual files |
| `PIP_CERT`, `REQUESTS_CA_BUNDLE` | certificates, when `SSL_CERT_FILE` is not set |
| `SSL_CERT_DIR` | folders of certificates to trust, beside such a file or in place of what the system trusts |
| `NETRC` | the file of logins to read in place of `~/.netrc` |
| `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` | proxies: `http://proxy.example:3128`, for addresses in https too, or `https://proxy.example` for one that is spoken to in TLS; not `socks5://`. `DETENT_PROXY` comes before the first three |
| `XDG_CACHE_HOME`, `XDG_CONFIG_HOME`, `XDG_CONFIG_DIRS`, `XDG_DATA_HOME` | where cache, configuration and logins lie by default |
| `HOME` | the same, and `~` |
| `PATH` | where interpreters, and commands of `detent run`, are looked for |
| `PYENV_ROOT`, `PYENV_VERSION` | where pyenv keeps interpreters, and which are selected |
| `VIRTUAL_ENV` | the environment that `--active` means; outside a project, the one `detent run` uses |
| `SHELL` | how `detent venv` says an environment is activated |
| `SOURCE_DATE_EPOCH` | the time that stands in a bill of materials, in seconds since 1970; without it there is none |
| `TMPDIR` | where `--no-cache` makes its folder |
| `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `TERM` | whether to use colour, where no flag says it; the first that is set decides |
| `CI` | no progress line; `detent run` goes by its flags alone, not by what the last sync selected |

`detent run` sets `VIRTUAL_ENV` and puts the environment's scripts first on `PATH` for the command, and takes
`PYTHONHOME` away.
"""

_PLACES = {
    "anywhere": "in any file",
    "machine": "in the user's and the system's file: a setting of a machine",
    "pyproject": "in `[tool.detent]` of a `pyproject.toml`",
}
_KINDS = {
    "url": "a URL",
    "path": "a path; `~` is the home folder",
    "text": "a string",
    "count": "a whole number above zero",
    "size": 'a size such as `"500 MB"`, a number of bytes, or `"unlimited"` (0 is the same)',
    "age": 'a span of time such as `"30 days"`, or `"unlimited"` (0 is the same)',
    "switch": "`true` or `false`",
    "names": "a list of names of packages",
    "groups": 'a list of names of dependency groups, or `"all"`',
    "options": "a table of strings and lists of strings",
    "specifier": "a version specifier",
    "indexes": "a list of tables: `url`, and whatever fits of `name`, `default`, `explicit`, `format`,"
    " `cache-control`, `exclude-newer`, `authenticate`, `ignore-error-codes` and, in a file of one's own, `client-cert`"
    " ([how indexes work together](../how-to/indexes.md))",
    "hosts": "a list of `HOST` and `HOST:PORT`",
    "licenses": "a list of SPDX identifiers, each with its `WITH` and `+` where it has one",
    "links": "a list of folders and URLs; a path is relative to the file it stands in",
    "mirrors": "a table of URLs, by the name or the URL of the index",
    "strategy": '`"first-index"`',
    "workspace": "a table with `members` and `exclude`, lists of patterns of folders",
    "tasks": "a table of tasks by name, each a list of words or a table with `run`, `help`, `env`, `cwd`, `groups`, `extras`"
    " and `depends`",
    "sources": "a table by names of packages: a table with one of `git`, `url`, `path`, `workspace`, `index` and what"
    " goes with it, or a list of them",
    "cutoff": "a date, a moment with its zone (RFC 3339), a span of time, or `false`",
    "cutoffs": "a table of what `exclude-newer` takes, by names of packages",
    "modes": "a table of what `prerelease` takes, by names of packages",
    "requirements": "a list of requirements; they name no extras",
    "bounds": "a list of requirements; they name no extras",
    "extra-requirements": "a table by names of packages: lists of requirements, and of tables: `requirement` and"
    " `match-runtime`",
    "variables": "a table by names of packages: tables of strings",
    "cache-keys": "a list of paths, and of tables with one key: `file` or `dir` (a relative path), `env` or `git`",
    "overrides": "a list of requirements, and of tables: `package` (a name, or a table with `name` and `version`)"
    " and `dependencies`",
    "excludes": "a list of names of packages, and of tables: `package` as for overrides, and `dependencies`, names",
    "conflicts": "a list of lists of tables with one key: `extra` or `group`",
    "markers": "a list of environment markers, which name no extras and groups; or one of them",
    "metadata": "a list of tables: `name`, `version`, `requires-dist`, `requires-python`, `provides-extra`",
}


def pages() -> dict[Path, str]:
    """Give every file that is made, with its text."""
    return {
        REFERENCE / "cli.md": cli(),
        REFERENCE / "configuration.md": configuration(),
        REFERENCE / "environment-variables.md": variables(),
        REFERENCE / "detent.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        REFERENCE / "output.schema.json": json.dumps(every_schema(), indent=2, ensure_ascii=False) + "\n",
    }


def write() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


# ---- commands --------------------------------------------------------------------------------


def cli() -> str:
    """The page of every command."""
    parts = [_CLI, "## Flags of every command\n", *_flags(GLOBAL)]
    for command in COMMANDS:
        parts += _command(command)
    return _joined(parts)


def _command(command: Command) -> Iterator[str]:
    yield f"## `detent {command.name}`\n"
    others = [alias for alias, name in ALIASES.items() if name == command.name]
    also = f" Also: {', '.join(f'`detent {other}`' for other in others)}." if others else ""
    yield f"{command.help}.{also} {MORE.get(command.name, '')}".rstrip() + "\n"
    yield f"```text\n{usage(command)}\n```\n"
    if command.argument is not None:
        yield _table(("argument", "meaning"), [_argument(command.argument)])
    if command.flags:
        yield from _flags(command.flags)
    if command.name in EXAMPLES:
        yield "```console\n" + "\n".join(f"$ {line}" for line in EXAMPLES[command.name]) + "\n```\n"


def _argument(argument: Argument) -> tuple[str, str]:
    several = "; can be given several times" if argument.many and not argument.command_line else ""
    return f"`{argument.metavar}`", f"{argument.help}{several}"


def _flags(flags: Iterable[Flag]) -> Iterator[str]:
    yield _table(("flag", "variable", "meaning"), [_flag(flag) for flag in flags])


def _flag(flag: Flag) -> tuple[str, str, str]:
    metavar = f" {flag.metavar}" if flag.metavar else ""
    short, *_ = flag.spellings
    names = (
        f"`{short}`, `{flag.spellings[-1]}{metavar}`" if len(flag.spellings) > 1 else f"`{short}{metavar}`"
    )
    others = [*flag.hidden, *(f"{short}` for `{value}" for short, value in flag.shorthands)]
    hidden = f" Also: {', '.join(f'`{spelling}`' for spelling in others)}." if others else ""
    choices = [choice for choice in flag.choices if choice not in flag.help]
    listed = f" Also: {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    several = " Can be given several times." if flag.kind == "list" else ""
    # pip's `--extra-index-url` has no setting of its own.
    setting = (
        f" Setting: [`{flag.setting}`](configuration.md#{flag.setting})." if flag.setting in BY_NAME else ""
    )
    variable = f"`{flag.variable}`" if flag.variable else ""
    return names, variable, f"{flag.help}.{listed}{several}{hidden}{setting}"


# ---- settings --------------------------------------------------------------------------------


def configuration() -> str:
    """The page of every setting."""
    return _joined([_CONFIGURATION, *(part for known in KNOWN for part in _setting(known))])


def _setting(known: Known) -> Iterator[str]:
    yield f"## {known.name}\n"
    kind = ", ".join(f'`"{choice}"`' for choice in known.choices) or _KINDS[known.kind]
    default = known.default if " " in known.default or "`" in known.default else f"`{known.default}`"
    rows = [
        ("value", f"one of {kind}" if known.choices else kind),
        *((("default", default),) if known.default else ()),
        *((("flag", f"`{known.flag}`"),) if known.flag else ()),
        *((("variable", ", then ".join(f"`{v}`" for v in _variables_of(known))),) if known.variable else ()),
        ("stands", _PLACES[known.place] + (", and is a protection" if known.is_protection else "")),
    ]
    yield f"{known.help}\n"
    yield "\n".join(f"- {label}: {text}" for label, text in rows) + "\n"
    yield f"```toml\n{_example(known)}\n```\n"


def _example(known: Known) -> str:
    header = "" if known.place == "machine" else "[tool.detent]\n"
    return f"{header}{known.name} = {known.example}"


def _variables_of(known: Known) -> tuple[str, ...]:
    return (known.variable, *known.fallbacks)


# ---- variables -------------------------------------------------------------------------------


def variables() -> str:
    """The page of every environment variable."""
    settings = [
        (f"`{known.variable}`", _meaning(known) + (f" (`{known.flag}`)" if known.flag else ""))
        for known in KNOWN
        if known.variable
    ]
    return _joined(
        [
            _VARIABLES,
            "## Settings\n",
            _table(("variable", "meaning"), settings),
            "## Flags\n",
            _table(("variable", "stands for"), _flag_variables()),
            _LIMITS,
            _table(("variable", "default", "bounds"), _limits()),
            _LOGINS,
            _OTHER_TOOLS,
        ]
    )


def _meaning(known: Known) -> str:
    """What the variable of a setting means: of a choice that a switch makes, what the switch does."""
    flag = next((flag for flag in _every_flag() if flag.setting == known.name), None)
    is_switch = known.kind == "choice" and flag is not None and flag.kind == "switch"
    return _lowered(flag.help if flag is not None and is_switch else known.help)


def _every_flag() -> Iterator[Flag]:
    yield from GLOBAL
    for command in COMMANDS:
        yield from command.flags


def _flag_variables() -> list[tuple[str, str]]:
    found: dict[str, dict[str, None]] = {}
    for flag in _every_flag():
        if flag.variable and not flag.setting:
            found.setdefault(flag.variable, {})[flag.spellings[-1]] = None
    return [(f"`{name}`", ", ".join(f"`{s}`" for s in spellings)) for name, spellings in found.items()]


def _limits() -> list[tuple[str, str, str]]:
    meanings = _field_docs(Path(limits.__file__), "Limits")
    return [
        (f"`{variable}`", f"{limits.Limits._field_defaults[field]:.0f}", _lowered(meanings[field]))
        for field, variable in limits.VARIABLES.items()
    ]


def _field_docs(path: Path, name: str) -> Mapping[str, str]:
    """The sentence below each field of a class."""
    tree = ast.parse(path.read_text("utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    found = {}
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                found[key] = text
    return found


# ---- markdown --------------------------------------------------------------------------------


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(parts)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cell: Callable[[str], str] = lambda text: text.replace("|", "\\|")  # noqa: E731
    lines = [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(map(cell, row))} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _lowered(sentence: str) -> str:
    """A sentence as a phrase."""
    text = sentence.removesuffix(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


if __name__ == "__main__":
    write()
