"""What was fetched of each git repository: one bare repository of its own, brought by one process at a time.

The contents of files are left out (`--filter=blob:none`) where the host can do that, and follow for one
commit when its tree is made. A host that only serves files (git's "dumb" protocol over HTTP) cannot: there
git would ask for each thing that is missing, and on the way again, without end; so all of it is fetched.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from detent import fsio
from detent.events import Detail, Report, Step
from detent.index.git import Git, GitTrouble, Reach, redacted
from detent.model.limits import Limits
from detent.model.repository import is_commit
from detent.store.cache import Scratch
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout

_PARTIAL = (
    ("core.repositoryFormatVersion", "1"),
    ("extensions.partialClone", "origin"),
    ("remote.origin.promisor", "true"),
    ("remote.origin.partialCloneFilter", "blob:none"),
)
_SAYS_SMART = "application/x-git-upload-pack-advertisement"
"""The type of an answer of a host that runs git (gitprotocol-http)."""


class Databases:
    """All of one cache; threads may share it."""

    def __init__(self, git: Callable[[], Git], *, layout: Layout, limits: Limits, report: Report) -> None:
        """``git`` is looked for when it is first needed."""
        self._git = git
        self._layout = layout
        self._limits = limits
        self._report = report

    def path(self, url: str) -> Path:
        """Give where the repository is kept."""
        return self._layout.git_database(database_key(url))

    def held(self, url: str) -> fsio.FileLock:
        """Give the lock that whoever fetches of a repository holds."""
        return fsio.FileLock(
            self._layout.lock(f"git-{database_key(url)}"),
            wait_seconds=self._limits.build_wait_seconds,
            notice_seconds=self._limits.lock_notice_seconds,
            report=self._report,
            fleeting=True,
        )

    def fetch(self, url: str, refs: Iterable[str], words: str) -> None:
        """Bring references; what is here and cannot take them is made anew. ``words`` name them, if told."""
        database, refs = self.path(url), tuple(refs)
        if words:
            self._report(Step(f"Fetching {redacted(url)} ({words.replace('`', '')})"))
        if database.is_dir():
            try:
                self._fetch_into(database, refs)
            except GitTrouble as trouble:
                if trouble.is_remote:
                    raise trouble.error(redacted(url)) from None
                self._report(Detail(f"`{redacted(url)}` is fetched anew: {trouble.reason}"))
            else:
                return
        with Scratch(self._layout) as scratch:
            made = scratch / "db"
            self.run(url, "init", "--quiet", "--bare", "--template=", "--", str(made))
            self._configure(made, url, is_partial=self._runs_git(url, scratch))
            try:
                self._fetch_into(made, refs)
            except GitTrouble as trouble:
                raise trouble.error(redacted(url)) from None
            try:
                fsio.make_private_folder(database.parent)
                if database.is_dir():
                    database.rename(scratch / "old")
                made.rename(database)
            except OSError as error:
                raise fsio.file_trouble(error, database) from error

    def _fetch_into(self, database: Path, refs: Iterable[str]) -> None:
        less = ("--filter=blob:none",) if _is_partial(database) else ()
        words = ("fetch", "--progress", "--no-write-fetch-head", *less, "--", "origin", *refs)
        self._git().run(*words, repository=database, reach="told")

    def _runs_git(self, url: str, scratch: Path) -> bool:
        """Whether a host answers by git itself, rather than with files, as git tells in a trace alone."""
        if not url.startswith(("http:", "https:")):
            return True
        trace = scratch / "trace"
        variables = {"GIT_TRACE_CURL": str(trace), "GIT_TRACE_CURL_NO_DATA": "1", "GIT_TRACE_REDACT": "1"}
        try:
            self._git().run("ls-remote", "--quiet", "--", url, "HEAD", reach="told", variables=variables)
            return _SAYS_SMART in trace.read_text("utf-8", "replace").lower()
        except (GitTrouble, OSError):
            return True  # fetching will tell what is wrong

    def configure_like(self, repository: Path, url: str) -> None:
        """Say where what is missing of a clone of the repository is to be had."""
        self._configure(repository, url, is_partial=_is_partial(self.path(url)))

    def _configure(self, repository: Path, url: str, *, is_partial: bool) -> None:
        for key, value in (("remote.origin.url", url), *(_PARTIAL if is_partial else ())):
            self.run(url, "config", "--file", str(repository / "config"), key, value)

    def object(self, url: str, name: str) -> str:
        """Give what a reference stands at here; empty for nothing."""
        return self._parsed(url, name)

    def commit(self, url: str, name: str) -> str:
        """Give the commit that something stands for here; empty for none."""
        return self._parsed(url, f"{name}^{{commit}}")

    def _parsed(self, url: str, words: str) -> str:
        database = self.path(url)
        if not database.is_dir():
            return ""
        try:
            found = self._git().run(
                "rev-parse", "--quiet", "--verify", "--end-of-options", words, repository=database
            )
        except GitTrouble:
            return ""
        return found.strip() if is_commit(found.strip()) else ""

    def run(
        self,
        url: str,
        *words: str,
        repository: Path | None = None,
        folder: Path | None = None,
        reach: Reach = "nowhere",
        lfs: bool = False,
    ) -> str:
        """Give what git answers; raises :class:`GitFailed`."""
        try:
            return self._git().run(
                *words,
                repository=repository,
                folder=folder,
                reach=reach,
                has_large_files=lfs,
            )
        except GitTrouble as trouble:
            raise trouble.error(redacted(url)) from None


def _is_partial(database: Path) -> bool:
    """Whether a repository was made to be without contents of files."""
    try:
        return "partialclone" in (database / "config").read_text("utf-8", "replace").lower()
    except OSError as error:
        raise fsio.file_trouble(error, database) from error


def database_key(url: str) -> str:
    """Give what stands for a repository in names of files."""
    return fingerprint(url.encode())[:32]
