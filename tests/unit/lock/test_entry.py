"""One entry of a pylock.toml: what is read from it, and what is refused."""

import re

import pytest

from detent.lock.model import Direct, Edge
from detent.lock.pylock import parse_lock, render_lock
from detent.model.requirement import package_name
from support.pylocks import SHA, a_wheel, an_entry, reason, source


def test_unknown_keys_are_left_alone() -> None:
    text = source(
        an_entry(f"wheels = [{a_wheel()}]\nmood = 3\n"),
        head='mood = "fine"\n[tool.other]\nkey = 1\n',
    )

    found = parse_lock(text, "pylock.toml")

    assert found.inputs is None
    assert found.created_by == "other"
    assert [p.name for p in found.packages] == ["a"]


def attested(identities: str) -> str:
    return source(an_entry(f"wheels = [{a_wheel()}]\nattestation-identities = {identities}\n"))


def test_attestation_identities_are_read_whoever_wrote_them_and_written_on_one_line_each() -> None:
    identities = (
        '[{workflow = "release.yml", repository = "a/b", kind = "GitHub", claims = {ref = "v1", aud = ["x", 2]}},'
        ' {kind = "Google", email = "a@example.com"}, {email = "a@example.com", kind = "Google"}]'
    )

    lock = parse_lock(attested(identities), "pylock.toml")

    assert lock.packages[0].attestations == (
        '{kind = "GitHub", claims = {aud = ["x", 2], ref = "v1"}, repository = "a/b", workflow = "release.yml"}',
        '{kind = "Google", email = "a@example.com"}',
    )
    text = render_lock(lock)
    assert text.endswith(
        """]
attestation-identities = [
    {kind = "GitHub", claims = {aud = ["x", 2], ref = "v1"}, repository = "a/b", workflow = "release.yml"},
    {kind = "Google", email = "a@example.com"},
]
"""
    )
    assert parse_lock(text, "pylock.toml") == lock


@pytest.mark.parametrize(
    ("identities", "said"),
    [
        ('"GitHub"', "must be an array"),
        ('["GitHub"]', r"attestation-identities\[0\]` must be a table"),
        ("[{repository = 'a/b'}]", r"attestation-identities\[0\]` is no identity: its `kind` is missing"),
        ("[{kind = 3}]", "its `kind` must be a string"),
        ("[{kind = ''}]", "its `kind` must be a string"),
        ("[{kind = 'x', at = 2024-01-01}]", "holds something that is no text, number, switch or table"),
        ("[{kind = 'x', n = 1e999}]", "holds something that is no text, number, switch or table"),
        (f"[{{kind = 'x', a = '{'x' * 5000}'}}]", "longer than 4096"),
        (f"[{{kind = 'x', a = {'[' * 20}{']' * 20}}}]", "nested too deeply"),
    ],
)
def test_what_is_no_identity_is_refused(identities: str, said: str) -> None:
    assert re.search(said, reason(attested(identities)))


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


def test_requirements_that_a_build_had_to_tell_are_marked_so() -> None:
    body = f"wheels = [{a_wheel()}]\ntool.detent.metadata = "

    assert parse_lock(source(an_entry(f'{body}"built"')), "x").packages[0].is_built
    assert not parse_lock(source(an_entry(f'{body}"of a later release"')), "x").packages[0].is_built


def test_hashes_are_sorted_and_weak_ones_may_stand_beside_strong_ones() -> None:
    row = a_wheel().replace("{sha256", f'{{sha512 = "{SHA * 2}", md5 = "{SHA[:32]}", sha256')

    (package,) = parse_lock(source(an_entry(f"wheels = [{row}]")), "pylock.toml").packages

    assert [digest.algorithm for digest in package.wheels[0].digests] == ["md5", "sha256", "sha512"]


def test_a_missing_file_name_is_taken_from_the_url() -> None:
    url = "https://files.example.com/a%2D1.0%2Blocal-py3-none-any.whl?x=1#y"
    text = source(
        an_entry(f'wheels = [{{url = "{url}", hashes = {{sha256 = "{SHA}"}}}}]', version="1.0+local"),
    )

    (package,) = parse_lock(text, "pylock.toml").packages

    assert package.wheels[0].filename == "a-1.0+local-py3-none-any.whl"


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


def test_a_time_without_offset_is_utc_and_others_are_converted() -> None:
    rows = [
        a_wheel("a-1.0-cp39-none-any.whl", ", upload-time = 2020-01-01T00:00:00.9"),
        a_wheel("a-1.0-py3-none-any.whl", ", upload-time = 2020-01-01T02:00:00+02:00"),
    ]
    text = source(an_entry(f"wheels = [{', '.join(rows)}]"))

    assert [w.uploaded_at for w in parse_lock(text, "x").packages[0].wheels] == [1577836800, 1577836800]


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
        ("vcs = {type = 'git', url = 'https://x.example.com', commit-id = '-x'}", "`vcs.commit-id` is not a"),
        ("vcs = {type = 'git', url = '--upload-pack=x', commit-id = '84b3'}", "`vcs.url` names no place"),
        ("vcs = {type = 'git', url = 'u', commit-id = '84b3', subdirectory = 'a/../..'}", "out of its tree"),
        ("directory = {path = 'x', subdirectory = '/etc'}", "`directory.subdirectory` leads out of its tree"),
        ("directory = {path = 'x', subdirectory = 'C:/x'}", "`directory.subdirectory` leads out of its tree"),
        ("directory = {path = 'x'}\ntool.detent.version = 'new'", "`tool.detent.version` is not valid"),
        (
            f"wheels = [{a_wheel()}]\ndependencies = [{{name = 'b', vcs = 3}}]",
            "`dependencies[0].vcs` must be a table",
        ),
        (
            f"wheels = [{a_wheel()}]\ndependencies = [{{name = 'b', vcs = {{url = 3}}}}]",
            "`dependencies[0].vcs.url` must be a string",
        ),
        (
            f"archive = {{url = 'https://x.example.com/', hashes = {{sha256 = '{SHA}'}}}}",
            "does not end in a file name",
        ),
        (f"wheels = [{a_wheel()}]\nmarker = 'python_version >> 3'", "`marker` is not a valid marker"),
        (f"wheels = [{a_wheel()}]\nrequires-python = 'new'", "`requires-python` is not valid"),
        (f"wheels = [{a_wheel()}]\ndependencies = [{{name = '-'}}]", "`dependencies[0].name` is not valid"),
        (f"wheels = [{a_wheel()}]\ntool.detent.requires = [1]", "`tool.detent.requires[0]` must be a string"),
        (f"wheels = [{a_wheel()}]\ntool.detent.metadata = 1", "`tool.detent.metadata` must be a string"),
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


def test_a_url_that_leads_to_sources_of_another_project_is_refused() -> None:
    row = a_wheel("a-1.0.tar.gz").replace("example.com/a-", "example.com/evil-")

    assert "`sdist.url` leads to another file" in reason(source(an_entry(f"sdist = {row}")))


def test_what_a_repository_held_is_no_version_of_the_entry() -> None:
    vcs = 'vcs = {type = "git", url = "https://git.example.com/a.git", commit-id = "84b3"}'
    text = source(f'[[packages]]\nname = "a"\n{vcs}\n[packages.tool.detent]\nversion = "1.0.0-rc1"')

    (package,) = parse_lock(text, "pylock.toml").packages

    assert (package.version, package.held_version, package.known_version) == ("", "1.0.0rc1", "1.0.0rc1")


def test_edges_lead_to_sources_by_what_they_say_of_them() -> None:
    rows = [
        '{name = "b", vcs = {type = "git", url = "https://me:x@git.example.com/b.git", commit-id = "84b3"}}',
        '{name = "c", version = "1.0", index = "https://index.example.com/simple/"}',
        '{name = "d", directory = {path = "libs/d", subdirectory = "x"}}',
        '{name = "e", archive = {}}',
    ]
    text = source(an_entry(f"wheels = [{a_wheel()}]\ndependencies = [{', '.join(rows)}]"))

    assert parse_lock(text, "pylock.toml").packages[0].dependencies == (
        Edge(package_name("b"), direct=Direct("vcs", "https://git.example.com/b.git", "git", "", "84b3")),
        Edge(package_name("c"), "1.0", "https://index.example.com/simple/"),
        Edge(package_name("d"), direct=Direct("directory", "libs/d", subdirectory="x")),
        Edge(package_name("e"), direct=Direct("archive", "")),
    )
