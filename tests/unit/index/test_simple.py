"""Pages of the simple repository API become artifacts and releases, and nothing else."""

import json
import random

import pytest

from detent.errors.fetch import PageInvalid
from detent.index.grouping import group
from detent.index.rows import artifact_of
from detent.index.simple import Page, parse_page
from detent.model.candidate import Artifact, Digest
from detent.model.requirement import PackageName

PAGE = "https://index.example/simple/a-b/"
NAME = PackageName("a-b")
SHA = "ab" * 32
JSON = "application/vnd.pypi.simple.v1+json"


def html_page(*anchors: str, head: str = "") -> Page:
    body = f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(anchors)}</body></html>"
    return parse_page(body.encode(), "text/html; charset=utf-8", PAGE, NAME)


def json_page(*files: object, version: object = "1.0") -> Page:
    body = json.dumps({"meta": {"api-version": version}, "name": "a-b", "files": files})
    return parse_page(body.encode(), JSON, PAGE, NAME)


def json_file(filename: object = "a_b-1.0-py3-none-any.whl", **more: object) -> dict[str, object]:
    return {
        "filename": filename,
        "url": f"https://files.example/{filename}",
        "hashes": {"sha256": SHA},
        **more,
    }


def artifacts(page: Page) -> list[Artifact]:
    return [artifact_of(row) for files in page.files for row in files.rows]


def only(page: Page) -> Artifact:
    (found,) = artifacts(page)
    return found


def names(page: Page) -> list[str]:
    return [artifact.filename for artifact in artifacts(page)]


def test_an_html_entry_gives_everything_it_says() -> None:
    page = html_page(
        f'<a href="../../f/a_b-1.0-py3-none-any.whl#sha256={SHA}" data-requires-python="&gt;=3.8,&lt;4"'
        f' data-upload-time="2024-01-01T00:00:10.5Z" data-core-metadata="sha256={SHA}" data-yanked="it &amp; that">'
        "a_b-1.0-py3-none-any.whl</a>"
    )

    assert only(page) == Artifact(
        filename="a_b-1.0-py3-none-any.whl",
        url="https://index.example/f/a_b-1.0-py3-none-any.whl",
        digests=(Digest("sha256", SHA),),
        uploaded_at=1704067210,
        requires_python=">=3.8,<4",
        yanked="it & that",
        metadata=(Digest("sha256", SHA),),
    )


def test_a_json_entry_gives_everything_it_says() -> None:
    page = json_page(
        json_file(
            **{
                "size": 7,
                "upload-time": "2024-01-01T00:00:10.5Z",
                "requires-python": ">=3.8",
                "yanked": "broken",
                "core-metadata": {"sha256": SHA},
            }
        )
    )

    assert only(page) == Artifact(
        filename="a_b-1.0-py3-none-any.whl",
        url="https://files.example/a_b-1.0-py3-none-any.whl",
        digests=(Digest("sha256", SHA),),
        size_bytes=7,
        uploaded_at=1704067210,
        requires_python=">=3.8",
        yanked="broken",
        metadata=(Digest("sha256", SHA),),
    )


@pytest.mark.parametrize(
    "anchor",
    [
        f"<a href='https://f.example/a_b-1.0.tar.gz#sha256={SHA}'>x</a>",
        f"<a href=https://f.example/a_b-1.0.tar.gz#sha256={SHA}>x</a>",
        f'<A class=x HREF = "https://f.example/a_b-1.0.tar.gz#sha256={SHA}" >x',
        f'<a\n  title=">"\n  href="https://f.example/a_b-1.0.tar.gz#sha256={SHA}"\n>x</a>',
        f'<a href="https://f.example/a%5Fb-1.0.tar.gz#sha256={SHA}">x</a>',
        f'<a href="  https://f.example/a_b-1.0.tar.gz#sha256={SHA}  ">x</a>',
    ],
)
def test_anchors_are_read_however_they_are_written(anchor: str) -> None:
    found = only(html_page(anchor))

    assert (found.filename, found.sha256) == ("a_b-1.0.tar.gz", SHA)


def test_several_hashes_of_a_fragment_are_all_kept_and_bad_ones_dropped() -> None:
    found = only(html_page(f'<a href="a_b-1.tar.gz#sha256={SHA}&amp;md5={"0" * 32}&sha512=zz&egg=a_b">x</a>'))

    assert found.digests == (Digest("md5", "0" * 32), Digest("sha256", SHA))


def test_yanked_without_a_value_is_yanked_and_a_json_false_or_empty_is_not() -> None:
    assert only(html_page('<a href="a_b-1.tar.gz" data-yanked>x</a>')).yanked == ""
    assert only(html_page('<a data-yanked href="a_b-1.tar.gz">x</a>')).yanked == ""
    assert only(json_page(json_file(yanked=True))).yanked == ""
    assert only(json_page(json_file(yanked=False))).yanked is None
    assert only(json_page(json_file(yanked=""))).yanked is None


def test_metadata_announced_without_a_hash_is_announced() -> None:
    assert only(html_page('<a href="a_b-1.tar.gz" data-dist-info-metadata="true">x</a>')).metadata == ()
    assert only(html_page('<a href="a_b-1.tar.gz" data-core-metadata="false">x</a>')).metadata is None
    assert only(json_page(json_file(**{"dist-info-metadata": True}))).metadata == ()
    assert only(json_page(json_file(**{"core-metadata": False, "dist-info-metadata": True}))).metadata is None


def test_the_base_of_a_page_moves_its_relative_links() -> None:
    page = html_page('<a href="a_b-1.tar.gz">x</a>', head='<base href="https://other.example/x/">')

    assert only(page).url == "https://other.example/x/a_b-1.tar.gz"


def test_links_inside_comments_are_no_links() -> None:
    page = html_page(
        '<!-- <a href="a_b-9.tar.gz">x</a> --><a href="a_b-1.tar.gz">x</a><!-- unclosed <a href="a_b-8.zip">'
    )

    assert names(page) == ["a_b-1.tar.gz"]


def test_a_later_major_version_of_the_api_is_refused() -> None:
    meta = '<meta name="pypi:repository-version" content="2.0">'

    with pytest.raises(PageInvalid, match="`a-b` is not valid") as html:
        html_page(head=meta)
    with pytest.raises(PageInvalid) as as_json:
        json_page(version="2.1")

    assert "version 2.0" in html.value.why
    assert "version 2.1" in as_json.value.why
    assert names(html_page('<a href="a_b-1.zip">x</a>', head=meta.replace("2.0", "1.9"))) == ["a_b-1.zip"]


@pytest.mark.parametrize(
    "filename",
    [
        "other-1.0-py3-none-any.whl",
        "a_b-notaversion-py3-none-any.whl",
        "a_b-1.0-py3-none.whl",
        "a_b-1.0-x-py3-none-any.whl",
        "a_b-1.0.exe",
        "a_b-1.0.win-amd64-py3.6.exe",
        "a_b-1.0.win32.zip",
        "a_b-1.0.linux-x86_64.tar.gz",
        "a_b-1.0-1.noarch.rpm",
        "a_b-1.0-py2.7.egg",
        "a_b-1.0.msi",
        "a_b-1.0.dmg",
        "a_b_1.0-1_all.deb",
        "a_b-1.0.tar.gz.asc",
        "a_b-1.0.rar",
        "a_b.tar.gz",
        "a_b-1.0-py3-none-any.whl\n",
        "a_b-1.0-py3-..-any/../x.whl",
        "",
        None,
        7,
    ],
)
def test_an_entry_that_is_no_file_of_this_project_is_left_out_and_counted(filename: object) -> None:
    page = json_page({"filename": filename, "url": "https://f.example/x", "hashes": {}}, json_file())

    assert names(page) == ["a_b-1.0-py3-none-any.whl"]
    assert page.skipped == 1


def test_what_is_left_out_is_told_legacy_versions_by_an_example() -> None:
    page = json_page(json_file("a_b-1.0.exe"), json_file("a_b-1.0-final-x.tar.gz"), json_file("a_b-2.zip"))

    assert names(page) == ["a_b-2.zip"]
    assert list(page.left_out(NAME)) == [
        "1 files on the index page of `a-b` are neither wheels nor sdists of it",
        "1 files of `a-b` are left out, for their versions are not valid, such as `a_b-1.0-final-x.tar.gz`",
    ]
    assert list(json_page(json_file()).left_out(NAME)) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://f.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://f.example/a b",
        "http://[",
        3,
        None,
    ],
)
def test_an_entry_with_an_odd_address_is_left_out(url: object) -> None:
    page = json_page({"filename": "a_b-1.zip", "url": url, "hashes": {}}, json_file())

    assert page.skipped == 1


@pytest.mark.parametrize(
    "more",
    [
        {"hashes": None},
        {"hashes": {"sha256": 7}},
        {"hashes": {"sha256": "../../x"}},
        {"size": -1},
        {"size": "7"},
        {"size": True},
        {"upload-time": "yesterday"},
        {"upload-time": 7},
        {"requires-python": ["3"]},
        {"requires-python": ">=3\x1b[31m"},
    ],
)
def test_a_nonsensical_field_is_as_if_it_were_not_there(more: dict[str, object]) -> None:
    key = next(iter(more))
    plain = only(json_page(json_file()))

    found = only(json_page(json_file(**more)))

    assert found == (plain._replace(digests=()) if key == "hashes" else plain)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", JSON),
        (b"[]", JSON),
        (b'{"files": 3}', JSON),
        (b'{"files": [], "meta": {"api-version": "x"}}', JSON),
        (b"[" * 100_000, JSON),
        (b"\xff\xfe", JSON),
        (b'{"files": [{"size": ' + b"9" * 10_000 + b"}]}", JSON),
        (b"<html></html>", "application/octet-stream"),
        (b"{}", "application/vnd.pypi.simple.v2+json"),
    ],
)
def test_what_is_no_page_is_one_error(body: bytes, kind: str) -> None:
    with pytest.raises(PageInvalid):
        parse_page(body, kind, PAGE, NAME)


def test_credentials_and_queries_never_reach_a_message_and_credentials_never_a_link() -> None:
    with pytest.raises(PageInvalid) as caught:
        parse_page(b"{", JSON, "https://me:secret@index.example/simple/a/?token=hidden", NAME)
    found = only(json_page({**json_file(), "url": "https://me:secret@f.example/a_b-1.0-py3-none-any.whl"}))

    assert "secret" not in caught.value.why
    assert "hidden" not in caught.value.why
    assert found.url == "https://f.example/a_b-1.0-py3-none-any.whl"


def test_old_names_with_dashes_are_cut_where_the_project_ends() -> None:
    page = html_page(
        *(f'<a href="{n}">x</a>' for n in ("A-b-1.0-beta1.tar.gz", "a.b-2.0.zip", "a-b-c-1.0.tar.gz"))
    )

    assert [str(files.version) for files in page.files] == ["1.0b1", "2.0"]
    assert names(page) == ["A-b-1.0-beta1.tar.gz", "a.b-2.0.zip"]


def test_a_hostile_page_does_not_make_the_scan_slow() -> None:
    # Quadratic scanning of this would take minutes.
    body = b'<a href="' * 100_000 + b"<a x=' " * 20_000 + b"<!--" * 50_000

    assert parse_page(body, "text/html", PAGE, NAME).files == []


def test_releases_are_the_same_for_any_order_of_the_page() -> None:
    files = [
        json_file("a_b-1.0.0.tar.gz", **{"requires-python": ">=2"}),
        json_file(
            "a_b-1.0-py3-none-any.whl", **{"requires-python": ">=3.9", "upload-time": "1970-01-01T00:00:09Z"}
        ),
        json_file("a_b-1.0-py2-none-any.whl", yanked=True),
        json_file("a_b-0.9.tar.gz", yanked="old"),
        json_file("a_b-1.1rc1-py3-none-any.whl"),
    ]
    expected = group(json_page(*files).files)
    for seed in range(10):
        random.Random(seed).shuffle(files)
        assert group(json_page(*files).files) == expected

    assert [
        (r.version, r.requires_python, r.has_wheel, r.has_sdist, r.yanked, r.uploaded_at)
        for r in expected.releases
    ] == [
        ("0.9", "", False, True, True, None),
        ("1.0", ">=3.9", True, True, False, 9),
        ("1.1rc1", "", True, False, False, None),
    ]
    assert [row[0] for row in expected.rows["1.0"]] == [
        "a_b-1.0-py2-none-any.whl",
        "a_b-1.0-py3-none-any.whl",
        "a_b-1.0.0.tar.gz",
    ]


@pytest.mark.parametrize(
    ("project", "filename", "version"),
    [
        ("zope-interface", "zope.interface-5.0.tar.gz", "5.0"),
        ("zope-interface", "zope_interface-8.0.tar.gz", "8.0"),
        ("pyyaml", "PyYAML-5.4.tar.gz", "5.4"),
        ("some-name-with-dash", "some-name-with-dash-1.0.tar.gz", "1.0"),
        ("some-name-with-dash", "Some_name.with-dash-1.0.zip", "1.0"),
        ("python-ldap", "python-ldap-2.3.13-1.tar.gz", "2.3.13.post1"),
    ],
)
def test_names_of_before_the_standard_are_source_distributions(
    project: str, filename: str, version: str
) -> None:
    body = f'<a href="https://f.example/{filename}#sha256={SHA}">x</a>'.encode()

    (release,) = group(parse_page(body, "text/html", PAGE, PackageName(project)).files).releases

    assert (release.version, release.has_wheel, release.has_sdist) == (version, False, True)


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        (["py3-none-any.whl", "tar.bz2"], ["py3-none-any.whl"]),
        (["tar.gz", "tar.bz2", "zip", "tgz"], ["tar.gz", "zip"]),
        (["tar.bz2", "tar.Z", "tgz"], ["tar.bz2", "tgz"]),
        (["tar.Z"], ["tar.Z"]),
    ],
)
def test_forms_that_no_lock_can_name_are_listed_where_there_is_nothing_else(
    listed: list[str], kept: list[str]
) -> None:
    def named(ending: str) -> str:
        return f"a_b-1.0{'-' if ending.endswith('whl') else '.'}{ending}"

    project = group(json_page(*(json_file(named(ending)) for ending in listed)).files)

    assert [row[0] for row in project.rows["1.0"]] == sorted(map(named, kept))
    assert project.releases[0].has_sdist is (listed[0] != "py3-none-any.whl")
