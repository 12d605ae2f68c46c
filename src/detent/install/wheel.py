"""What one wheel becomes in one environment: every folder, link and file of it, decided before any is made.

Follows the binary distribution format (PEP 427), recorded projects (PEP 376, PEP 627) and direct URL origin
(PEP 610). A wheel that would replace a part of the environment is refused here, whole.
"""

from collections.abc import Iterable, Sequence

from detent.errors.install import UnsafePath
from detent.fsio import file_trouble, read_limited
from detent.install.directory import Spread
from detent.install.places import Places, protection
from detent.install.plan import Installed, identity_of
from detent.install.record import link_line, record_line_of
from detent.install.scripts import PYTHON_LINE, checked_entry_point, launcher, rewritten
from detent.lock.choice import Choice
from detent.lock.model import Direct
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.entry import WheelEntry, WheelFile, read_contents
from detent.store.fingerprint import small_sha256
from detent.store.naming import FILES, record_line

ARROW = "-> "
"""Stands before what a link leads to, where files have a hash."""

_EXECUTABLE = 0o755
_MOST_URL_BYTES = 2**20
# Written for each environment anew, or void then: a signature is one of the wheel's own RECORD.
_INSTALLERS_OWN = frozenset(("INSTALLER", "REQUESTED", "direct_url.json"))
_OURS = frozenset(("RECORD", "RECORD.jws", "RECORD.p7s", *_INSTALLERS_OWN))


class PrivateFile(NamedTuple):
    """A file that is written, not linked."""

    path: str
    """Relative to the environment's root."""
    content: bytes
    mode: int = 0o644


class Batch(NamedTuple):
    """Files of one folder of the store that go below one folder of the environment."""

    entry: WheelEntry
    scheme: str
    target: str
    """Relative to the environment's root; empty, or with a ``/`` at the end."""
    files: Sequence[WheelFile]

    @property
    def source(self) -> str:
        """The folder in the store with a ``/`` at the end, so that a source is one concatenation."""
        return self.entry.folder(self.scheme) + "/"


class Wish(NamedTuple):
    """What an environment shows of a package beside its files."""

    name: PackageName
    version: str
    """Empty where only the wheel knows it."""
    identity: str
    is_requested: bool
    direct_url: bytes = b""
    """What `direct_url.json` says; empty where there is none."""


class Layout(NamedTuple):
    """One wheel as it will stand in an environment. All paths are relative to its root."""

    name: PackageName
    version: str
    digest: str
    identity: str
    is_requested: bool
    folders: tuple[str, ...]
    """Parents first, without those of the dist-info."""
    batches: tuple[Batch, ...]
    scripts: tuple[PrivateFile, ...]
    """Scripts of the wheel that had to be rewritten."""
    launchers: tuple[tuple[str, str], ...]
    """Path and ``module:attribute`` of each entry point."""
    programs: tuple[PrivateFile, ...]
    """The launchers, written out."""
    dist_info: str
    dist_folders: tuple[str, ...]
    """Parents first, the dist-info itself among them."""
    dist_batch: Batch
    dist_files: tuple[PrivateFile, ...]
    """RECORD last: the package is installed when it stands."""
    top_level: frozenset[str]
    """First components below site-packages."""
    links: tuple[tuple[str, str], ...] = ()
    """Path of each link to a folder of the store, and where it leads."""
    dist_links: tuple[tuple[str, str], ...] = ()
    """The same of folders in the dist-info."""
    is_by_directory: bool = False

    def facts(self) -> dict[str, tuple[str, int]]:
        """Give sha256 and size of every file by its path; of a link what it leads to, behind an arrow."""
        batches = (*self.batches, self.dist_batch)
        found = {b.target + f.path: (f.sha256, f.size_bytes) for b in batches for f in b.files}
        written = (*self.scripts, *self.programs, *self.dist_files)
        found.update({f.path: (small_sha256(f.content).hex(), len(f.content)) for f in written})
        found.update({path: (ARROW + target, 0) for path, target in (*self.links, *self.dist_links)})
        return found

    def outside(self) -> list[str]:
        """Every path that is not below site-packages, unless the wheel's data goes there."""
        found = [b.target + f.path for b in self.batches[1:] for f in b.files]
        found += [file.path for file in (*self.scripts, *self.programs)]
        return found

    def installed(self) -> Installed:
        """Give what the environment will hold when all of this is done."""
        batches = (*self.batches, self.dist_batch)
        return Installed(
            name=self.name,
            version=self.version,
            digest=self.digest,
            identity=self.identity,
            is_requested=self.is_requested,
            dist_info=self.dist_info,
            linked=tuple([b.target + f.path for b in batches for f in b.files]),
            private=tuple([f.path for f in (*self.scripts, *self.dist_files)]),
            launchers=self.launchers,
            links=tuple([path for path, _ in (*self.links, *self.dist_links)]),
            is_by_directory=self.is_by_directory,
        )


class _Spread(NamedTuple):
    """What of a wheel stands below site-packages, as paths below that."""

    folders: Sequence[str]
    payload: Sequence[WheelFile]
    dist_folders: Sequence[str]
    """The dist-info and what is in it."""
    dist_files: Sequence[WheelFile]
    links: Sequence[str] = ()
    dist_links: Sequence[str] = ()


def wish_of(choice: Choice) -> Wish:
    """Give what an environment is to show of a package that is chosen."""
    package, identity = choice.package, identity_of(choice.artifact)
    direct_url = _direct_url(package.direct, identity) if package.direct is not None else b""
    return Wish(package.name, package.version, identity, choice.requested, direct_url)


def wish_again(places: Places, row: Installed) -> Wish:
    """Give what an environment shows of a package now; raises :class:`FileTrouble`."""
    path = f"{row.dist_info}/direct_url.json"
    direct_url = b""
    if path in row.private:
        try:
            direct_url = read_limited(f"{places.root}/{path}", _MOST_URL_BYTES)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise file_trouble(error, f"{places.root}/{path}") from error
    return Wish(row.name, row.version, row.identity, row.is_requested, direct_url)


def lay_out(entry: WheelEntry, wish: Wish, places: Places, spread: Spread | None = None) -> Layout:
    """Decide where everything of a wheel goes; ``spread`` says which folders are links, if any may be.

    Raises :class:`UnsafePath` for a wheel that would replace a part of the environment, and
    :class:`FileTrouble` where the list of its files cannot be read.
    """
    library = places.library(is_pure=entry.root_is_purelib)
    here = _file_by_file(entry) if spread is None else _folder_by_folder(entry, spread)
    launchers = _launchers(entry, places)
    data, scripts = _data_files(entry, places, {path for path, _ in launchers})
    folders = [f"{library}/{folder}" for folder in here.folders]
    folders += _parents((*(b.target + f.path for b in data for f in b.files), *(f.path for f in scripts)))
    source = entry.folder()
    layout = Layout(
        name=wish.name,
        version=wish.version or entry.version,
        digest=entry.digest,
        identity=wish.identity,
        is_requested=wish.is_requested,
        folders=tuple(folders),
        batches=(Batch(entry, FILES, library + "/", here.payload), *data),
        scripts=scripts,
        launchers=launchers,
        programs=tuple([launcher_file(places, path, value) for path, value in launchers]),
        dist_info=f"{library}/{entry.dist_info}",
        dist_folders=tuple([f"{library}/{folder}" for folder in here.dist_folders]),
        dist_batch=Batch(entry, FILES, library + "/", here.dist_files),
        dist_files=(),
        top_level=frozenset(entry.top_level),
        links=tuple([(f"{library}/{link}", f"{source}/{link}") for link in here.links]),
        dist_links=tuple([(f"{library}/{link}", f"{source}/{link}") for link in here.dist_links]),
        is_by_directory=spread is not None,
    )
    _refuse_unsafe(layout, places)
    return layout._replace(dist_files=_metadata_files(entry, wish, layout, (*here.links, *here.dist_links)))


def _file_by_file(entry: WheelEntry) -> _Spread:
    contents = read_contents(entry)
    below = entry.dist_info + "/"
    return _Spread(
        [f for f in contents.folders if f != entry.dist_info and not f.startswith(below)],
        contents.files[: len(contents.files) - len(entry.dist_files)],
        [f for f in contents.folders if f == entry.dist_info or f.startswith(below)],
        _not_ours(entry, entry.dist_files),
    )


def _folder_by_folder(entry: WheelEntry, spread: Spread) -> _Spread:
    below = entry.dist_info + "/"
    dist_folders = [f for f in spread.real if f == entry.dist_info or f.startswith(below)]
    standing = [file for file in entry.dist_files if file.path.rpartition("/")[0] in dist_folders]
    return _Spread(
        [f for f in spread.real if f not in dist_folders],
        [file for file in spread.files if not file.path.startswith(below)],
        dist_folders,
        _not_ours(entry, standing),
        [link for link in spread.links if not link.startswith(below)],
        [link for link in spread.links if link.startswith(below)],
    )


def _not_ours(entry: WheelEntry, files: Sequence[WheelFile]) -> list[WheelFile]:
    start = len(entry.dist_info) + 1
    return [file for file in files if file.path[start:] not in _OURS]


def launcher_file(places: Places, path: str, value: str) -> PrivateFile:
    """Give the program of one entry point."""
    return PrivateFile(path, launcher(places.python, value), _EXECUTABLE)


def _launchers(entry: WheelEntry, places: Places) -> tuple[tuple[str, str], ...]:
    # One name in both groups is one program; console and windowed programs are the same on POSIX.
    found = {
        f"{places.scripts}/{name}": checked_entry_point(entry.name, name, value)
        for _, name, value in entry.entry_points
    }
    pip = f"{places.scripts}/pip"
    if entry.name == "pip" and pip in found:
        # One wheel for every Python cannot declare `pip3.12`, so every installer adds it; without it that
        # name would start the pip of another Python.
        found[pip + places.python_minor] = found[pip]
    return tuple(found.items())


def _data_files(
    entry: WheelEntry, places: Places, launchers: set[str]
) -> tuple[list[Batch], tuple[PrivateFile, ...]]:
    """Give the files of the other schemes; scripts that name `#!python` are rewritten."""
    batches: list[Batch] = []
    rewrites: list[PrivateFile] = []
    for scheme, files in entry.data:
        match scheme:
            case "data":
                batches.append(Batch(entry, scheme, "", files))
            case "headers":
                batches.append(Batch(entry, scheme, f"{places.headers}/{entry.name}/", files))
            case "scripts":
                linked: list[WheelFile] = []
                for file in files:
                    target = f"{places.scripts}/{file.path}"
                    if target in launchers:
                        continue
                    content = _script_to_write(f"{entry.folder(scheme)}/{file.path}", file, places)
                    if content is None:
                        linked.append(file)
                    else:
                        rewrites.append(PrivateFile(target, content, _EXECUTABLE))
                batches.append(Batch(entry, scheme, places.scripts + "/", linked))
            case _:
                raise UnsafePath(entry.name, scheme, "there is no such scheme")
    return batches, tuple(rewrites)


def _script_to_write(path: str, file: WheelFile, places: Places) -> bytes | None:
    """Give a script's content where it is not the stored one; ``None`` where the stored file can be linked.

    Big programs come as scripts too, so only the first bytes are read to find out.
    """
    try:
        with open(path, "rb") as script:  # noqa: PTH123
            start = script.read(len(PYTHON_LINE))
            if start == PYTHON_LINE:
                return rewritten(start + script.read(), places.python)
            return None if file.mode == _EXECUTABLE else start + script.read()
    except OSError as error:
        raise file_trouble(error, path) from error


def _metadata_files(
    entry: WheelEntry, wish: Wish, layout: Layout, links: Sequence[str]
) -> tuple[PrivateFile, ...]:
    """Give the files of the dist-info that are ours to write; RECORD lists all others, and itself.

    Links come first in it: whoever goes by it removes them, and leaves alone what lies behind them.
    """
    folder = layout.dist_info
    files = [PrivateFile(f"{folder}/INSTALLER", b"detent\n")]
    if wish.is_requested:
        files.append(PrivateFile(f"{folder}/REQUESTED", b""))
    if wish.direct_url:
        files.append(PrivateFile(f"{folder}/direct_url.json", wish.direct_url))
    library = folder.rpartition("/")[0]
    up = "../" * (library.count("/") + 1)
    lines = [*map(link_line, links), _own_lines(entry)]
    lines += [
        record_line(up + b.target + f.path, f.sha256, f.size_bytes)
        for b in layout.batches[1:]
        for f in b.files
    ]
    lines += [record_line_of(up + f.path, f.content) for f in (*layout.scripts, *layout.programs)]
    lines += [record_line_of(f.path[len(library) + 1 :], f.content) for f in files]
    lines.append(f"{entry.dist_info}/RECORD,,\n")
    files.append(PrivateFile(f"{folder}/RECORD", "".join(lines).encode()))
    return tuple(files)


def _own_lines(entry: WheelEntry) -> str:
    """Give the ready-made lines of what stands below site-packages, without those of files that are ours."""
    start = len(entry.dist_info) + 1
    ours = tuple([f"{file.path}," for file in entry.dist_files if file.path[start:] in _INSTALLERS_OWN])
    if not any(line in entry.record_text for line in ours):
        return entry.record_text
    return "".join(
        [line for line in entry.record_text.splitlines(keepends=True) if not line.startswith(ours)]
    )


def _direct_url(direct: Direct, identity: str) -> bytes:
    """Say where a package came from (PEP 610): a file with its hash, a commit, or a folder."""
    url = _quoted(direct.location)
    if direct.kind == "directory":
        editable = '"editable":true' if direct.editable else ""
        return f'{{"dir_info":{{{editable}}},"url":{url}}}\n'.encode()
    below = f',"subdirectory":{_quoted(direct.subdirectory)}' if direct.subdirectory else ""
    if direct.kind == "vcs":
        asked = f'"requested_revision":{_quoted(direct.revision)},' if direct.revision else ""
        info = f'"commit_id":{_quoted(direct.commit)},{asked}"vcs":{_quoted(direct.vcs)}'
        return f'{{"url":{url},"vcs_info":{{{info}}}{below}}}\n'.encode()
    algorithm, _, value = identity.partition(":")
    hashes = f'"{algorithm}":"{value}"' if algorithm else ""
    return f'{{"archive_info":{{"hashes":{{{hashes}}}}}{below},"url":{url}}}\n'.encode()


def _quoted(text: str) -> str:
    plain = "".join([c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text])
    return f'"{plain}"'


def _refuse_unsafe(layout: Layout, places: Places) -> None:
    """Refuse what would stand where the environment's own files do, or is no single line.

    And what would pass for another distribution, which nobody has locked.
    """
    libraries = tuple([f"{library}/" for library in places.libraries])
    for path in layout.outside():
        if reason := protection(places, path) or (path.startswith(libraries) and _of_a_distribution(path)):
            raise UnsafePath(layout.name, path, reason)
    for path, _ in (*layout.links, *layout.dist_links):
        if "\n" in path:
            raise UnsafePath(layout.name, path, "it has a line break")
    for batch in (*layout.batches, layout.dist_batch):
        # One look at all names together: there are thousands.
        if "\n" in "".join([f.path for f in batch.files]):
            path = next(f.path for f in batch.files if "\n" in f.path)
            raise UnsafePath(layout.name, path, "it has a line break")


def _of_a_distribution(path: str) -> str:
    """Say why data may not stand at a path of site-packages, if that tells that a distribution is there."""
    is_metadata = any(part.lower().endswith((".dist-info", ".egg-info")) for part in path.split("/"))
    return "it would pass for the metadata of a distribution" if is_metadata else ""


def _parents(paths: Iterable[str]) -> list[str]:
    """Give every folder the paths need, parents first."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found)
