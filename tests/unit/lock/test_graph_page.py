"""The page of a lock: its facts, its markup, and that nothing foreign does anything in it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from detent.lock.graph_page import Assets, render_page
from detent.lock.graph_page_data import Own, clean, link_of, page_data
from detent.lock.model import Lock
from detent.model.about import About
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from support.locks import artifact, entry, foreign, inputs, lock

ASSETS = Assets(".a > .b {}", "'use strict';", '<div id="bar" hidden></div>\n<main>\n')
PROJECT = inputs(["httpx[http2]>=0.27", "click; sys_platform == 'win32'"], groups={"dev": ["click"]})
LOCK = lock(
    entry("click", marker="sys_platform == 'win32' or 'dev' in dependency_groups"),
    entry("h2"),
    entry("httpx", "0.28", needs=["idna<4"], extras={"http2": ["h2"]}),
    entry("idna", "3.11", wheels=("cp39-cp39-manylinux_2_17_x86_64",), sdist=True),
    made_from=PROJECT,
)
HOSTILE = "</script><script>alert(1)</script><!--<script>&amp;\"'`\u202e\u2028\u200b\x1b]0;x\x07"


def facts(some: Lock = LOCK, project: Inputs = PROJECT, **said: Any) -> dict[str, Any]:
    first = some.packages[0]
    told = About(first.name, first.version)._replace(read_from="x", **said)
    return page_data(some, project, {(first.name, first.version): told}, project=Own("demo", "0.1"))


def by_name(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(package for package in data["packages"] if package["name"] == name)


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


# ---- facts -----------------------------------------------------------------------------------


def test_edges_say_through_what_and_which_versions() -> None:
    found = [(e["from"], e["to"], e["labels"], e["wants"]) for e in facts()["edges"]]

    assert found == [
        ("demo", "click==1.0", ["group: dev"], ["; sys_platform == 'win32'"]),
        ("demo", "httpx==0.28", [], [">=0.27"]),
        ("httpx==0.28", "h2==1.0", ["extra: http2"], []),
        ("httpx==0.28", "idna==3.11", [], ["<4"]),
    ]


def test_gates_say_what_brings_a_package() -> None:
    data = facts()

    assert data["gates"] == ["dependencies", "group: dev"]
    assert by_name(data, "click")["gates"] == ["dependencies", "group: dev"]
    assert by_name(data, "h2")["gates"] == ["dependencies"]


def test_platforms_say_what_there_is_to_install_and_how_big_it_is() -> None:
    idna = entry("idna", sdist=True)._replace(
        wheels=(
            artifact("idna-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", size=10),
            artifact("idna-1.0-cp312-cp312-win_amd64.whl", size=20),
        )
    )
    project = inputs(["idna"], requires_python="==3.12.*")

    data = facts(lock(idna, made_from=project), project)
    found = {
        target["platform"]: supply
        for target, supply in zip(data["targets"], data["packages"][0]["supplies"], strict=True)
    }

    assert found["linux x86_64"] == {"supply": "wheel", "bytes": 10}
    assert found["windows AMD64"] == {"supply": "wheel", "bytes": 20}
    assert found["macos arm64"] == {"supply": "sdist", "bytes": None}
    assert data["packages"][0]["largest_wheel_bytes"] == 20


def test_age_counts_from_the_newest_upload_in_the_lock() -> None:
    day = 86_400
    old, new = (
        entry(name)._replace(wheels=(artifact(f"{name}-1.0-py3-none-any.whl", uploaded_at=when),))
        for name, when in (("a", 10 * day), ("b", 17 * day))
    )
    project = inputs(["a", "b"])

    data = facts(lock(old, new, made_from=project), project)

    assert data["newest_upload"] == "1970-01-18T00:00:00Z"
    assert [package["days_older"] for package in data["packages"]] == [7, 0]


def test_a_lock_of_another_tool_hangs_on_what_the_project_says() -> None:
    some = foreign(entry("a", edges=["b"]), entry("b"), entry("c"))

    data = facts(some, inputs(["a"]))

    assert [(edge["from"], edge["to"]) for edge in data["edges"]] == [
        ("demo", "a==1.0"),
        ("a==1.0", "b==1.0"),
    ]
    assert [package["gates"] for package in data["packages"]] == [["dependencies"], ["dependencies"], []]


def test_entries_of_one_version_from_two_places_are_told_apart() -> None:
    project = inputs(["a"])
    some = lock(entry("a"), entry("a", index="https://other.example.com/simple/"), made_from=project)

    assert [package["id"] for package in facts(some, project)["packages"]] == [
        "a==1.0 @ https://index.example.com/simple/",
        "a==1.0 @ https://other.example.com/simple/",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example.com",
        "data:text/html,x",
        "file:///etc/passwd",
        "//a.example.com",
        "https://",
        "https://user:secret@a.example.com",
        'https://a.example.com/"onclick="x',
        "https://a.example.com/\u202e",
        "https://[",
        "https://a.example.com/" + "x" * 1000,
    ],
)
def test_only_plain_addresses_of_the_web_become_links(url: str) -> None:
    assert link_of(url) == ""
    assert by_name(facts(home_page=url, urls=(("Home", url),)), "click")["home"] == ""
    assert by_name(facts(urls=(("Source", url),)), "click")["links"] == []


def test_a_good_address_is_kept_as_it_is() -> None:
    url = "http://a.example.com/x?y=%20&z=1#f"

    assert link_of(url) == url


def test_what_nobody_sees_is_escaped_and_what_is_too_long_cut() -> None:
    assert clean("a\u202eb\x1b\u2028\u200b\U000e0041é") == "a\\u202eb\\x1b\\u2028\\u200b\\U000e0041é"
    assert clean("x" * 500) == "x" * 400 + "…"


# ---- markup ----------------------------------------------------------------------------------


def test_the_page_is_the_same_every_time_and_carries_its_facts() -> None:
    data = facts()
    page = render_page(data, ASSETS)

    assert page == render_page(facts(), ASSETS)
    raw, script = Reader(page).scripts
    assert json.loads(raw) == data
    assert script == ASSETS.script


def test_the_policy_lets_nothing_but_our_own_script_and_style_run() -> None:
    reader = Reader(render_page(facts(), ASSETS))
    policy = next(meta["content"] for meta in reader.all("meta") if "http-equiv" in meta)

    def hashed(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == hashed(ASSETS.script)
    assert rules["style-src"] == hashed(ASSETS.style)
    assert "unsafe" not in policy


def test_the_page_asks_nobody_for_anything_and_has_no_handlers() -> None:
    reader = Reader(render_page(facts(home_page="https://a.example.com"), ASSETS))

    assert not [
        tag for tag, _ in reader.elements if tag in {"img", "link", "iframe", "object", "base", "form"}
    ]
    for tag, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style"}], tag
    outside = [a for a in reader.all("a") if not a["href"].startswith("#")]
    assert outside == [{"href": "https://a.example.com", "rel": "noopener noreferrer"}]


def test_hostile_text_is_text_wherever_it_stands() -> None:
    package = entry("a", needs=["b"])._replace(
        name=PackageName(HOSTILE), version=HOSTILE, index=HOSTILE, wheels=()
    )
    told = About(
        package.name,
        package.version,
        summary=HOSTILE,
        license_expression=HOSTILE,
        author=HOSTILE,
        home_page=f"javascript:{HOSTILE}",
        urls=((HOSTILE, "https://a.example.com"), ("x", "javascript:alert(1)")),
        read_from=HOSTILE,
    )
    project = inputs(["b"])
    data = page_data(
        lock(package, entry("b"), made_from=project),
        project,
        {(package.name, package.version): told},
        project=Own(HOSTILE, HOSTILE),
    )

    page = render_page(data, ASSETS)
    reader = Reader(page)

    assert len(reader.all("script")) == 2
    assert json.loads(reader.scripts[0]) == data
    assert not re.search(r"[<>&]", reader.scripts[0])
    assert "<!--" not in page
    assert not set(page) & set("\u202e\u2028\u200b\x1b\x07")
    assert [a for a in reader.all("a") if not a["href"].startswith("#")] == []
    assert [tag for tag, attributes in reader.elements if set(attributes) & {"onclick", "alert"}] == []


def test_without_a_script_the_table_says_it_all() -> None:
    page = render_page(facts(summary="Clicks.", license_expression="BSD-3-Clause"), ASSETS)

    assert '<tr id="p0"><th scope="row"><strong>click</strong><small>Clicks.</small></th>' in page
    assert "<td>BSD-3-Clause</td>" in page
    assert '<a href="#p2">httpx</a> (extra: http2)' in page
    assert "demo (group: dev)" in page
    assert 'aria-label="built from source' in page
