"""Where logins are kept."""

import os
import stat
from pathlib import Path

import pytest

from detent.errors.fetch import LoginsInvalid
from detent.errors.store import FileTrouble
from detent.index.login_store import Login, LoginStore

ME = Login("https://index.example", "me", "one")
YOU = Login("https://index.example", "you", "two")


def test_logins_are_kept_by_origin_and_user_and_the_last_one_is_the_first(tmp_path: Path) -> None:
    store = LoginStore(tmp_path / "a/b")
    for login in (ME, YOU, ME._replace(password="three"), Login("http://index.example", "me", "four")):
        store.keep(login)

    assert store.find("https://index.example:443/simple/") == ME._replace(password="three")
    assert store.find("https://index.example/", "you") == YOU
    assert store.find("https://index.example/", "nobody") is None
    assert store.find("https://index.example:8443/") is None
    assert store.drop("https://index.example/", "you") == (YOU,)
    assert store.drop("https://index.example/") == (ME._replace(password="three"),)
    assert [login.password for login in store.logins()] == ["four"]


def test_nobody_else_may_read_the_files_whoever_made_them(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    folder.mkdir()
    (folder / "logins.json").write_text('{"logins": []}')
    (folder / "logins.json").chmod(0o644)
    store = LoginStore(folder)

    store.keep(ME)
    store.origin_of("OURS", "https://index.example")

    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.json")}
    assert modes == {0o600}
    LoginStore(tmp_path / "new").keep(ME)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_first_origin_of_a_name_is_remembered(tmp_path: Path) -> None:
    store = LoginStore(tmp_path)

    assert store.origin_of("OURS", "https://index.example") == "https://index.example"
    assert store.origin_of("OURS", "https://other.example") == "https://index.example"
    assert store.origin_of("THEIRS", "https://other.example") == "https://other.example"


def test_a_machine_that_keeps_nothing_has_no_first_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "mkdir", refuse)
    store = LoginStore(tmp_path / "none")

    assert store.origin_of("OURS", "https://index.example") == "https://index.example"
    with pytest.raises(FileTrouble):
        store.keep(ME)


@pytest.mark.parametrize(
    "text", ["s3cret", '{"logins": "s3cret"}', '{"logins": [{"service": "s3cret"}]}', "[" * 10**5]
)
def test_a_file_that_was_changed_is_an_error_that_shows_none_of_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "logins.json").write_text(text)
    store = LoginStore(tmp_path)

    with pytest.raises(LoginsInvalid) as caught:
        store.logins()
    assert "s3cret" not in f"{caught.value.what}{caught.value.why}{caught.value.__cause__}"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('{"logins": []}')
    (tmp_path / "logins.json").symlink_to("elsewhere")

    with pytest.raises(FileTrouble):
        LoginStore(tmp_path).logins()
