"""Answers for several environments as one lock."""

import tomllib
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from packaging.pylock import Pylock

from detent.errors import Bug, Unsupported
from detent.lock.assemble import assemble
from detent.lock.model import Direct, Edge, Lock, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.model.candidate import Artifact, Digest
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName, extra_name, group_name, package_name
from support.worlds import INDEX, World, artifact, project, release, world

B, C = package_name("b"), package_name("c")


class Answer(NamedTuple):
    environment: Marker
    pins: Mapping[PackageName, int]


def answer(environment: str = "python_version >= '3.10'", **pins: int) -> Answer:
    return Answer(markers.parse(environment), {package_name(name): number for name, number in pins.items()})


def assembled(inputs: Inputs, releases: World, *answers: Answer) -> Lock:
    return assemble(inputs, answers, releases)


def entries(lock: Lock) -> dict[str, LockedPackage]:
    return {f"{package.name} {package.version}": package for package in lock.packages}


def lines(lock: Lock) -> list[str]:
    return [f"{package.name} {package.version}; {package.marker}" for package in lock.packages]


def test_the_head_says_what_the_project_declares() -> None:
    inputs = project(["a"], extras={"X_y": ["b"], "net": []}, groups={"Dev": []}, python=">=3.10,<4")
    lock = assembled(inputs, world({"a": ["1.0"], "b": ["1.0"]}), answer(a=1, b=1))

    assert lock._replace(packages=()) == Lock(
        ">=3.10,<4",
        (),
        extras=(extra_name("net"), extra_name("x-y")),
        groups=(group_name("dev"),),
        created_by="detent",
        inputs=inputs.recorded(),
    )


def test_what_requires_python_says_is_not_repeated() -> None:
    releases = world({"a": ["1.0"], "b": ["1.0"]})
    inputs = project(["a; python_version >= '3.8'", "b; python_version < '3.12'"], python=">=3.10,<3.14")

    assert lines(assembled(inputs, releases, answer(a=1, b=1))) == [
        "a 1.0; ",
        "b 1.0; python_version < '3.12'",
    ]


def test_one_pin_in_several_environments_is_one_entry() -> None:
    releases = world({"a": ["1.0"], "b": ["1.0", "2.0"]})
    lock = assembled(
        project(["a", "b"]),
        releases,
        answer("python_version < '3.12'", a=1, b=1),
        answer("python_version >= '3.12'", a=1, b=2),
    )

    assert lines(lock) == ["a 1.0; ", "b 1.0; python_version < '3.12'", "b 2.0; python_version >= '3.12'"]
    assert lock.forks == ("python_version >= '3.12'", "python_version < '3.12'")


def test_one_environment_is_no_fork() -> None:
    assert assembled(project(["a"]), world({"a": ["1.0"]}), answer(a=1)).forks == ()


def test_markers_run_along_the_path_and_through_extras_and_groups() -> None:
    releases = world(
        {
            "a": {"1.0": ["b[x]; sys_platform == 'win32'"]},
            "b": {"1.0": ["c; extra == 'x'", "d; python_version < '3.12'"]},
            "c": ["1.0"],
            "d": ["1.0"],
        }
    )
    inputs = project([], extras={"net": ["a"]}, groups={"dev": ["c"]})

    assert lines(assembled(inputs, releases, answer(a=1, b=1, c=1, d=1))) == [
        "a 1.0; 'net' in extras",
        "b 1.0; 'net' in extras and sys_platform == 'win32'",
        "c 1.0; ('net' in extras and sys_platform == 'win32') or 'dev' in dependency_groups",
        "d 1.0; 'net' in extras and python_version < '3.12' and sys_platform == 'win32'",
    ]


def test_a_circle_is_followed_until_nothing_changes() -> None:
    releases = world({"a": {"1.0": ["b"]}, "b": {"1.0": ["a"]}})
    inputs = project(["a; os_name == 'nt'", "b; os_name != 'nt'"])

    assert lines(assembled(inputs, releases, answer(a=1, b=1))) == ["a 1.0; ", "b 1.0; "]


def test_pins_that_nothing_reaches_are_left_out() -> None:
    assert lines(assembled(project(["a"]), world({"a": ["1.0"], "b": ["1.0"]}), answer(a=1, b=1))) == [
        "a 1.0; "
    ]


def test_edges_name_a_version_only_where_the_name_is_not_enough() -> None:
    releases = world({"a": {"1.0": ["b", "c"]}, "b": ["1.0", "2.0"], "c": ["1.0"]})
    lock = assembled(
        project(["a"]),
        releases,
        answer("python_version < '3.12'", a=1, b=1, c=1),
        answer("python_version >= '3.12'", a=1, b=2, c=1),
    )

    assert lock.packages[0].dependencies == (Edge(B, "1.0"), Edge(B, "2.0"), Edge(C))


def test_edges_follow_requirements_that_hold_and_extras_that_are_on() -> None:
    releases = world(
        {
            "a": {
                "1.0": ["b; python_version < '3'", "c; extra == 'x'", "d; extra == 'y'", "a[x]; extra == 'z'"]
            },
            "b": ["1.0"],
            "c": ["1.0"],
            "d": ["1.0"],
        }
    )
    lock = assembled(project(["a[z]", "b", "d"]), releases, answer(a=1, b=1, c=1, d=1))

    assert entries(lock)["a 1.0"].dependencies == (Edge(C),)


def test_versions_stand_oldest_first_by_meaning_and_not_by_text() -> None:
    releases = world({"a": ["1.9", "1.10"]})
    lock = assembled(
        project(["a"]),
        releases,
        answer("python_version < '3.12'", a=1),
        answer("python_version >= '3.12'", a=2),
    )

    assert [package.version for package in lock.packages] == ["1.9", "1.10"]


def test_requirements_are_kept_as_sorted_texts_with_those_of_the_extras_in_use() -> None:
    releases = world(
        {
            "a": {
                "1.0": [
                    "c (>=1,<2) ; python_version<'3.12'",
                    "B[z]",
                    "d; extra == 'x'",
                    "e; extra == 'y'",
                ]
            },
            "b": ["1.0"],
            "c": ["1.0"],
            "d": ["1.0"],
        }
    )
    lock = assembled(project(["a[x,nope]"]), releases, answer(a=1, b=1, c=1, d=1))

    assert entries(lock)["a 1.0"].requires == ("b[z]", "c>=1,<2; python_version < '3.12'")
    assert entries(lock)["a 1.0"].extras == (("x", ("d",)),)
    assert entries(lock)["b 1.0"].extras == ()


def test_a_requirement_on_the_project_itself_is_kept_as_text_and_makes_no_edge() -> None:
    lock = assembled(project(["a"], name="me"), world({"a": {"1.0": ["me>=2"]}}), answer(a=1))

    assert (lock.packages[0].requires, lock.packages[0].dependencies) == (("me>=2",), ())


def test_files_are_sorted_and_keep_just_what_a_lock_says() -> None:
    names = (
        "a-1.0-py3-none-any.whl",
        "a-1.0-cp39-cp39-win32.whl",
        "a-1.0-cp312-cp312-win32.whl",
        "a-1.0.zip",
    )
    releases = world({"a": {"1.0": release(files=[*names, "a-1.0.tar.gz"])}})
    package = assembled(project(["a"]), releases, answer(a=1)).packages[0]

    assert package.wheels == (artifact("a-1.0-cp312-cp312-win32.whl"), artifact("a-1.0-py3-none-any.whl"))
    assert package.sdist == artifact("a-1.0.tar.gz")
    assert package.index == INDEX


def test_a_release_that_is_a_source_distribution_alone_is_locked_as_one() -> None:
    releases = world({"a": {"1.0": release(["b"], sdist_only=True, built=True)}, "b": ["1.0"]})
    built, read = assembled(project(["a"]), releases, answer(a=1, b=1)).packages

    assert (built.sdist, built.wheels) == (artifact("a-1.0.tar.gz"), ())
    assert (built.is_built, read.is_built) == (True, False)
    assert built.requires == ("b",)


@pytest.mark.parametrize("filename", ["a-1.0.tar.bz2", "a-1.0-0.tar.gz", "a-1.tar.gz.zip"])
def test_a_source_distribution_of_an_old_form_is_an_archive_or_left_out_beside_wheels(filename: str) -> None:
    alone = world({"a": {"1.0": release(files=[filename])}})
    beside = world({"a": {"1.0": release(files=[filename, "a-1.0-py3-none-any.whl"])}})

    lock = assembled(project(["a"]), alone, answer(a=1))
    (package,) = lock.packages

    assert (package.sdist, package.version) == (artifact(filename), "1.0")
    assert package.direct == Direct("archive", f"https://files.example/{filename}")
    assert parse_lock(render_lock(lock), "pylock.toml") == lock
    assert Pylock.from_dict(tomllib.loads(render_lock(lock))).packages[0].archive is not None
    (package,) = assembled(project(["a"]), beside, answer(a=1)).packages
    assert (package.sdist, package.direct) == (None, None)


def test_the_source_distribution_of_the_newest_form_is_locked() -> None:
    names = ["a-1.0.tar.bz2", "a-1.0.zip", "a-1.0.tar.gz", "a-1.0.tgz"]
    (package,) = assembled(project(["a"]), world({"a": {"1.0": release(files=names)}}), answer(a=1)).packages

    assert package.sdist == artifact("a-1.0.tar.gz")


def test_a_file_that_neither_its_name_nor_its_url_names_cannot_be_locked() -> None:
    odd = artifact("a-1.0.tar.bz2")._replace(url="https://files.example/7")

    with pytest.raises(Unsupported, match=r"^`a` 1\.0 cannot be locked$"):
        assembled(project(["a"]), Files(odd), answer(a=1))


class Files(World):
    """A world whose one release has just these files."""

    def __init__(self, *files: Artifact) -> None:
        super().__init__({"a": ["1.0"]})
        self.files = files

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        return self.files


def test_what_the_index_says_besides_is_dropped() -> None:
    told = artifact("a-1.0-py3-none-any.whl")._replace(
        requires_python=">=3.9", metadata=(), digests=(Digest("sha256", "ab"), Digest("md5", "cd"))
    )

    assert assembled(project(["a"]), Files(told), answer(a=1)).packages[0].wheels == (
        artifact("a-1.0-py3-none-any.whl")._replace(digests=(Digest("sha256", "ab"),)),
    )


def test_a_yanked_file_beside_others_is_left_out_and_a_yanked_release_is_not() -> None:
    good, bad = artifact("a-1.0-py3-none-any.whl"), artifact("a-1.0-py38-none-any.whl", yanked="broken")

    assert assembled(project(["a"]), Files(good, bad), answer(a=1)).packages[0].wheels == (good,)
    assert assembled(project(["a"]), Files(bad), answer(a=1)).packages[0].wheels == (
        bad._replace(yanked=None),
    )


def test_files_without_a_good_hash_cannot_be_locked() -> None:
    good, weak = artifact("a-1.0-py3-none-any.whl"), artifact("a-1.0-py38-none-any.whl")
    weak = weak._replace(digests=(Digest("md5", "ab"),))

    assert assembled(project(["a"]), Files(good, weak), answer(a=1)).packages[0].wheels == (good,)
    with pytest.raises(Unsupported, match=r"^`a` 1.0 cannot be locked$"):
        assembled(project(["a"]), Files(weak), answer(a=1))


def test_an_answer_that_misses_something_is_our_bug() -> None:
    with pytest.raises(Bug, match="`b` is needed and was not resolved"):
        assembled(project(["a"]), world({"a": {"1.0": ["b"]}, "b": ["1.0"]}), answer(a=1))


def test_a_project_without_requirements_has_a_lock_without_packages() -> None:
    assert assembled(project([]), world({}), answer()).packages == ()


def test_the_environments_of_a_lock_are_written_once_and_not_in_markers() -> None:
    inputs = project(
        ["a; sys_platform == 'linux'"],
        adjustments={"environments": ["'linux' == sys_platform", "sys_platform == 'darwin'"]},
    )
    here = "python_version >= '3.10' and (sys_platform == 'linux' or sys_platform == 'darwin')"
    lock = assembled(inputs, world({"a": ["1.0"]}), answer(here, a=1))

    assert lock.environments == ("sys_platform == 'darwin'", "sys_platform == 'linux'")
    assert lines(lock) == ["a 1.0; sys_platform != 'darwin'"]
    assert tomllib.loads(render_lock(lock))["environments"] == list(lock.environments)


def test_markers_do_not_repeat_what_excludes_what() -> None:
    inputs = project(
        extras={"x": ["a"], "y": ["a"], "z": ["a"]}, adjustments={"conflicts": [["extra x", "extra y"]]}
    )
    both = "python_version >= '3.10' and 'x' not in extras and 'y' in extras"
    neither = "python_version >= '3.10' and 'y' not in extras"

    assert lines(
        assembled(inputs, world({"a": ["1.0", "2.0"]}), answer(both, a=1), answer(neither, a=2))
    ) == [
        "a 1.0; 'y' in extras",
        "a 2.0; 'x' in extras or ('y' not in extras and 'z' in extras)",
    ]


def test_wheels_for_other_platforms_than_those_of_the_lock_are_left_out() -> None:
    files = ["a-1.0-cp310-cp310-win_amd64.whl", "a-1.0-cp310-cp310-manylinux2014_x86_64.whl"]
    inputs = project(["a"], adjustments={"environments": ["sys_platform == 'win32'"]})
    releases = world({"a": {"1.0": release(files=files)}})
    [package] = assembled(
        inputs, releases, answer("python_version >= '3.10' and sys_platform == 'win32'", a=1)
    ).packages

    assert [wheel.filename for wheel in package.wheels] == files[:1]
