"""Why an entry is in a lock: the paths to it, and the bounds that hold it."""

from collections.abc import Sequence

import pytest

from detent.lock.model import Lock
from detent.lock.why import Asker, Reason, Reasons
from detent.model.inputs import Inputs
from detent.model.members import Member
from detent.model.requirement import Origin, extra_name, group_name, package_name, parse_requirement
from support.locks import entry, foreign, inputs, lock


def reasons(made: Lock, made_from: Inputs, name: str, **options: int | str | None) -> tuple[Reason, ...]:
    version, most = str(options.get("version", "")), options.get("most", 10)
    return Reasons(made, made_from).of(
        package_name(name), version=version, most=most if isinstance(most, int) else None
    )


def one(made: Lock, made_from: Inputs, name: str) -> Reason:
    (found,) = reasons(made, made_from, name)
    return found


def paths(reason: Reason) -> list[list[str]]:
    """Each path as the names of who asks first and the requirements from there on."""
    return [
        [_title(path.asker), *(f"{step.requirement} {step.package.version}" for step in path.steps)]
        for path in reason.paths
    ]


def _title(asker: Asker) -> str:
    return "".join(
        (asker.name, f"[{asker.extra}]" if asker.extra else "", f":{asker.group}" if asker.group else "")
    )


WEB = inputs(["web[fast]>=1", "idna"], groups={"dev": ["test>=2,<3"]}, extras={"x": ["idna<4"]})
WEB_LOCK = lock(
    entry("web", needs=["core>=1"], extras={"fast": ["idna>=2.5"], "slow": ["idna>=2.9"]}),
    entry("core", needs=["idna<5"]),
    entry("idna", "3.0"),
    entry("test", "2.0", needs=["core"]),
    made_from=WEB,
)


def test_every_path_is_told_the_shortest_first_with_the_requirement_of_each_step() -> None:
    assert paths(one(WEB_LOCK, WEB, "idna")) == [
        ["demo", "idna 3.0"],
        ["demo[x]", "idna<4 3.0"],
        ["demo", "web[fast]>=1 1.0", "idna>=2.5 3.0"],
        ["demo:dev", "test>=2,<3 2.0", "core 1.0", "idna<5 3.0"],
        ["demo", "web[fast]>=1 1.0", "core>=1 1.0", "idna<5 3.0"],
    ]


def test_the_tightest_bound_on_either_side_binds_and_extras_that_are_off_do_not() -> None:
    reason = one(WEB_LOCK, WEB, "idna")

    assert [(bound.clause, bound.asker.name, bound.asker.extra) for bound in reason.lower] == [
        (">=2.5", "web", "fast")
    ]
    assert [(bound.clause, _title(bound.asker)) for bound in reason.upper] == [("<4", "demo[x]")]
    assert one(WEB_LOCK, WEB, "core").upper == ()


@pytest.mark.parametrize(
    ("texts", "low", "high"),
    [
        (["a>=1", "a>0.5"], ">=1", None),
        (["a~=1.4", "a<1.9"], "~=1.4", "<1.9"),
        (["a~=1.4.2", "a<2"], "~=1.4.2", "~=1.4.2"),
        (["a==1.*", "a<=1.5"], "==1.*", "<=1.5"),
        (["a==1.4", "a>=1"], "==1.4", "==1.4"),
        (["a===1.4", "a>=1"], "===1.4", "===1.4"),
        (["a===one", "a!=3"], None, None),
        (["a<2", "a<=2"], None, "<2"),
    ],
)
def test_bounds_of_every_kind_are_held_against_each_other(
    texts: Sequence[str], low: str | None, high: str | None
) -> None:
    made_from = inputs([], groups={f"g{number}": [text] for number, text in enumerate(texts)})
    reason = one(lock(entry("a", "1.4"), made_from=made_from), made_from, "a")

    assert [bound.clause for bound in reason.lower] == [low] * (low is not None)
    assert [bound.clause for bound in reason.upper] == [high] * (high is not None)


def test_all_who_hold_equally_are_named() -> None:
    made_from = inputs(["a<2", "b"])
    reason = one(lock(entry("a"), entry("b", needs=["a<2.0"]), made_from=made_from), made_from, "a")

    assert [bound.asker.name for bound in reason.upper] == ["demo", "b"]


def test_entries_of_a_name_are_told_apart_by_where_they_are() -> None:
    made_from = inputs(["a<2; python_version < '3.11'", "a>=2; python_version >= '3.11'", "b"])
    made = lock(
        entry("a", "1.0", marker="python_version < '3.11'"),
        entry("a", "2.0", marker="python_version >= '3.11'"),
        entry("b", needs=["a"]),
        made_from=made_from,
    )
    old, new = reasons(made, made_from, "a")

    assert paths(old) == [["demo", "a<2; python_version < '3.11' 1.0"], ["demo", "b 1.0", "a 1.0"]]
    assert paths(new) == [["demo", "a>=2; python_version >= '3.11' 2.0"], ["demo", "b 1.0", "a 2.0"]]
    assert (old.lower, new.upper) == ((), ())
    assert [r.package.version for r in reasons(made, made_from, "a", version="2")] == ["2.0"]
    assert reasons(made, made_from, "a", version="3") == ()


def test_a_path_that_holds_nowhere_as_a_whole_is_none() -> None:
    made_from = inputs(["b; sys_platform == 'win32'", "c"])
    made = lock(
        entry("a"),
        entry("b", needs=["a; sys_platform == 'linux'"]),
        entry("c", needs=["a"]),
        made_from=made_from,
    )

    assert paths(one(made, made_from, "a")) == [["demo", "c 1.0", "a 1.0"]]


def test_rings_end() -> None:
    made_from = inputs(["a", "d[all]"])
    made = lock(
        entry("a", needs=["b"]),
        entry("b", needs=["c"]),
        entry("c", needs=["a", "b"]),
        entry("d", extras={"all": ["d[one]"], "one": ["b"]}),
        made_from=made_from,
    )

    assert paths(one(made, made_from, "b")) == [
        ["demo", "a 1.0", "b 1.0"],
        ["demo", "d[all] 1.0", "d[one] 1.0", "b 1.0"],
    ]
    assert paths(one(made, made_from, "d")) == [["demo", "d[all] 1.0"]]


def test_long_lists_are_folded_and_what_is_left_out_is_counted() -> None:
    wide = [f"w{number}" for number in range(20)]
    made_from = inputs(wide)
    made = lock(*(entry(name, needs=["a"]) for name in wide), entry("a"), made_from=made_from)

    (folded,) = reasons(made, made_from, "a")
    (whole,) = reasons(made, made_from, "a", most=None)
    assert (len(folded.paths), folded.left_out, folded.is_counted) == (10, 10, True)
    assert (len(whole.paths), whole.left_out) == (20, 0)


def test_more_paths_than_anybody_counts_take_no_longer() -> None:
    layers = [[f"l{depth}-{place}" for place in range(8)] for depth in range(9)]
    made_from = inputs(layers[0])
    made = lock(
        *(
            entry(name, needs=below)
            for layer, below in zip(layers, [*layers[1:], ["a"]], strict=True)
            for name in layer
        ),
        entry("a"),
        made_from=made_from,
    )
    reason = one(made, made_from, "a")

    assert (len(reason.paths), reason.left_out, reason.is_counted) == (10, 1000, False)
    assert {len(path.steps) for path in reason.paths} == {10}


def test_constraints_bind_without_asking() -> None:
    made_from = inputs(["a"], adjustments={"constraint-dependencies": ["a<3", "b<1"]})
    reason = one(lock(entry("a"), made_from=made_from), made_from, "a")

    assert len(reason.paths) == 1
    assert [(bound.clause, bound.asker.is_constraint) for bound in reason.upper] == [("<3", True)]


def test_references_of_the_project_to_itself_are_followed() -> None:
    made_from = inputs([], extras={"all": ["demo[one]"], "one": ["a>=1"]}, groups={"dev": ["demo[all]"]})
    reason = one(lock(entry("a"), made_from=made_from), made_from, "a")

    assert paths(reason) == [["demo:dev", "a>=1 1.0"], ["demo[all]", "a>=1 1.0"], ["demo[one]", "a>=1 1.0"]]


def test_the_line_is_told_where_it_is_known() -> None:
    need = parse_requirement("a", Origin("project.dependencies", 7))
    made_from = inputs()._replace(dependencies=(need,))

    assert (
        one(lock(entry("a"), made_from=made_from), made_from, "a").paths[0].asker.place == "pyproject.toml:7"
    )


def test_a_lock_of_another_tool_has_paths_without_requirements() -> None:
    made = foreign(entry("a", edges=["b 1.0"]), entry("b", edges=[]))

    assert paths(one(made, inputs(["a>=1"]), "b")) == [["demo", "a>=1 1.0", "b==1.0 1.0"]]


def test_members_of_a_workspace_ask_under_their_own_names() -> None:
    beta = Member(
        package_name("beta"), "packages/beta", extras=(extra_name("net"),), groups=(group_name("dev"),)
    )
    made_from = inputs(
        [], groups={"beta": ["a"], "beta-extra-net": ["a>=1"], "beta-group-dev": ["a<2"], "dev": ["a!=3"]}
    )._replace(members=(beta,))

    assert paths(one(lock(entry("a"), made_from=made_from), made_from, "a")) == [
        ["beta", "a 1.0"],
        ["beta:dev", "a<2 1.0"],
        ["beta[net]", "a>=1 1.0"],
        ["demo:dev", "a!=3 1.0"],
    ]


def test_an_override_is_named_as_what_binds() -> None:
    made_from = inputs(["a", "b"], adjustments={"override-dependencies": ["b<3"]})
    made = lock(entry("a", needs=["b<3", "c"]), entry("b"), entry("c"), made_from=made_from)

    upper = one(made, made_from, "b").upper
    assert [(bound.asker.name, bound.asker.is_override) for bound in upper] == [("demo", True), ("a", True)]
    (path,) = one(made, made_from, "c").paths
    assert not path.asker.is_override
