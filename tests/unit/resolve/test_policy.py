"""Which releases may be chosen, and why not."""

from detent.model.build_policy import BuildPolicy
from detent.model.cutoffs import Cutoffs, parse_cutoff
from detent.model.requirement import package_name
from detent.model.versions import Listing
from detent.resolve.policy import (
    DEFAULT_POLICY,
    PRERELEASE,
    Allowed,
    Cause,
    Hidden,
    Order,
    Policy,
    Prerelease,
    Rules,
    rules_for,
)
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from support.worlds import project, release, seconds, world

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
        0b01010,
        (
            Hidden(0b10000, 'has only source distributions, and `build = "deny"` forbids building them'),
            Hidden(0b00100, "was yanked", Cause.YANKED),
        ),
        wheels_only=0b11110,
        first=0b10110,
    )


def test_what_has_only_a_source_distribution_may_be_chosen_where_it_may_be_built() -> None:
    denied_but_for_a = BuildPolicy(allows=False, allowed=frozenset((A,)))

    assert rules("a").allowed(listing()).mask == 0b11010
    assert rules("a", policy=Policy(build=denied_but_for_a)).allowed(listing()).mask == 0b11010


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
    assert rules("a==2").allowed(listing()).mask == 0b11110
    assert rules("a==2.*").allowed(listing()).mask == 0b11010
    assert rules("a>=2").allowed(listing()).mask == 0b11010


def test_a_pin_of_the_command_line_lets_a_yanked_version_in() -> None:
    pinned = Preferences(pins={A: "==2.0"})

    assert rules("a", preferences=pinned).allowed(listing()).mask == 0b11110


def test_a_version_of_the_old_lock_may_be_yanked() -> None:
    locked = Preferences(locked={A: (("2.0", 1),)})

    assert rules("a", preferences=locked).allowed(listing()).mask == 0b11110


def test_prereleases_are_a_last_resort_unless_a_setting_says_otherwise() -> None:
    by_mode = {mode: rules("a", policy=Policy(mode)).allowed(listing()) for mode in Prerelease}

    assert {mode.value: (allowed.mask, allowed.first) for mode, allowed in by_mode.items()} == {
        "disallow": (0b10010, 0b10110),
        "allow": (0b11010, 0b11110),
        "if-necessary": (0b11010, 0b10110),
        "explicit": (0b10010, 0b10110),
    }


def test_a_package_of_which_the_project_names_a_prerelease_may_have_one_where_that_is_asked() -> None:
    explicit = Policy(Prerelease.EXPLICIT)

    def mask(*dependencies: str, **adjustments: list[str]) -> int:
        inputs = project(dependencies, adjustments=adjustments)
        judge = rules_for(explicit, inputs.roots(), NO_PREFERENCES, inputs.adjustments)
        return judge.allowed(listing()).mask

    assert mask("a>=3.0b0") == 0b11010
    assert mask("a", constraints=["a<3.0rc1"]) == 0b11010
    assert mask("a", overrides=["a>=3.0b1"]) == 0b11010
    assert mask("a!=3.0rc1") == 0b10010
    assert mask("b>=3.0b0", "a") == 0b10010


def test_nothing_that_is_asked_for_makes_up_for_a_ban_of_prereleases() -> None:
    assert rules("a==3.0b1", policy=Policy(Prerelease.DISALLOW)).allowed(listing()).mask == 0b10010


def test_a_package_has_its_own_mode() -> None:
    only_a = Policy(Prerelease.DISALLOW, prerelease_packages={A: Prerelease.ALLOW})
    all_but_a = Policy(Prerelease.ALLOW, prerelease_packages={A: Prerelease.DISALLOW})

    assert rules("a", policy=only_a).allowed(listing()).mask == 0b11010
    assert rules("a", policy=all_but_a).allowed(listing()).mask == 0b10010


def test_development_releases_count_as_prereleases() -> None:
    releases = world({"a": {"1.0": [], "2.0.dev1": []}}).listing(A)

    assert rules("a").allowed(releases).first == 0b010
    assert rules("a", policy=Policy(Prerelease.EXPLICIT)).allowed(releases).mask == 0b010
    assert rules("a>=2.0.dev0", policy=Policy(Prerelease.EXPLICIT)).allowed(releases).mask == 0b110


def test_the_mode_that_hides_a_prerelease_is_named() -> None:
    def reason(policy: Policy) -> str:
        (hidden,) = (
            h for h in rules("a", policy=policy).allowed(listing()).hidden if h.cause is Cause.PRERELEASE
        )
        assert hidden.reason.startswith(PRERELEASE)
        return hidden.reason

    assert reason(Policy(Prerelease.DISALLOW)) == (
        'is a pre-release, and `prerelease = "disallow"` refuses those'
    )
    assert reason(Policy(Prerelease.EXPLICIT)) == (
        'is a pre-release, and `prerelease = "explicit"` takes those only where the project names one'
    )
    assert reason(Policy(prerelease_packages={A: Prerelease.DISALLOW})) == (
        "is a pre-release, and `prerelease-package` (a=disallow) refuses those"
    )


def dated() -> Listing:
    return world(
        {
            "a": {
                "1.0": release(uploaded="2026-01-01"),
                "2.0": release(uploaded="2026-01-09T23:59:59+00:00"),
                "3.0": release(uploaded="2026-01-10"),
                "4.0": release(uploaded="2026-02-01"),
                "5.0": [],
            }
        }
    ).listing(A)


def until(text: str, *, now: str = "2026-01-17") -> Cutoffs:
    return Cutoffs(now=seconds(now), everybody=parse_cutoff(text))


def test_what_was_uploaded_at_the_moment_or_later_or_nobody_knows_when_is_hidden() -> None:
    by_age, by_date = Policy(cutoffs=until("7 days")), Policy(cutoffs=until("2026-01-09"))

    assert rules("a", policy=by_age).allowed(dated()).mask == 0b110
    assert rules("a", policy=by_date).allowed(dated()) == Allowed(
        0b000110,
        (
            Hidden(
                0b011000,
                "was uploaded after what `exclude-newer` (2026-01-09) allows",
                Cause.TOO_NEW,
            ),
            Hidden(
                0b100000,
                "has no upload time on the index, and `exclude-newer` (2026-01-09) takes nothing of unknown age",
                Cause.UNDATED,
            ),
        ),
        wheels_only=0,
        first=0b111110,
    )
    (late, _) = rules("a", policy=Policy(cutoffs=until("2026-01-31"))).allowed(dated()).hidden
    assert late.reason == "was uploaded on 2026-02-01, after what `exclude-newer` (2026-01-31) allows"


def test_a_package_has_its_own_cutoff_or_none() -> None:
    everybody = until("2026-01-01")
    later = everybody._replace(packages={A: parse_cutoff("2026-01-10")}, packages_set_by={A: "`--some-flag`"})

    assert rules("a", policy=Policy(cutoffs=everybody)).allowed(dated()).mask == 0b10
    assert rules("a", policy=Policy(cutoffs=later)).allowed(dated()).mask == 0b1110
    assert (
        "`--some-flag` (2026-01-10)"
        in rules("a", policy=Policy(cutoffs=later)).allowed(dated()).hidden[0].reason
    )
    assert (
        rules("a", policy=Policy(cutoffs=everybody._replace(packages={A: None}))).allowed(dated()).mask
        == 0b111110
    )


def test_packages_of_unknown_age_are_told_in_one_warning() -> None:
    releases = world({f"p{number}": ["1.0"] for number in range(7)})
    judge = rules(policy=Policy(cutoffs=until("7 days")))
    for number in reversed(range(7)):
        judge.allowed(releases.listing(package_name(f"p{number}")))

    (told,) = judge.warnings([])
    assert told == (
        "`exclude-newer` (7 days) leaves out versions of `p0`, `p1`, `p2`, `p3`, `p4` and 2 more: "
        "the index does not say when they were uploaded"
    )


def test_who_gives_no_lower_bound_hears_what_that_means_for_the_oldest_versions() -> None:
    lowest = Policy(order=Order.LOWEST_DIRECT)
    inputs = project(
        ["a", "b<2,!=1.5", "c>=1", "d==1.*", "e~=1.0", "f", "f>1", "g"], adjustments={"constraints": ["g>=1"]}
    )
    judge = rules_for(lowest, inputs.roots(), NO_PREFERENCES, inputs.adjustments)

    assert list(judge.warnings(inputs.dependencies)) == [
        f'`{name}` is asked for without a lower bound, and `resolution = "lowest-direct"` takes the oldest '
        f"version there is: consider `{name}>=...`"
        for name in "ab"
    ]
    assert list(rules("a").warnings(inputs.dependencies)) == []


def test_a_constraint_or_an_override_pins_as_a_requirement_does() -> None:
    for adjustments in ({"constraints": ["a==2.0"]}, {"overrides": ["a==2.0"]}):
        inputs = project(["a"], adjustments=adjustments)

        judge = rules_for(DEFAULT_POLICY, inputs.roots(), NO_PREFERENCES, inputs.adjustments)
        assert judge.allowed(listing()).mask == 0b11110


def test_an_arbitrary_text_after_three_equal_signs_pins_nothing_else() -> None:
    assert rules("a===whatever").allowed(listing()).mask == 0b11010
    assert rules("a===2.0").allowed(listing()).mask == 0b11110
