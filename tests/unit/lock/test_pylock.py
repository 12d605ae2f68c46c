"""Reading and writing a pylock.toml as a whole."""

import tomllib

import pytest
from packaging.pylock import Pylock

from detent.errors import LockInvalid
from detent.lock.model import Direct, Edge, Lock, LockedPackage
from detent.lock.pylock import parse_header, parse_lock, render_lock
from detent.model.requirement import package_name
from support.locks import artifact, entry, inputs, lock

SHA = "ab" * 32

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


def source(*packages: str, head: str = "") -> str:
    """A foreign lock around the given entries."""
    return f'lock-version = "1.0"\ncreated-by = "other"\n{head}\n' + "\n".join(packages)


def a_wheel(name: str = "a-1.0-py3-none-any.whl", more: str = "") -> str:
    return (
        f'{{name = "{name}", url = "https://files.example.com/{name}", hashes = {{sha256 = "{SHA}"}}{more}}}'
    )


def an_entry(body: str, name: str = "a", version: str = "1.0") -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{body}\n'


def reason(text: str) -> str:
    with pytest.raises(LockInvalid) as caught:
        parse_lock(text, "pylock.toml")
    return f"{caught.value.what}: {caught.value.why}"


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


def test_unknown_keys_and_attestations_are_left_alone() -> None:
    text = source(
        an_entry(f'wheels = [{a_wheel()}]\nmood = 3\nattestation-identities = [{{kind = "x"}}]\n'),
        head='mood = "fine"\n[tool.other]\nkey = 1\n',
    )

    found = parse_lock(text, "pylock.toml")

    assert found.inputs is None
    assert found.created_by == "other"
    assert [p.name for p in found.packages] == ["a"]


def test_sub_tables_as_pip_writes_them_are_read() -> None:
    text = source(
        f"""[[packages]]
name = "a"
version = "1.0"
[[packages.wheels]]
name = "a-1.0-py3-none-any.whl"
url = "https://files.example.com/a-1.0-py3-none-any.whl"
[packages.wheels.hashes]
sha256 = "{SHA.upper()}"
"""
    )

    (package,) = parse_lock(text, "pylock.toml").packages

    assert package.wheels[0].sha256 == SHA


def test_a_missing_file_name_is_taken_from_the_url() -> None:
    url = "https://files.example.com/a%2D1.0%2Blocal-py3-none-any.whl?x=1#y"
    text = source(
        an_entry(f'wheels = [{{url = "{url}", hashes = {{sha256 = "{SHA}"}}}}]', version="1.0+local"),
    )

    (package,) = parse_lock(text, "pylock.toml").packages

    assert package.wheels[0].filename == "a-1.0+local-py3-none-any.whl"


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


def test_a_version_may_be_left_out_and_is_read_from_the_wheel() -> None:
    text = source(f'[[packages]]\nname = "a"\nwheels = [{a_wheel()}]')

    assert parse_lock(text, "pylock.toml").packages[0].version == "1.0"


def test_a_wheel_given_as_an_archive_becomes_its_file() -> None:
    url = "https://user:secret@files.example.com/a-1.0-py3-none-any.whl"
    text = source(f'[[packages]]\nname = "a"\narchive = {{url = "{url}", hashes = {{sha512 = "{SHA * 2}"}}}}')

    (package,) = parse_lock(text, "pylock.toml").packages

    assert package.direct == Direct("archive", "https://files.example.com/a-1.0-py3-none-any.whl")
    assert [w.filename for w in package.wheels] == ["a-1.0-py3-none-any.whl"]
    assert package.version == "1.0"


def test_an_archive_of_sources_keeps_its_file_name() -> None:
    text = source(
        f'[[packages]]\nname = "a"\narchive = {{path = "vendor/main.zip", hashes = {{sha256 = "{SHA}"}}, subdirectory = "x"}}'
    )

    (package,) = parse_lock(text, "pylock.toml").packages

    assert package.sdist is not None
    assert package.sdist.filename == "main.zip"
    assert package.direct == Direct("archive", "vendor/main.zip", subdirectory="x")


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("https://me:secret@git.example.com/a.git", "https://git.example.com/a.git"),
        ("ssh://git:secret@git.example.com/a.git", "ssh://git@git.example.com/a.git"),
        ("ssh://git@git.example.com/a.git", "ssh://git@git.example.com/a.git"),
    ],
)
def test_passwords_of_repositories_are_dropped(location: str, kept: str) -> None:
    text = source(f'[[packages]]\nname = "a"\nvcs = {{type = "git", url = "{location}", commit-id = "84b3"}}')

    assert parse_lock(text, "pylock.toml").packages[0].direct == Direct("vcs", kept, "git", "", "84b3")


def test_a_later_minor_lock_version_is_accepted() -> None:
    assert parse_lock(source("packages = []").replace('"1.0"', '"1.7"'), "pylock.toml").packages == ()


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert parse_lock("\ufeff" + FULL.replace("\n", "\r\n"), "x") == parse_lock(FULL, "x")
    assert parse_header("\ufeff" + FULL.replace("\n", "\r\n"), "x") == parse_header(FULL, "x")


def test_a_time_without_offset_is_utc_and_others_are_converted() -> None:
    rows = [
        a_wheel("a-1.0-cp39-none-any.whl", ", upload-time = 2020-01-01T00:00:00.9"),
        a_wheel("a-1.0-py3-none-any.whl", ", upload-time = 2020-01-01T02:00:00+02:00"),
    ]
    text = source(an_entry(f"wheels = [{', '.join(rows)}]"))

    assert [w.uploaded_at for w in parse_lock(text, "x").packages[0].wheels] == [1577836800, 1577836800]


# ---- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "has no source"),
        (
            'wheels = [{url = "https://x.example.com/a-1.0-py3-none-any.whl"}]',
            "`wheels[0].hashes` is missing",
        ),
        (
            'wheels = [{url = "https://x.example.com/a-1.0-py3-none-any.whl", hashes = {md5 = "0", sha1 = "0"}}]',
            "`wheels[0].hashes` has only `md5`, `sha1`; sha256 or stronger is needed",
        ),
        (
            'wheels = [{url = "https://x.example.com/a-1.0-py3-none-any.whl", hashes = {}}]',
            "`wheels[0].hashes` is empty",
        ),
        (
            'wheels = [{url = "https://x.example.com/a-1.0-py3-none-any.whl", hashes = {sha256 = "abc"}}]',
            "`wheels[0].hashes.sha256` is not a sha256 in hexadecimal",
        ),
        (
            'wheels = [{url = "https://x.example.com/a-1.0-py3-none-any.whl", hashes = {sha256 = 1}}]',
            "`wheels[0].hashes.sha256` must be a string",
        ),
        (
            f'wheels = [{{name = "a-1.0-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}}]',
            "`wheels[0].url` is missing",
        ),
        (f"wheels = [{a_wheel(more=', size = -1')}]", "`wheels[0].size` is negative"),
        (
            f"wheels = [{a_wheel(more=', size = true')}]",
            "`wheels[0].size` must be an integer, not true or false",
        ),
        (
            f"wheels = [{a_wheel(more=', upload-time = 5')}]",
            "`wheels[0].upload-time` must be a date and time",
        ),
        (f"wheels = [{a_wheel()}, {a_wheel('a-1.0.whl')}]", "`wheels[1].name` is not a wheel of this entry"),
        (f"wheels = [{a_wheel('b-1.0-py3-none-any.whl')}]", "is of the project `b`, not `a`"),
        (f"wheels = [{a_wheel('a-1.1-py3-none-any.whl')}]", "is of version 1.1, not 1.0"),
        (f"wheels = [{a_wheel('a-1.0-x1-py3-none-any.whl')}]", "invalid build number `x1`"),
        (f"wheels = [{a_wheel('../a-1.0-py3-none-any.whl')}]", "is not a wheel of this entry"),
        (f"wheels = [{a_wheel('a-1.0-py3-none-any/x.whl')}]", "has invalid tags"),
        (f"sdist = {a_wheel('b-1.0.tar.gz')}", "`sdist.name` is not a source distribution of this entry"),
        (f"sdist = {a_wheel('a-1.0.exe')}", "`sdist.name` is not a source distribution of this entry"),
        ("wheels = [3]", "`wheels[0]` must be a table, not an integer"),
        ("wheels = 3", "`wheels` must be an array, not an integer"),
        (
            'directory = {path = "x"}\nvcs = {type = "git", path = "x", commit-id = "y"}',
            "has several sources",
        ),
        (f"wheels = [{a_wheel()}]\ndirectory = {{path = 'x'}}", "has several sources"),
        ("directory = {}", "`directory.path` is missing"),
        ("vcs = {type = 'git', url = 'https://x.example.com'}", "`vcs.commit-id` is missing"),
        (
            f"archive = {{url = 'https://x.example.com/', hashes = {{sha256 = '{SHA}'}}}}",
            "does not end in a file name",
        ),
        (f"wheels = [{a_wheel()}]\nmarker = 'python_version >> 3'", "`marker` is not a valid marker"),
        (f"wheels = [{a_wheel()}]\nrequires-python = 'new'", "`requires-python` is not valid"),
        (f"wheels = [{a_wheel()}]\ndependencies = [{{name = '-'}}]", "`dependencies[0].name` is not valid"),
        (f"wheels = [{a_wheel()}]\ntool.detent.requires = [1]", "`tool.detent.requires[0]` must be a string"),
        (f"wheels = [{a_wheel()}]\ntool.detent.extras.x = 1", "`tool.detent.extras.x` must be an array"),
        (f"wheels = [{a_wheel()}]\ntool = 3", "`tool` must be a table"),
    ],
)
def test_an_entry_that_could_install_something_else_is_refused(body: str, expected: str) -> None:
    found = reason(source(an_entry(body)))

    assert expected in found
    assert "`pylock.toml:4` is not a valid lock: entry `a` 1.0 (line 4)" in found


def test_a_url_that_leads_to_another_project_is_refused() -> None:
    row = a_wheel().replace("example.com/a-", "example.com/evil-")

    assert "`wheels[0].url` leads to another file" in reason(source(an_entry(f"wheels = [{row}]")))


def test_a_mirror_may_hand_out_files_under_other_names() -> None:
    row = a_wheel().replace("example.com/a-1.0-py3-none-any.whl", "example.com/download/77")

    assert parse_lock(source(an_entry(f"wheels = [{row}]")), "x").packages[0].wheels[0].url.endswith("/77")


def test_an_entry_without_a_valid_name_or_version_is_refused() -> None:
    assert "entry number 1 (line 4): `name` is missing" in reason(source("[[packages]]\nversion = '1'"))
    assert "`name` is not valid" in reason(source(an_entry("", name="a b")))
    assert "`version` is not valid: `new` is not a valid version" in reason(
        source(an_entry("", version="new"))
    )


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

    assert "pylock.toml:36" in caught.value.what
    assert caught.value.why == "a merge conflict was left in it"
    assert caught.value.next_steps == ("restore one side, then run `detent lock`",)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_absurd_toml_is_refused_and_not_a_crash(text: str) -> None:
    reason(text)
