"""A file as it was at a revision of the repository around a folder; the system's git reads it.

Works in repositories of strangers: what is asked of git (`rev-parse`, `cat-file`) starts no hook, no filter
and no text conversion, whatever the repository's configuration says, and nothing is fetched. Nothing of the
repository or the folder is changed.
"""

from collections.abc import Mapping
from pathlib import Path

from detent.errors.fetch import GitMissing
from detent.errors.usage import NotCommitted
from detent.index.git import Git, GitTrouble
from detent.index.programs import find_program
from detent.model.limits import limits
from detent.ops.shown_paths import display

_HERE = ("-c", "safe.bareRepository=explicit")
"""A folder of a checkout that looks like a repository is none."""


def committed(folder: Path, revision: str, name: str, variables: Mapping[str, str]) -> str:
    """Give the text of the file ``name``, relative to ``folder``, at a revision.

    Raises :class:`NotCommitted`, which says what is missing, and :class:`GitMissing`.
    """
    git = _git(folder, variables)
    commit = _commit(git, folder, revision, name)
    try:
        # A commit is hexadecimal, and `./` counts from the folder: neither can be taken for an option.
        text = git.run(*_HERE, "cat-file", "blob", f"{commit}:./{name}", folder=folder)
    except GitTrouble as trouble:
        raise NotCommitted("file", revision, name, _said(trouble)) from trouble
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise NotCommitted("text", revision, name, "it is not UTF-8 text")
    return text


def common_ancestor(folder: Path, one: str, other: str, variables: Mapping[str, str]) -> str:
    """Give the commit that two revisions parted at; raises as :func:`committed` does."""
    git = _git(folder, variables)
    commits = [_commit(git, folder, revision, "") for revision in (one, other)]
    try:
        return git.run(*_HERE, "merge-base", *commits, folder=folder).strip()
    except GitTrouble as trouble:
        raise NotCommitted("revision", f"{one}...{other}", "", "they have no commit in common") from trouble


def _commit(git: Git, folder: Path, revision: str, name: str) -> str:
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise NotCommitted("revision", revision, name, f"`{revision}` is no name of a revision")
    try:
        git.run(*_HERE, "rev-parse", "--git-dir", folder=folder)
    except GitTrouble as trouble:
        raise NotCommitted("repository", revision, name, _said(trouble), folder=display(folder)) from trouble
    try:
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return git.run(*_HERE, *words, folder=folder).strip()
    except GitTrouble as trouble:
        reason = _said(trouble) or "the repository has no commit of that name"
        raise NotCommitted("revision", revision, name, reason) from trouble


def _git(folder: Path, variables: Mapping[str, str]) -> Git:
    checkout = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
    outside = {str(Path.cwd()), str(checkout)} - {"/", variables.get("HOME", "")}
    program, passed_over = find_program("git", variables, outside)
    if not program:
        raise GitMissing(passed_over, what="a revision is read with `git`, and there is none")
    return Git(program, variables, limits(variables), outside=outside)


def _said(trouble: GitTrouble) -> str:
    """Give the last thing git said, without what it puts before it."""
    last = trouble.lines[-1] if trouble.lines else ""
    return last.removeprefix("fatal: ").removesuffix(".")
