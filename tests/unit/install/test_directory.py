from collections.abc import Iterable
from itertools import permutations

from detent.install.directory import Member, Spread, file_by_file, spread
from detent.store.entry import Climb, Spots, WheelContents, WheelFile


def contents(paths: Iterable[str]) -> WheelContents:
    """The full list of a wheel with these files."""
    folders = {path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/") + 1)}
    files = tuple(WheelFile(path, 0o644, 0, "", 0) for path in sorted(paths))
    return WheelContents(files, tuple(sorted(folders)))


def member(paths: str, *climbs: tuple[str, str, bool]) -> Member:
    """A package: whatever holds an ``__init__.py`` directly below real folders may be one link."""
    full = contents(paths.split())
    regular = {file.path.rpartition("/")[0] for file in full.files if file.path.endswith("/__init__.py")}
    real: list[str] = []
    links: list[str] = []
    for folder in full.folders:
        above = folder.rpartition("/")[0]
        if above and above not in real:
            continue
        (links if folder in regular else real).append(folder)
    standing = tuple(f for f in full.files if f.path.rpartition("/")[0] in ("", *real))
    spots = Spots(tuple(real), tuple(links), standing, tuple(Climb(*climb) for climb in climbs))
    return Member(spots, lambda: full)


def unread(made: Member) -> Member:
    """The same package, whose full list must not be asked for."""

    def refuse() -> WheelContents:
        raise AssertionError("nothing here needs the full list")

    return made._replace(contents=refuse)


def shown(found: Spread) -> tuple[str, str, str]:
    return " ".join(found.real), " ".join(found.links), " ".join(file.path for file in found.files)


def test_what_one_package_has_alone_is_a_link_and_its_full_list_is_not_read() -> None:
    a, b = member("a/__init__.py a/sub/x.py top.py"), member("b/__init__.py")

    assert [shown(s) for s in spread((unread(a), unread(b)))] == [("", "a", "top.py"), ("", "b", "")]


def test_a_namespace_is_real_and_what_lies_in_it_is_linked() -> None:
    auth, storage = member("google/auth/__init__.py"), member("google/cloud/storage/__init__.py")

    assert [shown(s) for s in spread((unread(auth), unread(storage)))] == [
        ("google", "google/auth", ""),
        ("google google/cloud", "google/cloud/storage", ""),
    ]


def test_a_package_that_two_wheels_fill_is_real_and_its_folders_are_linked_where_one_has_them_alone() -> None:
    essentials = member(
        "qt/__init__.py qt/core.so qt/lib/core.so qt/plugins/a/x.so qt/plugins/x.so qt/only/x.py"
    )
    addons = member("qt/__init__.py qt/chart.so qt/lib/chart.so qt/plugins/b/x.so qt/plugins/y.so")

    assert [shown(s) for s in spread((essentials, addons))] == [
        (
            "qt qt/lib qt/plugins",
            "qt/only qt/plugins/a",
            "qt/__init__.py qt/core.so qt/lib/core.so qt/plugins/x.so",
        ),
        (
            "qt qt/lib qt/plugins",
            "qt/plugins/b",
            "qt/__init__.py qt/chart.so qt/lib/chart.so qt/plugins/y.so",
        ),
    ]


def test_a_regular_package_in_a_folder_that_another_needs_real_is_opened() -> None:
    regular, namespace = member("ns/__init__.py ns/a/x.py"), member("ns/b/__init__.py")

    assert [shown(s) for s in spread((regular, namespace))] == [
        ("ns", "ns/a", "ns/__init__.py"),
        ("ns", "ns/b", ""),
    ]


def test_in_a_folder_that_became_real_each_package_has_a_file_without_a_link() -> None:
    regular = member("a/__init__.py a/x.py")
    second = member("a/big/x.py a/big/y.py a/small/deep/z.py a/small/deep/er/z.py")

    assert [shown(s) for s in spread((regular, second._replace(spots=Spots((), ("a",), (), ()))))] == [
        ("a", "", "a/__init__.py a/x.py"),
        ("a a/small a/small/deep", "a/big a/small/deep/er", "a/small/deep/z.py"),
    ]


def test_a_folder_somebody_keeps_files_in_is_real_down_to_what_is_his() -> None:
    made = member("a/__init__.py a/deep/x.py a/deep/er/y.py a/other/z.py")

    (found,) = spread((made,), occupied=("a", "a/deep"))

    assert shown(found) == ("a a/deep", "a/deep/er a/other", "a/__init__.py a/deep/x.py")


def test_a_library_that_looks_into_another_package_makes_its_folder_real() -> None:
    torch = member(
        "torch/__init__.py torch/lib/torch.so torch/lib/inner/x.py torch/nn/x.py",
        ("torch/lib", "nvidia/blas/lib", False),
    )
    nvidia = member("nvidia/blas/lib/blas.so")

    found = spread((torch, nvidia))

    assert shown(found[0]) == (
        "torch torch/lib",
        "torch/lib/inner torch/nn",
        "torch/__init__.py torch/lib/torch.so",
    )


def test_a_library_that_looks_for_its_own_neighbour_keeps_its_link() -> None:
    made = member("pil/__init__.py pil/x.so pil.libs/__init__.py", ("pil", "pil.libs", True))

    assert shown(spread((unread(made),))[0])[1] == "pil pil.libs"


def test_a_neighbour_that_another_package_fills_too_is_looked_for_from_a_real_folder() -> None:
    made = member("a/__init__.py a/x.so shared/__init__.py", ("a", "shared", True))
    other = member("shared/y.so")

    assert shown(spread((made, other))[0]) == ("a shared", "", "a/__init__.py a/x.so shared/__init__.py")


def test_a_library_that_looks_out_of_site_packages_stands_in_a_real_folder() -> None:
    for target in (".", "..", "../.."):
        made = member("mkl/__init__.py mkl/_core/x.so", ("mkl/_core", target, True))

        assert shown(spread((made,))[0]) == ("mkl mkl/_core", "", "mkl/__init__.py mkl/_core/x.so")


def test_a_climb_inside_a_link_stays_inside_until_the_link_is_opened() -> None:
    made = member("a/__init__.py a/bin/x.so a/lib/y.so", ("a/bin", "a/lib", False))

    assert shown(spread((unread(made),))[0])[1] == "a"
    assert shown(spread((made, member("a/z.py")))[0])[:2] == ("a a/bin", "a/lib")


def test_the_order_of_packages_changes_nothing() -> None:
    members = {
        "a": member("ns/__init__.py ns/x/a.py ns/y/b.py", ("ns/x", "ns/y", True)),
        "b": member("ns/__init__.py ns/y/c.py"),
        "c": member("ns/y/d/e.py ns/y/d/__init__.py top.py"),
        "d": member("ns/y/d/f/__init__.py other/__init__.py"),
    }
    expected = dict(zip(members, spread(tuple(members.values())), strict=True))

    for names in permutations(members):
        found = spread([members[name] for name in names])
        assert dict(zip(names, found, strict=True)) == expected


def test_names_that_are_one_folder_on_this_file_system_are_real() -> None:
    a, b = member("Crypto/__init__.py Crypto/a/x.py"), member("crypto/__init__.py crypto/b/x.py")

    assert [s.links for s in spread((a, b))] == [("Crypto",), ("crypto",)]
    assert [s.links for s in spread((a, b), fold=str.casefold)] == [("Crypto/a",), ("crypto/b",)]


def test_a_package_that_is_to_have_no_links_is_all_real() -> None:
    made = contents(["a/__init__.py", "a/b/x.py", "a-1.dist-info/METADATA"])
    spots = file_by_file(made, "a-1.dist-info")

    assert shown(spread((Member(spots, lambda: made),))[0]) == ("a a/b", "", "a/__init__.py a/b/x.py")
