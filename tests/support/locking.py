"""Lock a random world, and see what a lock comes to in one environment, as packaging reads its markers."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from types import MappingProxyType

from packaging.markers import Marker as PublishedMarker

from detent.errors import Failures
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import ResolveError
from detent.lock.assemble import assemble
from detent.lock.model import Lock, LockedPackage
from detent.lock.pylock import render_lock
from detent.model.markers import Marker
from detent.ops.answer import may_have_needless_forks, without_needless_forks
from detent.resolve.adjusted import with_adjustments
from detent.resolve.preferences import NO_PREFERENCES, Preferences, preferences_from, seeds_from
from detent.resolve.sourced import Sourced, Sources
from support.brute_force import Selection
from support.dimensions import inputs_of, policy_of
from support.resolving import resolve
from support.sourced import with_rules
from support.universes import Environment, Packages, Universe
from support.worlds import ticking, world


def lock_of(
    made: Universe,
    old: Lock | None = None,
    *,
    elsewhere: Sequence[Sourced] = (),
    others: Mapping[str, Packages] = MappingProxyType({}),
) -> Lock | None:
    """Lock a world, from an old lock on where there is one; ``None`` where there is no answer.

    ``elsewhere`` is what does not come from its index, and ``others`` are further indexes by name.
    """
    inputs = with_rules(inputs_of(made), elsewhere)
    index = world(made.packages)
    for name, packages in others.items():
        index.others[name] = world(packages)
        index.others[name].index_url = f"https://{name}.example/simple/"
    releases = with_adjustments(index, inputs.adjustments)
    shelf = Sources(releases, elsewhere, inputs.adjustments)

    def solve(preferences: Preferences, seeds: Sequence[Marker]) -> Lock:
        solved = resolve(
            inputs,
            releases,
            sourced=elsewhere,
            clock=ticking(),
            advice="never",
            preferences=preferences,
            policy=policy_of(made),
            seeds=seeds,
        )
        return assemble(inputs, solved, shelf)

    try:
        answer = solve(preferences_from(old) if old else NO_PREFERENCES, seeds_from(old))
        if may_have_needless_forks(answer, old, inputs):
            answer = without_needless_forks(answer, lambda kept: solve(kept, ()))
    except (ResolveError, PackageUnknown, Failures):
        return None
    return answer


def bytes_of(made: Universe, old: Lock | None = None) -> str:
    """Give the text of the lock of a world; empty where there is none."""
    lock = lock_of(made, old)
    return render_lock(lock) if lock is not None else ""


@cache
def _marker(text: str) -> PublishedMarker:
    return PublishedMarker(text)


def selected(lock: Lock, here: Environment, selection: Selection) -> dict[str, str]:
    """Give the versions a lock has for one environment, no name twice."""
    return {name: entry.known_version for name, entry in entries_in(lock, here, selection).items()}


def entries_in(lock: Lock, here: Environment, selection: Selection) -> dict[str, LockedPackage]:
    """Give the entries a lock has for one environment, no name twice."""
    variables: dict[str, str | AbstractSet[str]] = {
        **here,
        "extras": selection.extras,
        "dependency_groups": selection.groups,
    }
    chosen: dict[str, LockedPackage] = {}
    for package in lock.packages:
        if not package.marker or _marker(package.marker).evaluate(variables, context="lock_file"):
            assert package.name not in chosen, f"{package.name} is there twice"
            chosen[package.name] = package
    return chosen
