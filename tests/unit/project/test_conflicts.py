"""Extras and groups that exclude each other: where each side is on, and every way the table can be wrong."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.adjustment_texts import adjustment_texts
from detent.model.adjustments import Exclusive
from detent.model.requirement import ExtraName, Origin, PackageName, parse_requirement
from detent.project.conflicts import Declared, with_gates
from support.manifests import fault, faults, manifest, pyproject

LISTS = """\
[project.optional-dependencies]
cpu = ["a"]
gpu = ["b"]
all = ["me[cpu]"]
[dependency-groups]
dev = ["c"]
test = [{ include-group = "dev" }]
bench = ["me[gpu]"]
"""


def conflicts(text: str, lists: str = LISTS, *, project: str = "") -> tuple[Exclusive, ...]:
    return manifest(
        pyproject(f"{lists}[tool.detent]\nconflicts = {text}\n", project=project)
    ).adjustments.conflicts


def lines(text: str, lists: str = LISTS) -> tuple[str, ...]:
    found = manifest(pyproject(f"{lists}[tool.detent]\nconflicts = {text}\n")).adjustments
    return dict(adjustment_texts(found))["conflicts"]


def refused(text: str, lists: str = LISTS, *, project: str = "") -> tuple[str, str]:
    error = fault(pyproject(f"{lists}[tool.detent]\nconflicts = {text}\n", project=project))
    assert isinstance(error, ManifestInvalid)
    where, _, what = error.what.partition(": ")
    return where.strip("`").removeprefix("pyproject.toml:"), f"{what}: {error.why}" if error.why else what


# ---- sides ---------------------------------------------------------------------------------------


def test_a_side_is_on_for_itself_and_for_what_brings_it_in() -> None:
    (found,) = conflicts('[[{ extra = "GPU" }, { extra = "cpu" }, { group = "dev", package = "Me" }]]')

    assert found.names == ("extra `cpu`", "extra `gpu`", "group `dev`")
    assert found.sides == (
        markers.parse("'cpu' in extras or 'all' in extras"),
        markers.parse("'gpu' in extras or 'bench' in dependency_groups"),
        markers.parse("'dev' in dependency_groups or 'test' in dependency_groups"),
    )
    assert found.origin == Origin("tool.detent.conflicts", 15)


def test_what_is_brought_in_by_several_steps_and_in_rings_counts() -> None:
    rings = """\
[project.optional-dependencies]
a = ["me[b]; python_version < '3.13'"]
b = ["me[a,c]; sys_platform == 'linux'"]
c = []
d = []
"""
    (found,) = conflicts('[[{ extra = "c" }, { extra = "d" }]]', rings)

    assert found.sides[0] == markers.parse(
        "'c' in extras or ('b' in extras and sys_platform == 'linux')"
        " or ('a' in extras and sys_platform == 'linux' and python_version < '3.13')"
    )


def test_order_and_spelling_do_not_show_in_what_is_recorded() -> None:
    cpu = "extra cpu ('all' in extras or 'cpu' in extras)"
    plain = lines('[[{ extra = "cpu" }, { group = "dev" }], [{ extra = "gpu" }, { extra = "cpu" }]]')

    assert plain == (
        f"{cpu} | extra gpu ('gpu' in extras or 'bench' in dependency_groups)",
        f"{cpu} | group dev ('dev' in dependency_groups or 'test' in dependency_groups)",
    )
    assert plain == lines(
        '[[{ package = "ME", extra = "cpu" }, { extra = "Gpu" }], [{ group = "DEV" }, { extra = "cpu" }],'
        ' [{ group = "dev" }, { extra = "cpu" }]]'
    )


def test_one_extra_may_bring_in_each_side_in_other_environments() -> None:
    lists = """\
[project.optional-dependencies]
cpu = ["a"]
gpu = ["b"]
all = ["me[cpu]; sys_platform == 'darwin'", "me[gpu]; sys_platform != 'darwin'"]
"""
    (found,) = conflicts('[[{ extra = "cpu" }, { extra = "gpu" }]]', lists)

    assert markers.and_(markers.in_extra("all"), markers.and_(*found.sides)) != markers.NEVER
    (shut_out,) = conflicts(
        '[[{ extra = "cpu" }, { extra = "gpu" }]]',
        "[project.optional-dependencies]\ncpu = []\ngpu = []\n",
        project="dependencies = [\"me[cpu]; sys_platform == 'darwin'\"]",
    )
    assert shut_out.sides[0] == markers.parse("'cpu' in extras or sys_platform == 'darwin'")


def test_extras_that_a_back_end_tells_are_not_looked_for() -> None:
    text = '[tool.detent]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n'
    found = manifest(pyproject(text, project='dynamic = ["optional-dependencies"]')).adjustments.conflicts

    assert [one.sides for one in found] == [(markers.in_extra("cpu"), markers.in_extra("gpu"))]
    told = Declared(
        PackageName("me"),
        (),
        ((ExtraName("all"), (parse_requirement("me[cpu]"),)), (ExtraName("cpu"), ()), (ExtraName("gpu"), ())),
        (),
    )
    (settled,) = with_gates(found, told, {}, "pyproject.toml", markers.ALWAYS)
    assert settled.names == found[0].names
    assert settled.sides[0] == markers.parse("'cpu' in extras or 'all' in extras")


@pytest.mark.parametrize(
    ("dependencies", "extras", "what"),
    [
        (
            ("me[cpu]", "me[gpu]"),
            ("cpu", "gpu"),
            "the project's own list of dependencies brings in both the extra `cpu` and the extra `gpu`",
        ),
        ((), ("cpu",), "the extra `gpu` does not exist"),
    ],
)
def test_extras_that_a_back_end_tells_are_held_to_the_same_rules(
    dependencies: tuple[str, ...], extras: tuple[str, ...], what: str
) -> None:
    text = '[tool.detent]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n'
    found = manifest(pyproject(text, project='dynamic = ["optional-dependencies"]')).adjustments.conflicts
    told = Declared(
        PackageName("me"),
        tuple(map(parse_requirement, dependencies)),
        tuple((ExtraName(extra), ()) for extra in extras),
        (),
    )

    with pytest.raises(ManifestInvalid) as caught:
        with_gates(found, told, {}, "pyproject.toml", markers.ALWAYS)

    assert caught.value.what == f"`pyproject.toml`: {what}"


# ---- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("3", "15:1", "`tool.detent.conflicts` must be a list of lists, found a number"),
        (
            '[{ extra = "cpu" }]',
            "15:14",
            "`tool.detent.conflicts` must hold lists of extras and groups, found a table",
        ),
        (
            '[[{ extra = "cpu" }]]',
            "15:14",
            (
                "a list in `tool.detent.conflicts` must name at least two extras or groups:"
                " nothing else is there that the one could exclude"
            ),
        ),
        (
            "[[]]",
            "15:14",
            "a list in `tool.detent.conflicts` must name at least two extras or groups: it is empty",
        ),
        (
            '[[{ extra = "cpu" },\n  { group = "Dev" }, { group = "dev" }]]',
            "16:22",
            "the group `dev` stands here twice",
        ),
        (
            '[[{ extra = "cpu" },\n  "gpu"]]',
            "16:3",
            ('`tool.detent.conflicts` must hold `{extra = "NAME"}` and `{group = "NAME"}`, found a string'),
        ),
        (
            '[[{ extra = "cpu" },\n  { package = "me" }]]',
            "16:3",
            (
                '`tool.detent.conflicts` must hold `{extra = "NAME"}` and `{group = "NAME"}`,'
                " found a table of another kind"
            ),
        ),
        (
            '[[{ extra = "cpu" }, { extra = "gpu", group = "dev" }]]',
            "15:34",
            (
                '`tool.detent.conflicts` must hold `{extra = "NAME"}` and `{group = "NAME"}`,'
                " found a table of another kind"
            ),
        ),
        (
            '[[{ extra = "cpu" }, { package = "other", extra = "gpu" }]]',
            "15:34",
            "`other` is not this project: only extras and groups of the project itself can exclude each other",
        ),
        (
            '[[{ extra = "cpu" }, { extra = "tpu" }]]',
            "15:34",
            "the extra `tpu` does not exist: the extras are `all`, `cpu`, `gpu`",
        ),
        (
            '[[{ extra = "cpu" }, { group = "gpu" }]]',
            "15:34",
            "the group `gpu` does not exist: the groups are `bench`, `dev`, `test`",
        ),
        (
            '[[{ extra = "cpu" }, { group = "-" }]]',
            "15:34",
            (
                "`-` in `tool.detent.conflicts` cannot be used: `-` is not a valid name of a dependency group:"
                " it has letters, digits, `.`, `-` and `_`, and starts and ends with a letter or digit"
            ),
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, where: str, what: str) -> None:
    assert refused(text) == (where, what)


def test_names_of_a_project_that_has_none() -> None:
    one, other = faults(pyproject('[tool.detent]\nconflicts = [[{ extra = "a" }, { group = "b" }]]\n'))

    assert one.why == "`project.optional-dependencies` has none"
    assert other.why == "`dependency-groups` has none"


@pytest.mark.parametrize(
    ("lists", "project", "where", "what"),
    [
        (
            'cpu = []\ngpu = []\nAll = ["me[cpu,gpu]"]\n',
            "",
            "9:1",
            "the extra `all` brings in both the extra `cpu` and the extra `gpu`",
        ),
        (
            'cpu = []\ngpu = ["me[cpu]"]\n',
            "",
            "8:1",
            "the extra `gpu` brings in the extra `cpu`",
        ),
        (
            (
                "cpu = []\ngpu = []\n[dependency-groups]\n"
                "b = ['me[gpu]']\na = ['me[cpu]', {include-group = 'b'}]\n"
            ),
            "",
            "11:1",
            "the group `a` brings in both the extra `cpu` and the extra `gpu`",
        ),
        (
            'cpu = []\ngpu = []\nall = ["me[cpu]", "me[gpu]; sys_platform == \'linux\'"]\n',
            "",
            "9:1",
            "the extra `all` brings in both the extra `cpu` and the extra `gpu`",
        ),
        (
            "cpu = []\ngpu = []\n",
            'dependencies = ["me[cpu]"]',
            "8:1",
            "the extra `gpu` brings in the extra `cpu`",
        ),
        (
            "cpu = []\ngpu = []\n",
            'dependencies = ["me[cpu,gpu]"]',
            "5:1",
            "the project's own list of dependencies brings in both the extra `cpu` and the extra `gpu`",
        ),
    ],
)
def test_what_turns_on_two_sides_by_itself_is_refused(
    lists: str, project: str, where: str, what: str
) -> None:
    lists = f"[project.optional-dependencies]\n{lists}"
    found = refused('[[{ extra = "cpu" }, { extra = "gpu" }]]', lists, project=project)
    line = pyproject(lists, project=project).count("\n") + 2

    assert found == (where, f"{what}: `pyproject.toml:{line}` says that these exclude each other")


def test_two_sides_on_pythons_the_project_is_not_for_are_no_fault() -> None:
    lists = '[project.optional-dependencies]\ncpu = []\ngpu = []\nall = ["me[cpu]", "me[gpu]; python_version < \'3.9\'"]\n'

    assert len(conflicts('[[{ extra = "cpu" }, { extra = "gpu" }]]', lists)) == 1
