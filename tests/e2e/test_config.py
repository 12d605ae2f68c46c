"""`detent config`: what is in force and who set it; one setting set, one taken out."""

import json
import stat
from pathlib import Path

import pytest

from support.answers import answer
from support.cli import Sandbox

SET = '\n[tool.detent]\n# ours\nlink-mode = "hardlink"  # fast\n'


def user_file(sandbox: Sandbox) -> str:
    return f"{sandbox.variables['HOME']}/.config/detent/detent.toml"


def test_list_shows_what_is_set_and_by_whom(sandbox: Sandbox) -> None:
    sandbox.manifest(tail=SET)

    lines = sandbox.detent("config", "list").ok().out.splitlines()

    by_name = {line.partition(" = ")[0]: line for line in lines}
    assert by_name["link-mode"].split("  #") == [
        'link-mode = "hardlink"',
        " `[tool.detent]` of the project",
    ] or ("`[tool.detent]` of the project" in by_name["link-mode"])
    assert by_name["cache-dir"].endswith("# the variable `DETENT_CACHE_DIR`")
    assert "offline" not in by_name
    every = sandbox.detent("config", "list", "--all").ok().out
    assert "\noffline = false" in every


def test_get_prints_the_value_alone(sandbox: Sandbox) -> None:
    sandbox.manifest(tail=SET)

    assert sandbox.detent("config", "get", "link-mode").ok().out == "hardlink\n"
    assert sandbox.detent("config", "get", "link-mode", env={"DETENT_LINK_MODE": "copy"}).out == "copy\n"
    assert sandbox.detent("config", "get", "concurrent-downloads").ok().out == "16\n"
    unset = sandbox.detent("config", "get", "python").ok()
    assert (unset.out, "Nobody sets `python`" in unset.err) == ("", True)


def test_explain_names_every_source_with_its_line_and_which_counts(sandbox: Sandbox) -> None:
    sandbox.manifest(tail=SET)
    sandbox.detent("config", "set", "--user", "link-mode", "clone").ok()

    told = sandbox.detent("config", "explain", "link-mode", env={"DETENT_LINK_MODE": "copy"}).ok().out

    *_, one, two, three = told.splitlines()
    assert one == '  * "copy"  the variable `DETENT_LINK_MODE`'
    assert two.startswith(
        '    "hardlink"  `[tool.detent]` of the project (pyproject.toml:9:1); does not count: the'
    )
    assert three.startswith(f'    "clone"  `{user_file(sandbox)}:1:1`')


def test_set_and_unset_change_one_line_and_are_undone(sandbox: Sandbox) -> None:
    sandbox.manifest(tail=SET)
    before = sandbox.read("pyproject.toml")

    first = sandbox.detent("config", "set", "link-mode", "copy").ok()
    after = sandbox.read("pyproject.toml")
    again = sandbox.detent("config", "set", "link-mode", "copy").ok()
    sandbox.detent("config", "set", "no-build-package", "numpy", "scipy").ok()

    assert after == before.replace('"hardlink"', '"copy"')
    assert 'Set `link-mode = "copy"` in `pyproject.toml`' in first.err
    assert "already" in again.err
    assert sandbox.detent("config", "get", "no-build-package").out == '["numpy", "scipy"]\n'
    sandbox.detent("config", "unset", "no-build-package").ok()
    assert sandbox.read("pyproject.toml") == after
    assert "does not set" in sandbox.detent("config", "unset", "no-build-package").ok().err
    sandbox.detent("config", "set", "build", "deny").ok()
    sandbox.detent("undo").ok()
    assert sandbox.read("pyproject.toml") == after


def test_the_users_own_file_is_made_for_their_eyes_alone(sandbox: Sandbox) -> None:
    sandbox.detent("config", "set", "--user", "proxy", "http://me:pass@proxy.example:1").ok()

    told = sandbox.detent("config", "list").ok().out
    facts = sandbox.detent("config", "explain", "proxy", "--output-format", "json").ok().out

    assert stat.S_IMODE(Path(user_file(sandbox)).stat().st_mode) == 0o600
    assert "pass" in Path(user_file(sandbox)).read_text("utf-8")
    assert 'proxy = "http://****@proxy.example:1"' in told
    assert "pass@" not in told + facts


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("offline", "true"), "run `detent config set --user offline true`"),
        (("--user", "no-sources", "true"), "run `detent config set no-sources true` in the project"),
        (("link-mode", "fast"), "`fast` is none of"),
        (("link-mode", "a", "b"), "`link-mode` has one value"),
        (("link-mode",), "needs a setting and its value"),
        (("lnik-mode", "copy"), "did you mean `link-mode`?"),
        (("link_mode", "copy"), "did you mean `link-mode`?"),
        (("DETENT_LINK_MODE", "copy"), "did you mean `link-mode`?"),
        (("no-build", "true"), 'write `build = "deny"`'),
        (("exclude-newer-package", "a=1"), "write it by hand, like `exclude-newer-package = {"),
        (("index", "x"), "run `detent index add`"),
        (("index-url", "https://me:pass@a.example/"), "would have a password in it"),
        (("--user", "proxy", "socks5://h.example:1"), "it speaks SOCKS"),
        (("default-groups", "nope"), "the default group `nope` does not exist"),
        (("constraint-dependencies", "=="), "tool.detent.constraint-dependencies"),
    ],
)
def test_what_cannot_be_set_says_what_can(sandbox: Sandbox, words: tuple[str, ...], says: str) -> None:
    sandbox.manifest()
    before = sandbox.read("pyproject.toml")

    done = sandbox.detent("config", "set", *words)

    assert (done.code, says in done.err) == (2, True), done
    assert "pass@" not in done.err
    assert sandbox.read("pyproject.toml") == before
    assert not Path(user_file(sandbox)).exists()


def test_a_detent_toml_of_the_project_is_edited_where_it_counts(sandbox: Sandbox) -> None:
    sandbox.manifest()
    sandbox.write("detent.toml", "# ours\n")

    sandbox.detent("config", "set", "link-mode", "copy").ok()
    sandbox.detent("config", "set", "no-sources", "true").ok()

    assert sandbox.read("detent.toml") == '# ours\nlink-mode = "copy"\n'
    assert sandbox.read("pyproject.toml").endswith("[tool.detent]\nno-sources = true\n")
    told = sandbox.detent("config", "explain", "no-sources").ok().out
    assert "pyproject.toml:8:1" in told


def test_what_a_project_says_of_itself_counts_beside_a_detent_toml(sandbox: Sandbox) -> None:
    """Such keys have no place in the other file, so that one cannot take theirs."""
    sandbox.manifest(
        "leaf",
        tail='\n[tool.detent]\nno-sources = true\n[tool.detent.sources]\nleaf = { path = "nowhere" }\n',
    )
    sandbox.write("detent.toml", 'link-mode = "copy"\n')

    done = sandbox.detent("lock")

    assert "nowhere" not in done.err


def test_json_says_the_same(sandbox: Sandbox) -> None:
    sandbox.manifest(tail=SET)
    json_words = ("--output-format", "json")

    listed = answer("config list", sandbox.detent("config", "list", "--all", *json_words).ok())
    got = answer("config get", sandbox.detent("config", "get", "link-mode", *json_words).ok())
    explained = answer("config explain", sandbox.detent("config", "explain", "link-mode", *json_words).ok())
    done = answer("config set", sandbox.detent("config", "set", "link-mode", "copy", *json_words).ok())
    out = answer("config unset", sandbox.detent("config", "unset", "link-mode", *json_words).ok())

    assert got["value"] == "hardlink"
    assert {**got, "schema": 0} == {**{key: explained[key] for key in got}, "schema": 0}
    assert next(s for s in listed["settings"] if s["key"] == "link-mode")["sources"] == got["sources"]
    assert (done["value"], done["is_changed"], out["value"]) == ("copy", True, None)
    assert json.dumps(got["sources"][0]["place"]) == '"pyproject.toml:9:1"'


def test_in_a_member_only_what_it_says_for_itself_stands_there(sandbox: Sandbox) -> None:
    sandbox.manifest(tail='\n[tool.detent.workspace]\nmembers = ["leaf"]\n')
    sandbox.write("leaf/pyproject.toml", '[project]\nname = "leaf"\nversion = "1"\n')
    leaf = sandbox.root / "leaf"

    sandbox.detent("config", "set", "package", "false", cwd=leaf).ok()
    sandbox.detent("config", "set", "link-mode", "copy", cwd=leaf).ok()

    assert sandbox.read("leaf/pyproject.toml").endswith("[tool.detent]\npackage = false\n")
    assert 'link-mode = "copy"' in sandbox.read("pyproject.toml")
    told = sandbox.detent("config", "list", cwd=leaf).ok().out
    assert 'link-mode = "copy"' in told
    assert "package = false" in told
    assert "package = false" not in sandbox.detent("config", "list").ok().out
