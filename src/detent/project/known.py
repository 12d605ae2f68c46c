"""What can be set, as one table: every setting, its type, and where it may stand.

Checking a file, deciding a setting, the reference and the schema for editors are all made from these rows, so
a setting cannot mean two things. A *protection* keeps something away: a slip in its name is an error.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from detent.named import NamedTuple

LinkMode: TypeAlias = Literal["auto", "clone", "hardlink", "copy", "directory"]
VerifyCache: TypeAlias = Literal["changed", "always"]
KeyringProvider: TypeAlias = Literal["disabled", "subprocess"]
Resolution: TypeAlias = Literal["highest", "lowest", "lowest-direct"]
PrereleaseMode: TypeAlias = Literal["disallow", "allow", "if-necessary", "explicit"]
ForkStrategy: TypeAlias = Literal["requires-python", "fewest"]
SAME_MODE: Final[Mapping[str, PrereleaseMode]] = {"if-necessary-or-explicit": "if-necessary"}
"""Another spelling of a mode, of older releases of uv."""
PRERELEASE_MODES = (*get_args(PrereleaseMode), *SAME_MODE)

Place: TypeAlias = Literal["machine", "anywhere", "pyproject"]
"""Only in files of whoever works here, in any file, or only in a pyproject.toml."""

Kind: TypeAlias = Literal[
    "url",
    "path",
    "text",
    "choice",
    "count",
    "size",
    "age",
    "switch",
    "names",
    "options",
    "specifier",
    "groups",
    "indexes",
    "hosts",
    "links",
    "mirrors",
    "strategy",
    "cutoff",
    "cutoffs",
    "modes",
    "requirements",
    "overrides",
    "excludes",
    "conflicts",
    "markers",
    "metadata",
    "sources",
    "bounds",
    "extra-requirements",
    "variables",
    "cache-keys",
    "workspace",
    "tasks",
    "licenses",
]


class Known(NamedTuple):
    """What can be set."""

    name: str
    """As files and messages spell it."""
    kind: Kind
    help: str
    """A sentence, with its period."""
    place: Place
    example: str
    """As TOML writes it."""
    default: str = ""
    """In words or as TOML writes it; empty where there is none."""
    flag: str = ""
    variable: str = ""
    fallbacks: tuple[str, ...] = ()
    """Variables of other tools, asked when nothing of detent's sets it."""
    choices: tuple[str, ...] = ()
    is_protection: bool = False
    """Whether a slip in it could turn off what keeps something from happening."""


KNOWN = (
    Known(
        "index-url",
        "url",
        "The default package index: the root of its simple API. It is asked last.",
        "anywhere",
        '"https://index.example.com/simple/"',
        flag="--default-index",
        variable="DETENT_DEFAULT_INDEX",
        fallbacks=("PIP_INDEX_URL",),
        default="what pip is configured to use, else the public index",
        is_protection=True,
    ),
    Known(
        "index",
        "indexes",
        "The package indexes, in the order they are asked; the first that has a package serves it. One with"
        " `default = true` takes the place of the default index and is asked last.",
        "anywhere",
        '[{ name = "ours", url = "https://index.example.com/simple/" }]',
        flag="--index",
        variable="DETENT_INDEX",
        default="[]",
        is_protection=True,
    ),
    Known(
        "find-links",
        "links",
        "Folders of wheels and source distributions, or pages of links to such files, looked at before any"
        " index.",
        "anywhere",
        '["./wheels"]',
        flag="--find-links",
        variable="DETENT_FIND_LINKS",
        fallbacks=("PIP_FIND_LINKS",),
        default="[]",
    ),
    Known(
        "no-index",
        "switch",
        "Ask no index with a page for each project: use links and folders of files alone.",
        "anywhere",
        "true",
        flag="--no-index",
        variable="DETENT_NO_INDEX",
        fallbacks=("PIP_NO_INDEX",),
        default="false",
        is_protection=True,
    ),
    Known(
        "index-strategy",
        "strategy",
        "How several indexes are asked: the first that has a package serves it, which no setting changes.",
        "anywhere",
        '"first-index"',
        flag="--index-strategy",
        variable="DETENT_INDEX_STRATEGY",
        default='"first-index"',
        is_protection=True,
    ),
    Known(
        "index-mirror",
        "mirrors",
        "Where pages and files of an index are fetched on this machine, by the name or the URL of the index."
        " A lock names the index all the same.",
        "machine",
        '{ "https://index.example.com/simple/" = "https://mirror.example.com/simple/" }',
        default="{}",
        is_protection=True,
    ),
    Known(
        "build",
        "choice",
        "Whether source distributions may be built, which runs code of theirs. The project itself"
        " is always built.",
        "anywhere",
        '"deny"',
        flag="--no-build",
        variable="DETENT_NO_BUILD",
        default='"allow"',
        choices=("allow", "deny"),
        is_protection=True,
    ),
    Known(
        "allow-build",
        "names",
        'Packages whose source distributions may be built all the same where `build = "deny"`.',
        "anywhere",
        '["docopt"]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "no-build-package",
        "names",
        "Packages whose source distributions are never built.",
        "anywhere",
        '["numpy"]',
        flag="--no-build-package",
        variable="DETENT_NO_BUILD_PACKAGE",
        default="[]",
        is_protection=True,
    ),
    Known(
        "no-binary",
        "switch",
        "Install nothing from wheels of the index; build everything.",
        "anywhere",
        "true",
        flag="--no-binary",
        variable="DETENT_NO_BINARY",
        default="false",
        is_protection=True,
    ),
    Known(
        "no-binary-package",
        "names",
        "Packages that are built, and not installed from wheels of the index.",
        "anywhere",
        '["lxml"]',
        flag="--no-binary-package",
        variable="DETENT_NO_BINARY_PACKAGE",
        default="[]",
        is_protection=True,
    ),
    Known(
        "exclude-newer",
        "cutoff",
        "Take only files that were uploaded before a day is over (UTC) or before a moment, or that are as old"
        " as a span of days, hours or weeks; `false`: all. A file without an upload time is not taken.",
        "anywhere",
        '"7 days"',
        flag="--exclude-newer",
        variable="DETENT_EXCLUDE_NEWER",
        default="false",
        is_protection=True,
    ),
    Known(
        "exclude-newer-package",
        "cutoffs",
        "The same for single packages, in place of `exclude-newer`.",
        "anywhere",
        '{ numpy = "2024-05-01", our-own = false }',
        flag="--exclude-newer-package",
        default="{}",
        is_protection=True,
    ),
    Known(
        "prerelease",
        "choice",
        "When pre-releases are taken: never; like any other release; where nothing else will do; or where"
        " nothing else will do and the project names one. `if-necessary-or-explicit` is another spelling of"
        " `if-necessary`.",
        "anywhere",
        '"explicit"',
        flag="--prerelease",
        variable="DETENT_PRERELEASE",
        default='"if-necessary"',
        choices=PRERELEASE_MODES,
    ),
    Known(
        "prerelease-package",
        "modes",
        "The same for single packages, in place of `prerelease`.",
        "anywhere",
        '{ black = "allow", numpy = "disallow" }',
        flag="--prerelease-package",
        default="{}",
        choices=PRERELEASE_MODES,
    ),
    Known(
        "resolution",
        "choice",
        "Which of the versions that fit is taken: the newest; the oldest; or the oldest of what the project"
        " itself names, and the newest of all else.",
        "anywhere",
        '"lowest-direct"',
        flag="--resolution",
        variable="DETENT_RESOLUTION",
        default='"highest"',
        choices=get_args(Resolution),
    ),
    Known(
        "fork-strategy",
        "choice",
        "Whether each Python gets the newest version that is for it, or all of them one version, where there"
        " is one.",
        "anywhere",
        '"fewest"',
        flag="--fork-strategy",
        variable="DETENT_FORK_STRATEGY",
        default='"requires-python"',
        choices=get_args(ForkStrategy),
    ),
    Known(
        "constraint-dependencies",
        "requirements",
        "Bounds for packages that something needs; they make nothing needed.",
        "pyproject",
        '["urllib3<2.3"]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "override-dependencies",
        "overrides",
        "Requirements that take the place of everybody's on these packages, or of one package's alone.",
        "pyproject",
        '["numpy>=2", { package = "botocore", dependencies = ["urllib3>=2"] }]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "exclude-dependencies",
        "excludes",
        "Packages that are left out: whoever needs them, or where one package does.",
        "pyproject",
        '["typing", { package = "botocore", dependencies = ["urllib3"] }]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "conflicts",
        "conflicts",
        "Extras and groups of the project that are never on together: lists of two or more.",
        "pyproject",
        '[[{ extra = "cpu" }, { extra = "cuda" }]]',
        default="[]",
    ),
    Known(
        "environments",
        "markers",
        "The environments that the lock is for, as markers; where there are none, all.",
        "pyproject",
        "[\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\"]",
        default="[]",
    ),
    Known(
        "required-environments",
        "markers",
        "Environments, as markers, in which every version that is taken has a file that can be installed.",
        "pyproject",
        "[\"sys_platform == 'win32' and platform_machine == 'AMD64'\"]",
        default="[]",
    ),
    Known(
        "dependency-metadata",
        "metadata",
        "What packages need by the project's own word, in place of what they say themselves.",
        "pyproject",
        '[{ name = "chumpy", version = "0.70", requires-dist = ["numpy>=1.8.1"] }]',
        default="[]",
    ),
    Known(
        "sources",
        "sources",
        "Where packages come from when that is not simply the index: a git repository, a URL, a path, a"
        " member of the workspace or one index, for everybody who asks for the package. Several in a list,"
        " each with its `marker`, `extra` or `group`.",
        "pyproject",
        '{ widget = { git = "https://git.example.com/widget.git", tag = "v1.2" } }',
        default="{}, or `[tool.uv.sources]` where there is one",
        is_protection=True,
    ),
    Known(
        "workspace",
        "workspace",
        "The projects below this folder that share its lock and its environment: `members` and `exclude` are"
        " patterns of their folders.",
        "pyproject",
        '{ members = ["packages/*"], exclude = ["packages/old"] }',
        default="none, or `[tool.uv.workspace]` where there is one",
        is_protection=True,
    ),
    Known(
        "tasks",
        "tasks",
        "Commands of the project by name, for `detent run NAME`: a list of words, or a table with `run`,"
        " `help`, `env`, `cwd`, `groups`, `extras` and `depends`.",
        "pyproject",
        '{ test = ["pytest", "-q"], check = { depends = ["test"] } }',
        default="none",
    ),
    Known(
        "allowed-licenses",
        "licenses",
        "The licences, by their SPDX identifiers, that `detent licenses` lets packages have; a package with"
        " another one, or without any that can be told, is an error of it.",
        "pyproject",
        '["MIT", "BSD-3-Clause", "Apache-2.0"]',
        flag="--allow",
        default="[], which allows every licence",
        is_protection=True,
    ),
    Known(
        "unchecked-licenses",
        "names",
        "Packages whose licences somebody has looked at: `detent licenses` shows them and lets them pass.",
        "pyproject",
        '["widget"]',
        flag="--ignore",
        default="[]",
    ),
    Known(
        "no-sources",
        "switch",
        "Leave `sources` aside, as everybody does who installs the project from an index.",
        "pyproject",
        "true",
        flag="--no-sources",
        variable="DETENT_NO_SOURCES",
        default="false",
        is_protection=True,
    ),
    Known(
        "no-sources-package",
        "names",
        "Packages whose `sources` are left aside.",
        "pyproject",
        '["widget"]',
        flag="--no-sources-package",
        variable="DETENT_NO_SOURCES_PACKAGE",
        default="[]",
        is_protection=True,
    ),
    Known(
        "config-settings",
        "options",
        "What is passed on to the back ends of builds (PEP 517): a string, or a list of them, by key.",
        "anywhere",
        '{ editable_mode = "strict" }',
        flag="--config-setting",
        default="{}",
    ),
    Known(
        "build-constraint-dependencies",
        "bounds",
        "Bounds for what builds require; they make nothing needed, and do not bound what is installed.",
        "anywhere",
        '["setuptools<80"]',
        default="[]",
        is_protection=True,
    ),
    Known(
        "attestations",
        "switch",
        "Ask indexes that offer it who published what is newly locked, and write that into the lock.",
        "anywhere",
        "false",
        variable="DETENT_ATTESTATIONS",
        default="true",
    ),
    Known(
        "lock-build-requirements",
        "switch",
        "Lock what builds require, too: versions and hashes, and build with these and nothing else.",
        "pyproject",
        "true",
        default="false",
        is_protection=True,
    ),
    Known(
        "extra-build-dependencies",
        "extra-requirements",
        "What the builds of packages need beside what they say themselves: by the package that is built, a"
        " list of requirements, or of tables with `requirement` and `match-runtime`, which takes the version"
        " that is installed.",
        "anywhere",
        '{ flash-attn = [{ requirement = "torch", match-runtime = true }, "ninja"] }',
        default="{}",
    ),
    Known(
        "extra-build-variables",
        "variables",
        "Environment variables for the builds of packages, by the package that is built.",
        "anywhere",
        '{ flash-attn = { MAX_JOBS = "4" } }',
        default="{}",
    ),
    Known(
        "no-build-isolation",
        "switch",
        "Build in the environment that is installed into, with what is there, and bring nothing for builds.",
        "anywhere",
        "true",
        flag="--no-build-isolation",
        variable="DETENT_NO_BUILD_ISOLATION",
        default="false",
    ),
    Known(
        "no-build-isolation-package",
        "names",
        "Packages that are built in the environment that is installed into.",
        "anywhere",
        '["flash-attn"]',
        flag="--no-build-isolation-package",
        variable="DETENT_NO_BUILD_ISOLATION_PACKAGE",
        default="[]",
    ),
    Known(
        "cache-keys",
        "cache-keys",
        "What is looked at to tell whether the folder has to be built again, beside its pyproject.toml and in"
        " place of all that detent would look at: files, by patterns; whether a folder is there; the commit"
        " and the tags; variables.",
        "pyproject",
        '[{ file = "src/**/*.c" }, { git = { commit = true } }, { env = "CFLAGS" }]',
        default="those of `[tool.uv]`, where there are any",
    ),
    Known(
        "link-mode",
        "choice",
        "How files get from the cache into an environment.",
        "anywhere",
        '"copy"',
        flag="--link-mode",
        variable="DETENT_LINK_MODE",
        default='"auto"',
        choices=get_args(LinkMode),
    ),
    Known(
        "no-directory-links",
        "names",
        'Packages whose files are linked one by one where `link-mode = "directory"`.',
        "anywhere",
        '["torch"]',
        default="[]",
    ),
    Known(
        "allow-overwrite",
        "names",
        "Packages whose files take the place of those that another package brings under the same name; of two"
        " in the list the first one's are taken.",
        "anywhere",
        '["opencv-python-headless"]',
        flag="--allow-overwrite",
        default="[]",
    ),
    Known(
        "compile-bytecode",
        "switch",
        "Compile what is installed at once, not at the first import; all environments share the result.",
        "anywhere",
        "true",
        flag="--compile-bytecode",
        variable="DETENT_COMPILE_BYTECODE",
        default="false",
    ),
    Known(
        "add-bounds",
        "choice",
        "The bound that `detent add` writes.",
        "anywhere",
        '"major"',
        default='"lower"',
        choices=("lower", "major", "minor", "exact"),
    ),
    Known(
        "required-version",
        "specifier",
        "The releases of detent that may be used here; any other one stops.",
        "anywhere",
        '">=0.1"',
        is_protection=True,
    ),
    Known(
        "default-groups",
        "groups",
        'The dependency groups that are installed when nothing is said: a list, or `"all"`.',
        "pyproject",
        '["dev", "docs"]',
        default='["dev"], where there is such a group',
    ),
    Known(
        "package",
        "switch",
        "Whether the project itself is built and installed.",
        "pyproject",
        "false",
        default="true, where there is a `[build-system]`",
    ),
    Known(
        "managed",
        "switch",
        "Whether detent looks after the project at all; where it does not, its commands say so.",
        "pyproject",
        "false",
        default="true",
    ),
    Known(
        "cache-dir",
        "path",
        "The folder of the cache.",
        "machine",
        '"/var/cache/detent"',
        flag="--cache-dir",
        variable="DETENT_CACHE_DIR",
        default="`detent` in the user's cache folder",
    ),
    Known(
        "no-cache",
        "switch",
        "Use a private folder in place of the cache, and remove it when the command ends.",
        "machine",
        "true",
        flag="--no-cache",
        variable="DETENT_NO_CACHE",
        default="false",
    ),
    Known(
        "cache-max-size",
        "size",
        "How much the cache may hold that nothing else does: what environments share with it by link does not"
        " count. What was not used for longest goes first, at most once a day; what was used within two days"
        " stays.",
        "machine",
        '"50 GiB"',
        variable="DETENT_CACHE_MAX_SIZE",
        default='`"20 GiB"`',
    ),
    Known(
        "cache-max-age",
        "age",
        "How long something stays in the cache that nobody uses.",
        "machine",
        '"30 days"',
        variable="DETENT_CACHE_MAX_AGE",
        default='`"90 days"`',
    ),
    Known(
        "verify-cache",
        "choice",
        "When files of the cache are hashed before they are linked into an environment: where size or time of"
        " one differs from what was written down, or always.",
        "machine",
        '"always"',
        variable="DETENT_VERIFY_CACHE",
        default='"changed"',
        choices=get_args(VerifyCache),
        is_protection=True,
    ),
    Known(
        "python",
        "text",
        "The Python to use: a version, a range or a path.",
        "machine",
        '"3.12"',
        flag="--python",
        variable="DETENT_PYTHON",
        default="`.python-version`, else the newest that fits",
    ),
    Known(
        "project-environment",
        "path",
        "The project's environment, relative to the project.",
        "machine",
        '".venv-linux"',
        variable="DETENT_PROJECT_ENVIRONMENT",
        default='".venv"',
    ),
    Known(
        "concurrent-downloads",
        "count",
        "How many files may be downloaded side by side.",
        "machine",
        "4",
        variable="DETENT_CONCURRENT_DOWNLOADS",
        default="16",
    ),
    Known(
        "concurrent-builds",
        "count",
        "How many source distributions and folders may be built side by side.",
        "machine",
        "1",
        variable="DETENT_CONCURRENT_BUILDS",
        default="as many as the machine has processors",
    ),
    Known(
        "offline",
        "switch",
        "Never use the network.",
        "machine",
        "true",
        flag="--offline",
        variable="DETENT_OFFLINE",
        default="false",
    ),
    Known(
        "certificates",
        "path",
        "A file of certificates to trust in place of the system's.",
        "machine",
        '"/etc/ssl/certs/example.pem"',
        flag="--cert",
        variable="SSL_CERT_FILE",
        fallbacks=("PIP_CERT", "REQUESTS_CA_BUNDLE"),
        default="what the system trusts",
        is_protection=True,
    ),
    Known(
        "system-certs",
        "switch",
        "Trust what the system trusts, whatever `certificates` and variables of other tools name;"
        " `--cert` and `SSL_CERT_FILE` still count.",
        "machine",
        "true",
        flag="--system-certs",
        variable="DETENT_SYSTEM_CERTS",
        default="false",
        is_protection=True,
    ),
    Known(
        "client-cert",
        "path",
        "A PEM file with a certificate and its key, for servers that ask who connects. An index of one's own"
        " `detent.toml` can have another one as its `client-cert`.",
        "machine",
        '"~/.config/detent/client.pem"',
        variable="SSL_CLIENT_CERT",
        is_protection=True,
    ),
    Known(
        "allow-insecure-host",
        "hosts",
        "Hosts (`HOST` or `HOST:PORT`) whose certificates are not checked; each is named, and said when it is"
        " connected to.",
        "machine",
        '["localhost:8443"]',
        flag="--allow-insecure-host",
        variable="DETENT_INSECURE_HOST",
        default="[]",
        is_protection=True,
    ),
    Known(
        "proxy",
        "text",
        "The proxy for everything that is fetched, such as `http://proxy.example:3128`, in place of the usual"
        " variables; `NO_PROXY` still counts.",
        "machine",
        '"http://proxy.example:3128"',
        flag="--proxy",
        variable="DETENT_PROXY",
        default="what `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` say",
    ),
    Known(
        "keyring-provider",
        "choice",
        "Whether the program `keyring` is asked for a login when an index refuses and nothing else has one.",
        "machine",
        '"subprocess"',
        flag="--keyring-provider",
        variable="DETENT_KEYRING_PROVIDER",
        default='"disabled"',
        choices=get_args(KeyringProvider),
        is_protection=True,
    ),
)
BY_NAME: Mapping[str, Known] = {known.name: known for known in KNOWN}

ELSEWHERE: Mapping[str, str] = {"dev-dependencies": "write its list as `dev` in `[dependency-groups]`"}
"""What other tools set here, and a project of detent says in another place; no protections."""

OF_OTHER_TOOLS: Mapping[str, str] = {
    "constraints": "write `constraint-dependencies`",
    "overrides": "write `override-dependencies`",
    "override": "write `override-dependencies`",
    "excludes": "write `exclude-dependencies`",
    "no-build": 'write `build = "deny"`',
    "only-binary": 'write `build = "deny"`',
    "min-release-age": 'write `exclude-newer = "7 days"`',
    "uploaded-prior-to": "write `exclude-newer`",
    "require-hashes": "",
    "require-build-hashes": "",
    "extra-index-url": "write an `[[index]]`",
    "trusted-host": "write `allow-insecure-host` in your own `detent.toml`",
}
"""Protections by names that this release does not know: leaving one out in silence would turn it off. With
what to write in its place, where there is something."""
