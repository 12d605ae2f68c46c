"""What `add --index NAME=URL` writes besides the requirements: the index, and that they come from it."""

from collections.abc import Iterable

from detent.model.requirement import PackageName
from detent.model.sources import IndexSource
from detent.ops.world import World
from detent.project.index_edit import OF_PYPROJECT as PATH
from detent.project.index_edit import add_index
from detent.project.indexes import IndexSetting
from detent.project.source_edit import add_source
from detent.project.sources import OF_PYPROJECT


def as_declared(world: World) -> World:
    """Give the world as it is once the indexes given with `--index` stand in the project."""
    settings = world.settings
    new = _new(world)
    if not new:
        return world
    urls = {index.url for index in new}
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
    pin = next((index.name for index in world.settings.flag_indexes if index.name), "")
    for name in names if pin else ():
        text = add_source(text, name, IndexSource(pin), display=display)
    return text


def _new(world: World) -> list[IndexSetting]:
    """Give those that the project does not declare yet."""
    declared = {key for index in world.settings.declared_indexes for key in (index.name, index.url)}
    return [
        index
        for index in world.settings.flag_indexes
        if not {index.name or index.of_project().url, index.of_project().url} & declared
    ]
