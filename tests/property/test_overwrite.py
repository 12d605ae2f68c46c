"""Packages that bring each other's files: what an environment holds does not depend on what stood there before."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from detent.install.damage import find_damage
from detent.install.places import places_of
from support.environments import Installation
from support.wheels import Wheel, wheel

NAMES = ("a", "b", "c")
FILES = ("x.py", "ns/y.py", "ns/deep/z.py")


def package(name: str, contents: dict[str, str]) -> Wheel:
    """A package with some of the common files, as everybody has them or in a version of its own."""
    return wheel(name, files={f"{name}.py": "", **contents}, data={"scripts/tool": f"#!python\n# {name}\n"})


def contents(name: str) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(FILES), st.sampled_from(("common", name)))


states = st.tuples(st.sets(st.sampled_from(NAMES)), st.permutations(NAMES))
"""Which packages there are, and who comes first among those that may overwrite."""


@settings(max_examples=25, deadline=None)
@given(
    files=st.tuples(*map(contents, NAMES)),
    before=st.lists(states, min_size=1, max_size=3),
    last=states,
    mode=st.sampled_from(("hardlink", "directory")),
)
def test_the_last_selection_alone_decides(
    files: tuple[dict[str, str], ...],
    before: list[tuple[set[str], list[str]]],
    last: tuple[set[str], list[str]],
    mode: str,
) -> None:
    wheels = {name: package(name, its) for name, its in zip(NAMES, files, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        worn, fresh = (Installation(Path(folder, name)) for name in ("worn", "fresh"))
        for names, order in (*before, last):
            worn.sync(*(wheels[name] for name in names), overwriting=order, link_mode=mode)
        names, order = last
        fresh.sync(*(wheels[name] for name in names), overwriting=order, link_mode=mode)

        assert shown(worn) == shown(fresh)
        packages = worn.found().packages
        assert find_damage(places_of(worn.environment), packages, worn.store.layout) == ()


def shown(world: Installation) -> dict[str, str]:
    """Every file of the environment that a package brought, through links."""
    root = world.environment.root
    return {
        str(path.relative_to(root)): path.read_text().replace(str(world.root), "")
        for place in (world.site_packages, world.scripts)
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith(("python", "activate")) and path.name != "RECORD"
    }
