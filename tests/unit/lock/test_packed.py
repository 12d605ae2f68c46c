"""The decoded copy of a lock."""

import marshal

from detent.lock.model import Direct, Lock
from detent.lock.packed import pack, unpack
from detent.model.candidate import Artifact
from support.locks import artifact, entry, foreign, inputs, lock


def copy(some: Lock) -> Lock:
    return unpack(marshal.loads(marshal.dumps(pack(some))))  # type: ignore[arg-type]  # plain by its contract


def test_a_copy_has_equal_values_of_the_same_types() -> None:
    some = lock(
        entry("a", edges=["b 1.0"], sdist=True, extras={"x": ["c"]})._replace(
            requires_python=">=3", attestations=('{kind = "GitHub"}',)
        ),
        entry("b")._replace(direct=Direct("archive", "https://x.example.com/b-1.0-py3-none-any.whl")),
        made_from=inputs(["a"], groups={"dev": ["b"]}, adjustments={"conflicts": ["extra x | group dev"]}),
        forks=["python_version < '3.11'"],
    )

    assert copy(some) == some
    assert repr(copy(some)) == repr(some)


def test_a_foreign_lock_has_no_record_in_its_copy() -> None:
    assert copy(foreign(entry("a"), default_groups=["dev"])) == foreign(entry("a"), default_groups=["dev"])


def test_only_what_a_lock_says_of_a_file_is_kept() -> None:
    rich = artifact("a-1.0-py3-none-any.whl", size=1, uploaded_at=2)._replace(
        yanked="broken", requires_python=">=3"
    )

    (package,) = copy(lock(entry("a")._replace(wheels=(rich,)))).packages

    assert package.wheels == (Artifact(rich.filename, rich.url, rich.digests, 1, 2),)
