"""No letter of a lock can be changed unseen, and one command puts right what was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from detent.errors import DetentError
from detent.ops.lock import LockOptions
from detent.ops.upgrade import Upgrade
from support.index_server import IndexServer, serve
from support.verifying import Tampered, fill, letters_of, other_letter

STEP = 13
"""Every so many letters one is changed; the whole takes half a minute, and no other step found more."""
ANEW = LockOptions(upgrade=Upgrade(again=True))


@pytest.fixture
def filled(index: IndexServer) -> IndexServer:
    fill(index)
    return index


def changed(text: str, step: int) -> Iterator[tuple[str, str]]:
    """Give the text with one letter changed, and the line it is in."""
    for at in list(letters_of(text))[::step]:
        other = text[:at] + other_letter(text[at]) + text[at + 1 :]
        yield other, other.split("\n")[text.count("\n", 0, at)]


@pytest.mark.parametrize("declares", [True, False], ids=["index of the project", "index of the machine"])
def test_one_changed_letter_is_refused_on_reading_or_found(
    tmp_path: Path, filled: IndexServer, *, declares: bool
) -> None:
    project = Tampered(tmp_path, filled, declares=declares)

    assert project.verify()[3:5] == ((), ())

    unseen = [line for text, line in changed(project.text, STEP) if not project.said_of(text)]
    # Who wrote a lock is nothing that anybody goes by.
    assert [line for line in unseen if not line.startswith("created-by")] == []


@pytest.mark.parametrize("declares", [True, False], ids=["index of the project", "index of the machine"])
def test_lock_with_refresh_puts_right_what_was_found(
    tmp_path: Path, filled: IndexServer, *, declares: bool
) -> None:
    project = Tampered(tmp_path, filled, declares=declares)

    assert _not_healed(project) == []


def test_behind_a_mirror_a_changed_letter_is_found_and_put_right_too(
    tmp_path: Path, filled: IndexServer
) -> None:
    project = Tampered(tmp_path, filled, declares=False)
    with serve() as mirror:
        fill(mirror)
        project.goes_by(mirror)
        found = project.verify()

        assert found.findings == ()
        assert found.in_place == ((filled.url, mirror.url),)
        assert {doubt.field for doubt in found.unconfirmed} == {"url", "index"}
        unseen = [line for text, line in changed(project.text, STEP) if not project.said_of(text)]
        assert [line for line in unseen if not line.startswith("created-by")] == []
        assert _not_healed(project) == []


def _not_healed(project: Tampered) -> list[str]:
    """Give the lines of which a changed letter is still there after locking again."""
    lines = []
    for text, line in changed(project.text, 5 * STEP):
        try:
            project.verify(text)
        except DetentError:
            continue  # it cannot be read
        project.lock(ANEW, refresh=True)
        if project.path.read_text("utf-8") != project.text:
            lines.append(line)
    return lines
