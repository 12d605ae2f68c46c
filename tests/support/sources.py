"""Sources at random, as a project could write them."""

from hypothesis import strategies as st

from detent.model import markers
from detent.model.names import package_name
from detent.model.sources import (
    GitSource,
    IndexSource,
    PathSource,
    RevisionKind,
    Source,
    SourceRule,
    UrlSource,
    WorkspaceSource,
)

_WORDS = st.from_regex(r"[a-z0-9_][a-z0-9_.-]{0,6}[a-z0-9_]", fullmatch=True).filter(
    lambda word: ".." not in word and not word.endswith(".lock")
)
_FOLDERS = st.lists(_WORDS | st.sampled_from(["a b", "é", "x@y", "100%"]), max_size=3).map("/".join)
_HOSTS = st.sampled_from(["host.example", "host.example:8443", "[::1]:8080"])
_REPOSITORIES = st.one_of(
    st.builds("https://{}/{}.git".format, _HOSTS, _WORDS),
    st.builds("ssh://git@{}/{}.git".format, _HOSTS, _WORDS),
    st.builds("file:///srv/{}.git".format, _WORDS),
)
_REVISIONS = st.builds("{}{}".format, st.sampled_from(["", "release/", "pkg@"]), _WORDS)
_KINDS: tuple[RevisionKind, ...] = ("", "rev", "tag", "branch")
_SWITCHES = st.sampled_from([None, True, False])
_MARKERS = st.sampled_from(
    [
        "",
        "sys_platform == 'win32'",
        "python_version < '3.12'",
        "'cpu' in extras",
        "'dev' in dependency_groups",
    ]
).map(lambda text: markers.parse(text) if text else markers.ALWAYS)


@st.composite
def git_sources(draw: st.DrawFn) -> GitSource:
    """A tree in a repository."""
    kind = draw(st.sampled_from(_KINDS))
    return GitSource(
        draw(_REPOSITORIES),
        draw(_REVISIONS) if kind else "",
        kind,
        draw(_FOLDERS),
        lfs=draw(st.booleans()),
        submodules=draw(st.booleans()),
    )


@st.composite
def url_sources(draw: st.DrawFn) -> UrlSource:
    """A file at a URL."""
    ending = draw(st.sampled_from(["-1.0-py3-none-any.whl", "-1.0.tar.gz", ".zip"]))
    hashes = draw(
        st.sampled_from([(), (("sha256", "ab" * 32),), (("sha256", "0" * 64), ("sha512", "1" * 128))])
    )
    return UrlSource(f"https://{draw(_HOSTS)}/{draw(_WORDS)}{ending}", draw(_FOLDERS), hashes)


@st.composite
def path_sources(draw: st.DrawFn) -> PathSource:
    """A folder, with nothing said of how it is installed that could not be."""
    lead = draw(st.sampled_from(["", "../", "../../", "/", "C:/"]))
    path = lead + draw(_FOLDERS.filter(bool))
    editable = draw(_SWITCHES)
    package = draw(_SWITCHES.filter(lambda package: not (editable and package is False)))
    return PathSource(path, editable, package)


def sources() -> st.SearchStrategy[Source]:
    """Any source."""
    return st.one_of(
        git_sources(),
        url_sources(),
        path_sources(),
        st.builds(WorkspaceSource, _SWITCHES),
        st.builds(IndexSource, _WORDS.filter(lambda word: word[0] != "_" and word[-1] != "_")),
    )


def source_rules() -> st.SearchStrategy[SourceRule]:
    """A rule for one of three packages."""
    names = st.sampled_from(["a", "b-c", "d"]).map(package_name)
    return st.builds(SourceRule, names, sources(), _MARKERS, st.just(""))
