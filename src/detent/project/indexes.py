"""Which indexes there are, in which order they are asked, and who set each.

Links and folders of files come first (`find-links`), then what was said for this command, by the project,
its user and the system; the default index is the last. The first that has a package serves it. Of two with
one name the nearer counts. What pip is configured to use counts where nothing of detent's says anything.
An index of a project may be named by it alone: only those are written into a lock. Pure.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, TypeGuard, get_args

from detent.errors import nearest
from detent.errors.project import SettingInvalid
from detent.model.cutoffs import Cutoff, parse_cutoff
from detent.model.sources import IndexFormat, ProjectIndex
from detent.named import NamedTuple
from detent.project.known import BY_NAME
from detent.project.sources import (
    OF_PROJECT_FILE,
    OF_PYPROJECT,
    OF_UV,
    ConfigFile,
    Setting,
    Sources,
    decide,
    of_project,
    own_files,
)
from detent.project.values import IndexFault, located, redacted

Authenticate: TypeAlias = Literal["auto", "always", "never"]

KEYS: Final = (
    "name",
    "url",
    "default",
    "explicit",
    "format",
    "cache-control",
    "exclude-newer",
    "authenticate",
    "ignore-error-codes",
    "client-cert",
)
_IGNORED: Final = ("publish-url", "hash-algorithm")
"""Keys of other tools that say nothing of what is fetched."""
DEFAULT_NAME: Final = "default"
"""What the default index is called where nobody names it."""

_NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})
# Compiled when first used, as most commands read none.
_VARIABLE = r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_WORD = rf"({_NAME})=(.*)"


class IndexSetting(NamedTuple):
    """One index as it is set."""

    name: str
    """Empty where nobody names it."""
    url: str
    """In its one form; it may carry user and password still. `file:` for what lies on this machine."""
    default: bool = False
    explicit: bool = False
    format: IndexFormat = "simple"
    cache_control: str = ""
    """In place of what the index says; empty: what it says."""
    exclude_newer: Setting[Cutoff | None] | None = None
    """Its own bound on upload times; ``None``: nothing is said."""
    authenticate: Authenticate = "auto"
    ignore_error_codes: tuple[int, ...] = ()
    origin: str = "the default"
    """Who set it, ready for a message."""
    written: str = ""
    """The path of a folder of the project, as the project writes it."""
    mirror: str = ""
    """Where its pages and files are fetched in its place, on this machine."""
    client_cert: str = ""
    """The path of the certificate it is shown; only files of whoever works here say one."""
    is_stand_in: bool = False
    """Whether the mirror is only what somebody named for this command, which need not have all of it."""

    @property
    def is_of_project(self) -> bool:
        """Whether the project itself declares it."""
        return self.origin in {OF_PYPROJECT, OF_PROJECT_FILE, OF_UV}

    @property
    def key(self) -> str:
        """What it is told apart by."""
        return self.name or without_user(self.url)

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine."""
        return self.url.startswith("file:")

    @property
    def label(self) -> str:
        """What messages call it."""
        shown = redacted(self.written or self.url)
        return f"{self.name} ({shown})" if self.name and self.name != DEFAULT_NAME else shown

    def of_project(self) -> ProjectIndex:
        """Give what a lock writes down of it."""
        bound = self.exclude_newer
        return ProjectIndex(
            self.name or self.written or _host(self.url),
            self.written or without_user(self.url),
            explicit=self.explicit,
            is_default=self.default,
            format=self.format,
            exclude_newer="" if bound is None else bound.value.text if bound.value is not None else "false",
        )


def written_passwords(manifest: Mapping[str, object]) -> Iterator[str]:
    """Name the indexes of a pyproject.toml whose URL has a password in it, rather than a variable."""
    tool = manifest.get("tool")
    for owner in ("detent", "uv"):
        table = tool.get(owner) if isinstance(tool, dict) else None
        entries = table.get("index") if isinstance(table, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            url = str(entry.get("url", "")) if isinstance(entry, dict) else ""
            user, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
            password = user.partition(":")[2]
            if at and password and "${" not in password:
                yield str(entry.get("name") or without_user(url))


# ---- one entry -------------------------------------------------------------------------------


def faults_of(value: object) -> Iterator[tuple[int | None, str, str]]:
    """Give what is wrong with an `index` list: number of the entry, key (empty: all of it), reason."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        yield None, "", "each index is a table of its own, with a `url`"
        return
    seen: dict[str, int] = {}
    has_default = False
    for number, entry in enumerate(value):
        for key in entry:
            if key not in KEYS and key not in _IGNORED:
                near = nearest(key, KEYS)
                hint = f"; did you mean `{near}`?" if near else ""
                yield number, key, f"an index has {', '.join(f'`{known}`' for known in KEYS)}{hint}"
        try:
            found = read_index(entry, "", folder="/")
        except IndexFault as fault:
            yield number, fault.key, fault.reason
            continue
        if found.name and found.name in seen:
            yield number, "name", f"another index has the name `{found.name}`"
        if found.default and has_default:
            yield number, "default", "another index is the default already"
        seen[found.name] = number
        has_default = has_default or found.default


def read_index(
    entry: Mapping[str, object], origin: str, *, folder: str, variables: Mapping[str, str] = _NO_VARIABLES
) -> IndexSetting:
    """Read one table; paths in it are relative to ``folder``. Raises :class:`IndexFault`.

    Before the host of its URL, `${NAME}` stands for a variable, and nowhere else.
    """
    name = _text(entry, "name")
    if name and re.fullmatch(_NAME, name) is None:
        raise IndexFault("name", f"`{name}` is no name: letters, digits, `-`, `_` and `.`")
    form = _choice(entry, "format", get_args(IndexFormat), "simple")
    if "url" not in entry:
        raise IndexFault("", "it has no `url`")
    url, written = located(
        with_variables(_text(entry, "url"), variables), folder, is_flat=form == "flat", key="url"
    )
    return IndexSetting(
        name=name,
        url=url,
        default=_switch(entry, "default"),
        explicit=_switch(entry, "explicit"),
        format=form,  # type: ignore[arg-type]  # one of them
        cache_control=_cache_control(entry.get("cache-control")),
        exclude_newer=_bound(entry, origin),
        authenticate=_choice(entry, "authenticate", get_args(Authenticate), "auto"),  # type: ignore[arg-type]
        ignore_error_codes=_codes(entry.get("ignore-error-codes")),
        origin=origin,
        written=written,
        client_cert=_path(_text(entry, "client-cert"), folder, variables),
    )


def _path(text: str, folder: str, variables: Mapping[str, str]) -> str:
    if text.startswith("~/") and variables.get("HOME"):
        return f"{variables['HOME']}{text[1:]}"
    return posixpath.join(folder, text) if text else ""


def with_variables(url: str, variables: Mapping[str, str]) -> str:
    """Put the variables into the user information of a URL; none of it stays where one is not set."""
    scheme, slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    names = re.findall(_VARIABLE, user)
    if not slashes or not names:
        return url
    if not all(variables.get(name) for name in names):
        return f"{scheme}://{host}{slash}{path}"
    user = re.sub(_VARIABLE, lambda found: _escaped(variables[found[1]]), user)
    return f"{scheme}://{user}{at}{host}{slash}{path}"


def _escaped(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._~") else _percent(c) for c in text)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def without_user(url: str) -> str:
    """Give a URL without what stands before its host."""
    scheme, slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}" if slashes else url


def _host(url: str) -> str:
    return without_user(url).partition("://")[2].strip("/").partition("/")[0] or url


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise IndexFault(key, "its value must be a string")
    return value.strip()


def _switch(entry: Mapping[str, object], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise IndexFault(key, "its value must be `true` or `false`, without quotes")
    return value


def _choice(entry: Mapping[str, object], key: str, choices: tuple[str, ...], default: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or value not in choices:
        raise IndexFault(key, f"`{value}` is none of {', '.join(f'`{choice}`' for choice in choices)}")
    return value


def _cache_control(value: object) -> str:
    """Give what counts for pages; files are known by their hash, and kept whatever it says."""
    match value:
        case None:
            return ""
        case str():
            return value
        case {**keys} if all(key in {"api", "files"} for key in keys) and _are_texts(keys.values()):
            return str(keys.get("api", ""))
        case _:
            raise IndexFault("cache-control", "it is a table with `api` and `files`, each a string")


def _are_texts(values: Iterable[object]) -> TypeGuard[Iterable[str]]:
    return all(isinstance(value, str) for value in values)


def _codes(value: object) -> tuple[int, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(code) is int and 400 <= code < 600 for code in value):
        raise IndexFault("ignore-error-codes", "it is a list of HTTP status codes from 400 to 599")
    return tuple(sorted(set(value)))


def _bound(entry: Mapping[str, object], origin: str) -> Setting[Cutoff | None] | None:
    if "exclude-newer" not in entry:
        return None
    value = entry["exclude-newer"]
    by = f"`exclude-newer` of the index in {origin}"
    if value is False:
        return Setting(None, by)
    if not isinstance(value, str):
        raise IndexFault("exclude-newer", 'its value must be a string such as `"7 days"`, or `false`')
    try:
        return Setting(parse_cutoff(value), by)
    except ValueError as error:
        raise IndexFault("exclude-newer", str(error)) from None


# ---- all of them -----------------------------------------------------------------------------


def indexes(sources: Sources, default: Setting[str | None]) -> tuple[IndexSetting, ...]:
    """Give every index but a default that nobody sets, in the order they are asked.

    ``default`` is the default index in force. Raises :class:`SettingInvalid`.
    """
    links = list(_find_links(sources))
    declared = list(_declared(sources))
    others = [index for index in declared if not index.default]
    if not links and not others:
        links = list(_of_pip(sources, default))
    last = _default([index for index in declared if index.default], default)
    mirrors = index_mirrors(sources)
    return tuple(
        with_mirror(_within(index, sources.root), mirrors)
        for index in _each_name_once((*links, *others, *((last,) if last is not None else ())))
    )


def _within(index: IndexSetting, root: str) -> IndexSetting:
    """Give an index of this machine with its path in the project, if it lies there."""
    if index.is_of_project or not index.is_local:
        return index
    below = located(root, "/", is_flat=True).url if root else ""
    is_within = bool(root) and index.url.startswith(below) and "%" not in index.url
    return index._replace(written=index.url[len(below) :].rstrip("/") if is_within else "")


def declared_indexes(sources: Sources) -> tuple[ProjectIndex, ...]:
    """Give what the project itself declares, as a lock writes it down: nothing of this machine is in it."""
    found = (*_find_links(sources), *_declared(sources))
    own = [index for index in found if index.is_of_project]
    own.sort(key=lambda index: index.default)  # the default one is asked last, wherever it stands
    taken: dict[str, int] = {}
    written = []
    for index in own:
        one = index.of_project()
        taken[one.name] = number = taken.get(one.name, 0) + 1
        written.append(one if number == 1 else one._replace(name=f"{one.name}-{number}"))
    return tuple(written)


def with_mirror(index: IndexSetting, mirrors: Mapping[str, str]) -> IndexSetting:
    """Give an index with its mirror, where it has one by its name or its address."""
    found = mirrors.get(index.name) or mirrors.get(without_user(index.url))
    return index._replace(mirror=found, is_stand_in=False) if found else index


def _default(declared: Sequence[IndexSetting], default: Setting[str | None]) -> IndexSetting | None:
    """Give the default index; one that is set for this command stands in for that of the project."""
    if default.value is None:
        return None
    own = next((index for index in declared if index.is_of_project), None)
    for index in declared:
        if (index.origin, index.url) == (default.origin, default.value):
            return index._replace(name=index.name or DEFAULT_NAME)
    if own is not None:
        return own._replace(name=own.name or DEFAULT_NAME, mirror=default.value, is_stand_in=True)
    return IndexSetting(DEFAULT_NAME, default.value, default=True, origin=default.origin)


def _each_name_once(found: Iterable[IndexSetting]) -> Iterator[IndexSetting]:
    """Let the nearer of two with one name count.

    What is said for one command is where the index of a file is fetched then.
    """
    by_name: dict[str, IndexSetting] = {}
    ordered = tuple(found)
    for index in ordered:
        if index.name:
            before = by_name.setdefault(index.name, index)
            if before is not index and before.origin.startswith("the "):
                if before.url != index.url:
                    by_name[index.name] = index._replace(mirror=before.url, is_stand_in=True)
                else:
                    by_name[index.name] = index
    seen: set[str] = set()
    for index in ordered:
        if not index.name:
            yield index
        elif index.name not in seen:
            seen.add(index.name)
            yield by_name[index.name]


def flag_indexes(sources: Sources) -> tuple[IndexSetting, ...]:
    """Give those named with `--index` for this command."""
    words = sources.flags.get("index")
    return tuple(_of_words(words, "the flag `--index`", sources)) if isinstance(words, tuple) else ()


def _declared(sources: Sources) -> Iterator[IndexSetting]:
    """Give what flags, variables and files declare, the nearest first."""
    yield from flag_indexes(sources)
    extra = sources.flags.get("extra-index-url")
    if isinstance(extra, tuple):
        yield from _of_words(extra, "the flag `--extra-index-url`", sources)
    variable = sources.variables.get(BY_NAME["index"].variable, "")
    yield from _of_words(tuple(variable.split()), f"the variable `{BY_NAME['index'].variable}`", sources)
    for file in (*of_project(sources), *own_files(sources)):
        yield from _of_file(file, sources)


def _of_words(words: Iterable[str], origin: str, sources: Sources) -> Iterator[IndexSetting]:
    for word in words:
        if not word.strip():
            raise SettingInvalid("index", "its value is empty", origin=origin)
        named = re.fullmatch(_WORD, word.strip(), re.DOTALL)
        name, text = (named[1], named[2]) if named else ("", word)
        try:
            yield IndexSetting(name, located(text, sources.folder).url, origin=origin)
        except IndexFault as fault:
            raise SettingInvalid("index", fault.reason, origin=origin) from None


def _of_file(file: ConfigFile, sources: Sources) -> Iterator[IndexSetting]:
    entries = file.table.get("index")
    for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
        try:
            yield read_index(entry, file.origin, folder=file.folder, variables=sources.variables)
        except IndexFault as fault:
            raise SettingInvalid("index", f"number {number}: {fault}", origin=file.origin) from None
    url = file.table.get("index-url")
    if isinstance(url, str):
        with_slash = url.strip().rstrip("/") + "/"
        yield IndexSetting(DEFAULT_NAME, with_slash, default=True, origin=file.origin)


def _find_links(sources: Sources) -> Iterator[IndexSetting]:
    known = BY_NAME["find-links"]
    words = sources.flags.get("find-links")
    yield from _links(words if isinstance(words, tuple) else (), "the flag `--find-links`", sources.folder)
    variable = sources.variables.get(known.variable, "")
    yield from _links(variable.split(), f"the variable `{known.variable}`", sources.folder)
    for file in (*of_project(sources), *own_files(sources)):
        texts = file.table.get("find-links")
        yield from _links(texts if isinstance(texts, list) else (), file.origin, file.folder)


def _links(texts: Iterable[object], origin: str, folder: str) -> Iterator[IndexSetting]:
    for text in texts:
        try:
            url, written = located(str(text), folder, is_flat=True)
        except IndexFault as fault:
            raise SettingInvalid("find-links", fault.reason, origin=origin) from None
        yield IndexSetting("", url, format="flat", origin=origin, written=written)


def no_index(sources: Sources, default: Setting[str | None]) -> Setting[bool]:
    """Say whether no index is asked; pip's word for that counts where nothing of detent's names an index.

    ``default`` is the default index in force.
    """
    found: Setting[bool] = decide("no-index", sources, False)
    if not _is_of_pip(found.origin):
        return found
    has_default = default.value is not None and not _is_of_pip(default.origin)
    is_told = has_default or any(_declared(sources)) or any(_find_links(sources))
    return Setting(False, default.origin) if is_told else found


def _is_of_pip(origin: str) -> bool:
    return origin.startswith(("pip's ", "the variable `PIP_"))


def _of_pip(sources: Sources, default: Setting[str | None]) -> Iterator[IndexSetting]:
    """Give what pip would look at besides its index, where nothing of detent's says what to look at.

    What lies on this machine is left out, unless there is no index: a lock would name paths of this machine.
    """
    has_index = not no_index(sources, default).value
    for option, variable in (("find-links", "PIP_FIND_LINKS"), ("extra-index-url", "PIP_EXTRA_INDEX_URL")):
        is_flat = option == "find-links"
        said = Setting(sources.variables.get(variable, ""), f"the variable `{variable}`")
        text, origin = said if said.value else sources.pip.get(option, said)
        for word in text.split():
            try:
                url = located(word, sources.folder, is_flat=is_flat).url
            except IndexFault as fault:
                raise SettingInvalid(option, fault.reason, origin=origin) from None
            if not (has_index and url.startswith("file:")):
                yield IndexSetting("", url, format="flat" if is_flat else "simple", origin=origin)


def index_mirrors(sources: Sources) -> Mapping[str, str]:
    """Give each mirror by what it is one of: a name or an address. The nearer file counts."""
    found: dict[str, str] = {}
    for file in own_files(sources):
        table = file.table.get("index-mirror")
        for key, url in table.items() if isinstance(table, dict) else ():
            try:
                found.setdefault(_mirror_key(str(key)), located(str(url), file.folder).url)
            except IndexFault as fault:
                raise SettingInvalid("index-mirror", f"`{key}`: {fault.reason}", origin=file.origin) from None
    return found


def pip_note(indexes: Iterable[IndexSetting]) -> str:
    """Say what pip's configuration decides, since nothing of detent's does; empty where that is nothing."""
    of_pip: dict[str, list[str]] = {}
    for index in indexes:
        if _is_of_pip(index.origin):
            of_pip.setdefault(index.origin, []).append(f"`{redacted(index.url)}`")
    said = (f"{' and '.join(urls)}, as {origin} says" for origin, urls in of_pip.items())
    return f"packages are looked for on {'; '.join(said)}" if of_pip else ""


def says_where_to_look(table: Mapping[str, object]) -> bool:
    """Whether a project tells detent of indexes or files itself."""
    return any(key in table for key in ("index", "index-url", "find-links", "no-index"))


def indexes_of_uv(data: Mapping[str, object]) -> Mapping[str, object]:
    """Give what `[tool.uv]` of a pyproject.toml says of indexes, in detent's spelling."""
    match data.get("tool"):
        case {"uv": {**table}}:
            found: dict[str, object] = {
                key: table[key] for key in ("index", "index-url", "find-links", "no-index") if key in table
            }
            extra = table.get("extra-index-url")
            more = [{"url": url} for url in (extra if isinstance(extra, list) else ())]
            declared = found.get("index")
            if more:
                found["index"] = [*(declared if isinstance(declared, list) else ()), *more]
            return found
        case _:
            return {}


def _mirror_key(text: str) -> str:
    if re.fullmatch(_NAME, text):
        return text
    return without_user(located(text, "/").url)
