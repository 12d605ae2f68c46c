"""Flags held against what the lock declares, and what of the chosen packages is installed."""

import pytest

from detent.errors.usage import ExclusiveExtras, UnknownExtra, UnknownGroup
from detent.lock.choice import Choice
from detent.lock.model import Direct
from detent.lock.select import Wanted
from detent.model.names import PackageName, extra_name, group_name
from detent.ops.selection import Chosen, Omitted, installed_choices, wanted_selection
from support.locks import artifact, entry, inputs, lock

LOCK = lock(
    entry("a"),
    made_from=inputs(
        extras={"net": ["a"], "my-cli": ["a"]}, groups={"dev": ["a"], "docs": ["a"]}, default_groups=["dev"]
    ),
)


def wanted(extras: str = "", groups: str = "", *, base: bool = True) -> Wanted:
    return Wanted(
        frozenset(map(extra_name, extras.split())), frozenset(map(group_name, groups.split())), base
    )


def choice(name: str, location: str = "") -> Choice:
    package = entry(name)
    if location:
        package = package._replace(direct=Direct("directory", location))
    return Choice(package, artifact(f"{name}-1.0-py3-none-any.whl"), requested=False)


def left(omitted: Omitted) -> str:
    choices = (
        choice("a"),
        choice("b", "libs/b"),
        choice("c", "https://example.com/c"),
        choice("d", "file:///d"),
    )
    return "".join(c.package.name for c in installed_choices(choices, omitted))


def names(*texts: str) -> tuple[PackageName, ...]:
    return tuple(map(PackageName, texts))


def test_names_are_taken_in_any_spelling() -> None:
    assert wanted_selection(LOCK, Chosen(extra=("My_CLI",), group=("DOCS",))) == wanted("my-cli", "dev docs")


@pytest.mark.parametrize("name", ["no such", "other", ""])
def test_what_is_not_declared_is_named(name: str) -> None:
    for chosen in (Chosen(extra=(name,)), Chosen(no_extra=(name,))):
        with pytest.raises(UnknownExtra, match=f"extra `{name}`"):
            wanted_selection(LOCK, chosen)
    for chosen in (Chosen(group=(name,)), Chosen(no_group=(name,)), Chosen(only_group=(name,))):
        with pytest.raises(UnknownGroup, match=f"group `{name}`"):
            wanted_selection(LOCK, chosen)


def test_main_alone_is_the_projects_own_dependencies_as_poetry_has_it() -> None:
    assert wanted_selection(LOCK, Chosen(only_group=("main",))) == wanted()
    assert wanted_selection(LOCK, Chosen(only_group=("main", "docs"))) == wanted("", "docs")
    with pytest.raises(UnknownGroup):
        wanted_selection(LOCK, Chosen(group=("main",)))
    named = lock(entry("a"), made_from=inputs(groups={"main": ["a"]}))
    assert wanted_selection(named, Chosen(only_group=("main",))) == wanted("", "main", base=False)


def test_what_is_left_out_of_an_installation() -> None:
    assert left(Omitted()) == "abcd"
    assert left(Omitted(project=True)) == "abcd"
    assert left(Omitted(packages=names("a", "c"))) == "bd"
    assert left(Omitted(local=True)) == "ac"
    assert left(Omitted(only_project=True)) == ""
    assert left(Omitted(only_local=True)) == "bd"
    assert left(Omitted(only_packages=names("a"))) == "a"
    assert left(Omitted(only_packages=names("a", "b"), only_local=True, packages=names("b"))) == "ad"


def test_the_project_is_local_and_has_a_name() -> None:
    def stays(omitted: Omitted) -> bool:
        return not omitted.leaves_out("demo", is_project=True)

    assert stays(Omitted())
    assert not stays(Omitted(project=True))
    assert not stays(Omitted(local=True))
    assert not stays(Omitted(packages=names("demo")))
    assert stays(Omitted(only_project=True))
    assert stays(Omitted(only_local=True))
    assert stays(Omitted(only_packages=names("demo")))
    assert not stays(Omitted(only_packages=names("a")))


APART = lock(
    entry("a"),
    made_from=inputs(
        extras={"cpu": ["a"], "gpu": ["a"], "net": ["a"]},
        groups={"dev": ["a"], "docs": ["a"]},
        default_groups=["dev"],
        adjustments={"conflicts": ["extra cpu | extra gpu | group docs", "extra net | group dev"]},
    ),
)


@pytest.mark.parametrize(
    ("chosen", "what"),
    [
        (Chosen(extra=("CPU", "gpu")), "extra `cpu` and extra `gpu` cannot be on together"),
        (Chosen(all_extras=True), "extra `cpu` and extra `gpu` cannot be on together"),
        (
            Chosen(all_extras=True, all_groups=True),
            "extra `cpu` and extra `gpu` and group `docs` cannot be on together",
        ),
        (Chosen(extra=("gpu",), all_groups=True), "extra `gpu` and group `docs` cannot be on together"),
        (Chosen(extra=("net",), all_groups=True), "extra `net` and group `dev` cannot be on together"),
        (Chosen(extra=("net",), group=("Dev",)), "extra `net` and group `dev` cannot be on together"),
        (Chosen(extra=("net",)), "extra `net` and group `dev` (on by default) cannot be on together"),
    ],
)
def test_what_excludes_each_other_cannot_be_wanted_together(chosen: Chosen, what: str) -> None:
    with pytest.raises(ExclusiveExtras) as caught:
        wanted_selection(APART, chosen)

    assert caught.value.what == what
    assert caught.value.exit_code == 2


def test_a_group_that_is_on_by_default_can_be_turned_off() -> None:
    with pytest.raises(ExclusiveExtras) as caught:
        wanted_selection(APART, Chosen(extra=("net",)))

    assert caught.value.next_steps == ("pass `--no-group dev`",)
    assert caught.value.why == ("`conflicts` says that extra `net` and group `dev` exclude each other")
    by_default = inputs(
        groups={"dev": ["a<2"], "docs": ["a>=2"]},
        default_groups=["dev", "docs"],
        adjustments={"conflicts": ["group dev | group docs"]},
    )
    with pytest.raises(ExclusiveExtras) as caught:
        wanted_selection(lock(made_from=by_default), Chosen())
    assert caught.value.next_steps == ("pass `--no-group dev`", "or pass `--no-group docs`")
    assert wanted_selection(APART, Chosen(extra=("net",), no_group=("dev",))) == wanted("net")
    assert wanted_selection(APART, Chosen(extra=("cpu",))) == wanted("cpu", "dev")
    assert wanted_selection(APART, Chosen(all_extras=True, no_extra=("gpu", "net"))) == wanted("cpu", "dev")
