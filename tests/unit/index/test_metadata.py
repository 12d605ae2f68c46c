"""The header of METADATA becomes what a release demands."""

import pytest

from detent.errors.fetch import MetadataInvalid
from detent.index.metadata import parse_metadata

WHEEL = "A_b-1.0-py3-none-any.whl"


def parsed(*lines: str, head: str = "Metadata-Version: 2.1\nName: a.B\nVersion: 1.0.0\n", end: str = "\n\n"):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return parse_metadata((head + "\n".join(lines) + end).encode(), WHEEL)


def test_dependencies_are_split_by_the_extra_that_brings_them() -> None:
    metadata = parsed(
        "Requires-Python: >=3.9",
        "Requires-Dist: c (>=1)",
        "Requires-Dist: d; extra == 'Net.x'",
        'Requires-Dist: e; python_version < "3.10"',
        "Provides-Extra: Net.X",
        "Provides-Extra: empty",
    )

    assert (metadata.name, metadata.requires_python) == ("a-b", ">=3.9")
    assert [str(d) for d in metadata.base] == ["c>=1", "e; python_version < '3.10'"]
    assert [(extra, [str(d) for d in needs]) for extra, needs in metadata.extras] == [
        ("empty", []),
        ("net-x", ["d"]),
    ]


def test_the_description_is_never_looked_at() -> None:
    assert parsed("Summary: x", "", "Requires-Dist: nonsense from the readme").base == ()


def test_line_ends_continuations_and_a_byte_order_mark_are_read() -> None:
    raw = b"\xef\xbb\xbfName: a-b\r\nVersion: 1.0\r\nRequires-Dist: c\r\n  >=1\r\n\r\nRequires-Dist: no\r\n"

    assert [str(d) for d in parse_metadata(raw, WHEEL).base] == ["c>=1"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no `name` field"),
        (b"Name: a-b\n", "no `version` field"),
        (b"<html>not found</html>", "no `name` field"),
        (b"Name: other\nVersion: 1.0\n", "metadata of `other 1.0`"),
        (b"Name: a-b\nVersion: 2.0\n", "metadata of `a-b 2.0`"),
        (b"Name: a-b\nVersion: latest\n", "not valid"),
        (b"Name: a-b\nVersion: 1.0\nRequires-Dist: \x1b[31m!!\n", "is not valid"),
        (b"Name: a-b\nVersion: 1.0\nProvides-Extra: !\n", "extra"),
        (b"Name: a-b\nVersion: 1.0\nRequires-Dist: b; python_version ~~ '3'\n", "is not valid"),
    ],
)
def test_what_is_not_the_metadata_of_this_wheel_is_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(MetadataInvalid) as caught:
        parse_metadata(raw, WHEEL)

    assert reason in caught.value.why
    assert caught.value.why.isprintable()
