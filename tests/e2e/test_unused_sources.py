"""A source counts where something asks for its package; one that nothing asks for is not even looked at."""

from pathlib import Path

import pytest

from support.backends import tiny_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel


def sources(sandbox: Sandbox, *requires: str, **tables: str) -> None:
    lines = "\n".join(f"{name.replace('_', '-')} = {table}" for name, table in tables.items())
    sandbox.manifest(*requires, tail=f"\n[tool.detent.sources]\n{lines}\n")


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "upstream")
    made.commit(tiny_tree("b", "3.0", requires=["c"]))
    return made


@pytest.mark.parametrize(
    "table",
    [
        '{git = "file:///nowhere/at/all"}',
        '{url = "http://127.0.0.1:9/gone-1.0-py3-none-any.whl"}',
        '{path = "not/there"}',
    ],
)
def test_a_source_that_nothing_asks_for_fails_nothing(
    sandbox: Sandbox, index: IndexServer, table: str
) -> None:
    publish(index, wheel("a"))
    sources(sandbox, "a", gone=table)

    done = sandbox.detent("sync").ok()

    assert "the source of `gone`" in done.err
    assert "is not used: nothing asks for it" in done.err
    sandbox.detent("lock", "--check").ok()

    sources(sandbox, "a", "gone", gone=table)
    assert sandbox.detent("lock").code == 1


def test_what_an_index_leads_to_comes_from_its_source(
    sandbox: Sandbox, index: IndexServer, upstream: Repository, tmp_path: Path
) -> None:
    publish(index, wheel("a", requires=["b ; sys_platform != 'other'"]), wheel("b"), wheel("d"))
    further = Repository(tmp_path / "further")
    further.commit(tiny_tree("c", extras={"more": ["gone"]}))
    tables = {
        "b": f'{{git = "{upstream.url}"}}',
        "c": f'{{git = "{further.url}"}}',
        "gone": '{path = "not/there"}',
    }
    sources(sandbox, "a", **tables)

    done = sandbox.detent("sync").ok()

    assert sandbox.installed() == {"a": "1.0", "b": "3.0", "c": "1.0"}
    assert done.err.count(f"Fetching {upstream.url}") == 1
    first = sandbox.read("pylock.toml")
    sandbox.detent("lock", "--check").ok()

    # It does not matter what was known before, nor in which order sources stand.
    (sandbox.root / "pylock.toml").unlink()
    sources(sandbox, "a", **dict(reversed(tables.items())))
    sandbox.detent("lock").ok()
    assert sandbox.read("pylock.toml") == first


def test_an_extra_that_is_asked_for_leads_to_its_source(
    sandbox: Sandbox, index: IndexServer, upstream: Repository, tmp_path: Path
) -> None:
    publish(index, wheel("c"), wheel("a", extras={"more": ["b"]}))
    sources(sandbox, "a", b=f'{{git = "{upstream.url}"}}')
    assert "Fetching" not in sandbox.detent("lock").ok().err

    sources(sandbox, "a[more]", b=f'{{git = "{upstream.url}"}}')
    sandbox.detent("sync").ok()

    assert sandbox.installed() == {"a": "1.0", "b": "3.0", "c": "1.0"}
