from pathlib import Path
from typing import Any

import pytest

from detent.errors.project import SettingInvalid
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.names import package_name
from detent.project.settings import VARIABLES, Settings, settings
from detent.project.sources import OF_PROJECT_FILE, OF_PYPROJECT, ConfigFile, Setting, Sources
from detent.project.values import redacted

HOME = Path("/home/me/.cache/detent")
NUMPY = package_name("numpy")


def decide(**sources: Any) -> Settings:
    return settings(Sources(cache_home=HOME, **sources))


def pyproject(**table: object) -> ConfigFile:
    return ConfigFile(OF_PYPROJECT, {key.replace("_", "-"): value for key, value in table.items()})


def user(**table: object) -> ConfigFile:
    return ConfigFile("`user.toml`", {key.replace("_", "-"): value for key, value in table.items()})


def refused(**sources: Any) -> SettingInvalid:
    with pytest.raises(SettingInvalid) as caught:
        decide(**sources)
    return caught.value


def no_default() -> str:
    raise AssertionError("the default index was asked for")


def test_without_anything_said_the_defaults_are_in_force() -> None:
    found = decide()

    assert found.cache_dir == Setting(HOME, "the default")
    assert found.link_mode.value == "auto"
    assert found.python.value is None
    assert found.project_environment.value == Path(".venv")
    assert found.concurrent_downloads.value == 16
    assert found.offline.value is False
    assert found.certificates.value is None
    (index,) = found.all_indexes(lambda: "https://index.example/simple")
    assert (index.url, index.origin) == ("https://index.example/simple/", "the default")


def test_the_default_index_is_not_asked_for_when_one_is_set() -> None:
    found = decide(variables={"DETENT_DEFAULT_INDEX": "https://index.example/root"})

    (index,) = found.all_indexes(no_default)
    assert (index.url, index.origin) == (
        "https://index.example/root/",
        "the variable `DETENT_DEFAULT_INDEX`",
    )


def test_each_source_of_the_index_gives_way_to_the_one_above_it() -> None:
    every: dict[str, Any] = {
        "flags": {"index-url": "https://flag.example/"},
        "variables": {
            "DETENT_DEFAULT_INDEX": "https://variable.example/",
            "PIP_INDEX_URL": "https://pip-variable.example/",
        },
        "project": pyproject(index=[{"url": "https://project.example/", "default": True}]),
        "user": ConfigFile("user.toml", {"index-url": "https://user.example/"}),
        "system": ConfigFile("system.toml", {"index-url": "https://system.example/"}),
        "pip": {"index-url": Setting("https://pip-file.example/", "`pip.conf`")},
    }
    seen = []
    for name in ("flags", "own", "project", "user", "system", "variables", "pip"):
        found = decide(**every).index_url
        seen.append((found.value or "").split("/")[2].removesuffix(".example"))
        if name == "own":
            every["variables"] = {"PIP_INDEX_URL": "https://pip-variable.example/"}
        else:
            del every[name]

    assert seen == ["flag", "variable", "project", "user", "system", "pip-variable", "pip-file"]
    assert decide(**every).index_url == Setting(None, "the default")


def test_a_value_keeps_who_set_it() -> None:
    file = ConfigFile("`/etc/detent.toml`", {"link-mode": "copy", "concurrent-downloads": 4})

    found = decide(user=file, flags={"offline": True, "python": None}, variables={"DETENT_PYTHON": "3.12"})

    assert found.link_mode == Setting("copy", "`/etc/detent.toml`")
    assert found.concurrent_downloads == Setting(4, "`/etc/detent.toml`")
    assert found.offline == Setting(True, "the flag `--offline`")
    assert found.python == Setting("3.12", "the variable `DETENT_PYTHON`")


def test_an_empty_variable_is_not_set() -> None:
    assert decide(variables={"DETENT_CACHE_DIR": "", "DETENT_OFFLINE": ""}).offline.value is False


@pytest.mark.parametrize("name", ["index-url", "exclude-newer"])
def test_an_empty_flag_takes_no_protection_away(name: str) -> None:
    assert "its value is empty; it is set by the flag" in refused(flags={name: ""}).why


def test_a_switch_that_a_flag_turns_off_stays_off() -> None:
    assert decide(flags={"offline": False}, variables={"DETENT_OFFLINE": "1"}).offline.value is False


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("0", False)])
def test_switches_are_read_as_people_write_them(text: str, *, value: bool) -> None:
    assert decide(variables={"DETENT_OFFLINE": text}).offline.value is value


def test_a_tilde_is_the_home_folder() -> None:
    found = decide(variables={"HOME": "/home/me", "DETENT_CACHE_DIR": "~/cache"})

    assert found.cache_dir.value == Path("/home/me/cache")


def test_variables_of_other_tools_name_certificates() -> None:
    assert decide(variables={"REQUESTS_CA_BUNDLE": "/ca.pem"}).certificates == Setting(
        Path("/ca.pem"), "the variable `REQUESTS_CA_BUNDLE`"
    )
    both = {"SSL_CERT_FILE": "/own.pem", "PIP_CERT": "/pip.pem"}
    assert decide(variables=both).certificates.value == Path("/own.pem")


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("DETENT_OFFLINE", "maybe", "`maybe` is neither `true` nor `false`"),
        ("DETENT_CONCURRENT_DOWNLOADS", "0", "`0` is not a whole number above zero"),
        ("DETENT_CONCURRENT_DOWNLOADS", "many", "`many` is not a whole number above zero"),
        ("DETENT_LINK_MODE", "symlink", "`symlink` is none of `auto`, `clone`, `hardlink`, `copy`"),
        ("DETENT_DEFAULT_INDEX", "ftp://index.example/", "`ftp://index.example/` is not the URL of an index"),
        ("DETENT_DEFAULT_INDEX", "https://", "`https://` is not the URL of an index"),
        ("DETENT_DEFAULT_INDEX", "https://index.example/?a=b", "is not the URL of an index"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_origin(
    variable: str, text: str, reason: str
) -> None:
    error = refused(variables={variable: text})

    assert reason in error.why
    assert error.why.endswith(f"; it is set by the variable `{variable}`")


def test_types_in_files_are_checked() -> None:
    assert (
        "`True` is not a whole number"
        in refused(user=ConfigFile("u.toml", {"concurrent-downloads": True})).why
    )
    assert "must be a string" in refused(system=ConfigFile("s.toml", {"cache-dir": 3})).why


def test_a_password_in_an_index_url_is_never_shown() -> None:
    error = refused(variables={"DETENT_DEFAULT_INDEX": "ftp://me:secret@index.example/"})

    assert "secret" not in error.why
    assert redacted("https://me:secret@index.example/a") == "https://****@index.example/a"


def test_a_password_stays_in_the_value() -> None:
    found = decide(flags={"index-url": "https://me:secret@index.example/simple"})

    assert found.index_url.value == "https://me:secret@index.example/simple/"


def test_folders_are_linked_but_those_of_the_packages_that_any_file_names() -> None:
    found = decide(
        user=user(no_directory_links=["Torch"]),
        project=pyproject(no_directory_links=["pin"], link_mode="directory"),
    )

    assert found.link_mode.value == "directory"
    assert found.no_directory_links == {"torch", "pin"}


def test_settings_of_a_machine_are_not_taken_from_a_project() -> None:
    found = decide(project=ConfigFile(OF_PYPROJECT, {"cache-dir": "/elsewhere", "link-mode": "copy"}))

    assert found.cache_dir.value == HOME
    assert found.link_mode.value == "copy"


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ("20 GiB", 20 * 2**30),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("1.5g", 3 * 2**29),
        ("2TiB", 2 * 2**40),
        ("10K", 10 * 2**10),
        ("7 B", 7),
        ("123", 123),
        (123, 123),
        (0, None),
        ("0", None),
        ("unlimited", None),
    ],
)
def test_a_size_is_read_as_people_write_it(value: object, size_bytes: int | None) -> None:
    assert decide(user=user(cache_max_size=value)).cache_max_size.value == size_bytes


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("90 days", 90 * 86_400),
        ("2w", 14 * 86_400),
        ("12h", 43_200),
        ("unlimited", None),
        (0, None),
        ("0", None),
    ],
)
def test_an_age_is_read_as_people_write_it(value: object, seconds: int | None) -> None:
    assert decide(user=user(cache_max_age=value)).cache_max_age.value == seconds


@pytest.mark.parametrize("value", ["big", "20 XB", "-1", "1 2", True, -1, 1.5, []])
def test_what_is_no_size_is_refused(value: object) -> None:
    assert "is no size" in refused(user=user(cache_max_size=value)).why


@pytest.mark.parametrize("value", ["2024-05-01", "long", 90, False])
def test_what_is_no_age_is_refused(value: object) -> None:
    assert "span of time" in refused(user=user(cache_max_age=value)).why


def test_the_cache_is_bounded_and_looked_at_by_default() -> None:
    found = decide()

    assert found.cache_max_size.value == 20 * 2**30
    assert found.cache_max_age.value == 90 * 86_400
    assert found.verify_cache.value == "changed"


def test_every_variable_is_listed_once() -> None:
    variables = [variable for variable, _, _ in VARIABLES]

    assert len(variables) == len(set(variables))
    assert {"DETENT_CACHE_DIR", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE"} < set(variables)


def test_the_index_of_a_project_is_its_own_whichever_file_names_it() -> None:
    for origin in (OF_PYPROJECT, OF_PROJECT_FILE):
        file = ConfigFile(origin, {"index-url": "https://index.example/"})
        assert decide(project=file).indexes[-1].is_of_project
        assert not decide(user=file._replace(origin="`user.toml`")).indexes[-1].is_of_project


# ---- builds ----------------------------------------------------------------------------------


def policy(**sources: Any) -> BuildPolicy:
    return decide(**sources).build_policy


def test_builds_are_allowed_unless_somebody_denies_them() -> None:
    assert policy() == DEFAULT_BUILD_POLICY
    assert policy(project=pyproject(build="allow")).allows
    assert policy(variables={"DETENT_NO_BUILD": "0"}).allows


@pytest.mark.parametrize(
    ("sources", "by", "excepted_in"),
    [
        ({"flags": {"build": True}}, "the flag `--no-build`", ""),
        ({"variables": {"DETENT_NO_BUILD": "1"}}, "the variable `DETENT_NO_BUILD`", ""),
        ({"project": pyproject(build="deny")}, '`build = "deny"` in {0}', "`[tool.detent]` of the project"),
        ({"user": user(build="deny")}, '`build = "deny"` in {0}', "`user.toml`"),
        ({"system": user(build="deny")}, '`build = "deny"` in {0}', "`user.toml`"),
    ],
)
def test_whoever_denies_builds_is_named_with_the_place_for_exceptions(
    sources: dict[str, Any], by: str, excepted_in: str
) -> None:
    found = policy(**sources)

    assert not found.may_build(NUMPY)
    assert found.forbidden_by == by.format(excepted_in)
    assert found.excepted_in == excepted_in


def test_exceptions_hold_against_the_file_they_stand_in() -> None:
    assert policy(project=pyproject(build="deny", allow_build=["NumPy"])).may_build(NUMPY)
    assert policy(user=user(build="deny", allow_build=["numpy"])).may_build(NUMPY)
    assert policy(user=user(allow_build=["numpy"]), project=pyproject(build="deny")).may_build(NUMPY)


@pytest.mark.parametrize("lax", [{"build": "allow"}, {"allow_build": ["numpy"]}])
def test_a_project_cannot_allow_what_its_user_denies(lax: dict[str, Any]) -> None:
    found = decide(user=user(build="deny"), project=pyproject(**lax))

    assert not found.build_policy.may_build(NUMPY)
    assert found.build_policy.forbidden_by == '`build = "deny"` in `user.toml`'
    if "allow_build" in lax:
        (told,) = found.warnings
        assert told == (
            "`allow-build` in `[tool.detent]` of the project changes nothing: `user.toml` denies builds, "
            "and a project cannot loosen that"
        )


def test_a_person_decides_over_every_file() -> None:
    denied = {"user": user(build="deny"), "project": pyproject(build="deny")}
    excepted = pyproject(build="deny", allow_build=["numpy"])

    assert policy(flags={"build": False}, **denied).may_build(NUMPY)
    assert not policy(flags={"build": True}, project=excepted).may_build(NUMPY)
    assert not policy(variables={"DETENT_NO_BUILD": "1"}, project=excepted).may_build(NUMPY)
    assert policy(flags={"build": False}, variables={"DETENT_NO_BUILD": "1"}).may_build(NUMPY)


def test_a_users_allow_is_stronger_than_the_systems_deny_and_weaker_than_a_projects() -> None:
    assert policy(user=user(build="allow"), system=user(build="deny")).allows
    assert not policy(user=user(build="allow"), project=pyproject(build="deny")).allows


def test_an_exception_to_nothing_is_told() -> None:
    found = decide(project=pyproject(allow_build=["numpy"]))

    assert found.build_policy.allows
    (told,) = found.warnings
    assert "changes nothing" in told


def test_lists_of_names_are_joined() -> None:
    found = policy(
        flags={"no-build-package": ("a",), "no-binary-package": ()},
        variables={"DETENT_NO_BUILD_PACKAGE": "b  C", "DETENT_NO_BINARY_PACKAGE": "x"},
        project=pyproject(no_build_package=["d"], no_binary_package=["y"]),
        user=user(no_build_package=["e"], no_binary=True),
    )

    assert found.forbidden == {"a", "b", "c", "d", "e"}
    assert found.without_wheels == {"x", "y"}
    assert found.is_without_any_wheels
    assert found.forbidden_by == (
        "the flag `--no-build-package` and the variable `DETENT_NO_BUILD_PACKAGE` and "
        "`no-build-package` in `[tool.detent]` of the project and `no-build-package` in `user.toml`"
    )


def test_a_name_that_is_none_is_refused() -> None:
    assert "`a b` is not a valid package name" in refused(flags={"no-build-package": ("a b",)}).why
    assert "must be a list of names" in refused(project=pyproject(allow_build=[1])).why
    assert "`-` is not a valid" in refused(flags={"refresh-package": ("-",)}).why


# ---- what goes to back ends, and what is asked again -----------------------------------------


def test_config_settings_are_joined_by_key_and_the_nearer_wins() -> None:
    found = decide(
        flags={"config-settings": ("a=1", "a=2", "b=x=y")},
        project=pyproject(config_settings={"b": "far", "c": ["1", "2"]}),
        user=user(config_settings={"c": "farther", "d": ""}),
    )

    assert found.config_settings == {"a": ("1", "2"), "b": "x=y", "c": ("1", "2"), "d": ""}
    assert decide().config_settings == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (("a",), "`a` is not written as `KEY=VALUE`"),
        (("=a",), "`=a` is not written as `KEY=VALUE`"),
        ({"a": 1}, "`a` must be a string or a list of strings"),
        ({"a": ["x", 1]}, "`a` must be a string or a list of strings"),
        ("a", "its value must be a table"),
    ],
)
def test_config_settings_that_are_none_are_refused(value: object, reason: str) -> None:
    assert reason in refused(flags={"config-settings": value}).why


def test_what_is_asked_again() -> None:
    assert decide().refresh == frozenset()
    named = decide(flags={"refresh-package": ("Rich", "httpx")}).refresh
    assert named is not None
    assert sorted(named) == ["httpx", "rich"]
    assert decide(flags={"refresh-package": ("rich",), "refresh": True}).refresh is None
