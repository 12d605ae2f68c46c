#!/bin/sh
# Make an environment for detent, install it, then use it on a scratch project with real packages.
# Usage: sh examples/quickstart.sh      PYTHON=python3.12 sh examples/quickstart.sh
# QUICKSTART_DIR names the folder to work in (default: a new one, removed at the end).
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: detent needs Python 3.11 or newer; name one with PYTHON=python3.12 sh examples/quickstart.sh" >&2
    exit 2
}
if [ -n "${QUICKSTART_DIR:-}" ]; then
    work=$QUICKSTART_DIR
    mkdir -p "$work"
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi

step() {
    printf '\n$ %s\n' "$*"
    start=$(date +%s.%N)
    "$@"
    printf '  (%.2f s)\n' "$(echo "$(date +%s.%N) - $start" | "$python" -c 'print(eval(input()))')"
}

echo "== detent goes into an environment of its own"
step "$python" -m venv "$work/detent"
step "$work/detent/bin/python" -m pip install --quiet --disable-pip-version-check .
PATH="$work/detent/bin:$PATH"
export PATH

echo
echo "== a scratch project with real packages"
step detent init --no-package --vcs none "$work/weather"
cd "$work/weather"
step detent add requests rich 'click>=8'
step detent add --dev pytest
cat > main.py <<'PROGRAM'
import click
import requests
from rich.console import Console


@click.command()
@click.option("--name", default="detent")
def hello(name: str) -> None:
    Console().print(f"[bold]Hello from {name}[/bold]: requests {requests.__version__} is here")


if __name__ == "__main__":
    hello()
PROGRAM
step detent run python main.py
step detent tree --depth 1
step detent lock --check
step detent sync

echo
echo "== the environment again, from the cache"
rm -rf .venv
step detent sync
step detent run python main.py --name "a linked environment"
