"""`detent verify`, as a person or a pipeline meets it."""

import json
from pathlib import Path
from random import Random

import pytest

from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.repositories import Repository
from support.wheels import wheel


def tamper(sandbox: Sandbox, was: str, now: str) -> None:
    """Change the first place in the lock that reads so."""
    text = sandbox.read("pylock.toml")
    assert was in text
    sandbox.write("pylock.toml", text.replace(was, now, 1))


@pytest.fixture
def locked(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("a", "1.0", requires=["b"]), wheel("b", "1.0"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    index.forget()
    return sandbox


def test_a_lock_that_is_right_is_verified_without_downloading_a_file(
    locked: Sandbox, index: IndexServer
) -> None:
    done = locked.detent("verify", "--no-cache").ok()

    assert done.out == ""
    assert "Verified 2 packages (2 files) against 1 index in " in done.err
    assert "Not confirmed" not in done.err
    assert sorted(index.paths()) == [
        "/files/a/a-1.0-py3-none-any.whl.metadata",
        "/files/b/b-1.0-py3-none-any.whl.metadata",
        "/simple/a/",
        "/simple/b/",
    ]


def test_pages_are_asked_for_once_and_anew_however_fresh_the_cache_is(
    sandbox: Sandbox, index: IndexServer
) -> None:
    index.cache_control = "max-age=3600"
    publish(index, wheel("a", "1.0"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    index.yank("a-1.0-py3-none-any.whl", "it eats files")
    index.forget()

    done = sandbox.detent("verify").ok()

    assert "warning: a 1.0: it was yanked: it eats files" in done.err
    assert index.paths() == ["/simple/a/"]


def test_a_changed_hash_ends_with_what_both_say_and_the_command_that_heals(locked: Sandbox) -> None:
    before = locked.read("pylock.toml")
    at = before.index('sha256 = "') + len('sha256 = "')
    other = "0" if before[at] != "0" else "1"
    locked.write("pylock.toml", before[:at] + other + before[at + 1 :])

    done = locked.detent("verify")

    assert done.code == 1
    (line,) = done.out.splitlines()
    assert line.startswith(f"a 1.0: `sha256` of `a-1.0-py3-none-any.whl`: the lock says `{other}")
    assert f"the index says `{before[at : at + 64]}`" in line
    assert "[lock-unverified]" in done.err
    assert "run `detent lock --refresh` to take files" in done.err
    locked.detent("lock", "--refresh").ok()
    assert locked.read("pylock.toml") == before
    locked.detent("verify").ok()


def test_a_requirement_taken_out_of_the_lock_is_found_by_what_the_index_says(locked: Sandbox) -> None:
    text = locked.read("pylock.toml")
    text = text.replace('dependencies = [\n    {name = "b"},\n]\n', "", 1)
    text = text.replace('\n[packages.tool.detent]\nrequires = [\n    "b",\n]\n', "", 1)
    locked.write("pylock.toml", text[: text.rindex("\n[[packages]]")])

    # By its own word it is whole.
    assert locked.detent("lock", "--check").code == 0
    done = locked.detent("verify")

    assert done.code == 1
    assert "a 1.0: `requires`: the lock says nothing, the index says `b`" in done.out
    assert "`a 1.0` needs `b`, but the lock has no entry for it" in done.out


def test_facts_are_given_to_programs_with_the_error(locked: Sandbox) -> None:
    tamper(locked, "/files/a/", "/fi1es/a/")

    done = locked.detent("verify", "--output-format", "json")

    facts = json.loads(done.out)
    assert done.code == 1
    assert facts["packages"] == 2
    (finding,) = facts["findings"]
    assert (finding["name"], finding["field"], finding["level"]) == ("a", "url", "error")
    assert "/fi1es/a/" in finding["locked"]
    assert "/files/a/" in finding["told"]
    assert facts["error"]["code"] == "lock-unverified"


def test_what_an_index_of_html_pages_does_not_say_is_counted_and_named(tmp_path: Path) -> None:
    with serve([wheel("a", "1.0")]) as index:
        sandbox = Sandbox.make(tmp_path, index.url)
        sandbox.manifest("a")
        sandbox.detent("lock").ok()
        index.json, index.upload_times = False, False

        done = sandbox.detent("verify").ok()
        assert "Not confirmed: 1 size, 1 upload time (`-v` names them)" in done.err

        told = sandbox.detent("verify", "-v").ok().err
        assert "not confirmed: a 1.0: size of `a-1.0-py3-none-any.whl`: the index does not say it" in told


def test_no_wheel_is_fetched_whole_and_nothing_is_built(tmp_path: Path) -> None:
    """A lock that needed both is verified by who has neither."""
    big = wheel("a", "1.0", files={"a/data": Random(0).randbytes(2**20)})
    built = tiny_sdist("b", "1.0", is_open=True)
    with serve([big], metadata="none", ranges=False) as index:
        index.add(built.filename, built.data)
        sandbox = Sandbox.make(tmp_path, index.url)
        sandbox.manifest("a", "b")
        sandbox.detent("lock").ok()
        index.forget()

        done = sandbox.detent("verify", "--no-cache", "-v").ok()

    assert "Not confirmed: 2 requirements" in done.err
    assert "a 1.0: requires: only the whole of the wheel could tell" in done.err
    assert "b 1.0: requires: only a build could tell" in done.err


def test_a_package_that_an_earlier_index_has_is_a_finding(tmp_path: Path) -> None:
    with serve([wheel("a", "1.0")]) as public, serve() as private:
        sandbox = Sandbox.make(tmp_path, public.url)
        tail = f'\n[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n'
        sandbox.manifest("a", tail=tail)
        sandbox.detent("lock").ok()
        made = wheel("a", "1.0")
        private.add(made.filename, made.data)

        done = sandbox.detent("verify")

    assert done.code == 1
    told = f"a 1.0: the lock has it from `{public.url}`, and the first index that has it is `{private.url}`"
    assert told in done.out


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_index_that_does_not_answer_ends_it(locked: Sandbox, index: IndexServer, status: int) -> None:
    index.fail("/simple/b/", status=status, times=None)

    done = locked.detent("verify", env={"DETENT_HTTP_RETRIES": "0"})

    assert done.code == 1
    assert "lock-unverified" not in done.err


def test_offline_it_says_that_it_needs_the_index(locked: Sandbox) -> None:
    done = locked.detent("verify", "--offline")

    assert done.code == 2
    assert "`detent verify` asks the index, and `--offline` forbids it" in done.err


def test_a_lock_of_other_requirements_is_a_finding_that_lock_heals(locked: Sandbox) -> None:
    locked.manifest("a", "b>=1")

    done = locked.detent("verify")

    assert done.code == 1
    assert "`b>=1` was added to [project.dependencies]" in done.out
    assert "next: run `detent lock` to bring it up to date" in done.err


def test_a_release_that_is_too_new_for_the_cooldown_is_a_finding(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a", "1.0"))
    sandbox.manifest("a", tail='\n[tool.detent]\nexclude-newer = "2024-06-01"\n')
    sandbox.detent("lock").ok()
    index.files["a-1.0-py3-none-any.whl"].uploaded = "2024-07-01T00:00:00Z"
    tamper(sandbox, "2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z")

    done = sandbox.detent("verify")

    assert done.code == 1
    assert "a 1.0: 1.0 was uploaded on 2024-07-01, after what `exclude-newer`" in done.out


def test_against_a_revision_only_what_changed_is_asked_for(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "checkout")
    with serve([wheel("a", "1.0"), wheel("c", "1.0")]) as index:
        sandbox = Sandbox.make(repository.folder, index.url)
        sandbox.manifest("a")
        sandbox.detent("lock").ok()
        repository.commit()
        sandbox.manifest("a", "c")
        sandbox.detent("lock").ok()
        index.forget()

        done = sandbox.detent("verify", "--against", "HEAD").ok()

        assert "Verified 1 package (1 file) that changed since HEAD, of 2" in done.err
        assert {path.split("/")[2] for path in index.paths()} == {"c"}
        tamper(sandbox, "/files/c/", "/files/cc/")
        assert sandbox.detent("verify", "--against", "HEAD").code == 1
        assert sandbox.detent("verify", "--against", "nowhere").code == 2


def test_a_lock_of_ours_that_no_longer_says_what_it_was_made_from_is_a_finding(locked: Sandbox) -> None:
    head, first, rest = locked.read("pylock.toml").partition("[[packages]]")
    locked.write("pylock.toml", head.partition("[tool.detent]")[0] + first + rest)

    done = locked.detent("verify")

    assert done.code == 1
    assert "what it was made from was taken out" in done.out


def test_a_lock_of_another_tool_is_held_against_the_index_too(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a", "1.0"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    text = sandbox.read("pylock.toml")
    head, _, rest = text.partition("[tool.detent]")
    sandbox.write("pylock.toml", head.replace('"detent"', '"other"') + rest[rest.index("[[packages]]") :])

    done = sandbox.detent("verify").ok()
    assert "Not confirmed: 1 graph" in done.err

    tamper(sandbox, "size = ", "size = 1")
    assert sandbox.detent("verify").code == 1


def test_a_commit_that_its_branch_does_not_lead_to_is_a_finding(tmp_path: Path, sandbox: Sandbox) -> None:
    repository = Repository(tmp_path / "library")
    first = repository.commit({"pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n'})
    source = f'lib = {{ git = "{repository.folder.as_uri()}" }}'
    sandbox.manifest("lib", tail=f"\n[tool.detent.sources]\n{source}\n")
    sandbox.detent("lock").ok()
    repository.commit({"more.txt": "more"})

    # The branch went on from there.
    assert "Verified 1 package" in sandbox.detent("verify").ok().err
    repository.git("checkout", "--quiet", "--orphan", "anew")
    repository.commit({"more.txt": "another past"})

    done = sandbox.detent("verify")
    assert done.code == 1
    assert f"does not lead to `{first}`" in done.out


def test_files_of_this_machine_are_held_to_their_hash(tmp_path: Path, sandbox: Sandbox) -> None:
    made = wheel("a", "1.0")
    path = sandbox.root / made.filename
    path.write_bytes(made.data)
    sandbox.manifest("a", tail=f'\n[tool.detent.sources]\na = {{ path = "{made.filename}" }}\n')
    sandbox.detent("lock").ok()
    sandbox.detent("verify").ok()
    path.write_bytes(wheel("a", "1.0", files={"a.py": "evil"}).data)

    done = sandbox.detent("verify")

    assert done.code == 1
    assert "a 1.0: `sha256` of `a-1.0-py3-none-any.whl`" in done.out


def test_what_a_commit_and_a_wheel_at_hand_demand_is_held_against_the_lock(
    tmp_path: Path, sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("b", "1.0"))
    made = wheel("c", "1.0", requires=["b<5"])
    (sandbox.root / made.filename).write_bytes(made.data)
    repository = Repository(tmp_path / "library")
    project = '[project]\nname = "lib"\nversion = "1"\ndependencies = ["b>=1"]\n'
    repository.commit({"pyproject.toml": project})
    sandbox.manifest(
        "lib",
        "c",
        tail="\n[tool.detent.sources]\n"
        f'lib = {{ git = "{repository.folder.as_uri()}" }}\nc = {{ path = "{made.filename}" }}\n',
    )
    sandbox.detent("lock").ok()
    assert "Not confirmed" not in sandbox.detent("verify").ok().err

    tamper(sandbox, '"b>=1"', '"b"')
    tamper(sandbox, '"b<5"', '"b<6"')

    done = sandbox.detent("verify")
    assert done.code == 1
    assert "lib 1: `b>=1` was added to the dependencies of `lib`" in done.out
    assert "c 1.0: `b<6` was removed from the dependencies of `c`" in done.out


@pytest.mark.parametrize("kind", ["folder", "commit"])
def test_where_a_folder_or_commit_has_its_own_dependencies_from_is_held_against_the_lock(
    tmp_path: Path, sandbox: Sandbox, index: IndexServer, kind: str
) -> None:
    publish(index, wheel("b", "1.0"))
    url = f"{index.origin}/files/b/b-1.0-py3-none-any.whl"
    repository = Repository(tmp_path / "library")
    project = f'[project]\nname = "lib"\nversion = "1"\ndependencies = ["b @ {url}"]\n'
    repository.commit({"pyproject.toml": project})
    at = {"folder": f'path = "{repository.folder}"', "commit": f'git = "{repository.folder.as_uri()}"'}[kind]
    sandbox.manifest("lib", tail=f"\n[tool.detent.sources]\nlib = {{ {at} }}\n")
    sandbox.detent("lock").ok()
    sandbox.detent("verify").ok()

    lock = sandbox.read("pylock.toml")
    sandbox.write("pylock.toml", lock.replace("/files/b/", "/evil/b/"))

    done = sandbox.detent("verify")
    assert done.code == 1
    assert f"`lib` has `b` from `{url}` and had it from `{url.replace('/files/', '/evil/')}`" in done.out


def test_what_only_a_build_of_a_folder_could_tell_is_named_and_a_folder_that_is_gone_is_a_finding(
    sandbox: Sandbox,
) -> None:
    folder = write_tree(sandbox.root / "a", tiny_tree("a"))
    path = folder / "pyproject.toml"
    path.write_text(path.read_text().replace("[project]", '[project]\ndynamic = ["optional-dependencies"]'))
    sandbox.manifest("a", tail='\n[tool.detent.sources]\na = { path = "a" }\n')
    sandbox.detent("lock").ok()

    assert (
        "not confirmed: a 1.0: requires: only a build could tell" in sandbox.detent("verify", "-v").ok().err
    )

    folder.rename(sandbox.root / "elsewhere")
    done = sandbox.detent("verify")
    assert done.code == 1
    assert "there is no folder `a`" in done.out


def provenance(repository: str) -> bytes:
    publisher = {"kind": "GitHub", "repository": repository, "workflow": "r.yml"}
    bundle = {"publisher": publisher, "attestations": [{"version": 1}]}
    return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()


def test_another_publisher_is_a_finding_and_one_that_is_lost_a_warning(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a", "1.0"))
    file = index.files["a-1.0-py3-none-any.whl"]
    file.provenance = provenance("ada/a")
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    assert "ada/a" in sandbox.read("pylock.toml")
    assert "Not confirmed" not in sandbox.detent("verify").ok().err

    file.provenance = provenance("eve/a")
    done = sandbox.detent("verify")
    assert done.code == 1
    assert "a 1.0: `attestation-identities`: the lock says" in done.out

    file.provenance = None
    done = sandbox.detent("verify").ok()
    assert "the index says nothing of it" in done.err


def test_what_builds_get_is_held_against_the_index_too(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("helper", "1.0"))
    built = tiny_sdist("b", "1.0", build_requires=["helper"], is_open=True)
    index.add(built.filename, built.data)
    sandbox.manifest("b", tail="\n[tool.detent]\nlock-build-requirements = true\n")
    sandbox.detent("lock").ok()
    assert "Verified 2 packages (2 files)" in sandbox.detent("verify").ok().err

    tamper(sandbox, "/files/helper/", "/files/he1per/")
    done = sandbox.detent("verify")
    assert done.code == 1
    assert "helper 1.0: `url` of `helper-1.0-py3-none-any.whl`" in done.out


def test_a_password_in_a_lock_of_another_tool_is_shown_to_nobody(locked: Sandbox, index: IndexServer) -> None:
    file = index.files["b-1.0-py3-none-any.whl"]
    with_login = index.url.replace("://", "://eve:secret@")
    url = f"{with_login.replace('simple/', 'elsewhere/')}{file.filename}"
    locked.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "other"\n[[packages]]\nname = "b"\nversion = "1.0"\n'
        f'index = "{with_login}"\nwheels = [{{name = "{file.filename}", url = "{url}", '
        f'hashes = {{sha256 = "{file.digests["sha256"]}"}}}}]\n',
    )

    for words in (("verify", "-v"), ("verify", "--output-format", "json"), ("graph", "--frozen", "-o", "-")):
        done = locked.detent(*words)
        assert "secret" not in done.out + done.err

    assert "`url` of `b-1.0-py3-none-any.whl`: the lock says `http://****@" in locked.detent("verify").out


def test_an_index_that_is_its_own_mirror_confirms_addresses(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a", "1.0"))
    with_login = index.url.replace("://", "://ada:secret@")
    sandbox.manifest("a", tail=f'\n[[tool.detent.index]]\nname = "x"\nurl = "{with_login}"\ndefault = true\n')
    sandbox.detent("lock").ok()
    assert "asked in place" not in sandbox.detent("verify").ok().err

    tamper(sandbox, "/files/a/", "/evil/a/")
    assert sandbox.detent("verify").code == 1
