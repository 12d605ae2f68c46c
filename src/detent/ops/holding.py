"""What a repository, a URL or a path holds: its name, version and demands, and how a lock names it.

Each is read the cheapest way there is: the `[project]` table of a folder or a commit where nothing that
matters is dynamic, the METADATA of a wheel, the PKG-INFO of a source distribution that may be believed; else
the back end is asked, if it may be. What one commit or one file demands is remembered for good.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from hashlib import file_digest, sha256
from pathlib import Path

from detent import fsio
from detent.errors.build import BuildForbidden
from detent.errors.fetch import HashMismatch, OfflineMiss, SourceMismatch, SourceUnusable
from detent.events import Prepared
from detent.index.listings import decode_metadata, encode_metadata
from detent.index.metadata import parse_metadata
from detent.index.sdists import MEMBERS, PYPROJECT
from detent.lock.filename import canonical_version, name_in_location, split_sdist, split_wheel
from detent.lock.model import Direct
from detent.model.candidate import SDIST_ENDINGS, STRONG_HASHES, Artifact, Digest, Metadata
from detent.model.names import package_name
from detent.model.references import reference_text
from detent.model.repository import Tree
from detent.model.requirement import PackageName
from detent.model.sources import GitSource, PathSource, SourceRule, UrlSource
from detent.named import NamedTuple
from detent.ops.local import folder_in
from detent.ops.world import World
from detent.ops.written import (
    manifest_of,
    metadata_of_files,
    metadata_of_folder,
    says_package,
    written_name,
)
from detent.store.archives import Archives
from detent.store.cache import Scratch
from detent.store.entry import read_metadata
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record
from detent.store.source import read_source_member

_KIND, _VERSION = b"source", 1
_FILE_KIND, _FILE_VERSION = b"url", 1
_SHOWN = 12


class Held(NamedTuple):
    """What a source holds."""

    metadata: Metadata
    direct: Direct
    artifacts: tuple[Artifact, ...] = ()
    manifest: bytes = b""
    """Its pyproject.toml, for what that says of where its own dependencies come from; none of a file."""


class Holdings:
    """Looks at sources for one lock. Paths are relative to ``root``, the folder of the lock.

    ``texts`` are manifests that count in place of those on disk, by their folder.
    """

    def __init__(self, world: World, root: Path, texts: Mapping[str, bytes] | None = None) -> None:
        self._world = world
        self._root = root
        self._texts = texts or {}

    def of(self, rule: SourceRule, *, commit: str = "", locked: Artifact | None = None) -> Held:
        """Look at what a rule names, and see that it is the package it should be.

        ``commit`` and ``locked`` are what an old lock has and is to be kept. Raises :class:`FetchError`,
        :class:`BuildError`, :class:`ArchiveUnsafe` and :class:`FileTrouble`.
        """
        match rule.source:
            case GitSource() as source:
                held = self._of_git(rule, source, commit)
            case UrlSource() as source:
                held = self._of_url(rule, source, locked)
            case PathSource() as source:
                held = self._of_path(rule, source)
            case _:
                raise SourceUnusable(rule.name, rule.where, "it names neither a place nor a file")
        if held.metadata.name != rule.name:
            raise SourceMismatch(rule.name, called(rule), held.metadata.name, where=rule.where)
        return held

    def name_of(self, source: GitSource | UrlSource | PathSource) -> PackageName:
        """Find out which package a source holds, without a name to go by; raises as :meth:`of`."""
        guess = _guessed(source)
        folder = None
        if isinstance(source, GitSource):
            commit = self._world.repositories().commit_of(source.url, source.revision, source.kind)
            folder = self.folder_of_git(SourceRule(guess, source), source, commit)
        elif isinstance(source, PathSource):
            place = Path(os.path.abspath(self._root / source.path))  # noqa: PTH100
            folder = place if place.is_dir() else None
        if folder is not None:
            name = written_name(folder)
            if name:
                return name
        try:
            return self.of(SourceRule(guess, source)).metadata.name
        except SourceMismatch as other:
            return PackageName(other.found)

    # ---- git ------------------------------------------------------------------------------------

    def _of_git(self, rule: SourceRule, source: GitSource, commit: str) -> Held:
        repositories = self._world.repositories()
        commit = commit or repositories.commit_of(source.url, source.revision, source.kind)
        tree = Tree(source.url, commit, source.submodules, source.lfs)
        direct = Direct(
            "vcs",
            source.url,
            "git",
            source.revision,
            commit,
            source.subdirectory,
            submodules=source.submodules,
            lfs=source.lfs,
        )
        record = self._record(tree, source)
        match read_record(record, _KIND, _VERSION):
            case (str(name), str(version), bytes(blob), bytes(manifest)):
                return Held(decode_metadata(blob, PackageName(name), version), direct, (), manifest)
        folder = self.folder_of_git(rule, source, commit)
        metadata = metadata_of_folder(folder)
        if metadata is None:
            self._refuse_build(rule.name, called(rule))
            metadata = self._world.builder().metadata_of_git(rule.name, tree, source.subdirectory)
        manifest = manifest_of(folder)
        told = (metadata.name, metadata.version, encode_metadata(metadata), manifest)
        write_record(record, _KIND, _VERSION, tuple(map(_plain, told)))
        return Held(metadata, direct, (), manifest)

    def fetch(self, rule: SourceRule, source: GitSource, commit: str) -> None:
        """Bring what looking at a repository takes, unless it is known what that would find."""
        commit = commit or self._world.repositories().commit_of(source.url, source.revision, source.kind)
        tree = Tree(source.url, commit, source.submodules, source.lfs)
        if not self._record(tree, source).exists():
            self.folder_of_git(rule, source, commit)

    def _record(self, tree: Tree, source: GitSource) -> Path:
        return _record_of(self._world.layout, tree, source.subdirectory)

    def folder_of_git(self, rule: SourceRule, source: GitSource, commit: str) -> Path:
        """Give the folder that a source names in the tree of a commit, which nobody may write to."""
        tree = Tree(source.url, commit, source.submodules, source.lfs)
        top = self._world.repositories().tree(tree, revision=source.revision)
        folder = folder_in(top, source.subdirectory)
        if folder is None:
            reason = f"there is no folder `{source.subdirectory}` in it at `{commit[:_SHOWN]}`"
            raise SourceUnusable(rule.name, called(rule), reason)
        return folder

    # ---- URLs -----------------------------------------------------------------------------------

    def _of_url(self, rule: SourceRule, source: UrlSource, locked: Artifact | None) -> Held:
        filename = name_in_location(source.url)
        self._check_filename(rule, filename)
        digests = {**dict(locked.digests if locked is not None else ()), **dict(source.hashes)}
        artifact = Artifact(
            filename,
            source.url,
            tuple(sorted(Digest(*pair) for pair in digests.items())),
            locked.size_bytes if locked is not None else None,
        )
        if artifact.sha256 is None and self._world.settings.offline.value:
            artifact = self._as_it_was(artifact)
        direct = Direct("archive", source.url, subdirectory=source.subdirectory)
        return self._of_file(rule, artifact, direct, self._downloaded)

    def _downloaded(
        self, artifact: Artifact, name: PackageName, scratch: Path
    ) -> tuple[bytes | Path, Artifact]:
        if self._world.settings.offline.value:
            raise OfflineMiss((artifact.filename,))
        source = self._world.network().download(artifact, name, scratch).source
        found = _measured(artifact, source)
        known = (found.sha256, found.size_bytes)
        write_record(self._fact(artifact.url), _FILE_KIND, _FILE_VERSION, known)
        return source, found

    def _as_it_was(self, artifact: Artifact) -> Artifact:
        """Give the file as it was when it was last fetched, for there is no asking now."""
        match read_record(self._fact(artifact.url), _FILE_KIND, _FILE_VERSION):
            case (str(digest), int(size)):
                return artifact._replace(
                    digests=tuple(sorted((*artifact.digests, Digest("sha256", digest)))), size_bytes=size
                )
        raise OfflineMiss((artifact.filename,))

    def _fact(self, url: str) -> Path:
        return self._world.layout.fact(f"url-{fingerprint(url.encode())[:32]}")

    # ---- paths ----------------------------------------------------------------------------------

    def _of_path(self, rule: SourceRule, source: PathSource) -> Held:
        place = Path(os.path.abspath(self._root / source.path))  # noqa: PTH100 (links stay as they are written)
        try:
            mode = place.stat().st_mode
        except OSError:
            reason = f"there is nothing at `{place}`"
            raise SourceUnusable(rule.name, called(rule), reason) from None
        if stat.S_ISDIR(mode):
            return self._of_folder(rule, source, place)
        filename = place.name
        self._check_filename(rule, filename)
        direct = Direct("archive", source.path)
        return self._of_file(rule, _hashed(place, source.path), direct, self._copied)

    def _of_folder(self, rule: SourceRule, source: PathSource, place: Path) -> Held:
        text = self._texts.get(source.path)
        manifest = manifest_of(place) if text is None else text
        is_package = says_package(manifest) if source.package is None else source.package
        direct = Direct("directory", source.path, editable=bool(source.editable), is_package=is_package)
        metadata = metadata_of_files({PYPROJECT: manifest})
        if metadata is None:
            if not is_package:
                reason = "its demands are not written down in `[project]`, and it is never built"
                raise SourceUnusable(rule.name, called(rule), reason)
            self._refuse_build(rule.name, called(rule))
            metadata = self._world.builder().metadata_of_folder(
                rule.name, place, is_editable=bool(source.editable)
            )
        return Held(metadata, direct, (), manifest)

    def _copied(self, artifact: Artifact, _: PackageName, scratch: Path) -> tuple[bytes | Path, Artifact]:
        """Copy a file of this machine, so that it stays as it is."""
        place, private = self._root / artifact.url, scratch / "file"
        try:
            fsio.copy(os.path.realpath(place), str(private), mode=0o600)
        except OSError as error:
            raise fsio.file_trouble(error, place) from error
        return private, _measured(artifact, private)

    # ---- files ----------------------------------------------------------------------------------

    def _of_file(
        self,
        rule: SourceRule,
        artifact: Artifact,
        direct: Direct,
        bring: Callable[[Artifact, PackageName, Path], tuple[bytes | Path, Artifact]],
    ) -> Held:
        """Look at a wheel or source distribution, which is in the store afterwards."""
        if artifact.is_wheel:
            return self._of_wheel(rule, artifact, direct, bring)
        archives = Archives(self._world.layout)
        archive = archives.get(artifact.sha256) if artifact.sha256 is not None else None
        if archive is None:
            with (
                archives.claim(_claimed(artifact), self._world.limits, self._world.report),
                Scratch(self._world.layout) as scratch,
            ):
                source, artifact = bring(artifact, rule.name, scratch)
                archive = archives.put(str(artifact.sha256), source)
        if artifact.size_bytes is None:
            artifact = artifact._replace(size_bytes=archive.stat().st_size)
        metadata = self._of_archive(archive, artifact, direct.subdirectory)
        if metadata is None:
            self._refuse_build(rule.name, called(rule))
            builder = self._world.builder()
            metadata = builder.metadata(rule.name, "", artifact, archive, below=direct.subdirectory)
        return Held(metadata, direct, (artifact,))

    def _of_wheel(
        self,
        rule: SourceRule,
        artifact: Artifact,
        direct: Direct,
        bring: Callable[[Artifact, PackageName, Path], tuple[bytes | Path, Artifact]],
    ) -> Held:
        store, filename = self._world.wheels(), artifact.filename
        name, version = rule.name, canonical_version(split_wheel(filename).version)
        entry = None
        if artifact.sha256 is not None:
            entry = store.find(artifact.sha256, filename=filename, name=name, version=version)
        if entry is None or artifact.size_bytes is None:
            with store.claim(_claimed(artifact)), Scratch(self._world.layout) as scratch:
                source, artifact = bring(artifact, name, scratch)
                digest = str(artifact.sha256)
                entry = store.put(digest, source, filename=filename, name=name, version=version)
            self._world.report(Prepared(entry.name, entry.version))
        metadata = parse_metadata(read_metadata(entry), filename)
        return Held(metadata, direct, (artifact,))

    def _of_archive(self, archive: Path, artifact: Artifact, below: str) -> Metadata | None:
        """Read what a source distribution says of itself, as far as that can be trusted."""
        prefix = f"{below}/" if below else ""
        names = [prefix + name for name in MEMBERS]
        found = read_source_member(archive, artifact.filename, names, limits=self._world.limits)
        return metadata_of_files({name.removeprefix(prefix): data for name, data in found.items()})

    # ---- what may be ----------------------------------------------------------------------------

    def _check_filename(self, rule: SourceRule, filename: str) -> None:
        """Refuse a file that is none of a package, or whose name says another one."""
        try:
            if filename.endswith(".whl"):
                found = package_name(split_wheel(filename).name)
                if found != rule.name:
                    raise SourceMismatch(rule.name, called(rule), found, where=rule.where)
            elif not filename.endswith(SDIST_ENDINGS):
                endings = ", ".join(f"`{ending}`" for ending in (".whl", *SDIST_ENDINGS))
                raise SourceUnusable(rule.name, called(rule), f"it ends with none of {endings}")
        except ValueError as error:
            raise SourceUnusable(rule.name, called(rule), str(error)) from None

    def _refuse_build(self, name: PackageName, source: str) -> None:
        policy = self._world.settings.build_policy
        if not policy.may_build(name):
            reason = f"only a build can tell what `{source}` demands"
            remedy = policy.way_to_build(name)
            raise BuildForbidden(name, reason, origin=policy.forbidden_by, remedy=remedy)


def known_manifest(layout: Layout, tree: Tree, below: str) -> bytes | None:
    """Give the pyproject.toml of a folder of a commit that was looked at before; ``None``: it was not."""
    match read_record(_record_of(layout, tree, below), _KIND, _VERSION):
        case (str(), str(), bytes(), bytes(manifest)):
            return manifest
    return None


def _record_of(layout: Layout, tree: Tree, below: str) -> Path:
    """Give where is kept what a folder of a commit demands, wherever it was fetched from."""
    facts = ("git", tree.name, below)
    return layout.metadata(fingerprint(repr(facts).encode()))


def called(rule: SourceRule) -> str:
    """Name the source of a rule."""
    if isinstance(rule.source, PathSource):
        return rule.source.path
    return reference_text(rule.source) if isinstance(rule.source, GitSource | UrlSource) else rule.where


def _guessed(source: GitSource | UrlSource | PathSource) -> PackageName:
    """Give a name to begin with, from the place."""
    place = source.path if isinstance(source, PathSource) else source.url
    last = name_in_location(place.rstrip("/")).removesuffix(".git")
    if not isinstance(source, GitSource):
        with contextlib.suppress(ValueError):
            return package_name(split_wheel(last).name if last.endswith(".whl") else split_sdist(last)[0])
    try:
        return package_name(last)
    except ValueError:
        return PackageName("package")


def _hashed(place: Path, location: str) -> Artifact:
    try:
        with place.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise fsio.file_trouble(error, place) from error
    return Artifact(place.name, location, (Digest("sha256", digest),), size)


def _measured(artifact: Artifact, source: bytes | Path) -> Artifact:
    """Give a file with its sha256 and size; what was said of it before has to be so."""
    if isinstance(source, bytes):
        size, found = len(source), {"sha256": sha256(source).hexdigest()}
    else:
        try:
            with source.open("rb") as file:
                wanted = {"sha256", *(d.algorithm for d in artifact.digests if d.algorithm in STRONG_HASHES)}
                size, found = os.fstat(file.fileno()).st_size, {}
                for algorithm in wanted:
                    file.seek(0)
                    found[algorithm] = file_digest(file, algorithm).hexdigest()
        except OSError as error:
            raise fsio.file_trouble(error, source) from error
    for digest in artifact.digests:
        if found.get(digest.algorithm, digest.value) != digest.value:
            expected, actual = (
                f"{digest.algorithm}:{value}" for value in (digest.value, found[digest.algorithm])
            )
            raise HashMismatch(
                artifact.filename, artifact.filename, artifact.url, expected=expected, actual=actual
            )
    digests = {**dict(artifact.digests), "sha256": found["sha256"]}
    return artifact._replace(
        digests=tuple(sorted(Digest(*pair) for pair in digests.items())), size_bytes=size
    )


def _claimed(artifact: Artifact) -> str:
    return artifact.sha256 or fingerprint(artifact.url.encode())


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value
