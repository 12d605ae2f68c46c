"""The commands about detent itself: its cache, its version, its help."""

import os
from collections.abc import Callable, Sequence

from detent import stamp
from detent.cli.console import Console
from detent.cli.flags import Command
from detent.cli.parse import Values
from detent.cli.render import count, show, size


def by_typer(words: Sequence[str], run: Callable[[Command, Values], int], console: Console) -> int:
    """Let typer answer: help, completion, or what is wrong with the words."""
    from detent.cli import typer_app

    return typer_app.answer(words, run, console)


def trace_of(error: BaseException) -> str:
    """Give the trace of an error, for ``-vv``."""
    import traceback

    return "".join(traceback.format_exception(error)).rstrip()


def detent_version(console: Console) -> int:
    """Print detent's own version."""
    console.answer(f"detent {stamp.VERSION}")
    return 0


def cache_dir(values: Values, console: Console) -> int:
    """Print the folder of the cache."""
    from detent.cli import options
    from detent.ops.cache import cache_dir as folder
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        console.answer(folder(world))
    return 0


def cache_size(values: Values, console: Console) -> int:
    """Show how big the cache is."""
    from detent.cli import options
    from detent.ops.cache import cache_size as measure
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        outcome = measure(world)
    console.answer(f"{size(outcome.size_bytes)} in {count(outcome.files, 'file')} at {show(outcome.path)}")
    return 0


def cache_clean(values: Values, console: Console) -> int:
    """Empty the cache, or drop the named packages."""
    from detent.cli import options
    from detent.ops.cache import cache_clean as clean
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report, uses_store=False) as world:
        outcome = clean(world, options.words(values, "names"))
    console.say(f"Removed {count(outcome.files, 'file')} ({size(outcome.size_bytes)})")
    return 0
