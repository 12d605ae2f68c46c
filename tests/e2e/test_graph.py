"""`detent graph` and `detent tree`: the lock as a page, and what stands beside the packages of the tree."""

import json
import re
from pathlib import Path

import pytest

from detent.ops.graph import read_assets
from support.answers import answer
from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import metadata_text, wheel

LICENSED = "License-Expression: MIT\nSummary: Speaks up\nProject-URL: Home, https://shout.example.com\n"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    said = metadata_text("shout", "1.2", requires=["letters"])
    head, blank, rest = said.partition("\n\n")
    publish(
        index,
        wheel("shout", "1.2", metadata=f"{head}\n{LICENSED.rstrip()}{blank}{rest}"),
        wheel("shout", "2.0"),
        wheel("letters", "2.1"),
        wheel("letters", "2.2rc1"),
    )
    sandbox.manifest("shout<2")
    return sandbox


def test_the_page_lies_in_one_file_that_names_what_the_packages_say_of_themselves(project: Sandbox) -> None:
    done = project.detent("graph").ok()

    page = (project.root / "graph.html").read_text()
    assert "Wrote graph.html (2 packages)" in done.err
    assert done.out == ""
    assert "Speaks up" in page
    assert "MIT" in page
    assert 'href="https://shout.example.com"' in page
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")


def test_the_page_is_the_same_again_offline_and_on_standard_output(
    project: Sandbox, index: IndexServer
) -> None:
    project.detent("graph", "-o", "pages/lock.html").ok()
    asked = len(index.paths())

    again = project.detent("graph", "--offline", "-o", "-").ok()

    assert again.out == (project.root / "pages/lock.html").read_text()
    assert len(index.paths()) == asked


def test_offline_less_is_known_and_that_is_said(project: Sandbox) -> None:
    project.detent("lock").ok()

    done = project.detent("graph", "--offline", "--output-format", "json").ok()

    assert "`letters`, `shout`" in done.err
    assert {package["license"] for package in answer("graph", done)["packages"]} == {""}


def test_wheels_that_are_in_the_store_are_read_there(project: Sandbox) -> None:
    project.detent("sync").ok()

    done = project.detent("graph", "--offline", "--output-format", "json").ok()

    facts = answer("graph", done)
    assert [package["license"] for package in facts["packages"]] == ["", "MIT"]
    assert facts["output_file"] is None
    assert not (project.root / "graph.html").exists()


def test_a_folder_says_of_itself_what_stands_in_its_project_table(project: Sandbox) -> None:
    tree = tiny_tree("leaf", "1.0")
    tree["pyproject.toml"] = tree["pyproject.toml"].replace(
        "[project]", '[project]\ndescription = "A leaf"', 1
    )
    write_tree(project.root / "leaf", tree)
    project.manifest("leaf", tail='[tool.detent.sources]\nleaf = { path = "leaf" }\n')

    done = project.detent("graph", "--output-format", "json").ok()

    (leaf,) = answer("graph", done)["packages"]
    assert leaf["summary"] == "A leaf"
    assert leaf["source"] == {"kind": "directory", "location": "leaf"}


def test_a_commit_says_of_itself_what_stands_in_its_project_table(project: Sandbox, tmp_path: Path) -> None:
    tree = tiny_tree("leaf", "1.0")
    tree["pyproject.toml"] = tree["pyproject.toml"].replace("[project]", '[project]\nlicense = "0BSD"', 1)
    upstream = Repository(tmp_path / "upstream")
    upstream.commit(tree)
    project.manifest("leaf", tail=f'[tool.detent.sources]\nleaf = {{ git = "{upstream.url}" }}\n')
    project.detent("lock").ok()

    done = project.detent("graph", "--offline", "--output-format", "json").ok()

    (leaf,) = answer("graph", done)["packages"]
    assert (leaf["license"], leaf["source"]["kind"]) == ("0BSD", "git")


@pytest.mark.parametrize("name", ["pylock.toml", "./pyproject.toml"])
def test_no_file_of_the_project_is_replaced(project: Sandbox, name: str) -> None:
    project.detent("lock").ok()
    before = (project.root / name).read_bytes()

    done = project.detent("graph", "-o", name)

    assert done.code == 2
    assert "the project's own" in done.err
    assert (project.root / name).read_bytes() == before


def test_what_goes_to_standard_output_cannot_be_opened(project: Sandbox) -> None:
    assert "`--open` needs a file" in project.detent("graph", "--open", "-o", "-").err


def test_the_page_is_opened_in_the_browser_that_is_named(project: Sandbox) -> None:
    script = project.write("browser", '#!/bin/sh\necho "$1" > opened\n')
    script.chmod(0o755)

    project.detent("graph", "--open", env={"BROWSER": f"{script} %s"}).ok()

    assert project.read("opened").strip() == (project.root / "graph.html").as_uri()


def test_without_a_browser_the_page_is_there_all_the_same(project: Sandbox) -> None:
    script = project.write("browser", "#!/bin/sh\nexit 1\n")
    script.chmod(0o755)

    nothing_else = {"BROWSER": f"{script} %s", "PATH": str(project.root / "empty")}
    done = project.detent("graph", "--open", env=nothing_else).ok()

    assert "warning: no browser could be started: open `graph.html` yourself" in done.err
    assert (project.root / "graph.html").is_file()


def test_our_own_parts_of_the_page_cannot_end_the_elements_they_stand_in() -> None:
    style, script, controls = read_assets()

    assert not re.search(r"</|<!--", style + script)
    assert "<script" not in controls
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", style + script + controls)


# ---- tree ------------------------------------------------------------------------------------


def test_the_tree_says_what_is_newer_and_how_big_it_is(project: Sandbox) -> None:
    project.detent("lock").ok()

    done = project.detent("tree", "--outdated", "--show-sizes").ok()

    shown = [re.sub(r"\(\d+B\)", "(SIZE)", line) for line in done.out.splitlines()]
    assert shown == [
        "demo v0.1.0",
        "└── shout v1.2 (SIZE) (latest: v2.0)",
        "    └── letters v2.1 (SIZE)",
    ]


def test_the_tree_and_outdated_know_the_same_newest_version_at_once(
    project: Sandbox, index: IndexServer
) -> None:
    project.detent("lock").ok()
    publish(index, wheel("shout", "3.0"), wheel("shout", "4.0rc1"), wheel("letters", "2.3"))
    index.yank("letters-2.3-py3-none-any.whl")

    tree = answer("tree", project.detent("tree", "--outdated", "--output-format", "json").ok())
    outdated = answer("outdated", project.detent("outdated", "--all", "--output-format", "json").ok())

    newest = {package["name"]: package["latest"] for package in tree["packages"]}
    assert newest == {"letters": "2.1", "shout": "3.0"}
    assert {package["name"]: package["latest"] for package in outdated["packages"]} == newest


def test_the_tree_of_another_platform_and_python(project: Sandbox) -> None:
    project.manifest("letters; sys_platform == 'win32'", "shout<2; python_version >= '3.13'")
    project.detent("lock").ok()

    everywhere = project.detent("tree", "--universal", "--depth", "1").ok().out
    there = (
        project.detent("tree", "--python-platform", "windows", "--python-version", "3.12", "-d", "1").ok().out
    )

    assert everywhere == "demo v0.1.0\n├── letters v2.1\n└── shout v1.2\n"
    assert there == "demo v0.1.0\n└── letters v2.1\n"


def test_a_platform_or_package_that_is_misspelled_is_told(project: Sandbox) -> None:
    project.detent("lock").ok()

    assert "did you mean `windows`?" in project.detent("tree", "--python-platform", "windws").err
    assert "did you mean `shout`?" in project.detent("tree", "--package", "shoot").err
    assert "did you mean `letters`?" in project.detent("tree", "--prune", "leters").err
    assert project.detent("tree", "--python-version", "new").code == 2
    assert project.detent("tree", "--universal", "--python-version", "3.12").code == 2


def test_the_tree_as_facts(project: Sandbox) -> None:
    project.detent("lock").ok()

    facts = answer("tree", project.detent("tree", "--outdated", "--output-format", "json").ok())

    assert facts["starts"] == ["demo"]
    assert [(p["id"], p["latest"]) for p in facts["packages"]] == [
        ("letters==2.1", "2.1"),
        ("shout==1.2", "2.0"),
    ]
    assert [(e["from"], e["to"], e["wants"]) for e in facts["edges"]] == [
        ("demo", "shout==1.2", ["<2"]),
        ("shout==1.2", "letters==2.1", []),
    ]
    assert json.dumps(facts).isascii()
