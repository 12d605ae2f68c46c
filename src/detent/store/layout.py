"""Every path in the store; the only module that knows one. Pure: it names places and touches none.

::

    CACHEDIR.TAG  .gitignore
    index-v1/<index>/<name>            one project's releases, decoded, with their HTTP validators
    index-v1/<index>/<name>.files      its file rows, decoded only for versions that are locked
    index-v1/<index>/<name>.metadata   what its releases declare, packed so that a warm lock opens few files
    index-v1/<index>/.facts            what was learned of the index itself (does it serve metadata files?)
    metadata-v1/0-<aa>/<sha256>        what one artifact declares; valid for ever
    metadata-v1/0-<aa>/<sha256>.publishers    who published it, as its index said
    wheels-v2/pyvenv.cfg               says to coverage that what lies below is nobody's own code
    wheels-v2/removals                 written anew when an entry goes: who links to folders looks again
    wheels-v2/unpacked/0-<aa>/<sha256>/    one unpacked wheel; the key is the sha256 of the wheel file
        files/                         what goes below site-packages, exactly as it will stand there
        data/<scheme>/                 headers, scripts, data
        full                           every file that is not in the head
        head                           what every sync reads; written last; its mtime is the last use
        bytecode-<tag>-<magic>         the byte code that was made beside the files, for one kind of Python
    selections-v1/<fingerprint>        the heads of all wheels of one selection, packed
    settled-v1/<fingerprint>           what a sync came to install, by the bytes of all that decides it
    stamps-v1/<device>-<inode>         what the last command left true in a folder (:mod:`detent.stamp`)
    archives-v1/0-<aa>/<sha256>        source distributions, kept for builds
    git-v1/db/<repository>/            what was fetched of one repository, bare; the key is of its URL
    git-v1/checkouts/<repository>/<commit>/    the tree of one commit, with its `.git`; nobody writes to it
    built-v1/<key>                     source, interpreter and settings -> sha256 of the wheel that was built
    logs-v1/                           what failed builds said
    pylock-v1/                         decoded locks, by the fingerprint of the file
    interpreters-v1/  templates-v1/    what probing found; rendered empty environments
    facts-v1/                          single facts worth keeping between runs
    undo-v1/<key>/                     the last changes of one project, numbered: what `undo` goes back by
    users/                             one small file per environment that links into the store
    locks/  tmp/                       flock files; private scratch on the same file system

Shards are called ``0-<aa>`` because that is no identifier: a folder of that name on ``sys.path`` cannot be
imported as a namespace package. Every bucket carries a version, so a layout changes without migrations.
"""

from functools import lru_cache
from pathlib import Path

from detent import stamp
from detent.named import NamedTuple
from detent.store.fingerprint import fingerprint

BUCKETS = (
    "index-v1",
    "metadata-v1",
    "wheels-v2",
    "selections-v1",
    "settled-v1",
    stamp.BUCKET,
    "archives-v1",
    "git-v1",
    "built-v1",
    "logs-v1",
    "pylock-v1",
    "interpreters-v1",
    "templates-v1",
    "facts-v1",
    "undo-v1",
    "users",
    "tmp",
)
"""The folders `cache size` counts and `cache clean` empties; `locks` stays, since somebody may hold one."""

CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache made by detent.\n"
"""Contents of CACHEDIR.TAG: backup programs skip a folder that holds it."""

_UNPACKED = "wheels-v2/unpacked"
_HEX_DIGITS = "0123456789abcdef"
_LETTERS = str.maketrans("_.-", "aaa")
_LONGEST = 200


class Layout(NamedTuple):
    """The paths below one store's root.

    Keys that come from outside are checked here: a digest is 64 lowercase hex digits, every other key one
    plain path component. What is neither raises :class:`ValueError`.
    """

    root: Path

    @property
    def cache_tag(self) -> Path:
        """Marks the folder as a cache for backup programs."""
        return self.root / "CACHEDIR.TAG"

    @property
    def gitignore(self) -> Path:
        """Keeps a store inside a repository out of version control."""
        return self.root / ".gitignore"

    @property
    def tmp(self) -> Path:
        """Private scratch; use it through :class:`detent.store.cache.Scratch`."""
        return self.root / "tmp"

    @property
    def index_bucket(self) -> Path:
        """The folder with one folder per index."""
        return self.root / "index-v1"

    @property
    def wheels_bucket(self) -> Path:
        """The folder of everything about unpacked wheels."""
        return self.root / "wheels-v2"

    @property
    def unpacked(self) -> Path:
        """The folder with the shards of unpacked wheels."""
        return self.root / _UNPACKED

    @property
    def coverage_marker(self) -> Path:
        """Makes the folder beside it an environment's to coverage, which leaves out third-party code."""
        return self.wheels_bucket / "pyvenv.cfg"

    @property
    def removals(self) -> Path:
        """Another text whenever something was taken out of the unpacked wheels."""
        return self.wheels_bucket / "removals"

    def index_folder(self, index_url: str) -> Path:
        """Where everything learned from one index is kept; the URL carries no credentials."""
        return _index_folder(self.index_bucket, index_url)

    def index_facts(self, index_url: str) -> Path:
        """What was learned of the index itself."""
        return self.index_folder(index_url) / ".facts"

    def index_hosts(self, index_url: str) -> Path:
        """The hosts of files that the index has named."""
        return self.index_folder(index_url) / ".hosts"

    def listing(self, index_url: str, name: str) -> Path:
        """One project's releases, as the resolver reads them."""
        return self.index_folder(index_url) / _key(name)

    def listing_files(self, index_url: str, name: str) -> Path:
        """The file rows of one project."""
        return self.index_folder(index_url) / f"{_key(name)}.files"

    def listing_metadata(self, index_url: str, name: str) -> Path:
        """The metadata of one project's releases, packed."""
        return self.index_folder(index_url) / f"{_key(name)}.metadata"

    def metadata(self, digest: str) -> Path:
        """What the artifact with this sha256 declares."""
        return self.root / "metadata-v1" / f"0-{_digest(digest)[:2]}" / digest

    def publishers(self, digest: str) -> Path:
        """Who published the artifact with this sha256."""
        return self.root / "metadata-v1" / f"0-{_digest(digest)[:2]}" / f"{digest}.publishers"

    def wheel(self, digest: str) -> Path:
        """The folder of the unpacked wheel with this sha256."""
        return Path(f"{self.root}/{_UNPACKED}/0-{_digest(digest)[:2]}/{digest}")  # by the hundred

    def selection(self, key: str) -> Path:
        """The heads of the wheels of one selection; the key is the fingerprint of their digests."""
        return self.root / "selections-v1" / _digest(key)

    def settled(self, key: str) -> Path:
        """What a sync came to install; the key is the fingerprint of all that decided it."""
        return self.root / "settled-v1" / _digest(key)

    def archive(self, digest: str) -> Path:
        """The source distribution with this sha256."""
        return self.root / "archives-v1" / f"0-{_digest(digest)[:2]}" / digest

    @property
    def git_databases(self) -> Path:
        """The folder with what was fetched of each repository."""
        return self.root / "git-v1" / "db"

    def git_database(self, key: str) -> Path:
        """What was fetched of one repository."""
        return self.git_databases / _key(key)

    def git_checkout(self, key: str, commit: str) -> Path:
        """The tree of one commit; ``commit`` may say more, such as that it has its submodules."""
        return self.root / "git-v1" / "checkouts" / _key(key) / _key(commit)

    def built(self, key: str) -> Path:
        """Which wheel a build gave."""
        return self.root / "built-v1" / _key(key)

    def log(self, key: str) -> Path:
        """What a build that failed said."""
        return self.root / "logs-v1" / f"{_key(key)}.log"

    def pylock(self, digest: str) -> Path:
        """The decoded copy of the lock file with this fingerprint."""
        return self.root / "pylock-v1" / _digest(digest)

    def interpreter(self, key: str) -> Path:
        """What probing one interpreter found."""
        return self.root / "interpreters-v1" / _key(key)

    def template(self, key: str) -> Path:
        """A rendered empty environment."""
        return self.root / "templates-v1" / _key(key)

    def fact(self, key: str) -> Path:
        """A single fact, such as the default index distlib knows."""
        return self.root / "facts-v1" / _key(key)

    def undo(self, key: str) -> Path:
        """The folder with the last changes of one project."""
        return self.root / "undo-v1" / _key(key)

    @property
    def users(self) -> Path:
        """The folder with a note for each environment that links into the store."""
        return self.root / "users"

    def user(self, key: str) -> Path:
        """The note of one environment that links into the store."""
        return self.users / _key(key)

    def lock(self, key: str) -> Path:
        """A file for processes to exclude each other with."""
        return self.root / "locks" / _key(key)


@lru_cache(maxsize=8)
def _index_folder(bucket: Path, index_url: str) -> Path:
    return bucket / fingerprint(index_url.encode())[:16]


def _digest(text: str) -> str:
    if len(text) != 64 or text.strip(_HEX_DIGITS):
        raise ValueError(f"not a sha256 in lowercase hex: {text!r}")
    return text


def _key(text: str) -> str:
    is_plain = text.isascii() and text.translate(_LETTERS).isalnum() and text[0] not in ".-"
    if not is_plain or len(text) > _LONGEST:
        raise ValueError(f"not a plain name: {text!r}")
    return text
