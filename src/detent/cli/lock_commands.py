"""The commands that look at the lock: flags to options, one call, one rendering."""

import os

from detent.cli.console import Console
from detent.cli.parse import Values


def check(values: Values, console: Console) -> int:
    """Say whether the project is in order."""
    from detent.cli import check_report, options
    from detent.cli.opened import world_for
    from detent.ops.check import check as check_project
    from detent.ops.discover import find_project

    looking = {**values, "offline": True}
    checked = tuple(
        check_project(
            lambda: find_project(options.text(values, "project")),
            lambda project: world_for(project, looking, os.environ, console),
        )
    )
    if console.wants_json:
        console.data(check_report.facts(checked))
    else:
        console.answer("\n".join(check_report.lines(checked, console.styled)))
    console.say(check_report.verdict(checked))
    return check_report.exit_code(checked)


def tree(values: Values, console: Console) -> int:
    """Show the locked packages as a tree."""
    from detent.cli import tree_options, tree_report
    from detent.cli.opened import opened
    from detent.ops.tree import tree as look

    wanted = tree_options.tree(values)
    # What is newest is asked, not remembered.
    reading: Values = {**values, "upgrade": True} if wanted.outdated else values
    with opened(reading, os.environ, console) as (world, project):
        outcome = look(world, project, wanted)
        if console.wants_json:
            console.data(tree_report.facts(outcome))
        else:
            console.answer(tree_report.text(outcome))
    return 0


def graph(values: Values, console: Console) -> int:
    """Make a page of the lock."""
    from detent.cli import graph_report, options
    from detent.cli.opened import opened
    from detent.ops.graph import GraphOptions
    from detent.ops.graph import graph as make

    wanted = GraphOptions(
        options.text(values, "output") or "",
        locked=options.is_on(values, "locked"),
        frozen=options.is_on(values, "frozen"),
        only_data=console.wants_json,
        opens=options.is_on(values, "open"),
    )
    with opened(values, os.environ, console) as (world, project):
        graph_report.tell(console, make(world, project, wanted))
    return 0


def diff(values: Values, console: Console) -> int:
    """Show what changed in the lock since a revision."""
    from detent.cli import diff_report, options
    from detent.ops.diff import DiffOptions, short_text
    from detent.ops.diff import diff as compare

    converted = options.text(values, "textconv")
    if converted is not None:
        console.answer(diff_report.short(short_text(converted)))
        return 0
    wanted = DiffOptions(*(options.text(values, name) for name in ("project", "revisions", "against")))
    outcome = compare(wanted, os.environ)
    diff_report.report(console, outcome, options.text(values, "output_format") or "text")
    return int(options.is_on(values, "exit_code") and not outcome.comparison.is_empty)


def why(values: Values, console: Console) -> int:
    """Show why a package is in the lock."""
    from detent.cli import options, why_report
    from detent.cli.opened import opened
    from detent.ops.why import WhyOptions
    from detent.ops.why import why as explain

    wanted = WhyOptions(options.text(values, "package_given") or "", options.is_on(values, "all"))
    with opened(values, os.environ, console) as (world, project):
        outcome = explain(world, project, wanted)
        if console.wants_json:
            console.data(why_report.facts(outcome))
        else:
            console.answer("\n".join(why_report.lines(outcome)))
    return 0


def why_not(values: Values, console: Console) -> int:
    """Show what keeps a package from another version."""
    from detent.cli import options, why_report
    from detent.cli.opened import opened
    from detent.ops.why_not import why_not as explain

    with opened(values, os.environ, console) as (world, project):
        outcome = explain(world, project, options.text(values, "package_given") or "")
        if console.wants_json:
            console.data(why_report.why_not_facts(outcome))
        else:
            console.answer("\n".join(why_report.why_not_lines(outcome)))
    return 0


def verify(values: Values, console: Console) -> int:
    """Hold the lock against the project and its indexes."""
    from detent.cli import options, verify_report
    from detent.cli.opened import opened
    from detent.ops.verify import verify as verify_lock

    # Pages that are older than this command count for nothing, and nothing is fetched whole or built.
    reading: Values = {**values, "refresh": True, "only_reads": True}
    against = options.text(values, "against") or ""
    with opened(reading, os.environ, console) as (world, project):
        found = verify_lock(world, project, against, os.environ)
    verify_report.tell(console, found, against)
    if found.faults:
        raise verify_report.error_of(found)
    return 0


def outdated(values: Values, console: Console) -> int:
    """Show which locked packages could be newer."""
    from detent.cli import options, upgrade_report
    from detent.cli.opened import opened
    from detent.ops.outdated import OutdatedOptions
    from detent.ops.outdated import outdated as look

    wanted = OutdatedOptions(
        options.is_on(values, "all"), options.is_on(values, "direct"), options.words(values, "group")
    )
    # What is newest is asked, not remembered.
    with opened({**values, "upgrade": True}, os.environ, console) as (world, project):
        rows = look(world, project, wanted)
        if console.wants_json:
            console.data(upgrade_report.outdated_facts(rows))
        elif rows:
            console.answer("\n".join(upgrade_report.outdated_table(rows)))
        else:
            console.say("Everything is as new as it can be")
    return 1 if options.is_on(values, "exit_code") and any(row.is_outdated for row in rows) else 0


def licenses(values: Values, console: Console) -> int:
    """Show the licences of what is locked, and hold them against those that are allowed."""
    from detent.cli import licenses_options, licenses_report, options
    from detent.cli.opened import opened
    from detent.ops.licenses import licenses as look

    wanted = licenses_options.licenses(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = look(world, project, wanted)
    licenses_report.tell(console, outcome, options.text(values, "output_format") or "text")
    if outcome.refused:
        raise licenses_report.error_of(outcome)
    return 0


def merge_driver(values: Values, console: Console) -> int:
    """Merge three locks for git, or set it up for that."""
    from detent.cli import merge_report, options
    from detent.ops import merge_driver as driver
    from detent.ops.discover import find_project

    files = merge_report.files(values)
    if files is None:
        root = find_project(options.text(values, "project")).lock_path.parent
        change = driver.install if options.is_on(values, "install") else driver.uninstall
        outcome = change(root, os.environ, for_user=options.is_on(values, "global"))
        merge_report.installed(console, outcome)
        return 0
    merged = driver.merge_files(files.base, files.ours, files.theirs, os.environ)
    merge_report.merged(console, merged, files.shown)
    return 1 if merged.contested else 0


def export(values: Values, console: Console) -> int:
    """Write the lock for other tools."""
    from detent.cli import export_options, report
    from detent.cli.opened import opened
    from detent.ops.export import export as export_lock
    from detent.ops.export import is_sbom

    wanted = export_options.export(values, os.environ)
    if is_sbom(wanted):
        from detent.ops.sbom import sbom as export_lock
    with opened(values, os.environ, console) as (world, project):
        outcome = export_lock(world, project, wanted)
        if outcome.lock is not None and outcome.lock.is_changed:
            report.locked(console, outcome.lock)
        if console.wants_json:
            from detent.cli.project_facts import exported

            console.data(exported(project, outcome))
        # With a file to write to, the answer is talk: `-q` leaves it out.
        elif wanted.output is None or not values["quiet"]:
            console.answer(outcome.text.removesuffix("\n"))
    return 0
