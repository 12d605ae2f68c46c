from pathlib import Path
from typing import Any

import pytest

from detent.errors.project import SettingInvalid
from detent.model.sources import ProjectIndex
from detent.project.indexes import IndexSetting, faults_of, indexes_of_uv, pip_note, with_variables
from detent.project.settings import Settings, settings
from detent.project.sources import OF_PYPROJECT, OF_UV, ConfigFile, Setting, Sources

IMPLIED = "https://public.example/simple/"
FLAG, VARIABLE = "the flag `--index`", "the variable `DETENT_INDEX`"


def decide(**sources: Any) -> Settings:
    return settings(Sources(cache_home=Path("/cache"), folder="/here", **sources))


def urls(**sources: Any) -> list[str]:
    return [index.url for index in asked(**sources)]


def asked(**sources: Any) -> tuple[IndexSetting, ...]:
    return decide(**sources).all_indexes(lambda: IMPLIED)


def pyproject(*entries: dict[str, object], **table: object) -> ConfigFile:
    return ConfigFile(OF_PYPROJECT, {"index": list(entries), **table}, "/project")


def user(**table: object) -> ConfigFile:
    return ConfigFile(
        "`detent.toml`", {key.replace("_", "-"): value for key, value in table.items()}, "/home/me"
    )


def test_the_nearest_index_is_asked_first_and_the_default_last() -> None:
    found = asked(
        flags={"index": ("https://flag.example",), "find-links": ("./files",)},
        variables={"DETENT_INDEX": "named=https://variable.example https://second.example"},
        project=pyproject({"url": "https://project.example"}),
        user=user(index=[{"url": "https://user.example"}]),
    )

    assert [index.url for index in found] == [
        "file:///here/files/",
        "https://flag.example/",
        "https://variable.example/",
        "https://second.example/",
        "https://project.example/",
        "https://user.example/",
        IMPLIED,
    ]
    assert [index.origin for index in found[1:3]] == [FLAG, VARIABLE]
    assert found[2].name == "named"


def test_an_index_that_says_so_takes_the_place_of_the_default_one() -> None:
    ours = {"name": "ours", "url": "https://ours.example/simple", "default": True}

    assert urls(project=pyproject({"url": "https://a.example"}, ours)) == [
        "https://a.example/",
        "https://ours.example/simple/",
    ]


def test_without_indexes_only_files_are_looked_at() -> None:
    project = pyproject(
        {"url": "https://a.example"}, {"url": "./wheels", "format": "flat"}, **{"find-links": ["/srv/files"]}
    )

    assert urls(project=project, flags={"no-index": True}) == [
        "file:///srv/files/",
        "file:///project/wheels/",
    ]
    assert urls(flags={"no-index": True}) == []


def test_a_machine_changes_nothing_of_what_a_project_declares() -> None:
    project = pyproject(
        {"name": "ours", "url": "https://ours.example", "explicit": True},
        {"name": "all", "url": "https://all.example", "default": True},
        **{"find-links": ["./wheels"]},
    )
    alone = decide(project=project)
    elsewhere = decide(
        project=project,
        flags={"index": ("ours=https://other.example",), "index-url": "https://mirror.example"},
        variables={"DETENT_INDEX": "https://more.example", "DETENT_FIND_LINKS": "/mnt"},
        user=user(index=[{"url": "https://user.example"}], index_mirror={"all": "https://m.example"}),
    )

    assert (
        elsewhere.declared_indexes
        == alone.declared_indexes
        == (
            ProjectIndex("wheels", "wheels", format="flat"),
            ProjectIndex("ours", "https://ours.example/", explicit=True),
            ProjectIndex("all", "https://all.example/", is_default=True),
        )
    )
    by_name = {index.name: index for index in elsewhere.indexes}
    assert (by_name["ours"].url, by_name["ours"].mirror) == (
        "https://ours.example/",
        "https://other.example/",
    )
    assert by_name["ours"].explicit
    assert (by_name["all"].url, by_name["all"].mirror) == ("https://all.example/", "https://m.example/")


def test_a_default_index_for_one_command_stands_in_for_the_projects() -> None:
    (index,) = decide(
        project=pyproject({"name": "all", "url": "https://all.example", "default": True}),
        variables={"DETENT_DEFAULT_INDEX": "https://mirror.example"},
    ).indexes

    assert (index.url, index.mirror, index.is_stand_in) == (
        "https://all.example/",
        "https://mirror.example/",
        True,
    )


def test_a_mirror_is_one_of_a_name_or_of_an_address() -> None:
    project = pyproject({"name": "ours", "url": "https://me:secret@ours.example/simple"})
    for key in ("ours", "https://ours.example/simple", "https://ours.example/simple/"):
        index = decide(project=project, user=user(index_mirror={key: "https://m.example"})).indexes[0]
        assert (index.mirror, index.is_stand_in) == ("https://m.example/", False)
    implied = asked(user=user(index_mirror={IMPLIED: "https://m.example"}))
    assert implied[-1].mirror == "https://m.example/"


def test_pip_is_heard_where_nothing_else_says_where_to_look() -> None:
    pip = {
        "index-url": Setting("https://pip.example/simple", "pip's configuration file `pip.conf`"),
        "extra-index-url": Setting(
            "https://a.example https://b.example", "pip's configuration file `pip.conf`"
        ),
    }
    found = asked(pip=pip)

    assert [index.url for index in found] == [
        "https://a.example/",
        "https://b.example/",
        "https://pip.example/simple/",
    ]
    assert pip_note(found) == (
        "packages are looked for on `https://a.example/` and `https://b.example/` and"
        " `https://pip.example/simple/`, as pip's configuration file `pip.conf` says"
    )
    assert urls(pip=pip, project=pyproject({"url": "https://ours.example"})) == [
        "https://ours.example/",
        "https://pip.example/simple/",
    ]
    assert pip_note(asked(flags={"index-url": "https://x.example"})) == ""


def test_folders_of_pip_count_where_there_is_no_index() -> None:
    pip = {"find-links": Setting("/srv/wheels", "`pip.conf`"), "no-index": Setting("yes", "`pip.conf`")}

    assert urls(pip=pip) == ["file:///srv/wheels/"]
    assert urls(pip={"find-links": pip["find-links"]}) == [IMPLIED]


def test_an_index_that_detent_is_told_of_is_asked_though_pip_asks_none() -> None:
    variables = {"PIP_NO_INDEX": "1"}

    assert urls(variables=variables) == []
    assert urls(variables={**variables, "DETENT_DEFAULT_INDEX": "https://ours.example"}) == [
        "https://ours.example/"
    ]
    assert urls(variables=variables, project=pyproject({"url": "https://ours.example"})) == [
        "https://ours.example/",
        IMPLIED,
    ]
    assert urls(variables={**variables, "DETENT_NO_INDEX": "1", "DETENT_INDEX": "https://ours.example"}) == []


def test_another_tools_table_of_the_project_counts_as_the_projects() -> None:
    table = indexes_of_uv(
        {
            "tool": {
                "uv": {
                    "index": [{"name": "u", "url": "https://u.example"}],
                    "extra-index-url": ["https://e.example"],
                }
            }
        }
    )
    found = decide(uv=ConfigFile(OF_UV, table, "/project"))

    assert [index.url for index in found.indexes] == ["https://u.example/", "https://e.example/"]
    assert [index.name for index in found.declared_indexes] == ["u", "e.example"]
    assert indexes_of_uv({}) == {}


def test_variables_stand_in_for_a_user_and_nothing_else() -> None:
    known = {"USER": "me", "PASS": "p@ss/word", "HOST": "evil.example"}

    assert (
        with_variables("https://${USER}:${PASS}@a.example/", known) == "https://me:p%40ss%2Fword@a.example/"
    )
    assert with_variables("https://${USER}:${NONE}@a.example/", known) == "https://a.example/"
    assert with_variables("https://${HOST}/", known) == "https://${HOST}/"


def test_no_secret_gets_into_what_a_lock_or_a_message_says() -> None:
    (index,) = decide(project=pyproject({"url": "https://me:secret@a.example/simple"})).indexes

    assert "secret" not in repr(index.of_project()) + index.label + index.key
    assert "secret" in index.url


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({}, ""),
        ({"url": "ftp://a.example"}, "url"),
        ({"url": "packages"}, "url"),
        ({"url": 1}, "url"),
        ({"url": "https://a.example", "name": "a b"}, "name"),
        ({"url": "https://a.example", "default": "yes"}, "default"),
        ({"url": "https://a.example", "explicit": 1}, "explicit"),
        ({"url": "https://a.example", "format": "html"}, "format"),
        ({"url": "https://a.example", "cache-control": {"pages": "x"}}, "cache-control"),
        ({"url": "https://a.example", "exclude-newer": "soon"}, "exclude-newer"),
        ({"url": "https://a.example", "authenticate": True}, "authenticate"),
        ({"url": "https://a.example", "ignore-error-codes": [200]}, "ignore-error-codes"),
        ({"url": "https://a.example", "ignore-error-codes": "403"}, "ignore-error-codes"),
    ],
)
def test_what_an_index_cannot_be_is_refused_with_its_key(entry: dict[str, object], place: str) -> None:
    ((number, key, _reason),) = faults_of([entry])

    assert (number, key) == (0, place)
    with pytest.raises(SettingInvalid):
        decide(project=pyproject(entry))


def test_names_and_the_default_index_are_there_once() -> None:
    one = {"name": "a", "url": "https://a.example", "default": True}

    assert [(number, key) for number, key, _ in faults_of([one, one])] == [(1, "name"), (1, "default")]


@pytest.mark.parametrize("strategy", ["unsafe-best-match", "unsafe-first-match"])
def test_no_other_strategy_is_followed(strategy: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        decide(flags={"index-strategy": strategy})

    assert "pin it" in caught.value.why
    assert decide(flags={"index-strategy": "first-index"}).indexes == ()
