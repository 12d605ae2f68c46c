"""What stands in the store, as units."""

from pathlib import Path

from detent.store.cache import open_store
from detent.store.inventory import groups, units


def test_a_repository_and_each_tree_of_it_are_units(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    layout.git_database("aa").mkdir(parents=True)
    layout.git_checkout("aa", "c1").mkdir(parents=True)
    layout.git_checkout("aa", "c2").mkdir(parents=True)

    found = {group: [unit.name for unit in units(layout, group)] for group in groups(layout)}

    assert found == {"git-v1/db": ["aa"], "git-v1/checkouts/aa": ["c1", "c2"]}
