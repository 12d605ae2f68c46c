"""What builds bring in is held to what the project says of everything: indexes, upload times, hashes.

What builds of a lock take is in e2e/test_build_terms and e2e/test_indexes; here is what is locked for builds,
and what is built for others.
"""

import pytest

from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.wheels import wheel

LOCKED = "[tool.detent]\nlock-build-requirements = true\n"
COOLDOWN = 'exclude-newer = "2024-03-01"\n'
ASKS = "def get_requires_for_build_wheel(config_settings=None): return ['asked']\n"


@pytest.fixture
def late(index: IndexServer) -> IndexServer:
    """An index with two versions of some tools, the newer uploaded after the bound."""
    for name in ("tool", "asked"):
        for version, day in (("1.0", "2024-01-01"), ("2.0", "2024-06-01")):
            made = wheel(name, version)
            index.add(made.filename, made.data).uploaded = f"{day}T00:00:00Z"
    return index


def test_what_is_locked_for_builds_is_no_newer_than_the_rest(sandbox: Sandbox, late: IndexServer) -> None:
    late.add(*tiny_sdist("a", build_requires=["tool"], more=ASKS))
    sandbox.manifest("a", tail=LOCKED + COOLDOWN)

    sandbox.detent("lock").ok()

    lock = sandbox.read("pylock.toml")
    assert '{name = "asked", version = "1.0"}' in lock
    assert '{name = "tool", version = "1.0"}' in lock
    assert "2.0-py3" not in lock


def test_what_is_locked_for_builds_comes_from_the_first_index_that_has_it(
    sandbox: Sandbox, index: IndexServer
) -> None:
    index.add(*tiny_sdist("a", build_requires=["tool", "asked"]))
    publish(index, wheel("tool", "9.0"), wheel("asked", "9.0"))
    with serve([wheel("tool", "1.0")]) as ours, serve([wheel("asked", "1.0")]) as named:
        tables = (
            f'[[tool.detent.index]]\nname = "ours"\nurl = "{ours.url}"\n'
            f'[[tool.detent.index]]\nname = "named"\nurl = "{named.url}"\nexplicit = true\n'
        )
        sandbox.manifest("a", tail=LOCKED + tables)
        ours.fail("/simple/tool/", times=None, status=503)
        refused = sandbox.detent("lock", env={"DETENT_HTTP_TRIES": "1"})
        ours.heal()
        sandbox.detent("lock").ok()

    assert "could not be asked for `tool`" in refused.err
    lock = sandbox.read("pylock.toml")
    assert '{name = "tool", version = "1.0"}' in lock
    assert '{name = "asked", version = "9.0"}' in lock


def test_a_lock_cannot_bring_in_a_strange_file_for_a_build(sandbox: Sandbox, index: IndexServer) -> None:
    index.add(*tiny_sdist("a", build_requires=["tool"]))
    publish(index, wheel("tool", "1.0"))
    sandbox.manifest("a", tail=LOCKED)
    sandbox.detent("lock").ok()
    text = sandbox.read("pylock.toml")
    honest = index.files["tool-1.0-py3-none-any.whl"]
    strange = wheel("tool", "1.0", files={"tool.py": "evil"})
    with serve([strange]) as evil:
        theirs = evil.files[strange.filename]
        at = text.index("[[tool.detent.build-packages]]")
        changed = text[at:].replace(index.origin + "/files", evil.origin + "/files")
        changed = changed.replace(honest.digests["sha256"], theirs.digests["sha256"])
        changed = changed.replace(f"size = {len(honest.data)}", f"size = {len(theirs.data)}")
        sandbox.write("pylock.toml", text[:at] + changed)

        refused = sandbox.detent("sync", "--frozen")

    assert refused.code == 1
    assert "[file-unvouched]" in refused.err
    assert sandbox.installed() == {}


def test_builds_of_the_project_for_others_are_held_to_the_bound(sandbox: Sandbox, late: IndexServer) -> None:
    sees = "import importlib.metadata as m\nassert m.version('tool') == m.version('asked') == '1.0'\n"
    hooks = f"{ASKS}_build = build_wheel\ndef build_wheel(*a):\n    exec({sees!r})\n    return _build(*a)\n"
    write_tree(
        sandbox.root,
        tiny_tree("demo", "1.0", build_requires=["tool"], more=hooks, tables=f"[tool.detent]\n{COOLDOWN}"),
    )

    sandbox.detent("build").ok()
