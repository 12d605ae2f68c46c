"""The commands that read the lock and say something about it."""

from detent.cli.flags import (
    BUILDING,
    FORMATS,
    INDEX,
    LOCKING,
    LOCKING_CLASHES,
    PACKAGE_CLASHES,
    PACKAGES,
    PYTHON,
    REFRESHING,
    RESOLVING,
    SELECTION,
    SELECTION_CLASHES,
)
from detent.cli.grammar import Command, many, switch, value

COMMANDS = (
    Command(
        "tree",
        "Show the locked packages as a tree",
        (
            value("--depth", "N", "Go N levels deep", short="-d"),
            switch("--invert", "Show what needs each package"),
            many("--package", "NAME", "Start at this package"),
            many("--prune", "NAME", "Do not show this package and what stands below it"),
            switch("--no-dedupe", "Draw what a package needs every time it comes"),
            *SELECTION,
            *LOCKING,
            *RESOLVING,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        clashes=(*LOCKING_CLASHES, *SELECTION_CLASHES),
    ),
    Command(
        "export",
        "Write the lock for other tools",
        (
            value(
                "--format",
                "FORMAT",
                "requirements.txt (the default), constraints.txt, pylock.toml; else by the name of FILE",
                choices=FORMATS,
            ),
            value("--output-file", "FILE", "Write it to FILE too", short="-o"),
            *SELECTION,
            *PACKAGES,
            many("--prune", "NAME", "Leave this package out, and what nothing else needs"),
            switch("--no-emit-project", "No line for the project itself"),
            switch("--only-emit-project", "No line but the project's own"),
            many("--no-emit-package", "NAME", "No line for this package; what it needs stays"),
            switch("--no-editable", "Write editables as ordinary paths", variable="DETENT_NO_EDITABLE"),
            switch("--no-hashes", "Leave the hashes out"),
            switch("--no-annotate", "Leave out who needs each package"),
            switch("--no-header", "Leave out the command that made the file"),
            switch("--emit-index-url", "Name the index with an `--index-url` line"),
            *LOCKING,
            *RESOLVING,
            *PYTHON,
            *INDEX,
            *BUILDING,
            *REFRESHING,
        ),
        clashes=(
            *LOCKING_CLASHES,
            *SELECTION_CLASHES,
            *PACKAGE_CLASHES,
            ("no_emit_project", ("only_emit_project",)),
        ),
    ),
)
