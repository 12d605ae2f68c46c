"""Masks and canonical specifiers, judged by packaging on any versions."""

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier as JudgedInvalid
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from detent.model.names import package_name
from detent.model.specifiers import InvalidSpecifier, clause_contains, parse_clause
from detent.model.versions import Listing, Release, canonical_specifier, newest, version_key

small = st.integers(0, 3)
releases = st.lists(small, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
epochs = st.sampled_from(["", "", "", "", "1!"])
pres = st.builds(lambda kind, n: f"{kind}{n}", st.sampled_from(["a", "b", "rc"]), small) | st.just("")
posts = small.map(lambda n: f".post{n}") | st.just("")
devs = small.map(lambda n: f".dev{n}") | st.just("")
locals_ = st.sampled_from(["", "", "", "+1", "+2", "+abc", "+1.abc", "+abc.1", "+ubuntu.10"])
suffixes = st.builds(lambda pre, post, dev: pre + post + dev, pres, posts, devs) | st.just("")
public_versions = st.builds(lambda e, r, s: e + r + s, epochs, releases, suffixes)
versions = st.builds(lambda v, local: v + local, public_versions, locals_)
prefixes = st.builds(lambda e, r: f"{e}{r}.*", epochs, releases)
clauses = (
    st.builds(lambda o, v: o + v, st.sampled_from(["==", "!="]), versions | prefixes)
    | st.builds(lambda o, v: o + v, st.sampled_from(["<", "<=", ">", ">=", "~="]), public_versions)
    | versions.map(lambda v: f"==={Version(v)}")
)
noise = st.text("0123.*!=<>~ +abcrvpostde-_;()", max_size=12)


def listing(texts: list[str]) -> Listing:
    rows = []
    for text in texts:
        version = Version(text)
        rows.append(Release(str(version), version_key(version), "", True, False, False, None))
    return Listing(package_name("a"), rows)


def is_accepted(specifier: str) -> bool:
    try:
        SpecifierSet(specifier)
    except JudgedInvalid:
        return False
    return True


@given(versions, versions)
def test_keys_order_as_versions_do(a: str, b: str) -> None:
    left, right = Version(a), Version(b)
    assert (version_key(left) < version_key(right)) == (left < right)
    assert (version_key(left) == version_key(right)) == (left == right)


@given(
    st.lists(versions, max_size=12, unique_by=Version),
    st.lists(clauses, min_size=1, max_size=3).map(",".join).filter(is_accepted),
)
def test_a_mask_holds_just_the_versions_packaging_allows(texts: list[str], specifier: str) -> None:
    world = listing(texts)
    judge = SpecifierSet(specifier)

    mask = world.mask(specifier)

    allowed = {r.version for i, r in enumerate(world.releases, start=1) if mask >> i & 1}
    assert allowed == {r.version for r in world.releases if judge.contains(r.version, prereleases=True)}
    assert not mask & 1
    assert mask == world.mask(canonical_specifier(specifier))


@given(clauses.filter(is_accepted), versions | noise)
def test_one_version_is_contained_as_packaging_says(clause: str, version: str) -> None:
    assert clause_contains(parse_clause(clause), version) == Specifier(clause).contains(
        version, prereleases=True
    )


@given(noise)
def test_just_what_packaging_refuses_is_refused(text: str) -> None:
    try:
        canonical = canonical_specifier(text)
    except InvalidSpecifier:
        assert not is_accepted(text)
    else:
        assert set(SpecifierSet(canonical)) == set(SpecifierSet(text))


@given(
    st.lists(clauses.filter(is_accepted), max_size=4).flatmap(
        lambda c: st.tuples(st.just(c), st.permutations(c))
    )
)
def test_order_and_doubles_do_not_change_the_canonical_text(orders: tuple[list[str], list[str]]) -> None:
    written, shuffled = orders
    canonical = canonical_specifier(",".join(written))

    assert canonical == canonical_specifier(" , ".join([*shuffled, *written]))
    assert canonical == canonical_specifier(canonical)
    assert set(SpecifierSet(canonical)) == set(SpecifierSet(",".join(written)))


@given(
    st.lists(versions, max_size=12, unique_by=Version).flatmap(
        lambda v: st.tuples(st.just(v), st.permutations(v), st.integers(0, (1 << (len(v) + 1)) - 1))
    )
)
def test_versions_are_numbered_oldest_first_in_whatever_order_they_come(
    world: tuple[list[str], list[str], int],
) -> None:
    texts, shuffled, mask = world
    numbered = listing(texts)

    assert numbered.releases == listing(shuffled).releases
    assert [numbered.number(r.version) for r in numbered.releases] == list(range(1, numbered.count + 1))
    assert [Version(r.version) for r in numbered.releases] == sorted(map(Version, texts))
    assert numbered.stable | numbered.prerelease == numbered.every
    assert {
        numbered.release(i).version for i in range(1, numbered.count + 1) if numbered.prerelease >> i & 1
    } == {str(Version(t)) for t in texts if Version(t).is_prerelease}
    assert newest(mask) == max((i for i in range(numbered.count + 1) if mask >> i & 1), default=0)


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << (n + 1)) - 1))))
def test_ranges_name_each_version_of_a_set_and_no_other(world: tuple[int, int]) -> None:
    count, mask = world
    numbered = listing([f"{n}.0" for n in range(1, count + 1)])

    named: set[int] = set()
    for part in filter(None, numbered.ranges(mask).split(", ")):
        first, _, last = part.partition("..")
        named.update(range(int(first.split(".")[0]), int((last or first).split(".")[0]) + 1))

    assert named == {i for i in range(1, count + 1) if mask >> i & 1}
