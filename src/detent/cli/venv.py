"""`venv` on the command line: from flags to its options, and from its outcome to lines of talk."""

from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from detent.cli.console import Console
from detent.cli.options import is_on, text
from detent.cli.parse import Values
from detent.cli.render import show
from detent.ops.environment import VenvOptions, VenvOutcome

_ACTIVATION = {
    "fish": ("source", "activate.fish"),
    "csh": ("source", "activate.csh"),
    "tcsh": ("source", "activate.csh"),
    "nu": ("overlay use", "activate.nu"),
    "pwsh": (".", "activate.ps1"),
}
"""How a shell activates an environment; one that is not here is taken for a kind of sh."""


def options(values: Values) -> VenvOptions:
    """Options of `venv`."""
    return VenvOptions(
        path=text(values, "path"),
        clear=is_on(values, "clear"),
        allow_existing=is_on(values, "allow_existing"),
        seed=is_on(values, "seed"),
        prompt=text(values, "prompt"),
        system_site_packages=is_on(values, "system_site_packages"),
        no_project=is_on(values, "no_project"),
        project=text(values, "project"),
    )


def report(console: Console, outcome: VenvOutcome, seeds: Iterable[tuple[str, str]], *, shell: str) -> None:
    """Say what was put into the environment, and how to activate it in this shell."""
    for name, version in seeds:
        console.change("+", f"{console.styled(show(name), 'bold')}=={show(version)}")
    word, script = _ACTIVATION.get(Path(shell).name, ("source", "activate"))
    path = show(f"{outcome.display.rstrip('/')}/bin/{script}")
    console.say(f"Activate with: {word} {quote(path)}")
