"""Anchors are found by a careful pattern, for speed; the standard library's parser is the judge of it."""

import html
import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from detent.index.rows import artifact_of
from detent.index.simple import parse_page
from detent.model.requirement import PackageName

TEXT = st.text(alphabet=" abc<>=,;&'\"-!\n3.8", max_size=12)
NAMES = st.sampled_from(["data-requires-python", "data-yanked", "title", "CLASS", "data-x"])


@st.composite
def attributes(draw: st.DrawFn) -> str:
    name = draw(NAMES)
    value = draw(TEXT)
    match draw(st.sampled_from(["double", "single", "bare", "none"])):
        case "double":
            return f'{name}="{html.escape(value).replace("&#x27;", chr(39))}"'
        case "single":
            return f"{name} = '{html.escape(value).replace('&quot;', chr(34))}'"
        case "bare":
            return f"{name}={''.join(c for c in value if c.isalnum() or c in '.-,;') or 'x'}"
        case _:
            return name


@st.composite
def pages(draw: st.DrawFn) -> str:
    parts = []
    for number in range(draw(st.integers(0, 4))):
        before, after = draw(st.lists(attributes(), max_size=2)), draw(st.lists(attributes(), max_size=2))
        link = f'href="https://f.example/a-{number}.zip"'
        anchor = f"<a {' '.join([*before, link, *after])} >a-{number}.zip</a>"
        parts.append(
            draw(st.sampled_from([anchor, f"<!-- {anchor.replace('-->', '')} -->", f"<b>{anchor}</b>"]))
        )
        parts.append(draw(st.sampled_from(["<br/>", "\n", "<area x>", "<abbr href='no'>", "text"])))
    return "".join(parts)


class Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, bool]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            first = dict(reversed(attrs))
            python = (first.get("data-requires-python") or "").strip()
            python = python if python.isprintable() else ""
            self.found.append((first["href"] or "", python, "data-yanked" in first))


@given(pages())
def test_anchors_are_what_the_standard_parser_finds(page: str) -> None:
    judge = Judge()
    judge.feed(page)
    judge.close()

    found = parse_page(page.encode(), "text/html", "https://i.example/simple/a/", PackageName("a"))

    artifacts = [artifact_of(row) for files in found.files for row in files.rows]
    assert [(a.url, a.requires_python, a.yanked is not None) for a in artifacts] == judge.found


FOLDERS = st.sampled_from(
    [
        "https://f.example/",
        "http://f.example:8080/a%20b/~c/",
        "https://u@f.example/",
        "//f.example/",
        "x/",
        "",
    ]
)
FILES = st.sampled_from(
    [
        "a-1.0.tar.gz",
        "a-1.0-py3-none-any.whl",
        "A-2!1.0.zip",
        "b-1.0.zip",
        "a-x.zip",
        "a%2d1.zip",
        "a-1.0+l.zip",
        "",
    ]
)
HASHES = st.sampled_from(
    ["", "#sha256=" + "a1" * 32, "#sha256=" + "A1" * 32, "#sha256=aa", "#md5=" + "0" * 32]
)
DATA = st.lists(
    st.tuples(
        st.sampled_from(["requires-python", "yanked", "upload-time", "core-metadata", "dist-info-metadata"]),
        st.one_of(
            TEXT, st.sampled_from(["&gt;=3.8", "2026-01-02T03:04:05.6Z", "sha256=" + "b2" * 32, "true"])
        ),
    ),
    max_size=3,
)


@given(FOLDERS, FILES, HASHES, DATA)
def test_an_anchor_of_the_usual_form_says_what_it_says_in_any_other(
    folder: str, filename: str, digest: str, data: list[tuple[str, str]]
) -> None:
    said = "".join(f' data-{name}="{value.replace(chr(34), "")}"' for name, value in data)
    usual = f'<a href="{folder}{filename}{digest}"{said}>x</a>'
    other = usual.replace("<a ", "<a title=x ", 1)  # the same words may stand in a value

    pages = [
        parse_page(page.encode(), "text/html", "https://i.example/simple/a/", PackageName("a"))
        for page in (usual, other)
    ]

    assert pages[0] == pages[1]


USUAL_ANCHORS = st.lists(
    st.builds(
        '<a href="https://f.example/{}/a-{}.zip#sha256={}"{}>{}</a>{}'.format,
        st.sampled_from(["x", "x%20y", "x~y", "x/./y"]),
        st.integers(0, 3),
        st.sampled_from(["a1" * 32, "A1" * 32]),
        st.sampled_from(
            [
                "",
                ' data-yanked=""',
                ' data-upload-time="2026-01-02T03:04:05.6Z" data-requires-python="&gt;=3"',
            ]
        ),
        TEXT.map(html.escape),
        st.sampled_from(
            ["", "<br>", "<br />\n", "<!-- ", " -->", "<BR>", '<base href="https://o.example/">', "\n"]
        ),
    ),
    max_size=5,
)


@given(st.sampled_from(["", "<h1>it's</h1>", "<!-- ", '<p title="']), USUAL_ANCHORS)
def test_a_page_of_usual_anchors_says_what_it_says_read_one_by_one(head: str, anchors: list[str]) -> None:
    page = head + "".join(anchors)
    # An anchor of another project, and of another form: with it the page is not one of the usual form.
    pages = [
        parse_page(text.encode(), "text/html", "https://i.example/simple/a/", PackageName("a"))
        for text in (page, page + "<a title=x href='b-1.zip'>x</a>")
    ]

    assert pages[0].files == pages[1].files


JSON_FILES = st.lists(
    st.fixed_dictionaries(
        {
            "filename": st.sampled_from(
                [
                    "a-1.0.tar.gz",
                    "a-1.0-py3-none-any.whl",
                    "a-1.0-1-py3-none-any.whl",
                    "a-1.0-py3--any.whl",
                    "b-1.zip",
                    7,
                ]
            ),
            "url": st.sampled_from(
                ["https://f.example/x/", "/x/", "//f.example/", "../x/", "/x/../y/", "ftp://f.example/"]
            ),
            "hashes": st.sampled_from(
                [{"sha256": "a1" * 32}, {"sha256": "A1" * 32}, {"md5": "0" * 32}, {}, None, {"sha256": 1}]
            ),
        },
        optional={
            "size": st.sampled_from([0, 5, -1, 2**64, True, None, "5"]),
            "upload-time": st.sampled_from(
                ["2026-01-02T03:04:05.6Z", "2026-01-02", "2026-13-02T03:04:05Z", "x\n", 5, None]
            ),
            "requires-python": st.sampled_from([">=3.8", " >=3 ", "\x1b", 5, None]),
            "yanked": st.sampled_from([True, False, "", "why", 1, None]),
            "core-metadata": st.sampled_from(
                [True, False, {"sha256": "b2" * 32}, {"sha256": "x"}, {}, "x", None]
            ),
            "dist-info-metadata": st.sampled_from([True, {"sha256": "c3" * 32}]),
        },
    ),
    max_size=4,
)


@given(JSON_FILES)
def test_a_json_page_of_the_usual_form_says_what_it_says_read_one_by_one(
    files: list[dict[str, object]],
) -> None:
    files = [{**file, "url": f"{file['url']}{file['filename']}"} for file in files]
    pages = [
        parse_page(
            json.dumps({"files": listed}).encode(),
            "application/json",
            "https://i.example/simple/a/",
            PackageName("a"),
        )
        for listed in (files, [None, *files])
    ]

    assert pages[0].files == pages[1].files
    assert pages[0].skipped == pages[1].skipped - 1
