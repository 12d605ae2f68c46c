"""`init` on the command line: from flags to its options, and from its outcome to a line of talk."""

from detent.cli.console import Console
from detent.cli.flags import BACKEND_ALIASES
from detent.cli.options import is_on, text
from detent.cli.parse import Values
from detent.cli.render import show
from detent.ops.init import AUTHOR_SOURCES, InitOptions, InitOutcome
from detent.project.templates import BACKENDS, KINDS, Kind

_KINDS: dict[str, Kind] = {"app": "app", "lib": "lib", "package": "app", "no_package": "script"}


def options(values: Values) -> InitOptions:
    """Options of `init`."""
    flags = [flag for flag in _KINDS if is_on(values, flag)]
    backend = text(values, "build_backend")
    is_bare = is_on(values, "bare")
    # A file alone is no package, unless something says so.
    usual: Kind = "script" if is_bare and backend is None else "app"
    kinds = {_KINDS[flag] for flag in flags}
    return InitOptions(
        path=text(values, "path"),
        kind=next((kind for kind in KINDS if kind in kinds - {"app"}), "app") if kinds else usual,
        bare=is_bare,
        name=text(values, "name"),
        description=text(values, "description") or "",
        license=text(values, "license") or "",
        author_from=next(
            (source for source in AUTHOR_SOURCES if source == text(values, "author_from")), "auto"
        ),
        backend=next((b for b in BACKENDS if b == BACKEND_ALIASES.get(backend or "", backend)), "hatchling"),
        vcs="none" if text(values, "vcs") == "none" else "git",
        readme=not is_on(values, "no_readme"),
        pin_python=not is_on(values, "no_pin_python"),
        workspace=not is_on(values, "no_workspace"),
    )


def report(console: Console, outcome: InitOutcome) -> None:
    """Report a new project."""
    where = f" at `{show(outcome.shown_path)}`" if outcome.shown_path else ""
    if outcome.workspace:
        console.say(f"`{show(outcome.name)}` is a member of the workspace `{show(outcome.workspace)}`")
    console.say(f"Initialized project `{show(outcome.name)}`{where}")
