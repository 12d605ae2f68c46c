"""Export: the lock, or the part of it that some extras and groups come to, as a file for other tools."""

import os
from pathlib import Path

from detent import fsio
from detent.errors import UsageError
from detent.lock.excerpt import Taken, excerpt
from detent.lock.export import (
    Format,
    format_of,
    is_pylock_name,
    render_constraints,
    render_pylock,
    render_requirements,
)
from detent.lock.model import Lock
from detent.lock.select import Wanted
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.ops.discover import Part, Project
from detent.ops.lock import LockOutcome, project_inputs, settled_lock
from detent.ops.output_file import refuse_own
from detent.ops.selection import Chosen, for_project, selected_parts, wanted_selection
from detent.ops.shown_lock import locked_names
from detent.ops.world import World


class ExportOptions(NamedTuple):
    """What to export, and how it is written."""

    chosen: Chosen = Chosen()
    format: Format | None = None
    """``None``: guessed from the name of the output file."""
    output: str | None = None
    """Where to write it besides giving it back; relative to the working folder."""
    command: str = ""
    """The command line that the header names; empty for no header."""
    hashes: bool = True
    annotate: bool = True
    editable: bool = True
    index_url: bool = False
    project: bool = True
    """Whether the project has a line of its own."""
    only_project: bool = False
    left_out: tuple[str, ...] = ()
    """Packages without a line; what they need is still there."""
    pruned: tuple[str, ...] = ()
    """Packages that are left out with all that nothing else needs."""
    moment: int | None = None
    """What a bill of materials has as its time, in seconds since the epoch; ``None``: none."""
    locked: bool = False
    frozen: bool = False


class ExportOutcome(NamedTuple):
    """The text, which has been written where an output file was named."""

    text: str
    lock: LockOutcome | None
    """``None`` when the lock was taken as it is."""
    format: Format
    path: Path | None
    """``None`` where no file was named."""


def export(world: World, project: Project, options: ExportOptions) -> ExportOutcome:
    """Export the lock, locking first if needed.

    Raises :class:`UsageError` for an output file that would replace one of the project's own, and for a
    package that is not locked.
    """
    found = excerpted(world, project, options)
    members = {part.name for part in found.own if part.folder}
    taken = [one for one in found.taken if one.package.name not in members]
    line = "\n".join(
        _line(part, options)
        for part in found.own
        if part.manifest.is_package and options.project and part.name not in found.left_out | found.pruned
    )
    index_url = found.index_url if options.index_url else ""
    return written(found, _text(found.lock, taken, found.format, options, line=line, index_url=index_url))


class Excerpted(NamedTuple):
    """What is to be exported, before it is put into words."""

    lock: Lock
    outcome: LockOutcome | None
    wanted: Wanted
    taken: tuple[Taken, ...]
    """Members of the workspace that others need are among them."""
    own: tuple[Part, ...]
    """The project and the members that were selected."""
    left_out: frozenset[PackageName]
    pruned: frozenset[PackageName]
    index_url: str
    format: Format
    path: Path | None


def excerpted(world: World, project: Project, options: ExportOptions) -> Excerpted:
    """Take what the options come to, locking first if needed; raises what :func:`export` does."""
    path, form = _place(project, options)
    # Nothing is held against a frozen lock, so no back end is asked for what is dynamic.
    written_inputs = project.inputs(world.releases.index_url)
    inputs = written_inputs if options.frozen else project_inputs(world, project)
    lock, outcome = settled_lock(world, project, inputs, locked=options.locked, frozen=options.frozen)
    wanted = wanted_selection(lock, for_project(project, options.chosen))
    name = project.manifest.name
    known = _known(lock, name)
    left_out = frozenset(locked_names(options.left_out, "--no-emit-package", known))
    pruned = frozenset(locked_names(options.pruned, "--prune", known))
    taken = tuple(
        one
        for one in excerpt(lock, name, wanted, pruned=pruned)
        if one.package.name not in left_out and not options.only_project
    )
    own = selected_parts(project, wanted)
    return Excerpted(lock, outcome, wanted, taken, own, left_out, pruned, inputs.index_url, form, path)


def written(found: Excerpted, text: str) -> ExportOutcome:
    """Write the text where an output file was named."""
    if found.path is not None:
        try:
            found.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fsio.file_trouble(error, found.path.parent) from error
        fsio.write_atomic(found.path, text.encode())
    return ExportOutcome(text, found.outcome, found.format, found.path)


def is_sbom(options: ExportOptions) -> bool:
    """Whether a bill of materials is wanted, which `ops.sbom` makes."""
    name = Path(options.output).name if options.output is not None else ""
    return (options.format or format_of(name)) == "cyclonedx1.6"


def _text(
    lock: Lock, taken: list[Taken], form: Format, options: ExportOptions, *, line: str, index_url: str
) -> str:
    match form:
        case "pylock.toml":
            return render_pylock(lock, taken, command=options.command)
        case "constraints.txt":
            return render_constraints(taken, command=options.command, annotate=options.annotate)
        case _:
            return render_requirements(
                taken,
                command=options.command,
                index_url=index_url,
                project=line,
                hashes=options.hashes,
                annotate=options.annotate,
                editable=options.editable,
            )


def _place(project: Project, options: ExportOptions) -> tuple[Path | None, Format]:
    """Decide where to write and in which format; refuse what would lose a file of the project."""
    if options.output is None:
        return None, options.format or "requirements.txt"
    path = Path(os.path.abspath(options.output))  # noqa: PTH100 -- links the user wrote stay as they are
    form = options.format or format_of(path.name)
    refuse_own(project, path, instead="pylock.deploy.toml")
    if form == "pylock.toml" and not is_pylock_name(path.name):
        raise UsageError(
            f"a pylock.toml cannot be called `{path.name}`",
            why="the standard (PEP 751) allows `pylock.toml` and `pylock.NAME.toml`, without a dot in NAME",
            next_steps=("write to `-o pylock.deploy.toml`, or pass another `--format`",),
        )
    return path, form


def _known(lock: Lock, project: PackageName) -> frozenset[PackageName]:
    members = lock.inputs.members if lock.inputs is not None else ()
    names = (project, *(package.name for package in lock.packages), *(member.name for member in members))
    return frozenset(names)


def _line(part: Part, options: ExportOptions) -> str:
    """Give the line of the project itself, or of a member of the workspace."""
    place = f"./{part.folder}" if part.folder else "."
    return f"-e {place}" if options.editable else place
