"""Packages from URLs and paths: files held to their hash, folders looked at each time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.backends import sdist_of, tiny_sdist, tiny_tree, write_tree
from support.called_hooks import calls, listed_calls
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import metadata_text, wheel


@pytest.fixture
def project(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A project whose builds leave a list of what was called; afterwards no scratch is left of any."""
    with listed_calls(sandbox) as listed:
        yield listed


def sources(project: Sandbox, **tables: str) -> None:
    """Make the project depend on packages that come from where these tables say."""
    lines = "\n".join(f"{name} = {table}" for name, table in tables.items())
    project.manifest(*tables, tail=f"\n[tool.detent.sources]\n{lines}\n")


def place(index: IndexServer, filename: str, data: bytes) -> str:
    """Put a file on the server, and give its URL."""
    file = index.add(filename, data)
    return f"{index.origin}/files/{file.project}/{filename}"


def direct_url(project: Sandbox, name: str) -> dict[str, object]:
    (path,) = project.root.glob(f".venv/lib/python*/site-packages/{name}-*/direct_url.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


# ---- URLs ------------------------------------------------------------------------------------


def test_a_wheel_at_a_url_is_fetched_once_and_held_to_its_hash(project: Sandbox, index: IndexServer) -> None:
    made = wheel("a", requires=["b"])
    url = place(index, made.filename, made.data)
    publish(index, wheel("b"))
    project.manifest(f"a @ {url}")
    index.forget()

    project.detent("lock").ok()
    project.detent("sync").ok()

    assert index.count(f"/files/a/{made.filename}") == 1
    assert f'sha256 = "{made.sha256}"' in project.read("pylock.toml")
    assert project.installed() == {"a": "1.0", "b": "1.0"}
    assert direct_url(project, "a") == {"url": url, "archive_info": {"hashes": {"sha256": made.sha256}}}

    # Nothing is asked for again, with the network or without.
    (project.root / "pylock.toml").unlink()
    project.detent("lock", "--offline").ok()
    index.remove(made.filename)
    index.add(made.filename, wheel("a", requires=["c"]).data)
    project.manifest(f"a @ {url}", "b")
    project.detent("lock").ok()
    assert f'sha256 = "{made.sha256}"' in project.read("pylock.toml")


def test_a_file_that_is_another_one_than_was_locked_is_refused(project: Sandbox, index: IndexServer) -> None:
    made = wheel("a")
    url = place(index, made.filename, made.data)
    project.manifest(f"a @ {url}")
    project.detent("lock").ok()
    other = wheel("a", files={"a.py": "evil = True\n"})
    index.remove(made.filename)
    index.add(other.filename, other.data)

    done = project.detent("sync", "--no-cache")

    assert done.code == 1
    assert "[hash-mismatch]" in done.err


@pytest.mark.parametrize("is_right", [True, False])
def test_the_hash_behind_a_url_is_checked(project: Sandbox, index: IndexServer, *, is_right: bool) -> None:
    made = wheel("a")
    url = place(index, made.filename, made.data)
    digest = made.sha256 if is_right else "0" * 64
    project.manifest(f"a @ {url}#sha256={digest}")

    done = project.detent("lock")

    assert done.code == (0 if is_right else 1)
    assert ("[hash-mismatch]" in done.err) != is_right


def test_a_source_distribution_at_a_url_is_kept_and_built_once(project: Sandbox, index: IndexServer) -> None:
    made = tiny_sdist("a", requires=["b"])
    publish(index, wheel("b"))
    url = place(index, made.filename, made.data)
    project.manifest(f"a @ {url}")
    index.forget()

    project.detent("lock").ok()
    assert calls(project) == []
    project.detent("sync").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]
    assert index.count(f"/files/a/{made.filename}") == 1
    assert project.installed() == {"a": "1.0", "b": "1.0"}


def test_an_archive_may_be_called_anything_and_hold_a_package_in_a_folder(
    project: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    files = {f"py/{name}": text for name, text in tiny_tree("a", "4.0").items()}
    made = sdist_of("main", "1", files)
    url = place(index, made.filename, made.data)
    sources(project, a=f'{{url = "{url}", subdirectory = "py"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "4.0"}


def test_what_a_new_source_distribution_says_of_itself_is_believed(
    project: Sandbox, index: IndexServer
) -> None:
    info = metadata_text("a", "2.0", requires=["b"]).replace("Metadata-Version: 2.1", "Metadata-Version: 2.2")
    made = sdist_of("a", "2.0", {"setup.py": "raise SystemExit('never asked')"}, pkg_info=info)
    publish(index, wheel("b"))
    url = place(index, made.filename, made.data)
    project.manifest(f"a @ {url}")

    project.detent("lock", "--no-build").ok()

    assert 'name = "b"' in project.read("pylock.toml")


def test_what_only_a_build_can_tell_is_asked_of_the_back_end(project: Sandbox, index: IndexServer) -> None:
    made = tiny_sdist("a", requires=["b"], is_open=True)
    publish(index, wheel("b"))
    url = place(index, made.filename, made.data)
    project.manifest(f"a @ {url}")

    done = project.detent("lock", "--no-build")
    assert done.code == 1
    assert "[build-forbidden]" in done.err
    assert calls(project) == []

    project.detent("lock").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]
    assert 'name = "b"' in project.read("pylock.toml")


# ---- paths -----------------------------------------------------------------------------------


def test_a_wheel_beside_the_project_is_held_to_its_hash(project: Sandbox, index: IndexServer) -> None:
    made = wheel("a", requires=["b"])
    publish(index, wheel("b"))
    (project.root / made.filename).write_bytes(made.data)
    sources(project, a=f'{{path = "{made.filename}"}}')

    project.detent("sync").ok()
    assert project.installed() == {"a": "1.0", "b": "1.0"}
    assert f'path = "{made.filename}"' in project.read("pylock.toml")
    assert made.sha256 in project.read("pylock.toml")

    (project.root / made.filename).write_bytes(wheel("a", files={"a.py": "evil = True\n"}).data)
    done = project.detent("sync", "--frozen", "--reinstall", "--no-cache")
    assert done.code == 1
    assert "[hash-mismatch]" in done.err


def test_a_source_distribution_beside_the_project_is_built(project: Sandbox) -> None:
    made = tiny_sdist("a")
    (project.root / "dist").mkdir()
    (project.root / "dist" / made.filename).write_bytes(made.data)
    sources(project, a=f'{{path = "dist/{made.filename}"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0"}


@pytest.mark.parametrize("is_editable", [False, True])
def test_a_folder_is_installed_as_it_is_or_by_a_link_into_it(
    project: Sandbox, index: IndexServer, *, is_editable: bool
) -> None:
    publish(index, wheel("b"))
    write_tree(project.root / "libs/a", tiny_tree("a", requires=["b"]))
    sources(project, a=f'{{path = "libs/a", editable = {str(is_editable).lower()}}}')

    project.detent("lock").ok()
    assert calls(project) == []
    done = project.detent("sync").ok()

    hook = "build_editable" if is_editable else "build_wheel"
    assert calls(project)[-1] == hook
    assert "note: installed without a hash: `a` (a folder, held to nothing)" in done.err
    info = {"editable": True} if is_editable else {}
    assert direct_url(project, "a") == {"url": (project.root / "libs/a").as_uri(), "dir_info": info}
    assert project.installed() == {"a": "1.0", "b": "1.0"}


def test_a_folder_that_changes_is_locked_and_installed_again(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("b"), wheel("c"))
    folder = write_tree(project.root / "a", tiny_tree("a", requires=["b"]))
    sources(project, a='{path = "a"}')
    project.detent("sync").ok()

    write_tree(folder, tiny_tree("a", requires=["c"]))
    done = project.detent("lock", "--check", "--offline")
    assert done.code == 1
    assert "[lock-stale]" in done.err
    project.detent("sync").ok()
    assert project.installed() == {"a": "1.0", "c": "1.0"}

    write_tree(folder, {"src/a/new.py": ""})
    project.detent("sync").ok()
    assert list(project.root.glob(".venv/lib/python*/site-packages/a/new.py"))


def test_a_lock_that_was_checked_before_is_held_against_its_folders_again(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b"), wheel("c"))
    folder = write_tree(project.root / "a", tiny_tree("a", requires=["b"]))
    sources(project, a='{path = "a"}')
    project.detent("lock").ok()
    for _ in range(2):
        project.detent("lock", "--check").ok()
        project.detent("sync", "--locked", "--no-install-local").ok()

    write_tree(folder, tiny_tree("a", requires=["b", "c"]))

    done = project.detent("lock", "--check")
    assert done.code == 1
    assert "`c` was added to the dependencies of `a` in `a`" in done.err
    assert project.detent("sync", "--locked", "--no-install-local").code == 1
    done = project.detent("add", "a", "--locked", "--no-sync", "--offline")
    assert "[lock-would-change]" in done.err
    assert "`c` was added to the dependencies of `a` in `a`" in done.err


def test_a_folder_that_has_its_dependencies_from_elsewhere_now_is_locked_again(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b", "9.0"))
    for folder in ("b", "c"):
        write_tree(project.root / folder, tiny_tree("b"))
    sources(project, a='{path = "a"}')

    def of_a(*rules: str) -> str:
        tables = "\n".join(("[tool.detent.sources]", *rules, ""))
        write_tree(project.root / "a", tiny_tree("a", requires=["b"], tables=tables))
        stale = project.detent("lock", "--check", "--offline")
        project.detent("lock").ok()
        project.detent("lock", "--check", "--offline").ok()
        return stale.err

    of_a('b = {path = "../b"}')
    assert "`a` has `b` from `file:./c` and had it from `file:./b`" in of_a('b = {path = "../c"}')
    assert "`b` is editable (a/pyproject.toml:" in of_a('b = {path = "../c", editable = true}')
    assert "error" not in of_a('b = {path = "../c", editable = true}', 'unused = {path = "../d"}')
    assert "`a` has `b` from an index and had it from `file:./c`" in of_a()
    assert 'version = "9.0"' in project.read("pylock.toml")


def test_a_folder_that_names_another_url_now_is_locked_again(project: Sandbox, index: IndexServer) -> None:
    urls = [place(index, made.filename, made.data) for made in (wheel("b", "1.0"), wheel("b", "2.0"))]
    folder = project.root / "a"
    sources(project, a='{path = "a"}')
    write_tree(folder, tiny_tree("a", requires=[f"b @ {urls[0]}"]))
    project.detent("lock").ok()
    project.detent("lock", "--check").ok()

    write_tree(folder, tiny_tree("a", requires=[f"b @ {urls[1]}"]))

    done = project.detent("lock", "--check")
    assert done.code == 1
    assert f"`a` has `b` from `{urls[1]}` and had it from `{urls[0]}`" in done.err


@pytest.mark.parametrize("at", ["../b", "file:../b", "file:./../b/"])
def test_a_folder_that_names_a_path_beside_it_is_not_locked_again(project: Sandbox, at: str) -> None:
    write_tree(project.root / "b", tiny_tree("b"))
    requires, tables = (
        ([f"b @ {at}"], "")
        if at.startswith("file:")
        else (["b"], f'[tool.detent.sources]\nb = {{path = "{at}"}}\n')
    )
    write_tree(project.root / "libs/../a", tiny_tree("a", requires=requires, tables=tables))
    sources(project, a='{path = "./a"}')
    project.detent("lock").ok()

    project.detent("lock", "--check").ok()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: tiny_tree("a", "1.1"), "`a` in `a` is 1.1 and was 1.0"),
        (lambda: tiny_tree("a", tables="[tool.detent]\npackage = true\n"), ""),
        (lambda: tiny_tree("a", tables="[tool.uv]\npackage = false\n"), "`a` in `a` is no package now"),
        (lambda: tiny_tree("a", files={"a/more.py": ""}), ""),
    ],
)
def test_only_what_is_locked_of_a_folder_makes_a_lock_stale(
    project: Sandbox, change: Callable[[], dict[str, str]], says: str
) -> None:
    folder = write_tree(project.root / "a", tiny_tree("a"))
    sources(project, a='{path = "a"}')
    project.detent("lock").ok()

    write_tree(folder, change())

    done = project.detent("lock", "--check")
    assert (done.code, says in done.err) == (1 if says else 0, True)


@pytest.mark.parametrize("said_by", ["the rule", "the folder"])
def test_a_folder_that_is_no_package_brings_what_it_needs_and_is_never_built(
    project: Sandbox, index: IndexServer, said_by: str
) -> None:
    publish(index, wheel("b"))
    tables = "" if said_by == "the rule" else "[tool.detent]\npackage = false\n"
    write_tree(project.root / "a", tiny_tree("a", requires=["b"], tables=tables))
    sources(project, a='{path = "a", package = false}' if said_by == "the rule" else '{path = "a"}')

    project.detent("sync").ok()

    assert project.installed() == {"b": "1.0"}
    assert calls(project) == []
    assert "package = false" in project.read("pylock.toml")
    project.detent("sync", "--locked").ok()
    project.detent("sync", "--frozen", "--no-build").ok()


def test_folders_lead_to_each_other(project: Sandbox) -> None:
    tables = '[tool.detent.sources]\nb = {path = "../b"}\n'
    write_tree(project.root / "libs/a", tiny_tree("a", requires=["b"], tables=tables))
    write_tree(project.root / "libs/b", tiny_tree("b", "3.0"))
    sources(project, a='{path = "libs/a"}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0", "b": "3.0"}
    assert 'path = "libs/b"' in project.read("pylock.toml")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nowhere", "source-unusable"),
        ("notes.txt", "source-unusable"),
        ("b-1.0-py3-none-any.whl", "source-mismatch"),
    ],
)
def test_what_is_no_package_is_one_clear_error(project: Sandbox, path: str, code: str) -> None:
    project.write("notes.txt", "")
    project.write("b-1.0-py3-none-any.whl", "")
    sources(project, a=f'{{path = "{path}"}}')

    done = project.detent("lock")

    assert done.code == 1
    assert f"[{code}]" in done.err
    assert done.err.count("error:") == 1
