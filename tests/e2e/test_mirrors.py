"""Mirrors of an index on some machines, and one lock for all of them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Sandbox
from support.index_server import IndexServer, serve
from support.sdists import sdist
from support.wheels import wheel

FILES = (
    wheel("a", "1.0", requires=["b"]),
    wheel("b", "1.0+local"),
    wheel("c", "1.0"),
)


@pytest.fixture
def public() -> Iterator[IndexServer]:
    with serve(FILES) as index:
        index.add(*sdist("d", "1.0"))
        yield index


def machine(folder: Path, public: IndexServer, mirror: IndexServer | None = None) -> Sandbox:
    """Make a machine; what it has of the index comes from the mirror, if there is one."""
    folder.mkdir()
    made = Sandbox.make(folder, public.url)
    if mirror is not None:
        config = folder / "home/.config/detent/detent.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'index-mirror = {{ "{public.url}" = "{mirror.url}" }}\n')
    return made


def urls(text: str) -> dict[str, str]:
    """Give the addresses of a lock, by file."""
    packages = tomllib.loads(text)["packages"]
    files = [f for p in packages for f in (*p.get("wheels", ()), *([p["sdist"]] if "sdist" in p else []))]
    return {file["name"]: file["url"] for file in files}


def test_a_first_lock_is_the_same_behind_every_mirror_and_of_use_without_one(
    tmp_path: Path, public: IndexServer
) -> None:
    texts = []
    for relative in (False, True):
        with serve(FILES, relative_links=relative) as mirror:
            mirror.add(*sdist("d", "1.0"))
            one = machine(tmp_path / str(relative), public, mirror)
            one.manifest("a", "d")
            public.forget()
            note = one.detent("lock").ok().err
            assert "note: 3 files of `pylock.toml` were seen on a mirror alone" in note
            texts.append(one.read("pylock.toml"))
            one.detent("sync", "--no-build", "--no-install-package", "d").ok()
            assert public.requests == [], "the index itself is never contacted"
            assert one.read("pylock.toml") == texts[-1]

    assert texts[0] == texts[1]
    assert urls(texts[0]) == {
        "a-1.0-py3-none-any.whl": f"{public.url}a/a-1.0-py3-none-any.whl",
        "b-1.0+local-py3-none-any.whl": f"{public.url}b/b-1.0%2Blocal-py3-none-any.whl",
        "d-1.0.tar.gz": f"{public.url}d/d-1.0.tar.gz",
    }
    other = machine(tmp_path / "without", public)
    other.manifest("a")
    with serve(FILES) as mirror:
        one = machine(tmp_path / "with", public, mirror)
        one.manifest("a")
        one.detent("lock").ok()
    other.write("pylock.toml", one.read("pylock.toml"))
    done = other.detent("sync", "--locked").ok()
    assert other.installed() == {"a": "1.0", "b": "1.0+local"}
    assert "warning" not in done.err


def test_addresses_of_the_index_itself_come_in_where_it_can_be_asked_and_stay(
    tmp_path: Path, public: IndexServer
) -> None:
    with serve(FILES) as mirror:
        behind = machine(tmp_path / "behind", public, mirror)
        before = machine(tmp_path / "before", public)
        behind.manifest("a")
        behind.detent("lock").ok()
        before.write("pylock.toml", behind.read("pylock.toml"))

        before.manifest("a", "c")
        before.detent("lock").ok()
        text = before.read("pylock.toml")
        assert set(urls(text).values()) == {
            f"{public.origin}/files/{p}"
            for p in (
                "a/a-1.0-py3-none-any.whl",
                "b/b-1.0%2Blocal-py3-none-any.whl",
                "c/c-1.0-py3-none-any.whl",
            )
        }

        behind.write("pylock.toml", text)
        behind.manifest("a", "c")
        behind.detent("lock", "--refresh").ok()
        assert behind.read("pylock.toml") == text


def test_what_is_new_behind_a_mirror_lies_as_the_files_that_the_lock_knows(
    tmp_path: Path, public: IndexServer
) -> None:
    before = machine(tmp_path / "before", public)
    before.manifest("a")
    before.detent("lock").ok()
    with serve(FILES) as mirror:
        behind = machine(tmp_path / "behind", public, mirror)
        behind.write("pylock.toml", before.read("pylock.toml"))
        behind.manifest("a", "c")
        behind.detent("lock").ok()

    before.manifest("a", "c")
    before.detent("lock").ok()
    assert behind.read("pylock.toml") == before.read("pylock.toml")


def test_an_address_that_was_changed_does_not_outlive_a_refresh_behind_a_mirror(
    tmp_path: Path, public: IndexServer
) -> None:
    before = machine(tmp_path / "before", public)
    before.manifest("a", "c")
    before.detent("lock").ok()
    right = before.read("pylock.toml")
    with serve(FILES) as mirror:
        behind = machine(tmp_path / "behind", public, mirror)
        behind.manifest("a", "c")
        behind.write("pylock.toml", right.replace("/files/b/", "/evil/b/"))
        behind.detent("lock", "--refresh").ok()

    assert behind.read("pylock.toml") == right


def test_a_mirror_of_pages_alone_passes_on_the_addresses_of_the_index(
    tmp_path: Path, public: IndexServer
) -> None:
    one = machine(tmp_path / "one", public)
    one.manifest("a")
    one.detent("lock").ok()
    with serve(FILES) as mirror:
        mirror.origin = public.origin
        behind = machine(tmp_path / "behind", public, mirror)
        behind.manifest("a")
        behind.detent("lock").ok()

    assert behind.read("pylock.toml") == one.read("pylock.toml")
