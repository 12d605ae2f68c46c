"""Packages from git: found, locked by their commit, fetched and built once, followed, refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import tiny_tree, write_tree
from support.called_hooks import calls, listed_calls
from support.cli import Sandbox, publish, run
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A project whose builds leave a list of what was called; afterwards no scratch is left of any."""
    with listed_calls(sandbox) as listed:
        yield listed


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "upstream")


def source(project: Sandbox, name: str, table: str, *more: str) -> None:
    """Make the project depend on a package that comes from where the table says."""
    lines = "\n".join((f"{name} = {table}", *more))
    project.manifest(name, tail=f"\n[tool.detent.sources]\n{lines}\n")


def locked(project: Sandbox, name: str = "a") -> str:
    """The commit that the lock has."""
    line = next(line for line in project.read("pylock.toml").splitlines() if line.startswith("vcs ="))
    return line.partition('commit-id = "')[2].partition('"')[0]


def direct_url(project: Sandbox, name: str) -> dict[str, object]:
    (path,) = project.root.glob(f".venv/lib/python*/site-packages/{name}-*/direct_url.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


# ---- what is locked --------------------------------------------------------------------------


def test_a_package_from_git_is_locked_by_its_commit_and_built_once(
    project: Sandbox, index: IndexServer, upstream: Repository
) -> None:
    publish(index, wheel("b"))
    commit = upstream.commit(tiny_tree(requires=["b"]), tag="v1")
    source(project, "a", f'{{git = "{upstream.url}", tag = "v1"}}')

    project.detent("lock").ok()
    assert calls(project) == []
    assert locked(project) == commit

    done = project.detent("sync").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "build_wheel"]
    assert f" + a==1.0 (from git+{upstream.url}@{commit})" in done.err
    assert "note: installed without a hash: `a` (held to its commit)" in done.err
    assert direct_url(project, "a") == {
        "url": upstream.url,
        "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": commit},
    }

    upstream.folder.rename(upstream.folder.with_name("gone"))
    assert "without a hash" not in project.detent("sync", "--locked").ok().err
    project.detent("lock", "--check").ok()
    beside = project.root.parent / "beside"
    project.root.rename(beside)
    again = Sandbox(root=beside, cache=project.cache, index_url=index.url, variables=project.variables)
    run(["rm", "-rf", ".venv"], cwd=beside, env=project.variables).ok()
    again.detent("sync", "--frozen", "--offline").ok()
    assert again.installed() == {"a": "1.0", "b": "1.0"}
    assert calls(project) == []


def test_a_branch_stays_where_it_was_locked_until_it_is_upgraded(
    project: Sandbox, index: IndexServer, upstream: Repository
) -> None:
    first = upstream.commit(tiny_tree(version="1.0"))
    source(project, "a", f'{{git = "{upstream.url}", branch = "main"}}')
    project.detent("sync").ok()
    second = upstream.commit(tiny_tree(version="2.0"))

    publish(index, wheel("b"))
    project.manifest(
        "a", "b", tail=f'\n[tool.detent.sources]\na = {{git = "{upstream.url}", branch = "main"}}\n'
    )
    project.detent("lock").ok()
    assert locked(project) == first
    project.detent("sync", "--upgrade-package", "a").ok()
    assert (locked(project), project.installed()) == (second, {"a": "2.0", "b": "1.0"})


def test_the_default_branch_a_revision_and_another_kind_of_revision_are_told_apart(
    project: Sandbox, upstream: Repository
) -> None:
    first = upstream.commit(tiny_tree(version="1.0"), tag="v1")
    second = upstream.commit(tiny_tree(version="2.0"))
    for table, expected in (
        (f'{{git = "{upstream.url}"}}', second),
        (f'{{git = "{upstream.url}", rev = "v1"}}', first),
        (f'{{git = "{upstream.url}", rev = "{first}"}}', first),
        (f'{{git = "{upstream.url}", rev = "{second[:9]}"}}', second),
        (f'{{git = "{upstream.url}", rev = "refs/tags/v1"}}', first),
    ):
        source(project, "a", table)
        project.detent("lock").ok()
        assert locked(project) == expected, table


def test_several_repositories_are_fetched_side_by_side_and_each_tells_its_own_fault(
    project: Sandbox, tmp_path: Path
) -> None:
    names = ("a", "b", "c", "d", "e")
    commits = {}
    for name in names:
        repository = Repository(tmp_path / name)
        commits[name] = repository.commit(tiny_tree(name))
    lines = "\n".join(f'{name} = {{git = "{(tmp_path / name).as_uri()}"}}' for name in names)
    project.manifest(*names, tail=f"\n[tool.detent.sources]\n{lines}\n")

    project.detent("lock").ok()
    text = project.read("pylock.toml")
    assert all(commit in text for commit in commits.values())

    project.manifest(*names, tail=f"\n[tool.detent.sources]\n{lines}\n".replace('"}', '", tag = "no"}'))
    done = project.detent("lock")
    assert done.code == 1
    assert done.err.count("[revision-missing]") == len(names)


def test_what_is_dynamic_is_asked_of_the_back_end_once(project: Sandbox, upstream: Repository) -> None:
    files = tiny_tree()
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        "\ndependencies", '\ndynamic = ["optional-dependencies"]\ndependencies'
    )
    upstream.commit(files)
    source(project, "a", f'{{git = "{upstream.url}"}}')

    project.detent("lock").ok()
    assert calls(project) == ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]
    project.detent("lock", "--upgrade").ok()
    assert calls(project) == []
    assert 'metadata = "built"' in project.read("pylock.toml")


def test_a_build_may_be_forbidden(project: Sandbox, upstream: Repository) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("lock", "--no-build").ok()

    done = project.detent("sync", "--no-build")
    assert (done.code, calls(project)) == (1, [])
    assert "would have to be built" in done.err
    assert "[build-forbidden]" in done.err


def test_undo_brings_back_a_package_from_git(project: Sandbox, upstream: Repository) -> None:
    first = upstream.commit(tiny_tree(version="1.0"))
    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("sync").ok()
    upstream.commit(tiny_tree(version="2.0"))
    project.detent("sync", "--upgrade").ok()
    assert project.installed() == {"a": "2.0"}
    run(["rm", "-rf", "wheels-v2/unpacked"], cwd=project.cache, env=project.variables).ok()

    project.detent("undo").ok()

    assert (locked(project), project.installed()) == (first, {"a": "1.0"})
    assert direct_url(project, "a")["vcs_info"] == {"vcs": "git", "commit_id": first}


def test_a_package_is_built_with_settings_of_the_user_and_again_with_others(
    project: Sandbox, upstream: Repository
) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("sync", "-C", "x=1").ok()
    assert calls(project)[-1].startswith("build_wheel")
    project.detent("sync", "-C", "x=1").ok()
    assert calls(project) == []
    project.detent("sync", "-C", "x=2").ok()
    assert calls(project)[-1].startswith("build_wheel")


# ---- what is in a repository -----------------------------------------------------------------


def test_packages_in_folders_of_one_repository_lead_to_each_other(
    project: Sandbox, upstream: Repository
) -> None:
    tables = '[tool.detent.sources]\nb = {path = "../b"}\n'
    a = {f"libs/a/{k}": v for k, v in tiny_tree("a", requires=["b"], tables=tables).items()}
    b = {f"libs/b/{k}": v for k, v in tiny_tree("b", "3.0").items()}
    commit = upstream.commit({**a, **b})
    source(project, "a", f'{{git = "{upstream.url}", subdirectory = "libs/a"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0", "b": "3.0"}
    assert direct_url(project, "b") == {
        "url": upstream.url,
        "subdirectory": "libs/b",
        "vcs_info": {"vcs": "git", "commit_id": commit},
    }


def test_members_of_a_workspace_in_a_repository_find_each_other(
    project: Sandbox, upstream: Repository
) -> None:
    tables = "[tool.uv.sources]\nb = {workspace = true}\n"
    a = {f"libs/a/{k}": v for k, v in tiny_tree("a", requires=["b"], tables=tables).items()}
    b = {f"libs/b/{k}": v for k, v in tiny_tree("b", "3.0").items()}
    upstream.commit({**a, **b, "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n'})
    source(project, "a", f'{{git = "{upstream.url}", subdirectory = "libs/a"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0", "b": "3.0"}


def test_a_repository_leads_to_another_one_and_the_project_has_the_last_word(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    other, fork = Repository(tmp_path / "other"), Repository(tmp_path / "fork")
    other.commit(tiny_tree("b", "1.0"))
    fork.commit(tiny_tree("b", "2.0"))
    holder = Repository(tmp_path / "holder")
    holder.commit(tiny_tree("a", requires=[f"b @ git+{holder.url}"]))
    local = write_tree(project.root / "libs/a", tiny_tree("a", requires=[f"b @ git+{other.url}"]))

    source(project, "a", f'{{path = "{local.relative_to(project.root)}"}}')
    project.detent("sync").ok()
    assert project.installed() == {"a": "1.0", "b": "1.0"}

    source(project, "a", '{path = "libs/a"}', f'b = {{git = "{fork.url}"}}')
    project.detent("sync").ok()
    assert project.installed() == {"a": "1.0", "b": "2.0"}


def test_two_dependencies_that_lead_to_different_places_are_refused(project: Sandbox, tmp_path: Path) -> None:
    one, two = Repository(tmp_path / "one"), Repository(tmp_path / "two")
    one.commit(tiny_tree("c", "1.0"))
    two.commit(tiny_tree("c", "2.0"))
    write_tree(project.root / "a", tiny_tree("a", requires=[f"c @ git+{one.url}"]))
    write_tree(project.root / "b", tiny_tree("b", requires=[f"c @ git+{two.url}"]))
    project.manifest("a", "b", tail='\n[tool.detent.sources]\na = {path = "a"}\nb = {path = "b"}\n')

    done = project.detent("lock")

    assert done.code == 1
    assert "error: `c` would have to come from two places [sources-differ]" in done.err
    assert f"git+{one.url}" in done.err
    assert f"git+{two.url}" in done.err
    assert not (project.root / "pylock.toml").exists()


def test_submodules_come_when_they_are_asked_for(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    part = Repository(tmp_path / "part")
    part.commit({"inner.py": "FROM = 'submodule'\n"})
    upstream.write(tiny_tree())
    upstream.git("submodule", "--quiet", "add", part.url, "src/part")
    upstream.commit()

    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("sync").ok()
    assert not list(project.root.glob(".venv/lib/python*/site-packages/part/inner.py"))

    source(project, "a", f'{{git = "{upstream.url}", submodules = true}}')
    project.detent("sync").ok()
    assert list(project.root.glob(".venv/lib/python*/site-packages/part/inner.py"))
    assert "submodules = true" in project.read("pylock.toml")


def test_a_version_from_tags_is_found_out_in_the_build(project: Sandbox, upstream: Repository) -> None:
    more = """
def _stem():
    import subprocess
    found = subprocess.run(["git", "describe", "--tags", "--dirty"], capture_output=True, text=True, check=True)
    return "a-" + found.stdout.strip().removeprefix("v").replace("-", "+", 1).replace("-", ".")
_old_metadata = _metadata
def _metadata():
    return _old_metadata().replace("Version: 1.0", "Version: " + _stem().partition("-")[2])
"""
    files = tiny_tree(more=more)
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'version = "1.0"', 'version = "1.0"\ndynamic = ["scripts"]'
    )
    upstream.commit(files, tag="v7.1")
    source(project, "a", f'{{git = "{upstream.url}"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "7.1"}


# ---- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('tag = "v9"', "does not have the tag `v9` [revision-missing]"),
        ('branch = "v1"', "it has the tag `v1`"),
        ('rev = "cafecafe"', "does not have `cafecafe`"),
        (f'rev = "{"ab" * 20}"', f"does not have the commit `{'ab' * 6}`"),
        ('subdirectory = "libs"', "there is no folder `libs` in it"),
    ],
)
def test_what_is_not_in_a_repository_is_one_clear_error(
    project: Sandbox, upstream: Repository, table: str, says: str
) -> None:
    upstream.commit(tiny_tree(), tag="v1")
    source(project, "a", f'{{git = "{upstream.url}", {table}}}')

    done = project.detent("lock")

    assert done.code == 1
    assert says in done.err
    assert done.err.count("error:") == 1
    assert "Traceback" not in done.err


def test_another_package_than_the_rule_says_is_refused(project: Sandbox, upstream: Repository) -> None:
    upstream.commit(tiny_tree("other"))
    source(project, "a", f'{{git = "{upstream.url}"}}')

    done = project.detent("lock")

    assert done.code == 1
    assert f"error: `git+{upstream.url}` holds `other`, not `a` [source-mismatch]" in done.err


def test_a_host_that_nobody_knows_is_one_clear_error(project: Sandbox) -> None:
    source(project, "a", '{git = "https://nobody.invalid/a.git"}')

    done = project.detent("lock")

    assert done.code == 1
    assert "error: the repository `https://nobody.invalid/a.git` could not be used [git-failed]" in done.err
    assert "its host is not known" in done.err


def test_a_commit_that_is_gone_says_where_its_tag_is_now(project: Sandbox, upstream: Repository) -> None:
    first = upstream.commit(tiny_tree(), tag="v1")
    source(project, "a", f'{{git = "{upstream.url}", tag = "v1"}}')
    project.detent("lock").ok()
    upstream.git("checkout", "--quiet", "--orphan", "anew")
    second = upstream.commit(tiny_tree(version="2.0"))
    upstream.git("tag", "--force", "v1")
    upstream.git("branch", "--delete", "--force", "main")
    upstream.git("reflog", "expire", "--expire=now", "--all")
    upstream.git("gc", "--quiet", "--prune=now")
    run(["rm", "-rf", "git-v1"], cwd=project.cache, env=project.variables).ok()

    done = project.detent("sync")
    assert done.code == 1
    assert f"does not have the commit `{first[:12]}` [revision-missing]" in done.err
    assert f"the tag `v1` stands at `{second[:12]}` now" in done.err

    done = project.detent("lock", "--upgrade-package", "a").ok()
    assert f"the tag `v1` of `{upstream.url}` has moved" in done.err
    assert locked(project) == second


def test_offline_what_is_here_is_used_and_nothing_else_is_asked_for(
    project: Sandbox, upstream: Repository
) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}"}}')
    done = project.detent("lock", "--offline")
    assert done.code == 1
    assert "[offline-miss]" in done.err

    project.detent("lock").ok()
    first = locked(project)
    upstream.commit(tiny_tree(version="2.0"))
    (project.root / "pylock.toml").unlink()
    project.detent("lock", "--offline").ok()
    assert locked(project) == first
    project.detent("sync", "--offline").ok()


def test_a_damaged_repository_in_the_cache_is_fetched_anew(project: Sandbox, upstream: Repository) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("lock").ok()
    second = upstream.commit(tiny_tree(version="2.0"))
    (database,) = (project.cache / "git-v1" / "db").iterdir()
    for path in database.glob("objects/pack/*"):
        path.chmod(0o644)
        path.write_bytes(b"rotten")

    project.detent("sync", "--upgrade").ok()

    assert (locked(project), project.installed()) == (second, {"a": "2.0"})


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_a_tree_in_the_cache_that_somebody_changed_is_not_built(
    project: Sandbox, upstream: Repository, change: str
) -> None:
    upstream.commit(
        {**tiny_tree(), ".gitignore": "*.cfg\n", "text": "a\r\n", ".gitattributes": "* text=auto\n"}
    )
    source(project, "a", f'{{git = "{upstream.url}"}}')
    project.detent("lock").ok()
    (tree,) = (project.cache / "git-v1/checkouts").glob("*/*")
    match change:
        case "edited":
            (tree / "src/a/__init__.py").write_text("evil = True\n")
        case "added":
            (tree / "src/evil.cfg").write_text("")
        case _:
            (tree / "src/a/__init__.py").unlink()

    project.detent("sync").ok()

    (packages,) = project.root.glob(".venv/lib/python*/site-packages")
    assert (packages / "a/__init__.py").read_text() == '__version__ = "1.0"\n'
    assert not (packages / "evil.cfg").exists()


def test_locks_that_git_left_when_it_was_killed_are_no_hindrance(
    project: Sandbox, upstream: Repository
) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}", branch = "main"}}')
    project.detent("lock").ok()
    second = upstream.commit(tiny_tree(version="2.0"))
    (database,) = (project.cache / "git-v1" / "db").iterdir()
    for name in ("refs/heads/main.lock", "packed-refs.lock", "HEAD.lock"):
        (database / name).touch()

    project.detent("sync", "--upgrade").ok()

    assert locked(project) == second


# ---- side by side ----------------------------------------------------------------------------


def test_eight_processes_fetch_and_build_once(project: Sandbox, upstream: Repository, tmp_path: Path) -> None:
    upstream.commit(tiny_tree())
    source(project, "a", f'{{git = "{upstream.url}"}}')
    counted = tmp_path / "bin" / "git"
    write_tree(tmp_path, {"bin/git": '#!/bin/sh\necho "$*" >> "$GIT_CALLS"\nexec /usr/bin/git "$@"\n'})
    counted.chmod(0o755)
    variables = project.variables | {
        "PATH": f"{counted.parent}:{project.variables['PATH']}",
        "GIT_CALLS": str(tmp_path / "git-calls"),
    }
    projects = []
    for number in range(8):
        root = tmp_path / f"p{number}"
        root.mkdir()
        (root / "pyproject.toml").write_text(project.read("pyproject.toml"))
        projects.append(
            Sandbox(root=root, cache=project.cache, index_url=project.index_url, variables=variables)
        )

    running = [each.start("sync", listen=True) for each in projects]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()

    words = (tmp_path / "git-calls").read_text().splitlines()
    assert sum(" fetch " in line for line in words) == 1
    assert sum(" clone " in line for line in words) == 1
    assert calls(project).count("build_wheel") == 1
    assert {each.installed()["a"] for each in projects} == {"1.0"}


# ---- locks of others -------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["pip", "uv", "pdm"])
def test_a_lock_that_another_tool_wrote_is_installed(project: Sandbox, upstream: Repository, by: str) -> None:
    commit = upstream.commit({f"sub/{name}": text for name, text in tiny_tree().items()})
    revision = {"pip": "", "uv": 'requested-revision = "main", ', "pdm": 'requested-revision = "main", '}[by]
    project.manifest()
    project.write(
        "pylock.toml",
        f'lock-version = "1.0"\ncreated-by = "{by}"\n\n[[packages]]\nname = "a"\n'
        f'vcs = {{type = "git", url = "{upstream.url}", {revision}commit-id = "{commit}", subdirectory = "sub"}}\n',
    )

    project.detent("sync", "--frozen").ok()

    assert project.installed() == {"a": "1.0"}


@pytest.mark.parametrize(
    ("vcs", "says"),
    [
        (
            'type = "hg", url = "https://x.example/a", commit-id = "{commit}"',
            "of version control only git is known",
        ),
        ('type = "git", url = "{url}", commit-id = "main"', "is not a commit: `main`"),
        ('type = "git", url = "--upload-pack=touch x", commit-id = "{commit}"', "names no place"),
        ('type = "git", url = "ext::sh -c touch x", commit-id = "{commit}"', "cannot come from"),
        (
            'type = "git", url = "{url}", commit-id = "{commit}", subdirectory = "../x"',
            "leads out of its tree",
        ),
    ],
)
def test_an_entry_that_git_could_not_be_given_is_refused(
    project: Sandbox, upstream: Repository, vcs: str, says: str
) -> None:
    commit = upstream.commit(tiny_tree())
    row = vcs.format(url=upstream.url, commit=commit)
    project.manifest()
    text = f'lock-version = "1.0"\ncreated-by = "x"\n\n[[packages]]\nname = "a"\nvcs = {{{row}}}\n'
    project.write("pylock.toml", text)

    done = project.detent("sync", "--frozen")

    assert done.code == 2
    assert says in done.err
    assert sorted(path.name for path in project.root.iterdir()) == ["pylock.toml", "pyproject.toml"]
