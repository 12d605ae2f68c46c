"""`[tool.detent.sources]`: what it says, and every way it can be wrong."""

from pathlib import Path

import pytest

from detent.errors.project import ManifestInvalid
from detent.model.source_texts import source_texts
from detent.project.document import parse_document
from detent.project.manifest import parse_manifest
from detent.project.references import with_variables
from detent.project.source_tables import sources_path
from support.manifests import fault, faults, manifest, pyproject

LISTS = (
    'dependencies = ["a"]\noptional-dependencies = { cpu = ["b"], cuda = ["b"] }\n'
    "[dependency-groups]\ndev = []\n[tool.detent.sources]\n"
)
"""The first line of the sources is the tenth of the file."""


def said(text: str) -> dict[str, tuple[str, ...]]:
    """What sources come to, as a lock records them."""
    return dict(source_texts(manifest(pyproject(project=LISTS + text)).sources))


def refused(text: str) -> tuple[str, str]:
    """Where and how sources are refused."""
    error = fault(pyproject(project=LISTS + text))
    assert isinstance(error, ManifestInvalid)
    where, _, what = error.what.partition("`: ")
    return where.removeprefix("`pyproject.toml:"), f"{what}: {error.why}" if error.why else what


# ---- what is said --------------------------------------------------------------------------------


def test_every_kind_of_source_is_read_in_its_normal_form() -> None:
    assert said(
        """\
A = { git = "git+https://Host.example/a.git", tag = "v1", subdirectory = "./x/", lfs = true, submodules = false }
b_c = { url = "https://host.example/b.whl#sha256=%s", subdirectory = "." }
d = { path = "./libs/../d", editable = false }
[tool.detent.sources.e]
workspace = true
[tool.detent.sources.f]
index = "Private"
marker = "os_name=='nt'"
"""
        % ("AB" * 32)
    ) == {
        "a": ('{git = "https://host.example/a.git", tag = "v1", subdirectory = "x", lfs = true}',),
        "b-c": ('{url = "https://host.example/b.whl#sha256=%s"}' % ("ab" * 32),),
        "d": ('{path = "d", editable = false}',),
        "e": ("{workspace = true}",),
        "f": ('{index = "Private", marker = "sys_platform == \'win32\'"}',),
    }


def test_a_list_has_a_source_for_each_place() -> None:
    text = """\
b = [
  { index = "one", extra = "CPU" },
  { index = "two", extra = "cuda", marker = "sys_platform == 'linux'" },
]
"""
    with_conflicts = f'{text}[tool.detent]\nconflicts = [[{{ extra = "cpu" }}, {{ extra = "cuda" }}]]\n'

    assert said(with_conflicts) == {
        "b": (
            '{index = "one", marker = "\'cpu\' in extras"}',
            "{index = \"two\", marker = \"'cuda' in extras and sys_platform == 'linux'\"}",
        )
    }
    assert refused(text) == (
        "12",
        "`b` comes from two sources at once: the other one stands at `pyproject.toml:11`",
    )


def test_every_rule_knows_its_line() -> None:
    text = (
        'a = [\n  { path = "a", group = "dev" },\n  { path = "a" },\n]\n[tool.detent.sources.c]\npath = "c"\n'
    )
    rules = manifest(pyproject(project=LISTS + text)).sources

    assert [(rule.name, rule.where) for rule in rules] == [
        ("a", "pyproject.toml:12"),
        ("a", "pyproject.toml:11"),
        ("c", "pyproject.toml:14"),
    ]


def test_a_url_and_a_source_for_the_same_name_contradict_each_other() -> None:
    text = '[tool.detent.sources]\na = { path = "a" }\n'
    both = pyproject(text, project='dependencies = ["a @ file:./b"]')

    assert fault(both).what == "`pyproject.toml:7`: `a` comes from two sources at once"
    assert fault(both).why == "the other one stands at `pyproject.toml:5`"
    assert len(manifest(both.replace("./b", "./a")).inputs("").all_sources()) == 2


def test_two_sources_on_one_line_are_not_told_apart_by_it() -> None:
    both = pyproject('[tool.detent.sources]\na = [{ path = "a" }, { path = "b" }]\n')

    assert fault(both).what == "`pyproject.toml:7`: `a` comes from two sources at once"
    assert fault(both).why == "both stand on that line"


# ---- those of uv ---------------------------------------------------------------------------------


def test_those_of_uv_are_read_where_there_are_no_own_ones_and_it_is_said() -> None:
    of_uv = '[tool.uv.sources]\na = { path = "../a", editable = true }\n'
    found = manifest(pyproject(of_uv))

    assert source_texts(found.sources) == (("a", ('{path = "../a", editable = true}',)),)
    (note,) = found.notes
    assert note.startswith("`[tool.uv.sources]` in pyproject.toml says where packages come from")
    for own in ("[tool.detent]\nsources = {}\n", '[tool.detent.sources]\nb = { path = "b" }\n'):
        other = manifest(pyproject(of_uv + own))
        assert other.notes == ()
        assert [rule.name for rule in other.sources] == ["b"] * own.count("path")
    assert manifest(pyproject("[tool.uv]\nsources = {}\n")).notes == ()


def test_conflicts_of_uv_count_beside_its_sources_which_may_lean_on_them() -> None:
    extras = 'a = ["x"]\nb = ["x"]\n'
    of_uv = (
        "[project.optional-dependencies]\n"
        f"{extras}[tool.uv]\nconflicts = [[{{ extra = 'a' }}, {{ extra = 'b' }}]]\n"
    )
    leaning = "[tool.uv.sources]\nx = [{ path = 'a', extra = 'a' }, { path = 'b', extra = 'b' }]\n"

    found = manifest(pyproject(of_uv + leaning))
    assert [exclusive.names for exclusive in found.adjustments.conflicts] == [("extra `a`", "extra `b`")]
    assert found.notes[1] == "`conflicts` of `[tool.uv]` in `pyproject.toml` count, as its sources do"
    assert found.unread == ()

    assert manifest(pyproject(of_uv)).adjustments.conflicts == ()
    unknown = fault(pyproject((of_uv + leaning).replace("{ extra = 'b' }]]", "{ extra = 'c' }]]")))
    assert unknown.what.endswith("the extra `c` does not exist")
    own = "[tool.detent]\nconflicts = []\n"
    assert fault(pyproject(of_uv + own + leaning)).what.endswith("`x` comes from two sources at once")


def test_a_fault_in_those_of_uv_is_named_there() -> None:
    error = fault(pyproject("[tool.uv.sources]\na = 3\n"))

    assert error.what.startswith("`pyproject.toml:7:1`: the source of `a` must be a table")


def test_the_table_that_is_read_is_the_one_to_write_into() -> None:
    for text, path in (("", "detent"), ("[tool.uv.sources]\n", "uv"), ("[tool]\nuv = 3\n", "detent")):
        assert sources_path(parse_document(text, "x").data) == ("tool", path, "sources")


# ---- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "a = 3",
            "10:1",
            'the source of `a` must be a table such as `{git = "https://..."}`, or a list of them, found a number',
        ),
        (
            'a = [{ path = "a" }, "b"]',
            "10:22",
            'the source of `a` must be a table such as `{git = "https://..."}`, or a list of them, found a string',
        ),
        (
            "a = {}",
            "10:1",
            "the source of `a` cannot be used: it names no source: `git`, `url`, `path`, `workspace`, `index`",
        ),
        (
            'a = { path = "a", git = "b" }',
            "10:7",
            "`path` of the source of `a` cannot be used: `git` and `path` name two sources",
        ),
        (
            'a = { git = "https://h.example/x", rev = "a", branch = "b" }',
            "10:47",
            "`branch` of the source of `a` cannot be used: only one of `rev`, `branch` can say which revision",
        ),
        (
            'a = { path = "a", rev = "b" }',
            "10:19",
            "`rev` of the source of `a` cannot be used: it says nothing beside `path`",
        ),
        (
            'a = { path = "" }',
            "10:7",
            "`path` of the source of `a` cannot be used: it must be a string that is not empty",
        ),
        (
            'a = { path = "a", editable = "yes" }',
            "10:19",
            "`editable` of the source of `a` cannot be used: it must be `true` or `false`",
        ),
        (
            'a = { path = "a.whl", editable = true }',
            "10:23",
            "`editable` of the source of `a` cannot be used: a file cannot be editable, only a folder can",
        ),
        (
            'a = { path = "a", editable = true, package = false }',
            "10:36",
            "`package` of the source of `a` cannot be used: what is never installed cannot be editable",
        ),
        (
            'a = { path = "~/a" }',
            "10:7",
            "`path` of the source of `a` cannot be used: `~` is a different folder for everybody",
        ),
        (
            "a = { workspace = false }",
            "10:7",
            "`workspace` of the source of `a` cannot be used: it can only be `true`",
        ),
        (
            'a = { index = "-x" }',
            "10:7",
            "`index` of the source of `a` cannot be used: `-x` is not the name of an index",
        ),
        (
            'a = { git = "-x" }',
            "10:7",
            "`git` of the source of `a` cannot be used: it begins with `-`, which a program could take for an option",
        ),
        (
            'a = { git = "https://h.example/x", branch = "-x" }',
            "10:36",
            "`branch` of the source of `a` cannot be used: `-x` begins with `-`, which git would take for an option",
        ),
        (
            'a = { url = "file:///x.whl" }',
            "10:7",
            "`url` of the source of `a` cannot be used: a file is fetched by `https` or `http`, not by `file`",
        ),
        (
            'a = { url = "https://h.example/x.zip#subdirectory=a", subdirectory = "b" }',
            "10:55",
            "`subdirectory` of the source of `a` cannot be used: the URL says `a`",
        ),
        ('a = { path = "a", marker = "os_name" }', "10:19", "`os_name` is not a valid marker: "),
        ('a = { path = "a", marker = 3 }', "10:19", "`marker` must be a string, found a number"),
        (
            'a = { path = "a", extra = "gpu" }',
            "10:19",
            "the extra `gpu` does not exist: the extras are `cpu`, `cuda`",
        ),
        (
            'a = { path = "a", group = "docs" }',
            "10:19",
            "the group `docs` does not exist: the groups are `dev`",
        ),
        ('a = { path = "a", group = "-" }', "10:19", "`group` of a source cannot be used: "),
        (
            "a = { path = \"a\", marker = \"python_version < '3' and python_version > '3'\" }",
            "10:1",
            "the source of `a` holds nowhere: no place fits what it says",
        ),
        ('"!" = { path = "a" }', "10:1", "`!` in `tool.detent.sources` cannot be used: "),
        (
            'a = { path = "a" }\nA = { path = "a" }',
            "11:1",
            "`A` and `a` in `tool.detent.sources` are one name: both are `a` once normalised",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, where: str, what: str) -> None:
    found = refused(text)

    assert found[0] == where
    assert found[1].startswith(what)


def test_a_slip_of_the_fingers_is_named_with_what_was_meant() -> None:
    error = fault(pyproject(project=LISTS + 'a = { path = "a", editabel = true }'))

    assert error.what == "`pyproject.toml:10:19`: `editabel` is nothing that a source can say"
    assert error.next_steps == ("write `editable`, or take it out",)


def test_sources_that_are_no_table_are_refused() -> None:
    error = fault(pyproject("[tool.detent]\nsources = []"))

    assert error.what == "`pyproject.toml:7:1`: `tool.detent.sources` must be a table, found a list"


def test_every_fault_is_shown() -> None:
    assert (
        len(faults(pyproject(project=LISTS + 'a = { b = 1, c = 2 }\nb = { path = "/", extra = "no" }'))) == 3
    )


# ---- who logs in ---------------------------------------------------------------------------------


def test_variables_for_logging_in_are_handed_out_and_nowhere_else() -> None:
    text = pyproject(
        '[tool.detent.sources]\nb = { url = "https://me:${WORD}@h.example/b.whl" }\n',
        project='dependencies = ["a @ git+https://${TOKEN}@h.example/a.git@v1 ; os_name == \'nt\'", "c @ file:./c"]',
    )
    found = manifest(text)

    assert found.logins == ("https://${TOKEN}@h.example/a.git@v1", "https://me:${WORD}@h.example/b.whl")
    assert "$" not in str(found.inputs("").recorded())
    assert manifest(pyproject()).logins == ()


def test_a_login_has_the_values_of_its_variables_once_all_are_set() -> None:
    assert with_variables("https://me:${WORD}@h.example/b.whl", {"WORD": "a/b@c"}) == (
        "https://me:a%2Fb%40c@h.example/b.whl"
    )
    assert with_variables("https://h.example/b.whl", {}) == "https://h.example/b.whl"
    assert with_variables("https://${A}:${B}@h.example/b.whl", {"A": "1", "B": ""}) == ""


def test_the_paths_of_a_member_are_seen_from_the_folder_of_the_lock() -> None:
    text = pyproject(
        '[tool.detent.sources]\nb = { path = "../b" }\n', project='dependencies = ["a @ file:./a"]'
    )
    found = parse_manifest(text, Path("packages/me/pyproject.toml"), display="x", base="packages/me")

    assert str(found.dependencies[0]) == "a @ file:./packages/me/a"
    assert source_texts(found.sources) == (("b", ('{path = "packages/b"}',)),)
