import pytest

from detent import stamp
from detent.errors import DetentError, Failures
from detent.errors.project import ManifestInvalid, ProjectUnmanaged, VersionRequired
from detent.project.configuration import read_config_file, replaced_settings
from detent.project.document import parse_document
from detent.project.known import KNOWN, OF_OTHER_TOOLS, Known
from support.manifests import fault, faults, manifest, pyproject

GROUPS = "[dependency-groups]\ndev = []\ntest = []\n"


def defaults(rest: str) -> tuple[str, ...]:
    return manifest(pyproject(rest)).default_groups


def test_the_default_group_is_dev_where_there_is_one() -> None:
    assert defaults(GROUPS) == ("dev",)
    assert defaults("[dependency-groups]\ntest = []\n") == ()


def test_default_groups_are_a_list_or_all_of_them() -> None:
    assert defaults(GROUPS + '[tool.detent]\ndefault-groups = ["Test"]\n') == ("test",)
    assert defaults(GROUPS + "[tool.detent]\ndefault-groups = []\n") == ()
    assert defaults(GROUPS + '[tool.detent]\ndefault-groups = "all"\n') == ("dev", "test")


@pytest.mark.parametrize(
    ("line", "column", "what"),
    [
        ('default-groups = ["dev", "docs"]', 26, "the default group `docs` does not exist"),
        ("default-groups = [1]", 19, "`1` in `default-groups` is not the name of a group"),
        ('default-groups = "dev"', 1, 'must be a list of groups or `"all"`, found `dev`'),
        ("default-groups = 3", 1, "found a number"),
        ('package = "no"', 1, "`tool.detent.package` cannot be used"),
        ('link-mode = "symlink"', 1, "`tool.detent.link-mode` cannot be used"),
        ('index-url = "index.example"', 1, "`tool.detent.index-url` cannot be used"),
        ('index = "https://index.example"', 1, "`tool.detent.index` cannot be used"),
        ('index = [{url = "nowhere"}]', 11, "`tool.detent.index.url` cannot be used"),
        ('cache-dir = "/x"', 1, "`cache-dir` is a setting of a machine"),
        ('python = "3.12"', 1, "`python` is a setting of a machine"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_place(line: str, column: int, what: str) -> None:
    error = fault(pyproject(f"{GROUPS}[tool.detent]\n{line}\n"))

    assert isinstance(error, ManifestInvalid)
    assert error.where == f"pyproject.toml:10:{column}"
    assert what in error.what


def test_a_machine_setting_says_where_it_belongs() -> None:
    error = fault(pyproject('[tool.detent]\ncache-dir = "/x"\n'))

    assert error.next_steps == ("set `DETENT_CACHE_DIR`, or put it into your own `detent.toml`",)


def test_the_settings_of_a_project_are_kept() -> None:
    text = pyproject(
        '[tool.detent]\nlink-mode = "copy"\n[[tool.detent.index]]\nurl = "https://index.example/"\n'
    )

    assert manifest(text).settings == {"link-mode": "copy", "index": [{"url": "https://index.example/"}]}


def test_the_default_index_is_named_once() -> None:
    index = 'index = [{url = "https://b.example", default = true}]'
    error = fault(pyproject(f'[tool.detent]\nindex-url = "https://a.example"\n{index}\n'))

    assert "`pyproject.toml:8:10`: the default index is named twice" in error.what


def test_an_unknown_key_is_a_warning_that_names_the_nearest_one() -> None:
    found = manifest(pyproject("[tool.detent]\ndefault-group = []\nzzz = 1\n"))

    slip, other = found.warnings
    assert slip.startswith("`pyproject.toml:7:1`: `default-group` is no setting of detent")
    assert slip.endswith("; did you mean `default-groups`?")
    assert other == "`pyproject.toml:8:1`: `zzz` is no setting of detent and was ignored"


def test_a_table_of_the_wrong_type_is_an_error() -> None:
    assert "must be a table, found a number" in fault(pyproject("[tool]\ndetent = 3\n")).what


# ---- keys nobody knows -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("buidl", "build"),
        ("allow-builds", "allow-build"),
        ("no-build-packages", "no-build-package"),
        ("no_binary", "no-binary"),
        ("exclude-newr", "exclude-newer"),
        ("exclude_newer_packages", "exclude-newer-package"),
        ("constraint-dependency", "constraint-dependencies"),
        ("exclude-dependancies", "exclude-dependencies"),
        ("index_url", "index-url"),
        ("indx", "index"),
        ("required-versions", "required-version"),
        ("certificate", "certificates"),
        ("verify_cache", "verify-cache"),
    ],
)
def test_a_slip_in_the_name_of_a_protection_is_an_error(key: str, meant: str) -> None:
    error = fault(pyproject(f"[tool.detent]\n{key} = 1\n"))

    assert isinstance(error, ManifestInvalid)
    assert error.what == f"`pyproject.toml:7:1`: `{key}` is no setting of detent"
    assert f"meant for `{meant}`" in error.why


@pytest.mark.parametrize("key", OF_OTHER_TOOLS)
def test_a_protection_this_release_does_not_know_is_an_error(key: str) -> None:
    error = fault(pyproject(f'[tool.detent]\n{key} = "7 days"\n'))

    assert error.what == f"`pyproject.toml:7:1`: `{key}` is not known to this release of detent"
    assert error.exit_code == 2


def test_what_uv_calls_it_is_told_with_the_key_to_write() -> None:
    error = fault(pyproject("[tool.detent]\nno-build = true\n"))

    assert error.next_steps == ('write `build = "deny"`',)


def test_what_poetry_and_pip_call_it_is_told_with_the_key_to_write() -> None:
    age = fault(pyproject("[tool.detent]\nmin-release-age = 7\n"))
    date = fault(pyproject('[tool.detent]\nuploaded-prior-to = "2024-05-01"\n'))

    assert age.next_steps == ('write `exclude-newer = "7 days"`',)
    assert date.next_steps == ("write `exclude-newer`",)


def test_what_another_tool_protects_with_is_no_slip() -> None:
    error = fault(pyproject("[tool.detent]\nrequire-hashes = []\n"))

    assert error.why == "leaving it out would take a protection away that it asks for"
    assert error.next_steps == ("take `require-hashes` out to go on without it",)


def test_what_stands_elsewhere_is_told_with_its_place() -> None:
    (warning,) = manifest(pyproject('[tool.detent]\ndev-dependencies = ["a"]\n')).warnings

    assert warning == (
        "`pyproject.toml:7:1`: `dev-dependencies` is no setting of detent and was ignored;"
        " write its list as `dev` in `[dependency-groups]`"
    )


def test_an_unknown_key_never_disables_its_neighbours() -> None:
    found = manifest(pyproject('[tool.detent]\nzzz = 1\nbuild = "deny"\ndefault-group = []\n'))

    assert found.settings["build"] == "deny"
    assert len(found.warnings) == 2


def test_an_unknown_key_of_an_index_is_an_error() -> None:
    text = pyproject('[[tool.detent.index]]\nurl = "https://a.example"\nname = "a"\nexplcit = true\n')
    error = fault(text)

    assert error.what == "`pyproject.toml:9:1`: `tool.detent.index.explcit` cannot be used"
    assert error.why.endswith("; did you mean `explicit`?")


def test_an_index_may_have_a_bound_of_its_own_on_upload_times() -> None:
    index = '[[tool.detent.index]]\nurl = "https://a.example"\nexclude-newer = '
    error = fault(pyproject(f'{index}"soon"\n'))

    assert manifest(pyproject(f"{index}false\n")).warnings == ()
    assert error.what == "`pyproject.toml:8:1`: `tool.detent.index.exclude-newer` cannot be used"
    assert error.why.startswith("`soon` is no date")


# ---- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [k for k in KNOWN if k.place != "machine"], ids=lambda k: k.name)
def test_every_example_of_a_setting_is_one(known: Known) -> None:
    name, example = known.name, known.example
    lists = "[project.optional-dependencies]\ncpu = []\ncuda = []\n[dependency-groups]\ndev = []\ndocs = []\n"
    text = pyproject(f"{lists}[tool.detent]\n{name} = {example}\n")

    if name == "managed":
        assert isinstance(fault(text), ProjectUnmanaged)
    else:
        assert manifest(text).warnings == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('build = "maybe"', "`maybe` is none of `allow`, `deny`"),
        ("build = true", "must be a string"),
        ('allow-build = "docopt numpy"', "must be a list"),
        ('allow-build = ["a b"]', "`a b` is not a valid package name"),
        ('no-binary = "true"', "it must stand without quotes"),
        ("config-settings = {a = 1}", "`a` must be a string or a list of strings"),
        ('add-bounds = "upper"', "`upper` is none of"),
        ('required-version = "1.0"', "has no comparison before it"),
        ('managed = "no"', "it must stand without quotes"),
        ("package = 3", "`3` is neither `true` nor `false`"),
        ('prerelease = "perhaps"', "`perhaps` is none of `disallow`, `allow`, `if-necessary`, `explicit`"),
        ('prerelease-package = {a = "no"}', "`a`: `no` is none of `disallow`"),
        ('prerelease-package = {"a b" = "allow"}', "`a b` is not a valid package name"),
        ('prerelease-package = "a=allow"', "must be a table by names of packages"),
        ('resolution = "newest"', "`newest` is none of `highest`, `lowest`, `lowest-direct`"),
        ('fork-strategy = "most"', "`most` is none of `requires-python`, `fewest`"),
        ('exclude-newer = "soon"', "`soon` is no date"),
        ("exclude-newer = 2024-05-01", "must be a string such as"),
        ("exclude-newer = true", "must be a string such as"),
        ('exclude-newer = "1 month"', "write days or weeks"),
        ('exclude-newer-package = {a = "2024-13-01"}', "`a`: `2024-13-01`: there is no such day"),
        ('exclude-newer-package = ["a"]', "must be a table by names of packages"),
        ('exclude-newer-package = {a-b = "7 days", A_B = false}', "`A_B`: the package stands here twice"),
    ],
)
def test_a_value_that_is_none_says_why(line: str, why: str) -> None:
    error = fault(pyproject(f"[tool.detent]\n{line}\n"))

    assert f"`tool.detent.{line.split(maxsplit=1)[0]}` cannot be used" in error.what
    assert why in error.why


def test_all_faults_of_a_table_are_told() -> None:
    found = faults(pyproject('[tool.detent]\nbuild = 1\nlink-mode = 2\ncache-dir = "x"\nno-build = 1\n'))

    assert [error.what.split(":", 2)[1] for error in found] == ["7", "8", "9", "10"]


# ---- whether it is for this detent at all ----------------------------------------------------


def test_a_project_that_is_not_managed_is_left_alone_whatever_else_it_says() -> None:
    error = fault("[tool.detent]\nmanaged = false\nbuild = 3\n")

    assert isinstance(error, ProjectUnmanaged)
    assert error.why == "`pyproject.toml:2:1` says `managed = false`"
    assert manifest(pyproject("[tool.detent]\nmanaged = true\n")).warnings == ()


@pytest.mark.parametrize("required", [">=99", "==0.0.1", ">=0.0.1,<0.0.2"])
def test_another_release_is_told_before_anything_else(required: str) -> None:
    error = fault(pyproject(f'[tool.detent]\nrequired-version = "{required}"\nverify-cache = true\n'))

    assert isinstance(error, VersionRequired)
    assert error.what == f"this is detent {stamp.VERSION}, and `{required}` is required here"


@pytest.mark.parametrize("required", [">=0.0.1", f"=={stamp.VERSION}", f">=0.0.1,!=99,<={stamp.VERSION}"])
def test_a_release_that_fits_is_fine(required: str) -> None:
    assert manifest(pyproject(f'[tool.detent]\nrequired-version = "{required}"\n')).warnings == ()


# ---- detent.toml -----------------------------------------------------------------------------


def config_file(text: str, *, is_of_project: bool = False) -> tuple[str, ...]:
    return read_config_file(parse_document(text, "detent.toml"), is_of_project=is_of_project)


def test_settings_of_a_config_file_in_a_table_are_an_error() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        config_file('[tool.detent]\nbuild = "deny"\n')

    assert caught.value.why == "its settings stand without a table around them"


def config_fault(text: str, *, is_of_project: bool = False) -> DetentError:
    with pytest.raises(DetentError) as caught:
        config_file(text, is_of_project=is_of_project)
    return caught.value


@pytest.mark.parametrize("known", [k for k in KNOWN if k.place != "pyproject"], ids=lambda k: k.name)
def test_every_example_of_a_file_is_one(known: Known) -> None:
    name, example = known.name, known.example

    assert config_file(f"{name} = {example}\n") == ()


def test_a_file_has_the_same_keys_without_a_table() -> None:
    (told,) = config_file('cache-dirs = "x"\noffline = true\n')

    assert told == (
        "`detent.toml:1:1`: `cache-dirs` is no setting of detent and was ignored; did you mean `cache-dir`?"
    )
    assert "`buidl` is no setting of detent" in config_fault("buidl = 1\n").what
    assert config_fault("offline = 3\n").what == "`detent.toml:1:1`: `offline` cannot be used"
    assert isinstance(config_fault("offline = 3\nbuild = 1\n"), Failures)
    assert isinstance(config_fault('required-version = ">=99"\nbuild = 1\n'), VersionRequired)


def test_what_belongs_to_a_project_is_not_in_a_file() -> None:
    for key in ("default-groups", "package", "managed"):
        error = config_fault(f"{key} = 1\n")
        assert f"`{key}` says something of a project and has no place in this file" in error.what


def test_a_file_of_a_project_has_no_settings_of_a_machine() -> None:
    error = config_fault('cache-dir = "x"\n', is_of_project=True)

    assert "`cache-dir` is a setting of a machine" in error.what


def test_what_a_file_replaces() -> None:
    assert replaced_settings({"package": False, "build": "deny", "zzz": 1, "index": []}) == ("build", "index")
