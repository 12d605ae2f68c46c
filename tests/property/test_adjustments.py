"""The laws of what a project says beside its requirements: one record, whatever the order; and it is read back."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from detent.errors import DetentError
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.model.adjustment_texts import adjustment_texts, read_adjustment_texts
from detent.model.adjustments import Adjustments, Exclusion, Exclusive, Override, StatedMetadata
from detent.model.names import ExtraName, PackageName, extra_name, group_name
from detent.model.requirement import Requirement, parse_requirement
from support.locks import entry, inputs, lock
from support.manifests import manifest, pyproject

ODD = st.text("ab |:;'\"()=<>, ", max_size=6).filter(lambda text: not ("'" in text and '"' in text))
NAMES = st.sampled_from(
    [PackageName(name) for name in ("a", "b-c", "d0", "requires-python", "extra", "group")]
)
VERSIONS = st.sampled_from(["", "1.0", "2!1.0rc1.post2.dev3+cpu.7", "0"])
SPECIFIERS = st.sampled_from(["", ">=1", ">=1,<2", "===x|y:z", "~=1.2", "!=1.*"])
EXTRAS = st.sets(st.sampled_from(list(map(extra_name, ("x", "y-z", "extra"))))).map(
    lambda found: tuple(sorted(found))
)


def quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


ENVIRONMENTS = st.one_of(
    st.sampled_from(["", "python_version >= '3.11'", "sys_platform == 'win32' or os_name == 'posix'"]),
    ODD.map(lambda text: f"platform_version == {quoted(text)}"),
    ODD.map(lambda text: f"platform_release != {quoted(text)} and python_version < '3.12'"),
).map(markers.parse)
GATED = st.one_of(
    ENVIRONMENTS,
    st.sampled_from(["'x' in extras", "'y' not in extras and os_name == 'nt'"]).map(markers.parse),
)


def requirements(where: st.SearchStrategy[int]) -> st.SearchStrategy[Requirement]:
    return st.builds(Requirement, NAMES, EXTRAS, SPECIFIERS, where, st.just(""), st.none())


SIDES = st.one_of(
    st.sampled_from(["cpu", "gpu", "all"]).map(
        lambda name: (f"extra `{name}`", markers.in_extra(extra_name(name)))
    ),
    st.sampled_from(["dev", "all"]).map(lambda name: (f"group `{name}`", markers.in_group(group_name(name)))),
)


@st.composite
def exclusives(draw: st.DrawFn) -> Exclusive:
    sides = draw(st.lists(SIDES, min_size=2, max_size=3, unique_by=lambda side: side[0]))
    brought = [draw(st.just(markers.NEVER) | GATED) for _ in sides]
    gates = (markers.or_(gate, more) for (_, gate), more in zip(sides, brought, strict=True))
    return Exclusive(tuple(gates), tuple(name for name, _ in sides))


ADJUSTMENTS = st.builds(
    Adjustments,
    constraints=st.lists(requirements(ENVIRONMENTS).map(lambda r: r._replace(extras=())), max_size=3).map(
        tuple
    ),
    overrides=st.lists(
        st.builds(Override, requirements(ENVIRONMENTS | st.just(markers.NEVER)), st.none(), st.just(""))
        | st.builds(Override, requirements(ENVIRONMENTS), NAMES, VERSIONS),
        max_size=3,
    ).map(tuple),
    excludes=st.lists(NAMES, max_size=3).map(tuple),
    scoped_excludes=st.lists(
        st.builds(
            Exclusion, NAMES, st.sets(NAMES, max_size=3).map(lambda found: tuple(sorted(found))), VERSIONS
        ),
        max_size=3,
        unique_by=lambda exclusion: (exclusion.parent, exclusion.parent_version),
    ).map(tuple),
    conflicts=st.lists(exclusives(), max_size=2).map(tuple),
    environments=st.lists(ENVIRONMENTS, max_size=2).map(tuple),
    required_environments=st.lists(ENVIRONMENTS, max_size=2).map(tuple),
    metadata=st.lists(
        st.builds(
            StatedMetadata,
            NAMES,
            VERSIONS,
            st.sampled_from(["", ">=3.8", ">=3.8,<4"]),
            st.lists(requirements(GATED).map(str), unique=True, max_size=3).map(
                lambda found: tuple(sorted(found))
            ),
            EXTRAS,
        ),
        max_size=2,
    ).map(tuple),
)


@settings(max_examples=200)
@given(ADJUSTMENTS)
def test_what_is_recorded_is_read_back(said: Adjustments) -> None:
    texts = adjustment_texts(said)
    found = read_adjustment_texts(texts)

    assert adjustment_texts(found) == texts
    for was, now in zip(said, found, strict=True):
        assert set(now) == set(was)
    assert found.scope() == said.scope()


@settings(max_examples=200)
@given(ADJUSTMENTS)
def test_a_lock_keeps_what_is_recorded(said: Adjustments) -> None:
    some = lock(entry("a"), made_from=inputs(["a"])._replace(adjustments=said))

    assert parse_lock(render_lock(some), "pylock.toml") == some


# ---- order ---------------------------------------------------------------------------------------

LINES = {
    "constraint-dependencies": ['"a<2"', '"A < 2"', "\"b>1; os_name == 'nt'\""],
    "override-dependencies": [
        '"c==1"',
        '{ package = "p", dependencies = ["d", "e"] }',
        '{ package = "p", dependencies = ["e", "d"] }',
        '{ package = { name = "P", version = "1.0" }, dependencies = ["d"] }',
        '{ package = { name = "p", version = "1.0.0" }, dependencies = ["e"] }',
    ],
    "exclude-dependencies": [
        '"f"',
        '"g"',
        '"F"',
        '{ package = "p", dependencies = ["d", "c"] }',
        '{ package = "P", dependencies = ["c", "e"] }',
        '{ package = { name = "p", version = "1.0.0.0" }, dependencies = [] }',
        '{ package = { name = "p", version = "1" }, dependencies = ["e"] }',
    ],
    "environments": ["\"sys_platform == 'linux'\"", "\"sys_platform=='win32'\""],
    "dependency-metadata": [
        '{ name = "m", version = "1.0", requires-dist = ["n", "o; extra == \'x\'"] }',
        '{ name = "m", provides-extra = ["z", "y"] }',
    ],
    "conflicts": [
        '[{ extra = "x" }, { extra = "y" }]',
        '[{ group = "dev" }, { extra = "y" }]',
        '[{ extra = "y" }, { extra = "x" }]',
    ],
}
EXTRA_LINES = ['x = ["me[z]"]', "y = []", "z = []"]
GROUP_LINES = ['dev = ["q"]', 'all = [{ include-group = "dev" }]']


def project(order: random.Random) -> str:
    def shuffled(lines: list[str]) -> list[str]:
        return order.sample(lines, len(lines))

    tables = shuffled([f"{table} = [{', '.join(shuffled(lines))}]" for table, lines in LINES.items()])
    sections = [
        ["[project.optional-dependencies]", *shuffled(EXTRA_LINES)],
        ["[dependency-groups]", *shuffled(GROUP_LINES)],
        ["[tool.detent]", *tables],
    ]
    return pyproject(
        "\n".join("\n".join(section) for section in order.sample(sections, len(sections))) + "\n"
    )


IN_ORDER = manifest(project(random.Random(0))).inputs("")


@given(st.randoms(use_true_random=False))
def test_order_in_the_file_never_shows(order: random.Random) -> None:
    found = manifest(project(order)).inputs("")

    assert found.recorded() == IN_ORDER.recorded()
    assert found.adjustments._replace(constraints=(), overrides=(), conflicts=()) == (
        IN_ORDER.adjustments._replace(constraints=(), overrides=(), conflicts=())
    )
    assert found.recorded().as_inputs(found.name, "").recorded() == found.recorded()


# ---- nothing but faults --------------------------------------------------------------------------

VALUES = st.recursive(
    st.sampled_from(['"a"', '"="', "3", "true", '"a[x]>1"', "\"os_name == 'nt'\"", "1979-05-27"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(
                ["package", "name", "version", "dependencies", "extra", "group", "requires-dist"]
            ),
            inner,
            max_size=3,
        ).map(lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}")
    ),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.sampled_from([*LINES, "required-environments"]), VALUES)
def test_any_value_is_read_or_refused_with_its_place(table: str, value: str) -> None:
    text = pyproject(f"[project.optional-dependencies]\na = []\nx = []\n[tool.detent]\n{table} = {value}\n")
    try:
        found = manifest(text).adjustments
    except DetentError as error:
        for fault in getattr(error, "failures", (error,)):
            assert fault.what.startswith("`pyproject.toml:10:")
        return
    assert adjustment_texts(read_adjustment_texts(adjustment_texts(found))) == adjustment_texts(found)


def test_the_names_of_markers_are_no_trap() -> None:
    stated = StatedMetadata(
        PackageName("m"), requires=("extra; 'x' in extras", "group"), extras=(ExtraName("x"),)
    )

    (found,) = read_adjustment_texts(adjustment_texts(Adjustments(metadata=(stated,)))).metadata
    assert found == stated
    assert parse_requirement("requires-python>=3") == Requirement(
        PackageName("requires-python"), specifier=">=3"
    )
