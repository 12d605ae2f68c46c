"""Git repositories in the cache: what is fetched of each, and the tree of each commit that is used.

All history and all tags of what is fetched (:mod:`detent.index.git_databases`) are there, for versions that
come from them. Any commit that can be reached is to be had, and one that is here needs no network. A tree
appears by one rename, and nobody writes to it; whoever builds copies it.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from detent import fsio
from detent.errors import DetentError
from detent.errors.fetch import GitFailed, OfflineMiss, RevisionMissing
from detent.events import Detail, Report
from detent.index.git import Git, Reach, redacted
from detent.index.git_databases import Databases, database_key
from detent.index.submodules import checked_folders, is_fetchable
from detent.model.limits import Limits
from detent.model.repository import Tree, is_commit
from detent.model.sources import RevisionKind
from detent.named import NamedTuple
from detent.store.cache import Scratch
from detent.store.layout import Layout
from detent.store.trees import copy_tree

_SHORT = re.compile(r"[0-9a-f]{4,39}")
_ODD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{")
_DEFAULT = "refs/detent/default"
"""Where the branch that a repository is on is kept."""
_EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_SHOWN = 12
"""Digits of a commit that are shown."""
_STATE = "detent-state"
"""What git said of a tree when it was new."""
_UNKNOWN = ("check the spelling, and that it was pushed",)
"""What to do about a name that is not there."""
_TRIES = 2
_MOST_LEVELS = 8
"""Of submodules inside of submodules."""


class _Ref(NamedTuple):
    """A branch or tag, and what it stands at."""

    name: str
    """Whole: ``refs/tags/v1``."""
    object_id: str
    """What it names; of an annotated tag the tag itself."""
    commit: str

    @property
    def words(self) -> str:
        kind, _, rest = self.name.removeprefix("refs/").partition("/")
        words = {"heads": f"the branch `{rest}`", "tags": f"the tag `{rest}`"}
        return words.get(kind, f"`{self.name}`") if self.name != "HEAD" else "its default branch"


class Repositories:
    """All repositories of one command; threads may share it."""

    def __init__(
        self,
        git: Callable[[], Git],
        *,
        layout: Layout,
        limits: Limits,
        report: Report,
        is_offline: bool,
    ) -> None:
        """``git`` is looked for when it is first needed."""
        self._databases = Databases(git, layout=layout, limits=limits, report=report)
        self._layout = layout
        self._report = report
        self._is_offline = is_offline
        self._found: dict[tuple[str, str, str], str] = {}
        """Commits that were asked for in this command."""

    # ---- commits --------------------------------------------------------------------------------

    def commit_of(self, url: str, revision: str, kind: RevisionKind) -> str:
        """Give the commit that a revision stands at now; offline, where it stood when it was last fetched.

        Raises :class:`GitFailed`, :class:`RevisionMissing` and :class:`OfflineMiss`.
        """
        _refuse_odd(url, revision)
        if is_commit(revision) and kind == "rev":
            return revision
        key = (url, revision, kind)
        if key not in self._found:
            if self._is_offline:
                self._found[key] = self._known(url, revision, kind)
            else:
                with self._databases.held(url):
                    self._found[key] = self._asked(url, revision, kind)
        return self._found[key]

    def _asked(self, url: str, revision: str, kind: RevisionKind) -> str:
        listed = self._listed(url, revision)
        for name in _names(revision, kind):
            ref = listed.get(name)
            if ref is not None:
                if self._databases.object(url, _kept_at(name)) != ref.object_id:
                    is_here = self._databases.commit(url, ref.commit) == ref.commit
                    self._databases.fetch(url, (f"+{name}:{_kept_at(name)}",), "" if is_here else ref.words)
                return self._databases.commit(url, _kept_at(name)) or ref.commit
        if kind == "rev" and _SHORT.fullmatch(revision):
            return self._begun_by(url, revision)
        raise _missing(url, revision, kind, listed)

    def _begun_by(self, url: str, revision: str) -> str:
        """Find the one commit whose name begins like this."""
        found = self._databases.commit(url, revision)
        if not found:
            self._databases.fetch(url, _EVERYTHING, f"`{revision}`")
            found = self._databases.commit(url, revision)
        if not found:
            reason = "no branch and no tag has that name, and no one commit of any of them begins like it"
            raise RevisionMissing(redacted(url), f"`{revision}`", reason, next_steps=_UNKNOWN)
        return found

    def _listed(self, url: str, revision: str) -> dict[str, _Ref]:
        """Ask where the branches and tags of a name stand."""
        patterns = [f"refs/heads/{revision}", f"refs/tags/{revision}"] if revision else ["HEAD"]
        if revision.startswith("refs/"):
            patterns.append(revision)
        words = ("ls-remote", "--quiet", "--", url, *patterns, *(f"{p}^{{}}" for p in patterns if revision))
        rows = self._databases.run(url, *words, reach="told").split("\n")
        objects = {name: object_id for object_id, _, name in (row.partition("\t") for row in rows) if name}
        return {
            name: _Ref(name, object_id, objects.get(f"{name}^{{}}", object_id))
            for name, object_id in objects.items()
            if name in patterns and is_commit(object_id)
        }

    def _known(self, url: str, revision: str, kind: RevisionKind) -> str:
        for name in (*map(_kept_at, _names(revision, kind)), *((revision,) if kind == "rev" else ())):
            found = self._databases.commit(url, name)
            if found:
                return found
        raise OfflineMiss((f"{revision or 'the default branch'} of {redacted(url)}",))

    def where_now(self, url: str, revision: str) -> str:
        """Say where a branch or tag stands now, for who looks for a commit in vain; empty for nowhere."""
        if not revision or is_commit(revision) or self._is_offline:
            return ""
        with suppress(DetentError):
            for ref in self._listed(url, revision).values():
                return f"{ref.words} stands at `{ref.commit[:_SHOWN]}` now"
        return ""

    def strayed(self, url: str, revision: str, commit: str) -> str:
        """Say why a branch or tag does not lead to a commit, which is fetched; empty where it does.

        Hosts give a commit by its name though it lies in a copy of the repository that anybody made. Raises
        :class:`RevisionMissing` where there is no such commit, and as :meth:`commit_of`.
        """
        _refuse_odd(url, revision)
        with self._databases.held(url):
            self._bring(Tree(url, commit), revision)
            if is_commit(revision):
                return "" if revision == commit else "another commit was asked for"
            listed = self._listed(url, revision)
            for ref in listed.values():
                if ref.commit == commit or (_is_branch(ref) and self._lies_behind(url, ref, commit)):
                    return ""
        if not listed:
            is_short = bool(_SHORT.fullmatch(revision)) and commit.startswith(revision)
            return "" if is_short else "nothing there has that name"
        ref = next(iter(listed.values()))
        stands = f"{ref.words} stands at `{ref.commit[:_SHOWN]}`"
        return f"{stands}, which does not lead there" if _is_branch(ref) else f"{stands} now"

    def _lies_behind(self, url: str, ref: _Ref, commit: str) -> bool:
        if self._databases.commit(url, ref.commit) != ref.commit:
            self._databases.fetch(url, (f"+{ref.name}:{_kept_at(ref.name)}",), ref.words)
        words = ("rev-list", "--max-count=1", commit, "--not", ref.commit)
        return not self._databases.run(url, *words, repository=self._databases.path(url)).strip()

    # ---- trees ----------------------------------------------------------------------------------

    def tree(self, wanted: Tree, *, revision: str = "") -> Path:
        """Give the folder with the tree of a commit, which is not to be written to.

        ``revision`` is what the commit was found by, for a message. Raises as :meth:`commit_of`.
        """
        _refuse_odd(wanted.url, revision)
        if not is_commit(wanted.commit):
            raise RevisionMissing(
                redacted(wanted.url), f"`{wanted.commit}`", "it is not the whole name of a commit"
            )
        place = self._layout.git_checkout(database_key(wanted.url), wanted.name)
        if _is_of(place, wanted.commit):
            return place
        with self._databases.held(wanted.url):
            if not _is_of(place, wanted.commit):
                self._bring(wanted, revision)
                self._make(wanted, place)
        return place

    def has_tree(self, wanted: Tree) -> bool:
        """Whether the tree of a commit is here already."""
        return _is_of(self._layout.git_checkout(database_key(wanted.url), wanted.name), wanted.commit)

    def copy(self, wanted: Tree, target: Path, *, revision: str = "") -> None:
        """Make ``target`` a copy of the tree of a commit, every file of it held against that commit.

        A tree in the cache that somebody changed is made anew. Raises as :meth:`commit_of`.
        """
        for _ in range(_TRIES):
            place = self.tree(wanted, revision=revision)
            copy_tree(place, target)
            inside = target / ".git"
            if wanted.lfs or self._state(wanted.url, inside, target) == _noted_state(inside):
                return
            self._report(Detail(f"the files of `{redacted(wanted.url)}` in the cache were changed"))
            with self._databases.held(wanted.url):
                fsio.remove_tree(place)
            fsio.remove_tree(target)
        raise GitFailed(redacted(wanted.url), "its files in the cache do not stay as they are")

    def _note_state(self, url: str, repository: Path, tree: Path) -> None:
        """Write down how git sees a new tree, by the contents of its files alone and not their times.

        Mostly without a difference; but line ends and filters may leave one that was there from the start.
        """
        try:
            (repository / "index").unlink()
            self._databases.run(url, "read-tree", "HEAD", repository=repository)
            state = self._state(url, repository, tree)
            (repository / _STATE).write_text(state, "utf-8", "surrogateescape")
        except OSError as error:
            raise fsio.file_trouble(error, repository) from error

    def _state(self, url: str, repository: Path, tree: Path) -> str:
        words = ("status", "--porcelain", "--untracked-files=all", "--ignored", "--no-renames")
        return self._databases.run(url, *words, repository=repository, folder=tree)

    def _bring(self, wanted: Tree, revision: str) -> None:
        """See that the commit is here."""
        url, commit = wanted.url, wanted.commit
        if self._databases.commit(url, commit) == commit:
            return
        if self._is_offline:
            raise OfflineMiss((f"the commit {commit[:_SHOWN]} of {redacted(url)}",))
        words = f"the commit `{commit[:_SHOWN]}`"
        try:
            self._databases.fetch(url, (f"+{commit}:refs/detent/commits/{commit}",), words)
        except GitFailed:
            # Not every host gives a commit by its name.
            self._databases.fetch(url, _EVERYTHING, words)
        if self._databases.commit(url, commit) != commit:
            moved = self.where_now(url, revision)
            reason = f"it is not there any more, or never was{f'; {moved}' if moved else ''}"
            steps = ("run `detent lock --upgrade-package NAME` to lock where it stands now",) if moved else ()
            raise RevisionMissing(redacted(url), words, reason, next_steps=steps)

    def _make(self, wanted: Tree, place: Path) -> None:
        """Make the tree in the scratch, see that it is of the commit, and put it in its place."""
        url, database = wanted.url, self._databases.path(wanted.url)
        reach: Reach = "nowhere" if self._is_offline else "told"
        with Scratch(self._layout) as scratch:
            tree = scratch / "tree"
            inside = tree / ".git"
            how = ("--quiet", "--local", "--no-checkout", "--template=")
            self._databases.run(url, "clone", *how, "--", str(database), str(tree), reach="local")
            self._databases.configure_like(inside, url)
            try:
                words = ("checkout", "--quiet", "--force", "--detach", wanted.commit)
                self._databases.run(url, *words, repository=inside, folder=tree, reach=reach)
                if wanted.submodules:
                    self._add_submodules(url, inside, tree)
                if wanted.lfs:
                    self._add_large_files(url, inside, tree)
            except GitFailed:
                if self._is_offline:
                    raise OfflineMiss((f"files of {redacted(url)} at {wanted.commit[:_SHOWN]}",)) from None
                raise
            self._note_state(url, inside, tree)
            head = self._databases.run(url, "rev-parse", "--verify", "HEAD", repository=inside).strip()
            if head != wanted.commit:
                raise GitFailed(redacted(url), f"git made the tree of `{head}`, not of `{wanted.commit}`")
            try:
                fsio.make_private_folder(place.parent)
                fsio.remove_tree(place)
                tree.rename(place)
            except OSError as error:
                raise fsio.file_trouble(error, place) from error

    def _add_submodules(self, url: str, repository: Path, tree: Path, level: int = 1) -> None:
        """Fetch the submodules of a tree, and theirs, as long as they lead nowhere they should not."""
        rows = tree / ".gitmodules"
        if rows.is_symlink() or not rows.is_file():
            return
        if level > _MOST_LEVELS:
            raise GitFailed(redacted(url), f"its submodules lie in each other more than {_MOST_LEVELS} deep")
        words = (
            "config",
            "--null",
            "--file",
            str(rows),
            "--get-regexp",
            r"^submodule\..*\.(url|path|update)$",
        )
        is_of_this_machine = url.startswith("file:")
        folders = tuple(
            checked_folders(url, self._databases.run(url, *words), allows_file=is_of_this_machine)
        )
        words = ("submodule", "--quiet", "update", "--init", "--checkout", "--force")
        reach: Reach = "submodules of this machine" if is_of_this_machine else "submodules"
        if self._is_offline:
            reach = "nowhere"
        self._databases.run(url, *words, repository=repository, folder=tree, reach=reach)
        for name in folders:
            folder = tree / name
            if not (folder / ".git").is_file():
                continue  # named in the file, and not in the tree
            inside = Path(self._databases.run(url, "rev-parse", "--absolute-git-dir", folder=folder).strip())
            modules = os.path.realpath(repository / "modules")
            if not Path(os.path.realpath(inside)).is_relative_to(modules):
                raise GitFailed(redacted(url), f"its submodule `{name}` lies outside of it")
            self._add_submodules(url, inside, folder, level + 1)

    def _add_large_files(self, url: str, repository: Path, tree: Path) -> None:
        try:
            self._databases.run(url, "lfs", "version")
        except GitFailed:
            steps = ("install git-lfs, or leave out `lfs = true`",)
            raise GitFailed(redacted(url), "`git lfs` is not installed", next_steps=steps) from None
        self._databases.run(
            url, "lfs", "pull", "origin", repository=repository, folder=tree, reach="told", lfs=True
        )


def _noted_state(repository: Path) -> str | None:
    try:
        return (repository / _STATE).read_text("utf-8", "surrogateescape")
    except OSError:
        return None


def _refuse_odd(url: str, revision: str) -> None:
    """Refuse what git, or ssh, would take for something else than a URL and a revision."""
    if not is_fetchable(url):
        raise GitFailed(
            redacted(url), "it is no URL of `https`, `http`, `ssh` or `file` that git may be given"
        )
    if revision.startswith("-") or _ODD.search(revision):
        raise RevisionMissing(redacted(url), f"`{revision}`", "it is not the name of a branch, tag or commit")


def _names(revision: str, kind: RevisionKind) -> tuple[str, ...]:
    """Give the references that a revision may be, the one git itself would take first."""
    match kind:
        case "branch":
            return (f"refs/heads/{revision}",)
        case "tag":
            return (f"refs/tags/{revision}",)
        case _ if not revision:
            return ("HEAD",)
        case _:
            whole = (revision,) if revision.startswith("refs/") else ()
            return (*whole, f"refs/tags/{revision}", f"refs/heads/{revision}")


def _kept_at(name: str) -> str:
    """Give where a reference is kept here."""
    if name == "HEAD":
        return _DEFAULT
    return (
        name
        if name.startswith(("refs/heads/", "refs/tags/"))
        else f"refs/detent/{name.removeprefix('refs/')}"
    )


def _is_branch(ref: _Ref) -> bool:
    return not ref.name.startswith("refs/tags/")


def _missing(url: str, revision: str, kind: RevisionKind, listed: dict[str, _Ref]) -> RevisionMissing:
    if not revision:
        reason = "it is empty, or on a branch that is not there"
        steps = ("name a `branch`, `tag` or `rev`, or see that something was pushed",)
        return RevisionMissing(redacted(url), "a default branch", reason, next_steps=steps)
    words = f"the {kind} `{revision}`" if kind != "rev" else f"`{revision}`"
    other = next(iter(listed.values()), None)
    if other is not None:
        is_branch = other.name.startswith("refs/heads/")
        right = "branch" if is_branch else "tag"
        steps = (f'write `{right} = "{revision}"`',)
        return RevisionMissing(redacted(url), words, f"it has {other.words}", next_steps=steps)
    return RevisionMissing(redacted(url), words, "nothing there has that name", next_steps=_UNKNOWN)


def _is_of(place: Path, commit: str) -> bool:
    """Whether a tree is here, and of this commit."""
    try:
        return (place / ".git" / "HEAD").read_bytes() == commit.encode() + b"\n"
    except OSError:
        return False
