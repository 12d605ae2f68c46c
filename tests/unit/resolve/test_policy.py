"""Which releases may be chosen, and why not."""

from detent.model.build_policy import BuildPolicy
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


def reasons(what: Listing, build: BuildPolicy) -> list[tuple[int, str]]:
    """Give what is hidden for want of a file."""
    return [
        (hidden.mask, hidden.reason) for hidden in rules("a", policy=Policy(build=build)).without_file(what)
    ]


def rules(
    *dependencies: str, preferences: Preferences = NO_PREFERENCES, policy: Policy = DEFAULT_POLICY
) -> Rules:
    return rules_for(policy, project(dependencies).roots(), preferences)


def test_each_hidden_version_keeps_its_reason() -> None:
    denied = Policy(build=BuildPolicy(allows=False))

    assert rules("a", policy=denied).allowed(listing()) == Allowed(
        0b00010,
        (
            Hidden(0b10000, 'has only source distributions, and `build = "deny"` forbids building them'),
            Hidden(0b00100, "was yanked"),
            Hidden(0b01000, "is a pre-release"),
        ),
        wheels_only=0b11110,
    )


def test_what_has_only_a_source_distribution_may_be_chosen_where_it_may_be_built() -> None:
    denied_but_for_a = BuildPolicy(allows=False, allowed=frozenset((A,)))

    assert rules("a").allowed(listing()).mask == 0b10010
    assert rules("a", policy=Policy(build=denied_but_for_a)).allowed(listing()).mask == 0b10010


def test_a_version_without_anything_to_build_serves_the_pythons_of_its_wheels_only() -> None:
    mixed = world(
        {"a": {"1.0": [], "2.0": release(sdist_only=True), "3.0": release(files=["a-3.0-py3-none-any.whl"])}}
    ).listing(A)

    assert rules("a").allowed(mixed).wheels_only == 0b1000


def test_who_forbids_builds_or_refuses_wheels_is_named() -> None:
    mixed = world(
        {"a": {"1.0": release(sdist_only=True), "2.0": release(files=["a-2.0-py3-none-any.whl"])}}
    ).listing(A)
    this = frozenset((A,))

    assert reasons(mixed, BuildPolicy()) == []
    assert reasons(mixed, BuildPolicy(forbidden=this, allowed=this, forbidden_by="`--no-build-package`")) == [
        (0b010, "has only source distributions, and `--no-build-package` forbids building them")
    ]
    assert reasons(mixed, BuildPolicy(without_wheels=this)) == [
        (0b100, "has no source distribution, and `no-binary-package` refuses its wheels")
    ]
    assert reasons(mixed, BuildPolicy(is_without_any_wheels=True)) == [
        (0b100, "has no source distribution, and `no-binary` refuses its wheels")
    ]
    assert reasons(mixed, BuildPolicy(allows=False, is_without_any_wheels=True)) == [
        (
            0b110,
            'cannot be used: `no-binary` refuses its wheels, and `build = "deny"` forbids building it',
        )
    ]


def test_a_pin_of_the_project_lets_a_yanked_version_in() -> None:
    assert rules("a==2").allowed(listing()).mask == 0b10110
    assert rules("a==2.*").allowed(listing()).mask == 0b10010
    assert rules("a>=2").allowed(listing()).mask == 0b10010


def test_a_pin_of_the_command_line_lets_a_yanked_version_in() -> None:
    pinned = Preferences(pins={A: "==2.0"})

    assert rules("a", preferences=pinned).allowed(listing()).mask == 0b10110


def test_a_version_of_the_old_lock_may_be_yanked() -> None:
    locked = Preferences(locked={A: (("2.0", 1),)})

    assert rules("a", preferences=locked).allowed(listing()).mask == 0b10110


def test_a_prerelease_named_by_the_project_allows_them_for_that_package() -> None:
    assert rules("a>=3.0b0").allowed(listing()).mask == 0b11010
    assert rules("a!=3.0rc1").allowed(listing()).mask == 0b11010
    assert rules("b>=3.0b0").allowed(listing()).mask == 0b10010


def test_development_releases_count_as_prereleases() -> None:
    releases = world({"a": {"1.0": [], "2.0.dev1": []}}).listing(A)

    assert rules("a").allowed(releases).mask == 0b010
    assert rules("a>=2.0.dev0").allowed(releases).mask == 0b110


def test_a_package_with_only_prereleases_is_allowed_them() -> None:
    only = world({"a": {"1.0a1": [], "1.0a2": []}}).listing(A)
    all_but_yanked = world({"a": {"0.9": release(yanked=True), "1.0a1": []}}).listing(A)

    assert rules("a").allowed(only) == Allowed(0b110, (), wheels_only=0)
    assert rules("a").allowed(all_but_yanked).mask == 0b100


def test_a_setting_allows_or_forbids_every_prerelease() -> None:
    assert rules("a", policy=Policy(Prerelease.ALWAYS)).allowed(listing()).mask == 0b11010
    assert rules("a>=3.0b0", policy=Policy(Prerelease.NEVER)).allowed(listing()).mask == 0b10010


def test_an_arbitrary_text_after_three_equal_signs_pins_nothing_else() -> None:
    assert rules("a===whatever").allowed(listing()).mask == 0b10010
    assert rules("a===2.0").allowed(listing()).mask == 0b10110
