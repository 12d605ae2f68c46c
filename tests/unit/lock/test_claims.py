"""What a lock claims, against what an index says."""

from detent.lock.claims import Compared, Pair, Told, compare, odd_addresses
from detent.lock.declared import nominal
from detent.lock.model import LockedPackage
from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from detent.model.candidate import Artifact, Digest
from detent.model.names import ExtraName
from support.locks import artifact, entry

EVERYWHERE = markers.requires_python(">=3.11")


def told_of(package: LockedPackage, **facts: object) -> Told:
    """An index that says of an entry just what the lock says."""
    files = (*package.wheels, *(() if package.sdist is None else (package.sdist,)))
    told = Told(files, ("",), package.requires, dict(package.extras), package.is_built)
    return told._replace(**facts)  # type: ignore[arg-type]


def compared(package: LockedPackage, told: Told, *, is_own: bool = True) -> Compared:
    return compare(package, told, EVERYWHERE, WheelRange(EVERYWHERE), is_own=is_own)


def dated(file: Artifact, moment: int | None, size: int | None = 7) -> Artifact:
    return file._replace(uploaded_at=moment, size_bytes=size)


def a(**changes: object) -> LockedPackage:
    package = entry("a")
    wheel = dated(package.wheels[0], 1_700_000_000)._replace(**changes)  # type: ignore[arg-type]
    return package._replace(wheels=(wheel,))


def fields(found: Compared) -> list[tuple[str, str]]:
    return [(finding.field, finding.level) for finding in found.findings]


def test_an_entry_that_is_as_the_index_says_has_no_findings() -> None:
    assert compared(a(), told_of(a())) == Compared()


def test_every_fact_of_a_file_is_held_against_the_index() -> None:
    its = told_of(a())
    zeros = (Digest("sha256", "0" * 64),)

    assert fields(compared(a(url="https://evil.example/a-1.0-py3-none-any.whl"), its)) == [("url", "error")]
    assert fields(compared(a(digests=zeros), its)) == [("sha256", "error")]
    assert fields(compared(a(size_bytes=8), its)) == [("size", "error")]
    assert fields(compared(a(uploaded_at=1), its)) == [("upload-time", "error")]


def test_what_the_index_does_not_say_is_not_confirmed_and_no_finding() -> None:
    there = a().wheels[0]._replace(size_bytes=None, uploaded_at=None, digests=(Digest("md5", "0" * 32),))
    found = compared(a(), told_of(a(), files=(there,)))

    assert fields(found) == []
    assert [doubt.field for doubt in found.unconfirmed] == ["hashes", "size", "upload-time"]


def test_what_the_lock_does_not_say_of_a_file_is_a_warning() -> None:
    bare = a(size_bytes=None, uploaded_at=None)

    assert fields(compared(bare, told_of(a()))) == [("size", "warning"), ("upload-time", "warning")]
    assert fields(compared(bare, told_of(a()), is_own=False)) == []


def test_a_file_the_index_does_not_have_is_named_by_what_it_is_there() -> None:
    there = a().wheels[0]._replace(filename="a-1.0-py2.py3-none-any.whl")
    found = compared(a(), told_of(a(), files=(there,)))

    assert ("file", "error") in fields(found)
    assert found.findings[0].text.endswith("it has these bytes as `a-1.0-py2.py3-none-any.whl`")


def test_addresses_are_left_to_others_where_the_index_stands_in_for_another() -> None:
    elsewhere = a(url="https://mirror.example/a-1.0-py3-none-any.whl")

    assert compared(elsewhere, told_of(a(), says_addresses=False)) == Compared()


def test_an_address_beside_the_page_is_confirmed_where_the_index_has_the_file_there() -> None:
    package = a()
    package = a(url=nominal(package, package.wheels[0].filename))

    assert compared(package, told_of(package)) == Compared()
    elsewhere = compared(package, told_of(a()))
    assert fields(elsewhere) == []
    assert [doubt.field for doubt in elsewhere.unconfirmed] == ["url"]


def test_yanked_files_are_a_warning_with_the_reason() -> None:
    there = a().wheels[0]._replace(yanked="broken")
    (finding,) = compared(a(), told_of(a(), files=(there,))).findings

    assert (finding.level, finding.text) == ("warning", "it was yanked: broken")


def test_a_file_that_came_after_the_cutoff_is_a_finding() -> None:
    found = compared(a(), told_of(a(), late_from=1_700_000_000))

    assert fields(found) == [("upload-time", "error")]
    assert "takes nothing from 2023-11-14T22:13:20Z on" in found.findings[0].text


def test_a_release_that_does_not_run_where_it_is_locked_is_a_finding() -> None:
    found = compared(a(), told_of(a(), requires_python=(">=3.12",)))

    assert fields(found) == [("requires-python", "error")]
    assert "where python_version == '3.11'" in found.findings[0].text
    newer = a()._replace(marker="python_version >= '3.12'")
    assert compared(newer, told_of(newer, requires_python=(">=3.12",))) == Compared()


def test_requirements_are_held_line_by_line() -> None:
    package = a()._replace(requires=("b>=1", "c"))
    found = compared(package, told_of(package, requires=("b>=2", "d")))

    assert [(f.field, f.locked, f.told) for f in found.findings] == [
        ("requires", "b>=1", "b>=2"),
        ("requires", "c", ""),
        ("requires", "", "d"),
    ]


def test_an_extra_that_is_not_declared_or_needs_something_else_is_a_finding() -> None:
    fast, slow = ExtraName("fast"), ExtraName("slow")
    package = a()._replace(extras=((fast, ("b",)), (slow, ())))
    found = compared(package, told_of(package, extras={fast: ("c",)}))

    assert [f.field for f in found.findings] == ["extras.fast", "extras.fast", "extras.slow"]


def test_requirements_nobody_knows_are_not_confirmed() -> None:
    found = compared(a(), told_of(a(), requires=None, extras=None, unknown="only a build could tell"))

    assert [(d.field, d.reason) for d in found.unconfirmed] == [("requires", "only a build could tell")]


def test_files_the_lock_lacks_are_told_by_when_they_came() -> None:
    before = dated(artifact("a-1.0-cp311-cp311-win32.whl"), 1_600_000_000)
    later = dated(artifact("a-1.0-cp312-cp312-win32.whl"), 1_800_000_000)
    sdist = dated(artifact("a-1.0.tar.gz"), 1_600_000_000)
    found = compared(a(), told_of(a(), files=(*a().wheels, before, later, sdist)))

    assert [(f.level, f.told) for f in found.findings] == [
        ("warning", "a-1.0-cp311-cp311-win32.whl, a-1.0.tar.gz"),
        ("note", "a-1.0-cp312-cp312-win32.whl"),
    ]


def test_files_no_new_lock_would_have_are_not_missed() -> None:
    yanked = dated(artifact("a-1.0-cp311-cp311-win32.whl"), 1)._replace(yanked="")
    old = dated(artifact("a-1.0-cp39-cp39-win32.whl"), 1)
    unhashed = dated(artifact("a-1.0-cp313-cp313-win32.whl"), 1)._replace(digests=())
    odd = dated(artifact("other-1.0.tar.gz"), 1)

    assert compared(a(), told_of(a(), files=(*a().wheels, yanked, old, unhashed, odd))) == Compared()


def pairs(*hosts: str) -> list[Pair]:
    package = entry("a")._replace(index="https://ours.example/simple/")
    return [
        Pair(package, f"f{n}", f"https://{host}/p/{n}/f{n}", f"https://mirror.example/x/{n}/f{n}")
        for n, host in enumerate(hosts)
    ]


def test_behind_a_mirror_a_file_that_is_not_where_most_are_stands_out() -> None:
    found = odd_addresses(pairs("files.example", "files.example", "fi1es.example"))

    (finding,) = found.findings
    assert finding.locked == "https://fi1es.example/p/2/f2"
    assert finding.told == "https://files.example/p/2/f2"
    assert [doubt.file for doubt in found.unconfirmed] == ["f0", "f1"]


def test_where_no_layout_prevails_addresses_are_not_confirmed() -> None:
    found = odd_addresses(pairs("one.example", "two.example"))

    assert found.findings == ()
    assert len(found.unconfirmed) == 2
