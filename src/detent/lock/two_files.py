"""The files of one version in two locks: which came and went, and which are other files under the same name.

A file is its name and its hash. That a hash changed and the name did not is what nobody does by accident.
"""

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from detent.model.candidate import Artifact
from detent.named import NamedTuple


class Fact(NamedTuple):
    """One thing that is another; which, ``kind`` says."""

    kind: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    """Platforms, some with Pythons in brackets; empty: wherever the package is needed."""
    of: str = ""
    """The file or the version it is about; empty: the package."""
    is_loud: bool = False
    """Whether nobody should pass over it."""


def file_facts(old: Mapping[str, Artifact], new: Mapping[str, Artifact]) -> Iterator[Fact]:
    """Compare files by name, those whose content is another first."""
    common = [name for name in old if name in new]
    for name in common:
        was, now = (sorted(f"{d.algorithm}:{d.value}" for d in side[name].digests) for side in (old, new))
        if _differ(old[name], new[name]):
            yield Fact("hash", tuple(was), tuple(now), of=name, is_loud=True)
        elif was != now:
            yield Fact("hashes", tuple(was), tuple(now), of=name)
    for name in common:
        yield from _address(old[name], new[name])
        for kind, before, after in (
            ("size", old[name].size_bytes, new[name].size_bytes),
            ("upload-time", old[name].uploaded_at, new[name].uploaded_at),
        ):
            if before != after:
                was, now = ([str(value)] if value is not None else [] for value in (before, after))
                is_loud = kind == "size" and bool(was and now)
                yield Fact(kind, tuple(was), tuple(now), of=name, is_loud=is_loud)
    lost = tuple(name for name in old if name not in new)
    gained = tuple(name for name in new if name not in old)
    if lost:
        yield Fact("files-lost", before=lost)
    if gained:
        yield Fact("files-gained", after=gained)


def _differ(was: Artifact, now: Artifact) -> bool:
    """Whether they are other files, or nothing says that they are the same one."""
    before, after = dict(was.digests), dict(now.digests)
    common = [algorithm for algorithm in before if algorithm in after]
    return not common or any(before[algorithm] != after[algorithm] for algorithm in common)


def _address(was: Artifact, now: Artifact) -> Iterator[Fact]:
    if was.url != now.url:
        is_loud = _service(was.url) != _service(now.url)
        yield Fact("address", (was.url,), (now.url,), of=now.filename, is_loud=is_loud)


def _service(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def texts_fact(kind: str, old: Collection[str], new: Collection[str]) -> Iterator[Fact]:
    """Compare lines that are sets: ``KIND-gained``, ``KIND-lost`` or ``KIND-changed``."""
    lost = tuple(sorted(text for text in old if text not in new))
    gained = tuple(sorted(text for text in new if text not in old))
    if not lost and not gained:
        return
    end = "changed" if lost and gained else "lost" if lost else "gained"
    yield Fact(f"{kind}-{end}", lost, gained, is_loud=kind == "attestations" and bool(lost))
