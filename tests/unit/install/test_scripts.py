import os
import subprocess
import sys
from pathlib import Path

import pytest

from detent.errors.install import UnsafePath
from detent.install.scripts import checked_entry_point, launcher, rewritten, shebang

ODD_FOLDERS = [
    "plain",
    "with blank",
    "with 'quotes'",
    'with "double" $HOME `id`',
    "back\\slash x\\N",
    "ünïcode",
    "l" * 130,
    "tab\there",
]


def test_a_launcher_imports_and_calls_its_object() -> None:
    assert launcher("/env/bin/python", "a.b:Main.run") == (
        b"#!/env/bin/python\nimport sys\nfrom a.b import Main\n"
        b'if __name__ == "__main__":\n    sys.exit(Main.run())\n'
    )


def test_a_first_line_the_kernel_would_cut_goes_through_sh() -> None:
    fits, long = "/" + "p" * 124, "/" + "p" * 125

    assert shebang(fits) == f"#!{fits}\n".encode()
    assert shebang(long).startswith(b"#!/bin/sh\n")


@pytest.mark.parametrize("folder", ODD_FOLDERS)
def test_a_script_starts_wherever_its_interpreter_lies(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    (place / "python").symlink_to(sys.executable)
    script = place / "tool"
    script.write_bytes(shebang(str(place / "python")) + b"import sys\nprint(sys.argv[1:])\nsys.exit(3)\n")
    script.chmod(0o755)

    ran = subprocess.run([script, "a b", "$c"], capture_output=True, text=True, check=False)

    assert (ran.stdout, ran.stderr, ran.returncode) == ("['a b', '$c']\n", "", 3)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_a_path_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"\xff\xfe")
    place.mkdir()
    (place / "python").symlink_to(sys.executable)
    (place / "tool").write_bytes(shebang(str(place / "python")) + b"print(1)\n")
    (place / "tool").chmod(0o755)

    assert subprocess.run([place / "tool"], capture_output=True, check=True).stdout == b"1\n"


def test_only_the_first_line_of_a_script_is_replaced() -> None:
    assert rewritten(b"#!pythonw -E\nprint(1)\r\n", "/env/bin/python") == b"#!/env/bin/python\nprint(1)\r\n"
    assert rewritten(b"#!python", "/env/bin/python") == b"#!/env/bin/python\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a:b", "a:b"), ("a.b : c.d [extra]", "a.b:c.d"), ("a:b [x,y]", "a:b"), ("über:b", "über:b")],
)
def test_an_entry_point_is_reduced_to_module_and_object(value: str, expected: str) -> None:
    assert checked_entry_point("p", "tool", value) == expected


@pytest.mark.parametrize(
    "value", ["a", "a:", ":b", "a:b()", "a:b\nimport os", "a-b:c", "1a:b", "a:b.2", "a;b:c", ""]
)
def test_an_entry_point_that_could_be_anything_else_is_refused(value: str) -> None:
    with pytest.raises(UnsafePath):
        checked_entry_point("p", "tool", value)


@pytest.mark.parametrize("name", ["../tool", "a/b", "-x", "a b", "", "tool\n", "a\tb"])
def test_a_script_name_that_could_be_a_path_or_a_flag_is_refused(name: str) -> None:
    with pytest.raises(UnsafePath):
        checked_entry_point("p", name, "a:b")
