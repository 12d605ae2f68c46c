"""The flags that several commands share, and what may be chosen."""

from detent.cli.grammar import Clashes, Flag, many, switch, value

LINK_MODES = ("auto", "clone", "hardlink", "copy", "directory")
RESOLUTIONS = ("highest", "lowest", "lowest-direct")
PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
"""The last is another spelling of `if-necessary`."""
FORK_STRATEGIES = ("requires-python", "fewest")
IMPORTED = ("poetry", "uv", "pdm", "pipenv", "requirements")
SHELLS = ("bash", "zsh", "fish", "powershell")
ACTIVATED = (
    "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "powershell", "pwsh", "sh", "tcsh", "zsh",
)  # fmt: skip
FORMATS = ("requirements.txt", "constraints.txt", "pylock.toml", "cyclonedx1.6")
FORMAT_ALIASES = {"cyclonedx": "cyclonedx1.6"}
BACKENDS = ("hatchling", "setuptools", "flit-core", "poetry-core", "pdm-backend")
BACKEND_ALIASES = {"hatch": "hatchling", "flit": "flit-core", "poetry": "poetry-core", "pdm": "pdm-backend"}
"""What uv calls them."""

GLOBAL = (
    value("--project", "DIR", "Start looking for the project in DIR", variable="DETENT_PROJECT"),
    value("--directory", "DIR", "Change to DIR before doing anything", variable="DETENT_WORKING_DIR"),
    value(
        "--config-file",
        "FILE",
        "Use this detent.toml in place of the user's and the system's",
        variable="DETENT_CONFIG_FILE",
    ),
    switch(
        "--no-config",
        "Read no configuration file, nor the settings in the project's pyproject.toml",
        variable="DETENT_NO_CONFIG",
    ),
    value("--cache-dir", "DIR", "Keep the cache in DIR", variable="DETENT_CACHE_DIR", setting="cache-dir"),
    switch(
        "--no-cache",
        "Use a private folder in place of the cache, and remove it at the end",
        short="-n",
        variable="DETENT_NO_CACHE",
        setting="no-cache",
    ),
    switch(
        "--offline",
        "Use the cache alone, never the network",
        variable="DETENT_OFFLINE",
        setting="offline",
    ),
    value("--color", "WHEN", "Use colour: auto, always, never", choices=("auto", "always", "never")),
    switch("--no-color", "The same as `--color never`")._replace(opposite=""),
    switch("--no-progress", "Show no progress on the terminal", variable="DETENT_NO_PROGRESS"),
    value(
        "--output-format",
        "FORMAT",
        "The answer as text (the default), or as json on stdout",
        choices=("text", "json"),
    ),
    Flag("quiet", ("-q", "--quiet"), "count", "Print only errors; twice: nothing"),
    Flag("verbose", ("-v", "--verbose"), "count", "Print details; twice: also the trace of an error"),
)


def global_beside(flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
    """Give the flags of every command that a command has not as its own, with more choices."""
    own = {flag.name for flag in flags}
    return tuple(flag for flag in GLOBAL if flag.name not in own)


CONNECTING = (
    value(
        "--keyring-provider",
        "PROVIDER",
        "Ask the system's keyring for logins: disabled (the default), subprocess",
        variable="DETENT_KEYRING_PROVIDER",
        choices=("disabled", "subprocess"),
        setting="keyring-provider",
    ),
    value(
        "--cert",
        "FILE",
        "Certificates to trust in place of the system's",
        variable="SSL_CERT_FILE",
        setting="certificates",
    ),
    switch(
        "--system-certs",
        "Trust what the system trusts, whatever configuration and other tools' variables say",
        variable="DETENT_SYSTEM_CERTS",
        setting="system-certs",
    )._replace(opposite=""),
    many(
        "--allow-insecure-host",
        "HOST[:PORT]",
        "Do not check the certificate of this host",
        variable="DETENT_INSECURE_HOST",
        setting="allow-insecure-host",
    )._replace(hidden=("--trusted-host",)),
    value(
        "--proxy",
        "URL",
        "The proxy for everything that is fetched",
        variable="DETENT_PROXY",
        setting="proxy",
    ),
)

INDEX = (
    many(
        "--index",
        "[NAME=]URL",
        "A package index to ask before all others, by the URL of its simple API",
        variable="DETENT_INDEX",
        setting="index",
    ),
    value(
        "--default-index",
        "URL",
        "The package index (simple API root) instead of the configured one",
        variable="DETENT_DEFAULT_INDEX",
        setting="index-url",
    )._replace(hidden=("-i", "--index-url")),
    many(
        "--find-links",
        "PLACE",
        "A folder of files, or a page of links to them, to look at before any index",
        short="-f",
        variable="DETENT_FIND_LINKS",
        setting="find-links",
    ),
    switch(
        "--no-index",
        "Ask no index, use what `--find-links` names",
        variable="DETENT_NO_INDEX",
        setting="no-index",
    )._replace(opposite=""),
    value(
        "--index-strategy",
        "STRATEGY",
        "How several indexes are asked: first-index, the only way there is",
        variable="DETENT_INDEX_STRATEGY",
        setting="index-strategy",
    ),
    many("--extra-index-url", "URL", "The same as `--index`, as pip spells it", setting="extra-index-url"),
    *CONNECTING,
)

PYTHON = (
    value(
        "--python",
        "PYTHON",
        "The interpreter: a version, a range or a path",
        short="-p",
        variable="DETENT_PYTHON",
        setting="python",
    ),
)

UPGRADE = (
    switch("--upgrade", "Let every locked version move", short="-U"),
    many("--upgrade-package", "NAME[==V]", "Let this package move, or move it to V", short="-P"),
    many("--upgrade-group", "GROUP", "Let the packages this dependency group names move"),
)

LOCKING = (
    switch("--locked", "Fail if the lock is not up to date", variable="DETENT_LOCKED"),
    switch("--frozen", "Use the lock as it is, up to date or not", variable="DETENT_FROZEN"),
)

EDIT_LOCKING = (
    switch("--locked", "Fail if the lock would have to change", variable="DETENT_LOCKED"),
    switch("--frozen", "Edit pyproject.toml alone, neither lock nor sync", variable="DETENT_FROZEN"),
)

SELECTION = (
    many("--extra", "EXTRA", "Include this extra"),
    switch("--all-extras", "Include every extra"),
    many("--no-extra", "EXTRA", "Leave this extra out again"),
    many("--group", "GROUP", "Include this dependency group"),
    many("--no-group", "GROUP", "Leave this group out", variable="DETENT_NO_GROUP"),
    many("--only-group", "GROUP", "Install this group alone, without the project's dependencies"),
    switch("--all-groups", "Include every group"),
    switch("--no-default-groups", "Leave the default groups out", variable="DETENT_NO_DEFAULT_GROUPS"),
    switch("--no-dev", "Leave the group `dev` out", variable="DETENT_NO_DEV"),
    switch("--only-dev", "Install the group `dev` alone"),
)

PACKAGES = (
    many("--package", "NAME", "For this member of the workspace, wherever in it the command stands"),
    switch("--all-packages", "For all members of the workspace"),
)

ONE_PACKAGE = (value("--package", "NAME", "For this member of the workspace"),)

POETRY = {
    "group": ("--with",),
    "no_group": ("--without",),
    "only_group": ("--only",),
    "no_default_groups": ("--prod", "--production"),
}
"""How poetry and pdm spell the selection of a sync; `run --with` means something else to many."""

INSTALLING = (
    switch(
        "--no-install-project",
        "Install everything but the project itself",
        variable="DETENT_NO_INSTALL_PROJECT",
    )._replace(hidden=("--no-root", "--no-self")),
    switch(
        "--no-install-local",
        "Install nothing that lies in a folder of this machine",
        variable="DETENT_NO_INSTALL_LOCAL",
    ),
    switch(
        "--no-install-workspace",
        "Install neither the root of the workspace nor its members",
        variable="DETENT_NO_INSTALL_WORKSPACE",
    ),
    many("--no-install-package", "NAME", "Do not install this package"),
    switch("--only-install-project", "Install the project alone")._replace(hidden=("--only-root",)),
    switch("--only-install-local", "Install what lies in folders of this machine alone"),
    many("--only-install-package", "NAME", "Install this package alone"),
    switch("--no-editable", "Install the project as a copy, not as a link", variable="DETENT_NO_EDITABLE"),
    switch("--reinstall", "Install everything again"),
    many("--reinstall-package", "NAME", "Install this package again"),
)

ACTIVE = (switch("--active", "Use the environment that is active, not the project's own"),)

LINKING = (
    value(
        "--link-mode",
        "MODE",
        "How files come from the cache: auto, clone, hardlink, copy, directory",
        variable="DETENT_LINK_MODE",
        choices=LINK_MODES,
        setting="link-mode",
    ),
    switch(
        "--compile-bytecode",
        "Compile what is installed to byte code",
        variable="DETENT_COMPILE_BYTECODE",
        setting="compile-bytecode",
    )._replace(hidden=("--compile",)),
    many(
        "--allow-overwrite",
        "NAME",
        "Let this package's files take the place of other packages'",
        setting="allow-overwrite",
    ),
)

BUILDING = (
    switch("--no-build", "Build no source distribution", variable="DETENT_NO_BUILD", setting="build"),
    many(
        "--no-build-package",
        "NAME",
        "Build no source distribution of this package",
        variable="DETENT_NO_BUILD_PACKAGE",
        setting="no-build-package",
    ),
    switch(
        "--no-binary",
        "Build everything, install no wheel of the index",
        variable="DETENT_NO_BINARY",
        setting="no-binary",
    ),
    many(
        "--no-binary-package",
        "NAME",
        "Build this package, install no wheel of it",
        variable="DETENT_NO_BINARY_PACKAGE",
        setting="no-binary-package",
    ),
    many(
        "--config-setting",
        "KEY=VALUE",
        "Pass this on to the back ends of builds",
        short="-C",
        setting="config-settings",
    )._replace(hidden=("--config-settings",)),
    switch(
        "--no-build-isolation",
        "Build in the environment that is installed into, with what is there",
        variable="DETENT_NO_BUILD_ISOLATION",
        setting="no-build-isolation",
    )._replace(hidden=("--no-isolation",)),
    many(
        "--no-build-isolation-package",
        "NAME",
        "Build this package in the environment that is installed into",
        variable="DETENT_NO_BUILD_ISOLATION_PACKAGE",
        setting="no-build-isolation-package",
    ),
)

UPLOADED = (
    value(
        "--exclude-newer",
        "WHEN",
        "Only files uploaded before a date, or older than a span such as `7 days`; false: all",
        variable="DETENT_EXCLUDE_NEWER",
        setting="exclude-newer",
    )._replace(hidden=("--uploaded-prior-to",)),
    many(
        "--exclude-newer-package",
        "NAME=WHEN",
        "The same for this package",
        setting="exclude-newer-package",
    ),
)

PRERELEASE = (
    value(
        "--prerelease",
        "MODE",
        "Pre-releases: if-necessary (the default), explicit, disallow, allow",
        variable="DETENT_PRERELEASE",
        choices=PRERELEASES,
        setting="prerelease",
    )._replace(shorthands=(("--pre", "allow"),)),
    many(
        "--prerelease-package",
        "NAME=MODE",
        "Pre-releases of this package",
        setting="prerelease-package",
    ),
)

RESOLVING = (
    value(
        "--resolution",
        "ORDER",
        "Which versions to take: highest (the default), lowest, lowest-direct",
        variable="DETENT_RESOLUTION",
        choices=RESOLUTIONS,
        setting="resolution",
    ),
    *PRERELEASE,
    value(
        "--fork-strategy",
        "STRATEGY",
        "Newest for each Python: requires-python (the default); or fewest versions: fewest",
        variable="DETENT_FORK_STRATEGY",
        choices=FORK_STRATEGIES,
        setting="fork-strategy",
    ),
    *UPLOADED,
    switch(
        "--no-sources",
        "Leave `[tool.detent.sources]` aside",
        variable="DETENT_NO_SOURCES",
        setting="no-sources",
    ),
    many(
        "--no-sources-package",
        "NAME",
        "Leave the sources of this package aside",
        variable="DETENT_NO_SOURCES_PACKAGE",
        setting="no-sources-package",
    ),
    value("--max-seconds", "N", "Search for versions no longer than this", variable="DETENT_MAX_SECONDS"),
)

REFRESHING = (
    switch("--refresh", "Ask the index again, whatever the cache has of it"),
    many("--refresh-package", "NAME", "Ask the index again for this package"),
)

LICENSED = (
    many("--allow", "SPDX", "Allow this licence; others end with 1", setting="allowed-licenses"),
    many("--ignore", "NAME", "Let this package pass, whatever it says", setting="unchecked-licenses"),
)

WHERE = (
    switch("--dev", "In the dependency group `dev`", short="-d"),
    value("--group", "GROUP", "In this dependency group"),
    value("--optional", "EXTRA", "In this extra of the project"),
)

SETTINGS = {
    flag.name: flag.setting
    for flag in (*GLOBAL, *INDEX, *PYTHON, *LINKING, *BUILDING, *RESOLVING, *LICENSED)
    if flag.setting
}
"""The setting that a flag stands for, by the flag's name."""

MOVING = ("upgrade", "upgrade_package", "upgrade_group")
CHOOSING = ("resolution", "fork_strategy", "no_sources", "no_sources_package")
MORE = ("group", "all_groups", "extra", "all_extras")
LOCKING_CLASHES: Clashes = (
    ("locked", ("frozen", *MOVING)),
    ("frozen", (*MOVING, *CHOOSING)),
)
SELECTION_CLASHES: Clashes = (("only_group", MORE), ("only_dev", (*MORE, "no_dev")))
PACKAGE_CLASHES: Clashes = (("all_packages", ("package",)),)
INSTALLING_CLASHES: Clashes = (
    ("no_install_project", ("only_install_project",)),
    ("no_install_local", ("only_install_local",)),
    ("no_install_package", ("only_install_package",)),
)
PLACE_CLASHES: Clashes = (
    ("rev", ("tag", "branch")),
    ("tag", ("branch",)),
    ("editable", ("no_editable",)),
    ("workspace", ("no_workspace",)),
)
WHERE_CLASHES: Clashes = (("dev", ("group", "optional")), ("group", ("optional",)))
