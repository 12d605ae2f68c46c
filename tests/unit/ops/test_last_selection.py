"""What the last sync selected: kept as flags, believed only as far as the lock knows the names."""

import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.install.manifest import scratch_name
from detent.model.names import PackageName
from detent.ops.kept_selection import keep_selection
from detent.ops.last_selection import (
    LastSelection,
    parse_last_selection,
    read_last_selection,
    render_last_selection,
)
from detent.ops.selection import Chosen
from support.locks import entry, inputs, lock

LOCK = lock(
    entry("a"),
    entry("b"),
    made_from=inputs(
        ["a"],
        extras={"net": ["b"], "cli": ["b"]},
        groups={"dev": ["b"], "docs": ["b"]},
        default_groups=["dev"],
    ),
)
DEMO = PackageName("demo")
EVERYTHING = LastSelection(
    Chosen(
        extra=("net", "cli"),
        all_extras=True,
        no_extra=("cli",),
        group=("docs",),
        no_group=("dev",),
        only_group=("docs",),
        all_groups=True,
        no_default_groups=True,
        no_dev=True,
        only_dev=True,
    ),
    no_install_project=True,
    no_install_local=True,
    no_editable=True,
    no_install_package=("a", "b"),
    link_mode="directory",
)

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), max_size=3).map(tuple)
CHOSEN = st.builds(
    Chosen,
    NAMES,
    st.booleans(),
    NAMES,
    NAMES,
    NAMES,
    NAMES,
    *(st.booleans() for _ in range(4)),
    package=NAMES,
    all_packages=st.booleans(),
)
MODES = st.sampled_from(["", "clone", "hardlink", "copy", "directory"])
SELECTIONS = st.builds(LastSelection, CHOSEN, st.booleans(), st.booleans(), st.booleans(), NAMES, MODES)


@given(SELECTIONS)
def test_what_is_written_is_what_is_read(selection: LastSelection) -> None:
    kept = render_last_selection(selection)

    assert (parse_last_selection(kept) or LastSelection()) == selection
    assert (kept == b"") is (selection == LastSelection())


def test_it_is_shown_as_the_flags_it_was_made_by() -> None:
    assert list(LastSelection().flags()) == []
    assert " ".join(EVERYTHING.flags()) == (
        "--extra net --extra cli --all-extras --no-extra cli --group docs --no-group dev --only-group docs "
        "--all-groups --no-default-groups --no-dev --only-dev --no-install-project --no-install-local "
        "--no-editable --no-install-package a --no-install-package b --link-mode directory"
    )


@pytest.mark.parametrize(
    "lines",
    [
        b"--link-mode",
        b"--link-mode glue",
        b"--link-mode copy\n--link-mode copy",
        b"--chosen x",
        b"--extra",
        b"--no-dev yes",
        b"--unknown",
        b"--no-dev\n",
        b"--no-dev --all-extras",
    ],
)
def test_lines_nobody_wrote_are_no_selection(lines: bytes) -> None:
    head, _, _ = _signed(b"").partition(b"\n")
    known = render_last_selection(LastSelection(no_editable=True))

    assert parse_last_selection(head + b"\n" + lines) is None
    assert parse_last_selection(_signed(lines)) is None
    assert parse_last_selection(known[:-1]) is None
    assert parse_last_selection(b"") is None


def _signed(lines: bytes) -> bytes:
    return f"detent-selection 1 {zlib.crc32(lines):08x}\n".encode() + lines


def test_names_the_lock_does_not_have_are_passed_over() -> None:
    strange = LastSelection(
        Chosen(
            extra=("Net", "gone"),
            no_extra=("gone",),
            group=("docs", "gone"),
            no_group=("gone",),
            only_group=("gone", "main"),
        ),
        no_install_package=("a", "gone", "demo"),
    )

    assert strange.known_to(LOCK, DEMO) == LastSelection(
        Chosen(extra=("Net",), group=("docs",), only_group=("main",)), no_install_package=("a", "demo")
    )
    assert EVERYTHING.known_to(LOCK, DEMO) == EVERYTHING
    assert not LastSelection(Chosen(only_dev=True)).known_to(lock(entry("a")), DEMO).chosen.only_dev


def test_more_is_added_only_where_it_is_not_selected() -> None:
    def more(chosen: Chosen, *, extra: str = "", group: str = "") -> Chosen:
        added = Chosen(extra=(extra,) if extra else (), group=(group,) if group else ())
        return LastSelection(chosen).with_more(LOCK, added).chosen

    assert more(Chosen()) == Chosen()
    assert more(Chosen(), group="dev") == Chosen()  # a default group is selected already
    assert more(Chosen(), group="docs") == Chosen(group=("docs",))
    assert more(Chosen(), extra="Net") == Chosen(extra=("Net",))
    assert more(Chosen(extra=("net",)), extra="Net") == Chosen(extra=("net",))
    assert more(Chosen(all_extras=True, all_groups=True), extra="net", group="docs") == Chosen(
        all_extras=True, all_groups=True
    )
    assert more(Chosen(all_extras=True, no_extra=("Net",)), extra="net") == Chosen(
        all_extras=True, extra=("net",)
    )
    assert more(Chosen(no_dev=True), group="dev") == Chosen(group=("dev",))
    assert more(Chosen(no_group=("dev", "docs")), group="docs") == Chosen(group=("docs",), no_group=("dev",))
    assert more(Chosen(only_group=("docs",)), group="dev", extra="net") == Chosen(only_group=("docs", "dev"))


def test_it_is_kept_in_the_environment_and_the_defaults_by_nothing(tmp_path: Path) -> None:
    state = tmp_path / ".detent"

    assert read_last_selection(tmp_path) == LastSelection()
    keep_selection(tmp_path, b"")
    assert list(state.iterdir()) == []
    keep_selection(tmp_path, render_last_selection(EVERYTHING))
    assert read_last_selection(tmp_path) == EVERYTHING
    keep_selection(tmp_path, b"")
    assert read_last_selection(tmp_path) == LastSelection()
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("kept", [b"", render_last_selection(EVERYTHING)])
def test_what_a_run_left_that_died_while_keeping_it_is_removed(tmp_path: Path, kept: bytes) -> None:
    keep_selection(tmp_path, kept)
    files = list((tmp_path / ".detent").iterdir())
    Path(scratch_name(str(tmp_path))).write_bytes(b"half")

    keep_selection(tmp_path, kept)

    assert list((tmp_path / ".detent").iterdir()) == files


@pytest.mark.parametrize("harm", ["cut", "link", "folder", "pipe"])
def test_what_cannot_be_believed_is_the_defaults(tmp_path: Path, harm: str) -> None:
    keep_selection(tmp_path, render_last_selection(EVERYTHING))
    file = tmp_path / ".detent/selection"
    data = file.read_bytes()
    file.unlink()
    if harm == "cut":
        file.write_bytes(data[:-3])
    elif harm == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        file.symlink_to(tmp_path / "elsewhere")
    elif harm == "folder":
        file.mkdir()
    else:
        os.mkfifo(file)

    assert read_last_selection(tmp_path) == LastSelection()
