"""The only place that knows every concrete class: from settings to a :class:`World`.

What is dear to import (HTTP, virtualenv, subprocess) is imported by the factory that needs it, at first use.
"""

# ruff: noqa: PTH118 (strings: every command asks)

import os
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import cast

from detent import fsio, stamp
from detent.errors import ManifestInvalid
from detent.events import Report
from detent.index.releases import IndexReleases, Remote
from detent.model import markers
from detent.model.limits import Limits, limits
from detent.ops.discover import Project, decode, display
from detent.ops.world import Network, World
from detent.project import pip_configuration
from detent.project.settings import ConfigFile, Setting, Sources, settings
from detent.python.discovery import places
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.provision import Environments
from detent.python.pyvenv import lies_below
from detent.python.template import Template
from detent.store.cache import Scratch, hold_store, open_store
from detent.store.layout import Layout
from detent.store.records import read_record, write_record
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
    chosen = settings(_sources(flags, variables, project))
    bounds = limits(variables)._replace(concurrent_downloads=chosen.concurrent_downloads.value)
    markers.allow_nodes(bounds.marker_nodes)
    layout = open_store(chosen.cache_dir.value)
    index_url = chosen.index_root(lambda: _default_index(layout)).value
    with ExitStack() as closing:
        if uses_store:
            closing.enter_context(hold_store(layout, bounds, report=report))

        @cache
        def network() -> Network:
            from detent.index.client import Client

            client = Client(
                index_url=index_url,
                limits=bounds,
                certificates=chosen.certificates.value,
                is_offline=chosen.offline.value,
                report=report,
            )
            closing.callback(client.close)
            return client

        def remote() -> Remote:
            from detent.index.client import Client
            from detent.index.remote import RemoteIndex

            scratch = closing.enter_context(Scratch(layout))
            return RemoteIndex(
                cast("Client", network()),
                index_url=releases.index_url,
                layout=layout,
                scratch=lambda: scratch,
                now=time.time,
                report=report,
            )

        releases = IndexReleases(
            index_url=index_url,
            layout=layout,
            remote=remote,
            now=time.time,
            is_offline=chosen.offline.value,
        )
        yield World(
            settings=chosen,
            layout=layout,
            limits=bounds,
            releases=releases,
            wheels=WheelStore(layout, bounds, report),
            network=network,
            environments=_environments(layout, bounds, variables, project),
            report=report,
        )


def _environments(
    layout: Layout, bounds: Limits, variables: Mapping[str, str], project: Project | None
) -> Environments:
    def probe(executable: str) -> Interpreter:
        from detent.python.probe import probe_interpreter

        return probe_interpreter(executable, variables=variables, timeout_seconds=bounds.probe_seconds)

    def render(interpreter: Interpreter) -> Template:
        from detent.python.rendering import render_template

        return render_template(interpreter, layout=layout, variables=variables)

    def make(root: Path, interpreter: Interpreter, prompt: str) -> None:
        from detent.python.rendering import make_environment

        make_environment(root, interpreter, prompt, layout=layout, variables=variables)

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
    for folder in (root, *root.parents):
        if any(os.path.lexists(folder / name) for name in (".git", ".hg")):
            return str(root if home and lies_below(home, str(folder)) else folder)
    return str(root)


# ---- what decides settings -------------------------------------------------------------------


def _sources(flags: Mapping[str, object], variables: Mapping[str, str], project: Project | None) -> Sources:
    cache_home, user_config, system_config = _folders(variables)
    return Sources(
        cache_home=cache_home,
        flags=flags,
        variables=variables,
        project=project.manifest.settings if project is not None else {},
        user=_config_file(user_config / "detent.toml"),
        system=_config_file(system_config / "detent.toml"),
        pip_index=_pip_index(variables),
    )


def _folders(variables: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """The user's cache folder for detent, and the folders of the user's and the system's configuration."""
    home = variables.get("HOME")
    if sys.platform == "linux" and home:
        # The XDG base directories, as platformdirs has them: importing it costs more than a warm command may.
        cache_home = variables.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
        config_home = variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        system = (variables.get("XDG_CONFIG_DIRS") or "/etc").split(os.pathsep)[0]
        return Path(cache_home, "detent"), Path(config_home, "detent"), Path(system, "detent")
    import platformdirs

    folders = platformdirs.PlatformDirs("detent", appauthor=False)
    return folders.user_cache_path, folders.user_config_path, folders.site_config_path


def _config_file(path: Path) -> ConfigFile | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    try:
        return ConfigFile(display(path), tomllib.loads(decode(content, path)))
    except tomllib.TOMLDecodeError as error:
        raise ManifestInvalid(display(path), "is not valid TOML", why=str(error)) from error


def _pip_index(variables: Mapping[str, str]) -> Setting[str] | None:
    """What pip's own configuration says of the index; the last file that sets it wins (pip's rule)."""
    found: Setting[str] | None = None
    for path in _pip_files(variables):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                url = pip_configuration.index_url(file.read())
        except OSError:
            continue  # pip's file, not ours: what cannot be read sets nothing
        if url:
            found = Setting(url, f"pip's configuration file `{path}`")
    return found


def _pip_files(variables: Mapping[str, str]) -> Iterator[str]:
    own = variables.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    home = variables.get("HOME") or ""
    config_home = variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    for folder in reversed((variables.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
        yield os.path.join(folder, "pip", "pip.conf")
    yield "/etc/pip.conf"
    yield os.path.join(home, ".pip", "pip.conf")
    yield os.path.join(config_home, "pip", "pip.conf")
    if own:
        yield own


def _default_index(layout: Layout) -> str:
    """The default index distlib knows; asked once (61 ms) and kept."""
    record = layout.fact("default-index")
    kept = read_record(record, *_INDEX_FACT)
    if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == stamp.VERSION:
        return str(kept[1])
    from urllib.parse import urljoin

    from distlib.index import DEFAULT_INDEX

    url = urljoin(str(DEFAULT_INDEX), "/simple/")
    write_record(record, *_INDEX_FACT, (stamp.VERSION, url))
    return url
