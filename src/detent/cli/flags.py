"""Every command and flag as one table of data.

The parser (`cli.parse`), the complaints, the help (`cli.help_pages`) and the reference are made from it, so a
flag cannot mean two things. Adding a flag here and reading it in a command is all there is to it.
"""

from typing import Literal, TypeAlias

from detent.named import NamedTuple

Kind = Literal["switch", "count", "value", "list"]
Clashes: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Flags by name, each with those that cannot stand beside it."""


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
    hidden: tuple[str, ...] = ()
    """Spellings of other tools: understood, and not shown."""
    shorthands: tuple[tuple[str, str], ...] = ()
    """Spellings that take no value, each with the one it stands for; not shown either."""
    setting: str = ""
    """The setting it stands for (`project.settings`), which reads the variable itself."""


class Argument(NamedTuple):
    """The words after the flags."""

    name: str
    metavar: str
    help: str
    many: bool = False
    required: bool = False
    command_line: bool = False
    """The words are a command: flags after the first word belong to it (`run`)."""
    choices: tuple[str, ...] = ()


class Command(NamedTuple):
    """One subcommand; ``name`` has a blank for a nested one (``cache clean``)."""

    name: str
    help: str
    flags: tuple[Flag, ...] = ()
    argument: Argument | None = None
    is_hidden: bool = False
    """For programs rather than people: no list of commands shows it."""
    clashes: Clashes = ()
    """What excludes each other; names of other commands' flags say nothing."""


def _switch(spelling: str, text: str, *, short: str = "", variable: str = "", setting: str = "") -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    opposite = f"--{spelling[5:]}" if spelling.startswith("--no-") else f"--no-{spelling[2:]}"
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "switch", text, variable, opposite=opposite, setting=setting)


def _value(
    spelling: str,
    metavar: str,
    text: str,
    *,
    short: str = "",
    variable: str = "",
    choices: tuple[str, ...] = (),
    setting: str = "",
) -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "value", text, variable, metavar, choices=choices, setting=setting)


def _list(
    spelling: str, metavar: str, text: str, *, short: str = "", variable: str = "", setting: str = ""
) -> Flag:
    name = spelling.removeprefix("--").replace("-", "_")
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "list", text, variable, metavar, setting=setting)


LINK_MODES = ("auto", "clone", "hardlink", "copy", "directory")
RESOLUTIONS = ("highest", "lowest", "lowest-direct")
PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
"""The last is another spelling of `if-necessary`."""
FORK_STRATEGIES = ("requires-python", "fewest")
IMPORTED = ("poetry", "uv", "pdm", "pipenv", "requirements")
SHELLS = ("bash", "zsh", "fish", "powershell")
FORMATS = ("requirements.txt", "constraints.txt", "pylock.toml")
BACKENDS = ("hatchling", "setuptools", "flit-core", "poetry-core", "pdm-backend")
BACKEND_ALIASES = {"hatch": "hatchling", "flit": "flit-core", "poetry": "poetry-core", "pdm": "pdm-backend"}
"""What uv calls them."""

GLOBAL = (
    _value("--project", "DIR", "Start looking for the project in DIR", variable="DETENT_PROJECT"),
    _value("--directory", "DIR", "Change to DIR before doing anything", variable="DETENT_WORKING_DIR"),
    _value(
        "--config-file",
        "FILE",
        "Use this detent.toml in place of the user's and the system's",
        variable="DETENT_CONFIG_FILE",
    ),
    _switch(
        "--no-config",
        "Read no configuration file, nor the settings in the project's pyproject.toml",
        variable="DETENT_NO_CONFIG",
    ),
    _value("--cache-dir", "DIR", "Keep the cache in DIR", variable="DETENT_CACHE_DIR", setting="cache-dir"),
    _switch(
        "--no-cache",
        "Use a private folder in place of the cache, and remove it at the end",
        short="-n",
        variable="DETENT_NO_CACHE",
        setting="no-cache",
    ),
    _switch(
        "--offline",
        "Use the cache alone, never the network",
        variable="DETENT_OFFLINE",
        setting="offline",
    ),
    _value("--color", "WHEN", "Use colour: auto, always, never", choices=("auto", "always", "never")),
    _switch("--no-color", "The same as `--color never`")._replace(opposite=""),
    _switch("--no-progress", "Show no progress on the terminal", variable="DETENT_NO_PROGRESS"),
    Flag("quiet", ("-q", "--quiet"), "count", "Print only errors; twice: nothing"),
    Flag("verbose", ("-v", "--verbose"), "count", "Print details; twice: also the trace of an error"),
)

CONNECTING = (
    _value(
        "--keyring-provider",
        "PROVIDER",
        "Ask the system's keyring for logins: disabled (the default), subprocess",
        variable="DETENT_KEYRING_PROVIDER",
        choices=("disabled", "subprocess"),
        setting="keyring-provider",
    ),
    _value(
        "--cert",
        "FILE",
        "Certificates to trust in place of the system's",
        variable="SSL_CERT_FILE",
        setting="certificates",
    ),
    _switch(
        "--system-certs",
        "Trust what the system trusts, whatever configuration and other tools' variables say",
        variable="DETENT_SYSTEM_CERTS",
        setting="system-certs",
    )._replace(opposite=""),
    _list(
        "--allow-insecure-host",
        "HOST[:PORT]",
        "Do not check the certificate of this host",
        variable="DETENT_INSECURE_HOST",
        setting="allow-insecure-host",
    )._replace(hidden=("--trusted-host",)),
    _value(
        "--proxy",
        "URL",
        "The proxy for everything that is fetched",
        variable="DETENT_PROXY",
        setting="proxy",
    ),
)

INDEX = (
    _list(
        "--index",
        "[NAME=]URL",
        "A package index to ask before all others, by the URL of its simple API",
        variable="DETENT_INDEX",
        setting="index",
    ),
    _value(
        "--default-index",
        "URL",
        "The package index (simple API root) instead of the configured one",
        variable="DETENT_DEFAULT_INDEX",
        setting="index-url",
    )._replace(hidden=("-i", "--index-url")),
    _list(
        "--find-links",
        "PLACE",
        "A folder of files, or a page of links to them, to look at before any index",
        short="-f",
        variable="DETENT_FIND_LINKS",
        setting="find-links",
    ),
    _switch(
        "--no-index",
        "Ask no index, use what `--find-links` names",
        variable="DETENT_NO_INDEX",
        setting="no-index",
    )._replace(opposite=""),
    _value(
        "--index-strategy",
        "STRATEGY",
        "How several indexes are asked: first-index, the only way there is",
        variable="DETENT_INDEX_STRATEGY",
        setting="index-strategy",
    ),
    _list("--extra-index-url", "URL", "The same as `--index`, as pip spells it", setting="extra-index-url"),
    *CONNECTING,
)

PYTHON = (
    _value(
        "--python",
        "PYTHON",
        "The interpreter: a version, a range or a path",
        short="-p",
        variable="DETENT_PYTHON",
        setting="python",
    ),
)

UPGRADE = (
    _switch("--upgrade", "Let every locked version move", short="-U"),
    _list("--upgrade-package", "NAME[==V]", "Let this package move, or move it to V", short="-P"),
    _list("--upgrade-group", "GROUP", "Let the packages this dependency group names move"),
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

PACKAGES = (
    _list("--package", "NAME", "For this member of the workspace, wherever in it the command stands"),
    _switch("--all-packages", "For all members of the workspace"),
)

ONE_PACKAGE = (_value("--package", "NAME", "For this member of the workspace"),)

POETRY = {
    "group": ("--with",),
    "no_group": ("--without",),
    "only_group": ("--only",),
    "no_default_groups": ("--prod", "--production"),
}
"""How poetry and pdm spell the selection of a sync; `run --with` means something else to many."""

INSTALLING = (
    _switch(
        "--no-install-project",
        "Install everything but the project itself",
        variable="DETENT_NO_INSTALL_PROJECT",
    )._replace(hidden=("--no-root", "--no-self")),
    _switch(
        "--no-install-local",
        "Install nothing that lies in a folder of this machine",
        variable="DETENT_NO_INSTALL_LOCAL",
    ),
    _switch(
        "--no-install-workspace",
        "Install neither the root of the workspace nor its members",
        variable="DETENT_NO_INSTALL_WORKSPACE",
    ),
    _list("--no-install-package", "NAME", "Do not install this package"),
    _switch("--only-install-project", "Install the project alone")._replace(hidden=("--only-root",)),
    _switch("--only-install-local", "Install what lies in folders of this machine alone"),
    _list("--only-install-package", "NAME", "Install this package alone"),
    _switch("--no-editable", "Install the project as a copy, not as a link", variable="DETENT_NO_EDITABLE"),
    _switch("--reinstall", "Install everything again"),
    _list("--reinstall-package", "NAME", "Install this package again"),
)

ACTIVE = (_switch("--active", "Use the environment that is active, not the project's own"),)

LINKING = (
    _value(
        "--link-mode",
        "MODE",
        "How files come from the cache: auto, clone, hardlink, copy, directory",
        variable="DETENT_LINK_MODE",
        choices=LINK_MODES,
        setting="link-mode",
    ),
    _switch(
        "--compile-bytecode",
        "Compile what is installed to byte code",
        variable="DETENT_COMPILE_BYTECODE",
        setting="compile-bytecode",
    )._replace(hidden=("--compile",)),
    _list(
        "--allow-overwrite",
        "NAME",
        "Let this package's files take the place of other packages'",
        setting="allow-overwrite",
    ),
)

BUILDING = (
    _switch("--no-build", "Build no source distribution", variable="DETENT_NO_BUILD", setting="build"),
    _list(
        "--no-build-package",
        "NAME",
        "Build no source distribution of this package",
        variable="DETENT_NO_BUILD_PACKAGE",
        setting="no-build-package",
    ),
    _switch(
        "--no-binary",
        "Build everything, install no wheel of the index",
        variable="DETENT_NO_BINARY",
        setting="no-binary",
    ),
    _list(
        "--no-binary-package",
        "NAME",
        "Build this package, install no wheel of it",
        variable="DETENT_NO_BINARY_PACKAGE",
        setting="no-binary-package",
    ),
    _list(
        "--config-setting",
        "KEY=VALUE",
        "Pass this on to the back ends of builds",
        short="-C",
        setting="config-settings",
    )._replace(hidden=("--config-settings",)),
    _switch(
        "--no-build-isolation",
        "Build in the environment that is installed into, with what is there",
        variable="DETENT_NO_BUILD_ISOLATION",
        setting="no-build-isolation",
    )._replace(hidden=("--no-isolation",)),
    _list(
        "--no-build-isolation-package",
        "NAME",
        "Build this package in the environment that is installed into",
        variable="DETENT_NO_BUILD_ISOLATION_PACKAGE",
        setting="no-build-isolation-package",
    ),
)

UPLOADED = (
    _value(
        "--exclude-newer",
        "WHEN",
        "Only files uploaded before a date, or older than a span such as `7 days`; false: all",
        variable="DETENT_EXCLUDE_NEWER",
        setting="exclude-newer",
    )._replace(hidden=("--uploaded-prior-to",)),
    _list(
        "--exclude-newer-package",
        "NAME=WHEN",
        "The same for this package",
        setting="exclude-newer-package",
    ),
)

PRERELEASE = (
    _value(
        "--prerelease",
        "MODE",
        "Pre-releases: if-necessary (the default), explicit, disallow, allow",
        variable="DETENT_PRERELEASE",
        choices=PRERELEASES,
        setting="prerelease",
    )._replace(shorthands=(("--pre", "allow"),)),
    _list(
        "--prerelease-package",
        "NAME=MODE",
        "Pre-releases of this package",
        setting="prerelease-package",
    ),
)

RESOLVING = (
    _value(
        "--resolution",
        "ORDER",
        "Which versions to take: highest (the default), lowest, lowest-direct",
        variable="DETENT_RESOLUTION",
        choices=RESOLUTIONS,
        setting="resolution",
    ),
    *PRERELEASE,
    _value(
        "--fork-strategy",
        "STRATEGY",
        "Newest for each Python: requires-python (the default); or fewest versions: fewest",
        variable="DETENT_FORK_STRATEGY",
        choices=FORK_STRATEGIES,
        setting="fork-strategy",
    ),
    *UPLOADED,
    _switch(
        "--no-sources",
        "Leave `[tool.detent.sources]` aside",
        variable="DETENT_NO_SOURCES",
        setting="no-sources",
    ),
    _list(
        "--no-sources-package",
        "NAME",
        "Leave the sources of this package aside",
        variable="DETENT_NO_SOURCES_PACKAGE",
        setting="no-sources-package",
    ),
    _value("--max-seconds", "N", "Search for versions no longer than this", variable="DETENT_MAX_SECONDS"),
)

REFRESHING = (
    _switch("--refresh", "Ask the index again, whatever the cache has of it"),
    _list("--refresh-package", "NAME", "Ask the index again for this package"),
)

WHERE = (
    _switch("--dev", "In the dependency group `dev`", short="-d"),
    _value("--group", "GROUP", "In this dependency group"),
    _value("--optional", "EXTRA", "In this extra of the project"),
)

_MOVING = ("upgrade", "upgrade_package", "upgrade_group")
_CHOOSING = ("resolution", "fork_strategy", "no_sources", "no_sources_package")
_MORE = ("group", "all_groups", "extra", "all_extras")
_LOCKING_CLASHES: Clashes = (
    ("locked", ("frozen", *_MOVING)),
    ("frozen", (*_MOVING, *_CHOOSING)),
)
_SELECTION_CLASHES: Clashes = (("only_group", _MORE), ("only_dev", (*_MORE, "no_dev")))
_PACKAGE_CLASHES: Clashes = (("all_packages", ("package",)),)
_INSTALLING_CLASHES: Clashes = (
    ("no_install_project", ("only_install_project",)),
    ("no_install_local", ("only_install_local",)),
    ("no_install_package", ("only_install_package",)),
)
_PLACE_CLASHES: Clashes = (
    ("rev", ("tag", "branch")),
    ("tag", ("branch",)),
    ("editable", ("no_editable",)),
    ("workspace", ("no_workspace",)),
)
_WHERE_CLASHES: Clashes = (("dev", ("group", "optional")), ("group", ("optional",)))

COMMANDS = (
    Command(
        "init",
        "Start a project",
        (
            _switch("--app", "An application: a package with a command (the default)"),
            _switch("--lib", "A library: a package to be imported"),
            _switch("--bare", "Only a pyproject.toml"),
            # Two flags and not one with an opposite, so that both together can be refused.
            _switch("--package", "A project that is built and installed (the default)")._replace(opposite=""),
            _switch("--no-package", "A program of loose files that is not built or installed")._replace(
                opposite=""
            ),
            _value("--name", "NAME", "The project's name (default: the folder's)"),
            _value("--description", "TEXT", "What the project is, in one line"),
            _value("--license", "SPDX", "The licence as an SPDX expression, such as MIT"),
            _value(
                "--author-from",
                "SOURCE",
                "Where the author comes from: auto (git's settings, for a package), git, none",
                choices=("auto", "git", "none"),
            ),
            _value(
                "--build-backend",
                "BACKEND",
                "hatchling (the default), setuptools, flit-core, poetry-core, pdm-backend",
                choices=(*BACKENDS, *BACKEND_ALIASES),
            ),
            *PYTHON,
            _value(
                "--vcs", "VCS", "Version control to set up: git (the default), none", choices=("git", "none")
            ),
            _switch("--no-readme", "Write no README.md"),
            _switch("--no-pin-python", "Write no .python-version"),
            _switch("--no-workspace", "Do not make it a member of the workspace it lies in")._replace(
                opposite=""
            ),
        ),
        Argument("path", "[PATH]", "The project's folder (default: this one)"),
        clashes=(
            ("app", ("lib",)),
            ("lib", ("no_package",)),
            ("package", ("no_package",)),
            ("build_backend", ("no_package",)),
        ),
    ),
    Command(
        "add",
        "Add dependencies to the project",
        (
            *WHERE,
            _list("--requirements", "FILE", "Add everything a requirements file lists", short="-r"),
            _list("--constraints", "FILE", "Hold versions to the bounds that this file lists", short="-c"),
            _value("--marker", "MARKER", "Only where this marker holds", short="-m"),
            _list("--extra", "EXTRA", "Extras of the packages to add"),
            _value(
                "--bounds",
                "KIND",
                "The bound to write: lower (the default), major, minor, exact",
                choices=("lower", "major", "minor", "exact"),
            ),
            _switch("--raw", "Write the requirements as they are given, URLs too"),
            _value("--rev", "REV", "This commit, tag or branch of the git repositories"),
            _value("--tag", "TAG", "This tag of the git repositories"),
            _value("--branch", "BRANCH", "This branch of the git repositories"),
            _value("--subdirectory", "FOLDER", "This folder of the git repositories and archives"),
            _switch("--lfs", "Fetch large files of the git repositories (Git LFS)"),
            _switch(
                "--editable", "Link to the folders instead of installing them as they are", short="-e"
            )._replace(opposite=""),
            _switch("--no-editable", "Install the folders as they are")._replace(opposite=""),
            _switch("--workspace", "Make the folders members of the workspace")._replace(opposite=""),
            _switch("--no-workspace", "Make no folder a member of the workspace")._replace(opposite=""),
            *ONE_PACKAGE,
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--no-sync", "Stop after locking", variable="DETENT_NO_SYNC"),
            *EDIT_LOCKING,
            *UPGRADE,
            *RESOLVING,
            *ACTIVE,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        Argument(
            "requirements_given",
            "[REQUIREMENT...]",
            "Requirements such as `httpx` or `rich>=13`, `git+https://...`, URLs and paths",
            many=True,
        ),
        clashes=(
            *_WHERE_CLASHES,
            *_LOCKING_CLASHES,
            ("bounds", ("raw",)),
            ("constraints", ("frozen",)),
            *_PLACE_CLASHES,
        ),
    ),
    Command(
        "remove",
        "Remove dependencies from the project",
        (
            *WHERE,
            *ONE_PACKAGE,
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--no-sync", "Stop after locking", variable="DETENT_NO_SYNC"),
            *EDIT_LOCKING,
            *RESOLVING,
            *ACTIVE,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        Argument("names", "NAME...", "Names of dependencies", many=True, required=True),
        clashes=(*_WHERE_CLASHES, *_LOCKING_CLASHES),
    ),
    Command(
        "lock",
        "Bring the lock up to date",
        (
            _switch(
                "--check",
                "Only check, without the network; exit 1 with the difference",
                variable="DETENT_LOCKED",
            )._replace(hidden=("--locked",)),
            _switch("--check-exists", "Only check that there is a lock", variable="DETENT_FROZEN")._replace(
                hidden=("--frozen",)
            ),
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--regenerate", "Lock anew, as if there were no lock yet"),
            _switch("--coverage", "Show what there is of each package for each platform"),
            *UPGRADE,
            *RESOLVING,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        clashes=(
            ("check", ("check_exists", "dry_run", "regenerate", *_MOVING)),
            ("check_exists", ("dry_run", "regenerate", *_MOVING, *_CHOOSING)),
            ("regenerate", _MOVING),
        ),
    ),
    Command(
        "sync",
        "Make the environment match the lock",
        (
            *LOCKING,
            _switch("--check", "Only check; exit 1 when the environment differs"),
            _switch("--deep", "Read every installed file, and reinstall packages that were changed"),
            _switch("--dry-run", "Show what would change, change nothing"),
            Flag(
                "inexact",
                ("--inexact",),
                "switch",
                "Keep packages that are not in the selection",
                opposite="--exact",
            ),
            *(flag._replace(hidden=POETRY.get(flag.name, ())) for flag in SELECTION),
            *PACKAGES,
            *INSTALLING,
            *UPGRADE,
            *RESOLVING,
            *ACTIVE,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        clashes=(
            *_LOCKING_CLASHES,
            ("check", _MOVING),
            *_SELECTION_CLASHES,
            *_PACKAGE_CLASHES,
            *_INSTALLING_CLASHES,
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
            _switch("--isolated", "Use an environment of its own for this run", variable="DETENT_ISOLATED"),
            _switch("--no-project", "Do not look for a project", variable="DETENT_NO_PROJECT")._replace(
                opposite=""
            ),
            *SELECTION,
            *PACKAGES,
            *INSTALLING,
            *UPGRADE,
            *RESOLVING,
            *ACTIVE,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        Argument("command", "[COMMAND...]", "The command and its arguments", many=True, command_line=True),
        clashes=(
            *_LOCKING_CLASHES,
            *_SELECTION_CLASHES,
            *_PACKAGE_CLASHES,
            *_INSTALLING_CLASHES,
            ("no_sync", ("isolated", "exact", "reinstall", "reinstall_package", *_MOVING, *_CHOOSING)),
            ("isolated", ("active", "no_project")),
            ("no_project", ("active", "exact", "only_group", "only_dev", *_MORE, *_MOVING, *_CHOOSING)),
        ),
    ),
    Command(
        "venv",
        "Make a virtual environment",
        (
            _switch("--clear", "Make it anew where one stands", short="-c", variable="DETENT_VENV_CLEAR"),
            _switch("--allow-existing", "Keep what is in the folder already"),
            _switch("--seed", "Put pip into it", variable="DETENT_VENV_SEED"),
            _value("--prompt", "TEXT", "What a shell shows while it is active (default: a name)"),
            _switch("--system-site-packages", "Let the interpreter's own packages be imported too"),
            _switch("--no-project", "Do not look for a project", variable="DETENT_NO_PROJECT")._replace(
                opposite=""
            ),
            *PRERELEASE,
            *UPLOADED,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        Argument("path", "[PATH]", "Its folder (default: the project's environment, else `.venv` here)"),
        clashes=(("clear", ("allow_existing",)),),
    ),
    Command(
        "tree",
        "Show the locked packages as a tree",
        (
            _value("--depth", "N", "Go N levels deep", short="-d"),
            _switch("--invert", "Show what needs each package"),
            _list("--package", "NAME", "Start at this package"),
            _list("--prune", "NAME", "Do not show this package and what stands below it"),
            _switch("--no-dedupe", "Draw what a package needs every time it comes"),
            *SELECTION,
            *LOCKING,
            *RESOLVING,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        clashes=(*_LOCKING_CLASHES, *_SELECTION_CLASHES),
    ),
    Command(
        "export",
        "Write the lock for other tools",
        (
            _value(
                "--format",
                "FORMAT",
                "requirements.txt (the default), constraints.txt, pylock.toml; else by the name of FILE",
                choices=FORMATS,
            ),
            _value("--output-file", "FILE", "Write it to FILE too", short="-o"),
            *SELECTION,
            *PACKAGES,
            _list("--prune", "NAME", "Leave this package out, and what nothing else needs"),
            _switch("--no-emit-project", "No line for the project itself"),
            _switch("--only-emit-project", "No line but the project's own"),
            _list("--no-emit-package", "NAME", "No line for this package; what it needs stays"),
            _switch("--no-editable", "Write editables as ordinary paths", variable="DETENT_NO_EDITABLE"),
            _switch("--no-hashes", "Leave the hashes out"),
            _switch("--no-annotate", "Leave out who needs each package"),
            _switch("--no-header", "Leave out the command that made the file"),
            _switch("--emit-index-url", "Name the index with an `--index-url` line"),
            *LOCKING,
            *RESOLVING,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        clashes=(
            *_LOCKING_CLASHES,
            *_SELECTION_CLASHES,
            *_PACKAGE_CLASHES,
            ("no_emit_project", ("only_emit_project",)),
        ),
    ),
    Command(
        "import",
        "Take over a project of poetry, uv, pdm, pipenv or pip, with its locked versions",
        (
            _value(
                "--from",
                "TOOL",
                "Whose project it is: poetry, uv, pdm, pipenv or requirements (default: guess)",
                choices=IMPORTED,
            ),
            _value("--group", "GROUP", "Put the requirements of FILE into this dependency group"),
            _switch("--dry-run", "Print the new pyproject.toml, change nothing"),
            *RESOLVING,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        Argument("files", "[FILE...]", "Requirements files, or a file of the other tool", many=True),
    ),
    Command(
        "build",
        "Build a source distribution and a wheel",
        (
            _switch("--sdist", "Build a source distribution, and no wheel unless `--wheel` is given too"),
            _switch("--wheel", "Build a wheel, straight from the folder"),
            _value("--out-dir", "DIR", "Put the files into DIR (default: the source's `dist`)", short="-o"),
            _switch("--clear", "Remove other builds of the project from DIR"),
            *ONE_PACKAGE,
            _switch("--all-packages", "Build all packages of the workspace"),
            _list(
                "--build-constraint",
                "FILE",
                "Bound what the builds require by this requirements file",
                short="-b",
                variable="DETENT_BUILD_CONSTRAINT",
            )._replace(hidden=("--build-constraints",)),
            *PRERELEASE,
            *UPLOADED,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        Argument("source", "[SRC]", "A folder or a source distribution (default: the project)"),
        clashes=_PACKAGE_CLASHES,
    ),
    Command(
        "version",
        "Show, set or raise the project's version",
        (
            _list(
                "--bump",
                "PART[=N]",
                "Raise a part: major, minor, patch, stable, alpha, beta, rc, post, dev",
            ),
            *ONE_PACKAGE,
            _switch("--short", "Only the version"),
            _value("--output-format", "FORMAT", "text (the default) or json", choices=("text", "json")),
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--no-sync", "Stop after locking", variable="DETENT_NO_SYNC"),
            *EDIT_LOCKING,
            *RESOLVING,
            *ACTIVE,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
            *LINKING,
        ),
        Argument("value", "[VERSION]", "The version to set"),
        clashes=_LOCKING_CLASHES,
    ),
    Command(
        "undo",
        "Put the project back as it was before the last change; twice: do it again",
        (
            _switch("--dry-run", "Show what would change, change nothing"),
            _switch("--force", "Put files back even if they were edited since"),
            *INDEX,
            *BUILDING,
        ),
    ),
    Command(
        "workspace list",
        "Show the members of the workspace",
        (_switch("--paths", "Show their folders instead of their names")._replace(opposite=""),),
    ),
    Command(
        "workspace dir",
        "Print the folder of the workspace, or of a member",
        ONE_PACKAGE,
    ),
    Command(
        "workspace metadata",
        "Print what there is to know of the workspace, as JSON",
    ),
    Command(
        "index list",
        "Show the package indexes in the order they are asked, and who set each",
        (
            _value("--output-format", "FORMAT", "text (the default) or json", choices=("text", "json")),
            *INDEX,
        ),
    ),
    Command(
        "index add",
        "Add a package index to the project",
        (
            _value("--name", "NAME", "What it is called"),
            _switch("--default", "Put it in the place of the default index")._replace(opposite=""),
            _switch("--explicit", "Use it for packages that are pinned to it alone")._replace(opposite=""),
            _switch("--flat", "It is one page of links, or a folder of files")._replace(opposite=""),
            _switch("--first", "Ask it before the others")._replace(opposite=""),
            _switch("--last", "Ask it after the others (the default)")._replace(opposite=""),
            _switch("--user", "Write it into your own detent.toml")._replace(opposite=""),
        ),
        Argument("index", "[NAME=]URL", "The URL of its simple API", required=True),
        clashes=(("first", ("last",)), ("default", ("explicit",))),
    ),
    Command(
        "index remove",
        "Take a package index out of the project",
        (_switch("--user", "Take it out of your own detent.toml")._replace(opposite=""),),
        Argument("index", "NAME", "Its name, or its URL", required=True),
    ),
    Command(
        "auth login",
        "Keep a login for a service, for whenever it asks for one",
        (
            _value("--username", "NAME", "The name of the user", short="-u"),
            _value("--password", "PASSWORD", "The password; `-` reads it from stdin (default: ask)"),
            _value("--token", "TOKEN", "A token in place of both; `-` reads it from stdin", short="-t"),
            *CONNECTING[:1],
        ),
        Argument("service", "SERVICE", "Its host, or a URL of it", required=True),
        clashes=(("token", ("username", "password")),),
    ),
    Command(
        "auth logout",
        "Forget the logins for a service",
        (_value("--username", "NAME", "Only this user's", short="-u"), *CONNECTING[:1]),
        Argument("service", "SERVICE", "Its host, or a URL of it", required=True),
    ),
    Command(
        "auth token",
        "Print the password that is kept for a service",
        (_value("--username", "NAME", "This user's", short="-u"), *CONNECTING[:1]),
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
            _switch("--human", "A table with sizes as people read them", short="-H"),
            _value(
                "--output-format",
                "FORMAT",
                "auto (the default: by where the answer goes), human, machine, json",
                choices=("auto", "human", "machine", "json"),
            ),
        ),
        clashes=(("human", ("output_format",)),),
    ),
    Command(
        "cache list",
        "Show the packages in the cache, with size, last use and users",
        (_value("--output-format", "FORMAT", "text (the default) or json", choices=("text", "json")),),
        Argument("names", "[NAME...]", "Packages to show (default: all)", many=True),
    ),
    Command(
        "cache prune",
        "Remove from the cache what nobody needs any more",
        (_switch("--ci", "Remove everything that can be fetched again too, keep what was built"),),
    ),
    Command(
        "cache verify",
        "Read every file in the cache again; exit 1 when one is damaged",
        (_switch("--repair", "Remove what is damaged; it is fetched again when it is needed"),),
        Argument("names", "[NAME...]", "Packages to verify (default: everything)", many=True),
    ),
    Command(
        "cache clean",
        "Empty the cache, or drop the named packages",
        (_switch("--force", "Also where environments that are linked to it would break"),),
        Argument("names", "[NAME...]", "Packages to drop", many=True),
    ),
    Command(
        "config schema",
        "Print the JSON schema of `[tool.detent]` and detent.toml, for editors",
        is_hidden=True,
    ),
    Command(
        "self version",
        "Show detent's own version",
        (
            _switch("--short", "Only the version"),
            _value("--output-format", "FORMAT", "text (the default) or json", choices=("text", "json")),
        ),
    ),
    Command(
        "completion",
        "Print the script that completes command lines in a shell",
        (),
        Argument("shell", "SHELL", "bash, zsh, fish or powershell", required=True, choices=SHELLS),
    ),
    Command("help", "Show help for a command", (), Argument("words", "[COMMAND...]", "A command", many=True)),
)

ALIASES = {"new": "init", "generate-shell-completion": "completion"}
"""Other names of commands, for those who come from elsewhere; the help does not show them."""

SETTINGS = {
    flag.name: flag.setting
    for flag in (*GLOBAL, *(flag for command in COMMANDS for flag in command.flags))
    if flag.setting
}
"""The setting that a flag stands for, by the flag's name."""

BY_NAME = {command.name: command for command in COMMANDS}
BY_NAME.update({alias: BY_NAME[name] for alias, name in ALIASES.items()})
