"""Git's merge driver for locks: three files in, one out, in a repository that somebody may only look at.

No network, no build, no cache, and nothing of the project but the three files. Setting it up writes two
sections of git's configuration and one line of `.gitattributes`.
"""

import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from detent import fsio
from detent.errors import DetentError, UsageError
from detent.errors.fetch import GitMissing
from detent.index.git import Git, GitTrouble
from detent.index.programs import find_program
from detent.lock.merging import Merged, is_proven, marked_text, merge_locks
from detent.lock.model import LOCK_NAME
from detent.model.limits import limits
from detent.named import NamedTuple
from detent.ops.shown_paths import display

_ATTRIBUTES = ".gitattributes"
_LINE = f"{LOCK_NAME} merge=detent diff=detent"
_SECTIONS = ("merge.detent", "diff.detent")
_NAME = "detent: merge pylock.toml entry by entry"
_AS_TEXT = "it could be merged as text alone"


class Installed(NamedTuple):
    """What setting the driver up, or taking it out, changed."""

    program: str
    """What git starts; empty where the driver was taken out."""
    attributes: str
    """The file of attributes, as a person would write it."""
    is_changed: bool
    """Whether that file was written or removed."""


def merge_files(base: Path, ours: Path, theirs: Path, variables: Mapping[str, str]) -> Merged:
    """Merge three files as git hands them over, and write the result over `ours`.

    Raises :class:`FileTrouble` for a file that cannot be read or written, and nothing else.
    """
    contents = [_read(path) for path in (base, ours, theirs)]
    try:
        texts = [content.decode("utf-8") for content in contents]
    except UnicodeDecodeError:
        return Merged("", ("it is not UTF-8 text, and stays ours",))
    was, our, their = (text.replace("\r\n", "\n") for text in texts)
    try:
        merged = merge_locks(was, our, their)
    except (DetentError, ValueError, RecursionError):
        merged = None
    if merged is None:
        merged = _merged_as_text(was, our, their, variables)
    text = merged.text.replace("\n", "\r\n") if "\r\n" in texts[1] else merged.text
    if text != texts[1]:
        fsio.write_atomic(ours, text.encode())
    return merged


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise fsio.file_trouble(error, path) from error


def _merged_as_text(base: str, ours: str, theirs: str, variables: Mapping[str, str]) -> Merged:
    """Merge as git does without a driver; a lock that comes out clean and wrong is marked as a whole."""
    program, _ = find_program("git", variables, _outside(Path.cwd(), variables))
    text = None
    if program:
        text, is_clean = _by_git(Git(program, variables, limits(variables)), base, ours, theirs)
        if text is not None and is_clean and is_proven(text):
            return Merged(text)
        if is_clean:
            text = None
    return Merged(text or marked_text(base, ours, theirs), (_AS_TEXT,))


def _by_git(git: Git, base: str, ours: str, theirs: str) -> tuple[str | None, bool]:
    with tempfile.TemporaryDirectory(prefix="detent-merge-") as name:
        folder = Path(name)
        for side, text in (("base", base), ("ours", ours), ("theirs", theirs)):
            (folder / side).write_bytes(text.encode())
        words = ("--diff3", "-L", "ours", "-L", "base", "-L", "theirs", "ours", "base", "theirs")
        is_clean = True
        try:
            git.run("merge-file", "--quiet", *words, folder=folder)
        except GitTrouble:  # conflicts, or no answer at all: then nothing was written
            is_clean = False
        merged = (folder / "ours").read_bytes().decode()
    return (merged if is_clean or merged != ours else None), is_clean


# ---- setting it up ---------------------------------------------------------------------------


def install(root: Path, variables: Mapping[str, str], *, for_user: bool = False) -> Installed:
    """Tell git of the driver and of the text that diffs show, and which file they are for.

    ``root`` is the folder of the lock. Raises :class:`UsageError`, :class:`GitMissing`, :class:`FileTrouble`.
    """
    program = _program(root, variables)
    where = _where(root, variables, for_user=for_user)
    git = _git(root, variables)
    for key, value in (
        ("merge.detent.name", _NAME),
        ("merge.detent.driver", f"{program.replace('%', '%%')} merge-driver %O %A %B %P"),
        ("diff.detent.textconv", f"{program} diff --textconv"),
    ):
        _configure(git, root, where, key, value)
    return Installed(program, *_write_line(root / _ATTRIBUTES, is_wanted=True))


def uninstall(root: Path, variables: Mapping[str, str], *, for_user: bool = False) -> Installed:
    """Take out what :func:`install` wrote, and nothing else; raises the same."""
    where = _where(root, variables, for_user=for_user)
    git = _git(root, variables)
    for section in _SECTIONS:
        try:
            git.run("config", where, "--remove-section", section, folder=root)
        except GitTrouble as trouble:
            if not trouble.says("no such section", "No such section"):
                raise _refused(root, trouble) from trouble
    return Installed("", *_write_line(root / _ATTRIBUTES, is_wanted=False))


def _where(root: Path, variables: Mapping[str, str], *, for_user: bool) -> str:
    if for_user:
        return "--global"
    try:
        _git(root, variables).run("rev-parse", "--git-dir", folder=root)
    except GitTrouble as trouble:
        raise _refused(root, trouble) from trouble
    return "--local"


def _configure(git: Git, root: Path, where: str, key: str, value: str) -> None:
    try:
        git.run("config", where, "--replace-all", key, value, folder=root)
    except GitTrouble as trouble:
        raise _refused(root, trouble) from trouble


def _refused(root: Path, trouble: GitTrouble) -> UsageError:
    return UsageError(
        f"git cannot be told of the merge driver in `{display(root)}`",
        why="\n".join(trouble.lines) or trouble.reason,
        next_steps=("run `git init` if there is no repository yet",) if trouble.says("not a git") else (),
    )


def _outside(root: Path, variables: Mapping[str, str]) -> set[str]:
    """Give the folders from which no program is started; who stands at home finds those that lie there."""
    checkout = next((place for place in (root, *root.parents) if (place / ".git").exists()), root)
    return {str(root), str(checkout)} - {"/", variables.get("HOME", "")}


def _git(root: Path, variables: Mapping[str, str]) -> Git:
    outside = _outside(root, variables)
    program, passed_over = find_program("git", variables, outside)
    if not program:
        raise GitMissing(passed_over, what="a merge driver is a part of `git`, and there is none")
    return Git(program, variables, limits(variables), outside=outside)


def _program(root: Path, variables: Mapping[str, str]) -> str:
    """Say how git starts this detent: by its name where that finds one outside of the project.

    Git starts it in the repository, of which nothing may be imported (`-P`).
    """
    found, _ = find_program("detent", variables, _outside(root, variables))
    return "detent" if found else f"{shlex.quote(sys.executable)} -P -m detent"


def _write_line(path: Path, *, is_wanted: bool) -> tuple[str, bool]:
    """Put our line at the end of the file, or take it out; all others stay as they are."""
    content = _read(path) if path.exists() else b""
    lines = content.splitlines(keepends=True)
    line = _LINE.encode()
    kept = [each for each in lines if each.split() != line.split()]
    if is_wanted == (len(kept) != len(lines)):
        return display(path), False
    if is_wanted:
        end = b"\r\n" if b"\r\n" in content else b"\n"
        if lines and not lines[-1].endswith(b"\n"):
            kept[-1] += end
        kept.append(line + end)
    if kept:
        fsio.write_atomic(path, b"".join(kept))
    else:
        path.unlink()
    return display(path), True
