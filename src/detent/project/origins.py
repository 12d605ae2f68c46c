"""Every source that sets something, as a person asks for it: what it says, and whether it counts.

The rules are those of `project.settings`; here is only told what they come to. Passwords are left out. Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from detent.named import NamedTuple
from detent.project.configuration import READ_ELSEWHERE
from detent.project.known import Kind, Known
from detent.project.sources import Sources, candidates, named, of_person, own_files, read
from detent.project.values import reading

Role: TypeAlias = Literal["counts", "joins", "hidden", "denied"]
"""It is the value; a part of it; something stronger is; the user's own file does not let it count."""

JOINED: frozenset[Kind] = frozenset(
    (
        "names",
        "hosts",
        "licenses",
        "options",
        "indexes",
        "links",
        "mirrors",
        "cutoffs",
        "modes",
        "bounds",
        "extra-requirements",
        "variables",
    )
)
"""Kinds of lists and tables of which every source adds its own."""

_WORDS = frozenset(("names", "hosts", "licenses"))
_SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|credential", re.IGNORECASE)


class Told(NamedTuple):
    """What one source says of a setting."""

    value: object
    """As TOML would write it, without passwords."""
    origin: str
    """Ready for a message."""
    role: Role
    why: str = ""
    """Why it does not count; empty where it does."""


def told(known: Known, sources: Sources) -> tuple[Told, ...]:
    """Give what is set, the strongest first; raises :class:`SettingInvalid` for what cannot be used."""
    if known.name == "build":
        return tuple(_told_of_builds(known, sources))
    found: list[Told] = []
    for raw, origin in candidates(known, sources):
        if raw is None or raw in ("", ()):
            continue
        if known.kind not in READ_ELSEWHERE:
            next(read(known, ((raw, origin),), sources.variables))
        value = without_secrets(known, _plain(known, raw))
        if known.kind == "links" and found and _is_of_pip(known, origin):
            found.append(
                Told(value, origin, "hidden", "what pip is told counts where detent is told nothing")
            )
        elif known.name == "allow-build" and (denied := _denied_by(sources)) and not _is_own(sources, origin):
            found.append(Told(value, origin, "denied", f"{denied} is not loosened"))
        elif known.kind in JOINED:
            found.append(Told(value, origin, "joins"))
        elif found:
            found.append(Told(value, origin, "hidden", f"{found[0].origin} comes before it"))
        else:
            found.append(Told(value, origin, "counts"))
    if [row.role for row in found].count("joins") == 1:
        found = [row._replace(role="counts") if row.role == "joins" else row for row in found]
    return tuple(found)


def in_force(rows: Sequence[Told]) -> object:
    """Give the value that the sources come to; ``None`` where nobody sets it."""
    values = [row.value for row in rows if row.role in {"counts", "joins"}]
    if len(values) < 2:
        return values[0] if values else None
    if all(isinstance(value, dict) for value in values):
        return {
            key: item for value in reversed(values) if isinstance(value, dict) for key, item in value.items()
        }
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item for place, item in enumerate(items) if item not in items[:place]]


def without_secrets(known: Known, value: object) -> object:
    """Give a value fit to be shown: passwords in URLs, and what is named a secret, are stars."""
    if isinstance(value, str):
        shown = re.sub(r"//[^/\s]*@", "//****@", value)
        if known.name == "proxy" and "//" not in shown and "@" in shown:
            shown = "****@" + shown.rpartition("@")[2]
        return re.sub(r"(//[^\s?#]*)[?][^\s#]*", r"\1?...", shown)
    if isinstance(value, list):
        return [without_secrets(known, item) for item in value]
    if isinstance(value, dict):
        return {
            _shown_key(key): "****"
            if isinstance(item, str | list) and _SECRET_NAME.search(str(key))
            else without_secrets(known, item)
            for key, item in value.items()
        }
    return value


def _shown_key(key: object) -> str:
    return re.sub(r"//[^/\s]*@", "//****@", str(key))


def _plain(known: Known, raw: object) -> object:
    """Give what is set as TOML would write it, whoever says it."""
    if isinstance(raw, Mapping):
        return dict(raw)
    match known.kind:
        case "switch" | "count":
            return reading(known, raw)
        case kind if kind in _WORDS and isinstance(raw, str | list | tuple):
            found = reading(known, raw)
            return list(found) if isinstance(found, tuple) else found
        case "indexes" | "links" if isinstance(raw, str):
            return raw.split()
        case _:
            return list(raw) if isinstance(raw, tuple) else raw


# ---- builds: the stricter of two counts ------------------------------------------------------


def _told_of_builds(known: Known, sources: Sources) -> Iterator[Told]:
    rows = [(value, origin) for value, origin in candidates(known, sources) if value not in (None, "")]
    of_people = [(value, origin) for value, origin in of_person(known, sources) if value not in (None, "")]
    switch = known._replace(kind="switch")
    denied = _denied_by(sources)
    first = ""
    for raw, origin in rows:
        value = raw
        if (raw, origin) in of_people:
            setting = next(read(switch, ((raw, origin),)))
            value = "deny" if setting.value else "allow"
            if not setting.value and origin.startswith("the variable "):
                yield Told(value, origin, "hidden", "it only takes nothing away")
                continue
        else:
            next(read(known, ((raw, origin),)))
        is_loose = value != "deny" and (raw, origin) not in of_people and not _is_own(sources, origin)
        if not first and denied and is_loose:
            yield Told(value, origin, "denied", f"{denied} is not loosened")
        elif first:
            yield Told(value, origin, "hidden", f"{first} comes before it")
        else:
            first = origin
            yield Told(value, origin, "counts")


def _denied_by(sources: Sources) -> str:
    """Name the file of whoever works here that denies builds; empty: none."""
    found = (file.origin for file in own_files(sources) if file.table.get("build") == "deny")
    return next((named('`build = "deny"`', origin) for origin in found), "")


def _is_own(sources: Sources, origin: str) -> bool:
    return any(file.origin == origin for file in own_files(sources))


def _is_of_pip(known: Known, origin: str) -> bool:
    return origin.startswith("pip's ") or any(f"`{variable}`" in origin for variable in known.fallbacks)
