"""Which of several sources of a setting counts, why the others do not, and that no password is shown."""

import tomllib
from pathlib import Path

import pytest

from detent.project.known import BY_NAME, KNOWN, Known
from detent.project.origins import in_force, told, without_secrets
from detent.project.settings import settings
from detent.project.sources import ConfigFile, Sources

NOWHERE = Sources(cache_home=Path("/cache"))


def file(origin: str, **table: object) -> ConfigFile:
    return ConfigFile(origin, {key.replace("_", "-"): value for key, value in table.items()})


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_every_example_is_shown_as_it_is_written(known: Known) -> None:
    value = tomllib.loads(f"value = {known.example}")["value"]
    sources = NOWHERE._replace(user=file("mine", **{known.name: value}), project=None)
    if known.place == "pyproject":
        sources = sources._replace(project=sources.user, user=None)

    (row,) = told(known, sources)

    assert (row.value, row.role) == (value, "counts")


def roles(name: str, sources: Sources) -> list[tuple[object, str]]:
    return [(row.value, row.role) for row in told(BY_NAME[name], sources)]


def test_the_strongest_counts_and_the_others_name_it() -> None:
    sources = NOWHERE._replace(
        flags={"offline": True},
        variables={"DETENT_OFFLINE": "0"},
        user=file("`user.toml`", offline=False),
    )

    rows = told(BY_NAME["offline"], sources)

    assert [(row.value, row.role) for row in rows] == [(True, "counts"), (False, "hidden"), (False, "hidden")]
    assert rows[1].why == "the flag `--offline` comes before it"


def test_lists_are_joined() -> None:
    sources = NOWHERE._replace(
        variables={"DETENT_NO_BUILD_PACKAGE": "a B"},
        project=file("the project", no_build_package=["c", "a"]),
    )

    rows = told(BY_NAME["no-build-package"], sources)

    assert [row.role for row in rows] == ["joins", "joins"]
    assert in_force(rows) == ["a", "b", "c"]


def test_tables_are_joined_by_key_and_the_nearer_counts() -> None:
    sources = NOWHERE._replace(
        project=file("the project", config_settings={"a": "1"}),
        user=file("mine", config_settings={"a": "2", "b": "3"}),
    )

    assert in_force(told(BY_NAME["config-settings"], sources)) == {"a": "1", "b": "3"}


@pytest.mark.parametrize(
    ("variables", "project", "user", "expected"),
    [
        ({}, "allow", "deny", [("allow", "denied"), ("deny", "counts")]),
        ({}, "deny", "allow", [("deny", "counts"), ("allow", "hidden")]),
        (
            {"DETENT_NO_BUILD": "1"},
            "allow",
            "allow",
            [("deny", "counts"), ("allow", "hidden"), ("allow", "hidden")],
        ),
        (
            {"DETENT_NO_BUILD": "0"},
            "deny",
            "allow",
            [("allow", "hidden"), ("deny", "counts"), ("allow", "hidden")],
        ),
    ],
)
def test_of_builds_the_stricter_counts(
    variables: dict[str, str], project: str, user: str, expected: list[tuple[object, str]]
) -> None:
    sources = NOWHERE._replace(
        variables=variables, project=file("the project", build=project), user=file("mine", build=user)
    )

    assert roles("build", sources) == expected
    counts = next(value for value, role in expected if role == "counts")
    assert settings(sources).build_policy.allows == (counts == "allow")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("proxy", "http://me:pass@proxy.example:1", "http://****@proxy.example:1"),
        ("proxy", "me:pass@proxy.example:1", "****@proxy.example:1"),
        ("index-url", "https://me:p@ss@a.example/simple/", "https://****@a.example/simple/"),
        ("find-links", ["https://a.example/x?token=1"], ["https://a.example/x?..."]),
        (
            "extra-build-variables",
            {"a": {"API_TOKEN": "pass", "JOBS": "4"}},
            {"a": {"API_TOKEN": "****", "JOBS": "4"}},
        ),
        (
            "index-mirror",
            {"https://u:p@a.example/": "https://u:p@b.example/"},
            {"https://****@a.example/": "https://****@b.example/"},
        ),
        ("link-mode", "copy", "copy"),
        ("offline", True, True),
    ],
)
def test_no_password_is_shown(name: str, value: object, shown: object) -> None:
    assert without_secrets(BY_NAME[name], value) == shown
