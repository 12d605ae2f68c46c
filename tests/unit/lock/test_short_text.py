"""A lock as short lines: each fact on one, and another file shows."""

from detent.lock.model import BuildPin, Direct, Lock, LockedBuild
from detent.lock.short_text import short_lines
from detent.model.attestations import identity_text
from detent.model.candidate import Digest
from detent.model.names import PackageName
from support.locks import artifact, entry, foreign, inputs, lock


def text(of: Lock) -> str:
    return "\n".join(short_lines(of))


def test_an_entry_is_one_line_and_what_it_asks_for_stands_below() -> None:
    github = identity_text({"kind": "GitHub", "repository": "a/a"})
    git = entry("b")._replace(
        version="",
        index="",
        wheels=(),
        direct=Direct("vcs", "https://git.example.com/b.git", "git", "main", "84b3a3ac7f9252fb"),
        held_version="2.0",
    )
    made_from = inputs(
        ["a>=1"], groups={"dev": ["b"]}, default_groups=["dev"], options={"resolution": "lowest"}
    )
    package = entry("a", sdist=True, marker="python_version < '3.12'", needs=["b"], extras={"x": ["c"]})

    lines = text(lock(package._replace(attestations=(github,)), git, made_from=made_from)).splitlines()

    digest = lines[7].split(" files ")[1][:12]
    assert lines == [
        "lock by detent",
        "requires-python >=3.9",
        "group dev",
        "asks for a>=1",
        "asks for b (group dev)",
        "default group dev",
        "resolution = lowest",
        f"a 1.0, from https://index.example.com/simple/, 2 files {digest}, where python_version < '3.12'",
        "    needs b",
        "    [x] needs c",
        "    published by GitHub a/a",
        "b 2.0 (84b3a3ac7f92), from git+https://git.example.com/b.git@main",
    ]


def test_another_hash_name_or_address_of_a_file_is_another_line_and_another_order_is_not() -> None:
    package = entry("a", wheels=["py3-none-any", "cp312-cp312-win_amd64"])
    first, second = package.wheels
    same = package._replace(wheels=(second, first))
    others = [
        package._replace(wheels=(first._replace(digests=(Digest("sha256", "0" * 64),)), second)),
        package._replace(wheels=(first._replace(url=f"{first.url}?x"), second)),
        package._replace(wheels=(first,)),
        package._replace(sdist=artifact("a-1.0.tar.gz")),
    ]

    assert text(foreign(same)) == text(foreign(package))
    assert len({text(foreign(each)) for each in (package, *others)}) == 5


def test_what_a_build_needs_and_gets_stands_in_lines_of_its_own() -> None:
    pins = (BuildPin(PackageName("x"), "1.0", "python_version < '3.12'"), BuildPin(PackageName("y"), "2.0"))
    build = LockedBuild(((PackageName("a"), "1.0"), (PackageName("b"), "")), ("x>=1",), ("y",), pins)

    assert text(lock()._replace(builds=(build,))).splitlines()[-5:] == [
        "builds of a==1.0, b",
        "    need x>=1",
        "    ask for y",
        "    get x 1.0, where python_version < '3.12'",
        "    get y 2.0",
    ]
