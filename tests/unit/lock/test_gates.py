"""Extras and groups that are on, and those that may not be on together."""

from detent.lock.gates import Clash, clash, decided
from detent.model import markers
from detent.model.requirement import extra_name, group_name
from support.locks import foreign, inputs, lock, target

CPU, GPU, ALL = map(extra_name, ("cpu", "gpu", "all"))
DEV = group_name("dev")
SIDE = "extra cpu ('cpu' in extras or ('all' in extras and sys_platform == 'darwin'))"
APART = lock(made_from=inputs(adjustments={"conflicts": [f"{SIDE} | extra gpu | group dev"]}))
NAMES = ("extra `cpu`", "extra `gpu`", "group `dev`")


def test_what_is_on_is_decided_and_the_environment_stays() -> None:
    marker = markers.parse("'cpu' in extras or ('dev' in dependency_groups and sys_platform == 'darwin')")

    assert decided(marker, {CPU}, ()) == markers.ALWAYS
    assert decided(marker, (), {DEV}) == markers.parse("sys_platform == 'darwin'")
    assert decided(marker, {GPU}, ()) == markers.NEVER


def test_two_sides_that_are_on_clash() -> None:
    assert clash(APART, {CPU, GPU}, ()) == Clash(("extra `cpu`", "extra `gpu`"), NAMES)
    assert clash(APART, {GPU}, {DEV}) == Clash(("extra `gpu`", "group `dev`"), NAMES)
    assert clash(APART, {CPU}, ()) is None
    assert clash(APART, (), ()) is None


def test_a_side_that_is_on_somewhere_clashes_there_alone() -> None:
    assert clash(APART, {ALL, GPU}, ()) is None
    assert clash(APART, {ALL, GPU}, (), target().environment) is None
    on_mac = target(platform="darwin").environment
    assert clash(APART, {ALL, GPU}, (), on_mac) == Clash(("extra `cpu`", "extra `gpu`"), NAMES)


def test_nothing_clashes_where_nothing_is_declared() -> None:
    assert clash(foreign(), {CPU, GPU}, ()) is None
    assert clash(lock(), {CPU, GPU}, (), target().environment) is None
