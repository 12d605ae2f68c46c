"""Indexes without pages of projects: a page of links, a folder of files, a folder laid out like an index."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from detent.errors.fetch import IndexUnavailable
from detent.events import ignore
from detent.index.client import Client
from detent.index.flat import FlatFolder, FlatPage
from detent.index.local import LocalFiles
from detent.index.releases import IndexReleases
from detent.index.remote import RemoteIndex
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.layout import Layout
from support.index_commands import QUICK, files, needs, versions
from support.index_server import serve
from support.sdists import sdist
from support.wheels import wheel

A, B = package_name("a"), package_name("b")


def looking(
    folder: Path, url: str, kind: type[RemoteIndex], transport: Any, *, is_flat: bool = True
) -> IndexReleases:
    """Look at an index of this kind for one command."""
    layout = Layout(folder / "cache")
    (folder / "scratch").mkdir(exist_ok=True)

    def remote() -> RemoteIndex:
        return kind(
            transport,
            index_url=url,
            layout=layout,
            scratch=lambda: folder / "scratch",
            now=lambda: 1000.0,
            report=ignore,
        )

    return IndexReleases(
        index_url=url,
        layout=layout,
        remote=remote,
        now=lambda: 1000.0,
        build_metadata=lambda *_: pytest.fail("nothing is built"),
        is_flat=is_flat,
    )


def of_folder(folder: Path, place: Path) -> IndexReleases:
    return looking(folder, f"{place.as_uri()}/", FlatFolder, LocalFiles(Limits()))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "some files"
    folder.mkdir()
    for made in (
        wheel("a", "1.0", requires=["b>=1"]),
        wheel("a", "2.0+local", requires=["b"]),
        wheel("b", "1.0"),
    ):
        (folder / made.filename).write_bytes(made.data)
    for odd in ("notes.txt", "a-3.0-py3-none-any.whl.part", "a-3.0.whl", "a-x-py3-none-any.whl"):
        (folder / odd).write_text("odd")
    (folder / "a-4.0-py3-none-any.whl").mkdir()
    (folder / "a-5.0-py3-none-any.whl").symlink_to(folder / "nowhere")
    return folder


def test_a_folder_gives_the_files_whose_names_parse_with_their_hashes(tmp_path: Path, place: Path) -> None:
    releases = of_folder(tmp_path, place)

    assert versions(releases.listing(A)) == ["1.0", "2.0+local"]
    (artifact,) = releases.artifacts(A, 1)
    assert artifact.url == (place / artifact.filename).as_uri()
    assert artifact.sha256 == hashlib.sha256((place / artifact.filename).read_bytes()).hexdigest()
    assert artifact.size_bytes == (place / artifact.filename).stat().st_size
    assert (needs(releases, A, 1), needs(releases, A, 2)) == (["b>=1"], ["b"])
    assert versions(releases.listing(package_name("c"))) == []


def test_a_file_that_changed_is_hashed_again_and_another_one_is_not(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = of_folder(tmp_path, place)
    releases.listing(A)
    releases.listing(B)
    hashed: list[str] = []
    real = hashlib.file_digest

    def hearing(file: Any, name: str) -> Any:
        hashed.append(Path(file.name).name)
        return real(file, name)

    monkeypatch.setattr("detent.index.flat.file_digest", hearing)
    (place / "b-1.0-py3-none-any.whl").write_bytes(wheel("b", "1.0", requires=["c"]).data)

    again = of_folder(tmp_path, place)

    assert versions(again.listing(A)) == ["1.0", "2.0+local"]
    (artifact,) = again.artifacts(B, 1)
    assert hashed == ["b-1.0-py3-none-any.whl"]
    assert artifact.sha256 == hashlib.sha256((place / artifact.filename).read_bytes()).hexdigest()
    assert needs(again, B, 1) == ["c"]


def test_a_source_distribution_of_a_folder_is_read_and_left_where_it_is(tmp_path: Path, place: Path) -> None:
    made = sdist("d", "1.0", requires=["b"])
    (place / made.filename).write_bytes(made.data)

    releases = of_folder(tmp_path, place)

    assert files(releases, package_name("d"), 1) == [made.filename]
    assert needs(releases, package_name("d"), 1) == ["b"]
    assert (place / made.filename).read_bytes() == made.data


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match="nowhere"):
        of_folder(tmp_path, tmp_path / "nowhere").listing(A)


def test_a_page_of_links_is_fetched_once_and_may_lead_to_no_file_of_this_machine(tmp_path: Path) -> None:
    with (
        serve([wheel("a", "1.0", requires=["b"]), wheel("b", "2.0")]) as index,
        Client(limits=QUICK) as client,
    ):
        links = [
            f'<a href="{index.origin}/files/{f.project}/{f.filename}">{f.filename}</a>'
            for f in index.files.values()
        ]
        links += [
            '<a href="file:///etc/a-9.0-py3-none-any.whl">x</a>',
            '<a href="javascript:a-8.0.zip">x</a>',
        ]
        index.pages["links"] = ("text/html", "<br>\n".join(links).encode())

        releases = looking(tmp_path, f"{index.url}links/", FlatPage, client)

        assert versions(releases.listing(A)) == ["1.0"]
        assert versions(releases.listing(B)) == ["2.0"]
        assert needs(releases, A, 1) == ["b"]
        assert index.count("/simple/") == 1


def test_a_page_of_links_that_is_not_there_is_an_error_and_no_empty_index(tmp_path: Path) -> None:
    with (
        serve() as index,
        Client(limits=QUICK) as client,
        pytest.raises(IndexUnavailable, match="links"),
    ):
        looking(tmp_path, f"{index.url}links/", FlatPage, client).listing(A)


def test_a_folder_laid_out_like_an_index_is_one(tmp_path: Path) -> None:
    root, made = tmp_path / "simple", wheel("a", "1.0", requires=["b"])
    (root / "a").mkdir(parents=True)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / made.filename).write_bytes(made.data)
    digest = hashlib.sha256(made.data).hexdigest()
    (root / "a/index.html").write_text(f'<a href="../../files/{made.filename}#sha256={digest}">x</a>')

    releases = looking(tmp_path, f"{root.as_uri()}/", RemoteIndex, LocalFiles(Limits()), is_flat=False)

    assert versions(releases.listing(A)) == ["1.0"]
    assert needs(releases, A, 1) == ["b"]
    assert not releases.has(B)
