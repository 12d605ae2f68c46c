"""Every folder of examples/ is a project that works as its README says, word for word."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.cli import SOURCE, Done, Sandbox, publish, run
from support.example_packages import example_packages
from support.index_server import IndexServer

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(
    path.name
    for path in EXAMPLES.iterdir()
    if path.is_dir() and path.name not in {"merge-conflicts", "monorepo"}
)
"""`monorepo` brings its own servers, `merge-conflicts` is a script: they stand with what they show."""
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
