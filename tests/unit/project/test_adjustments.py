"""The tables of `[tool.detent]` that change an answer: what they say, and every way they can be wrong."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.adjustment_texts import adjustment_texts
from detent.model.adjustments import NO_ADJUSTMENTS
from detent.model.requirement import Origin
from support.manifests import fault, faults, manifest, pyproject


def said(text: str) -> dict[str, tuple[str, ...]]:
    """What a `[tool.detent]` comes to, as a lock records it."""
    return dict(adjustment_texts(manifest(pyproject(f"[tool.detent]\n{text}")).adjustments))


def refused(text: str) -> tuple[str, str]:
    """Where and how a `[tool.detent]` is refused; its first line is the seventh of the file."""
    error = fault(pyproject(f"[tool.detent]\n{text}"))
    assert isinstance(error, ManifestInvalid)
    where, _, what = error.what.partition(": ")
    return where.strip("`").removeprefix("pyproject.toml:"), f"{what}: {error.why}" if error.why else what


# ---- what is said --------------------------------------------------------------------------------


def test_a_project_that_says_nothing_has_no_adjustments() -> None:
    assert manifest(pyproject()).adjustments is NO_ADJUSTMENTS
    assert manifest(pyproject('[tool.detent]\nbuild = "deny"\n')).adjustments is NO_ADJUSTMENTS
    assert manifest(pyproject()).inputs("").adjustments is NO_ADJUSTMENTS


def test_every_table_is_read_in_its_normal_form() -> None:
    text = """\
constraint-dependencies = ["B > 1", "a<2", "A <2", "never; python_version < '3' and python_version > '3'"]
override-dependencies = [
  "C[y,X] == 1",
  { package = "Boto_3", dependencies = ["urllib3>=2", "six"] },
  { package = { name = "boto-3", version = "1.0rc-1" }, dependencies = ["six"] },
  { package = { name = "boto-3", version = "1.0.0rc1" }, dependencies = ["x"] },
  { package = { name = "any" }, dependencies = ["six"] },
  "gone>=1; python_version < '3' and python_version > '3'",
]
exclude-dependencies = [
  "Zope.Interface", "b", "B",
  { package = "Boto_3", dependencies = ["Urllib3", "six"] },
  { package = { name = "boto-3" }, dependencies = ["six", "a"] },
  { package = { name = "boto-3", version = "1.0.0RC1" }, dependencies = [] },
]
environments = "sys_platform == 'linux'"
required-environments = ["sys_platform=='linux' and platform_machine=='x86_64'"]
[[tool.detent.dependency-metadata]]
name = "Chumpy"
version = "0.70.0-rc1"
requires-dist = ["Numpy >= 1.8.1", "six; extra == 'Test'", "numpy>=1.8.1"]
requires-python = ">= 3.8"
provides-extra = ["More"]
[[tool.detent.dependency-metadata]]
name = "chumpy"
provides-extras = ["x"]
"""
    assert said(text) == {
        "constraint-dependencies": ("a<2", "b>1"),
        "dependency-metadata": (
            "chumpy | extra x",
            (
                "chumpy==0.70.0rc1 | requires-python >=3.8 | extra more | extra test"
                " | numpy>=1.8.1 | six; 'test' in extras"
            ),
        ),
        "environments": ("sys_platform == 'linux'",),
        "exclude-dependencies": ("b", "boto-3: a, six, urllib3", "boto-3==1.0.0rc1:", "zope-interface"),
        "override-dependencies": (
            "any: six",
            "boto-3: six",
            "boto-3: urllib3>=2",
            "boto-3==1.0.0rc1: six",
            "boto-3==1.0.0rc1: x",
            "c[x,y]==1",
            "gone; python_version < '0'",
        ),
        "required-environments": ("sys_platform == 'linux' and platform_machine == 'x86_64'",),
    }


def test_an_entry_without_dependencies_says_nothing() -> None:
    text = """\
override-dependencies = [{ package = "a", dependencies = [] }]
exclude-dependencies = [
  { package = "a", dependencies = [] },
  { package = { name = "b", version = "1.0" }, dependencies = [] },
]
"""
    assert manifest(pyproject(f"[tool.detent]\n{text}")).adjustments == NO_ADJUSTMENTS


def test_one_version_is_spelled_one_way_by_overrides_and_exclusions() -> None:
    text = """\
override-dependencies = [{ package = { name = "a", version = "1.0.0" }, dependencies = ["b"] }]
exclude-dependencies = [{ package = { name = "a", version = "1.0" }, dependencies = ["c"] }]
"""
    assert said(text) == {
        "exclude-dependencies": ("a==1.0: c",),
        "override-dependencies": ("a==1.0: b",),
    }


def test_requirements_know_their_line() -> None:
    text = (
        '[tool.detent]\nconstraint-dependencies = [\n  "a<2",\n  "b<2",\n]\n'
        'override-dependencies = [\n  "c",\n  { package = "d", dependencies = ["e"] },\n]\n'
    )
    found = manifest(pyproject(text)).adjustments

    assert [r.origin for r in found.constraints] == [
        Origin("tool.detent.constraint-dependencies", 8),
        Origin("tool.detent.constraint-dependencies", 9),
    ]
    assert [(o.requirement.name, o.requirement.origin) for o in found.overrides] == [
        ("c", Origin("tool.detent.override-dependencies", 12)),
        ("e", Origin("tool.detent.override-dependencies", 13)),
    ]


def test_the_lists_of_a_lock_come_with_the_adjustments() -> None:
    text = pyproject('[tool.detent]\nexclude-dependencies = ["a"]\n', project='dependencies = ["a", "b"]')

    inputs = manifest(text).inputs("")

    assert [str(root.requirement) for root in inputs.roots()] == ["b"]
    assert inputs.recorded().adjustments == (("exclude-dependencies", ("a",)),)


def test_environments_may_overlap() -> None:
    found = manifest(
        pyproject(
            "[tool.detent]\nenvironments = [\"sys_platform == 'linux'\", \"python_version >= '3.13'\"]\n"
        )
    ).adjustments

    assert found.scope() == markers.parse("sys_platform == 'linux' or python_version >= '3.13'")


# ---- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "constraint-dependencies = 3",
            "7:1",
            "`tool.detent.constraint-dependencies` must be a list of strings, found a number",
        ),
        (
            'constraint-dependencies = ["a",\n 3]',
            "8:2",
            "`tool.detent.constraint-dependencies` must be a list of strings, found an item that is a number",
        ),
        (
            'constraint-dependencies = [\n "a b"]',
            "8:2",
            (
                "`a b` in `tool.detent.constraint-dependencies` is not a valid requirement:"
                " `b` cannot stand after the name `a`"
            ),
        ),
        (
            'constraint-dependencies = ["a[x]<2"]',
            "7:28",
            (
                "`a[x]<2` in `tool.detent.constraint-dependencies` names extras:"
                " a constraint bounds the versions of what is needed anyway, and brings nothing in"
            ),
        ),
        (
            "constraint-dependencies = [\"a<2; extra == 'x'\"]",
            "7:28",
            (
                "the marker of `a<2; extra == 'x'` in `tool.detent.constraint-dependencies` asks about extras"
                " or groups: it counts for every package, so nobody could say whose extras are meant"
            ),
        ),
        (
            "override-dependencies = {}",
            "7:1",
            "`tool.detent.override-dependencies` must be a list, found a table",
        ),
        (
            "override-dependencies = [3]",
            "7:26",
            (
                "`tool.detent.override-dependencies` must hold strings and"
                ' `{package = "NAME", dependencies = ["..."]}`, found a number'
            ),
        ),
        (
            'override-dependencies = [{ package = "a", dependencies = ["b"], more = 1 }]',
            "7:26",
            (
                "`tool.detent.override-dependencies` must hold strings and"
                ' `{package = "NAME", dependencies = ["..."]}`, found a table of another kind'
            ),
        ),
        (
            'exclude-dependencies = [{ package = "b", dependencies = ["c", 3] }]',
            "7:63",
            "`dependencies` must be a list of strings, found a number in it",
        ),
        (
            'exclude-dependencies = [{ package = "b", dependencies = ["c>1"] }]',
            "7:58",
            (
                "the name of a package cannot be used: `c>1` is not a valid package name: it has letters,"
                " digits, `.`, `-` and `_`, and starts and ends with a letter or digit"
            ),
        ),
        (
            'exclude-dependencies = [{ package = "b", names = ["c"] }]',
            "7:25",
            (
                "`tool.detent.exclude-dependencies` must hold strings and"
                ' `{package = "NAME", dependencies = ["..."]}`, found a table of another kind'
            ),
        ),
        (
            'exclude-dependencies = [{ package = "Me", dependencies = ["c"] }]',
            "7:27",
            (
                "the requirements of `me` are the project's own:"
                " an exclusion for one package is for what others wrote"
            ),
        ),
        (
            'override-dependencies = [{ package = "b", dependencies = ["c", 3] }]',
            "7:64",
            "`dependencies` must be a list of strings, found a number in it",
        ),
        (
            'override-dependencies = [{ package = "b", dependencies = ["="] }]',
            "7:59",
            (
                "`=` in `tool.detent.override-dependencies` is not a valid requirement:"
                " it does not start with the name of a package"
            ),
        ),
        (
            'override-dependencies = [{ package = "b==1", dependencies = ["c"] }]',
            "7:28",
            (
                "the name of a package cannot be used: `b==1` is not a valid package name: it has letters,"
                " digits, `.`, `-` and `_`, and starts and ends with a letter or digit"
            ),
        ),
        (
            'override-dependencies = [{ package = 3, dependencies = ["c"] }]',
            "7:28",
            (
                "`package` in `tool.detent.override-dependencies` must be a name"
                ' or `{name = "NAME", version = "1.0"}`'
            ),
        ),
        (
            'override-dependencies = [{ package = { name = "b", version = ">1" }, dependencies = ["c"] }]',
            "7:52",
            "`>1` is not a valid version",
        ),
        (
            'override-dependencies = [{ package = "Me", dependencies = ["c"] }]',
            "7:28",
            (
                "the requirements of `me` are the project's own:"
                " an override for one package is for what others wrote"
            ),
        ),
        (
            'exclude-dependencies = ["a",\n "-"]',
            "8:2",
            (
                "the name of a package cannot be used: `-` is not a valid package name: it has letters,"
                " digits, `.`, `-` and `_`, and starts and ends with a letter or digit"
            ),
        ),
        (
            'exclude-dependencies = "a"',
            "7:1",
            "`tool.detent.exclude-dependencies` must be a list, found a string",
        ),
        (
            "environments = 3",
            "7:1",
            "`tool.detent.environments` must be a list of strings, found a number",
        ),
        (
            'environments = ["linux"]',
            "7:17",
            (
                "`linux` in `tool.detent.environments` is not a valid marker:"
                " there is no marker variable `linux` (at character 1 of the marker)"
            ),
        ),
        (
            "environments = [\"'x' in extras\"]",
            "7:17",
            (
                "`'x' in extras` in `tool.detent.environments` asks about extras or groups,"
                " and an environment has none"
            ),
        ),
        (
            'environments = [""]',
            "7:17",
            (
                "`` in `tool.detent.environments` holds everywhere:"
                " without it the lock is for everywhere as well"
            ),
        ),
        (
            "required-environments = \"os_name == 'nt' and os_name == 'posix'\"",
            "7:1",
            "`os_name == 'nt' and os_name == 'posix'` in `tool.detent.required-environments` holds nowhere",
        ),
        (
            "required-environments = [\"python_version < '3.9'\"]",
            "7:26",
            (
                "`python_version < '3.9'` in `tool.detent.required-environments` holds on no Python"
                " that `project.requires-python` allows"
            ),
        ),
        (
            """required-environments = ["os_name == 'nt'", "python_version >= '3.12'"]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]""",
            "7:26",
            (
                "`os_name == 'nt'` in `tool.detent.required-environments` is in none of"
                " `tool.detent.environments`: the lock is for those alone"
            ),
        ),
        (
            "dependency-metadata = 3",
            "7:1",
            "`tool.detent.dependency-metadata` must be a list, found a number",
        ),
        (
            'dependency-metadata = ["a"]',
            "7:24",
            "`tool.detent.dependency-metadata` must hold tables, found a string",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\n[[tool.detent.dependency-metadata]]\nversion = "1"',
            "9:1",
            "an entry of `tool.detent.dependency-metadata` must have a `name`, which is a string",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nrequires = []',
            "9:1",
            (
                "`requires` cannot be stated in `tool.detent.dependency-metadata`: what can be are `name`,"
                " `version`, `requires-dist`, `requires-python`, `provides-extra`, `provides-extras`"
            ),
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nversion = "1.*"',
            "9:1",
            "`1.*` is not a valid version",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nversion = 1.0',
            "9:1",
            "`version` must be a string, found a number",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nrequires-python = "3"',
            "9:1",
            "`3` is not a valid version specifier: `3` has no comparison before it, such as `==` or `>=`",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nrequires-dist = [\n "b", "c d"]',
            "10:7",
            (
                "`c d` in `tool.detent.dependency-metadata` is not a valid requirement:"
                " `d` cannot stand after the name `c`"
            ),
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nrequires-dist = "b"',
            "9:1",
            "`requires-dist` must be a list of strings, found a string",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nprovides-extra = ["x", 3]',
            "9:24",
            "`provides-extra` must be a list of strings, found a number in it",
        ),
        (
            '[[tool.detent.dependency-metadata]]\nname = "a"\nprovides-extras = ["-"]',
            "9:20",
            (
                "`-` in `provides-extras` cannot be used: `-` is not a valid name of an extra: it has letters,"
                " digits, `.`, `-` and `_`, and starts and ends with a letter or digit"
            ),
        ),
        (
            (
                'dependency-metadata = [\n {name = "a", version = "1.0"},\n {name = "b", version = "1.0"},\n'
                ' {name = "A", version = "1.0.0"}]'
            ),
            "10:2",
            "the metadata of `a` 1.0.0 is stated twice",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, where: str, what: str) -> None:
    assert refused(text) == (where, what)


@pytest.mark.parametrize(
    "text",
    [
        'constraint-dependencies = ["a @ https://example.com/a.whl"]',
        'override-dependencies = [{ package = "b", dependencies = ["a @ https://example.com/a.whl"] }]',
        'dependency-metadata = [{ name = "b", requires-dist = ["a @ https://example.com/a.whl"] }]',
    ],
)
def test_a_url_that_would_hold_for_one_alone_is_no_source(text: str) -> None:
    error = fault(pyproject(f"[tool.detent]\n{text}"))

    assert error.what.startswith("`pyproject.toml:7:")
    assert "names a URL" in error.what
    assert error.next_steps == ("write it into `[tool.detent.sources]`",)


def test_several_faults_are_shown_together() -> None:
    text = """\
[tool.detent]
constraint-dependencies = ["a[x]", "="]
exclude-dependencies = [3]
environments = ["x"]
conflicts = [[]]
dependency-metadata = [{ version = "x", requires-dist = 3, more = 1 }]
"""
    assert [error.what.partition(":")[2].partition(":")[0] for error in faults(pyproject(text))] == [
        *("7", "7", "8", "9"),
        *("11", "11", "11", "11"),
        "10",
    ]


def test_a_requires_python_that_is_a_fault_makes_no_second_one() -> None:
    text = '[project]\nname = "me"\nversion = "1"\nrequires-python = ">=3.12,<3.11"\n'

    error = fault(f"{text}[tool.detent]\nenvironments = [\"sys_platform == 'linux'\"]\n")

    assert "no Python can be" in error.what
