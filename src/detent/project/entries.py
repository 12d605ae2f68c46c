"""One requirement as it stands in a list: its TOML literal, and a change that keeps its manner.

Pure text. What the requirement means is `model.requirement`'s business; here it is about the spelling,
the quotes and the blanks that a person chose.
"""

import re

from detent.model.names import normalise
from detent.model.requirement import Requirement

_PARTS = re.compile(
    r"(?P<lead>\s*)(?P<name>[A-Za-z0-9._-]*[A-Za-z0-9])(?P<after_name>\s*)"
    r"(?:\[(?P<extras>[^\]]*)\](?P<after_extras>\s*))?"
    r"(?P<specifier>\([^)]*\)|[^;@\s](?:[^;@]*[^;@\s])?)?(?P<rest>\s*(?:;.*)?)",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def literal(text: str, quote: str = '"') -> str:
    """A requirement as a TOML string, in the quotes asked for where its text allows.

    A marker's own quotes may be either kind (PEP 508): they give way before anything is escaped.
    """
    other = "'" if quote == '"' else '"'
    if quote in text and other not in text:
        text = text.replace(quote, other)
    if quote not in text and "\\" not in text and not _CONTROL.search(text):
        return f"{quote}{text}{quote}"
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in text)
    return '"' + _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", escaped) + '"'


def quote_of(raw: str) -> str:
    """The kind of quote a TOML string literal is written in."""
    return "'" if raw.startswith("'") else '"'


def specifier_of(text: str) -> tuple[str, str, str] | None:
    """What stands before the specifier of an entry, the specifier as written, and what stands behind it.

    ``None`` where there is no specifier, or a URL in its place.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None or not parts["specifier"]:
        return None
    start, end = parts.span("specifier")
    return text[:start], text[start:end], text[end:]


def merged(existing: str, standing: Requirement, text: str, wanted: Requirement) -> str:
    """The text of an entry after a wish of the same name and marker was added to it.

    The wish's specifier takes the place of the old one, its extras join the old ones; without a specifier
    it leaves the old one alone. Everything else of the entry stays as it was written.
    """
    old = _PARTS.fullmatch(existing)
    new = _PARTS.fullmatch(text)
    if standing.url or wanted.url or old is None or new is None:
        return existing if str(standing) == str(wanted) else text.strip()
    extras = _merged_extras(old, new) if set(wanted.extras) - set(standing.extras) else _bracketed(old)
    after = (old["after_extras"] if old["extras"] is not None else old["after_name"]) or ""
    specifier = old["specifier"] or ""
    if wanted.specifier and wanted.specifier != standing.specifier:
        specifier = re.sub(r"\s+", "", (new["specifier"] or "").strip("()"))
    # Blanks that stood before the marker stay there when a specifier comes in between.
    version = specifier + after if old["specifier"] is None else after + specifier
    between = old["after_name"] if old["extras"] is not None else ""
    return f"{old['lead']}{old['name']}{between}{extras}{version}{old['rest']}"


def _bracketed(parts: re.Match[str]) -> str:
    return "" if parts["extras"] is None else f"[{parts['extras']}]"


def _merged_extras(old: re.Match[str], new: re.Match[str]) -> str:
    """Both lists, each extra once in its first spelling, in order when the old list was."""
    standing = [extra.strip() for extra in (old["extras"] or "").split(",") if extra.strip()]
    known = {normalise(extra) for extra in standing}
    was_sorted = standing == sorted(standing, key=normalise)
    for extra in (new["extras"] or "").split(","):
        if extra.strip() and normalise(extra.strip()) not in known:
            known.add(normalise(extra.strip()))
            standing.append(extra.strip())
    if was_sorted:
        standing.sort(key=normalise)
    comma = ", " if ", " in (old["extras"] or "") else ","
    return f"[{comma.join(standing)}]"
