"""Where packages come from, by all that a project says."""

from detent.model import markers
from detent.model.source_texts import source_texts
from support.manifests import fault, manifest, pyproject

GIT = "git+https://h.example/a.git"


def rules(text: str) -> dict[str, tuple[str, ...]]:
    return dict(source_texts(manifest(text).inputs("").all_sources()))


def test_a_url_that_is_all_that_is_asked_of_a_name_holds_for_everybody() -> None:
    text = (
        f'optional-dependencies = {{ x = ["a @ {GIT}", "b @ file:./b ; os_name == \'nt\'"] }}\n'
        f'[dependency-groups]\ndev = ["a[net] @ {GIT}"]'
    )

    assert rules(pyproject(project=text)) == {
        "a": ('{git = "https://h.example/a.git"}',),
        "b": ('{path = "b", marker = "sys_platform == \'win32\'"}',),
    }


def test_a_url_beside_other_wishes_holds_with_what_brings_it_in() -> None:
    text = (
        f'dependencies = ["a"]\noptional-dependencies = {{ x = ["a @ {GIT}"], all = ["me[x]"] }}\n'
        "[dependency-groups]\ndev = []\n"
    )

    assert rules(pyproject(project=text)) == {
        "a": ("{git = \"https://h.example/a.git\", marker = \"'all' in extras or 'x' in extras\"}",)
    }


def test_urls_that_are_never_meant_at_once_exclude_each_other() -> None:
    text = (
        f'optional-dependencies = {{ x = ["a @ {GIT}"] }}\n[dependency-groups]\ndev = ["a @ file:./a"]\n'
        '[tool.detent]\nconflicts = [[{ extra = "x" }, { group = "dev" }]]\n'
    )

    one, other = manifest(pyproject(project=text)).inputs("").all_sources()
    assert markers.disjoint(one.marker, other.marker)
    error = fault(pyproject(project=text.replace("conflicts = ", "conflicts = [] # ")))
    assert error.what == "`pyproject.toml:7`: `a` comes from two sources at once"


def test_what_an_override_says_takes_the_place_of_the_projects_own_word() -> None:
    text = f'[tool.detent]\noverride-dependencies = ["a @ {GIT}", "b @ file:./b"]\n'

    assert rules(pyproject(text, project='dependencies = ["a @ file:./a"]')) == {
        "a": ('{git = "https://h.example/a.git"}',),
        "b": ('{path = "b"}',),
    }


def test_declared_rules_stand_beside_those_of_urls_and_can_be_left_aside() -> None:
    text = '[tool.detent.sources]\nb = { path = "b" }\nc = { path = "c" }\n'
    inputs = manifest(pyproject(text, project=f'dependencies = ["a @ {GIT}"]')).inputs("")

    assert [rule.name for rule in inputs.all_sources()] == ["a", "b", "c"]
    assert [rule.name for rule in inputs.without_sources(None).all_sources()] == ["a"]
    (name,) = (rule.name for rule in inputs.sources if rule.name == "b")
    assert [rule.name for rule in inputs.without_sources((name,)).sources] == ["c"]
    (rule,) = inputs.without_sources(None).all_sources()
    assert (rule.where, rule.marker) == ("pyproject.toml:5", markers.ALWAYS)


def test_inputs_without_any_source_have_none() -> None:
    assert manifest(pyproject(project='dependencies = ["a"]')).inputs("").all_sources() == ()
