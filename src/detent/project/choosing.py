"""What is set about which versions are taken: order, pre-releases, forks, and how late an upload counts.

Nearer values win; of the tables by package, each package's own. A bound on upload times is a protection: of
the bound a project sets and the one of its user (or the system) the earlier moment is in force, and a
project's `false` takes nothing from its user. What a person says for one command counts as said. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from detent.model.cutoffs import NO_CUTOFFS, Cutoff, Cutoffs
from detent.model.names import PackageName
from detent.named import NamedTuple
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

    @property
    def has_flags(self) -> bool:
        """Whether flags of the command say some of it."""
        origins = (
            self.resolution.origin,
            self.prerelease.origin,
            self.fork_strategy.origin,
            self.cutoffs.set_by,
            *(mode.origin for mode in self.prerelease_packages.values()),
            *self.cutoffs.packages_set_by.values(),
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
            "exclude-newer": _unless("false", _text(self.cutoffs.everybody)),
            "exclude-newer-package": _pairs(
                {name: _text(cutoff).replace(" ", "") for name, cutoff in self.cutoffs.packages.items()},
                _text(self.cutoffs.everybody).replace(" ", ""),
            ),
        }
        return tuple(sorted((name, text) for name, text in found.items() if text))


def choosing(sources: Sources, *, index_origin: str) -> Choosing:
    """Decide all of it; ``index_origin`` is who named the index in force.

    Raises :class:`SettingInvalid`.
    """
    return Choosing(
        resolution=decide("resolution", sources, "highest"),
        prerelease=decide("prerelease", sources, "if-necessary"),
        prerelease_packages=_by_package(every("prerelease-package", sources)),
        fork_strategy=decide("fork-strategy", sources, "requires-python"),
        cutoffs=_cutoffs(sources, index_origin),
    )


def recorded(sources: Sources, in_force: Choosing) -> Choosing:
    """Decide it as for somebody without files of their own: this is what a lock writes down.

    So nobody's own file makes a lock stale that all share, nor does the index a machine happens to use.
    """
    if in_force.cutoffs is NO_CUTOFFS and sources.user is None and sources.system is None:
        return in_force
    return choosing(
        sources._replace(user=None, system=None),
        index_origin=sources.project.origin if sources.project is not None else "",
    )


def _by_package(
    tables: Iterable[Setting[Mapping[PackageName, PrereleaseMode]]],
) -> Mapping[PackageName, Setting[PrereleaseMode]]:
    found: dict[PackageName, Setting[PrereleaseMode]] = {}
    for setting in tables:
        for name, mode in setting.value.items():
            found.setdefault(name, Setting(mode, setting.origin))
    return found


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


def _cutoffs(sources: Sources, index_origin: str) -> Cutoffs:
    person = _of_person(sources)
    project = _of_files((sources.project,) if sources.project is not None else (), index_origin, sources.now)
    own = _of_files(own_files(sources), index_origin, sources.now)
    if person == project == own == _NOTHING:
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
    return Cutoffs(
        sources.now,
        everybody.value if everybody is not None else None,
        {name: bound.value for name, bound in packages.items()},
        everybody.origin if everybody is not None else NO_CUTOFFS.set_by,
        {name: bound.origin for name, bound in packages.items()},
    )


def _of_person(sources: Sources) -> _Said:
    everybody = next(read(_EVERYBODY, of_person(_EVERYBODY, sources)), None)
    return _Said(everybody, _bounds(read(_PACKAGES, of_person(_PACKAGES, sources))))


def _of_files(files: Iterable[ConfigFile], index_origin: str, now: int) -> _Said:
    """What files say together, the nearer first."""
    everybody: _Bound | None = None
    packages: Mapping[PackageName, _Bound] = {}
    for file in files:
        everybody = everybody or _of_file(file, is_index_in_force=file.origin == index_origin, now=now)
        of_this = _bounds(read(_PACKAGES, ((file.table.get(_PACKAGES.name), file.origin),)))
        packages = {**of_this, **packages}
    return _Said(everybody, packages)


def _of_file(file: ConfigFile, *, is_index_in_force: bool, now: int) -> _Bound | None:
    """What a file says of everybody. Its index may say something else of itself; elsewhere both hold."""
    general = _one(file.table.get(_EVERYBODY.name), named(f"`{_EVERYBODY.name}`", file.origin))
    match file.table.get("index"):
        case [{"exclude-newer": value}]:
            of_index = _one(value, f"`{_EVERYBODY.name}` of the index in {file.origin}")
            return of_index if is_index_in_force else _earlier(general, of_index, now)
        case _:
            return general


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
