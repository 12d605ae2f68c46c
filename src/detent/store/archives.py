"""Source distributions, kept for builds: one file each, known by its sha256.

A file appears by one rename. It is hashed whenever it is taken out, for its bytes are about to be run: a
damaged one is removed and counts as missing.
"""

from hashlib import file_digest
from pathlib import Path

from detent.events import Report, ignore
from detent.fsio import FileLock, copy, file_trouble, make_private_folder, write_atomic
from detent.model.limits import Limits
from detent.store.cache import Scratch
from detent.store.layout import Layout


class Archives:
    """The source distributions of one store."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def get(self, digest: str) -> Path | None:
        """Give the source distribution with this sha256, if it is here and whole."""
        path = self._layout.archive(digest)
        try:
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() == digest:
                    return path
            path.unlink(missing_ok=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise file_trouble(error, path) from error
        return None

    def put(self, digest: str, source: bytes | Path) -> Path:
        """Keep a file whose sha256 was found to be ``digest``; one that is named is copied.

        Raises :class:`FileTrouble` for a full or broken disk.
        """
        path = self._layout.archive(digest)
        try:
            make_private_folder(path.parent)
            if isinstance(source, bytes):
                write_atomic(path, source, mode=0o600)
            else:
                with Scratch(self._layout) as scratch:
                    copy(str(source), str(scratch / "archive"), mode=0o600)
                    (scratch / "archive").rename(path)
        except OSError as error:
            raise file_trouble(error, path) from error
        return path

    def claim(self, digest: str, limits: Limits, report: Report = ignore) -> FileLock:
        """Give the lock that whoever fetches this file holds, so that it is fetched once."""
        return FileLock(
            self._layout.lock(f"archive-{digest}"),
            wait_seconds=limits.lock_wait_seconds,
            notice_seconds=limits.lock_notice_seconds,
            report=report,
            fleeting=True,
        )
