"""What an index offers and what a release demands: files, dependencies, metadata.

These are tuples with names: they are read back from the cache by the thousand on the warm path, where
a dataclass costs more to define and to make (docs/contributing/decisions/0001-tuples-on-the-hot-path.md).
"""

from detent.model.names import ExtraName, PackageName
from detent.named import NamedTuple

STRONG_HASHES = {
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Hashes that may stand alone, with their length in hex; all are promised by `hashlib` everywhere."""

SDIST_ENDINGS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
"""How file names of source distributions end, the best first. New ones end in the first (PEP 625); the
second was common; a lock names no others as a package's `sdist` (PEP 751)."""


class Digest(NamedTuple):
    """A hash as PEP 751 and PEP 691 write it: ``sha256`` and lowercase hex."""

    algorithm: str
    value: str


class Artifact(NamedTuple):
    """One downloadable file of a release: a wheel or a source distribution.

    Field meanings follow the simple repository API (PEP 503, 592, 629, 658, 691, 700, 740).
    """

    filename: str
    url: str
    digests: tuple[Digest, ...]
    """Sorted by algorithm; may be empty on an index that gives none."""
    size_bytes: int | None = None
    """Size the index claims; ``None`` when it claims none."""
    uploaded_at: int | None = None
    """Seconds since the epoch, UTC; ``None`` where the index does not publish upload times."""
    requires_python: str = ""
    yanked: str | None = None
    """The reason (may be empty) of a yanked file; ``None`` for one that is not."""
    metadata: tuple[Digest, ...] | None = None
    """Digests of the announced metadata file (empty when announced without); ``None``: not announced."""
    provenance: str = ""
    """Where the index says who published it (PEP 740); empty where it does not."""

    @property
    def is_wheel(self) -> bool:
        """Whether this is a wheel; everything else an index lists is a source distribution."""
        return self.filename.endswith(".whl")

    @property
    def sha256(self) -> str | None:
        """The sha256 in lowercase hex, where the index gave one."""
        return next((d.value for d in self.digests if d.algorithm == "sha256"), None)


class Dependency(NamedTuple):
    """One requirement of a release, its `extra` part evaluated away (core metadata, Requires-Dist)."""

    name: PackageName
    extras: tuple[ExtraName, ...]
    """Sorted."""
    specifier: str
    """PEP 440, clauses sorted, no blanks; empty for any version."""
    marker: str
    """Canonical text as `markers.render` writes it, without `extra`; empty for always."""
    url: str = ""
    """Of a direct reference; empty for a requirement on an index."""

    def __str__(self) -> str:
        """PEP 508 text."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        where = f" @ {self.url}" if self.url else self.specifier
        condition = f"{' ' if self.url else ''}; {self.marker}" if self.marker else ""
        return f"{self.name}{extras}{where}{condition}"


class Metadata(NamedTuple):
    """What one release demands, as far as locking needs it (core metadata specification)."""

    name: PackageName
    version: str
    """Canonical (PEP 440 normalised)."""
    requires_python: str
    base: tuple[Dependency, ...]
    """What the package needs whatever extras are on; in the order of the metadata."""
    extras: tuple[tuple[ExtraName, tuple[Dependency, ...]], ...]
    """Per declared extra, sorted by name, what it adds to the base; may be empty tuples."""
    is_built: bool = False
    """Whether a build back end told it."""

    def for_extra(self, extra: str) -> tuple[Dependency, ...] | None:
        """What the extra adds; ``None`` when the release does not declare it."""
        return next((needs for name, needs in self.extras if name == extra), None)
