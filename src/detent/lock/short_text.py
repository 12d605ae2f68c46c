"""A lock as short lines, for `git diff` and `git log -p`: what a person reads of it, and no more.

An entry is a line: name, version, where it comes from, how many files and a digest of them, its marker; what
it asks for and who published it stand below. The digest covers name, address and hashes of every file, so a
file that is another shows.
"""

import hashlib
from collections.abc import Iterable, Iterator

from detent.lock.builds import called
from detent.lock.comparison import origin_of
from detent.lock.diff import version_of
from detent.lock.members import member_text
from detent.lock.model import Lock, LockedBuild, LockedPackage
from detent.model.attestations import publisher
from detent.model.candidate import Artifact
from detent.model.inputs import RecordedInputs

_DIGITS = 12


def short_lines(lock: Lock) -> Iterator[str]:
    """Give the lines, what the lock is for first."""
    yield f"lock by {lock.created_by or 'nobody'}"
    if lock.requires_python:
        yield f"requires-python {lock.requires_python}"
    for title, values in (
        ("environment", lock.environments),
        ("extra", lock.extras),
        ("group", lock.groups),
        ("default-group", lock.default_groups),
        ("fork", lock.forks),
    ):
        yield from (f"{title} {value}" for value in values)
    if lock.inputs is not None:
        yield from _inputs(lock.inputs)
    for package in lock.packages:
        yield from _entry(package, "")
    for build in lock.builds:
        yield from _build(build)
    for package in lock.build_packages:
        yield from _entry(package, "build ")


def _inputs(inputs: RecordedInputs) -> Iterator[str]:
    for kind, name, text in inputs.lines():
        yield " ".join(part for part in ("asks for", text, f"({kind} {name})" if kind else "") if part)
    yield from (f"default group {name}" for name in inputs.default_groups)
    yield from (f"{name} = {value}" for name, value in inputs.options)
    yield from (f"{table}: {text}" for table, texts in inputs.adjustments for text in texts)
    yield from (f"source of {name}: {text}" for name, texts in inputs.sources for text in texts)
    yield from (f"index {name} = {value}" for name, value in inputs.indexes)
    yield from (f"member {member.name}: {member_text(member)}" for member in inputs.members)


def _entry(package: LockedPackage, title: str) -> Iterator[str]:
    files = (*package.wheels, *((package.sdist,) if package.sdist is not None else ()))
    facts = [f"{title}{package.name} {version_of(package)}".rstrip()]
    if origin_of(package):
        facts.append(f"from {origin_of(package)}")
    if files:
        facts.append(f"{len(files)} file{'s' if len(files) > 1 else ''} {_digest(files)}")
    if package.marker:
        facts.append(f"where {package.marker}")
    yield ", ".join(facts)
    yield from (f"    needs {line}" for line in package.requires)
    for extra, lines in package.extras:
        yield from (f"    [{extra}] needs {line}" for line in lines)
    yield from (f"    published by {publisher(text)}" for text in package.attestations)


def _build(build: LockedBuild) -> Iterator[str]:
    yield f"builds of {', '.join(map(called, build.members))}"
    yield from (f"    need {line}" for line in build.requires)
    yield from (f"    ask for {line}" for line in build.asked)
    for pin in build.pins:
        yield f"    get {pin.name} {pin.version}" + (f", where {pin.marker}" if pin.marker else "")


def _digest(files: Iterable[Artifact]) -> str:
    rows = sorted(
        "\t".join((file.filename, file.url, *(f"{d.algorithm}:{d.value}" for d in file.digests)))
        for file in files
    )
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
