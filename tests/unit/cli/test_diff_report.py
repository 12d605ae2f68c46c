"""The words of a comparison: lines, Markdown in which nothing foreign is markup, and facts."""

import json
import re

import pytest

from detent.cli.diff_report import code, facts, lines, markdown
from detent.lock.comparison import Comparison, Move, PackageChange, compare
from detent.lock.model import Lock
from detent.lock.two_files import Fact
from detent.model.attestations import identity_text
from detent.model.names import PackageName
from detent.ops.diff import DiffOutcome
from support.locks import entry, inputs, lock

HOSTILE = "x|y`z``\x1b[31m<img src=x>[a](b) @somebody\n# big"


def outcome(old: Lock, new: Lock) -> DiffOutcome:
    return of(compare(old, new))


def of(comparison: Comparison) -> DiffOutcome:
    return DiffOutcome(comparison, "pylock.toml at HEAD", "pylock.toml", is_new=False)


def about(*found: Fact, name: str = "a", before: str = "1.0", after: str = "1.0") -> DiffOutcome:
    change = PackageChange(PackageName(name), (before,), (after,), ("https://index.example.com/",), (), found)
    return of(Comparison((), (change,)))


def text(found: DiffOutcome) -> str:
    return "\n".join(lines(found, lambda text, _: text))


def test_a_summary_what_changed_in_the_project_and_a_line_for_each_package_with_what_to_know() -> None:
    elsewhere = "https://mine.example.com/simple/"
    old = lock(entry("anyio"), entry("chardet"), made_from=inputs(["anyio>=1"]))
    new = lock(
        entry("anyio", "2.0", index=elsewhere),
        entry("dotenv", "1.1", wheels=[], sdist=True),
        made_from=inputs(["anyio>=2"]),
    )

    assert text(outcome(old, new)) == (
        "1 added, 1 removed, 1 updated\n"
        "\n"
        f"  ! packages come from {elsewhere}, and none did before\n"
        "  `anyio>=2` in [project.dependencies] was `anyio>=1`\n"
        "\n"
        "~ anyio   v1.0 -> v2.0\n"
        f"    ! comes from {elsewhere}, and came from https://index.example.com/simple/\n"
        "- chardet v1.0\n"
        "+ dotenv  v1.1\n"
        "      from https://index.example.com/simple/\n"
        "      no wheel, so it is built, wherever it is needed"
    )


GITHUB = identity_text({"kind": "GitHub", "repository": "a/a", "workflow": "r.yml"})
GOOGLE = identity_text({"kind": "Google", "email": "a@example.com"})


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (
            Fact(
                "hash", ("sha256:0123456789abcdef",), ("sha256:fedcba9876543210",), of="a.whl", is_loud=True
            ),
            "    ! a.whl is another file than it was: its hash is sha256:fedcba987654, and was sha256:0123456789ab",
        ),
        (
            Fact("address", ("https://a.example.com/x",), ("https://b.example.com/x",), of="a.whl"),
            "      a.whl lies at https://b.example.com/x, and lay at https://a.example.com/x",
        ),
        (Fact("size", ("1",), ("2",), of="a.whl"), "      a.whl has the size 2, and had 1"),
        (Fact("size", (), ("2",), of="a.whl"), "      a.whl has the size 2, and had none"),
        (Fact("files-lost", ("a.whl", "b.whl")), "      files are gone: a.whl, b.whl"),
        (
            Fact("files-gained", after=tuple(f"{n}.whl" for n in range(9))),
            "      files came: 0.whl, 1.whl, 2.whl, 3.whl, 4.whl, 5.whl and 3 more",
        ),
        (
            Fact("needs-build", where=("linux aarch64", "windows AMD64 (3.12)")),
            "      no wheel, so it is built, on linux aarch64, windows AMD64 (3.12)",
        ),
        (Fact("no-file", is_loud=True), "    ! nothing to install wherever it is needed"),
        (
            Fact("marker-narrowed", ("always",), ("os_name == 'nt'",)),
            "      needed in fewer environments: os_name == 'nt'; before: always",
        ),
        (
            Fact("marker-widened", ("os_name == 'nt'",), ("always",), of="1.0"),
            "      1.0 is needed in more environments: always; before: os_name == 'nt'",
        ),
        (
            Fact("attestations-lost", (GITHUB,), is_loud=True),
            "    ! no publisher is attested any more; it was GitHub a/a, r.yml",
        ),
        (
            Fact("attestations-changed", (GITHUB,), (GOOGLE,), is_loud=True),
            "    ! published by Google a@example.com, and before by GitHub a/a, r.yml",
        ),
        (Fact("attestations-gained", after=(GITHUB,)), "      published by GitHub a/a, r.yml"),
        (Fact("told-by-build"), "      what it needs was told by a build"),
        (Fact("requires-changed", ("b>=1",), ("b>=2",)), "      asks for b>=2, and asked for b>=1"),
    ],
)
def test_every_kind_of_fact_has_its_sentence(fact: Fact, said: str) -> None:
    assert text(about(fact)).splitlines()[3] == said


def test_moves_are_told_with_their_environments() -> None:
    moves = (Move("1", "2", "os_name == 'nt'"), Move("", "3", "os_name == 'posix'"), Move("1", "", ""))
    change = PackageChange(PackageName("a"), ("1",), ("2", "3"), (), moves)

    assert text(of(Comparison((), (change,)))).splitlines()[2:] == [
        "~ a v1 -> v2, v3",
        "      1 -> 2 where os_name == 'nt'",
        "      3 came where os_name == 'posix'",
        "      1 went elsewhere the same",
    ]


def test_what_is_foreign_cannot_drive_a_terminal_or_look_like_a_line_of_ours() -> None:
    found = text(about(Fact("requires-gained", after=(HOSTILE,)), name=HOSTILE, after=HOSTILE))

    assert "\x1b" not in found
    assert len(found.splitlines()) == 4


def test_in_markdown_all_that_is_foreign_stands_in_code_spans_and_cells() -> None:
    fact = Fact("requires-gained", after=(HOSTILE,))
    page = markdown(about(fact, name=HOSTILE, after=HOSTILE))

    row = page.splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", row)
    assert not re.search(r"[<@#\[]", outside.replace("<br>", ""))
    assert "\x1b" not in page


@pytest.mark.parametrize(
    ("raw", "span"),
    [("a", "`a`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("", "`  `"), ("`", "`` ` ``")],
)
def test_a_code_span_is_fenced_by_more_than_it_holds(raw: str, span: str) -> None:
    assert code(raw) == span


def test_sentences_about_the_project_are_safe_too() -> None:
    page = markdown(of(Comparison(("`a>=1` was <b>added</b> to [x](y)", "@all `x`", "odd ` here"), ())))

    assert "- `a>=1` was \\<b\\>added\\</b\\> to \\[x\\]\\(y\\)" in page
    assert "- `` @all `x` ``" in page
    assert "- `` odd ` here ``" in page


def test_markdown_says_so_where_nothing_changed() -> None:
    assert markdown(of(Comparison((), ()))) == "### `pylock.toml`: no changes"


def test_facts_are_plain_values() -> None:
    found = facts(about(Fact("source", ("a",), ("b",), is_loud=True), before="1.0", after="2.0"))

    assert json.loads(json.dumps(found)) == {
        "before": "pylock.toml at HEAD",
        "after": "pylock.toml",
        "is_changed": True,
        "summary": {"added": 0, "removed": 0, "updated": 1, "downgraded": 0, "changed": 0},
        "inputs": [],
        "new_indexes": [],
        "packages": [
            {
                "name": "a",
                "change": "updated",
                "before": ["1.0"],
                "after": ["2.0"],
                "origins": ["https://index.example.com/"],
                "moves": [],
                "facts": [
                    {
                        "kind": "source",
                        "of": "",
                        "before": ["a"],
                        "after": ["b"],
                        "where": [],
                        "is_loud": True,
                    }
                ],
            }
        ],
        "builds": [],
    }
