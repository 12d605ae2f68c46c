#!/bin/sh
# Install what the tests need into .test-env, then run lint, types and all tests.
# Usage: sh tests/run.sh [pytest arguments]      PYTHON=python3.12 sh tests/run.sh
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: tests need Python 3.11 or newer; name one with PYTHON=python3.12 sh tests/run.sh" >&2
    exit 2
}

# Byte code for our own processes too: hundreds of them are started.
unset PYTHONDONTWRITEBYTECODE

env=.test-env
version='import sys; print(sys.version)'
if [ "$("$env/bin/python" -c "$version" 2>/dev/null)" != "$("$python" -c "$version")" ]; then
    "$python" -m venv --clear "$env"
fi
"$env/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint tests/constraints.txt pip
"$env/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint tests/constraints.txt --group dev --editable .

echo "== ruff"
"$env/bin/ruff" check .
"$env/bin/ruff" format --check .
echo "== mypy"
"$env/bin/mypy"
echo "== pytest"
exec "$env/bin/pytest" -n auto "$@"
