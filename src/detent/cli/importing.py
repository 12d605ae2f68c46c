"""The flags of `import` as what is asked for, and what it came to as lines of talk."""

from detent.cli.console import Console
from detent.cli.options import text, words
from detent.cli.parse import Values
from detent.cli.render import count, show
from detent.cli.report import locked
from detent.errors import UsageError
from detent.model.names import group_name
from detent.ops.import_project import ImportOutcome, Moved
from detent.ops.import_sources import Asked
from detent.ops.other_tools import TOOLS


def asked(values: Values) -> Asked:
    """What `import` is asked for."""
    group = text(values, "group") or ""
    try:
        if group:
            group_name(group)
    except ValueError as error:
        raise UsageError(
            f"`--group` cannot be `{group}`", why=str(error), next_steps=("write a name such as `docs`",)
        ) from error
    tool = text(values, "from")
    return Asked(
        project=text(values, "project"),
        files=words(values, "files"),
        tool=next((known for known in TOOLS if known == tool), None),
        group=group,
    )


def imported(console: Console, outcome: ImportOutcome, *, dry_run: bool) -> None:
    """Report an import; the answer of a dry run is the new pyproject.toml."""
    source = outcome.source
    if outcome.lock is None:
        if dry_run and source.is_changed and not source.is_done:
            if not console.wants_json:
                console.answer(outcome.text.removesuffix("\n"))
        else:
            console.say(_nothing(outcome))
        return
    versions = source.locked.total if source.locked is not None else 0
    console.say(_imported(outcome, versions))
    if versions:
        kept = versions - len(outcome.moved)
        whole = "all" if kept == versions else f"{kept} of"
        console.say(f"Kept {whole} {count(versions, 'locked version')}")
    for moved in outcome.moved:
        console.say(f" {console.styled('~', '~')} {_moved(moved)}")
    locked(console, outcome.lock._replace(changes=()))
    console.say("Run `detent sync` to install")


def _nothing(outcome: ImportOutcome) -> str:
    if outcome.source.is_done:
        again = f"`detent import --from {outcome.source.tool}` imports it anew"
        return f"Nothing to import: detent has locked this project already; {again}"
    if outcome.source.is_changed or outcome.source.locked:
        return "Nothing to change in `pyproject.toml`"
    return "Nothing to import: `pyproject.toml` says it all, and there are no locked versions to take over"


def _imported(outcome: ImportOutcome, versions: int) -> str:
    source = outcome.source
    parts = [count(outcome.requirements, "requirement")] if outcome.requirements else []
    parts += [count(versions, "locked version")] if versions else []
    where = source.locked.display if versions and source.locked is not None else ", ".join(source.taken)
    return f"Imported {' and '.join(parts) or 'the project'} from {show(where)}"


def _moved(moved: Moved) -> str:
    now = f" -> {', '.join(moved.now)}" if moved.now else ""
    return f"{show(moved.name)} {show(moved.version)}{now} ({show(moved.reason)})"
