"""Where a package comes from when that is not simply the index: a rule for its name, and what the rule names.

A rule holds wherever its marker does, for everybody who asks for the name. Values only; what a repository or
a folder holds is for others to find out.
"""

from typing import Literal, TypeAlias

from detent.model import markers
from detent.model.markers import Marker
from detent.model.names import PackageName
from detent.model.toml_text import inline_table, quoted, read_inline_table
from detent.named import NamedTuple

RevisionKind: TypeAlias = Literal["", "rev", "tag", "branch"]
"""How a revision was written; empty for none, which is the default branch of the repository."""


class GitSource(NamedTuple):
    """A tree in a git repository."""

    url: str
    """Without `git+`, fragment, user and password (a bare user of `ssh` stays)."""
    revision: str = ""
    kind: RevisionKind = ""
    subdirectory: str = ""
    """Relative, `/` between its parts; empty for the top."""
    lfs: bool = False
    """Whether large files (Git LFS) are fetched."""
    submodules: bool = False
    """Whether submodules are fetched."""


class UrlSource(NamedTuple):
    """One wheel or source distribution at a URL."""

    url: str
    """Without fragment, user and password."""
    subdirectory: str = ""
    hashes: tuple[tuple[str, str], ...] = ()
    """Algorithm and value that were written behind the URL (`#sha256=...`), sorted."""


class PathSource(NamedTuple):
    """A wheel, a source distribution or a folder on this machine."""

    path: str
    """Relative to the folder of the lock, `/` between its parts, normalised (`libs/x`, `../x`); absolute
    only where it was written so."""
    editable: bool | None = None
    """``None``: nobody said; a folder is installed as it is then, not by a link into it."""
    package: bool | None = None
    """Off: what it needs is installed, and itself never."""


class WorkspaceSource(NamedTuple):
    """The member of the workspace that has the name."""

    editable: bool | None = None
    """``None``: nobody said; a member is editable then."""


class IndexSource(NamedTuple):
    """The index with this name, and no other."""

    index: str  # type: ignore[assignment]  # named as the key


Source: TypeAlias = GitSource | UrlSource | PathSource | WorkspaceSource | IndexSource


IndexFormat: TypeAlias = Literal["simple", "flat"]
"""Whether an index has a page for each project, or one page (or folder) with all files."""


class ProjectIndex(NamedTuple):
    """An index that a project declares; no machine's."""

    name: str
    url: str
    """Without user and password; of a folder, its path as the project writes it."""
    explicit: bool = False
    """Whether it serves only packages that are pinned to it."""
    is_default: bool = False
    format: IndexFormat = "simple"
    exclude_newer: str = ""
    """Its own bound on upload times, as it was given; empty for none."""

    def text(self) -> str:
        """Give what a lock writes down: its address, or an inline table."""
        pairs: dict[str, str | bool] = {
            "url": self.url,
            "default": self.is_default,
            "explicit": self.explicit,
            "format": "" if self.format == "simple" else self.format,
            "exclude-newer": self.exclude_newer,
        }
        said = {name: value for name, value in pairs.items() if value}
        return quoted(self.url) if len(said) == 1 else inline_table(said)


def read_index(name: str, text: str) -> ProjectIndex:
    """Read what a lock wrote down of an index; ``ValueError`` for anything else."""
    said = read_inline_table(text if text.startswith("{") else f"{{url = {text}}}")
    texts = {key: value for key, value in said.items() if isinstance(value, str)}
    return ProjectIndex(
        name,
        texts.get("url", ""),
        explicit=said.get("explicit") is True,
        is_default=said.get("default") is True,
        format="flat" if texts.get("format") == "flat" else "simple",
        exclude_newer=texts.get("exclude-newer", ""),
    )


class SourceRule(NamedTuple):
    """Says where a package comes from."""

    name: PackageName
    source: Source
    marker: Marker = markers.ALWAYS
    """Where it holds; `extra` and `group` of the rule are part of it."""
    where: str = ""
    """The line that says so, ready for a message: ``pyproject.toml:12``."""
