"""What of a git repository is wanted: a commit, and what comes with its tree. Pure."""

import re

from detent.named import NamedTuple

_COMMIT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"


class Tree(NamedTuple):
    """The tree of one commit."""

    url: str
    commit: str
    """All digits of it."""
    submodules: bool = False
    lfs: bool = False

    @property
    def name(self) -> str:
        """Tells it from all other trees of the repository."""
        return self.commit + ("-submodules" if self.submodules else "") + ("-lfs" if self.lfs else "")


def is_commit(text: str) -> bool:
    """Whether this is the whole name of a commit."""
    return re.fullmatch(_COMMIT, text) is not None
