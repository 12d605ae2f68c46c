"""Addresses for files that were seen on a mirror."""

from detent.lock.declared import is_nominal
from detent.lock.model import Direct, LockedPackage
from detent.lock.nominal import without_mirrors
from support.locks import INDEX, artifact, entry, lock

MIRROR = "https://mirror.example.net/simple/"
BEHIND = {INDEX: MIRROR}


def at(place: str, package: LockedPackage) -> LockedPackage:
    wheels = tuple(w._replace(url=f"{place}/{package.name}/{w.filename}") for w in package.wheels)
    return package._replace(wheels=wheels)


def urls(*packages: LockedPackage) -> list[str]:
    return [wheel.url for package in packages for wheel in package.wheels]


def test_what_only_a_mirror_knows_gets_the_address_of_its_page_and_name() -> None:
    new = lock(at("https://mirror.example.net/root/+f", entry("a", "1.0+x")))

    found = without_mirrors(new, None, BEHIND)

    assert urls(*found.packages) == [f"{INDEX}a/a-1.0%2Bx-py3-none-any.whl"]
    assert all(is_nominal(package, package.wheels[0]) for package in found.packages)
    assert not is_nominal(new.packages[0], new.packages[0].wheels[0])


def test_what_lies_elsewhere_or_has_no_mirror_stays() -> None:
    elsewhere = lock(at("https://files.example.com", entry("a")))
    of_another = lock(at("https://mirror.example.net/f", entry("a", index="https://other.example.com/")))

    assert without_mirrors(elsewhere, None, BEHIND) == elsewhere
    assert without_mirrors(of_another, None, BEHIND) == of_another
    assert without_mirrors(of_another, None, {}) is of_another


def test_the_same_file_stays_as_it_was_locked_and_new_ones_lie_beside_it() -> None:
    old = lock(at("https://files.example.com/packages", entry("a")))
    there = [at("https://mirror.example.net/cache/packages", entry(name)) for name in ("a", "b")]

    found = without_mirrors(lock(*there), old, BEHIND)

    assert found.packages[0] == old.packages[0]
    assert urls(found.packages[1]) == ["https://files.example.com/packages/b/b-1.0-py3-none-any.whl"]


def test_nominal_addresses_and_other_bytes_tell_nothing_of_the_layout() -> None:
    nominal = without_mirrors(lock(at("https://mirror.example.net/f", entry("a"))), None, BEHIND)
    other = at("https://files.example.com", entry("a"))
    digest = other.wheels[0].digests[0]._replace(value="0" * 64)
    changed = lock(other._replace(wheels=(other.wheels[0]._replace(digests=(digest,)),)))
    new = lock(*(at("https://mirror.example.net/f", entry(name)) for name in ("a", "b")))

    for old in (nominal, changed):
        found = without_mirrors(new, old, BEHIND)
        assert all(is_nominal(package, package.wheels[0]) for package in found.packages)


def test_two_ways_to_lie_are_no_way() -> None:
    old = lock(at("https://files.example.com/x", entry("a")), at("https://files.example.com/y", entry("b")))
    new = lock(*(at("https://mirror.example.net/f", entry(name)) for name in ("a", "b", "c")))

    found = without_mirrors(new, old, BEHIND)

    assert found.packages[:2] == old.packages
    assert is_nominal(found.packages[2], found.packages[2].wheels[0])


def test_an_address_unlike_the_others_stays_but_where_it_is_doubted() -> None:
    names = ("a", "b", "c")
    there = dict.fromkeys(names, "https://files.example.com/packages")
    old = lock(
        *(at(place, entry(name)) for name, place in (there | {"c": "https://evil.example.com"}).items())
    )
    new = lock(*(at("https://mirror.example.net/f/packages", entry(name)) for name in names))

    assert without_mirrors(new, old, BEHIND) == old
    assert without_mirrors(new, old, BEHIND, is_doubted={"a"}.__contains__) == old
    healed = without_mirrors(new, old, BEHIND, is_doubted={"c"}.__contains__)
    assert urls(*healed.packages) == urls(*(at(place, entry(name)) for name, place in there.items()))


def test_an_archive_lies_where_its_file_does() -> None:
    file = artifact("a-1.0.tar.bz2", url="https://mirror.example.net/f/a-1.0.tar.bz2")
    archive = entry("a", wheels=[])._replace(sdist=file, direct=Direct("archive", file.url))

    (found,) = without_mirrors(lock(archive), None, BEHIND).packages

    assert found.sdist is not None
    assert found.direct is not None
    assert found.direct.location == found.sdist.url == f"{INDEX}a/a-1.0.tar.bz2"
