"""What sources of a project came to: one version each, or another index."""

from collections.abc import Iterable, Sequence

from detent.lock.model import Direct
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.requirement import package_name
from detent.model.source_texts import sorted_rules
from detent.model.sources import GitSource, IndexSource, PathSource, Source, SourceRule, UrlSource
from detent.resolve.sourced import Sourced
from support.worlds import artifact, metadata_of, release

COMMIT = "84b3a3ac7f9252fba5dedcc666febd3b387b2b50"


def sourced(
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    python: str = "",
    extras: Sequence[str] = (),
    marker: str = "",
    git: str = "",
    path: str = "",
    url: str = "",
    index: str = "",
    where: str = "",
) -> Sourced:
    """A package from a repository, a folder, a file at a URL, or the index of this name."""
    here = markers.parse(marker) if marker else markers.ALWAYS
    if index:
        return Sourced(package_name(name), here, index=index, where=where)
    metadata = metadata_of(package_name(name), version, release(requires, python=python, extras=extras))
    if url:
        file = artifact(url.rpartition("/")[2])._replace(url=url, uploaded_at=None)
        return Sourced(package_name(name), here, metadata, (file,), Direct("archive", url), where=where)
    direct = Direct("vcs", git, "git", "main", COMMIT) if git else Direct("directory", path, editable=True)
    return Sourced(package_name(name), here, metadata, (), direct, where=where)


def rule_of(one: Sourced) -> SourceRule:
    """The rule that came to this."""
    return SourceRule(one.name, _source(one), one.marker, one.where)


def _source(one: Sourced) -> Source:
    direct = one.direct
    if direct is None:
        return IndexSource(one.index)
    if direct.kind == "vcs":
        return GitSource(direct.location, direct.revision, "branch")
    return (
        UrlSource(direct.location) if direct.kind == "archive" else PathSource(direct.location, editable=True)
    )


def with_rules(inputs: Inputs, some: Iterable[Sourced]) -> Inputs:
    """The project that says so."""
    return inputs._replace(sources=sorted_rules([rule_of(one) for one in some]))
