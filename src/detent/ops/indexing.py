"""Several indexes put together as one; imported where there are several."""

from collections.abc import Callable, Iterable, Sequence

from detent.errors.build import BuildError
from detent.index.indexes import Indexes, Member
from detent.index.releases import IndexReleases
from detent.model import markers
from detent.model.sources import IndexSource, SourceRule
from detent.project.indexes import IndexSetting


def together(
    indexes: Sequence[IndexSetting],
    of_one: Callable[[IndexSetting], IndexReleases],
    *,
    unbuilt: list[BuildError],
    wait: Callable[[], None],
    sources: Iterable[SourceRule],
) -> Indexes:
    """Put several indexes together; ``sources`` are the rules of the project."""
    members = tuple(Member(of_one(index), index.label, index.explicit) for index in indexes)
    defaults = [m.releases.index_url for m, index in zip(members, indexes, strict=True) if index.default]
    return Indexes(
        members,
        index_url=defaults[0] if defaults else members[-1].releases.index_url if members else "",
        unbuilt=unbuilt,
        wait=wait,
        pins={
            rule.name: rule.source.index
            for rule in sources
            if isinstance(rule.source, IndexSource) and rule.marker == markers.ALWAYS
        },
    )
