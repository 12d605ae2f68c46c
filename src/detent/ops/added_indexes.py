"""What `add --index NAME=URL` writes besides the requirements: the index, and that they come from it."""

from collections.abc import Iterable

from detent.errors import UsageError
from detent.model.requirement import PackageName
from detent.model.sources import IndexSource
from detent.ops.world import World
from detent.project.index_edit import OF_PYPROJECT as PATH
from detent.project.index_edit import add_index
from detent.project.indexes import IndexSetting
from detent.project.source_edit import add_source
from detent.project.sources import OF_PYPROJECT


def as_declared(world: World) -> World:
    """Give the world as it is once the indexes given with `--index` stand in the project.

    Raises :class:`UsageError` for a name that the project has for another URL: for one command that stands in
    for its index, and nobody can tell whether this is meant to last.
    """
    settings = world.settings
    new = _new(world)
    if not new:
        return world
    urls = {index.url for index in new}
    known = {index.name: index.url for index in settings.declared_indexes}
    for index in new:
        if index.name in known:
            raise UsageError(
                f"the project has the index `{index.name}` at another URL",
                why=f"it says `{known[index.name]}`, and `--index` says `{index.of_project().url}`",
                next_steps=(
                    f"take the project's out first: `detent index remove {index.name}`",
                    "or give the new one another name",
                ),
            )
    return world._replace(
        settings=settings._replace(
            indexes=tuple(i._replace(origin=OF_PYPROJECT) if i.url in urls else i for i in settings.indexes),
            declared_indexes=(*(index.of_project() for index in new), *settings.declared_indexes),
        )
    )


def with_given_indexes(text: str, world: World, names: Iterable[PackageName], *, display: str) -> str:
    """The text with the indexes given with `--index`, and the packages pinned to the first that has a name.

    ``world`` is as it was before.
    """
    for index in reversed(_new(world)):
        entry = {"name": index.name} if index.name else {}
        url = index.of_project().url
        text = add_index(text, PATH, {**entry, "url": url}, is_first=True, display=display)
    named = {index.url: index.name for index in world.settings.declared_indexes}
    given = (index for index in world.settings.flag_indexes if index.name)
    pin = next((named.get(index.of_project().url, index.name) for index in given), "")
    for name in names if pin else ():
        text = add_source(text, name, IndexSource(pin), display=display)
    return text


def _new(world: World) -> list[IndexSetting]:
    """Give those whose URL the project does not declare yet."""
    declared = {index.url for index in world.settings.declared_indexes}
    return [index for index in world.settings.flag_indexes if index.of_project().url not in declared]
