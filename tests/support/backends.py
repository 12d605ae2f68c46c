"""Build back ends without an index: a tiny one that lies in the tree it builds, and the real ones repacked.

The tiny one does what `[project]` says and needs nothing installed; ``more`` is Python text at its end, where
a test takes a hook away or has it misbehave. Each hook that is called leaves its name in the file that the
variable ``TINY_CALLS`` names.
"""

import tarfile
from collections.abc import Mapping, Sequence
from email.parser import HeaderParser
from functools import cache
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from support.wheels import Wheel, metadata_text, record_line
from support.zips import Entry, zip_bytes

_BACKEND = r"""
import hashlib, json, os, sys, tarfile, tomllib, zipfile
from base64 import urlsafe_b64encode
from pathlib import Path


def _called(hook, config_settings):
    if "TINY_CALLS" in os.environ:
        with open(os.environ["TINY_CALLS"], "a", encoding="utf-8") as file:
            print(hook, *([json.dumps(config_settings)] if config_settings else []), file=file)


def _project():
    return tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]


def _stem():
    project = _project()
    return "{}-{}".format(project["name"].replace("-", "_").replace(".", "_").lower(), project["version"])


def _metadata():
    project = _project()
    lines = ["Metadata-Version: 2.1", "Name: " + project["name"], "Version: " + project["version"]]
    if "requires-python" in project:
        lines.append("Requires-Python: " + project["requires-python"])
    lines += ["Requires-Dist: " + text for text in project.get("dependencies", ())]
    for extra, texts in project.get("optional-dependencies", {}).items():
        lines.append("Provides-Extra: " + extra)
        lines += [f"Requires-Dist: {text} ; extra == '{extra}'" for text in texts]
    return "\n".join(lines) + "\n"


def _scripts():
    scripts = _project().get("scripts", {})
    return "[console_scripts]\n" + "".join(f"{key} = {value}\n" for key, value in scripts.items())


def _files(root, *folders):
    for folder in folders:
        for path in sorted(Path(root, folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _write_wheel(directory, contents, tag="py3-none-any"):
    info = _stem() + ".dist-info"
    contents = {
        **contents,
        info + "/METADATA": _metadata().encode(),
        info + "/WHEEL": f"Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        info + "/entry_points.txt": _scripts().encode(),
    }
    record = ""
    for path, data in contents.items():
        digest = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    contents[info + "/RECORD"] = (record + info + "/RECORD,,\n").encode()
    name = f"{_stem()}-{tag}.whl"
    with zipfile.ZipFile(Path(directory, name), "w") as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return name


def get_requires_for_build_wheel(config_settings=None):
    _called("get_requires_for_build_wheel", config_settings)
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _called("prepare_metadata_for_build_wheel", config_settings)
    folder = Path(metadata_directory, _stem() + ".dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(_metadata(), "utf-8")
    return folder.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _called("build_wheel", config_settings)
    return _write_wheel(wheel_directory, dict(_files("src", "")))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _called("build_editable", config_settings)
    lines = str(Path("src").resolve()) + "\n"
    return _write_wheel(wheel_directory, {"__editable__." + _stem() + ".pth": lines.encode()})


def build_sdist(sdist_directory, config_settings=None):
    _called("build_sdist", config_settings)
    name = _stem() + ".tar.gz"
    with tarfile.open(Path(sdist_directory, name), "w:gz") as archive:
        for path in ("pyproject.toml", "backend", "src"):
            archive.add(path, f"{_stem()}/{path}", filter=lambda m: None if "__pycache__" in m.name else m)
    return name
"""


class Sdist(NamedTuple):
    """A source distribution: its name and bytes."""

    filename: str
    data: bytes


def tiny_tree(
    name: str = "a",
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    scripts: Mapping[str, str] | None = None,
    build_requires: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    more: str = "",
    tables: str = "",
) -> dict[str, str]:
    """Give the files of a project with the tiny back end.

    ``files`` go below `src`, which is what a wheel holds (default: one package that knows its version);
    ``more`` stands at the end of the back end, ``tables`` at the end of the pyproject.toml.
    """
    stem = name.replace("-", "_").replace(".", "_").lower()
    package = {f"{stem}/__init__.py": f'__version__ = "{version}"\n'}
    lines = [
        "[build-system]",
        f"requires = {_texts(build_requires)}",
        'build-backend = "tiny"',
        'backend-path = ["backend"]',
        "",
        "[project]",
        f'name = "{name}"',
        f'version = "{version}"',
        f"dependencies = {_texts(requires)}",
    ]
    if extras:
        lines += ["", "[project.optional-dependencies]", *(f"{e} = {_texts(t)}" for e, t in extras.items())]
    if scripts:
        lines += ["", "[project.scripts]", *(f'{key} = "{value}"' for key, value in scripts.items())]
    return {
        "pyproject.toml": "\n".join([*lines, "", tables]),
        "backend/tiny.py": f"{_BACKEND}\n{more}\n",
        **{f"src/{path}": text for path, text in (package if files is None else files).items()},
    }


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files below a folder and give it."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return root


def sdist_of(name: str, version: str, files: Mapping[str, str], *, pkg_info: str | None = None) -> Sdist:
    """Pack files as a source distribution; its PKG-INFO is one that only a build can be trusted over."""
    top = f"{name}-{version}"
    contents = {"PKG-INFO": metadata_text(name, version) if pkg_info is None else pkg_info, **files}
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, text in contents.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, BytesIO(text.encode()))
    return Sdist(f"{top}.tar.gz", packed.getvalue())


def tiny_sdist(
    name: str = "a",
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    build_requires: Sequence[str] = (),
    more: str = "",
    is_open: bool = False,
) -> Sdist:
    """Give a source distribution that the tiny back end builds; an open one tells its needs to nobody else."""
    stem = name.replace("-", "_").replace(".", "_").lower()
    tree = tiny_tree(name, version, requires=requires, build_requires=build_requires, more=more)
    if is_open:
        manifest = tree["pyproject.toml"]
        tree["pyproject.toml"] = manifest.replace(
            "\ndependencies", '\ndynamic = ["dependencies"]\ndependencies'
        )
    return sdist_of(stem, version, tree)


def _texts(texts: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


# ---- the real ones --------------------------------------------------------------------------

HATCHLING = ("hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers", "editables")
"""Hatchling and everything it needs."""
_INSTALLERS_OWN = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}


@cache
def repacked_installed(name: str) -> Wheel:
    """Make a wheel of a distribution that is installed where the tests run, from what its RECORD lists."""
    installed = distribution(name)
    assert installed.files is not None
    contents: dict[str, bytes] = {}
    info = ""
    for path in installed.files:
        if path.parts[0].endswith(".dist-info"):
            info = path.parts[0]
        is_own = path.parts[0] == info and path.name in _INSTALLERS_OWN
        if ".." not in path.parts and path.suffix != ".pyc" and not is_own:
            contents[path.as_posix()] = path.read_binary()
    metadata = contents[f"{info}/METADATA"]
    tags = HeaderParser().parsestr(contents[f"{info}/WHEEL"].decode()).get_all("Tag", [])
    lines = [record_line(path, data) for path, data in contents.items()]
    contents[f"{info}/RECORD"] = "".join(f"{line}\n" for line in (*lines, f"{info}/RECORD,,")).encode()
    parts = [sorted({tag.split("-")[i] for tag in tags}) for i in range(3)]
    filename = "-".join((info.removesuffix(".dist-info"), *(".".join(part) for part in parts)))
    entries = [Entry(path, data, method=0) for path, data in contents.items()]
    return Wheel(f"{filename}.whl", zip_bytes(entries), metadata)
