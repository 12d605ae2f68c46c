"""The commands about indexes, logins, the cache and detent itself."""

from detent.cli.flags import (
    CONNECTING,
    INDEX,
    PYTHON,
    SHELLS,
)
from detent.cli.grammar import Argument, Command, switch, value

COMMANDS = (
    Command(
        "index list",
        "Show the package indexes in the order they are asked, and who set each",
        (*INDEX,),
    ),
    Command(
        "index add",
        "Add a package index to the project",
        (
            value("--name", "NAME", "What it is called"),
            switch("--default", "Put it in the place of the default index")._replace(opposite=""),
            switch("--explicit", "Use it for packages that are pinned to it alone")._replace(opposite=""),
            switch("--flat", "It is one page of links, or a folder of files")._replace(opposite=""),
            switch("--first", "Ask it before the others")._replace(opposite=""),
            switch("--last", "Ask it after the others (the default)")._replace(opposite=""),
            switch("--user", "Write it into your own detent.toml")._replace(opposite=""),
        ),
        Argument("index", "[NAME=]URL", "The URL of its simple API", required=True),
        clashes=(("first", ("last",)), ("default", ("explicit",))),
    ),
    Command(
        "index remove",
        "Take a package index out of the project",
        (switch("--user", "Take it out of your own detent.toml")._replace(opposite=""),),
        Argument("index", "NAME", "Its name, or its URL", required=True),
    ),
    Command(
        "auth login",
        "Keep a login for a service, for whenever it asks for one",
        (
            value("--username", "NAME", "The name of the user", short="-u"),
            value("--password", "PASSWORD", "The password; `-` reads it from stdin (default: ask)"),
            value("--token", "TOKEN", "A token in place of both; `-` reads it from stdin", short="-t"),
            *CONNECTING[:1],
        ),
        Argument("service", "SERVICE", "Its host, or a URL of it", required=True),
        clashes=(("token", ("username", "password")),),
    ),
    Command(
        "auth logout",
        "Forget the logins for a service",
        (value("--username", "NAME", "Only this user's", short="-u"), *CONNECTING[:1]),
        Argument("service", "SERVICE", "Its host, or a URL of it", required=True),
    ),
    Command(
        "auth token",
        "Print the password that is kept for a service",
        (value("--username", "NAME", "This user's", short="-u"), *CONNECTING[:1]),
        Argument("service", "SERVICE", "Its host, or a URL of it", required=True),
    ),
    Command(
        "auth check",
        "Ask the indexes, or one service, whether they answer; exit 1 if not",
        (*INDEX,),
        Argument("service", "[SERVICE]", "The name of an index, a host or a URL"),
    ),
    Command("auth dir", "Print the folder the logins are kept in"),
    Command("cache dir", "Print the folder of the cache"),
    Command(
        "cache size",
        "Show how big the cache is: a number, or on a terminal a table",
        (
            switch("--human", "A table with sizes as people read them", short="-H"),
            value(
                "--output-format",
                "FORMAT",
                "text (the default: by where the answer goes), human, machine, json",
                choices=("text", "human", "machine", "json"),
            ),
        ),
        clashes=(("human", ("output_format",)),),
    ),
    Command(
        "cache list",
        "Show the packages in the cache, with size, last use and users",
        (),
        Argument("names", "[NAME...]", "Packages to show (default: all)", many=True),
    ),
    Command(
        "cache prune",
        "Remove from the cache what nobody needs any more",
        (switch("--ci", "Remove everything that can be fetched again too, keep what was built"),),
    ),
    Command(
        "cache verify",
        "Read every file in the cache again; exit 1 when one is damaged",
        (switch("--repair", "Remove what is damaged; it is fetched again when it is needed"),),
        Argument("names", "[NAME...]", "Packages to verify (default: everything)", many=True),
    ),
    Command(
        "cache clean",
        "Empty the cache, or drop the named packages",
        (switch("--force", "Also where environments that are linked to it would break"),),
        Argument("names", "[NAME...]", "Packages to drop", many=True),
    ),
    Command(
        "config list",
        "Show every setting in force, with its value and who set it",
        (switch("--all", "Also those that nobody sets", short="-a")._replace(opposite=""),),
    ),
    Command(
        "config get",
        "Print the value of one setting",
        (),
        Argument("key", "KEY", "Its name, such as `link-mode`", required=True),
    ),
    Command(
        "config set",
        "Set something for the project, or with `--user` for yourself",
        (switch("--user", "In your own detent.toml")._replace(opposite=""),),
        Argument("words", "KEY VALUE...", "Its name and its value; of a list all its values", many=True),
    ),
    Command(
        "config unset",
        "Take a setting out of the project, or with `--user` out of your own",
        (switch("--user", "Out of your own detent.toml")._replace(opposite=""),),
        Argument("key", "KEY", "Its name", required=True),
    ),
    Command(
        "config explain",
        "Say what a setting does, where it may stand, and all that sets it",
        (),
        Argument("key", "KEY", "Its name", required=True),
    ),
    Command(
        "config schema",
        "Print the JSON schema of `[tool.detent]` and detent.toml, for editors",
    ),
    Command(
        "doctor",
        "Look over this machine for what may make trouble; exit 1 if something does",
        (*PYTHON, *INDEX),
    ),
    Command("self version", "Show detent's own version", (switch("--short", "Only the version"),)),
    Command(
        "self schema",
        "Print the JSON schema of what commands say under `--output-format json`",
        (),
        Argument("words", "[COMMAND...]", "Of this command alone", many=True),
    ),
    Command(
        "completion",
        "Print the script that completes command lines in a shell",
        (),
        Argument("shell", "SHELL", "bash, zsh, fish or powershell", required=True, choices=SHELLS),
    ),
    Command("help", "Show help for a command", (), Argument("words", "[COMMAND...]", "A command", many=True)),
)
