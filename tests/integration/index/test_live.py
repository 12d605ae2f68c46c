"""The real default index, by hand: `pytest -m live`."""

import os
import time
from pathlib import Path
from urllib.parse import urljoin

import distlib.index
import pytest

from detent.errors.build import BuildFailed
from detent.events import ignore
from detent.index.client import Client
from detent.index.logins import Logins
from detent.index.releases import IndexReleases
from detent.index.remote import RemoteIndex
from detent.index.tls import Trust
from detent.model.candidate import Metadata
from detent.model.limits import Limits
from detent.model.requirement import PackageName
from detent.model.versions import newest
from detent.project.settings import settings
from detent.project.sources import Sources
from detent.store.layout import Layout


def build(name: PackageName, *_: object) -> Metadata:
    raise BuildFailed(name, "nothing is built here")


@pytest.mark.live
def test_popular_projects_of_the_default_index_can_be_read_and_fetched(tmp_path: Path) -> None:
    url = urljoin(distlib.index.DEFAULT_INDEX, "/simple/")
    layout = Layout(tmp_path)
    certificates = settings(Sources(cache_home=tmp_path, variables=os.environ)).certificates.value
    with Client(logins=Logins((url,)), limits=Limits(), trust=Trust(certificates)) as client:
        releases = IndexReleases(
            index_url=url,
            layout=layout,
            remote=lambda: RemoteIndex(
                client, index_url=url, layout=layout, scratch=lambda: tmp_path, now=time.time, report=ignore
            ),
            now=time.time,
            build_metadata=build,
        )
        names = [PackageName(name) for name in ("numpy", "requests", "rich", "click", "sqlalchemy")]
        releases.expect(names, [])
        for name in names:
            listing = releases.listing(name)
            number = newest(listing.stable & listing.wheels)
            metadata = releases.metadata(name, number)
            assert metadata is not None, releases.unreadable(name, number)
            wheels = [artifact for artifact in releases.artifacts(name, number) if artifact.is_wheel]
            smallest = min(wheels, key=lambda artifact: len(artifact.filename))
            assert client.download(smallest, name, tmp_path).sha256 == smallest.sha256
