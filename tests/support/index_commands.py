"""An index, a cache and a clock, and commands one after another that look at them."""

from pathlib import Path
from typing import Any

from detent.events import ignore
from detent.index.client import Client
from detent.index.metadata import parse_metadata
from detent.index.releases import IndexReleases
from detent.index.remote import RemoteIndex
from detent.model.candidate import Artifact, Metadata
from detent.model.limits import Limits
from detent.model.requirement import PackageName
from detent.model.versions import Listing
from detent.store.layout import Layout
from support.index_server import IndexServer
from support.wheels import metadata_text

QUICK = Limits()._replace(tries=2)


class World:
    """A cache, a clock and as many commands as a test runs, one after another."""

    def __init__(self, index: IndexServer, folder: Path) -> None:
        self.index = index
        self.layout = Layout(folder / "cache")
        self.clock = 1000.0
        self.remotes = 0
        self.built: list[str] = []

    def command(self, **more: Any) -> IndexReleases:
        self.index.forget()
        self.clock += 1
        facts: dict[str, Any] = {"build_metadata": self.build, **more}
        return IndexReleases(
            index_url=self.index.url, layout=self.layout, remote=self.remote, now=lambda: self.clock, **facts
        )

    def build(self, name: PackageName, version: str, artifact: Artifact, archive: Path) -> Metadata:
        """Say what a back end would: that it needs what the version is called."""
        assert archive.read_bytes() == self.index.files[artifact.filename].data
        self.built.append(f"{name} {version}")
        return parse_metadata(metadata_text(name, version, [f"told=={version}"]).encode(), artifact.filename)

    def remote(self) -> RemoteIndex:
        self.remotes += 1
        return RemoteIndex(
            Client(limits=QUICK, dice=lambda: -0.49),
            index_url=self.index.url,
            layout=self.layout,
            scratch=lambda: self.layout.root,
            now=lambda: self.clock,
            report=ignore,
        )


def versions(listing: Listing) -> list[str]:
    return [release.version for release in listing.releases]


def needs(releases: IndexReleases, name: PackageName, number: int) -> list[str]:
    metadata = releases.metadata(name, number)
    assert metadata is not None
    assert (metadata.name, metadata.version) == (name, releases.listing(name).release(number).version)
    return [str(d) for d in metadata.base]


def files(releases: IndexReleases, name: PackageName, number: int) -> list[str]:
    return [artifact.filename for artifact in releases.artifacts(name, number)]
