"""Which releases may be chosen, and why not."""

from detent.model.requirement import package_name
from detent.model.versions import Listing
from detent.resolve.policy import DEFAULT_POLICY, Allowed, Hidden, Policy, Prerelease, Rules, rules_for
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from support.worlds import project, release, world

A = package_name("a")


def listing() -> Listing:
    return world(
        {"a": {"1.0": [], "2.0": release(yanked=True), "3.0b1": [], "4.0": release(sdist_only=True)}}
    ).listing(A)


def rules(
    *dependencies: str, preferences: Preferences = NO_PREFERENCES, policy: Policy = DEFAULT_POLICY
) -> Rules:
    return rules_for(policy, project(dependencies).roots(), preferences)


def test_each_hidden_version_keeps_its_reason() -> None:
    assert rules("a").allowed(listing()) == Allowed(
        0b00010,
        (
            Hidden(0b10000, "has only source distributions; building them is not supported yet"),
            Hidden(0b00100, "was yanked"),
            Hidden(0b01000, "is a pre-release"),
        ),
    )


def test_a_pin_of_the_project_lets_a_yanked_version_in() -> None:
    assert rules("a==2").allowed(listing()).mask == 0b00110
    assert rules("a==2.*").allowed(listing()).mask == 0b00010
    assert rules("a>=2").allowed(listing()).mask == 0b00010


def test_a_pin_of_the_command_line_lets_a_yanked_version_in() -> None:
    pinned = Preferences(pins={A: "==2.0"})

    assert rules("a", preferences=pinned).allowed(listing()).mask == 0b00110


def test_a_version_of_the_old_lock_may_be_yanked() -> None:
    locked = Preferences(locked={A: (("2.0", 1),)})

    assert rules("a", preferences=locked).allowed(listing()).mask == 0b00110


def test_a_prerelease_named_by_the_project_allows_them_for_that_package() -> None:
    assert rules("a>=3.0b0").allowed(listing()).mask == 0b01010
    assert rules("a!=3.0rc1").allowed(listing()).mask == 0b01010
    assert rules("b>=3.0b0").allowed(listing()).mask == 0b00010


def test_development_releases_count_as_prereleases() -> None:
    releases = world({"a": {"1.0": [], "2.0.dev1": []}}).listing(A)

    assert rules("a").allowed(releases).mask == 0b010
    assert rules("a>=2.0.dev0").allowed(releases).mask == 0b110


def test_a_package_with_only_prereleases_is_allowed_them() -> None:
    only = world({"a": {"1.0a1": [], "1.0a2": []}}).listing(A)
    all_but_yanked = world({"a": {"0.9": release(yanked=True), "1.0a1": []}}).listing(A)

    assert rules("a").allowed(only) == Allowed(0b110, ())
    assert rules("a").allowed(all_but_yanked).mask == 0b100


def test_a_setting_allows_or_forbids_every_prerelease() -> None:
    assert rules("a", policy=Policy(Prerelease.ALWAYS)).allowed(listing()).mask == 0b01010
    assert rules("a>=3.0b0", policy=Policy(Prerelease.NEVER)).allowed(listing()).mask == 0b00010


def test_an_arbitrary_text_after_three_equal_signs_pins_nothing_else() -> None:
    assert rules("a===whatever").allowed(listing()).mask == 0b00010
    assert rules("a===2.0").allowed(listing()).mask == 0b00110
