"""Words of `add` that name a place: what they are taken for, and what of them is refused."""

from pathlib import Path

import pytest

from detent.errors import UsageError
from detent.model.names import extra_name, package_name
from detent.model.references import DirectSource
from detent.model.sources import GitSource, PathSource, UrlSource
from detent.ops.places import Place, Pointing, is_place, read_place, refuse_idle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, False) for text in ("a", "a[x]>=1", "a; os_name == './'", "a.b", "Rich >= 2", "a@latest")),
        *(
            (text, True)
            for text in (".", "..", "./a", "../a", "/a", "~/a", "libs/a", "a-1.0.tar.gz", "a.whl[x]")
        ),
        *(
            (text, True)
            for text in ("git+https://h.example/a", "git@h.example:a", "file:///a", "a @ file:./a")
        ),
    ],
)
def test_a_place_is_told_from_a_name(text: str, *, expected: bool) -> None:
    assert is_place(text) == expected


@pytest.mark.parametrize(
    ("text", "pointing", "source"),
    [
        ("git+https://h.example/a", Pointing(), GitSource("https://h.example/a")),
        (
            "git+https://h.example/a",
            Pointing("tag", "v1", "x", lfs=True),
            GitSource("https://h.example/a", "v1", "tag", "x", lfs=True),
        ),
        ("https://h.example/a.git@v1", Pointing(), GitSource("https://h.example/a.git", "v1", "rev")),
        ("https://h.example/a", Pointing("branch", "b"), GitSource("https://h.example/a", "b", "branch")),
        ("git@h.example:a/b.git", Pointing(), GitSource("ssh://git@h.example/a/b.git")),
        ("ssh://git@h.example/a", Pointing(), GitSource("ssh://git@h.example/a")),
        ("https://h.example/a.zip", Pointing(subdirectory="x"), UrlSource("https://h.example/a.zip", "x")),
        ("a @ git+file:///srv/a", Pointing(), GitSource("file:///srv/a")),
    ],
)
def test_a_url_is_read_with_what_the_flags_say(text: str, pointing: Pointing, source: DirectSource) -> None:
    assert read_place(text, "", Path("/p"), pointing).source == source


def test_a_path_is_written_from_where_the_project_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, outside = tmp_path / "demo", tmp_path / "other"
    for folder in (root / "src", root / "libs" / "a", outside):
        folder.mkdir(parents=True)
    (root / "a.whl").touch()
    monkeypatch.chdir(root / "src")

    def found(text: str, *, editable: bool | None = None) -> DirectSource:
        return read_place(text, "", root, Pointing(editable=editable)).source

    assert found("../libs/a") == PathSource("libs/a")
    assert found("../libs/a", editable=True) == PathSource("libs/a", editable=True)
    assert found("file:../libs/a", editable=False) == PathSource("libs/a", editable=False)
    assert found("../a.whl", editable=False) == PathSource("a.whl")
    assert found("../../other") == PathSource("../other")
    assert found(str(root / "libs" / "a")) == PathSource("libs/a")
    assert found(str(outside)) == PathSource(outside.as_posix())
    assert found("x @ file:../libs/a") == PathSource("libs/a")


def test_name_extras_marker_and_user_are_kept() -> None:
    text = "A[y,X] @ https://me:${WORD}@h.example/a.whl ; os_name == 'nt'"

    assert read_place(text, "", Path("/p"), Pointing()) == Place(
        UrlSource("https://h.example/a.whl"),
        package_name("a"),
        (extra_name("x"), extra_name("y")),
        "os_name == 'nt'",
        "me:${WORD}",
        "https://me:${WORD}@h.example/a.whl",
    )
    found = read_place("git+https://h.example/a[net]; os_name == 'nt'", "", Path("/p"), Pointing("rev", "b"))
    assert (found.name, found.extras, found.condition, found.url) == (None, ("net",), "os_name == 'nt'", "")


@pytest.mark.parametrize(
    ("text", "pointing", "why"),
    [
        ("./none", Pointing(), "there is nothing at that path"),
        ("git+https://me:SECRET@h.example/a", Pointing(), "it has a user or password in it"),
        ("a @ https://me:SECRET@h.example/a.whl", Pointing(), "it has a user or password in it"),
        ("https://h.example/a", Pointing(), "it names no file that ends with"),
        ("git+https://h.example/a", Pointing("tag", "--x"), "`--x` begins with `-`"),
        ("git+https://h.example/a", Pointing(subdirectory="../x"), "the subdirectory `../x` leads out"),
        ("git+https://h.example/a@b", Pointing("tag", "c"), "the URL says `b`, the flag `c`"),
        (
            "https://h.example/a.zip#subdirectory=b",
            Pointing(subdirectory="c"),
            "the URL says `b`, the flag `c`",
        ),
        ("git+https://h.example/a[b,-]", Pointing(), "`-` is not a valid name of an extra"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_a_secret(text: str, pointing: Pointing, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_place(text, "r.txt:3", Path("/p"), pointing)

    assert caught.value.why.startswith(why)
    assert "SECRET" not in caught.value.what


def test_a_file_cannot_be_editable(tmp_path: Path) -> None:
    (tmp_path / "a.whl").touch()

    with pytest.raises(UsageError, match=r"a\.whl` cannot be added \(r\.txt:3\)"):
        read_place(str(tmp_path / "a.whl"), "r.txt:3", tmp_path, Pointing(editable=True))


@pytest.mark.parametrize(
    ("pointing", "flag"),
    [
        (Pointing("tag", "v1"), "--tag"),
        (Pointing(lfs=True), "--lfs"),
        (Pointing(subdirectory="x"), "--subdirectory"),
        (Pointing(editable=True), "--editable"),
        (Pointing(editable=False), "--no-editable"),
    ],
)
def test_a_flag_without_its_place_is_refused(pointing: Pointing, flag: str) -> None:
    others: dict[bool, DirectSource] = {True: PathSource("a"), False: GitSource("https://h.example/a")}
    other = others[pointing.editable is None]

    with pytest.raises(UsageError, match=f"`{flag}` needs"):
        refuse_idle(pointing, [Place(other)])
    with pytest.raises(UsageError, match=f"`{flag}` needs"):
        refuse_idle(pointing, [])
    refuse_idle(pointing, [Place(other), Place(others[pointing.editable is not None])])
