"""What options of requirements files become in `[tool.detent]`: bounds, pre-releases, upload times."""

import re

from detent.model.names import normalise
from detent.project.document import Document
from detent.project.importing.conversion import Findings
from detent.project.importing.requirement_texts import FILES, Texts, beside, reasons
from detent.project.importing.taken import Kept, moment, refusal
from detent.project.values import redacted


class RequirementSettings:
    """The settings of all files together."""

    def __init__(self, document: Document, texts: Texts, findings: Findings) -> None:
        self._document = document
        self._texts = texts
        self._findings = findings
        self._done: set[str] = set()
        self._bounds: dict[str, None] = {}
        self._found: dict[str, object] = {}

    def kept(self) -> list[Kept]:
        """Give all of them."""
        found = dict(self._found)
        if self._findings.prereleases:
            found["prerelease-package"] = self._findings.prereleases
        if self._bounds:
            found["constraint-dependencies"] = list(self._bounds)
        return [Kept(key, value) for key, value in found.items()]

    def take(self, option: str, value: str, what: str) -> bool:
        """Take an option, named ``what`` in messages; says whether it is one that becomes a setting."""
        match option:
            case "--pre":
                self._found["prerelease"] = "allow"
            case "--all-releases":
                self._release(value, "allow")
            case "--only-final":
                self._release(value, "disallow")
            case "--uploaded-prior-to":
                reason = refusal(self._document, "exclude-newer", moment(value))
                if reason:
                    self._findings.note(f"{what} was not taken over: {reason}")
                else:
                    self._found["exclude-newer"] = moment(value)
            case _:
                return False
        return True

    def _release(self, value: str, mode: str) -> None:
        """Read which packages come with pre-releases, or never do: names, `:all:` or `:none:`."""
        packages = self._findings.prereleases
        for name in filter(None, (part.strip() for part in value.split(","))):
            if name == ":all:":
                self._found["prerelease"] = mode
            elif name == ":none:":
                for package in [package for package, other in packages.items() if other == mode]:
                    del packages[package]
            else:
                packages[normalise(name)] = mode

    def constrain(self, path: str) -> None:
        """Take the bounds of a file of constraints.

        One that was compiled is what was locked and no bound: its versions count, and move on.
        """
        found = self._texts.lines(path)
        is_compiled = self._texts.wanted(path) != (path,) or any(reasons(line) for line in found)
        if path in self._done or is_compiled:
            return
        self._done.add(path)
        for line in found:
            if line.option in FILES:
                self.constrain(beside(path, line.value))
            elif not line.option:
                text = plain(line.text)
                reason = refusal(self._document, "constraint-dependencies", [text])
                if reason:
                    where = f"`{path}:{line.number}`"
                    self._findings.note(f"the constraint {where} was not taken over: {redacted(reason)}")
                else:
                    self._bounds[text] = None


def plain(text: str) -> str:
    """Take the options off that belong to one requirement."""
    return re.split(r"\s--", text, maxsplit=1)[0].strip()
