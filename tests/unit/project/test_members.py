"""What several projects ask for together: groups of one lock, Pythons, sources."""

from pathlib import Path

import pytest

from detent.errors import DetentError, Failures
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.members import Member
from detent.model.sources import PathSource, SourceRule, UrlSource
from detent.project.manifest import Manifest, parse_manifest
from detent.project.members import Asking, narrowest, together
from support.manifests import pyproject


def root(rest: str = "", members: tuple[Member, ...] = (), *, project: str = "") -> Inputs:
    text = pyproject(rest, project=project, name="root")
    found = parse_manifest(text, Path("pyproject.toml"), display="pyproject.toml", members=members)
    return found.inputs("")


def member(name: str, project: str = "", rest: str = "") -> Asking:
    text = pyproject(rest, project=project, name=name)
    display = f"{name}/pyproject.toml"
    return asking(parse_manifest(text, Path(display), display=display, base=name))


def asking(manifest: Manifest) -> Asking:
    extras = tuple(extra for extra, _ in manifest.extras)
    groups = tuple(group for group, _ in manifest.groups)
    folder = str(manifest.path.parent)
    return Asking(
        Member(manifest.name, folder, manifest.requires_python, manifest.is_package, extras, groups),
        manifest.inputs(""),
    )


def faults(root: Inputs, *askings: Asking) -> list[str]:
    with pytest.raises(DetentError) as caught:
        together(root, askings)
    error = caught.value
    failures = error.failures if isinstance(error, Failures) else (error,)
    return [f"{failure.what} {failure.why}" for failure in failures]


def rules(inputs: Inputs) -> list[SourceRule]:
    return [rule._replace(where="") for rule in inputs.sources]


URL_A = '[tool.detent.sources]\nx = { url = "https://x.example/x-1.0-py3-none-any.whl" }\n'
URL_B = '[tool.detent.sources]\nx = { url = "https://x.example/x-2.0-py3-none-any.whl" }\n'
A = UrlSource("https://x.example/x-1.0-py3-none-any.whl")
B = UrlSource("https://x.example/x-2.0-py3-none-any.whl")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ""),
        (["", ">=3.10"], ">=3.10"),
        ([">=3.10", ">=3.12", ">=3.9"], ">=3.12"),
        ([">=3.10", "<3.13"], ">=3.10,<3.13"),
        ([">=3.10", ">=3.10,<3.13"], ">=3.10,<3.13"),
    ],
)
def test_the_pythons_are_those_that_all_allow(texts: list[str], expected: str) -> None:
    assert narrowest((text, "pyproject.toml") for text in texts) == expected


def test_pythons_that_exclude_each_other_are_refused_with_both_files() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        narrowest([(">=3.12", "a/pyproject.toml"), ("<3.11", "b/pyproject.toml")])

    assert {"a/pyproject.toml", "b/pyproject.toml"} <= set((caught.value.what + caught.value.why).split("`"))


def test_references_of_a_member_to_itself_are_followed() -> None:
    one = member("one", '[project.optional-dependencies]\nall = ["one[x]", "z"]\nx = ["y>=1"]\n')

    groups = dict(together(root(), [one]).groups)

    assert [str(need) for need in groups["one-extra-all"]] == ["y>=1", "z"]  # type: ignore[index]


def test_a_group_that_would_be_two_things_is_refused() -> None:
    clash = member("one", "[project.optional-dependencies]\nx = []\n")
    other = member("one-extra-x")

    assert "the group `one-extra-x` of the lock" in faults(root(), clash, other)[0]
    assert (
        "the group `one` of the workspace's root" in faults(root("[dependency-groups]\none = []\n"), clash)[0]
    )


def test_a_member_from_the_workspace_is_its_folder() -> None:
    one = member("one", rest="[build-system]\nrequires = []\n")
    plain = member("plain")
    says = "[tool.detent.sources]\none = { workspace = true }\nplain = { workspace = true }\n"
    two = member("two", 'dependencies = ["one", "plain"]', says)

    assert [(rule.name, rule.source) for rule in together(root(), [one, plain, two]).sources] == [
        ("one", PathSource("one", editable=True)),
        ("plain", PathSource("plain", package=False)),
    ]


def test_sources_of_a_member_hold_everywhere_where_nobody_else_asks() -> None:
    one = member("one", 'dependencies = ["x"]', URL_A)

    assert rules(together(root(), [one])) == [SourceRule(one.inputs.sources[0].name, A)]


def test_sources_of_a_member_hold_where_it_is_wanted_where_another_asks_too() -> None:
    one = member("one", 'dependencies = ["x"]', URL_A)

    (rule,) = rules(together(root(project='dependencies = ["x"]'), [one]))

    assert rule.marker == markers.in_group("one")


def test_two_members_with_two_sources_are_refused_unless_they_exclude_each_other() -> None:
    one, two = member("one", 'dependencies = ["x"]', URL_A), member("two", 'dependencies = ["x"]', URL_B)

    (says,) = faults(root(), one, two)
    assert "`x` comes from two sources at once" in says
    assert "one/pyproject.toml:" in says
    assert "two/pyproject.toml:" in says
    apart = root(
        '[tool.detent]\nconflicts = [[{package = "one"}, {package = "two"}]]\n', (one.member, two.member)
    )
    assert {rule.source for rule in together(apart, [one, two]).sources} == {A, B}


def test_the_extra_of_a_source_is_the_members_own() -> None:
    one = member(
        "one",
        '[project.optional-dependencies]\ngpu = ["x"]\n',
        '[tool.detent.sources]\nx = { url = "https://x.example/x-1.0-py3-none-any.whl", extra = "gpu" }\n',
    )

    (rule,) = rules(together(root(), [one]))

    assert rule.marker == markers.in_group("one-extra-gpu")


def test_a_path_of_a_member_is_seen_from_the_lock() -> None:
    one = member("one", 'dependencies = ["x"]', '[tool.detent.sources]\nx = { path = "../libs/x" }\n')

    assert [rule.source for rule in rules(together(root(), [one]))] == [PathSource("libs/x")]


def test_members_are_named_in_conflicts_with_their_extras_and_groups() -> None:
    one = member("one", "[project.optional-dependencies]\nx = []\n", "[dependency-groups]\ng = []\n")
    says = '[{package = "one"}, {package = "two"}], [{package = "one", extra = "x"}, {package = "one", group = "g"}]'

    found = root(f"[tool.detent]\nconflicts = [{says}]\n", (one.member, member("two").member))

    assert [exclusive.names for exclusive in found.adjustments.conflicts] == [
        ("group `one`", "group `two`"),
        ("group `one-extra-x`", "group `one-group-g`"),
    ]


def test_a_member_cannot_need_the_root() -> None:
    one = member("one", 'dependencies = ["root"]', '[tool.detent.sources]\nroot = { path = ".." }\n')

    assert "a member of a workspace cannot need its root, `root`" in faults(root(), one)[0]
