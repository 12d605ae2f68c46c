"""Whose source distributions may be built, and whose wheels may be used."""

from detent.model.names import PackageName
from detent.named import NamedTuple


class BuildPolicy(NamedTuple):
    """What the settings `build`, `allow-build`, `no-build[-package]` and `no-binary[-package]` come to.

    The project itself is not held to it: its code is the user's own.
    """

    allows: bool = True
    """Whether builds are allowed where nothing else is said of a package."""
    allowed: frozenset[PackageName] = frozenset()
    """`allow-build`: may be built all the same."""
    forbidden: frozenset[PackageName] = frozenset()
    """`no-build-package`; wins over everything else."""
    forbidden_by: str = '`build = "deny"`'
    """Who forbids it, as a message names it."""
    excepted_in: str = ""
    """Where `allow-build` would help; empty where nothing does but to take the denial back."""
    without_wheels: frozenset[PackageName] = frozenset()
    """`no-binary-package`."""
    is_without_any_wheels: bool = False
    """`no-binary`."""

    @property
    def wheels_refused_by(self) -> str:
        """Who refuses wheels where they are refused, as a message names it."""
        return "`no-binary`" if self.is_without_any_wheels else "`no-binary-package`"

    def may_build(self, name: PackageName) -> bool:
        """Say whether a source distribution of this package may be built."""
        return name not in self.forbidden and (self.allows or name in self.allowed)

    def if_built_before(self) -> "BuildPolicy":
        """Give the policy for what may turn out to be built already: whether it is, is asked later."""
        return self._replace(allows=True, forbidden=frozenset())

    def way_to_build(self, name: PackageName) -> str:
        """Say what would let a package be built that may not be."""
        if name in self.forbidden:
            return f"take `{name}` out of `no-build-package` to have it built"
        if not self.excepted_in:
            return f"do without {self.forbidden_by} to have it built"
        if self.allowed:
            return f'allow it: add `"{name}"` to `allow-build` in {self.excepted_in}'
        return f'allow it with `allow-build = ["{name}"]` in {self.excepted_in}'

    def may_use_wheels(self, name: PackageName) -> bool:
        """Say whether wheels of this package may be installed."""
        return not self.is_without_any_wheels and name not in self.without_wheels


DEFAULT_BUILD_POLICY = BuildPolicy()
