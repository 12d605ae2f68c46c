"""Locking behind another mirror rewrites nothing."""

from detent.lock.addresses import with_locked_addresses, with_usual_addresses, with_written_paths
from detent.lock.model import Direct, Edge, Lock, LockedPackage
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


def test_an_index_the_project_declares_is_no_mirror() -> None:
    old = locked(behind("a.example.com", entry("a")))
    new = locked(behind("b.example.com", entry("a")))

    assert with_locked_addresses(new, old, declared=["https://b.example.com/simple/"]) == new


def test_a_package_from_elsewhere_is_none_of_an_index() -> None:
    url = "https://files.example.com/a-1.0-py3-none-any.whl"
    archive = entry("a")._replace(direct=Direct("archive", url), index="")

    assert with_locked_addresses(locked(archive), locked(entry("a"))) == locked(archive)
    assert with_locked_addresses(locked(entry("a")), locked(archive)) == locked(entry("a"))


def test_of_entries_of_one_version_each_keeps_its_own_address() -> None:
    first, second = entry("a"), entry("a", wheels=["py2-none-any"])
    old = locked(behind("a.example.com", first), behind("b.example.com", second))
    mirrored = (behind("c.example.com", first), behind("d.example.com", second))
    edge = Edge(mirrored[0].name, "1.0", mirrored[0].index)
    new = locked(*mirrored, entry("z")._replace(dependencies=(edge,)))

    (*entries, user) = with_locked_addresses(new, old).packages

    assert tuple(entries) == old.packages
    assert user.dependencies == (edge._replace(index="https://a.example.com/simple/"),)


def laid_out(host: str, package: LockedPackage, *, folder: str = "files") -> LockedPackage:
    """An entry of an index whose files lie in folders by package."""
    found = behind(host, package)
    return found._replace(
        wheels=tuple(
            w._replace(url=f"https://{host}/{folder}/{package.name}/{w.filename}") for w in found.wheels
        )
    )


def test_what_is_new_gets_the_address_that_a_mirror_of_the_same_layout_has_it_at() -> None:
    old = locked(laid_out("a.example.com", entry("a"), folder="packages"))
    new = locked(laid_out("b.example.com", entry("a")), laid_out("b.example.com", entry("b")))

    assert with_locked_addresses(new, old) == locked(
        laid_out("a.example.com", entry("a"), folder="packages"),
        laid_out("a.example.com", entry("b"), folder="packages"),
    )


def test_where_the_files_known_tell_two_layouts_what_is_new_stays_where_it_was_found() -> None:
    old = locked(
        laid_out("a.example.com", entry("a")), laid_out("a.example.com", entry("b"), folder="elsewhere")
    )
    new = locked(*(laid_out("b.example.com", entry(name)) for name in "abc"))

    assert with_locked_addresses(new, old).packages[2] == new.packages[2]


def test_files_of_a_folder_of_the_project_are_named_by_their_path() -> None:
    def lying(folder: str) -> Lock:
        package = entry("a")
        wheels = (package.wheels[0]._replace(url=f"{folder}{package.wheels[0].filename}"),)
        return locked(package._replace(index="", wheels=wheels))

    folders = {"file:///home/me/my%20project/wheels/": "wheels", "file:///srv/": "../srv"}

    assert with_written_paths(lying("file:///home/me/my%20project/wheels/"), folders) == lying("wheels/")
    assert with_written_paths(lying("file:///srv/"), folders) == lying("../srv/")
    for elsewhere in ("file:///home/me/", "https://a.example.com/", "wheels/"):
        assert with_written_paths(lying(elsewhere), folders) == lying(elsewhere)


def test_most_of_a_lock_says_where_its_files_are_as_a_mirror_sees_them() -> None:
    old = locked(*(behind("a.example.com", entry(name)) for name in "wxyz"))
    new = locked(*(behind("b.example.com", entry(name), size_bytes=7) for name in "wxyz"))
    odd_index = old.packages[0]._replace(index="https://evil.example/simple/")
    odd_wheel = old.packages[1].wheels[0]._replace(url="https://evil.example/x.whl")
    tampered = old._replace(
        packages=(odd_index, old.packages[1]._replace(wheels=(odd_wheel,)), *old.packages[2:])
    )

    usual = with_usual_addresses(tampered, new)

    healed = with_locked_addresses(new, usual)
    assert [package.index for package in healed.packages] == ["https://a.example.com/simple/"] * 4
    assert {w.url.split("/")[2] for p in healed.packages for w in p.wheels} == {"a.example.com"}
    assert {w.size_bytes for p in healed.packages for w in p.wheels} == {7}


def test_where_no_layout_prevails_the_entries_of_the_usual_index_stay() -> None:
    old = locked(*(behind("a.example.com", entry(name)) for name in "xyz"))
    scattered = tuple(
        package._replace(
            wheels=tuple(
                w._replace(url=f"https://{package.name}.example/{n}/f") for n, w in enumerate(package.wheels)
            )
        )
        for package in old.packages
    )
    odd = old.packages[0]._replace(index="https://evil.example/simple/")
    new = locked(*(behind("b.example.com", entry(name)) for name in "xyz"))

    usual = with_usual_addresses(old._replace(packages=(odd, *scattered[1:])), new)

    assert usual.packages == scattered[1:]
