"""The page of `detent graph` in a real browser, where there is one: it draws, it finds, and nothing is refused."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from detent.lock.graph_page import render_page
from detent.lock.graph_page_data import Own, page_data
from detent.model.about import About
from detent.ops.graph import read_assets
from support.locks import entry, inputs, lock

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), "")
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER, reason="there is no Chromium"),
]


def seen(page: Path, fragment: str = "") -> str:
    """Give the page as it is once its script has run; whatever the browser complains of fails the test."""
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={page.parent / 'browser'}",
            "--virtual-time-budget=2000",
            "--dump-dom",
            page.as_uri() + fragment,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "CONSOLE" not in done.stderr, done.stderr
    return done.stdout


@pytest.fixture
def page(tmp_path: Path) -> Path:
    project = inputs(["a"], groups={"dev": ["b"]})
    some = lock(entry("a", needs=["b"]), entry("b", needs=["c"]), entry("c", needs=["a"]), made_from=project)
    first = some.packages[0]
    told = About(first.name, first.version, summary=HOSTILE, author=HOSTILE, read_from="x")
    data = page_data(some, project, {(first.name, first.version): told}, project=Own("demo", "1"))
    path = tmp_path / "graph.html"
    path.write_text(render_page(data, read_assets()))
    return path


def test_every_package_is_drawn_and_what_is_hostile_is_text(page: Path) -> None:
    drawn = seen(page)

    assert len(re.findall(r'<g class="node', drawn)) == 4
    assert len(re.findall(r'<path class="edge', drawn)) >= 4
    assert "<title>demo — dependency graph</title>" in drawn
    assert "<img" not in drawn


def test_a_package_that_the_address_names_is_chosen_and_explained(page: Path) -> None:
    drawn = seen(page, "#p2")

    assert "<h2>c <span>1.0</span></h2>" in drawn
    assert "Why it is here" in drawn
    assert len(re.findall(r'<g class="node[^"]* chosen', drawn)) == 1
