"""Every folder of examples/ is a project that works as its README says, word for word."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pytest

from support.cli import SOURCE, Done, Sandbox, publish, run
from support.example_packages import example_packages
from support.index_server import IndexServer
from support.wheels import wheel

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(
    path.name
    for path in EXAMPLES.iterdir()
    if path.is_dir() and path.name not in {"merge-conflicts", "monorepo", "pre-commit", "private-index"}
)
"""Some bring their own servers or are scripts. `monorepo` and `merge-conflicts` stand with what they show."""
SERVES = "detent run --extra serve uvicorn service:app"


def commands(example: str) -> list[str]:
    """Give the indented lines of the README that start with `detent`, their remarks left out."""
    lines = (EXAMPLES / example / "README.md").read_text("utf-8").splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.startswith("    detent ")]


def copy_of(example: str, to: Path) -> None:
    shutil.copytree(EXAMPLES / example, to, dirs_exist_ok=True)


def expected(example: str) -> str:
    return (EXAMPLES / example / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("example", FOLDERS)
def test_an_example_does_what_its_readme_says(example: str, sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, *example_packages())
    copy_of(example, sandbox.root)

    done = {line: sandbox.detent(*line.split()[1:]).ok() for line in commands(example)}

    first = next(iter(done.values()))
    assert first.out == expected(example)
    assert len(done) >= 3
    match example:
        case "web-service":
            assert "1 passed" in done["detent run pytest"].out
            assert done[SERVES].out == "serving service:app\n"
            assert sandbox.installed() == {"fastapi": "0.120.0", "httpx": "0.28.1", "starlette": "1.0.0"}
        case "data-science":
            assert sandbox.installed() == {"matplotlib": "3.10.0", "numpy": "2.3.0", "pandas": "2.3.0"}
        case "library":
            assert "2 passed" in done["detent run pytest"].out
            assert done["detent run --extra bold roman 2026"].out == expected(example)
            assert sandbox.installed()["rich"] == "15.0.0"
            assert sorted(path.name for path in (sandbox.root / "dist").glob("roman_numbers-0.1.0*")) == [
                "roman_numbers-0.1.0-py3-none-any.whl",
                "roman_numbers-0.1.0.tar.gz",
            ]
        case "lock-review":
            page = done["detent diff --against pylock.before.toml --output-format markdown"].out
            assert "| `-` | `sniffio` | `1.3.1` |" in page
            assert "orjson 3.11.4, from " in done["detent diff --textconv pylock.toml"].out
            assert done["detent lock --check"].err.startswith("Resolved 3 packages")
        case _:
            pytest.fail(f"say here what the commands of `{example}` come to")


def shown(example: str) -> dict[str, str]:
    """Give what the README shows of a terminal: command and answer."""
    text = (EXAMPLES / example / "README.md").read_text("utf-8")
    return dict(re.findall(r"^```console\n\$ (.+)\n((?s:.+?))^```$", text, re.MULTILINE))


@contextmanager
def two_indexes(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run the script of `private-index`; give its addresses, by those that its README has."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "private-index/serve.py"), "0"],
        env=dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            yield dict(zip(("http://127.0.0.1:8643", "http://127.0.0.1:8644"), found, strict=True))
        finally:
            process.terminate()


def test_the_private_index_has_the_first_word(sandbox: Sandbox) -> None:
    example = "private-index"
    copy_of(example, sandbox.root)
    del sandbox.variables["DETENT_DEFAULT_INDEX"]
    lines = (EXAMPLES / example / "README.md").read_text("utf-8").splitlines()
    lines = [line.partition("  #")[0].strip() for line in lines if re.match(r" {4}\S", line)]
    assert (lines.pop(0), lines.pop()) == (
        "python serve.py",
        "machine 127.0.0.1 login ada password low-tide",
    )
    *lines, logout, by_variables = lines
    refused, unknown = shown(example).items()

    with two_indexes(sandbox.variables) as addresses:

        def there(text: str) -> str:
            return reduce(lambda text, pair: text.replace(*pair), addresses.items(), text)

        def shell(line: str) -> Done:
            return sandbox.shell("-c", there(line))

        def stops(told: tuple[str, str]) -> None:
            failed = shell(told[0])
            assert failed.code == 1
            assert failed.err.startswith(there(told[1]))

        done = {line: shell(line).ok() for line in lines}
        assert done["detent run ferry.py"].out == expected(example)
        assert not re.search("note:|warning:", "".join(each.err for each in done.values()))
        assert done["grep '^index' pylock.toml"].out == there(
            'index = "http://127.0.0.1:8644/simple/"\nindex = "http://127.0.0.1:8643/simple/"\n'
        )
        assert done["detent verify"].err.startswith("Verified 2 packages (2 files) against 2 indexes in ")
        assert "Not confirmed" not in done["detent verify"].err
        before = sandbox.snapshot()
        stops(refused)
        shell(logout).ok()
        stops(unknown)
        shell(by_variables).ok()
        netrc = sandbox.root.parent / "netrc"
        netrc.write_text("machine 127.0.0.1 login ada password low-tide\n")
        sandbox.detent("lock", "--refresh", env={"NETRC": str(netrc)}).ok()
    assert sandbox.snapshot() == before
    assert not any(b"low-tide" in data for name, data in before.items() if name.startswith("py"))


def test_a_hook_lets_no_stale_lock_into_a_commit(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("idna", "3.10"))
    example = EXAMPLES / "pre-commit"

    done = sandbox.shell(str(example / "three-commits.sh")).ok()

    assert done.out == expected("pre-commit")
    assert f"```console\n{done.err}```\n" in (example / "README.md").read_text("utf-8")
    configured = re.findall(r"entry: (.+)", (example / ".pre-commit-config.yaml").read_text("utf-8"))
    assert f"exec {configured[0]} --quiet\n" in (example / "hooks/pre-commit").read_text("utf-8")


@pytest.mark.live
@pytest.mark.parametrize("example", FOLDERS)
def test_an_example_works_with_the_real_packages(example: str, tmp_path: Path) -> None:
    copy_of(example, tmp_path)
    environ = {**os.environ, "PYTHONPATH": str(SOURCE), "DETENT_CACHE_DIR": str(tmp_path / "cache")}

    done = [live(line, tmp_path, environ) for line in commands(example)]

    assert done[0].out == expected(example)


def live(line: str, folder: Path, environ: Mapping[str, str]) -> Done:
    """Run a line of a README; the one that would serve for ever only says that it could."""
    words = ["detent", "run", "--extra", "serve", "uvicorn", "--version"] if line == SERVES else line.split()
    return run([sys.executable, "-m", *words], cwd=folder, env=environ, timeout=300).ok()
