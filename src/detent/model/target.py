"""One Python on one platform: what markers are evaluated in and which wheel tags fit."""

from collections.abc import Mapping

from detent.named import NamedTuple


class Target(NamedTuple):
    """The facts of an interpreter that selecting needs."""

    version: str
    """Full version, such as ``3.12.1``."""
    environment: Mapping[str, str]
    """The marker environment of the dependency specifiers standard (``python_version``, ...)."""
    tags: tuple[str, ...]
    """Compatible wheel tags such as ``cp312-cp312-manylinux_2_28_x86_64``, best first."""
