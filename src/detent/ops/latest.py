"""Which version of a package is the newest, for every command that says so."""

from collections.abc import Iterable

from packaging.version import Version

from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.model.sources import IndexSource
from detent.model.versions import Listing, newest
from detent.ops.world import World


def listing_of(world: World, inputs: Inputs, name: PackageName) -> Listing:
    """Give what the index has of a package, the one that the project pins it to where it does."""
    sources = (rule.source for rule in inputs.sources if rule.name == name)
    index = next((source.index for source in sources if isinstance(source, IndexSource)), "")
    releases = world.releases.of_index(index) if index else world.releases
    return releases.listing(name)


def told_of(listing: Listing, locked: Iterable[str]) -> int:
    """Give the set of versions that are told as newer: who has a pre-release hears of others, nobody else."""
    return listing.every if any(Version(version).is_prerelease for version in locked) else listing.stable


def latest_of(listing: Listing, locked: Iterable[str]) -> int:
    """Give the number of the newest version for whoever has these, yanked ones aside; 0: there is none."""
    return newest(told_of(listing, locked) & ~listing.yanked)
