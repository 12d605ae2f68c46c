"""The closure check against going through every environment one by one."""

from itertools import chain, combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from detent.lock.closure import closure_faults
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.requirement import Requirement, parse_requirement
from support.locks import entry, inputs, lock, target

CONDITIONS = ["", "; python_version < '3.11'", "; python_version >= '3.11'", "; sys_platform == 'win32'"]
WISHES = st.builds(
    str.__add__,
    st.sampled_from(["a", "b", "b<2", "b>=2", "c", "c[x]", "c[x,y]", "demo"]),
    st.sampled_from(CONDITIONS),
)
LISTS = st.lists(WISHES, max_size=2, unique=True)
MARKERS = [
    "",
    "python_version < '3.11'",
    "python_version >= '3.11'",
    "sys_platform == 'win32'",
    "'net' in extras",
    "'dev' in dependency_groups",
    "'net' in extras or 'dev' in dependency_groups",
]
TARGETS = [
    target(version, platform=platform) for version in ("3.9.1", "3.12.1") for platform in ("linux", "win32")
]


ADJUSTMENTS = st.fixed_dictionaries(
    {
        "constraint-dependencies": st.sampled_from([[], ["b<2"], ["b<2; sys_platform == 'win32'"]]),
        "exclude-dependencies": st.sampled_from([[], [], ["a"]]),
        "conflicts": st.sampled_from([[], ["extra net | group dev"]]),
    }
)


def subsets(*names: str) -> list[frozenset[str]]:
    return [frozenset(s) for s in chain.from_iterable(combinations(names, n) for n in range(len(names) + 1))]


def is_whole_by_hand(project: Inputs, some: Lock) -> bool:
    """Walk every environment from the project's wishes, and compare with what the markers select."""
    beside = project.adjustments
    for where, extras, groups in product(TARGETS, subsets("net"), subsets("dev")):
        if beside.conflicts and extras and groups:
            continue
        selected: dict[str, LockedPackage] = {}
        for package in some.packages:
            marker = markers.parse(package.marker)
            if markers.evaluate(marker, where.environment, extras=extras, groups=groups):
                if package.name in selected:
                    return False
                selected[package.name] = package
        waiting: list[Requirement] = [
            root.requirement
            for root in project.roots()
            if markers.evaluate(root.gate, where.environment, extras=extras, groups=groups)
        ]
        reached = set()
        while waiting:
            wish = waiting.pop()
            if wish.name == project.name or not markers.evaluate(wish.marker, where.environment):
                continue
            answer = selected.get(wish.name)
            if answer is None or not _allows(wish.specifier, answer.version):
                return False
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in reached:
                    reached.add((wish.name, extra))
                    lines = dict(answer.extras).get(extra, ()) if extra else answer.requires  # type: ignore[call-overload]
                    waiting += map(parse_requirement, lines)
        if {name for name, _ in reached} != set(selected):
            return False
        if any(name in selected for name in beside.excludes):
            return False
        for bound in beside.constraints:
            bounded = selected.get(bound.name) if markers.evaluate(bound.marker, where.environment) else None
            if bounded is not None and not _allows(bound.specifier, bounded.version):
                return False
    return True


def _allows(specifier: str, version: str) -> bool:
    return {"": True, "<2": version == "1.0", ">=2": version == "2.0"}[specifier]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Inputs, Lock]:
    beside = draw(st.just({}) | ADJUSTMENTS)
    lists = draw(LISTS), {"net": draw(LISTS)}, {"dev": draw(LISTS)}
    project = inputs(lists[0], extras=lists[1], groups=lists[2], adjustments=beside)
    entries = []
    for name, version in (("a", "1.0"), ("b", "1.0"), ("b", "2.0"), ("c", "1.0")):
        if draw(st.booleans()):
            marker = draw(st.sampled_from(MARKERS))
            needs = draw(LISTS)
            extras = {"x": draw(LISTS), "y": draw(LISTS)} if name == "c" else {}
            entries.append(entry(name, version, marker=marker, needs=needs, extras=extras))
    return project, lock(*entries, made_from=project)


@settings(max_examples=500, deadline=None)
@given(worlds())
def test_a_lock_has_faults_exactly_when_some_environment_is_wrong(world: tuple[Inputs, Lock]) -> None:
    project, some = world
    # An entry for nowhere is the one fault no environment shows; these markers all hold somewhere.
    assert (closure_faults(project, some) == ()) == is_whole_by_hand(project, some)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_lock_made_whole_by_hand_has_no_faults(world: tuple[Inputs, Lock]) -> None:
    """Random locks are rarely whole, so mend one: give every entry the marker its reach comes to."""
    project, some = world
    mended = _with_exact_markers(project, some)

    assert (closure_faults(project, mended) == ()) == is_whole_by_hand(project, mended)


def _with_exact_markers(project: Inputs, some: Lock) -> Lock:
    cells = [
        (where, extras, groups) for where, extras, groups in product(TARGETS, subsets("net"), subsets("dev"))
    ]
    texts: dict[LockedPackage, list[str]] = {package: [] for package in some.packages}
    for where, extras, groups in cells:
        python = ">= '3.11'" if where.version == "3.12.1" else "< '3.11'"
        platform = "==" if where.environment["sys_platform"] == "win32" else "!="
        cell = (
            f"python_version {python} and sys_platform {platform} 'win32'"
            f" and 'net' {'in' if extras else 'not in'} extras"
            f" and 'dev' {'in' if groups else 'not in'} dependency_groups"
        )
        waiting = [
            root.requirement
            for root in project.roots()
            if markers.evaluate(root.gate, where.environment, extras=extras, groups=groups)
        ]
        chosen: dict[str, LockedPackage] = {}
        reached = set()
        while waiting:
            wish = waiting.pop()
            if not markers.evaluate(wish.marker, where.environment):
                continue
            fitting = [p for p in some.packages if p.name == wish.name and _allows(wish.specifier, p.version)]
            answer = chosen.get(wish.name) or next(iter(fitting), None)
            if answer is None:
                continue
            chosen[wish.name] = answer
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in reached:
                    reached.add((wish.name, extra))
                    lines = dict(answer.extras).get(extra, ()) if extra else answer.requires  # type: ignore[call-overload]
                    waiting += map(parse_requirement, lines)
        for package in chosen.values():
            texts[package].append(f"({cell})")
    kept = [
        package._replace(marker=markers.render(markers.parse(" or ".join(where))))
        for package, where in texts.items()
        if where
    ]
    return some._replace(packages=tuple(kept))
