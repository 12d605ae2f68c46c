"""`detent licenses`: what packages say of their licences, and a policy of the project."""

import pytest

from support.answers import answer
from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

HOSTILE = (
    "\x1b[31mMIT\x1b[0m | <b>`x`</b>\n        and | more \N{RIGHT-TO-LEFT OVERRIDE}\n        "
    + "x" * 1_000_000
)


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel(
            "expressed", requires=["named"], says=["License-Expression: MIT OR GPL-3.0-only", "Author: Jo"]
        ),
        wheel("named", says=["License: Apache License, Version 2.0"]),
        wheel("classified", says=["Classifier: License :: OSI Approved :: ISC License (ISCL)"]),
        wheel("unclear", says=["License: BSD"]),
        wheel("silent"),
        wheel("copyleft", says=["License-Expression: GPL-3.0-or-later"]),
        wheel("elsewhere", says=["License-Expression: 0BSD"]),
        wheel("hostile", says=[f"License: {HOSTILE}"]),
    )
    sandbox.write(
        "pyproject.toml",
        """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["expressed", "classified", "elsewhere; sys_platform == 'win32'"]

[project.optional-dependencies]
net = ["unclear"]

[dependency-groups]
dev = ["silent", "copyleft"]

[tool.detent]
package = false
""",
    )
    return sandbox


def test_every_style_of_saying_it_is_told_with_the_field_that_told(project: Sandbox) -> None:
    done = project.detent("licenses").ok()

    assert done.out == (
        "classified  1.0  ISC                  Classifier\n"
        "copyleft    1.0  GPL-3.0-or-later     License-Expression\n"
        "elsewhere   1.0  0BSD                 License-Expression\n"
        "expressed   1.0  MIT OR GPL-3.0-only  License-Expression\n"
        "named       1.0  Apache-2.0           License\n"
        "silent      1.0  unknown\n"
        "unclear     1.0  BSD (not SPDX)       License\n"
        "\n"
        "1  0BSD\n"
        "1  Apache-2.0\n"
        "1  BSD (not SPDX)\n"
        "1  GPL-3.0-or-later\n"
        "1  ISC\n"
        "1  MIT OR GPL-3.0-only\n"
        "1  unknown\n"
    )


def test_flags_choose_what_is_looked_at(project: Sandbox) -> None:
    shipped = project.detent(
        "licenses", "--no-dev", "--python-platform", "linux", "--output-format", "json"
    ).ok()
    net = project.detent("licenses", "--only-group", "dev", "--output-format", "json").ok()

    found = answer("licenses", shipped)
    assert [package["id"] for package in found["packages"]] == [
        "classified==1.0",
        "expressed==1.0",
        "named==1.0",
    ]
    assert [package["needed_by"] for package in found["packages"]] == [["demo"], ["demo"], ["expressed"]]
    assert {package["is_allowed"] for package in found["packages"]} == {None}
    assert [package["name"] for package in answer("licenses", net)["packages"]] == ["copyleft", "silent"]


def test_what_is_not_allowed_is_named_with_who_needs_it(project: Sandbox) -> None:
    done = project.detent("licenses", "--allow", "MIT,Apache-2.0", "--allow", "ISC", "--allow", "0BSD")

    assert done.code == 1
    assert "error: 3 packages have licences that nobody allowed [license-refused]" in done.err
    assert "`copyleft` 1.0: GPL-3.0-or-later, needed by demo (group: dev)" in done.err
    assert "`silent` 1.0: unknown, needed by demo (group: dev)" in done.err
    assert "`unclear` 1.0: BSD (not SPDX), needed by demo (extra: net)" in done.err
    assert "`detent why copyleft`" in done.err
    assert "expressed" in done.out


def test_the_policy_stands_in_pyproject_and_flags_add_to_it(project: Sandbox) -> None:
    project.write(
        "pyproject.toml",
        project.read("pyproject.toml")
        + 'allowed-licenses = ["MIT", "Apache-2.0", "GPL-3.0-only"]\nunchecked-licenses = ["unclear", "silent"]\n',
    )

    refused = project.detent("licenses", "--output-format", "json")
    project.detent("licenses", "--allow", "ISC", "--allow", "0BSD").ok()
    project.detent("licenses", "--allow", "ISC", "--ignore", "elsewhere").ok()

    assert refused.code == 1
    found = answer("licenses", refused)
    verdicts = {package["name"]: package["is_allowed"] for package in found["packages"]}
    assert verdicts == {
        "classified": False,
        "copyleft": True,
        "elsewhere": False,
        "expressed": True,
        "named": True,
        "silent": None,
        "unclear": None,
    }
    assert found["error"]["code"] == "license-refused"
    assert found["allowed"] == ["Apache-2.0", "GPL-3.0-only", "MIT"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--allow", "Apache2"), "`Apache-2.0` is one"),
        (("--allow", "MIT OR ISC"), "each stands for itself"),
        (("--allow", ""), "an empty text is no licence"),
        (("--ignore", "clasified"), "did you mean `classified`?"),
    ],
)
def test_a_policy_with_a_slip_in_it_is_refused(project: Sandbox, words: tuple[str, ...], told: str) -> None:
    done = project.detent("licenses", *words)

    assert done.code == 2
    assert told in done.err


def test_hostile_text_is_one_short_harmless_line(project: Sandbox) -> None:
    project.manifest("hostile")

    text = project.detent("licenses").ok().out
    table = project.detent("licenses", "--output-format", "markdown").ok().out
    facts = project.detent("licenses", "--output-format", "json").ok()

    assert len(text) < 500
    assert "\x1b" not in text + table + facts.out
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text + table + facts.out
    (row,) = (line for line in table.splitlines() if "hostile" in line)
    assert row.replace("\\|", "").count("|") == 6
    assert "``" in row
    (package,) = answer("licenses", facts)["packages"]
    assert package["license"] is None


def test_markdown_goes_with_what_is_shipped(project: Sandbox) -> None:
    table = project.detent("licenses", "--no-dev", "--output-format", "markdown").ok().out

    assert table.startswith("# Licences\n\n4 packages.\n\n| Package | Version | Licence | Author | Home |\n")
    assert "| `expressed` | `1.0` | `MIT OR GPL-3.0-only` | `Jo` |  |\n" in table


def test_offline_what_was_read_is_known_and_the_rest_refused(project: Sandbox, index: IndexServer) -> None:
    project.detent("lock").ok()
    blind = project.detent("licenses", "--offline", "--allow", "MIT")
    project.detent("licenses").ok()
    asked = len(index.paths())
    again = project.detent("licenses", "--offline", "--frozen").ok()

    assert blind.code == 1
    assert "`--offline` asks nobody" in blind.err
    assert "GPL-3.0-or-later" in again.out
    assert len(index.paths()) == asked


def test_members_of_the_workspace_are_nobody_elses_and_folders_say_it_in_their_table(
    project: Sandbox,
) -> None:
    leaf = tiny_tree("leaf", "1.0")
    leaf["pyproject.toml"] = leaf["pyproject.toml"].replace("[project]", '[project]\nlicense = "0BSD"', 1)
    write_tree(project.root / "leaf", leaf)
    write_tree(project.root / "packages/beta", tiny_tree("beta", "1.0"))
    project.manifest(
        "leaf",
        "beta",
        tail='[tool.detent.sources]\nleaf = { path = "leaf" }\nbeta = { workspace = true }\n'
        '[tool.detent.workspace]\nmembers = ["packages/*"]\n',
    )

    done = project.detent("licenses", "--allow", "0BSD").ok()

    assert done.out.startswith("leaf  1.0  0BSD  License-Expression\n\n")
