#!/bin/sh
# Two branches lock different things, and git puts them together: by text, by `detent lock`, by the merge driver.
# Usage: sh two-branches.sh      Everything happens in a scratch folder that is removed at the end.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/pyproject.toml" "$work"
cd "$work"

locked() {
    grep -A 1 "^name = \"$1\"" pylock.toml | sed -n 's/^version = "\(.*\)"/\1/p'
}

commit() {
    git add pyproject.toml pylock.toml
    git commit --quiet --message "$1"
}

git init --quiet --initial-branch=main
git config user.name "Ada"
git config user.email "ada@example.com"
detent lock --quiet -P rich==14.0.0
commit "A lock"

# One branch needs httpx, and moves rich; the other one needs a tool, and moves rich less far.
git checkout --quiet -b times
detent add --quiet --no-sync 'httpx>=0.28' -P rich==14.2.0
commit "Ask when the sea comes in"
git checkout --quiet main
detent add --quiet --no-sync --dev 'pluggy>=1.5' -P rich==14.1.0
commit "A tool"
git branch again

echo "1. Text alone: git leaves a conflict, and detent lock resolves it."
git merge --quiet times > merge.log || true
grep CONFLICT merge.log
detent lock --check --quiet 2> check.log || echo "detent lock --check exits with $?"
detent lock --quiet
detent lock --check --quiet && echo "resolved: rich $(locked rich), httpx $(locked httpx), pluggy $(locked pluggy)"
commit "Both"

echo "2. With the merge driver there is a conflict only about what both sides changed."
git checkout --quiet again
detent merge-driver --install --quiet
git merge --quiet times > merge.log 2>&1 || true
grep '^  `' merge.log
grep -c '^<<<<<<<' pylock.toml
detent lock --quiet
detent lock --check --quiet && echo "resolved: rich $(locked rich), httpx $(locked httpx), pluggy $(locked pluggy)"
commit "Both"
