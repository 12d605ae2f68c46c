"""How long runs over random worlds, markers and specifiers are: short, unless somebody asks for more.

`DETENT_FUZZ_ROUNDS=100 pytest tests/property` makes every one of them a hundred times as long.
"""

import os
from collections.abc import Iterator

ROUNDS = int(os.environ.get("DETENT_FUZZ_ROUNDS", "1"))


def seeds(start: int, count: int) -> Iterator[int]:
    """Give the seeds of a run; no two runs share one, however long they are."""
    return iter(range(start * 10_000_000, start * 10_000_000 + count * ROUNDS))
