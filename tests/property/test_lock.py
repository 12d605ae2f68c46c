"""The laws of the lock: what is written is read back, and selecting agrees with `packaging.pylock`."""

import marshal
import tomllib
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Environment
from packaging.pylock import (
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
)
from packaging.tags import parse_tag
from packaging.utils import parse_wheel_filename

from detent.errors import Failures
from detent.errors.build import BuildForbidden
from detent.errors.lock import NoMatchingTarget
from detent.lock.comparison import compare
from detent.lock.model import Direct, Edge, Lock, LockedPackage
from detent.lock.packed import pack, unpack
from detent.lock.pylock import parse_header, parse_lock, render_lock
from detent.lock.select import Wanted, select
from detent.model.attestations import identity_text
from detent.model.build_policy import BuildPolicy
from detent.model.candidate import Artifact
from detent.model.inputs import RecordedInputs
from detent.model.members import Member
from detent.model.requirement import PackageName, extra_name, group_name, package_name
from detent.model.source_texts import source_texts
from detent.model.target import Target
from support.locks import artifact, target
from support.sources import source_rules

NAMES = ["a", "b-c", "d"]
VERSIONS = ["1.0", "1.2rc1", "2.0+cpu"]
EXTRAS = ["net", "cli"]
GROUPS = ["dev", "test"]
REQUIREMENTS = ["a", "b-c[x,y]>=1,<2", "d~=1.2; python_version < '3.12'", "e @ https://x.example.com/e.whl"]
EDGES = [
    Edge(package_name("a"), "1.0"),
    Edge(package_name("a"), "1.0", "https://index.example.com/simple/"),
    Edge(package_name("d")),
    Edge(package_name("g"), direct=Direct("vcs", "https://git.example.com/g.git", "git", "", "84b3", "sub")),
    Edge(package_name("g"), direct=Direct("directory", "https:/odd")),
    Edge(package_name("h"), direct=Direct("archive", "https://x.example.com/main.zip")),
    Edge(package_name("h"), direct=Direct("archive", "vendor/main.zip")),
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MARKERS = st.sampled_from(
    [
        "",
        "python_version >= '3.11'",
        "python_version < '3.11'",
        "python_full_version >= '3.11.2'",
        "sys_platform == 'win32'",
        "sys_platform != 'win32' and platform_machine == 'x86_64'",
        "'net' in extras",
        "'net' not in extras",
        "'dev' in dependency_groups or 'cli' in extras",
        "('test' in dependency_groups or os_name == 'nt') and python_version >= '3.10'",
    ]
)
TAGS = st.sampled_from(
    [
        "py3-none-any",
        "py2.py3-none-any",
        "1-py3-none-any",
        "10b-py2.py3-none-any",
        "cp311-cp311-win_amd64",
        "cp312-cp312-manylinux_2_17_x86_64",
        "2-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp38.cp39-abi3-manylinux_2_17_x86_64",
        "cp312-none-any",
        "pp310-pypy310_pp73-win_amd64",
    ]
)
TARGETS = st.builds(
    target,
    st.sampled_from(["3.9.7", "3.10.0", "3.11.1", "3.11.4", "3.12.1"]),
    platform=st.sampled_from(["linux", "win32"]),
)
WANTED = st.builds(
    Wanted,
    st.frozensets(st.sampled_from([extra_name(e) for e in EXTRAS])),
    st.frozensets(st.sampled_from([group_name(g) for g in GROUPS])),
    base=st.just(True),
)

SOME_NAMES = st.frozensets(st.sampled_from(list(map(package_name, NAMES))))
POLICIES = st.just(BuildPolicy()) | st.builds(
    BuildPolicy,
    allows=st.booleans(),
    allowed=SOME_NAMES,
    forbidden=SOME_NAMES,
    without_wheels=SOME_NAMES,
    is_without_any_wheels=st.booleans(),
)


SAID = st.recursive(
    TEXTS | st.booleans() | st.integers(-5, 5),
    lambda said: st.lists(said, max_size=2) | st.dictionaries(TEXTS, said, max_size=2),
    max_leaves=4,
)
IDENTITIES = st.builds(
    lambda kind, more: identity_text({**more, "kind": kind}),
    TEXTS.filter(bool),
    st.dictionaries(TEXTS, SAID, max_size=3),
)


@st.composite
def files(draw: st.DrawFn, filename: str) -> Artifact:
    made = artifact(filename)
    url = draw(
        st.sampled_from(
            [f"https://x.example.com/{filename}", f"wheels/{filename}", "https://x.example.com/7"]
        )
    )
    size = draw(st.none() | st.integers(0, 2**40))
    return Artifact(filename, url, made.digests, size, draw(st.none() | st.integers(0, 2**33)))


@st.composite
def packages(draw: st.DrawFn) -> LockedPackage:
    name, version = draw(st.sampled_from(NAMES)), draw(st.sampled_from(VERSIONS))
    stem = f"{name.replace('-', '_')}-{version}"
    tags = sorted(draw(st.sets(TAGS, max_size=5)))
    wheels = tuple(draw(files(f"{stem}-{tag}.whl")) for tag in tags)
    sdist = draw(st.none() | files(f"{stem}.tar.gz")) if wheels else draw(files(f"{stem}.tar.gz"))
    texts = st.lists(st.sampled_from(REQUIREMENTS), unique=True, max_size=3).map(tuple)
    return LockedPackage(
        name=package_name(name),
        version=version,
        marker=draw(MARKERS),
        dependencies=tuple(draw(st.lists(st.sampled_from(EDGES)))),
        index=draw(st.just("") | TEXTS),
        sdist=sdist,
        wheels=tuple(sorted(wheels, key=lambda wheel: wheel.filename)),
        requires=draw(texts),
        extras=tuple((extra_name(e), draw(texts)) for e in sorted(draw(st.sets(st.sampled_from(EXTRAS))))),
        is_built=draw(st.booleans()),
        attestations=tuple(sorted(draw(st.sets(IDENTITIES, max_size=2)))),
    )


@st.composite
def directs(draw: st.DrawFn, *, virtual: bool = True) -> LockedPackage:
    sub = draw(st.sampled_from(["", "sub/folder"]))
    repository = Direct(
        "vcs", "https://git.example.com/g.git", "git", draw(st.sampled_from(["", "main"])), "84b3", sub
    )
    folder = Direct("directory", "libs/g", subdirectory=sub, editable=draw(st.booleans()))
    alone = Direct("directory", "libs/g", is_package=False)
    return LockedPackage(
        package_name("g"),
        "",
        marker=draw(MARKERS),
        direct=draw(st.sampled_from([repository, folder, alone] if virtual else [repository, folder])),
        held_version=draw(st.sampled_from(["", "1.0", "0.1.dev3"])),
    )


@st.composite
def archives(draw: st.DrawFn) -> LockedPackage:
    """A wheel or a source distribution at a URL or a path."""
    folder = draw(st.sampled_from(["https://x.example.com", "vendor"]))
    filename = draw(st.sampled_from(["h-1.0-py3-none-any.whl", "main.zip", "h-1.0.tar.gz"]))
    file = artifact(filename)._replace(url=f"{folder}/{filename}")
    is_wheel = filename.endswith(".whl")
    return LockedPackage(
        package_name("h"),
        "1.0",
        marker=draw(MARKERS),
        sdist=None if is_wheel else file,
        wheels=(file,) if is_wheel else (),
        direct=Direct(
            "archive", file.url, subdirectory="" if is_wheel else draw(st.sampled_from(["", "sub"]))
        ),
    )


ANY_ENTRY = packages() | directs() | archives()


MEMBERS = st.builds(
    Member,
    st.sampled_from(NAMES).map(package_name),
    st.sampled_from(["packages/a", 'libs/\u00e9 "x"']),
    st.sampled_from(["", ">=3.10"]),
    st.booleans(),
    st.sampled_from([(), ("cli", "net")]),
    st.sampled_from([(), ("dev",)]),
    st.sampled_from([(), ("dev",)]),
)


@st.composite
def records(draw: st.DrawFn, requires_python: str) -> RecordedInputs:
    texts = st.lists(st.sampled_from(REQUIREMENTS), unique=True).map(lambda found: tuple(sorted(found)))
    return RecordedInputs(
        requires_python=requires_python,
        default_groups=tuple(draw(st.lists(st.sampled_from(GROUPS), unique=True))),
        dependencies=draw(texts),
        extras=tuple((e, draw(texts)) for e in sorted(draw(st.sets(st.sampled_from(EXTRAS))))),
        groups=tuple((g, draw(texts)) for g in sorted(draw(st.sets(st.sampled_from(GROUPS))))),
        options=tuple(sorted(draw(st.dictionaries(TEXTS, TEXTS, max_size=3)).items())),
        sources=source_texts(draw(st.lists(source_rules(), max_size=3))),
        members=tuple(sorted(draw(st.lists(MEMBERS, max_size=2, unique_by=lambda member: member.name)))),
    )


@st.composite
def locks(draw: st.DrawFn, *, own: bool = True, some: st.SearchStrategy[LockedPackage] = ANY_ENTRY) -> Lock:
    requires_python = draw(st.sampled_from(["", ">=3.9", ">=3.10,<3.12", "~=3.11.2"]))
    entries = draw(st.lists(some, max_size=5, unique_by=lambda p: (p.name, p.version)))
    inputs = draw(records(requires_python)) if own else None
    order = {version: place for place, version in enumerate(VERSIONS)}
    return Lock(
        requires_python=requires_python,
        packages=tuple(sorted(entries, key=lambda p: (p.name, order.get(p.version, 0)))),
        environments=tuple(
            draw(
                st.lists(st.sampled_from(["sys_platform == 'linux'", "python_version < '3.12'"]), unique=True)
            )
        ),
        extras=tuple(map(extra_name, EXTRAS)),
        groups=tuple(map(group_name, GROUPS)),
        created_by=draw(st.sampled_from(["detent", "other"])),
        forks=("python_version < '3.11'",) if own and draw(st.booleans()) else (),
        inputs=inputs,
    )


@given(locks() | locks(own=False))
def test_what_is_written_is_read_back(lock: Lock) -> None:
    text = render_lock(lock)

    assert parse_lock(text, "pylock.toml") == lock
    assert parse_header(text, "pylock.toml") == lock._replace(packages=())
    assert render_lock(parse_lock(text, "pylock.toml")) == text
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@given(locks() | locks(own=False))
def test_what_is_written_is_valid_to_packaging(lock: Lock) -> None:
    judged = Pylock.from_dict(tomllib.loads(render_lock(lock)))

    assert [str(p.name) for p in judged.packages] == [str(p.name) for p in lock.packages]
    assert judged.default_groups is None
    assert all(p.requires_python is None for p in judged.packages)


@given(locks() | locks(own=False))
def test_the_decoded_copy_is_the_lock(lock: Lock) -> None:
    copy = unpack(marshal.loads(marshal.dumps(pack(lock))))  # type: ignore[arg-type]  # plain by its contract

    assert copy == lock
    assert repr(copy) == repr(lock)


@given(locks() | locks(own=False))
def test_a_lock_does_not_differ_from_itself(lock: Lock) -> None:
    again = parse_lock(render_lock(lock), "pylock.toml")

    assert compare(lock, again).is_empty
    assert {change.kind for change in compare(None, lock).packages} <= {"added"}


@settings(max_examples=40)
@given(locks() | locks(own=False), locks() | locks(own=False))
def test_what_came_one_way_went_the_other_way(one: Lock, other: Lock) -> None:
    there, back = compare(one, other), compare(other, one)

    mirrored = {"added": "removed", "removed": "added"}
    assert there.is_empty == back.is_empty
    assert [(c.name, c.before, c.after) for c in there.packages] == [
        (c.name, c.after, c.before) for c in back.packages
    ]
    kinds = [
        (there_is.kind, back_is.kind) for there_is, back_is in zip(there.packages, back.packages, strict=True)
    ]
    assert all(mirrored.get(forth, other) == other for forth, other in kinds if forth in mirrored)


@settings(max_examples=300)
@given(locks(own=False, some=packages()), TARGETS, WANTED, POLICIES)
def test_selecting_agrees_with_packaging(
    lock: Lock, target: Target, wanted: Wanted, policy: BuildPolicy
) -> None:
    judge = Pylock.from_dict(tomllib.loads(render_lock(lock)))
    expected: dict[PackageName, str] | None
    try:
        expected = {
            package_name(package.name): cast("PackageWheel | PackageSdist", file).filename
            for package, file in judge.select(
                environment=cast("Environment", target.environment),
                tags=[tag for text in target.tags for tag in parse_tag(text)],
                extras=wanted.extras,
                dependency_groups=wanted.groups,
                prefer_sdist_predicate=lambda name: not policy.may_use_wheels(package_name(name)),
            )
        }
    except PylockSelectError:
        expected = None
    try:
        found = {
            choice.package.name: choice.artifact.filename
            for choice in select(lock, target, wanted, policy=policy).choices
        }
    except (NoMatchingTarget, BuildForbidden, Failures):
        # The judge builds what is forbidden, and takes a refused wheel where there is nothing else.
        assert expected is None or any(
            not policy.may_use_wheels(name) if file.endswith(".whl") else not policy.may_build(name)
            for name, file in expected.items()
        )
        return
    assert expected is not None
    assert expected.keys() == found.keys()
    for name, filename in found.items():
        if filename != expected[name]:  # the judge does not look at build numbers
            assert _best_rank(filename, target) == _best_rank(expected[name], target)
            assert parse_wheel_filename(filename)[2] > parse_wheel_filename(expected[name])[2]


@given(locks(own=False, some=directs(virtual=False) | archives()), TARGETS, WANTED)
def test_selecting_what_comes_from_elsewhere_agrees_with_packaging(
    lock: Lock, target: Target, wanted: Wanted
) -> None:
    judge = Pylock.from_dict(tomllib.loads(render_lock(lock)))
    try:
        expected = {
            package_name(package.name): source
            for package, source in judge.select(
                environment=cast("Environment", target.environment),
                tags=[tag for text in target.tags for tag in parse_tag(text)],
                extras=wanted.extras,
                dependency_groups=wanted.groups,
            )
        }
    except PylockSelectError:
        with pytest.raises((NoMatchingTarget, Failures)):
            select(lock, target, wanted)
        return
    choices = select(lock, target, wanted).choices

    assert [choice.package.name for choice in choices] == list(expected)
    for choice in choices:
        source, direct = expected[choice.package.name], choice.package.direct
        assert direct is not None
        kind = {"vcs": PackageVcs, "directory": PackageDirectory, "archive": PackageArchive}[direct.kind]
        assert isinstance(source, kind)
        assert choice.artifact.url in {source.path, getattr(source, "url", None)}


@given(st.sets(TAGS, min_size=1), TARGETS)
def test_no_wheel_of_equal_tags_has_a_higher_build_number(tags: set[str], target: Target) -> None:
    wheels = tuple(artifact(f"a-1.0-{tag}.whl") for tag in sorted(tags))
    lock = Lock("", (LockedPackage(package_name("a"), "1.0", wheels=wheels),))
    fitting = [w.filename for w in wheels if _best_rank(w.filename, target) < len(target.tags)]
    try:
        (choice,) = select(lock, target, Wanted()).choices
    except NoMatchingTarget:
        assert not fitting
        return
    best = min(
        fitting, key=lambda name: (_best_rank(name, target), *_descending(parse_wheel_filename(name)[2]))
    )
    assert choice.artifact.filename == best


def _best_rank(filename: str, target: Target) -> int:
    ranks = [target.tags.index(str(t)) for t in parse_wheel_filename(filename)[3] if str(t) in target.tags]
    return min(ranks, default=len(target.tags))


def _descending(build: tuple[()] | tuple[int, str]) -> tuple[int, int]:
    return (-build[0], -len(build[1])) if build else (1, 0)
