"""Locking behind another mirror rewrites nothing."""

from detent.lock.addresses import with_locked_addresses
from detent.lock.model import Direct, Lock, LockedPackage
from support.locks import artifact, entry, lock


def behind(mirror: str, package: LockedPackage, *, size_bytes: int | None = None) -> LockedPackage:
    """The same entry as another index tells of it."""
    return package._replace(
        index=f"https://{mirror}/simple/",
        wheels=tuple(
            wheel._replace(url=f"https://{mirror}/{wheel.filename}", size_bytes=size_bytes)
            for wheel in package.wheels
        ),
    )


def locked(*packages: LockedPackage) -> Lock:
    return lock(*packages)


def test_a_file_of_the_same_name_and_hash_keeps_its_address_and_index() -> None:
    old = locked(behind("a.example.com", entry("a"), size_bytes=7))
    new = locked(behind("b.example.com", entry("a")))

    assert with_locked_addresses(new, old) == old


def test_an_archive_stays_where_it_was_locked() -> None:
    file = artifact("a-1.0.tar.bz2", url="https://a.example.com/a-1.0.tar.bz2")
    archive = entry("a", wheels=[])._replace(
        sdist=file, direct=Direct("archive", file.url), index="https://a/"
    )
    moved = file._replace(url="https://b.example.com/a-1.0.tar.bz2")
    new = archive._replace(sdist=moved, direct=Direct("archive", moved.url), index="https://b/")

    assert with_locked_addresses(locked(new), locked(archive)) == locked(archive)


def test_another_hash_is_another_file() -> None:
    changed = entry("a")
    changed = changed._replace(
        wheels=tuple(w._replace(digests=(w.digests[0]._replace(value="0" * 64),)) for w in changed.wheels)
    )
    new = locked(behind("b.example.com", changed))

    assert with_locked_addresses(new, locked(behind("a.example.com", entry("a")))) == new


def test_another_version_comes_from_where_it_was_found() -> None:
    new = locked(behind("b.example.com", entry("a", "2.0")))

    assert with_locked_addresses(new, locked(behind("a.example.com", entry("a", "1.0")))) == new
    assert with_locked_addresses(new, None) == new
