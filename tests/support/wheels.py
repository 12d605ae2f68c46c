"""Generated wheels: right by default, and wrong in exactly one way where a test asks for it."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from support.zips import Entry, zip_bytes

Contents = Mapping[str, str | bytes]


class Wheel(NamedTuple):
    """A wheel file: its name and bytes, and its METADATA as an index would serve it beside the file."""

    filename: str
    data: bytes
    metadata: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def wheel(
    name: str = "a",
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    requires_python: str = "",
    files: Contents | None = None,
    executables: Collection[str] = (),
    scripts: Mapping[str, str] | None = None,
    gui_scripts: Mapping[str, str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    data: Contents | None = None,
    tag: str = "py3-none-any",
    build: str = "",
    root_is_purelib: bool = True,
    wheel_version: str = "1.0",
    dist_info: str = "",
    metadata: str | None = None,
    says: Iterable[str] = (),
    dist_info_files: Contents | None = None,
    omit: Collection[str] = (),
    record: str | Callable[[list[str]], list[str]] | None = None,
    algorithm: str = "sha256",
    change: Callable[[list[Entry]], list[Entry]] | None = None,
    archive: Mapping[str, Any] | None = None,
) -> Wheel:
    """Make a wheel.

    ``files`` go below site-packages (default: one package of that name that knows its version), ``data``
    below `.data` (``scripts/tool``). ``scripts`` are console scripts. ``dist_info_files`` adds to or replaces
    the files of the metadata folder, ``omit`` leaves some out (``RECORD``, ``WHEEL``, ...). ``record``
    replaces RECORD or changes its lines. ``says`` are more lines of METADATA, such as `License: MIT`.
    ``change`` gets all archive entries last, when RECORD is made;
    ``archive`` are keywords of :func:`support.zips.zip_bytes`.
    """
    stem = name.replace("-", "_").replace(".", "_").lower()
    module = {f"{stem}/__init__.py": f'__version__ = "{version}"\n'}
    folder = dist_info or f"{stem}-{version}.dist-info"
    text = (
        metadata_text(name, version, requires, extras or {}, requires_python, says)
        if metadata is None
        else metadata
    )
    groups = {**(entry_points or {})}
    for group, targets in (("console_scripts", scripts), ("gui_scripts", gui_scripts)):
        if targets:
            groups[group] = {**groups.get(group, {}), **targets}
    about: dict[str, str | bytes] = {
        "METADATA": text,
        "WHEEL": f"Wheel-Version: {wheel_version}\nGenerator: tests\n"
        f"Root-Is-Purelib: {str(root_is_purelib).lower()}\nTag: {tag}\n",
    }
    if groups:
        about["entry_points.txt"] = "\n".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in targets.items())
            for group, targets in groups.items()
        )
    about |= dict(dist_info_files or {})
    contents: dict[str, bytes] = {
        **{path: _bytes(body) for path, body in (module if files is None else files).items()},
        **{f"{stem}-{version}.data/{path}": _bytes(body) for path, body in (data or {}).items()},
        **{f"{folder}/{path}": _bytes(body) for path, body in about.items() if path not in omit},
    }
    entries = [
        Entry(path, body, mode=0o100755 if path in executables else 0o100644)
        for path, body in contents.items()
    ]
    if "RECORD" not in omit:
        lines = [record_line(path, body, algorithm) for path, body in contents.items()]
        entries.append(Entry(f"{folder}/RECORD", _record([*lines, f"{folder}/RECORD,,"], record)))
    if change:
        entries = change(entries)
    parts = [stem, version, *([build] if build else []), tag]
    return Wheel(f"{'-'.join(parts)}.whl", zip_bytes(entries, **(archive or {})), text.encode())


def metadata_text(
    name: str,
    version: str,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    requires_python: str = "",
    says: Iterable[str] = (),
) -> str:
    """Give a METADATA file."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *says]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, needs in (extras or {}).items():
        lines.append(f"Provides-Extra: {extra}")
        for requirement in needs:
            wish, semicolon, marker = requirement.partition(";")
            condition = f"({marker.strip()}) and " if semicolon else ""
            lines.append(f"Requires-Dist: {wish.strip()} ; {condition}extra == '{extra}'")
    return "\n".join(lines) + "\n\nA generated package.\n"


def record_line(path: str, body: bytes, algorithm: str = "sha256") -> str:
    """Give the RECORD line of a file."""
    digest = urlsafe_b64encode(hashlib.new(algorithm, body).digest()).rstrip(b"=").decode()
    quoted = '"' + path.replace('"', '""') + '"' if set(path) & set(',"') else path
    return f"{quoted},{algorithm}={digest},{len(body)}"


def _record(lines: list[str], record: str | Callable[[list[str]], list[str]] | None) -> bytes:
    if isinstance(record, str):
        return record.encode()
    return "".join(f"{line}\n" for line in (record(lines) if record else lines)).encode()


def _bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def with_entry(entry: Entry) -> Callable[[list[Entry]], list[Entry]]:
    """Give a ``change`` that adds an entry in front; RECORD does not know of it."""
    return lambda entries: [entry, *entries]


def with_first(**facts: Any) -> Callable[[list[Entry]], list[Entry]]:
    """Give a ``change`` of facts of the first entry."""
    return lambda entries: [entries[0]._replace(**facts), *entries[1:]]


def with_all(**facts: Any) -> Callable[[list[Entry]], list[Entry]]:
    """Give a ``change`` of facts of every entry."""
    return lambda entries: [entry._replace(**facts) for entry in entries]


def recorded(paths: Sequence[str]) -> Callable[[list[str]], list[str]]:
    """Give a ``record`` that lists empty files of these names too."""
    return lambda lines: [*(record_line(path, b"") for path in paths), *lines]
