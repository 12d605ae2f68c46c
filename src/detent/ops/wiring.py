"""The only place that knows every concrete class: from settings to a :class:`World`.

What is dear to import (HTTP, virtualenv, subprocess) is imported by the factory that needs it, at first use.
"""

# ruff: noqa: PTH100, PTH109, PTH118, PTH120 (strings: every command asks)

import os
import re
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from detent import fsio, stamp
from detent.errors import UsageError
from detent.errors.build import BuildError
from detent.errors.fetch import IndexUnavailable
from detent.errors.resolve import ResolveError
from detent.events import Notice, Remark, Report
from detent.index.ports import Remote
from detent.index.releases import IndexReleases
from detent.index.urls import Credentials, service_of, shown
from detent.model import markers
from detent.model.limits import Limits, limits
from detent.named import NamedTuple
from detent.ops.configured import CONFIG_NAME, Folders, config_paths, pip_files, xdg_folders
from detent.ops.discover import Project, decode
from detent.ops.shown_paths import display
from detent.ops.world import Builder, Network, Resolver, World
from detent.project import pip_configuration
from detent.project.building import BuildTerms, with_constraints
from detent.project.configuration import read_config_file, replaced_settings
from detent.project.document import parse_document
from detent.project.indexes import IndexSetting, indexes_of_uv, pip_note, says_where_to_look, without_user
from detent.project.known import BY_NAME
from detent.project.settings import Settings, settings
from detent.project.sources import OF_PROJECT_FILE, OF_PYPROJECT, OF_UV, ConfigFile, Setting, Sources
from detent.store.cache import Scratch, hold_store, open_store
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

if TYPE_CHECKING:
    from detent.index.client import Client
    from detent.index.git import Git
    from detent.index.indexes import Indexes
    from detent.index.keyring import Keyring
    from detent.index.login_store import LoginStore
    from detent.index.logins import Logins
    from detent.index.remote import Transport
    from detent.index.repositories import Repositories
    from detent.lock.model import BuildLock, Lock, Merge
    from detent.model.target import Target
    from detent.ops.answer import Settling
    from detent.ops.promises import Promises
    from detent.ops.question import Question
    from detent.python.environment import Style
    from detent.python.interpreter import Interpreter
    from detent.python.provision import Environments
    from detent.python.template import Template
    from detent.resolve.question import SearchFailed
    from detent.store.bytecode import ByteCodeStore
    from detent.store.unpackers import Unpackers
    from detent.store.wheels import WheelStore

_INDEX_FACT = (b"default-index", 1)


@contextmanager
def open_world(
    flags: Mapping[str, object],
    variables: Mapping[str, str],
    report: Report,
    project: Project | None = None,
    *,
    uses_store: bool = True,
) -> Iterator[World]:
    """Decide every setting and connect the parts; nothing is fetched and no program is started.

    The store is held while the world is open, so that nobody empties it meanwhile; ``uses_store`` off is for
    whoever empties it. Raises :class:`SettingInvalid`, :class:`StoreUnsafe` and :class:`UsageError`.
    """
    chosen = settings(read_sources(flags, variables, project, report))
    files = flags.get("build-constraint")
    if isinstance(files, tuple) and files:
        chosen = chosen._replace(build_terms=_with_constraints(chosen.build_terms, files))
    for text in chosen.warnings:
        report(Notice("warning", text))
    processors = _processors()
    bounds = limits(variables)._replace(
        concurrent_downloads=chosen.concurrent_downloads.value,
        concurrent_builds=chosen.concurrent_builds.value or processors,
        processors=processors,
    )
    longest = flags.get("max-seconds")
    if isinstance(longest, float):
        bounds = bounds._replace(max_seconds=longest)
    markers.allow_nodes(bounds.marker_nodes)
    due: list[Layout] = []
    with ExitStack() as closing:
        root = closing.enter_context(_private_cache()) if chosen.no_cache.value else chosen.cache_dir.value
        layout = open_store(root, when_due=due.append)
        indexes = chosen.all_indexes(lambda: _default_index(layout))
        if uses_store:
            closing.enter_context(hold_store(layout, bounds, report=report))

        @cache
        def network() -> Network:
            from detent.index.client import Client
            from detent.index.proxies import proxies_of
            from detent.ops.logins import trust_of

            proxy = chosen.proxy
            client = Client(
                limits=bounds,
                logins=_logins(chosen, indexes, project, variables, report),
                trust=trust_of(chosen, indexes, variables),
                proxies=proxies_of(variables, chosen=proxy.value or "", chosen_by=proxy.origin),
                is_offline=chosen.offline.value,
                report=report,
            )
            closing.push(client)
            return client

        @cache
        def git() -> "Git":
            from detent.index.git import Git, find_git
            from detent.index.git_logins import with_logins
            from detent.ops.logins import named_in

            outside = _outside(project, variables)
            told = with_logins(variables, named_in(project, variables))
            found = Git(find_git(variables, outside), told, bounds, outside=outside)
            closing.callback(found.close)
            return found

        @cache
        def repositories() -> "Repositories":
            from detent.index.repositories import Repositories

            return Repositories(
                git, layout=layout, limits=bounds, report=report, is_offline=chosen.offline.value
            )

        def remote(index: IndexSetting) -> Remote:
            note = pip_note(indexes)
            if note and not told_of_pip:
                told_of_pip.append(note)
                report(Remark(note))
            transport = _transport(index, lambda: cast("Client", network()), bounds)
            from detent.index.remote import Manner, RemoteIndex

            kind = RemoteIndex
            url = index.mirror or index.url
            if index.format == "flat":
                from detent.index.flat import FlatFolder, FlatPage

                kind = FlatFolder if url.startswith("file:") and url.endswith("/") else FlatPage
            scratch = closing.enter_context(Scratch(layout))
            return kind(
                transport,
                index_url=without_user(url),
                layout=layout,
                scratch=lambda: scratch,
                now=time.time,
                report=report,
                manner=Manner(
                    index.cache_control,
                    index.ignore_error_codes,
                    keeps_missing=len(indexes) > 1,
                    takes_whole_wheels=not only_reads,
                ),
            )

        told_of_pip: list[str] = []
        only_reads = bool(flags.get("only-reads"))
        unbuilt: list[BuildError] = []

        def of_one(index: IndexSetting) -> IndexReleases:
            url = index.mirror or index.url
            return IndexReleases(
                index_url=url,
                layout=layout,
                remote=partial(remote, index),
                now=time.time,
                build_metadata=None if only_reads else lambda *source: builder().metadata(*source),
                is_offline=chosen.offline.value and not url.startswith("file:"),
                refresh=chosen.refresh,
                # To upgrade is to ask which versions there are, not to build again what was built.
                keeps_built=only_reads or not flags.get("forget-built"),
                cutoff=partial(chosen.choosing.cutoffs.moment_on, index.key),
                name=index.key,
                locked_as="" if index.is_local else without_user(index.url) if index.mirror else None,
                is_flat=index.format == "flat",
                unbuilt=unbuilt,
            )

        if len(indexes) == 1 and not indexes[0].explicit:
            releases: IndexReleases | Indexes = of_one(indexes[0])
        else:
            from detent.ops.indexing import together

            releases = together(
                indexes,
                of_one,
                unbuilt=unbuilt,
                wait=lambda: cast("Client", network()).wait(),
                sources=tuple(r for m in project.manifests() for r in m.sources) if project else (),
            )

        hashes_always = chosen.verify_cache.value == "always"

        @cache
        def wheels() -> "WheelStore":
            from detent.store.wheels import WheelStore

            return WheelStore(layout, bounds, report, hashes_always=hashes_always)

        def unpackers(scratch: Path, sizes: Collection[int | None]) -> "Unpackers":
            from detent.store.unpackers import Unpackers, count_of_workers, may_fork

            count = count_of_workers(sizes, processors) if may_fork() else 0
            return Unpackers(wheels(), scratch, count)

        def bytecode() -> "ByteCodeStore":
            from detent.store.bytecode import ByteCodeStore

            return ByteCodeStore(layout, bounds, variables, report, hashes_always=hashes_always)

        def interpreter(project: Project | None) -> "Interpreter":
            from detent.ops.active import environment_path
            from detent.ops.python import interpreter_for

            root = environment_path(world, project) if project is not None else Path(".venv")
            return interpreter_for(world, project, root)

        @cache
        def builder() -> Builder:
            from detent.ops.builds import Builds

            @cache
            def locked() -> "BuildLock | None":
                from detent.ops.stored_lock import locked_builds

                if project is None or not chosen.choosing.locks_builds:
                    return None
                return locked_builds(layout, project)

            place = project.root / chosen.project_environment.value if project is not None else Path(".venv")
            return Builds(
                lambda: world, cache(partial(interpreter, project)), variables, os.path.abspath(place), locked
            )

        def promises(lock: "Lock", target: "Target") -> "Promises":
            from detent.ops.promises import Promises

            return Promises(world, lock, target)

        world = World(
            settings=chosen,
            layout=layout,
            limits=bounds,
            releases=releases,
            wheels=wheels,
            unpackers=unpackers,
            bytecode=bytecode,
            network=network,
            repositories=repositories,
            environments=cache(partial(_environments, layout, bounds, variables, project)),
            interpreter=interpreter,
            builder=builder,
            promises=promises,
            resolver=_resolver,
            merger=partial(_merged, variables),
            report=report,
        )
        yield world
    if due and uses_store and not chosen.no_cache.value:
        _bound(layout, chosen, report)


def _outside(project: Project | None, variables: Mapping[str, str]) -> set[str]:
    """Give the folders from which no program is started."""
    home = variables.get("HOME", "")
    outside = {str(Path.cwd()), *((_checkout(project.root, home),) if project is not None else ())}
    # Whoever stands in a folder of the system, or at home, finds the programs that lie there.
    return outside - {os.sep, home}


def login_store(variables: Mapping[str, str]) -> "LoginStore":
    """Give where logins are kept: with the user's data, since a cache may be thrown away."""
    from detent.index.login_store import LoginStore

    own, home = variables.get("DETENT_CREDENTIALS_DIR"), variables.get("HOME")
    if own:
        return LoginStore(Path(own).absolute())
    if sys.platform == "linux" and home:
        return LoginStore(
            Path(variables.get("XDG_DATA_HOME") or f"{home}/.local/share", "detent", "credentials")
        )
    import platformdirs

    return LoginStore(platformdirs.PlatformDirs("detent", appauthor=False).user_data_path / "credentials")


def keyring(variables: Mapping[str, str], report: Report, project: Project | None = None) -> "Keyring":
    """Give the system's keyring; nothing is started yet."""
    from detent.index.keyring import Keyring

    return Keyring(variables, report, outside=_outside(project, variables))


def _logins(
    chosen: Settings,
    indexes: Sequence[IndexSetting],
    project: Project | None,
    variables: Mapping[str, str],
    report: Report,
) -> "Logins":
    """Put together what is told to whom; files and keyring are asked when a server refuses."""
    from detent.index.logins import Later, Logins
    from detent.ops.logins import login_urls, named_logins

    def of_store(url: str, username: str) -> "Credentials | None":
        found = login_store(variables).find(url, username)
        return Credentials(found.username, found.password) if found is not None else None

    def of_netrc(url: str, _: str) -> "Credentials | None":
        from detent.index.netrc_file import netrc_login

        path = variables.get("NETRC") or f"{variables.get('HOME', '')}/.netrc"
        return netrc_login(path, url, report)

    later = [Later(of_store, knows_origins=True), Later(of_netrc)]
    if chosen.keyring_provider.value == "subprocess":
        later.append(Later(lambda url, username: keyring(variables, report, project).look_up(url, username)))
    named = (
        ()
        if chosen.offline.value
        else named_logins(indexes, variables, lambda name, now: login_store(variables).origin_of(name, now))
    )
    return Logins(
        login_urls(indexes, project, variables),
        never=(index.mirror or index.url for index in indexes if index.authenticate == "never"),
        named=named,
        later=later,
    )


def _transport(index: IndexSetting, client: "Callable[[], Client]", bounds: Limits) -> "Transport":
    """Give what an index is asked by; raises :class:`IndexUnavailable` where it may not be asked so."""
    url = index.mirror or index.url
    if url.startswith("file:"):
        from detent.index.local import LocalFiles

        return LocalFiles(bounds)
    network = client()
    if index.authenticate == "always" and not network.has_login(url):
        raise IndexUnavailable(
            shown(url),
            '`authenticate = "always"` is set for it, and there are no credentials',
            next_steps=(f"run `detent auth login {service_of(url)}`", "or take `authenticate` out"),
        )
    network.prepare(url)
    return network


def _with_constraints(terms: BuildTerms, files: Iterable[str]) -> BuildTerms:
    """Add what files of constraints say; raises :class:`UsageError` for what is no bound."""
    from detent.ops.requirement_files import read_requirements

    for name in files:
        for listed in read_requirements(name, is_constraint=True):
            try:
                terms = with_constraints(terms, (listed.text,))
            except ValueError as error:
                raise UsageError(
                    f"`{listed.where}` is no constraint for builds",
                    why=str(error),
                    next_steps=("write it like `setuptools<80`",),
                ) from error
    return terms


def _bound(layout: Layout, chosen: Settings, report: Report) -> None:
    """Spend a moment on the size of the store, once a day and after the command's own work."""
    from detent.store.eviction import Bounds, evict

    evict(layout, Bounds(chosen.cache_max_size.value, chosen.cache_max_age.value), report=report)


def _merged(variables: Mapping[str, str], text: str, folder: Path) -> "Merge":
    from detent.ops.merging import merge_conflicted

    return merge_conflicted(text, folder, variables)


def _resolver() -> Resolver:
    from detent.ops.answer import find_lock

    def error_of(failure: "SearchFailed") -> ResolveError:
        from detent.resolve.failure import error_of

        return error_of(failure)

    def find(
        world: World,
        question: "Question",
        /,
        *,
        error_of: "Callable[[SearchFailed], ResolveError]" = error_of,
    ) -> "Lock":
        lock = find_lock(world, question, error_of, settle)
        if question.project is None:
            return lock
        from detent.ops.build_locking import with_builds

        return with_builds(world, question, lock, world.interpreter(question.project), error_of)

    def settle(world: World, question: "Question") -> "Settling":
        if not question.inputs.all_sources():
            return lambda _names: ()
        from detent.ops.direct import settle_question

        return settle_question(world, question)

    return find


def _processors() -> int:
    """Count the processors that this process may use, which may be few of the machine's (a container)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _environments(
    layout: Layout, bounds: Limits, variables: Mapping[str, str], project: Project | None
) -> "Environments":
    from detent.python.discovery import places
    from detent.python.interpreter import Interpreters
    from detent.python.provision import Environments

    def probe(executable: str) -> "Interpreter":
        from detent.python.probe import probe_interpreter

        return probe_interpreter(executable, variables=variables, timeout_seconds=bounds.probe_seconds)

    def render(interpreter: "Interpreter") -> "Template":
        from detent.python.rendering import render_template

        return render_template(interpreter, layout=layout, variables=variables)

    def make(root: Path, interpreter: "Interpreter", style: "Style") -> None:
        from detent.python.rendering import make_environment

        make_environment(root, interpreter, style, layout=layout, variables=variables)

    interpreters = Interpreters(
        layout,
        probe,
        project=_checkout(project.root, variables.get("HOME", "")) if project is not None else "",
        home=variables.get("HOME", ""),
        own=sys.executable,
    )
    return Environments(
        layout, interpreters, places(variables, own=sys.executable), render=render, make=make, limits=bounds
    )


def _checkout(root: Path, home: str) -> str:
    """Give what may have come from a stranger: the checkout a project lies in, else the project alone."""
    from detent.python.pyvenv import lies_below

    for folder in (root, *root.parents):
        if any(os.path.lexists(folder / name) for name in (".git", ".hg")):
            return str(root if home and lies_below(home, str(folder)) else folder)
    return str(root)


# ---- what decides settings -------------------------------------------------------------------


class _Found(NamedTuple):
    """A configuration file that was read and checked."""

    file: ConfigFile
    warnings: tuple[str, ...]


def read_sources(
    flags: Mapping[str, object], variables: Mapping[str, str], project: Project | None, report: Report
) -> Sources:
    """Read whatever sets something, and tell what is odd about it."""
    folders = _folders(variables)
    sources = Sources(
        cache_home=folders.cache,
        flags=flags,
        variables=variables,
        folder=os.getcwd(),
        root=str(project.root) if project is not None else "",
        now=int(time.time()),
    )
    named = flags.get("config-file")
    user = system = None
    if isinstance(named, str) and named:
        user = _config_file(Path(named), is_named=True)
    elif not flags.get("no-config"):
        user = _config_file(folders.user_config / CONFIG_NAME)
        system = next(
            filter(None, (_config_file(folder / CONFIG_NAME) for folder in folders.system_config)), None
        )
    found = [*((user,) if user else ()), *((system,) if system else ())]
    if not flags.get("no-config"):
        of_project = _of_project(project) if project is not None else None
        found += (of_project,) if of_project else ()
        sources = sources._replace(
            project=of_project.file if of_project else None,
            uv=_of_uv(project, of_project) if project is not None and of_project is not None else None,
            pip=_of_pip(variables),
        )
    for text in dict.fromkeys(text for each in found for text in each.warnings):
        report(Notice("warning", text))
    return sources._replace(user=user.file if user else None, system=system.file if system else None)


def _of_project(project: Project) -> _Found:
    """What a project sets: in the `detent.toml` beside its pyproject.toml, else in that."""
    table = project.manifest.settings
    found = _config_file(project.root / CONFIG_NAME, is_of_project=True)
    if found is None:
        return _Found(ConfigFile(OF_PYPROJECT, table, str(project.root)), ())
    # What says something of the project itself stands in its pyproject.toml all the same.
    kept = {
        key: value for key, value in table.items() if key in BY_NAME and BY_NAME[key].place == "pyproject"
    }
    found = found._replace(file=found.file._replace(table={**kept, **found.file.table}))
    replaced = replaced_settings(table)
    if not replaced:
        return found
    keys = ", ".join(f"`{key}`" for key in replaced)
    told = (
        f"`{CONFIG_NAME}` is used in place of the settings in `[tool.detent]` of `pyproject.toml`,"
        f" which are left out: {keys}"
    )
    return found._replace(warnings=(told, *found.warnings))


def configuration_files(
    flags: Mapping[str, object], variables: Mapping[str, str], root: Path
) -> Iterator[str]:
    """Give every file that may set something for the project at ``root``, there or not."""
    named = flags.get("config-file")
    if isinstance(named, str) and named:
        yield named
    yield f"{root}/{CONFIG_NAME}"
    yield from config_paths(_folders(variables), variables)


def user_config_file(flags: Mapping[str, object], variables: Mapping[str, str]) -> Path:
    """Give where the user's own configuration stands, there or not."""
    named = flags.get("config-file")
    return Path(named) if isinstance(named, str) and named else _folders(variables).user_config / CONFIG_NAME


def known_indexes(world: World) -> tuple[IndexSetting, ...]:
    """Give every index in the order they are asked, the implied default among them."""
    return world.settings.all_indexes(lambda: _default_index(world.layout))


def _folders(variables: Mapping[str, str]) -> Folders:
    told = xdg_folders(variables)
    if told is not None:
        return told
    import platformdirs

    folders = platformdirs.PlatformDirs("detent", appauthor=False)
    return Folders(folders.user_cache_path, folders.user_config_path, (folders.site_config_path,))


def _config_file(path: Path, *, is_of_project: bool = False, is_named: bool = False) -> _Found | None:
    """Read and check a detent.toml; ``None`` when there is none, unless somebody named it."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if is_named:
            raise UsageError(
                f"the configuration file `{path}` does not exist",
                next_steps=("name a file that is there, or leave it out",),
            ) from error
        return None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    document = parse_document(decode(content, path), display(path))
    warnings = read_config_file(document, is_of_project=is_of_project)
    return _Found(
        ConfigFile(
            OF_PROJECT_FILE if is_of_project else f"`{display(path)}`",
            document.data,
            os.path.dirname(os.path.abspath(path)),
        ),
        warnings,
    )


@contextmanager
def _private_cache() -> Iterator[Path]:
    """A folder in place of the cache for one command (`--no-cache`), removed however that ends."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="detent-"))
    try:
        yield folder
    finally:
        fsio.remove_tree(folder)


def _of_uv(project: Project, found: _Found) -> ConfigFile | None:
    """What another tool's table says of indexes, where the project says nothing of them to detent."""
    table = indexes_of_uv(project.manifest.data)
    if not table or says_where_to_look(found.file.table):
        return None
    return ConfigFile(OF_UV, table, str(project.root))


def _of_pip(variables: Mapping[str, str]) -> dict[str, Setting[str]]:
    """What pip's own configuration says of indexes; the last file that sets something wins (pip's rule)."""
    found: dict[str, Setting[str]] = {}
    for path in pip_files(variables):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                options = pip_configuration.options(file.read())
        except OSError:
            continue  # pip's file, not ours: what cannot be read sets nothing
        found.update(
            (name, Setting(text, f"pip's configuration file `{path}`")) for name, text in options.items()
        )
    return found


def _default_index(layout: Layout) -> str:
    """The default index distlib knows; asked once and kept."""
    record = layout.fact("default-index")
    kept = read_record(record, *_INDEX_FACT)
    if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == stamp.VERSION:
        return str(kept[1])
    from urllib.parse import urljoin

    url = urljoin(_index_of_distlib(), "/simple/")
    write_record(record, *_INDEX_FACT, (stamp.VERSION, url))
    return url


def _index_of_distlib() -> str:
    """Read it out of the source, where it stands in a line of its own: importing the module takes 60 ms."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("distlib")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        try:
            with open(os.path.join(folder, "index.py"), encoding="utf-8") as file:  # noqa: PTH123
                found = re.search(r"^DEFAULT_INDEX = '(https://[^']+)'$", file.read(), re.MULTILINE)
        except OSError:
            continue
        if found is not None:
            return found[1]
    from distlib.index import DEFAULT_INDEX

    return str(DEFAULT_INDEX)
