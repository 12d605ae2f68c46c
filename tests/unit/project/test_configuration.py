import pytest

from detent.errors import ManifestInvalid, Unsupported
from support.manifests import fault, manifest, pyproject

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
        ('index = "https://index.example"', 1, "must be a `[[tool.detent.index]]` with a `url`"),
        ('index = [{url = "nowhere"}]', 1, "`tool.detent.index` cannot be used"),
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


def test_several_indexes_are_not_supported_yet() -> None:
    error = fault(
        pyproject('[tool.detent]\nindex = [{url = "https://a.example"}, {url = "https://b.example"}]\n')
    )

    assert isinstance(error, Unsupported)


def test_an_index_is_named_once() -> None:
    error = fault(
        pyproject('[tool.detent]\nindex-url = "https://a.example"\nindex = [{url = "https://b.example"}]\n')
    )

    assert "an index is named twice" in error.what


def test_the_link_mode_of_a_later_release_is_not_supported_yet() -> None:
    assert isinstance(fault(pyproject('[tool.detent]\nlink-mode = "directory"\n')), Unsupported)


def test_an_unknown_key_is_a_warning_that_names_the_nearest_one() -> None:
    found = manifest(pyproject("[tool.detent]\ndefault-group = []\nzzz = 1\n"))

    slip, other = found.warnings
    assert slip.startswith("`pyproject.toml:7:1`: `default-group` is no setting of detent")
    assert slip.endswith("; did you mean `default-groups`?")
    assert other == "`pyproject.toml:8:1`: `zzz` is no setting of detent and was ignored"


def test_a_table_of_the_wrong_type_is_an_error() -> None:
    assert "must be a table, found a number" in fault(pyproject("[tool]\ndetent = 3\n")).what
