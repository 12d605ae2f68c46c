from pathlib import Path

from detent.model.requirement import Origin
from detent.ops.manifest_changes import ManifestChange, manifest_changes, with_origins_on_disk
from detent.project.manifest import Manifest, parse_manifest


def manifest(*dependencies: str, dev: tuple[str, ...] = ()) -> Manifest:
    listed = "".join(f'  "{text}",\n' for text in dependencies)
    group = "".join(f'  "{text}",\n' for text in dev)
    text = f'[project]\nname = "demo"\nversion = "1"\ndependencies = [\n{listed}]\n[dependency-groups]\ndev = [\n{group}]\n'
    return parse_manifest(text, Path("pyproject.toml"), display="pyproject.toml")


def test_an_entry_that_became_another_of_its_name_is_one_change() -> None:
    old = manifest("a>=1", "b", dev=("a",))
    new = manifest("a>=2", "c", dev=())

    assert manifest_changes(old, new) == (
        ManifestChange("project.dependencies", "a>=1", "a>=2"),
        ManifestChange("project.dependencies", "", "c"),
        ManifestChange("project.dependencies", "b", ""),
        ManifestChange("dependency-groups.dev", "a", ""),
    )
    assert manifest_changes(old, old) == ()


def test_a_marker_that_never_holds_has_words_too() -> None:
    never = "x; python_version < '3' and python_version > '3'"

    assert manifest_changes(manifest(), manifest(never)) == (
        ManifestChange("project.dependencies", "", "x; (never)"),
    )


def test_only_what_is_in_the_file_has_a_line() -> None:
    edited = with_origins_on_disk(manifest("a", "b", "c", dev=("d",)), manifest("b", "c", dev=("d",)))

    assert [need.origin for need in (*edited.dependencies, *dict(edited.groups)["dev"])] == [  # type: ignore[index]
        Origin("command line"),
        Origin("project.dependencies", 5),
        Origin("project.dependencies", 6),
        Origin("dependency-groups.dev", 10),
    ]


def test_what_an_edit_does_not_touch_stands_where_it_stood() -> None:
    def saying(dependencies: str) -> Manifest:
        text = (
            f'[project]\nname = "demo"\nversion = "1"\ndependencies = [{dependencies}]\n'
            "[project.optional-dependencies]\na = []\nb = []\n[tool.detent]\n"
            'constraint-dependencies = ["c<2"]\nconflicts = [[{ extra = "a" }, { extra = "b" }]]\n'
        )
        return parse_manifest(text, Path("pyproject.toml"), display="pyproject.toml")

    edited = with_origins_on_disk(saying('\n"x",\n"y",\n'), saying(""))

    (constraint,), (exclusive,) = edited.adjustments.constraints, edited.adjustments.conflicts
    assert constraint.origin == Origin("tool.detent.constraint-dependencies", 9)
    assert exclusive.origin == Origin("tool.detent.conflicts", 10)
