"""Laws of what is built from local trees: rewritten METADATA says what was asked for, and nothing else."""

from email.parser import BytesParser
from email.policy import compat32
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.build.key import editable_key
from detent.build.requirements_text import requirement_fields, with_requirements

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
OTHERS = st.lists(
    st.tuples(
        st.sampled_from(["Name", "Version", "Classifier", "Summary", "requires-dist", "Provides-Extra"]),
        TEXTS,
    )
)
REQUIREMENTS = st.lists(
    st.sampled_from(["a", "b>=1", "c[x]<2; os_name == 'nt'", "d @ https://example.com/d.zip"])
)
EXTRAS = st.dictionaries(st.sampled_from(["x", "Y_y", "z.z"]), REQUIREMENTS)
NEWLINES = st.sampled_from(["\n", "\r\n"])


def others(metadata: bytes) -> list[tuple[str, str]]:
    parsed = BytesParser(policy=compat32).parsebytes(metadata)
    return [(k, str(v)) for k, v in parsed.items() if k.lower() not in {"requires-dist", "provides-extra"}]


@given(OTHERS, st.text(), NEWLINES, REQUIREMENTS, EXTRAS)
def test_rewritten_metadata_has_these_requirements_and_all_else_as_it_was(
    fields: list[tuple[str, str]],
    body: str,
    newline: str,
    dependencies: list[str],
    extras: dict[str, list[str]],
) -> None:
    lines = ["Metadata-Version: 2.1", *(f"{name}: {value}" for name, value in fields)]
    metadata = (newline.join(lines) + newline * 2 + body).encode("utf-8", "surrogatepass")
    wanted = requirement_fields(dependencies, extras)

    made = with_requirements(
        metadata, requires_dist=wanted.requires_dist, provides_extra=wanted.provides_extra
    )

    parsed = BytesParser(policy=compat32).parsebytes(made)
    assert tuple(parsed.get_all("Requires-Dist", [])) == wanted.requires_dist
    assert tuple(parsed.get_all("Provides-Extra", [])) == wanted.provides_extra
    assert others(made) == others(metadata)
    assert made.endswith((newline * 2 + body).encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(
    st.sampled_from(["build-system", "project", "tool", "dependency-groups"]),
    VALUES
    | st.dictionaries(
        st.sampled_from(
            ["hatch", "setuptools", "pdm", "flit", "dynamic", "license-files", "build-backend", "version"]
        ),
        VALUES | st.dictionaries(st.sampled_from(["version", "build", "dynamic", "module", "path"]), VALUES),
    ),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@given(TABLES, VALUES)
def test_any_manifest_has_a_key_that_groups_do_not_change(
    place: Path, manifest: dict[str, object], groups: object
) -> None:
    first = editable_key(place, manifest, interpreter="", config_settings={})
    second = editable_key(
        place, {**manifest, "dependency-groups": groups}, interpreter="", config_settings={}
    )

    assert first == second
