"""Requirements files as lists of requirements in a pyproject.toml, and the versions they pin.

A file that pip-compile or uv has compiled pins what other files ask for: those are read for what is wanted,
it for the versions. Where they are gone, its comments (`# via -r requirements.in`) say what was asked for.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from packaging.version import Version

from detent.errors.usage import InvalidRequirementText
from detent.model import markers
from detent.model.requirement import InvalidRequirement, PackageName, Requirement, parse_requirement
from detent.model.specifiers import parse_clauses
from detent.project.document import Document
from detent.project.importing.assembly import Wishes, with_wishes
from detent.project.importing.conversion import Conversion, Direct, Findings, Source, index_rows
from detent.project.importing.locked import Locked, locked
from detent.project.importing.requirement_lines import Line
from detent.project.importing.requirement_settings import RequirementSettings, plain
from detent.project.importing.requirement_texts import FILES, Given, Texts, beside, read_files, reasons
from detent.project.importing.tables import Item, item
from detent.project.importing.taken import with_kept
from detent.project.values import redacted

PLACE = re.compile(
    r"\.{0,2}/|~/|[A-Za-z][A-Za-z0-9+.-]*:|[^\s;]*\.(?:whl|tar\.gz|zip)(?:$|[\s#;])|\.(?:$|\[)"
)
_OF_PROJECT = re.compile(r"\((?:.*[/\\])?(?:pyproject\.toml|setup\.py|setup\.cfg)(?::[^)]*)?\)$")
_HEADER_PYTHON = re.compile(r"^#.*(?:with Python |--python-version[= ])(?P<version>3\.\d+)", re.MULTILINE)
_SELF = re.compile(r"(?:file:)?\./?(?:\[[^\]]*\])?")
# Options that say nothing a lock would not know by itself.
_SILENT = ("--require-hashes", "--prefer-binary", "--use-feature", "--trusted-host", "--no-index")


def convert(
    document: Document,
    given: Sequence[Given],
    texts: Texts,
    *,
    folder_name: str,
    public_host: str = "",
    adds: bool = True,
) -> Conversion:
    """Give the pyproject.toml with what the files ask for.

    ``adds`` off leaves a project's own lists as they are: the files count for their versions alone.
    """
    findings = Findings(public_host)
    if not adds:
        return findings.conversion(document.text)
    reading = _Reading(document, texts, given, findings)
    groups: dict[str, list[Item]] = {}
    for each in given:
        groups.setdefault(each.group, []).extend(reading.items(each))
    dependencies = _once(groups.pop("", []))
    wishes = Wishes(dependencies, {name: _once(found) for name, found in groups.items()}, _python(texts))
    text = with_wishes(document, wishes, folder_name=folder_name, findings=findings)
    index = index_rows(reading.sources, findings)
    return findings.conversion(with_kept(document, text, reading.settings.kept(), index))


def pins(given: Sequence[Given], texts: Texts) -> Locked:
    """Give the versions the files pin, those of constraints among them."""
    paths: dict[str, None] = {}
    for each in given:
        for path in (each.path, *texts.pinning(each.path)):
            _reach(path, texts, paths)
    found = {path: list(_pins(texts.lines(path))) for path in paths}
    pinning = [path for path, versions in found.items() if versions]
    return locked((pin for path in pinning for pin in found[path]), ", ".join(pinning))


def _reach(path: str, texts: Texts, found: dict[str, None]) -> None:
    if path in found or path not in texts.by_path:
        return
    found[path] = None
    for other, must_exist in read_files(path, texts.by_path[path]):
        if must_exist:
            _reach(other, texts, found)


def _pins(found: Iterable[Line]) -> Iterator[tuple[str, str]]:
    for line in found:
        if line.option or PLACE.match(line.text):
            continue
        try:
            requirement = parse_requirement(plain(line.text))
        except InvalidRequirement:
            continue  # told where it is wanted
        for version in _pinned(requirement):
            yield requirement.name, version


def _pinned(requirement: Requirement) -> Iterator[str]:
    for clause in parse_clauses(requirement.specifier):
        if clause.operator in {"==", "==="} and not clause.wildcard:
            yield clause.text


def _python(texts: Texts) -> str:
    found = (_HEADER_PYTHON.search(text) for text in texts.by_path.values())
    versions = [match["version"] for match in found if match is not None]
    return f">={min(versions, key=Version)}" if versions else ""


def _once(items: Sequence[Item]) -> list[Item]:
    return list({each.literal: each for each in reversed(items)}.values())[::-1]


class _Reading:
    """The wishes of several files, each file read into one list only."""

    def __init__(self, document: Document, texts: Texts, given: Sequence[Given], findings: Findings) -> None:
        self._texts = texts
        self._roots = {path for each in given for path in texts.wanted(each.path)}
        self._pinning = {path for each in given for path in (each.path, *texts.pinning(each.path))}
        self._findings = findings
        self._is_declared = "project" in document.data
        self._done: set[str] = set()
        self.settings = RequirementSettings(document, texts, findings)
        self.sources: list[Source] = []

    def items(self, given: Given) -> list[Item]:
        return [found for path in self._texts.wanted(given.path) for found in self._file(path)]

    def _file(self, path: str) -> Iterator[Item]:
        if path in self._done:
            return
        self._done.add(path)
        found = self._texts.lines(path)
        if any(reasons(line) for line in found):
            yield from self._compiled(path, found)
            return
        for line in found:
            if line.option:
                yield from self._option(path, line)
            else:
                yield from self._requirement(path, line)

    def _compiled(self, path: str, found: Sequence[Line]) -> Iterator[Item]:
        """Give what was asked for in a file whose sources are gone: its lower bound is the pin."""
        lowest: dict[PackageName, tuple[Version, Requirement, str]] = {}
        for line in found:
            if line.option in FILES or not line.option:
                if not any(self._is_wanted(reason) for reason in reasons(line)):
                    continue
                for requirement in self._parsed(path, line):
                    for version in map(Version, _pinned(requirement)):
                        marker = plain(line.text).partition(";")[2].strip()
                        before = lowest.get(requirement.name)
                        if before is None or version < before[0]:
                            marker = "" if before is not None else marker
                            lowest[requirement.name] = (version, requirement, marker)
                        else:
                            lowest[requirement.name] = (before[0], before[1], "")
            else:
                yield from self._option(path, line)
        if lowest:
            self._findings.note(
                f"what `{path}` was made from is gone: the lower bounds are the versions it pins, "
                "and extras may be missing"
            )
        for version, requirement, marker in lowest.values():
            head = str(requirement._replace(specifier=f">={version.public}", marker=markers.ALWAYS))
            yield item(head + (f"; {marker}" if marker else ""))

    def _is_wanted(self, reason: str) -> bool:
        return reason.startswith("-r ") or (not self._is_declared and _OF_PROJECT.search(reason) is not None)

    def _requirement(self, path: str, line: Line) -> Iterator[Item]:
        for _ in self._parsed(path, line):
            behind = f"# {'; '.join(line.reasons)}" if line.reasons else ""
            yield item(plain(line.text), line.above, behind)

    def _parsed(self, path: str, line: Line) -> Iterator[Requirement]:
        """Give a line as a requirement; nothing for what is not on an index, which is remembered."""
        where, text = f"{path}:{line.number}", plain(line.text)
        if PLACE.match(text):
            self._place(where, text)
            return
        try:
            requirement = parse_requirement(text)
        except InvalidRequirement as error:
            raise InvalidRequirementText(text, error.reason, where=where) from error
        if requirement.url:
            self._findings.direct.append(Direct(requirement.name, where, f"`{requirement.url}`"))
        yield requirement

    def _place(self, where: str, text: str) -> None:
        if _SELF.fullmatch(text):
            if "[" in text:
                self._findings.note(
                    f"`{text}` (`{where}`): pass `--extra` to have extras of the project itself"
                )
            return
        text = redacted(text)
        name = text.partition("#egg=")[2].partition("&")[0] or text.rstrip("/").rpartition("/")[2]
        self._findings.direct.append(Direct(name, where, f"`{text}`"))

    def _option(self, path: str, line: Line) -> Iterator[Item]:
        value = line.value
        match line.option:
            case "-r" | "--requirement":
                for other in self._texts.wanted(beside(path, value)):
                    if other not in self._roots:
                        yield from self._file(other)
            case "-c" | "--constraint":
                if beside(path, value) not in self._pinning:
                    self.settings.constrain(beside(path, value))
            case option if self.settings.take(option, value, f"`{option}` of `{path}`"):
                pass
            case "-e" | "--editable":
                self._place(f"{path}:{line.number}", value)
            case "-i" | "--index-url" | "--pypi-url":
                self.sources.append(Source("", value, is_primary=True))
            case "--extra-index-url":
                self.sources.append(Source("", value, is_primary=False))
            case option if option not in _SILENT:
                self._findings.note(f"`{option}` of `{path}` was not taken over")
            case _:
                pass
