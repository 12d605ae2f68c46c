"""Logins, certificates and proxies on the command line."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Sandbox
from support.index_server import IndexServer, serve
from support.tls import certificates
from support.wheels import wheel

KEYRING = f"""\
#!{sys.executable} -IS
import pathlib, sys
kept = pathlib.Path(__file__).with_name("kept")
match sys.argv[1:]:
    case ["set", service, user]:
        kept.write_text(f"{{service}} {{user}} {{sys.stdin.read()}}")
    case ["get", service, user] if kept.exists() and kept.read_text().startswith(f"{{service}} {{user}} "):
        print(kept.read_text().split()[2])
    case ["del", service, user] if kept.exists():
        kept.unlink()
    case _:
        sys.exit(1)
"""


def store(sandbox: Sandbox) -> Path:
    return Path(sandbox.variables["HOME"]) / ".local/share/detent/credentials/logins.json"


def test_a_login_is_kept_used_told_and_forgotten(sandbox: Sandbox) -> None:
    with serve([wheel("a", "1.0")], user=("__token__", "s3cret")) as private:
        sandbox.manifest("a")
        index = {"DETENT_DEFAULT_INDEX": private.url}
        refused = sandbox.detent("auth", "check", env=index)
        assert (refused.code, "[index-unavailable]" in refused.err) == (1, True)
        assert f"run `detent auth login {private.origin}`" in refused.err
        assert "detent auth login" in sandbox.detent("lock", env=index).err

        said = sandbox.detent("auth", "login", private.url, "--token", "s3cret").ok()
        assert "s3cret" not in said.out + said.err
        assert stat.S_IMODE(store(sandbox).stat().st_mode) == 0o600
        checked = sandbox.detent("auth", "check", env=index).ok()
        assert checked.out == f"default: {private.url} answers, with the login of `__token__`\n"
        sandbox.detent("sync", env=index).ok()
        assert sandbox.detent("auth", "token", private.origin).ok().out == "s3cret\n"

        sandbox.detent("auth", "logout", private.url).ok()
        assert sandbox.detent("auth", "check", env=index).code == 1
        for word in ("token", "logout"):
            assert "[login-missing]" in sandbox.detent("auth", word, private.url).err
    assert sandbox.detent("auth", "dir").ok().out == f"{store(sandbox).parent}\n"


def test_a_login_is_given_for_an_index_by_its_name(sandbox: Sandbox) -> None:
    with serve([wheel("a", "1.0")], user=("__token__", "s3cret")) as private:
        sandbox.manifest("a", tail=f'\n[[tool.detent.index]]\nname = "ours"\nurl = "{private.url}"\n')

        said = sandbox.detent("auth", "login", "ours", "--token", "s3cret").ok()

        assert f"for `{private.origin}` in" in said.err
        assert sandbox.detent("auth", "token", "ours").ok().out == "s3cret\n"
        sandbox.detent("lock").ok()
        sandbox.detent("auth", "logout", "ours").ok()
        assert "[login-missing]" in sandbox.detent("auth", "token", private.origin).err


def test_an_index_that_is_never_asked_without_a_login_is_not_said_to_answer(sandbox: Sandbox) -> None:
    with serve([wheel("a", "1.0")]) as ours:
        table = f'[[tool.detent.index]]\nname = "ours"\nurl = "{ours.url}"\nauthenticate = "always"\n'
        sandbox.manifest("a", tail=table)

        refused = sandbox.detent("auth", "check", "ours")

        assert (refused.code, ours.requests) == (1, [])
        assert "there are no credentials" in refused.err
        sandbox.detent("auth", "login", ours.url, "--token", "s3cret").ok()
        sandbox.detent("auth", "check", "ours").ok()


def test_a_password_comes_from_standard_input_and_never_from_nowhere(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "detent", "auth", "login", "index.example", "-u", "me"]

    piped = subprocess.run(
        [*command, "--password", "-"],
        input=b"s3cret\n",
        env=sandbox.variables,
        capture_output=True,
        check=True,
    )

    assert b"s3cret" not in piped.stdout + piped.stderr
    assert sandbox.detent("auth", "token", "index.example").out == "s3cret\n"
    nobody = sandbox.detent("auth", "login", "index.example", "-u", "me")
    assert (nobody.code, "standard input is no terminal" in nobody.err) == (2, True)
    assert sandbox.detent("auth", "login", "ftp://index.example").code == 2
    assert sandbox.detent("auth", "login", "index.example", "--token", "x", "-u", "me").code == 2


def test_a_password_that_is_typed_is_not_echoed(sandbox: Sandbox) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "detent", "auth", "login", "index.example", "-u", "me"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=sandbox.variables, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = b""
        while b"Password of me" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, b"s3cret\n")
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError:  # the other side has ended
            pass
    os.close(ours)

    assert (process.returncode, b"s3cret" in seen) == (0, False)
    assert sandbox.detent("auth", "token", "index.example").out == "s3cret\n"


def test_the_keyring_keeps_logins_when_it_is_asked_for(sandbox: Sandbox) -> None:
    program = Path(sandbox.variables["HOME"]) / "bin/keyring"
    program.parent.mkdir()
    program.write_text(KEYRING)
    program.chmod(0o755)
    path = {"PATH": f"{program.parent}:{sandbox.variables['PATH']}"}
    provider = ("--keyring-provider", "subprocess")
    with serve([wheel("a", "1.0")], user=("me", "s3cret")) as private:
        sandbox.manifest("a")
        sandbox.detent(
            "auth", "login", private.url, "-u", "me", "--password", "s3cret", *provider, env=path
        ).ok()
        assert not store(sandbox).exists()
        told = sandbox.detent("auth", "token", private.url, "-u", "me", *provider, env=path).ok()
        assert told.out == "s3cret\n"
        index = {**path, "DETENT_DEFAULT_INDEX": private.url.replace("//", "//me@")}

        assert sandbox.detent("lock", env=index).code == 1
        said = sandbox.detent("lock", *provider, env=index).ok()

        assert f"Asking the keyring for the password of `me` at {private.url}" in said.err
        sandbox.detent("auth", "logout", private.url, "-u", "me", *provider, env=path).ok()
        assert sandbox.detent("lock", "--refresh", *provider, env=index).code == 1
        (sandbox.root / "keyring").write_text(KEYRING)
        (sandbox.root / "keyring").chmod(0o755)
        own = sandbox.detent("lock", "--refresh", *provider, env={**index, "PATH": str(sandbox.root)})
        assert "lies in the project" in own.err


def test_certificates_are_named_by_flags_variables_and_the_users_configuration(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    files = certificates(tmp_path)
    with serve([wheel("a", "1.0")], tls=files.context(asks_client=True)) as private:
        sandbox.manifest("a")
        sandbox.variables["DETENT_DEFAULT_INDEX"] = private.url
        config = Path(sandbox.variables["HOME"]) / ".config/detent/detent.toml"
        config.parent.mkdir(parents=True)
        assert "was not accepted" in sandbox.detent("lock").err
        client = {"SSL_CLIENT_CERT": str(files.client)}

        sandbox.detent("lock", "--refresh", "--cert", str(files.authority), env=client).ok()
        sandbox.detent("lock", "--refresh", env={**client, "SSL_CERT_FILE": str(files.authority)}).ok()
        other = {**client, "REQUESTS_CA_BUNDLE": str(files.authority)}
        sandbox.detent("lock", "--refresh", env=other).ok()
        assert sandbox.detent("lock", "--refresh", "--system-certs", env=other).code == 1
        config.write_text(
            f'certificates = "{files.authority}"\n[[index]]\nurl = "{private.url}"\nname = "default"\n'
            f'default = true\nclient-cert = "{files.client}"\n'
        )
        del sandbox.variables["DETENT_DEFAULT_INDEX"]
        sandbox.detent("lock", "--refresh").ok()


@pytest.mark.parametrize("flag", ["--allow-insecure-host", "--trusted-host"])
def test_one_host_may_be_excepted(sandbox: Sandbox, tmp_path: Path, flag: str) -> None:
    with serve([wheel("a", "1.0")], tls=certificates(tmp_path).context()) as private:
        sandbox.manifest("a")
        sandbox.variables["DETENT_DEFAULT_INDEX"] = private.url

        said = sandbox.detent("lock", flag, f"127.0.0.1:{private.port}").ok()

        assert said.err.count("is not checked") == 1
        assert sandbox.detent("lock", "--refresh", flag, "localhost").code == 1
        for odd in ("*", "https://127.0.0.1", ""):
            assert sandbox.detent("lock", "--refresh", flag, odd).code == 2


def test_a_proxy_is_named_by_a_flag(sandbox: Sandbox, index: IndexServer) -> None:
    sandbox.manifest("a")

    sandbox.detent(
        "lock", "--proxy", index.origin, env={"DETENT_DEFAULT_INDEX": "http://index.example/simple/"}
    )

    assert index.paths()[0] == "http://index.example/simple/a/"


@pytest.mark.parametrize("declares", ["dependency", "source"])
def test_a_url_that_the_project_names_is_asked_for_with_the_login_for_its_host(
    sandbox: Sandbox, declares: str
) -> None:
    made = wheel("a", "1.0")
    with serve([made], user=("me", "s3cret")) as files:
        url = f"{files.origin}/files/a/{made.filename}"
        (Path(sandbox.variables["HOME"]) / ".netrc").write_text(
            "machine 127.0.0.1 login me password s3cret\n"
        )
        if declares == "dependency":
            sandbox.manifest(f"a @ {url}")
        else:
            sandbox.manifest("a", tail=f'[tool.detent.sources]\na = {{ url = "{url}" }}\n')

        sandbox.detent("sync").ok()

        assert sandbox.installed() == {"a": "1.0"}
        assert "s3cret" not in sandbox.read("pylock.toml")


def test_nothing_of_logins_is_imported_or_read_where_nothing_is_asked(sandbox: Sandbox) -> None:
    with serve([wheel("a", "1.0")]) as private:
        sandbox.manifest("a")
        sandbox.variables["DETENT_DEFAULT_INDEX"] = private.url
        sandbox.detent("auth", "login", private.url, "-u", "me", "--password", "s3cret").ok()
        store(sandbox).write_text("broken")
        (Path(sandbox.variables["HOME"]) / ".netrc").write_text("broken broken")

        sandbox.detent("sync").ok()  # the server did not ask
        sandbox.detent("lock", "--check").ok()
        watched = [sys.executable, "-X", "importtime", "-m", "detent", "lock", "--check", "--no-cache"]
        done = subprocess.run(
            watched, cwd=sandbox.root, env=sandbox.variables, capture_output=True, check=True
        )

        imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
        assert "detent.cli.app" in imported
        never = (
            "detent.index.logins",
            "detent.index.login_store",
            "detent.index.keyring",
            "detent.ops.logins",
            "netrc",
        )
        assert imported.isdisjoint(never)
