"""Which value of every setting is in force, and who set it.

The strongest source wins (`project.sources`); lists of names are joined, the nearer first. What the user's or
the system's file denies, a project's file does not allow: a checkout may be stricter than its user, never
laxer. What decides between versions is told apart (`project.choosing`). Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from detent.errors.project import SettingInvalid
from detent.model.build_policy import BuildPolicy
from detent.model.limits import Limits
from detent.model.names import PackageName, package_name
from detent.model.sources import ProjectIndex
from detent.named import NamedTuple
from detent.project.bounds import Bounds
from detent.project.building import BuildTerms, joined
from detent.project.choosing import Choosing, choosing, recorded
from detent.project.indexes import (
    DEFAULT_NAME,
    IndexSetting,
    declared_indexes,
    flag_indexes,
    index_mirrors,
    indexes,
    no_index,
    with_mirror,
)
from detent.project.known import BY_NAME, KNOWN, KeyringProvider, Known, LinkMode, VerifyCache
from detent.project.sources import (
    ConfigFile,
    Setting,
    Sources,
    decide,
    every,
    named,
    own_files,
    read,
)
from detent.project.values import ConfigSettings, index_root

VARIABLES: tuple[tuple[str, str, str], ...] = tuple(
    (variable, known.name, known.help)
    for known in KNOWN
    for variable in (known.variable, *known.fallbacks)
    if variable
)
"""Every variable that sets something: its name, the setting, and what that is."""


class Settings(NamedTuple):
    """Every setting as it is in force."""

    index_url: Setting[str | None]
    """The default index; ``None`` when nothing sets it."""
    indexes: tuple[IndexSetting, ...]
    """All that are set, in the order they are asked; the default one is the last."""
    declared_indexes: tuple[ProjectIndex, ...]
    """Those that the project itself declares, as a lock writes them down."""
    flag_indexes: tuple[IndexSetting, ...]
    """Those given with `--index` for this command."""
    index_mirrors: Mapping[str, str]
    """Where this machine fetches what indexes have, by their names and addresses."""
    no_index: Setting[bool]
    cache_dir: Setting[Path]
    no_cache: Setting[bool]
    cache_max_size: Setting[int | None]
    """Bytes; ``None``: no bound."""
    cache_max_age: Setting[int | None]
    """Seconds; ``None``: no bound."""
    verify_cache: Setting[VerifyCache]
    attestations: Setting[bool]
    allowed_licenses: tuple[Setting[tuple[str, ...]], ...]
    """Every list that is set; none: nothing is asked of licences."""
    unchecked_licenses: frozenset[PackageName]
    link_mode: Setting[LinkMode]
    no_directory_links: frozenset[PackageName]
    allow_overwrite: tuple[PackageName, ...]
    python: Setting[str | None]
    project_environment: Setting[Path]
    concurrent_downloads: Setting[int]
    concurrent_builds: Setting[int | None]
    """``None``: as many as there are processors."""
    offline: Setting[bool]
    certificates: Setting[Path | None]
    system_certs: Setting[bool]
    client_cert: Setting[Path | None]
    insecure_hosts: tuple[Setting[tuple[str, ...]], ...]
    """Every list that is set."""
    proxy: Setting[str | None]
    keyring_provider: Setting[KeyringProvider]
    compile_bytecode: Setting[bool]
    add_bounds: Setting[Bounds]
    build_policy: BuildPolicy
    """What `build`, `allow-build`, `no-build-package`, `no-binary` and `no-binary-package` come to."""
    config_settings: ConfigSettings
    build_terms: BuildTerms
    """What is said of builds beside that."""
    choosing: Choosing
    """What decides which versions are taken."""
    recorded: Choosing
    """The same without the files of whoever works here: this is what a lock writes down."""
    refresh: frozenset[PackageName] | None
    """Whose listings are asked for again however fresh they are; ``None``: everybody's."""
    warnings: tuple[str, ...]
    """Sentences for what is set and changes nothing."""

    def all_indexes(self, default_index: Callable[[], str]) -> tuple[IndexSetting, ...]:
        """Give the indexes to ask; the default that nobody sets is dear to find: asked for if it counts."""
        if self.no_index.value:
            return tuple(index for index in self.indexes if index.format == "flat")
        if self.index_url.value is not None:
            return self.indexes
        implied = IndexSetting(DEFAULT_NAME, index_root(default_index()), default=True)
        return (*self.indexes, with_mirror(implied, self.index_mirrors))


def settings(sources: Sources) -> Settings:
    """Decide every setting; raises :class:`SettingInvalid` for the first value that cannot be used."""
    build_policy, warnings = _build_policy(sources)
    index_url: Setting[str | None] = decide("index-url", sources, None)
    decide("index-strategy", sources, "first-index")
    found = indexes(sources, index_url)
    in_force = choosing(sources, found)
    return Settings(
        index_url=index_url,
        indexes=found,
        declared_indexes=declared_indexes(sources),
        flag_indexes=flag_indexes(sources),
        index_mirrors=index_mirrors(sources),
        no_index=no_index(sources, index_url),
        cache_dir=decide("cache-dir", sources, sources.cache_home),
        no_cache=decide("no-cache", sources, False),
        cache_max_size=decide("cache-max-size", sources, 20 * 2**30),
        cache_max_age=decide("cache-max-age", sources, 90 * 86_400),
        verify_cache=decide("verify-cache", sources, "changed"),
        attestations=decide("attestations", sources, True),
        allowed_licenses=tuple(found for found in every("allowed-licenses", sources) if found.value),
        unchecked_licenses=_joined(_names("unchecked-licenses", sources)),
        link_mode=decide("link-mode", sources, "auto"),
        no_directory_links=_joined(_names("no-directory-links", sources)),
        allow_overwrite=tuple(
            dict.fromkeys(n for setting in _names("allow-overwrite", sources) for n in setting.value)
        ),
        python=decide("python", sources, None),
        project_environment=decide("project-environment", sources, Path(".venv")),
        concurrent_downloads=decide(
            "concurrent-downloads", sources, Limits._field_defaults["concurrent_downloads"]
        ),
        concurrent_builds=decide("concurrent-builds", sources, None),
        offline=decide("offline", sources, False),
        certificates=decide("certificates", sources, None),
        system_certs=decide("system-certs", sources, False),
        client_cert=decide("client-cert", sources, None),
        insecure_hosts=tuple(found for found in every("allow-insecure-host", sources) if found.value),
        proxy=decide("proxy", sources, None),
        keyring_provider=decide("keyring-provider", sources, "disabled"),
        compile_bytecode=decide("compile-bytecode", sources, False),
        add_bounds=decide("add-bounds", sources, "lower"),
        build_policy=build_policy,
        config_settings=_config_settings(sources),
        build_terms=_build_terms(sources),
        choosing=in_force,
        recorded=recorded(sources, in_force),
        refresh=_refresh(sources.flags),
        warnings=warnings,
    )


# ---- values made of several ------------------------------------------------------------------


def _build_policy(sources: Sources) -> tuple[BuildPolicy, tuple[str, ...]]:
    denied_by, allowed, excepted_in, warnings = _denial(sources)
    never = _names("no-build-package", sources)
    forbidden = frozenset(name for setting in never for name in setting.value)
    origins = (*((denied_by,) if denied_by else ()), *(named("`no-build-package`", s.origin) for s in never))
    no_binary: Setting[bool] = decide("no-binary", sources, False)
    without_wheels = _names("no-binary-package", sources)
    return (
        BuildPolicy(
            allows=not denied_by,
            allowed=allowed,
            forbidden=forbidden,
            forbidden_by=" and ".join(dict.fromkeys(origins)) or BuildPolicy._field_defaults["forbidden_by"],
            excepted_in=excepted_in,
            without_wheels=frozenset(name for setting in without_wheels for name in setting.value),
            is_without_any_wheels=no_binary.value,
        ),
        warnings,
    )


def _denial(sources: Sources) -> tuple[str, frozenset[PackageName], str, tuple[str, ...]]:
    """Say who denies builds (empty: nobody), who is excepted, where that stands, and what was set in vain."""
    person = _of_person(sources)
    if person is not None:
        # Whoever types it means all of them, or none.
        return ("" if person.value == "allow" else person.origin), frozenset(), "", ()
    build, allow = BY_NAME["build"], BY_NAME["allow-build"]
    own = next(read(build, ((f.table.get("build"), f.origin) for f in own_files(sources))), None)
    project = _only(build, sources.project)
    of_own = [setting for file in own_files(sources) if (setting := _only(allow, file))]
    of_project = _only(allow, sources.project)
    exceptions = [*of_own, *([of_project] if of_project else [])]
    if own is not None and own.value == "deny":
        denied_by, in_vain = named('`build = "deny"`', own.origin), _in_vain(of_project, own.origin)
        return denied_by, _joined(of_own), own.origin, in_vain
    if project is not None and project.value == "deny":
        return named('`build = "deny"`', project.origin), _joined(exceptions), project.origin, ()
    return (
        "",
        frozenset(),
        "",
        tuple(
            f'`allow-build` in {setting.origin} changes nothing: only `build = "deny"` forbids builds'
            for setting in exceptions
        ),
    )


def _in_vain(exceptions: Setting[Any] | None, denied_by: str) -> tuple[str, ...]:
    if exceptions is None:
        return ()
    denied = f"{denied_by} denies builds, and a project cannot loosen that"
    return (f"`allow-build` in {exceptions.origin} changes nothing: {denied}",)


def _of_person(sources: Sources) -> Setting[str] | None:
    """What the flag or the variable says: they are switches that deny."""
    known = BY_NAME["build"]
    flag = sources.flags.get("build")
    if isinstance(flag, bool):
        return Setting("deny" if flag else "allow", f"the flag `{known.flag if flag else '--build'}`")
    text = sources.variables.get(known.variable)
    origin = f"the variable `{known.variable}`"
    switch = known._replace(kind="switch")
    if next(read(switch, ((text, origin),)), Setting(False, "")).value:
        return Setting("deny", origin)
    return None


def _only(known: Known, file: ConfigFile | None) -> Setting[Any] | None:
    if file is None:
        return None
    return next(read(known, ((file.table.get(known.name), file.origin),)), None)


def _names(name: str, sources: Sources) -> tuple[Setting[tuple[PackageName, ...]], ...]:
    """Every list that is set; together they are in force."""
    return tuple(setting for setting in every(name, sources) if setting.value)


def _joined(lists: Iterable[Setting[tuple[PackageName, ...]]]) -> frozenset[PackageName]:
    return frozenset(name for setting in lists for name in setting.value)


def _config_settings(sources: Sources) -> ConfigSettings:
    """Every key once; the nearer file, or the flag, wins."""
    found: dict[str, str | tuple[str, ...]] = {}
    for setting in every("config-settings", sources):
        for key, value in setting.value.items():
            found.setdefault(key, value)
    return found


def _build_terms(sources: Sources) -> BuildTerms:
    names = ("build-constraint-dependencies", "extra-build-dependencies", "extra-build-variables")
    constraints, extra, variables = ([each.value for each in every(name, sources)] for name in names)
    terms = joined(constraints, extra, variables, sources.variables)
    shared: Setting[bool] = decide("no-build-isolation", sources, False)
    return terms._replace(
        shares_everything=shared.value, sharing=_joined(_names("no-build-isolation-package", sources))
    )


def _refresh(flags: Mapping[str, object]) -> frozenset[PackageName] | None:
    if flags.get("refresh"):
        return None
    names = flags.get("refresh-package")
    try:
        return frozenset(package_name(str(name)) for name in (names if isinstance(names, tuple) else ()))
    except ValueError as error:
        raise SettingInvalid("refresh-package", str(error), origin="the flag `--refresh-package`") from error
