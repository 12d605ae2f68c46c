"""METADATA, PKG-INFO and `[project]` tables as what a release says of itself: an :class:`About`.

Only header fields are read, in the forms they had through the years (core metadata 1.0 to 2.5). What is of
another project or version than its file raises. Pure.
"""

import tomllib
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from detent.errors.fetch import MetadataInvalid
from detent.index.metadata import belongs
from detent.index.sdists import PYPROJECT
from detent.model.about import About
from detent.model.requirement import PackageName, package_name

_LICENSES = "License ::"
_INDENT = " " * 8
"""How lines go on below `License:`, and the bar that some wrote instead."""


def parse_about(raw: bytes, filename: str) -> About:
    """Read the header of a METADATA or PKG-INFO that belongs to the file ``filename``.

    Raises :class:`MetadataInvalid` when it is none, or of another project or version.
    """
    several: dict[str, list[str]] = {}
    for field, value in _fields(raw):
        several.setdefault(field, []).append(value)
    single = {field: values[0] for field, values in several.items()}
    try:
        name, version = package_name(single["name"]), Version(single["version"])
    except (KeyError, ValueError, InvalidVersion) as fault:
        raise MetadataInvalid(filename, "its name or version is missing or not valid") from fault
    if not belongs(filename, name, version):
        raise MetadataInvalid(filename, f"it is the metadata of `{name} {version}`")
    return About(
        name=name,
        version=str(version),
        summary=_line(single.get("summary", "")),
        license_expression=_line(single.get("license-expression", "")),
        license_text=_told(single.get("license", "")),
        license_classifiers=tuple(
            line for line in map(_line, several.get("classifier", ())) if line.startswith(_LICENSES)
        ),
        license_files=tuple(map(_line, several.get("license-file", ()))),
        author=_told(_line(single.get("author", ""))),
        author_email=_told(_line(single.get("author-email", ""))),
        maintainer=_told(_line(single.get("maintainer", ""))),
        maintainer_email=_told(_line(single.get("maintainer-email", ""))),
        home_page=_told(_line(single.get("home-page", ""))),
        urls=tuple(map(_labelled, several.get("project-url", ()))),
        read_from=filename,
    )


def _fields(raw: bytes) -> Iterator[tuple[str, str]]:
    """Give each field, its name in lower case, and its value with the lines that go on with it."""
    head = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    field, lines = "", [""]
    for line in head.decode("utf-8", "replace").split("\n"):
        if line[:1] in {" ", "\t"}:
            lines.append(line.removeprefix(_INDENT if line.startswith(_INDENT) else line[:1]))
            continue
        if field:
            yield field, "\n".join(lines).strip()
        name, colon, value = line.partition(":")
        field, lines = (name.lower() if colon else ""), [value]
    if field:
        yield field, "\n".join(lines).strip()


def _line(value: str) -> str:
    return " ".join(value.split())


def _told(value: str) -> str:
    """Give a value that setuptools did not put there for one that was missing."""
    return "" if value == "UNKNOWN" else value


def _labelled(value: str) -> tuple[str, str]:
    label, comma, url = _line(value).partition(",")
    return (label.strip(), url.strip()) if comma else ("", label)


def about_of_project(raw: bytes, name: PackageName, version: str) -> About | None:
    """Give what the `[project]` table of a pyproject.toml says; ``None`` where it has no such table.

    What is dynamic is left out, and so is a licence that stands in a file.
    """
    try:
        table = tomllib.loads(raw.decode("utf-8", "replace")).get("project")
    except tomllib.TOMLDecodeError:
        return None
    if not isinstance(table, dict):
        return None
    told = table.get("license", "")
    people = {key: _people(table.get(key)) for key in ("authors", "maintainers")}
    urls = table.get("urls")
    return About(
        name=name,
        version=version,
        summary=_line(_text(table.get("description"))),
        license_expression=_line(_text(told)),
        license_text=_text(told.get("text")).strip() if isinstance(told, dict) else "",
        license_classifiers=tuple(
            line for line in map(_line, _texts(table.get("classifiers"))) if line.startswith(_LICENSES)
        ),
        license_files=tuple(map(_line, _texts(table.get("license-files")))),
        author=people["authors"][0],
        author_email=people["authors"][1],
        maintainer=people["maintainers"][0],
        maintainer_email=people["maintainers"][1],
        urls=tuple((_line(label), _line(_text(url))) for label, url in urls.items())
        if isinstance(urls, dict)
        else (),
        read_from=PYPROJECT,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _people(value: object) -> tuple[str, str]:
    """Give names and addresses as METADATA has them (PEP 621): who has an address stands with it."""
    names, addresses = [], []
    for each in value if isinstance(value, list) else ():
        if not isinstance(each, dict):
            continue
        name, email = _line(_text(each.get("name"))), _line(_text(each.get("email")))
        if email:
            addresses.append(f"{name} <{email}>" if name else email)
        elif name:
            names.append(name)
    return ", ".join(names), ", ".join(addresses)
