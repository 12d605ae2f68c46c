#!/bin/sh
# Make an environment for detent, install it there, then use it on a scratch project with real packages.
# Usage: sh examples/quickstart.sh      PYTHON=python3.12 sh examples/quickstart.sh
# Everything happens in a scratch folder that is removed at the end; QUICKSTART_DIR=DIR works in DIR and keeps it.
# What is downloaded stays in the user's cache (`detent cache dir`), as after any use of detent.
set -eu

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: detent needs Python 3.11 or newer; name one with PYTHON=python3.12 sh examples/quickstart.sh" >&2
    exit 2
}

if [ -n "${QUICKSTART_DIR:-}" ]; then
    mkdir -p "$QUICKSTART_DIR"
    work=$(cd "$QUICKSTART_DIR" && pwd)
    if [ -e "$work/detent" ] || [ -e "$work/weather" ]; then
        echo "error: $work was used before; remove it, or name another folder" >&2
        exit 2
    fi
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
fi
cd "$(dirname "$0")/.."

now() {
    "$python" -c 'import time; print(time.time())'
}

since() {
    "$python" -c 'import sys, time; print(f"{time.time() - float(sys.argv[1]):.2f} s")' "$1"
}

# Show a command, run it, say how long it took.
step() {
    echo
    "$python" -c 'import shlex, sys; print("$", shlex.join(sys.argv[1:]))' "$@"
    start=$(now)
    "$@"
    echo "  ($(since "$start"))"
}

began=$(now)

echo "== detent goes into an environment of its own"
step "$python" -m venv "$work/detent"
step "$work/detent/bin/python" -m pip install --quiet --disable-pip-version-check .
PATH="$work/detent/bin:$PATH"
export PATH
unset VIRTUAL_ENV

echo
echo "== a scratch project with real packages: pyproject.toml, pylock.toml, .venv with the project linked into it"
step detent init --vcs none "$work/weather"
cd "$work/weather"
step detent add requests rich 'click>=8'
step detent add --dev pytest
cat > src/weather/__init__.py <<'PROGRAM'
import click
import requests
from rich.console import Console


@click.command()
@click.option("--name", default="a package that is linked")
def main(name: str) -> None:
    Console().print(f"[bold]Hello from {name}[/bold]: requests {requests.__version__} is here")
PROGRAM
step detent run weather
step detent tree --depth 1
step detent lock --check
step detent sync

echo
echo "== the environment again, from the cache alone"
step rm -rf .venv
step detent sync --offline
step detent run weather --name "a linked environment"

echo
echo "== the project for others: a source distribution, and the wheel built from it"
step detent build

echo
echo "All done in $(since "$began")."
