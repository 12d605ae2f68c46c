"""The project itself in its environment: a link to the code, a wheel of it, or not at all."""

import json
import shutil
from collections.abc import Iterator, Mapping
from hashlib import sha256

import pytest

from support.backends import repacked_installed, sdist_of, tiny_tree, write_tree
from support.called_hooks import calls, listed_calls
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel
from support.whole import environment_faults

EDITABLE = ["build_editable"]
WHEEL = ["get_requires_for_build_wheel", "build_wheel"]
FAILS = "\ndef build_editable(*_):\n    raise SystemExit('no compiler here')\n"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Iterator[Sandbox]:
    """A project with a command, a dependency and a group, built by a back end of its own.

    Its builds leave a list of what was called; afterwards no scratch is left of any.
    """
    publish(index, wheel("b"), wheel("c"))
    write_project(sandbox)
    with listed_calls(sandbox) as listed:
        yield listed


def write_project(sandbox: Sandbox) -> None:
    tree = tiny_tree(
        "demo",
        "0.1.0",
        requires=["b"],
        scripts={"demo": "demo:main"},
        files={"demo/__init__.py": says("one")},
        tables='[dependency-groups]\ndev = ["c"]\n',
    )
    write_tree(sandbox.root, tree)
    edit(sandbox, 'version = "0.1.0"', 'version = "0.1.0"\nrequires-python = ">=3.11"')


def says(text: str) -> str:
    return f"def main():\n    print('{text}')\n"


def edit(project: Sandbox, before: str, after: str, name: str = "pyproject.toml") -> None:
    text = project.read(name)
    assert text.count(before) == 1
    project.write(name, text.replace(before, after))


def about(project: Sandbox, file: str, name: str = "demo") -> str:
    """A file of the dist-info of what is installed."""
    (folder,) = project.root.glob(f".venv/lib/python*/site-packages/{name}-*.dist-info")
    return (folder / file).read_text("utf-8")


def changes(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith((" + ", " - ", " ~ "))]


# ---- as a link to its code -------------------------------------------------------------------


def test_the_project_is_installed_as_a_link_to_its_code_with_its_commands(project: Sandbox) -> None:
    url = project.root.as_uri()

    done = project.detent("sync").ok()

    assert calls(project) == EDITABLE
    assert done.err.startswith(f"   Building demo @ {url}\n      Built demo @ {url}\n")
    assert changes(done.err) == [" + b==1.0", " + c==1.0", f" + demo==0.1.0 (from {url})"]
    assert json.loads(about(project, "direct_url.json")) == {"url": url, "dir_info": {"editable": True}}
    assert about(project, "INSTALLER") == "detent\n"
    assert environment_faults(project.root / ".venv") == []
    assert project.detent("run", "demo").ok().out == "one\n"

    project.write("src/demo/__init__.py", says("another"))

    done = project.detent("run", "demo").ok()
    assert (done.out, done.err) == ("another\n", "")
    assert "Checked 3 packages" in project.detent("sync").ok().err
    assert calls(project) == []


def test_what_no_back_end_reads_is_edited_without_a_build(project: Sandbox) -> None:
    project.detent("sync").ok()
    calls(project)

    edit(project, 'dev = ["c"]', 'dev = ["c>=0.1"]  # a comment')
    project.write("pyproject.toml", project.read("pyproject.toml") + "\n[tool.detent]\nlink-mode = 'copy'\n")
    done = project.detent("sync").ok()

    assert "Checked 3 packages" in done.err
    assert changes(done.err) == []
    assert calls(project) == []


def new_setup(project: Sandbox) -> None:
    project.write("setup.py", "from setuptools import setup\nsetup()\n")


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ('demo = "demo:main"', 'other = "demo:main"', [" ~ demo==0.1.0 (from {url})"]),
        ('version = "0.1.0"', 'version = "0.2.0"', [" - demo==0.1.0", " + demo==0.2.0 (from {url})"]),
        ("", "", [" ~ demo==0.1.0 (from {url})"]),
    ],
)
def test_what_a_back_end_reads_is_edited_and_built_again(
    project: Sandbox, before: str, after: str, lines: list[str]
) -> None:
    project.detent("sync").ok()
    calls(project)

    if before:
        edit(project, before, after)
    else:
        new_setup(project)
    done = project.detent("sync").ok()

    assert changes(done.err) == [line.format(url=project.root.as_uri()) for line in lines]
    assert calls(project) == EDITABLE
    assert environment_faults(project.root / ".venv") == []
    if "other" in after:
        assert project.detent("run", "other").ok().out == "one\n"
        assert not (project.root / ".venv/bin/demo").exists()


def test_other_requirements_are_written_into_the_metadata_without_a_build(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b"), wheel("c"), repacked_installed("flit-core"))
    sandbox.write("demo.py", '"""A demo."""\n__version__ = "0.1"\n' + says("one"))
    sandbox.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["flit-core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "demo"\nrequires-python = ">=3.11"\ndynamic = ["version", "description"]\n'
        'dependencies = ["b"]\nscripts = {demo = "demo:main"}\n',
    )
    first = sandbox.detent("sync").ok()
    assert " + demo==0.1 (from file://" in first.err

    edit(
        sandbox,
        'dependencies = ["b"]',
        'dependencies = ["c; python_version > \'3\'"]\noptional-dependencies = {x = ["b"]}',
    )
    done = sandbox.detent("sync").ok()

    assert "Building" not in done.err
    assert changes(done.err) == [" - b==1.0", " + c==1.0", f" ~ demo==0.1 (from {sandbox.root.as_uri()})"]
    metadata = about(sandbox, "METADATA").splitlines()
    assert [line for line in metadata if line.startswith(("Requires-Dist", "Provides"))] == [
        "Requires-Dist: c; python_version > '3'",
        'Requires-Dist: b; extra == "x"',
        "Provides-Extra: x",
    ]
    assert "Summary: A demo." in metadata
    assert environment_faults(sandbox.root / ".venv") == []
    assert sandbox.detent("run", "demo").ok().out == "one\n"

    edit(sandbox, '__version__ = "0.1"', '__version__ = "0.2"', "demo.py")
    done = sandbox.detent("sync").ok()

    assert changes(done.err) == [" - demo==0.1", f" + demo==0.2 (from {sandbox.root.as_uri()})"]


def test_a_wheel_that_somebody_edited_in_the_cache_is_not_rewritten_but_built_again(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b"), repacked_installed("flit-core"))
    sandbox.write("demo.py", "")
    sandbox.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["flit-core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "demo"\nversion = "0.1"\ndescription = "x"\nrequires-python = ">=3.11"\n'
        "dependencies = []\n",
    )
    sandbox.detent("sync").ok()
    (metadata,) = sandbox.cache.glob("wheels-v2/unpacked/*/*/files/demo-0.1.dist-info/METADATA")
    metadata.chmod(0o644)
    metadata.write_text("Name: evil\n")

    edit(sandbox, "dependencies = []", 'dependencies = ["b"]')
    done = sandbox.detent("sync").ok()

    assert "Building demo" in done.err
    assert "Requires-Dist: b" in about(sandbox, "METADATA")
    assert environment_faults(sandbox.root / ".venv") == []


def test_requirements_that_the_back_end_reads_from_a_file_are_locked(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b"), wheel("c"), repacked_installed("setuptools"))
    sandbox.write("requirements.txt", "b\n")
    sandbox.write("demo.py", "")
    sandbox.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["setuptools"]\n'
        '[project]\nname = "demo"\nversion = "0.1"\nrequires-python = ">=3.11"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools]\npy-modules = ["demo"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = "requirements.txt"}\n',
    )

    sandbox.detent("sync").ok()
    assert sandbox.installed() == {"b": "1.0", "demo": "0.1"}
    assert "Building" not in sandbox.detent("sync", "--locked").ok().err

    sandbox.write("requirements.txt", "b\nc\n")
    assert sandbox.detent("sync", "--frozen", "--no-install-project").ok().err.count("Building") == 0
    stale = sandbox.detent("lock", "--check")
    assert stale.code == 1
    assert "`c` was added" in stale.err
    done = sandbox.detent("sync").ok()
    assert "Building" not in done.err  # the check had to already
    assert sandbox.installed() == {"b": "1.0", "c": "1.0", "demo": "0.1"}


def test_a_project_that_says_no_more_than_that_it_is_a_package_is_built_by_setuptools(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, repacked_installed("setuptools"))
    sandbox.manifest(tail="[tool.detent]\npackage = true\n")
    sandbox.write("demo.py", says("one"))

    sandbox.detent("sync").ok()

    assert sandbox.installed() == {"demo": "0.1.0"}
    assert sandbox.python("-c", "import demo; demo.main()").out == "one\n"
    assert "Checked 1 package" in sandbox.detent("sync").ok().err


# ---- as a wheel, or not at all ---------------------------------------------------------------


def test_without_a_link_the_code_itself_is_installed_and_built_again_when_it_changes(
    project: Sandbox,
) -> None:
    url = project.root.as_uri()
    project.detent("sync", "--no-editable").ok()

    assert calls(project) == WHEEL
    assert json.loads(about(project, "direct_url.json")) == {"url": url, "dir_info": {}}
    (installed,) = project.root.glob(".venv/lib/python*/site-packages/demo/__init__.py")
    assert installed.read_text() == says("one")
    assert "Checked 3 packages" in project.detent("sync", "--no-editable").ok().err
    assert calls(project) == []

    project.write("src/demo/__init__.py", says("two"))
    done = project.detent("sync", "--no-editable").ok()

    assert calls(project) == WHEEL
    assert changes(done.err) == [f" ~ demo==0.1.0 (from {url})"]
    assert installed.read_text() == says("two")

    project.detent("add", "c").ok()  # what it keeps beside the files for a while is no part of the project
    assert "Checked 3 packages" in project.detent("sync", "--no-editable").ok().err


def test_a_link_and_a_wheel_take_each_others_place(project: Sandbox) -> None:
    for flags, is_editable in (([], True), (["--no-editable"], False), ([], True)):
        done = project.detent("sync", *flags).ok()

        assert changes(done.err)[-1].endswith(f" demo==0.1.0 (from {project.root.as_uri()})")
        info = json.loads(about(project, "direct_url.json"))["dir_info"]
        assert info == ({"editable": True} if is_editable else {})
        assert environment_faults(project.root / ".venv") == []
        assert project.detent("run", "demo").ok().out == "one\n"
    assert calls(project) == [*EDITABLE, *WHEEL]  # the link was still in the cache


def test_the_project_can_be_left_out_and_come_back(project: Sandbox) -> None:
    project.detent("sync", "--no-install-project").ok()
    assert project.installed() == {"b": "1.0", "c": "1.0"}
    assert calls(project) == []

    project.detent("sync").ok()
    assert calls(project) == EDITABLE

    done = project.detent("sync", "--no-install-project").ok()
    assert changes(done.err) == [" - demo==0.1.0"]
    assert not (project.root / ".venv/bin/demo").exists()

    project.detent("sync").ok()
    assert calls(project) == []


def test_a_project_that_is_no_package_is_not_built(project: Sandbox) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + "\n[tool.detent]\npackage = false\n")

    project.detent("sync").ok()

    assert project.installed() == {"b": "1.0", "c": "1.0"}
    assert calls(project) == []


def test_groups_alone_bring_no_project(project: Sandbox) -> None:
    project.detent("sync", "--only-group", "dev").ok()

    assert project.installed() == {"c": "1.0"}
    assert calls(project) == []


def test_an_image_is_filled_in_two_steps(project: Sandbox) -> None:
    """First what is in the lock, with nothing there but the two files; then the project over it."""
    project.detent("lock").ok()
    kept = project.root.parent / "kept"
    shutil.copytree(project.root, kept)
    for name in ("src", "backend"):
        shutil.rmtree(project.root / name)

    project.detent("sync", "--frozen", "--no-install-project").ok()
    assert project.installed() == {"b": "1.0", "c": "1.0"}
    project.detent("sync", "--locked", "--no-install-project").ok()
    assert calls(project) == []

    shutil.copytree(kept, project.root, dirs_exist_ok=True)
    done = project.detent("sync", "--locked").ok()

    assert changes(done.err) == [f" + demo==0.1.0 (from {project.root.as_uri()})"]
    assert project.detent("run", "demo").ok().out == "one\n"


# ---- what fails leaves things as they were ---------------------------------------------------


@pytest.mark.parametrize("words", [("add", "c"), ("remove", "b")])
def test_an_edit_is_taken_back_when_the_project_cannot_be_built(
    project: Sandbox, words: tuple[str, ...]
) -> None:
    project.detent("sync").ok()
    project.write("backend/tiny.py", project.read("backend/tiny.py") + FAILS)
    before = project.snapshot()

    done = project.detent(*words)

    assert done.code == 1
    assert f"`demo @ {project.root.as_uri()}` could not be built [build-failed]" in done.err
    assert "| no compiler here" in done.err
    assert project.snapshot() == before


def test_a_project_of_another_name_than_the_back_end_makes_is_refused(project: Sandbox) -> None:
    edit(project, 'return "{}-{}".format(', 'return "other-{1}".format(', "backend/tiny.py")

    done = project.detent("sync")

    assert done.code == 1
    assert "its back end made `other-0.1.0-py3-none-any.whl`, which is not `demo` 0.1.0" in done.err
    assert not (project.root / ".venv").exists()


def test_a_project_without_a_usable_build_system_says_where(project: Sandbox) -> None:
    edit(project, 'backend-path = ["backend"]', 'backend-path = ["../outside"]')

    done = project.detent("sync")

    assert done.code == 1
    assert "[build-system-invalid]" in done.err
    assert "pyproject.toml:4" in done.err


@pytest.mark.parametrize("flags", [("--check",), ("--dry-run",)])
def test_who_only_looks_builds_nothing(project: Sandbox, flags: tuple[str, ...]) -> None:
    project.detent("lock").ok()

    done = project.detent("sync", *flags)

    assert done.code == (1 if "--check" in flags else 0)
    assert f" + demo==0.1.0 (from {project.root.as_uri()})" in done.err
    assert calls(project) == []
    assert not (project.root / ".venv").exists()

    project.detent("sync").ok()
    calls(project)
    project.detent("sync", *flags).ok()
    edit(project, 'demo = "demo:main"', 'other = "demo:main"')
    done = project.detent("sync", *flags)

    assert f" ~ demo==0.1.0 (from {project.root.as_uri()})" in done.err
    assert calls(project) == []


# ---- caches, places, others ------------------------------------------------------------------


def test_what_is_installed_needs_no_cache(project: Sandbox) -> None:
    project.detent("sync").ok()
    project.detent("cache", "clean").ok()
    calls(project)

    assert "Checked 3 packages" in project.detent("sync").ok().err
    assert calls(project) == []

    project.detent("sync", "--reinstall-package", "demo").ok()
    assert calls(project) == EDITABLE


def test_a_new_environment_takes_what_was_built_for_the_old_one(project: Sandbox) -> None:
    project.detent("sync").ok()
    shutil.rmtree(project.root / ".venv")
    calls(project)

    project.detent("sync", "--offline").ok()

    assert calls(project) == []
    assert project.detent("run", "demo").ok().out == "one\n"


def test_a_project_may_lie_in_a_folder_of_any_name(project: Sandbox) -> None:
    root = project.root.parent / "mein Größtes 100%20 #1"
    root.mkdir()
    odd = Sandbox(root=root, cache=project.cache, index_url=project.index_url, variables=project.variables)
    write_project(odd)
    url = f"{project.root.parent.as_uri()}/mein%20Gr%C3%B6%C3%9Ftes%20100%2520%20%231"

    for flags in ([], ["--no-editable"]):
        done = odd.detent("sync", *flags).ok()

        assert changes(done.err)[-1].endswith(f" demo==0.1.0 (from {url})")
        assert json.loads(about(odd, "direct_url.json"))["url"] == url
        assert odd.detent("run", "demo").ok().out == "one\n"
        assert "Checked 3 packages" in odd.detent("sync", *flags).ok().err
    assert calls(project) == [*EDITABLE, *WHEEL]


def test_a_project_behind_a_link_is_built_where_it_was_named(project: Sandbox) -> None:
    link = project.root.parent / "link"
    link.symlink_to(project.root)

    project.detent("sync", cwd=link).ok()

    assert project.detent("run", "demo").ok().out == "one\n"
    assert "Checked 3 packages" in project.detent("sync").ok().err
    assert calls(project) == EDITABLE


def test_several_at_once_build_once(project: Sandbox) -> None:
    processes = [project.start("sync") for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]

    assert calls(project) == EDITABLE
    assert project.installed() == {"b": "1.0", "c": "1.0", "demo": "0.1.0"}
    assert environment_faults(project.root / ".venv") == []


# ---- locks of others -------------------------------------------------------------------------


def foreign_lock(project: Sandbox, packages: str) -> None:
    project.manifest()
    project.write("pylock.toml", f'lock-version = "1.0"\ncreated-by = "another tool"\n{packages}')


def below(folder: str, tree: Mapping[str, str]) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in tree.items()}


def test_folders_of_a_foreign_lock_are_built_as_it_says(project: Sandbox) -> None:
    write_tree(project.root / "libs/x y", tiny_tree("x"))
    write_tree(project.root / "mono/lib", tiny_tree("y", "2.0"))
    foreign_lock(
        project,
        '[[packages]]\nname = "x"\nversion = "1.0"\ndirectory = {path = "libs/x y", editable = true}\n'
        '[[packages]]\nname = "y"\ndirectory = {path = "mono", subdirectory = "lib"}\n',
    )

    done = project.detent("sync", "--frozen").ok()

    url = project.root.as_uri()
    assert changes(done.err) == [
        f" + x==1.0 (from {url}/libs/x%20y)",
        f" + y==2.0 (from {url}/mono/lib)",
    ]
    assert sorted(calls(project)) == sorted([*EDITABLE, *WHEEL])
    assert json.loads(about(project, "direct_url.json", "x")) == {
        "url": f"{url}/libs/x%20y",
        "dir_info": {"editable": True},
    }
    assert json.loads(about(project, "direct_url.json", "y")) == {"url": f"{url}/mono/lib", "dir_info": {}}
    assert "Checked 2 packages" in project.detent("sync", "--frozen", "--no-build").ok().err

    project.write("mono/lib/src/y/more.py", "")
    assert changes(project.detent("sync", "--frozen").ok().err) == [f" ~ y==2.0 (from {url}/mono/lib)"]

    done = project.detent("sync", "--frozen", "--no-install-local").ok()
    assert changes(done.err) == [" - x==1.0", " - y==2.0"]


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_is_not_there_is_named(project: Sandbox, folder: str) -> None:
    project.write("file", "")
    foreign_lock(project, f'[[packages]]\nname = "x"\ndirectory = {{path = "{folder}"}}\n')

    done = project.detent("sync", "--frozen")

    assert done.code == 1
    assert f"{project.root}/{folder}" in done.err
    assert "there is no such folder" in done.err


def test_source_archives_of_a_foreign_lock_may_hold_several_projects(
    project: Sandbox, index: IndexServer
) -> None:
    """Both are made from one file, and each is built and kept for itself."""
    both = sdist_of("both", "1.0", below("x", tiny_tree("x")) | below("deep/y", tiny_tree("y")))
    (project.root / both.filename).write_bytes(both.data)
    index.add(both.filename, both.data)
    hashes = f'hashes = {{sha256 = "{sha256(both.data).hexdigest()}"}}'
    url = f"{index.origin}/files/both/{both.filename}"
    foreign_lock(
        project,
        f'[[packages]]\nname = "x"\nversion = "1.0"\n'
        f'archive = {{path = "{both.filename}", subdirectory = "x", {hashes}}}\n'
        f'[[packages]]\nname = "y"\narchive = {{url = "{url}", subdirectory = "deep/y", {hashes}}}\n',
    )

    done = project.detent("sync", "--frozen").ok()

    place = f"{project.root.as_uri()}/{both.filename}"
    assert changes(done.err) == [f" + x==1.0 (from {place})", f" + y==1.0 (from {url})"]
    assert json.loads(about(project, "direct_url.json", "y")) == {
        "url": url,
        "archive_info": {"hashes": {"sha256": sha256(both.data).hexdigest()}},
        "subdirectory": "deep/y",
    }
    assert sorted(calls(project)) == sorted([*WHEEL, *WHEEL])
    assert "Checked 2 packages" in project.detent("sync", "--frozen").ok().err

    shutil.rmtree(project.root / ".venv")
    project.detent("sync", "--frozen", "--offline").ok()
    assert calls(project) == []

    shutil.rmtree(project.root / ".venv")
    shutil.rmtree(project.cache / "built-v1")
    refused = project.detent("sync", "--frozen", "--no-build")
    assert refused.code == 1
    assert "`x 1.0` would have to be built, which the flag `--no-build` forbids" in refused.err


@pytest.mark.parametrize(("subdirectory", "code"), [("nowhere", 1), ("../../outside", 2), ("link", 1)])
def test_no_folder_outside_of_an_archive_is_built(project: Sandbox, subdirectory: str, code: int) -> None:
    made = sdist_of("x", "1.0", tiny_tree("x"))
    (project.root / made.filename).write_bytes(made.data)
    foreign_lock(
        project,
        f'[[packages]]\nname = "x"\nversion = "1.0"\narchive = {{path = "{made.filename}", '
        f'subdirectory = "{subdirectory}", hashes = {{sha256 = "{sha256(made.data).hexdigest()}"}}}}\n',
    )

    done = project.detent("sync", "--frozen")

    assert done.code == code
    assert calls(project) == []
    assert subdirectory in done.err


# ---- a hostile project -----------------------------------------------------------------------


def test_the_log_of_a_project_of_any_name_stays_in_the_cache(project: Sandbox) -> None:
    edit(project, 'name = "demo"', f'name = "{"d" * 220}"')
    project.write("backend/tiny.py", project.read("backend/tiny.py") + FAILS)

    done = project.detent("sync")

    assert done.code == 1
    assert "[build-failed]" in done.err
    (log,) = (project.cache / "logs-v1").iterdir()
    assert str(log) in done.err
    assert log.read_text() == "no compiler here\n"


def test_a_log_outlives_a_cache_that_does_not(project: Sandbox) -> None:
    project.write("backend/tiny.py", project.read("backend/tiny.py") + FAILS)

    done = project.detent("sync", "--no-cache", env={"TMPDIR": str(project.root.parent)})

    assert done.code == 1
    (log,) = project.root.parent.glob("detent-demo-*.log")
    assert f"`{log}`" in done.err
    assert log.read_text() == "no compiler here\n"


def test_what_a_build_writes_goes_to_its_own_folders(project: Sandbox) -> None:
    more = "\nimport tempfile\ntempfile.mkdtemp()\nopen(os.path.join(tempfile.gettempdir(), 'x'), 'w')\n"
    project.write("backend/tiny.py", project.read("backend/tiny.py") + more)
    before = {path.name for path in project.root.iterdir()}

    project.detent("sync").ok()

    assert {path.name for path in project.root.iterdir()} == {*before, ".venv", "pylock.toml"}
