"""A lock, or an index, that says something else of a package than it says itself: nothing is installed of it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import tiny_sdist, tiny_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.variables["TINY_CALLS"] = str(sandbox.root.parent / "calls")
    yield sandbox
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "upstream")


def edit(project: Sandbox, old: str, new: str) -> None:
    """Edit the lock as somebody does who wants more than he says."""
    text = project.read("pylock.toml")
    assert old in text
    project.write("pylock.toml", text.replace(old, new))


def from_git(project: Sandbox, upstream: Repository, name: str = "a") -> None:
    project.manifest(name, tail=f'\n[tool.detent.sources]\n{name} = {{git = "{upstream.url}"}}\n')


def elsewhere(project: Sandbox) -> dict[str, str]:
    """A machine that never saw any of it."""
    return {"DETENT_CACHE_DIR": str(project.root.parent / "other cache")}


def refused(project: Sandbox, *words: str, fresh: bool = True) -> str:
    """Sync twice and give why that was refused; nothing was installed and no back end started."""
    calls = project.root.parent / "calls"
    calls.unlink(missing_ok=True)
    told = []
    for _ in range(2):
        done = project.detent("sync", *words, env=elsewhere(project) if fresh else None)
        assert done.code == 1, done
        assert "[entry-mismatch]" in done.err
        assert not project.installed()
        assert not calls.exists()
        told.append(done.err.partition("why: ")[2].partition("\n")[0])
    assert told[0] == told[1]
    return told[0]


# ---- repositories ----------------------------------------------------------------------------


@pytest.mark.parametrize("is_fresh", [True, False])
def test_an_entry_led_to_another_commit_is_refused_before_it_is_built(
    project: Sandbox, upstream: Repository, *, is_fresh: bool
) -> None:
    good = upstream.commit(tiny_tree())
    from_git(project, upstream)
    project.detent("sync").ok()
    other = upstream.commit(tiny_tree(version="6.6.6"))
    edit(project, good, other)
    shutil.rmtree(project.root / ".venv")

    told = refused(project, fresh=is_fresh)

    assert told.endswith("is 6.6.6, and its entry is of 1.0")
    assert f"`git+{upstream.url}` at `{other[:12]}`" in told


def test_an_entry_led_to_another_package_is_refused(project: Sandbox, upstream: Repository) -> None:
    other = upstream.commit(tiny_tree("b"))
    good = upstream.commit(tiny_tree("a"))
    from_git(project, upstream)
    project.detent("lock").ok()
    edit(project, good, other)

    assert refused(project).endswith("is `b`")


def test_requirements_that_a_commit_does_not_have_are_refused_and_nothing_they_lead_to_is_run(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    evil = Repository(tmp_path / "evil")
    commit = evil.commit(tiny_tree("evil"))
    upstream.commit(tiny_tree(requires=["b"]))
    b = Repository(tmp_path / "b")
    b.commit(tiny_tree("b"))
    project.manifest(
        "a", tail=f'\n[tool.detent.sources]\na = {{git = "{upstream.url}"}}\nb = {{git = "{b.url}"}}\n'
    )
    project.detent("lock").ok()
    lock = project.read("pylock.toml")
    edit(project, b.url, evil.url)
    text = project.read("pylock.toml").replace(b.git("rev-parse", "HEAD"), commit)
    text = re.sub(r'\bname = "b"', 'name = "evil"', text)
    text = text.replace('requires = [\n    "b",\n]', f'requires = ["evil @ git+{evil.url}"]')
    text = re.sub(r"^b = .*\n", "", text, flags=re.MULTILINE)
    project.write("pylock.toml", text)
    project.manifest("a", tail=f'\n[tool.detent.sources]\na = {{git = "{upstream.url}"}}\n')
    project.detent("lock", "--check").ok()  # for whoever does not look, it could be so
    assert text != lock

    told = refused(project)

    assert f"does not ask for `evil @ git+{evil.url}`, which its entry does" in told


def test_a_dependency_of_a_repository_is_not_led_to_another_place_than_it_says(
    project: Sandbox, upstream: Repository
) -> None:
    upstream.commit({f"evil/{name}": text for name, text in tiny_tree("b").items()})
    upstream.commit({f"b/{name}": text for name, text in tiny_tree("b").items()})
    upstream.commit(tiny_tree(requires=["b"], tables='[tool.detent.sources]\nb = {path = "b"}\n'))
    other = Repository(upstream.folder.parent / "other")
    other.commit(tiny_tree("b"))
    from_git(project, upstream)
    project.detent("lock").ok()
    text = project.read("pylock.toml").replace(f"git+{upstream.url}#subdirectory=b", f"git+{other.url}")
    row = f'vcs = {{type = "git", url = "{other.url}", commit-id = "{other.git("rev-parse", "HEAD")}"}}'
    project.write("pylock.toml", re.sub(r"^vcs = .*subdirectory.*$", row, text, flags=re.MULTILINE))
    project.detent("lock", "--check").ok()

    assert f"does not ask for `b @ git+{other.url}`, which its entry does" in refused(project)


@pytest.mark.parametrize(
    "tables",
    [
        'b = {path = "../b"}',
        'b = {path = "../b", editable = true}',
        'b = {git = "URL", subdirectory = "b"}',
        'b = {git = "URL", subdirectory = "b", marker = "sys_platform != \'other\'"}',
    ],
)
def test_what_repositories_say_of_their_dependencies_is_what_the_lock_says(
    project: Sandbox, upstream: Repository, tables: str
) -> None:
    a = tiny_tree(
        requires=["b>=0.5", "c[x] ; sys_platform == 'other'"],
        extras={"more": ["b[x]"]},
        tables=f"[tool.detent.sources]\n{tables.replace('URL', upstream.url)}\n",
    )
    files = {f"a/{name}": text for name, text in a.items()}
    files |= {f"b/{name}": text for name, text in tiny_tree("b", extras={"x": []}).items()}
    upstream.commit(files)
    project.manifest(
        "a[more]",
        tail=f"""
[tool.detent]
environments = ["sys_platform == 'linux'"]
[tool.detent.sources]
a = {{git = "{upstream.url}", subdirectory = "a"}}
""",
    )
    project.detent("lock").ok()

    project.detent("sync", env=elsewhere(project)).ok()

    assert project.installed() == {"a": "1.0", "b": "1.0"}


def test_rules_of_the_project_are_no_difference(
    project: Sandbox, upstream: Repository, index: IndexServer
) -> None:
    publish(index, wheel("c", "2.0"), wheel("d", requires=["gone", "c<2"]))
    upstream.commit(tiny_tree(requires=["gone", "c<2"]))
    project.manifest(
        "a",
        "d",
        tail=f"""
[tool.detent]
exclude-dependencies = ["gone"]
override-dependencies = ["c>=2"]
[tool.detent.sources]
a = {{git = "{upstream.url}"}}
""",
    )
    project.detent("lock").ok()

    project.detent("sync", env=elsewhere(project)).ok()

    assert project.installed() == {"a": "1.0", "c": "2.0", "d": "1.0"}


# ---- files -----------------------------------------------------------------------------------


def test_a_wheel_that_asks_for_more_than_its_index_said_is_refused(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b"), wheel("more"))
    made = wheel("a", requires=["b", "more"])
    said = made.metadata.replace(b"Requires-Dist: more\n", b"")
    index.add(made.filename, made.data)
    index.files[made.filename].metadata = said
    project.manifest("a")
    project.detent("lock").ok()

    assert refused(project).endswith("`a-1.0-py3-none-any.whl` asks for `more`, which its entry does not")

    project.manifest("a", tail='\n[[tool.detent.dependency-metadata]]\nname = "a"\nrequires-dist = ["b"]\n')
    project.detent("sync", env=elsewhere(project)).ok()
    assert project.installed() == {"a": "1.0", "b": "1.0"}


def test_an_entry_that_leaves_out_what_its_wheel_asks_for_is_refused(
    project: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a", requires=["b"]), wheel("b"))
    project.manifest("a", "b")
    project.detent("lock").ok()
    edit(project, '\n[packages.tool.detent]\nrequires = [\n    "b",\n]\n', "")
    edit(project, 'dependencies = [\n    {name = "b"},\n]\n', "")

    assert "asks for `b`, which its entry does not" in refused(project)


def test_what_wheels_of_one_release_ask_for_elsewhere_is_no_difference_here(
    project: Sandbox, index: IndexServer
) -> None:
    made = wheel("a", requires=["b", "other ; sys_platform == 'other'"])
    said = made.metadata.replace(b"Requires-Dist: b\n", b"Requires-Dist: b ; sys_platform == 'linux'\n")
    said = said.replace(b"other ; sys_platform == 'other'", b"third ; sys_platform == 'third'")
    publish(index, wheel("b"), wheel("third"))
    index.add(made.filename, made.data)
    index.files[made.filename].metadata = said
    project.manifest("a")
    project.detent("lock").ok()

    project.detent("sync", env=elsewhere(project)).ok()


def test_a_lock_of_another_tool_says_nothing_of_requirements(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a", requires=["b"]), wheel("b"))
    project.manifest("a")
    project.detent("lock").ok()
    edit(project, '\n[packages.tool.detent]\nrequires = [\n    "b",\n]\n', "")
    edit(project, 'dependencies = [\n    {name = "b"},\n]\n', "")
    text = project.read("pylock.toml")
    start, end = text.index("[tool.detent]"), text.index("[[packages]]")
    project.write("pylock.toml", text[:start] + text[end:])

    project.detent("sync", "--frozen", env=elsewhere(project)).ok()

    assert project.installed() == {"a": "1.0", "b": "1.0"}


# ---- source distributions --------------------------------------------------------------------


def asks_for_evil(project: Sandbox) -> None:
    """Let the one entry that asks for `b` ask for another package, which the project has besides."""
    edit(project, '\nrequires = [\n    "b",\n]\n', '\nrequires = [\n    "evil",\n]\n')
    edit(
        project, '\ndependencies = [\n    {name = "b"},\n]\n', '\ndependencies = [\n    {name = "evil"},\n]\n'
    )


@pytest.mark.parametrize("is_fresh", [True, False])
def test_an_archive_whose_entry_asks_for_something_else_is_refused_before_it_is_built(
    project: Sandbox, index: IndexServer, *, is_fresh: bool
) -> None:
    publish(index, wheel("b"), wheel("evil"))
    made = tiny_sdist(requires=["b"])
    index.add(made.filename, made.data)
    project.manifest(f"a @ {index.origin}/files/a/{made.filename}", "b", "evil")
    project.detent("sync").ok()
    asks_for_evil(project)
    shutil.rmtree(project.root / ".venv")

    told = refused(project, fresh=is_fresh)

    differences = "asks for `b`, which its entry does not; does not ask for `evil`, which its entry does"
    assert told == f"`{made.filename}` {differences}"


def test_what_a_commit_says_for_good_is_compared_where_its_version_is_open(
    project: Sandbox, upstream: Repository, index: IndexServer
) -> None:
    publish(index, wheel("b"), wheel("evil"))
    tree = tiny_tree(requires=["b"])
    tree["pyproject.toml"] = tree["pyproject.toml"].replace('version = "1.0"', 'dynamic = ["version"]')
    tree["backend/tiny.py"] = tree["backend/tiny.py"].replace('["version"]', '.get("version", "1.0")')
    upstream.commit(tree)
    project.manifest("a", "b", "evil", tail=f'\n[tool.detent.sources]\na = {{git = "{upstream.url}"}}\n')
    project.detent("lock").ok()
    asks_for_evil(project)

    assert "asks for `b`, which its entry does not" in refused(project)
