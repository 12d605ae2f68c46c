"""Which folders of an unpacked wheel may be one link each in an environment, and which have to be real.

A link is safe where nobody else brings files into the folder later, as another installer would straight into
the store. So a folder may be a link only if it is a regular package, is called after this wheel in a way that
no package can be (`numpy.libs`), or lies inside such a folder. Everything else is a real folder even where
one wheel owns it today: a plan then does not depend on what comes later (PEP 420 and pkgutil namespaces).
"""

from collections.abc import Collection, Iterable

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
    real, links = [], []
    inside = {"": False}
    for folder in folders:
        parent, _, leaf = folder.rpartition("/")
        inside[folder] = inside[parent]
        if inside[parent]:
            continue
        if folder in regular or folder in stubs or _is_called_after(leaf, own):
            inside[folder] = True
            links.append(folder)
        else:
            real.append(folder)
    loose = [file for file in listed if not inside[file.path.rpartition("/")[0]]]
    return Spots(tuple(real), tuple(links), tuple(loose), ())


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
