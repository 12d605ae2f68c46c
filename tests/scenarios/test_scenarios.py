"""Resolver cases as data: a sentence, packages, a project, and the lock or the explanation it should come to.

sentence = "..."
packages       name -> version -> requirements, or a table with the words of `support.worlds.release`
project        dependencies, extras, groups, python, name
build          what may be built, in the words of `BuildPolicy`
policy         prerelease, prerelease-package (name -> mode), order, fork-strategy, exclude-newer (a date, a moment
               or a span), exclude-newer-package (name -> the same, or false), now (a date or a moment)
adjustments    constraints, overrides, excludes, environments, required-environments, conflicts, metadata,
               in the words of `support.worlds.adjusting`
sources        what comes from elsewhere, in the words of `support.sourced.sourced`
indexes        other indexes: name -> packages
old            lock (`name==version; marker` lines), forks, upgrade: what there was before
expected       lock lines (` (built)` where a build told the metadata, ` @ PLACE` where it is from elsewhere),
               forks and warnings;
               or error (its code), what, why, next
"""

import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest

from detent.errors import DetentError
from detent.events import Event, Notice
from detent.lock.assemble import assemble
from detent.lock.closure import closure_faults
from detent.lock.model import Lock, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.model.build_policy import BuildPolicy
from detent.model.cutoffs import Cutoff, Cutoffs, parse_cutoff
from detent.model.requirement import package_name, parse_requirement
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import ForkStrategy, Order, Policy, Prerelease
from detent.resolve.preferences import preferences_from, seeds_from
from detent.resolve.sourced import Sources
from support.resolving import resolve
from support.sourced import sourced, with_rules
from support.worlds import INDEX, Published, World, project, release, seconds, ticking, world

SCENARIOS = sorted(Path(__file__).parent.glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    scenario = tomllib.loads(path.read_text(encoding="utf-8"))

    assert outcome(scenario) == scenario["expected"], scenario["sentence"]


def outcome(scenario: dict[str, Any]) -> dict[str, Any]:
    """Resolve a scenario and tell what came of it in the words of `expected`."""
    elsewhere = [sourced(**words) for words in scenario.get("sources", ())]
    inputs = with_rules(project(**scenario["project"], adjustments=scenario.get("adjustments")), elsewhere)
    index = _world(scenario["packages"])
    for name, packages in scenario.get("indexes", {}).items():
        index.others[name] = _world(packages)
        index.others[name].index_url = f"https://{name}.example/simple/"
    releases = with_adjustments(index, inputs.adjustments)
    old = scenario.get("old", {})
    heard: list[Event] = []
    try:
        solved = resolve(
            inputs,
            releases,
            sourced=elsewhere,
            clock=ticking(),
            preferences=preferences_from(_old_lock(old), upgrade=old.get("upgrade")),
            policy=_policy(**scenario.get("policy", {}))._replace(
                build=_build_policy(scenario.get("build", {}))
            ),
            seeds=seeds_from(_old_lock(old)),
            report=heard.append,
        )
    except DetentError as error:
        failed = {"error": error.code, "what": error.what, "why": error.why.splitlines()}
        return {**failed, "next": list(error.next_steps)} if error.next_steps else failed
    lock = assemble(inputs, solved, Sources(releases, elsewhere, inputs.adjustments))
    if elsewhere:
        assert closure_faults(inputs, lock) == ()
        assert parse_lock(render_lock(lock), "pylock.toml") == lock
    told: dict[str, Any] = {"lock": [_line(package) for package in lock.packages]}
    if lock.forks:
        told["forks"] = list(lock.forks)
    warnings = [event.text for event in heard if isinstance(event, Notice)]
    if warnings:
        told["warnings"] = warnings
    return told


def _world(packages: dict[str, Any]) -> World:
    return world({name: _versions(versions) for name, versions in packages.items()})


def _versions(versions: Any) -> dict[str, Published]:
    if isinstance(versions, list):
        return {version: release() for version in versions}
    return {
        version: release(what)
        if isinstance(what, list)
        else release(**{key.replace("-", "_"): value for key, value in what.items()})
        for version, what in versions.items()
    }


def _policy(**words: Any) -> Policy:
    words = {word.replace("-", "_"): what for word, what in words.items()}
    policy = Policy(
        Prerelease(words.pop("prerelease", "if-necessary")),
        prerelease_packages={
            package_name(name): Prerelease(mode) for name, mode in words.pop("prerelease_package", {}).items()
        },
        order=Order(words.pop("order", "highest")),
        fork_strategy=ForkStrategy(words.pop("fork_strategy", "requires-python")),
        cutoffs=Cutoffs(
            now=seconds(words.pop("now", "2030-01-01")),
            everybody=_cutoff(words.pop("exclude_newer", False)),
            packages={
                package_name(name): _cutoff(text)
                for name, text in words.pop("exclude_newer_package", {}).items()
            },
        ),
    )
    assert not words, f"no such words of `policy`: {words}"
    return policy


def _cutoff(text: str | Literal[False]) -> Cutoff | None:
    return parse_cutoff(text) if text else None


def _build_policy(words: dict[str, Any]) -> BuildPolicy:
    said: dict[str, Any] = {
        word.replace("-", "_"): frozenset(map(package_name, what)) if isinstance(what, list) else what
        for word, what in words.items()
    }
    return BuildPolicy(**said)


def _old_lock(old: dict[str, Any]) -> Lock | None:
    if not old:
        return None
    packages = []
    for line in old.get("lock", ()):
        requirement = parse_requirement(line)
        version = requirement.specifier.removeprefix("==")
        packages.append(LockedPackage(requirement.name, version, marker=markers.render(requirement.marker)))
    return Lock("", tuple(packages), forks=tuple(old.get("forks", ())))


def _line(package: LockedPackage) -> str:
    built = " (built)" if package.is_built else ""
    place = f" @ {package.direct.location}" if package.direct is not None and not package.index else ""
    if package.index not in {"", INDEX}:
        place = f" @ {package.index}"
    condition = f"; {package.marker}" if package.marker else ""
    return f"{package.name}=={package.known_version}{place}{condition}{built}"
