import pytest

from detent.model.names import package_name
from detent.store.archive import folders_of
from detent.store.entry import Spots, WheelFile
from detent.store.namespaces import declares_namespace, find_spots


def spots(*paths: str, namespaces: tuple[str, ...] = (), name: str = "a") -> Spots:
    files = [WheelFile(path, 0o644, 0, "", 0) for path in sorted(paths)]
    return find_spots(files, sorted(folders_of(paths)), set(namespaces), package_name(name))


def test_a_regular_package_is_one_link_with_all_that_is_in_it() -> None:
    found = spots("a/__init__.py", "a/b/c.py", "a/data/x.txt", "a.py")

    assert (found.real, found.links) == ((), ("a",))
    assert [file.path for file in found.files] == ["a.py"]


@pytest.mark.parametrize(
    "init", ["__init__.cpython-312-x86_64-linux-gnu.so", "__init__.abi3.so", "__init__.pyc", "__init__.pyd"]
)
def test_a_compiled_package_is_a_regular_one(init: str) -> None:
    assert spots(f"a/{init}", "a/b/c.py").links == ("a",)


@pytest.mark.parametrize("init", ["__init__.pyi", "__init__.txt", "__init__py", "init.py"])
def test_a_folder_without_a_package_in_it_is_real_and_the_rule_goes_on_below(init: str) -> None:
    found = spots(
        f"google/{init}", "google/auth/__init__.py", "google/cloud/x.y", "google/cloud/z/__init__.py"
    )

    assert found.real == ("google", "google/cloud")
    assert found.links == ("google/auth", "google/cloud/z")
    assert {file.path for file in found.files} == {f"google/{init}", "google/cloud/x.y"}


def test_a_package_that_says_it_is_a_namespace_is_real() -> None:
    found = spots("zope/__init__.py", "zope/interface/__init__.py", namespaces=("zope",))

    assert (found.real, found.links) == (("zope",), ("zope/interface",))
    assert [file.path for file in found.files] == ["zope/__init__.py"]


def test_in_a_namespace_the_smallest_package_is_real_where_there_is_no_other_file() -> None:
    found = spots(
        "ns/big/__init__.py", "ns/big/x.py", "ns/small/__init__.py", "ns/small/sub/x.py", "ns/z/__init__.py"
    )

    assert found.real == ("ns", "ns/z")
    assert found.links == ("ns/big", "ns/small")
    assert [file.path for file in found.files] == ["ns/z/__init__.py"]


def test_a_file_further_down_is_enough_for_the_namespaces_above_it() -> None:
    found = spots("ns/a/x.py", "ns/b/__init__.py", "ns/c/d/__init__.py", "ns/c/d/e/x.py")

    assert found.real == ("ns", "ns/a", "ns/c", "ns/c/d")
    assert found.links == ("ns/b", "ns/c/d/e")


@pytest.mark.parametrize("folder", ["__pycache__", "bin", "share", "class", "tests", "include", "_x"])
def test_a_folder_that_somebody_else_may_have_too_is_real(folder: str) -> None:
    assert spots(f"{folder}/x", "a/__init__.py").real == (folder,)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("scikit_learn.libs", "scikit-learn"), ("pkg.libs", "another"), ("a.dylibs", "a"), ("A.libs", "a")],
)
def test_the_libraries_that_came_with_a_wheel_are_one_link(folder: str, name: str) -> None:
    assert folder in spots(f"{folder}/libx.so", "pkg/__init__.py", name=name).links


@pytest.mark.parametrize("folder", ["cmeel.prefix", "b.libs", "0.5", ".libs", "a.data-x"])
def test_another_name_that_cannot_be_imported_is_no_reason_for_a_link(folder: str) -> None:
    found = spots(f"{folder}/lib/x.so", "a/__init__.py")

    assert found.real == (folder, f"{folder}/lib")


def test_stubs_are_packages_by_their_stub_files() -> None:
    found = spots("a-stubs/__init__.pyi", "g-stubs/p/__init__.pyi", "g-stubs/p/q/x.pyi", "h/__init__.pyi")

    assert found.links == ("a-stubs", "g-stubs/p/q")
    assert found.real == ("g-stubs", "g-stubs/p", "h")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"", False),
        (b"import pkgutil\nversion = 1\n", False),
        (b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n", True),
        (b"from pkgutil import extend_path\n__path__ = extend_path (__path__, __name__)\n", True),
        (b"__import__('pkg_resources').declare_namespace(__name__)\n", True),
    ],
)
def test_a_namespace_is_known_by_how_it_is_declared(source: bytes, expected: object) -> None:
    assert declares_namespace(source) is expected
