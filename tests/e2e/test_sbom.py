"""`detent export --format cyclonedx1.6`: bills of materials that are valid, complete and the same again."""

import json
import sys
from pathlib import Path

import pytest

from support.backends import tiny_tree, write_tree
from support.boms import bill, component, needs
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.peers import Peers
from support.repositories import Repository
from support.wheels import wheel

PROJECT = """\
[project]
name = "demo"
version = "0.1.0"
description = "Shows it"
license = "MIT"
requires-python = ">=3.11"
dependencies = ["shout", "elsewhere; sys_platform == 'win32'"]

[project.optional-dependencies]
net = ["netlib"]

[dependency-groups]
dev = ["checker"]

[tool.detent]
package = false
"""
SAID = [
    "License-Expression: MIT OR Apache-2.0",
    "Summary: Speaks up",
    "Author-Email: Jo <jo@shout.example>",
    "Project-URL: Source Code, https://shout.example/code",
    "Project-URL: Sponsor, https://shout.example/money",
    "Project-URL: Bad, javascript:alert(1)",
]


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.2", requires=["letters>=1"], says=SAID),
        wheel("letters", "1.0+local.1", says=["License: BSD\x1b[31m"]),
        wheel("elsewhere", tag="py3-none-win_amd64"),
        wheel("netlib", "1.1", requires=["letters"]),
        wheel("checker", requires=["letters"], says=["License: MIT"]),
    )
    sandbox.write("pyproject.toml", PROJECT)
    return sandbox


def test_a_bill_says_what_is_in_and_who_needs_what(project: Sandbox, index: IndexServer) -> None:
    found = bill(project.detent("export", "--format", "cyclonedx1.6", "--extra", "net").ok().out)

    main = found["metadata"]["component"]
    assert (main["name"], main["version"], main["description"]) == ("demo", "0.1.0", "Shows it")
    assert needs(found, main["bom-ref"]) == ["checker==1.0", "elsewhere==1.0", "netlib==1.1", "shout==1.2"]
    assert needs(found, "shout==1.2") == ["letters==1.0+local.1"]
    shout = component(found, "shout")
    assert shout["licenses"] == [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}]
    assert shout["description"] == "Speaks up"
    assert shout["authors"] == [{"name": "Jo", "email": "jo@shout.example"}]
    kinds = [(link["type"], link["url"].rpartition("/")[2]) for link in shout["externalReferences"]]
    assert kinds == [("distribution", "shout-1.2-py3-none-any.whl"), ("vcs", "code"), ("other", "money")]
    (digest,) = shout["externalReferences"][0]["hashes"]
    assert digest["alg"] == "SHA-256"
    assert f'"{digest["content"]}"' in project.read("pylock.toml")
    assert shout["purl"].startswith("pkg:pypi/shout@1.2?repository_url=http://127.0.0.1")
    letters = component(found, "letters")
    assert "@1.0%2Blocal.1?" in letters["purl"]
    assert letters["licenses"][0]["license"]["name"] == "BSD\\x1b[31m"
    assert component(found, "checker")["licenses"][0]["license"]["id"] == "MIT"


def test_scope_and_properties_say_what_brings_a_package_in(project: Sandbox) -> None:
    found = bill(project.detent("export", "--format", "cyclonedx", "--all-extras").ok().out)

    scopes = {each["name"]: each["scope"] for each in found["components"]}
    said = {each["name"]: each.get("properties", []) for each in found["components"]}
    assert scopes == {
        "checker": "excluded",
        "elsewhere": "required",
        "letters": "required",
        "netlib": "optional",
        "shout": "required",
    }
    assert said["netlib"] == [{"name": "detent:extra", "value": "net"}]
    assert said["checker"] == [{"name": "detent:group", "value": "dev"}]
    assert said["elsewhere"] == [{"name": "detent:marker", "value": "sys_platform == 'win32'"}]
    assert [each["name"] for each in said["letters"]] == ["detent:extra", "detent:group"]


def test_the_same_lock_gives_the_same_bytes_offline_and_elsewhere_too(project: Sandbox) -> None:
    words = ("export", "--format", "cyclonedx1.6", "--frozen")
    first = project.detent(*words[:-1]).ok().out
    again = project.detent(*words, "--offline").ok().out
    dated = project.detent(*words, env={"SOURCE_DATE_EPOCH": "0"}).ok().out

    assert again == first
    assert "timestamp" not in first
    assert bill(dated)["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"
    assert bill(dated)["serialNumber"] != bill(first)["serialNumber"]


def test_flags_of_export_count(project: Sandbox) -> None:
    done = project.detent(
        "export",
        "-o",
        "out/bom.json",
        "--no-dev",
        "--no-hashes",
        "--no-emit-project",
        "--no-emit-package",
        "letters",
    ).ok()

    found = bill(project.read("out/bom.json"))
    assert bill(done.out) == found
    assert "component" not in found["metadata"]
    assert [each["name"] for each in found["components"]] == ["elsewhere", "shout"]
    assert needs(found, "shout==1.2") == []
    assert "hashes" not in json.dumps(found)


def test_an_older_version_of_the_format_is_refused_with_the_name_of_this_one(project: Sandbox) -> None:
    done = project.detent("export", "--format", "cyclonedx1.5")

    assert done.code == 2
    assert "--format cyclonedx1.6" in done.err


def test_sources_of_their_own_and_members_are_named_as_what_they_are(
    project: Sandbox, tmp_path: Path
) -> None:
    upstream = Repository(tmp_path / "upstream")
    commit = upstream.commit(tiny_tree("leaf", "1.0"))
    write_tree(project.root / "folder", tiny_tree("folder", "1.0"))
    write_tree(project.root / "packages/beta", tiny_tree("beta", "2.0", requires=["letters"]))
    project.manifest(
        "leaf",
        "folder",
        "beta",
        tail=f'[tool.detent.sources]\nleaf = {{ git = "{upstream.url}" }}\nfolder = {{ path = "folder" }}\n'
        'beta = { workspace = true }\n[tool.detent.workspace]\nmembers = ["packages/*"]\n',
    )

    found = bill(project.detent("export", "--format", "cyclonedx1.6", "--all-packages").ok().out)

    beta_component, folder = component(found, "beta"), component(found, "folder")
    assert {"name": "detent:workspace:path", "value": "packages/beta"} in beta_component["properties"]
    assert {"name": "detent:path", "value": "folder"} in folder["properties"]
    assert "purl" not in folder
    assert needs(found, beta_component["bom-ref"]) == ["letters==1.0+local.1"]
    assert set(needs(found, found["metadata"]["component"]["bom-ref"])) == {
        "beta==2.0",
        "folder==1.0",
        "leaf==1.0",
    }
    (vcs,) = (link for link in component(found, "leaf")["externalReferences"] if link["type"] == "vcs")
    assert vcs["comment"] == commit


def test_what_uv_says_of_the_same_project_is_in_the_bill(
    project: Sandbox, tmp_path: Path, index: IndexServer
) -> None:
    ours = bill(project.detent("export", "--format", "cyclonedx1.6", "--all-extras").ok().out)
    words = (
        "--format",
        "cyclonedx1.5",
        "--all-extras",
        "--default-index",
        index.url,
        "--python",
        sys.executable,
    )
    peers = Peers(tmp_path / "home")
    theirs = json.loads(peers.uv("export", *words, cwd=project.root).out)

    assert set(theirs) - {"serialNumber"} <= set(ours)

    def entries(found: dict[str, object]) -> dict[str, list[str]]:
        return {
            f"{each['name']}=={each['version']}": sorted(
                digest["content"] for link in each["externalReferences"] for digest in link.get("hashes", ())
            )
            for each in found["components"]  # type: ignore[attr-defined]
        }

    assert entries(ours) == entries(theirs)
    names = {
        each["bom-ref"]: each["name"] for each in (*theirs["components"], theirs["metadata"]["component"])
    }
    our_names = {
        each["bom-ref"]: each["name"] for each in (*ours["components"], ours["metadata"]["component"])
    }

    def edges(found: dict[str, object], by: dict[str, str]) -> set[tuple[str, str]]:
        return {
            (by[each["ref"]], by[below])
            for each in found["dependencies"]  # type: ignore[attr-defined]
            for below in each.get("dependsOn", ())
        }

    assert edges(ours, our_names) == edges(theirs, names)
