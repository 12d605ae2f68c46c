"""What a direct reference can be, and what of it is refused."""

import pytest

from detent.model.reference_urls import InvalidReference
from detent.model.references import git_url, read_path, read_reference, rebased, reference_text, user_info
from detent.model.sources import GitSource, IndexSource, PathSource, UrlSource

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("git+https://Host.example/x.git", GitSource("https://host.example/x.git")),
        ("GIT+HTTPS://host.example/x.git/", GitSource("https://host.example/x.git")),
        ("git+https://host.example/x.git@v1", GitSource("https://host.example/x.git", "v1", "rev")),
        ("git+https://h.example/@s/x.git@a/b#egg=x", GitSource("https://h.example/%40s/x.git", "a/b", "rev")),
        ("git+https://h.example/x@pkg%40v1", GitSource("https://h.example/x", "pkg@v1", "rev")),
        ("git+https://${TOKEN}@h.example/x", GitSource("https://h.example/x")),
        ("git+https://me:${TOKEN}@h.example/x", GitSource("https://h.example/x")),
        ("git+ssh://git@h.example:22/x.git", GitSource("ssh://git@h.example:22/x.git")),
        ("git+git@h.example:x/y.git@v1", GitSource("ssh://git@h.example/x/y.git", "v1", "rev")),
        ("git+file:///srv/x.git", GitSource("file:///srv/x.git")),
        (
            "git+https://h.example/x#subdirectory=./libs//x&lfs=true&submodules=true",
            GitSource("https://h.example/x", subdirectory="libs/x", lfs=True, submodules=True),
        ),
        (
            f"https://h.example/x-1.0-py3-none-any.whl#sha256={SHA.upper()}&egg=x",
            UrlSource("https://h.example/x-1.0-py3-none-any.whl", hashes=(("sha256", SHA),)),
        ),
        ("http://h.example/x.tar.gz?a=b#subdirectory=y", UrlSource("http://h.example/x.tar.gz?a=b", "y")),
        ("https://${USER}:${WORD}@h.example/x.zip", UrlSource("https://h.example/x.zip")),
        ("file:///srv/x", PathSource("/srv/x")),
        ("file://localhost/srv/x", PathSource("/srv/x")),
        ("file:/srv/../x", PathSource("/x")),
        ("file:///C:/x", PathSource("C:/x")),
        ("file:./x%20y", PathSource("x y")),
        ("file:x", PathSource("x")),
        ("file://../x", PathSource("../x")),
        ("file:.", PathSource(".")),
        ("file://${PROJECT_ROOT}/libs/x#egg=x", PathSource("libs/x")),
        ("file:///${PROJECT_ROOT}/../x", PathSource("../x")),
        ("file:${PROJECT_ROOT}", PathSource(".")),
    ],
)
def test_a_reference_names_its_source(url: str, source: GitSource | UrlSource | PathSource) -> None:
    assert read_reference(url) == source


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("--upload-pack=x", "it begins with `-`, which a program could take for an option"),
        ("git+https://-oProxyCommand=x/y", "`-oProxyCommand=x` is not the name of a host"),
        ("git+ssh://-oProxyCommand=x@h.example/y", "it names no user that `ssh` could have"),
        ("git+https://h.example/x@--upload-pack", "`--upload-pack` begins with `-`, which git would take"),
        ("git+https://h.example/x@a..b", "`a..b` is not the name of a branch, tag or commit"),
        ("git+https://h.example/x@", "there is no revision after `@`"),
        ("git+https://h.example/x#subdirectory=../y", "the subdirectory `../y` leads out of its tree"),
        ("git+https://h.example/x#subdirectory=/y", "the subdirectory `/y` is not relative"),
        ("git+https://h.example/x#subdirectory=-y", "it begins with `-`"),
        ("git+https://h.example/x#subdirectory=%2dy", "it begins with `-`"),
        ("git+https://h.example/x#odd=1", "`#odd=` says nothing of a repository"),
        ("git+https://h.example/x#lfs=1", "`#lfs=` must be `true` or `false`"),
        ("git+https://h.example/x#odd", "`#odd` says nothing"),
        ("git+https://h.example/x#egg=a&egg=b", "`#egg=` stands there twice"),
        ("git+https://h.example/x?a=b", "the URL of a repository has no `?`"),
        ("git+https://h.example/", "it names a host and no repository"),
        ("git+https:///x", "it names no host"),
        ("git+file:x", "a repository on this machine is named by its whole path"),
        ("git+ext::sh -c x", "it is no URL"),
        ("git+ext::sh", "it names no host"),
        ("git+fd://h.example/x", "git is asked by `https`, `ssh`, `http`, `file`, not by `fd`"),
        ("git://h.example/x", "git is asked by"),
        ("hg+https://h.example/x", "of version control only git is known, not `hg`"),
        ("git+https://me:secret@h.example/x", "it has a user or password in it"),
        ("git+https://secret@h.example/x", "it has a user or password in it"),
        ("git+ssh://git:secret@h.example/x", "it has a password in it"),
        ("https://me:secret@h.example/x.whl", "it has a user or password in it"),
        ("https://${HOME}/x.whl", "`${HOME}` is not the name of a host"),
        ("https://h.example/${NAME}.whl", "variables are known in user and password alone"),
        ("https://h.example/x.git", "it names no file that ends with"),
        ("https://h.example/x.whl#md5=00", "`#md5=` is too weak to hold a file to"),
        ("https://h.example/x.whl#sha256=00", "`#sha256=` must be 64 hexadecimal digits"),
        ("https://h.example/x%0a.whl", "it has characters that do not print"),
        ("https://h.example/x%ff.whl", "it has a `%` that stands for no text"),
        ("ftp://h.example/x.whl", "the scheme `ftp` is not known"),
        ("git@h.example:x/y.git", "it is no URL"),
        ("libs/x", "it is no URL"),
        ("file://h.example/x", "`h.example` is another machine"),
        ("file:", "it is empty"),
        ("file:~/x", "`~` is a different folder for everybody"),
        ("file:${HOME}/x", "of variables only `${PROJECT_ROOT}` is known in a path, at its beginning"),
        ("file:x/${PROJECT_ROOT}", "of variables only"),
        ("file:./x#subdirectory=y", "`#subdirectory=` says nothing of a path"),
        ("file:.\\x", "it has a `\\`"),
        ("file:./x\x1b[2J", "it has characters that do not print"),
    ],
)
def test_what_names_no_source_is_refused_in_plain_words(url: str, reason: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        read_reference(url)

    assert caught.value.reason.startswith(reason)
    assert "secret" not in caught.value.reason + caught.value.hint


def test_a_repository_is_named_without_git_or_as_git_names_it() -> None:
    assert git_url("https://h.example/x.git") == git_url("git+https://h.example/x.git")
    assert git_url("git@h.example:x/y.git") == "ssh://git@h.example/x/y.git"
    with pytest.raises(InvalidReference, match="`@` in its path"):
        git_url("https://h.example/x.git@v1")


def test_a_path_is_seen_from_the_folder_of_the_lock() -> None:
    assert read_path("./x", base="libs/y") == "libs/y/x"
    assert read_path("${PROJECT_ROOT}/../x", base="libs/y") == "libs/x"
    assert read_path("/srv/x", base="libs/y") == "/srv/x"
    assert read_reference("file:../x", base="libs/y") == PathSource("libs/x")
    assert rebased(PathSource("../x", editable=True), "libs/y") == PathSource("libs/x", editable=True)
    assert rebased(IndexSource("a"), "libs/y") == IndexSource("a")


def test_user_and_password_are_handed_out_as_the_names_they_are() -> None:
    assert user_info("git+https://me:${WORD}@h.example/x") == "me:${WORD}"
    assert user_info("https://${TOKEN}@h.example/x.whl") == "${TOKEN}"
    for url in (
        "https://h.example/x",
        "git+ssh://git@h.example/x",
        "https://me:secret@h.example/x",
        "file:./a@b",
    ):
        assert user_info(url) == ""


def test_a_path_stays_relative_in_a_reference() -> None:
    assert reference_text(PathSource("libs/x")) == "file:./libs/x"
    assert reference_text(PathSource("../x y")) == "file:../x%20y"
    assert reference_text(PathSource("/srv/x")) == "file:///srv/x"
    assert reference_text(PathSource("C:/x")) == "file:///C:/x"
