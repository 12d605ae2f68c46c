"""Source trees copied for a build."""

import os
from pathlib import Path

from detent.store.trees import copy_tree
from support.backends import write_tree


def test_a_copy_has_modes_and_links_and_shares_nothing_that_a_build_writes_to(tmp_path: Path) -> None:
    source = write_tree(
        tmp_path / "source", {"a/b.py": "1", "run.sh": "2", ".git/objects/aa/bb": "3", ".git/HEAD": "4"}
    )
    (source / "run.sh").chmod(0o755)
    (source / "out").symlink_to("/etc")
    (source / "gone").symlink_to("nowhere")

    copy_tree(source, tmp_path / "copy")

    copy = tmp_path / "copy"
    assert (copy / "a/b.py").read_text() == "1"
    assert os.access(copy / "run.sh", os.X_OK)
    assert (str((copy / "out").readlink()), str((copy / "gone").readlink())) == ("/etc", "nowhere")
    assert (copy / ".git/objects/aa/bb").samefile(source / ".git/objects/aa/bb")
    for name in ("a/b.py", ".git/HEAD"):
        (copy / name).write_text("changed")
        assert (source / name).read_text() != "changed"
