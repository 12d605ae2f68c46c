"""`build`: its flags as options, and what it came to as lines of talk."""

from collections.abc import Iterable
from pathlib import Path

from detent.cli.console import Console
from detent.cli.options import is_on, text
from detent.cli.parse import Values
from detent.cli.render import show
from detent.ops.build import BuildOptions, Source
from detent.ops.shown_paths import display


def build(values: Values) -> BuildOptions:
    """Options of `build`."""
    return BuildOptions(
        sdist=is_on(values, "sdist"),
        wheel=is_on(values, "wheel"),
        out_dir=text(values, "out_dir"),
        clear=is_on(values, "clear"),
    )


def facts(source: Source, paths: Iterable[Path]) -> list[object]:
    """Give the same for programs, of one source."""
    return [
        {"package": source.name, "path": str(path), "kind": "wheel" if path.suffix == ".whl" else "sdist"}
        for path in paths
    ]


def built(console: Console, paths: Iterable[Path]) -> None:
    """Report what stands in the output folder now."""
    for path in paths:
        console.say(f"Successfully built {console.styled(show(display(path)), 'bold')}")
