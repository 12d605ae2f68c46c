"""The requirement parser, judged by packaging on many spellings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement as JudgedInvalid
from packaging.requirements import Requirement as Judged
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from detent.model import markers
from detent.model.dependency import parse_dependency
from detent.model.requirement import InvalidRequirement, parse_requirement

blanks = st.sampled_from(["", "", " ", "  ", "\t"])
names = st.from_regex(re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,6}[a-zA-Z0-9])?", re.ASCII), fullmatch=True)
brackets = st.lists(names, max_size=3)
versions = st.sampled_from(
    ["1", "1.0", "v1.2.3", "1.0rc1", "2!1.0", "1.0.post2", "1.0.dev3", "1.0-1", "01.2", "1.0.0"]
)
comparisons = (
    st.tuples(st.sampled_from(["==", "!=", ">=", "<=", "<", ">"]), versions)
    | st.tuples(st.sampled_from(["==", "!="]), st.sampled_from(["1.*", "1.2.*", "1.0+local.1"]))
    | st.tuples(st.just("~="), st.sampled_from(["1.0", "1.2.3", "1.2rc1"]))
)
conditions = st.sampled_from(
    [
        "python_version<'3.8'",
        "python_version >= '3.8' and os_name == 'nt'",
        "(sys.platform == \"win32\" or 'x' == extra)and python_version in '3.8 3.9'",
        "extra == 'Foo_Bar'",
        "platform_machine not in 'x86_64'",
    ]
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    def blank() -> str:
        return draw(blanks)

    text = blank() + draw(names) + blank()
    extras = draw(brackets)
    brackets_anyway = draw(st.booleans())
    if extras or brackets_anyway:
        text += "[" + blank() + f"{blank()},{blank()}".join(extras) + blank() + "]" + blank()
    condition = draw(st.none() | conditions)
    if draw(st.integers(0, 4)) == 0:
        text += "@" + blank() + "https://files.example.com/a;b/c.whl#sha256=00"
        return text + (f" {blank()};{blank()}{condition}" if condition else blank())
    clauses = [o + blank() + v for o, v in draw(st.lists(comparisons, max_size=3))]
    specifier = (blank() + "," + blank()).join(clauses)
    if clauses and draw(st.integers(0, 5)) == 0:
        specifier += ","
    elif not clauses and draw(st.booleans()):
        specifier = "===" + blank() + draw(versions)
    if draw(st.booleans()):
        specifier = "(" + blank() + specifier + blank() + ")"
    text += specifier + blank()
    return text + (f";{blank()}{condition}{blank()}" if condition else "")


def assert_agrees(text: str, judged: Judged) -> None:
    read = parse_requirement(text)
    assert str(read.name) == str(canonicalize_name(judged.name))
    assert list(map(str, read.extras)) == sorted({str(canonicalize_name(e)) for e in judged.extras})
    assert read.url == (judged.url or "")
    assert set(SpecifierSet(read.specifier)) == set(judged.specifier)
    assert read.marker == (markers.parse(str(judged.marker)) if judged.marker else markers.ALWAYS)


@given(spellings())
def test_every_spelling_is_read_as_packaging_reads_it(text: str) -> None:
    assert_agrees(text, Judged(text))


@given(spellings())
def test_the_canonical_text_reads_back_as_the_same_requirement(text: str) -> None:
    read = parse_requirement(text)

    assert parse_requirement(str(read)) == read
    assert str(parse_requirement(str(read))) == str(read)
    if not markers.mentions(read.marker)[0]:
        assert_agrees(text, Judged(str(read)))


@st.composite
def breakages(draw: st.DrawFn) -> str:
    """A spelling with one character put in or exchanged."""
    text = draw(spellings())
    place = draw(st.integers(0, len(text)))
    other = draw(st.sampled_from(list("[](),;@=<>~!.*'\" ax1-_")))
    return text[:place] + other + text[place + draw(st.integers(0, 1)) :]


@given(breakages())
def test_what_packaging_refuses_is_refused_with_a_reason(broken: str) -> None:
    try:
        judged = Judged(broken)
    except JudgedInvalid:
        with pytest.raises(InvalidRequirement) as caught:
            parse_requirement(broken)
        assert caught.value.reason
        return
    try:
        parse_requirement(broken)
    except InvalidRequirement:
        assert is_stricter_here(judged)
    else:
        assert_agrees(broken, judged)


def is_stricter_here(judged: Judged) -> bool:
    """Names ending in `_` are no names by PEP 508; comparisons without meaning are refused at once."""
    if any(name.endswith("_") for name in (judged.name, *judged.extras)):
        return True
    try:
        markers.parse(str(judged.marker or Marker("os_name == ''")))
    except markers.InvalidMarker:
        return True
    return False


needs = st.recursive(
    st.sampled_from(
        ["extra == 'a'", "'B_b' == extra", 'extra == "c"', "python_version < '3.9'", "os_name == 'nt'"]
    ),
    lambda inner: st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)


@given(
    needs,
    st.sampled_from(["", "a", "b-b", "c"]),
    st.sampled_from(["3.8", "3.12"]),
    st.sampled_from(["nt", "posix"]),
)
def test_a_metadata_line_counts_where_packaging_says(
    condition: str, extra: str, python: str, os_name: str
) -> None:
    where = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "os_name": os_name,
        "sys_platform": "win32" if os_name == "nt" else "linux",
    }
    expected = Marker(condition).evaluate({**where, "extra": extra})

    rows = parse_dependency(f"x>=1; {condition}", ["a", "B.b", "c", "d"])

    mine = [markers.parse(d.marker) for gate, d in rows if gate in {None, extra}]
    assert any(markers.evaluate(marker, where) for marker in mine) == expected
    assert all(d.name == "x" and d.specifier == ">=1" for _, d in rows)
