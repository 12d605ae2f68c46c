"""A project as it was before a moment: releases lose the files that came later, and keep what is left."""

from collections.abc import Sequence

from packaging.version import Version

from detent.index.cutoff import View, view
from detent.index.grouping import Files, group
from detent.index.listings import KeptListing
from detent.index.rows import Row, row_of
from detent.model.candidate import Artifact
from detent.model.versions import columns, sets

WHEEL, NATIVE, SDIST = "a-1.0-py3-none-any.whl", "a-1.0-cp312-cp312-linux_x86_64.whl", "a-1.0.tar.gz"


def file(
    filename: str, uploaded_at: int | None, *, requires_python: str = "", yanked: str | None = None
) -> Artifact:
    return Artifact(
        filename,
        f"https://f.example/{filename}",
        (),
        uploaded_at=uploaded_at,
        requires_python=requires_python,
        yanked=yanked,
    )


def alone(artifact: Artifact) -> Files:
    version = Version(artifact.filename.split("-")[1].removesuffix(".tar.gz"))
    return Files(str(version), version, [row_of(artifact)], has_odd=False)


def seen(moment: int, *files: Artifact) -> tuple[View, list[str]]:
    """The view, and the versions whose files had to be looked at."""
    project = group(map(alone, files))
    listing = KeptListing(
        0, 0, "", "", "stamp", columns(project.releases), sets(project.releases), project.latest
    )
    asked: list[str] = []

    def of(version: str) -> Sequence[Row]:
        asked.append(version)
        return project.rows[version]

    return view(listing, moment, of), asked


def test_a_release_of_before_is_as_it_was_and_none_of_its_files_is_looked_at() -> None:
    before = view_of(file(WHEEL, 9))

    (found, visible), asked = seen(10, file(WHEEL, 9))

    assert (found, visible, asked) == (before, {}, [])


def view_of(*files: Artifact) -> tuple[object, ...]:
    return seen(2**40, *files)[0].releases


def test_a_release_says_what_its_files_of_before_say() -> None:
    sdist = file(SDIST, 9, requires_python=">=3.8", yanked="broken")
    later = file(WHEEL, 10, requires_python=">=3.12")

    (found, visible), asked = seen(10, sdist, later)

    assert found == view_of(sdist)
    (release,) = found
    assert (release.has_wheel, release.has_sdist, release.yanked) == (False, True, True)
    assert (release.requires_python, release.uploaded_at) == (">=3.8", 9)
    assert visible == {"1.0": (sdist,)}
    assert asked == ["1.0"]


def test_wheels_that_came_later_serve_no_python() -> None:
    (found, _), _ = seen(10, file(NATIVE, 9), file("a-1.0-cp313-cp313-linux_x86_64.whl", 11))

    assert [release.wheel_pythons for release in found] == ["3.12"]


def test_a_file_of_unknown_upload_time_does_not_exist() -> None:
    (found, visible), _ = seen(10, file(NATIVE, 5), file(WHEEL, None))

    assert found == view_of(file(NATIVE, 5))
    assert visible == {"1.0": (file(NATIVE, 5),)}


def test_a_release_without_a_file_of_before_stays_as_the_index_has_it() -> None:
    files = (file(WHEEL, 10), file("a-2.0.tar.gz", None))

    (found, visible), asked = seen(10, *files)

    assert [(release.version, release.uploaded_at) for release in found] == [("1.0", 10), ("2.0", None)]
    assert visible == {"1.0": (), "2.0": ()}
    assert asked == []
