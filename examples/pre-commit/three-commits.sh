#!/bin/sh
# Commit a lock, a stale lock, and one that was mended: the hook lets the first and the last one pass.
# Usage: sh three-commits.sh      Everything happens in a scratch folder that is removed at the end.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/pyproject.toml" "$here/hooks" "$work"
cd "$work"

git init --quiet --initial-branch=main
git config user.name "Ada"
git config user.email "ada@example.com"
git config core.hooksPath hooks

echo "1. The lock answers pyproject.toml."
detent lock --quiet
git add .
git commit --quiet --message "A lock" && echo "committed"

echo "2. Something was edited by hand, and not locked."
sed 's/idna>=3.7/idna>=3.10/' pyproject.toml > edited && mv edited pyproject.toml
git commit --quiet --all --message "A newer idna" || echo "not committed"

echo "3. detent lock mends it."
detent lock --quiet
git commit --quiet --all --message "A newer idna" && echo "committed"
