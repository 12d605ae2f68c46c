"""Repositories that want more than to be fetched: nothing of them is run, and nothing leads out of them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import tiny_tree, write_tree
from support.cli import Sandbox
from support.repositories import Repository

HOST = "https://git.example.com"


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A project; whatever is run that should not leaves a file `ran` beside it."""
    sandbox.variables["RAN"] = str(tmp_path / "ran")
    yield sandbox
    assert not (tmp_path / "ran").exists()
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "upstream")


def source(project: Sandbox, table: str) -> None:
    project.manifest("a", tail=f"\n[tool.detent.sources]\na = {table}\n")


def script(path: Path) -> Path:
    """A program that leaves the trace."""
    write_tree(path.parent, {path.name: '#!/bin/sh\ntouch "$RAN"\nexit 0\n'})
    path.chmod(0o755)
    return path


def configure(project: Sandbox, text: str) -> None:
    """What the user's own configuration of git says."""
    Path(project.variables["HOME"], ".gitconfig").write_text(text)


def remote(project: Sandbox, upstream: Repository) -> str:
    """Make the repository stand at a host on the network, as far as anybody here can tell."""
    configure(project, f'[url "{upstream.folder.parent.as_uri()}/"]\ninsteadOf = {HOST}/\n')
    return f"{HOST}/{upstream.folder.name}"


# ---- options ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        '{git = "--upload-pack=touch $RAN"}',
        '{git = "ext::sh -c touch% $RAN"}',
        '{git = "ssh://-oProxyCommand=touch/a"}',
        '{git = "fd::17"}',
        '{git = "URL", rev = "--upload-pack=touch $RAN"}',
        '{git = "URL", branch = "-x"}',
        '{git = "URL", tag = "v1 --config"}',
        '{git = "URL", subdirectory = "../../../etc"}',
    ],
)
def test_poetry_cve_2022_36069_what_git_would_take_for_an_option_is_refused(
    project: Sandbox, upstream: Repository, table: str
) -> None:
    upstream.commit(tiny_tree())
    source(project, table.replace("URL", upstream.url))

    done = project.detent("lock")

    assert done.code == 2
    assert "[manifest-invalid]" in done.err
    assert not (project.cache / "git-v1").exists()


def test_pip_cve_2023_5752_of_version_control_only_git_is_started(project: Sandbox) -> None:
    project.manifest("a @ hg+https://hg.example.com/a@--config=hooks.pre=x")

    done = project.detent("lock")

    assert done.code == 2
    assert "only git is known" in done.err


@pytest.mark.parametrize(
    "reference",
    [
        "git+ssh://-oProxyCommand=touch/a",
        "git+https://x.example.com/a@--upload-pack=x",
        "git+ext::sh",
        "file:///etc",
    ],
)
def test_what_a_dependency_refers_to_is_held_to_the_same(
    project: Sandbox, upstream: Repository, reference: str
) -> None:
    upstream.commit(tiny_tree("a", requires=[f"b @ {reference}"]))
    source(project, f'{{git = "{remote(project, upstream)}"}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "[source-unusable]" in done.err


# ---- what would be run -----------------------------------------------------------------------


def test_no_hook_and_no_monitor_is_run(project: Sandbox, upstream: Repository, tmp_path: Path) -> None:
    for hook in ("post-checkout", "post-merge", "reference-transaction", "fsmonitor-watchman"):
        script(tmp_path / "template/hooks" / hook)
        script(upstream.folder / ".git/hooks" / hook)
    configure(
        project,
        f"[init]\ntemplateDir = {tmp_path}/template\n"
        f"[core]\nhooksPath = {tmp_path}/template/hooks\nfsmonitor = {script(tmp_path / 'monitor')}\n",
    )
    files = {**tiny_tree(), "hooks/post-checkout": '#!/bin/sh\ntouch "$RAN"\n'}
    upstream.commit(files)
    (tmp_path / "ran").unlink(missing_ok=True)
    source(project, f'{{git = "{upstream.url}"}}')

    project.detent("sync").ok()


@pytest.mark.parametrize("where", ["project", "below", "link", "relative"])
def test_poetry_cve_2022_36070_no_git_of_the_project_is_started(
    project: Sandbox, upstream: Repository, tmp_path: Path, where: str
) -> None:
    upstream.commit(tiny_tree())
    source(project, f'{{git = "{upstream.url}"}}')
    bad = script(project.root / "git") if where != "below" else script(project.root / "tools/bin/git")
    folder = str(bad.parent)
    if where == "link":
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "git").symlink_to(bad)
        folder = str(tmp_path / "bin")
    if where == "relative":
        folder = "."
    rest = project.variables["PATH"]

    project.detent("lock", env={"PATH": f"{folder}:{rest}"}).ok()
    done = project.detent("lock", "--upgrade", env={"PATH": folder})
    assert done.code == 1
    assert "[git-missing]" in done.err


def test_programs_that_git_starts_do_not_come_from_the_tree_it_works_in(
    project: Sandbox, tmp_path: Path
) -> None:
    script(project.root / "ssh")
    source(project, '{git = "ssh://git@nobody.invalid/a"}')

    done = project.detent("lock", env={"PATH": f".:{project.root}:{project.variables['PATH']}"})

    assert done.code == 1
    assert "[git-failed]" in done.err


def test_variables_of_a_hook_do_not_lead_git_elsewhere(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    commit = upstream.commit(tiny_tree())
    other = Repository(tmp_path / "other")
    other.commit({"x": "y"})
    before = other.git("rev-parse", "HEAD"), other.git("status", "--porcelain")
    source(project, f'{{git = "{upstream.url}"}}')
    inside = str(other.folder / ".git")
    variables = {
        "GIT_DIR": inside,
        "GIT_WORK_TREE": str(other.folder),
        "GIT_INDEX_FILE": f"{inside}/index",
        "GIT_OBJECT_DIRECTORY": f"{inside}/objects",
        "GIT_ALLOW_PROTOCOL": "ext",
    }

    done = project.detent("sync", env={**variables, "GIT_ALLOW_PROTOCOL": "ext:https"})

    assert done.ok()
    assert commit in project.read("pylock.toml")
    assert (other.git("rev-parse", "HEAD"), other.git("status", "--porcelain")) == before


# ---- submodules ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("path = part\n\turl = --upload-pack=touch", "begins with `-`"),
        ("path = part\n\turl = ext::sh -c touch", "is no URL"),
        ("path = part\n\turl = file:///etc", "leads into this machine"),
        ("path = ../part\n\turl = ./x", "leads out of its tree"),
        ("path = .git/hooks\n\turl = ./x", "leads out of its tree"),
        ("path = part\n\turl = ./x\n\tupdate = !touch", "would start a program"),
    ],
)
def test_submodules_that_want_more_are_refused(
    project: Sandbox, upstream: Repository, rows: str, says: str
) -> None:
    upstream.commit({**tiny_tree(), ".gitmodules": f'[submodule "part"]\n\t{rows}\n'})
    source(project, f'{{git = "{remote(project, upstream)}", submodules = true}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "its submodule `part` is refused" in done.err
    assert says in done.err


def test_submodules_of_submodules_are_looked_at_too(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit({".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch\n'})
    upstream.write(tiny_tree())
    upstream.git("submodule", "--quiet", "add", inner.url, "part")
    upstream.commit()
    source(project, f'{{git = "{upstream.url}", submodules = true}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "its submodule `x` is refused" in done.err


# ---- out of the tree -------------------------------------------------------------------------


def test_a_link_out_of_the_tree_is_no_folder_and_no_file_of_it(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    outside = write_tree(tmp_path / "outside", tiny_tree())
    (upstream.folder / "sub").symlink_to(outside)
    (upstream.folder / "linked").mkdir()
    (upstream.folder / "linked/pyproject.toml").symlink_to(outside / "pyproject.toml")
    upstream.commit({"README": ""})

    source(project, f'{{git = "{upstream.url}", subdirectory = "sub"}}')
    done = project.detent("lock")
    assert done.code == 1
    assert "there is no folder `sub` in it" in done.err

    source(project, f'{{git = "{upstream.url}", subdirectory = "linked"}}')
    done = project.detent("lock", "--no-build")
    assert done.code == 1
    assert "[build-forbidden]" in done.err


@pytest.mark.parametrize("path", ["../../secret", "/etc", "../.."])
def test_a_path_in_a_repository_stays_in_it(project: Sandbox, upstream: Repository, path: str) -> None:
    tables = f'[tool.detent.sources]\nb = {{path = "{path}"}}\n'
    files = {f"libs/{k}": v for k, v in tiny_tree("a", requires=["b"], tables=tables).items()}
    upstream.commit(files)
    source(project, f'{{git = "{upstream.url}", subdirectory = "libs"}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "may not lead out of its repository" in done.err


def test_a_repository_does_not_lead_git_into_this_machine(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    private = Repository(tmp_path / "private")
    private.commit(tiny_tree("b"))
    tables = f'[tool.detent.sources]\nb = {{git = "{private.url}"}}\n'
    upstream.commit(tiny_tree("a", requires=["b"], tables=tables))
    source(project, f'{{git = "{remote(project, upstream)}"}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "may not lead into this machine" in done.err


def test_a_repository_inside_of_the_tree_is_not_asked(
    project: Sandbox, upstream: Repository, tmp_path: Path
) -> None:
    monitor = script(tmp_path / "monitor")
    inner = {f"pkg/{name}": text for name, text in tiny_tree().items()}
    inner |= {
        "pkg/HEAD": "ref: refs/heads/main\n",
        "pkg/config": f"[core]\nrepositoryformatversion = 0\nbare = true\nfsmonitor = {monitor}\n",
        "pkg/objects/x": "",
        "pkg/refs/x": "",
    }
    upstream.commit(inner)
    source(project, f'{{git = "{upstream.url}", subdirectory = "pkg"}}')

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0"}


def test_what_moves_after_the_lock_is_not_installed(project: Sandbox, upstream: Repository) -> None:
    upstream.commit(tiny_tree())
    source(project, f'{{git = "{upstream.url}"}}')
    project.detent("lock").ok()
    upstream.commit(tiny_tree(version="6.6.6"))

    project.detent("sync").ok()

    assert project.installed() == {"a": "1.0"}


# ---- what is said, and how long --------------------------------------------------------------


def test_passwords_and_escapes_of_git_stay_off_the_screen(project: Sandbox, tmp_path: Path) -> None:
    fake = tmp_path / "bin/git"
    text = (
        "fatal: \\033[31mbad https://ada:SECRET@git.example.com/a and https://ghp_SECRET@git.example.com/b\\n"
    )
    write_tree(fake.parent, {"git": f"#!/bin/sh\nprintf '{text}' >&2\nexit 128\n"})
    fake.chmod(0o755)
    source(project, f'{{git = "{HOST}/a"}}')

    done = project.detent("lock", "-v", env={"PATH": f"{fake.parent}:{project.variables['PATH']}"})

    assert done.code == 1
    assert "SECRET" not in done.err
    assert "\x1b[31m" not in done.err
    assert "https://****@git.example.com/a" in done.err


def silent_git(tmp_path: Path) -> Path:
    """A git that never answers, and says which process it is."""
    fake = tmp_path / "bin/git"
    write_tree(fake.parent, {"git": '#!/bin/sh\necho $$ > "$PID"\nexec sleep 600\n'})
    fake.chmod(0o755)
    return fake.parent


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_git_that_says_nothing_is_ended(project: Sandbox, tmp_path: Path) -> None:
    source(project, f'{{git = "{HOST}/a"}}')
    pid = tmp_path / "pid"
    path = f"{silent_git(tmp_path)}:{project.variables['PATH']}"

    done = project.detent("lock", env={"PATH": path, "PID": str(pid), "DETENT_GIT_SECONDS": "0.5"})

    assert done.code == 1
    assert "git gave no sign of life for 0.5 seconds" in done.err
    assert not is_running(int(pid.read_text()))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_git(project: Sandbox, tmp_path: Path, number: signal.Signals, code: int) -> None:
    source(project, f'{{git = "{HOST}/a"}}')
    pid = tmp_path / "pid"
    project.variables["PATH"] = f"{silent_git(tmp_path)}:{project.variables['PATH']}"
    project.variables["PID"] = str(pid)

    process = project.start("lock", listen=True)
    until = time.monotonic() + 20
    while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)

    assert process.returncode == code
    assert b"Traceback" not in said
    assert not is_running(int(pid.read_text()))


def test_large_files_need_their_own_program(project: Sandbox, upstream: Repository) -> None:
    if subprocess.run(["git", "lfs", "version"], capture_output=True, check=False).returncode == 0:
        pytest.skip("git-lfs is installed")
    upstream.commit(tiny_tree())
    source(project, f'{{git = "{upstream.url}", lfs = true}}')

    done = project.detent("lock")

    assert done.code == 1
    assert "`git lfs` is not installed" in done.err
