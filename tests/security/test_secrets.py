"""Secrets go to the origin they belong to and nowhere else: not to another server, not into any text or file.

Every way to give a login is gone through, with every way in which things go wrong, and then everything is
searched: what was said, the project, its environment, the cache and the home.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from support.cli import Done, Sandbox
from support.index_server import IndexServer, serve
from support.wheels import wheel

USER, SECRET = "some-user", "s3cr@t/x:%y"
ENCODED = f"{quote(USER, safe='')}:{quote(SECRET, safe='')}"
FORMS = (
    SECRET,
    quote(SECRET, safe=""),
    quote(SECRET),
    base64.b64encode(f"{USER}:{SECRET}".encode()).decode(),
)
KEYRING = f"""\
#!{sys.executable} -IS
import sys
print({SECRET!r}) if sys.argv[1:2] == ["get"] and sys.argv[3:] == [{USER!r}] else sys.exit(1)
"""


class Way(NamedTuple):
    """One way to give a login: what is set for it, and files that hold it by right."""

    variables: dict[str, str]
    words: tuple[str, ...] = ()
    holders: tuple[Path, ...] = ()
    url: str = ""
    """What the project declares."""


Make = Callable[[Sandbox, IndexServer], Way]


def in_a_variable_of_the_project(_: Sandbox, index: IndexServer) -> Way:
    return Way({"WHO": USER, "SECRET": SECRET}, url=index.url.replace("//", "//${WHO}:${SECRET}@"))


def in_a_variable_with_the_url(_: Sandbox, index: IndexServer) -> Way:
    return Way({"DETENT_INDEX": f"ours={index.with_user(USER, SECRET)}"})


def on_the_command_line(_: Sandbox, index: IndexServer) -> Way:
    return Way({}, words=("--index", f"ours={index.with_user(USER, SECRET)}"))


def by_name(_: Sandbox, index: IndexServer) -> Way:
    return Way({"DETENT_INDEX_OURS_USERNAME": USER, "DETENT_INDEX_OURS_PASSWORD": SECRET}, url=index.url)


def in_the_store(sandbox: Sandbox, index: IndexServer) -> Way:
    sandbox.detent("auth", "login", index.url, "-u", USER, "--password", SECRET).ok()
    return Way({}, holders=(home(sandbox) / ".local/share/detent/credentials/logins.json",), url=index.url)


def in_a_netrc_file(sandbox: Sandbox, index: IndexServer) -> Way:
    path = home(sandbox) / ".netrc"
    path.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    return Way({}, holders=(path,), url=index.url)


def in_the_keyring(sandbox: Sandbox, index: IndexServer) -> Way:
    program = home(sandbox) / "bin/keyring"
    program.parent.mkdir()
    program.write_text(KEYRING)
    program.chmod(0o755)
    variables = {
        "PATH": f"{program.parent}:{sandbox.variables['PATH']}",
        "DETENT_KEYRING_PROVIDER": "subprocess",
        "DETENT_INDEX_OURS_USERNAME": USER,
    }
    return Way(variables, holders=(program,), url=index.url)


WAYS: tuple[Make, ...] = (
    in_a_variable_of_the_project,
    in_a_variable_with_the_url,
    on_the_command_line,
    by_name,
    in_the_store,
    in_a_netrc_file,
    in_the_keyring,
)


def home(sandbox: Sandbox) -> Path:
    return Path(sandbox.variables["HOME"])


def holders_of_secrets(sandbox: Sandbox) -> Iterator[Path]:
    """Every file with a secret in its text or its name."""
    for top in (sandbox.root, sandbox.cache, home(sandbox)):
        for path in top.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            if any(form.encode() in data or form in path.name for form in FORMS):
                yield path


def is_told(index: IndexServer) -> bool:
    return any("authorization" in request.headers for request in index.requests)


@pytest.fixture
def other() -> Iterator[IndexServer]:
    """Another origin, for redirects and files."""
    with serve([wheel("b", "1.0"), wheel("c", "1.0")]) as server:
        yield server


@pytest.fixture
def private() -> Iterator[IndexServer]:
    with serve([wheel("a", "1.0", requires=["b"])], user=(USER, SECRET)) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_secret_reaches_its_origin_and_nothing_else(
    sandbox: Sandbox, private: IndexServer, other: IndexServer, index: IndexServer, way: Make
) -> None:
    made = way(sandbox, private)
    declared = f'[[tool.detent.index]]\nname = "ours"\nurl = "{made.url}"\n' if made.url else ""
    sandbox.manifest("a", tail=declared)
    # Whatever `b` is, it comes from another origin: by a redirect of its page, and so by its file.
    private.redirects["/simple/b/"] = f"{other.url}b/"
    said: list[Done] = []

    def detent(*words: str, env: dict[str, str] | None = None) -> Done:
        done = sandbox.detent(*words, *made.words, env={**made.variables, **(env or {})})
        said.append(done)
        return done

    detent("sync", "-vv").ok()
    assert sandbox.installed() == {"a": "1.0", "b": "1.0"}
    assert is_told(private)
    detent("sync").ok()
    detent("lock", "--check").ok()
    detent("sync", "--reinstall", "--no-cache", "-vv").ok()
    detent("export", "--emit-index-url", "-o", "requirements.txt").ok()
    detent("tree").ok()
    detent("index", "list").ok()
    detent("auth", "check").ok()
    assert set(holders_of_secrets(sandbox)) <= set(made.holders)  # what fails takes some of it away

    faults: tuple[dict[str, Any], ...] = (
        {"status": 401},
        {"status": 403},
        {"status": 500},
        {"status": 200, "body": b"{\xff", "headers": {"Content-Type": "application/vnd.pypi.simple.v1+json"}},
        {"status": 200, "body": b"x", "headers": {"Content-Encoding": "br"}},
        {"reset": True},
        {"status": 302, "headers": {"Location": f"http://{ENCODED}@nowhere.invalid/"}},
    )
    for fault in faults:
        private.fail("/simple/a/", times=None, **fault)
        failed = detent("lock", "--upgrade", "-vv", env={"DETENT_HTTP_RETRIES": "1"})
        assert failed.code == 1, fault
        private.heal()

    assert not is_told(other)
    assert not is_told(index)
    for done in said:
        assert not any(form in text for form in FORMS for text in (done.out, done.err)), done
    assert set(holders_of_secrets(sandbox)) <= set(made.holders)


def test_files_on_another_host_are_asked_for_without_the_logins_of_the_index(
    sandbox: Sandbox, private: IndexServer, other: IndexServer
) -> None:
    _, page = private.page("a") or ("", b"")
    private.pages["a"] = (
        "application/vnd.pypi.simple.v1+json",
        page.replace(private.origin.encode(), other.origin.encode()),
    )
    made = wheel("a", "1.0", requires=["b"])
    other.add(made.filename, made.data)
    private.redirects["/simple/b/"] = f"{other.url}b/"
    (home(sandbox) / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    sandbox.manifest("a", tail=f'[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n')

    sandbox.detent("sync").ok()

    assert sandbox.installed()["a"] == "1.0"
    assert is_told(private)
    assert not is_told(other)


def test_a_files_host_that_asks_for_a_login_is_not_given_that_of_the_index(
    sandbox: Sandbox, private: IndexServer
) -> None:
    with serve([wheel("b", "1.0")], user=("x", "y")) as greedy:
        private.redirects["/simple/b/"] = f"{greedy.url}b/"
        (home(sandbox) / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
        sandbox.detent("auth", "login", private.url, "-u", USER, "--password", SECRET).ok()
        sandbox.manifest("a", tail=f'[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n')

        refused = sandbox.detent("lock", "-vv")

        assert refused.code == 1
        assert greedy.requests
        assert not is_told(greedy)


def test_a_password_by_name_does_not_follow_the_name_to_another_origin(
    sandbox: Sandbox, private: IndexServer, other: IndexServer
) -> None:
    login = {"DETENT_INDEX_OURS_USERNAME": USER, "DETENT_INDEX_OURS_PASSWORD": SECRET}
    table = '[[tool.detent.index]]\nname = "ours"\nurl = "{}"\n'
    sandbox.manifest("a", tail=table.format(private.url))
    private.redirects["/simple/b/"] = f"{other.url}b/"
    sandbox.detent("lock", env=login).ok()
    sandbox.detent("cache", "clean").ok()  # what is remembered is no cache

    with serve([wheel("a", "1.0")]) as stranger:
        sandbox.manifest("a", tail=table.format(stranger.url))

        refused = sandbox.detent("lock", env=login)

        assert (refused.code, "[index-origin-changed]" in refused.err) == (1, True)
        assert stranger.origin in refused.err
        assert private.origin in refused.err
        assert SECRET not in refused.err
        assert stranger.requests == []
        stated = {**login, "DETENT_INDEX_OURS_ORIGIN": stranger.origin}
        sandbox.detent("lock", env=stated).ok()


def test_a_secret_of_a_proxy_is_told_to_the_proxy_alone(sandbox: Sandbox, private: IndexServer) -> None:
    sandbox.manifest("a")
    for number, address in enumerate(("http://{}@127.0.0.1:9", "socks5://{}@127.0.0.1:9", "{}@[")):
        proxy = address.format(ENCODED)
        for words, variables in (
            (("--proxy", proxy), {}),
            ((), {"HTTP_PROXY": proxy}),
            ((), {"DETENT_PROXY": proxy}),
        ):
            refused = sandbox.detent("lock", "-vv", *words, env=variables)
            assert refused.code in {1, 2}, (number, refused)
            assert not any(form in text for form in FORMS for text in (refused.out, refused.err)), refused
    assert list(holders_of_secrets(sandbox)) == []


def test_a_password_of_a_git_url_is_not_shown_or_kept(sandbox: Sandbox, private: IndexServer) -> None:
    url = f"git+http://{ENCODED}@127.0.0.1:{private.port}/x.git"
    sandbox.manifest("a")

    for done in (
        sandbox.detent("add", "-vv", f"x @ {url}"),
        sandbox.detent("add", "-vv", url),
        sandbox.detent(
            "add", "-vv", f"http://{ENCODED}@127.0.0.1:{private.port}/files/x-1.0-py3-none-any.whl"
        ),
    ):
        assert done.code in {1, 2}
        assert not any(form in text for form in FORMS for text in (done.out, done.err)), done
    assert list(holders_of_secrets(sandbox)) == []


def test_settings_of_a_machine_are_an_error_in_a_project(sandbox: Sandbox) -> None:
    for line in (
        'keyring-provider = "subprocess"',
        'allow-insecure-host = ["localhost"]',
        'client-cert = "client.pem"',
        'certificates = "ca.pem"',
        "system-certs = true",
        'proxy = "http://proxy.example"',
        'index = [{ url = "https://index.example/simple/", client-cert = "client.pem" }]',
    ):
        sandbox.manifest("a", tail=f"[tool.detent]\n{line}\n")

        refused = sandbox.detent("lock")

        assert refused.code == 2
        assert "is a setting of a machine" in refused.err
