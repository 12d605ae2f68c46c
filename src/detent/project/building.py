"""What a project, or whoever works on it, says of builds beside `[build-system]`: the values and their texts.

Bounds for what builds require, what single packages need beside what they say, variables for their builds,
and what decides when a folder is built again. All of it becomes part of the key of a build. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from detent.model import markers
from detent.model.names import PackageName, package_name
from detent.model.requirement import Requirement, parse_requirement
from detent.named import NamedTuple

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_MATCH = "match-runtime"
_GIT = ("commit", "tags")

Facts: TypeAlias = tuple[object, ...]
"""Values whose text tells builds apart; empty where nothing is said."""


class ExtraRequirement(NamedTuple):
    """What the build of a package needs beside what it says itself."""

    text: str
    """A requirement in its one form."""
    matches_runtime: bool = False
    """Whether the version is the one that is installed."""


class BuildTerms(NamedTuple):
    """All that is said of builds."""

    constraints: tuple[str, ...] = ()
    """Requirements in their one form, sorted."""
    extra: Mapping[PackageName, tuple[ExtraRequirement, ...]] = {}
    """By the package that is built."""
    variables: Mapping[PackageName, Mapping[str, str]] = {}
    caller: Mapping[str, str] = {}
    """The caller's variables, for the keys of folders that name one."""
    shares_everything: bool = False
    """Whether nothing is built in an environment of its own, but all in the one that is installed into."""
    sharing: frozenset[PackageName] = frozenset()
    """The packages that are built so."""

    @property
    def may_share(self) -> bool:
        """Whether anything is built without isolation."""
        return self.shares_everything or bool(self.sharing)

    def shares(self, name: PackageName) -> bool:
        """Whether a package is built without isolation."""
        return self.shares_everything or name in self.sharing

    def facts(self, name: PackageName, build_with: tuple[str, ...] = (), build_in: str = "") -> Facts:
        """Give what goes into the key of a build; nothing where nothing is said of this package.

        ``build_with`` are its requirements that had to wait for versions (:meth:`matched`), ``build_in`` is
        the environment it shares, if it does.
        """
        if build_in:
            return ("in", build_in, build_with, sorted(self.of(name).items()))
        if self.constraints or self.extra or self.variables:
            found = (self.constraints, self.extra.get(name, ()), build_with, sorted(self.of(name).items()))
            return found if any(found) else ()
        return ()

    def constraints_text(self) -> str:
        """Write down the bounds."""
        return ", ".join(self.constraints)

    def extra_text(self) -> str:
        """Write down what packages need besides, package by package."""
        rows = (
            (name, ", ".join(each.text + (f" ({_MATCH})" if each.matches_runtime else "") for each in needs))
            for name, needs in sorted(self.extra.items())
        )
        return "; ".join(f"{name}: {needs}" for name, needs in rows if needs)

    def of(self, name: PackageName) -> Mapping[str, str]:
        """Give the variables for builds of a package."""
        return self.variables.get(name, _NOTHING)

    def matched(self, name: PackageName, versions: Mapping[PackageName, str]) -> tuple[str, ...]:
        """Give what the build of a package needs in the very version that is installed beside it.

        What is not installed, or has no version there, is left out: for the build to complain of.
        """
        return tuple(
            str(requirement._replace(specifier=f"=={versions[requirement.name]}"))
            for extra in self.extra.get(name, ())
            if extra.matches_runtime and versions.get((requirement := parse_requirement(extra.text)).name)
        )

    def requirements(self, name: PackageName, build_with: tuple[str, ...]) -> tuple[Requirement, ...]:
        """Give what the build of a package needs besides; raises :class:`Unmatched`.

        A build without isolation takes what is there in any version.
        """
        found = []
        known = {each.name: each for each in map(parse_requirement, build_with)}
        for extra in self.extra.get(name, ()):
            requirement = parse_requirement(extra.text)
            if extra.matches_runtime and requirement.name not in known and not self.shares(name):
                raise Unmatched(requirement.name)
            found.append(known.get(requirement.name, requirement) if extra.matches_runtime else requirement)
        return tuple(found)


class Unmatched(Exception):
    """A build needs a package in the version that is installed, and none is."""

    def __init__(self, name: PackageName) -> None:
        super().__init__(name)
        self.name = name


def with_constraints(terms: BuildTerms, texts: Iterable[str]) -> BuildTerms:
    """Add bounds to those that are set; raises ``ValueError`` for what is none."""
    found = {*terms.constraints, *(str(_bound(text)) for text in texts)}
    return terms._replace(constraints=tuple(sorted(found)))


def joined(
    constraints: Iterable[tuple[str, ...]],
    extra: Iterable[Mapping[PackageName, tuple[ExtraRequirement, ...]]],
    variables: Iterable[Mapping[PackageName, Mapping[str, str]]],
    caller: Mapping[str, str],
) -> BuildTerms:
    """Join what several files say, the nearer first: requirements add up, of a variable the nearer counts."""
    bounds = {text for texts in constraints for text in texts}
    needs: dict[PackageName, dict[ExtraRequirement, None]] = {}
    for table in extra:
        for name, requirements in table.items():
            needs.setdefault(name, {}).update(dict.fromkeys(requirements))
    values: dict[PackageName, dict[str, str]] = {}
    for rows in variables:
        for name, row in rows.items():
            values[name] = {**row, **values.get(name, {})}
    extras = {name: tuple(sorted(requirements)) for name, requirements in needs.items()}
    return BuildTerms(tuple(sorted(bounds)), extras, values, caller)


# ---- values as files have them ---------------------------------------------------------------


def read_bounds(value: object) -> tuple[str, ...]:
    """Read a list of bounds; raises ``ValueError`` in plain words."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("its value must be a list of requirements")
    return tuple(str(bound) for item in value if (bound := _bound(item)).marker != markers.NEVER)


def read_extra(value: object) -> Mapping[PackageName, tuple[ExtraRequirement, ...]]:
    """Read what packages need besides; raises ``ValueError`` in plain words."""
    return {name: tuple(_extras(key, items)) for name, key, items in _by_package(value)}


def read_variables(value: object) -> Mapping[PackageName, Mapping[str, str]]:
    """Read the variables for builds of packages; raises ``ValueError`` in plain words."""
    found = {}
    for name, key, row in _by_package(value):
        if not isinstance(row, dict) or not all(isinstance(text, str) for text in row.values()):
            raise ValueError(f"`{key}` must be a table of strings")
        if any(not each or "=" in each or "\0" in each + text for each, text in row.items()):
            raise ValueError(f"`{key}` has a name or a value that no variable can have")
        found[name] = dict(row)
    return found


def _by_package(value: object) -> Iterator[tuple[PackageName, str, object]]:
    if not isinstance(value, dict):
        raise ValueError("its value must be a table by names of packages")  # noqa: TRY004 -- one kind of error
    seen = set()
    for key, item in value.items():
        name = package_name(key)
        if name in seen:
            raise ValueError(f"`{key}`: the package stands here twice")
        seen.add(name)
        yield name, key, item


def _extras(key: str, items: object) -> Iterator[ExtraRequirement]:
    if not isinstance(items, list):
        raise ValueError(f"`{key}` must be a list of requirements")  # noqa: TRY004 -- as above
    for item in items:
        match item:
            case str():
                yield ExtraRequirement(str(_requirement(item)))
            case {"requirement": str(text)} if item.keys() <= {"requirement", _MATCH}:
                matches = item.get(_MATCH, False)
                if not isinstance(matches, bool):
                    raise ValueError(f"`{_MATCH}` is neither `true` nor `false`")  # noqa: TRY004
                requirement = _requirement(text)
                if matches and requirement.specifier:
                    raise ValueError(
                        f"`{text}` names versions, and `{_MATCH}` takes the one that is installed"
                    )
                yield ExtraRequirement(str(requirement), matches)
            case _:
                raise ValueError(
                    f"`{key}` must hold requirements, or tables with `requirement` and `{_MATCH}`"
                )


def _requirement(text: str) -> Requirement:
    requirement = parse_requirement(text)
    if requirement.url:
        raise ValueError(f"`{text}` names a file or a repository, and builds take what the index has")
    return requirement


def _bound(text: str) -> Requirement:
    requirement = _requirement(text)
    if requirement.extras:
        raise ValueError(f"`{text}` names extras, and a constraint brings nothing in")
    return requirement


# ---- when a folder is built again ------------------------------------------------------------


class CacheKey(NamedTuple):
    """One thing that is looked at."""

    kind: Literal["file", "dir", "env", "git"]
    text: str
    """A path or pattern, relative; a variable; `commit` or `tags`."""


def read_cache_keys(value: object) -> tuple[CacheKey, ...]:
    """Read what a folder names; raises ``ValueError`` in plain words."""
    if not isinstance(value, list):
        raise ValueError("its value must be a list of tables: `file`, `dir`, `git` or `env`")  # noqa: TRY004
    return tuple(key for item in value for key in _cache_keys(item))


def cache_keys_of(manifest: Mapping[str, object]) -> tuple[CacheKey, ...] | None:
    """Give what a folder's pyproject.toml names, to detent or else to uv; ``None`` where nothing can be used.

    What cannot be read is as if it were not there: then more is looked at, and not less.
    """
    tools = manifest.get("tool")
    for tool in ("detent", "uv"):
        table = tools.get(tool) if isinstance(tools, dict) else None
        if isinstance(table, dict) and "cache-keys" in table:
            try:
                return read_cache_keys(table["cache-keys"])
            except ValueError:
                return None
    return None


def _cache_keys(item: object) -> Iterator[CacheKey]:
    match item:
        case str(path) if _is_path(path):
            yield CacheKey("file", path)
        case {"file": str(path), **rest} if not rest and _is_path(path):
            yield CacheKey("file", path)
        case {"dir": str(path), **rest} if not rest and _is_path(path):
            yield CacheKey("dir", path)
        case {"env": str(name), **rest} if not rest and name:
            yield CacheKey("env", name)
        case {"git": bool(is_on), **rest} if not rest:
            yield from [CacheKey("git", "commit")] if is_on else ()
        case {"git": dict(what), **rest} if not rest and what.keys() <= set(_GIT):
            if not all(isinstance(is_on, bool) for is_on in what.values()):
                raise ValueError("`git` takes `commit` and `tags`, each `true` or `false`")
            yield from (CacheKey("git", part) for part in _GIT if what.get(part))
        case _:
            raise ValueError(
                "its value must be a list of tables with one key: `file` or `dir` with a relative path, `env`"
                " with a variable, or `git` with `commit` and `tags`"
            )


def _is_path(text: str) -> bool:
    return bool(text) and not text.startswith("/") and "\0" not in text
