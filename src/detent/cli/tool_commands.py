"""The commands about detent itself: its cache, its version, its help."""

import os
from collections.abc import Callable
from typing import Any

from detent import stamp
from detent.cli.console import Console
from detent.cli.parse import Doubt, Values
from detent.cli.render import show
from detent.errors import DetentError


def aside(doubt: Doubt, console: Console) -> int:
    """Answer a line that is no ordinary one: with help, or with what is wrong with it (raised)."""
    match doubt.matter:
        case "version":
            return detent_version(console)
        case "help":
            return _help(doubt.command, console, is_short=doubt.word == "-h")
        case "no command" if not console.wants_json:
            from detent.cli import help_pages

            console.say(help_pages.page(doubt.command, width=console.columns, is_short=True))
            return 2
        case _:
            from detent.cli.complaints import complaint

            raise complaint(doubt)


def help_for(values: Values, console: Console) -> int:
    """Show help for a command, a group of commands, or detent as a whole."""
    from detent.cli import options
    from detent.cli.complaints import help_topic

    return _help(help_topic(options.words(values, "words")), console)


def _help(name: str, console: Console, *, is_short: bool = False) -> int:
    from detent.cli import help_pages

    console.answer(help_pages.page(name, width=console.columns, is_short=is_short))
    return 0


def trace_of(error: BaseException) -> str:
    """Give the trace of an error, for ``-vv``."""
    import traceback

    return "".join(traceback.format_exception(error)).rstrip()


def trouble_of(error: OSError) -> DetentError:
    """Give the sentence for what the system refused."""
    from detent.fsio import file_trouble

    return file_trouble(error, os.fsdecode(error.filename))


def detent_version(console: Console) -> int:
    """Print detent's own version."""
    console.answer(f"detent {stamp.VERSION}")
    return 0


def self_version(values: Values, console: Console) -> int:
    """Print detent's own version, as text or as JSON."""
    if console.wants_json:
        console.data({"package_name": "detent", "version": stamp.VERSION})
    else:
        console.answer(stamp.VERSION if values["short"] else f"detent {stamp.VERSION}")
    return 0


def config_list(values: Values, console: Console) -> int:
    """Show the settings in force."""
    from detent.cli import config_report

    found = [each for each in _settled(values, console).every() if values["all"] or not each.is_default]
    if console.wants_json:
        console.data(config_report.facts(found))
    elif found:
        console.answer("\n".join(config_report.lines(found)))
    else:
        console.say("Nothing is set; `--all` shows the defaults")
    return 0


def config_get(values: Values, console: Console) -> int:
    """Print the value of a setting."""
    from detent.cli import config_report, options
    from detent.ops.config import setting_of

    known = setting_of(options.text(values, "key") or "")
    found = _settled(values, console).of(known)
    if console.wants_json:
        console.data(config_report.fact(found))
    elif found.value is None:
        console.say(show(f"Nobody sets `{known.name}`{config_report.by_default(known)}"))
    else:
        console.answer(config_report.plain(found.value))
    return 0


def config_explain(values: Values, console: Console) -> int:
    """Say all about a setting."""
    from detent.cli import config_report, options
    from detent.ops.config import setting_of

    known = setting_of(options.text(values, "key") or "")
    found = _settled(values, console).of(known)
    if console.wants_json:
        console.data(config_report.explained(found))
    else:
        console.answer("\n".join(config_report.page(found, console.columns)))
    return 0


def _settled(values: Values, console: Console) -> Any:
    """Give everything that sets something; a project that is none sets nothing."""
    from detent.cli import options
    from detent.ops.config import Settled
    from detent.ops.discover import project_above

    project = project_above(options.text(values, "project"))
    return Settled(options.flags(values), os.environ, project, console.report)


def config_set(values: Values, console: Console) -> int:
    """Set something in a file."""
    from detent.cli import config_report, options
    from detent.ops.config import set_value

    key, *words = config_report.key_and_words(options.words(values, "words"))
    wanted: dict[str, Any] = {"key": key, "words": tuple(words), "is_of_user": options.is_on(values, "user")}
    return _config_edit(values, console, lambda *places: set_value(*places, **wanted))


def config_unset(values: Values, console: Console) -> int:
    """Take something out of a file."""
    from detent.cli import options
    from detent.ops.config import unset_value

    wanted: dict[str, Any] = {
        "key": options.text(values, "key") or "",
        "is_of_user": options.is_on(values, "user"),
    }
    return _config_edit(values, console, lambda *places: unset_value(*places, **wanted))


def _config_edit(values: Values, console: Console, edit: Callable[..., Any]) -> int:
    from detent.cli import config_report, options
    from detent.ops.discover import project_above
    from detent.ops.wiring import open_world, user_config_file

    flags = options.flags(values)
    project = None if values["user"] else project_above(options.text(values, "project"))
    with open_world(flags, os.environ, console.report, project) as world:
        outcome = edit(world, project, user_config_file(flags, os.environ))
        console.say(show(config_report.edited(outcome)))
        if console.wants_json:
            console.data(outcome._asdict())
    return 0


def config_schema(_values: Values, console: Console) -> int:
    """Print the JSON schema of what can be set."""
    from detent.project.schema import schema

    console.answer(_json(schema()))
    return 0


def self_schema(values: Values, console: Console) -> int:
    """Print the JSON schema of what commands say, or of what one of them does."""
    from detent.cli import options
    from detent.cli.complaints import schema_topic
    from detent.cli.schemas import every_schema, schema_of

    name = schema_topic(options.words(values, "words"))
    console.answer(_json(schema_of(name) if name else every_schema()))
    return 0


def _json(facts: object) -> str:
    import json

    return json.dumps(facts, indent=2, ensure_ascii=False)


def completion(values: Values, console: Console) -> int:
    """Print the script that completes command lines in a shell."""
    from detent.cli import options
    from detent.cli.completion import script

    console.answer(script(options.text(values, "shell") or "").removesuffix("\n"))
    return 0


def workspace_list(values: Values, console: Console) -> int:
    """Show the members of the workspace, one on each line."""
    from detent.cli import options
    from detent.ops.discover import find_project

    project = find_project(options.text(values, "project"))
    parts = project.packages()
    if console.wants_json:
        console.data({"members": [{"name": part.name, "path": str(part.root)} for part in parts]})
    else:
        console.answer("\n".join(str(part.root) if values["paths"] else part.name for part in parts))
    return 0


def workspace_dir(values: Values, console: Console) -> int:
    """Print the folder of the workspace, or of one member."""
    from detent.cli import options
    from detent.ops.discover import about, find_project

    project, package = find_project(options.text(values, "project")), options.text(values, "package")
    _tell_path(console, str(project.root if package is None else about(project, package).current.root))
    return 0


def _tell_path(console: Console, path: str) -> None:
    if console.wants_json:
        console.data({"path": path})
    else:
        console.answer(path)


def workspace_metadata(values: Values, console: Console) -> int:
    """Print the root and the members of the workspace as JSON."""
    from detent.cli import options
    from detent.ops.discover import find_project

    project = find_project(options.text(values, "project"))
    members = [{"name": part.name, "path": str(part.root)} for part in project.packages()]
    facts = {"workspace_root": str(project.root), "requires_python": project.requires_python}
    console.data({**facts, "members": members})  # which is JSON whatever the form asked for
    return 0


def index_list(values: Values, console: Console) -> int:
    """Show the package indexes."""
    from detent.cli import options
    from detent.cli.index_report import facts, lines
    from detent.ops.discover import project_above
    from detent.ops.index_tables import list_indexes
    from detent.ops.wiring import known_indexes, open_world

    project = project_above(options.text(values, "project"))
    with open_world(options.flags(values), os.environ, console.report, project) as world:
        indexes = list_indexes(known_indexes(world))
    if console.wants_json:
        console.data(facts(indexes))
    else:
        console.answer("\n".join(lines(indexes)))
    return 0


def index_add(values: Values, console: Console) -> int:
    """Add a package index."""
    from detent.ops.index_tables import add

    return _index_edit(values, console, add, "Added")


def index_remove(values: Values, console: Console) -> int:
    """Take a package index out."""
    from detent.ops.index_tables import remove

    return _index_edit(values, console, remove, "Removed")


def _index_edit(values: Values, console: Console, edit: Callable[..., Any], done: str) -> int:
    from detent.cli import options
    from detent.cli.index_report import edit_options, edited
    from detent.ops.discover import project_above
    from detent.ops.wiring import open_world, user_config_file

    wanted = edit_options(values)
    project = None if wanted.is_of_user else project_above(options.text(values, "project"))
    flags = options.flags(values)
    with open_world(flags, os.environ, console.report, project) as world:
        outcome = edit(world, project, user_config_file(flags, os.environ), wanted)
        edited(console, done, outcome)
        if console.wants_json:
            console.data({"path": outcome.path, "index": outcome.what})
    return 0


def auth_login(values: Values, console: Console) -> int:
    """Keep a login."""
    from detent.cli.passwords import login_of
    from detent.index.urls import is_in_the_open
    from detent.ops.auth import login

    store, ring, service = _login_places(values, console)
    kept = login(store, ring, login_of(values, console, service))
    console.say(show(f"Kept the login of `{kept.username}` for `{kept.service}` in `{kept.where}`"))
    if console.wants_json:
        console.data(kept._asdict())
    if is_in_the_open(kept.service):
        console.warn(f"`{kept.service}` is plain http: whoever is on the way to it can read the password")
    return 0


def auth_logout(values: Values, console: Console) -> int:
    """Forget the logins for a service."""
    from detent.cli import options
    from detent.ops.auth import logout, read_service

    store, ring, where = _login_places(values, console)
    service, _ = read_service(where)
    forgotten = logout(store, ring, service, options.text(values, "username") or "")
    for gone in forgotten:
        console.say(show(f"Forgot the login of `{gone.username}` for `{gone.service}`"))
    if console.wants_json:
        console.data({"forgotten": [gone._asdict() for gone in forgotten]})
    return 0


def auth_token(values: Values, console: Console) -> int:
    """Print the password that is kept for a service."""
    from detent.cli import options
    from detent.ops.auth import password_of, read_service

    store, ring, where = _login_places(values, console)
    service, named = read_service(where)
    username = options.text(values, "username") or (named.username if named is not None else "")
    password = password_of(store, ring, service, username)
    if console.wants_json:
        console.data({"service": service, "username": username, "password": password})
    else:
        console.answer(password)
    return 0


def auth_check(values: Values, console: Console) -> int:
    """Ask indexes whether they answer."""
    from detent.cli import options
    from detent.ops.auth import check
    from detent.ops.discover import project_above
    from detent.ops.wiring import known_indexes, open_world

    project = project_above(options.text(values, "project"))
    with open_world(options.flags(values), os.environ, console.report, project) as world:
        answers = check(world, known_indexes(world), options.text(values, "service") or "")
    if console.wants_json:
        console.data({"indexes": [one._asdict() for one in answers]})
    else:
        for one in answers:
            whose = f", with the login of `{one.username}`" if one.username else ""
            console.answer(show(f"{f'{one.name}: ' if one.name else ''}{one.url} answers{whose}"))
    return 0


def auth_dir(_values: Values, console: Console) -> int:
    """Print the folder the logins are kept in."""
    from detent.ops.wiring import login_store

    _tell_path(console, str(login_store(os.environ).folder))
    return 0


def _login_places(values: Values, console: Console) -> Any:
    """Give the files logins are kept in, the keyring if that is asked for, and the service that is meant.

    A service may be named as the index of the project or the user that it is.
    """
    from detent.cli import options
    from detent.ops.auth import service_named
    from detent.ops.discover import project_above
    from detent.ops.wiring import keyring, known_indexes, login_store, open_world

    service = options.text(values, "service") or ""
    is_place = any(sign in service for sign in ".:/")
    project = None if is_place else project_above(options.text(values, "project"))
    with open_world(options.flags(values), os.environ, console.report, project) as world:
        asks = world.settings.keyring_provider.value == "subprocess"
        service = service if is_place else service_named(known_indexes(world), service)
    return login_store(os.environ), keyring(os.environ, console.report, project) if asks else None, service


def cache_dir(values: Values, console: Console) -> int:
    """Print the folder of the cache."""
    from detent.cli import options
    from detent.ops.cache import cache_dir as folder
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        _tell_path(console, folder(world))
    return 0


def cache_size(values: Values, console: Console) -> int:
    """Show how big the cache is."""
    from detent.cli import options
    from detent.cli.cache_report import size_facts, size_table
    from detent.ops.cache import cache_size as measure
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        outcome = measure(world)
    form = "human" if values["human"] else values["output_format"] or "text"
    if console.wants_json:
        console.data(size_facts(outcome))
    elif form == "human" or (form == "text" and console.answers_a_person):
        console.answer("\n".join(size_table(outcome)))
    else:
        console.answer(str(outcome.total.size_bytes))
    return 0


def cache_list(values: Values, console: Console) -> int:
    """Show the packages in the cache."""
    from detent.cli import options
    from detent.cli.cache_report import list_facts, list_table
    from detent.ops.cache import cache_list as rows_of
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        rows = rows_of(world, options.words(values, "names"))
    if console.wants_json:
        console.data(list_facts(rows))
    elif rows:
        console.answer("\n".join(list_table(rows)))
    else:
        console.say("No packages found in the cache")
    return 0


def cache_prune(values: Values, console: Console) -> int:
    """Drop from the cache what nobody needs any more."""
    from detent.cli import options
    from detent.cli.cache_report import removed, removed_facts
    from detent.ops.cache import cache_prune as prune
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report, uses_store=False) as world:
        console.say(f"Pruning cache at: {show(str(world.layout.root))}")
        outcome = prune(world, is_ci=options.is_on(values, "ci"))
    console.say(removed(outcome) or "No unused entries found")
    if console.wants_json:
        console.data(removed_facts(str(world.layout.root), outcome))
    return 0


def cache_verify(values: Values, console: Console) -> int:
    """Read every file in the cache again; raises :class:`CacheDamaged` where one is wrong and stays so."""
    from detent.cli import options
    from detent.cli.cache_report import check_facts, fault_lines, repair_lines, verified
    from detent.errors.store import CacheDamaged
    from detent.ops.cache import cache_verify as verify
    from detent.ops.wiring import open_world

    repairs = options.is_on(values, "repair")
    names = options.words(values, "names")
    with open_world(options.flags(values), os.environ, console.report, uses_store=False) as world:
        outcome = verify(world, names, repairs=repairs)
    verdict = outcome.verdict
    if console.wants_json:
        console.data(check_facts(outcome))
    else:
        for line in fault_lines(verdict):
            console.answer(line)
    if names and not (verdict.wheels or verdict.faults):
        console.say("No packages found in the cache")
        return 0
    console.say(f"{verified(verdict)}{console.timed(outcome.seconds)}")
    for text in repair_lines(outcome, repairs=repairs):
        console.say(text)
    if verdict.faults and not repairs:
        raise CacheDamaged(len(verdict.faults), [str(path) for path in verdict.environments])
    return 0


def cache_clean(values: Values, console: Console) -> int:
    """Empty the cache, or drop the named packages."""
    from detent.cli import options
    from detent.cli.cache_report import removed, removed_facts
    from detent.ops.cache import cache_clean as clean
    from detent.ops.wiring import open_world

    names = options.words(values, "names")
    with open_world(options.flags(values), os.environ, console.report, uses_store=False) as world:
        if not names:
            console.say(f"Clearing cache at: {show(str(world.layout.root))}")
        outcome = clean(world, names, is_forced=options.is_on(values, "force"))
    console.say(removed(outcome) or "No cache entries found")
    if console.wants_json:
        console.data(removed_facts(str(world.layout.root), outcome))
    return 0


def doctor(values: Values, console: Console) -> int:
    """Look over this machine for what may make trouble."""
    from detent.cli import doctor_report, options
    from detent.ops.doctor import Patient
    from detent.ops.doctor import doctor as look

    known, start = doctor_report.flag_variables(), options.text(values, "project")
    patient = Patient(options.flags(values), os.environ, start, known)
    rows = []
    for row in look(patient, console.report):
        rows.append(row)
        if not console.wants_json:
            console.answer("\n".join(doctor_report.lines(row, console.styled)))
    if console.wants_json:
        console.data(doctor_report.facts(rows))
    console.say(doctor_report.verdict(rows))
    return int(any(row.level == "problem" for row in rows))
