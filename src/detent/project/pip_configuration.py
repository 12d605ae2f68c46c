"""The one thing detent takes from pip's configuration files: the index they set for every command.

A careful reader of that one value, not of INI at large: `configparser` costs more to import than a warm
command may take. Rules as in Python's RawConfigParser, which pip uses: no interpolation, no comments
behind a value, indented lines go on with the value above.
"""

import re

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<name>[^=:]*?)\s*[=:]\s*(?P<value>.*)")


def index_url(text: str) -> str | None:
    """The value of `index-url` in `[global]`; ``None`` when the text sets none."""
    section = ""
    lines: list[str] | None = None
    """Of the value that may still go on; ``None`` behind another option."""
    found: list[str] | None = None
    for line in text.removeprefix("\ufeff").splitlines():
        stripped = line.strip()
        if stripped.startswith(("#", ";")):
            continue
        if line[:1].isspace() or not stripped:
            if lines is not None and stripped:
                lines.append(stripped)
            continue
        lines = None
        header = _SECTION.match(stripped)
        if header:
            section = header["name"]
            continue
        option = _OPTION.match(stripped)
        if option and section == "global" and _normal(option["name"]) == "index-url":
            lines = found = [option["value"]]
    return " ".join(filter(None, found)) or None if found else None


def _normal(option: str) -> str:
    """Spell an option in one way: pip takes `index_url`, `INDEX-URL` and `--index-url` alike."""
    return option.strip().lower().replace("_", "-").removeprefix("--")
