"""Several indexes, folders of files and mirrors, from the command line to the lock and the environment."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import tiny_sdist
from support.cli import Sandbox
from support.index_server import IndexServer, serve
from support.sdists import sdist
from support.wheels import wheel


@pytest.fixture
def public() -> Iterator[IndexServer]:
    with serve([wheel("a", "2.0", requires=["b"]), wheel("b", "1.0"), wheel("c", "1.0")]) as index:
        yield index


@pytest.fixture
def private() -> Iterator[IndexServer]:
    with serve([wheel("a", "1.0", requires=["b"])]) as index:
        yield index


@pytest.fixture
def sandbox(tmp_path: Path, public: IndexServer) -> Sandbox:
    return Sandbox.make(tmp_path, public.url)


def declared(url: str, *more: str, name: str = "ours") -> str:
    """Give the table of an index."""
    return "\n".join(("[[tool.detent.index]]", f'name = "{name}"', f'url = "{url}"', *more, ""))


def locked(sandbox: Sandbox) -> dict[str, tuple[str, str]]:
    """Give version and index of every package of the lock."""
    packages = tomllib.loads(sandbox.read("pylock.toml"))["packages"]
    return {package["name"]: (package["version"], package.get("index", "")) for package in packages}


def test_the_first_index_that_has_a_package_serves_it_and_the_lock_names_each_ones(
    sandbox: Sandbox, private: IndexServer, public: IndexServer
) -> None:
    sandbox.manifest("a", tail=declared(private.url))

    sandbox.detent("sync").ok()

    assert locked(sandbox) == {"a": ("1.0", private.url), "b": ("1.0", public.url)}
    assert sandbox.installed()["a"] == "1.0"
    assert public.count("/simple/a/") == 0  # its name was told to nobody else
    inputs = tomllib.loads(sandbox.read("pylock.toml"))["tool"]["detent"]["inputs"]
    assert inputs["indexes"] == {"ours": private.url}
    sandbox.detent("lock", "--check").ok()


def test_a_package_that_no_index_has_is_told_with_all_that_were_asked(
    sandbox: Sandbox, private: IndexServer, public: IndexServer
) -> None:
    sandbox.manifest("gone", tail=declared(private.url))

    done = sandbox.detent("lock")

    assert done.code == 1
    assert "there is no package named `gone` on the indexes [package-unknown]" in done.err
    assert f"none of `{private.url}` and `{public.url}` has a page for it; your project" in done.err
    assert "why: there is no index to ask; your project" in sandbox.detent("lock", "--no-index").err


def test_a_mirror_serves_pages_and_files_and_the_lock_does_not_know_of_it(
    sandbox: Sandbox, private: IndexServer, public: IndexServer, tmp_path: Path
) -> None:
    sandbox.manifest("c")
    sandbox.detent("lock").ok()
    text = sandbox.read("pylock.toml")
    public.stop()
    with serve([wheel("c", "1.0"), wheel("c", "2.0"), wheel("d", "1.0")]) as mirror:
        config = tmp_path / "home/.config/detent/detent.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'index-mirror = {{ "{public.url}" = "{mirror.url}" }}\n')

        sandbox.detent("sync").ok()

        assert sandbox.installed() == {"c": "1.0"}
        assert sandbox.read("pylock.toml") == text
        assert mirror.count("c-1.0-py3-none-any.whl") >= 1
        mirror.remove("c-1.0-py3-none-any.whl")
        sandbox.detent("cache", "clean").ok()
        refused = sandbox.detent("sync", "--frozen", "--reinstall")
        assert refused.code == 1
        assert (
            f"the mirror `{mirror.url}` does not have `c-1.0-py3-none-any.whl` [file-not-mirrored]"
            in refused.err
        )


def test_a_machines_default_index_stands_in_for_the_one_of_a_lock(
    sandbox: Sandbox, public: IndexServer
) -> None:
    sandbox.manifest("c")
    sandbox.detent("lock").ok()
    text = sandbox.read("pylock.toml")
    public.stop()

    with serve([wheel("c", "1.0")]) as other:
        sandbox.detent("sync", env={"DETENT_DEFAULT_INDEX": other.url}).ok()

        assert sandbox.installed() == {"c": "1.0"}
        assert sandbox.read("pylock.toml") == text
        assert other.count("/files/") == 1


def test_files_come_from_a_folder_alone_without_any_index(sandbox: Sandbox, public: IndexServer) -> None:
    folder = sandbox.root / "wheels"
    folder.mkdir()
    for made in (wheel("a", "1.0", requires=["b"]), wheel("b", "1.5")):
        (folder / made.filename).write_bytes(made.data)
    (folder / "b-9.9-broken.whl").write_text("no wheel")
    sandbox.manifest("a", tail='[tool.detent]\nfind-links = ["./wheels"]\n')
    public.forget()

    sandbox.detent("sync", "--no-index", "--offline").ok()

    assert sandbox.installed() == {"a": "1.0", "b": "1.5"}
    assert public.requests == []
    packages = tomllib.loads(sandbox.read("pylock.toml"))["packages"]
    assert [package["wheels"][0]["path"] for package in packages] == [
        "wheels/a-1.0-py3-none-any.whl",
        "wheels/b-1.5-py3-none-any.whl",
    ]
    assert all("index" not in package for package in packages)


def test_indexes_are_added_shown_and_removed(sandbox: Sandbox) -> None:
    sandbox.manifest("a")
    before = sandbox.read("pyproject.toml")

    sandbox.detent("index", "add", "ours=https://index.example.com/simple", "--explicit").ok()
    sandbox.detent("index", "add", "./wheels", "--name", "files", "--flat", "--first").ok()
    said = sandbox.detent("index", "add", "--user", "https://me:secret@own.example.com/simple").ok()

    assert "secret" not in said.err
    shown = sandbox.detent("index", "list").ok().out
    assert [line.split()[0] for line in shown.splitlines()] == [
        "files",
        "ours",
        "https://own.example.com/simple/",
        "default",
    ]
    assert "(explicit, set by `[tool.detent]` of the project)" in shown
    assert "secret" not in shown
    refused = sandbox.detent("index", "add", "x=https://me:secret@index.example.com/")
    assert refused.code == 2
    assert "secret" not in refused.err
    for name in ("files", "ours"):
        sandbox.detent("index", "remove", name).ok()
    assert sandbox.read("pyproject.toml") == before
    assert sandbox.detent("index", "remove", "ours").code == 2


def test_what_is_added_from_an_index_is_pinned_to_it(
    sandbox: Sandbox, private: IndexServer, public: IndexServer
) -> None:
    sandbox.manifest("c")
    before = sandbox.read("pyproject.toml")

    sandbox.detent("add", "--index", f"ours={private.url}", "--no-sync", "a").ok()

    text = sandbox.read("pyproject.toml")
    assert f'[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n' in text
    assert tomllib.loads(text)["tool"]["detent"]["sources"] == {"a": {"index": "ours"}}
    assert locked(sandbox)["a"] == ("1.0", private.url)
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("undo").ok()
    assert sandbox.read("pyproject.toml") == before


def test_an_index_that_the_project_has_elsewhere_or_by_another_name_is_not_added_twice(
    sandbox: Sandbox, private: IndexServer, public: IndexServer
) -> None:
    sandbox.manifest("c", tail=declared(public.url, "explicit = true"))
    sandbox.detent("lock").ok()
    before = sandbox.read("pyproject.toml")

    refused = sandbox.detent("add", "--index", f"ours={private.url}", "--no-sync", "a")

    assert refused.code == 2
    assert "error: the project has the index `ours` at another URL" in refused.err
    assert f"it says `{public.url}`, and `--index` says `{private.url}`" in refused.err
    assert sandbox.read("pyproject.toml") == before

    # By another name the same place is the index that it is.
    sandbox.detent("add", "--index", f"theirs={public.url}", "--no-sync", "b").ok()
    text = sandbox.read("pyproject.toml")
    assert text.count("[[tool.detent.index]]") == 1
    assert tomllib.loads(text)["tool"]["detent"]["sources"] == {"b": {"index": "ours"}}


def test_a_pin_to_an_index_that_nobody_declares_is_told_with_its_line(sandbox: Sandbox) -> None:
    sandbox.manifest("c", tail='[tool.detent.sources]\nc = { index = "nix" }\n')

    done = sandbox.detent("lock")

    assert done.code == 2
    assert "`c` is pinned to the index `nix`, and there is none of that name [manifest-invalid]" in done.err
    assert "error: `pyproject.toml:" in done.err


def test_two_machines_behind_different_mirrors_write_the_same_lock(
    tmp_path: Path, sandbox: Sandbox, public: IndexServer
) -> None:
    sandbox.manifest("b")
    sandbox.detent("lock").ok()
    made = [(file.filename, file.data) for file in public.files.values()]
    texts = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        with serve(made) as mirror:
            machine = Sandbox.make(tmp_path / str(number), mirror.url)
            machine.manifest("b", "c")
            machine.write("pylock.toml", sandbox.read("pylock.toml"))
            machine.detent("lock").ok()
            texts.append(machine.read("pylock.toml"))
            assert mirror.count("/simple/c/") == 1

    sandbox.manifest("b", "c")
    sandbox.detent("lock").ok()

    assert texts == [sandbox.read("pylock.toml")] * 2


def test_a_file_at_a_host_that_its_index_never_named_is_refused(
    sandbox: Sandbox, public: IndexServer
) -> None:
    evil_wheel = wheel("c", "1.0", files={"c.py": "evil"})
    with serve([wheel("c", "1.0")]) as files, serve([evil_wheel]) as evil:
        public.origin = files.origin  # where its pages say that files are
        sandbox.manifest("c")
        sandbox.detent("lock").ok()
        text = sandbox.read("pylock.toml")
        said = sandbox.detent("sync").ok()
        assert "warning" not in said.err
        assert files.count("c-1.0") == 2  # metadata and wheel

        was = tomllib.loads(text)["packages"][0]["wheels"][0]
        digest = evil.files[evil_wheel.filename].digests["sha256"]
        changed = text.replace(files.origin, evil.origin).replace(was["hashes"]["sha256"], digest)
        sandbox.write(
            "pylock.toml", changed.replace(f"size = {was['size']}", f"size = {len(evil_wheel.data)}")
        )
        refused = sandbox.detent("sync", "--frozen", "--reinstall")

        assert refused.code == 1
        assert "its index does not know this address [file-unvouched]" in refused.err


def test_an_index_that_only_the_lock_names_is_told(sandbox: Sandbox) -> None:
    evil_wheel = wheel("c", "1.0", files={"c.py": "evil"})
    with serve([evil_wheel]) as evil:
        sandbox.manifest("c")
        sandbox.detent("lock", env={"DETENT_DEFAULT_INDEX": evil.url}).ok()
        sandbox.detent("cache", "clean").ok()

        said = sandbox.detent("sync", "--locked").ok()

        where = evil.origin.partition("//")[2]
        assert f"warning: files are fetched from `{where}` by the word of the lock alone" in said.err


def test_a_password_in_the_project_is_told_when_it_locks_and_stands_in_no_lock(sandbox: Sandbox) -> None:
    with serve([wheel("a", "1.0")], user=("me", "s3cret")) as private:
        sandbox.manifest("a", tail=declared(private.with_user("me", "s3cret")))

        said = sandbox.detent("sync").ok().err

        assert "warning: the URL of the index `ours` has a password in it" in said
        assert "s3cret" not in said + sandbox.read("pylock.toml")
        assert "password" not in sandbox.detent("sync").ok().err


def test_a_file_that_is_not_where_the_lock_says_is_fetched_where_its_index_says(
    sandbox: Sandbox, public: IndexServer
) -> None:
    source = tiny_sdist("s")
    public.add(source.filename, source.data)
    sandbox.manifest("c", "s")
    sandbox.detent("lock").ok()
    with serve([wheel("c", "1.0")]) as mirror:
        text = sandbox.read("pylock.toml")
        sandbox.write("pylock.toml", text.replace(f"{public.origin}/files", f"{mirror.origin}/gone"))

        sandbox.detent("sync", "--frozen", env={"DETENT_CACHE_DIR": str(sandbox.root.parent / "new")}).ok()

    assert sandbox.installed() == {"c": "1.0", "s": "1.0"}


def test_an_index_is_fetched_from_itself_unless_it_has_a_mirror_elsewhere(
    sandbox: Sandbox, public: IndexServer, tmp_path: Path
) -> None:
    config = tmp_path / "home/.config/detent/detent.toml"
    config.parent.mkdir(parents=True)
    for mirror, is_told in ((public.url, False), ("https://mirror.example.com/simple/", True)):
        config.write_text(f'index-mirror = {{ "{public.url}" = "{mirror}" }}\n')
        assert ("fetched from" in sandbox.detent("index", "list").ok().out) is is_told


def test_a_yanked_pin_is_told_when_it_is_installed_and_nobody_is_asked_for_that(
    sandbox: Sandbox, public: IndexServer
) -> None:
    public.files["c-1.0-py3-none-any.whl"].yanked = "broken"
    sandbox.manifest("c==1.0")
    sandbox.detent("lock").ok()
    public.forget()

    said = sandbox.detent("sync").ok().err

    assert "note: installed although it was yanked: `c` 1.0" in said
    assert public.count("simple") == 0
    assert "yanked" not in sandbox.detent("sync").ok().err


def test_an_entry_that_names_no_index_is_told_where_no_index_of_ours_knows_its_host(
    sandbox: Sandbox, public: IndexServer
) -> None:
    sandbox.manifest("c")
    sandbox.detent("lock").ok()
    text = sandbox.read("pylock.toml").replace(f'index = "{public.url}"\n', "")
    start, end = text.index("[tool.detent]"), text.index("[[packages]]")
    text = text[:start] + text[end:]
    sandbox.write("pylock.toml", text)
    told = "by the word of the lock alone"
    assert told not in sandbox.detent("sync", "--frozen").ok().err

    with serve([wheel("c", "1.0")]) as other:
        sandbox.write("pylock.toml", text.replace(public.origin, other.origin))
        sandbox.detent("cache", "clean").ok()

        said = sandbox.detent("sync", "--frozen", "--reinstall").ok()

    assert f"files are fetched from `{other.origin.partition('//')[2]}` {told}" in said.err


def test_credentials_of_an_index_are_sent_to_it_and_written_nowhere(
    sandbox: Sandbox, public: IndexServer
) -> None:
    with serve([wheel("a", "1.0")], user=("me", "s3cret")) as private:
        sandbox.manifest(
            "a",
            "c",
            tail=declared(private.with_user("${WHO}", "${PASS}").replace("%24%7B", "${").replace("%7D", "}")),
        )
        variables = {"WHO": "me", "PASS": "s3cret"}

        said = sandbox.detent("sync", "-v", env=variables).ok()
        refused = sandbox.detent("lock", "--refresh", env={"WHO": "me", "PASS": "wrong"})

        assert locked(sandbox)["a"] == ("1.0", private.url)
        assert refused.code == 1
        assert f"the index ours ({private.url}) could not be asked for `" in refused.err.replace(
            "//****@", "//"
        )
        assert all("authorization" not in request.headers for request in public.requests)
        texts = [said.err, said.out, refused.err, sandbox.read("pylock.toml")]
        texts += [p.read_bytes().decode("latin-1") for p in sandbox.cache.rglob("*") if p.is_file()]
        assert not any("s3cret" in text for text in texts)
        quiet = sandbox.read("pyproject.toml").replace("[[tool", "[[tool", 1)
        sandbox.write("pyproject.toml", quiet + 'authenticate = "never"\n')
        assert sandbox.detent("lock", "--refresh", env=variables).code == 1
        sandbox.write("pyproject.toml", quiet + 'authenticate = "always"\n')
        always = sandbox.detent("lock", "--refresh")
        assert "there are no credentials" in always.err


def test_what_a_build_needs_comes_from_the_same_indexes(sandbox: Sandbox, public: IndexServer) -> None:
    source = sdist(
        "d",
        "1.0",
        dynamic=["Requires-Dist"],
        pyproject='[build-system]\nrequires = ["tool"]\nbuild-backend = "tool"\n',
    )
    public.add(source.filename, source.data)
    public.add(*wheel("tool", "9.0")[:2])
    with serve([wheel("tool", "1.0")]) as private:
        sandbox.manifest("d", tail=declared(private.url))
        private.fail("/simple/tool/", times=None, status=503)

        refused = sandbox.detent("lock", env={"DETENT_HTTP_TRIES": "1"})

        assert refused.code == 1
        assert "could not be asked for `tool`" in refused.err
        assert public.count("/simple/tool/") == 0


def test_an_index_may_take_newer_files_than_the_others(sandbox: Sandbox, private: IndexServer) -> None:
    private.files["a-1.0-py3-none-any.whl"].uploaded = "2026-01-01T00:00:00Z"
    tail = '[tool.detent]\nexclude-newer = "2025-01-01"\n' + declared(private.url, "exclude-newer = false")
    sandbox.manifest("a", "c", tail=tail)

    sandbox.detent("lock").ok()

    assert locked(sandbox)["a"][0] == "1.0"
    inputs = tomllib.loads(sandbox.read("pylock.toml"))["tool"]["detent"]["inputs"]
    assert inputs["indexes"] == {"ours": {"url": private.url, "exclude-newer": "false"}}
    sandbox.manifest("a", "c", tail=tail.replace("exclude-newer = false", ""))
    stale = sandbox.detent("lock", "--check")
    assert "the index `ours` is" in stale.err
    assert sandbox.detent("lock").code == 1


def test_further_indexes_of_pip_count_where_nothing_else_does(
    sandbox: Sandbox, private: IndexServer, tmp_path: Path
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nextra-index-url = {private.url}\n")
    sandbox.manifest("a")

    said = sandbox.detent("lock", env={"PIP_CONFIG_FILE": str(config)}).ok()

    assert locked(sandbox)["a"] == ("1.0", private.url)
    assert (
        f"note: packages are looked for on `{private.url}`, as pip's configuration file `{config}` says"
        in said.err
    )
    assert "note" not in sandbox.detent("lock", "-v", env={"PIP_CONFIG_FILE": str(config)}).ok().err
