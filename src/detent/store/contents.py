"""What a wheel says about itself, held against what it holds (binary distribution format; PEP 376, 427, 639).

A wheel is refused unless file name, `.dist-info` folder, METADATA and what was asked for name one project
and version; unless RECORD lists exactly its files, each with a hash of sha256 or better and the right size;
and if a file would go to a scheme that does not exist, or a script to a name that is no script's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from detent.lock.filename import same_version, split_wheel
from detent.model.limits import Limits
from detent.model.names import PackageName, package_name
from detent.named import NamedTuple
from detent.store.archive import Member, ZipReader, folders_of
from detent.store.naming import FILES, check_script_name, shown

_SCHEMES = {"purelib": FILES, "platlib": FILES, "headers": "headers", "scripts": "scripts", "data": "data"}
_HASHES = frozenset(("sha256", "sha384", "sha512"))
_UNHASHED = frozenset(("RECORD", "RECORD.jws", "RECORD.p7s"))
# An installer writes these itself; what a wheel says in them would be about another installation.
_INSTALLERS_OWN = frozenset(("INSTALLER", "REQUESTED", "direct_url.json"))
_SCRIPT_GROUPS = frozenset(("console_scripts", "gui_scripts"))

# Texts, compiled at first use: every command imports this module, and most unpack nothing.
_FIELD = r'("(?:[^"]|"")*"|[^",]*)'
_OBJECT = r"(?P<module>\w+(?:\.\w+)*)\s*:\s*(?P<attribute>\w+(?:\.\w+)*)\s*(?:\[[^\]]*\])?"


class RecordRow(NamedTuple):
    """What RECORD says of one file; empty or ``None`` where it says nothing."""

    algorithm: str
    digest: str
    """URL-safe base64 without padding."""
    size_bytes: int | None


class Placed(NamedTuple):
    """A member and where it goes."""

    member: Member
    scheme: str
    """:data:`FILES`, ``data``, ``headers`` or ``scripts``."""
    path: str
    row: RecordRow | None
    """``None`` for RECORD itself and its signatures."""


class WheelArchive:
    """An archive that is the wheel it claims to be; the hashes of contents are for whoever reads them."""

    def __init__(
        self, data: bytes | memoryview, filename: str, *, name: PackageName, version: str, limits: Limits
    ) -> None:
        self.zip = ZipReader(data, filename, limits)
        self._limits = limits
        self._by_name = {m.name: m for m in self.zip.members if not m.is_folder}
        try:
            self._check_file_name(filename, name, version)
            self.dist_info = self._find_dist_info(name, version)
            _check_metadata(self._text("METADATA"), name, version)
            self.root_is_purelib = _parse_wheel_file(self._text("WHEEL"))
            rows = parse_record(self._text("RECORD", self._limits.page_bytes))
            self.placed = tuple(self._placed(name, version, rows))
            has_scripts = f"{self.dist_info}/entry_points.txt" in self._by_name
            self.entry_points = parse_scripts(self._text("entry_points.txt")) if has_scripts else ()
            self._check_places()
        except ValueError as error:
            raise self.zip.refuse(str(error)) from None

    def _check_file_name(self, filename: str, name: PackageName, version: str) -> None:
        parts = split_wheel(filename)
        if not _is_of(parts.name, parts.version, name, version):
            raise ValueError(f"its file name is not that of `{name}` {version}")

    def _find_dist_info(self, name: PackageName, version: str) -> str:
        tops = {member.name.partition("/")[0] for member in self.zip.members}
        found = sorted(filter(_is_metadata, tops))
        if len(found) != 1:
            names = " and ".join(f"`{shown(f)}`" for f in found)
            raise ValueError(
                f"it has two metadata folders, {names}" if found else "it has no `.dist-info` folder"
            )
        stem_name, _, stem_version = found[0].removesuffix(".dist-info").rpartition("-")
        if not _is_of(stem_name, stem_version, name, version):
            raise ValueError(f"its metadata folder `{shown(found[0])}` is not that of `{name}` {version}")
        return found[0]

    def _text(self, file_name: str, at_most: int | None = None) -> str:
        member = self._by_name.get(f"{self.dist_info}/{file_name}")
        if member is None:
            raise ValueError(f"it has no `{file_name}`")
        return self.zip.read(member, at_most or self._limits.metadata_bytes).decode("utf-8", "replace")

    def _placed(self, name: PackageName, version: str, rows: Mapping[str, RecordRow]) -> Iterator[Placed]:
        """Give every file its place, and see that RECORD lists all of them and no others."""
        exempt = {f"{self.dist_info}/{n}" for n in _UNHASHED}
        own = {f"{self.dist_info}/{n}" for n in _INSTALLERS_OWN}
        inside_own = tuple([f"{path}/" for path in own])
        for path in rows:
            if path not in self._by_name and path not in exempt and not path.endswith("/"):
                raise ValueError(f"its RECORD lists `{shown(path)}`, which is not in it")
        for path, member in self._by_name.items():
            row = None
            if path not in exempt:
                row = rows.get(path)
                if row is None:
                    raise ValueError(f"its RECORD does not list `{shown(path)}`")
                if row.algorithm not in _HASHES:
                    raise ValueError(f"its RECORD has no hash of sha256 or better for `{shown(path)}`")
                if row.size_bytes not in {None, member.size_bytes}:
                    raise ValueError(f"its RECORD gives `{shown(path)}` another size")
            if path.startswith(inside_own):
                raise ValueError(f"`{shown(path)}` stands where an installer writes a file of its own")
            if path not in own:
                placed = Placed(member, *_destination(path, name, version), row)
                if not (placed.scheme == FILES and _is_byte_code(placed.path)):
                    yield placed

    def _check_places(self) -> None:
        """Refuse two files of one place: the archive's own names differ, but purelib and platlib are one."""
        places = {(p.scheme, p.path) for p in self.placed}
        if len(places) < len(self.placed):
            raise ValueError("two of its files would be installed to one place")
        for scheme in {p.scheme for p in self.placed}:
            paths = {path for of, path in places if of == scheme}
            for path in paths & folders_of(paths):
                raise ValueError(f"`{shown(path)}` would be installed both as a file and as a folder")


def _is_byte_code(path: str) -> bool:
    """Whether Python would write this file anew, since it was made for another time of its source."""
    folder = path.rpartition("/")[0]
    return path.endswith(".pyc") and folder.rpartition("/")[2] == "__pycache__"


def _is_of(its_name: str, its_version: str, name: PackageName, version: str) -> bool:
    try:
        return package_name(its_name) == name and same_version(its_version, version)
    except ValueError:
        return False


def _destination(path: str, name: PackageName, version: str) -> tuple[str, str]:
    top, _, rest = path.partition("/")
    if not top.endswith(".data"):
        return FILES, path
    stem_name, _, stem_version = top.removesuffix(".data").rpartition("-")
    if not _is_of(stem_name, stem_version, name, version):
        raise ValueError(f"the folder `{shown(top)}` is not that of `{name}` {version}")
    scheme, _, below = rest.partition("/")
    if scheme not in _SCHEMES or not below:
        raise ValueError(f"`{shown(path)}` names no installation scheme")
    if _SCHEMES[scheme] == FILES and _is_metadata(below.partition("/")[0]):
        raise ValueError(f"`{shown(path)}` would be installed as metadata")
    return _SCHEMES[scheme], below


def _is_metadata(top: str) -> bool:
    # Whoever lists distributions takes no notice of case.
    return top.lower().endswith(".dist-info")


# ---- the files in .dist-info ----------------------------------------------------------------


def _headers(text: str) -> dict[str, list[str]]:
    """Read `Name: value` lines up to the first blank one; names in lower case."""
    headers: dict[str, list[str]] = {}
    for line in text.removeprefix("\ufeff").split("\n"):
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    return headers


def check_owner(its_name: str, its_version: str, name: PackageName, version: str, *, where: str) -> None:
    """Raise :class:`ValueError` unless a wheel's own name and version are the expected ones."""
    if not _is_of(its_name, its_version, name, version):
        raise ValueError(f"{where} is of `{shown(its_name)}` {shown(its_version)}, not `{name}` {version}")


def _check_metadata(text: str, name: PackageName, version: str) -> None:
    headers = _headers(text)
    names, versions = headers.get("name", []), headers.get("version", [])
    if len(names) != 1 or len(versions) != 1:
        raise ValueError("its METADATA does not give one name and one version")
    check_owner(names[0], versions[0], name, version, where="its METADATA")


def _parse_wheel_file(text: str) -> bool:
    """Give whether the root is purelib."""
    headers = _headers(text)
    formats = headers.get("wheel-version", [])
    if len(formats) != 1 or not re.fullmatch(r"[0-9]+\.[0-9]+", formats[0]):
        raise ValueError("its WHEEL file does not give the format's version")
    if not formats[0].startswith("1."):
        raise ValueError(f"it is of wheel format {formats[0]}; only 1 is known")
    return headers.get("root-is-purelib", [""])[0].lower() == "true"


def parse_record(text: str) -> dict[str, RecordRow]:
    """Read RECORD: comma separated values of path, hash and size; :class:`ValueError` for anything else."""
    rows: dict[str, RecordRow] = {}
    for raw_line in text.split("\n"):
        line = raw_line.removesuffix("\r")
        if not line:
            continue
        fields = line.split(",")
        if '"' in line or len(fields) != 3:
            fields = _quoted_fields(line)
        path, hash_text, size_text = fields
        algorithm, _, digest = hash_text.partition("=")
        if size_text and not (size_text.isascii() and size_text.isdigit() and len(size_text) < 20):
            raise ValueError(f"its RECORD has the size `{shown(size_text)}`")
        row = RecordRow(algorithm, digest.rstrip("="), int(size_text) if size_text else None)
        if rows.setdefault(path, row) != row:
            raise ValueError(f"its RECORD lists `{shown(path)}` twice, with different facts")
    return rows


def _quoted_fields(line: str) -> list[str]:
    found = re.fullmatch(f"{_FIELD},{_FIELD},{_FIELD}", line)
    if not found:
        raise ValueError(f"its RECORD has the line `{shown(line)}`")
    return [f[1:-1].replace('""', '"') if f.startswith('"') else f for f in found.groups()]


def parse_scripts(text: str) -> tuple[tuple[str, str, str], ...]:
    """Read the scripts of an entry_points.txt: group, name, ``module:attribute``, sorted."""
    scripts: dict[str, tuple[str, str, str]] = {}
    group = ""
    for raw_line in text.split("\n"):
        line = raw_line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            group = line[1:-1].strip()
        elif group in _SCRIPT_GROUPS:
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals:
                raise ValueError(f"its entry_points.txt has the line `{shown(line)}`")
            script = (group, name, _script_target(name, value))
            if scripts.setdefault(name, script)[2] != script[2]:
                raise ValueError(f"it has two scripts named `{shown(name)}`")
    return tuple(sorted(scripts.values()))


def _script_target(name: str, value: str) -> str:
    check_script_name(name)
    found = re.fullmatch(_OBJECT, value)
    parts = re.split(r"[.:]", f"{found['module']}:{found['attribute']}") if found else [""]
    if not found or not all(part.isidentifier() for part in parts):
        raise ValueError(f"the script `{name}` names `{shown(value)}`, which is no `module:function`")
    return f"{found['module']}:{found['attribute']}"


def colliding(paths: Iterable[str]) -> tuple[str, ...]:
    """Give the paths that are one file where capital and small letters are not told apart."""
    first: dict[str, str] = {}
    found = []
    for path in paths:
        other = first.setdefault(path.casefold(), path)
        if other != path:
            found += [other, path]
    return tuple(sorted(set(found)))
