"""Reading and writing a pylock.toml as a whole."""

import tomllib

import pytest
from packaging.pylock import Pylock

from detent.errors.lock import LockInvalid
from detent.lock.model import Direct, Edge, Lock, LockedPackage
from detent.lock.pylock import parse_header, parse_lock, render_lock
from detent.model.requirement import package_name
from detent.model.sources import ProjectIndex
from support.locks import artifact, entry, foreign, inputs, lock
from support.pylocks import SHA, a_wheel, an_entry, reason, source

FULL = f"""\
lock-version = "1.0"
requires-python = ">=3.10"
extras = ["net"]
dependency-groups = ["dev", "test"]
created-by = "detent"

[tool.detent]
schema = 1
forks = [
    "python_version >= '3.11'",
    "python_version < '3.11'",
]

[tool.detent.options]
fork-strategy = "fewest"

[tool.detent.inputs]
default-groups = ["dev"]
dependencies = [
    "docopt>=0.6",
]

[tool.detent.inputs.extras]
net = [
    "idna>=3",
]

[tool.detent.inputs.groups]
dev = []
test = [
    "anyio",
]

[[packages]]
name = "anyio"
version = "4.0"
marker = "'test' in dependency_groups"
dependencies = [
    {{name = "idna", version = "3.10"}},
    {{name = "idna", version = "3.11"}},
]
index = "https://index.example.com/simple/"
wheels = [
    {{name = "anyio-4.0-py3-none-any.whl", url = "https://files.example.com/anyio-4.0-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}},
]

[packages.tool.detent]
requires = [
    "idna>=2.8",
]

[packages.tool.detent.extras]
trio = [
    "idna>=3",
]

[[packages]]
name = "docopt"
version = "0.6.2"
index = "https://index.example.com/simple/"
sdist = {{name = "docopt-0.6.2.tar.gz", url = "https://files.example.com/docopt-0.6.2.tar.gz", upload-time = 2014-06-16T11:18:57Z, size = 25901, hashes = {{sha256 = "{SHA}"}}}}

[[packages]]
name = "idna"
version = "3.10"
marker = "('net' in extras or 'test' in dependency_groups) and python_version < '3.11'"
index = "https://index.example.com/simple/"
wheels = [
    {{name = "idna-3.10-py3-none-any.whl", url = "https://files.example.com/idna-3.10-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}},
]

[[packages]]
name = "idna"
version = "3.11"
marker = "('net' in extras or 'test' in dependency_groups) and python_version >= '3.11'"
index = "https://index.example.com/simple/"
wheels = [
    {{name = "idna-3.11-py3-none-any.whl", url = "https://files.example.com/idna-3.11-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}},
]
"""


# ---- the layout ---------------------------------------------------------------------------------


def test_a_lock_is_written_back_as_it_was_read() -> None:
    assert render_lock(parse_lock(FULL, "pylock.toml")) == FULL


def test_the_values_of_a_lock_are_those_of_its_text() -> None:
    found = parse_lock(FULL, "pylock.toml")

    assert found.requires_python == ">=3.10"
    assert (found.extras, found.groups, found.default_groups) == (("net",), ("dev", "test"), ())
    assert found.forks == ("python_version >= '3.11'", "python_version < '3.11'")
    assert found.inputs is not None
    assert found.inputs.requires_python == ">=3.10"
    assert found.inputs.default_groups == ("dev",)
    assert found.inputs.groups == (("dev", ()), ("test", ("anyio",)))
    assert found.inputs.options == (("fork-strategy", "fewest"),)
    anyio, docopt, *idna = found.packages
    assert anyio.dependencies == (Edge(package_name("idna"), "3.10"), Edge(package_name("idna"), "3.11"))
    assert anyio.requires == ("idna>=2.8",)
    assert anyio.extras == (("trio", ("idna>=3",)),)
    assert docopt.sdist is not None
    assert (docopt.sdist.uploaded_at, docopt.sdist.size_bytes) == (1402917537, 25901)
    assert [p.version for p in idna] == ["3.10", "3.11"]


def test_what_is_written_is_valid_to_packaging() -> None:
    assert len(Pylock.from_dict(tomllib.loads(FULL)).packages) == 4


def test_a_lock_without_packages_says_so() -> None:
    empty = lock(made_from=inputs())

    text = render_lock(empty)

    assert "\npackages = []\n" in text
    assert parse_lock(text, "pylock.toml") == empty
    assert parse_header(text, "pylock.toml") == empty
    Pylock.from_dict(tomllib.loads(text))


def test_a_lock_of_another_tool_is_written_without_a_record() -> None:
    text = render_lock(Lock("", (entry("a"),), created_by="other"))

    assert "tool" not in text


def test_an_entry_without_wheels_and_with_built_metadata_is_written() -> None:
    bare = entry("a", wheels=[], sdist=True)._replace(is_built=True)
    rich = bare._replace(name=package_name("b"), requires=("c",), sdist=artifact("b-1.0.tar.gz"))
    text = render_lock(foreign(bare, rich))

    first, second = text.split("\n\n[[packages]]", 2)[1:]
    assert first.splitlines()[4].startswith(
        'sdist = {name = "a-1.0.tar.gz", url = "https://files.example.com/'
    )
    assert first.splitlines()[5:] == [
        "",
        "[packages.tool.detent]",
        'metadata = "built"',
    ]
    assert second.splitlines()[-5:] == [
        "[packages.tool.detent]",
        'metadata = "built"',
        "requires = [",
        '    "c",',
        "]",
    ]
    assert parse_lock(text, "pylock.toml") == foreign(bare, rich)


def test_odd_characters_are_escaped() -> None:
    odd = entry("a")._replace(index='https://x.example.com/"\\\x1b\n\u202e')

    text = render_lock(lock(odd))

    assert 'index = "https://x.example.com/\\"\\\\\\u001B\\u000A\\u202E"' in text
    assert parse_lock(text, "pylock.toml").packages == (odd,)


def test_files_by_path_and_direct_sources_survive() -> None:
    by_path = entry("a")._replace(
        wheels=(artifact("a-1.0-py3-none-any.whl", url="wheels/a-1.0-py3-none-any.whl"),)
    )
    from_git = LockedPackage(
        package_name("b"),
        "",
        direct=Direct("vcs", "https://git.example.com/b.git", "git", "main", "84b3", "sub"),
    )
    folder = LockedPackage(package_name("c"), "", direct=Direct("directory", "libs/c", editable=True))
    wheel_url = "https://d.example.com/d-2.0-py3-none-any.whl"
    archive = LockedPackage(
        package_name("d"),
        "2.0",
        wheels=(artifact("d-2.0-py3-none-any.whl", url=wheel_url, size=3),),
        direct=Direct("archive", wheel_url),
    )
    some = lock(by_path, from_git, folder, archive)

    text = render_lock(some)

    assert parse_lock(text, "pylock.toml") == some
    Pylock.from_dict(tomllib.loads(text))


# ---- the header -----------------------------------------------------------------------------------


def test_the_header_is_read_without_the_packages() -> None:
    broken_below = FULL.replace("[[packages]]\nname", "[[packages]]\n!!! name")

    assert parse_header(broken_below, "pylock.toml") == parse_lock(FULL, "pylock.toml")._replace(packages=())


def test_a_record_moved_behind_the_packages_is_still_found() -> None:
    start, end = FULL.index("[tool.detent]"), FULL.index("[[packages]]")
    moved = FULL[:start] + FULL[end:] + "\n" + FULL[start:end]

    assert parse_header(moved, "pylock.toml") == parse_header(FULL, "pylock.toml")


def test_a_header_that_is_no_toml_is_refused_with_its_place() -> None:
    with pytest.raises(LockInvalid) as caught:
        parse_header(FULL.replace('created-by = "detent"', "created-by = detent"), "pylock.toml")

    assert "pylock.toml:5:14" in caught.value.what


# ---- locks of other tools -------------------------------------------------------------------------


def test_entries_and_files_are_sorted_whatever_their_order() -> None:
    text = source(
        an_entry(f"wheels = [{a_wheel('b-1.10-py3-none-any.whl')}]", "b", "1.10"),
        an_entry(
            f"wheels = [{a_wheel('b-1.9-py3-none-any.whl')}, {a_wheel('b-1.9-cp39-none-any.whl')}]",
            "B",
            "1.9",
        ),
        an_entry(f"wheels = [{a_wheel()}]"),
    )

    found = parse_lock(text, "pylock.toml")

    assert [(p.name, p.version) for p in found.packages] == [("a", "1.0"), ("b", "1.9"), ("b", "1.10")]
    assert [w.filename for w in found.packages[1].wheels] == [
        "b-1.9-cp39-none-any.whl",
        "b-1.9-py3-none-any.whl",
    ]


def test_default_groups_of_another_tool_are_kept() -> None:
    text = source("packages = []", head='dependency-groups = ["Dev"]\ndefault-groups = ["Dev"]\n')

    found = parse_lock(text, "pylock.toml")

    assert (found.groups, found.default_groups) == (("dev",), ("dev",))


def test_a_later_minor_lock_version_is_accepted() -> None:
    assert parse_lock(source("packages = []").replace('"1.0"', '"1.7"'), "pylock.toml").packages == ()


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert parse_lock("\ufeff" + FULL.replace("\n", "\r\n"), "x") == parse_lock(FULL, "x")
    assert parse_header("\ufeff" + FULL.replace("\n", "\r\n"), "x") == parse_header(FULL, "x")


# ---- refusals -------------------------------------------------------------------------------------


def test_every_bad_entry_is_named() -> None:
    found = reason(
        source(
            an_entry("", "a"),
            an_entry(f"wheels = [{a_wheel('b-1.0-py3-none-any.whl')}]", "b"),
            an_entry("", "c"),
        )
    )

    assert "entry `a` 1.0 (line 4)" in found
    assert "entry `b`" not in found
    assert "entry `c` 1.0 (line 14)" in found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('lock-version = "1.0"', "", "`lock-version` is missing"),
        ('lock-version = "1.0"', 'lock-version = "new"', "`lock-version` is not a version"),
        ('lock-version = "1.0"', 'lock-version = "2.0"', "it has the lock version 2.0"),
        ('lock-version = "1.0"', "lock-version = 1.0", "`lock-version` must be a string"),
        ('created-by = "detent"', "", "`created-by` is missing"),
        ("schema = 1", "schema = 2", "has schema 2"),
        ("schema = 1", "schema = 0", "is not a schema"),
        ("schema = 1", "", "`schema` is missing"),
        ('extras = ["net"]', 'extras = ["-"]', "`extras` is not valid"),
        ('extras = ["net"]', 'extras = "net"', "`extras` must be an array, not a string"),
        ('requires-python = ">=3.10"', 'requires-python = "new"', "`requires-python` is not valid"),
        ("\"python_version < '3.11'\"", '"python_version <"', "`forks[1]` is not a valid marker"),
        ('default-groups = ["dev"]', "default-groups = [1]", "`default-groups[0]` must be a string"),
        ('fork-strategy = "fewest"', "fork-strategy = 1", "`fork-strategy` must be a string"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(old: str, new: str, expected: str) -> None:
    assert expected in reason(FULL.replace(old, new, 1))


def test_a_lock_without_the_packages_key_is_refused() -> None:
    assert "`packages` is missing" in reason(source())


def test_broken_toml_is_refused_with_line_and_column() -> None:
    assert "`pylock.toml:2:14`" in reason('lock-version = "1.0"\ncreated-by = other\n')


def test_a_merge_conflict_is_called_one() -> None:
    conflict = FULL.replace(
        'version = "4.0"', '<<<<<<< ours\nversion = "4.0"\n=======\nversion = "4.1"\n>>>>>>> theirs'
    )

    with pytest.raises(LockInvalid) as caught:
        parse_lock(conflict, "pylock.toml")

    assert caught.value.what == "`pylock.toml:36`: a merge conflict was left in the lock"
    assert caught.value.next_steps == ("run `detent lock`: it goes by both sides, and writes one lock",)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_absurd_toml_is_refused_and_not_a_crash(text: str) -> None:
    reason(text)


# ---- what the project says beside its requirements ----------------------------------------------

BESIDE = {
    "conflicts": ["extra cpu | group gpu ('gpu' in dependency_groups or 'more' in extras)"],
    "constraint-dependencies": ["a<2", "b>1; sys_platform == 'win32'"],
    "dependency-metadata": ["c==0.7 | requires-python >=3.8 | extra x | d>=1; platform_version == 'a | b'"],
    "environments": ["sys_platform == 'linux'"],
    "exclude-dependencies": ["e"],
    "override-dependencies": ["f: g>=2", "h; python_version < '3.0'"],
    "required-environments": ["platform_machine == 'x86_64' and sys_platform == 'linux'"],
}


def test_what_the_project_says_beside_its_requirements_has_a_line_for_each_thing() -> None:
    some = lock(made_from=inputs(["a"], extras={"x": []}, adjustments=BESIDE))

    text = render_lock(some)

    assert parse_lock(text, "pylock.toml") == some
    _, _, rest = text.partition('dependencies = [\n    "a",\n]\n')
    assert rest.startswith(
        "conflicts = [\n"
        "    \"extra cpu | group gpu ('more' in extras or 'gpu' in dependency_groups)\",\n"
        "]\n"
        "constraint-dependencies = [\n"
        '    "a<2",\n'
        "    \"b>1; sys_platform == 'win32'\",\n"
        "]\n"
        "dependency-metadata = [\n"
    )
    assert rest.endswith("]\n\n[tool.detent.inputs.extras]\nx = []\n")


def test_empty_tables_are_none() -> None:
    text = render_lock(lock(made_from=inputs(["a"])))
    emptied = text.replace("dependencies = [", "environments = []\ndependencies = [", 1)

    assert parse_lock(emptied, "pylock.toml") == parse_lock(text, "pylock.toml")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("constraint-dependencies = 3", "`constraint-dependencies` must be an array, not an integer"),
        ("exclude-dependencies = [3]", "`exclude-dependencies[0]` must be a string, not an integer"),
        (
            'constraint-dependencies = ["a", "a b"]',
            "`tool.detent.inputs.constraint-dependencies[1]` cannot be read: `a b` is not a valid requirement",
        ),
        (
            'override-dependencies = ["boto3: =2"]',
            "`tool.detent.inputs.override-dependencies[0]` cannot be read: `=2` is not a valid requirement",
        ),
        (
            'exclude-dependencies = ["-"]',
            "`tool.detent.inputs.exclude-dependencies[0]` cannot be read: `-` is not a valid package name",
        ),
        (
            'environments = ["x"]',
            "`tool.detent.inputs.environments[0]` cannot be read: `x` is not a valid marker",
        ),
        (
            'conflicts = ["extra a"]',
            "`tool.detent.inputs.conflicts[0]` cannot be read: `extra a` names fewer than two",
        ),
        (
            'conflicts = ["extra a | b"]',
            "`tool.detent.inputs.conflicts[0]` cannot be read: `b` is neither an extra",
        ),
        (
            'conflicts = ["extra a | extra b (os)"]',
            "`tool.detent.inputs.conflicts[0]` cannot be read: `os` is not a",
        ),
        (
            'dependency-metadata = ["a>=1 | b"]',
            "`tool.detent.inputs.dependency-metadata[0]` cannot be read: `a>=1` is neither a package nor",
        ),
        (
            'dependency-metadata = ["a | requires-python 3 | b"]',
            "`tool.detent.inputs.dependency-metadata[0]` cannot be read: ",
        ),
        ('dependency-metadata = [""]', "`tool.detent.inputs.dependency-metadata[0]` cannot be read: "),
    ],
)
def test_a_line_that_says_nothing_is_refused_with_its_place(lines: str, expected: str) -> None:
    text = render_lock(lock(made_from=inputs(["a"]))).replace(
        "dependencies = [", f"{lines}\ndependencies = [", 1
    )

    with pytest.raises(LockInvalid) as caught:
        parse_header(text, "pylock.toml")
    assert expected in caught.value.what + caught.value.why


# ---- sources -------------------------------------------------------------------------------------


def test_a_source_has_a_line_and_several_of_one_package_a_list() -> None:
    rules = (
        ("a", ('{git = "https://h.example/a.git", tag = "v1"}',)),
        ("b", ('{index = "x", marker = "sys_platform == \'win32\'"}', '{path = "b", editable = true}')),
    )
    made_from = inputs(["a"])
    text = render_lock(lock()._replace(inputs=made_from.recorded()._replace(sources=rules)))

    assert text.partition("[tool.detent.inputs.sources]\n")[2] == (
        'a = {git = "https://h.example/a.git", tag = "v1"}\n'
        'b = [\n    {index = "x", marker = "sys_platform == \'win32\'"},\n'
        '    {path = "b", editable = true},\n]\n'
    )
    found = parse_header(text, "pylock.toml").inputs
    assert found is not None
    assert found.sources == rules


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a = 3", "`tool.detent.inputs.sources.a` must be a table"),
        ('a = [{path = "a"}, 3]', "`tool.detent.inputs.sources.a[1]` must be a table"),
        ('a = {path = "-a"}', "`tool.detent.inputs.sources.a` cannot be read: `path`: it begins with `-`"),
        ('a = {git = "ext::sh"}', "`tool.detent.inputs.sources.a` cannot be read: `git`: it names no host"),
        ('a = {git = "https://me:x@h.example/a"}', "it has a user or password in it"),
        (
            'a = {path = "a", marker = 3}',
            "`tool.detent.inputs.sources.a` cannot be read: `marker`: it must be",
        ),
        ('a = {path = "a", marker = "os"}', "`tool.detent.inputs.sources.a` cannot be read: `os` is not"),
        ('a = {path = "a", odd = "b"}', "cannot be read: `odd`: it says nothing beside `path`"),
        ('"!" = {path = "a"}', "cannot be read: `!` is not a valid package name"),
    ],
)
def test_a_source_that_says_nothing_is_refused_with_its_place(line: str, expected: str) -> None:
    text = render_lock(lock(made_from=inputs(["a"]))) + f"\n[tool.detent.inputs.sources]\n{line}\n"

    with pytest.raises(LockInvalid) as caught:
        parse_lock(text, "pylock.toml")
    assert expected in caught.value.what + caught.value.why


# ---- indexes -------------------------------------------------------------------------------------


def test_the_indexes_of_the_project_are_written_in_their_order_and_read_again() -> None:
    found = (
        ProjectIndex("zz", "https://z.example/"),
        ProjectIndex("a.b", "wheels", format="flat"),
        ProjectIndex("all", "https://all.example/", is_default=True, exclude_newer="7 days"),
    )
    made = inputs()._replace(indexes=found).recorded()
    text = render_lock(lock()._replace(inputs=made))

    assert text.partition("[tool.detent.inputs.indexes]\n")[2] == (
        'zz = "https://z.example/"\n'
        '"a.b" = {url = "wheels", format = "flat"}\n'
        'all = {url = "https://all.example/", default = true, exclude-newer = "7 days"}\n'
    )
    again = parse_lock(text, "pylock.toml").inputs
    assert again is not None
    assert again.indexes == made.indexes
    with pytest.raises(LockInvalid) as caught:
        parse_lock(text.replace('zz = "https://z.example/"', "zz = 3"), "pylock.toml")
    assert "`tool.detent.inputs.indexes.zz` must be a string or a table" in caught.value.why
