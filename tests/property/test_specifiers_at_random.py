"""Masks of specifiers against packaging in long runs: `DETENT_FUZZ_ROUNDS=40` is a hundred thousand specifiers."""

import random

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from detent.model.names import package_name
from detent.model.versions import Listing, Release, canonical_specifier, version_key
from support.rounds import seeds

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "~=", "===", "==", ">=", "<")
PER_SEED = 250


def version(chance: random.Random) -> str:
    release = ".".join(str(chance.choice((0, 1, 2, 3, 10))) for _ in range(chance.choice((1, 2, 2, 3, 3, 4))))
    epoch = chance.choice(("", "", "", "", "", "1!"))
    pre = chance.choice(("", "", "", "a1", "b2", "rc1", "rc3"))
    post = chance.choice(("", "", "", "", ".post1", ".post2"))
    dev = chance.choice(("", "", "", "", ".dev1", ".dev3"))
    local = chance.choice(("", "", "", "", "+1", "+cpu", "+cu128", "+1.abc"))
    return f"{epoch}{release}{pre}{post}{dev}{local}"


def specifier(chance: random.Random, known: list[str]) -> str:
    """Give one that packaging takes, mostly about versions there are."""
    clauses: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        operator = chance.choice(OPERATORS)
        text = chance.choice(known) if chance.random() < 0.6 else version(chance)
        if operator in {"<", "<=", ">", ">=", "~="}:
            text = text.partition("+")[0]
        if operator in {"==", "!="} and chance.random() < 0.4:
            text = f"{Version(text).base_version}.*"
        clauses.append(operator + text)
    return ",".join(clauses)


def test_thousands_of_masks_hold_just_the_versions_packaging_allows() -> None:
    compared = 0
    for seed in seeds(80, 10):
        chance = random.Random(seed)
        texts = sorted({str(Version(version(chance))) for _ in range(24)}, key=Version)
        rows = [Release(text, version_key(Version(text)), "", True, False, False, None) for text in texts]
        listing = Listing(package_name("a"), rows)
        for _ in range(PER_SEED):
            text = specifier(chance, texts)
            try:
                judge = SpecifierSet(text)
            except InvalidSpecifier:
                continue
            mask = listing.mask(text)
            allowed = {r.version for i, r in enumerate(listing.releases, start=1) if mask >> i & 1}
            compared += 1

            assert allowed == set(judge.filter(texts, prereleases=True)), f"seed {seed}: {text}"
            assert listing.mask(canonical_specifier(text)) == mask, f"seed {seed}: {text}"
    print(f"{compared} specifiers")
    assert compared > 5 * PER_SEED
