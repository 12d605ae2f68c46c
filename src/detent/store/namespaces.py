"""Which folders of an unpacked wheel may be one link each in an environment, and which have to be real.

A link is safe where nobody else brings files into the folder later, as another installer would straight into
the store. So a folder may be a link only if it is a regular package, is called after this wheel in a way that
no package can be (`numpy.libs`), or lies inside such a folder. Everything else is a real folder even where
one wheel owns it today: a plan then does not depend on what comes later (PEP 420 and pkgutil namespaces).

In a real folder a wheel has at least one file that is reached without a link. pip, when it removes a package,
takes away every folder in which it finds no file of anybody else, and a link is no file to it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from detent.model.names import PackageName, normalise
from detent.store.entry import Spots, WheelFile

INIT = "__init__.py"
LARGEST_INIT_BYTES = 2**20
"""A larger one is taken for a namespace's, unread."""

_COMPILED = (".so", ".pyd", ".pyc")
_STUBS = "-stubs"


def declares_namespace(source: bytes) -> bool:
    """Whether an ``__init__.py`` makes its package a namespace that other distributions extend.

    The words are enough: whoever only speaks of them gets a real folder, which costs a few links.
    """
    return b"extend_path" in source or b"declare_namespace" in source


def find_spots(
    files: Iterable[WheelFile], folders: Iterable[str], namespaces: Collection[str], name: PackageName
) -> Spots:
    """Cut what is below ``files``, the dist-info left out, at the folders that may be one link.

    ``folders`` come parents first; ``namespaces`` are those whose ``__init__.py`` declares one.
    """
    listed = tuple(files)
    regular, stubs = _packages(listed, namespaces)
    own = {name, *(normalise(folder) for folder in regular if "/" not in folder)}
    ordered = tuple(folders)
    inside = {"": False}
    for folder in ordered:
        parent, _, leaf = folder.rpartition("/")
        inside[folder] = inside[parent] or folder in regular or folder in stubs or _is_called_after(leaf, own)
    inside |= dict.fromkeys(_to_open(ordered, listed, inside), False)
    return Spots(
        real=tuple([f for f in ordered if not inside[f]]),
        links=tuple([f for f in ordered if inside[f] and not inside[f.rpartition("/")[0]]]),
        files=tuple([file for file in listed if not inside[file.path.rpartition("/")[0]]]),
        climbs=(),
    )


def hold(held: set[str], folder: str) -> None:
    """Note that a folder, and so all above it, has a file."""
    while folder and folder not in held:
        held.add(folder)
        folder = folder.rpartition("/")[0]


def _to_open(folders: Sequence[str], files: Iterable[WheelFile], inside: Mapping[str, bool]) -> set[str]:
    """Choose the links that have to be real after all, so that no real folder is without a file."""
    size, with_file, held = Counter[str](), set[str](), set[str]()
    for file in files:
        parent = file.path.rpartition("/")[0]
        size[parent] += 1
        with_file.add(parent)
        if not inside[parent]:
            hold(held, parent)
    below: dict[str, list[str]] = {}
    for folder in folders:
        parent = folder.rpartition("/")[0]
        size[parent] += 1
        below.setdefault(parent, []).append(folder)
    opened = set()
    for folder in reversed(folders):
        if inside[folder] or folder in held:
            continue
        here = folder
        while here not in with_file:
            here = min(below[here], key=lambda path: (size[path], path))
            opened.add(here)
        hold(held, here)
    return opened


def _packages(files: Iterable[WheelFile], namespaces: Collection[str]) -> tuple[set[str], set[str]]:
    """Give the folders that are regular packages, and those that are packages of stubs (PEP 561)."""
    regular, stubs = set(), set()
    for file in files:
        folder, _, leaf = file.path.rpartition("/")
        if leaf.startswith("__init__."):
            if leaf == INIT or leaf.endswith(_COMPILED):
                regular.add(folder)
            elif leaf == "__init__.pyi" and folder.partition("/")[0].endswith(_STUBS):
                stubs.add(folder)
    regular.difference_update(namespaces)
    return regular, stubs


def _is_called_after(leaf: str, own: Collection[str]) -> bool:
    """Whether this is a folder of shared libraries as `auditwheel` and `delocate` call them."""
    stem, _, suffix = leaf.rpartition(".")
    return suffix in {"libs", "dylibs"} and normalise(stem) in own
