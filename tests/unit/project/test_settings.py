from pathlib import Path
from typing import Any

import pytest

from detent.errors import SettingInvalid, Unsupported
from detent.project.settings import (
    BY_NAME,
    KNOWN,
    VARIABLES,
    ConfigFile,
    Setting,
    Settings,
    Sources,
    redacted,
    settings,
)

HOME = Path("/home/me/.cache/detent")


def decide(**sources: Any) -> Settings:
    return settings(Sources(cache_home=HOME, **sources))


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
    assert found.index_root(lambda: "https://index.example/simple") == Setting(
        "https://index.example/simple/", "the default"
    )


def test_the_default_index_is_not_asked_for_when_one_is_set() -> None:
    found = decide(variables={"DETENT_DEFAULT_INDEX": "https://index.example/root"})

    assert found.index_root(no_default) == Setting(
        "https://index.example/root/", "the variable `DETENT_DEFAULT_INDEX`"
    )


def test_each_source_of_the_index_gives_way_to_the_one_above_it() -> None:
    every: dict[str, Any] = {
        "flags": {"index-url": "https://flag.example/"},
        "variables": {
            "DETENT_DEFAULT_INDEX": "https://variable.example/",
            "PIP_INDEX_URL": "https://pip-variable.example/",
        },
        "project": {"index": [{"url": "https://project.example/"}]},
        "user": ConfigFile("user.toml", {"index-url": "https://user.example/"}),
        "system": ConfigFile("system.toml", {"index-url": "https://system.example/"}),
        "pip_index": Setting("https://pip-file.example/", "`pip.conf`"),
    }
    seen = []
    for name in ("flags", "own", "project", "user", "system", "variables", "pip_index"):
        found = decide(**every).index_url
        seen.append((found.value or "").split("/")[2].removesuffix(".example"))
        if name == "own":
            every["variables"] = {"PIP_INDEX_URL": "https://pip-variable.example/"}
        else:
            del every[name]

    assert seen == ["flag", "variable", "project", "user", "system", "pip-variable", "pip-file"]
    assert decide(**every).index_url == Setting(None, "the default")


def test_a_value_keeps_who_set_it() -> None:
    user = ConfigFile("/etc/detent.toml", {"link-mode": "copy", "concurrent-downloads": 4})

    found = decide(user=user, flags={"offline": True, "python": None}, variables={"DETENT_PYTHON": "3.12"})

    assert found.link_mode == Setting("copy", "`/etc/detent.toml`")
    assert found.concurrent_downloads == Setting(4, "`/etc/detent.toml`")
    assert found.offline == Setting(True, "the flag `--offline`")
    assert found.python == Setting("3.12", "the variable `DETENT_PYTHON`")


def test_an_empty_variable_is_not_set() -> None:
    assert decide(variables={"DETENT_CACHE_DIR": "", "DETENT_OFFLINE": ""}).offline.value is False


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


def test_directory_links_are_of_a_later_release() -> None:
    with pytest.raises(Unsupported, match="directory"):
        decide(flags={"link-mode": "directory"})


def test_settings_of_a_machine_are_not_taken_from_a_project() -> None:
    found = decide(project={"cache-dir": "/elsewhere", "link-mode": "copy"})

    assert found.cache_dir.value == HOME
    assert found.link_mode.value == "copy"


def test_every_setting_is_decided_and_every_variable_listed_once() -> None:
    assert {name.replace("_", "-") for name in Settings._fields} == set(BY_NAME)
    assert len(KNOWN) == len(BY_NAME)
    variables = [variable for variable, _, _ in VARIABLES]
    assert len(variables) == len(set(variables))
    assert {"DETENT_CACHE_DIR", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE"} < set(variables)
