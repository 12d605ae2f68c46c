"""Laws of editing: removing undoes adding, and nothing outside of the edited array changes."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from detent.project.edit import Table, add_requirement, remove_requirement
from detent.project.positions import BYTE_ORDER_MARK

TABLES = (Table("project"), Table("extra", "net"), Table("group", "dev"))

blanks = st.sampled_from(["", " ", "  ", "\t"])
gaps = st.lists(
    st.sampled_from(
        ["", " ", "  ", "\t", "\n", "\n    ", "\n  ", " # see [1], 'it'\n", "\n\n", "\n\t# over\n\t"]
    ),
    max_size=3,
).map("".join)
names = st.sampled_from(["attrs", "Flask", "b", "httpx[http2]", "numpy>=1.2", "zope.interface"])
wishes = st.sampled_from(
    ["aa>=1", "mmm", "zz[x]>=2.0,<3", 'nn>=1; sys_platform == "win32"', "oo; python_version < '3.11'"]
)


@st.composite
def items(draw: st.DrawFn, *, in_group: bool) -> str:
    name = draw(names)
    kinds = ["double", "single", "long double", "long single", *(["include"] if in_group else [])]
    match draw(st.sampled_from(kinds)):
        case "double":
            return f'"{name}"'
        case "single":
            return f"'{name}'"
        case "long double":
            return f'"""{name}"""'
        case "long single":
            return f"'''{name}'''"
        case _:
            return '{ include-group = "other" }'


@st.composite
def odd_arrays(draw: st.DrawFn, *, in_group: bool = False) -> str:
    """Any array at all: blanks, line ends and comments wherever TOML allows them."""
    parts = draw(st.lists(items(in_group=in_group), max_size=4))
    text = "[" + draw(gaps)
    for place, part in enumerate(parts):
        text += part + draw(gaps)
        if place < len(parts) - 1 or draw(st.booleans()):
            text += "," + draw(gaps)
    return text + "]"


@st.composite
def usual_arrays(draw: st.DrawFn, *, in_group: bool = False) -> str:
    """An array as people write them."""
    parts = draw(st.lists(items(in_group=in_group), max_size=4))
    form = draw(st.sampled_from(["inline", "spaced", "block", "open block", "comma first", "hanging"]))
    comments = [draw(st.sampled_from(["", "", "  # why", " # [a], 'b'"])) for _ in parts]
    indent = draw(st.sampled_from(["  ", "    ", "\t"]))
    match form:
        case "inline":
            return f"[{', '.join(parts)}]"
        case "spaced":
            return f"[ {' , '.join(parts)} ]"
        case "block":
            lines = [f"{indent}{p},{c}\n" for p, c in zip(parts, comments, strict=True)]
            return "[\n" + "".join(lines) + "]"
        case "open block":
            commas = [","] * (len(parts) - 1) + [""]
            lines = [f"{indent}{p}{k}{c}\n" for p, k, c in zip(parts, commas, comments, strict=False)]
            return "[\n" + "".join(lines) + "]"
        case "comma first":
            return "[\n" + f"\n{indent}, ".join(parts) + "\n]"
        case _:
            return "[" + f",\n{indent}".join(parts) + "]"


JUNK = (
    'urls.home = "https://host.example/#top"\n',
    'description = """\n[project]\n"quoted" # no comment\n"""\n',
    "authors = [ {name = 'A ] B', email = \"a@host.example\"}, ]  # who\n",
    "'readme' = 'README.md'\n",
    "# dependencies = []\n",
)
TAIL = (
    "[tool.one]\nnumbers = [1, 2.0, nan, inf, 0x1f]\nat = 1979-05-27 07:32:00Z # when\n",
    "[[tool.many]]\na = {b = [1, {c = '}'}]}\n[[tool.many]]\n",
    "# about the tools\n[tool]\n'odd.key'.x = '''\n['a'\n'''''\n",
    '[build-system]\nrequires = ["x"]\n',
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Table]:
    table = draw(st.sampled_from(TABLES))
    in_group = table.kind == "group"
    array = draw(st.one_of(odd_arrays(in_group=in_group), usual_arrays(in_group=in_group)))
    form = draw(st.sampled_from(["header", "dotted", "inline", "missing", "empty header"]))
    junk = "".join(draw(st.lists(st.sampled_from(JUNK), unique=True)))
    tail = "".join(draw(st.lists(st.sampled_from(TAIL), unique=True)))
    space = draw(st.sampled_from(["", "\n", "\n\n", "# end\n", "# end\n\n"]))
    head = f'[project]\nname = "me"\nversion = "1" # now\n{junk}'
    pad = draw(blanks)
    match table.kind, form:
        case "project", "header":
            text = f"{head}{pad}dependencies{pad}={pad}{array}{pad}\n{space}{tail}"
        case "project", "dotted":
            text = f'project.name = "me"\nproject."dependencies" = {array}\n{space}{tail}'
        case "project", "inline":
            text = f'project = {{ name = "me", dependencies = {array} }}\n{space}{tail}'
        case "project", _:
            text = f"{head}{space}{tail}"
        case "extra", "header":
            text = f"{head}{space}[project.optional-dependencies]\n{pad}Net = {array}\n{tail}"
        case "extra", "dotted":
            text = f"{head}optional-dependencies . net = {array} # net\n{space}{tail}"
        case "extra", "inline":
            text = f"{head}optional-dependencies = {{ a = ['b'], net = {array} }}\n{space}{tail}"
        case "extra", "empty header":
            text = f"{head}{space}[project.optional-dependencies]\n{tail}"
        case "group", "header":
            text = f"{head}{space}[dependency-groups]\nother = []\n{pad}dev = {array}\n{tail}"
        case "group", "dotted":
            text = f"dependency-groups.dev = {array}\ndependency-groups.other = []\n{head}{space}{tail}"
        case "group", "inline":
            text = f"dependency-groups = {{ other = [], dev = {array} }}\n{head}{space}{tail}"
        case "group", "empty header":
            text = f"[dependency-groups]\n{space}{head}{tail}"
        case _:
            text = f"{head}{space}{tail}"
    if not draw(st.booleans()):
        text = text.rstrip("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        text = BYTE_ORDER_MARK + text
    return text, table


def parsed(text: str) -> dict[str, object]:
    return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))


@settings(max_examples=300, deadline=None)
@given(documents(), wishes)
def test_removing_what_was_added_gives_back_every_byte(document: tuple[str, Table], wish: str) -> None:
    text, table = document

    added = add_requirement(text, table, wish)

    assert added != text
    assert remove_requirement(added, table, wish[:2] if wish[:2] != "mm" else "mmm") == text


@settings(max_examples=150, deadline=None)
@given(documents(), wishes, wishes)
def test_two_additions_are_undone_in_reverse(document: tuple[str, Table], one: str, two: str) -> None:
    text, table = document
    names = [wish[:3] if wish == "mmm" else wish[:2] for wish in (one, two)]
    if names[0] == names[1]:
        return

    first = add_requirement(text, table, one)
    second = add_requirement(first, table, two)

    assert remove_requirement(second, table, names[1]) == first


@settings(max_examples=100, deadline=None)
@given(documents(), wishes)
def test_adding_again_changes_nothing(document: tuple[str, Table], wish: str) -> None:
    text, table = document

    added = add_requirement(text, table, wish)

    assert add_requirement(added, table, wish) == added


@settings(max_examples=100, deadline=None)
@given(documents(), wishes)
def test_every_line_that_stood_before_still_stands(document: tuple[str, Table], wish: str) -> None:
    """Only one stretch of text is new, apart from at most one comma before it."""
    text, table = document

    added = add_requirement(text, table, wish)

    rest = iter(added)
    assert all(letter in rest for letter in text)
    assert len(added) >= len(text) + len(wish)
