"""Configuration files, the flags above them, and what detent says about itself, as a user meets them."""

import json
import sys
from pathlib import Path

import pytest

from detent import stamp
from support.cli import Sandbox, publish, run
from support.index_server import IndexServer
from support.wheels import wheel

NO_VARIABLES = {"DETENT_CACHE_DIR": "", "DETENT_DEFAULT_INDEX": ""}


def user_file(sandbox: Sandbox, text: str) -> Path:
    path = Path(sandbox.variables["HOME"], ".config", "detent", "detent.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_the_nearer_file_wins_and_flags_choose_the_files(sandbox: Sandbox, tmp_path: Path) -> None:
    home, system, other = Path(sandbox.variables["HOME"]), tmp_path / "system", tmp_path / "other.toml"
    (system / "detent").mkdir(parents=True)
    env = {**NO_VARIABLES, "XDG_CONFIG_DIRS": f"{tmp_path / 'nowhere'}:{system}"}

    def folder(*flags: str, **more: str) -> str:
        return sandbox.detent("cache", "dir", *flags, env={**env, **more}).ok().out.strip()

    default = str(home / ".cache" / "detent")
    assert folder() == default
    (system / "detent" / "detent.toml").write_text(f'cache-dir = "{tmp_path}/of-system"\n', "utf-8")
    assert folder() == f"{tmp_path}/of-system"
    user_file(sandbox, 'cache-dir = "~/of-user"\n')
    assert folder() == str(home / "of-user")
    other.write_text(f'cache-dir = "{tmp_path}/of-file"\n', "utf-8")
    assert folder("--config-file", str(other)) == f"{tmp_path}/of-file"
    assert folder(DETENT_CONFIG_FILE=str(other)) == f"{tmp_path}/of-file"
    assert folder("--no-config") == folder(DETENT_NO_CONFIG="1") == default
    assert folder("--no-config", "--config-file", str(other)) == f"{tmp_path}/of-file"
    assert folder(DETENT_CACHE_DIR=f"{tmp_path}/of-variable") == f"{tmp_path}/of-variable"
    assert folder("--cache-dir", f"{tmp_path}/of-flag", DETENT_CACHE_DIR="x") == f"{tmp_path}/of-flag"

    missing = sandbox.detent("cache", "dir", "--config-file", "nowhere.toml", env=env)
    assert missing.code == 2
    assert "the configuration file `nowhere.toml` does not exist" in missing.err


def test_a_file_beside_the_project_replaces_its_settings(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("small", "1.0"))
    sandbox.manifest(
        "small", tail='[tool.detent]\nindex-url = "http://127.0.0.1:9/simple/"\npackage = false\n'
    )
    sandbox.write("detent.toml", f'index-url = "{index.url}"\n')

    done = sandbox.detent("lock", env={"DETENT_DEFAULT_INDEX": ""}).ok()

    assert done.err.startswith(
        "warning: `detent.toml` is used in place of the settings in `[tool.detent]` of `pyproject.toml`, "
        "which are left out: `index-url`\n"
    )
    assert index.url in sandbox.read("pylock.toml")
    assert "warning" not in sandbox.detent("lock", "-q", env={"DETENT_DEFAULT_INDEX": ""}).ok().err


def test_a_file_that_is_wrong_is_named_with_its_line(sandbox: Sandbox) -> None:
    sandbox.manifest()
    path = user_file(sandbox, '\ncache-dirs = "x"\nlink-mode = "copy"\n')
    done = sandbox.detent("sync").ok()
    assert f"warning: `{path}:2:1`: `cache-dirs` is no setting of detent and was ignored" in done.err

    for text, says in (
        ("buidl = 1\n", f"`{path}:1:1`: `buidl` is no setting of detent [manifest-invalid]"),
        ('link-mode = "glue"\n', f"`{path}:1:1`: `link-mode` cannot be used [manifest-invalid]"),
        ("package = true\n", "`package` says something of a project and has no place in this file"),
        ("x = [\n", f"`{path}:2:1`: not valid TOML"),
    ):
        path.write_text(text, "utf-8")
        done = sandbox.detent("sync")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: {says}") or says in done.err

    path.unlink()
    sandbox.write("detent.toml", 'cache-dir = "x"\n')
    done = sandbox.detent("sync")
    assert done.code == 2
    assert "`cache-dir` is a setting of a machine and has no place in a project" in done.err


def test_a_project_that_is_not_managed_is_left_alone(sandbox: Sandbox) -> None:
    sandbox.manifest(tail="[tool.detent]\nmanaged = false\n")
    before = sandbox.snapshot()

    for words in (("sync",), ("lock",), ("add", "x"), ("tree",)):
        done = sandbox.detent(*words)
        assert done.code == 2
        assert "error: the project is not looked after by detent [project-unmanaged]" in done.err
    assert sandbox.detent("run", "echo", "here").ok().out == "here\n"
    assert sandbox.snapshot() == before


def test_another_release_may_be_asked_for(sandbox: Sandbox) -> None:
    sandbox.manifest(tail='[tool.detent]\nrequired-version = ">=99"\nverify-cache = true\n')

    done = sandbox.detent("sync")

    assert done.code == 2
    assert done.err.startswith(f"error: this is detent {stamp.VERSION}, and `>=99` is required here")


def test_without_the_cache_nothing_is_read_from_it_or_left_behind(
    sandbox: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    publish(index, wheel("small", "1.0"))
    sandbox.manifest("small")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = {path: path.stat().st_mtime_ns for path in sandbox.cache.rglob("*")}

    done = sandbox.detent("sync", "-n", env={"TMPDIR": str(scratch)}).ok()

    assert " + small==1.0" in done.err
    assert list(scratch.iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in sandbox.cache.rglob("*")} == before
    assert sandbox.python("-c", "import small").ok()
    assert "Checked 1 package" in sandbox.detent("sync").ok().err

    sandbox.manifest("small", "nowhere")
    done = sandbox.detent("sync", env={"TMPDIR": str(scratch), "DETENT_NO_CACHE": "1"})
    assert done.code == 1
    assert list(scratch.iterdir()) == []


def test_what_is_fresh_is_asked_again_when_somebody_says_so(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("small", "1.0"), wheel("more", "1.0"))
    sandbox.manifest("small", "more")
    sandbox.detent("lock").ok()
    sandbox.write("pylock.toml", "").unlink()

    def asked(*flags: str) -> set[str]:
        index.requests.clear()
        sandbox.detent("lock", *flags).ok()
        (sandbox.root / "pylock.toml").unlink()
        return {request.path.strip("/").rpartition("/")[2] for request in index.requests}

    assert asked() == set()
    assert asked("--refresh-package", "small") == {"small"}
    assert asked("--refresh") == {"small", "more"}
    assert asked("-U") == {"small", "more"}
    assert asked("-P", "more") == {"more"}


def test_who_denies_builds_is_named(sandbox: Sandbox, index: IndexServer) -> None:
    index.add("raw-1.0.tar.gz", b"never looked into")
    sandbox.manifest("raw")
    for flags, tail, by in (
        (("--no-build",), "", "the flag `--no-build` forbids"),
        (("--no-build-package", "raw"), "", "the flag `--no-build-package` forbids"),
        ((), '[tool.detent]\nbuild = "deny"\n', '`build = "deny"` in `[tool.detent]` of the project forbids'),
    ):
        sandbox.manifest("raw", tail=tail)
        done = sandbox.detent("lock", *flags)
        assert done.code == 1
        assert by in done.err


def test_the_bound_that_is_written_is_a_setting(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("small", "1.4"))
    sandbox.manifest(tail='[tool.detent]\nadd-bounds = "major"\n')

    sandbox.detent("add", "small", "--no-sync").ok()

    assert '"small>=1.4,<2"' in sandbox.read("pyproject.toml")


def test_colour_is_a_matter_of_flags_then_variables(sandbox: Sandbox) -> None:
    sandbox.manifest()
    for flags, env, is_coloured in (
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--no-color",), {"FORCE_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ):
        done = sandbox.detent("sync", *flags, env=env).ok()
        assert ("\x1b[" in done.err) == is_coloured


def test_silence_goes_all_the_way(sandbox: Sandbox) -> None:
    sandbox.manifest()
    assert sandbox.detent("version", "-q").ok().out == "demo 0.1.0\n"
    done = sandbox.detent("version", "-qq").ok()
    assert (done.out, done.err) == ("", "")
    assert sandbox.detent("remove", "x", "-qq").err == ""
    assert sandbox.detent("sync", "-q", "-v").code == 2


def test_help_is_short_or_long(sandbox: Sandbox) -> None:
    short, long = (sandbox.detent("sync", flag).ok().out for flag in ("-h", "--help"))

    assert "--locked" in short
    assert "DETENT_LOCKED" not in short
    assert "[env: DETENT_LOCKED]" in long
    assert "  detent sync --locked --no-dev\n" in long
    assert sandbox.detent("help", "sync").ok().out == long


@pytest.mark.parametrize("words", [("--help",), ("help", "add"), ("--version",), ("completion", "bash")])
def test_an_answer_that_finds_no_room_is_an_error_about_the_output(
    words: tuple[str, ...], sandbox: Sandbox
) -> None:
    line = " ".join(("exec", '"$0"', "-m", "detent", *words, ">/dev/full"))
    done = run(["/bin/sh", "-c", line, sys.executable], cwd=sandbox.root, env=sandbox.variables)

    assert done.code == 1
    assert done.err.startswith("error: `standard output` could not be written")


def test_detent_says_which_one_it_is(sandbox: Sandbox) -> None:
    assert sandbox.detent("self", "version").ok().out == f"detent {stamp.VERSION}\n"
    assert sandbox.detent("self", "version", "--short").ok().out == f"{stamp.VERSION}\n"
    told = json.loads(sandbox.detent("self", "version", "--output-format", "json").ok().out)
    assert told == {"schema": {"version": 1}, "package_name": "detent", "version": stamp.VERSION}


def test_the_schema_that_is_printed_is_the_one_of_the_documentation(sandbox: Sandbox) -> None:
    committed = Path(__file__).parents[2] / "docs" / "reference" / "detent.schema.json"

    assert sandbox.detent("config", "schema").ok().out == committed.read_text("utf-8")


def test_a_shell_nobody_knows(sandbox: Sandbox) -> None:
    done = sandbox.detent("completion", "fisch")

    assert done.code == 2
    assert "did you mean `detent completion fish`?" in done.err
