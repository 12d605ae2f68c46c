"""What is set about which versions are taken: order, pre-releases, forks, sources, how late an upload counts.

Nearer values win; of the tables by package, each package's own. A bound on upload times is a protection: of
the bound a project sets and the one of its user (or the system) the earlier moment is in force, and a
project's `false` takes nothing from its user. What a person says for one command counts as said. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from detent.model.cutoffs import NO_CUTOFFS, Cutoff, Cutoffs
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.project.building import joined
from detent.project.indexes import IndexSetting
from detent.project.known import BY_NAME, ForkStrategy, PrereleaseMode, Resolution
from detent.project.sources import (
    ConfigFile,
    Setting,
    Sources,
    decide,
    every,
    named,
    of_person,
    own_files,
    read,
)

_Bound: TypeAlias = Setting[Cutoff | None]

_EVERYBODY = BY_NAME["exclude-newer"]
_PACKAGES = BY_NAME["exclude-newer-package"]


class Choosing(NamedTuple):
    """What decides between versions that would all do."""

    resolution: Setting[Resolution]
    prerelease: Setting[PrereleaseMode]
    prerelease_packages: Mapping[PackageName, Setting[PrereleaseMode]]
    fork_strategy: Setting[ForkStrategy]
    cutoffs: Cutoffs
    no_sources: Setting[bool] = Setting(False, "the default")
    """Whether what the project says of where packages come from is left aside, for all of them."""
    no_sources_packages: Setting[tuple[PackageName, ...]] = Setting((), "the default")
    """For which of them it is left aside."""
    locks_builds: bool = False
    """Whether what builds require is locked, too."""
    build_terms: tuple[tuple[str, str], ...] = ()
    """What is said of that, by the setting's name; empty where it is not locked."""

    @property
    def has_flags(self) -> bool:
        """Whether flags of the command say some of it."""
        origins = (
            self.resolution.origin,
            self.prerelease.origin,
            self.fork_strategy.origin,
            self.cutoffs.set_by,
            self.no_sources.origin,
            self.no_sources_packages.origin,
            *(mode.origin for mode in self.prerelease_packages.values()),
            *self.cutoffs.packages_set_by.values(),
            *self.cutoffs.indexes_set_by.values(),
        )
        return any(origin.startswith("the flag") for origin in origins)

    def options(self) -> tuple[tuple[str, str], ...]:
        """Give whatever is not the default, by the setting's name, as a lock writes it down: sorted."""
        modes = {name: mode.value for name, mode in self.prerelease_packages.items()}
        found = {
            "resolution": _unless("highest", self.resolution.value),
            "prerelease": _unless("if-necessary", self.prerelease.value),
            "prerelease-package": _pairs(modes, self.prerelease.value),
            "fork-strategy": _unless("requires-python", self.fork_strategy.value),
            "no-sources": "true" if self.no_sources.value else "",
            "no-sources-package": ""
            if self.no_sources.value
            else " ".join(sorted(self.no_sources_packages.value)),
            "exclude-newer": _unless("false", _text(self.cutoffs.everybody)),
            "exclude-newer-package": _pairs(
                {name: _text(cutoff).replace(" ", "") for name, cutoff in self.cutoffs.packages.items()},
                _text(self.cutoffs.everybody).replace(" ", ""),
            ),
        }
        if self.locks_builds:
            found |= {"lock-build-requirements": "true", **dict(self.build_terms)}
        return tuple(sorted((name, text) for name, text in found.items() if text))


def choosing(sources: Sources, indexes: Iterable[IndexSetting]) -> Choosing:
    """Decide all of it; ``indexes`` are those in force.

    Raises :class:`SettingInvalid`.
    """
    locks_builds = decide("lock-build-requirements", sources, False).value
    return Choosing(
        resolution=decide("resolution", sources, "highest"),
        prerelease=decide("prerelease", sources, "if-necessary"),
        prerelease_packages=_by_package(every("prerelease-package", sources)),
        fork_strategy=decide("fork-strategy", sources, "requires-python"),
        cutoffs=_cutoffs(sources, tuple(indexes)),
        no_sources=decide("no-sources", sources, False),
        no_sources_packages=_joined(every("no-sources-package", sources)),
        locks_builds=locks_builds,
        build_terms=_build_terms(sources) if locks_builds else (),
    )


def recorded(sources: Sources, in_force: Choosing) -> Choosing:
    """Decide it as for somebody without files of their own: this is what a lock writes down.

    So nobody's own file makes a lock stale that all share, nor does the index a machine happens to use.
    """
    if in_force.cutoffs is NO_CUTOFFS and sources.user is None and sources.system is None:
        return in_force
    return choosing(sources._replace(user=None, system=None), ())


def _build_terms(sources: Sources) -> tuple[tuple[str, str], ...]:
    constraints, extra = "build-constraint-dependencies", "extra-build-dependencies"
    said = joined(
        (setting.value for setting in every(constraints, sources)),
        (setting.value for setting in every(extra, sources)),
        (),
        {},
    )
    return (constraints, said.constraints_text()), (extra, said.extra_text())


def _by_package(
    tables: Iterable[Setting[Mapping[PackageName, PrereleaseMode]]],
) -> Mapping[PackageName, Setting[PrereleaseMode]]:
    found: dict[PackageName, Setting[PrereleaseMode]] = {}
    for setting in tables:
        for name, mode in setting.value.items():
            found.setdefault(name, Setting(mode, setting.origin))
    return found


def _joined(lists: Iterable[Setting[tuple[PackageName, ...]]]) -> Setting[tuple[PackageName, ...]]:
    """Give all of them; a flag that was not given is an empty list, which takes nothing from the others."""
    said = [setting for setting in lists if setting.value]
    names = dict.fromkeys(name for setting in said for name in setting.value)
    return Setting(tuple(names), said[0].origin if said else "the default")


def _unless(default: str, text: str) -> str:
    return "" if text == default else text


def _pairs(texts: Mapping[PackageName, str], default: str) -> str:
    return " ".join(f"{name}={text}" for name, text in sorted(texts.items()) if text != default)


def _text(cutoff: Cutoff | None) -> str:
    return "false" if cutoff is None else cutoff.text


# ---- upload times ----------------------------------------------------------------------------


class _Said(NamedTuple):
    """What one party says of upload times."""

    everybody: _Bound | None
    """``None``: nothing."""
    packages: Mapping[PackageName, _Bound]

    def bound(self, name: PackageName) -> _Bound | None:
        return self.packages.get(name, self.everybody)


_NOTHING = _Said(None, {})


def _cutoffs(sources: Sources, indexes: tuple[IndexSetting, ...]) -> Cutoffs:
    person = _of_person(sources)
    project = _of_files((sources.project,) if sources.project is not None else ())
    own = _of_files(own_files(sources))
    bounded = [index for index in indexes if index.exclude_newer is not None]
    if person == project == own == _NOTHING and not bounded:
        return NO_CUTOFFS
    everybody = person.everybody
    if everybody is None:
        everybody = _earlier(project.everybody, own.everybody, sources.now)
    else:
        # It stands in for those of the files. What a project excepts is held to it as to its user's own.
        is_bound = own.everybody is not None and own.everybody.value is not None
        project = project._replace(everybody=None)
        own = own._replace(everybody=everybody if is_bound else None)
    packages = dict(person.packages)
    for name in (*project.packages, *own.packages):
        bound = _earlier(project.bound(name), own.bound(name), sources.now)
        if bound is not None:
            packages.setdefault(name, bound)
    by_index = {
        index.key: _earlier(
            index.exclude_newer, (own if index.is_of_project else project).everybody, sources.now
        )
        for index in bounded
        if person.everybody is None or not index.is_of_project
    }
    of_index = {name: bound for name, bound in by_index.items() if bound is not None}
    for index in indexes:
        if index.is_local:  # nobody uploads to a folder
            of_index.setdefault(index.key, Setting(None, index.origin))
    return Cutoffs(
        sources.now,
        everybody.value if everybody is not None else None,
        {name: bound.value for name, bound in packages.items()},
        everybody.origin if everybody is not None else NO_CUTOFFS.set_by,
        {name: bound.origin for name, bound in packages.items()},
        {name: bound.value for name, bound in of_index.items()},
        {name: bound.origin for name, bound in of_index.items()},
    )


def _of_person(sources: Sources) -> _Said:
    everybody = next(read(_EVERYBODY, of_person(_EVERYBODY, sources)), None)
    return _Said(everybody, _bounds(read(_PACKAGES, of_person(_PACKAGES, sources))))


def _of_files(files: Iterable[ConfigFile]) -> _Said:
    """What files say together, the nearer first."""
    everybody: _Bound | None = None
    packages: Mapping[PackageName, _Bound] = {}
    for file in files:
        general = file.table.get(_EVERYBODY.name)
        everybody = everybody or _one(general, named(f"`{_EVERYBODY.name}`", file.origin))
        of_this = _bounds(read(_PACKAGES, ((file.table.get(_PACKAGES.name), file.origin),)))
        packages = {**of_this, **packages}
    return _Said(everybody, packages)


def _one(value: object, origin: str) -> _Bound | None:
    return next(read(_EVERYBODY, ((value, origin),)), None)


def _bounds(tables: Iterable[Setting[Mapping[PackageName, Cutoff | None]]]) -> Mapping[PackageName, _Bound]:
    return {
        name: Setting(cutoff, named(f"`{_PACKAGES.name}`", table.origin))
        for table in tables
        for name, cutoff in table.value.items()
    }


def _earlier(one: _Bound | None, other: _Bound | None, now: int) -> _Bound | None:
    """The stricter of two; the first where neither is."""
    if one is None or other is None:
        return one or other
    if one.value is None or other.value is None:
        return other if one.value is None and other.value is not None else one
    return other if other.value.at(now) < one.value.at(now) else one
