"""What may be chosen and what comes first, as flags, variables and files say it."""

from pathlib import Path

import pytest

from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

LATE = "2024-06-01T12:00:00.000000Z"


@pytest.fixture
def late(sandbox: Sandbox, index: IndexServer) -> IndexServer:
    """An index with `small` 1.0, uploaded on the first of January 2024, and 2.0, uploaded in June."""
    publish(index, wheel("small", "1.0"))
    made = wheel("small", "2.0")
    index.add(made.filename, made.data).uploaded = LATE
    sandbox.manifest("small")
    return index


def locked(sandbox: Sandbox) -> str:
    """The version of `small` in the lock."""
    _, _, rest = sandbox.read("pylock.toml").partition('name = "small"\nversion = "')
    return rest.partition('"')[0]


def record(sandbox: Sandbox) -> str:
    """What stands in the lock before the packages."""
    return sandbox.read("pylock.toml").partition("[[packages]]")[0]


def own_file(sandbox: Sandbox, text: str) -> None:
    path = Path(sandbox.variables["HOME"], ".config", "detent", "detent.toml")
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")


def refused(done: Done, *words: str) -> None:
    assert done.code != 0
    assert [word for word in words if word not in done.err] == []


@pytest.mark.usefixtures("late")
def test_a_bound_on_upload_times_is_obeyed_and_stands_in_the_lock(sandbox: Sandbox) -> None:
    sandbox.manifest("small", tail='[tool.detent]\nexclude-newer = "2024-05-31"\n')

    sandbox.detent("lock").ok()

    assert locked(sandbox) == "1.0"
    assert '[tool.detent.options]\nexclude-newer = "2024-05-31"\n' in record(sandbox)
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("sync", "--locked").ok()
    refused(
        sandbox.detent("lock", "--check", "--exclude-newer", "false"),
        "the option `exclude-newer` was `2024-05-31` and is not set any more",
        "run `detent lock` with the same flags to bring it up to date",
    )
    sandbox.detent("lock", "--exclude-newer=2024-06-01T12:00:01Z", "-U").ok()
    assert locked(sandbox) == "2.0"


@pytest.mark.usefixtures("late")
def test_what_a_bound_hides_can_be_let_through_as_the_error_says(sandbox: Sandbox) -> None:
    sandbox.manifest("small==2.0", tail='[tool.detent]\nexclude-newer = "2024-05-31"\n')
    line = "exclude-newer-package = { small = false }"

    refused(sandbox.detent("lock"), f"let it through: `{line}` in [tool.detent]")

    sandbox.write("pyproject.toml", sandbox.read("pyproject.toml") + line + "\n")
    sandbox.detent("lock").ok()
    assert locked(sandbox) == "2.0"


def test_what_has_no_wheel_where_one_is_required_is_not_let_through(
    sandbox: Sandbox, index: IndexServer
) -> None:
    made = wheel("small", "2.0", tag="cp311-none-win_amd64")
    index.add(made.filename, made.data).uploaded = LATE
    tail = (
        '[tool.detent]\nexclude-newer = "2024-05-31"\nrequired-environments = ["sys_platform == \'linux\'"]\n'
    )
    sandbox.manifest("small", tail=tail)

    done = sandbox.detent("lock")

    refused(done, "small 2.0 was uploaded on 2024-06-01")
    assert "let it through" not in done.err


@pytest.mark.usefixtures("late")
def test_an_age_stands_in_the_lock_as_it_was_given(sandbox: Sandbox) -> None:
    sandbox.detent("lock", env={"DETENT_EXCLUDE_NEWER": "7 days"}).ok()

    assert locked(sandbox) == "2.0"
    assert 'exclude-newer = "7 days"\n' in record(sandbox)
    assert record(sandbox).count("20") == 0


@pytest.mark.usefixtures("late")
def test_exceptions_are_by_package(sandbox: Sandbox) -> None:
    sandbox.detent("lock", "--exclude-newer=2024-05-31", "--exclude-newer-package=small=false").ok()

    assert locked(sandbox) == "2.0"
    assert 'exclude-newer-package = "small=false"\n' in record(sandbox)


@pytest.mark.usefixtures("late")
def test_ones_own_file_is_obeyed_and_makes_no_lock_stale_for_others(sandbox: Sandbox) -> None:
    own_file(sandbox, 'exclude-newer = "2024-05-31"\nresolution = "lowest"\n')
    sandbox.manifest("small", tail="[tool.detent]\nexclude-newer = false\n")

    sandbox.detent("lock").ok()

    assert locked(sandbox) == "1.0"
    assert "options" not in record(sandbox)
    sandbox.detent("lock", "--check", "--no-config").ok()
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("lock", "--no-config", "-U").ok()
    assert locked(sandbox) == "2.0"


@pytest.mark.usefixtures("late")
def test_a_lock_of_the_oldest_is_stale_for_who_wants_the_newest(sandbox: Sandbox) -> None:
    sandbox.detent("lock", "--resolution", "lowest").ok()

    assert locked(sandbox) == "1.0"
    assert '[tool.detent.options]\nresolution = "lowest"\n' in record(sandbox)
    sandbox.detent("lock", "--check", "--resolution=lowest").ok()
    refused(sandbox.detent("lock", "--check"), "the option `resolution` was `lowest` and is not set any more")
    sandbox.detent("lock").ok()
    assert locked(sandbox) == "2.0"
    assert "options" not in record(sandbox)


def test_pre_releases_are_taken_by_everybody_or_by_name(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("small", "1.0"), wheel("small", "2.0rc1"))
    sandbox.manifest("small")

    sandbox.detent("lock").ok()
    assert locked(sandbox) == "1.0"
    sandbox.detent("lock", "-U", "--pre").ok()
    assert locked(sandbox) == "2.0rc1"
    assert 'prerelease = "allow"\n' in record(sandbox)
    sandbox.detent("lock", "-U", "--prerelease-package", "Small=allow").ok()
    assert locked(sandbox) == "2.0rc1"
    assert 'prerelease-package = "small=allow"\n' in record(sandbox)
    sandbox.detent("lock", "-U").ok()
    assert locked(sandbox) == "1.0"


def test_what_is_needed_beside_a_lock_obeys_the_bound_too(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("pip", "25.0"))
    made = wheel("pip", "26.0")
    index.add(made.filename, made.data).uploaded = LATE

    sandbox.detent("venv", "--seed", "--exclude-newer", "2024-05-31", "--no-project").ok()

    assert sandbox.installed() == {"pip": "25.0"}


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        ('exclude-newer = "soon"', 1, "`soon` is no date"),
        ('exclude-newr = "7 days"', 1, "it may be meant for `exclude-newer`"),
        ('prerelease = "sometimes"', 1, "`sometimes` is none of `disallow`, `allow`"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(sandbox: Sandbox, line: str, column: int, why: str) -> None:
    sandbox.manifest(tail=f"[tool.detent]\n{line}\n")

    done = sandbox.detent("lock")

    assert done.code == 2
    refused(done, f"pyproject.toml:7:{column}", why)


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize(
    ("words", "tail", "step"),
    [
        (["--exclude-newer=2024-05-31"], "", "pass `--exclude-newer-package small=false`"),
        (
            [],
            '[tool.detent]\nexclude-newer = "2024-05-31"\n',
            "`exclude-newer-package = { small = false }` in [tool.detent]",
        ),
    ],
)
def test_a_bound_that_hides_what_a_dependency_needs_says_how_to_let_it_through(
    sandbox: Sandbox, index: IndexServer, words: list[str], tail: str, step: str
) -> None:
    publish(index, wheel("big", "1.0", requires=["small>=2"]))
    sandbox.manifest("big", tail=tail)

    refused(sandbox.detent("lock", *words), "small 2.0 was uploaded on 2024-06-01", f"let it through: {step}")
