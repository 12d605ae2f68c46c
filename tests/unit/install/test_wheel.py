import hashlib
import os
from pathlib import Path

import pytest

from detent.errors.install import UnsafePath
from detent.errors.store import FileTrouble
from detent.install.places import places_of
from detent.install.plan import Installed
from detent.install.wheel import Layout, lay_out, wish_again, wish_of
from detent.lock.model import Direct
from detent.store.entry import read_contents
from support.environments import VERSION, Installation, choice
from support.wheels import Wheel, record_line, wheel

MINOR = ".".join(VERSION.split(".")[:2])
LIBRARY = f"lib/python{MINOR}/site-packages"


def laid_out(root: Path, made: Wheel, *, requested: bool = False, direct: Direct | None = None) -> Layout:
    world = Installation(root)
    wish = choice(made, requested=requested)
    wish = wish._replace(package=wish.package._replace(direct=direct))
    return lay_out(world.stored(made), wish_of(wish), places_of(world.environment))


def record_of(layout: Layout) -> list[str]:
    assert layout.dist_files[-1].path.endswith("/RECORD")
    return layout.dist_files[-1].content.decode().splitlines()


def test_every_file_goes_to_the_place_of_its_scheme(tmp_path: Path) -> None:
    made = wheel(
        files={"a/__init__.py": "", "a/sub/x.py": ""},
        scripts={"tool": "a:main"},
        data={
            "data/share/a.txt": "x",
            "headers/sub/a.h": "",
            "scripts/old": "#!python\n",
            "purelib/b.py": "",
        },
    )

    row = laid_out(tmp_path, made).installed()

    assert row == Installed(
        name=row.name,
        version="1.0",
        digest=made.sha256,
        identity=f"sha256:{made.sha256}",
        is_requested=False,
        dist_info=f"{LIBRARY}/a-1.0.dist-info",
        linked=(
            f"{LIBRARY}/a/__init__.py",
            f"{LIBRARY}/a/sub/x.py",
            f"{LIBRARY}/b.py",
            "share/a.txt",
            f"include/site/python{MINOR}/a/sub/a.h",
            f"{LIBRARY}/a-1.0.dist-info/METADATA",
            f"{LIBRARY}/a-1.0.dist-info/WHEEL",
            f"{LIBRARY}/a-1.0.dist-info/entry_points.txt",
        ),
        private=(
            "bin/old",
            f"{LIBRARY}/a-1.0.dist-info/INSTALLER",
            f"{LIBRARY}/a-1.0.dist-info/RECORD",
        ),
        launchers=(("bin/tool", "a:main"),),
    )


def test_folders_come_before_what_lies_in_them(tmp_path: Path) -> None:
    made = wheel(
        files={"a/b/c/x.py": ""}, data={"data/share/deep/er/x": ""}, dist_info_files={"licenses/LICENSE": ""}
    )

    layout = laid_out(tmp_path, made)

    made_so_far = {LIBRARY}
    for folder in (*layout.folders, *layout.dist_folders):
        above = folder.rpartition("/")[0]
        assert above in made_so_far or "/" not in folder or folder.startswith("lib/python")
        made_so_far.add(folder)
    assert {f.rpartition("/")[0] for f in layout.installed().linked} <= made_so_far
    assert layout.dist_folders == (f"{LIBRARY}/a-1.0.dist-info", f"{LIBRARY}/a-1.0.dist-info/licenses")


def test_record_lists_every_file_with_hash_and_size(tmp_path: Path) -> None:
    made = wheel(
        files={"a.py": "x", "b,c.py": "y"},
        scripts={"tool": "a:main"},
        data={"data/share/a.txt": "z", "scripts/old": "#!python\n1"},
    )

    layout = laid_out(tmp_path, made, requested=True)

    lines = record_of(layout)
    about = "a-1.0.dist-info"
    old = f"#!{tmp_path}/venv/bin/python\n1".encode()
    tool = layout.programs[0].content
    for line in (
        record_line("a.py", b"x"),
        record_line("b,c.py", b"y"),
        record_line("../../../share/a.txt", b"z"),
        record_line("../../../bin/old", old),
        record_line("../../../bin/tool", tool),
        record_line(f"{about}/INSTALLER", b"detent\n"),
        record_line(f"{about}/REQUESTED", b""),
        f"{about}/RECORD,,",
    ):
        assert lines.count(line) == 1
    assert len(lines) == len(layout.installed().paths())


def test_requested_and_direct_url_stand_only_where_they_are_true(tmp_path: Path) -> None:
    direct = Direct("archive", 'https://example.com/a b"c.whl')

    def names(layout: Layout) -> list[str]:
        return [f.path.rpartition("/")[2] for f in layout.dist_files]

    assert names(laid_out(tmp_path, wheel())) == ["INSTALLER", "RECORD"]
    layout = laid_out(tmp_path, wheel(), requested=True, direct=direct)
    assert names(layout) == ["INSTALLER", "REQUESTED", "direct_url.json", "RECORD"]
    assert layout.dist_files[2].content.decode() == (
        f'{{"archive_info":{{"hashes":{{"sha256":"{wheel().sha256}"}}}},"url":"https://example.com/a b\\u0022c.whl"}}\n'
    )


def test_only_scripts_that_name_python_are_rewritten(tmp_path: Path) -> None:
    made = wheel(
        data={"scripts/w": "#!pythonw -E\n1", "scripts/sh": "#!/bin/sh\n", "scripts/bin": b"\x7fELF\xff"},
        executables={"a-1.0.data/scripts/sh"},
    )

    layout = laid_out(tmp_path, made)

    contents = {f.path: (f.content, f.mode) for f in layout.scripts}
    assert contents == {
        "bin/w": (f"#!{tmp_path}/venv/bin/python\n1".encode(), 0o755),
        "bin/bin": (b"\x7fELF\xff", 0o755),  # a stored file that cannot be run cannot be linked
    }
    assert "bin/sh" in layout.installed().linked


def test_an_entry_point_wins_over_a_script_of_the_same_name(tmp_path: Path) -> None:
    row = laid_out(tmp_path, wheel(scripts={"tool": "a:b"}, data={"scripts/tool": "#!python\n"})).installed()

    assert row.launchers == (("bin/tool", "a:b"),)
    assert "bin/tool" not in (*row.private, *row.linked)


def test_pip_is_there_under_the_version_of_its_python_too(tmp_path: Path) -> None:
    pip = laid_out(tmp_path / "a", wheel("pip", scripts={"pip": "a:b", "pip3": "a:b"})).installed()
    other = laid_out(tmp_path / "b", wheel("other", scripts={"pip": "a:b"})).installed()

    assert pip.launchers == (("bin/pip", "a:b"), ("bin/pip3", "a:b"), (f"bin/pip{MINOR}", "a:b"))
    assert other.launchers == (("bin/pip", "a:b"),)


@pytest.mark.parametrize(
    "path",
    [
        "pyvenv.cfg",
        "bin/python3",
        "bin/activate",
        ".detent/installed",
        "PyVenv.cfg",
        f"lib/python{MINOR}/site-packages/other-1.0.dist-info/METADATA",
        f"lib/python{MINOR}/site-packages/other.egg-info",
    ],
)
def test_a_wheel_that_would_replace_a_part_of_the_environment_is_refused(tmp_path: Path, path: str) -> None:
    world = Installation(tmp_path)
    good = world.stored(wheel(data={"data/share/x": ""}))
    bad = good._replace(data=(("data", (good.data[0][1][0]._replace(path=path),)),))

    with pytest.raises(UnsafePath):
        lay_out(bad, wish_of(choice(wheel())), places_of(world.environment))


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    good = world.stored(wheel())
    contents = read_contents(good)
    files = (contents.files[0]._replace(path="a\nb"), *contents.files[1:])
    bad = good._replace(contents=contents._replace(files=files))

    with pytest.raises(UnsafePath):
        lay_out(bad, wish_of(choice(wheel())), places_of(world.environment))


def test_a_scheme_nobody_knows_is_refused(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    odd = world.stored(wheel())._replace(data=(("userbase", ()),))

    with pytest.raises(UnsafePath):
        lay_out(odd, wish_of(choice(wheel())), places_of(world.environment))


def test_hashes_and_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    facts = laid_out(tmp_path, wheel(files={"a.py": "x"}, scripts={"t": "a:b"})).facts()

    assert facts[f"{LIBRARY}/a.py"] == (hashlib.sha256(b"x").hexdigest(), 1)
    installer = f"{LIBRARY}/a-1.0.dist-info/INSTALLER"
    assert facts[installer] == (hashlib.sha256(b"detent\n").hexdigest(), 7)
    assert "bin/t" in facts


def test_a_script_in_a_folder_has_its_folder_made(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, wheel(data={"scripts/inner/tool": "#!python\n"}))

    assert [file.path for file in layout.scripts] == ["bin/inner/tool"]
    assert layout.folders[-2:] == ("bin", "bin/inner")


def test_a_pipe_in_the_place_of_what_says_where_a_package_came_from_is_not_waited_for(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    row = laid_out(tmp_path, wheel(), direct=Direct("archive", "https://example.com/a.whl")).installed()
    (world.environment.root / row.dist_info).mkdir()
    os.mkfifo(world.environment.root / row.dist_info / "direct_url.json")

    with pytest.raises(FileTrouble):
        wish_again(places_of(world.environment), row)
