"""What every command says under `--output-format json`, as JSON schemas (draft 2020-12): one row per command.

Whoever adds a command adds its row, or says in ``WITHOUT`` why it has none; tests hold what commands really
say against it. Within a version fields are only added (docs/reference/json.md).
"""

from collections.abc import Mapping
from types import MappingProxyType

from detent.cli.render import SCHEMA_VERSION
from detent.cli.schema_parts import (
    Schema,
    by_name,
    claim,
    either,
    list_of,
    number,
    one_of,
    optional,
    or_null,
    record,
    text,
    whole,
    with_fields,
)
from detent.cli.timings import PHASES

DRAFT = "https://json-schema.org/draft/2020-12/schema"

WITHOUT: Mapping[str, str] = MappingProxyType(
    {
        "config schema": "what it prints is JSON, a schema of its own",
        "self schema": "what it prints is JSON, this schema",
        "merge-driver": "git reads its exit code",
        "activate": "what it prints is a line for a shell",
        "completion": "what it prints is a program, for a shell",
        "help": "what it prints is for people",
    }
)
"""The commands whose answer is the same under `--output-format json`, each with the reason."""

# ---- what several commands say ---------------------------------------------------------------

_ERROR = record(
    "What went wrong, as on stderr.",
    code=text("Stable: the heading in the reference of errors."),
    what=text("One phrase."),
    why=text("The fact that was seen; lines for several; empty for none."),
    next=list_of(text(), "What to do, or to look at."),
)
_FAULTS: dict[str, Schema] = {
    "error": _ERROR,
    "more_errors": optional(list_of(_ERROR, "The others, where there are several.")),
}
_VERSION = record("The version of this schema.", version={"const": SCHEMA_VERSION, "type": "integer"})
_PATH = text("Absolute.")
_PROJECT = record(
    "The project the command is about.",
    path=text("Its folder; of a member of a workspace the member's."),
    workspace=record("", path=text("The folder of the root, which has the lock.")),
)
_VERSIONS = list_of(text(), "Oldest first; several where environments differ.")
_LOCK_CHANGES = list_of(
    record("", name=text(), before=_VERSIONS, after=_VERSIONS), "The packages whose versions moved."
)
_SECONDS = number("Seconds it took.")
_LOCK = record(
    "The lock.",
    path=_PATH,
    action=one_of("use", "check", "create", "update", about="`use`: taken as it is; `check`: it was right."),
    is_changed=claim("Whether its bytes are, or would be, others."),
    packages=or_null(whole(), "How many there are; null where nobody looked."),
    changes=_LOCK_CHANGES,
    merge=or_null(
        record(
            "",
            ours=whole("How many packages are as in ours, and not as in theirs."),
            theirs=whole("The other way round."),
            contests=list_of(
                record(
                    "",
                    name=text(),
                    won=one_of("ours", "theirs", "neither"),
                    ours=_VERSIONS,
                    theirs=_VERSIONS,
                    chosen=_VERSIONS,
                ),
                "What both sides had moved.",
            ),
        ),
        "What became of a lock with conflict markers in it; null: it had none.",
    ),
    seconds=or_null(_SECONDS),
)
_ENVIRONMENT = record(
    "",
    path=_PATH,
    python=record(
        "Its Python.", path=_PATH, version=text("Such as 3.12.1."), implementation=text("Such as cpython.")
    ),
)
_SYNC = record(
    "What was done to the environment, or would be.",
    environment=_ENVIRONMENT,
    action=one_of("check", "create", "replace", about="What became of the environment as a whole."),
    is_in_step=claim("Whether it was as it should be before."),
    kept=whole("How many packages stay as they are."),
    changes=list_of(
        record(
            "",
            name=text(),
            version=text("Empty where nobody knows it before it is built."),
            action=one_of("installed", "uninstalled", "reinstalled"),
            source=optional(text("A URL, of what comes from no index.")),
        ),
        "By name. A package that moves is uninstalled and installed.",
    ),
    fetched=whole("How many wheels came into the cache for it."),
    seconds=_SECONDS,
)
_MANIFEST = record(
    "What became of the requirements in pyproject.toml.",
    path=_PATH,
    changes=list_of(
        record("", table=text(), before=or_null(text()), after=or_null(text())),
        "`null` before: it is new; after: it is gone.",
    ),
)
_DIFF = list_of(
    record(
        "",
        name=text(),
        change=one_of("added", "removed", "updated", "downgraded", "changed"),
        before=_VERSIONS,
        after=_VERSIONS,
        origins=list_of(text(), "Indexes and sources it comes from, or came from where it is gone."),
        moves=list_of(
            record("", before=text("Empty: it was not there."), after=text(), where=text("A marker.")),
            "Of one with several versions.",
        ),
        facts=list_of(
            record(
                "",
                kind=text("Such as `source`, `hash`, `needs-build`, `marker-narrowed`, `attestations-lost`."),
                of=text("The file or the version it is about; empty: the package."),
                before=list_of(text()),
                after=list_of(text()),
                where=list_of(text(), "Targets; empty: all of them."),
                is_loud=claim("Whether nobody should pass over it."),
            ),
            "What else is another.",
        ),
    ),
    "By name.",
)
_DRY_RUN = claim("Whether nothing was changed.")
_TIMINGS = optional(
    record(
        "Seconds by what was going on; each moment counts for one thing.",
        **{name: number() for name in PHASES},
        total=number(),
    )
)
_EDIT = record(
    project=_PROJECT,
    manifest=_MANIFEST,
    lock=or_null(_LOCK, "null: not locked."),
    sync=or_null(_SYNC, "null: not synced."),
    dry_run=_DRY_RUN,
    timings=_TIMINGS,
)
_MEMBER = record("", name=text(), path=_PATH)
_ENTRY = {"name": text(), "version": text(), "index": text("Empty: it comes from no index.")}
_ASKER = record(
    "Who has a requirement.",
    name=text("Of the project, a member of its workspace, or a package."),
    version=text("Of a package."),
    extra=text("Which extra of it; empty: none."),
    group=text("Which dependency group; empty: none."),
    kind=one_of("project", "package", "constraint"),
    place=text("File and line; empty where that is not known."),
    is_override=claim("Whether the project has put it in the place of their own."),
)
_BOUNDS = list_of(
    record("", clause=text("Such as `<2`."), requirement=text(), asker=_ASKER),
    "The tightest; several say the same. Empty: there is none.",
)
_MEMBERS = list_of(_MEMBER, "By name.")
_INDEX = record("", path=text("The file that was edited."), index=text("Its name, or its URL."))
_LOGIN = record("", service=text(), username=text(), where=text("A folder, or the keyring."))
_SETTING: dict[str, Schema] = {
    "key": text("As files spell it."),
    "value": {"description": "As TOML has it, without passwords; null: nobody sets it."},
    "is_default": claim("Whether nobody sets it."),
    "origin": text("What sets it."),
    "sources": list_of(
        record(
            "",
            value={"description": "What it says."},
            origin=text(),
            place=text("File, line and column; empty for flags and variables."),
            role=one_of("counts", "joins", "hidden", "denied"),
            why=text("Why it does not count; empty where it does."),
        ),
        "The strongest first.",
    ),
}
_SETTING_EDIT = record(
    path=text("The file."),
    key=text(),
    value={"description": "Without passwords; null: it was taken out."},
    is_changed=claim("Whether the file was changed."),
)
_USED = {
    "files": whole(),
    "size_bytes": whole(),
    "registered_bytes": whole("In use by environments."),
    "shared_bytes": whole("Shared with environments by link."),
    "reclaimable_bytes": whole("What removing it would give back."),
}
_REMOVED = record(
    path=text("The folder of the cache."),
    files=whole("How many were removed."),
    size_bytes=whole(),
    shared_bytes=whole("Of it in files that environments share."),
)

# ---- the table -------------------------------------------------------------------------------

ANSWERS: Mapping[str, Schema] = MappingProxyType(
    {
        "init": record(
            name=text(),
            path=_PATH,
            files=list_of(text(), "Relative to it, in the order they were written."),
            workspace=or_null(text(), "The root of the workspace it is a member of."),
        ),
        "add": _EDIT,
        "remove": _EDIT,
        "upgrade": record(
            project=_PROJECT,
            bounds=list_of(
                record("", file=text(), line=whole(), table=text(), before=text(), after=text()),
                "Requirements whose bounds were raised.",
            ),
            lock=_LOCK,
            sync=or_null(_SYNC, "null: not synced."),
            dry_run=_DRY_RUN,
            timings=_TIMINGS,
        ),
        "lock": record(
            project=_PROJECT,
            lock=_LOCK,
            dry_run=_DRY_RUN,
            timings=_TIMINGS,
            coverage=optional(
                list_of(
                    record(
                        "",
                        name=text(),
                        version=text(),
                        platform=text(),
                        python=text("Empty: any."),
                        has=one_of("wheel", "sdist", "nothing"),
                    ),
                    "With `--coverage`: what there is of each package for each target that needs it.",
                )
            ),
        ),
        "sync": record(
            target=one_of("project"),
            project=_PROJECT,
            sync=_SYNC,
            lock=_LOCK,
            dry_run=_DRY_RUN,
            timings=_TIMINGS,
        ),
        "run": record(
            "Where no command was named. Else stdout is the command's own, and only what goes wrong before"
            " it starts is said here.",
            commands=list_of(text(), "What the environment has to run."),
            tasks=list_of(record(name=text(), help=text()), "The project's own."),
        ),
        "venv": record(environment=_ENVIRONMENT, seeds=list_of(record("", name=text(), version=text()))),
        "import": record(
            tool=text("Whose project it was."),
            files=list_of(text(), "What was read."),
            is_done=claim("Whether detent had locked it already, and there was nothing to do."),
            manifest=record("", path=_PATH, is_changed=claim(), text=text("As it is now, or would be.")),
            requirements=whole("How many were written."),
            lock=or_null(_LOCK),
            moved=list_of(
                record("", name=text(), version=text(), now=_VERSIONS, reason=text()),
                "Locked versions that are not in the new lock.",
            ),
            dry_run=_DRY_RUN,
        ),
        "build": record(
            built=list_of(
                record("", package=text(), path=_PATH, kind=one_of("wheel", "sdist")),
                "In the order they were made.",
            )
        ),
        "version": record(
            package_name=text(),
            version=text(),
            previous_version=or_null(text(), "null: it was only asked for."),
            lock=optional(or_null(_LOCK)),
            sync=optional(or_null(_SYNC)),
        ),
        "undo": record(
            command=text("What was undone."),
            is_redo=claim("Whether that was an undoing itself."),
            files=list_of(record("", path=text(), is_there=claim("Whether it stands there now."))),
            manifest=list_of(
                record("", table=text(), before=or_null(text()), after=or_null(text())),
                "Requirements that changed.",
            ),
            lock_changes=_LOCK_CHANGES,
            sync=or_null(_SYNC, "null: the environment has nothing to do with it."),
            dry_run=_DRY_RUN,
        ),
        "diff": record(
            before=text("What the older lock is called."),
            after=text(),
            is_changed=claim(),
            summary=by_name(whole(), "How many packages each kind of change happened to."),
            inputs=list_of(text(), "How what the locks were made from differs, in words."),
            new_indexes=list_of(text(), "Those that nothing came from before."),
            packages=_DIFF,
            builds=_DIFF,
        ),
        "why": record(
            name=text(),
            packages=list_of(
                record(
                    "",
                    **_ENTRY,
                    marker=text("Where it is locked; empty: everywhere."),
                    is_member=claim("Whether it is a member of the workspace, which nobody need ask for."),
                    paths=list_of(
                        record(
                            "",
                            asker=_ASKER,
                            steps=list_of(
                                record("", requirement=text(), **_ENTRY),
                                "Each requirement with what answers it; the last one ends here.",
                            ),
                        ),
                        "The shortest first.",
                    ),
                    paths_left_out=whole("How many more there are, as far as they were counted."),
                    is_every_path_counted=claim(),
                    lower_bounds=_BOUNDS,
                    upper_bounds=_BOUNDS,
                ),
                "One for each entry of the name.",
            ),
        ),
        "why-not": record(
            name=text(),
            specifier=text("What was asked for; of a name alone its newest version."),
            verdict=one_of("locked", "possible", "hindered", "unlisted", "sourced"),
            locked=_VERSIONS,
            version=text("The newest that was asked for; empty where the index has none."),
            newest=text("The newest there is."),
            reasons=list_of(text(), "What hides it whatever the project asks for: phrases behind the name."),
            facts=list_of(text(), "Why there is no answer with it."),
            where=text("In which environments, as a marker; empty: in all."),
            requirements=list_of(
                record("", requirement=text(), table=text(), file=text(), line=or_null(whole())),
                "Those of the project in the way: without any one of them nothing is.",
            ),
            moves=_LOCK_CHANGES,
            next=list_of(text(), "Edits that were tried and free it, or the command that makes it so."),
        ),
        "verify": record(
            packages=whole("How many entries were looked at."),
            files=whole("How many files they have."),
            unchanged=whole("Under `--against`: how many entries were left out."),
            against=or_null(text(), "The revision; null: every entry was looked at."),
            indexes=list_of(text(), "The addresses that were asked."),
            asked_in_place=list_of(
                record("", index=text("As the lock names it."), asked=text()),
                "Where another index was asked than the lock names, as this machine wants it.",
            ),
            findings=list_of(
                record(
                    "",
                    name=text("Empty: the lock as a whole."),
                    version=text(),
                    field=text("Such as `url`, `sha256`, `index`, `requires`, `graph`."),
                    file=text("Empty: the entry itself."),
                    locked=text("What the lock says; empty: nothing."),
                    told=text("What the index says; empty: nothing."),
                    text=text("All of it in words."),
                    level=one_of("error", "warning", "note"),
                ),
                "By entry and file. Only errors make the exit code 1.",
            ),
            not_confirmed=list_of(
                record("", name=text(), version=text(), field=text(), file=text(), reason=text()),
                "What nobody could speak of.",
            ),
            seconds=_SECONDS,
        ),
        "outdated": record(
            packages=list_of(
                record(
                    "",
                    name=text(),
                    index=text(),
                    current=_VERSIONS,
                    allowed=list_of(text(), "What an upgrade comes to; empty: it would not be needed."),
                    latest=text("The newest on its index; empty: none."),
                    is_outdated=claim(),
                    held_by=list_of(
                        record(
                            "",
                            requirement=text("Empty: it is no requirement."),
                            asker=or_null(_ASKER),
                            reason=text("Why the version itself may not be chosen: a phrase behind it."),
                        ),
                        "What keeps it from the newest version.",
                    ),
                    waiting=or_null(
                        record(
                            "",
                            version=text(),
                            until=or_null(text("A date."), "null: it does not come by itself."),
                        ),
                        "The newest version that is not old enough yet.",
                    ),
                )
            )
        ),
        "workspace list": record(members=_MEMBERS),
        "workspace dir": record(path=_PATH),
        "workspace metadata": record(workspace_root=_PATH, requires_python=text(), members=_MEMBERS),
        "tree": record(
            is_inverted=claim("Whether edges lead to what needs a package."),
            starts=list_of(text(), "The ids of what stands at the left."),
            projects=list_of(
                record("", id=text(), name=text(), version=text("Empty: it says none.")),
                "The project and the members of its workspace that are shown.",
            ),
            packages=list_of(
                record(
                    "",
                    id=text("`name==version`, and more where that does not tell entries apart."),
                    name=text(),
                    version=text(),
                    index=text("Empty: from none."),
                    source=or_null(record("", kind=text(), location=text()), "null: from an index."),
                    marker=text("Empty: always."),
                    latest=or_null(text(), "null without `--outdated`."),
                    size_bytes=or_null(whole(), "null without `--show-sizes`, or nobody knows."),
                ),
                "By name, then version.",
            ),
            edges=list_of(
                record(
                    "",
                    **{"from": text("An id.")},
                    from_extras=list_of(text()),
                    to=text("An id."),
                    extras=list_of(text(), "Those that are on in the package it leads to."),
                    label=text("`extra: NAME`, `group: NAME`, or empty."),
                    wants=list_of(text(), "Versions asked for, and where."),
                )
            ),
        ),
        "licenses": record(
            packages=list_of(
                record(
                    "",
                    id=text("`name==version`, and more where that does not tell entries apart."),
                    name=text(),
                    version=text(),
                    index=text("Empty: from none."),
                    license=or_null(text(), "An SPDX expression; null: what it says is none."),
                    text=text("What the package itself says, in one line; empty: nothing."),
                    told_by=or_null(
                        one_of("License-Expression", "License", "Classifier"), "null: nobody told."
                    ),
                    read_from=text("The file whose metadata was read; empty: none."),
                    license_files=list_of(text(), "Of the metadata, below the `licenses` of the dist-info."),
                    needed_by=list_of(text(), "Packages, and the project as `demo (extra: x)`."),
                    is_allowed=or_null(claim(), "null: there is no policy, or the package is ignored."),
                ),
                "By name, then version.",
            ),
            summary=list_of(
                record("", license=text(), packages=whole()), "How many have which, the most frequent first."
            ),
            allowed=list_of(text(), "The policy: flags and `allowed-licenses`."),
            ignored=list_of(text(), "Flags and `unchecked-licenses`."),
        ),
        "graph": record(
            output_file=or_null(text(), "null: no page was written."),
            project=record("", name=text(), version=text()),
            requires_python=text(),
            newest_upload=or_null(text(), "What ages count from; null: nobody knows."),
            roots=list_of(record("", id=text(), version=text())),
            gates=list_of(text(), "The project's dependencies, its extras and its groups."),
            targets=list_of(record("", platform=text(), python=text("Empty: any."))),
            packages=list_of(
                record(
                    "",
                    id=text(),
                    name=text(),
                    version=text(),
                    marker=text("Empty: always."),
                    summary=text(),
                    license=text("In one line; empty: not told."),
                    author=text(),
                    home=text("Of the web, or empty."),
                    links=list_of(record("", label=text(), url=text())),
                    source=record("", kind=text(), location=text()),
                    uploaded_at=or_null(text(), "When the first of its files was; null: nobody knows."),
                    days_older=or_null(whole(), "Than the newest upload in the lock."),
                    wheels=whole("How many."),
                    has_sdist=claim(),
                    largest_wheel_bytes=or_null(whole()),
                    sdist_bytes=or_null(whole()),
                    gates=list_of(text(), "Those that bring it."),
                    supplies=list_of(
                        or_null(
                            record("", supply=one_of("wheel", "sdist", "nothing"), bytes=or_null(whole()))
                        ),
                        "For each of `targets`; null: not needed there.",
                    ),
                )
            ),
            edges=list_of(
                record(
                    "",
                    **{"from": text("An id.")},
                    to=text("An id."),
                    labels=list_of(text(), "`extra: NAME` or `group: NAME`."),
                    wants=list_of(text(), "Versions asked for, and where."),
                )
            ),
        ),
        "export": record(
            format=text(),
            output_file=or_null(text(), "null: it was only printed."),
            text=text("What the file holds."),
            lock=or_null(_LOCK, "null: taken as it is."),
        ),
        "index list": record(
            indexes=list_of(
                record(
                    "",
                    name=text(),
                    url=text("Without credentials."),
                    origin=text("What sets it."),
                    default=claim(),
                    explicit=claim(),
                    format=text(),
                    mirror=text("Empty: none."),
                ),
                "In the order they are asked.",
            )
        ),
        "index add": _INDEX,
        "index remove": _INDEX,
        "auth login": _LOGIN,
        "auth logout": record(forgotten=list_of(_LOGIN)),
        "auth token": record(service=text(), username=text(), password=text()),
        "auth check": record(
            indexes=list_of(record("", name=text(), url=text(), username=text("Empty: nobody.")))
        ),
        "auth dir": record(path=_PATH),
        "cache dir": record(path=_PATH),
        "cache size": record(path=_PATH, **_USED, buckets=list_of(record("", name=text(), **_USED))),
        "cache list": record(
            packages=list_of(
                record(
                    "",
                    name=text(),
                    version=text(),
                    sha256=text(),
                    files=whole(),
                    size_bytes=whole(),
                    shared_bytes=whole(),
                    last_used=text("In UTC, to the second."),
                    environments=whole(),
                    linked_from=list_of(text(), "Environments that link its folders."),
                )
            )
        ),
        "cache prune": _REMOVED,
        "cache verify": record(
            packages=whole("How many were read again."),
            files=whole(),
            size_bytes=whole(),
            faults=list_of(
                record(
                    "",
                    subject=text("Whose it is."),
                    path=text("In the wheel, or in the cache."),
                    kind=one_of("changed", "missing", "foreign", "mode"),
                )
            ),
            removed=list_of(text(), "By `--repair`."),
            environments=list_of(text(), "Those that link to what is damaged."),
            sharing=list_of(
                record("", subject=text(), environments=whole()), "What is damaged and shared file by file."
            ),
            seconds=_SECONDS,
        ),
        "cache clean": _REMOVED,
        "config list": record(settings=list_of(record("", **_SETTING), "Those that somebody sets, or all.")),
        "config get": record("", **_SETTING),
        "config explain": record(
            "",
            **_SETTING,
            help=text("What it does."),
            default=text("In words, or as TOML writes it."),
            choices=list_of(text()),
            example=text("As TOML writes it."),
            stands_in=one_of("machine", "anywhere", "pyproject"),
            flag=text(),
            variable=text(),
            fallbacks=list_of(text(), "Variables of other tools that are asked last."),
        ),
        "config set": _SETTING_EDIT,
        "config unset": _SETTING_EDIT,
        "check": record(
            is_ok=claim(),
            checks=list_of(
                record(
                    "",
                    name=one_of("project", "metadata", "tasks", "python", "settings", "lock", "environment"),
                    outcome=one_of("ok", "problem", "skipped"),
                    text=text("Empty where there are findings."),
                    findings=list_of(
                        record(
                            "",
                            code=text("Of an error; empty: only `check` finds it."),
                            what=text(),
                            why=text(),
                            next=list_of(text()),
                        )
                    ),
                )
            ),
        ),
        "doctor": record(
            is_ok=claim("Whether there is no problem."),
            findings=list_of(
                record(
                    "",
                    name=text("What was looked at."),
                    level=one_of("ok", "note", "problem"),
                    text=text(),
                    why=text(),
                    next=list_of(text()),
                )
            ),
        ),
        "self version": record(package_name=text(), version=text()),
    }
)
"""What each command says when it has an answer; the version of the schema and errors come to it."""


def schema_of(command: str) -> Schema:
    """Give the schema of all that a command may say: an answer, which may come with an error, or an error."""
    answer = with_fields(
        ANSWERS[command],
        {"schema": _VERSION, **{name: optional(fault) for name, fault in _FAULTS.items()}},
    )
    return {
        "$schema": DRAFT,
        "title": f"`detent {command} --output-format json`",
        **either(answer, failure()),
    }


def failure() -> Schema:
    """Give the schema of what a command says that failed."""
    return with_fields(record(**_FAULTS), {"schema": _VERSION})


def every_schema() -> Schema:
    """Give all of them, as one document that is published."""
    found = {command: schema_of(command) for command in ANSWERS}
    definitions = {name: {k: v for k, v in one.items() if k != "$schema"} for name, one in found.items()}
    return {
        "$schema": DRAFT,
        "title": "What detent's commands say under `--output-format json`",
        "description": "One document on stdout. Within a version of the schema fields are only added.",
        "anyOf": [{"$ref": f"#/$defs/{name.replace(' ', '%20')}"} for name in definitions],
        "$defs": definitions,
    }
