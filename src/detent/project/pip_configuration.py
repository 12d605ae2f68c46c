"""What detent takes from pip's configuration files: where they say, for every command, that packages are.

A careful reader of these few values, not of INI at large: `configparser` costs more to import than a warm
command may take. Rules as in Python's RawConfigParser, which pip uses: no interpolation, no comments
behind a value, indented lines go on with the value above.
"""

import re

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<name>[^=:]*?)\s*[=:]\s*(?P<value>.*)")


OPTIONS = frozenset(("index-url", "extra-index-url", "find-links", "no-index"))
"""What is looked for."""


def options(text: str) -> dict[str, str]:
    """Give the values of :data:`OPTIONS` in `[global]`, by name; an empty one sets nothing."""
    section = ""
    lines: list[str] | None = None
    """Of the value that may still go on; ``None`` behind another option."""
    found: dict[str, list[str]] = {}
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
        if option and section == "global" and (name := _normal(option["name"])) in OPTIONS:
            lines = found[name] = [option["value"]]
    texts = {name: " ".join(filter(None, values)) for name, values in found.items()}
    return {name: value for name, value in texts.items() if value}


def _normal(option: str) -> str:
    """Spell an option in one way: pip takes `index_url`, `INDEX-URL` and `--index-url` alike."""
    return option.strip().lower().replace("_", "-").removeprefix("--")
